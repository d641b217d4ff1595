//! `outside`: of several forms that name a person the publisher sees one, and the school gets back its own.
//!
//! It must not know where an identifier comes from: the vault said so before.

use super::answers::{Answer, Answers};
use super::edits::{Edits, Write};
use super::piece::Piece;
use super::refusal::Refusal;
use super::route::Route;
use crate::identity::{Identifier, Kind};
use crate::profile::find::{Finding, Outside, OutsideForm};
use crate::profile::{Act, Place, Verb};

/// Leaving: the finding's member goes, and the place outside is written with the pseudonym.
pub(super) fn leave(
    route: &Route,
    finding: &Finding,
    outside: &Outside,
    pseudonym: &str,
    edits: &mut Edits,
) -> Result<(), Refusal> {
    // A number would come back as a text.
    if outside.masking.number {
        return Err(Refusal::NotListed { rule: route.profile.rule_text(finding.rule) });
    }
    let own = outside.places.iter().find(|form| form.path == outside.outside);
    let text = own.map_or_else(|| pseudonym.to_owned(), |form| formed(form, pseudonym));
    let (first, rest) = outside.outside.split_first().ok_or(Refusal::Internal)?;
    let write = match rest {
        [] => Write::Pseudonym(text),
        rest => {
            let mut beside = String::new();
            for (name, rule) in &outside.neighbours {
                beside.push_str(&format!("{}:{},", quoted(name), neighbour(route, *rule)?));
            }
            around(rest, &beside, &text)
        }
    };
    edits.put(finding.place, "", Write::Nothing)?;
    edits.put(insertion(finding.place, outside.record)?, first, write)
}

/// Entering: the identifier goes where its kind belongs.
pub(super) fn enter(
    finding: &Finding,
    outside: &Outside,
    identifier: &Identifier,
    edits: &mut Edits,
) -> Result<(), Refusal> {
    let form = form_of(outside, identifier).ok_or(Refusal::UnknownPseudonym)?;
    let text = formed(form, identifier.expose_spelling());
    if form.path == outside.outside {
        return edits.put(finding.place, "", Write::Text(text));
    }
    let (first, rest) = form.path.split_first().ok_or(Refusal::Internal)?;
    let write = match rest {
        [] => Write::Text(text),
        rest => match around(rest, "", &text) {
            Write::Around { literal, .. } => Write::Literal(literal),
            other => other,
        },
    };
    let member = match finding.place {
        Place::Nested { nested, .. } => Place::Nested { nested, node: outside.goes.0 },
        _ => Place::Body(outside.goes.0),
    };
    edits.put(member, "", Write::Nothing)?;
    edits.put(insertion(finding.place, outside.record)?, first, write)
}

/// The places of a piece that go because an identifier returns to another: nothing in them is written.
pub(super) struct Gone(Vec<(Option<u32>, u32, u32)>);

impl Gone {
    pub(super) fn of(place: usize, piece: &Piece, answers: &Answers) -> Self {
        let mut gone = Vec::new();
        for (index, finding) in piece.found.findings.iter().enumerate() {
            let (Act::Outside(outside), Answer::Identifier { identifier, .. }) =
                (&finding.act, answers.at(place, index))
            else {
                continue;
            };
            if form_of(outside, identifier).is_some_and(|form| form.path != outside.outside) {
                let nested = document(finding.place).and_then(|(nested, _)| nested);
                gone.push((nested, outside.goes.0, outside.goes.1));
            }
        }
        Self(gone)
    }

    pub(super) fn holds(&self, place: Place) -> bool {
        let Some((nested, node)) = document(place) else { return false };
        self.0.iter().any(|(of, from, to)| *of == nested && (*from..*to).contains(&node))
    }
}

/// The kinds of which one is restored at a finding: the field's own or, of a field with several forms, any. Of those the
/// `first` comes first, and the one that stands outside next: where a pupil's identifiers are joined, nobody can say which
/// of them left.
pub(super) fn kinds(finding: &Finding, own: Kind, first: Option<Kind>) -> Vec<Kind> {
    let Act::Outside(outside) = &finding.act else { return vec![own] };
    let mut kinds: Vec<Kind> = outside.places.iter().map(|form| form.kind).collect();
    kinds.sort_by_key(|kind| (Some(*kind) != first, *kind != own));
    kinds
}

fn form_of<'a>(outside: &'a Outside, identifier: &Identifier) -> Option<&'a OutsideForm> {
    outside.places.iter().find(|form| form.kind == identifier.kind())
}

/// An identifier or pseudonym with what stands round it in a form.
fn formed(form: &OutsideForm, text: &str) -> String {
    let (before, after) = form.form.as_ref().map_or(("", ""), |(before, after)| (before, after));
    format!("{before}{text}{after}")
}

/// What a neighbour writes, as a JSON literal.
fn neighbour(route: &Route, rule: crate::profile::RuleId) -> Result<String, Refusal> {
    let rule = route.profile.rule(rule).ok_or(Refusal::Internal)?;
    match (rule.leave, &rule.constant, &rule.swap) {
        (Verb::Constant, Some(constant), _) if constant.literal => Ok(constant.text.clone()),
        (Verb::Constant, Some(constant), _) => Ok(quoted(&constant.text)),
        (Verb::Swap, _, Some(name)) => {
            let pair = route.swaps.iter().find(|pair| pair.name == *name).ok_or(Refusal::Internal)?;
            Ok(quoted(pair.outside.expose()))
        }
        _ => Err(Refusal::Internal),
    }
}

/// The objects that a path leads through, with what stands beside its last member.
fn around(path: &[String], beside: &str, text: &str) -> Write {
    let (mut literal, mut end) = (String::new(), String::new());
    for (at, name) in path.iter().enumerate() {
        literal.push('{');
        end.push('}');
        if at + 1 == path.len() {
            literal.push_str(beside);
        }
        literal.push_str(&quoted(name));
        literal.push(':');
    }
    let from = literal.len();
    literal.push_str(&quoted(text));
    let pseudonym = from..literal.len();
    literal.push_str(&end);
    Write::Around { literal, pseudonym }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Where a member is written into a record that stands in the same document as a place.
fn insertion(place: Place, record: u32) -> Result<Place, Refusal> {
    match place {
        Place::Body(_) => Ok(Place::InsertBody { parent: record }),
        Place::Nested { nested, .. } => Ok(Place::InsertNested { nested, parent: record }),
        _ => Err(Refusal::Internal),
    }
}

/// Which document a place stands in, and at which node; none outside of any.
fn document(place: Place) -> Option<(Option<u32>, u32)> {
    match place {
        Place::Body(node) | Place::InsertBody { parent: node } => Some((None, node)),
        Place::Nested { nested, node } | Place::InsertNested { nested, parent: node } => {
            Some((Some(nested), node))
        }
        _ => None,
    }
}
