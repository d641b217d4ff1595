//! Patterns: every phrase that is watched for, in one compact table found by the hash of a word.
//!
//! A phrase is folded words parted by spaces. Its rarest word is its anchor: the scanner looks at a
//! place only when a word there is somebody's anchor (one bit of a filter, then one slot). A phrase of
//! several significant words is found by its anchor and the significant word beside it; which
//! words are significant is `word::is_particle`'s to say. It knows no message and no pupil.

use zeroize::Zeroizing;

use super::WatchKind;
use super::word::{hash_pair, hash_word, is_particle};

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

/// All phrases of a watchlist or a watch.
#[derive(Default)]
pub(super) struct Patterns {
    arena: Zeroizing<Vec<u8>>,
    slots: Vec<Slot>,
    used: usize,
    filter: Vec<u64>,
    longest: usize,
    most_words: usize,
    /// Where the phrases of the present pupil begin.
    pupil: usize,
    full: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Slot {
    tag: u32,
    record: u32,
}

const EMPTY: u32 = u32::MAX;
/// In place of a record: this word is the anchor of phrases that stand under its pairs.
const ANCHOR: u32 = u32::MAX - 1;
const HEAD: usize = 3;
const KINDS: [WatchKind; 8] = [
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
const MOST_WORDS: usize = 24;

impl Patterns {
    /// No phrases yet; `full` when it is known already that not all will fit.
    pub(super) fn new(full: bool) -> Self {
        Self { full, ..Self::default() }
    }

    /// What is taken in from here on belongs to another pupil.
    pub(super) fn next_pupil(&mut self) {
        self.pupil = self.arena.len();
    }

    /// Takes in one phrase, unless this pupil has it already; `settle` must follow the last.
    pub(super) fn push(&mut self, phrase: Phrase<'_>) {
        let words = beginning(phrase.words);
        let at = self.arena.len();
        self.full |= at + HEAD + words.len() >= ANCHOR as usize;
        if words.is_empty() || self.full {
            return;
        }
        let manner = phrase.manner;
        let meta = phrase.kind as u8
            | u8::from(manner.any_order) << 3
            | u8::from(manner.tight) << 4
            | u8::from(manner.date) << 5
            | u8::from(manner.initial) << 6;
        let taken = self.arena.get(self.pupil..).unwrap_or_default();
        if records(taken).any(|(_, known)| known.words == words && known.kind == phrase.kind) {
            return;
        }
        let [low, high] = (words.len() as u16).to_le_bytes();
        self.arena.extend_from_slice(&[meta, low, high]);
        self.arena.extend_from_slice(words);
    }

    /// Builds table and filter from the phrases taken in.
    pub(super) fn settle(&mut self) {
        let arena = std::mem::take(&mut self.arena);
        let count = records(&arena).count();
        if count == 0 {
            return;
        }
        let common = Commonness::of(&arena, count);
        self.slots = vec![Slot { tag: 0, record: EMPTY }; count + count / 2 + 8];
        self.filter = vec![0; (count * 24).next_power_of_two().max(1024) / 64];
        let mut words = Vec::with_capacity(MOST_WORDS);
        for (at, phrase) in records(&arena) {
            self.longest = self.longest.max(phrase.words.len());
            words.clear();
            for word in phrase.words.split(|&byte| byte == b' ') {
                words.push(common.word(word));
            }
            self.most_words = self.most_words.max(words.len());
            self.enter(&arena, at as u32, phrase.manner, &mut words);
        }
        self.resize(self.used * 4 / 3 + 8);
        self.arena = arena;
        self.arena.shrink_to_fit();
    }

    /// Whether nothing is watched for.
    pub(super) fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Bytes held.
    pub(super) fn memory(&self) -> usize {
        self.arena.capacity() + self.slots.capacity() * size_of::<Slot>() + self.filter.capacity() * 8
    }

    /// Whether a phrase did not fit into the table: then nothing can be called clean.
    pub(super) const fn is_full(&self) -> bool {
        self.full
    }

    /// Bytes of the longest phrase.
    pub(super) const fn longest(&self) -> usize {
        self.longest
    }

    /// Words of the phrase with most words.
    pub(super) const fn most_words(&self) -> usize {
        self.most_words
    }

    /// Whether a word may be an anchor: cheap, and wrong for a few words in a hundred.
    #[inline]
    pub(super) fn may_anchor(&self, hash: u64) -> bool {
        // The length is a power of two, so the mask keeps the index inside.
        let mask = self.filter.len().wrapping_sub(1);
        self.filter.get((hash >> 6) as usize & mask).is_some_and(|bits| bits >> (hash & 63) & 1 == 1)
    }

    /// Whether a word is an anchor: of a phrase of its own, or of phrases found by pairs.
    pub(super) fn anchors(&self, hash: u64) -> bool {
        self.slots_of(hash).next().is_some()
    }

    /// The phrases found under a word's or a pair's hash.
    pub(super) fn under(&self, hash: u64) -> impl Iterator<Item = Phrase<'_>> {
        self.slots_of(hash)
            .filter(|slot| slot.record != ANCHOR)
            .filter_map(|slot| read(&self.arena, slot.record as usize))
    }

    fn slots_of(&self, hash: u64) -> impl Iterator<Item = Slot> {
        let tag = tag(hash);
        let mut at = place(tag, self.slots.len());
        // There always is an empty slot, so the walk ends.
        std::iter::from_fn(move || {
            loop {
                let slot = match self.slots.get(at) {
                    Some(slot) => *slot,
                    None => {
                        at = 0;
                        *self.slots.first()?
                    }
                };
                if slot.record == EMPTY {
                    return None;
                }
                at += 1;
                if slot.tag == tag {
                    return Some(slot);
                }
            }
        })
    }

    fn enter(&mut self, arena: &[u8], record: u32, manner: Manner, words: &mut Vec<Word>) {
        // Nothing but particles (`Le Van`): then they are all there is to find it by. Of two words the second
        // makes the first one rare enough (`S. Berg`).
        if words.len() > 2 && !words.iter().all(|word| word.particle) {
            words.retain(|word| !word.particle);
        }
        let Some((at, anchor)) = words.iter().enumerate().min_by_key(|(_, word)| word.rank) else {
            return;
        };
        let mask = self.filter.len().wrapping_sub(1);
        if let Some(bits) = self.filter.get_mut((anchor.hash >> 6) as usize & mask) {
            *bits |= 1 << (anchor.hash & 63);
        }
        if words.len() == 1 {
            return self.insert(arena, anchor.hash, record);
        }
        self.insert(arena, anchor.hash, ANCHOR);
        let around = |at: Option<usize>| at.and_then(|at| words.get(at));
        let (first, last) = (words.first(), words.last());
        let left = around(at.checked_sub(1)).or(last.filter(|_| manner.any_order));
        let right = around(Some(at + 1)).or(first.filter(|_| manner.any_order));
        let left_is_rarer = match (left, right) {
            (Some(left), Some(right)) => left.rank <= right.rank,
            (left, _) => left.is_some(),
        };
        if let Some(left) = left.filter(|_| manner.any_order || left_is_rarer) {
            self.insert(arena, hash_pair(left.hash, anchor.hash), record);
        }
        if let Some(right) = right.filter(|_| manner.any_order || !left_is_rarer) {
            self.insert(arena, hash_pair(anchor.hash, right.hash), record);
        }
    }

    fn insert(&mut self, arena: &[u8], hash: u64, record: u32) {
        let same = |slot: Slot| {
            slot.record == record
                || (record != ANCHOR && slot.record != ANCHOR)
                    && bytes_at(arena, slot.record) == bytes_at(arena, record)
        };
        if self.slots_of(hash).any(same) {
            return;
        }
        if (self.used + 1) * 4 > self.slots.len() * 3 {
            self.resize(self.slots.len() + self.slots.len() / 2 + 8);
        }
        settle_in(&mut self.slots, Slot { tag: tag(hash), record });
        self.used += 1;
    }

    fn resize(&mut self, size: usize) {
        let mut slots = vec![Slot { tag: 0, record: EMPTY }; size];
        for slot in self.slots.iter().filter(|slot| slot.record != EMPTY) {
            settle_in(&mut slots, *slot);
        }
        self.slots = slots;
    }
}

/// Puts a slot into the first free place; there always is one.
fn settle_in(slots: &mut [Slot], slot: Slot) {
    let mut at = place(slot.tag, slots.len());
    while slots.get(at).is_some_and(|taken| taken.record != EMPTY) {
        at = if at + 1 == slots.len() { 0 } else { at + 1 };
    }
    if let Some(free) = slots.get_mut(at) {
        *free = slot;
    }
}

const fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// Tags spread evenly over the table.
const fn place(tag: u32, slots: usize) -> usize {
    ((tag as u64 * slots as u64) >> 32) as usize
}

/// A word of a phrase.
struct Word {
    hash: u64,
    particle: bool,
    /// Lower is better as an anchor: long enough to be rare in texts too, then rare among phrases,
    /// then long.
    rank: u32,
}

/// How many phrases hold a word, roughly: a sketch that forgets the words themselves.
struct Commonness {
    counts: Vec<u16>,
}

impl Commonness {
    fn of(arena: &[u8], count: usize) -> Self {
        let mut counts = vec![0_u16; (count * 4).next_power_of_two().clamp(256, 1 << 22)];
        let mask = counts.len() - 1;
        for (_, phrase) in records(arena) {
            for word in phrase.words.split(|&byte| byte == b' ') {
                if let Some(seen) = counts.get_mut(hash_word(word) as usize & mask) {
                    *seen = seen.saturating_add(1);
                }
            }
        }
        Self { counts }
    }

