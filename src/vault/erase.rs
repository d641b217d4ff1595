//! Forgetting a pupil: his rows are emptied and a tombstone is laid, durably and at once, while the vault serves.
//! His records go when the log is written anew (`rewrite`).
//!
//! It must not know rosters: it is told which identifiers are one pupil's.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::Vault;
use super::barrier::{Key, Sealed};
use super::codec::Fields;
use super::copying::burials;
use super::error::VaultError;
use super::inner::Inner;
use super::log::Head;
use super::look::GONE;
use super::rebuild::From;
use super::record::{Entry, GoneRow, Notice};
use super::scopes::OpenScope;
use super::tombstone::{Code, ERASED, Stones};
use super::trace::{Search, Trace, unknown_form, walk};
use crate::clock::Timestamp;
use crate::disk::CommitError;
use crate::identity::{Identifier, School, Scope};

/// What was forgotten. Counts only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// Pseudonyms, in all open epochs.
    pub mappings: u64,
    /// Stand-ins for his name.
    pub labels: u64,
    /// Names that publishers made for him.
    pub aliases: u64,
    /// Tombstones of this vault, these included.
    pub tombstones: u64,
}

impl Vault {
    /// Forgets a pupil, who has these identifiers, in all scopes of the school. When it returns, no pseudonym,
    /// stand-in or publisher's name of his can be revealed, no cache holds him, his tombstones are durable, and
    /// if he returns he gets other pseudonyms. His records stay in the log, out of reach, until
    /// [`Vault::rewrite`]. Blocks; takes as long as reading the log.
    ///
    /// # Errors
    /// [`VaultError::Full`]: nothing was changed, or the file of tombstones is not written yet: ask again.
    /// [`VaultError::BadAsk`] for a vault in memory. [`VaultError::Sealed`], [`VaultError::File`].
    pub fn forget(
        &self,
        school: &School,
        identifiers: &[Identifier],
        now: Timestamp,
    ) -> Result<Forgotten, VaultError> {
        let inner = &self.inner;
        let codes = inner.codes(school, identifiers);
        let _erasing = inner.erasing.lock().unwrap_or_else(PoisonError::into_inner);
        let trace = inner.bury(&codes, now)?;
        inner.keep_tombstones()?;
        Ok(Forgotten {
            mappings: trace.mappings,
            labels: trace.labels,
            aliases: trace.aliases,
            tombstones: inner.tombstones(),
        })
    }

    /// How many tombstones there are.
    pub fn tombstones(&self) -> u64 {
        self.inner.tombstones()
    }

    /// Whether this identifier was forgotten, and has not returned under it as far as tombstones tell.
    pub fn was_forgotten(&self, school: &School, identifier: &Identifier) -> bool {
        let code = self.inner.mason.code(school.as_str(), identifier);
        self.inner.graveyard().stones.contains_key(&code)
    }

    /// Writes all tombstones to a file, durably, in place of an earlier one: for a backup or kit. It shows nobody
    /// who was forgotten, and opens with this vault's keys only.
    ///
    /// # Errors
    /// [`VaultError::Full`], [`VaultError::File`].
    pub fn write_tombstones(&self, to: &Path) -> Result<u64, VaultError> {
        let stones = self.inner.graveyard().all();
        self.inner.sexton.write(&*self.inner.disk, to, &stones)?;
        Ok(u64::try_from(stones.len()).unwrap_or(u64::MAX))
    }
}

impl Inner {
    /// The codes of identifiers.
    pub(crate) fn codes(&self, school: &School, identifiers: &[Identifier]) -> HashSet<Code> {
        identifiers.iter().map(|identifier| self.mason.code(school.as_str(), identifier)).collect()
    }

