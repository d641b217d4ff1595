//! What stands between TLS and hyper on an HTTP/1.1 connection.
//!
//! hyper accepts more than one meaning allows (bare LF, `_` in names, trailers, several equal lengths). This
//! stream follows the bytes and lets only those through that it has understood itself. A request that it
//! refuses becomes, for hyper, a request of Sluis's own making, so that the refusal is answered in turn, after
//! the replies to what came before it, by the same code as every other refusal; then the connection closes.
//! The server counts on one thing: hyper can see no request without a [`Verdict`] for it.
//!
//! It must not know routes, callers or what a message means.

mod follow;
pub(super) mod followed;
pub(crate) mod head;
#[cfg(test)]
pub(super) mod tests;

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::gateway::Refusal;
use crate::server::settings::{Deadlines, Limits};
use follow::{Bounds, Follower, Step};

/// What stands in for a request that was refused. hyper is given nothing of the refused bytes.
const IN_PLACE: &[u8] = b"GET /refused HTTP/1.1\r\nHost: refused.invalid\r\nConnection: close\r\n\r\n";

/// What framing said about one request head.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The head was understood; this is its request line.
    Understood(Bytes),
    /// The head was refused; hyper sees a request that stands in its place.
    Refused(Refusal),
}

/// What framing tells the service of the same connection.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    head: Option<Verdict>,
    body: Option<Refusal>,
}

impl Verdicts {
    /// The verdict on the head that hyper has just handed over. `None` means that hyper saw a request where
    /// framing saw none.
    pub(crate) fn take_head(&self) -> Option<Verdict> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).head.take()
    }

    /// Why the present body broke off, when framing broke it off.
    pub(crate) fn take_body(&self) -> Option<Refusal> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).body.take()
    }

    fn head(&self, verdict: Verdict) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).head = Some(verdict);
    }

    fn body(&self, refusal: Refusal) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).body = Some(refusal);
    }
}

/// The stream as hyper sees it.
#[derive(Debug)]
pub(crate) struct Framed<S> {
    inner: S,
    follower: Follower,
    /// Received, not yet understood.
    inbound: BytesMut,
    /// Understood, not yet taken by hyper.
    ready: Bytes,
    verdicts: Arc<Verdicts>,
    /// Set by the first fault: nothing is read any more.
    over: bool,
    head_deadline: Duration,
    /// Runs while a head is arriving.
    timer: Option<Pin<Box<Sleep>>>,
    linger: Linger,
}

/// Reading what a refused peer still sends, so that the system does not reset the connection before the peer
/// has read its answer.
#[derive(Debug, Default)]
struct Linger {
    until: Option<Pin<Box<Sleep>>>,
    read: usize,
}

/// Room for what one read brings.
const AT_ONCE: usize = 8 * 1024;

const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 1024 * 1024;

impl<S> Framed<S> {
    /// Puts framing in front of `inner`.
    pub(crate) fn new(inner: S, limits: &Limits, deadlines: &Deadlines, verdicts: Arc<Verdicts>) -> Self {
        let bounds = Bounds {
            head_bytes: limits.head_bytes,
            line_bytes: limits.line_bytes,
            header_lines: limits.header_lines,
            chunk_extension_bytes: limits.chunk_extension_bytes,
        };
        Self {
            inner,
            follower: Follower::new(bounds),
            inbound: BytesMut::new(),
            ready: Bytes::new(),
            verdicts,
            over: false,
            head_deadline: deadlines.head,
            timer: None,
            linger: Linger::default(),
        }
    }

    fn refuse_head(&mut self, refusal: Refusal) {
        self.over = true;
        self.timer = None;
        self.inbound.clear();
        self.verdicts.head(Verdict::Refused(refusal));
        self.ready = Bytes::from_static(IN_PLACE);
    }

    /// Understands as much of `inbound` as it can. An error ends the body that is being read.
    fn understand(&mut self) -> io::Result<()> {
        match self.follower.step(&mut self.inbound) {
            Step::Head { bytes, line } => {
                self.timer = None;
                self.verdicts.head(Verdict::Understood(bytes.slice(..line)));
                self.ready = bytes;
            }
            Step::Body(bytes) => self.ready = bytes,
            Step::More => {}
            Step::BadHead(wrong) => self.refuse_head(Refusal::Framing(wrong)),
            Step::BadBody(wrong) => {
                self.over = true;
                self.inbound.clear();
                self.verdicts.body(Refusal::Framing(wrong));
                return Err(io::Error::new(io::ErrorKind::InvalidData, wrong));
            }
        }
        Ok(())
    }

    /// True once the time for the present head is up.
    fn head_is_late(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.follower.is_in_head() {
            return false;
        }
        let deadline = self.head_deadline;
        let timer =
            self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + deadline)));
        timer.as_mut().poll(cx).is_ready()
    }
}

impl<S: AsyncRead + Unpin> Framed<S> {
    /// Hands on bytes that a length announced, without a copy through `inbound`.
    fn poll_unseen(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let most = usize::try_from(self.follower.unseen()).unwrap_or(usize::MAX).min(buf.remaining());
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(most));
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut part))?;
        let count = part.filled().len();
        buf.advance(count);
        self.follower.passed(count as u64);
        Poll::Ready(Ok(()))
    }

    /// Reads more into `inbound`; 0 at the end of the stream.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.inbound.reserve(AT_ONCE);
        // Into the buffer's spare room: nothing is zeroed first and nothing copied after.
        let read = pin!(self.inner.read_buf(&mut self.inbound)).poll(cx);
        if read.is_pending() && self.inbound.is_empty() {
            // Ten thousand quiet connections hold no buffers.
            self.inbound = BytesMut::new();
        }
        read
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Framed<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.ready.has_remaining() {
                let count = this.ready.len().min(buf.remaining());
                buf.put_slice(&this.ready.split_to(count));
                return Poll::Ready(Ok(()));
            }
            if this.over || buf.remaining() == 0 {
                // No waker: hyper answers what stands in place of the request and closes.
                return if this.over { Poll::Pending } else { Poll::Ready(Ok(())) };
            }
            this.understand()?;
            if this.ready.has_remaining() {
                continue;
            }
            if this.follower.unseen() > 0 {
                return this.poll_unseen(cx, buf);
            }
            if this.head_is_late(cx) {
                this.refuse_head(Refusal::SlowRequest);
                continue;
            }
            if ready!(this.poll_more(cx))? == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Framed<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.linger.until.is_none() {
            ready!(Pin::new(&mut this.inner).poll_shutdown(cx))?;
            if this.follower.is_between() && !this.over {
                return Poll::Ready(Ok(()));
            }
        }
        let until = this.linger.until.get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER)));
        if until.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut space = [0_u8; 8 * 1024];
        loop {
            let mut part = ReadBuf::new(&mut space);
            match ready!(Pin::new(&mut this.inner).poll_read(cx, &mut part)) {
                Ok(()) if !part.filled().is_empty() && this.linger.read < LINGER_BYTES => {
                    this.linger.read += part.filled().len();
                }
                _ => return Poll::Ready(Ok(())),
            }
        }
    }
}
