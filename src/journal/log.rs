//! The journal as the gateway uses it: append, checkpoint, stop. It must not know what a leaf means.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::checkpoint::journal_vkey;
use super::keep::{Durable, Incoming, Keeping};
use super::note::Vkey;
use super::open::{CHECKPOINT, ENTRIES, check_clock, recover};
use super::publish::Published;
use super::{Checkpoint, Event, Hash, JournalError, Leaf, Opened, Seal, Settings, VaultHead, record};
use crate::crypto::SigningKey;
use crate::disk::{Committer, Counts, Disk, DiskError, Lock, Pending, durable_write};

/// An open journal. Only one process holds it.
pub struct Journal {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) directory: PathBuf,
    pub(super) origin: String,
    vkey: Vkey,
    /// The keys whose checkpoints are believed: the journal's own, and earlier ones.
    pub(super) trusted: Vec<Vkey>,
    log: Committer<Keeping>,
    durable: Durable,
    newest: Mutex<Newest>,
    /// The newest vault head that was handed in with a leaf.
    anchored: Mutex<Option<VaultHead>>,
    /// Says where the vault's log stands now.
    heads: OnceLock<Heads>,
    diverged: AtomicBool,
    /// Why nothing more is recorded, once a witness has shown it.
    pub(super) sealed: OnceLock<Seal>,
    _lock: Lock,
}

/// Says where the vault's log stands; none when nobody can say.
type Heads = Box<dyn Fn() -> Option<VaultHead> + Send + Sync>;

/// The newest checkpoint, and what is written under it.
#[derive(Debug)]
pub(super) struct Newest {
    published: Published,
    /// The signed checkpoint as it lies there, cosignatures included.
    pub(super) note: String,
}

impl Newest {
    /// How many entries it covers.
    pub(super) fn size(&self) -> u64 {
        self.published.size()
    }
}

impl Journal {
    /// Opens the journal below `directory`, or makes it. `now_ms` is the time, in milliseconds since
    /// the Unix epoch.
    ///
    /// Errors: [`JournalError::Sealed`] when it is not what its checkpoint says or the clock is behind
    /// it; the message says what differs and how to go on.
    pub fn open(
        disk: Arc<dyn Disk>,
        directory: &Path,
        settings: &Settings,
        key: &SigningKey,
        now_ms: u64,
    ) -> Result<(Self, Opened), JournalError> {
        let vkey = journal_vkey(&settings.origin, settings.key_version, key.verifying_key().to_bytes())?;
        let mut trusted = vec![vkey.clone()];
        trusted.extend_from_slice(&settings.earlier_keys);
        crate::disk::create_dir_durable(disk.as_ref(), directory).map_err(JournalError::OpenJournal)?;
        let lock = Lock::take(&directory.join("lock")).map_err(JournalError::OpenJournal)?;
        let origin = settings.origin.clone();
        let empty = Checkpoint { origin: origin.clone(), size: 0, root: super::empty_root() };
        let first_note = || empty.sign(&vkey, key);
        let recovered = recover(disk.as_ref(), directory, &trusted, &first_note, &origin)?;
        if !settings.accept_clock {
            check_clock(&recovered.opened, now_ms)?;
        }
        let path = directory.join(ENTRIES);
        let medium = disk
            .open(&path)
            .map_err(|source| JournalError::OpenJournal(DiskError::OpenFile { path, source }))?;
        let (keeping, durable) = Keeping::new(recovered.running);
        let log =
            Committer::start("journal", medium, recovered.end, keeping).map_err(JournalError::OpenJournal)?;
        let journal = Self {
            disk,
            directory: directory.to_owned(),
            origin,
            vkey,
            trusted,
            log,
            durable,
            newest: Mutex::new(Newest { published: recovered.published, note: recovered.note }),
            anchored: Mutex::new(recovered.opened.vault),
            heads: OnceLock::new(),
            sealed: OnceLock::new(),
            diverged: AtomicBool::new(false),
            _lock: lock,
        };
        Ok((journal, recovered.opened))
    }

    /// Makes a leaf durable, with the commitments to the pupils concerned (HMAC-SHA-256 of the
    /// exchange id under each pupil's salt; order and doubles do not matter). Returns its index.
    ///
    /// `sequence` and `pupils` of the leaf are set here. It takes its place in the order when this
    /// is called, not when it is awaited first; dropping the future does not take it back.
    pub fn append(
        &self,
        leaf: Leaf,
        commitments: Vec<Hash>,
    ) -> impl Future<Output = Result<u64, JournalError>> + Send + use<> {
        let submitted = self.submit(leaf, commitments, false);
        async move { answer(submitted?.await) }
    }

    /// [`Journal::append`] for a thread that runs no runtime's tasks.
    pub fn append_blocking(&self, leaf: Leaf, commitments: Vec<Hash>) -> Result<u64, JournalError> {
        answer(self.submit(leaf, commitments, false)?.wait())
    }

