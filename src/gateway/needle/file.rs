//! The stretch of a month's file that a leaf commits to, with its month. It must not know what a filter holds.

use super::month::Month;
use crate::journal::{Leaf, Stretch};

/// A stretch of records of a month.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    pub(super) month: Month,
    pub(super) stretch: Stretch,
}

impl Batch {
    /// Reads it from a leaf; none when the leaf is about something else.
    pub(super) fn of(leaf: &Leaf) -> Option<Self> {
        let stretch = Stretch::of(leaf)?;
        Some(Self { month: Month::parse(&stretch.month)?, stretch })
    }
}
