//! Edits: what is written where, gathered over a message's findings and made at once.
//!
//! Splicing itself is `rewrite`'s. It must not know why a value changes, or through which door.

use std::ops::Range;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};

use super::guard::{Part, Permit, PermitKind};
use super::message::{Head, Message};
use super::parts::Parts;
use super::refusal::Refusal;
use crate::profile::{Found, Place};
use crate::rewrite::target::{Rebuilt, Target};
use crate::rewrite::{Change, Document, NodeKind, Placed, splice};

/// What stands at a place afterwards.
pub(super) enum Write {
    /// This text, encoded as the format wants it.
    Text(String),
    /// A pseudonym: as a text; its own digits can be another pupil's number.
    Pseudonym(String),
    /// The value that stood there, kept on purpose (`eck-id = "keep"`).
    Kept(String),
    /// The name that the publisher gave to a thing of its own.
    Minted(String),
    /// A JSON object with a pseudonym in it, at this span, quotes included.
    Around { literal: String, pseudonym: Range<usize> },
    /// An address, and the spans in it that repeat the publisher's question.
    Address { text: String, echoes: Vec<Range<usize>> },
    /// This literal, as it is.
    Literal(String),
    /// Nothing: member, element, parameter or header goes.
    Nothing,
}

/// What the guard lets stand of a text that was written.
enum Allowed {
    /// All of it.
    Whole(PermitKind),
    /// These spans of a text this long: echoes.
    Within(Vec<Range<usize>>, usize),
    /// This span of a literal this long: a pseudonym.
    Inside(Range<usize>, usize),
}

/// Gathered edits of one message.
#[derive(Default)]
pub(super) struct Edits {
    body: Vec<Change>,
    body_permits: Vec<(usize, Allowed)>,
    query: Vec<Change>,
    query_permits: Vec<(usize, Allowed)>,
    path: Vec<(usize, String, Option<Allowed>)>,
    headers: Vec<(u32, Option<String>, Option<Allowed>)>,
    added_headers: Vec<(String, String, Option<Allowed>)>,
    nested: Vec<Vec<Change>>,
    hosts: Vec<(u32, Place)>,
}

/// A message with everything written, and where the guard lets a value stand.
pub(super) struct Written {
    pub(super) message: Message,
    pub(super) permits: Vec<Permit>,
}

impl Edits {
    pub(super) fn new(found: &Found) -> Self {
        let findings = found.findings.len();
        Self {
            body: Vec::with_capacity(findings),
            body_permits: Vec::with_capacity(findings),
            nested: vec![Vec::new(); found.nested.len()],
            ..Self::default()
        }
    }

    /// Notes an edit. `slot` names what an insertion writes.
    pub(super) fn put(&mut self, place: Place, slot: &str, write: Write) -> Result<(), Refusal> {
        let (write, permit) = allowed(write);
        match place {
            Place::Body(node) => add(&mut self.body, &mut self.body_permits, permit, at_node(node, write)),
            Place::Query(node) => add(&mut self.query, &mut self.query_permits, permit, at_node(node, write)),
            Place::InsertBody { parent } => {
                add(&mut self.body, &mut self.body_permits, permit, inserted(parent, slot, write)?);
            }
            Place::InsertQuery => {
                add(&mut self.query, &mut self.query_permits, permit, inserted(0, slot, write)?);
            }
            Place::Path(segment) => match text_of(write) {
                Some(text) => self.path.push((segment as usize, text, permit)),
                None => return Err(Refusal::Internal),
            },
            Place::Header(index) => self.headers.push((index, text_of(write), permit)),
            Place::InsertHeader => {
                self.added_headers.extend(text_of(write).map(|text| (slot.to_owned(), text, permit)));
            }
            Place::Nested { nested, node } => self.nested_mut(nested)?.push(at_node(node, write)),
            Place::InsertNested { nested, parent } => {
                let change = inserted(parent, slot, write)?;
                self.nested_mut(nested)?.push(change);
            }
        }
        Ok(())
    }

    /// Notes that the place holds a decoded value, which is encoded again after its own edits.
    pub(super) fn host(&mut self, nested: u32, place: Place) {
        self.hosts.push((nested, place));
    }

    /// Notes that a list's elements change places: all of them, in their new order.
    pub(super) fn reorder(
        &mut self,
        nested: Option<u32>,
        parent: u32,
        order: Vec<u32>,
    ) -> Result<(), Refusal> {
        let change = Change::Reorder { parent, order };
        match nested {
            None => self.body.push(change),
            Some(nested) => self.nested_mut(nested)?.push(change),
        }
        Ok(())
    }

