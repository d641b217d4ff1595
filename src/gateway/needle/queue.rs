//! What waits for its filter: messages that left, and whoever asks that they be committed to.
//!
//! Messages are gathered, so that the worker wakes for many of them: it is called when enough wait, when one waits long,
//! when somebody finds no place, and when it is asked. Places bound what waits. It must not know files or words.

use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::month::Month;
use super::text::Heads;
use crate::clock::Timestamp;
use crate::gateway::message::Message;
use crate::identity::ExchangeId;

/// How much room one place for waiting messages is, in bytes; each takes at least one.
const PLACE: usize = 1024;
/// How long a message waits for places before it is left without a filter: a disk hangs.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a message waits at most for others before its filter is made.
const GATHER: Duration = Duration::from_millis(250);
/// Nobody waits longer when so many messages wait, or take so many places.
const ENOUGH: (usize, u32) = (32, 64);

/// A message that left.
pub(super) struct Left {
    pub(super) exchange: [u8; 16],
    pub(super) month: Month,
    /// What stands in its head.
    pub(super) heads: Heads,
    pub(super) body: Bytes,
    /// When it came here.
    came: Instant,
    /// Its places, free again when it is done with.
    _places: OwnedSemaphorePermit,
}

/// What the worker has to do next.
#[derive(Default)]
pub(super) struct Next {
    /// Messages, in the order in which they came.
    pub(super) messages: Vec<Left>,
    /// Who waits until everything so far is committed to.
    pub(super) asked: Vec<SyncSender<()>>,
    /// Nothing comes behind this.
    pub(super) last: bool,
}

/// What waits.
pub(super) struct Queue {
    state: Mutex<State>,
    called: Condvar,
    places: Arc<Semaphore>,
    most: u32,
}

#[derive(Default)]
struct State {
    next: Next,
    /// Places that the messages take.
    taken: u32,
    /// How many find no place at the moment.
    pressed: usize,
    /// Until when the worker sleeps by itself; none when it sleeps until it is called.
    wakes: Option<Instant>,
    /// Whether it sleeps.
    sleeps: bool,
    /// Nothing is taken any more.
    over: bool,
}

impl Queue {
    /// Room for so many bytes.
    pub(super) fn new(waiting_bytes: usize) -> Self {
        let most = u32::try_from(waiting_bytes / PLACE).unwrap_or(u32::MAX).max(1);
        let places = Arc::new(Semaphore::new(most as usize));
        Self { state: Mutex::default(), called: Condvar::new(), places, most }
    }

    /// Puts a message behind the others, when there is a place for it or one comes free in a moment; false when not.
    pub(super) async fn put(&self, exchange: ExchangeId, time: Timestamp, message: &Message) -> bool {
        let size = message.body.len() + Heads::size_of(&message.head);
        // What is larger than all places waits for all of them.
        let size = u32::try_from(size.div_ceil(PLACE)).unwrap_or(u32::MAX).clamp(1, self.most);
        let places = match Arc::clone(&self.places).try_acquire_many_owned(size) {
            Ok(places) => places,
            Err(_) => {
                let _pressing = Pressing::new(self);
                match timeout(PATIENCE, Arc::clone(&self.places).acquire_many_owned(size)).await {
                    Ok(Ok(places)) => places,
                    _ => return false,
                }
            }
        };
        self.push(Left {
            exchange: *exchange.as_bytes(),
            month: Month::of(time),
            heads: Heads::of(&message.head),
            body: message.body.clone(),
            came: Instant::now(),
            _places: places,
        })
    }

    fn push(&self, left: Left) -> bool {
        let mut state = self.lock();
        if state.over {
            return false;
        }
        let due = left.came + GATHER;
        state.taken =
            state.taken.saturating_add(u32::try_from(left._places.num_permits()).unwrap_or(u32::MAX));
        state.next.messages.push(left);
        let late = state.wakes.is_none_or(|wakes| wakes > due);
        self.call_if(state, late);
        true
    }

    /// Wakes the worker when it sleeps and there is reason to: `late` says that it would wake by itself, but late.
    fn call_if(&self, mut state: MutexGuard<'_, State>, late: bool) {
        if state.sleeps && (late || state.ready()) {
            // Once is enough.
            state.sleeps = false;
            drop(state);
            self.called.notify_one();
        }
    }

    /// Has everything that was put so far committed to, then answers. False when nobody is there to do it.
    pub(super) fn ask(&self, answer: SyncSender<()>) -> bool {
        let mut state = self.lock();
        if state.over {
            return false;
        }
        state.next.asked.push(answer);
        self.call_if(state, true);
        true
    }

    /// Takes nothing from now on; the worker has what is there, and knows that it is the last.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.over = true;
        state.next.last = true;
        self.call_if(state, true);
    }

    /// Waits until there is something to do, or until `due`. `room` is for the messages to come.
    pub(super) fn next(&self, due: Option<Instant>, room: Vec<Left>) -> Next {
        let mut state = self.lock();
        // Just now there was much to do: most likely there will be. Until then nobody needs to call.
        let soon = Instant::now() + GATHER;
        let mut by_itself = Some(soon);
        loop {
            let now = Instant::now();
            let first = state.next.messages.first().map(|left| left.came + GATHER);
            if state.ready() || due.is_some_and(|due| due <= now) || first.is_some_and(|first| first <= now) {
                break;
            }
            by_itself = by_itself.filter(|soon| now < *soon);
            state.wakes = [due, first, by_itself].into_iter().flatten().min();
            state.sleeps = true;
            state = match state.wakes {
                Some(wakes) => {
                    let waited = self.called.wait_timeout(state, wakes.saturating_duration_since(now));
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.called.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
            state.sleeps = false;
        }
        state.taken = 0;
        let following = Next { messages: room, asked: Vec::new(), last: state.next.last };
        std::mem::replace(&mut state.next, following)
    }

    /// Nobody takes what is there: the worker is gone, and does not come again.
    pub(super) fn abandon(&self) {
        self.places.close();
        let mut state = self.lock();
        state.over = true;
        let left = std::mem::take(&mut state.next);
        drop(state);
        drop(left);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether the worker has reason not to wait for more.
    fn ready(&self) -> bool {
        let waiting = self.next.messages.len();
        let full = waiting >= ENOUGH.0 || self.taken >= ENOUGH.1 || (self.pressed > 0 && waiting > 0);
        full || self.next.last || !self.next.asked.is_empty()
    }
}

/// Somebody finds no place, as long as this lives.
struct Pressing<'q>(&'q Queue);

impl<'q> Pressing<'q> {
    fn new(queue: &'q Queue) -> Self {
        let mut state = queue.lock();
        state.pressed += 1;
        queue.call_if(state, false);
        Self(queue)
    }
}

impl Drop for Pressing<'_> {
    fn drop(&mut self) {
        self.0.lock().pressed -= 1;
    }
}
