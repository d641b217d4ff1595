//! The roster: what the school tells Sluis about its pupils. Which identifiers belong to one pupil, and which
//! names the guard watches for. Sealed at rest under a key of the vault.
//!
//! It must not know publishers, pseudonyms or messages.

mod columns;
pub mod consent;
mod csv;
mod import;
mod kept;

use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;

pub use self::import::{ImportProgress, import};
use crate::clock::Timestamp;
use crate::identity::{Identifier, Kind, canonical};
use crate::secret::Secret;

/// Why a roster could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// The file holds no header row.
    #[error("the file is empty: its first row must name the columns")]
    Empty,
    /// The file is not what it should be; nothing was imported.
    #[error("row {row}, column {column}{}: {what}; nothing was imported", named(.name))]
    Damaged {
        /// The row, the header being row 1.
        row: u64,
        /// The column, counted from 1.
        column: usize,
        /// The name of the column in the header; empty when that is not understood.
        name: String,
        /// What is wrong. Never a value.
        what: &'static str,
    },
    /// The kept roster could not be read.
    #[error("the roster {path} could not be read ({why}): import it again")]
    Load {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The roster could not be kept.
    #[error("the roster {path} could not be written ({why}); the earlier one is unchanged")]
    Save {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        why: String,
    },
}

fn named(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" ({name})") }
}

/// What the school knows about one pupil.
#[derive(Default)]
pub struct Pupil {
    /// Identifiers and their kinds, as the school writes them. E-mail addresses stand in `emails`.
    pub identifiers: Vec<(Kind, Secret<String>)>,
    /// The given name.
    pub given: Option<Secret<String>>,
    /// What stands between given and family name: `van den`.
    pub prefix: Option<Secret<String>>,
    /// The family name, without prefix.
    pub family: Option<Secret<String>>,
    /// Whole names as some system shows them.
    pub full_names: Vec<Secret<String>>,
    /// E-mail addresses; also identifiers of kind `email`.
    pub emails: Vec<Secret<String>>,
    /// Telephone numbers.
    pub phones: Vec<Secret<String>>,
    /// Addresses.
    pub addresses: Vec<Secret<String>>,
    /// The birth date, RFC 3339 `full-date`.
    pub birth_date: Option<Secret<String>>,
}

impl std::fmt::Debug for Pupil {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pupil(…)")
    }
}

impl Pupil {
    /// All identifiers, e-mail addresses among them, as the school writes them.
    pub fn all_identifiers(&self) -> impl Iterator<Item = (Kind, &Secret<String>)> {
        let emails = self.emails.iter().map(|email| (Kind::EMAIL, email));
        self.identifiers.iter().map(|(kind, text)| (*kind, text)).chain(emails)
    }

    /// The first identifier of this kind.
    pub fn identifier(&self, kind: Kind) -> Option<Identifier> {
        let (kind, text) = self.all_identifiers().find(|(of, _)| *of == kind)?;
        Some(Identifier::new(kind, text.expose()))
    }
}

/// All pupils of a school, and which identifier is whose.
pub struct Roster {
    pupils: Vec<Pupil>,
    /// Keyed hash of kind and canonical form → pupil; a second one under the same hash stands one further.
    by_identifier: std::collections::HashMap<u64, u32>,
    hasher: RandomState,
    imported: Timestamp,
}

impl std::fmt::Debug for Roster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Roster({} pupils)", self.pupils.len())
    }
}

impl Roster {
    /// A roster without pupils, as of this moment.
    pub fn empty(now: Timestamp) -> Self {
        Self {
            pupils: Vec::new(),
            by_identifier: std::collections::HashMap::new(),
            hasher: RandomState::new(),
            imported: now,
        }
    }

    /// Adds a pupil.
    ///
    /// # Errors
    /// The kind of an identifier that another pupil of this roster has. The pupil is not added then.
    pub fn add(&mut self, pupil: Pupil) -> Result<(), Kind> {
        let place = u32::try_from(self.pupils.len()).unwrap_or(u32::MAX);
        let mut hashes = Vec::new();
        for (kind, text) in pupil.all_identifiers() {
            let canonical = canonical(kind, text.expose());
            match self.look_up(kind, &canonical) {
                Ok(_) => return Err(kind),
                Err(free) => hashes.push(free),
            }
        }
        for mut hash in hashes {
            // Two of the same pupil's identifiers may have found the same free place.
            while self.by_identifier.contains_key(&hash) {
                hash = hash.wrapping_add(1);
            }
            self.by_identifier.insert(hash, place);
        }
        self.pupils.push(pupil);
        Ok(())
    }

    /// The pupil who has this identifier.
    pub fn pupil(&self, identifier: &Identifier) -> Option<&Pupil> {
        self.look_up(identifier.kind(), identifier.expose()).ok()
    }

    /// All pupils.
    pub fn pupils(&self) -> &[Pupil] {
        &self.pupils
    }

    /// How many pupils there are.
    pub fn len(&self) -> usize {
        self.pupils.len()
    }

    /// Whether there is no pupil.
    pub fn is_empty(&self) -> bool {
        self.pupils.is_empty()
    }

    /// When it was imported.
    pub fn imported(&self) -> Timestamp {
        self.imported
    }

    /// Its age in whole days. 0 when it was imported later than `now`.
    pub fn age_days(&self, now: Timestamp) -> u64 {
        now.as_millis().saturating_sub(self.imported.as_millis()) / (24 * 60 * 60 * 1000)
    }

    /// The pupil, or the free place for the hash.
    fn look_up(&self, kind: Kind, canonical_text: &str) -> Result<&Pupil, u64> {
        let mut hash = self.hasher.hash_one((kind.as_str(), canonical_text));
        while let Some(place) = self.by_identifier.get(&hash) {
            let pupil = usize::try_from(*place).ok().and_then(|place| self.pupils.get(place));
            if let Some(pupil) = pupil
                && pupil
                    .all_identifiers()
                    .any(|(of, text)| of == kind && canonical(of, text.expose()) == canonical_text)
            {
                return Ok(pupil);
            }
            hash = hash.wrapping_add(1);
        }
        Err(hash)
    }
}

#[cfg(test)]
mod tests;
