//! Looking a row up: on its way, then in the index; and the thread that brings durable rows to the index.
//!
//! It must not decide what is asked or what a row means.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::barrier::{Barrier, Key, Sealed, Sealer, Table};
use super::codec::{Fields, Reader};
use super::error::VaultError;
use super::index::Position;
use super::inner::Inner;
use super::log::{Head, NOTICES, Unsealable};
use super::pending::{Due, Ticket};
use super::scopes::{OpenScope, Owner};
use crate::secret::Secret;

/// At most so many rows go to the index in one batch.
const BATCH_ROWS: usize = 4096;

/// So many rows may be on their way before new ones wait.
const MOST_STAGED: usize = 400_000;

/// What the row of somebody who was forgotten holds: no other row is one byte long.
pub(crate) const GONE: &[u8] = &[0];

/// What a look-up found.
pub(crate) enum Found {
    /// No row.
    Nothing,
    /// A row of a scope whose keys are destroyed: nobody can read it, and another may take its place.
    Stale,
    /// The row of somebody who was forgotten.
    Gone,
    /// A row.
    Row {
        open: Arc<OpenScope>,
        plain: Secret<Vec<u8>>,
        /// Whose record must be durable before anyone relies on the row.
        ticket: Option<Ticket>,
    },
}

impl Found {
    /// How many rows a put under this key adds.
    pub(crate) fn adds(&self) -> u64 {
        u64::from(matches!(self, Self::Nothing))
    }
}

impl Inner {
    /// Looks a row up. A damaged index is built again, once; the caller waits.
    pub(crate) fn look(&self, table: Table, key: &Key) -> Result<Found, VaultError> {
        if let Some((row, ticket)) = self.after.get(key) {
            // Made by this process a moment ago: what does not open is not the index's fault.
            return self
                .found(table, key, row.as_bytes(), Some(ticket))
                .ok_or_else(|| self.index_down("a row"));
        }
        for _ in 0..2 {
            let seen = self.index.built();
            match self.index.get(key) {
                Ok(None) => {
                    self.decoy();
                    return Ok(Found::Nothing);
                }
                Ok(Some(row)) => {
                    if let Some(found) = self.found(table, key, &row, None) {
                        return Ok(found);
                    }
                }
                Err(_) => {}
            }
            self.rebuild_after(seen)?;
        }
        Err(self.index_down("it is damaged again at once"))
    }

    /// Waits while the index is far behind, so that memory stays bounded.
    pub(crate) fn make_room(&self) -> Result<(), VaultError> {
        for _ in 0..10_000 {
            if self.after.len() < MOST_STAGED {
                return Ok(());
            }
            self.check()?;
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        Err(self.index_down("it is far behind the log"))
    }

    /// Whether a row is there, on its way or in the index, whatever it says. Never builds anything.
    pub(crate) fn has(&self, key: &Key) -> bool {
        self.after.get(key).is_some() || matches!(self.index.get(key), Ok(Some(_)))
    }

    /// `None` when the row is not what the vault put there.
    fn found(&self, table: Table, key: &Key, row: &[u8], ticket: Option<Ticket>) -> Option<Found> {
        let number = Barrier::number(row)?;
        if number == NOTICES {
            let plain = self.barrier.open(table, &self.notices, key, row)?;
            return (plain.expose().as_slice() == GONE).then_some(Found::Gone);
        }
        match self.scopes().owner(number) {
            Owner::Open(open) => {
                let plain = self.barrier.open(table, &open.sealer, key, row)?;
                Some(Found::Row { open, plain, ticket })
            }
            Owner::Closed => {
                self.decoy();
                Some(Found::Stale)
            }
            Owner::Unknown => None,
        }
    }

    /// Opens a row of nobody, so that an unknown pseudonym costs what a known one does.
    fn decoy(&self) {
        let _ = self.barrier.open(Table::Marker, &self.notices, &self.decoy.0, self.decoy.1.as_bytes());
    }

    pub(crate) fn index_down(&self, why: &str) -> VaultError {
        VaultError::IndexDown { why: why.to_owned() }
    }

    /// The thread of the index: puts what is durable, in the order of the log, until nothing more can come.
    pub(crate) fn apply(&self, due: &Receiver<Due>) {
        let mut batch: Vec<Due> = Vec::new();
        while let Ok(first) = due.recv() {
            let mut rows = first.rows.len();
            batch.push(first);
            while rows < BATCH_ROWS
                && let Ok(next) = due.try_recv()
            {
                rows += next.rows.len();
                batch.push(next);
            }
            if self.apply_batch(&batch) {
                for due in batch.drain(..) {
                    self.after.applied(&due);
                }
            }
            // Else the rows stay staged, and go with the next batch or the next building.
        }
        if !batch.is_empty() && self.apply_batch(&batch) {
            batch.iter().for_each(|due| self.after.applied(due));
        }
    }

    fn apply_batch(&self, batch: &[Due]) -> bool {
        let mut position = self.index.writing();
        let seen = self.index.built();
        let mut rows: Vec<(Key, Sealed)> = Vec::new();
        let mut next = *position;
        let log = self.after.log();
        if batch.iter().any(|due| due.log != log) && self.index.store().is_err() {
            // Of an earlier log: their rows come with the index of this one, which is not built yet.
            drop(position);
            return self.rebuild_after(seen).is_ok();
        }
        let of_this = batch.iter().filter(|due| due.log == log);
        for due in of_this.filter(|due| due.head.sequence > position.head.sequence) {
            rows.extend(due.rows.iter().cloned());
            next = Position { head: due.head, rows: next.rows + due.added };
        }
        if next == *position {
            return true;
        }
        let put = self.marker(&next).map(|marker| rows.push(marker)).is_ok() && self.index.put(&rows).is_ok();
        if put {
            *position = next;
            return true;
        }
        drop(position);
        self.rebuild_after(seen).is_ok()
    }

    /// The row that says how far the index is.
    pub(crate) fn marker(&self, position: &Position) -> Result<(Key, Sealed), Unsealable> {
        let key = self.marker_key();
        let mut plain = Fields::default();
        plain.raw(&position.head.to_bytes()).u64(position.rows);
        Ok((key, self.barrier.seal(Table::Marker, &self.notices, &key, &plain)?))
    }

    pub(crate) fn marker_key(&self) -> Key {
        self.barrier.key(Table::Marker, [b"position"])
    }
}

/// How far an index says it is; `None` when it says nothing that this vault made.
pub(crate) fn read_marker(barrier: &Barrier, notices: &Sealer, key: &Key, row: &[u8]) -> Option<Position> {
    let plain = barrier.open(Table::Marker, notices, key, row)?;
    let mut from = Reader::new(plain.expose());
    let position = Position { head: Head::from_bytes(&from.array()?)?, rows: from.u64()? };
    from.end()?;
    Some(position)
}
