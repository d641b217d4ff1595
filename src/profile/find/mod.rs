//! Finding: a message, walked under its rules for one door. What must change, where, and about whom.
//!
//! Nothing is changed here and no value is kept: a finding points at a node. A message that the rules refuse
//! gives a [`FindRefusal`] that names the rule. This room must not know vaults, keys or HTTP.

mod closed;
mod conditions;
mod outside;
mod persons;
mod question;
mod scalar;
mod tree;
mod walk;

use std::borrow::Cow;

pub use self::closed::plain;
pub use self::outside::{Outside, OutsideForm};
use super::category::Category;
use super::rules::{Door, Minted, NamePart, Profile, RuleId};
use super::select::Selected;
use crate::identity::Kind;
use crate::rewrite::{Document, NodeKind};

/// What stands outside an identifier and is no part of it (CONTRACT.md, canonical form).
const OUTER: [char; 4] = ['\t', '\n', '\r', ' '];

/// What [`Profile::find`] looks at: a message, taken apart. All parts are as received.
#[derive(Debug, Clone, Copy, Default)]
pub struct Material<'a> {
    /// The parsed body; `None` when there is none.
    pub body: Option<&'a Document>,
    /// The parsed query of a request (`Format::Query`); `None` when there is none.
    pub query: Option<&'a Document>,
    /// The decoded path segments of a request, as [`Profile::request`] had them.
    pub path: &'a [&'a str],
    /// Every header, names in lower case. [`Place::Header`] and [`Found::kept_headers`] are indices into it.
    pub headers: &'a [(&'a str, &'a str)],
}

/// Where a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// A node of the body.
    Body(u32),
    /// A parameter of the query, by its node.
    Query(u32),
    /// A segment of the path.
    Path(u32),
    /// A header, by its index in [`Material::headers`].
    Header(u32),
    /// A node of a decoded value: `found.nested[nested].document`.
    Nested {
        /// Index into [`Found::nested`].
        nested: u32,
        /// The node there.
        node: u32,
    },
    /// A member to be written into the object `parent` of the body; its name is the rule's `slot`.
    InsertBody {
        /// The object.
        parent: u32,
    },
    /// A parameter to be written into the query, or into a new one where there is none; its name is the rule's
    /// `slot`.
    InsertQuery,
    /// A header to be written; its name is the rule's `slot`.
    InsertHeader,
    /// A member to be written into an object of a decoded value.
    InsertNested {
        /// Index into [`Found::nested`].
        nested: u32,
        /// The object there.
        parent: u32,
    },
}

/// What must happen at a finding. The door says in which direction.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Remove value, member, element, parameter or header; of a container everything in it.
    Drop,
    /// Write the empty text.
    Blank,
    /// Write `text`.
    Constant {
        /// What to write, unescaped.
        text: String,
        /// Write it as a JSON literal, without quotes.
        literal: bool,
    },
    /// Write `text`, a coarser form of the value (leaving only).
    Generalise {
        /// What to write, unescaped.
        text: String,
    },
    /// Leaving: identifier to pseudonym. Entering: pseudonym to identifier.
    Pseudonym(Masking),
    /// Leaving only, an absent or empty value: write the pseudonym of [`Finding::person`] in the shape of `kind`.
    PersonPseudonym {
        /// The kind of the field, which decides the shape.
        kind: Kind,
        /// What stands before the pseudonym in the field, and after it.
        form: Option<Box<(String, String)>>,
    },
    /// Leaving: the person's stand-in. Entering: the value it replaced; other text is left alone.
    Label {
        /// Which piece of the name. The slot is the rule's `slot`.
        part: NamePart,
        /// Leaving: absent or empty, written all the same. Entering: the stand-in may have been added; then the
        /// member goes.
        added: bool,
    },
    /// Leaving: the route's inside value to its outside value. Entering: the reverse. Any other value refuses.
    Swap {
        /// The pair's name in the route.
        name: String,
        /// The value is absent or empty: write the outside value (leaving only).
        added: bool,
    },
    /// A web address: base and path rewritten by the rules of the request it leads to. Where it leads to none the
    /// rule's `unlisted` decides.
    Address {
        /// The `Link` header (RFC 8288): target by target, written anew.
        link: bool,
    },
    /// The value was decoded; findings with [`Place::Nested`] of this index say what changes in it. Write the
    /// spliced document's text.
    Nested {
        /// Index into [`Found::nested`].
        nested: u32,
    },
    /// The person's identifier stands in one form and must stand in another (`outside`).
    Outside(Box<Outside>),
}

