//! Copying a log record by record into a new one, each sealed anew for its new place, without what is erased.
//!
//! It must not put anything in the old log's place.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::barrier::Barrier;
use super::codec::Fields;
use super::error::VaultError;
use super::log::{Head, Item, MAGIC, NOTICES, Sealing, Unsealable};
use super::pending::{Aftermath, Job, Ticket};
use super::rebuild::From;
use super::record::{Entry, GoneRow, Notice};
use super::rows::{gone_rows, person};
use super::scopes::{OpenScope, Owner, Scopes};
use super::tombstone::{Code, Graveyard, Mason, Stones};
use super::trace::{Opened, identifier, records, unknown_form};
use crate::clock::Timestamp;
use crate::crypto::Keyring;
use crate::disk::{self, CommitError, Committer, Disk, Pending};

/// Records on their way to the new log at once.
const UNDER_WAY: usize = 256;

/// Rows that one record empties, and tombstones that it lays: about 22 and 36 bytes each of at most 1 MiB.
const MOST_ROWS: usize = 24 * 1024;
const MOST_STONES: usize = 8 * 1024;

/// Everything that opens the old log, and says what of it stays.
pub(crate) struct Copying<'a> {
    pub(crate) vault: &'a [u8; 16],
    pub(crate) barrier: &'a Barrier,
    pub(crate) notices: &'a Arc<Keyring>,
    pub(crate) mason: &'a Mason,
    pub(crate) scopes: &'a Scopes,
    pub(crate) graveyard: &'a Graveyard,
}

/// A log in the making.
pub(crate) struct Fresh {
    committer: Committer<Sealing>,
    under_way: Vec<Pending<Result<Head, Unsealable>>>,
    /// Tombstones that were copied, and the number of each one's record; 0 until it is known.
    laid: Vec<(Stones, usize)>,
    submitted: usize,
    /// Names in scopes of who is erased.
    persons: HashSet<[u8; 16]>,
    /// Rows of the erased whose form no other may get.
    pub(crate) spent: HashSet<GoneRow>,
    erased: u64,
}

/// A log that is whole and durable.
pub(crate) struct Done {
    pub(crate) head: Head,
    /// Where it ends, in bytes.
    pub(crate) end: u64,
    /// Its tombstones, and the numbers of their records.
    pub(crate) stones: Vec<(Stones, u64)>,
}

impl Fresh {
    /// A new, empty log of this vault.
    pub(crate) fn begin(disk: &dyn Disk, path: &Path, vault: [u8; 16]) -> Result<Self, VaultError> {
        disk::create_log(disk, path, MAGIC).map_err(|why| VaultError::writing(path, &why))?;
        let medium = disk.open(path).map_err(|why| super::backup::failed("open", path, &why))?;
        let head = Head::before_all(&vault);
        // Nobody looks anything up in it yet.
        let (after, _) = Aftermath::new(head);
        let end = u64::try_from(MAGIC.len()).unwrap_or(16);
        let committer = Committer::start("vault-rewrite", medium, end, Sealing::after(vault, head, after));
        Ok(Self {
            committer: committer.map_err(|_| VaultError::Stopped)?,
            under_way: Vec::new(),
            laid: Vec::new(),
            submitted: 0,
            persons: HashSet::new(),
            spent: HashSet::new(),
            erased: 0,
        })
    }

    /// Copies what stands behind `from` up to `to`, durably; returns the place behind it.
    pub(crate) fn copy(
        &mut self,
        of: &Copying<'_>,
        path: &Path,
        from: From,
        to: Head,
    ) -> Result<From, VaultError> {
        let behind = records(path, from, to, &mut |record, head| {
            if record.key == NOTICES {
                let Some(plain) = record.open(of.vault, head, of.notices) else { return Ok(Opened::Not) };
                let Some(notice) = Notice::read(plain.expose()) else { return Ok(Opened::Not) };
                if let Some(notice) = kept_notice(notice, of.scopes) {
                    self.notice(of.notices, &notice)?;
                }
                return Ok(Opened::Well);
            }
            let open = match of.scopes.owner(record.key) {
                // Its keys are destroyed: nobody can read it, nor seal it anew.
                Owner::Closed => return Ok(Opened::Well),
                Owner::Unknown => return Ok(Opened::Not),
                Owner::Open(open) => open,
            };
            let Some(plain) = record.open(of.vault, head, &open.records) else { return Ok(Opened::Not) };
            let Some(entries) = Entry::read_all(plain.expose()) else { return Ok(Opened::Not) };
            self.entries(of, &open, &entries, head.sequence + 1)?;
            Ok(Opened::Well)
        })?;
        self.settle()?;
        behind.at(to)
    }

    /// Adds a notice.
    pub(crate) fn notice(&mut self, notices: &Arc<Keyring>, notice: &Notice) -> Result<(), VaultError> {
        if let Notice::Forgotten { stones, .. } = notice {
            self.laid.push((stones.clone(), self.submitted));
        }
        self.submit(NOTICES, notices, notice.to_fields())
    }

