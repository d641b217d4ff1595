//! How common the words of phrases are: the rarest word of a phrase is where the scanner looks for it.

use super::phrase::records_from;
use super::word::{hash_word, is_particle, lone_bit};

/// How many phrases hold a word, roughly: a sketch that forgets the words themselves.
pub(super) struct Commonness {
    counts: Vec<u16>,
}

/// A word of a phrase.
pub(super) struct Word {
    /// Its hash.
    pub(super) hash: u64,
    /// The bit of its byte, if it has only one.
    pub(super) lone: u64,
    /// Whether it is a tussenvoegsel.
    pub(super) particle: bool,
    /// Lower is better as an anchor: long enough to be rare in texts too, then rare among phrases,
    /// then long.
    pub(super) rank: u32,
    /// In how many phrases it stands, roughly.
    pub(super) seen: u32,
}

impl Commonness {
    /// Counts the words of `count` phrases, from an offset of the arena on.
    pub(super) fn of(arena: &[u8], from: usize, count: usize) -> Self {
        let mut counts = vec![0_u16; (count * 4).next_power_of_two().clamp(256, 1 << 22)];
        let mask = counts.len() - 1;
        for (_, phrase) in records_from(arena, from) {
            for word in phrase.words.split(|&byte| byte == b' ') {
                if let Some(seen) = counts.get_mut(hash_word(word) as usize & mask) {
                    *seen = seen.saturating_add(1);
                }
            }
        }
        Self { counts }
    }

    /// A word with its rank.
    pub(super) fn word(&self, word: &[u8]) -> Word {
        let hash = hash_word(word);
        let seen = self.counts.get(hash as usize & (self.counts.len() - 1)).copied();
        let brevity = 255 - word.len().min(255) as u32;
        let seen = u32::from(seen.unwrap_or(u16::MAX));
        // Years and other short numbers stand in every message, however rare they are in names.
        let weak = word.len() < 4 || word.len() == 4 && word.iter().all(u8::is_ascii_digit);
        let rank = if weak { 1 << 28 | brevity << 16 | seen } else { seen << 8 | brevity };
        Word { hash, lone: lone_bit(word), seen, particle: word.len() <= 5 && is_particle(word), rank }
    }
}
