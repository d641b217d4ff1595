//! Group commit: callers hand in items, one thread writes all that wait, syncs once and answers
//! them. It must not know what an item is; the encoder does.
//!
//! What callers may rely on:
//! - An item answered with a receipt is durable. Items are on disk in the order of their receipts.
//! - [`CommitError::Full`]: the item is not on disk, and the file and the encoder are as before the
//!   batch. Later items are welcome: they succeed when there is room again.
//! - A batch is held open for callers who were there a moment ago, for half of the last sync and
//!   at most 0.5 ms: with 64 writers nearly all share one sync. A caller who was alone waits for nobody.
//! - [`CommitError::Failed`]: the item may or may not be on disk; nothing more is written, ever, by
//!   this committer. A failed sync is never retried, since the kernel may have dropped the pages and
//!   the next sync would succeed without them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::frame::{self, BATCH_BYTES};
use super::medium::{is_full, write_all_at};
use super::{CommitError, DiskError, Medium, Pending, Place};

/// Turns items into records, and owns the state that runs through them (sequence, chain, tree).
pub trait Encode: Send + 'static {
    /// What callers hand in.
    type Item: Send;
    /// What callers get back once the item is durable.
    type Receipt: Send;

    /// Appends the payload of the item's record to `out`, in the order of the log. An encoder that
    /// refuses an item appends nothing, changes no state and says so in its receipt, for which
    /// `Receipt` can be a `Result`. A payload of more than [`super::MAX_RECORD`] bytes is a fault of
    /// the encoder and fails the committer.
    fn encode(&mut self, item: Self::Item, out: &mut Vec<u8>) -> Self::Receipt;

    /// Everything encoded so far is durable. Called before the callers are answered.
    fn keep(&mut self);

    /// Nothing encoded since the last [`Encode::keep`] is on disk: go back to that state.
    fn undo(&mut self);
}

/// What a committer has done since it started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records made durable.
    pub records: u64,
    /// Syncs that this took.
    pub syncs: u64,
}

/// An append-only file with a commit thread of its own.
pub struct Committer<E: Encode> {
    shared: Arc<Shared<E>>,
    thread: Mutex<Option<JoinHandle<E>>>,
}

struct Shared<E: Encode> {
    queue: Mutex<Queue<E>>,
    arrived: Condvar,
    end: AtomicU64,
    records: AtomicU64,
    syncs: AtomicU64,
}

struct Queue<E: Encode> {
    waiting: VecDeque<Waiting<E>>,
    state: State,
    /// How many callers were there when the last batch was done, answered or waiting: most come back
    /// at once, and a sync costs more than waiting a moment for them.
    wanted: usize,
    /// The thread sleeps until it is woken. While it writes it looks by itself, and a wake is a system call.
    sleeps: bool,
}

/// How long a batch is held open at most for callers who are expected back.
const PATIENCE: Duration = Duration::from_micros(500);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Stopping,
    Failed,
}

enum Waiting<E: Encode> {
    Item { item: E::Item, answer: oneshot::Sender<Result<E::Receipt, CommitError>> },
    Turn(Turn<E>),
}

/// An act of its own on the commit thread, which answers by itself. An error ends the thread.
type Turn<E> = Box<dyn FnOnce(&mut E, &mut Place, &Shared<E>) -> Result<(), CommitError> + Send>;

