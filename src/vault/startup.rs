//! Opening a vault: key file, log and index must agree with each other and with the newest journal leaf, or
//! the vault is sealed and the message says what differs and how to recover.
//!
//! It must not repair what it cannot prove: only a torn tail that nobody relied on is cut off, and only the
//! index is built again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::barrier::{Barrier, Sealer, Table};
use super::error::VaultError;
use super::index::{Index, Kept, Position};
use super::inner::{Inner, Parts, Progress, barrier_of};
use super::key_file::KeyFile;
use super::log::{Head, MAGIC, Sealing};
use super::pending::Aftermath;
use super::rebuild::From;
use super::record::Notice;
use super::rewrite::NEW_LOG;
use super::scan::{Scan, scan};
use super::tombstone::{Buried, ERASED, Graveyard, Sexton};
use super::{Settings, Unlock, Vault};
use crate::clock::Timestamp;
use crate::disk::{self, Committer, Disk, Lock, Medium};

/// The log's name in the vault's directory.
pub(crate) const LOG: &str = "log";
const INDEX: &str = "index";
const LOCK: &str = "lock";

impl Vault {
    /// Makes a new vault in a directory that is empty or not there, and opens it. It has no scopes yet.
    ///
    /// # Errors
    /// [`VaultError::NotEmpty`], [`VaultError::ReadUnlock`], [`VaultError::File`], [`VaultError::Full`].
    pub fn create(settings: &Settings, unlock: &Unlock, now: Timestamp) -> Result<Self, VaultError> {
        let path = &settings.path;
        let empty = match std::fs::read_dir(path) {
            Ok(mut entries) => entries.next().is_none(),
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => true,
            Err(why) => {
                return Err(VaultError::File {
                    act: "read",
                    path: path.clone(),
                    why: why.kind().to_string(),
                });
            }
        };
        if !empty {
            return Err(VaultError::NotEmpty { path: path.clone() });
        }
        let disk = &*settings.disk;
        disk::create_dir_durable(disk, path).map_err(|why| VaultError::writing(path, &why))?;
        let lock = take_lock(path)?;
        // The log first: a directory with a key file is a vault.
        let log = path.join(LOG);
        disk::create_log(disk, &log, MAGIC).map_err(|why| VaultError::writing(&log, &why))?;
        let key_file = KeyFile::create(Arc::clone(&settings.disk), path, unlock)?;
        let vault = Self::start(settings, key_file, None, lock, &mut |_| {})?;
        vault.inner.notice(&Notice::Begun { at: now.as_millis() })?;
        vault.inner.note_keys()?;
        Ok(vault)
    }