    /// [`Journal::append_blocking`] for a leaf about the vault's log itself: it names the head that it was given.
    pub fn append_as_is(&self, leaf: Leaf) -> Result<u64, JournalError> {
        answer(self.submit(leaf, Vec::new(), true)?.wait())
    }

    /// Has each leaf that names a head of the vault's log name the one of the moment in which it takes its place. A leaf
    /// that was begun before the log was written anew, and comes after the leaf that says so, would otherwise name a head
    /// that the new log does not have, and the next start would find the vault put back.
    pub fn follow(&self, heads: impl Fn() -> Option<VaultHead> + Send + Sync + 'static) {
        // Whoever was first is followed.
        let _ = self.heads.set(Box::new(heads));
    }

    /// True once nothing more can be recorded: the process must refuse from then on.
    pub fn failed(&self) -> bool {
        self.diverged.load(Ordering::Acquire) || self.sealed.get().is_some() || self.log.failed()
    }

    /// How many entries are durable.
    pub fn size(&self) -> u64 {
        self.durable.tree().size()
    }

    /// Records and syncs since the start.
    pub fn counts(&self) -> Counts {
        self.log.counts()
    }

    /// The verifier key that auditors need, as text.
    pub fn vkey(&self) -> &Vkey {
        &self.vkey
    }

    /// Writes tiles and a signed checkpoint over all entries that are durable now. Blocks on the disk;
    /// to be called at start, at stop and every 60 s.
    ///
    /// Errors: [`JournalError::WriteCheckpoint`], after which entries are safe and the next call tries
    /// again; [`JournalError::Diverged`], after which the journal has failed.
    pub fn checkpoint(&self, key: &SigningKey) -> Result<Checkpoint, JournalError> {
        let mut newest = self.newest();
        self.usable()?;
        let tree = self.durable.tree();
        let checkpoint = Checkpoint { origin: self.origin.clone(), size: tree.size(), root: tree.root() };
        if newest.size() == tree.size() {
            return Ok(checkpoint);
        }
        let next = newest.published.advance(self.disk.as_ref(), &self.directory, &tree);
        if matches!(next, Err(JournalError::Diverged)) {
            self.diverged.store(true, Ordering::Release);
        }
        let next = next?;
        let note = checkpoint.sign(&self.vkey, key);
        durable_write(self.disk.as_ref(), &self.directory.join(CHECKPOINT), note.as_bytes())
            .map_err(JournalError::WriteCheckpoint)?;
        *newest = Newest { published: next, note };
        Ok(checkpoint)
    }

    /// Appends a last leaf (`stopped`), takes no more, and writes the last checkpoint, whatever became
    /// of the leaf. Blocks on the disk.
    pub fn stop(&self, stopped: Leaf, key: &SigningKey) -> Result<Checkpoint, JournalError> {
        let appended = self.append_blocking(stopped, Vec::new());
        self.log.stop();
        let checkpoint = self.checkpoint(key)?;
        appended?;
        Ok(checkpoint)
    }

    /// The newest vault head that a leaf names, or will name: what the vault has beyond it is anchored nowhere yet.
    pub fn anchored(&self) -> Option<VaultHead> {
        *self.anchored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn newest(&self) -> MutexGuard<'_, Newest> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An error once nothing more can be recorded for a reason of the journal's own.
    fn usable(&self) -> Result<(), JournalError> {
        if self.diverged.load(Ordering::Acquire) {
            return Err(JournalError::Diverged);
        }
        self.sealed.get().map_or(Ok(()), |seal| Err(JournalError::Sealed(*seal)))
    }

    fn submit(
        &self,
        mut leaf: Leaf,
        mut commitments: Vec<Hash>,
        as_is: bool,
    ) -> Result<Pending<Result<u64, u64>>, JournalError> {
        self.usable()?;
        leaf.pupils = record::commit_to(&mut commitments).map_err(JournalError::EncodeLeaf)?;
        leaf.sequence = 0;
        // Held until the leaf has its place: heads stand in the order of the leaves.
        let mut anchored = self.anchored.lock().unwrap_or_else(PoisonError::into_inner);
        if !as_is && leaf.vault.is_some() {
            let now = self.heads.get().and_then(|heads| heads());
            leaf.vault = now.or(leaf.vault);
        }
        let bytes = leaf.encode().map_err(JournalError::EncodeLeaf)?;
        if let Some(head) = leaf.vault {
            // After these the vault's log is another one, and may be shorter.
            let anew = matches!(leaf.event, Event::VAULT_REWRITTEN | Event::RECOVERED);
            *anchored = anchored.filter(|old| !anew && old.sequence > head.sequence).or(Some(head));
        }
        let (event, time_ms) = (leaf.event, leaf.time_ms);
        Ok(self.log.submit(Incoming { bytes, commitments, event, time_ms }))
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").field("directory", &self.directory).finish_non_exhaustive()
    }
}

fn answer(receipt: Result<Result<u64, u64>, crate::disk::CommitError>) -> Result<u64, JournalError> {
    receipt.map_err(JournalError::Append)?.map_err(|behind_ms| JournalError::ClockWentBack { behind_ms })
}
