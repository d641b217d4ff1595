//! The worker: takes messages that left, off the request's path, and has their filters kept.
//!
//! Handing over waits only when much waits already, so that memory is bounded, and not for long; it never fails an
//! exchange. What cannot be taken or kept is counted and logged, and has no
//! filter that a leaf commits to: a look-up then says "not covered". It must not log more than an exchange's id.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::NeedleError;
use super::keeping::{Ground, Keeping};
use super::month::Month;
use super::queue::{Left, Queue};
use super::words::Gathering;
use crate::clock::{Clock, Timestamp};
use crate::disk::Disk;
use crate::gateway::message::Message;
use crate::identity::ExchangeId;
use crate::journal::Journal;
use crate::vault::Vault;

/// In the log: a message left and has no filter.
const MISSED: &str = "SLS-951";
/// In the log: filters wait for their leaf.
const UNCOMMITTED: &str = "SLS-952";
/// Filters that are written together, and their bytes.
const GROUP: (usize, usize) = (64, 1 << 20);
/// How long filters that are written may lie before they are synced, and how many bytes of them.
const UNSYNCED: (Duration, u64) = (Duration::from_secs(1), 4 << 20);
/// Filters that one leaf commits to, and their bytes.
const MOST_UNCOMMITTED: (u64, u64) = (4096, 32 << 20);
/// Months that are open: where one ends and the next begins, messages of both come.
const OPEN_MONTHS: usize = 2;

/// What a worker needs.
pub struct Settings {
    /// The disk of the journal.
    pub disk: Arc<dyn Disk>,
    /// The journal's directory.
    pub directory: PathBuf,
    /// Keeps months' keys.
    pub vault: Arc<Vault>,
    /// Takes the leaves.
    pub journal: Arc<Journal>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How long filters may lie before a leaf commits to them.
    pub commit_after: Duration,
    /// Bytes of bodies that may wait.
    pub waiting_bytes: usize,
}

impl Settings {
    /// The usual ones: a leaf a minute, 8 MiB waiting.
    pub fn new(
        disk: Arc<dyn Disk>,
        directory: PathBuf,
        vault: Arc<Vault>,
        journal: Arc<Journal>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (commit_after, waiting_bytes) = (Duration::from_secs(60), 8 << 20);
        Self { disk, directory, vault, journal, clock, commit_after, waiting_bytes }
    }
}

#[derive(Default)]
struct Counts {
    missed: AtomicU64,
}

/// A running worker.
pub struct Needle {
    queue: Arc<Queue>,
    counts: Arc<Counts>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

impl Needle {
    /// Starts one. It touches no file before a message comes.
    ///
    /// # Errors
    /// [`NeedleError::StartWorker`].
    pub fn start(settings: Settings) -> Result<Self, NeedleError> {
        let counts = Arc::new(Counts::default());
        let Settings { disk, directory, vault, journal, clock, commit_after, waiting_bytes } = settings;
        let queue = Arc::new(Queue::new(waiting_bytes));
        let mut work = Work {
            ground: Ground { disk, directory, vault, journal, clock },
            counts: Arc::clone(&counts),
            commit_after,
            months: Vec::new(),
            since: None,
            unsynced: None,
            synced: None,
            gathering: Gathering::default(),
        };
        let taken = Present(Arc::clone(&queue));
        let worker = std::thread::Builder::new()
            .name("needle".to_owned())
            .spawn(move || work.run(&taken.0))
            .map_err(NeedleError::StartWorker)?;
        Ok(Self { queue, counts, worker: Mutex::new(Some(worker)) })
    }

    /// Hands over a message that is about to leave and whose leaf is durable. Waits while as much waits already as may,
    /// a moment at most: then the exchange is not covered.
    pub(in crate::gateway) async fn take(&self, exchange: ExchangeId, time: Timestamp, message: &Message) {
        if !self.queue.put(exchange, time, message).await {
            self.counts.missed.fetch_add(1, Ordering::Relaxed);
            tracing::error!(code = MISSED, exchange = %exchange, "no needle filter: too much waits, or Sluis stops");
        }
    }

    /// Waits until everything that was handed over is committed to, or given up. Blocks.
    pub fn flush(&self) {
        let (done, wait) = sync_channel(1);
        if self.queue.ask(done) {
            let _ = wait.recv();
        }
    }

    /// Commits to what was handed over, and ends. Blocks; what comes later is not covered.
    pub fn stop(&self) {
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(worker) = worker {
            self.queue.end();
            let _ = worker.join();
        }
    }

    /// Messages since the start that got no filter.
    pub fn missed(&self) -> u64 {
        self.counts.missed.load(Ordering::Relaxed)
    }
}

impl Drop for Needle {
    fn drop(&mut self) {
        self.stop();
    }
}

impl std::fmt::Debug for Needle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Needle({} missed)", self.missed())
    }
}

/// The worker is there; when it is gone, in whatever way, nobody waits for it.
struct Present(Arc<Queue>);

