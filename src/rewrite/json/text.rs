//! JSON strings: finding their end, and reading and writing their escapes.
//!
//! It must not know names, nodes or trees.

use super::super::document::Unparsed;
use super::{byte, refuse, unexpected};

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// From the first byte of a string's content: where its closing quote stands, and whether any escape
/// occurs before it.
#[inline(always)]
pub(super) fn scan(bytes: &[u8], from: usize) -> Result<(usize, bool), Unparsed> {
    let at = stop(bytes, from);
    if byte(bytes, at) == b'"' { Ok((at, false)) } else { scan_on(bytes, at) }
}

/// From the first byte of a string that is neither its end nor stands for itself.
#[inline(never)]
fn scan_on(bytes: &[u8], from: usize) -> Result<(usize, bool), Unparsed> {
    let mut escaped = false;
    let mut at = from;
    loop {
        match byte(bytes, at) {
            b'"' => return Ok((at, escaped)),
            b'\\' => {
                at = escape(bytes, at)?;
                escaped = true;
            }
            _ => return unexpected(bytes, at, "a control character in a string"),
        }
        at = stop(bytes, at);
    }
}

/// The next quote, backslash or control character, sixteen bytes at a time.
#[inline(always)]
fn stop(bytes: &[u8], at: usize) -> usize {
    let mut rest = bytes.get(at..).unwrap_or_default();
    while let Some((chunk, behind)) = rest.split_first_chunk::<16>() {
        // Without a branch a byte: it becomes three comparisons of sixteen.
        let hits = u128::from_le_bytes(chunk.map(stops));
        if hits != 0 {
            return bytes.len() - rest.len() + (hits.trailing_zeros() / 8) as usize;
        }
        rest = behind;
    }
    bytes.len() - rest.len() + stop_in_few(bytes, rest)
}

/// The same in the last bytes, fewer than sixteen; their number when there is none.
#[inline]
fn stop_in_few(bytes: &[u8], mut rest: &[u8]) -> usize {
    let mut before = 0;
    if let Some((chunk, behind)) = rest.split_first_chunk::<8>() {
        let hits = stops_in(u64::from_le_bytes(*chunk));
        if hits != 0 {
            return (hits.trailing_zeros() / 8) as usize;
        }
        (before, rest) = (8, behind);
    }
    let few = rest.len();
    match bytes.last_chunk::<8>() {
        // Zeros take the place of what stood before, behind what is left: the first is where it ends.
        Some(last) if few > 0 => {
            let word = u64::from_le_bytes(*last) >> (64 - 8 * few);
            before + (stops_in(word).trailing_zeros() / 8) as usize
        }
        Some(_) => before,
        None => rest.iter().position(|byte| stops(*byte) != 0).unwrap_or(few),
    }
}

/// The highest bit of the first byte in a word that does not stand for itself, and perhaps of bytes above it.
#[inline]
fn stops_in(word: u64) -> u64 {
    // Exchanging 0x20 and 0x22 puts the quote right above the control characters, so one comparison "below 0x21"
    // finds both. Borrows spoil only bytes above the first hit.
    let low = (word ^ (ONES * 0x02)).wrapping_sub(ONES * 0x21);
    let slash = (word ^ (ONES * 0x5C)).wrapping_sub(ONES);
    (low | slash) & !word & HIGH
}

/// All bits, of a byte that does not stand for itself.
#[inline(always)]
fn stops(byte: u8) -> u8 {
    if byte < 0x20 || byte == b'"' || byte == b'\\' { 0xFF } else { 0 }
}

/// Checks the escape at `at`; returns where it ends.
fn escape(bytes: &[u8], at: usize) -> Result<usize, Unparsed> {
    match byte(bytes, at + 1) {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(at + 2),
        b'u' => {
            let Some(first) = hex(bytes, at + 2) else {
                return unexpected(bytes, at + 2, "an escape without four hexadecimal digits");
            };
            let (code, end) = match first {
                0xD800..=0xDBFF => match pair(bytes, at + 6, first) {
                    Some(code) => (code, at + 12),
                    None => return refuse("a lone surrogate", at),
                },
                0xDC00..=0xDFFF => return refuse("a lone surrogate", at),
                code => (code, at + 6),
            };
            if char::from_u32(code).is_some_and(is_noncharacter) {
                return refuse("a noncharacter", at);
            }
            Ok(end)
        }
        _ => unexpected(bytes, at + 1, "an unknown escape"),
    }
}

/// Code points that are for nobody to exchange (Unicode 23.7; refused by RFC 7493, 2.1).
pub(in super::super) fn is_noncharacter(character: char) -> bool {
    let code = u32::from(character);
    matches!(code, 0xFDD0..=0xFDEF) || code & 0xFFFE == 0xFFFE
}

/// The code point of a high surrogate and the escape that follows it.
fn pair(bytes: &[u8], at: usize, high: u32) -> Option<u32> {
    if byte(bytes, at) != b'\\' || byte(bytes, at + 1) != b'u' {
        return None;
    }
    let low = hex(bytes, at + 2)?;
    matches!(low, 0xDC00..=0xDFFF).then(|| 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
}

fn hex(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |code, digit| Some(code << 4 | char::from(*digit).to_digit(16)?))
}

/// What the content of a string says. The content was checked by [`scan`].
pub(in super::super) fn unescape(raw: &str) -> String {
    let bytes = raw.as_bytes();
    let mut text = String::with_capacity(raw.len());
    let mut at = 0;
    while let Some(length) = memchr::memchr(b'\\', bytes.get(at..).unwrap_or_default()) {
        let slash = at + length;
        text.push_str(raw.get(at..slash).unwrap_or_default());
        at = slash + 2;
        text.push(match byte(bytes, slash + 1) {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = hex(bytes, at).unwrap_or_default();
                let paired = pair(bytes, at + 4, first).filter(|_| matches!(first, 0xD800..=0xDBFF));
                at += if paired.is_some() { 10 } else { 4 };
                char::from_u32(paired.unwrap_or(first)).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            other => char::from(other),
        });
    }
    text.push_str(raw.get(at..).unwrap_or_default());
    text
}

/// Appends a text as a JSON string, with its quotes. Escapes only what RFC 8259, 7 requires.
pub(in super::super) fn write_text(text: &str, into: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    into.push(b'"');
    let mut from = 0;
    loop {
        let at = stop(bytes, from).min(bytes.len());
        into.extend_from_slice(bytes.get(from..at).unwrap_or_default());
        let Some(byte) = bytes.get(at) else { break };
        match byte {
            b'"' | b'\\' => into.extend_from_slice(&[b'\\', *byte]),
            b'\n' => into.extend_from_slice(b"\\n"),
            b'\r' => into.extend_from_slice(b"\\r"),
            b'\t' => into.extend_from_slice(b"\\t"),
            _ => {
                let half = |half: u8| if half < 10 { b'0' + half } else { b'a' + half - 10 };
                into.extend_from_slice(&[b'\\', b'u', b'0', b'0', half(byte >> 4), half(byte & 15)]);
            }
        }
        from = at + 1;
    }
    into.push(b'"');
}
