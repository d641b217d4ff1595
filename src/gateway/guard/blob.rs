//! Encodings of whole values: base64, hexadecimal, UTF-16, gzip and zlib.
//!
//! Every word of a message might be base64, so most of this file says quickly that one is not. A
//! decoder here never fails: it gives what it could read.

use std::io::Read;
use std::ops::Range;

use flate2::read::{MultiGzDecoder, ZlibDecoder};

/// Words shorter than this cannot hold a watched value: four letters are six characters of base64.
pub(super) const SHORTEST: usize = 6;
/// From this length on a word is decoded even if it does not begin like text.
pub(super) const LONG: usize = 16;

const NOT: u8 = 0xFF;

/// The value of each base64 character, of either alphabet (RFC 4648, 4 and 5).
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which stops at a mistake")]
const SEXTET: [u8; 256] = {
    let mut table = [NOT; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut at = 0;
    while at < 64 {
        table[alphabet[at] as usize] = at as u8;
        at += 1;
    }
    table[b'-' as usize] = 62;
    table[b'_' as usize] = 63;
    table
};

fn sextet(byte: u8) -> u8 {
    SEXTET.get(usize::from(byte)).copied().unwrap_or(NOT)
}

/// Whether a byte can stand in base64, padding apart.
pub(super) fn in_base64(byte: u8) -> bool {
    sextet(byte) != NOT
}

/// Whether the word at `start` begins like text, or like something packed, once decoded.
pub(super) fn begins_base64(text: &[u8], start: usize) -> bool {
    let Some(&[a, b, c, d]) = text.get(start..).and_then(|rest| rest.first_chunk::<4>()) else {
        return false;
    };
    let (a, b, c, d) = (sextet(a), sextet(b), sextet(c), sextet(d));
    let head = [a << 2 | b >> 4 & 3, b << 4 | c >> 2 & 15, c << 6 | d & 63];
    begins_like_text(head) || is_packed(&head)
}

/// Whether the word begins like hexadecimal digits of text.
pub(super) fn begins_hex(text: &[u8], start: usize) -> bool {
    let mut head = [0; 3];
    let Some(digits) = text.get(start..start + 6) else {
        return false;
    };
    let (pairs, _) = digits.as_chunks::<2>();
    for (byte, [high, low]) in head.iter_mut().zip(pairs) {
        let (Some(high), Some(low)) = (nibble(*high), nibble(*low)) else {
            return false;
        };
        *byte = high << 4 | low;
    }
    begins_like_text(head) || is_packed(&head)
}

/// Three bytes of UTF-8, of Latin-1 or of either UTF-16.
fn begins_like_text([a, b, c]: [u8; 3]) -> bool {
    let latin = |byte: u8| is_text(byte) || byte >= 0xA0;
    let ascii = is_text(a) && is_text(b) && is_text(c);
    let follows = |byte: u8| byte & 0xC0 == 0x80;
    let lead = (0xC2..0xF5).contains(&a) && follows(b)
        || is_text(a) && (b >= 0xC2 && follows(c) || is_text(b) && c >= 0xC2);
    let wide = latin(a) && b == 0 && (latin(c) || c == 0) || a == 0 && latin(b) && c == 0;
    let marked = (a, b) == (0xFF, 0xFE) || (a, b) == (0xFE, 0xFF) || (a, b, c) == (0xEF, 0xBB, 0xBF);
    let one_mark = is_text(a) && b >= 0xC0 && is_text(c) || a >= 0xC0 && is_text(b) && is_text(c);
    ascii || lead || wide || marked || one_mark
}

const fn is_text(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7E | b'\t' | b'\n' | b'\r')
}

/// The end of the base64 run that goes on at `from`, line breaks and folding inside it.
pub(super) fn run_end(text: &[u8], from: usize) -> usize {
    let mut end = from;
    loop {
        let rest = text.get(end..).unwrap_or_default();
        end += rest.iter().position(|&byte| !in_base64(byte)).unwrap_or(rest.len());
        let rest = text.get(end..).unwrap_or_default();
        let broken = rest.iter().take(8).take_while(|byte| byte.is_ascii_whitespace()).count();
        let line = matches!(rest.first(), Some(b'\n' | b'\r'));
        match rest.get(broken) {
            Some(&next) if line && in_base64(next) => end += broken,
            _ => return end,
        }
    }
}

/// The start of the base64 run whose first word begins at `word`, marks before it included; `None`
/// when the run holds an earlier word.
pub(super) fn run_start(text: &[u8], word: usize) -> Option<usize> {
    let before = text.get(..word)?;
    let marks = before.iter().rev().take_while(|byte| matches!(byte, b'+' | b'/' | b'-' | b'_')).count();
    let start = word - marks;
    match start.checked_sub(1).and_then(|at| text.get(at)) {
        Some(&byte) if in_base64(byte) => None,
        _ => Some(start),
    }
}

/// Decodes base64 of either alphabet, white space skipped, up to the first other byte.
pub(super) fn base64(run: &[u8], out: &mut Vec<u8>) {
    out.reserve(run.len() / 4 * 3 + 3);
    let mut held = 0_u32;
    let mut bits = 0;
    for &byte in run {
        let value = sextet(byte);
        if value == NOT {
            if byte.is_ascii_whitespace() {
                continue;
            }
            break;
        }
        held = held << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits) as u8);
        }
    }
}

