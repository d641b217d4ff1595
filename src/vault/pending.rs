//! What is on its way: rows whose record is not durable yet, or durable and not yet in the index. A look-up
//! asks here first, so that two callers who mask the same pupil at once agree, and waits for the record that
//! it relies on.
//!
//! It must not know what a row means, nor how the log or the index keep it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::barrier::{Key, Sealed};
use super::log::Head;

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is on its way.
    Waiting,
    /// It is on disk.
    Durable,
    /// It is not on disk and never will be; whoever relied on it must ask again.
    Withdrawn,
}

/// Tells everyone who relies on a record what became of it.
#[derive(Debug, Clone)]
pub(crate) struct Ticket(watch::Receiver<Fate>);

impl Ticket {
    /// A ticket and the end that is told.
    pub(crate) fn new() -> (watch::Sender<Fate>, Self) {
        let (sender, receiver) = watch::channel(Fate::Waiting);
        (sender, Self(receiver))
    }

    /// Waits. `None` when the log failed: the record may or may not be on disk.
    pub(crate) async fn fate(mut self) -> Option<Fate> {
        self.0.wait_for(|fate| *fate != Fate::Waiting).await.ok().map(|fate| *fate)
    }

    fn same(&self, other: &Self) -> bool {
        self.0.same_channel(&other.0)
    }
}

/// Rows that a record brings, and who waits for it.
pub(crate) struct Job {
    pub(crate) rows: Vec<(Key, Sealed)>,
    /// How many of the rows are under keys that the index does not have.
    pub(crate) added: u64,
    pub(crate) told: watch::Sender<Fate>,
    pub(crate) ticket: Ticket,
}

/// A durable job for the index, and the head of the log with it.
pub(crate) struct Due {
    pub(crate) rows: Vec<(Key, Sealed)>,
    pub(crate) added: u64,
    pub(crate) head: Head,
    /// Which log it is a record of.
    pub(crate) log: u64,
    ticket: Ticket,
}

/// What happens after the commit thread wrote a batch, or could not.
pub(crate) struct Aftermath {
    staged: Mutex<HashMap<Key, (Sealed, Ticket)>>,
    head: Mutex<Head>,
    /// How often another log took the place of the first.
    log: AtomicU64,
    due: Mutex<Option<Sender<Due>>>,
}

impl Aftermath {
    /// A log that stands at `head`. Durable jobs come out of the other end, in the order of the log.
    pub(crate) fn new(head: Head) -> (Arc<Self>, Receiver<Due>) {
        let (sender, receiver) = std::sync::mpsc::channel();
        let (staged, head, due) = (Mutex::default(), Mutex::new(head), Mutex::new(Some(sender)));
        (Arc::new(Self { staged, head, log: AtomicU64::new(0), due }), receiver)
    }

    /// The newest durable head.
    pub(crate) fn head(&self) -> Head {
        *lock(&self.head)
    }

    /// Which log is in use.
    pub(crate) fn log(&self) -> u64 {
        self.log.load(Ordering::Acquire)
    }

    /// Another log is in use from now on.
    pub(crate) fn moved(&self, head: Head) {
        *lock(&self.head) = head;
        self.log.fetch_add(1, Ordering::AcqRel);
    }

    /// Rows on their way under this key.
    pub(crate) fn get(&self, key: &Key) -> Option<(Sealed, Ticket)> {
        lock(&self.staged).get(key).cloned()
    }

    /// How many rows are on their way.
    pub(crate) fn len(&self) -> usize {
        lock(&self.staged).len()
    }

    /// Lets look-ups find the rows of a job that is about to be submitted.
    pub(crate) fn stage(&self, job: &Job) {
        let mut staged = lock(&self.staged);
        for (key, sealed) in &job.rows {
            staged.insert(*key, (sealed.clone(), job.ticket.clone()));
        }
    }

    /// These records are on disk: tells who waits, and hands the rows on to the index.
    pub(crate) fn durable(&self, head: Head, jobs: impl Iterator<Item = (Job, Head)>) {
        *lock(&self.head) = head;
        let (due, log) = (lock(&self.due), self.log());
        for (job, head) in jobs {
            let Job { rows, added, told, ticket } = job;
            told.send_replace(Fate::Durable);
            if let Some(due) = due.as_ref() {
                // When the index's thread is gone the rows stay here, where look-ups find them.
                let _ = due.send(Due { rows, added, head, log, ticket });
            }
        }
    }

    /// The record is not on disk: its rows are gone, and who relied on them is told.
    pub(crate) fn withdraw(&self, job: Job) {
        self.forget(&job.rows, &job.ticket);
        job.told.send_replace(Fate::Withdrawn);
    }

    /// The index has these rows now.
    pub(crate) fn applied(&self, due: &Due) {
        self.forget(&due.rows, &due.ticket);
    }

    /// Ends the receiving end once it has handled what is due.
    pub(crate) fn close(&self) {
        lock(&self.due).take();
    }

    fn forget(&self, rows: &[(Key, Sealed)], ticket: &Ticket) {
        let mut staged = lock(&self.staged);
        for (key, _) in rows {
            // A later record may have put another row under the same key.
            if staged.get(key).is_some_and(|(_, of)| of.same(ticket)) {
                staged.remove(key);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
