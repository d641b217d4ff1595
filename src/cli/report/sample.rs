//! Ten exchanges to look at, chosen by their own hashes: whoever made the bundle did not choose them, and anybody can
//! choose them again.
//!
//! It must not know files.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::journal::{Hash, Leaf};

/// How many.
pub(super) const SAMPLES: usize = 10;

/// What is hashed before a leaf's hash.
const LABEL: &[u8] = b"sluis-evidence-sample-v1\n";

/// The entries with the smallest SHA-256 of label and leaf hash.
#[derive(Debug, Default)]
pub(super) struct Sample {
    least: BTreeMap<[u8; 32], Sampled>,
}

/// An entry that was chosen.
#[derive(Debug, Clone)]
pub(super) struct Sampled {
    pub(super) index: u64,
    /// Its bytes.
    pub(super) entry: Vec<u8>,
    pub(super) leaf: Leaf,
}

impl Sample {
    /// Offers an entry.
    pub(super) fn offer(&mut self, index: u64, hash: &Hash, entry: &[u8], leaf: &Leaf) {
        let score: [u8; 32] = Sha256::new().chain_update(LABEL).chain_update(hash).finalize().into();
        let full = self.least.len() == SAMPLES;
        if full && self.least.last_key_value().is_some_and(|(most, _)| *most < score) {
            return;
        }
        self.least.insert(score, Sampled { index, entry: entry.to_vec(), leaf: leaf.clone() });
        if self.least.len() > SAMPLES {
            self.least.pop_last();
        }
    }

    /// Those chosen, in the order of the journal.
    pub(super) fn chosen(self) -> Vec<Sampled> {
        let mut chosen: Vec<Sampled> = self.least.into_values().collect();
        chosen.sort_by_key(|sampled| sampled.index);
        chosen
    }
}
