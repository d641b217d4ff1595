//! Escapes undone: JSON, percent, HTML and XML references, quoted-printable.
//!
//! Lenient on purpose: whatever some reader might take for an escape is undone as one. The layer
//! below is scanned as well, so undoing too much hides nothing.

use std::ops::Range;

use memchr::{memchr, memchr2, memchr3};

use super::entity::named;
use super::layer::Step;

/// Which escapes are undone together. The first three have signs of their own, that stand in no name;
/// the sign of the last also stands in every query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escapes {
    /// `\` (RFC 8259, 7), `%` (RFC 3986, 2.1) and `&` (HTML 13.2.5.72, XML 4.1).
    Signs,
    /// The same in a form, where `+` is a space.
    Form,
    /// Quoted-printable (RFC 2045, 6.7).
    Quoted,
    /// The same, but for the equal sign between a query's name and value.
    QuotedValue,
    /// Comments, CDATA marks and tags that only change how letters look, as if they were not there:
    /// `Jan<b>sen</b>`. All other tags as spaces.
    Tags,
    /// The same, as spaces: `<td>Piet</td><td>Jansen</td>`.
    TagsApart,
}

/// What one escape stands for.
pub(super) struct Escape {
    /// Bytes it takes.
    pub(super) len: usize,
    bytes: [u8; 4],
    used: usize,
}

impl Escape {
    fn byte(len: usize, byte: u8) -> Self {
        Self { len, bytes: [byte, 0, 0, 0], used: 1 }
    }

    fn character(len: usize, character: char) -> Self {
        let mut bytes = [0; 4];
        let used = character.encode_utf8(&mut bytes).len();
        Self { len, bytes, used }
    }

    const fn nothing(len: usize) -> Self {
        Self { len, bytes: [0; 4], used: 0 }
    }
}

/// The escape that begins at `at`, if one does.
pub(super) fn escape(text: &[u8], at: usize, escapes: Escapes) -> Option<Escape> {
    let rest = text.get(at..)?;
    match (rest.first()?, escapes) {
        (b'\\', Escapes::Signs | Escapes::Form) => json(rest),
        (b'%', Escapes::Signs | Escapes::Form) => percent(rest),
        (b'&', Escapes::Signs | Escapes::Form) => reference(rest),
        (b'+', Escapes::Form) => Some(Escape::byte(1, b' ')),
        (b'<', Escapes::Tags) if !joins(rest) => tag(rest).map(|len| Escape::byte(len, b' ')),
        (b'<', Escapes::Tags) => tag(rest).map(Escape::nothing),
        (b'<', Escapes::TagsApart) => tag(rest).map(|len| Escape::byte(len, b' ')),
        (b']', Escapes::Tags) => rest.starts_with(b"]]>").then(|| Escape::nothing(3)),
        (b'=', Escapes::Quoted) => quoted(rest),
        (b'=', Escapes::QuotedValue) if !parts_query(text, at) => quoted(rest),
        _ => None,
    }
}

/// Undoes every escape in `stretch`, noting where each stood.
pub(super) fn peel(
    text: &[u8],
    stretch: Range<usize>,
    escapes: Escapes,
    out: &mut Vec<u8>,
    steps: &mut Vec<Step>,
) {
    let mut at = stretch.start;
    steps.push(Step { decoded: out.len(), source: at });
    while at < stretch.end {
        let rest = text.get(at..stretch.end).unwrap_or_default();
        let plain = match escapes {
            Escapes::Signs => memchr3(b'\\', b'%', b'&', rest),
            Escapes::Form => rest.iter().position(|byte| matches!(byte, b'\\' | b'%' | b'&' | b'+')),
            Escapes::Quoted | Escapes::QuotedValue => memchr(b'=', rest),
            Escapes::Tags => memchr2(b'<', b']', rest),
            Escapes::TagsApart => memchr(b'<', rest),
        }
        .unwrap_or(rest.len());
        out.extend_from_slice(rest.get(..plain).unwrap_or_default());
        at += plain;
        match escape(text, at, escapes) {
            Some(escape) => {
                steps.push(Step { decoded: out.len(), source: at });
                out.extend_from_slice(escape.bytes.get(..escape.used).unwrap_or_default());
                at += escape.len;
                steps.push(Step { decoded: out.len(), source: at });
            }
            None => {
                out.extend(text.get(at).filter(|_| at < stretch.end));
                at += 1;
            }
        }
    }
}

