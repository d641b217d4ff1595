//! The vault's log: the truth. Append-only; each record is sealed, and bound to all before it by a chain.
//!
//! The file is framed by `disk` (length, checksum). A payload is
//!
//! | bytes | what |
//! |---|---|
//! | 8 | sequence, big-endian, the first record being 1 |
//! | 4 | number of the key that seals it: 1 for notices, otherwise the data key of a scope |
//! | n | AES-256-GCM as `crypto::Keyring` seals; its place is vault, sequence, key number and the chain before it |
//!
//! and chain(n) = SHA-256(chain(n-1) ‖ payload(n)), chain(0) = SHA-256("sluis-vault-log-v1" ‖ vault). Opening
//! any record so proves every byte before it. It must not know what an entry means, nor the index.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::codec::{Fields, Reader};
use super::pending::{Aftermath, Job};
use crate::crypto::Keyring;
use crate::disk::Encode;
use crate::secret::Secret;

/// The first bytes of the log's file: its kind and version.
pub(crate) const MAGIC: &[u8; 16] = b"sluis vault 1\r\n\0";
/// The number of the key that seals notices.
pub(crate) const NOTICES: u32 = 1;
const LABEL: &[u8] = b"sluis-vault-log-v1";

/// Where a log stands: how many records it has, and what binds them. A journal leaf carries it, and a vault
/// that does not contain it is not this vault, or an older one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The number of the last record; 0 for a log without records.
    pub sequence: u64,
    /// The chain up to and with that record.
    pub chain: [u8; 32],
}

impl Head {
    /// Sequence (big-endian) and chain: 40 bytes.
    pub fn to_bytes(&self) -> [u8; 40] {
        let mut bytes = [0; 40];
        let (sequence, chain) = bytes.split_at_mut(8);
        sequence.copy_from_slice(&self.sequence.to_be_bytes());
        chain.copy_from_slice(&self.chain);
        bytes
    }

    /// The other way round.
    pub fn from_bytes(bytes: &[u8; 40]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        Some(Self { sequence: reader.u64()?, chain: reader.array()? })
    }

    /// The head of an empty log of this vault.
    pub(crate) fn before_all(vault: &[u8; 16]) -> Self {
        let chain = Sha256::new().chain_update(LABEL).chain_update(vault).finalize().into();
        Self { sequence: 0, chain }
    }

    /// The head after this payload.
    pub(crate) fn after(&self, payload: &[u8]) -> Self {
        let chain = Sha256::new().chain_update(self.chain).chain_update(payload).finalize().into();
        Self { sequence: self.sequence + 1, chain }
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {} (", self.sequence)?;
        for byte in self.chain.iter().take(4) {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}

/// A payload taken apart, still sealed.
pub(crate) struct Record<'a> {
    pub(crate) key: u32,
    sequence: u64,
    sealed: &'a [u8],
}

impl<'a> Record<'a> {
    /// `None` when it is too short to be one.
    pub(crate) fn read(payload: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(payload);
        let (sequence, key) = (reader.u64()?, reader.u32()?);
        Some(Self { key, sequence, sealed: payload.get(12..)? })
    }

    /// Whether it is the record after `head`, going by its number.
    pub(crate) fn follows(&self, head: &Head) -> bool {
        self.sequence == head.sequence + 1
    }

    /// What it says, if it is the record that was sealed after `head`.
    pub(crate) fn open(&self, vault: &[u8; 16], head: &Head, keys: &Keyring) -> Option<Secret<Vec<u8>>> {
        keys.open(&place(vault, head, self.key), self.sealed).ok()
    }
}

/// Seals items into payloads, on the commit thread, where sequence and chain live.
pub(crate) struct Sealing {
    vault: [u8; 16],
    head: Head,
    kept: Head,
    encoded: Vec<(Job, Head)>,
    after: Arc<Aftermath>,
}

/// What a caller hands in: one record and what is to happen once it is durable.
pub(crate) struct Item {
    pub(crate) key: u32,
    pub(crate) keys: Arc<Keyring>,
    pub(crate) plain: Fields,
    pub(crate) job: Job,
}

/// The key may seal nothing more, or the record is too long; nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unsealable;

impl Sealing {
    /// Goes on after `head`.
    pub(crate) fn after(vault: [u8; 16], head: Head, after: Arc<Aftermath>) -> Self {
        Self { vault, head, kept: head, encoded: Vec::new(), after }
    }

    /// The last durable record.
    pub(crate) fn kept(&self) -> Head {
        self.kept
    }

    /// Goes on in another log, which stands at `head`.
    pub(crate) fn go_on_after(&mut self, head: Head) {
        (self.head, self.kept) = (head, head);
        self.after.moved(head);
    }
}

impl Encode for Sealing {
    type Item = Item;
    type Receipt = Result<Head, Unsealable>;

    fn encode(&mut self, item: Item, out: &mut Vec<u8>) -> Self::Receipt {
        let place = place(&self.vault, &self.head, item.key);
        let sealed = match item.keys.seal(&place, item.plain.as_bytes()) {
            Ok(sealed) if sealed.len() < crate::disk::MAX_RECORD - 64 => sealed,
            _ => {
                self.after.withdraw(item.job);
                return Err(Unsealable);
            }
        };
        let begun = out.len();
        out.extend_from_slice(&(self.head.sequence + 1).to_be_bytes());
        out.extend_from_slice(&item.key.to_be_bytes());
        out.extend_from_slice(&sealed);
        self.head = self.head.after(out.get(begun..).unwrap_or_default());
        self.encoded.push((item.job, self.head));
        Ok(self.head)
    }

    fn keep(&mut self) {
        self.kept = self.head;
        self.after.durable(self.head, self.encoded.drain(..));
    }

    fn undo(&mut self) {
        self.head = self.kept;
        for (job, _) in self.encoded.drain(..) {
            self.after.withdraw(job);
        }
    }
}

/// What a record is bound to.
fn place(vault: &[u8; 16], head: &Head, key: u32) -> Vec<u8> {
    let mut place = Vec::with_capacity(LABEL.len() + 16 + 8 + 4 + 32);
    place.extend_from_slice(LABEL);
    place.extend_from_slice(vault);
    place.extend_from_slice(&(head.sequence + 1).to_be_bytes());
    place.extend_from_slice(&key.to_be_bytes());
    place.extend_from_slice(&head.chain);
    place
}
