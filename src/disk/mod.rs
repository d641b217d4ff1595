//! Files that keep what was acknowledged: an append-only log with group commit, small files replaced
//! atomically, locks, and a disk that fails on purpose for tests.
//!
//! It must not know what the bytes mean: no keys, no pupils, no journal. Callers above decide what a
//! damaged file means for them.

mod committer;
pub mod faulty;
mod frame;
mod medium;
mod pending;
mod small;
mod stream;

use std::path::{Path, PathBuf};

pub use committer::{Committer, Counts, Encode};
pub use frame::{
    LONGEST_BATCH, MAGIC_LEN, MAX_RECORD, RECORD_HEADER, Reader, Step, create_log, cut_tail, settle,
};
pub use medium::{Disk, Medium, Place, RealDisk, write_all_at};
pub use pending::{CommitError, Pending};
pub use small::{Lock, create_dir_durable, durable_write, open_or_create, write_file, write_file_at};
pub use stream::{Growing, durable_stream};

/// What failed on the disk. Paths are of Sluis's own files and carry no personal data.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// A file could not be opened or created.
    #[error("cannot open {}", .path.display())]
    OpenFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file could not be read.
    #[error("cannot read {}", .path.display())]
    ReadFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {}", .path.display())]
    WriteFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file or directory could not be made durable. It must not be retried: the kernel may have
    /// dropped the pages and would then report success.
    #[error("cannot make {} durable", .path.display())]
    SyncFile {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A finished temporary file could not take its place.
    #[error("cannot rename into {}", .path.display())]
    RenameFile {
        /// The place it should have taken.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A directory could not be made.
    #[error("cannot create directory {}", .path.display())]
    CreateDirectory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process holds the lock.
    #[error("{} is in use by another process", .path.display())]
    InUse {
        /// The locked file.
        path: PathBuf,
    },
    /// The lock could not be asked for.
    #[error("cannot lock {}", .path.display())]
    LockFile {
        /// The locked file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file does not begin as a log of this kind and version does.
    #[error("{} is not a log of this kind and version", .path.display())]
    NotThisLog {
        /// The file.
        path: PathBuf,
    },
    /// A record is damaged although later records were acknowledged after it: no torn tail.
    #[error("{} is damaged at byte {offset}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the first bad record begins.
        offset: u64,
    },
    /// The commit thread could not be started.
    #[error("cannot start the commit thread")]
    StartThread {
        /// What the system said.
        source: std::io::Error,
    },
}

impl DiskError {
    /// True when the disk or the quota is full, so that the same act may succeed later.
    pub fn is_full(&self) -> bool {
        match self {
            Self::WriteFile { source, .. } => medium::is_full(source),
            _ => false,
        }
    }
}

/// The directory that holds `path`: `.` for a bare name.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests;
