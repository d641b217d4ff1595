//! Names of one pupil: a few short texts one behind the other, each once, in a buffer that is used again for the next.
//!
//! It knows letters and their hashes, and not what the names are for.

use super::word::hash_word;

/// A word and its hash.
#[derive(Clone, Copy)]
pub(super) struct Hashed<'a> {
    /// The folded letters.
    pub(super) word: &'a [u8],
    /// Their hash.
    pub(super) hash: u64,
}

impl<'a> From<&'a [u8]> for Hashed<'a> {
    fn from(word: &'a [u8]) -> Self {
        Self { word, hash: hash_word(word) }
    }
}

/// Different names, in the order in which they came.
#[derive(Default)]
pub(super) struct Names {
    text: Vec<u8>,
    places: Vec<Place>,
}

struct Place {
    start: usize,
    end: usize,
    hash: u64,
    prefixed: bool,
}

impl Names {
    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.places.clear();
    }

    /// Takes the name that `parts` make in one piece, unless it is empty or known. `prefixed` is kept with it.
    pub(super) fn put<'a>(&mut self, parts: impl Iterator<Item = &'a [u8]>, prefixed: bool) {
        let start = self.text.len();
        for part in parts {
            self.text.extend_from_slice(part);
        }
        let word = self.text.get(start..).unwrap_or_default();
        let hash = hash_word(word);
        let known = |place: &Place| place.hash == hash && self.text.get(place.start..place.end) == Some(word);
        if word.is_empty() || self.places.iter().any(known) {
            return self.text.truncate(start);
        }
        let end = self.text.len();
        self.places.push(Place { start, end, hash, prefixed });
    }

    /// Every name, and what was kept with it.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Hashed<'_>, bool)> {
        self.places.iter().map(|place| {
            let word = self.text.get(place.start..place.end).unwrap_or_default();
            (Hashed { word, hash: place.hash }, place.prefixed)
        })
    }

    /// Every name as it is written.
    pub(super) fn words(&self) -> impl Iterator<Item = &[u8]> {
        self.iter().map(|(name, _)| name.word)
    }
}
