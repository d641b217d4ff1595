//! The text of a message that leaves: its parts as they are, escapes undone to depth 3, and what stands in base64.
//!
//! It must not know words. What it does not read (compressed bytes inside a body, base64 in base64, runs of base64
//! broken over lines, other encodings of one's own making) is listed in decision 0010.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::around::stretches;
use super::scan::{eight, long_runs, low};
use crate::gateway::guard::unescape;
use crate::gateway::message::Head;

/// Times that escapes are undone.
const DEPTH: usize = 3;
/// The shortest run that is taken for base64: a name of six letters.
const SHORTEST: usize = 8;
/// Reads base64, with padding or without, whatever stands in the bits behind its last byte.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
/// Of the usual alphabet, with `+` and `/`; and that of URLs, with `-` and `_`.
static PLUS: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
static MINUS: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);
/// How many of the runs that were tried are remembered, a power of two.
const TRIED: usize = 256;

/// What stands in the head of a message and is read: method, target, names and values of headers, in one piece.
#[derive(Debug, Clone, Default)]
pub(super) struct Heads {
    /// Each part behind its length, `u32le`.
    bytes: Vec<u8>,
}

impl Heads {
    /// Of a head.
    pub(super) fn of(head: &Head) -> Self {
        let mut bytes = Vec::with_capacity(Self::size_of(head));
        each_part(head, &mut |part| {
            // No head is as long as 4 GiB.
            bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or_default().to_le_bytes());
            bytes.extend_from_slice(part);
        });
        Self { bytes }
    }

    /// How many bytes it would take.
    pub(super) fn size_of(head: &Head) -> usize {
        let mut size = 0;
        each_part(head, &mut |part| size += 4 + part.len());
        size
    }

    fn each(&self, each: &mut impl FnMut(&[u8])) {
        let mut rest = self.bytes.as_slice();
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let Some((part, after)) = after.split_at_checked(u32::from_le_bytes(*length) as usize) else {
                return;
            };
            each(part);
            rest = after;
        }
    }
}

fn each_part(head: &Head, each: &mut impl FnMut(&[u8])) {
    if let Head::Request { method, target, .. } = head {
        each(method.as_str().as_bytes());
        each(target.as_bytes());
    }
    for (name, value) in head.headers() {
        each(name.as_str().as_bytes());
        each(value.as_bytes());
    }
}

/// Gives every text of a message to `each`: its head's parts, its body, and what decoding makes of them.
pub(super) fn texts(heads: &Heads, body: &[u8], each: &mut impl FnMut(&[u8])) {
    let each = &mut Reading { each, tried: [(0, 0); TRIED] };
    heads.each(&mut |text| part(text, each));
    part(body, each);
}

/// Whoever takes the texts, and short runs that were tried for base64 lately: names of members come again and again.
struct Reading<'e, E> {
    each: &'e mut E,
    tried: [(u64, u64); TRIED],
}

fn part(text: &[u8], to: &mut Reading<'_, impl FnMut(&[u8])>) {
    layers(text, &mut |layer: &[u8]| {
        (to.each)(layer);
        packed(layer, &mut to.tried, &mut |plain: &[u8]| layers(plain, &mut to.each));
    });
}

/// The text, and what stands around its escapes with these undone once, twice and thrice.
fn layers(text: &[u8], each: &mut impl FnMut(&[u8])) {
    each(text);
    stretches(text, &mut |stretch| {
        let mut above = unescape(stretch);
        for _ in 1..=DEPTH {
            let Some(layer) = above else { return };
            each(&layer);
            above = unescape(&layer);
        }
    });
}

