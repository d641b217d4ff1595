//! The index: what looks up a row by its key. It is not trusted: it sees MACs and sealed bytes, may lose or
//! damage them, and is built again from the log whenever it did.
//!
//! It must not know what a row means, which scope it belongs to, or any key.

use super::barrier::{Key, Sealed};

/// Why an index is of no use any more. The answer is always the same: build it again.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub(crate) enum StoreError {
    /// It could not be opened.
    #[error("the index could not be opened ({0})")]
    OpenIndex(String),
    /// A row could not be read.
    #[error("the index could not be read ({0})")]
    ReadRow(String),
    /// Rows could not be written.
    #[error("the index could not be written ({0})")]
    WriteRows(String),
    /// Another process holds it. Building it again would not help.
    #[error("another process holds the index")]
    Held,
}

/// A place for rows. One contract suite (`store/tests.rs`) runs on every implementation.
pub(crate) trait Store: Send + Sync {
    /// The bytes under this key, unverified: only the barrier can tell whether they are what was put there.
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError>;

    /// Puts all rows or none, also when the process dies; a key that exists gets the new bytes.
    fn put(&self, rows: &[(Key, Sealed)]) -> Result<(), StoreError>;

    /// How many rows there are, by walking over each of them: what cannot be read is not counted.
    fn count(&self) -> Result<u64, StoreError>;

    /// Makes what was put so far survive a power cut.
    fn sync(&self) -> Result<(), StoreError>;
}

#[cfg(test)]
mod tests;
