//! Small files that are replaced whole, directories that stay, and locks. It must not know what the
//! files hold.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::medium::write_all_at;
use super::{Disk, DiskError, Medium, parent};

/// Tells temporary files of one process apart.
static TEMPORARY: AtomicU64 = AtomicU64::new(0);

/// Replaces `path` by `bytes`: after it returns the new content is there after a power cut; when it
/// fails, or the machine does, the old content is. The file has mode 0600.
///
/// A temporary file in the same directory is written and synced, then renamed over `path`, then the
/// directory is synced. When that last step fails the new content is in place but may be lost.
pub fn durable_write(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    write_file(disk, path, bytes)?;
    let directory = parent(path);
    disk.sync_dir(directory).map_err(|source| DiskError::SyncFile { path: directory.to_owned(), source })
}

/// [`durable_write`] but for the directory, which the caller syncs once after many files: until then
/// the old content may come back.
pub fn write_file(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    let temporary = temporary_name(path);
    let done = write_new(disk, &temporary, bytes).and_then(|()| {
        disk.rename(&temporary, path)
            .map_err(|source| DiskError::RenameFile { path: path.to_owned(), source })
    });
    if done.is_err() {
        // The half-made file holds nothing that anyone was promised; failing to remove it changes nothing.
        let _ = disk.remove(&temporary);
    }
    done
}

/// Writes `bytes` at `offset` of a file, made when missing, and syncs it. Not atomic: for content that
/// is written anew from elsewhere when this fails.
pub fn write_file_at(disk: &dyn Disk, path: &Path, bytes: &[u8], offset: u64) -> Result<(), DiskError> {
    let mut medium = open_or_create(disk, path)?;
    write_all_at(medium.as_mut(), bytes, offset)
        .map_err(|source| DiskError::WriteFile { path: path.to_owned(), source })?;
    medium.sync().map_err(|source| DiskError::SyncFile { path: path.to_owned(), source })
}

/// Opens a file for writing, made when missing.
pub fn open_or_create(disk: &dyn Disk, path: &Path) -> Result<Box<dyn Medium>, DiskError> {
    let opened = match disk.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => disk.create(path),
        opened => opened,
    };
    opened.map_err(|source| DiskError::OpenFile { path: path.to_owned(), source })
}

/// Makes `path` and its missing parents (mode 0700), each synced into its own parent. Existing
/// directories are synced too: an earlier call may have stopped half way.
pub fn create_dir_durable(disk: &dyn Disk, path: &Path) -> Result<(), DiskError> {
    let above = parent(path);
    if !path.is_dir() {
        if !above.is_dir() {
            create_dir_durable(disk, above)?;
        }
        disk.create_dir(path)
            .map_err(|source| DiskError::CreateDirectory { path: path.to_owned(), source })?;
    }
    disk.sync_dir(above).map_err(|source| DiskError::SyncFile { path: above.to_owned(), source })
}

/// An exclusive lock that lasts as long as the value, or the process, lives.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock on the file at `path`, made when missing (mode 0600), without waiting.
    ///
    /// Errors: [`DiskError::InUse`] when another process, or another value of this one, holds it.
    pub fn take(path: &Path) -> Result<Self, DiskError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(|source| DiskError::OpenFile { path: path.to_owned(), source })?;
        match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { file }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(DiskError::InUse { path: path.to_owned() }),
            Err(errno) => Err(DiskError::LockFile { path: path.to_owned(), source: errno.into() }),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file releases the lock as well; this only makes it certain when a child holds a copy.
        let _ = rustix::fs::flock(&self.file, rustix::fs::FlockOperation::Unlock);
    }
}

fn write_new(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    let mut medium =
        disk.create(path).map_err(|source| DiskError::OpenFile { path: path.to_owned(), source })?;
    write_all_at(medium.as_mut(), bytes, 0)
        .map_err(|source| DiskError::WriteFile { path: path.to_owned(), source })?;
    medium.sync().map_err(|source| DiskError::SyncFile { path: path.to_owned(), source })
}

pub(super) fn temporary_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    let number = TEMPORARY.fetch_add(1, Ordering::Relaxed);
    name.push(format!(".{}-{number}.tmp", std::process::id()));
    path.with_file_name(name)
}
