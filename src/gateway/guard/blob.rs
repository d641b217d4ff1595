//! Encodings of whole values: base64, hexadecimal, gzip and zlib.
//!
//! Every word of a message might be base64, so most of this file says quickly that one is not. A
//! decoder here never fails: it gives what it could read.

use std::io::Read;
use std::ops::Range;

use flate2::read::{MultiGzDecoder, ZlibDecoder};

use super::hexes::{beginning, eight_bytes};
use super::wide;
use super::word::holds_four;

/// Words shorter than this cannot hold a watched value: four letters are six characters of base64.
pub(super) const SHORTEST: usize = 6;
/// From this length on a word is decoded even if it does not begin like text.
pub(super) const LONG: usize = 10;

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

#[expect(clippy::indexing_slicing, reason = "a byte is always within 256 places")]
const fn sextet(byte: u8) -> u8 {
    SEXTET[byte as usize]
}

/// Whether a byte can stand in base64, padding apart.
pub(super) const fn in_base64(byte: u8) -> bool {
    sextet(byte) != NOT
}

/// What a word may be, by its first character: bit 0 base64, bit 1 hexadecimal of text.
const FIRST: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which stops at a mistake")]
    while byte < 256 {
        // The six bits are the upper ones of the first byte: not of a control character (but for
        // white space, gzip and the zero of UTF-16), nor of the middle of a character.
        let upper = SEXTET[byte];
        let base64 = matches!(upper, 0 | 2 | 3 | 7..=31 | 48..=63);
        let hex = matches!(byte as u8, b'0'..=b'7' | b'c'..=b'f' | b'C'..=b'F');
        table[byte] = base64 as u8 | (hex as u8) << 1;
        byte += 1;
    }
    table
};

/// What a word may be once decoded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Promise {
    /// Text or something packed in base64.
    pub(super) base64: bool,
    /// The same in hexadecimal.
    pub(super) hex: bool,
}

/// A quick look at the beginning of the word.
#[inline]
pub(super) fn promise(word: &[u8]) -> Promise {
    let first = word.first().map_or(0, |character| first(*character));
    Promise {
        base64: first & 1 != 0 && quad_may_begin(word) && begins_base64(word),
        // A long word is decoded whatever its digits promise.
        hex: first & 2 != 0
            && (8..LONG).contains(&word.len())
            && word.len().is_multiple_of(2)
            && begins_hex(word),
    }
}

/// Whether the first four characters may stand for text of any kind: a byte after ASCII is neither a
/// control character nor the middle of one in UTF-8. Zeros and packed data pass.
pub(super) fn quad_may_begin(word: &[u8]) -> bool {
    let Some(quad) = word.first_chunk::<4>() else {
        return false;
    };
    let [a, b, c, d] = quad.map(sextet);
    if (a | b | c | d) & 0xC0 != 0 {
        return false;
    }
    let (first, second, third) = (a << 2 | b >> 4 & 3, b << 4 | c >> 2 & 15, c << 6 | d & 63);
    let after_ascii = |byte: u8| is_text(byte) || byte >= 0xC0 || byte == 0;
    let goes_on = |second: u8| second >= 0x80 || second == 0 || after_ascii(third);
    match first {
        0 => second != 0,
        0x1F => second == 0x8B,
        0xFE | 0xFF => second >= 0xFE,
        0xC0..=0xFD => second & 0xC0 == 0x80 || second == 0 || is_text(second) && goes_on(second),
        _ => after_ascii(second) && goes_on(second) || first == 0x78 && is_zlib(&[first, second]),
    }
}

/// Zero when the first character alone says that this word encodes no text.
#[inline]
pub(super) fn first(character: u8) -> u8 {
    FIRST.get(usize::from(character)).copied().unwrap_or_default()
}

fn begins_base64(word: &[u8]) -> bool {
    let head = word.get(..8).unwrap_or(word);
    let held = head.iter().fold(0, |held, &byte| held << 6 | u64::from(sextet(byte) & 63));
    is_promising(held << (64 - head.len() * 6), head.len() * 6 / 8)
}

/// Whether the hexadecimal digits of a word begin like text or something packed.
pub(super) fn begins_hex(word: &[u8]) -> bool {
    beginning(word).is_some_and(|(head, len)| is_promising(head, len))
}

/// Whether the `len` upper bytes of `head` (at most seven) begin text, something packed, or letters
/// with zeros between them. All bytes are looked at together.
fn is_promising(head: u64, len: usize) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let below = |bytes: u64, bound: u64| bytes.wrapping_sub(ONES * bound) & !bytes & HIGHS;
    // Blanks where nothing was decoded.
    let blank = u64::MAX >> (len * 8);
    let head = head & !blank | (ONES * 0x20) & blank;
    let bytes = head.to_be_bytes();
    let seen = bytes.get(..len).unwrap_or_default();
    let packed = matches!(bytes, [0x1F | 0x78, ..]) && is_packed(seen);
    if below(head, 0x20) == 0 {
        let high = head & HIGHS;
        return high == 0 || reads_on(head, high, len) && is_texty(seen) || packed || starts_wide(bytes);
    }
    let white = below(head ^ (ONES * 9), 1) | below(head ^ (ONES * 10), 1) | below(head ^ (ONES * 13), 1);
    white != 0 && is_texty(seen) || packed || starts_wide(bytes)
}

