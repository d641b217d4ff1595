//! What a vault holds while it is open, and the state "sealed".
//!
//! It must not know what is masked or revealed.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use tokio::sync::watch;

use super::barrier::{Barrier, Key, Sealed, Sealer, Table};
use super::cache::Cache;
use super::codec::Fields;
use super::error::VaultError;
use super::index::Index;
use super::key_file::KeyFile;
use super::keyring;
use super::known::{Known, KnownAlias, KnownLabel};
use super::log::{Head, Item, NOTICES, Sealing, Unsealable};
use super::pending::{Aftermath, Fate, Job, Ticket};
use super::record::Notice;
use super::scopes::{OpenScope, Scopes};
use super::tombstone::{Graveyard, Mason, Sexton};
use crate::crypto::Keyring;
use crate::disk::{CommitError, Committer, Disk, DiskError, Lock, Pending};
use crate::secret::Secret;

/// How far opening, recovering or building an index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The log is read and checked.
    Log {
        /// Records so far.
        records: u64,
    },
    /// The index is built from the log.
    Index {
        /// Records so far.
        records: u64,
        /// Records in all.
        of: u64,
    },
}

/// What is remembered of late, in front of the index.
pub(crate) struct Caches {
    pub(crate) forward: Cache<Known>,
    pub(crate) reverse: Cache<Known>,
    pub(crate) labels: Cache<KnownLabel>,
    pub(crate) originals: Cache<KnownLabel>,
    pub(crate) aliases: Cache<KnownAlias>,
    /// How often they were cleared.
    cleared: AtomicU64,
}

/// An open vault.
pub(crate) struct Inner {
    pub(crate) vault: [u8; 16],
    pub(crate) log_path: Option<PathBuf>,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) barrier: Barrier,
    pub(crate) notices: Sealer,
    pub(crate) files: Keyring,
    pub(crate) journal_seed: Secret<[u8; 32]>,
    pub(crate) decoy: (Key, Sealed),
    pub(crate) key_file: Mutex<KeyFile>,
    pub(crate) scopes: RwLock<Arc<Scopes>>,
    /// Who allocates pseudonyms and stand-ins: one at a time, so that two who ask at once agree.
    allocating: Mutex<()>,
    submitted: AtomicU64,
    pub(crate) committer: Committer<Sealing>,
    pub(crate) after: Arc<Aftermath>,
    pub(crate) index: Index,
    pub(crate) caches: Caches,
    sealed: OnceLock<String>,
    sealed_told: watch::Sender<bool>,
    pub(crate) mason: Mason,
    pub(crate) sexton: Sexton,
    pub(crate) graveyard: RwLock<Graveyard>,
    /// How often somebody was forgotten since the vault was opened.
    pub(crate) erasures: AtomicU64,
    /// Held by whoever forgets or writes the log anew: one at a time.
    pub(crate) erasing: Mutex<()>,
    /// Held for reading by whoever reads the log's file by its name, for writing while another takes its place.
    pub(crate) file: RwLock<()>,
    _lock: Option<Lock>,
}

/// What [`Inner::assemble`] needs besides keys.
pub(crate) struct Parts {
    pub(crate) log_path: Option<PathBuf>,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) committer: Committer<Sealing>,
    pub(crate) after: Arc<Aftermath>,
    pub(crate) index: Index,
    pub(crate) cache_entries: usize,
    /// Records and rows so far: more than any key has sealed.
    pub(crate) used: u64,
    pub(crate) graveyard: Graveyard,
    pub(crate) lock: Option<Lock>,
}

impl Caches {
    fn new(entries: usize) -> Self {
        Self {
            forward: Cache::new(entries),
            reverse: Cache::new(entries),
            labels: Cache::new(entries),
            originals: Cache::new(entries),
            aliases: Cache::new(entries),
            cleared: AtomicU64::new(0),
        }
    }

    /// To be taken before something is looked up, and handed over when it is kept: what a clearing has overtaken
    /// is not kept.
    pub(crate) fn moment(&self) -> u64 {
        self.cleared.load(Ordering::Acquire)
    }

    /// Forgets everything, also what is being looked up.
    pub(crate) fn clear(&self) {
        let moment = self.cleared.fetch_add(1, Ordering::AcqRel) + 1;
        self.forward.clear(moment);
        self.reverse.clear(moment);
        self.labels.clear(moment);
        self.originals.clear(moment);
        self.aliases.clear(moment);
    }
}

/// The barrier of a vault and the sealer of its notices.
pub(crate) fn barrier_of(key_file: &KeyFile) -> (Barrier, Sealer) {
    let keys = key_file.keys();
    let notices =
        Sealer { number: NOTICES, keys: Arc::new(keyring(NOTICES, &keys.notices, 0)), owner: Vec::new() };
    (Barrier::new(crate::crypto::MacKey::new(&keys.index), keys.vault), notices)
}

