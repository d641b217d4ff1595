//! What a vault holds while it is open, and the state "sealed".
//!
//! It must not know what is masked or revealed.

use std::path::{Path, PathBuf};
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
    pub(crate) allocating: Mutex<()>,
    pub(crate) committer: Committer<Sealing>,
    pub(crate) after: Arc<Aftermath>,
    pub(crate) index: Index,
    pub(crate) caches: Caches,
    sealed: OnceLock<String>,
    sealed_told: watch::Sender<bool>,
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
        }
    }

    pub(crate) fn clear(&self) {
        self.forward.clear();
        self.reverse.clear();
        self.labels.clear();
        self.originals.clear();
        self.aliases.clear();
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
            key_file: Mutex::new(key_file),
            allocating: Mutex::new(()),
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
        let item = Item { key: open.sealer.number, keys: Arc::clone(&open.records), plain, job };
        self.committer.submit(item)
    }

    /// Writes a notice and waits until it is durable. Blocks.
    pub(crate) fn notice(&self, notice: &Notice) -> Result<Head, VaultError> {
        let (told, ticket) = Ticket::new();
        let job = Job { rows: Vec::new(), added: 0, told, ticket };
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
