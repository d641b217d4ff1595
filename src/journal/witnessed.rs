//! What witnesses cosigned, as it is kept beside the journal: one file for each witness, with the newest
//! checkpoint that it cosigned. It must not ask a witness anything.

use std::path::{Path, PathBuf};

use super::note::Vkey;
use super::open::CHECKPOINT;
use super::{Checkpoint, JournalError, NoteError, Seal, WitnessKey, cosigned_at};
use crate::disk::DiskError;

/// The directory of cosigned checkpoints, below the journal's.
const WITNESSED: &str = "witnessed";

/// One witness's newest word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// The name in the witness's key.
    pub witness: String,
    /// How many entries the checkpoint has that it cosigned.
    pub size: u64,
    /// When, in seconds since the Unix epoch, by the witness's clock.
    pub time_s: u64,
    /// Whether that is the journal's newest checkpoint: nothing came after it.
    pub newest: bool,
}

/// Which of these witnesses cosigned, how much and when, in the order of their keys. A witness that never
/// did is left out: when nobody did, and no checkpoint is kept elsewhere, then putting back everything at
/// once (vault, journal, checkpoint) is not found, and whoever reports must say so.
///
/// `trusted` are the journal's verifier keys. Errors: the journal's checkpoint is not believed, or a
/// cosigned one is not; a file that cannot be read.
pub fn witnessed(
    directory: &Path,
    trusted: &[Vkey],
    witnesses: &[WitnessKey],
) -> Result<Vec<Witnessed>, JournalError> {
    // Cosigned ones first: one that is written meanwhile is of a checkpoint that was there before.
    let mut notes = Vec::new();
    for witness in witnesses {
        notes.push((witness, read(&path_of(directory, witness))?));
    }
    let not_believed = |error| JournalError::Sealed(Seal::Checkpoint(error));
    let newest = read(&directory.join(CHECKPOINT))?.ok_or(JournalError::Sealed(Seal::CheckpointMissing))?;
    let (newest, _) = Checkpoint::open(&newest, trusted).map_err(not_believed)?;
    let mut found = Vec::new();
    for (witness, note) in notes {
        let Some(note) = note else { continue };
        let (checkpoint, time_s) = believe(&note, trusted, witness).map_err(not_believed)?;
        let newest = checkpoint == newest;
        found.push(Witnessed { witness: witness.name().to_owned(), size: checkpoint.size, time_s, newest });
    }
    Ok(found)
}

/// Where the checkpoint lies that this witness cosigned last.
pub(super) fn path_of(directory: &Path, witness: &WitnessKey) -> PathBuf {
    directory.join(WITNESSED).join(witness.id_hex())
}

/// Below the journal's directory, with `/`.
pub(super) fn name_of(witness: &WitnessKey) -> String {
    format!("{WITNESSED}/{}", witness.id_hex())
}

/// A cosigned checkpoint and its time: signed by the journal and by the witness.
pub(super) fn believe(note: &str, trusted: &[Vkey], by: &WitnessKey) -> Result<(Checkpoint, u64), NoteError> {
    let (checkpoint, _) = Checkpoint::open(note, trusted)?;
    let time_s = cosigned_at(note, by)?.ok_or(NoteError::UnknownKey)?;
    Ok((checkpoint, time_s))
}

/// All cosigned checkpoints beside a journal, of whichever witness: their names and text.
pub(super) fn all(directory: &Path) -> Result<Vec<(String, String)>, JournalError> {
    let place = directory.join(WITNESSED);
    let failed = |source| JournalError::OpenJournal(DiskError::ReadFile { path: place.clone(), source });
    let entries = match std::fs::read_dir(&place) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        // Others are the remains of a write that was cut short.
        if name.len() == 8 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let note = read(&place.join(&name))?.unwrap_or_default();
            found.push((format!("{WITNESSED}/{name}"), note));
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<Option<String>, JournalError> {
    match std::fs::read(path) {
        // What is not UTF-8 is not a note, and is told as such by whoever reads it.
        Ok(bytes) => Ok(Some(String::from_utf8(bytes).unwrap_or_default())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(JournalError::OpenJournal(DiskError::ReadFile { path: path.to_owned(), source })),
    }
}