impl Inner {
    pub(crate) fn assemble(key_file: KeyFile, parts: Parts) -> Result<Self, VaultError> {
        let (barrier, notices) = barrier_of(&key_file);
        let keys = key_file.keys();
        let key = barrier.key(Table::Marker, [b"decoy"]);
        let mut plain = Fields::default();
        plain.raw(&[0; 96]);
        let row = barrier
            .seal(Table::Marker, &notices, &key, &plain)
            .map_err(|Unsealable| VaultError::Unsealable)?;
        Ok(Self {
            vault: keys.vault,
            log_path: parts.log_path,
            disk: parts.disk,
            barrier,
            notices,
            files: keyring(NOTICES, &keys.files, 0),
            journal_seed: Secret::new(*keys.journal.expose()),
            decoy: (key, row),
            scopes: RwLock::new(Arc::new(Scopes::of(keys, &Scopes::default(), parts.used))),
            mason: Mason::of(&key_file),
            sexton: Sexton::of(&key_file),
            graveyard: RwLock::new(parts.graveyard),
            erasures: AtomicU64::new(0),
            erasing: Mutex::new(()),
            file: RwLock::new(()),
            key_file: Mutex::new(key_file),
            allocating: Mutex::new(()),
            submitted: AtomicU64::new(0),
            committer: parts.committer,
            after: parts.after,
            index: parts.index,
            caches: Caches::new(parts.cache_entries),
            sealed: OnceLock::new(),
            sealed_told: watch::channel(false).0,
            _lock: parts.lock,
        })
    }

    /// The open scopes as of now.
    pub(crate) fn scopes(&self) -> Arc<Scopes> {
        Arc::clone(&self.scopes.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Refuses once the vault is sealed.
    pub(crate) fn check(&self) -> Result<(), VaultError> {
        match self.sealed.get() {
            None => Ok(()),
            Some(why) => Err(VaultError::Sealed { why: why.clone() }),
        }
    }

    /// Seals the vault until a restart: nothing is asked or written any more.
    pub(crate) fn seal(&self, why: &str) -> VaultError {
        let why = self.sealed.get_or_init(|| {
            tracing::error!(why, "the vault is sealed");
            why.to_owned()
        });
        self.sealed_told.send_replace(true);
        VaultError::Sealed { why: why.clone() }
    }

    /// The answer to a record that was not acknowledged.
    pub(crate) fn unacknowledged(&self, why: CommitError) -> VaultError {
        match why {
            CommitError::Full => VaultError::Full,
            CommitError::Stopped => VaultError::Stopped,
            CommitError::Failed => self.seal(
                "a write or a sync of its log failed; what was acknowledged is kept. Check the disk, then restart: \
                 Sluis checks the log and says what to do if it is damaged",
            ),
        }
    }

    /// How many records of scopes were submitted: while it stays the same, what was not there is not there.
    pub(crate) fn submitted(&self) -> u64 {
        self.submitted.load(Ordering::Acquire)
    }

    /// Waits until a record that someone else made is durable.
    pub(crate) async fn relied_on(&self, ticket: Ticket) -> Result<(), VaultError> {
        let mut sealed = self.sealed_told.subscribe();
        let fate = tokio::select! {
            fate = ticket.fate() => fate,
            _ = sealed.wait_for(|sealed| *sealed) => None,
        };
        match fate {
            Some(Fate::Durable) => Ok(()),
            Some(_) => Err(VaultError::Full),
            None => Err(self.unacknowledged(CommitError::Failed)),
        }
    }

    /// Submits a record of a scope. Its rows can be looked up at once.
    pub(crate) fn submit(
        &self,
        open: &OpenScope,
        plain: Fields,
        rows: Vec<(Key, Sealed)>,
        added: u64,
    ) -> Pending<Result<Head, Unsealable>> {
        let (told, ticket) = Ticket::new();
        let job = Job { rows, added, told, ticket };
        self.after.stage(&job);
        // After staging: whoever sees the new number sees the rows too.
        self.submitted.fetch_add(1, Ordering::AcqRel);
        let item = Item { key: open.sealer.number, keys: Arc::clone(&open.records), plain, job };
        self.committer.submit(item)
    }

    /// Writes a notice and waits until it is durable. Blocks.
    pub(crate) fn notice(&self, notice: &Notice) -> Result<Head, VaultError> {
        self.notice_with(notice, Vec::new())
    }

    /// The same with rows that look-ups find at once.
    pub(crate) fn notice_with(&self, notice: &Notice, rows: Vec<(Key, Sealed)>) -> Result<Head, VaultError> {
        let (told, ticket) = Ticket::new();
        let job = Job { rows, added: 0, told, ticket };
        self.after.stage(&job);
        let keys = Arc::clone(&self.notices.keys);
        let item = Item { key: NOTICES, keys, plain: notice.to_fields(), job };
        match self.committer.submit(item).wait() {
            Ok(Ok(head)) => Ok(head),
            Ok(Err(Unsealable)) => Err(VaultError::Unsealable),
            Err(why) => Err(self.unacknowledged(why)),
        }
    }

    pub(crate) fn allocating(&self) -> MutexGuard<'_, ()> {
        self.allocating.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn key_file(&self) -> MutexGuard<'_, KeyFile> {
        self.key_file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl VaultError {
    /// A file that could not be read.
    pub(crate) fn reading(path: &Path, why: &DiskError) -> Self {
        Self::File { act: "read", path: path.to_owned(), why: why.to_string() }
    }

    /// A file that could not be written.
    pub(crate) fn writing(path: &Path, why: &DiskError) -> Self {
        if why.is_full() {
            Self::Full
        } else {
            Self::File { act: "write", path: path.to_owned(), why: why.to_string() }
        }
    }
}
