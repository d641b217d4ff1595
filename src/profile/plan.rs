//! A profile as it is walked: for each message a trie of the places where its rules stand.
//!
//! Parts are written once in a profile and are copied here into every place that uses them, so that a walk never
//! looks anything up twice and a place knows whose record it belongs to. This file must not know TOML, and it
//! holds no value of a message.

use super::category::Category;
use super::names::Names;
use super::rules::{KindUse, RuleId, Unlisted, Verb};
use crate::rewrite::Format;

/// No spot, record or name.
pub(super) const NONE: u32 = u32::MAX;

/// A message: one `[[message]]`, compiled.
#[derive(Debug, Clone)]
pub(super) struct Message {
    /// Its body; `None` for `format = "none"`.
    pub(super) format: Option<Format>,
    /// The types it may have.
    pub(super) media: Vec<String>,
    /// The record that its body, its query and its headers belong to.
    pub(super) record: u32,
    /// Query parameters.
    pub(super) query: Branch,
    /// Listed headers, in lower case.
    pub(super) headers: Branch,
    /// Rules for kept path variables, by the variable's name.
    pub(super) path: Branch,
    /// The rule that stands for parameters which no rule mentions.
    pub(super) unlisted_query: RuleId,
    /// One template a path, as written.
    pub(super) templates: Vec<Template>,
}

/// A path of a message.
#[derive(Debug, Clone)]
pub(super) struct Template {
    /// As written.
    pub(super) text: String,
    /// Its segments.
    pub(super) segments: Vec<Segment>,
}

/// One segment of a path.
#[derive(Debug, Clone)]
pub(super) enum Segment {
    /// Exactly this.
    Literal(String),
    /// `{name}`: kept.
    Kept { name: String, rule: RuleId },
    /// `{name:kind}`: a pseudonym.
    Pseudonym { name: String, rule: RuleId, kind: KindUse, marks: Vec<Mark> },
}

/// A method and a path shape, with the requests and replies listed for it.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    pub(super) method: String,
    /// The path as its first request writes it.
    pub(super) text: String,
    /// Literal segments; `None` for a placeholder.
    pub(super) shape: Vec<Option<String>>,
    /// Message and template of each request, told apart by media type.
    pub(super) requests: Vec<(u32, u32)>,
    /// The replies, told apart by status and media type.
    pub(super) replies: Vec<Reply>,
    /// The types its successful replies list: what `Accept` is reduced to.
    pub(super) accepts: Vec<String>,
}

/// A reply listed for an endpoint.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) statuses: Statuses,
    pub(super) message: u32,
}

/// Which answers a reply describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Statuses {
    /// Every 2xx but 206, which never crosses.
    Success,
    /// These.
    Listed(Vec<u16>),
}

impl Statuses {
    /// Whether `status` is one of them.
    pub(super) fn hold(&self, status: u16) -> bool {
        match self {
            Self::Success => (200..300).contains(&status) && status != 206,
            Self::Listed(list) => list.contains(&status),
        }
    }
}

/// Named places and the rules that write them when they are absent.
#[derive(Debug, Clone, Default)]
pub(super) struct Branch {
    /// Spot of each name.
    pub(super) names: Names,
    /// Spots that hold an `add` rule, at most 64.
    pub(super) adds: Vec<u32>,
}

/// A place that a selector reaches, in one copy of one part.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    /// What follows by name.
    pub(super) branch: Branch,
    /// What `*` leads to, or `NONE`.
    pub(super) element: u32,
    /// Rules for the value here; those with conditions come first.
    pub(super) choices: Vec<Choice>,
    /// Whether a selector leads through, or a part begins here: containers are listed.
    pub(super) through: bool,
    /// The rule that stands for what no rule mentions, and what it does.
    pub(super) unlisted: Unlisted,
    pub(super) unlisted_rule: RuleId,
    /// Whose `person` a pseudonym here may be.
    pub(super) marks: Vec<Mark>,
}

/// A place of a record's `person`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) record: u32,
    /// Position in the list of places; the lowest wins.
    pub(super) rank: u32,
}

/// A rule with its condition, as it stands at a spot.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub(super) rule: RuleId,
    pub(super) tests: Vec<Test>,
    pub(super) leave: Verb,
    pub(super) enter: Verb,
    /// `/**`: the value and everything in it.
    pub(super) deep: bool,
    pub(super) add: bool,
    pub(super) category: Option<Category>,
    /// A kept text needs no look in closed mode.
    pub(super) vocabulary: bool,
    /// Its rule says what a kept value may be.
    pub(super) formed: bool,
    /// The part of `part` and `nested`, or `NONE`.
    pub(super) record: u32,
    /// Kind and form of a pseudonym.
    pub(super) pseudonym: Option<Masks>,
}

/// What a `pseudonym` rule needs.
#[derive(Debug, Clone)]
pub(super) struct Masks {
    pub(super) kind: KindUse,
    /// What stands before and after the identifier.
    pub(super) form: Option<(String, String)>,
}

/// A copy of a part in a place, or a message.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) root: u32,
    /// Whether it says itself whom it is about.
    pub(super) person: bool,
    pub(super) order: bool,
    pub(super) outside: Option<Box<OutsidePlan>>,
}

/// `outside`: the places of a record's person, and the one that the publisher sees.
#[derive(Debug, Clone)]
pub(super) struct OutsidePlan {
    /// The member names that lead to the place outside.
    pub(super) to: Vec<String>,
    /// Spots of `to`'s last component and of its neighbours that `add`.
    pub(super) neighbours: Vec<u32>,
    /// Each place of `person`: its rule, kind and path.
    pub(super) places: Vec<OutsidePlace>,
}

/// One form that a person's identifier may take inside.
#[derive(Debug, Clone)]
pub(super) struct OutsidePlace {
    pub(super) rule: RuleId,
    pub(super) path: Vec<String>,
    pub(super) masks: Masks,
}

/// One entry of `when` or `unless`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Test {
    pub(super) subject: Subject,
    pub(super) want: Want,
}

/// What a condition looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// A value of the record, by member names.
    Body(Vec<String>),
    /// A query parameter.
    Query(String),
    /// A header, in lower case.
    Header(String),
    /// A path variable.
    Path(String),
}

/// What a condition asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Want {
    /// One of these texts.
    In(Vec<String>),
    /// None of these texts; an absent value is none of them.
    NotIn(Vec<String>),
    /// Anything at all.
    Present,
    /// Nothing.
    Absent,
}