impl Drop for Present {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// What the thread works with.
struct Work {
    ground: Ground,
    counts: Arc<Counts>,
    commit_after: Duration,
    /// Months whose files grow, the one that was opened last behind.
    months: Vec<Keeping>,
    /// Since when a filter has had no leaf.
    since: Option<Instant>,
    /// Since when a filter has been written and not synced.
    unsynced: Option<Instant>,
    /// When filters were synced last.
    synced: Option<Instant>,
    gathering: Gathering,
}

impl Work {
    fn run(&mut self, queue: &Queue) {
        let mut room = Vec::new();
        loop {
            let mut next = queue.next(self.due(), room);
            for left in next.messages.drain(..) {
                self.take(&left);
                let sizes = self.months.iter().map(Keeping::waiting);
                let (count, bytes) = sizes.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
                if count >= GROUP.0 || bytes >= GROUP.1 {
                    self.settle();
                }
            }
            self.settle();
            if next.last || !next.asked.is_empty() {
                self.commit();
            }
            for asked in next.asked {
                let _ = asked.send(());
            }
            if next.last {
                return;
            }
            room = next.messages;
        }
    }

    /// When there is something to do even if nothing comes.
    fn due(&self) -> Option<Instant> {
        [self.sync_due(), self.since.map(|since| since + self.commit_after)].into_iter().flatten().min()
    }

    /// When what is written is to be synced: at once, when the last sync was some time ago.
    fn sync_due(&self) -> Option<Instant> {
        self.unsynced.map(|since| self.synced.map_or(since, |last| last + UNSYNCED.0))
    }

    /// Writes what waits, syncs and commits to what is written when it is time or when it is much.
    fn settle(&mut self) {
        self.write();
        let unsynced: u64 = self.months.iter().map(Keeping::unsynced).sum();
        let now = Instant::now();
        if unsynced >= UNSYNCED.1 || self.sync_due().is_some_and(|due| due <= now) {
            self.sync();
        }
        let sizes = self.months.iter().map(Keeping::uncommitted);
        let (count, bytes) = sizes.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
        let due = self.since.is_some_and(|since| since.elapsed() >= self.commit_after);
        if due {
            self.commit();
            self.close_earlier();
        } else if count >= MOST_UNCOMMITTED.0 || bytes >= MOST_UNCOMMITTED.1 {
            self.commit();
        }
    }

    fn take(&mut self, left: &Left) {
        if let Err(error) = self.try_take(left) {
            self.counts.lost(1, &error);
        }
    }

    fn try_take(&mut self, left: &Left) -> Result<(), NeedleError> {
        if self.months.iter().all(|keeping| keeping.key().month() != left.month) {
            self.open(left.month)?;
        }
        let Some(keeping) = self.months.iter_mut().find(|keeping| keeping.key().month() == left.month) else {
            return Ok(());
        };
        let filter = self.gathering.filter(keeping.key(), &left.heads, &left.body);
        keeping.add(&left.exchange, &filter)?;
        self.since.get_or_insert_with(Instant::now);
        Ok(())
    }

    /// Lets go of months before the last one, and of their keys: what comes late has come.
    fn close_earlier(&mut self) {
        let last = self.months.last().map(|keeping| keeping.key().month());
        self.months.retain(|keeping| Some(keeping.key().month()) == last || keeping.uncommitted().0 > 0);
    }

    /// Opens a month; what the others hold is committed to first.
    fn open(&mut self, month: Month) -> Result<(), NeedleError> {
        self.write();
        self.commit();
        let keeping = Keeping::open(month, &self.ground)?;
        if self.months.len() >= OPEN_MONTHS {
            self.months.remove(0);
        }
        self.months.push(keeping);
        Ok(())
    }

    fn write(&mut self) {
        for keeping in &mut self.months {
            let count = keeping.waiting().0;
            if count == 0 {
                continue;
            }
            match keeping.write(&self.ground) {
                Ok(()) => drop(self.unsynced.get_or_insert_with(Instant::now)),
                Err(error) => self.counts.lost(count, &error),
            }
        }
    }

    fn sync(&mut self) {
        (self.unsynced, self.synced) = (None, Some(Instant::now()));
        for keeping in &mut self.months {
            if let Err((count, error)) = keeping.sync() {
                self.counts.lost(count, &error);
            }
        }
    }

    /// Commits to everything that is written.
    fn commit(&mut self) {
        self.sync();
        self.since = None;
        for keeping in &mut self.months {
            if let Err(error) = keeping.commit(&self.ground) {
                tracing::error!(code = UNCOMMITTED, %error, "filters are kept, and no leaf commits to them yet");
                // The disk may be full: it is tried again.
                self.since = Some(Instant::now());
            }
        }
    }
}

impl Counts {
    fn lost(&self, count: usize, error: &NeedleError) {
        self.missed.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
        tracing::error!(code = MISSED, count, %error, "messages left without a needle filter; a look-up says so");
    }
}
