//! The index on disk: sled 0.34.7, with its measured faults kept out of the way. Opening and reading run under
//! `catch_unwind` (damage makes sled panic), leftovers of a snapshot that block opening are removed, and
//! `sync` does the `fdatasync` that sled's own flush leaves out on Linux.
//!
//! It must not know what a row means, nor decide what to do when the index is damaged.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use super::barrier::{Key, Sealed};
use super::store::{Store, StoreError};

/// A sled database in a directory of its own.
pub(crate) struct EmbeddedStore {
    db: sled::Db,
    directory: PathBuf,
}

impl EmbeddedStore {
    /// Opens or makes the database. `cache_bytes` is what sled is told; it takes about 2.5 times as much.
    pub(crate) fn open(directory: &Path, cache_bytes: u64) -> Result<Self, StoreError> {
        remove_unfinished_snapshots(directory)?;
        let config = sled::Config::new()
            .path(directory)
            .mode(sled::Mode::LowSpace)
            .cache_capacity(cache_bytes)
            .use_compression(false)
            .flush_every_ms(Some(500));
        let db = guarded(|| config.open()).map_err(|why| match why {
            Trouble::Held => StoreError::Held,
            Trouble::Other(what) => StoreError::OpenIndex(what),
        })?;
        Ok(Self { db, directory: directory.to_owned() })
    }
}

impl Store for EmbeddedStore {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        let found = guarded(|| self.db.get(key.as_bytes())).map_err(|why| StoreError::ReadRow(why.text()))?;
        Ok(found.map(|bytes| bytes.to_vec()))
    }

    fn put(&self, rows: &[(Key, Sealed)]) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        for (key, sealed) in rows {
            batch.insert(key.as_bytes().as_slice(), sealed.as_bytes());
        }
        guarded(|| self.db.apply_batch(batch)).map_err(|why| StoreError::WriteRows(why.text()))
    }

    fn count(&self) -> Result<u64, StoreError> {
        let mut rows = 0;
        // An error inside the walk ends it: what lies behind is not counted.
        let walked = guarded(|| {
            for row in self.db.iter() {
                row?;
                rows += 1;
            }
            Ok(())
        });
        walked.map_err(|why| StoreError::ReadRow(why.text()))?;
        Ok(rows)
    }

    fn sync(&self) -> Result<(), StoreError> {
        let failed = |what: String| StoreError::WriteRows(what);
        guarded(|| self.db.flush()).map_err(|why| failed(why.text()))?;
        let file = File::open(self.directory.join("db")).map_err(|why| failed(why.kind().to_string()))?;
        file.sync_data().map_err(|why| failed(why.kind().to_string()))?;
        let directory = File::open(&self.directory).map_err(|why| failed(why.kind().to_string()))?;
        directory.sync_all().map_err(|why| failed(why.kind().to_string()))
    }
}

enum Trouble {
    Held,
    Other(String),
}

impl Trouble {
    fn text(self) -> String {
        match self {
            Self::Held => "held by another process".to_owned(),
            Self::Other(what) => what,
        }
    }
}

/// Runs sled and turns its errors and panics into a word. sled's own texts may quote bytes of rows, so only
/// the kind of error is passed on.
fn guarded<T>(act: impl FnOnce() -> sled::Result<T>) -> Result<T, Trouble> {
    match catch_unwind(AssertUnwindSafe(act)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(sled::Error::Io(why))) if why.to_string().contains("could not acquire lock") => {
            Err(Trouble::Held)
        }
        Ok(Err(why)) => Err(Trouble::Other(
            match why {
                sled::Error::Io(source) => return Err(Trouble::Other(source.kind().to_string())),
                sled::Error::Corruption { .. } => "damaged",
                sled::Error::ReportableBug(_) => "sled reports a bug",
                sled::Error::Unsupported(_) => "unsupported",
                sled::Error::CollectionNotFound(_) => "incomplete",
            }
            .to_owned(),
        )),
        Err(_) => Err(Trouble::Other("sled panicked".to_owned())),
    }
}

/// A crash while sled writes a snapshot leaves `snap.*.generating`, and with it sled will not open.
fn remove_unfinished_snapshots(directory: &Path) -> Result<(), StoreError> {
    let failed = |why: std::io::Error| StoreError::OpenIndex(why.kind().to_string());
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(why) => return Err(failed(why)),
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            std::fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}
