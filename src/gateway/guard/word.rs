//! Words: runs of letters and digits in bytes, found sixty-four bytes at a time, and their hashes.
//!
//! This is the only pass over every byte, so it stays free of allocation and of decisions. It knows
//! nothing of what is watched.

/// What stands in sixty-four bytes: one bit a byte, lowest first.
#[derive(Clone, Copy)]
pub(super) struct Classes {
    /// ASCII letters and digits, and every byte that is not ASCII.
    pub(super) word: u64,
    /// Bytes that are not ASCII.
    pub(super) high: u64,
    /// Whether a byte stands here that begins an escape, or a NUL.
    pub(super) special: bool,
}

/// Bytes in a block.
pub(super) const BLOCK: usize = 64;

/// Whether a byte belongs to a word.
pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// Classifies a block that may be the shorter last one.
#[inline]
pub(super) fn classes(chunk: &[u8]) -> Classes {
    if let Some(block) = chunk.first_chunk::<BLOCK>() {
        return classify(block);
    }
    let mut block = [b' '; BLOCK];
    for (to, from) in block.iter_mut().zip(chunk) {
        *to = *from;
    }
    classify(&block)
}

/// Classifies a block. Written so that the compiler makes vector code of it.
#[inline]
fn classify(block: &[u8; BLOCK]) -> Classes {
    let mut flags = [0_u8; BLOCK];
    let mut any = 0_u8;
    let mut special = 0_u8;
    for (flag, &byte) in flags.iter_mut().zip(block) {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let digit = byte.wrapping_sub(b'0') < 10;
        *flag = u8::from(letter | digit | (byte >= 0x80));
        any |= byte;
        special |= u8::from((byte == b'\\') | (byte == b'%') | (byte == b'&'))
            | u8::from((byte == b'=') | (byte == 0));
    }
    let high = if any >= 0x80 {
        let mut high = [0_u8; BLOCK];
        for (flag, &byte) in high.iter_mut().zip(block) {
            *flag = byte >> 7;
        }
        bits(&high)
    } else {
        0
    };
    Classes { word: bits(&flags), high, special: special != 0 }
}

/// Gathers sixty-four bytes of 0 or 1 into the bits of one number.
#[inline]
fn bits(flags: &[u8; BLOCK]) -> u64 {
    let (groups, _) = flags.as_chunks::<8>();
    let mut mask = 0;
    for group in groups.iter().rev() {
        // The multiplication moves the lowest bit of byte i to bit 56 + i.
        let gathered = u64::from_le_bytes(*group).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask = (mask << 8) | gathered;
    }
    mask
}

/// Whether four letters or digits of ASCII stand on end.
pub(super) fn holds_four(bytes: &[u8]) -> bool {
    let (chunks, rest) = bytes.as_chunks::<8>();
    let four = |mask: u64| mask & mask >> 1 & mask >> 2 & mask >> 3 != 0;
    // The last three of the bytes before stand in the lowest bits.
    let mut mask = 0;
    for chunk in chunks {
        mask = mask >> 8 | letters(u64::from_le_bytes(*chunk)) << 3;
        if four(mask) {
            return true;
        }
    }
    four(mask >> 8 | letters(load(rest, 0)) << 3)
}

