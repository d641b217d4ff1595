//! Whether anything happens on a connection, and patience with a peer that takes nothing.
//!
//! It must not know HTTP.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep};

/// What happened on one connection.
#[derive(Debug)]
pub(super) struct Activity {
    opened: Instant,
    in_flight: AtomicUsize,
    exchanges: AtomicUsize,
    /// When something last happened, in milliseconds after `opened`.
    last_ms: AtomicU64,
    /// Exchanges that the peer took back before they were answered (rapid reset).
    abandoned: AtomicUsize,
    fed_up: Notify,
}

/// So many exchanges may a peer take back on one connection, and more when it lets as many be answered.
const ABANDONED: usize = 100;

impl Activity {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            opened: Instant::now(),
            in_flight: AtomicUsize::new(0),
            exchanges: AtomicUsize::new(0),
            last_ms: AtomicU64::new(0),
            abandoned: AtomicUsize::new(0),
            fed_up: Notify::new(),
        })
    }

    /// Notes the begin of an exchange; it lasts as long as the guard.
    pub(super) fn begin(self: &Arc<Self>) -> Busy {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        self.exchanges.fetch_add(1, Ordering::Relaxed);
        Busy { activity: Arc::clone(self), answered: false }
    }

    /// Waits until the peer has taken back too many exchanges.
    pub(super) async fn abused(&self) {
        self.fed_up.notified().await;
    }

    /// When the connection will have been quiet for as long as it may, should nothing happen until then.
    pub(super) fn quiet_at(&self, first: Duration, idle: Duration) -> Instant {
        let last = self.opened + Duration::from_millis(self.last_ms.load(Ordering::Relaxed));
        match (self.in_flight.load(Ordering::Relaxed), self.exchanges.load(Ordering::Relaxed)) {
            (0, 0) => self.opened + first,
            (0, _) => last + idle,
            // Look again later; an exchange has deadlines of its own.
            (_, _) => Instant::now() + idle,
        }
    }

    /// True when no exchange is in flight.
    pub(super) fn is_quiet(&self) -> bool {
        self.in_flight.load(Ordering::Relaxed) == 0
    }

    fn touch(&self) {
        let now = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_ms.store(now, Ordering::Relaxed);
    }
}

/// An exchange in flight.
#[derive(Debug)]
pub(super) struct Busy {
    activity: Arc<Activity>,
    answered: bool,
}

impl Busy {
    /// Notes that there is an answer.
    pub(super) fn answered(&mut self) {
        self.answered = true;
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let activity = &self.activity;
        activity.touch();
        activity.in_flight.fetch_sub(1, Ordering::Relaxed);
        if !self.answered {
            let abandoned = activity.abandoned.fetch_add(1, Ordering::Relaxed) + 1;
            if abandoned > ABANDONED && abandoned > activity.exchanges.load(Ordering::Relaxed) / 2 {
                activity.fed_up.notify_one();
            }
        }
    }
}

/// A stream whose peer must take what it is sent within a deadline.
#[derive(Debug)]
pub(super) struct Patient<S> {
    inner: S,
    stall: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    /// Told of every write, where writing shows that the peer is still there (HTTP/1.1; in HTTP/2 also pings
    /// are written).
    activity: Option<Arc<Activity>>,
}

impl<S> Patient<S> {
    pub(super) fn new(inner: S, stall: Duration, activity: Option<Arc<Activity>>) -> Self {
        Self { inner, stall, timer: None, activity }
    }

    fn patience<T>(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.timer = None;
            return polled;
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
        this.patience(cx, polled)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_shutdown(cx);
        this.patience(cx, polled)
    }
}
