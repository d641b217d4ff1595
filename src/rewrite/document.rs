//! A parsed message part: its bytes and a flat tree of nodes that point into them.
//!
//! The tree is the same for every format, so rules and splicing are written once. A node knows where
//! it stands, never what it means; it must not know profiles, pupils or HTTP.

use std::borrow::Cow;
use std::ops::Range;

use super::limits::Limits;
use super::percent::{self, Space};
use super::{filter, form, json, list};

/// The formats whose grammar Sluis knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// RFC 8259, restricted to I-JSON (RFC 7493).
    Json,
    /// One JSON document a line; the root is an array of the lines.
    Ndjson,
    /// `application/x-www-form-urlencoded`: an object of texts, names may repeat.
    Form,
    /// The query of a request target: as a form.
    Query,
    /// OneRoster's `filter` expression (1EdTech OneRoster 1.2): an object, attributes are its names
    /// (which may repeat), the quoted values its texts; the operator is [`Document::operator`].
    OneRosterFilter,
    /// Values separated by commas: an array of texts.
    List,
}

impl Format {
    /// Whether the literal of a text stands in quotes.
    pub(super) fn quotes_texts(self) -> bool {
        matches!(self, Format::Json | Format::Ndjson | Format::OneRosterFilter)
    }
}

/// What a node is. `Number`, `Bool` and `Null` occur in JSON only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// Members, each with a name.
    Object,
    /// Elements, in order.
    Array,
    /// A text.
    Text,
    /// A number, as it was written.
    Number,
    /// `true` or `false`.
    Bool,
    /// `null`.
    Null,
}

/// Why bytes were not understood: what, and where. Never the bytes themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {offset}")]
pub struct Unparsed {
    /// What is wrong, in words that contain nothing of the message.
    pub what: &'static str,
    /// Byte offset in the part that was parsed.
    pub offset: usize,
}

/// One value, with the bytes it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Whether the value's literal differs from its text (JSON escapes, percent encoding).
    pub escaped: bool,
    /// The same of its name.
    pub name_escaped: bool,
    /// Its name's content in the source, without quotes; empty for elements and the root.
    pub name: (u32, u32),
    /// Its whole literal in the source: a JSON text with its quotes, a container with its brackets.
    pub value: (u32, u32),
    /// The index after its last descendant.
    pub next: u32,
}

/// Bytes and the tree over them. Node 0 is the root; children follow their parent.
#[derive(Clone)]
pub struct Document {
    pub(crate) format: Format,
    pub(crate) source: String,
    pub(crate) nodes: Vec<Node>,
}

impl Document {
    /// Parses a whole part. The bytes are kept as they came.
    ///
    /// # Errors
    /// Whatever the format's standard does not allow, whatever two receivers could read differently,
    /// and whatever exceeds `limits`.
    pub fn parse(format: Format, bytes: Vec<u8>, limits: &Limits) -> Result<Document, Unparsed> {
        let nodes = match format {
            Format::Json | Format::Ndjson => {
                json::check(&bytes, limits)?;
                Vec::new()
            }
            Format::Form | Format::Query => form::parse(&bytes, limits)?,
            Format::OneRosterFilter => filter::parse(&bytes, limits)?,
            Format::List => list::parse(&bytes, limits)?,
        };
        // From here on it is known to be UTF-8: no text in it is looked at for that again.
        let source = String::from_utf8(bytes)
            .map_err(|error| Unparsed { what: "invalid UTF-8", offset: error.utf8_error().valid_up_to() })?;
        let nodes = match format {
            Format::Json => json::parse(&source, limits)?,
            Format::Ndjson => json::parse_lines(&source, limits)?,
            _ => nodes,
        };
        Ok(Document { format, source, nodes })
    }

    /// The format it was parsed as.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The bytes as they came.
    pub fn bytes(&self) -> &[u8] {
        self.source.as_bytes()
    }

    /// The bytes as they came; the tree goes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.source.into_bytes()
    }

    /// How many nodes there are, the root included.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node at all (an empty document of a format that allows one).
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The node at `index`, if there is one.
    pub fn node(&self, index: u32) -> Option<&Node> {
        self.nodes.get(index as usize)
    }

    /// What the node is; `Null` for an index that is not in the tree.
    pub fn kind(&self, index: u32) -> NodeKind {
        self.node(index).map_or(NodeKind::Null, |node| node.kind)
    }

    /// Byte span of the node's literal, quotes and brackets included.
    pub fn span(&self, index: u32) -> Range<usize> {
        self.node(index).map_or(0..0, |node| node.value.0 as usize..node.value.1 as usize)
    }

    /// The children of a container, in document order.
    pub fn children(&self, index: u32) -> Children<'_> {
        let end = self.node(index).map_or(0, |node| node.next);
        Children { document: self, at: index + 1, end }
    }

    /// A member's name, decoded; empty for elements and the root.
    pub fn name(&self, index: u32) -> Cow<'_, str> {
        let Some(node) = self.node(index) else { return Cow::Borrowed("") };
        self.decode(node.name, node.name_escaped)
    }

    /// A scalar's text, decoded: of a JSON text what it says, of a number, boolean or null its literal.
    /// Of a container its literal.
    pub fn text(&self, index: u32) -> Cow<'_, str> {
        let Some(node) = self.node(index) else { return Cow::Borrowed("") };
        let quoted = node.kind == NodeKind::Text && self.format.quotes_texts();
        let span = if quoted { (node.value.0 + 1, node.value.1.saturating_sub(1)) } else { node.value };
        self.decode(span, node.escaped)
    }

    /// Whether the node is a number without fraction or exponent. An identifier written as `1.0` or
    /// `1e3` is none: two receivers could read two identifiers.
    pub fn is_integer(&self, index: u32) -> bool {
        self.node(index)
            .is_some_and(|node| node.kind == NodeKind::Number && json::is_integer(self.raw(node.value)))
    }

    /// The operator of a comparison in a filter: `=`, `!=`, `>`, `>=`, `<`, `<=` or `~`. `None` for the
    /// root and in every other format.
    pub fn operator(&self, index: u32) -> Option<&'static str> {
        let node = self.node(index).filter(|_| self.format == Format::OneRosterFilter && index > 0)?;
        filter::operator(self.raw((node.name.1, node.value.0)))
    }

    /// The source of a span; empty when that is none of whole characters.
    pub(crate) fn raw(&self, span: (u32, u32)) -> &str {
        self.source.get(span.0 as usize..span.1 as usize).unwrap_or_default()
    }
}

/// Iterator over the children of a node.
pub struct Children<'a> {
    document: &'a Document,
    at: u32,
    end: u32,
}

impl Iterator for Children<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.at >= self.end {
            return None;
        }
        let index = self.at;
        self.at = self.document.node(index).map_or(self.end, |node| node.next.max(index + 1));
        Some(index)
    }
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Document({:?}, {} bytes, {} nodes)", self.format, self.source.len(), self.nodes.len())
    }
}

impl Document {
    fn decode(&self, span: (u32, u32), escaped: bool) -> Cow<'_, str> {
        let raw = self.raw(span);
        if !escaped {
            return Cow::Borrowed(raw);
        }
        Cow::Owned(match self.format {
            Format::Json | Format::Ndjson => json::unescape(raw),
            Format::Form | Format::Query => percent::decode(raw, Space::Plus),
            Format::OneRosterFilter => filter::unquote(raw),
            Format::List => raw.to_owned(),
        })
    }
}
