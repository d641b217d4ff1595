//! The barrier: the only maker of [`Key`] and [`Sealed`], which are all that an index gets to see. A key is a
//! MAC, a row is sealed, and what it is sealed to names table, scope, key and version, so that rows cannot be
//! swapped, replayed elsewhere or read in another place.
//!
//! It must not know the index or the log.

use std::sync::Arc;

use super::codec::Fields;
use super::log::Unsealable;
use crate::crypto::{Keyring, MacKey};
use crate::secret::Secret;

/// The version of rows; a new layout gets a new one, and the index is built again.
const LABEL: &[u8] = b"sluis-vault-row-v1";

/// The key of a row: 16 bytes of a MAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key([u8; 16]);

/// The content of a row: u32be(number of the sealing key) ‖ AES-256-GCM as `crypto::Keyring` seals.
#[derive(Debug, Clone)]
pub(crate) struct Sealed(Arc<[u8]>);

/// What a row is about. Names are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Table {
    /// Identifier in a scope and shape → pseudonym.
    Forward,
    /// Pseudonym of a publisher → identifier.
    Reverse,
    /// Person in a scope → stand-in for his name.
    Label,
    /// Stand-in that a publisher has seen → person.
    Taken,
    /// Person, field and stand-in → the value behind it.
    Original,
    /// Thing that a publisher made.
    Thing,
    /// Name that a publisher made for a person → person.
    Alias,
    /// How far the index is.
    Marker,
}

/// A sealing key and what it belongs to.
pub(crate) struct Sealer {
    pub(crate) number: u32,
    pub(crate) keys: Arc<Keyring>,
    /// School, publisher and epoch, each with its length; empty for the vault itself.
    pub(crate) owner: Vec<u8>,
}

/// Makes keys and rows of one vault.
pub(crate) struct Barrier {
    index: MacKey,
    vault: [u8; 16],
}

impl Key {
    pub(crate) fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// A key that the log kept, where that of which it was made is to be destroyed.
    pub(crate) fn kept(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl Sealed {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Table {
    /// Its number in the log. Numbers are final; the marker has none there.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Marker => 0,
            Self::Forward => 1,
            Self::Reverse => 2,
            Self::Label => 3,
            Self::Taken => 4,
            Self::Original => 5,
            Self::Thing => 6,
            Self::Alias => 7,
        }
    }

    /// The other way round.
    pub(crate) fn of(number: u8) -> Option<Self> {
        let all = [
            Self::Forward,
            Self::Reverse,
            Self::Label,
            Self::Taken,
            Self::Original,
            Self::Thing,
            Self::Alias,
        ];
        all.into_iter().find(|table| table.number() == number)
    }

    fn name(self) -> &'static [u8] {
        match self {
            Self::Forward => b"forward",
            Self::Reverse => b"reverse",
            Self::Label => b"label",
            Self::Taken => b"taken",
            Self::Original => b"original",
            Self::Thing => b"thing",
            Self::Alias => b"alias",
            Self::Marker => b"marker",
        }
    }
}

impl Barrier {
    pub(crate) fn new(index: MacKey, vault: [u8; 16]) -> Self {
        Self { index, vault }
    }

    /// The key of the row that these parts name. Each part goes in with its length.
    pub(crate) fn key<const N: usize>(&self, table: Table, parts: [&[u8]; N]) -> Key {
        let mut all: [&[u8]; 8] = [b""; 8];
        // At most 6 parts: no table has more.
        for (to, from) in all.iter_mut().zip([LABEL, table.name()].into_iter().chain(parts)) {
            *to = from;
        }
        let mac = self.index.mac(all.get(..N + 2).unwrap_or(&all));
        let mut key = [0; 16];
        for (to, from) in key.iter_mut().zip(mac) {
            *to = from;
        }
        Key(key)
    }

    /// A row for this place.
    pub(crate) fn seal(
        &self,
        table: Table,
        by: &Sealer,
        key: &Key,
        plain: &Fields,
    ) -> Result<Sealed, Unsealable> {
        let sealed = by.keys.seal(&self.place(table, by, key), plain.as_bytes()).map_err(|_| Unsealable)?;
        let mut row = Vec::with_capacity(4 + sealed.len());
        row.extend_from_slice(&by.number.to_be_bytes());
        row.extend_from_slice(&sealed);
        Ok(Sealed(row.into()))
    }

    /// The number of the key that a row says it is sealed with. Unverified.
    pub(crate) fn number(row: &[u8]) -> Option<u32> {
        row.first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// What a row says, if it was sealed by this sealer for this very place.
    pub(crate) fn open(&self, table: Table, by: &Sealer, key: &Key, row: &[u8]) -> Option<Secret<Vec<u8>>> {
        if Self::number(row)? != by.number {
            return None;
        }
        by.keys.open(&self.place(table, by, key), row.get(4..)?).ok()
    }

    fn place(&self, table: Table, by: &Sealer, key: &Key) -> Vec<u8> {
        let name = table.name();
        let mut place = Vec::with_capacity(LABEL.len() + 16 + 1 + name.len() + 4 + 16 + by.owner.len());
        place.extend_from_slice(LABEL);
        place.extend_from_slice(&self.vault);
        place.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        place.extend_from_slice(name);
        place.extend_from_slice(&by.number.to_be_bytes());
        place.extend_from_slice(&key.0);
        place.extend_from_slice(&by.owner);
        place
    }
}
