//! The index built from the log: caught up after a crash, or built anew in a directory of its own that then
//! takes the place of the damaged one.
//!
//! It must not decide whether the log is right: `startup` has done so before.

use std::sync::PoisonError;

use super::barrier::{Key, Sealed};
use super::error::VaultError;
use super::index::Position;
use super::inner::{Inner, Progress};
use super::log::{Head, MAGIC, NOTICES, Record};
use super::record::{Entry, Notice};
use super::rows::rows_of;
use super::scopes::Owner;
use super::store::{Store, StoreError};
use crate::disk::{Reader, Step};

/// Rows that go into a new index at once.
const BATCH_ROWS: usize = 8192;

/// Where reading the log begins.
#[derive(Clone, Copy)]
pub(crate) struct From {
    /// The head before the first record to read.
    pub(crate) head: Head,
    /// Where that record begins in the file, in bytes; `None` for the first.
    pub(crate) offset: Option<u64>,
}

impl Inner {
    /// Builds the index again while the vault serves, if the one in use is still the one that was found
    /// damaged: the first to find it builds, the others wait for him.
    pub(crate) fn rebuild_after(&self, seen: u64) -> Result<(), VaultError> {
        let mut position = self.index.writing();
        if self.index.built() != seen {
            return Ok(());
        }
        if !self.index.may_try() {
            return Err(self.index_down("it could not be built a moment ago"));
        }
        tracing::warn!("the vault's index is damaged: it is built again from the log");
        self.rebuild_at(&mut position, &mut |_| {})
    }

    /// Builds a new index and puts it in use.
    pub(crate) fn rebuild(&self, progress: &mut dyn FnMut(Progress)) -> Result<(), VaultError> {
        self.rebuild_at(&mut self.index.writing(), progress)
    }

    /// The same for whoever holds the position already.
    pub(crate) fn rebuild_at(
        &self,
        position: &mut Position,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), VaultError> {
        if self.log_path.is_none() {
            // In memory the index is all there is.
            return Ok(());
        }
        let built = self.build(progress);
        self.index.tried(built.is_ok());
        *position = built?;
        Ok(())
    }

    fn build(&self, progress: &mut dyn FnMut(Progress)) -> Result<Position, VaultError> {
        let _file = self.file.read().unwrap_or_else(PoisonError::into_inner);
        let head = self.after.head();
        let down = |why: StoreError| self.index_down(&why.to_string());
        let built = self.index.kept.beside().map_err(down)?;
        let from = From { head: Head::before_all(&self.vault), offset: None };
        self.replay(built.as_ref(), from, head, false, progress)?;
        // Counted after the walk: rows under one key count once.
        let rows = built.count().map_err(down)? + 1;
        let next = Position { head, rows };
        let marker = self.marker(&next).map_err(|_| VaultError::Unsealable)?;
        built.put(&[marker]).and_then(|()| built.sync()).map_err(down)?;
        self.index.exchange(|| self.index.kept.take_place(built)).map_err(down)?;
        Ok(next)
    }

    /// Puts into an index that is otherwise good what the log has beyond its position.
    pub(crate) fn catch_up(&self, from: From, progress: &mut dyn FnMut(Progress)) -> Result<(), VaultError> {
        let mut position = self.index.writing();
        let head = self.after.head();
        let down = |why: StoreError| self.index_down(&why.to_string());
        let store = self.index.store().map_err(down)?;
        let added = self.replay(store.as_ref(), from, head, true, progress)?;
        let next = Position { head, rows: position.rows + added };
        let marker = self.marker(&next).map_err(|_| VaultError::Unsealable)?;
        store.put(&[marker]).map_err(down)?;
        *position = next;
        Ok(())
    }

    /// Puts the rows of all records after `from` up to `to`. With `counting`, says how many keys were new.
    fn replay(
        &self,
        store: &dyn Store,
        from: From,
        to: Head,
        counting: bool,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<u64, VaultError> {
        if to.sequence == from.head.sequence {
            return Ok(0);
        }
        let Some(path) = &self.log_path else { return Ok(0) };
        let mut reader = Reader::open(path, MAGIC).map_err(|why| VaultError::reading(path, &why))?;
        if let Some(offset) = from.offset {
            reader.seek(offset).map_err(|why| VaultError::reading(path, &why))?;
        }
        let (mut head, mut added) = (from.head, 0);
        let mut batch: Vec<(Key, Sealed)> = Vec::new();
        while head.sequence < to.sequence {
            let Ok(Step::Record { payload, .. }) = reader.next() else {
                return Err(VaultError::Sealed { why: format!("the log ends at {head}, before {to}") });
            };
            self.rows_of_record(&head, payload, &mut batch)?;
            head = head.after(payload);
            if batch.len() >= BATCH_ROWS || head.sequence == to.sequence {
                added += self.put_all(store, &mut batch, counting)?;
                progress(Progress::Index { records: head.sequence, of: to.sequence });
            }
        }
        if head != to {
            return Err(VaultError::Sealed { why: format!("the log has another {head} than {to}") });
        }
        Ok(added)
    }

    fn put_all(
        &self,
        store: &dyn Store,
        rows: &mut Vec<(Key, Sealed)>,
        counting: bool,
    ) -> Result<u64, VaultError> {
        let down = |why: StoreError| self.index_down(&why.to_string());
        let mut added = 0;
        if counting {
            let mut seen = std::collections::HashSet::new();
            for (key, _) in rows.iter() {
                if seen.insert(*key) && store.get(key).map_err(down)?.is_none() {
                    added += 1;
                }
            }
        }
        store.put(rows).map_err(down)?;
        rows.clear();
        Ok(added)
    }

    fn rows_of_record(
        &self,
        head: &Head,
        payload: &[u8],
        to: &mut Vec<(Key, Sealed)>,
    ) -> Result<(), VaultError> {
        let bad = || VaultError::Sealed {
            why: format!("record {} of the log does not open with this vault's keys", head.sequence + 1),
        };
        let record = Record::read(payload).ok_or_else(bad)?;
        if record.key == NOTICES {
            let plain = record.open(&self.vault, head, &self.notices.keys).ok_or_else(bad)?;
            let rows = match Notice::read(plain.expose()).ok_or_else(bad)? {
                Notice::Forgotten { rows, .. } => rows,
                _ => return Ok(()),
            };
            for row in &rows {
                to.push(self.emptied(row)?);
            }
            return Ok(());
        }
        let open = match self.scopes().owner(record.key) {
            Owner::Open(open) => open,
            Owner::Closed => return Ok(()),
            Owner::Unknown => return Err(bad()),
        };
        let plain = record.open(&self.vault, head, &open.records).ok_or_else(bad)?;
        for entry in Entry::read_all(plain.expose()).ok_or_else(bad)? {
            to.extend(rows_of(&self.barrier, &open, &entry).map_err(|_| bad())?);
        }
        Ok(())
    }
}
