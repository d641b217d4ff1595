//! All or nothing: files are made in a directory beside their place and moved there together.
//!
//! What was not finished is removed when it goes out of scope. It must not know what the files are.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::cli::words;
use crate::config::reason;
use crate::crypto::random;

/// Files in the making.
pub(in crate::cli) struct Staging {
    place: PathBuf,
    path: PathBuf,
}

/// Fails when any of the names is taken.
pub(in crate::cli) fn check_free(place: &Path, names: &[&str]) -> Result<(), Failure> {
    for name in names {
        let path = if place == Path::new(".") { PathBuf::from(name) } else { place.join(name) };
        if fs::symlink_metadata(&path).is_ok() {
            return Err(Failure::new(&words::OCCUPIED, [("path", path.display().to_string().into())]));
        }
    }
    Ok(())
}

impl Staging {
    /// A new directory in `place`, which is made when it is missing.
    pub(in crate::cli) fn begin(place: &Path) -> Result<Self, Failure> {
        Self::named(place, ".sluis-init-")
    }

    /// The same, under a name that begins so.
    pub(in crate::cli) fn named(place: &Path, begin: &str) -> Result<Self, Failure> {
        fs::create_dir_all(place).map_err(|error| failed(place, &error))?;
        let number = random::<8>().map_err(|_| Failure::new(&words::NO_RANDOM, []))?;
        let number = u64::from_be_bytes(number);
        let path = place.join(format!("{begin}{number:016x}"));
        fs::DirBuilder::new().mode(0o700).create(&path).map_err(|error| failed(&path, &error))?;
        Ok(Self { place: place.to_owned(), path })
    }

    /// Where the files are made.
    pub(in crate::cli) fn path(&self) -> &Path {
        &self.path
    }

    /// A directory that only its owner can enter.
    pub(in crate::cli) fn directory(&self, name: &str) -> Result<(), Failure> {
        let path = self.path.join(name);
        let made = fs::DirBuilder::new().mode(0o700).recursive(true).create(&path);
        made.map_err(|error| failed(&path, &error))
    }

    /// A new file with this mode, durable before this returns.
    pub(in crate::cli) fn write(&self, name: &str, bytes: &[u8], mode: u32) -> Result<(), Failure> {
        let path = self.path.join(name);
        if let Some(parent) = Path::new(name).parent().and_then(Path::to_str)
            && !parent.is_empty()
        {
            self.directory(parent)?;
        }
        let write = || -> io::Result<()> {
            let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&path)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(|error| failed(&path, &error))
    }

    /// Moves everything into place, in this order; when one step fails, what was moved is moved back.
    pub(in crate::cli) fn finish(self, names: &[&str]) -> Result<(), Failure> {
        check_free(&self.place, names)?;
        let mut moved: Vec<&str> = Vec::new();
        for name in names {
            let (from, to) = (self.path.join(name), self.place.join(name));
            if let Err(error) = fs::rename(&from, &to) {
                for back in moved.iter().rev() {
                    let _ = fs::rename(self.place.join(back), self.path.join(back));
                }
                return Err(failed(&to, &error));
            }
            moved.push(name);
        }
        fs::File::open(&self.place)
            .and_then(|place| place.sync_all())
            .map_err(|error| failed(&self.place, &error))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::new(&words::WRITE, [("path", path.display().to_string().into()), ("reason", reason(error))])
}