    /// Makes all edits. `accept` replaces the request's `Accept`.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when an edit does not fit its place: nothing may then be forwarded.
    pub(super) fn make(
        mut self,
        parts: Parts,
        found: &Found,
        accept: Option<&str>,
    ) -> Result<Written, Refusal> {
        self.encode_nested(found)?;
        let mut permits = Vec::new();
        let Parts { head, target, headers, body } = parts;
        let body = match body {
            None => Bytes::new(),
            Some(document) if self.body.is_empty() => Bytes::from(document.into_bytes()),
            Some(document) => {
                let spliced = splice(&document, &self.body).map_err(|_| Refusal::Internal)?;
                permits.extend(permitted(&spliced.placed, &self.body_permits, &Part::Body, 1));
                Bytes::from(spliced.bytes)
            }
        };
        let kept = self.write_headers(&head, &headers, found, accept, body.is_empty(), &mut permits)?;
        let head = match head {
            Head::Reply { status, .. } => Head::Reply { status, headers: kept },
            Head::Request { method, .. } => {
                let rebuilt = self.rebuild(&target.ok_or(Refusal::Internal)?)?;
                for (span, (_, _, permit)) in rebuilt.segments.iter().zip(&self.path) {
                    permits.extend(permit.iter().flat_map(|permit| permit.at(&Part::Target, span, 0)));
                }
                permits.extend(permitted(&rebuilt.query, &self.query_permits, &Part::Target, 0));
                Head::Request { method, target: rebuilt.target, headers: kept }
            }
        };
        Ok(Written { message: Message { head, body }, permits })
    }

    /// Makes the edits of an address: the target alone.
    pub(super) fn make_target(mut self, target: &Target, found: &Found) -> Result<String, Refusal> {
        self.encode_nested(found)?;
        Ok(self.rebuild(target)?.target)
    }

    fn rebuild(&self, target: &Target) -> Result<Rebuilt, Refusal> {
        let path: Vec<(usize, &str)> =
            self.path.iter().map(|(segment, text, _)| (*segment, text.as_str())).collect();
        target.rebuild(&path, &self.query).map_err(|_| Refusal::Internal)
    }

    /// The innermost first: a decoded value in a decoded value comes after the one around it.
    fn encode_nested(&mut self, found: &Found) -> Result<(), Refusal> {
        for (nested, place) in std::mem::take(&mut self.hosts).into_iter().rev() {
            let changes = std::mem::take(self.nested_mut(nested)?);
            let Some(inner) = found.nested.get(nested as usize) else { return Err(Refusal::Internal) };
            if changes.is_empty() {
                continue;
            }
            let spliced = splice(&inner.document, &changes).map_err(|_| Refusal::Internal)?;
            let text = String::from_utf8(spliced.bytes).map_err(|_| Refusal::Internal)?;
            self.put(place, "", Write::Text(text))?;
        }
        Ok(())
    }

    fn nested_mut(&mut self, nested: u32) -> Result<&mut Vec<Change>, Refusal> {
        self.nested.get_mut(nested as usize).ok_or(Refusal::Internal)
    }

    /// Listed headers, what was written in others, `Content-Type` of a body and the reduced `Accept`. No more, and no
    /// entity tags (RFC 9110, 8.8.3), listed or not.
    fn write_headers(
        &self,
        head: &Head,
        received: &[(String, String)],
        found: &Found,
        accept: Option<&str>,
        empty: bool,
        permits: &mut Vec<Permit>,
    ) -> Result<HeaderMap, Refusal> {
        let mut written = HeaderMap::new();
        if let Some(media) = head.headers().get(CONTENT_TYPE).filter(|_| !empty) {
            written.insert(CONTENT_TYPE, media.clone());
        }
        if let Some(accept) = accept {
            written.insert(ACCEPT, HeaderValue::from_str(accept).map_err(|_| Refusal::Internal)?);
        }
        let kept = found.kept_headers.iter().filter_map(|index| received.get(*index as usize));
        let mut all: Vec<(&str, &str, Option<&Allowed>)> =
            kept.map(|(name, value)| (name.as_str(), value.as_str(), None)).collect();
        for (index, value, permit) in &self.headers {
            let name =
                received.get(*index as usize).map(|(name, _)| name.as_str()).ok_or(Refusal::Internal)?;
            all.extend(value.as_deref().map(|value| (name, value, permit.as_ref())));
        }
        let added = self.added_headers.iter();
        all.extend(added.map(|(name, value, permit)| (name.as_str(), value.as_str(), permit.as_ref())));
        for (name, value, permit) in all {
            let name = HeaderName::from_bytes(name.to_ascii_lowercase().as_bytes())
                .map_err(|_| Refusal::Internal)?;
            // A tag is made of what stands behind it: of names, often. One that crossed would tell whether they changed,
            // and one that came back would ask.
            if [CONTENT_TYPE, ACCEPT, ETAG, IF_NONE_MATCH].contains(&name) {
                continue;
            }
            // No tag ever left that it could hold; without its condition the request would mean another thing.
            if name == IF_MATCH {
                return Err(Refusal::HeaderNotListed("If-Match"));
            }
            let bytes = HeaderValue::from_str(value).map_err(|_| Refusal::Internal)?;
            let part = Part::Header(name.clone());
            permits.extend(permit.iter().flat_map(|permit| permit.at(&part, &(0..value.len()), 0)));
            written.append(name, bytes);
        }
        Ok(written)
    }
}

