//! JSON to the flat tree: RFC 8259 as I-JSON (RFC 7493) narrows it, nothing reserialised.
//!
//! Strict on purpose: what two receivers could read differently (duplicate names, byte order marks,
//! lone surrogates, trailing data) is refused. It must not know what a member means.

mod names;
mod text;

use super::document::{Node, NodeKind, Unparsed};
use super::limits::Limits;
use names::Names;
pub(super) use names::is_same_name;
pub(super) use text::{is_noncharacter, unescape, write_text};

/// What is looked at before anything is known to be UTF-8 (RFC 8259, 8.1): the size, and marks of other encodings.
pub(super) fn check(bytes: &[u8], limits: &Limits) -> Result<(), Unparsed> {
    if bytes.len() > limits.bytes() {
        return refuse("more bytes than the limit allows", limits.bytes());
    }
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => refuse("a byte order mark", 0),
        [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, ..] | [_, 0, ..] => {
            refuse("UTF-16 or UTF-32, not UTF-8", 0)
        }
        _ => Ok(()),
    }
}

/// Parses one JSON text that is the whole input. It has passed [`check`].
pub(super) fn parse(source: &str, limits: &Limits) -> Result<Vec<Node>, Unparsed> {
    let mut reader = Reader::over(source, limits)?;
    let end = reader.read_inside(0, 0)?;
    if end < source.len() {
        return refuse("data after the end of the document", end);
    }
    Ok(reader.nodes)
}

/// Parses one JSON text a line (NDJSON): an array of the lines. A line ends with LF or CR LF; lines
/// of white space are skipped, but keep their bytes. It has passed [`check`].
pub(super) fn parse_lines(source: &str, limits: &Limits) -> Result<Vec<Node>, Unparsed> {
    let bytes = source.as_bytes();
    let mut reader = Reader::over(source, limits)?;
    reader.enter(NodeKind::Array, 0, Name::NONE)?;
    let mut at = 0;
    while at < bytes.len() {
        let rest = bytes.get(at..).unwrap_or_default();
        let end = memchr::memchr(b'\n', rest).map_or(bytes.len(), |length| at + length);
        let line = bytes.get(..end).unwrap_or_default();
        let from = skip(line, at);
        if from < end {
            reader.bytes = line;
            let after = reader.read_inside(from, 1)?;
            if after < end {
                return refuse("data after the end of the document on its line", after);
            }
        }
        at = end + 1;
    }
    reader.leave(bytes.len())?;
    Ok(reader.nodes)
}

/// Whether a literal is a whole number in JSON's grammar: no fraction, no exponent.
pub(super) fn is_integer(literal: &str) -> bool {
    let digits = literal.strip_prefix('-').unwrap_or(literal);
    let leads = digits == "0" || !digits.starts_with('0');
    leads && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Walks the input once; containers that are still open stand on a stack, not on the call stack.
struct Reader<'a> {
    bytes: &'a [u8],
    limits: &'a Limits,
    ascii: bool,
    nodes: Vec<Node>,
    open: Vec<Open>,
    /// Whether the innermost container is an object.
    object: bool,
    names: Names,
}

/// A container whose end has not been seen.
struct Open {
    node: u32,
    /// Whether what stands around it is an object.
    in_object: bool,
}

/// A member's name as it stands in the source.
#[derive(Clone, Copy)]
struct Name {
    span: (u32, u32),
    escaped: bool,
}

impl Name {
    const NONE: Name = Name { span: (0, 0), escaped: false };
}

impl<'a> Reader<'a> {
    fn over(source: &'a str, limits: &'a Limits) -> Result<Self, Unparsed> {
        let bytes = source.as_bytes();
        let ascii = bytes.is_ascii();
        if !ascii {
            check_characters(bytes)?;
        }
        // Small objects of a roster take about 20 bytes a node; a wrong guess costs one copy.
        let nodes = Vec::with_capacity((bytes.len() / 20 + 8).min(limits.nodes()));
        let open = Vec::with_capacity(16);
        Ok(Reader { bytes, limits, ascii, nodes, open, object: false, names: Names::default() })
    }

