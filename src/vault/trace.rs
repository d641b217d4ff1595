//! What the log holds about one pupil: walked from its beginning, record by record, since no key of a row can be
//! turned back.
//!
//! It must not change anything, nor know why it is asked.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::error::VaultError;
use super::log::{Head, MAGIC, NOTICES, Record};
use super::rebuild::From;
use super::record::{Entry, GoneRow};
use super::rows::{NoRows, gone_rows, person};
use super::scopes::{OpenScope, Owner, Scopes};
use super::tombstone::{Code, Graveyard, Mason};
use crate::disk::{RECORD_HEADER, Reader, Step};
use crate::identity::{Identifier, Kind};

/// Whether an entry belongs to somebody.
pub(crate) struct Search<'a> {
    pub(crate) mason: &'a Mason,
    /// Who was forgotten before: what is erased belongs to nobody.
    pub(crate) graveyard: &'a Graveyard,
    /// The codes of the pupil's identifiers.
    pub(crate) codes: &'a HashSet<Code>,
    /// His names in the scopes, as they are found: entries without identifier hold one of them.
    pub(crate) persons: HashSet<[u8; 16]>,
}

/// What is found of a pupil.
#[derive(Default)]
pub(crate) struct Trace {
    /// The rows that his entries made.
    pub(crate) rows: HashSet<GoneRow>,
    /// One more than any generation he had.
    pub(crate) next: u32,
    pub(crate) mappings: u64,
    pub(crate) labels: u64,
    pub(crate) aliases: u64,
}

impl Search<'_> {
    /// Whether this entry, which stands in record `at`, is the pupil's and not erased. Entries come in the order of
    /// the log: a person's first has his identifier.
    pub(crate) fn finds(&mut self, open: &OpenScope, entry: &Entry<'_>, at: u64) -> bool {
        match entry {
            Entry::Mapping { kind, base, spelling, .. } => {
                let Some(identifier) = identifier(kind, spelling) else { return false };
                if !self.is_his(open, &identifier, at) {
                    return false;
                }
                self.persons.insert(*person(open, &identifier, *base).as_bytes());
                true
            }
            Entry::Alias { person, of_kind, of_spelling, .. } => {
                let Some(identifier) = identifier(of_kind, of_spelling) else { return false };
                let his = self.is_his(open, &identifier, at) || self.persons.contains(person);
                if his {
                    self.persons.insert(*person);
                }
                his
            }
            Entry::Label { person, .. } | Entry::Original { person, .. } => self.persons.contains(person),
            Entry::Thing { .. } => false,
        }
    }

    fn is_his(&self, open: &OpenScope, identifier: &Identifier, at: u64) -> bool {
        let code = self.mason.code(open.scope.school.as_str(), identifier);
        self.codes.contains(&code) && !self.graveyard.covers(&code, at)
    }
}

impl Trace {
    /// Counts an entry that was found.
    pub(crate) fn add(
        &mut self,
        barrier: &super::barrier::Barrier,
        open: &OpenScope,
        entry: &Entry<'_>,
    ) -> Result<(), NoRows> {
        self.rows.extend(gone_rows(barrier, open, entry)?);
        match entry {
            Entry::Mapping { generation, .. } => {
                self.mappings += 1;
                self.next = self.next.max(generation.saturating_add(1));
            }
            Entry::Label { .. } => self.labels += 1,
            Entry::Alias { .. } => self.aliases += 1,
            Entry::Original { .. } | Entry::Thing { .. } => {}
        }
        Ok(())
    }
}

/// An entry whose kind or shape this program does not know.
pub(crate) fn unknown_form(at: u64) -> VaultError {
    VaultError::Sealed { why: format!("record {at} of the log names a kind or a shape that nobody knows") }
}

/// The identifier of an entry; `None` for a kind that this program does not know.
pub(crate) fn identifier(kind: &str, spelling: &str) -> Option<Identifier> {
    Kind::named(kind).ok().map(|kind| Identifier::new(kind, spelling))
}

/// Is told an entry, its scope, and the number of its record.
type Each<'a> = dyn FnMut(&Arc<OpenScope>, &Entry<'_>, u64) -> Result<(), VaultError> + 'a;

/// Reads the log from a place up to a head; every entry of an open scope is told with the number of its record.
/// Returns the place behind.
pub(crate) fn walk(
    path: &Path,
    vault: &[u8; 16],
    scopes: &Scopes,
    from: From,
    to: Head,
    each: &mut Each<'_>,
) -> Result<From, VaultError> {
    let behind = records(path, from, to, &mut |record, head| {
        if record.key == NOTICES {
            return Ok(Opened::Well);
        }
        let open = match scopes.owner(record.key) {
            Owner::Closed => return Ok(Opened::Well),
            Owner::Unknown => return Ok(Opened::Not),
            Owner::Open(open) => open,
        };
        let Some(plain) = record.open(vault, head, &open.records) else { return Ok(Opened::Not) };
        let Some(entries) = Entry::read_all(plain.expose()) else { return Ok(Opened::Not) };
        for entry in entries {
            each(&open, &entry, head.sequence + 1)?;
        }
        Ok(Opened::Well)
    })?;
    behind.at(to)
}

/// Whether a record opened and said something that is understood.
pub(crate) enum Opened {
    Well,
    Not,
}

/// Is told a record, and the head that it follows.
type EachRecord<'a> = dyn FnMut(&Record<'_>, &Head) -> Result<Opened, VaultError> + 'a;

/// Reads the records from a place up to a head, each of which must follow the one before. Returns the place behind.
pub(crate) fn records(
    path: &Path,
    from: From,
    to: Head,
    each: &mut EachRecord<'_>,
) -> Result<From, VaultError> {
    let reading = |why| VaultError::reading(path, &why);
    let mut reader = Reader::open(path, MAGIC).map_err(reading)?;
    if let Some(offset) = from.offset {
        reader.seek(offset).map_err(reading)?;
    }
    let From { mut head, offset: mut behind } = from;
    while head.sequence < to.sequence {
        let bad = || VaultError::Sealed {
            why: format!("record {} of the log does not open with this vault's keys", head.sequence + 1),
        };
        let Step::Record { offset, payload } = reader.next().map_err(reading)? else { return Err(bad()) };
        let record = Record::read(payload).filter(|record| record.follows(&head)).ok_or_else(bad)?;
        if matches!(each(&record, &head)?, Opened::Not) {
            return Err(bad());
        }
        behind = u64::try_from(RECORD_HEADER + payload.len()).ok().map(|length| offset + length);
        head = head.after(payload);
    }
    Ok(From { head, offset: behind })
}

impl From {
    /// This place, if it is the one behind `head`.
    pub(crate) fn at(self, head: Head) -> Result<Self, VaultError> {
        match self.head == head {
            true => Ok(self),
            false => {
                Err(VaultError::Sealed { why: format!("the log has another {} than {head}", self.head) })
            }
        }
    }
}