/// All elements of an array in their new order: those that take part as given, then the rest.
pub(super) fn whole_order(document: &Document, parent: u32, sorted: Vec<u32>) -> Vec<u32> {
    let mut taking = sorted.clone();
    taking.sort_unstable();
    let mut order = sorted;
    if document.kind(parent) == NodeKind::Array {
        order.extend(document.children(parent).filter(|child| taking.binary_search(child).is_err()));
    }
    order
}

impl Allowed {
    /// The permits for a literal at `span` of a part. `quotes`: the bytes before and behind its text.
    fn at(&self, part: &Part, span: &Range<usize>, quotes: usize) -> Vec<Permit> {
        let permit = |span, kind| Permit { part: part.clone(), span, kind };
        match self {
            Self::Whole(kind) => vec![permit(span.clone(), *kind)],
            Self::Inside(_, len) if span.len() != *len => Vec::new(),
            Self::Inside(own, _) => {
                vec![permit(own.start + span.start..own.end + span.start, PermitKind::Pseudonym)]
            }
            // Escapes would have moved what stands behind them: then nothing is permitted.
            Self::Within(_, len) if span.len() != len + 2 * quotes => Vec::new(),
            Self::Within(echoes, _) => {
                let from = span.start + quotes;
                let moved = echoes.iter().map(|echo| echo.start + from..echo.end + from);
                moved.map(|span| permit(span, PermitKind::Echo)).collect()
            }
        }
    }
}

/// What is written, and what of it the guard lets stand.
fn allowed(write: Write) -> (Write, Option<Allowed>) {
    match write {
        Write::Pseudonym(_) => (write, Some(Allowed::Whole(PermitKind::Pseudonym))),
        Write::Kept(_) => (write, Some(Allowed::Whole(PermitKind::KeptIdentifier))),
        Write::Minted(_) => (write, Some(Allowed::Whole(PermitKind::Minted))),
        Write::Around { literal, pseudonym } => {
            let allowed = Allowed::Inside(pseudonym, literal.len());
            (Write::Literal(literal), Some(allowed))
        }
        Write::Address { text, echoes } => {
            let allowed = Allowed::Within(echoes, text.len());
            (Write::Text(text), Some(allowed))
        }
        Write::Text(_) | Write::Literal(_) | Write::Nothing => (write, None),
    }
}

fn add(
    changes: &mut Vec<Change>,
    permits: &mut Vec<(usize, Allowed)>,
    permit: Option<Allowed>,
    change: Change,
) {
    permits.extend(permit.map(|kind| (changes.len(), kind)));
    changes.push(change);
}

fn at_node(node: u32, write: Write) -> Change {
    match write {
        Write::Text(text)
        | Write::Pseudonym(text)
        | Write::Kept(text)
        | Write::Minted(text)
        | Write::Address { text, .. } => Change::Replace { node, text },
        Write::Literal(literal) | Write::Around { literal, .. } => Change::ReplaceRaw { node, literal },
        Write::Nothing => Change::Remove { node },
    }
}

fn inserted(parent: u32, slot: &str, write: Write) -> Result<Change, Refusal> {
    if let Write::Literal(literal) = write {
        return Ok(Change::InsertRaw { parent, name: slot.to_owned(), literal });
    }
    let text = text_of(write).ok_or(Refusal::Internal)?;
    Ok(Change::Insert { parent, name: slot.to_owned(), text })
}

fn text_of(write: Write) -> Option<String> {
    match write {
        Write::Text(text)
        | Write::Pseudonym(text)
        | Write::Kept(text)
        | Write::Minted(text)
        | Write::Address { text, .. }
        | Write::Around { literal: text, .. }
        | Write::Literal(text) => Some(text),
        Write::Nothing => None,
    }
}

fn permitted<'a>(
    placed: &'a [Placed],
    allowed: &'a [(usize, Allowed)],
    part: &'a Part,
    quotes: usize,
) -> impl Iterator<Item = Permit> + 'a {
    let written = allowed.iter().filter_map(move |(change, allowed)| {
        let found = placed.binary_search_by_key(change, |placed| placed.change).ok()?;
        Some((allowed, &placed.get(found)?.span))
    });
    written.flat_map(move |(allowed, span)| allowed.at(part, span, quotes))
}