    /// Reads one value and the white space round it, with `outer` containers open that stay so; returns where that ends.
    fn read_inside(&mut self, from: usize, outer: usize) -> Result<usize, Unparsed> {
        let bytes = self.bytes;
        let mut name = Name::NONE;
        let mut at = skip(bytes, from);
        loop {
            match byte(bytes, at) {
                b'"' => {
                    let (end, escaped) = text::scan(bytes, at + 1)?;
                    self.push(NodeKind::Text, escaped, name, at, end + 1)?;
                    at = end + 1;
                }
                b'{' => {
                    self.enter(NodeKind::Object, at, name)?;
                    at = skip(bytes, at + 1);
                    if byte(bytes, at) != b'}' {
                        (name, at) = self.name(at)?;
                        continue;
                    }
                    at += 1;
                    self.leave(at)?;
                }
                b'[' => {
                    self.enter(NodeKind::Array, at, name)?;
                    at = skip(bytes, at + 1);
                    if byte(bytes, at) != b']' {
                        name = Name::NONE;
                        continue;
                    }
                    at += 1;
                    self.leave(at)?;
                }
                other => at = self.literal(other, name, at)?,
            }
            // After a value: close what ends here, until another value has to follow.
            loop {
                at = skip(bytes, at);
                if self.open.len() == outer {
                    return Ok(at);
                }
                match (byte(bytes, at), self.object) {
                    (b',', true) => {
                        at = skip(bytes, at + 1);
                        (name, at) = self.name(at)?;
                        break;
                    }
                    (b',', false) => {
                        at = skip(bytes, at + 1);
                        name = Name::NONE;
                        break;
                    }
                    (b'}', true) | (b']', false) => {
                        at += 1;
                        self.leave(at)?;
                    }
                    _ => return unexpected(bytes, at, "a comma or the end of the container is missing"),
                }
            }
        }
    }

    /// A number, `true`, `false` or `null`.
    #[inline]
    fn literal(&mut self, first: u8, name: Name, at: usize) -> Result<usize, Unparsed> {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let (kind, end) = match first {
            b'-' | b'0'..=b'9' => (NodeKind::Number, number(self.bytes, at)?),
            b't' if rest.starts_with(b"true") => (NodeKind::Bool, at + 4),
            b'f' if rest.starts_with(b"false") => (NodeKind::Bool, at + 5),
            b'n' if rest.starts_with(b"null") => (NodeKind::Null, at + 4),
            _ => return unexpected(self.bytes, at, "no value begins like this"),
        };
        self.push(kind, false, name, at, end)?;
        Ok(end)
    }

    /// A member's name and the colon after it; returns where its value begins.
    #[inline(always)]
    fn name(&mut self, at: usize) -> Result<(Name, usize), Unparsed> {
        if byte(self.bytes, at) != b'"' {
            return unexpected(self.bytes, at, "a member's name is missing");
        }
        let (end, escaped) = text::scan(self.bytes, at + 1)?;
        let content = self.bytes.get(at + 1..end).unwrap_or_default();
        self.names.add(content, escaped, self.ascii);
        let colon = skip(self.bytes, end + 1);
        if byte(self.bytes, colon) != b':' {
            return unexpected(self.bytes, colon, "the colon after a member's name is missing");
        }
        let span = (at as u32 + 1, end as u32);
        Ok((Name { span, escaped }, skip(self.bytes, colon + 1)))
    }

    #[inline(always)]
    fn push(
        &mut self,
        kind: NodeKind,
        escaped: bool,
        name: Name,
        at: usize,
        end: usize,
    ) -> Result<(), Unparsed> {
        if self.nodes.len() >= self.limits.nodes() {
            return refuse("more values than the limit allows", at);
        }
        let next = self.nodes.len() as u32 + 1;
        let value = (at as u32, end as u32);
        self.nodes.push(Node { kind, escaped, name_escaped: name.escaped, name: name.span, value, next });
        Ok(())
    }

