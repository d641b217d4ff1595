//! Patterns: everything that is watched for, found by the hash of a word that it cannot do without, its anchor.
//!
//! Words that are watched alone, names of two words, names with dates and telephone numbers are facts (`facts.rs`).
//! All else is a phrase: folded words parted by spaces, kept as text and compared as text, found by its rarest word
//! and the significant word beside it; which words are significant is `word::is_particle`'s to say. The scanner
//! looks at a place only when the filter says that a word there may be an anchor. It knows no message and no pupil.

use zeroize::Zeroizing;

use super::WatchKind;
use super::facts::{Fact, Facts};
use super::filter::Filter;
use super::names::Hashed;
use super::phrase::{
    HEAD, MOST_WORDS, Manner, Phrase, beginning, bytes_at, read, records, records_from, write,
};
use super::rarity::{Commonness, Word};
use super::word::{
    hash_pair, hash_word, key_of_date, key_of_letter, key_of_pair, key_of_part, key_of_phone, key_of_word,
    lone_bit,
};

/// What a word is part of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct PartOf {
    /// Names of two words.
    pub(super) pairs: bool,
    /// Names beside a birth date.
    pub(super) dates: bool,
    /// Phrases, whose anchor it is.
    pub(super) phrases: bool,
}

/// All that a watchlist or a watch looks for.
#[derive(Default)]
pub(super) struct Patterns {
    arena: Zeroizing<Vec<u8>>,
    slots: Vec<Slot>,
    used: usize,
    facts: Facts,
    filter: Filter,
    longest: usize,
    /// Which bytes by themselves are anchors, as `lone_bit` says.
    lone: u64,
    most_words: usize,
    /// What was last said to be part of something.
    parted: (u64, Option<WatchKind>),
    /// Where the phrases of the present pupil begin.
    pupil: usize,
    /// Where the phrases begin that are not in the table yet.
    settled: usize,
    /// Whether more may follow once they are settled.
    grows: bool,
    full: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Slot {
    tag: u32,
    record: u32,
}

/// What a word that is no fact by itself is part of, in the room for a kind.
const PAIRED: WatchKind = WatchKind::FullName;
const DATED: WatchKind = WatchKind::BirthDate;
const PHRASED: WatchKind = WatchKind::Identifier;
/// How far a birth date may stand from its name, in words.
pub(super) const DATE_WORDS: usize = 9;

const EMPTY: u32 = u32::MAX;

impl Patterns {
    /// No phrases yet, of a list that is settled once.
    pub(super) fn once() -> Self {
        Self::default()
    }

    /// No phrases yet, of a list that may be settled and then go on.
    pub(super) fn growing() -> Self {
        Self { grows: true, ..Self::default() }
    }

    /// Not all that was to be watched for has been taken in.
    pub(super) const fn miss(&mut self) {
        self.full = true;
    }

    /// What is taken in from here on belongs to another pupil.
    pub(super) fn next_pupil(&mut self) {
        self.pupil = self.arena.len();
    }

    /// Takes in a word that is watched alone.
    pub(super) fn word(&mut self, kind: WatchKind, manner: Manner, word: &[u8]) {
        if word.is_empty() {
            return;
        }
        let hash = hash_word(word);
        self.filter.add(hash);
        self.longest = self.longest.max(word.len());
        self.lone |= lone_bit(word);
        self.facts.add(key_of_word(hash, word, 0, word.len()), Fact { kind, manner });
    }

    /// Takes in two words that are watched for beside one another. `anchor` is the one looked for first.
    pub(super) fn pair(&mut self, kind: WatchKind, manner: Manner, anchor: Hashed<'_>, other: Hashed<'_>) {
        if anchor.word.is_empty() || other.word.is_empty() || anchor.word == other.word {
            return;
        }
        self.part(anchor.hash, PAIRED);
        self.lone |= lone_bit(anchor.word);
        self.longest = self.longest.max(anchor.word.len() + 1 + other.word.len());
        self.most_words = self.most_words.max(2);
        self.facts.add(key_of_pair(anchor.hash, other.hash), Fact { kind, manner });
    }

    /// Takes in a letter that is a word of its own in the name that two words are of: `bram a slingeveld`.
    pub(super) fn letter(&mut self, one: Hashed<'_>, other: Hashed<'_>, letter: &[u8]) {
        let pair = key_of_pair(one.hash, other.hash);
        let fact = Fact { kind: WatchKind::FullName, manner: Manner::default() };
        self.facts.add(key_of_letter(pair, hash_word(letter)), fact);
    }

    /// Takes in a name that is watched for beside a day (year × 10,000 + month × 100 + day).
    pub(super) fn dated(&mut self, name: Hashed<'_>, day: u32) {
        self.part(name.hash, DATED);
        self.lone |= lone_bit(name.word);
        self.most_words = self.most_words.max(DATE_WORDS);
        let manner = Manner { any_order: true, suspect: true, ..Manner::default() };
        self.facts.add(key_of_date(name.hash, day), Fact { kind: WatchKind::BirthDate, manner });
    }

