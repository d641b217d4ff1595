//! Leaves read back in order, for reports and look-ups. It must not believe them: whoever needs proof
//! verifies first.

use std::path::Path;

use super::open::{CHECKPOINT, ENTRIES};
use super::record::{self, LOG_MAGIC};
use super::{Hash, JournalError, Leaf, Seal};
use crate::disk::{DiskError, Reader, Step};

/// Reads `entries.log` from its beginning, up to the length that it had when opened.
#[derive(Debug)]
pub struct Leaves {
    reader: Reader,
    next: u64,
}

impl Leaves {
    /// Opens the journal below `directory` for reading, also while a process writes it.
    pub fn open(directory: &Path) -> Result<Self, JournalError> {
        let path = directory.join(ENTRIES);
        if !path.exists() {
            // What the checkpoint says is for the message only, so it need not be believed.
            let text = std::fs::read_to_string(directory.join(CHECKPOINT)).unwrap_or_default();
            let checkpoint = text.lines().nth(1).and_then(|size| size.parse().ok()).unwrap_or_default();
            return Err(JournalError::Sealed(Seal::LogMissing { checkpoint }));
        }
        let reader = Reader::open(&path, LOG_MAGIC).map_err(JournalError::OpenJournal)?;
        Ok(Self { reader, next: 0 })
    }

    /// The next leaf and its pupil commitments, ascending; none after the last whole record.
    // Not an Iterator: most callers stop at the first error.
    pub fn read(&mut self) -> Result<Option<(Leaf, Vec<Hash>)>, JournalError> {
        match self.reader.next() {
            Ok(Step::Record { payload, .. }) => {
                let (leaf, _, commitments) =
                    record::check(payload, self.next).map_err(JournalError::Sealed)?;
                self.next += 1;
                Ok(Some((leaf, commitments.as_chunks::<32>().0.to_vec())))
            }
            Ok(Step::End { .. } | Step::Torn { .. }) => Ok(None),
            Err(DiskError::Damaged { offset, .. }) => {
                Err(JournalError::Sealed(Seal::LogDamaged { log: self.next, offset }))
            }
            Err(error) => Err(JournalError::OpenJournal(error)),
        }
    }
}
