//! The filter in front of everything: whether a word can begin a look at all. Two bits in one word of a Bloom
//! filter, so that a text's words cost one fetch each, of one cache line. It says no for certain, and yes in doubt.

use super::facts::push_distinct;

/// Words that may be anchors.
#[derive(Default)]
pub(super) struct Filter {
    gathered: Vec<u64>,
    /// What is in it already, where more may follow.
    taken: Vec<u64>,
    bits: Vec<u64>,
    /// One less than the number of cells, a power of two.
    mask: u64,
}

/// Bits for each word, before rounding up to a power of two.
const ROOM: usize = 14;
/// So many words are not sorted first.
const FEW: usize = 1 << 15;

impl Filter {
    /// Takes in a word by its hash; `settle` must follow the last.
    pub(super) fn add(&mut self, hash: u64) {
        push_distinct(&mut self.gathered, hash);
    }

    /// Builds the filter from what was taken in. One that grows keeps the words that are in it: with more of them it is made
    /// anew, which happens as seldom as it doubles.
    pub(super) fn settle(&mut self, grows: bool) {
        let mut gathered = std::mem::take(&mut self.gathered);
        let again = !self.bits.is_empty();
        if again {
            self.taken.extend_from_slice(&gathered);
            if self.taken.len() * ROOM / 2 <= self.bits.len() * 64 {
                return gathered.into_iter().for_each(|hash| self.put(hash));
            }
            gathered = std::mem::take(&mut self.taken);
        }
        let room = if again || gathered.len() > FEW {
            gathered.sort_unstable();
            gathered.dedup();
            ROOM
        } else {
            // Most words come more than once, and sorting a few costs more than a cell too many.
            ROOM / 2
        };
        let cells = (gathered.len() * room / 64).next_power_of_two().max(16);
        self.bits = vec![0; cells];
        self.mask = cells as u64 - 1;
        for hash in &gathered {
            self.put(*hash);
        }
        if grows {
            self.taken = gathered;
        }
    }

    fn put(&mut self, hash: u64) {
        if let Some(cell) = self.bits.get_mut((hash & self.mask) as usize) {
            *cell |= two_of(hash);
        }
    }

    /// Whether a word may be an anchor: cheap, and wrong for a few words in a hundred.
    #[inline]
    pub(super) fn may_hold(&self, hash: u64) -> bool {
        let wanted = two_of(hash);
        self.bits.get((hash & self.mask) as usize).is_some_and(|cell| cell & wanted == wanted)
    }

    /// Bytes held.
    pub(super) fn memory(&self) -> usize {
        (self.bits.capacity() + self.taken.capacity()) * 8
    }
}

#[inline]
const fn two_of(hash: u64) -> u64 {
    1 << (hash >> 58) | 1 << (hash >> 52 & 63)
}