    /// The notices that lay tombstones over what was left out by them; the tombstones stand in the last.
    pub(crate) fn burials(&mut self, now: Timestamp, stones: &Stones) -> Vec<Notice> {
        let mut rows: Vec<GoneRow> = std::mem::take(&mut self.spent).into_iter().collect();
        rows.sort_unstable();
        burials(now, stones, rows)
    }

    /// Adds the last notice and closes the log; also how many entries were left out.
    pub(crate) fn finish(mut self, notices: &Arc<Keyring>, last: &Notice) -> Result<(Done, u64), VaultError> {
        self.notice(notices, last)?;
        self.settle()?;
        let sealing = self.committer.stop().ok_or(VaultError::Stopped)?;
        let number = |place: usize| u64::try_from(place).unwrap_or(u64::MAX).saturating_add(1);
        let stones = self.laid.into_iter().map(|(stones, place)| (stones, number(place))).collect();
        Ok((Done { head: sealing.kept(), end: self.committer.end(), stones }, self.erased))
    }

    fn entries(
        &mut self,
        of: &Copying<'_>,
        open: &Arc<OpenScope>,
        entries: &[Entry<'_>],
        at: u64,
    ) -> Result<(), VaultError> {
        let mut plain = Fields::default();
        for entry in entries {
            if self.is_erased(of, open, entry, at) {
                self.erased += 1;
                let rows = gone_rows(of.barrier, open, entry).map_err(|_| unknown_form(at))?;
                self.spent.extend(rows.into_iter().filter(|row| row.stays));
            } else {
                entry.write(&mut plain);
            }
        }
        if plain.len() == 0 { Ok(()) } else { self.submit(open.sealer.number, &open.records, plain) }
    }

    /// Entries come in the order of the log: a person's first has his identifier.
    fn is_erased(&mut self, of: &Copying<'_>, open: &OpenScope, entry: &Entry<'_>, at: u64) -> bool {
        let covered = |kind: &str, spelling: &str| {
            let identifier = identifier(kind, spelling)?;
            let code = of.mason.code(open.scope.school.as_str(), &identifier);
            of.graveyard.covers(&code, at).then_some(identifier)
        };
        match entry {
            Entry::Mapping { kind, base, spelling, .. } => {
                let Some(identifier) = covered(kind, spelling) else { return false };
                self.persons.insert(*person(open, &identifier, *base).as_bytes());
                true
            }
            Entry::Alias { person, of_kind, of_spelling, .. } => {
                let erased = covered(of_kind, of_spelling).is_some() || self.persons.contains(person);
                if erased {
                    self.persons.insert(*person);
                }
                erased
            }
            Entry::Label { person, .. } | Entry::Original { person, .. } => self.persons.contains(person),
            Entry::Thing { .. } => false,
        }
    }

    fn submit(&mut self, key: u32, keys: &Arc<Keyring>, plain: Fields) -> Result<(), VaultError> {
        let (told, ticket) = Ticket::new();
        let job = Job { rows: Vec::new(), added: 0, told, ticket };
        self.under_way.push(self.committer.submit(Item { key, keys: Arc::clone(keys), plain, job }));
        self.submitted += 1;
        if self.under_way.len() >= UNDER_WAY { self.settle() } else { Ok(()) }
    }

    /// Waits until all that was handed in is durable.
    fn settle(&mut self) -> Result<(), VaultError> {
        for pending in self.under_way.drain(..) {
            match pending.wait() {
                Ok(Ok(_)) => {}
                Ok(Err(Unsealable)) => return Err(VaultError::Unsealable),
                Err(CommitError::Full) => return Err(VaultError::Full),
                Err(CommitError::Failed | CommitError::Stopped) => return Err(VaultError::Rewrite),
            }
        }
        Ok(())
    }
}

/// Notices that say who was forgotten and which rows are empty, each of them short enough for a record. The
/// tombstones stand in the last.
pub(crate) fn burials(now: Timestamp, stones: &Stones, mut rows: Vec<GoneRow>) -> Vec<Notice> {
    let at = now.as_millis();
    let mut notices = Vec::new();
    while rows.len() > MOST_ROWS {
        let rows = rows.split_off(rows.len() - MOST_ROWS);
        notices.push(Notice::Forgotten { at, stones: Stones::new(), rows });
    }
    let mut stones: Vec<(Code, u32)> = stones.iter().map(|(code, next)| (*code, *next)).collect();
    while stones.len() > MOST_STONES {
        let stones = stones.split_off(stones.len() - MOST_STONES).into_iter().collect();
        notices.push(Notice::Forgotten { at, stones, rows: Vec::new() });
    }
    notices.push(Notice::Forgotten { at, stones: stones.into_iter().collect(), rows });
    notices
}

/// A notice as the new log has it. Emptied rows are needed no more, since the new log makes no row there; those that
/// say what the publisher has seen stay while their epoch is open.
fn kept_notice(notice: Notice, scopes: &Scopes) -> Option<Notice> {
    match notice {
        Notice::Forgotten { at, stones, mut rows } => {
            rows.retain(|row| row.stays && matches!(scopes.owner(row.scope), Owner::Open(_)));
            (!stones.is_empty() || !rows.is_empty()).then_some(Notice::Forgotten { at, stones, rows })
        }
        // The last one of the new log says all that is still of use.
        Notice::Rewritten { .. } => None,
        other => Some(other),
    }
}
