//! The worker: takes messages that left, off the request's path, and has their filters kept.
//!
//! Handing over waits only when much waits already, so that memory is bounded, and not for long; it never fails an
//! exchange. What cannot be taken or kept is counted and logged, and has no
//! filter that a leaf commits to: a look-up then says "not covered". It must not log more than an exchange's id.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::NeedleError;
use super::keeping::{Ground, Keeping};
use super::month::Month;
use super::words::Gathering;
use crate::clock::{Clock, Timestamp};
use crate::disk::Disk;
use crate::gateway::message::{Head, Message};
use crate::identity::ExchangeId;
use crate::journal::Journal;
use crate::vault::Vault;

/// How much room one place for waiting messages is, in bytes; each takes at least one.
const PLACE: usize = 1024;
/// How long a message waits for places before it is left without a filter: a disk hangs.
const PATIENCE: Duration = Duration::from_secs(2);
/// In the log: a message left and has no filter.
const MISSED: &str = "SLS-951";
/// In the log: filters wait for their leaf.
const UNCOMMITTED: &str = "SLS-952";
/// Filters that are synced together, and their bytes.
const GROUP: (usize, usize) = (64, 1 << 20);
/// Filters that one leaf commits to, and their bytes.
const MOST_UNCOMMITTED: (u64, u64) = (4096, 32 << 20);

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

enum Order {
    Take(Box<Left>),
    /// Commit to everything so far, then answer.
    Flush(SyncSender<()>),
    Stop,
}

/// A message that left.
struct Left {
    exchange: [u8; 16],
    time: Timestamp,
    message: Message,
    /// Its places, free again when it is done with.
    _places: OwnedSemaphorePermit,
}

#[derive(Default)]
struct Counts {
    missed: AtomicU64,
}

