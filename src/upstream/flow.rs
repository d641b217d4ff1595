//! Bodies towards and from an upstream, whole or piece by piece, as hyper takes and gives them.
//!
//! It must not know what is in a piece.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::gateway::{Arriving, BrokenOff, Coming, Departing, Inflow, Refusal};

/// Between two pieces of a reply that streams.
const IDLE: Duration = Duration::from_secs(30);
/// Bytes of what was held that are handed on at once.
const PIECE: usize = 256 * 1024;

/// A request's body.
#[derive(Debug)]
pub(super) struct Payload {
    body: Departing,
    /// Told when all of one that streams was taken.
    all: Option<oneshot::Sender<()>>,
}

impl Payload {
    /// With, for one that streams, what says that all of it was taken. Never said of one that was broken off.
    pub(super) fn new(body: Departing) -> (Self, Option<impl Future<Output = ()>>) {
        if let Departing::Whole(_) = body {
            return (Self { body, all: None }, None);
        }
        let (all, taken) = oneshot::channel();
        let taken = async {
            if taken.await.is_err() {
                std::future::pending().await
            }
        };
        (Self { body, all: Some(all) }, Some(taken))
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let this = &mut *self;
        match &mut this.body {
            Departing::Whole(body) => {
                let body = std::mem::take(body);
                Poll::Ready(if body.is_empty() { None } else { Some(Ok(Frame::data(body))) })
            }
            Departing::Streamed(outflow) => {
                let polled = outflow.poll_piece(cx);
                if matches!(polled, Poll::Ready(None))
                    && let Some(all) = this.all.take()
                {
                    let _ = all.send(());
                }
                polled.map(|piece| piece.map(|piece| piece.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            Departing::Whole(body) => body.is_empty(),
            Departing::Streamed(outflow) => outflow.has_ended(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Departing::Whole(body) => SizeHint::with_exact(body.len() as u64),
            Departing::Streamed(_) => SizeHint::default(),
        }
    }
}

/// A reply that is larger than the buffer.
pub(super) struct Running {
    held: Bytes,
    body: Incoming,
}

impl Running {
    /// Behind what was read already.
    pub(super) fn over(held: Bytes, body: Incoming) -> Arriving {
        Arriving::Streamed(Box::new(Self { held, body }))
    }
}

impl Inflow for Running {
    fn piece(&mut self) -> Coming<'_> {
        Box::pin(async {
            if !self.held.is_empty() {
                return Ok(Some(self.held.split_to(self.held.len().min(PIECE))));
            }
            self.held = Bytes::new();
            loop {
                match timeout(IDLE, self.body.frame()).await {
                    Err(_) => return Err(Refusal::UpstreamSlow),
                    Ok(None) => return Ok(None),
                    Ok(Some(Err(_))) => return Err(Refusal::UpstreamDown),
                    Ok(Some(Ok(frame))) => {
                        // Trailers do not cross.
                        if let Ok(data) = frame.into_data() {
                            return Ok(Some(data));
                        }
                    }
                }
            }
        })
    }
}
