//! Hexadecimal digits, eight at a time, and the identifiers that are written in them (RFC 9562).
//!
//! It knows bytes, and nothing of what they may hide.

use super::blob::in_base64;
use super::word::load;

/// Digits of a UUID, hyphens among them.
pub(super) const UUID: usize = 36;

/// Decodes hexadecimal digits. False when a byte is none, or one is left over.
pub(super) fn hex(word: &[u8], out: &mut Vec<u8>) -> bool {
    let (chunks, rest) = word.as_chunks::<8>();
    for chunk in chunks {
        let digits = u64::from_le_bytes(*chunk);
        if !are_digits(digits) {
            return false;
        }
        out.extend_from_slice(&four(digits).to_le_bytes());
    }
    let left = load(rest, 0);
    let used = rest.len() / 2;
    // Zeros where there is nothing.
    let digits = left | FILL.checked_shl(rest.len() as u32 * 8).unwrap_or_default();
    out.extend_from_slice(four(digits).to_le_bytes().get(..used).unwrap_or_default());
    rest.len().is_multiple_of(2) && are_digits(digits)
}

/// The first six bytes that hexadecimal digits stand for, in the upper bytes, and how many there are; `word` has eight
/// digits or more.
pub(super) fn beginning(word: &[u8]) -> Option<(u64, usize)> {
    let digits = word.len().min(12) & !1;
    let after = digits.checked_sub(8)?;
    let (first, last) = (load(word, 0), load(word, after));
    if !are_digits(first) || !are_digits(last) {
        return None;
    }
    let upper = |digits: u64| u64::from(four(digits).swap_bytes()) << 32;
    Some((upper(first) | upper(last) >> (after * 4), digits / 2))
}

/// The eight bytes that the first sixteen digits stand for.
pub(super) fn eight_bytes(word: &[u8]) -> Option<[u8; 8]> {
    let (first, last) = (load(word, 0), load(word, 8));
    let bytes = u64::from(four(first)) | u64::from(four(last)) << 32;
    (word.len() >= 16 && are_digits(first) && are_digits(last)).then(|| bytes.to_le_bytes())
}

/// Whether a UUID begins at `start`, hyphens at their places, and nothing of base64 goes on beside it or on the next line.
pub(super) fn is_uuid(text: &[u8], start: usize) -> bool {
    let at = |at: Option<usize>| at.and_then(|at| text.get(at)).copied();
    let after = at(Some(start + UUID));
    if at(Some(start + 8)) != Some(b'-')
        || at(start.checked_sub(1)).is_some_and(in_base64)
        || after.is_some_and(|byte| in_base64(byte) || matches!(byte, b'\n' | b'\r'))
    {
        return false;
    }
    let Some(uuid) = text.get(start..).and_then(<[u8]>::first_chunk::<UUID>) else { return false };
    let [.., h1, _, _, _, _, h2, _, _, _, _, h3, _, _, _, _, h4, _, _, _, _, _, _, _, _, _, _, _, _] = uuid;
    if [h1, h2, h3, h4] != [&b'-'; 4] {
        return false;
    }
    // A hyphen at the fifth and at the fourth byte, read as a zero.
    let zero = u64::from(b'-' ^ b'0');
    are_digits(load(uuid, 0))
        && are_digits(load(uuid, 9) ^ zero << 32)
        && are_digits(load(uuid, 15) ^ zero << 24)
        && are_digits(load(uuid, 24))
        && are_digits(load(uuid, 28))
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = ONES << 7;
const FILL: u64 = ONES * b'0' as u64;

/// Whether all eight bytes are hexadecimal digits.
const fn are_digits(bytes: u64) -> bool {
    // The upper bit of a byte says that it is `bound` or more; no sum of two bytes below 128 carries.
    let seven = bytes & !HIGHS;
    let lower = seven | (ONES * 0x20);
    let digit = (seven + ONES * (0x80 - 0x30)) & !(seven + ONES * (0x80 - 0x3A));
    let letter = (lower + ONES * (0x80 - 0x61)) & !(lower + ONES * (0x80 - 0x67));
    (digit | letter) & !bytes & HIGHS == HIGHS
}

/// The four bytes that eight digits stand for, the first one lowest.
const fn four(digits: u64) -> u32 {
    let nibbles = (digits & (ONES * 15)) + (digits >> 6 & ONES) * 9;
    let pairs = (nibbles << 4 | nibbles >> 8) & 0x00FF_00FF_00FF_00FF;
    let pairs = (pairs | pairs >> 8) & 0x0000_FFFF_0000_FFFF;
    (pairs | pairs >> 16) as u32
}

#[cfg(test)]
mod tests {
    use super::{beginning, hex, is_uuid};

    fn plainly(word: &[u8]) -> Option<Vec<u8>> {
        let digits: Option<Vec<u8>> =
            word.iter().map(|b| char::from(*b).to_digit(16).map(|value| value as u8)).collect();
        let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
        Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
    }

    #[test]
    fn every_byte_at_every_place() {
        for len in 0..27 {
            for place in 0..len {
                for byte in 0..=255 {
                    let mut word: Vec<u8> = b"0a9Ff7C3".iter().cycle().take(len).copied().collect();
                    word[place] = byte;
                    let mut out = Vec::new();
                    let decoded = hex(&word, &mut out).then_some(out);
                    assert_eq!(decoded, plainly(&word), "{word:?}");
                    if len >= 8 {
                        let head = &word[..len.min(12) & !1];
                        let expected = plainly(head).map(|bytes| {
                            let mut whole = [0; 8];
                            whole[..bytes.len()].copy_from_slice(&bytes);
                            (u64::from_be_bytes(whole), bytes.len())
                        });
                        assert_eq!(beginning(&word), expected, "{word:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_uuid_and_every_byte_of_it_changed() {
        let uuid = *b"7f0a4c1e-12ab-4cde-a0f1-0123456789AB";
        assert!(is_uuid(&uuid, 0));
        assert!(!is_uuid(&uuid[..35], 0));
        for place in 0..uuid.len() {
            for byte in 0..=255_u8 {
                let mut other = uuid;
                other[place] = byte;
                let fits = if uuid[place] == b'-' { byte == b'-' } else { byte.is_ascii_hexdigit() };
                assert_eq!(is_uuid(&other, 0), fits, "{byte} at {place}");
            }
        }
    }
}
