//! Opening: reads every entry, compares with the checkpoint, cuts a torn tail that nobody was
//! promised, and seals on anything else.
//!
//! A new journal first gets the checkpoint of the empty tree, then its log: so a log without a
//! checkpoint, or a checkpoint of entries without a log, is never an accident.

use std::path::Path;

use super::keep::Running;
use super::note::Vkey;
use super::publish::Published;
use super::record::{self, CLOCK_SLACK_MS, LOG_MAGIC};
use super::tree::leaf_hash;
use super::{Checkpoint, Event, JournalError, NoteError, Seal, VaultHead};
use crate::disk::{Disk, DiskError, Reader, Step, create_dir_durable, create_log, settle};

/// The log of entries, below the journal's directory.
pub(super) const ENTRIES: &str = "entries.log";
/// The signed checkpoint.
pub(super) const CHECKPOINT: &str = "checkpoint";
/// The pupil commitments that the checkpoint's entries commit to, one after another.
pub(super) const COMMITMENTS: &str = "pupils/commitments";

/// Whose journal it is.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The origin line: a name for this journal without scheme, spaces or plus signs, such as
    /// `sluis.school.example/12AB/journal`.
    pub origin: String,
    /// The version of the signing key, part of the key's name.
    pub key_version: u32,
    /// Earlier keys of this journal, whose checkpoints are still believed.
    pub earlier_keys: Vec<Vkey>,
    /// Accept that the newest entry lies in the future. The caller then appends an
    /// [`Event::CLOCK`] leaf first.
    pub accept_clock: bool,
}

/// What was found on opening.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opened {
    /// True when the journal was made just now: the caller must then hold nothing older, such as a vault.
    pub created: bool,
    /// How many entries there are.
    pub entries: u64,
    /// How many of them the checkpoint covered.
    pub covered: u64,
    /// Bytes of a torn last batch that were cut off.
    pub cut_bytes: u64,
    /// Time of the newest entry, in milliseconds since the Unix epoch.
    pub newest_ms: u64,
    /// The newest vault head that any leaf names, or names since the last `vault-rewritten` or
    /// `recovered` leaf with a head: the vault must extend it.
    pub vault: Option<VaultHead>,
    /// True when the last leaf is `stopped`, or there is none: the process ended in good order.
    pub ended_well: bool,
}

/// Everything that reading the log gives.
pub(super) struct Recovered {
    pub(super) opened: Opened,
    pub(super) running: Running,
    pub(super) published: Published,
    pub(super) end: u64,
    /// The signed checkpoint as it lies there.
    pub(super) note: String,
}

/// Reads the journal below `directory`, making it when there is none.
pub(super) fn recover(
    disk: &dyn Disk,
    directory: &Path,
    trusted: &[Vkey],
    first_note: &dyn Fn() -> String,
    origin: &str,
) -> Result<Recovered, JournalError> {
    let entries = directory.join(ENTRIES);
    let note = read_note(&directory.join(CHECKPOINT))?;
    // Tiles alone are the remains of a journal, not a new one.
    let created = note.is_none() && !entries.exists() && !directory.join("tile").exists();
    if created {
        for place in [directory, &directory.join("pupils")] {
            create_dir_durable(disk, place).map_err(JournalError::OpenJournal)?;
        }
        crate::disk::durable_write(disk, &directory.join(CHECKPOINT), first_note().as_bytes())
            .map_err(JournalError::OpenJournal)?;
    }
    let note = match note {
        None if !created => return Err(JournalError::Sealed(Seal::CheckpointMissing)),
        None => first_note(),
        Some(note) => note,
    };
    let (checkpoint, _) =
        Checkpoint::open(&note, trusted).map_err(|error| JournalError::Sealed(Seal::Checkpoint(error)))?;
    if checkpoint.origin != origin {
        return Err(JournalError::Sealed(Seal::Checkpoint(NoteError::NotCheckpoint)));
    }
    if !entries.exists() {
        if checkpoint.size > 0 {
            return Err(JournalError::Sealed(Seal::LogMissing { checkpoint: checkpoint.size }));
        }
        create_log(disk, &entries, LOG_MAGIC).map_err(JournalError::OpenJournal)?;
    }
    let cosigned = cosigned(directory, trusted, &checkpoint)?;
    let mut recovered = read_entries(&entries, &checkpoint, &cosigned)?;
    recovered.opened.created = created;
    recovered.note = note;
    settle(disk, &entries, recovered.end).map_err(JournalError::OpenJournal)?;
    Ok(recovered)
}