    /// Empties the rows of whoever has these codes, and lays tombstones. Alone: nobody forgets or rewrites.
    fn bury(&self, codes: &HashSet<Code>, now: Timestamp) -> Result<Trace, VaultError> {
        self.check()?;
        let Some(path) = &self.log_path else {
            return Err(VaultError::BadAsk { why: "a vault in memory forgets when it is closed" });
        };
        let graveyard = self.graveyard().clone();
        let mut search = Search { mason: &self.mason, graveyard: &graveyard, codes, persons: HashSet::new() };
        let mut trace = Trace::default();
        let mut from = From { head: Head::before_all(&self.vault), offset: None };
        let mut read = |from: From, to: Head| {
            let mut each = |open: &Arc<OpenScope>, entry: &Entry<'_>, at| match search.finds(open, entry, at)
            {
                true => trace.add(&self.barrier, open, entry).map_err(|_| unknown_form(at)),
                false => Ok(()),
            };
            walk(path, &self.vault, &self.scopes(), from, to, &mut each)
        };
        // Most of it while others go on; then, alone, what came meanwhile.
        from = read(from, self.after.head())?;
        let alone = self.allocating();
        self.all_durable()?;
        read(from, self.after.head())?;
        let persons = search.persons;
        for code in codes {
            trace.next = trace.next.max(graveyard.stones.get(code).map_or(1, |laid| laid.next));
        }
        let stones: Stones = codes.iter().map(|code| (*code, trace.next)).collect();
        let laid = self.lay(&stones, &trace.rows, now)?;
        {
            let mut graveyard = self.graveyard.write().unwrap_or_else(PoisonError::into_inner);
            graveyard.lay(&stones, laid.sequence);
            graveyard.persons.extend(persons);
        }
        self.erasures.fetch_add(1, Ordering::AcqRel);
        drop(alone);
        self.caches.clear();
        Ok(trace)
    }

    /// Makes emptied rows and tombstones durable; the tombstones stand in the last record.
    fn lay(&self, stones: &Stones, rows: &HashSet<GoneRow>, now: Timestamp) -> Result<Head, VaultError> {
        let mut rows: Vec<GoneRow> = rows.iter().copied().collect();
        rows.sort_unstable();
        let mut laid = self.after.head();
        for notice in burials(now, stones, rows) {
            let Notice::Forgotten { rows, .. } = &notice else { continue };
            let emptied = rows.iter().map(|row| self.emptied(row)).collect::<Result<_, _>>()?;
            laid = self.notice_with(&notice, emptied)?;
        }
        Ok(laid)
    }

    /// The row that stands where one of somebody forgotten stood.
    pub(crate) fn emptied(&self, row: &GoneRow) -> Result<(Key, Sealed), VaultError> {
        let mut plain = Fields::default();
        plain.raw(GONE);
        let sealed = self.barrier.seal(row.table, &self.notices, &row.key, &plain);
        Ok((row.key, sealed.map_err(|_| VaultError::Unsealable)?))
    }

    /// Writes the tombstones of the log beside it.
    pub(crate) fn keep_tombstones(&self) -> Result<(), VaultError> {
        let Some(directory) = self.log_path.as_ref().and_then(|log| log.parent()) else { return Ok(()) };
        self.sexton.write(&*self.disk, &directory.join(ERASED), &self.graveyard().all())
    }

    /// Waits until everything handed in before is durable or refused.
    pub(crate) fn all_durable(&self) -> Result<(), VaultError> {
        self.committer.between(|_, _| Ok(())).wait().map_err(|why: CommitError| self.unacknowledged(why))
    }

    pub(crate) fn graveyard(&self) -> std::sync::RwLockReadGuard<'_, super::tombstone::Graveyard> {
        self.graveyard.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn tombstones(&self) -> u64 {
        u64::try_from(self.graveyard().stones.len()).unwrap_or(u64::MAX)
    }

    /// How often somebody was forgotten: while it stays the same, what was found is still somebody's.
    pub(crate) fn erasures(&self) -> u64 {
        self.erasures.load(Ordering::Acquire)
    }

    /// Whether anybody was ever forgotten.
    pub(crate) fn has_erased(&self) -> bool {
        !self.graveyard().stones.is_empty()
    }

    /// Whether this name in a scope is of somebody who was forgotten while the vault was open.
    pub(crate) fn is_erased_person(&self, person: &[u8; 16]) -> bool {
        self.graveyard().persons.contains(person)
    }

    /// The generation from which an identifier begins: more than 0 when somebody who had it was forgotten.
    pub(crate) fn next_generation(&self, scope: &Scope, identifier: &Identifier) -> u32 {
        self.graveyard().next(&self.mason, scope, identifier)
    }
}
