//! Leaves read back in order, for reports and look-ups. It must not believe them: whoever needs proof
//! verifies first.

use std::path::Path;

use super::open::{CHECKPOINT, ENTRIES};
use super::record::{self, LOG_MAGIC};
use super::tile::{TILE_WIDTH, bundle_path};
use super::walk::{self, Bundle};
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

/// Gives every leaf to `each`, in order: of `entries.log`, or, in a copy without one, of the bundles under its
/// checkpoint. Returns how many there were.
///
/// # Errors
/// What cannot be read, or is no leaf.
pub fn each_leaf(directory: &Path, each: &mut dyn FnMut(Leaf)) -> Result<u64, JournalError> {
    let mut index = 0;
    if directory.join(ENTRIES).exists() {
        let mut leaves = Leaves::open(directory)?;
        while let Some((leaf, _)) = leaves.read()? {
            each(leaf);
            index += 1;
        }
        return Ok(index);
    }
    let note = walk::note(directory, CHECKPOINT).ok_or(JournalError::Sealed(Seal::CheckpointMissing))?;
    let size: u64 = note.lines().nth(1).and_then(|size| size.parse().ok()).unwrap_or_default();
    while index < size {
        let width = usize::try_from(size - index).unwrap_or(TILE_WIDTH).min(TILE_WIDTH);
        let at = index / TILE_WIDTH as u64;
        let missing = || JournalError::ReadTile { path: bundle_path(at, width) };
        let Bundle::Entries(entries) = walk::bundle(directory, at, width) else { return Err(missing()) };
        for entry in &entries {
            let unreadable = |error| JournalError::Sealed(Seal::LeafUnreadable { index, error });
            each(Leaf::decode(entry).map_err(unreadable)?);
            index += 1;
        }
    }
    Ok(index)
}