/// How an identifier is masked, or restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Masking {
    /// Its kind: decides derivation, shape, and what is restored.
    pub kind: Kind,
    /// Whether it points at a person; a thing is never joined through the roster.
    pub person: bool,
    /// Who makes the values of this kind up. `Publisher`: unchanged; listed in `person` beside a known identifier
    /// it names that person from then on.
    pub minted: Minted,
    /// The value is a JSON number: `1` and `digits:N`, N ≤ 14, any other shape refuses.
    pub number: bool,
    /// Bytes of the text before the identifier that stay (`form = "mailto:{}"`).
    pub before: u16,
    /// Bytes of the text after the identifier that stay.
    pub after: u16,
}

impl Act {
    /// How an identifier here is masked, or restored; none where none stands.
    pub fn masking(&self) -> Option<&Masking> {
        match self {
            Self::Pseudonym(masking) => Some(masking),
            Self::Outside(outside) => Some(&outside.masking),
            _ => None,
        }
    }
}

/// A place where something must happen.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// Which rule decided.
    pub rule: RuleId,
    /// What must happen.
    pub act: Act,
    /// Whose record it stands in: an index into [`Found::persons`].
    pub person: Option<u32>,
    /// What the value is about; decides whether it is watched.
    pub category: Option<Category>,
}

/// A person whom the message mentions, named by pseudonym findings of one record. The same person may have
/// several records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// The record that says so; none for the message as a whole.
    pub record: Option<Place>,
    start: u32,
    end: u32,
}

/// A list whose records must change places, so that their order tells nothing (leaving only).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The array, in the body, or in the decoded value `nested`.
    pub parent: u32,
    /// Where `parent` is, when it is not the body.
    pub nested: Option<u32>,
    /// All its elements in document order, each with the person it is about, also those that a `Drop` finding
    /// removes. Sort by the person's pseudonym, elements without person last.
    pub elements: Vec<(u32, Option<u32>)>,
}

/// A decoded value.
#[derive(Debug, Clone)]
pub struct Nested {
    /// The value, parsed; its format is the decoder's.
    pub document: Document,
    /// Where the value stands. A decoded value in a decoded value comes after the one around it.
    pub host: Place,
}

/// What a message holds, under the rules of one door.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// What must change, in document order: path, query, headers, body.
    pub findings: Vec<Finding>,
    /// Whom it mentions.
    pub persons: Vec<Person>,
    /// Lists to be put in another order.
    pub orders: Vec<Order>,
    /// Decoded values.
    pub nested: Vec<Nested>,
    /// Headers that cross unchanged, by index. A header that is neither here nor in a finding does not cross.
    pub kept_headers: Vec<u32>,
    /// How often each rule applied, by [`RuleId`].
    pub counts: Vec<u32>,
    named_by: Vec<u32>,
}

/// Why the rules refuse a message. `rule` reads like `oneroster-1.2 user /givenName (line 41)` and never holds
/// anything of the message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindRefusal {
    /// Something that no rule lists, or that a rule refuses.
    #[error("{rule} does not let this through")]
    NotListed {
        /// The rule.
        rule: String,
    },
    /// A query that names something unlisted, twice the same, or asks more than equality of what is masked.
    #[error("{rule}: the question is not listed")]
    Question {
        /// The rule.
        rule: String,
    },
    /// A label, or an added value, in a record that names no person.
    #[error("{rule}: no person is named")]
    NoPerson {
        /// The rule.
        rule: String,
    },
    /// A value that the rule's verb cannot take: a container, a boolean, a fraction, another form.
    #[error("{rule}: {what}")]
    Shape {
        /// The rule.
        rule: String,
        /// What is wrong, in words that hold nothing of the message.
        what: &'static str,
    },
    /// A value of a category that the publisher's agreement does not name, where it cannot just go, or may not.
    #[error("{rule}: the agreement does not name this category")]
    NotAgreed {
        /// The rule.
        rule: String,
    },
    /// The route runs closed and this cannot be left out.
    #[error("{rule}: may not leave without a roster")]
    Closed {
        /// The rule.
        rule: String,
    },
}

