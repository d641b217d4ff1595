//! The index in use: how far it is, and how a new one takes its place.
//!
//! It must not know what rows mean; whether an index is good or to be built again is decided by `rebuild`.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::barrier::{Key, Sealed};
use super::embedded::EmbeddedStore;
use super::log::Head;
use super::memory::MemoryStore;
use super::store::{Store, StoreError};

/// Where an index is kept.
#[derive(Debug, Clone)]
pub(crate) enum Kept {
    /// In memory only.
    Memory,
    /// In this directory.
    Embedded {
        /// `index` of the vault.
        directory: PathBuf,
        /// What sled is told.
        cache_bytes: u64,
    },
}

/// How far an index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    /// The last record that it holds.
    pub(crate) head: Head,
    /// How many rows it has, the marker among them.
    pub(crate) rows: u64,
}

/// The index in use, or none when it could not be built.
pub(crate) struct Index {
    pub(crate) kept: Kept,
    store: RwLock<Option<Arc<dyn Store>>>,
    /// Held by whoever writes rows or builds an index.
    position: Mutex<Position>,
    /// How often an index was put in use.
    built: AtomicU64,
    failed: Mutex<Option<Instant>>,
}

impl Index {
    pub(crate) fn new(kept: Kept, position: Position) -> Self {
        Self {
            kept,
            store: RwLock::new(None),
            position: Mutex::new(position),
            built: AtomicU64::new(0),
            failed: Mutex::new(None),
        }
    }

    /// A row, or why the index is of no use.
    pub(crate) fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.store()?.get(key)
    }

    pub(crate) fn store(&self) -> Result<Arc<dyn Store>, StoreError> {
        let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
        store.clone().ok_or_else(|| StoreError::OpenIndex("it is being built".to_owned()))
    }

    /// Puts rows and the marker that goes with them.
    pub(crate) fn put(&self, rows: &[(Key, Sealed)]) -> Result<(), StoreError> {
        self.store()?.put(rows)
    }

    /// Excludes everyone else who writes.
    pub(crate) fn writing(&self) -> MutexGuard<'_, Position> {
        self.position.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which index is in use: the number changes when another takes its place.
    pub(crate) fn built(&self) -> u64 {
        self.built.load(Ordering::Acquire)
    }

    /// Whether building again may be tried now: not within a second of a failure, so that a full disk is not
    /// hammered.
    pub(crate) fn may_try(&self) -> bool {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.is_none_or(|at| at.elapsed() >= Duration::from_secs(1))
    }

    /// Notes whether building succeeded.
    pub(crate) fn tried(&self, good: bool) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = (!good).then(Instant::now);
    }

    /// Puts a store in use, or none.
    pub(crate) fn replace(&self, with: Option<Arc<dyn Store>>) {
        *self.store.write().unwrap_or_else(PoisonError::into_inner) = with;
    }

    /// Makes the index durable and closes it. What fails here is found at the next start.
    pub(crate) fn close(&self) {
        let store = self.store.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(store) = store {
            let _ = store.sync();
        }
    }

    /// Takes the store out of use, lets `swap` put another in its place on disk, and uses what it gives.
    /// Look-ups wait meanwhile: sled would write its snapshots into the new directory if the old one lived on.
    pub(crate) fn exchange(
        &self,
        swap: impl FnOnce() -> Result<Arc<dyn Store>, StoreError>,
    ) -> Result<(), StoreError> {
        let mut slot = self.store.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = slot.take() {
            // A look-up holds it for microseconds, only a walk over all rows for longer.
            let mut waited = 0;
            while Arc::strong_count(&old) > 1 {
                if waited == 10_000 {
                    *slot = Some(old);
                    return Err(StoreError::OpenIndex("it is being read".to_owned()));
                }
                waited += 1;
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        *slot = Some(swap()?);
        self.built.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }
}

impl Kept {
    /// Opens what is there. A new one is made when nothing is.
    pub(crate) fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        match self {
            Self::Memory => Ok(Arc::new(MemoryStore::default())),
            Self::Embedded { directory, cache_bytes } => open_patiently(directory, *cache_bytes),
        }
    }

    /// Whether an index was kept. Not whether it is any good.
    pub(crate) fn exists(&self) -> bool {
        match self {
            Self::Memory => false,
            Self::Embedded { directory, .. } => directory.join("db").exists(),
        }
    }

    /// A new, empty one beside the one in use.
    pub(crate) fn beside(&self) -> Result<Arc<dyn Store>, StoreError> {
        match self {
            Self::Memory => Ok(Arc::new(MemoryStore::default())),
            Self::Embedded { directory, cache_bytes } => {
                let beside = beside(directory);
                remove(&beside)?;
                open_patiently(&beside, *cache_bytes)
            }
        }
    }

    /// Puts the one beside, which is closed, in the place of the one that was in use, which is closed too.
    pub(crate) fn take_place(&self, built: Arc<dyn Store>) -> Result<Arc<dyn Store>, StoreError> {
        match self {
            Self::Memory => Ok(built),
            Self::Embedded { directory, cache_bytes } => {
                drop(built);
                remove(directory)?;
                std::fs::rename(beside(directory), directory).map_err(|why| opening(&why))?;
                if let Some(above) = directory.parent() {
                    let synced = std::fs::File::open(above).and_then(|above| above.sync_all());
                    synced.map_err(|why| opening(&why))?;
                }
                open_patiently(directory, *cache_bytes)
            }
        }
    }
}

/// sled gives its lock back a moment after the last handle is dropped.
fn open_patiently(directory: &Path, cache_bytes: u64) -> Result<Arc<dyn Store>, StoreError> {
    let mut tries = 0;
    loop {
        match EmbeddedStore::open(directory, cache_bytes) {
            Err(StoreError::Held) if tries < 500 => tries += 1,
            Err(why) => return Err(why),
            Ok(store) => return Ok(Arc::new(store)),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn beside(directory: &Path) -> PathBuf {
    directory.with_extension("new")
}

fn remove(directory: &Path) -> Result<(), StoreError> {
    match std::fs::remove_dir_all(directory) {
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => Err(opening(&why)),
        _ => Ok(()),
    }
}

fn opening(why: &std::io::Error) -> StoreError {
    StoreError::OpenIndex(why.kind().to_string())
}
