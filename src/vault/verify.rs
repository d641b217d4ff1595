//! Reading everything: each record of a log opened, each entry turned into rows, and, for an open vault, each
//! row looked for in the index.
//!
//! It must not change anything.

use std::collections::HashMap;
use std::path::Path;
use std::sync::PoisonError;

use super::Vault;
use super::barrier::{Barrier, Key, Sealed};
use super::error::VaultError;
use super::inner::Progress;
use super::log::{Head, MAGIC, NOTICES, Record};
use super::record::Entry;
use super::rows::{NoRows, rows_of};
use super::scopes::{Owner, Scopes};
use crate::disk::{Reader, Step};

/// What a log holds. Counts only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Records, notices among them.
    pub records: u64,
    /// Identifiers with a pseudonym.
    pub mappings: u64,
    /// Persons with a stand-in.
    pub labels: u64,
    /// Values behind stand-ins, as often as they changed.
    pub originals: u64,
    /// Things and names that publishers made.
    pub minted: u64,
    /// Records of closed epochs: nobody can read them.
    pub closed: u64,
}

/// What verifying found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Where the log stood.
    pub head: Head,
    /// What it holds.
    pub tally: Tally,
    /// Rows in the index.
    pub rows: u64,
    /// Rows that the log says should be there and are not.
    pub missing_rows: u64,
}

/// What recovery needs to know of a scope: whether it has what must never be assigned twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Assigned {
    pub(crate) labels: bool,
    pub(crate) digits: bool,
}

/// Everything that opens a log.
pub(crate) struct Opening<'a> {
    pub(crate) vault: [u8; 16],
    pub(crate) barrier: &'a Barrier,
    pub(crate) scopes: &'a Scopes,
}

/// Opens every record of a log up to `to`. `row` is told every row.
pub(crate) fn read_all(
    path: &Path,
    opening: &Opening<'_>,
    to: Head,
    row: &mut dyn FnMut(Key, Sealed) -> Result<(), VaultError>,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Tally, HashMap<u32, Assigned>), VaultError> {
    let mut reader = Reader::open(path, MAGIC).map_err(|why| VaultError::reading(path, &why))?;
    let mut head = Head::before_all(&opening.vault);
    let (mut tally, mut assigned) = (Tally::default(), HashMap::new());
    while head.sequence < to.sequence {
        let step = reader.next().map_err(|why| VaultError::reading(path, &why))?;
        let Step::Record { payload, .. } = step else { break };
        let bad = || VaultError::Sealed {
            why: format!(
                "record {} of {} does not open with this vault's keys",
                head.sequence + 1,
                path.display()
            ),
        };
        let record = Record::read(payload).filter(|record| record.follows(&head)).ok_or_else(bad)?;
        if record.key != NOTICES {
            match opening.scopes.owner(record.key) {
                Owner::Open(open) => {
                    let plain = record.open(&opening.vault, &head, &open.records).ok_or_else(bad)?;
                    let of = assigned.entry(record.key).or_default();
                    for entry in Entry::read_all(plain.expose()).ok_or_else(bad)? {
                        tally.add(&entry, of);
                        let rows = rows_of(opening.barrier, &open, &entry).map_err(|why| match why {
                            NoRows::Unsealable => VaultError::Unsealable,
                            NoRows::Unknown => bad(),
                        })?;
                        rows.into_iter().try_for_each(|(key, sealed)| row(key, sealed))?;
                    }
                }
                Owner::Closed => tally.closed += 1,
                Owner::Unknown => return Err(bad()),
            }
        }
        head = head.after(payload);
        tally.records += 1;
        if head.sequence.is_multiple_of(1024) || head.sequence == to.sequence {
            progress(Progress::Log { records: head.sequence });
        }
    }
    match head == to {
        true => Ok((tally, assigned)),
        false => Err(VaultError::Sealed { why: format!("{} has another {head} than {to}", path.display()) }),
    }
}

impl Tally {
    fn add(&mut self, entry: &Entry<'_>, of: &mut Assigned) {
        match entry {
            Entry::Mapping { shape, .. } => {
                self.mappings += 1;
                of.digits |= shape.starts_with("digits:");
            }
            Entry::Label { .. } => {
                self.labels += 1;
                of.labels = true;
            }
            Entry::Original { .. } => self.originals += 1,
            Entry::Thing { .. } | Entry::Alias { .. } => self.minted += 1,
        }
    }
}

impl Vault {
    /// Opens every record of the log as it stands now, and looks for every row in the index. The vault serves
    /// meanwhile. Blocks; takes about a second for 20,000 mappings.
    ///
    /// # Errors
    /// [`VaultError::Sealed`] when a record does not open. Missing rows are counted, not an error: `rebuild`
    /// brings them back.
    pub fn verify(&self, progress: &mut dyn FnMut(Progress)) -> Result<Verified, VaultError> {
        let inner = &self.inner;
        inner.check()?;
        let _file = inner.file.read().unwrap_or_else(PoisonError::into_inner);
        let head = inner.after.head();
        let Some(path) = &inner.log_path else {
            return Ok(Verified { head, tally: Tally::default(), rows: 0, missing_rows: 0 });
        };
        let scopes = inner.scopes();
        let opening = Opening { vault: inner.vault, barrier: &inner.barrier, scopes: &scopes };
        let mut missing_rows = 0;
        let mut row = |key: Key, _: Sealed| {
            if !inner.has(&key) {
                missing_rows += 1;
            }
            Ok(())
        };
        let (tally, _) = read_all(path, &opening, head, &mut row, progress)?;
        let rows = inner.index.store().and_then(|store| store.count());
        let rows = rows.map_err(|why| inner.index_down(&why.to_string()))?;
        Ok(Verified { head, tally, rows, missing_rows })
    }

    /// Builds the index again from the log. Blocks; look-ups go on.
    ///
    /// # Errors
    /// [`VaultError::IndexDown`] when the new index cannot be written: the old one stays in use.
    pub fn rebuild(&self, progress: &mut dyn FnMut(Progress)) -> Result<(), VaultError> {
        self.inner.check()?;
        self.inner.rebuild(progress)
    }
}
