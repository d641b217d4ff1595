//! Recovery: from a backup, or from what is whole of a damaged log. What is missing is named, and every scope
//! that assigned something that must never be assigned twice (stand-ins, short numbers) gets a new epoch.
//!
//! It must not guess: what the log does not hold is refused. The old files are kept aside.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::backup::{Backup, BackupInfo, copy_prefix, failed, scratch};
use super::copying::{Copying, Fresh};
use super::error::VaultError;
use super::inner::{Progress, barrier_of};
use super::key_file::KeyFile;
use super::keys::{Keys, ScopeState};
use super::log::{Head, MAGIC, Record};
use super::rebuild::From;
use super::record::Notice;
use super::rewrite::NEW_LOG;
use super::scan::{Scan, scan};
use super::scopes::Scopes;
use super::startup::{LOG, take_lock};
use super::tombstone::{Buried, ERASED, Mason, Sexton, Stones};
use super::verify::{Assigned, Opening, Tally, read_all};
use super::{Settings, Unlock, Vault};
use crate::clock::Timestamp;
use crate::disk::{Reader, Step};
use crate::identity::{Epoch, Scope};

/// What to recover from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file that [`Vault::backup`] wrote.
    Backup(PathBuf),
    /// The whole records before the damage in the vault's own log.
    Log,
}

/// What a rehearsal or a recovery found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// Where the recovered log stands, before the notice of the recovery.
    pub head: Head,
    /// What it holds.
    pub tally: Tally,
    /// What a backup says of itself.
    pub backup: Option<BackupInfo>,
    /// How many records the journal or the damaged log names that are missing; None when neither could say.
    pub missing: Option<u64>,
    /// Scopes that get a new epoch, and that epoch: `epoch` in `sluis.toml` must be changed to it.
    pub reopened: Vec<(Scope, Epoch)>,
    /// Epochs were closed after the backup, and are open in it: close them again. Only when the present key
    /// file could not be opened.
    pub keys_from_backup: bool,
    /// Where the old directory is kept; None for a rehearsal.
    pub kept_aside: Option<PathBuf>,
    /// Tombstones that the recovered log lacked, and that were applied: whom it still had is forgotten again.
    pub forgotten_again: u64,
}

/// What the caller knows.
pub struct Circumstances<'a> {
    /// The head in the newest journal leaf.
    pub expected: Option<Head>,
    /// Whether the configuration gives a scope labels or a `digits` shape. The log is asked as well.
    pub assigns: &'a dyn Fn(&Scope) -> bool,
    /// How many tombstones the journal knows of. With fewer at hand nothing is recovered.
    pub tombstones: u64,
    /// A file of tombstones from a later backup or kit, besides the one in the vault's directory.
    pub erased: Option<&'a Path>,
    /// The time.
    pub now: Timestamp,
}

