//! Keeping filters: a month's file that grows, and the leaf that commits to what was added.
//!
//! Filters are synced before a leaf names them. What a crash left without a leaf is committed to at the next start, when
//! it opens under the month's key. It must not know messages.

use std::path::PathBuf;
use std::sync::Arc;

use super::NeedleError;
use super::file::{self, Batch, MAGIC, first, path};
use super::keys::{kept_key, make_key};
use super::month::{Month, MonthKey};
use crate::clock::Clock;
use crate::disk::{Disk, DiskError, create_dir_durable, durable_write, write_file_at};
use crate::journal::{Detail, Event, Frontier, Hash, Journal, Leaf, Leaves};
use crate::vault::Vault;

/// What keeping needs.
pub(super) struct Ground {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) directory: PathBuf,
    pub(super) vault: Arc<Vault>,
    pub(super) journal: Arc<Journal>,
    pub(super) clock: Arc<dyn Clock>,
}

/// A month whose file grows.
pub(super) struct Keeping {
    key: MonthKey,
    path: PathBuf,
    /// Where the next record goes.
    end: u64,
    /// Where the records begin that no leaf commits to yet.
    from: u64,
    hashes: Frontier,
    /// Records that are not written yet.
    waiting: Vec<u8>,
    waiting_hashes: Vec<Hash>,
}

impl Keeping {
    /// Opens a month, making its key and file when there are none.
    pub(super) fn open(month: Month, ground: &Ground) -> Result<Self, NeedleError> {
        let Ground { disk, directory, vault, .. } = ground;
        let key = match kept_key(directory, month, vault)? {
            Some(key) => key,
            None => {
                let key = make_key(disk.as_ref(), directory, month, vault)?;
                let mut leaf = Leaf::new(Event::NEEDLE_KEY, ground.clock.now().as_millis());
                leaf.details = vec![
                    ("act".to_owned(), Detail::Text("made".to_owned())),
                    ("month".to_owned(), Detail::Text(month.to_string())),
                ];
                ground.journal.append_blocking(leaf, Vec::new()).map_err(NeedleError::AskJournal)?;
                key
            }
        };
        let path = path(directory, month);
        let unwritten = |source: DiskError| NeedleError::WriteFilters { month, source };
        let start = MAGIC.len() as u64;
        let mut keeping = Self {
            key,
            path,
            end: start,
            from: start,
            hashes: Frontier::default(),
            waiting: Vec::new(),
            waiting_hashes: Vec::new(),
        };
        if !keeping.path.exists() {
            create_dir_durable(disk.as_ref(), &directory.join("needle")).map_err(unwritten)?;
            durable_write(disk.as_ref(), &keeping.path, MAGIC).map_err(unwritten)?;
            return Ok(keeping);
        }
        keeping.recover(ground)?;
        Ok(keeping)
    }

    /// Takes up what is there: behind the last record that a leaf commits to, whatever opens counts.
    fn recover(&mut self, ground: &Ground) -> Result<(), NeedleError> {
        let month = self.key.month();
        let mut leaves = Leaves::open(&ground.directory).map_err(NeedleError::AskJournal)?;
        while let Some((leaf, _)) = leaves.read().map_err(NeedleError::AskJournal)? {
            let end = Batch::of(&leaf).filter(|batch| batch.month == month);
            self.from = self.from.max(end.map_or(0, |batch| batch.offset.saturating_add(batch.bytes)));
        }
        let unread = |source| NeedleError::WriteFilters {
            month,
            source: DiskError::ReadFile { path: self.path.clone(), source },
        };
        let bytes = std::fs::read(&self.path).map_err(unread)?;
        let from = usize::try_from(self.from).unwrap_or(usize::MAX);
        let mut rest = bytes.get(from..).unwrap_or_default();
        let begun = rest.len();
        while let Some((record, after)) = first(rest) {
            if self.key.sealer().open(&self.key.place(record.exchange), record.sealed).is_err() {
                break;
            }
            self.hashes.push(record.hash);
            rest = after;
        }
        let found = begun - rest.len();
        self.end = self.from + found as u64;
        if found > 0 {
            // They may only be in memory: written again, they are on the disk before a leaf says so.
            let again = bytes.get(from..from + found).unwrap_or_default();
            write_file_at(ground.disk.as_ref(), &self.path, again, self.from)
                .map_err(|source| NeedleError::WriteFilters { month, source })?;
        }
        Ok(())
    }

    pub(super) fn key(&self) -> &MonthKey {
        &self.key
    }

    /// Seals a filter; it is written by the next [`Keeping::write`].
    pub(super) fn add(&mut self, exchange: &[u8; 16], filter: &[u8]) -> Result<(), NeedleError> {
        let sealed =
            self.key.sealer().seal(&self.key.place(exchange), filter).map_err(NeedleError::SealFilter)?;
        if let Some(hash) = file::write(exchange, &sealed, &mut self.waiting) {
            self.waiting_hashes.push(hash);
        }
        Ok(())
    }

    /// How many filters wait, and their bytes.
    pub(super) fn waiting(&self) -> (usize, usize) {
        (self.waiting_hashes.len(), self.waiting.len())
    }

    /// How many records no leaf commits to yet, those that wait apart.
    pub(super) fn uncommitted(&self) -> u64 {
        self.hashes.size()
    }

    /// Writes and syncs what waits. When it fails, that is lost, and the place is written over by what comes next.
    pub(super) fn write(&mut self, ground: &Ground) -> Result<(), NeedleError> {
        let (bytes, hashes) = (std::mem::take(&mut self.waiting), std::mem::take(&mut self.waiting_hashes));
        if hashes.is_empty() {
            return Ok(());
        }
        write_file_at(ground.disk.as_ref(), &self.path, &bytes, self.end)
            .map_err(|source| NeedleError::WriteFilters { month: self.key.month(), source })?;
        hashes.into_iter().for_each(|hash| self.hashes.push(hash));
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Commits to what is written and not committed to. When the journal takes no leaf, the next call tries again.
    pub(super) fn commit(&mut self, ground: &Ground) -> Result<(), NeedleError> {
        if self.hashes.size() == 0 {
            return Ok(());
        }
        let batch = Batch {
            month: self.key.month(),
            offset: self.from,
            bytes: self.end - self.from,
            count: self.hashes.size(),
            root: self.hashes.root(),
        };
        let leaf = batch.leaf(ground.clock.now().as_millis());
        ground.journal.append_blocking(leaf, Vec::new()).map_err(NeedleError::AskJournal)?;
        self.from = self.end;
        self.hashes = Frontier::default();
        Ok(())
    }
}
