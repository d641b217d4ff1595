//! Reading entries without opening the journal: for `explain`, and for the vault head that the newest leaf
//! names, which must be known before the vault is opened and so before the signing key is.
//!
//! Nothing is changed, and nothing is proved: what is read here is believed only as far as `Journal::open` or
//! `verify` confirm it.

use std::path::Path;

use super::open::ENTRIES;
use super::record::{self, LOG_MAGIC};
use super::{JournalError, Leaf, Seal, VaultHead};
use crate::disk::{DiskError, Reader, Step};

/// Hands every whole entry of the journal below `directory` to `each`, oldest first, until it returns false. A
/// torn last batch is passed over; without a journal there are no entries.
///
/// # Errors
/// [`JournalError::Sealed`] at the first damaged record, [`JournalError::OpenJournal`] when the file cannot be
/// read.
pub fn read_leaves(directory: &Path, each: &mut dyn FnMut(Leaf) -> bool) -> Result<(), JournalError> {
    let path = directory.join(ENTRIES);
    if !path.exists() {
        return Ok(());
    }
    let mut reader = Reader::open(&path, LOG_MAGIC).map_err(JournalError::OpenJournal)?;
    let mut index = 0;
    loop {
        match reader.next() {
            Ok(Step::Record { payload, .. }) => {
                let (leaf, ..) = record::check(payload, index).map_err(JournalError::Sealed)?;
                if !each(leaf) {
                    return Ok(());
                }
                index += 1;
            }
            Ok(Step::End { .. } | Step::Torn { .. }) => return Ok(()),
            Err(DiskError::Damaged { offset, .. }) => {
                return Err(JournalError::Sealed(Seal::LogDamaged { log: index, offset }));
            }
            Err(error) => return Err(JournalError::OpenJournal(error)),
        }
    }
}

/// The newest head of the vault's log that any entry names.
///
/// # Errors
/// As [`read_leaves`].
pub fn newest_vault_head(directory: &Path) -> Result<Option<VaultHead>, JournalError> {
    let mut newest: Option<VaultHead> = None;
    read_leaves(directory, &mut |leaf| {
        if let Some(head) = leaf.vault
            && newest.is_none_or(|old| old.sequence <= head.sequence)
        {
            newest = Some(head);
        }
        true
    })?;
    Ok(newest)
}
