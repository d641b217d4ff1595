//! A file that is replaced whole, written piece by piece: for content that is too large to hold twice.
//!
//! It must not know what the file holds.

use std::path::{Path, PathBuf};

use super::medium::write_all_at;
use super::small::temporary_name;
use super::{Disk, DiskError, Medium, parent};

/// A file on its way to its place.
pub struct Growing {
    medium: Box<dyn Medium>,
    path: PathBuf,
    at: u64,
}

impl Growing {
    /// Writes behind what is there.
    ///
    /// # Errors
    /// [`DiskError::WriteFile`].
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), DiskError> {
        let failed = |source| DiskError::WriteFile { path: self.path.clone(), source };
        write_all_at(self.medium.as_mut(), bytes, self.at).map_err(failed)?;
        self.at += u64::try_from(bytes.len()).unwrap_or_default();
        Ok(())
    }
}

/// Replaces `path` by what `fill` appends, as [`super::durable_write`] does with bytes: all of it is there after a
/// power cut once this returns; when it fails, the old content is. The file has mode 0600.
///
/// # Errors
/// What `fill` says, and what the disk says.
pub fn durable_stream<E: From<DiskError>>(
    disk: &dyn Disk,
    path: &Path,
    fill: impl FnOnce(&mut Growing) -> Result<(), E>,
) -> Result<(), E> {
    let temporary = temporary_name(path);
    let done = written(disk, path, &temporary, fill);
    if done.is_err() {
        // The half-made file holds nothing that anyone was promised; failing to remove it changes nothing.
        let _ = disk.remove(&temporary);
        return done;
    }
    let directory = parent(path);
    disk.sync_dir(directory)
        .map_err(|source| DiskError::SyncFile { path: directory.to_owned(), source }.into())
}

fn written<E: From<DiskError>>(
    disk: &dyn Disk,
    path: &Path,
    temporary: &Path,
    fill: impl FnOnce(&mut Growing) -> Result<(), E>,
) -> Result<(), E> {
    let path_of = || path.to_owned();
    let medium = disk.create(temporary).map_err(|source| DiskError::OpenFile { path: path_of(), source })?;
    let mut growing = Growing { medium, path: path_of(), at: 0 };
    fill(&mut growing)?;
    growing.medium.sync().map_err(|source| DiskError::SyncFile { path: path_of(), source })?;
    disk.rename(temporary, path).map_err(|source| DiskError::RenameFile { path: path_of(), source })?;
    Ok(())
}
