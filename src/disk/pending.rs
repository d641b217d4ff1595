//! Waiting for what the commit thread was handed. It must not know what that is.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use tokio::sync::oneshot;

/// Why an item was not acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// No room. The item is not on disk; another may succeed when room is made.
    #[error("the disk is full: nothing was written")]
    Full,
    /// A write or a sync failed, or the encoder did. Nothing more will be written.
    #[error("the disk failed: nothing more is written until a restart")]
    Failed,
    /// The committer was stopped.
    #[error("the log is closed")]
    Stopped,
}

/// An item on its way: a future of its receipt. Dropping it does not take the item back.
#[derive(Debug)]
pub struct Pending<R> {
    pub(super) answer: Result<oneshot::Receiver<Result<R, CommitError>>, CommitError>,
}

impl<R> Pending<R> {
    /// Blocks this thread until the item is durable or refused. Not for a thread that runs a
    /// runtime's tasks: there, await.
    pub fn wait(self) -> Result<R, CommitError> {
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut context = Context::from_waker(&waker);
        let mut pending = pin!(self);
        loop {
            if let Poll::Ready(answer) = pending.as_mut().poll(&mut context) {
                return answer;
            }
            std::thread::park();
        }
    }
}

impl<R> Future for Pending<R> {
    type Output = Result<R, CommitError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.answer {
            Err(error) => Poll::Ready(Err(*error)),
            // A sender that is gone without an answer means that the thread died.
            Ok(receiver) => Pin::new(receiver).poll(context).map(|answer| match answer {
                Ok(answer) => answer,
                Err(_) => Err(CommitError::Failed),
            }),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