/// Whether bytes beyond ASCII are few, as in Latin-1, or the first of them may begin a character of UTF-8: a quick no for
/// most bytes that are no text. `high` has the upper bit of each.
const fn reads_on(head: u64, high: u64, len: usize) -> bool {
    let count = (high >> 7).wrapping_mul(0x0101_0101_0101_0101) >> 56;
    let first = high.leading_zeros() & !7;
    let rest = head << first;
    let (lead, next) = (rest >> 56, rest >> 48 & 0xFF);
    count * 3 <= len as u64 || lead >= 0xC2 && (next & 0xC0 == 0x80 || first as usize / 8 + 1 >= len)
}

const fn starts_wide(head: [u8; 8]) -> bool {
    match head {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => true,
        [first, 0, third, ..] => first != 0 && third != 0,
        [0, second, 0, ..] => second != 0,
        // Full-width letters.
        [first, 0xFF, _, 0xFF | 0, ..] | [0xFF, first, 0xFF | 0, ..] => first < 0x60,
        _ => false,
    }
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

/// The start of the base64 run, on its line, that the word at `word` belongs to.
pub(super) fn run_start(text: &[u8], word: usize) -> usize {
    let before = text.get(..word).unwrap_or_default();
    before.iter().rposition(|&byte| !in_base64(byte)).map_or(0, |at| at + 1)
}

/// Where in a run, behind a slash, something packed may begin: a path's segments are all base64.
pub(super) fn packed_segments(run: &[u8]) -> impl Iterator<Item = usize> {
    const PACKED: [&[u8]; 5] = [b"H4sI", b"eJ", b"eN", b"eA", b"eF"];
    memchr::memchr_iter(b'/', run).map(|at| at + 1).filter(|&at| {
        let rest = run.get(at..).unwrap_or_default();
        PACKED.iter().any(|sign| rest.starts_with(sign))
    })
}

/// Decodes base64 of either alphabet, white space skipped, up to the first other byte.
pub(super) fn base64(run: &[u8], out: &mut Vec<u8>) {
    let (quads, rest) = run.as_chunks::<4>();
    let mut quads = quads.iter();
    for quad in &mut quads {
        let [a, b, c, d] = quad.map(sextet);
        if (a | b | c | d) & 0x80 != 0 {
            // White space or padding: from here on one character at a time.
            let left = run.get(run.len() - rest.len() - (quads.len() + 1) * 4..).unwrap_or_default();
            return base64_broken(left, out);
        }
        out.extend_from_slice(&[a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]);
    }
    base64_broken(rest, out);
}

fn base64_broken(run: &[u8], out: &mut Vec<u8>) {
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

/// Whether bytes read like text: no control characters in the beginning, and UTF-8, or few enough
/// bytes beyond ASCII, all of them letters or quotes, that they may be Latin-1.
pub(super) fn is_texty(bytes: &[u8]) -> bool {
    let head = bytes.get(..100).unwrap_or(bytes);
    let mut high = 0;
    let mut letters = 0;
    for &byte in head {
        if byte >= 0x80 {
            high += 1;
            letters += usize::from(matches!(byte, 0x91 | 0x92 | 0xA0 | 0xC0..));
        } else if !is_text(byte) {
            return false;
        }
    }
    high == 0
        || high == letters && high * 3 <= head.len()
        || match std::str::from_utf8(head) {
            Ok(_) => true,
            // The last character may be cut off.
            Err(error) => error.error_len().is_none(),
        }
}

/// Whether decoded bytes that are no text can hold a value: four ASCII letters or digits on end, or
/// UTF-16, or something packed.
pub(super) fn is_worth_scanning(bytes: &[u8]) -> bool {
    holds_four(bytes)
        || is_packed(bytes)
        || memchr::memchr(0, bytes).is_some() && wide::parities(bytes) != [false; 2]
        || wide::dense(bytes) != [false; 2]
}

/// Whether a stretch of binary data holds four bytes on end that are valid UTF-8.
pub(super) fn holds_characters(text: &[u8], span: &Range<usize>) -> bool {
    let bytes = text.get(span.clone()).unwrap_or_default();
    bytes.len() >= 4 && bytes.utf8_chunks().any(|chunk| chunk.valid().len() >= 4)
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

/// The first eight bytes of a digest in hexadecimal: MD5, SHA-1 or SHA-256.
pub(super) fn digest_in_hex(word: &[u8]) -> Option<[u8; 8]> {
    if !matches!(word.len(), 32 | 40 | 64) {
        return None;
    }
    eight_bytes(word)
}

/// The first eight bytes of each digest in base64, padding left out, that may end at `end`: what has the length of one
/// behind a mark, or behind what is no base64. Its own marks may cut it into words of any length.
pub(super) fn digests_ending(text: &[u8], end: usize) -> impl Iterator<Item = [u8; 8]> {
    DIGESTS.into_iter().filter_map(move |characters| {
        let start = end.checked_sub(characters)?;
        if start.checked_sub(1).and_then(|at| text.get(at)).is_some_and(u8::is_ascii_alphanumeric) {
            return None;
        }
        let run = text.get(start..end)?;
        if !run.iter().rev().all(|&byte| in_base64(byte)) {
            return None;
        }
        let held = run.first_chunk::<12>()?;
        let held = held.iter().fold(0_u128, |held, &byte| held << 6 | u128::from(sextet(byte) & 63));
        Some(((held >> 8) as u64).to_be_bytes())
    })
}

/// Characters of an MD5, a SHA-1 and a SHA-256 in base64.
const DIGESTS: [usize; 3] = [SHORTEST_DIGEST, 27, 43];
/// Characters of the shortest digest in base64.
pub(super) const SHORTEST_DIGEST: usize = 22;