    #[inline]
    fn enter(&mut self, kind: NodeKind, at: usize, name: Name) -> Result<(), Unparsed> {
        if self.open.len() >= self.limits.depth() {
            return refuse("nested deeper than the limit allows", at);
        }
        self.open.push(Open { node: self.nodes.len() as u32, in_object: self.object });
        self.object = kind == NodeKind::Object;
        if self.object {
            self.names.enter();
        }
        self.push(kind, false, name, at, at)
    }

    #[inline]
    fn leave(&mut self, end: usize) -> Result<(), Unparsed> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        if self.object {
            self.names.leave(self.bytes, &self.nodes, open.node)?;
        }
        self.object = open.in_object;
        let next = self.nodes.len() as u32;
        if let Some(node) = self.nodes.get_mut(open.node as usize) {
            node.value.1 = end as u32;
            node.next = next;
        }
        Ok(())
    }
}

/// Whole input at once: no noncharacter (RFC 7493, 2.1). Surrogates are no UTF-8.
fn check_characters(bytes: &[u8]) -> Result<(), Unparsed> {
    // U+FDD0 to U+FDEF are EF B7 90 to EF B7 AF; U+nFFFE and U+nFFFF end in BF BE and BF BF, after
    // EF in plane 0 and after a byte that ends in F (8F, 9F, AF, BF) in the others.
    for at in memchr::memchr2_iter(0xEF, 0xBF, bytes) {
        let before = |back: usize| at.checked_sub(back).and_then(|place| bytes.get(place)).copied();
        let after = |ahead: usize| bytes.get(at + ahead).copied();
        let bad = match bytes.get(at) {
            Some(0xEF) => after(1) == Some(0xB7) && matches!(after(2), Some(0x90..=0xAF)),
            _ => {
                let ends = matches!(after(1), Some(0xBE | 0xBF));
                let astral = matches!(before(1), Some(0x8F | 0x9F | 0xAF | 0xBF))
                    && matches!(before(2), Some(0xF0..=0xF4));
                ends && (before(1) == Some(0xEF) || astral)
            }
        };
        if bad {
            return refuse("a noncharacter", at);
        }
    }
    Ok(())
}

/// RFC 8259, 6. Returns where the number ends.
#[inline]
fn number(bytes: &[u8], from: usize) -> Result<usize, Unparsed> {
    let mut at = from + usize::from(byte(bytes, from) == b'-');
    match byte(bytes, at) {
        b'0' => at += 1,
        b'1'..=b'9' => at = digits(bytes, at),
        _ => return unexpected(bytes, at, "a number without digits"),
    }
    if byte(bytes, at) == b'.' {
        at = some_digits(bytes, at + 1)?;
    }
    if matches!(byte(bytes, at), b'e' | b'E') {
        let sign = matches!(byte(bytes, at + 1), b'+' | b'-');
        at = some_digits(bytes, at + 1 + usize::from(sign))?;
    }
    Ok(at)
}

fn some_digits(bytes: &[u8], at: usize) -> Result<usize, Unparsed> {
    let end = digits(bytes, at);
    if end == at { unexpected(bytes, at, "a number without digits") } else { Ok(end) }
}

#[inline]
fn digits(bytes: &[u8], mut at: usize) -> usize {
    while byte(bytes, at).is_ascii_digit() {
        at += 1;
    }
    at
}

/// The next byte that is no white space.
#[inline(always)]
fn skip(bytes: &[u8], mut at: usize) -> usize {
    while matches!(byte(bytes, at), b' ' | b'\n' | b'\r' | b'\t') {
        at += 1;
    }
    at
}

/// The byte at a place; NUL behind the end, which no rule of the grammar accepts.
#[inline(always)]
fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

#[cold]
fn unexpected<T>(bytes: &[u8], at: usize, what: &'static str) -> Result<T, Unparsed> {
    if at >= bytes.len() {
        return refuse("the document ends too early", at);
    }
    refuse(what, at)
}

#[cold]
fn refuse<T>(what: &'static str, offset: usize) -> Result<T, Unparsed> {
    Err(Unparsed { what, offset })
}

#[cfg(test)]
mod tests;
