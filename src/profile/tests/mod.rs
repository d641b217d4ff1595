//! The language, sentence by sentence, and the profiles that come with Sluis on real messages.
//!
//! Findings are compared as text: `/users/0/givenName label Given p0` is the member, what happens, and the person.

mod builtin;
mod cut;
mod filters;
mod forms;
mod language;
mod limit;
mod reference;
mod sample;
mod samples;

use crate::profile::{Act, Door, FindRefusal, Found, Material, Place, Profile, Selected};
use crate::rewrite::{Document, Format, Limits, NodeKind};

/// A profile that must read.
pub(super) fn profile(text: &str) -> Profile {
    match Profile::read("test.toml", text) {
        Ok(profile) => profile,
        Err(errors) => panic!("{}", errors.iter().map(|e| format!("{e}\n")).collect::<String>()),
    }
}

/// One JSON message, `POST /x`, with these rules; `rest` holds parts and kinds.
pub(super) fn one(fields: &str, rest: &str) -> Profile {
    profile(&format!(
        "profile = \"t\"\ntitle = \"t\"\n[[message]]\nmethod = \"POST\"\npath = \"/x\"\nside = \"request\"\n\
         format = \"json\"\n{fields}\n{rest}"
    ))
}

pub(super) fn json(text: &str) -> Document {
    Document::parse(Format::Json, text.as_bytes().to_vec(), &Limits::default()).unwrap()
}

pub(super) fn query(text: &str) -> Document {
    Document::parse(Format::Query, text.as_bytes().to_vec(), &Limits::default()).unwrap()
}

/// The findings of a JSON body under `one`.
pub(super) fn look(profile: &Profile, door: Door, body: &str) -> Result<Vec<String>, FindRefusal> {
    let selected = profile.request("POST", &["x"], Some("application/json")).unwrap();
    let body = json(body);
    let material = Material { body: Some(&body), ..Material::default() };
    let found = profile.find(&selected, door, false, &material)?;
    Ok(lines(profile, &found, &material))
}

/// The findings of a request without body.
pub(super) fn ask(
    profile: &Profile,
    door: Door,
    path: &[&str],
    query_text: &str,
) -> Result<Vec<String>, FindRefusal> {
    let selected = profile.request("GET", path, None).unwrap();
    let query = query(query_text);
    let material = Material { query: Some(&query), path, ..Material::default() };
    let found = profile.find(&selected, door, false, &material)?;
    Ok(lines(profile, &found, &material))
}

/// What is found in one body under a message.
pub(super) fn found_in<'a>(
    profile: &Profile,
    selected: Selected,
    door: Door,
    material: &Material<'a>,
) -> Result<Found, FindRefusal> {
    profile.find(&selected, door, false, material)
}

/// Every finding, as text.
pub(super) fn lines(profile: &Profile, found: &Found, material: &Material<'_>) -> Vec<String> {
    let line = |finding: &crate::profile::find::Finding| {
        let rule = profile.rule(finding.rule).unwrap();
        let place = match finding.place {
            Place::Body(node) => pointer(material.body.unwrap(), node),
            Place::Query(node) => format!("?{}", material.query.unwrap().name(node)),
            Place::Path(at) => format!("path {at}"),
            Place::Header(at) => format!("header {}", material.headers[at as usize].0),
            Place::Nested { nested, node } => {
                let document = &found.nested[nested as usize].document;
                format!("[{nested}]{}", pointer(document, node))
            }
            Place::InsertBody { parent } => {
                format!("+{}/{}", pointer(material.body.unwrap(), parent), rule.slot)
            }
            Place::InsertQuery => format!("+?{}", rule.slot),
            Place::InsertHeader => format!("+header {}", rule.slot),
            Place::InsertNested { nested, parent } => {
                let document = &found.nested[nested as usize].document;
                format!("+[{nested}]{}/{}", pointer(document, parent), rule.slot)
            }
        };
        let act = match &finding.act {
            Act::Drop => "drop".to_owned(),
            Act::Blank => "blank".to_owned(),
            Act::Constant { text, literal: false } => format!("constant \"{text}\""),
            Act::Constant { text, literal: true } => format!("constant {text}"),
            Act::Generalise { text } => format!("generalise {text}"),
            Act::Pseudonym(masking) => {
                let number = if masking.number { " number" } else { "" };
                let form = match (masking.before, masking.after) {
                    (0, 0) => String::new(),
                    (before, after) => format!(" {before}..{after}"),
                };
                format!("pseudonym {}{number}{form}", masking.kind.as_str())
            }
            Act::PersonPseudonym { kind, .. } => format!("person's pseudonym {}", kind.as_str()),
            Act::Label { part, added } => format!("label {part:?}{}", if *added { " add" } else { "" }),
            Act::Swap { name, added } => format!("swap {name}{}", if *added { " add" } else { "" }),
            Act::Address { link } => if *link { "links" } else { "address" }.to_owned(),
            Act::Nested { nested } => format!("nested {nested}"),
            Act::Outside(outside) => format!("outside {}", outside.outside.join(".")),
        };
        let person = finding.person.map_or(String::new(), |person| format!(" p{person}"));
        format!("{place} {act}{person}")
    };
    found.findings.iter().map(line).collect()
}

/// The JSON Pointer of a node.
pub(super) fn pointer(document: &Document, node: u32) -> String {
    let mut text = String::new();
    let mut at = 0;
    while at != node {
        let next = document
            .children(at)
            .enumerate()
            .find(|(_, child)| *child <= node && node < document.node(*child).unwrap().next);
        let Some((index, child)) = next else { panic!("no node {node}") };
        if document.kind(at) == NodeKind::Array {
            text.push_str(&format!("/{index}"));
        } else {
            text.push_str(&format!("/{}", document.name(child)));
        }
        at = child;
    }
    text
}
