//! Messages made up from the rules: an invented person in every field that the rules mask, replace or take away, and in
//! members and headers that they do not list.
//!
//! What the rules refuse is left out; what they keep gets a value of its form that names nobody, unless the field by its
//! category or name holds what names a person: then it holds the invented person, whatever the rule does. This room must
//! not know who is invented, nor what becomes of a message.

mod leaf;
mod tree;

use super::plan::{Endpoint, Message, NONE, Segment, Statuses, Template};
use super::rules::{Door, Minted, Profile};
use crate::identity::Kind;
use crate::rewrite::Format;

pub(crate) use self::tree::minted;

/// What a field may tell of somebody, besides identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Told {
    /// The given name.
    Given,
    /// The family name.
    Family,
    /// Both.
    FullName,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A postal address.
    Address,
    /// The birth date, RFC 3339 `full-date`.
    BirthDate,
}

/// Who is invented: two persons, 0 and 1.
pub trait Invented {
    /// A person's identifier of a kind, as it stands on the side that the message comes from.
    fn identifier(&self, kind: Kind, person: usize) -> String;
    /// Something else about a person.
    fn told(&self, what: Told, person: usize) -> String;
}

/// How lists and records are made up: the rules take one object as well as a list of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Both persons, and every variant that conditions tell apart, in lists.
    Lists,
    /// The first person alone, no lists where none is named.
    Singles,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sample {
    /// Headers, `Content-Type` and `Accept` apart.
    pub headers: Vec<(String, String)>,
    /// The type of the body; none without one.
    pub media: Option<String>,
    /// The body.
    pub body: String,
}

/// A request, and the reply when that is the message of interest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Side, method and path template of the message of interest, as rules name them.
    pub name: String,
    /// The request's method.
    pub method: String,
    /// Its path and query.
    pub target: String,
    /// The request.
    pub request: Sample,
    /// The reply and its status.
    pub reply: Option<(u16, Sample)>,
}

/// How cases are made up.
#[derive(Clone, Copy)]
pub struct Making<'a> {
    /// Persons as the school knows them: for what leaves.
    pub inside: &'a dyn Invented,
    /// Persons as the publisher knows them: for the request that a leaving reply answers.
    pub outside: &'a dyn Invented,
    /// Lists or single records.
    pub shape: Shape,
    /// Also writes the first person's full name into kept free texts; cases without such a place are left out.
    pub planted: bool,
}

impl Profile {
    /// One case for each request that the profile lists: for routes on which requests leave.
    pub fn leaving_requests(&self, making: Making<'_>) -> Vec<Case> {
        let mut cases = Vec::new();
        for endpoint in &self.endpoints {
            for (message, template) in &endpoint.requests {
                let Some((message, template)) = self.known(*message, *template) else { continue };
                let maker = tree::Maker::new(self, Door::Leave, making.inside, making);
                let request = maker.message(message);
                let target = maker.target(message, template);
                if making.planted && !maker.has_planted() {
                    continue;
                }
                let name = format!("request {} {}", endpoint.method, template.text);
                let method = endpoint.method.clone();
                cases.push(Case { name, method, target, request, reply: None });
            }
        }
        cases
    }

    /// One case for each reply that the profile lists with a body or a header, at the first path that has it: for routes on
    /// which replies leave.
    pub fn leaving_replies(&self, making: Making<'_>) -> Vec<Case> {
        let mut cases = Vec::new();
        let mut seen = Vec::new();
        for endpoint in &self.endpoints {
            for reply in &endpoint.replies {
                let Some(message) = self.messages.get(reply.message as usize) else { continue };
                let empty = message.format.is_none() && message.headers.names.iter().next().is_none();
                if empty || seen.contains(&reply.message) {
                    continue;
                }
                seen.push(reply.message);
                let status = match &reply.statuses {
                    Statuses::Success => 200,
                    Statuses::Listed(listed) => listed.first().copied().unwrap_or(200),
                };
                cases.extend(self.reply_case(endpoint, message, status, making));
            }
        }
        cases
    }

    fn reply_case(
        &self,
        endpoint: &Endpoint,
        message: &Message,
        status: u16,
        making: Making<'_>,
    ) -> Option<Case> {
        let (asking, template) = *endpoint.requests.first()?;
        let (asking, template) = self.known(asking, template)?;
        let asked = Making { planted: false, ..making };
        let asks = tree::Maker::new(self, Door::Enter, making.outside, asked);
        let answers = tree::Maker::new(self, Door::Leave, making.inside, making);
        let (request, reply) = (asks.message(asking), answers.message(message));
        if making.planted && !answers.has_planted() {
            return None;
        }
        Some(Case {
            name: format!("response {} {}", endpoint.method, template.text),
            method: endpoint.method.clone(),
            target: asks.target(asking, template),
            request,
            reply: Some((status, reply)),
        })
    }

    fn known(&self, message: u32, template: u32) -> Option<(&Message, &Template)> {
        let message = self.messages.get(message as usize)?;
        Some((message, message.templates.get(template as usize)?))
    }
}

impl tree::Maker<'_> {
    /// Body and headers.
    fn message(&self, message: &Message) -> Sample {
        let body = match message.format {
            None => String::new(),
            Some(Format::Ndjson) => {
                let lines = self.record(message.record, None);
                lines.iter().map(|line| format!("{line}\n")).collect()
            }
            Some(Format::Form) => self.form(message.record),
            Some(_) => self.root(message.record).to_string(),
        };
        let mut headers = Vec::new();
        for (name, spot) in message.headers.names.iter() {
            headers.extend(self.single(spot).map(|value| (name.to_owned(), value)));
        }
        if self.leaves() {
            headers.push(("x-canary".to_owned(), self.told(Told::FullName)));
        }
        let media = message.format.and(message.media.first()).cloned();
        Sample { headers, media, body }
    }

    /// Path and query.
    fn target(&self, message: &Message, template: &Template) -> String {
        let mut target = String::new();
        for segment in &template.segments {
            target.push('/');
            match segment {
                Segment::Literal(text) => target.push_str(text),
                Segment::Kept { name, .. } => {
                    let spot = message.path.names.get(name.as_bytes());
                    target.push_str(&spot.and_then(|spot| self.kept(spot)).unwrap_or_else(|| "12AB".into()));
                }
                Segment::Pseudonym { kind, .. } if kind.minted == Minted::Publisher => {
                    target.push_str(&tree::minted(0));
                }
                Segment::Pseudonym { kind, .. } => target.push_str(&percent(&self.identifier(kind.kind))),
            }
        }
        if target.is_empty() {
            target.push('/');
        }
        let mut pairs = Vec::new();
        for (name, spot) in message.query.names.iter().filter(|(_, spot)| *spot != NONE) {
            let value = if self.leaves() { self.question(spot) } else { None };
            pairs.extend(value.map(|value| format!("{}={}", percent(name), percent(&value))));
        }
        if pairs.is_empty() { target } else { format!("{target}?{}", pairs.join("&")) }
    }
}

/// A text as it stands in a target (RFC 3986, 2.1).
fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
