//! What differs between the two sides of the boundary, and which rule made the difference.
//!
//! The differences are read from what both sides really sent and got; the profile is asked only for the rule that
//! stands behind each. A difference without a rule is told as such: the demo then fails.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::party::Wire;
use crate::profile::find::Found;
use crate::profile::{Act, Category, Door, Material, Place, Profile, RuleId, Selected, Verb};
use crate::rewrite::target::Target;
use crate::rewrite::{Document, Format, Limits, NodeKind};

/// Inside value to outside value, for every identifier of every pupil.
pub(super) type Book = HashMap<String, String>;

/// A value on both sides.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// Where it stands in the message as it was before the boundary, as a JSON pointer (RFC 6901) that begins with
    /// `/path`, `/query` or `/body`.
    pub(super) at: String,
    pub(super) inside: Option<Value>,
    pub(super) outside: Option<Value>,
    /// The rule, where the two differ.
    pub(super) rule: Option<Reason>,
}

/// A rule, as far as it is shown.
#[derive(Debug, Clone)]
pub(super) struct Reason {
    /// `edu-v-students-1.1 student /givenName (line 34)`
    pub(super) text: String,
    pub(super) verb: Verb,
    pub(super) category: Option<Category>,
    /// What a `constant` writes.
    pub(super) constant: Option<String>,
    /// No rule mentions it, and so it goes.
    pub(super) unlisted: bool,
}

/// One message, on both sides.
#[derive(Debug, Clone, Default)]
pub(super) struct Compared {
    pub(super) rows: Vec<Row>,
    /// Lists whose records changed places.
    pub(super) reordered: Vec<String>,
}

impl Row {
    pub(super) fn differs(&self) -> bool {
        self.inside != self.outside
    }
}

impl Compared {
    /// What differs.
    pub(super) fn differences(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.differs())
    }
}

/// A message's profile, door and selection.
pub(super) struct Rules<'a> {
    pub(super) profile: &'a Profile,
    pub(super) door: Door,
    pub(super) selected: Selected,
}

/// Compares a message before the boundary with the same behind it. Targets stand below mount and upstream.
pub(super) fn compare(rules: &Rules<'_>, before: &Wire, after: &Wire, book: &Book) -> Compared {
    let taken = Taken::apart(rules, before);
    let reasons = taken.as_ref().map(|taken| taken.reasons(rules)).unwrap_or_default();
    let order = taken.as_ref().map(Taken::order).unwrap_or_default();
    let mut walk = Walk { door: rules.door, book, compared: Compared::default() };
    walk.values("", Some(&tree(before)), Some(&tree(after)));
    let mut compared = walk.compared;
    for row in compared.rows.iter_mut().filter(|row| row.differs()) {
        row.rule = reason_for(&row.at, &reasons).cloned();
    }
    let place = |row: &Row| order.get(&row.at).copied().unwrap_or(u32::MAX);
    compared.rows.sort_by_key(place);
    compared
}

/// The message's request in the profile, when it lists one.
pub(super) fn request(profile: &Profile, wire: &Wire) -> Option<Selected> {
    let (method, target) = wire.request();
    let target = Target::parse(target, &Limits::default()).ok()?;
    let path: Vec<&str> = target.segments().iter().map(|segment| segment.text()).collect();
    profile.request(method, &path, wire.header("content-type")).ok()
}

/// Target and body as one value.
fn tree(wire: &Wire) -> Value {
    let mut tree = Map::new();
    if wire.status() == 0 {
        let (_, target) = wire.request();
        if let Ok(target) = Target::parse(target, &Limits::default()) {
            let path: Vec<Value> = target.segments().iter().map(|segment| segment.text().into()).collect();
            let query = target.query();
            let pairs = query.children(0).map(|node| (query.name(node).into(), query.text(node).into()));
            tree.insert("path".to_owned(), path.into());
            tree.insert("query".to_owned(), Value::Object(pairs.collect()));
        }
    }
    if !wire.body.is_empty() {
        tree.insert("body".to_owned(), wire.json());
    }
    Value::Object(tree)
}

