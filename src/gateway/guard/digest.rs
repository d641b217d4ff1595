//! Hashes of e-mail addresses: what `mbox_sha1sum` (xAPI) and Gravatar make of one, recognised.
//!
//! Only the first eight bytes of each digest are kept: enough to know it by, too little to print.

use md5::{Digest as _, Md5};
use sha1::Sha1;
use sha2::Sha256;

/// The beginnings of the digests of the watched addresses, in an open table.
#[derive(Default)]
pub(super) struct Digests {
    table: Vec<u64>,
    used: usize,
}

impl Digests {
    /// Adds MD5, SHA-1 and SHA-256 of the address, trimmed and lower-cased, and as spelled, and the
    /// SHA-1 of its `mailto:` form.
    pub(super) fn add(&mut self, address: &str) {
        let spelled = address.trim();
        let lower = spelled.to_lowercase();
        self.add_spelling(&lower);
        if lower != spelled {
            self.add_spelling(spelled);
        }
    }

    /// Gives back room that was kept for more; call it after the last.
    pub(super) fn settle(&mut self) {
        self.resize(self.used + self.used / 4 + 1);
    }

    fn resize(&mut self, size: usize) {
        let mut table = vec![0; size];
        for &slot in self.table.iter().filter(|&&slot| slot != 0) {
            settle_in(&mut table, slot);
        }
        self.table = table;
    }

    /// Whether nothing was added.
    pub(super) const fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Bytes held.
    pub(super) const fn memory(&self) -> usize {
        self.table.capacity() * 8
    }

    /// Whether a digest of a watched address begins with these eight bytes.
    pub(super) fn knows(&self, beginning: [u8; 8]) -> bool {
        let wanted = key(beginning);
        let start = place(wanted, self.table.len());
        let after = self.table.get(start..).unwrap_or_default();
        let before = self.table.get(..start).unwrap_or_default();
        let mut filled = after.iter().chain(before).take_while(|&&slot| slot != 0);
        filled.any(|&slot| slot == wanted)
    }

    fn add_spelling(&mut self, address: &str) {
        self.insert(&Md5::digest(address));
        self.insert(&Sha1::digest(address));
        self.insert(&Sha256::digest(address));
        self.insert(&Sha1::new().chain_update("mailto:").chain_update(address).finalize());
    }

    fn insert(&mut self, digest: &[u8]) {
        let Some(beginning) = digest.first_chunk::<8>() else {
            return;
        };
        if self.knows(*beginning) {
            return;
        }
        if (self.used + 1) * 4 > self.table.len() * 3 {
            self.resize(self.table.len() + self.table.len() / 2 + 16);
        }
        settle_in(&mut self.table, key(*beginning));
        self.used += 1;
    }
}

/// Zero marks an empty place, so the digest that begins with zeros is known as one.
fn key(beginning: [u8; 8]) -> u64 {
    u64::from_be_bytes(beginning).max(1)
}

/// Digests are evenly spread already.
const fn place(key: u64, slots: usize) -> usize {
    ((key as u128 * slots as u128) >> 64) as usize
}

/// Puts a key into the first free place; there always is one.
fn settle_in(table: &mut [u64], key: u64) {
    let mut at = place(key, table.len());
    while table.get(at).is_some_and(|taken| *taken != 0) {
        at = if at + 1 == table.len() { 0 } else { at + 1 };
    }
    if let Some(free) = table.get_mut(at) {
        *free = key;
    }
}
