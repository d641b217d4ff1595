//! What new values look like in each format, and which texts a format can hold.
//!
//! It must not know where in the document they are written.

use std::ops::Range;

use super::super::document::{Document, Format, Node, NodeKind};
use super::super::limits::Limits;
use super::super::percent::{self, Space};
use super::super::{filter, form, json, list};
use super::{Change, Unspliced};

/// The bytes of a child with its name: what goes when it is removed.
pub(super) fn extent(format: Format, node: &Node) -> (usize, usize) {
    let start = match format {
        // A name span of nothing at 0 is no name; an empty name stands behind a quote.
        Format::Json | Format::Ndjson if node.name.0 > 0 => node.name.0 - 1,
        Format::Form | Format::Query | Format::OneRosterFilter if node.name.1 > node.name.0 => node.name.0,
        _ => node.value.0,
    };
    (start as usize, node.value.1 as usize)
}

/// Where the first child of an empty container would begin.
pub(super) fn inside(document: &Document, node: u32) -> usize {
    let bracket = usize::from(matches!(document.format, Format::Json | Format::Ndjson));
    document.span(node).start + bracket
}

/// Whether a change is one that this document can have, apart from what other changes do.
pub(super) fn check(document: &Document, change: usize, what: &Change) -> Result<(), Unspliced> {
    let format = document.format;
    let find = |what| Err(Unspliced::FindNode { change, what });
    let write = |what| Err(Unspliced::WriteValue { change, what });
    let index = match what {
        Change::Replace { node, .. } | Change::ReplaceRaw { node, .. } | Change::Remove { node } => *node,
        Change::Insert { parent, .. } | Change::InsertRaw { parent, .. } | Change::Reorder { parent, .. } => {
            *parent
        }
    };
    let Some(node) = document.node(index) else { return find("no such value") };
    match what {
        Change::Replace { text, .. } => match node.kind {
            NodeKind::Object | NodeKind::Array | NodeKind::Bool => {
                find("only a text, a number or null takes a text")
            }
            NodeKind::Number if !is_digits(text) => write("a number takes digits only"),
            NodeKind::Number => Ok(()),
            NodeKind::Text | NodeKind::Null => holds(format, text).or_else(write),
        },
        Change::ReplaceRaw { literal, .. } => {
            if index == 0 && !matches!(format, Format::Json) {
                return find("the root cannot be replaced");
            }
            is_literal(format, literal).or_else(write)
        }
        Change::Remove { .. } if index == 0 => find("the root cannot be removed"),
        Change::Remove { .. } if format == Format::OneRosterFilter => {
            find("a filter without a comparison asks another question")
        }
        Change::Remove { .. } => Ok(()),
        Change::Reorder { .. } if node.kind != NodeKind::Array => find("only an array has an order"),
        Change::Reorder { .. } => Ok(()),
        Change::Insert { name, .. } | Change::InsertRaw { name, .. } => {
            if node.kind != NodeKind::Object || format == Format::OneRosterFilter {
                return find("only an object takes a member");
            }
            if name.is_empty() && matches!(format, Format::Form | Format::Query) {
                return write("an empty name");
            }
            let value = match what {
                Change::Insert { text, .. } => holds(format, text),
                Change::InsertRaw { literal, .. } => is_literal(format, literal),
                _ => Ok(()),
            };
            holds(format, name).and(value).or_else(write)
        }
    }
}

/// Appends the literal that replaces a scalar's; returns where it stands.
pub(super) fn replacement(document: &Document, node: u32, text: &str, into: &mut Vec<u8>) -> Range<usize> {
    if document.kind(node) == NodeKind::Number {
        return literal(document, node, text, into);
    }
    add_equals(document, node, into);
    encode(document.format, text, into)
}

/// Appends a literal that replaces another; returns where it stands.
pub(super) fn literal(document: &Document, node: u32, literal: &str, into: &mut Vec<u8>) -> Range<usize> {
    add_equals(document, node, into);
    as_is(literal, into)
}

/// Appends a member's name, with what separates it from the member before and from its value.
pub(super) fn member(format: Format, name: &str, first: bool, into: &mut Vec<u8>) {
    let (separator, between) = match format {
        Format::Json | Format::Ndjson => (b',', b':'),
        _ => (b'&', b'='),
    };
    if !first {
        into.push(separator);
    }
    encode(format, name, into);
    into.push(between);
}

/// Appends bytes as they are; returns where they stand.
pub(super) fn as_is(literal: &str, into: &mut Vec<u8>) -> Range<usize> {
    let from = into.len();
    into.extend_from_slice(literal.as_bytes());
    from..into.len()
}

/// Appends a text as the format's literal; returns where it stands.
pub(super) fn encode(format: Format, text: &str, into: &mut Vec<u8>) -> Range<usize> {
    let from = into.len();
    match format {
        Format::Json | Format::Ndjson => json::write_text(text, into),
        Format::Form => percent::write(text, Space::Plus, into),
        Format::Query => percent::write(text, Space::PercentOrPlus, into),
        Format::OneRosterFilter => filter::write_quoted(text, into),
        Format::List => into.extend_from_slice(text.as_bytes()),
    }
    from..into.len()
}

/// A pair that is a name only has no equals sign yet.
fn add_equals(document: &Document, node: u32, into: &mut Vec<u8>) {
    let pairs = matches!(document.format, Format::Form | Format::Query);
    if pairs && document.node(node).is_some_and(|node| node.name.1 == node.value.0) {
        into.push(b'=');
    }
}

/// Whether the format has a literal that says this text.
fn holds(format: Format, text: &str) -> Result<(), &'static str> {
    let held = match format {
        Format::Json | Format::Ndjson => text.is_ascii() || !text.chars().any(json::is_noncharacter),
        Format::Form | Format::Query => !text.contains('\0'),
        Format::OneRosterFilter => filter::is_value(text),
        Format::List => list::is_element(text),
    };
    if held { Ok(()) } else { Err("a text that the format cannot hold") }
}

/// Whether this is one whole literal of the format, without white space round it.
fn is_literal(format: Format, literal: &str) -> Result<(), &'static str> {
    let whole = match format {
        Format::Json | Format::Ndjson => {
            let limits = Limits::default();
            let checked = json::check(literal.as_bytes(), &limits);
            let nodes = checked.and_then(|()| json::parse(literal, &limits)).unwrap_or_default();
            let alone = nodes.first().is_some_and(|root| root.value == (0, literal.len() as u32));
            alone && !(format == Format::Ndjson && literal.contains('\n'))
        }
        Format::Form | Format::Query => form::is_value(literal),
        Format::OneRosterFilter => filter::is_quoted(literal),
        Format::List => list::is_element(literal),
    };
    if whole { Ok(()) } else { Err("no whole literal of the format") }
}

/// Digits without a leading zero: the only numbers that are put in a message.
fn is_digits(text: &str) -> bool {
    json::is_integer(text) && !text.starts_with('-')
}
