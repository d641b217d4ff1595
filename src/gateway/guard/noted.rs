//! What the guard found and let go: suspects where a route only reports them, and numbers in typed places.
//!
//! Counts under stable names; never a value, and never where it stood.

use std::ops::Range;

/// What is done with a find that may also be something else. What is certain blocks, whatever this says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Suspects {
    /// It blocks, as what is certain does.
    #[default]
    Block,
    /// It is counted and let go.
    Report,
}

/// Counts by name, names ascending.
#[derive(Debug, Default)]
pub(super) struct Noted {
    counts: Vec<(&'static str, u64)>,
    /// Places counted already: one place is found by more than one reading of it.
    places: Vec<(&'static str, Range<usize>)>,
}

/// Beyond so many places a find may be counted twice.
const PLACES: usize = 256;

impl Noted {
    /// Counts a find, once for each place.
    pub(super) fn add(&mut self, name: &'static str, span: Range<usize>) {
        if self.places.iter().any(|(known, place)| *known == name && *place == span) {
            return;
        }
        if self.places.len() < PLACES {
            self.places.push((name, span));
        }
        match self.counts.binary_search_by_key(&name, |(known, _)| known) {
            Ok(at) => {
                if let Some((_, count)) = self.counts.get_mut(at) {
                    *count += 1;
                }
            }
            Err(at) => self.counts.insert(at, (name, 1)),
        }
    }

    /// The counts.
    pub(super) fn into_counts(self) -> Vec<(&'static str, u64)> {
        self.counts
    }
}
