//! The needle: afterwards, and for any name, whether it was in what left.
//!
//! For each message that leaves, a filter of its words and pairs of words is kept sealed beside the journal, and
//! a leaf commits to it. It is made off the request's path, of the final bytes, whatever the guard thought: it reads no
//! roster and no profile. Decision 0010 says what it covers. It must not keep, log or show a word.

mod around;
mod distinct;
mod file;
mod filter;
mod keeping;
mod keys;
mod look;
mod month;
mod question;
mod queue;
mod scan;
mod sip;
mod text;
mod words;
mod worker;

pub use filter::RATE_BITS;
pub use keys::{export_text, kept_key, parse_export, remove_key};
pub use look::{Asked, Found, Hit, Keys, MOST_HITS, Missing, Wrong, covered, look};
pub use month::{Month, MonthKey};
pub use question::{Question, Unasked};
pub use worker::{Needle, Settings};

/// Filters made one after another in room that is kept, as the worker makes them: for benches.
pub struct Filters {
    key: MonthKey,
    gathering: words::Gathering,
}

impl Filters {
    /// Under this key.
    pub fn new(key: MonthKey) -> Self {
        Self { key, gathering: words::Gathering::default() }
    }

    /// The filter of a message.
    pub fn of(&mut self, message: &super::Message) -> Vec<u8> {
        self.gathering.filter(&self.key, &text::Heads::of(&message.head), &message.body)
    }
}

/// A filter, made at once.
#[cfg(test)]
fn filter_of(key: &MonthKey, message: &super::Message) -> Vec<u8> {
    words::Gathering::default().filter(key, &text::Heads::of(&message.head), &message.body)
}

#[cfg(test)]
mod tests;

/// What failed. No variant holds text of a message.
#[derive(Debug, thiserror::Error)]
pub enum NeedleError {
    /// A month's key could not be made, kept or removed.
    #[error("the needle key of {month} cannot be made, kept or removed: {why}")]
    KeepKey {
        /// Which month.
        month: Month,
        /// What went wrong.
        why: String,
    },
    /// A month's key could not be read.
    #[error("the needle key of {month} cannot be read: {why}")]
    ReadKey {
        /// Which month.
        month: Month,
        /// What went wrong.
        why: String,
    },
    /// Filters could not be written.
    #[error("the filters of {month} cannot be written")]
    WriteFilters {
        /// Which month.
        month: Month,
        /// What the disk said.
        source: crate::disk::DiskError,
    },
    /// A filter could not be sealed.
    #[error("a filter cannot be sealed")]
    SealFilter(#[source] crate::crypto::CryptoError),
    /// The journal did not take the leaf, or could not be read.
    #[error("the journal does not answer")]
    AskJournal(#[source] crate::journal::JournalError),
    /// The worker could not be started.
    #[error("the thread that makes filters cannot be started")]
    StartWorker(#[source] std::io::Error),
}