/// Does everything that [`Vault::recover`] does except changing the vault: proves a backup. Uses a directory
/// beside the vault, and removes it.
///
/// # Errors
/// As [`Vault::recover`].
pub fn rehearse(
    settings: &Settings,
    unlock: &Unlock,
    source: &Source,
    known: &Circumstances<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Recovered, VaultError> {
    let directory = settings.path.with_extension("rehearsal");
    let prepared = prepare(settings, unlock, source, known, &directory, progress);
    let removed = std::fs::remove_dir_all(&directory);
    let (_, recovered) = prepared?;
    removed.map_err(|why| failed("remove", &directory, &why))?;
    Ok(recovered)
}

impl Vault {
    /// Recovers the vault and opens it. The old directory is renamed and kept. The caller writes a journal
    /// leaf with the new head at once: the log is shorter than older leaves say. Blocks.
    ///
    /// # Errors
    /// [`VaultError::Backup`], [`VaultError::Unlock`], [`VaultError::InUse`], [`VaultError::Sealed`] when
    /// there is nothing whole to recover from; the vault is unchanged then.
    pub fn recover(
        settings: &Settings,
        unlock: &Unlock,
        source: &Source,
        known: &Circumstances<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(Self, Recovered), VaultError> {
        let lock = settings.path.is_dir().then(|| take_lock(&settings.path)).transpose()?;
        let directory = settings.path.with_extension("recovering");
        let (key_file, mut recovered) = prepare(settings, unlock, source, known, &directory, progress)?;
        drop(key_file);
        let disk = &*settings.disk;
        if settings.path.is_dir() {
            let aside = aside(&settings.path);
            disk.rename(&settings.path, &aside).map_err(|why| failed("rename", &settings.path, &why))?;
            recovered.kept_aside = Some(aside);
        }
        disk.rename(&directory, &settings.path).map_err(|why| failed("rename", &directory, &why))?;
        let above = settings.path.parent().filter(|above| !above.as_os_str().is_empty());
        let above = above.unwrap_or(Path::new("."));
        disk.sync_dir(above).map_err(|why| failed("sync", above, &why))?;
        drop(lock);
        let vault = Self::open(settings, unlock, Some(recovered.head), progress)?;
        let missing = recovered.missing.unwrap_or(u64::MAX);
        vault.inner.notice(&Notice::Recovered { at: known.now.as_millis(), missing })?;
        Ok((vault, recovered))
    }
}

/// Builds the recovered vault, without index, in a directory of its own.
fn prepare(
    settings: &Settings,
    unlock: &Unlock,
    source: &Source,
    known: &Circumstances<'_>,
    directory: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<(KeyFile, Recovered), VaultError> {
    scratch(&*settings.disk, directory)?;
    let log = directory.join(LOG);
    let present = KeyFile::read(&settings.path, unlock).map(|(of, _)| of);
    let (mut key_file, backup) = match source {
        Source::Backup(path) => {
            let mut backup = Backup::open(path)?;
            backup.unpack_log(&*settings.disk, &log)?;
            let of = KeyFile::from_bytes(&backup.key_file, unlock).map_err(|why| match why {
                VaultError::Unlock { why } => VaultError::Backup {
                    path: path.clone(),
                    why: format!(
                        "its key file does not open: {why} (it was made under the unlock key of its day)"
                    ),
                },
                why => why,
            })?;
            (of, Some(backup.info))
        }
        Source::Log => {
            let from = settings.path.join(LOG);
            let (of, _) = KeyFile::read(&settings.path, unlock)?;
            copy_prefix(&*settings.disk, &from, whole_prefix(&from, &of)?, &log)?;
            (of, None)
        }
    };
    let mut keys_from_backup = backup.is_some();
    if let Ok(present) = present
        && knows_more(&present, &key_file)
    {
        key_file = present;
        keys_from_backup = false;
    }
    let (barrier, notices) = barrier_of(&key_file);
    let scanned: Scan = scan(&log, &key_file, &notices, [known.expected, None], progress)?;
    if scanned.torn > 0 {
        crate::disk::cut_tail(&*settings.disk, &log, scanned.end)
            .map_err(|why| VaultError::writing(&log, &why))?;
    }
    let scopes = Scopes::of(key_file.keys(), &Scopes::default(), 0);
    let opening = Opening { vault: key_file.keys().vault, barrier: &barrier, scopes: &scopes };
    let (tally, assigned) = read_all(&log, &opening, scanned.head, &mut |_, _| Ok(()), progress)?;
    let missing = missing(settings, &key_file, &scanned, known.expected);
    let mut reopened = Vec::new();
    key_file.keep_in(Arc::clone(&settings.disk), directory)?;
    let (head, forgotten_again) = apply(settings, &key_file, known, &scanned, directory)?;
    if missing != Some(0) {
        reopened = reopen(&mut key_file, &assigned, known)?;
    }
    let kept_aside = None;
    let recovered =
        Recovered { head, tally, backup, missing, reopened, keys_from_backup, kept_aside, forgotten_again };
    Ok((key_file, recovered))
}

/// Gives every scope that assigned what must never be assigned twice a new epoch.
fn reopen(
    key_file: &mut KeyFile,
    assigned: &HashMap<u32, Assigned>,
    known: &Circumstances<'_>,
) -> Result<Vec<(Scope, Epoch)>, VaultError> {
    let mut reopened = Vec::new();
    key_file.change(|keys| {
        for (number, scope) in serving(keys) {
            let found = assigned.get(&number).copied().unwrap_or_default();
            if found.labels || found.digits || (known.assigns)(&scope) {
                let epoch = next_epoch(keys, &scope)?;
                keys.advance(&scope, ScopeState::Entering, known.now);
                let next = Scope { epoch: epoch.clone(), ..scope.clone() };
                keys.open(next, known.now).map_err(|_| VaultError::Unsealable)?;
                reopened.push((scope, epoch));
            }
        }
        Ok(!reopened.is_empty())
    })?;
    Ok(reopened)
}

/// Lets who was forgotten since the log was copied stay forgotten: all tombstones at hand are laid in the log in
/// `directory`, and it is written anew without what they erase. The head after that, and how many the log lacked.
fn apply(
    settings: &Settings,
    key_file: &KeyFile,
    known: &Circumstances<'_>,
    scanned: &Scan,
    directory: &Path,
) -> Result<(Head, u64), VaultError> {
    let sexton = Sexton::of(key_file);
    let mut at_hand = scanned.graveyard.all();
    let beside = settings.path.join(ERASED);
    let given = known.erased.map(Path::to_owned);
    for (path, asked) in [(Some(beside), false), (given, true)] {
        let Some(path) = path else { continue };
        match sexton.read(&path)? {
            Buried::Stones(stones) => {
                for (code, next) in stones {
                    let laid = at_hand.entry(code).or_insert(next);
                    *laid = next.max(*laid);
                }
            }
            Buried::Nothing | Buried::Damaged if asked => {
                let why = "it holds no tombstones of this vault, or is damaged".to_owned();
                return Err(VaultError::Backup { path, why });
            }
            Buried::Damaged if known.erased.is_none() => {
                return Err(VaultError::Tombstones { missing: known.tombstones.max(1) });
            }
            Buried::Nothing | Buried::Damaged => {}
        }
    }
    let missing = known.tombstones.saturating_sub(u64::try_from(at_hand.len()).unwrap_or(u64::MAX));
    if missing > 0 {
        return Err(VaultError::Tombstones { missing });
    }
    if !at_hand.is_empty() {
        sexton.write(&*settings.disk, &directory.join(ERASED), &at_hand)?;
    }
    let lacking = scanned.graveyard.lacks(&at_hand);
    if lacking.is_empty() {
        return Ok((scanned.head, 0));
    }
    let head = write_without(settings, key_file, known.now, scanned, (directory, &lacking))?;
    Ok((head, u64::try_from(lacking.len()).unwrap_or(u64::MAX)))
}

fn write_without(
    settings: &Settings,
    key_file: &KeyFile,
    now: Timestamp,
    scanned: &Scan,
    (directory, stones): (&Path, &Stones),
) -> Result<Head, VaultError> {
    let (barrier, notices) = barrier_of(key_file);
    let used = scanned.head.sequence + scanned.graveyard.sealed;
    let scopes = Scopes::of(key_file.keys(), &Scopes::default(), used);
    let mut graveyard = scanned.graveyard.clone();
    graveyard.lay(stones, scanned.head.sequence);
    let (vault, disk) = (key_file.keys().vault, &*settings.disk);
    let copying = Copying {
        vault: &vault,
        barrier: &barrier,
        notices: &notices.keys,
        mason: &Mason::of(key_file),
        scopes: &scopes,
        graveyard: &graveyard,
    };
    let (log, new) = (directory.join(LOG), directory.join(NEW_LOG));
    let mut fresh = Fresh::begin(disk, &new, vault)?;
    fresh.copy(&copying, &log, From { head: Head::before_all(&vault), offset: None }, scanned.head)?;
    for notice in fresh.burials(now, stones) {
        fresh.notice(&notices.keys, &notice)?;
    }
    // The head before is nobody's: the recovery's own leaf says where the log stands.
    let last =
        Notice::Rewritten { at: now.as_millis(), old: scanned.head, sealed: used + scanned.head.sequence };
    let (done, _) = fresh.finish(&notices.keys, &last)?;
    disk.rename(&new, &log).map_err(|why| failed("rename", &log, &why))?;
    disk.sync_dir(directory).map_err(|why| failed("sync", directory, &why))?;
    Ok(done.head)
}

/// The present keys know which epochs were opened and closed since the backup.
fn knows_more(present: &KeyFile, of_backup: &KeyFile) -> bool {
    let (present, of_backup) = (present.keys(), of_backup.keys());
    present.vault == of_backup.vault && present.version >= of_backup.version
}

/// How many records are missing: what the journal's newest leaf names, or what the log in place still had.
fn missing(settings: &Settings, key_file: &KeyFile, scanned: &Scan, expected: Option<Head>) -> Option<u64> {
    if let Some(expected) = expected {
        let contained = scanned.found.first().copied().flatten() == Some(expected);
        let short = expected.sequence.saturating_sub(scanned.head.sequence);
        // Another history than the journal's: all that followed the fork is unknown.
        return (contained || short > 0).then_some(short);
    }
    let path = settings.path.join(LOG);
    let longest = whole_records(&path, key_file).map(|(head, _, whole)| (head, whole));
    match longest {
        Ok((head, true)) => Some(head.sequence.saturating_sub(scanned.head.sequence)),
        _ => None,
    }
}

/// How far a log is whole, in bytes.
fn whole_prefix(path: &Path, key_file: &KeyFile) -> Result<u64, VaultError> {
    whole_records(path, key_file).map(|(_, end, _)| end)
}

/// The last whole record of a log, where it ends, and whether nothing damaged follows.
fn whole_records(path: &Path, key_file: &KeyFile) -> Result<(Head, u64, bool), VaultError> {
    let mut reader = Reader::open(path, MAGIC).map_err(|why| VaultError::Sealed {
        why: format!("there is nothing to recover in {}: {why}", path.display()),
    })?;
    let mut head = Head::before_all(&key_file.keys().vault);
    let mut end = u64::try_from(MAGIC.len()).unwrap_or(16);
    loop {
        let (payload, offset) = match reader.next() {
            Ok(Step::Record { offset, payload }) => (payload, offset),
            Ok(Step::End { end }) => return Ok((head, end, true)),
            Ok(Step::Torn { end, .. }) => return Ok((head, end, false)),
            Err(_) => return Ok((head, end, false)),
        };
        if !Record::read(payload).is_some_and(|record| record.follows(&head)) {
            return Ok((head, offset, false));
        }
        end = offset + 12 + u64::try_from(payload.len()).unwrap_or(0);
        head = head.after(payload);
    }
}

fn serving(keys: &Keys) -> Vec<(u32, Scope)> {
    let serving = keys.scopes.iter().filter(|of| of.state == ScopeState::Serving);
    serving.map(|of| (of.number, of.scope.clone())).collect()
}

/// `2026-2027` → `2026-2027.r1` → `2026-2027.r2`.
fn next_epoch(keys: &Keys, scope: &Scope) -> Result<Epoch, VaultError> {
    let name = scope.epoch.as_str();
    let (stem, from) =
        match name.rsplit_once(".r").and_then(|(stem, n)| n.parse::<u32>().ok().map(|n| (stem, n))) {
            Some((stem, number)) => (stem, number + 1),
            None => (name, 1),
        };
    for number in from..from.saturating_add(10_000) {
        let ending = format!(".r{number}");
        let stem: String = stem.chars().take(32 - ending.len()).collect();
        let Ok(epoch) = Epoch::parse(&format!("{stem}{ending}")) else { continue };
        if keys.find(&Scope { epoch: epoch.clone(), ..scope.clone() }).is_none() {
            return Ok(epoch);
        }
    }
    Err(VaultError::ScopeOver { scope: Box::new(scope.clone()) })
}

/// A name beside the vault that is not taken.
fn aside(path: &Path) -> PathBuf {
    let mut number = 1;
    loop {
        let name = path.with_extension(format!("before-recovery-{number}"));
        if !name.exists() {
            return name;
        }
        number += 1;
    }
}
