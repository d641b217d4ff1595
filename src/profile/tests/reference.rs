//! The walk against the language read naively: every value looks its rule up in the flat list.

use proptest::prelude::*;

use super::{json, pointer};
use crate::profile::{Act, Door, Material, Place, Profile};
use crate::rewrite::{Document, NodeKind};

/// A rule: selector and verb.
#[derive(Debug, Clone)]
struct Line {
    steps: Vec<&'static str>,
    verb: &'static str,
}

fn selector(line: &Line) -> String {
    let steps: String = line.steps.iter().map(|step| format!("/{step}")).collect();
    if line.verb == "keep all" { format!("{steps}/**") } else { steps }
}

fn text(lines: &[Line], unlisted: &str) -> String {
    let field = |line: &Line| {
        let verb = if line.verb == "keep all" { "keep" } else { line.verb };
        format!("{{ at = \"{}\", do = \"{verb}\" }}", selector(line))
    };
    let fields: Vec<String> = lines.iter().map(field).collect();
    format!(
        "profile = \"t\"\ntitle = \"t\"\n[[message]]\nmethod = \"POST\"\npath = \"/x\"\nside = \"request\"\nformat = \"json\"\nunlisted = \"{unlisted}\"\nfield = [ {} ]\n",
        fields.join(", ")
    )
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let step = prop::sample::select(vec!["a", "b", "*"]);
    let verb = prop::sample::select(vec!["keep", "keep", "keep all", "drop", "blank", "refuse"]);
    let line = (prop::collection::vec(step, 1..4), verb).prop_map(|(steps, verb)| Line { steps, verb });
    prop::collection::vec(line, 1..7)
}

fn value() -> impl Strategy<Value = String> {
    let leaf =
        prop::sample::select(vec!["\"x\"", "1", "true", "null", "\"\"", "{}", "[]"]).prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 4, |inner| {
        let members =
            prop::collection::btree_map(prop::sample::select(vec!["a", "b", "c"]), inner.clone(), 0..4)
                .prop_map(|members| {
                    let members: Vec<String> =
                        members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                    format!("{{{}}}", members.join(","))
                });
        let elements = prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(",")));
        prop_oneof![members, elements]
    })
}

/// What the language says, as `pointer verb`; `None` is a refusal.
struct Naive<'a> {
    document: &'a Document,
    lines: &'a [Line],
    drops: bool,
    found: Vec<String>,
}

impl Naive<'_> {
    fn value(&mut self, node: u32, path: &[String], deep: bool) -> Option<()> {
        let fits =
            |line: &&Line| line.steps.len() == path.len() && line.steps.iter().zip(path).all(|(a, b)| a == b);
        let rule = self.lines.iter().find(fits);
        let leads =
            self.lines.iter().any(|line| {
                line.steps.len() > path.len() && line.steps.iter().zip(path).all(|(a, b)| a == b)
            }) || path.is_empty();
        let container = matches!(self.document.kind(node), NodeKind::Object | NodeKind::Array);
        let empty = match self.document.kind(node) {
            NodeKind::Null => true,
            NodeKind::Text => self.document.text(node).is_empty(),
            NodeKind::Number | NodeKind::Bool => false,
            _ => self.document.children(node).next().is_none(),
        };
        match rule.map(|rule| rule.verb) {
            Some(_) if empty && !(container && leads) => {}
            Some("drop" | "refuse") if empty => {}
            Some("drop") => self.found.push(format!("{} drop", pointer(self.document, node))),
            Some("refuse") => return None,
            Some("keep all") if container => return self.inside(node, path, true),
            Some(_) if container && leads => return self.inside(node, path, false),
            Some("keep" | "keep all") if !container => {}
            Some("blank") if self.document.kind(node) == NodeKind::Text => {
                self.found.push(format!("{} blank", pointer(self.document, node)));
            }
            Some(_) => return None,
            None if container && leads => return self.inside(node, path, deep),
            None if deep || (leads && self.document.kind(node) == NodeKind::Null) => {}
            None if self.drops && node != 0 => {
                self.found.push(format!("{} drop", pointer(self.document, node)))
            }
            None => return None,
        }
        Some(())
    }

    fn inside(&mut self, node: u32, path: &[String], deep: bool) -> Option<()> {
        let array = self.document.kind(node) == NodeKind::Array;
        for child in self.document.children(node) {
            let step = if array { "*".to_owned() } else { self.document.name(child).into_owned() };
            let path: Vec<String> = path.iter().cloned().chain([step]).collect();
            self.value(child, &path, deep)?;
        }
        Some(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn the_walk_does_what_the_language_says(lines in lines(), body in value(), drops: bool) {
        let unlisted = if drops { "drop" } else { "refuse" };
        // What contradicts itself does not read, and is another test's business.
        if let Ok(profile) = Profile::read("t", &text(&lines, unlisted)) {
            let document = json(&body);
            let selected = profile.request("POST", &["x"], Some("application/json")).unwrap();
            let material = Material { body: Some(&document), ..Material::default() };
            let found = profile.find(&selected, Door::Leave, false, &material).ok().map(|found| {
                let line = |finding: &crate::profile::find::Finding| {
                    let Place::Body(node) = finding.place else { panic!() };
                    let verb = if finding.act == Act::Drop { "drop" } else { "blank" };
                    format!("{} {verb}", pointer(&document, node))
                };
                found.findings.iter().map(line).collect::<Vec<_>>()
            });
            let mut naive = Naive { document: &document, lines: &lines, drops, found: Vec::new() };
            let wanted = naive.value(0, &[], false).map(|()| naive.found);
            prop_assert_eq!(found, wanted, "{:?} {}", lines, body);
        }
    }
}