/// Decodes hexadecimal digits. False when a byte is none, or one is left over.
pub(super) fn hex(word: &[u8], out: &mut Vec<u8>) -> bool {
    let (pairs, rest) = word.as_chunks::<2>();
    for [high, low] in pairs {
        let (Some(high), Some(low)) = (nibble(*high), nibble(*low)) else {
            return false;
        };
        out.push(high << 4 | low);
    }
    rest.is_empty()
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Whether bytes read like text from beginning to end: no control characters in the first hundred.
pub(super) fn is_texty(bytes: &[u8]) -> bool {
    bytes.iter().take(100).all(|&byte| is_text(byte) || byte >= 0x80)
}

/// Whether decoded bytes that are no text can hold a value: four ASCII letters or digits on end, or
/// UTF-16, or something packed.
pub(super) fn is_worth_scanning(bytes: &[u8]) -> bool {
    let mut run = 0;
    for byte in bytes {
        run = if byte.is_ascii_alphanumeric() { run + 1 } else { 0 };
        if run == 4 {
            return true;
        }
    }
    is_packed(bytes) || !wide_parities(bytes).is_empty()
}

/// Whether bytes begin as gzip (RFC 1952) or zlib (RFC 1950) do.
pub(super) fn is_packed(bytes: &[u8]) -> bool {
    is_gzip(bytes) || is_zlib(bytes)
}

fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1F, 0x8B, 8])
}

fn is_zlib(bytes: &[u8]) -> bool {
    match bytes.first_chunk::<2>() {
        Some(&[method, flags]) => {
            method & 15 == 8 && method >> 4 <= 7 && (u16::from(method) << 8 | u16::from(flags)) % 31 == 0
                // Two letters of text pass the check by chance (`hC`); the usual window is 32 KiB.
                && method == 0x78
                && matches!(flags, 0x01 | 0x5E | 0x9C | 0xDA)
        }
        None => false,
    }
}

/// Unpacks at most `limit` bytes; `None` when there are more. Damaged data gives what came before.
pub(super) fn unpack(bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let bound = limit as u64 + 1;
    // An error ends the data; what was read so far is scanned.
    let _ = if is_gzip(bytes) {
        MultiGzDecoder::new(bytes).take(bound).read_to_end(&mut out)
    } else {
        ZlibDecoder::new(bytes).take(bound).read_to_end(&mut out)
    };
    (out.len() <= limit).then_some(out)
}

/// The ways in which `bytes` can be UTF-16: offset of the first unit, and whether big-endian.
pub(super) fn wide_readings(bytes: &[u8]) -> Vec<(usize, bool)> {
    let mut readings: Vec<(usize, bool)> = Vec::new();
    for parity in wide_parities(bytes) {
        // Zeros at odd offsets: little-endian units from 0, or big-endian units from 1.
        readings.extend([(1 - parity, false), (parity, true)]);
    }
    match bytes {
        [0xFF, 0xFE, ..] => readings.push((0, false)),
        [0xFE, 0xFF, ..] => readings.push((0, true)),
        _ => {}
    }
    readings.sort_unstable();
    readings.dedup();
    readings
}

/// At which offsets (even 0, odd 1) zeros stand as they do between letters in UTF-16.
fn wide_parities(bytes: &[u8]) -> Vec<usize> {
    let mut seen = [0_u32; 2];
    for (at, window) in bytes.windows(3).enumerate() {
        if let [0, between, 0] = window
            && *between != 0
            && let Some(count) = seen.get_mut(at & 1)
        {
            *count += 1;
        }
    }
    (0..2).filter(|&parity| seen.get(parity).is_some_and(|count| *count >= 2)).collect()
}

/// UTF-16 read from `offset` on, as UTF-8. With `strict`, units that no Latin, Greek or Cyrillic text
/// has become line ends: then the bytes around a stretch of UTF-16 do not stick to its words.
pub(super) fn wide(bytes: &[u8], (offset, big): (usize, bool), strict: bool) -> Vec<u8> {
    let (units, _) = bytes.get(offset..).unwrap_or_default().as_chunks::<2>();
    let units = units.iter().map(|unit| {
        let unit = if big { u16::from_be_bytes(*unit) } else { u16::from_le_bytes(*unit) };
        let usual = matches!(unit >> 8, 0..=4 | 0x1E | 0xFF) || matches!(unit, 0x200B..=0x200F | 0x2060);
        if strict && !usual { 10 } else { unit }
    });
    let text: String =
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    text.into_bytes()
}

/// The first eight bytes of a digest of one of `lengths` bytes in hexadecimal.
pub(super) fn digest_in_hex(word: &[u8], lengths: &[usize]) -> Option<[u8; 8]> {
    let fits = lengths.iter().any(|length| length * 2 == word.len());
    let mut bytes = Vec::with_capacity(8);
    if !fits || !hex(word.get(..16)?, &mut bytes) {
        return None;
    }
    bytes.first_chunk::<8>().copied()
}

/// The first eight bytes of a digest of one of `lengths` bytes in base64, padding left out: the whole
/// run, or what follows its last slash that leaves the right length.
pub(super) fn digests_in_base64(run: &[u8], lengths: &[usize]) -> Vec<[u8; 8]> {
    let mut found = Vec::new();
    for length in lengths {
        let Some(start) = run.len().checked_sub((length * 8).div_ceil(6)) else {
            continue;
        };
        if start > 0 && !matches!(run.get(start - 1), Some(b'/' | b'-' | b'+' | b'_')) {
            continue;
        }
        let mut bytes = Vec::new();
        base64(run.get(start..).unwrap_or_default().get(..12).unwrap_or_default(), &mut bytes);
        found.extend(bytes.first_chunk::<8>());
    }
    found
}

/// Whether `run` is laid out as a UUID (RFC 9562), the most frequent run that is no base64.
pub(super) fn is_uuid(text: &[u8], run: &Range<usize>) -> bool {
    let bytes = text.get(run.clone()).unwrap_or_default();
    bytes.len() == 36 && [8, 13, 18, 23].iter().all(|&at| bytes.get(at) == Some(&b'-'))
}