/// What runs of base64 hold (RFC 4648, 4 and 5), with padding or without: whatever is text.
fn packed(text: &[u8], tried: &mut [(u64, u64); TRIED], each: &mut impl FnMut(&[u8])) {
    let mut unpack = |run: &[u8], engine: &GeneralPurpose| {
        if may_be_text(run)
            && let Ok(plain) = engine.decode(run)
            && is_text(&plain)
        {
            each(&plain);
        }
    };
    // `name=SmFuIHZhbg`: an equal sign ends a run, or stands before one.
    let in_either = |byte: u8| byte.is_ascii_alphanumeric() | matches!(byte, b'+' | b'/' | b'-' | b'_');
    for (start, end) in long_runs(text, in_either).filter(|(start, end)| end - start >= SHORTEST) {
        let run = text.get(start..end).unwrap_or_default();
        if run.len() <= 16 {
            let head = (eight(text, start), eight(text, start + 8) & low(run.len() - 8));
            let place =
                (head.0 ^ head.1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - TRIED.trailing_zeros());
            if let Some(last) = tried.get_mut(place as usize) {
                if *last == head {
                    continue;
                }
                *last = head;
            }
        }
        // A segment between slashes or hyphens may be of a path.
        let (mut of_standard, mut of_urls, mut from) = (false, false, 0);
        let mut segment = |to: usize, from: usize| {
            if to - from >= SHORTEST {
                unpack(run.get(from..to).unwrap_or_default(), &PLUS);
            }
        };
        for base in (0..run.len()).step_by(8) {
            let mut signs = signs(eight(run, base)) & low((run.len() - base).min(8));
            while signs != 0 {
                let at = base + signs.trailing_zeros() as usize / 8;
                let standard_sign = matches!(run.get(at), Some(b'+' | b'/'));
                of_standard |= standard_sign;
                of_urls |= !standard_sign;
                segment(at, from);
                from = at + 1;
                signs &= signs - 1;
            }
        }
        segment(run.len(), from);
        // No engine reads the signs of the other.
        match (of_standard, of_urls) {
            // The whole run was the last segment.
            (false, false) => {}
            (false, true) => unpack(run, &MINUS),
            (true, _) => {
                if !of_urls {
                    unpack(run, &PLUS);
                }
                run.split(|byte| *byte == b'/').for_each(|segment| unpack(segment, &MINUS));
            }
        }
    }
}

/// False when a run is too short, has a length that base64 does not have, or its first bytes begin no text: most words
/// are turned away here.
#[inline(always)]
fn may_be_text(run: &[u8]) -> bool {
    let Some([first, second, third, ..]) = run.first_chunk::<SHORTEST>() else { return false };
    if run.len() % 4 == 1 {
        return false;
    }
    let head = value(*first) << 2 | value(*second) >> 4;
    let next = value(*second) << 4 | value(*third) >> 2;
    begins(head) && (begins(next) || (head >= 0xC2 && next & 0xC0 == 0x80)) && first_bytes_are_text(run)
}

/// Whether a character that text may hold begins with this byte, in UTF-8.
#[inline(always)]
const fn begins(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\r' | b'\n' | 0x20..0x7F | 0xC2..0xF5)
}

/// Whether eight signs hold text, or the beginning of one.
fn first_bytes_are_text(run: &[u8]) -> bool {
    let signs = run.iter().take(SHORTEST).fold(0_u64, |before, sign| before << 6 | u64::from(value(*sign)));
    let bytes = signs.to_be_bytes();
    match std::str::from_utf8(bytes.get(2..).unwrap_or_default()) {
        Ok(text) => is_plain(text),
        // Cut within a character.
        Err(error) => error.error_len().is_none(),
    }
}

/// The highest bit of each byte, of eight in a run of base64, that is no letter or digit: below `0`, or a low line.
#[inline(always)]
const fn signs(eight: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    let from_zero = (eight | HIGH) - 0x30 * ONES;
    let no_line = (eight ^ (0x5F * ONES)) + 0x7F * ONES;
    !(from_zero & no_line) & HIGH
}

/// The value of a sign of base64, of either alphabet.
#[inline(always)]
fn value(sign: u8) -> u8 {
    VALUES.get(usize::from(sign)).copied().unwrap_or_default()
}

static VALUES: [u8; 256] = values();

#[expect(clippy::indexing_slicing, reason = "a table, made when compiled")]
const fn values() -> [u8; 256] {
    let (mut values, mut sign) = ([0_u8; 256], 0);
    while sign < 256 {
        values[sign] = match sign as u8 {
            letter @ b'A'..=b'Z' => letter - b'A',
            letter @ b'a'..=b'z' => letter - b'a' + 26,
            digit @ b'0'..=b'9' => digit - b'0' + 52,
            b'+' | b'-' => 62,
            _ => 63,
        };
        sign += 1;
    }
    values
}

/// UTF-8 without control characters other than white space.
fn is_text(plain: &[u8]) -> bool {
    std::str::from_utf8(plain).is_ok_and(is_plain)
}

fn is_plain(text: &str) -> bool {
    text.chars().all(|letter| !letter.is_control() || matches!(letter, '\t' | '\r' | '\n'))
}
