//! The target of a request (RFC 9112, 3.2.1: origin-form): a path in segments, and a query.
//!
//! Sluis routes on decoded segments, and forwards only what every server reads in the same way:
//! a target that normalising would change is refused. It must not know routes or profiles.

use std::ops::Range;

use super::document::{Document, Format, Unparsed};
use super::limits::Limits;
use super::percent::{self, Space};
use super::splice::{Change, Placed, Unspliced, splice};

/// A target, taken apart.
#[derive(Clone)]
pub struct Target {
    received: String,
    segments: Vec<Segment>,
    query: Document,
    /// Where the query begins, if there is a question mark.
    query_from: Option<usize>,
}

/// One segment of the path.
#[derive(Clone, PartialEq, Eq)]
pub struct Segment {
    text: String,
    span: Range<usize>,
}

/// A target with other values in it, and where they stand.
#[derive(Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// The new target, in origin-form.
    pub target: String,
    /// The byte span of each segment that was replaced, in the order in which they were given.
    pub segments: Vec<Range<usize>>,
    /// What was placed in the query; spans are in `target`.
    pub query: Vec<Placed>,
}

/// Why a target could not be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unbuilt {
    /// No such segment, two values for one, or a value that no segment can hold.
    #[error("segment {segment}: {what}")]
    ReplaceSegment {
        /// Which segment, from 0.
        segment: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// The query's changes cannot be made.
    #[error("query: {0}")]
    SpliceQuery(#[from] Unspliced),
}

impl Target {
    /// Takes a target apart.
    ///
    /// # Errors
    /// Everything but origin-form; a fragment; empty segments (the last one may be: `/a/` is not
    /// `/a`); `.` and `..`; encoded or bare backslashes, encoded slashes, semicolons, control
    /// characters; percent encoding of what needs none, or of percent encoding; bytes that are not
    /// UTF-8; a query that the form grammar refuses.
    pub fn parse(received: &str, limits: &Limits) -> Result<Target, Unparsed> {
        if received.len() > limits.bytes() {
            return refuse("more bytes than the limit allows", limits.bytes());
        }
        if let Some(at) = received.find('#') {
            return refuse("a fragment", at);
        }
        let query_from = received.find('?').map(|at| at + 1);
        let path_to = query_from.map_or(received.len(), |from| from - 1);
        let segments = segments(received.get(..path_to).unwrap_or_default(), limits)?;
        let query = received.get(query_from.unwrap_or(received.len())..).unwrap_or_default();
        let query = Document::parse(Format::Query, query.into(), limits)
            .map_err(|refused| Unparsed { offset: refused.offset + path_to + 1, ..refused })?;
        Ok(Target { received: received.to_owned(), segments, query, query_from })
    }

    /// The target as it came.
    pub fn received(&self) -> &str {
        &self.received
    }

    /// The path's segments: none for `/`, an empty last one for `/a/`.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The query; without pairs if there is none.
    pub fn query(&self) -> &Document {
        &self.query
    }

    /// The target with other texts in some segments, and with the changes made in the query. Bytes
    /// outside them stay. The question mark goes with the last pair, and comes with the first.
    pub fn rebuild(&self, segments: &[(usize, &str)], query: &[Change]) -> Result<Rebuilt, Unbuilt> {
        let mut order: Vec<usize> = (0..segments.len()).collect();
        order.sort_by_key(|at| segments.get(*at).map(|(segment, _)| *segment));
        let mut target = Vec::with_capacity(self.received.len() + 64);
        let mut spans = vec![0..0; segments.len()];
        let mut from = 0;
        let mut before = None;
        for (at, (segment, text)) in order.iter().filter_map(|at| Some((*at, *segments.get(*at)?))) {
            let wrong = |what| Unbuilt::ReplaceSegment { segment, what };
            let Some(found) = self.segments.get(segment) else { return Err(wrong("no such segment")) };
            if before.replace(segment) == Some(segment) {
                return Err(wrong("two values for one segment"));
            }
            target
                .extend_from_slice(self.received.as_bytes().get(from..found.span.start).unwrap_or_default());
            let start = target.len();
            target.extend_from_slice(encode_segment(text).map_err(wrong)?.as_bytes());
            if let Some(span) = spans.get_mut(at) {
                *span = start..target.len();
            }
            from = found.span.end;
        }
        let path_to = self.query_from.map_or(self.received.len(), |from| from - 1);
        target.extend_from_slice(self.received.as_bytes().get(from..path_to).unwrap_or_default());
        let spliced = splice(&self.query, query)?;
        let mut placed = spliced.placed;
        let untouched = query.is_empty() && self.query_from.is_some();
        if untouched || !spliced.bytes.is_empty() {
            target.push(b'?');
            for placed in &mut placed {
                placed.span = placed.span.start + target.len()..placed.span.end + target.len();
            }
            target.extend_from_slice(&spliced.bytes);
        }
        // Every part is ASCII: the parser refuses the rest, and what is put in is percent-encoded.
        let target = String::from_utf8(target).unwrap_or_default();
        Ok(Rebuilt { target, segments: spans, query: placed })
    }
}

impl Segment {
    /// What the segment says, decoded.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its bytes in the received target, between the slashes.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

/// A text as a path segment, percent-encoded.
///
/// # Errors
/// What [`Target::parse`] would refuse as a segment, and the empty text: a route of more segments
/// would become one of fewer for servers that merge slashes.
pub fn encode_segment(text: &str) -> Result<String, &'static str> {
    let mut bytes = Vec::with_capacity(text.len());
    percent::write(text, Space::Percent, &mut bytes);
    let encoded = String::from_utf8(bytes).unwrap_or_default();
    match decode_segment(&encoded) {
        Ok(_) if text.is_empty() => Err("an empty segment"),
        Ok(_) => Ok(encoded),
        Err(refused) => Err(refused.what),
    }
}

fn segments(path: &str, limits: &Limits) -> Result<Vec<Segment>, Unparsed> {
    let Some(inside) = path.strip_prefix('/') else {
        return refuse("a target that is not a path", 0);
    };
    let mut found = Vec::new();
    let mut at = 1;
    for raw in inside.split('/') {
        let span = at..at + raw.len();
        if raw.is_empty() && span.end < path.len() {
            return refuse("an empty segment", at);
        }
        if found.len() >= limits.nodes() {
            return refuse("more segments than the limit allows", at);
        }
        let decoded = decode_segment(raw);
        let text = decoded.map_err(|refused| Unparsed { offset: refused.offset + at, ..refused })?;
        found.push(Segment { text, span });
        at += raw.len() + 1;
    }
    // The root has no segments.
    if inside.is_empty() {
        found.clear();
    }
    Ok(found)
}

/// Decodes a segment that every server decodes so.
fn decode_segment(raw: &str) -> Result<String, Unparsed> {
    let bytes = raw.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'%' => match percent::escape(bytes, at) {
                None => return refuse("a percent sign without two hexadecimal digits", at),
                // RFC 3986, 6.2.2.2: normalising decodes these.
                Some(b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~') => {
                    return refuse("percent encoding of a character that needs none", at);
                }
                Some(b'/' | b'\\') => return refuse("an encoded slash or backslash", at),
                Some(b';') => return refuse("a path parameter", at),
                Some(0..0x20 | 0x7F) => return refuse("an encoded control character", at),
                Some(_) => {}
            },
            b';' => return refuse("a path parameter", at),
            b'\\' => return refuse("a backslash", at),
            // RFC 3986, 3.3: the other characters of a segment.
            _ if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@".contains(byte) => {}
            _ => return refuse("a character that must be percent-encoded", at),
        }
    }
    if matches!(raw, "." | "..") {
        return refuse("a dot segment", 0);
    }
    percent::check(bytes, Space::Percent).map_err(|(what, offset)| Unparsed { what, offset })?;
    let text = percent::decode(raw, Space::Percent);
    let twice =
        memchr::memchr_iter(b'%', text.as_bytes()).any(|at| percent::escape(text.as_bytes(), at).is_some());
    if twice {
        return refuse("percent encoding of percent encoding", 0);
    }
    if text.chars().any(char::is_control) {
        return refuse("an encoded control character", 0);
    }
    Ok(text)
}

fn refuse<T>(what: &'static str, offset: usize) -> Result<T, Unparsed> {
    Err(Unparsed { what, offset })
}

impl std::fmt::Debug for Target {
    /// Without its text: segments can be identifiers.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Target({} segments, {} pairs)", self.segments.len(), self.query.len().saturating_sub(1))
    }
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Segment({:?})", self.span)
    }
}

impl std::fmt::Debug for Rebuilt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rebuilt({} bytes)", self.target.len())
    }
}

#[cfg(test)]
mod tests;
