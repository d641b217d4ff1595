//! The distinct words, pairs and joined runs of a message: what was met before costs no PRF.
//!
//! Tables with open addressing, found by a cheap hash under seeds of the month's key, so that nobody can choose text
//! that falls into one place; what is taken for equal was compared whole. It must not know where words come from. It is
//! dropped, with its words, when the filter of its message is made.

use std::ops::Range;

use super::month::{Hashing, MonthKey};
use super::words::{LONGEST_PARTICLE, PARTICLES};

/// The number of a word in its message, or of a run of joined words; 0 is none.
pub(super) type Id = u32;

/// Whether a word is a particle of Dutch names.
#[inline(always)]
pub(super) const fn is_particle_id(word: Id) -> bool {
    word & PARTICLE != 0
}

/// Longer runs of joined words are not hashed, in bytes: no name is so long.
pub(super) const LONGEST_RUN: usize = 128;
/// The number of every run that grew longer.
const TOO_LONG: Id = Id::MAX;
/// From here on numbers are those of runs of two words or more.
const RUNS: Id = 1 << 31;
/// This bit in a word's number says that it is a particle of Dutch names.
const PARTICLE: Id = 1 << 30;

/// A word, folded.
struct Known {
    /// Its first 16 bytes, zeros behind a shorter one.
    head: (u64, u64),
    /// Zero until all words are there.
    hash: u64,
    /// Where its bytes are, and how many.
    at: u32,
    len: u32,
    /// The word that came behind it last, as its neighbour; 0 is none.
    next: Id,
}

/// Two words or more, joined.
#[derive(Clone, Copy)]
struct Run {
    /// Where its bytes are.
    at: usize,
    len: usize,
}

/// What the words of a message are gathered in; and then those of the next one.
#[derive(Default)]
pub(super) struct Distinct {
    hashing: Hashing,
    words: Vec<Known>,
    bytes: Vec<u8>,
    /// Half of each word's cheap hash above its number; 0 is free.
    places: Vec<u64>,
    pairs: Pairs,
    /// Runs, by what they are joined of.
    joined: Pairs,
    runs: Vec<Run>,
}

/// Room that is kept for the next message, in words.
const KEPT: usize = 1 << 14;

impl Distinct {
    /// Begins a message of about so many bytes. A table has one place at least.
    pub(super) fn begin(&mut self, key: &MonthKey, bytes: usize) {
        self.end();
        self.hashing = key.hashing();
        let room = (bytes / 16).clamp(256, 1 << 15).next_power_of_two();
        self.places.resize(room / 2, 0);
        self.pairs.begin(room, self.hashing.seeds.0);
        self.joined.begin(64, self.hashing.seeds.1);
    }

    /// Forgets the words. The room is kept when it is usual.
    pub(super) fn end(&mut self) {
        self.words.clear();
        self.bytes.clear();
        self.places.clear();
        self.pairs.held.clear();
        self.joined.held.clear();
        self.runs.clear();
        let tables =
            self.places.capacity().max(self.pairs.places.capacity()).max(self.joined.places.capacity());
        if tables > 4 * KEPT || self.words.capacity() > KEPT || self.bytes.capacity() > 32 * KEPT {
            *self = Self::default();
        }
    }

    /// The number of a word of at most 16 bytes, given as two numbers (the first byte lowest), zeros behind.
    #[inline(always)]
    pub(super) fn short(&mut self, head: (u64, u64), len: usize) -> Id {
        let tag = self.tag(head, len);
        match self.find(tag, |known, _| known.is(head, len)) {
            Ok(id) => id,
            Err(_) => self.add_short(tag, head, len),
        }
    }

    /// The number of any word.
    pub(super) fn word(&mut self, word: &[u8]) -> Id {
        let head = head_of(word);
        if word.len() <= 16 {
            return self.short(head, word.len());
        }
        let mut tag = self.tag(head, word.len());
        for piece in word.get(16..).unwrap_or_default().chunks(16) {
            let (low, high) = head_of(piece);
            tag = mix(tag ^ low ^ self.hashing.seeds.1, high ^ self.hashing.seeds.0);
        }
        let same = |known: &Known, bytes: &[u8]| known.head == head && bytes.get(known.place()) == Some(word);
        match self.find(tag, same) {
            Ok(id) => id,
            Err(_) => self.add(tag, head, word),
        }
    }

    #[inline(always)]
    fn tag(&self, head: (u64, u64), len: usize) -> u64 {
        mix(head.0 ^ self.hashing.seeds.0, head.1.wrapping_add(len as u64) ^ self.hashing.seeds.1)
    }