/// A running worker.
pub struct Needle {
    orders: SyncSender<Order>,
    counts: Arc<Counts>,
    places: Arc<Semaphore>,
    most: u32,
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
        let most = u32::try_from(waiting_bytes / PLACE).unwrap_or(u32::MAX).max(1);
        // Room for as many messages as can have a place, and for an order behind them.
        let (orders, taken) = sync_channel(most as usize + 1);
        let places = Arc::new(Semaphore::new(most as usize));
        let ground = Ground { disk, directory, vault, journal, clock };
        let gathering = Gathering::default();
        let mut work =
            Work { ground, counts: Arc::clone(&counts), commit_after, keeping: None, since: None, gathering };
        let worker = std::thread::Builder::new()
            .name("needle".to_owned())
            .spawn(move || work.run(&taken))
            .map_err(NeedleError::StartWorker)?;
        Ok(Self { orders, counts, places, most, worker: Mutex::new(Some(worker)) })
    }

    /// Hands over a message that is about to leave and whose leaf is durable. Waits while as much waits already as may,
    /// a moment at most: then the exchange is not covered.
    pub(in crate::gateway) async fn take(&self, exchange: ExchangeId, time: Timestamp, message: &Message) {
        let target = match &message.head {
            Head::Request { target, .. } => target.len(),
            Head::Reply { .. } => 0,
        };
        let size = u32::try_from((message.body.len() + target).div_ceil(PLACE)).unwrap_or(u32::MAX);
        // What is larger than all places waits for all of them.
        let places = Arc::clone(&self.places).acquire_many_owned(size.clamp(1, self.most));
        let left = match timeout(PATIENCE, places).await {
            Ok(Ok(places)) => {
                let message = message.clone();
                Some(Left { exchange: *exchange.as_bytes(), time, message, _places: places })
            }
            _ => None,
        };
        let taken = left.is_some_and(|left| self.orders.try_send(Order::Take(Box::new(left))).is_ok());
        if !taken {
            self.counts.missed.fetch_add(1, Ordering::Relaxed);
            tracing::error!(code = MISSED, exchange = %exchange, "no needle filter: too much waits, or Sluis stops");
        }
    }

    /// Waits until everything that was handed over is committed to, or given up. Blocks.
    pub fn flush(&self) {
        let (done, wait) = sync_channel(1);
        if self.orders.send(Order::Flush(done)).is_ok() {
            let _ = wait.recv();
        }
    }

    /// Commits to what was handed over, and ends. Blocks; what comes later is not covered.
    pub fn stop(&self) {
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(worker) = worker {
            let _ = self.orders.send(Order::Stop);
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

/// What the thread works with.
struct Work {
    ground: Ground,
    counts: Arc<Counts>,
    commit_after: Duration,
    keeping: Option<Keeping>,
    /// Since when a filter has had no leaf.
    since: Option<Instant>,
    gathering: Gathering,
}

impl Work {
    fn run(&mut self, orders: &Receiver<Order>) {
        loop {
            // Nothing waits to be written when this waits.
            let left = self.since.map(|since| self.commit_after.saturating_sub(since.elapsed()));
            let order = match left {
                Some(left) => orders.recv_timeout(left),
                None => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            let order = match order {
                Ok(Order::Take(left)) => self.take_group(*left, orders),
                Ok(order) => Some(order),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(Order::Stop),
            };
            match order {
                Some(Order::Flush(done)) => {
                    self.commit();
                    let _ = done.send(());
                }
                Some(Order::Stop) => return self.commit(),
                Some(Order::Take(_)) | None => self.commit_when_due(),
            }
        }
    }

    /// Takes a message and what waits behind it, up to a group, and writes them. Returns another order, if one came.
    fn take_group(&mut self, first: Left, orders: &Receiver<Order>) -> Option<Order> {
        let (mut next, mut other) = (Some(first), None);
        while let Some(left) = next.take() {
            self.take(&left);
            drop(left);
            let (count, bytes) = self.keeping.as_ref().map(Keeping::waiting).unwrap_or_default();
            if count >= GROUP.0 || bytes >= GROUP.1 {
                break;
            }
            match orders.try_recv() {
                Ok(Order::Take(left)) => next = Some(*left),
                Ok(order) => other = Some(order),
                Err(_) => {}
            }
        }
        self.write();
        other
    }

    fn commit_when_due(&mut self) {
        let (count, bytes) = self.keeping.as_ref().map(Keeping::uncommitted).unwrap_or_default();
        let due = self.since.is_some_and(|since| since.elapsed() >= self.commit_after);
        if due || count >= MOST_UNCOMMITTED.0 || bytes >= MOST_UNCOMMITTED.1 {
            self.commit();
        }
    }

    fn take(&mut self, left: &Left) {
        if let Err(error) = self.try_take(left) {
            self.lost(1, &error);
        }
    }

    fn try_take(&mut self, left: &Left) -> Result<(), NeedleError> {
        let month = Month::of(left.time);
        if self.keeping.as_ref().is_none_or(|keeping| keeping.key().month() != month) {
            self.write();
            self.commit();
            self.keeping = Some(Keeping::open(month, &self.ground)?);
        }
        let Some(keeping) = &mut self.keeping else { return Ok(()) };
        let filter = self.gathering.filter(keeping.key(), &left.message);
        keeping.add(&left.exchange, &filter)?;
        self.since.get_or_insert_with(Instant::now);
        Ok(())
    }

    fn write(&mut self) {
        let Some(keeping) = &mut self.keeping else { return };
        let count = keeping.waiting().0;
        if let Err(error) = keeping.write(&self.ground) {
            self.lost(u64::try_from(count).unwrap_or(u64::MAX), &error);
        }
    }

    fn commit(&mut self) {
        self.since = None;
        let Some(keeping) = &mut self.keeping else { return };
        if let Err(error) = keeping.commit(&self.ground) {
            tracing::error!(code = UNCOMMITTED, %error, "filters are kept, and no leaf commits to them yet");
            // The disk may be full: it is tried again.
            self.since = Some(Instant::now());
        }
    }

    fn lost(&self, count: u64, error: &NeedleError) {
        self.counts.missed.fetch_add(count, Ordering::Relaxed);
        tracing::error!(code = MISSED, count, %error, "messages left without a needle filter; a look-up says so");
    }
}