/// Compares the newest entry with the clock.
pub(super) fn check_clock(opened: &Opened, now_ms: u64) -> Result<(), JournalError> {
    if now_ms.saturating_add(CLOCK_SLACK_MS) < opened.newest_ms {
        let behind_ms = opened.newest_ms - now_ms;
        return Err(JournalError::Sealed(Seal::ClockSetBack { behind_ms }));
    }
    Ok(())
}

fn read_note(path: &Path) -> Result<Option<String>, JournalError> {
    match std::fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(note) => Ok(Some(note)),
            Err(_) => Err(JournalError::Sealed(Seal::Checkpoint(NoteError::Malformed))),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(JournalError::OpenJournal(DiskError::ReadFile { path: path.to_owned(), source })),
    }
}

/// The checkpoints beside the journal that witnesses cosigned: none has more entries than the newest.
fn cosigned(
    directory: &Path,
    trusted: &[Vkey],
    newest: &Checkpoint,
) -> Result<Vec<Checkpoint>, JournalError> {
    let mut found = Vec::new();
    for (name, note) in super::witnessed::all(directory)? {
        match Checkpoint::open(&note, trusted) {
            Ok((cosigned, _)) if cosigned.origin == newest.origin => {
                if cosigned.size > newest.size {
                    let (kept, here) = (cosigned.size, newest.size);
                    return Err(JournalError::Sealed(Seal::RolledBack { kept, here }));
                }
                found.push(cosigned);
            }
            // Whoever could make it unreadable could also take it away: nothing would be won by sealing.
            Ok(_) | Err(_) => tracing::warn!(name, "a cosigned checkpoint is not believed and is ignored"),
        }
    }
    Ok(found)
}

fn read_entries(
    path: &Path,
    checkpoint: &Checkpoint,
    cosigned: &[Checkpoint],
) -> Result<Recovered, JournalError> {
    let mut reader = Reader::open(path, LOG_MAGIC).map_err(JournalError::OpenJournal)?;
    let mut opened = Opened { covered: checkpoint.size, ended_well: true, ..Opened::default() };
    let mut running = Running::default();
    let mut published = Published::default();
    loop {
        let index = running.tree.size();
        if index == checkpoint.size && running.tree.root() != checkpoint.root {
            return Err(JournalError::Sealed(Seal::LogDiffers { checkpoint: index }));
        }
        if cosigned.iter().any(|cosigned| cosigned.size == index && cosigned.root != running.tree.root()) {
            return Err(JournalError::Sealed(Seal::Forked { size: index }));
        }
        match reader.next() {
            Ok(Step::Record { offset, payload }) => {
                let (leaf, bytes, commitments) =
                    record::check(payload, index).map_err(JournalError::Sealed)?;
                // What is there was acknowledged: a clock that went back meanwhile is for verifiers to
                // say, and not a reason to refuse service for ever.
                let _ = running.times.next(leaf.event, leaf.time_ms);
                let hash = leaf_hash(bytes);
                running.tree.push(hash);
                if index < checkpoint.size {
                    let end = offset + (payload.len() + crate::disk::RECORD_HEADER) as u64;
                    published.pass(bytes, hash, commitments, end);
                }
                // Leaves of one moment may stand in another order than the heads they name. After these
                // events the log is another one, and may be shorter.
                let anew = matches!(leaf.event, Event::VAULT_REWRITTEN | Event::RECOVERED);
                let newer =
                    |head: &VaultHead| anew || opened.vault.is_none_or(|old| old.sequence <= head.sequence);
                opened.vault = leaf.vault.filter(newer).or(opened.vault);
                opened.ended_well = leaf.event == Event::STOPPED;
            }
            Ok(Step::End { end }) => return finish(opened, running, published, end, checkpoint),
            Ok(Step::Torn { end, lost }) => {
                opened.cut_bytes = lost;
                return finish(opened, running, published, end, checkpoint);
            }
            Err(DiskError::Damaged { offset, .. }) => {
                return Err(JournalError::Sealed(Seal::LogDamaged { log: index, offset }));
            }
            Err(error) => return Err(JournalError::OpenJournal(error)),
        }
    }
}

fn finish(
    mut opened: Opened,
    running: Running,
    published: Published,
    end: u64,
    checkpoint: &Checkpoint,
) -> Result<Recovered, JournalError> {
    opened.entries = running.tree.size();
    opened.newest_ms = running.times.newest_ms;
    if opened.entries < checkpoint.size {
        let (log, checkpoint) = (opened.entries, checkpoint.size);
        return Err(JournalError::Sealed(Seal::LogShorter { log, checkpoint }));
    }
    Ok(Recovered { opened, running, published, end, note: String::new() })
}