    /// A word's number, or the free place where it belongs.
    #[inline(always)]
    fn find(&self, tag: u64, same: impl Fn(&Known, &[u8]) -> bool) -> Result<Id, usize> {
        let mask = self.places.len() - 1;
        let mut at = (tag >> 32) as usize & mask;
        loop {
            let place = self.places.get(at).copied().unwrap_or_default();
            if place == 0 {
                return Err(at);
            }
            if place >> 32 == tag >> 32
                && let Some(known) = self.known(place as u32)
                && same(known, &self.bytes)
            {
                return Ok(place as u32);
            }
            at = (at + 1) & mask;
        }
    }

    #[inline(never)]
    fn add_short(&mut self, tag: u64, head: (u64, u64), len: usize) -> Id {
        let bytes = u128::from(head.1) << 64 | u128::from(head.0);
        self.add(tag, head, bytes.to_le_bytes().get(..len).unwrap_or_default())
    }

    #[inline(never)]
    fn add(&mut self, tag: u64, head: (u64, u64), word: &[u8]) -> Id {
        // No message is as long as 4 GiB.
        let [at, len] = [self.bytes.len(), word.len()].map(|long| u32::try_from(long).unwrap_or(u32::MAX));
        self.words.push(Known { head, hash: 0, at, len, next: 0 });
        self.bytes.extend_from_slice(word);
        if 2 * self.words.len() > self.places.len() {
            let places = vec![0; 4 * self.places.len()];
            for place in std::mem::replace(&mut self.places, places).into_iter().filter(|place| *place != 0) {
                self.put(place);
            }
        }
        // Texts end long before 2^30 words.
        let number = u32::try_from(self.words.len()).unwrap_or(PARTICLE - 1);
        let id = if is_particle(head, word.len()) { number | PARTICLE } else { number };
        self.put(tag >> 32 << 32 | u64::from(id));
        id
    }

    fn put(&mut self, place: u64) {
        // Nothing equals it.
        if let Err(free) = self.find(place, |_, _| false)
            && let Some(to) = self.places.get_mut(free)
        {
            *to = place;
        }
    }

    #[inline(always)]
    fn known(&self, word: Id) -> Option<&Known> {
        self.words.get(index(word))
    }

    /// Remembers that two words are neighbours.
    #[inline(always)]
    pub(super) fn pair(&mut self, first: Id, second: Id) {
        self.pairs.put(u64::from(first) << 32 | u64::from(second));
    }

    /// The same, of words that stand beside one another: the second is looked for first when the first comes again.
    #[inline(always)]
    pub(super) fn neighbours(&mut self, first: Id, second: Id) {
        if let Some(known) = self.words.get_mut(index(first)) {
            known.next = second;
        }
        self.pair(first, second);
    }

    /// The word that came behind `before` last, when it is this one: they are known for neighbours then.
    #[inline(always)]
    pub(super) fn again(&self, before: Id, head: (u64, u64), len: usize) -> Option<Id> {
        let next = self.known(before)?.next;
        self.known(next).filter(|known| known.is(head, len)).map(|_| next)
    }

    /// Joins a word to a run; a word is a run of one. Returns the longer run.
    pub(super) fn join(&mut self, run: Id, word: Id) -> Id {
        if run == TOO_LONG {
            return run;
        }
        let (first, second) = (self.place(run), self.place(word));
        if first.len() + second.len() > LONGEST_RUN {
            return TOO_LONG;
        }
        let number = RUNS + self.joined.put(u64::from(run) << 32 | u64::from(word));
        if (number - RUNS) as usize == self.runs.len() {
            let (at, len) = (self.bytes.len(), first.len() + second.len());
            self.bytes.extend_from_within(first);
            self.bytes.extend_from_within(second);
            self.runs.push(Run { at, len });
        }
        number
    }

    /// Where the bytes of a word or a run are.
    fn place(&self, number: Id) -> Range<usize> {
        match number.checked_sub(RUNS) {
            Some(at) => self.runs.get(at as usize).map(Run::place).unwrap_or_default(),
            None => self.known(number).map(Known::place).unwrap_or_default(),
        }
    }