impl Profile {
    /// Walks `material` under the rules of `selected`.
    ///
    /// `closed` is for routes without a roster: at the leaving door kept texts that are neither number, date,
    /// boolean, identifier nor enumeration get a [`Act::Drop`] (see [`super::plain`]).
    pub fn find(
        &self,
        selected: &Selected,
        door: Door,
        closed: bool,
        material: &Material<'_>,
    ) -> Result<Found, FindRefusal> {
        walk::Walk::new(self, selected, door, closed, material).run()
    }
}

impl Found {
    /// The findings that name a person, the one that decides first. The rest are other places of `person` with a
    /// pseudonym: what a publisher's own id is tied to.
    pub fn named_by(&self, person: u32) -> &[u32] {
        let span = self.persons.get(person as usize).map_or(0..0, |p| p.start as usize..p.end as usize);
        self.named_by.get(span).unwrap_or_default()
    }

    /// The text at a place, decoded; empty for an insertion. Of a container its literal: see [`Found::scalars`].
    pub fn text<'a>(&'a self, place: Place, material: &Material<'a>) -> Cow<'a, str> {
        match place {
            Place::Body(node) => material.body.map_or(Cow::Borrowed(""), |body| body.text(node)),
            Place::Query(node) => material.query.map_or(Cow::Borrowed(""), |query| query.text(node)),
            Place::Path(at) => Cow::Borrowed(material.path.get(at as usize).copied().unwrap_or_default()),
            Place::Header(at) => {
                Cow::Borrowed(material.headers.get(at as usize).map_or("", |(_, value)| *value))
            }
            Place::Nested { nested, node } => {
                self.nested.get(nested as usize).map_or(Cow::Borrowed(""), |n| n.document.text(node))
            }
            Place::InsertBody { .. }
            | Place::InsertQuery
            | Place::InsertHeader
            | Place::InsertNested { .. } => Cow::Borrowed(""),
        }
    }

    /// Every text and number at a place, decoded: of a container all in it, in document order, each with the name of
    /// its own member. For the watch.
    pub fn scalars<'a>(&'a self, place: Place, material: &Material<'a>) -> Scalars<'a> {
        let tree = match place {
            Place::Body(node) => material.body.map(|body| (body, node)),
            Place::Query(node) => material.query.map(|query| (query, node)),
            Place::Nested { nested, node } => self.nested.get(nested as usize).map(|n| (&n.document, node)),
            Place::Path(_) | Place::Header(_) => {
                return Scalars {
                    tree: None,
                    at: 0,
                    end: 0,
                    single: Some(self.text(place, material)),
                    root: 0,
                };
            }
            _ => None,
        };
        let (at, end) = tree.map_or((0, 0), |(document, node)| {
            (node, document.node(node).map_or(node, |known| known.next.max(node + 1)))
        });
        Scalars { tree: tree.map(|(document, _)| document), at, end, single: None, root: at }
    }
}

/// Iterator over the texts and numbers at a place: see [`Found::scalars`].
pub struct Scalars<'a> {
    tree: Option<&'a Document>,
    at: u32,
    end: u32,
    single: Option<Cow<'a, str>>,
    root: u32,
}

/// A text or number at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar<'a> {
    /// The name of its member, in a container at that place; empty for an element, and for the place itself.
    pub name: Cow<'a, str>,
    /// The value, decoded.
    pub text: Cow<'a, str>,
}

impl<'a> Iterator for Scalars<'a> {
    type Item = Scalar<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(text) = self.single.take() {
            return Some(Scalar { name: Cow::Borrowed(""), text });
        }
        let tree = self.tree?;
        while self.at < self.end {
            let node = self.at;
            self.at += 1;
            if matches!(tree.kind(node), NodeKind::Text | NodeKind::Number) {
                let name = if node == self.root { Cow::Borrowed("") } else { tree.name(node) };
                return Some(Scalar { name, text: tree.text(node) });
            }
        }
        None
    }
}
