//! Whether anything happens on a connection, and patience with a peer that takes nothing.
//!
//! It must not know HTTP.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep};

use super::settings::Deadlines;

/// What happened on one connection.
#[derive(Debug)]
pub(super) struct Activity {
    opened: Instant,
    /// Exchanges begun so far.
    exchanges: AtomicUsize,
    /// Exchanges without an answer yet.
    running: AtomicUsize,
    /// Answers that have not been taken for sending yet, and since when.
    untaken: Mutex<Vec<(usize, Instant)>>,
    /// When something last happened, in milliseconds after `opened`.
    last_ms: AtomicU64,
    /// Exchanges that the peer took back before they were answered (rapid reset).
    abandoned: AtomicUsize,
    fed_up: Notify,
}

/// So many exchanges may a peer take back on one connection, and more when it lets as many be answered.
const ABANDONED: usize = 100;

/// How a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing is due before this moment.
    Until(Instant),
    /// Nothing has happened for as long as it may.
    Quiet,
    /// A reply has not been taken for as long as it may.
    Stuck,
}

impl Activity {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            opened: Instant::now(),
            exchanges: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            untaken: Mutex::new(Vec::new()),
            last_ms: AtomicU64::new(0),
            abandoned: AtomicUsize::new(0),
            fed_up: Notify::new(),
        })
    }

    /// Notes the begin of an exchange; it lasts as long as the guard.
    pub(super) fn begin(self: &Arc<Self>) -> Busy {
        self.running.fetch_add(1, Ordering::Relaxed);
        let number = self.exchanges.fetch_add(1, Ordering::Relaxed);
        Busy { activity: Arc::clone(self), number, answered: false }
    }

    /// Waits until the peer has taken back too many exchanges.
    pub(super) async fn abused(&self) {
        self.fed_up.notified().await;
    }

    /// True when no exchange is in flight.
    pub(super) fn is_quiet(&self) -> bool {
        self.running.load(Ordering::Relaxed) == 0 && self.untaken().is_empty()
    }

    /// Since when no exchange is in flight; none while one is.
    pub(super) fn quiet_since(&self) -> Option<Instant> {
        let last = Duration::from_millis(self.last_ms.load(Ordering::Relaxed));
        self.is_quiet().then(|| self.opened + last)
    }

    /// True once there was an exchange.
    pub(super) fn has_begun(&self) -> bool {
        self.exchanges.load(Ordering::Relaxed) > 0
    }

    /// Compares what happened with the deadlines.
    pub(super) fn standing(&self, deadlines: &Deadlines) -> Standing {
        let now = Instant::now();
        let oldest = self.untaken().iter().map(|(_, since)| *since + deadlines.reply).min();
        if oldest.is_some_and(|due| due <= now) {
            return Standing::Stuck;
        }
        let due = match (oldest, self.running.load(Ordering::Relaxed)) {
            (Some(due), 0) => due,
            // Look again later; an exchange has deadlines of its own.
            (due, 1..) => due.unwrap_or(now + deadlines.idle).min(now + deadlines.idle),
            (None, 0) if self.exchanges.load(Ordering::Relaxed) == 0 => self.opened + deadlines.first_request,
            (None, 0) => {
                let last = Duration::from_millis(self.last_ms.load(Ordering::Relaxed));
                self.opened + last + deadlines.idle
            }
        };
        if due <= now { Standing::Quiet } else { Standing::Until(due) }
    }

    fn untaken(&self) -> MutexGuard<'_, Vec<(usize, Instant)>> {
        self.untaken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn touch(&self) {
        let now = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_ms.store(now, Ordering::Relaxed);
    }
}

/// An exchange in flight: without an answer, then with one that waits to be taken.
#[derive(Debug)]
pub(super) struct Busy {
    activity: Arc<Activity>,
    number: usize,
    answered: bool,
}

impl Busy {
    /// Notes that there is an answer.
    pub(super) fn answered(&mut self) {
        if !std::mem::replace(&mut self.answered, true) {
            self.activity.untaken().push((self.number, Instant::now()));
            self.activity.running.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let activity = &self.activity;
        activity.touch();
        if self.answered {
            activity.untaken().retain(|(number, _)| *number != self.number);
            return;
        }
        activity.running.fetch_sub(1, Ordering::Relaxed);
        let abandoned = activity.abandoned.fetch_add(1, Ordering::Relaxed) + 1;
        if abandoned > ABANDONED && abandoned > activity.exchanges.load(Ordering::Relaxed) / 2 {
            activity.fed_up.notify_one();
        }
    }
}

/// A stream whose peer must take something of what it is sent within one deadline, and all of it within another.
#[derive(Debug)]
pub(super) struct Patient<S> {
    inner: S,
    stall: Duration,
    reply: Duration,
    /// Since when there are bytes that the peer has not been given room to receive.
    unsent: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    /// Told of every write, where writing shows that the peer is still there (HTTP/1.1; in HTTP/2 also pings
    /// are written).
    activity: Option<Arc<Activity>>,
}

impl<S> Patient<S> {
    pub(super) fn new(inner: S, deadlines: &Deadlines, activity: Option<Arc<Activity>>) -> Self {
        Self {
            inner,
            stall: deadlines.write_stall,
            reply: deadlines.reply,
            unsent: None,
            timer: None,
            activity,
        }
    }

    fn patience<T>(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.timer = None;
            return polled;
        }
        let since = *self.unsent.get_or_insert_with(Instant::now);
        if since.elapsed() > self.reply {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let stall = self.stall;
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(stall)));
        match timer.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S> Patient<S> {
    fn wrote(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let (Poll::Ready(Ok(1..)), Some(activity)) = (&polled, &self.activity) {
            activity.touch();
        }
        self.patience(cx, polled)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_write(cx, bytes);
        this.wrote(cx, polled)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_write_vectored(cx, slices);
        this.wrote(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_flush(cx);
        if polled.is_ready() {
            this.unsent = None;
        }
        this.patience(cx, polled)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_shutdown(cx);
        this.patience(cx, polled)
    }
}
