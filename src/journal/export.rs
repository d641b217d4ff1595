//! A copy of what an auditor needs: checkpoints, tiles, bundles and commitments of one moment, and the sealed needle filters, also while
//! the journal is being written. It must not verify them, nor take `entries.log` along.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::open::{CHECKPOINT, COMMITMENTS};
use super::tile::{TILE_WIDTH, bundle_path, tile_path};
use super::walk::{self, Bundle};
use super::{Checkpoint, JournalError, Leaf, Seal, Vkey};
use crate::disk::DiskError;

/// Gives every file of a copy to `put`, by its path below the journal with `/`, to be read to its end; returns how many
/// entries the copy covers. Memory holds no more than a bundle.
///
/// Errors: a checkpoint that no trusted key signed; a file that is missing or cannot be read; what `put` says.
pub fn export(
    directory: &Path,
    trusted: &[Vkey],
    put: &mut dyn FnMut(&str, &mut dyn Read) -> io::Result<()>,
) -> Result<u64, JournalError> {
    // Cosigned ones first, so that none is of a later checkpoint than the one taken along.
    let cosigned = super::witnessed::all(directory)?;
    let note = walk::note(directory, CHECKPOINT).ok_or(JournalError::Sealed(Seal::CheckpointMissing))?;
    let (checkpoint, _) =
        Checkpoint::open(&note, trusted).map_err(|error| JournalError::Sealed(Seal::Checkpoint(error)))?;
    let mut put = |name: &str, bytes: &mut dyn Read| {
        put(name, bytes).map_err(|source| JournalError::Export { path: name.to_owned(), source })
    };
    for level in 0.. {
        let at_level = checkpoint.size.checked_shr(8 * level).unwrap_or_default();
        if at_level == 0 {
            break;
        }
        let level = level as usize;
        for index in 0..at_level.div_ceil(TILE_WIDTH as u64) {
            let width = width(at_level, index);
            let path = tile_path(level, index, width);
            let hashes = walk::tile(directory, level, index, width);
            let hashes = hashes.ok_or_else(|| JournalError::ReadTile { path: path.clone() })?;
            put(&path, &mut hashes.concat().as_slice())?;
        }
    }
    let mut commitments = 0_u64;
    for index in 0..checkpoint.size.div_ceil(TILE_WIDTH as u64) {
        let width = width(checkpoint.size, index);
        let path = bundle_path(index, width);
        let Bundle::Entries(entries) = walk::bundle(directory, index, width) else {
            return Err(JournalError::ReadTile { path });
        };
        let mut bytes = Vec::new();
        for entry in &entries {
            bytes.extend_from_slice(&u16::try_from(entry.len()).unwrap_or(u16::MAX).to_be_bytes());
            bytes.extend_from_slice(entry);
            let pupils = Leaf::decode(entry).ok().and_then(|leaf| leaf.pupils);
            commitments += pupils.map_or(0, |pupils| pupils.count.into());
        }
        put(&path, &mut bytes.as_slice())?;
    }
    if commitments == 0 {
        // A journal without pupils has no side file yet.
        put(COMMITMENTS, &mut io::empty())?;
    } else {
        // Its beginning does not change: what is behind belongs to entries of a later checkpoint.
        let mut side = walk::side_file(directory, commitments)?;
        put(COMMITMENTS, &mut side)?;
        if side.limit() > 0 {
            return Err(JournalError::ReadTile { path: COMMITMENTS.to_owned() });
        }
    }
    for (name, note) in &cosigned {
        put(name, &mut note.as_bytes())?;
    }
    for (name, path) in needles(directory)? {
        let read = |source| JournalError::OpenJournal(DiskError::ReadFile { path: path.clone(), source });
        put(&name, &mut File::open(&path).map_err(read)?)?;
    }
    // Last: a copy without a checkpoint is seen to be unfinished.
    put(CHECKPOINT, &mut note.as_bytes())?;
    Ok(checkpoint.size)
}

/// The months' files of sealed filters and their lists; not their keys.
fn needles(directory: &Path) -> Result<Vec<(String, PathBuf)>, JournalError> {
    let folder = directory.join("needle");
    let mut found = Vec::new();
    let unread = |source| JournalError::OpenJournal(DiskError::ReadFile { path: folder.clone(), source });
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(unread(error)),
    };
    for entry in entries {
        let entry = entry.map_err(unread)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let month = name
            .strip_suffix(".list")
            .unwrap_or(&name)
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-');
        if month && entry.file_type().map_err(unread)?.is_file() {
            found.push((format!("needle/{name}"), entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

fn width(size: u64, index: u64) -> usize {
    let left = size.saturating_sub(index * TILE_WIDTH as u64);
    usize::try_from(left).unwrap_or(TILE_WIDTH).min(TILE_WIDTH)
}
