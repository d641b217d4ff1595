//! The index in memory: for tests, the demonstration, and a vault whose log alone is kept.
//!
//! It must not know the disk.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use super::barrier::{Key, Sealed};
use super::store::{Store, StoreError};

/// Rows in a map.
#[derive(Default)]
pub(crate) struct MemoryStore(RwLock<HashMap<Key, Vec<u8>>>);

impl Store for MemoryStore {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    fn put(&self, rows: &[(Key, Sealed)]) -> Result<(), StoreError> {
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (key, sealed) in rows {
            map.insert(*key, sealed.as_bytes().to_vec());
        }
        Ok(())
    }

    fn count(&self) -> Result<u64, StoreError> {
        let rows = self.0.read().unwrap_or_else(PoisonError::into_inner).len();
        Ok(u64::try_from(rows).unwrap_or(u64::MAX))
    }

    fn sync(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