/// One bit for each of eight bytes, the lowest first: whether it is a letter or digit of ASCII.
const fn letters(bytes: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = ONES << 7;
    // No sum of two bytes below 128 carries into the next.
    let seven = bytes & !HIGHS;
    let lower = seven | FOLD;
    let digit = (seven + ONES * (0x80 - 0x30)) & !(seven + ONES * (0x80 - 0x3A));
    let letter = (lower + ONES * (0x80 - 0x61)) & !(lower + ONES * (0x80 - 0x7B));
    (((digit | letter) & !bytes & HIGHS) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

const FOLD: u64 = 0x2020_2020_2020_2020;
const SEED: u64 = 0x9E37_79B9_7F4A_7C15;
const STEP: u64 = 0xD6E8_FEB8_6659_FD93;

/// The hash of the word `text[start..end]`, without regard to ASCII case. A filter only: it reads at
/// most 24 bytes of a word, and whoever uses it compares the text afterwards.
#[inline]
pub(super) fn hash(text: &[u8], start: usize, end: usize) -> u64 {
    hash_of(load(text, start), text, start, end)
}

/// The same, where the eight bytes from `start` on are known already.
#[inline]
pub(super) fn hash_of(head: u64, text: &[u8], start: usize, end: usize) -> u64 {
    let len = end.wrapping_sub(start);
    let first = head | FOLD;
    if len <= 8 {
        // Letters and digits carry the bit 0x20 once lower-cased, so setting it folds the case.
        let keep = u64::MAX >> (8_usize.wrapping_sub(len).wrapping_mul(8) & 63);
        return mix((first & keep) ^ SEED, STEP ^ len as u64);
    }
    let last = load(text, end.wrapping_sub(8)) | FOLD;
    let middle = load(text, start.wrapping_add(len / 2).wrapping_sub(4)) | FOLD;
    mix(first ^ SEED, last ^ middle.rotate_left(23) ^ STEP ^ len as u64)
}

/// The hash of a word that stands alone.
pub(super) fn hash_word(word: &[u8]) -> u64 {
    hash(word, 0, word.len())
}

/// A bit for a word of one byte, without regard to ASCII case: some letters share one with a digit. None for longer words.
#[inline]
pub(super) const fn lone_bit(word: &[u8]) -> u64 {
    match word {
        [byte] => 1 << ((*byte | 0x20) & 63),
        _ => 0,
    }
}

/// The hash of two words in this order.
#[inline]
pub(super) fn hash_pair(left: u64, right: u64) -> u64 {
    mix(left.rotate_left(17) ^ SEED, right ^ STEP)
}

/// The key of a word that is watched alone: by all its bytes, without regard to ASCII case. `hash` is its hash.
#[inline]
pub(super) fn key_of_word(hash: u64, text: &[u8], start: usize, end: usize) -> u64 {
    let mut key = hash;
    if end.wrapping_sub(start) > 24 {
        for chunk in text.get(start..end).unwrap_or_default().chunks(8) {
            key = mix(key ^ (load(chunk, 0) | FOLD), STEP).rotate_left(9);
        }
    }
    mix(key ^ 0x5851_F42D_4C95_7F2D, STEP)
}

/// The key of two words that stand beside one another, in either order.
#[inline]
pub(super) fn key_of_pair(one: u64, other: u64) -> u64 {
    hash_pair(one.min(other), one.max(other))
}

/// The key of a name and a day: year × 10,000 + month × 100 + day.
pub(super) fn key_of_date(name: u64, day: u32) -> u64 {
    mix(name ^ 0x1405_7B7E_F767_814F, STEP ^ u64::from(day) << 1)
}

/// The key that says that a word is part of pairs or dates.
pub(super) fn key_of_part(hash: u64) -> u64 {
    mix(hash ^ 0x2545_F491_4F6C_DD1D, SEED)
}

/// The key of a letter that stands between two names of one pupil, by the key of the two.
pub(super) fn key_of_letter(pair: u64, letter: u64) -> u64 {
    mix(pair ^ 0x6C62_272E_07BB_0142, letter ^ STEP)
}

/// The key of a Dutch telephone number, without its leading zero.
pub(super) fn key_of_phone(national: u64) -> u64 {
    mix(national ^ SEED, 0x9FB2_1C65_1E98_DF25)
}

#[inline]
fn mix(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Eight bytes from `start`, as many as there are, the first one lowest.
#[inline]
pub(super) fn load(text: &[u8], start: usize) -> u64 {
    match text.get(start..).and_then(<[u8]>::first_chunk::<8>) {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => load_end(text, start),
    }
}

#[inline(never)]
fn load_end(text: &[u8], start: usize) -> u64 {
    let rest = text.get(start..).unwrap_or_default();
    // From both ends, so that the two meet or overlap.
    if let (Some(first), Some(last)) = (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
        let [first, last] = [first, last].map(|bytes| u64::from(u32::from_le_bytes(*bytes)));
        return first | last << ((rest.len() & 7).saturating_sub(4) * 8);
    }
    if let (Some(first), Some(last)) = (rest.first_chunk::<2>(), rest.last_chunk::<2>()) {
        let [first, last] = [first, last].map(|bytes| u64::from(u16::from_le_bytes(*bytes)));
        return first | last << ((rest.len() - 2) * 8);
    }
    rest.first().map_or(0, |byte| u64::from(*byte))
}

/// Whether a folded word is one letter.
pub(super) fn is_letter(word: &[u8]) -> bool {
    match word {
        [one] => !one.is_ascii_digit(),
        [first, ..] if *first >= 0xC0 => {
            std::str::from_utf8(word).is_ok_and(|text| text.chars().nth(1).is_none())
        }
        _ => false,
    }
}

/// Words that say what the name beside them is, in members, elements and forms: `"voornaam":"…","achternaam":"…"`.
pub(super) fn is_label(word: &[u8]) -> bool {
    matches!(
        word,
        b"naam"
            | b"name"
            | b"voornaam"
            | b"voornamen"
            | b"roepnaam"
            | b"achternaam"
            | b"familienaam"
            | b"geslachtsnaam"
            | b"tussenvoegsel"
            | b"tussenvoegsels"
            | b"voorvoegsel"
            | b"voorvoegsels"
            | b"prefix"
            | b"infix"
            | b"given"
            | b"givenname"
            | b"first"
            | b"firstname"
            | b"middle"
            | b"middlename"
            | b"family"
            | b"familyname"
            | b"familynameprefix"
            | b"last"
            | b"lastname"
            | b"lastnameprefix"
            | b"surname"
            | b"initials"
            | b"voorletters"
    )
}

/// Tussenvoegsels that are prepositions of every sentence: `storm op de dijk` is not Storm Dijk. They stand between the
/// words of a name only where the name itself has them.
pub(super) fn is_preposition(word: &[u8]) -> bool {
    matches!(
        word,
        b"in"
            | b"op"
            | b"aan"
            | b"bij"
            | b"uit"
            | b"over"
            | b"onder"
            | b"voor"
            | b"tot"
            | b"te"
            | b"e"
            | b"y"
    )
}

/// Prefixes of Dutch and neighbouring family names (tussenvoegsels), normalised: too common to look
/// for, and left out by many systems.
pub(super) fn is_particle(word: &[u8]) -> bool {
    matches!(
        word,
        b"van"
            | b"de"
            | b"den"
            | b"der"
            | b"des"
            | b"het"
            | b"t"
            | b"s"
            | b"d"
            | b"in"
            | b"op"
            | b"ten"
            | b"ter"
            | b"te"
            | b"tot"
            | b"aan"
            | b"bij"
            | b"uit"
            | b"over"
            | b"onder"
            | b"voor"
            | b"von"
            | b"vom"
            | b"zu"
            | b"zum"
            | b"und"
            | b"la"
            | b"le"
            | b"les"
            | b"du"
            | b"da"
            | b"das"
            | b"do"
            | b"dos"
            | b"di"
            | b"del"
            | b"della"
            | b"el"
            | b"al"
            | b"v"
            | b"vd"
            | b"vdr"
            | b"vande"
            | b"vanden"
            | b"vander"
            | b"vant"
            | b"vanhet"
            | b"opde"
            | b"opden"
            | b"opt"
            | b"inde"
            | b"inden"
            | b"int"
            | b"bin"
            | b"ibn"
            | b"ben"
            | b"y"
            | b"e"
    )
}

#[cfg(test)]
mod tests {
    use super::{holds_four, load};

    #[test]
    fn eight_bytes_or_as_many_as_there_are() {
        let text: Vec<u8> = (1..=11).collect();
        for end in 0..=text.len() {
            for start in 0..=end {
                let mut whole = [0; 8];
                let some = &text[start..end.min(start + 8)];
                whole[..some.len()].copy_from_slice(some);
                assert_eq!(load(&text[..end], start), u64::from_le_bytes(whole), "{start}..{end}");
            }
        }
    }

    #[test]
    fn four_on_end_at_every_place() {
        for byte in 0..=255_u8 {
            for len in 0..30 {
                for place in 0..len {
                    let mut bytes = vec![b'-'; len];
                    for (at, to) in bytes.iter_mut().enumerate().skip(place).take(4) {
                        *to = if at == place + 1 { byte } else { b'z' };
                    }
                    let plainly = bytes.windows(4).any(|four| four.iter().all(u8::is_ascii_alphanumeric));
                    assert_eq!(holds_four(&bytes), plainly, "{bytes:?}");
                }
            }
        }
    }
}