/// A message as the profile looks at it.
struct Taken {
    target: Option<Target>,
    body: Option<Document>,
}

impl Taken {
    fn apart(rules: &Rules<'_>, wire: &Wire) -> Option<Self> {
        let limits = Limits::default();
        let target = match wire.status() {
            0 => Some(Target::parse(wire.request().1, &limits).ok()?),
            _ => None,
        };
        let body = match rules.profile.format(rules.selected) {
            Some(format) => Some(Document::parse(format, wire.body.to_vec(), &limits).ok()?),
            None => None,
        };
        Some(Self { target, body })
    }

    /// Every finding's place, with its rule.
    fn reasons(&self, rules: &Rules<'_>) -> Vec<(String, Reason)> {
        let path: Vec<&str> =
            self.target.iter().flat_map(|target| target.segments().iter().map(|s| s.text())).collect();
        let query =
            self.target.as_ref().map(Target::query).filter(|query| query.children(0).next().is_some());
        let material = Material { body: self.body.as_ref(), query, path: &path, headers: &[] };
        let Ok(found) = rules.profile.find(&rules.selected, rules.door, false, &material) else {
            return Vec::new();
        };
        let body = self.body.as_ref().map(pointers).unwrap_or_default();
        let query = query.map(pointers).unwrap_or_default();
        let findings = found.findings.iter().filter(|finding| !matches!(finding.act, Act::Nested { .. }));
        let reasons = findings.filter_map(|finding| {
            let reason = reason(rules, finding.rule)?;
            let slot = rules.profile.rule(finding.rule).map_or("", |rule| rule.slot.as_str());
            Some((pointer(finding.place, slot, &found, &body, &query)?, reason))
        });
        reasons.collect()
    }

    /// The order in which the values stand in the message.
    fn order(&self) -> HashMap<String, u32> {
        let body = self.body.as_ref().map(pointers).unwrap_or_default();
        body.into_iter().map(|(node, at)| (format!("/body{at}"), node)).collect()
    }
}

fn reason(rules: &Rules<'_>, id: RuleId) -> Option<Reason> {
    let rule = rules.profile.rule(id)?;
    Some(Reason {
        text: rules.profile.rule_text(id),
        verb: rule.verb(rules.door),
        category: rule.category,
        constant: rule.constant.as_ref().map(|constant| constant.text.clone()),
        unlisted: rule.at == "unlisted",
    })
}

fn pointer(
    place: Place,
    slot: &str,
    found: &Found,
    body: &HashMap<u32, String>,
    query: &HashMap<u32, String>,
) -> Option<String> {
    Some(match place {
        Place::Body(node) => format!("/body{}", body.get(&node)?),
        Place::InsertBody { parent } => format!("/body{}/{}", body.get(&parent)?, escape(slot)),
        Place::Query(node) => format!("/query{}", query.get(&node)?),
        Place::InsertQuery => format!("/query/{}", escape(slot)),
        Place::Path(segment) => format!("/path/{segment}"),
        Place::Nested { nested, .. } | Place::InsertNested { nested, .. } => {
            pointer(found.nested.get(nested as usize)?.host, slot, found, body, query)?
        }
        Place::Header(_) | Place::InsertHeader => return None,
    })
}

/// The pointer of every node of a document.
fn pointers(document: &Document) -> HashMap<u32, String> {
    let mut all = HashMap::from([(0, String::new())]);
    let mut todo = vec![0];
    while let Some(parent) = todo.pop() {
        let above = all.get(&parent).cloned().unwrap_or_default();
        let list = document.format() == Format::Json && document.kind(parent) == NodeKind::Array;
        for (index, child) in document.children(parent).enumerate() {
            let name = if list { index.to_string() } else { escape(&document.name(child)) };
            all.insert(child, format!("{above}/{name}"));
            todo.push(child);
        }
    }
    all
}

