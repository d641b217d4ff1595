//! A bounded cache in shards: what was asked lately is answered without a lock that anyone waits for, a
//! thread hop or a decryption.
//!
//! It must not know what it holds, nor be the only place where anything is.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};
use std::sync::{Arc, PoisonError, RwLock};

const SHARDS: usize = 64;

/// Values by the hash of what they answer. The hash is keyed, so a caller cannot aim at one shard; the value
/// is compared with the question on each hit, so a colliding hash costs a miss and never a wrong answer.
pub(crate) struct Cache<V> {
    hasher: RandomState,
    shards: Vec<RwLock<Shard<V>>>,
    most: usize,
}

type Table<V> = HashMap<u64, Arc<V>, BuildHasherDefault<AlreadyHashed>>;

/// Two generations: when the younger is full it becomes the older, and what the older held goes, except what
/// was asked in the meantime.
struct Shard<V> {
    young: Table<V>,
    old: Table<V>,
    /// The moment of its last clearing: what was found out before is not kept.
    cleared: u64,
}

impl<V> Cache<V> {
    /// Holds at most about `values` values.
    pub(crate) fn new(values: usize) -> Self {
        let shards = (0..SHARDS)
            .map(|_| RwLock::new(Shard { young: Table::default(), old: Table::default(), cleared: 0 }));
        Self { hasher: RandomState::new(), shards: shards.collect(), most: (values / SHARDS / 2).max(1) }
    }

    /// The keyed hash of a question.
    pub(crate) fn hash(&self, question: impl Hash) -> u64 {
        self.hasher.hash_one(question)
    }

    /// The value under this hash, when `answers` says that it answers the question.
    pub(crate) fn get(&self, hash: u64, answers: impl Fn(&V) -> bool) -> Option<Arc<V>> {
        let shard = self.shard(hash)?;
        let (held, moment) = {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            let held = match shard.young.get(&hash) {
                Some(value) => return answers(value).then(|| Arc::clone(value)),
                None => shard.old.get(&hash).filter(|value| answers(value)).map(Arc::clone),
            };
            (held?, shard.cleared)
        };
        self.put(hash, Arc::clone(&held), moment);
        Some(held)
    }

    /// Keeps a value under this hash, when it was found out at a moment after the last clearing.
    pub(crate) fn put(&self, hash: u64, value: Arc<V>, moment: u64) {
        let Some(shard) = self.shard(hash) else { return };
        let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
        if shard.cleared > moment {
            return;
        }
        if shard.young.len() >= self.most {
            shard.old = std::mem::take(&mut shard.young);
        }
        shard.young.insert(hash, value);
    }

    /// Keeps a value under this hash unless there is one: for what was read, which a write may have overtaken.
    pub(crate) fn offer(&self, hash: u64, value: Arc<V>, moment: u64) {
        let Some(shard) = self.shard(hash) else { return };
        let held = shard.read().unwrap_or_else(PoisonError::into_inner).young.contains_key(&hash);
        if !held {
            self.put(hash, value, moment);
        }
    }

    /// Forgets everything that was found out before this moment.
    pub(crate) fn clear(&self, moment: u64) {
        for shard in &self.shards {
            let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
            shard.young = Table::default();
            shard.old = Table::default();
            shard.cleared = shard.cleared.max(moment);
        }
    }

    fn shard(&self, hash: u64) -> Option<&RwLock<Shard<V>>> {
        // Bits from the middle: the tables inside use the lowest and the highest.
        self.shards.get(usize::try_from((hash >> 32) & 63).ok()?)
    }
}

/// The key is a hash already.
#[derive(Default)]
struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 << 8) | u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}