impl<E: Encode> Committer<E> {
    /// Starts the thread, named `name` (at most 15 bytes are shown by Linux). The next record goes to
    /// `end`: what [`super::Reader`] reported after reading the log whole.
    pub fn start(name: &str, medium: Box<dyn Medium>, end: u64, encoder: E) -> Result<Self, DiskError> {
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue {
                waiting: VecDeque::new(),
                state: State::Open,
                wanted: 1,
                sleeps: false,
            }),
            arrived: Condvar::new(),
            end: AtomicU64::new(end),
            records: AtomicU64::new(0),
            syncs: AtomicU64::new(0),
        });
        let patience = Duration::ZERO;
        let place = Place { medium, end };
        let writer = Writer { shared: Arc::clone(&shared), place, out: Vec::new(), patience };
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || writer.run(encoder))
            .map_err(|source| DiskError::StartThread { source })?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    /// Hands in an item now, so that it has its place in the order, and waits later.
    pub fn submit(&self, item: E::Item) -> Pending<E::Receipt> {
        let mut queue = self.shared.lock();
        match queue.state {
            State::Open => {}
            State::Stopping => return Pending { answer: Err(CommitError::Stopped) },
            State::Failed => return Pending { answer: Err(CommitError::Failed) },
        }
        let (answer, receiver) = oneshot::channel();
        queue.waiting.push_back(Waiting::Item { item, answer });
        let waiting = queue.waiting.len();
        let worth_waking = queue.sleeps && (waiting == 1 || waiting >= queue.wanted);
        if worth_waking {
            // Once: it is on its way.
            queue.sleeps = false;
        }
        drop(queue);
        if worth_waking {
            self.shared.arrived.notify_one();
        }
        Pending { answer: Ok(receiver) }
    }

    /// Has `act` done on the commit thread, between two batches: everything handed in before is durable or
    /// refused by then, and what comes after waits. It may put another file in the place of the present one.
    /// When it answers [`CommitError::Failed`] nothing more is written, as after a failed sync; any other error
    /// leaves the committer as it was.
    pub fn between<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut E, &mut Place) -> Result<T, CommitError> + Send + 'static,
    ) -> Pending<T> {
        let mut queue = self.shared.lock();
        match queue.state {
            State::Open => {}
            State::Stopping => return Pending { answer: Err(CommitError::Stopped) },
            State::Failed => return Pending { answer: Err(CommitError::Failed) },
        }
        let (answer, receiver) = oneshot::channel();
        queue.waiting.push_back(Waiting::Turn(Box::new(move |encoder, place, shared| {
            // Dropped before `answer`: see `fill`.
            let _guard = FailOnPanic(shared);
            let done = act(encoder, place);
            let failed = matches!(done, Err(CommitError::Failed));
            // Before the answer, as for items.
            shared.end.store(place.end, Ordering::Release);
            if failed {
                shared.lock().state = State::Failed;
            }
            let _ = answer.send(done);
            if failed { Err(CommitError::Failed) } else { Ok(()) }
        })));
        // Held open for nobody.
        queue.wanted = 0;
        drop(queue);
        self.shared.arrived.notify_one();
        Pending { answer: Ok(receiver) }
    }

    /// True once nothing more will be written: the process must refuse from then on.
    pub fn failed(&self) -> bool {
        self.shared.lock().state == State::Failed
    }

    /// Where the durable records end, in bytes.
    pub fn end(&self) -> u64 {
        self.shared.end.load(Ordering::Acquire)
    }

    /// What was done since the start.
    pub fn counts(&self) -> Counts {
        Counts {
            records: self.shared.records.load(Ordering::Acquire),
            syncs: self.shared.syncs.load(Ordering::Acquire),
        }
    }

    /// Takes no more items, commits those that wait, ends the thread and gives the encoder back. None
    /// when it was stopped before, or when the encoder panicked.
    pub fn stop(&self) -> Option<E> {
        {
            let mut queue = self.shared.lock();
            if queue.state == State::Open {
                queue.state = State::Stopping;
            }
        }
        self.shared.arrived.notify_one();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        thread.and_then(|thread| thread.join().ok())
    }
}

impl<E: Encode> Drop for Committer<E> {
    fn drop(&mut self) {
        self.stop();
    }
}

impl<E: Encode> std::fmt::Debug for Committer<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Committer").field("end", &self.end()).finish_non_exhaustive()
    }
}

impl<E: Encode> Shared<E> {
    fn lock(&self) -> MutexGuard<'_, Queue<E>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that waits, after the first has waited for others for at most `patience`; none when
    /// stopping and nothing waits.
    fn take(&self, patience: Duration) -> Option<VecDeque<Waiting<E>>> {
        let mut queue = self.lock();
        let mut since = None;
        loop {
            let open = queue.state == State::Open;
            if queue.waiting.is_empty() {
                if !open {
                    return None;
                }
                queue.sleeps = true;
                queue = self.arrived.wait(queue).unwrap_or_else(PoisonError::into_inner);
                queue.sleeps = false;
                continue;
            }
            let waited = since.get_or_insert_with(Instant::now).elapsed();
            let left = patience.saturating_sub(waited);
            if !open || left.is_zero() || queue.waiting.len() >= queue.wanted {
                return Some(std::mem::take(&mut queue.waiting));
            }
            queue.sleeps = true;
            let woken = self.arrived.wait_timeout(queue, left);
            queue = woken.unwrap_or_else(PoisonError::into_inner).0;
            queue.sleeps = false;
        }
    }

    /// Remembers how many callers there are, before `answered` of them are answered.
    fn expect(&self, answered: usize) {
        let mut queue = self.lock();
        queue.wanted = answered + queue.waiting.len();
    }
}