    fn word(&self, word: &[u8]) -> Word {
        let hash = hash_word(word);
        let seen = self.counts.get(hash as usize & (self.counts.len() - 1)).copied();
        let brevity = 255 - word.len().min(255) as u32;
        let seen = u32::from(seen.unwrap_or(u16::MAX));
        // Years and other short numbers stand in every message, however rare they are in names.
        let weak = word.len() < 4 || word.len() == 4 && word.iter().all(u8::is_ascii_digit);
        let rank = if weak { 1 << 28 | brevity << 16 | seen } else { seen << 8 | brevity };
        Word { hash, particle: word.len() <= 5 && is_particle(word), rank }
    }
}

/// The phrase cut after the last whole word within bounds.
fn beginning(words: &[u8]) -> &[u8] {
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

fn bytes_at(arena: &[u8], record: u32) -> Option<&[u8]> {
    let start = record as usize;
    let len = phrase_len(arena, start)?;
    arena.get(start..start + HEAD + len)
}

fn phrase_len(arena: &[u8], at: usize) -> Option<usize> {
    let low = *arena.get(at + 1)?;
    let high = *arena.get(at + 2)?;
    Some(usize::from(u16::from_le_bytes([low, high])))
}

fn read(arena: &[u8], at: usize) -> Option<Phrase<'_>> {
    let meta = *arena.get(at)?;
    let len = phrase_len(arena, at)?;
    Some(Phrase {
        kind: *KINDS.get(usize::from(meta & 7))?,
        manner: Manner {
            any_order: meta & 8 != 0,
            tight: meta & 16 != 0,
            date: meta & 32 != 0,
            initial: meta & 64 != 0,
        },
        words: arena.get(at + HEAD..at + HEAD + len)?,
    })
}

fn records(arena: &[u8]) -> impl Iterator<Item = (usize, Phrase<'_>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let phrase = read(arena, at)?;
        let here = at;
        at += HEAD + phrase.words.len();
        Some((here, phrase))
    })
}
