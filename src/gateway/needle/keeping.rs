//! Keeping filters: a month's file that grows, and the leaf that commits to what was added.
//!
//! Filters are written soon and synced now and then, at the latest before a leaf names them. What a crash left without a leaf is committed to at the next start, when
//! it opens under the month's key. It must not know messages.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use super::NeedleError;
use super::file::Batch;
use super::keys::{kept_key, make_key};
use super::month::{Month, MonthKey};
use crate::clock::Clock;
use crate::disk::{
    Disk, DiskError, Medium, create_dir_durable, durable_write, open_or_create, write_all_at, write_file_at,
};
use crate::journal::{
    Detail, Event, FILTERS_MAGIC, Frontier, Hash, Journal, LIST_MAGIC, Leaf, Leaves, Stretch, filters_path,
    list_path, write_filter,
};
use crate::vault::Vault;

/// The most bytes that are taken up after a crash.
const MOST_LEFT: u64 = 1 << 28;

/// Room that is kept for records that wait, in bytes.
const KEPT: usize = 1 << 18;

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
    /// The file, open from the first write after a leaf until the next leaf.
    file: Option<Box<dyn Medium>>,
    /// Where the next record goes.
    end: u64,
    /// Where the records end that are synced.
    synced: u64,
    /// Where the records begin that no leaf commits to yet.
    from: u64,
    hashes: Frontier,
    /// Records that leaves of this month commit to: so long is its list.
    committed: u64,
    /// Entries of the list for those that no leaf commits to yet.
    list: Vec<u8>,
    /// Records that are not written yet, and their exchanges and hashes.
    waiting: Vec<u8>,
    waiting_hashes: Vec<([u8; 16], Hash)>,
    /// Of records that are written and not synced.
    unsynced_hashes: Vec<([u8; 16], Hash)>,
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
        let path = filters_path(directory, &month.to_string());
        let unwritten = |source: DiskError| NeedleError::WriteFilters { month, source };
        let start = FILTERS_MAGIC.len() as u64;
        let mut keeping = Self {
            key,
            path,
            file: None,
            end: start,
            synced: start,
            from: start,
            hashes: Frontier::default(),
            committed: 0,
            list: Vec::new(),
            waiting: Vec::new(),
            waiting_hashes: Vec::new(),
            unsynced_hashes: Vec::new(),
        };
        if !keeping.path.exists() {
            create_dir_durable(disk.as_ref(), &directory.join("needle")).map_err(unwritten)?;
            durable_write(disk.as_ref(), &keeping.path, FILTERS_MAGIC).map_err(unwritten)?;
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
            let Some(batch) = Batch::of(&leaf).filter(|batch| batch.month == month) else { continue };
            self.from = self.from.max(batch.stretch.offset.saturating_add(batch.stretch.bytes));
            self.committed = self.committed.saturating_add(batch.stretch.count);
        }
        let unread = |source| NeedleError::WriteFilters {
            month,
            source: DiskError::ReadFile { path: self.path.clone(), source },
        };
        let mut file = File::open(&self.path).map_err(unread)?;
        file.seek(SeekFrom::Start(self.from)).map_err(unread)?;
        let mut bytes = Vec::new();
        // No more than a leaf's worth was left; what stands behind is nothing.
        file.take(MOST_LEFT).read_to_end(&mut bytes).map_err(unread)?;
        let mut rest = bytes.as_slice();
        while let Some((exchange, sealed, after)) = first(rest) {
            if self.key.sealer().open(&self.key.place(exchange), sealed).is_err() {
                break;
            }
            if let Some(hash) = write_filter(exchange, sealed, &mut Vec::new()) {
                self.took(exchange, hash);
            }
            rest = after;
        }
        let found = bytes.len() - rest.len();
        self.end = self.from + found as u64;
        self.synced = self.end;
        if found > 0 {
            // They may only be in memory: written again, they are on the disk before a leaf says so.
            let again = bytes.get(..found).unwrap_or_default();
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
        if let Some(hash) = write_filter(exchange, &sealed, &mut self.waiting) {
            self.waiting_hashes.push((*exchange, hash));
        }
        Ok(())
    }

    /// A record is in the file, for the next leaf.
    fn took(&mut self, exchange: &[u8; 16], hash: Hash) {
        self.hashes.push(hash);
        self.list.extend_from_slice(exchange);
        self.list.extend_from_slice(&hash);
    }

    /// How many filters wait, and their bytes.
    pub(super) fn waiting(&self) -> (usize, usize) {
        (self.waiting_hashes.len(), self.waiting.len())
    }

    /// How many records no leaf commits to yet, and their bytes; those that wait apart.
    pub(super) fn uncommitted(&self) -> (u64, u64) {
        (self.hashes.size() + self.unsynced_hashes.len() as u64, self.end - self.from)
    }

    /// Bytes that are written and not synced.
    pub(super) fn unsynced(&self) -> u64 {
        self.end - self.synced
    }

    /// Writes what waits. When it fails, that is lost, and the place is written over by what comes next.
    pub(super) fn write(&mut self, ground: &Ground) -> Result<(), NeedleError> {
        let written = self.try_write(ground).map_err(|source| self.unwritten(source));
        if written.is_ok() {
            self.end += self.waiting.len() as u64;
            self.unsynced_hashes.append(&mut self.waiting_hashes);
        }
        self.waiting.clear();
        self.waiting.shrink_to(KEPT);
        self.waiting_hashes.clear();
        written
    }

    fn try_write(&mut self, ground: &Ground) -> Result<(), DiskError> {
        let file = match &mut self.file {
            Some(file) => file,
            // Anew after each leaf: who puts another file in its place has that one grow.
            file => file.insert(open_or_create(ground.disk.as_ref(), &self.path)?),
        };
        let written = write_all_at(file.as_mut(), &self.waiting, self.end);
        written.map_err(|source| DiskError::WriteFile { path: self.path.clone(), source })
    }

    /// Syncs what is written. When it fails, that is lost: how many records. It is not tried again, as the system may
    /// have let go of the bytes; the place is written over.
    pub(super) fn sync(&mut self) -> Result<(), (usize, NeedleError)> {
        if self.end == self.synced {
            return Ok(());
        }
        let hashes = std::mem::take(&mut self.unsynced_hashes);
        let synced = match &mut self.file {
            Some(file) => file.sync(),
            // What was written was written to it: it is there.
            None => Err(ErrorKind::NotFound.into()),
        };
        if let Err(source) = synced {
            (self.end, self.file) = (self.synced, None);
            let source = DiskError::SyncFile { path: self.path.clone(), source };
            return Err((hashes.len(), self.unwritten(source)));
        }
        self.synced = self.end;
        hashes.into_iter().for_each(|(exchange, hash)| self.took(&exchange, hash));
        Ok(())
    }

    fn unwritten(&self, source: DiskError) -> NeedleError {
        NeedleError::WriteFilters { month: self.key.month(), source }
    }

    /// Commits to what is synced and not committed to. When the journal takes no leaf, the next call tries again.
    pub(super) fn commit(&mut self, ground: &Ground) -> Result<(), NeedleError> {
        self.file = None;
        if self.hashes.size() == 0 {
            return Ok(());
        }
        let month = self.key.month();
        let stretch = Stretch {
            month: month.to_string(),
            offset: self.from,
            bytes: self.synced - self.from,
            count: self.hashes.size(),
            root: self.hashes.root(),
        };
        // Before the leaf, so that a verifier can always say which filter it is that differs.
        let list = list_path(&ground.directory, &stretch.month);
        let unwritten = |source: DiskError| NeedleError::WriteFilters { month, source };
        if !list.exists() {
            durable_write(ground.disk.as_ref(), &list, LIST_MAGIC).map_err(unwritten)?;
        }
        let at = LIST_MAGIC.len() as u64 + 48 * self.committed;
        write_file_at(ground.disk.as_ref(), &list, &self.list, at).map_err(unwritten)?;
        let leaf = stretch.leaf(ground.clock.now().as_millis());
        ground.journal.append_blocking(leaf, Vec::new()).map_err(NeedleError::AskJournal)?;
        self.committed += stretch.count;
        self.list.clear();
        self.from = self.synced;
        self.hashes = Frontier::default();
        Ok(())
    }
}

/// The first record of `bytes`, and what follows it; none when there is no whole one.
fn first(bytes: &[u8]) -> Option<(&[u8; 16], &[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (body, after) = rest.split_at_checked(16_usize.checked_add(length)?)?;
    let (exchange, sealed) = body.split_first_chunk::<16>()?;
    Some((exchange, sealed, after))
}
