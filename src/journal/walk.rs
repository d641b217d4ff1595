//! The files of a journal, read for verification in the order of entries: bundles, tiles, the side
//! file and the log. It must not compare anything.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use super::open::{COMMITMENTS, ENTRIES};
use super::record::{self, LOG_MAGIC};
use super::tile::{TILE_WIDTH, bundle_path, tile_path};
use super::{Hash, LeafError};
use crate::disk::{DiskError, Reader, Step};

/// An entry bundle, taken apart or not.
pub(super) enum Bundle {
    Missing,
    Malformed,
    Entries(Vec<Vec<u8>>),
}

/// Reads the bundle of this index and width; a full one stands in for a partial one.
pub(super) fn bundle(directory: &Path, index: u64, width: usize) -> Bundle {
    let paths = [bundle_path(index, width), bundle_path(index, TILE_WIDTH)];
    let Some(bytes) = first_of(directory, &paths) else { return Bundle::Missing };
    let (mut rest, mut entries, mut all) = (bytes.as_slice(), Vec::with_capacity(width), 0);
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let Some((entry, after)) = after.split_at_checked(u16::from_be_bytes(*length).into()) else {
            return Bundle::Malformed;
        };
        if entries.len() < width {
            entries.push(entry.to_vec());
        }
        (rest, all) = (after, all + 1);
    }
    let whole = rest.is_empty() && (all == width || all == TILE_WIDTH);
    if whole { Bundle::Entries(entries) } else { Bundle::Malformed }
}

/// Reads the tile of this level, index and width; a full one stands in for a partial one.
pub(super) fn tile(directory: &Path, level: usize, index: u64, width: usize) -> Option<Vec<Hash>> {
    let paths = [tile_path(level, index, width), tile_path(level, index, TILE_WIDTH)];
    let bytes = first_of(directory, &paths)?;
    let (hashes, rest) = bytes.as_chunks::<32>();
    let whole = rest.is_empty() && (hashes.len() == width || hashes.len() == TILE_WIDTH);
    if whole { hashes.get(..width).map(<[Hash]>::to_vec) } else { None }
}

/// The first of two files that is there, of a size that can be one.
pub(super) fn first_of(directory: &Path, paths: &[String; 2]) -> Option<Vec<u8>> {
    const LARGEST: u64 = (TILE_WIDTH * (2 + super::MAX_LEAF)) as u64;
    paths.iter().find_map(|path| {
        let mut bytes = Vec::new();
        File::open(directory.join(path)).ok()?.take(LARGEST + 1).read_to_end(&mut bytes).ok()?;
        (bytes.len() as u64 <= LARGEST).then_some(bytes)
    })
}

/// A signed note below the journal, when it is there. What is not UTF-8 is no note, and empty.
pub(super) fn note(directory: &Path, name: &str) -> Option<String> {
    let bytes = std::fs::read(directory.join(name)).ok()?;
    Some(String::from_utf8(bytes).unwrap_or_default())
}

/// The side file of commitments.
pub(super) struct Commitments {
    file: Option<BufReader<File>>,
}

impl Commitments {
    pub(super) fn open(directory: &Path) -> Self {
        Self { file: File::open(directory.join(COMMITMENTS)).ok().map(BufReader::new) }
    }

    /// The next `count` commitments, as bytes; none when the file ends before.
    pub(super) fn next(&mut self, count: u32) -> Option<Vec<u8>> {
        let mut bytes = vec![0; count as usize * 32];
        self.file.as_mut()?.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }
}

/// What `entries.log` gives next.
pub(super) enum Logged {
    /// Leaf bytes and commitments.
    Record(Result<(Vec<u8>, Vec<u8>), LeafError>),
    /// It ends, with so many bytes of a torn batch.
    End(u64),
    /// It is damaged, or no such log.
    Damaged,
}

/// `entries.log`, which an auditor may not have.
pub(super) struct Log {
    path: PathBuf,
    reader: Option<Result<Reader, DiskError>>,
}

impl Log {
    pub(super) fn open(directory: &Path) -> Self {
        let path = directory.join(ENTRIES);
        let reader = path.exists().then(|| Reader::open(&path, LOG_MAGIC));
        Self { path, reader }
    }

    /// False when there is none to read, or it was read to its end.
    pub(super) fn is_open(&self) -> bool {
        self.reader.is_some()
    }

    /// The next record. What ends or is damaged is not read further.
    pub(super) fn next(&mut self) -> Logged {
        let logged = match &mut self.reader {
            None => Logged::End(0),
            Some(Err(_)) => Logged::Damaged,
            Some(Ok(reader)) => match reader.next() {
                Ok(Step::Record { payload, .. }) => {
                    Logged::Record(record::split(payload).map(|(leaf, rest)| (leaf.to_vec(), rest.to_vec())))
                }
                Ok(Step::End { .. }) => Logged::End(0),
                Ok(Step::Torn { lost, .. }) => Logged::End(lost),
                Err(_) => Logged::Damaged,
            },
        };
        if !matches!(logged, Logged::Record(_)) {
            self.reader = None;
        }
        logged
    }
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").field("path", &self.path).finish_non_exhaustive()
    }
}