    /// Takes in a Dutch telephone number, without its leading zero.
    pub(super) fn phone(&mut self, national: u64) {
        let manner = Manner::default();
        self.facts.add(key_of_phone(national), Fact { kind: WatchKind::Phone, manner });
    }

    /// Whether this telephone number is watched for.
    pub(super) fn knows_phone(&self, national: u64) -> bool {
        self.facts.knows(key_of_phone(national))
    }

    fn part(&mut self, hash: u64, what: WatchKind) {
        // A name is part of several pairs on end.
        if std::mem::replace(&mut self.parted, (hash, Some(what))) == (hash, Some(what)) {
            return;
        }
        self.filter.add(hash);
        self.facts.add(key_of_part(hash), Fact { kind: what, manner: Manner::default() });
    }

    /// What is known under a key of `word`.
    pub(super) const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What a word is looked for with.
    pub(super) fn part_of(&self, hash: u64) -> PartOf {
        let mut part = PartOf::default();
        for fact in self.facts.under(key_of_part(hash)) {
            part.pairs |= fact.kind == PAIRED;
            part.dates |= fact.kind == DATED;
            part.phrases |= fact.kind == PHRASED;
        }
        part
    }

    /// Takes in one phrase, unless this pupil has it already; `settle` must follow the last.
    pub(super) fn push(&mut self, phrase: Phrase<'_>) {
        let words = beginning(phrase.words);
        if !words.contains(&b' ') {
            return self.word(phrase.kind, phrase.manner, words);
        }
        let mut two = words.split(|&byte| byte == b' ');
        if phrase.manner.any_order
            && let (Some(one), Some(other), None) = (two.next(), two.next(), two.next())
        {
            let (long, brief) = if other.len() >= one.len() { (other, one) } else { (one, other) };
            return self.pair(phrase.kind, phrase.manner, long.into(), brief.into());
        }
        let at = self.arena.len();
        self.full |= at + HEAD + words.len() >= EMPTY as usize;
        if words.is_empty() || self.full {
            return;
        }
        let taken = self.arena.get(self.pupil..).unwrap_or_default();
        if records(taken).any(|(_, known)| known.words == words && known.kind == phrase.kind) {
            return;
        }
        write(Phrase { words, ..phrase }, &mut self.arena);
    }

    /// Puts what was taken in since it was last called into table and filter.
    pub(super) fn settle(&mut self) {
        let arena = std::mem::take(&mut self.arena);
        let count = records_from(&arena, self.settled).count();
        if count > 0 {
            self.enter_all(&arena, count);
        }
        self.facts.settle();
        self.filter.settle(self.grows);
        self.settled = arena.len();
        self.arena = arena;
        if !self.grows {
            self.arena.shrink_to_fit();
        }
    }

    fn enter_all(&mut self, arena: &[u8], count: usize) {
        let common = Commonness::of(arena, self.settled, count);
        if self.slots.is_empty() {
            self.slots = vec![Slot { tag: 0, record: EMPTY }; count + count / 2 + 8];
        }
        let mut words = Vec::with_capacity(MOST_WORDS);
        for (at, phrase) in records_from(arena, self.settled) {
            self.longest = self.longest.max(phrase.words.len());
            words.clear();
            for word in phrase.words.split(|&byte| byte == b' ') {
                words.push(common.word(word));
            }
            self.most_words = self.most_words.max(words.len());
            self.enter(arena, at as u32, phrase.manner, &mut words);
        }
        if !self.grows {
            self.resize(self.used * 4 / 3 + 8);
        }
    }

    /// Whether nothing is watched for.
    pub(super) fn is_empty(&self) -> bool {
        self.used == 0 && self.facts.len() == 0
    }

    /// Bytes held.
    pub(super) fn memory(&self) -> usize {
        let phrases = self.arena.capacity() + self.slots.capacity() * size_of::<Slot>();
        phrases + self.facts.memory() + self.filter.memory()
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

    /// The bits of the bytes that may be an anchor by themselves.
    pub(super) const fn lone(&self) -> u64 {
        self.lone
    }

    /// The filter of all anchors.
    pub(super) const fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Whether a word may be an anchor: cheap, and wrong for a few words in a hundred.
    #[inline]
    pub(super) fn may_anchor(&self, hash: u64) -> bool {
        self.filter.may_hold(hash)
    }

    /// The phrases found under a word's or a pair's hash.
    pub(super) fn under(&self, hash: u64) -> impl Iterator<Item = Phrase<'_>> {
        self.slots_of(hash).filter_map(|slot| read(&self.arena, slot.record as usize))
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
        self.part(anchor.hash, PHRASED);
        self.lone |= anchor.lone;
        if words.len() == 1 {
            return self.insert(arena, anchor.hash, record);
        }
        let around = |at: Option<usize>| at.and_then(|at| words.get(at));
        let (first, last) = (words.first(), words.last());
        let left = around(at.checked_sub(1)).or(last.filter(|_| manner.any_order));
        let right = around(Some(at + 1)).or(first.filter(|_| manner.any_order));
        let left_is_rarer = match (left, right) {
            (Some(left), Some(right)) => left.seen <= right.seen,
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
        let same =
            |slot: Slot| slot.record == record || bytes_at(arena, slot.record) == bytes_at(arena, record);
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