fn json(rest: &[u8]) -> Option<Escape> {
    let byte = match rest.get(1)? {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'f' => 12,
        same @ (b'"' | b'\\' | b'/' | b'\'') => *same,
        b'x' => return hex(rest, 2, 2).map(|code| wide(4, code)),
        b'u' => {
            let first = hex(rest, 2, 4)?;
            let second = || {
                let next = rest.get(6..8)?;
                hex(rest, 8, 4).filter(|low| next == b"\\u" && (0xDC00..0xE000).contains(low))
            };
            if (0xD800..0xDC00).contains(&first)
                && let Some(low) = second()
            {
                return Some(wide(12, 0x1_0000 + ((first - 0xD800) << 10) + (low - 0xDC00)));
            }
            return Some(wide(6, first));
        }
        _ => return None,
    };
    Some(Escape::byte(2, byte))
}

fn percent(rest: &[u8]) -> Option<Escape> {
    if rest.get(1).is_some_and(|byte| byte | 0x20 == b'u') {
        return hex(rest, 2, 4).map(|code| wide(6, code));
    }
    hex(rest, 1, 2).map(|byte| Escape::byte(3, byte as u8))
}

fn quoted(rest: &[u8]) -> Option<Escape> {
    match rest.get(1)? {
        b'\n' => Some(Escape::nothing(2)),
        b'\r' if rest.get(2) == Some(&b'\n') => Some(Escape::nothing(3)),
        _ => hex(rest, 1, 2).map(|byte| Escape::byte(3, byte as u8)),
    }
}

/// The length of a tag, a comment or what begins CDATA.
fn tag(rest: &[u8]) -> Option<usize> {
    if rest.starts_with(b"<![CDATA[") {
        return Some(9);
    }
    if rest.starts_with(b"<!--") {
        let inside = rest.get(4..TAG.min(rest.len()))?;
        return memchr::memmem::find(inside, b"-->").map(|at| at + 7);
    }
    let begins = matches!(rest.get(1)?, b'/' | b'?' | b'!' | b'a'..=b'z' | b'A'..=b'Z');
    let inside = rest.get(1..TAG.min(rest.len()))?;
    let end = inside.iter().position(|byte| matches!(byte, b'<' | b'>'))?;
    (begins && inside.get(end) == Some(&b'>')).then_some(end + 2)
}

/// Elements inside a word.
const INLINE: [&[u8]; 24] = [
    b"b", b"i", b"u", b"s", b"a", b"em", b"strong", b"span", b"font", b"mark", b"small", b"big", b"sub",
    b"sup", b"wbr", b"tt", b"del", b"ins", b"code", b"abbr", b"bdi", b"bdo", b"g", b"x",
];

/// Whether what stands on both sides of a tag belongs to one word.
fn joins(rest: &[u8]) -> bool {
    let name = rest.get(1..).unwrap_or_default();
    let name = name.strip_prefix(b"/").unwrap_or(name);
    if matches!(name.first(), Some(b'!' | b'?')) {
        return true;
    }
    let len = name.iter().take(8).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    INLINE.contains(&name.get(..len).unwrap_or_default().to_ascii_lowercase().as_slice())
}

/// Markup longer than this is not taken for a tag.
const TAG: usize = 512;

/// Whether the equal sign at `at` follows a name at the beginning or after `?` or `&`.
pub(super) fn parts_query(text: &[u8], at: usize) -> bool {
    let before = text.get(at.saturating_sub(64)..at).unwrap_or_default();
    let name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']');
    match before.iter().rposition(|byte| !name(byte)) {
        Some(mark) => matches!(before.get(mark), Some(b'?' | b'&')),
        None => at <= 64,
    }
}

/// A character reference: `&#246;`, `&#xF6;`, `&ouml;`, each also without the semicolon.
fn reference(rest: &[u8]) -> Option<Escape> {
    let closed = |len: usize| len + usize::from(rest.get(len) == Some(&b';'));
    if rest.get(1) != Some(&b'#') {
        let name = rest.get(1..)?;
        let len = name.iter().take(12).take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let (character, used) = named(name.get(..len)?)?;
        return Some(Escape::character(closed(1 + used), character));
    }
    let (from, radix) = match rest.get(2)? {
        b'x' | b'X' => (3, 16),
        _ => (2, 10),
    };
    let digits = rest.get(from..)?;
    // Leading zeros are allowed without bound; past forty nobody means a letter.
    let len = digits.iter().take(40).take_while(|byte| char::from(**byte).is_digit(radix)).count();
    let text = std::str::from_utf8(digits.get(..len)?).ok()?;
    let code = u32::from_str_radix(text, radix).ok()?;
    Some(wide(closed(from + len), code))
}

fn wide(len: usize, code: u32) -> Escape {
    Escape::character(len, char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
}

fn hex(rest: &[u8], from: usize, digits: usize) -> Option<u32> {
    rest.get(from..from + digits)?
        .iter()
        .try_fold(0, |code, byte| Some(code << 4 | char::from(*byte).to_digit(16)?))
}