/// The rule at a place, or at what holds it.
fn reason_for<'r>(at: &str, reasons: &'r [(String, Reason)]) -> Option<&'r Reason> {
    let holds =
        |place: &str| at.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let fitting = reasons.iter().filter(|(place, _)| holds(place));
    fitting.max_by_key(|(place, _)| place.len()).map(|(_, reason)| reason)
}

/// A member's name in a pointer (RFC 6901, 4).
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Both sides, walked together.
struct Walk<'a> {
    door: Door,
    book: &'a Book,
    compared: Compared,
}

impl Walk<'_> {
    fn values(&mut self, at: &str, before: Option<&Value>, after: Option<&Value>) {
        match (before, after) {
            (Some(Value::Object(old)), Some(Value::Object(new))) => {
                let added = new.keys().filter(|name| !old.contains_key(*name));
                for name in old.keys().chain(added) {
                    self.values(&format!("{at}/{}", escape(name)), old.get(name), new.get(name));
                }
            }
            (Some(Value::Object(old)), None) => {
                for (name, value) in old {
                    self.values(&format!("{at}/{}", escape(name)), Some(value), None);
                }
            }
            (None, Some(Value::Object(new))) => {
                for (name, value) in new {
                    self.values(&format!("{at}/{}", escape(name)), None, Some(value));
                }
            }
            (Some(Value::Array(old)), Some(Value::Array(new))) => self.lists(at, old, new),
            (None, None) => {}
            _ => self.row(at, before, after),
        }
    }

    fn lists(&mut self, at: &str, old: &[Value], new: &[Value]) {
        let mut free: Vec<usize> = (0..new.len()).collect();
        let mut places: Vec<Option<usize>> = Vec::with_capacity(old.len());
        for value in old {
            let scored = free.iter().map(|place| (self.alike(value, new.get(*place)), *place));
            // The first of the best, for elements that look the same.
            let best = scored.max_by_key(|(score, place)| (*score, usize::MAX - place));
            let place = best.filter(|(score, _)| *score > 0).map(|(_, place)| place);
            free.retain(|other| Some(*other) != place);
            places.push(place);
        }
        if old.len() == new.len() {
            // Nothing came or went: what shares nothing has changed as a whole.
            let mut left = std::mem::take(&mut free).into_iter();
            for place in places.iter_mut().filter(|place| place.is_none()) {
                *place = left.next();
            }
        }
        for (index, (value, place)) in old.iter().zip(&places).enumerate() {
            self.values(&format!("{at}/{index}"), Some(value), place.and_then(|place| new.get(place)));
        }
        for place in free {
            self.values(&format!("{at}/+{place}"), None, new.get(place));
        }
        let placed: Vec<usize> = places.into_iter().flatten().collect();
        if !placed.is_sorted() {
            self.compared.reordered.push(at.to_owned());
        }
    }

    /// How many values two elements share, pseudonyms counted as what they stand for.
    fn alike(&self, before: &Value, after: Option<&Value>) -> usize {
        match (before, after) {
            (Value::Object(old), Some(Value::Object(new))) => {
                old.iter().map(|(name, value)| self.alike(value, new.get(name))).sum()
            }
            (Value::Array(old), Some(Value::Array(new))) => old
                .iter()
                .map(|value| new.iter().map(|other| self.alike(value, Some(other))).sum::<usize>())
                .sum(),
            (Value::String(old), Some(Value::String(new))) => {
                let (inside, outside) = if self.door == Door::Leave { (old, new) } else { (new, old) };
                // Identifiers decide; what many records have in common counts little.
                if self.book.get(inside) == Some(outside) { 100 } else { usize::from(old == new) }
            }
            (old, Some(new)) => usize::from(old == new),
            (_, None) => 0,
        }
    }

    fn row(&mut self, at: &str, before: Option<&Value>, after: Option<&Value>) {
        let (inside, outside) = if self.door == Door::Leave { (before, after) } else { (after, before) };
        let (inside, outside) = (inside.cloned(), outside.cloned());
        self.compared.rows.push(Row { at: at.to_owned(), inside, outside, rule: None });
    }
}
