//! Checkpoints in the making: reads new entries back from the log, writes their tiles, and only then
//! a checkpoint. It must not hold up the commit thread.
//!
//! Tiles are made from what is on disk, not from memory: so a file that gives back other bytes than
//! were written is found within a minute.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::JournalError;
use super::open::{COMMITMENTS, ENTRIES};
use super::record::{self, LOG_MAGIC};
use super::tile::{Edge, TileFile};
use super::tree::{Frontier, Hash, leaf_hash};
use crate::disk::{
    Disk, DiskError, MAGIC_LEN, RECORD_HEADER, Reader, Step, create_dir_durable, write_file, write_file_at,
};

/// Up to where tiles are written.
#[derive(Debug, Clone)]
pub(super) struct Published {
    edge: Edge,
    /// Where the next entry's record begins in the log.
    offset: u64,
    /// How many pupil commitments the entries before it have.
    commitments: u64,
}

impl Default for Published {
    fn default() -> Self {
        Self { edge: Edge::default(), offset: MAGIC_LEN as u64, commitments: 0 }
    }
}

impl Published {
    /// Passes an entry that is covered by a checkpoint, so that its tiles are there.
    pub(super) fn pass(&mut self, leaf: &[u8], hash: Hash, commitments: &[u8], end: u64) {
        self.edge.push(leaf, hash);
        self.commitments += (commitments.len() / 32) as u64;
        self.offset = end;
    }

    /// How many entries are published.
    pub(super) fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The state after the files of all entries up to the size of `tree` are durable.
    ///
    /// Errors: the disk's, after which trying again begins anew; [`JournalError::Diverged`] when the
    /// log gives back other entries than went into `tree`.
    pub(super) fn advance(
        &self,
        disk: &dyn Disk,
        directory: &Path,
        tree: &Frontier,
    ) -> Result<Self, JournalError> {
        let mut next = self.clone();
        let mut writing = Writing::new(disk, directory);
        let mut reader =
            Reader::open(&directory.join(ENTRIES), LOG_MAGIC).map_err(JournalError::WriteCheckpoint)?;
        reader.seek(next.offset).map_err(JournalError::WriteCheckpoint)?;
        while next.edge.size() < tree.size() {
            let (offset, payload) = match reader.next() {
                Ok(Step::Record { offset, payload }) => (offset, payload),
                Err(error @ DiskError::ReadFile { .. }) => return Err(JournalError::WriteCheckpoint(error)),
                Ok(_) | Err(_) => return Err(JournalError::Diverged),
            };
            let (leaf, commitments) = record::split(payload).map_err(|_| JournalError::Diverged)?;
            writing.commitments(next.commitments, commitments)?;
            for file in next.edge.push(leaf, leaf_hash(leaf)) {
                writing.tile(&file)?;
            }
            next.commitments += (commitments.len() / 32) as u64;
            next.offset = offset + (payload.len() + RECORD_HEADER) as u64;
        }
        if next.edge.root() != tree.root() {
            return Err(JournalError::Diverged);
        }
        for file in next.edge.partial() {
            writing.tile(&file)?;
        }
        writing.finish()?;
        Ok(next)
    }
}

/// Files being written: each is synced at once, their directories at the end.
struct Writing<'a> {
    disk: &'a dyn Disk,
    directory: &'a Path,
    touched: BTreeSet<PathBuf>,
    /// Commitments gathered for the side file, and where the first of them goes.
    gathered: Vec<u8>,
    gathered_at: u64,
    /// Partial tiles that a full tile replaces.
    superseded: Vec<PathBuf>,
}

/// Commitments are written in pieces of about this many bytes.
const GATHER: usize = 1 << 20;

impl<'a> Writing<'a> {
    fn new(disk: &'a dyn Disk, directory: &'a Path) -> Self {
        let (touched, superseded) = (BTreeSet::new(), Vec::new());
        Self { disk, directory, touched, gathered: Vec::new(), gathered_at: 0, superseded }
    }

    fn tile(&mut self, file: &TileFile) -> Result<(), JournalError> {
        let path = self.directory.join(&file.path);
        let above = path.parent().unwrap_or(self.directory).to_owned();
        if !self.touched.contains(&above) {
            create_dir_durable(self.disk, &above).map_err(JournalError::WriteCheckpoint)?;
            self.touched.insert(above);
        }
        write_file(self.disk, &path, &file.bytes).map_err(JournalError::WriteCheckpoint)?;
        if !file.path.contains(".p/") {
            let mut partial = path.into_os_string();
            partial.push(".p");
            self.superseded.push(partial.into());
        }
        Ok(())
    }

    fn commitments(&mut self, at: u64, bytes: &[u8]) -> Result<(), JournalError> {
        if self.gathered.is_empty() {
            self.gathered_at = at * 32;
        }
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= GATHER { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), JournalError> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let path = self.directory.join(COMMITMENTS);
        write_file_at(self.disk, &path, &self.gathered, self.gathered_at)
            .map_err(JournalError::WriteCheckpoint)?;
        self.touched.insert(self.directory.join("pupils"));
        self.gathered.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<(), JournalError> {
        self.flush()?;
        for path in &self.touched {
            self.disk.sync_dir(path).map_err(|source| {
                JournalError::WriteCheckpoint(DiskError::SyncFile { path: path.clone(), source })
            })?;
        }
        for partial in &self.superseded {
            // The full tile is durable, and stands in for every partial one. What stays behind does no harm.
            let _ = std::fs::remove_dir_all(partial);
        }
        Ok(())
    }
}