    /// Opens the vault. `expected` is the head in the newest journal leaf: the log must contain it. Without
    /// one (a new journal) only key file, log and index are compared.
    ///
    /// # Errors
    /// [`VaultError::Missing`], [`VaultError::InUse`], [`VaultError::ReadUnlock`], [`VaultError::Unlock`];
    /// [`VaultError::Sealed`] when log or key file is damaged, older or another's.
    pub fn open(
        settings: &Settings,
        unlock: &Unlock,
        expected: Option<Head>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, VaultError> {
        if !KeyFile::exists(&settings.path) && !settings.path.join(LOG).exists() {
            return Err(VaultError::Missing { path: settings.path.clone() });
        }
        let lock = take_lock(&settings.path)?;
        let key_file = KeyFile::open(Arc::clone(&settings.disk), &settings.path, unlock)?;
        let vault = Self::start(settings, key_file, expected, lock, progress)?;
        vault.inner.note_keys()?;
        Ok(vault)
    }

    /// A vault in memory, with its own new keys: for tests and the demonstration. Nothing is kept.
    ///
    /// # Errors
    /// When its threads cannot be started.
    pub fn in_memory() -> Result<Self, VaultError> {
        let key_file = KeyFile::in_memory()?;
        let head = Head::before_all(&key_file.keys().vault);
        let (after, due) = Aftermath::new(head);
        let sealing = Sealing::after(key_file.keys().vault, head, Arc::clone(&after));
        let committer = Committer::start("vault-log", Box::new(super::nowhere::Nowhere), 0, sealing)
            .map_err(|_| VaultError::Stopped)?;
        let index = Index::new(Kept::Memory, Position { head, rows: 0 });
        index.replace(index.kept.open().ok());
        let parts = Parts {
            log_path: None,
            disk: Arc::new(disk::RealDisk),
            committer,
            after,
            index,
            cache_entries: 4096,
            used: 0,
            graveyard: Graveyard::default(),
            lock: None,
        };
        Self::run(Inner::assemble(key_file, parts)?, due)
    }

    fn start(
        settings: &Settings,
        mut key_file: KeyFile,
        expected: Option<Head>,
        lock: Lock,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, VaultError> {
        let log = settings.path.join(LOG);
        let (barrier, notices) = barrier_of(&key_file);
        let kept =
            Kept::Embedded { directory: settings.path.join(INDEX), cache_bytes: settings.index_cache_bytes };
        let indexed = open_index(&kept, &barrier, &notices)?;
        let marks = [expected, indexed.as_ref().map(|(_, position)| position.head)];
        let scan = scan(&log, &key_file, &notices, marks, progress)?;
        check(&log, &scan, &key_file, expected, indexed.as_ref().map(|(_, position)| position.head))?;
        let sexton = Sexton::of(&key_file);
        heed_tombstones(settings, &sexton, &scan, expected)?;
        key_file.note(scan.keys_version);
        if scan.torn > 0 {
            tracing::warn!(bytes = scan.torn, "a torn record at the end of the vault's log is cut off");
        }
        // What was read may stand in memory only, when its sync failed in the life before: written again, it is durable.
        disk::settle(&*settings.disk, &log, scan.end).map_err(|why| VaultError::writing(&log, &why))?;
        let medium = open_log(&*settings.disk, &log)?;
        let (after, due) = Aftermath::new(scan.head);
        let sealing = Sealing::after(key_file.keys().vault, scan.head, Arc::clone(&after));
        let committer =
            Committer::start("vault-log", medium, scan.end, sealing).map_err(|_| VaultError::Stopped)?;
        let position = match &indexed {
            Some((_, position)) => *position,
            None => Position { head: Head::before_all(&key_file.keys().vault), rows: 0 },
        };
        let index = Index::new(kept, position);
        let good = indexed.is_some();
        index.replace(indexed.map(|(store, _)| store));
        let parts = Parts {
            log_path: Some(log),
            disk: Arc::clone(&settings.disk),
            committer,
            after,
            index,
            cache_entries: settings.cache_entries,
            used: scan.head.sequence + position.rows + scan.graveyard.sealed,
            graveyard: scan.graveyard,
            lock: Some(lock),
        };
        let inner = Inner::assemble(key_file, parts)?;
        let caught_up = good && {
            let [_, offset] = scan.offsets;
            inner.catch_up(From { head: position.head, offset }, progress).is_ok()
        };
        if !caught_up {
            tracing::warn!("the vault's index is missing, damaged or old: it is built from the log");
            inner.rebuild(progress)?;
        }
        Self::run(inner, due)
    }
}

/// Opens the log for writing. After a crash of the process alone it may hold records that were written and not
/// synced: they are synced now, before anyone relies on them.
fn open_log(disk: &dyn Disk, path: &Path) -> Result<Box<dyn Medium>, VaultError> {
    let failed = |act| {
        move |why: std::io::Error| VaultError::File {
            act,
            path: path.to_owned(),
            why: why.kind().to_string(),
        }
    };
    let mut medium = disk.open(path).map_err(failed("open"))?;
    medium.sync().map_err(failed("sync"))?;
    Ok(medium)
}

/// An index and how far it is.
type Indexed = (Arc<dyn super::store::Store>, Position);

/// The index, when it is whole: every row that its marker counts can be read.
fn open_index(kept: &Kept, barrier: &Barrier, notices: &Sealer) -> Result<Option<Indexed>, VaultError> {
    if !kept.exists() {
        return Ok(None);
    }
    let Ok(store) = kept.open() else { return Ok(None) };
    let key = barrier.key(Table::Marker, [b"position"]);
    let Ok(Some(row)) = store.get(&key) else { return Ok(None) };
    let Some(position) = super::look::read_marker(barrier, notices, &key, &row) else { return Ok(None) };
    match store.count() {
        Ok(rows) if rows == position.rows => Ok(Some((store, position))),
        _ => Ok(None),
    }
}

/// Compares the log with all that says where it should stand.
fn check(
    log: &Path,
    scan: &Scan,
    key_file: &KeyFile,
    expected: Option<Head>,
    indexed: Option<Head>,
) -> Result<(), VaultError> {
    let sealed = |what: String| {
        let why = format!(
            "{what} Nothing was changed and nothing is served. Put back the newest copy of {}, or recover from a \
             backup: `sluis vault recover BACKUP` (first `--rehearse`, which changes nothing).",
            log.parent().unwrap_or(log).display()
        );
        Err(VaultError::Sealed { why })
    };
    let sources = [("the journal's newest leaf names", expected), ("the index was built up to", indexed)];
    for ((source, mark), found) in sources.into_iter().zip(&scan.found) {
        let Some(mark) = mark else { continue };
        // Written anew from a log that stood there, a moment before a crash: the caller's leaf is still to come.
        if scan.graveyard.from == Some(mark) {
            continue;
        }
        if mark.sequence > scan.head.sequence {
            return sealed(format!(
                "the log {} is shorter than it was: it ends at {}, and {source} {mark}.",
                log.display(),
                scan.head
            ));
        }
        if *found != Some(mark) {
            return sealed(format!(
                "the log {} is another one than it was: {source} {mark}, and this log does not contain it.",
                log.display()
            ));
        }
    }
    if scan.keys_version > key_file.keys().version {
        return sealed(format!(
            "the key file is older than the log: it has version {}, and the log names version {}.",
            key_file.keys().version,
            scan.keys_version
        ));
    }
    Ok(())
}

/// A log that lacks a tombstone is an older one: with it who was forgotten would be back. What a log has and the
/// file beside it lacks was laid a moment before a crash, or the file was lost: it is written again, since the journal
/// proves the log.
fn heed_tombstones(
    settings: &Settings,
    sexton: &Sexton,
    scan: &Scan,
    expected: Option<Head>,
) -> Result<(), VaultError> {
    let disk = &*settings.disk;
    let new = settings.path.join(NEW_LOG);
    if new.exists() {
        disk.remove(&new).map_err(|why| super::backup::failed("remove", &new, &why))?;
    }
    let path = settings.path.join(ERASED);
    let sealed = |what: String| VaultError::Sealed {
        why: format!(
            "{what} Nothing was changed and nothing is served. Put back the newest copy of {}, or recover: \
             `sluis vault recover` lets the forgotten stay forgotten.",
            settings.path.display()
        ),
    };
    let all = scan.graveyard.all();
    match sexton.read(&path)? {
        Buried::Stones(stones) => {
            let lacking = scan.graveyard.lacks(&stones).len();
            if lacking > 0 {
                let log = settings.path.join(LOG);
                let log = log.display();
                return Err(sealed(format!(
                    "the log {log} is older than {}: it lacks {lacking} of the tombstones of who was forgotten.",
                    path.display()
                )));
            }
            if stones == all {
                return Ok(());
            }
        }
        Buried::Nothing if all.is_empty() => return Ok(()),
        Buried::Nothing => {
            tracing::warn!("the vault's file of tombstones is missing: it is written from the log")
        }
        Buried::Damaged if expected.is_none() => {
            return Err(sealed(format!("{} is damaged, and no journal proves the log.", path.display())));
        }
        Buried::Damaged => {
            tracing::warn!("the vault's file of tombstones is damaged: it is written from the log")
        }
    }
    sexton.write(disk, &path, &all)
}

/// Keeps every other process out.
pub(crate) fn take_lock(directory: &Path) -> Result<Lock, VaultError> {
    let path: PathBuf = directory.join(LOCK);
    Lock::take(&path).map_err(|why| match why {
        disk::DiskError::InUse { .. } => VaultError::InUse { path: directory.to_owned() },
        why => VaultError::reading(&path, &why),
    })
}
