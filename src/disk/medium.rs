//! The system calls that durability rests on, behind two thin traits, so that a test can let any of
//! them fail. It must not decide anything: no retry, no policy.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::Path;

/// An open file that is written by position.
pub trait Medium: Send {
    /// Writes at `offset`, in bytes; returns how many bytes were taken (possibly fewer than given).
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize>;
    /// Makes everything written so far durable (`fdatasync`).
    fn sync(&mut self) -> io::Result<()>;
    /// Cuts the file to `len` bytes. Durable only after the next [`Medium::sync`].
    fn truncate(&mut self, len: u64) -> io::Result<()>;
}

/// Where records are written.
pub struct Place {
    /// The file.
    pub medium: Box<dyn Medium>,
    /// Where the next record goes, in bytes.
    pub end: u64,
}

/// The acts on names and directories. Reading needs no trait: a test damages the file itself.
pub trait Disk: Send + Sync {
    /// Opens an existing file for writing.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Medium>>;
    /// Creates a file (mode 0600) or empties the one that is there.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Medium>>;
    /// Puts `from` in the place of `to`, atomically.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes one directory (mode 0700).
    fn create_dir(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a directory durable (`fsync` of the directory).
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
}

/// The machine's own disk.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn Medium>> {
        Ok(Box::new(OpenOptions::new().write(true).open(path)?))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Medium>> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        Ok(Box::new(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        std::fs::DirBuilder::new().mode(0o700).create(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

impl Medium for File {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        FileExt::write_at(self, bytes, offset)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }
}

/// Writes all of `bytes` at `offset`; an interrupted call is taken up again, a call that takes
/// nothing is an error.
pub fn write_all_at(medium: &mut dyn Medium, bytes: &[u8], offset: u64) -> io::Result<()> {
    let (mut rest, mut at) = (bytes, offset);
    while !rest.is_empty() {
        match medium.write_at(rest, at) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(taken) => {
                rest = rest.get(taken..).unwrap_or_default();
                at += taken as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// True for the errors that say "no room": they pass when room is made.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::WriteZero
    )
}
