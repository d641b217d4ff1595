//! Phrases: what is watched for as text, one record after another in one buffer.
//!
//! A record is a byte about the phrase, its length, and its folded words parted by single spaces.

use super::WatchKind;

/// How a phrase may be found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Manner {
    /// Its words may stand in any order: `Berg, Sanne van den`.
    pub(super) any_order: bool,
    /// It is so short that its words must stand close together.
    pub(super) tight: bool,
    /// It is a date, after which a time may follow without a break: `2014-01-31T00:00`.
    pub(super) date: bool,
    /// Its first word is an initial: `P. Jansen`.
    pub(super) initial: bool,
    /// It may also be something else: below the threshold of what is certain.
    pub(super) suspect: bool,
}

/// One phrase, as the table holds it.
#[derive(Clone, Copy)]
pub(super) struct Phrase<'a> {
    /// What kind of value it is a form of.
    pub(super) kind: WatchKind,
    /// How it may be found.
    pub(super) manner: Manner,
    /// Its folded words, parted by single spaces.
    pub(super) words: &'a [u8],
}

/// Bytes of a record before its words.
pub(super) const HEAD: usize = 3;
/// Kinds by their number.
pub(super) const KINDS: [WatchKind; 8] = [
    WatchKind::Identifier,
    WatchKind::FullName,
    WatchKind::FamilyName,
    WatchKind::GivenName,
    WatchKind::Email,
    WatchKind::Phone,
    WatchKind::Address,
    WatchKind::BirthDate,
];
/// Longer phrases are watched for by their beginning.
const LONGEST: usize = 512;
/// And no more words.
pub(super) const MOST_WORDS: usize = 24;

/// Appends a phrase to the arena.
pub(super) fn write(phrase: Phrase<'_>, arena: &mut Vec<u8>) {
    let manner = phrase.manner;
    let meta = phrase.kind as u8
        | u8::from(manner.any_order) << 3
        | u8::from(manner.tight) << 4
        | u8::from(manner.date) << 5
        | u8::from(manner.suspect) << 6;
    let [low, high] = (phrase.words.len() as u16).to_le_bytes();
    arena.extend_from_slice(&[meta, low, high]);
    arena.extend_from_slice(phrase.words);
}

/// The phrase cut after the last whole word within bounds.
pub(super) fn beginning(words: &[u8]) -> &[u8] {
    let mut end = 0;
    let mut at = 0;
    for word in words.split(|&byte| byte == b' ').take(MOST_WORDS) {
        at += word.len() + usize::from(at > 0);
        if at > LONGEST && end > 0 {
            break;
        }
        end = at;
    }
    words.get(..end.min(usize::from(u16::MAX))).unwrap_or_default()
}

/// A record as it stands in the arena.
pub(super) fn bytes_at(arena: &[u8], record: u32) -> Option<&[u8]> {
    let start = record as usize;
    let len = phrase_len(arena, start)?;
    arena.get(start..start + HEAD + len)
}

fn phrase_len(arena: &[u8], at: usize) -> Option<usize> {
    let low = *arena.get(at + 1)?;
    let high = *arena.get(at + 2)?;
    Some(usize::from(u16::from_le_bytes([low, high])))
}

/// The phrase at an offset of the arena.
pub(super) fn read(arena: &[u8], at: usize) -> Option<Phrase<'_>> {
    let meta = *arena.get(at)?;
    let len = phrase_len(arena, at)?;
    Some(Phrase {
        kind: *KINDS.get(usize::from(meta & 7))?,
        manner: Manner {
            any_order: meta & 8 != 0,
            tight: meta & 16 != 0,
            date: meta & 32 != 0,
            initial: false,
            suspect: meta & 64 != 0,
        },
        words: arena.get(at + HEAD..at + HEAD + len)?,
    })
}

/// Every phrase of an arena, and where it begins.
pub(super) fn records(arena: &[u8]) -> impl Iterator<Item = (usize, Phrase<'_>)> {
    records_from(arena, 0)
}

/// The same from an offset on, at which one begins.
pub(super) fn records_from(arena: &[u8], from: usize) -> impl Iterator<Item = (usize, Phrase<'_>)> {
    let mut at = from;
    std::iter::from_fn(move || {
        let phrase = read(arena, at)?;
        let here = at;
        at += HEAD + phrase.words.len();
        Some((here, phrase))
    })
}