/// The commit thread.
struct Writer<E: Encode> {
    shared: Arc<Shared<E>>,
    place: Place,
    out: Vec<u8>,
    /// How long the next batch may be held open.
    patience: Duration,
}

type Answer<E> = (oneshot::Sender<Result<<E as Encode>::Receipt, CommitError>>, <E as Encode>::Receipt);

impl<E: Encode> Writer<E> {
    fn run(mut self, mut encoder: E) -> E {
        let mut answers = Vec::new();
        while let Some(mut waiting) = self.shared.take(self.patience) {
            while let Some(next) = waiting.pop_front() {
                match next {
                    Waiting::Turn(turn) => {
                        let shared = Arc::clone(&self.shared);
                        let _guard = FailOnPanic(&shared);
                        if turn(&mut encoder, &mut self.place, &shared).is_err() {
                            return encoder;
                        }
                        continue;
                    }
                    item @ Waiting::Item { .. } => waiting.push_front(item),
                }
                let outcome = match self.fill(&mut encoder, &mut waiting, &mut answers) {
                    Ok(records) => self.commit(records, &mut encoder),
                    Err(error) => Err(error),
                };
                if outcome == Err(CommitError::Failed) {
                    // Before anyone is answered, so that who was told also sees it in `failed()`.
                    self.shared.lock().state = State::Failed;
                }
                self.shared.expect(answers.len());
                for (answer, receipt) in answers.drain(..) {
                    // Who no longer waits needs no answer.
                    let _ = answer.send(outcome.map(|()| receipt));
                }
                if outcome == Err(CommitError::Failed) {
                    // Dropping the senders answers `Failed` to all that still wait, here and in the queue.
                    return encoder;
                }
            }
        }
        encoder
    }

    /// Encodes waiting items until the batch is full; returns the number of records.
    fn fill(
        &mut self,
        encoder: &mut E,
        waiting: &mut VecDeque<Waiting<E>>,
        answers: &mut Vec<Answer<E>>,
    ) -> Result<u64, CommitError> {
        self.out.clear();
        let mut records = 0;
        while self.out.len() < BATCH_BYTES {
            let (item, answer) = match waiting.pop_front() {
                Some(Waiting::Item { item, answer }) => (item, answer),
                // It begins when this batch is done.
                Some(turn) => {
                    waiting.push_front(turn);
                    break;
                }
                None => break,
            };
            let at = frame::begin(&mut self.out);
            let begun = self.out.len();
            // Dropped before `answer`, so that whoever sees the answer fail sees `failed()` too.
            let _guard = FailOnPanic(&self.shared);
            let receipt = encoder.encode(item, &mut self.out);
            answers.push((answer, receipt));
            let refused = self.out.len() == begun;
            if frame::finish(&mut self.out, at, records == 0) {
                records += 1;
            } else if !refused {
                return Err(CommitError::Failed);
            }
        }
        Ok(records)
    }

    fn commit(&mut self, records: u64, encoder: &mut E) -> Result<(), CommitError> {
        if records > 0 {
            if let Err(error) = write_all_at(self.place.medium.as_mut(), &self.out, self.place.end) {
                // A half-written batch must not stay: the next one would be taken for its continuation.
                let cut = self.place.medium.truncate(self.place.end);
                if cut.is_ok() && is_full(&error) {
                    encoder.undo();
                    return Err(CommitError::Full);
                }
                return Err(CommitError::Failed);
            }
            let begun = Instant::now();
            if self.place.medium.sync().is_err() {
                return Err(CommitError::Failed);
            }
            self.patience = PATIENCE.min(begun.elapsed() / 2);
            self.place.end += self.out.len() as u64;
            self.shared.end.store(self.place.end, Ordering::Release);
            self.shared.records.fetch_add(records, Ordering::AcqRel);
            self.shared.syncs.fetch_add(1, Ordering::AcqRel);
        }
        encoder.keep();
        Ok(())
    }
}

/// Fails the committer when the encoder panics.
struct FailOnPanic<'a, E: Encode>(&'a Shared<E>);

impl<E: Encode> Drop for FailOnPanic<'_, E> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().state = State::Failed;
        }
    }
}

impl<E: Encode> Drop for Writer<E> {
    fn drop(&mut self) {
        // However the thread ended, also by a panic of the encoder: nobody waits for it in vain.
        let mut queue = self.shared.lock();
        if queue.state != State::Stopping {
            queue.state = State::Failed;
        }
        queue.waiting.clear();
    }
}
