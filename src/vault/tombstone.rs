//! Tombstones: what stays of a pupil who was forgotten, so that no older copy brings him back and he gets another
//! pseudonym when he returns. One is HMAC-SHA-256(erasure key, school ‖ kind ‖ canonical identifier), each with its
//! length, and the generation from which he would begin.
//!
//! They stand in the log, and in a file of their own that goes with each backup and kit:
//!
//! | bytes | what |
//! |---|---|
//! | 16 | kind and version |
//! | n | sealed by the vault's key for files: how many (8), then each: 32 of code, 4 of generation |
//!
//! It must not know the index, nor whose tombstone one is.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use super::codec::{Fields, Reader};
use super::error::VaultError;
use super::key_file::KeyFile;
use super::log::Head;
use crate::crypto::{Keyring, MacKey};
use crate::disk::{self, Disk};
use crate::identity::{Identifier, Scope};

/// Its name in the vault's directory.
pub(crate) const ERASED: &str = "erased";
const MAGIC: &[u8; 16] = b"sluis erased 1\r\n";
const PLACE: &str = "erased 1";

/// The code of a tombstone.
pub(crate) type Code = [u8; 32];

/// Codes and generations, in ascending order of the codes.
pub(crate) type Stones = BTreeMap<Code, u32>;

/// Makes codes.
pub(crate) struct Mason(MacKey);

/// Where a tombstone of the log stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Laid {
    pub(crate) next: u32,
    /// The number of its record: what stands before is erased.
    pub(crate) at: u64,
}

/// All tombstones that a log holds, and what was done about them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graveyard {
    pub(crate) stones: HashMap<Code, Laid>,
    /// Whether records of the forgotten are still in the log.
    pub(crate) owed: bool,
    /// How often keys sealed for logs that this one replaced.
    pub(crate) sealed: u64,
    /// Where the log stood from which this one was written anew.
    pub(crate) from: Option<Head>,
    /// Persons forgotten since the vault was opened: what is under way may still hold them.
    pub(crate) persons: HashSet<[u8; 16]>,
}

impl Mason {
    pub(crate) fn of(key_file: &KeyFile) -> Self {
        Self(MacKey::new(&key_file.keys().erasure))
    }

    /// The code of an identifier of a school. Schools that share a vault may have one number for two pupils.
    pub(crate) fn code(&self, school: &str, identifier: &Identifier) -> Code {
        let kind = identifier.kind().as_str().as_bytes();
        self.0.mac(&[school.as_bytes(), kind, identifier.expose().as_bytes()])
    }
}

impl Graveyard {
    /// Lays tombstones that stand in record `at`.
    pub(crate) fn lay(&mut self, stones: &Stones, at: u64) {
        for (code, next) in stones {
            let laid = self.stones.entry(*code).or_insert(Laid { next: *next, at });
            *laid = Laid { next: laid.next.max(*next), at: laid.at.max(at) };
        }
        self.owed |= !stones.is_empty();
    }

    /// Whether what record `at` says of this identifier is erased.
    pub(crate) fn covers(&self, code: &Code, at: u64) -> bool {
        self.stones.get(code).is_some_and(|laid| at <= laid.at)
    }

    /// The first generation of an identifier.
    pub(crate) fn next(&self, mason: &Mason, scope: &Scope, identifier: &Identifier) -> u32 {
        if self.stones.is_empty() {
            return 0;
        }
        let code = mason.code(scope.school.as_str(), identifier);
        self.stones.get(&code).map_or(0, |laid| laid.next)
    }

    /// All of them.
    pub(crate) fn all(&self) -> Stones {
        self.stones.iter().map(|(code, laid)| (*code, laid.next)).collect()
    }

    /// Those that this log lacks, or has with an earlier generation.
    pub(crate) fn lacks(&self, stones: &Stones) -> Stones {
        let lacking =
            stones.iter().filter(|(code, next)| self.stones.get(*code).is_none_or(|laid| laid.next < **next));
        lacking.map(|(code, next)| (*code, *next)).collect()
    }
}

/// What stands at a path: tombstones, nothing, or something that does not open.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Buried {
    Nothing,
    Damaged,
    Stones(Stones),
}

/// The key that seals the file, and the vault that it belongs to.
pub(crate) struct Sexton {
    keys: Keyring,
    vault: [u8; 16],
}

impl Sexton {
    pub(crate) fn of(key_file: &KeyFile) -> Self {
        let keys = key_file.keys();
        Self { keys: super::keyring(super::log::NOTICES, &keys.files, 0), vault: keys.vault }
    }

    /// Reads a file of tombstones.
    pub(crate) fn read(&self, path: &Path) -> Result<Buried, VaultError> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(Buried::Nothing),
            Err(why) => {
                let why = why.kind().to_string();
                return Err(VaultError::File { act: "read", path: path.to_owned(), why });
            }
        };
        Ok(self.open(&bytes).map_or(Buried::Damaged, Buried::Stones))
    }

    fn open(&self, bytes: &[u8]) -> Option<Stones> {
        let sealed = bytes.strip_prefix(MAGIC)?;
        let plain = self.keys.open(&file_place(&self.vault, PLACE), sealed).ok()?;
        let mut from = Reader::new(plain.expose());
        let mut stones = Stones::new();
        for _ in 0..from.u64()? {
            stones.insert(from.array()?, from.u32()?);
        }
        from.end()?;
        Some(stones)
    }

    /// Writes a file of tombstones in place of an earlier one, durably.
    pub(crate) fn write(&self, disk: &dyn Disk, path: &Path, stones: &Stones) -> Result<(), VaultError> {
        let mut plain = Fields::with_room(8 + 36 * stones.len());
        plain.u64(u64::try_from(stones.len()).unwrap_or(u64::MAX));
        for (code, next) in stones {
            plain.raw(code).u32(*next);
        }
        let sealed = self.keys.seal(&file_place(&self.vault, PLACE), plain.as_bytes());
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&sealed.map_err(|_| VaultError::Unsealable)?);
        disk::durable_write(disk, path, &bytes).map_err(|why| VaultError::writing(path, &why))
    }
}

/// What a file beside the vault is bound to.
pub(crate) fn file_place(vault: &[u8; 16], place: &str) -> Vec<u8> {
    let mut whole = b"sluis-vault-file-v1".to_vec();
    whole.extend_from_slice(vault);
    whole.extend_from_slice(place.as_bytes());
    whole
}