    /// The hashes of all words, pairs and runs; some may come twice.
    pub(super) fn hashes(&mut self, hashes: &mut Vec<u64>) {
        let Self { hashing, words, bytes, pairs, runs, .. } = self;
        hashes.reserve(words.len() + runs.len() + pairs.held.len());
        for known in words.iter_mut() {
            known.hash = match known.len as usize {
                len @ 0..=16 => hashing.short(known.head, len),
                _ => hashing.word(bytes.get(known.place()).unwrap_or_default()),
            };
        }
        hashes.extend(words.iter().map(|known| known.hash));
        hashes.extend(runs.iter().map(|run| hashing.word(bytes.get(run.place()).unwrap_or_default())));
        let hash = |word: Id| words.get(index(word)).map_or(0, |known| known.hash);
        let pair = |pair: &u64| hashing.pair_of(hash((pair >> 32) as u32), hash(*pair as u32));
        hashes.extend(pairs.held.iter().map(pair));
    }
}

/// Where a word is among the words; nowhere when it is none.
#[inline(always)]
const fn index(word: Id) -> usize {
    ((word & !PARTICLE) as usize).wrapping_sub(1)
}

impl Known {
    /// Whether it is this word, of at most 16 bytes.
    #[inline(always)]
    fn is(&self, head: (u64, u64), len: usize) -> bool {
        self.head == head && self.len as usize == len
    }

    const fn place(&self) -> Range<usize> {
        self.at as usize..self.at as usize + self.len as usize
    }
}

impl Run {
    const fn place(&self) -> Range<usize> {
        self.at..self.at + self.len
    }
}

/// Pairs of numbers, in the order in which they came.
#[derive(Default)]
struct Pairs {
    held: Vec<u64>,
    /// Half of each pair's cheap hash above its number from 1; 0 is free.
    places: Vec<u64>,
    seed: u64,
}

impl Pairs {
    fn begin(&mut self, room: usize, seed: u64) {
        self.held.clear();
        self.places.clear();
        self.places.resize(room, 0);
        self.seed = seed | 1;
    }

    /// The number of a pair, from 0.
    #[inline(always)]
    fn put(&mut self, pair: u64) -> u32 {
        let tag = mix(pair, self.seed);
        let mask = self.places.len() - 1;
        let mut at = (tag >> 32) as usize & mask;
        while let Some(place) = self.places.get_mut(at) {
            if *place == 0 {
                self.held.push(pair);
                let number = u32::try_from(self.held.len()).unwrap_or(u32::MAX);
                *place = tag >> 32 << 32 | u64::from(number);
                if 2 * self.held.len() > self.places.len() {
                    self.grow();
                }
                return number - 1;
            }
            if *place >> 32 == tag >> 32 && self.held.get(*place as u32 as usize - 1) == Some(&pair) {
                return *place as u32 - 1;
            }
            at = (at + 1) & mask;
        }
        0
    }

    #[inline(never)]
    fn grow(&mut self) {
        let places = vec![0; 4 * self.places.len()];
        let mask = places.len() - 1;
        for place in std::mem::replace(&mut self.places, places).into_iter().filter(|place| *place != 0) {
            let mut at = (place >> 32) as usize & mask;
            while self.places.get(at).is_some_and(|taken| *taken != 0) {
                at = (at + 1) & mask;
            }
            if let Some(free) = self.places.get_mut(at) {
                *free = place;
            }
        }
    }
}

/// The particles of Dutch names, as words are kept.
static PARTICLE_HEADS: [u64; PARTICLES.len()] = particle_heads();

#[expect(clippy::indexing_slicing, reason = "a table, made when compiled")]
const fn particle_heads() -> [u64; PARTICLES.len()] {
    let (mut heads, mut at) = ([0; PARTICLES.len()], 0);
    while at < heads.len() {
        let mut byte = PARTICLES[at].len();
        while byte > 0 {
            byte -= 1;
            heads[at] = heads[at] << 8 | PARTICLES[at].as_bytes()[byte] as u64;
        }
        at += 1;
    }
    heads
}

/// Whether a word is a particle: no letter is a zero, so that its first eight bytes tell.
fn is_particle(head: (u64, u64), len: usize) -> bool {
    len <= LONGEST_PARTICLE && PARTICLE_HEADS.contains(&head.0)
}

/// The first 16 bytes, as two numbers, the first byte lowest.
#[inline(always)]
fn head_of(bytes: &[u8]) -> (u64, u64) {
    let mut head = [0; 16];
    for (to, from) in head.iter_mut().zip(bytes) {
        *to = *from;
    }
    let both = u128::from_le_bytes(head);
    (both as u64, (both >> 64) as u64)
}

/// Both halves of a product.
#[inline(always)]
fn mix(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product >> 64) as u64 ^ product as u64
}
