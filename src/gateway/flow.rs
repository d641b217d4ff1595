//! Bodies that come and go piece by piece: what edges and gateway hand one another for messages that stream.
//!
//! What goes ends only when it is said to have ended: a sender that is gone without a word is a message broken off. It
//! must not know sockets, rules or what is in a piece.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::enter::Restored;
use super::guard::Cleared;
use super::refusal::Refusal;
use super::stream::Share;

/// How long the other end may take nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// The next piece of a body; none when it has ended as it should.
pub type Coming<'a> = Pin<Box<dyn Future<Output = Result<Option<Bytes>, Refusal>> + Send + 'a>>;

/// A body that comes. Nothing is read that nobody asked for.
pub trait Inflow: Send {
    /// The next piece, within the deadlines of the side it comes from. May be dropped and asked again.
    ///
    /// # Errors
    /// It broke off, or took too long: nothing more comes.
    fn piece(&mut self) -> Coming<'_>;
}

/// A body as it comes.
pub enum Arriving {
    /// All of it.
    Whole(Bytes),
    /// One that is larger than the buffer.
    Streamed(Box<dyn Inflow>),
}

/// A body as it goes.
#[derive(Debug)]
pub enum Departing {
    /// All of it.
    Whole(Bytes),
    /// One that comes piece by piece.
    Streamed(Outflow),
}

/// A body that goes: pieces that have passed, one waiting at most.
#[derive(Debug)]
pub struct Outflow {
    pieces: mpsc::Receiver<Option<Passed>>,
    ended: bool,
    /// The message's part of what may be held; each piece keeps it.
    share: Arc<Share>,
}

/// The message ends here without having ended: whoever writes it must not end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message was broken off")]
pub struct BrokenOff;

/// A piece that has passed its door: nothing else is ever sent.
#[derive(Debug)]
pub(super) enum Passed {
    /// Towards the publisher.
    Cleared(Cleared),
    /// Towards the school.
    Restored(Restored),
}

/// Where pieces are put. Dropped before the end, the message is broken off.
#[derive(Debug)]
pub(super) struct Outlet(mpsc::Sender<Option<Passed>>);

/// Why a piece was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Untaken {
    /// Nobody reads any more.
    Gone,
    /// Nobody took anything for too long.
    Slow,
}

/// Both ends of a body that goes.
pub(super) fn outflow(share: Arc<Share>) -> (Outlet, Outflow) {
    let (outlet, pieces) = mpsc::channel(1);
    (Outlet(outlet), Outflow { pieces, ended: false, share })
}

impl Outlet {
    /// Puts a piece, when the one before it was taken.
    pub(super) async fn put(&self, passed: Passed) -> Result<(), Untaken> {
        if passed.is_empty() { Ok(()) } else { self.send(Some(passed)).await }
    }

    /// Says that the message has ended.
    pub(super) async fn end(&self) -> Result<(), Untaken> {
        self.send(None).await
    }

    async fn send(&self, piece: Option<Passed>) -> Result<(), Untaken> {
        match timeout(PATIENCE, self.0.send(piece)).await {
            Ok(sent) => sent.map_err(|_| Untaken::Gone),
            Err(_) => Err(Untaken::Slow),
        }
    }
}

impl Outflow {
    /// The next piece; none at the end.
    ///
    /// # Errors
    /// [`BrokenOff`]: the connection must be broken off too.
    pub fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        self.pieces.poll_recv(cx).map(|piece| match piece {
            Some(Some(passed)) => Some(Ok(self.share.keep(passed.into_bytes()))),
            Some(None) => {
                self.ended = true;
                None
            }
            None => Some(Err(BrokenOff)),
        })
    }

    /// Whether the end was read.
    pub const fn has_ended(&self) -> bool {
        self.ended
    }
}

impl Passed {
    fn is_empty(&self) -> bool {
        match self {
            Self::Cleared(cleared) => cleared.message().body.is_empty(),
            Self::Restored(restored) => restored.message().body.is_empty(),
        }
    }

    /// How many bytes it has.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Cleared(cleared) => cleared.message().body.len(),
            Self::Restored(restored) => restored.message().body.len(),
        }
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Self::Cleared(cleared) => cleared.into_message().body,
            Self::Restored(restored) => restored.into_message().body,
        }
    }
}

impl std::fmt::Debug for Arriving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Whole(_) => "Whole",
            Self::Streamed(_) => "Streamed",
        })
    }
}

impl From<Bytes> for Departing {
    fn from(bytes: Bytes) -> Self {
        Self::Whole(bytes)
    }
}
