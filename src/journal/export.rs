//! A copy of what an auditor needs: checkpoints, tiles, bundles and commitments of one moment, also while the
//! journal is being written. It must not verify them, nor take `entries.log` along.

use std::io;
use std::path::Path;

use super::open::{CHECKPOINT, COMMITMENTS};
use super::tile::{TILE_WIDTH, bundle_path, tile_path};
use super::walk::{self, Bundle, Commitments};
use super::{Checkpoint, JournalError, Leaf, Seal, Vkey};

/// Gives every file of a copy to `put`, by its path below the journal with `/`; returns how many entries the
/// copy covers.
///
/// Errors: a checkpoint that no trusted key signed; a file that is missing or cannot be read; what `put` says.
pub fn export(
    directory: &Path,
    trusted: &[Vkey],
    put: &mut dyn FnMut(&str, &[u8]) -> io::Result<()>,
) -> Result<u64, JournalError> {
    // Cosigned ones first, so that none is of a later checkpoint than the one taken along.
    let cosigned = super::witnessed::all(directory)?;
    let note = walk::note(directory, CHECKPOINT).ok_or(JournalError::Sealed(Seal::CheckpointMissing))?;
    let (checkpoint, _) =
        Checkpoint::open(&note, trusted).map_err(|error| JournalError::Sealed(Seal::Checkpoint(error)))?;
    let mut put = |name: &str, bytes: &[u8]| {
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
            put(&path, &hashes.concat())?;
        }
    }
    let mut side = Commitments::open(directory);
    let mut commitments = Vec::new();
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
            let Some(pupils) = pupils else { continue };
            let more = side.next(pupils.count);
            let missing = || JournalError::ReadTile { path: COMMITMENTS.to_owned() };
            commitments.extend_from_slice(&more.ok_or_else(missing)?);
        }
        put(&path, &bytes)?;
    }
    put(COMMITMENTS, &commitments)?;
    for (name, note) in &cosigned {
        put(name, note.as_bytes())?;
    }
    // Last: a copy without a checkpoint is seen to be unfinished.
    put(CHECKPOINT, note.as_bytes())?;
    Ok(checkpoint.size)
}

fn width(size: u64, index: u64) -> usize {
    let left = size.saturating_sub(index * TILE_WIDTH as u64);
    usize::try_from(left).unwrap_or(TILE_WIDTH).min(TILE_WIDTH)
}
