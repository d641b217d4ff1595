//! Collects a request's body: no larger than the limit, no slower than the deadlines, and no more of all
//! bodies together than there is room for.
//!
//! It is called after the gateway has admitted the head, never before. It must not know what a body means.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::framing::Verdicts;
use super::settings::{Deadlines, Settings};
use crate::gateway::{Coming, Inflow, Refusal};

/// Bytes that one permit of [`Room`] stands for.
const UNIT: usize = 4096;

/// What is set aside at once for a body whose length is announced: the rest comes as its bytes do.
const AT_ONCE: usize = 256 * 1024;

/// Room for all bodies together.
#[derive(Debug, Clone)]
pub(super) struct Room(Arc<Semaphore>);

/// A body, and its part of the room for as long as it is held.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) bytes: Bytes,
    pub(super) room: Option<OwnedSemaphorePermit>,
}

impl Room {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new((bytes / UNIT).clamp(1, Semaphore::MAX_PERMITS))))
    }

    /// These bytes, with their part of the room for as long as anybody holds any of them: a reply whose reader takes his
    /// time is held by the connection, long after the exchange.
    pub(super) fn keep(&self, bytes: Bytes) -> Result<Bytes, Refusal> {
        let mut room = None;
        self.take(&mut room, bytes.len())?;
        Ok(Bytes::from_owner(Kept { bytes, _room: room }))
    }

    fn take(&self, held: &mut Option<OwnedSemaphorePermit>, bytes: usize) -> Result<(), Refusal> {
        let has = held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let wants = bytes.div_ceil(UNIT).saturating_sub(has);
        if wants == 0 {
            return Ok(());
        }
        let wants = u32::try_from(wants).map_err(|_| Refusal::Overloaded)?;
        let more = Arc::clone(&self.0).try_acquire_many_owned(wants).map_err(|_| Refusal::Overloaded)?;
        match held {
            Some(held) => held.merge(more),
            None => *held = Some(more),
        }
        Ok(())
    }
}

/// Bytes that own their part of the room.
struct Kept {
    bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A body, as far as it was read.
pub(super) enum Collected {
    Whole(Held),
    /// It is larger than the buffer, and may be.
    Running(Box<Running>),
}

/// A body that is handed on while it comes: each piece within its deadline, the whole within the exchange's.
pub(super) struct Running {
    /// What was read before that was known.
    held: Held,
    body: Incoming,
    deadlines: Deadlines,
    framing: Option<Arc<Verdicts>>,
}

impl Inflow for Running {
    fn piece(&mut self) -> Coming<'_> {
        Box::pin(async {
            if !self.held.bytes.is_empty() {
                // In small pieces, so that no more is copied at once than is cut.
                return Ok(Some(self.held.bytes.split_to(self.held.bytes.len().min(AT_ONCE))));
            }
            self.held = Held { bytes: Bytes::new(), room: None };
            let next =
                next(&mut self.body, Instant::now() + self.deadlines.body_idle, self.framing.as_deref());
            next.await
        })
    }
}

/// The next piece of a body; none at its end.
async fn next(
    body: &mut Incoming,
    deadline: Instant,
    framing: Option<&Verdicts>,
) -> Result<Option<Bytes>, Refusal> {
    let frame = match timeout_at(deadline, body.frame()).await {
        Err(_) => return Err(Refusal::SlowRequest),
        Ok(None) => return Ok(None),
        Ok(Some(Err(_))) => {
            let why = framing.and_then(Verdicts::take_body);
            return Err(why.unwrap_or(Refusal::Framing("a body that broke off")));
        }
        Ok(Some(Ok(frame))) => frame,
    };
    frame.into_data().map(Some).map_err(|_| Refusal::Framing("trailers are not carried"))
}

/// Reads `body` to its end, or, where `may_run` allows more than the limit, until it is larger. `may_run` is told the
/// length that is announced. `limit` is the gate's, for this request; it only lowers the server's own.
pub(super) async fn collect(
    mut body: Incoming,
    limit: Option<usize>,
    settings: &Settings,
    room: &Room,
    framing: Option<&Arc<Verdicts>>,
    may_run: impl Fn(Option<u64>) -> bool,
) -> Result<Collected, Refusal> {
    let limit = settings.limits.body_bytes.min(limit.unwrap_or(usize::MAX));
    let announced = body.size_hint().exact();
    let running = |held: Held, body: Incoming| {
        let (deadlines, framing) = (settings.deadlines, framing.map(Arc::clone));
        Ok(Collected::Running(Box::new(Running { held, body, deadlines, framing })))
    };
    if announced.is_some_and(|length| length > limit as u64) {
        let nothing = Held { bytes: Bytes::new(), room: None };
        return if may_run(announced) { running(nothing, body) } else { Err(Refusal::TooLarge { limit }) };
    }
    if body.is_end_stream() {
        return Ok(Collected::Whole(Held { bytes: Bytes::new(), room: None }));
    }
    let last = Instant::now() + settings.deadlines.body;
    let mut held = None;
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    loop {
        let deadline = last.min(Instant::now() + settings.deadlines.body_idle);
        let Some(data) = next(&mut body, deadline, framing.map(|framing| &**framing)).await? else { break };
        let length = first.len() + rest.len() + data.len();
        if length > limit {
            if !may_run(None) {
                return Err(Refusal::TooLarge { limit });
            }
            rest = if rest.is_empty() { BytesMut::from(first) } else { rest };
            rest.extend_from_slice(&data);
            return running(Held { bytes: rest.freeze(), room: held }, body);
        }
        room.take(&mut held, length)?;
        if first.is_empty() && rest.is_empty() {
            // A body that comes in one piece is not copied.
            first = data;
            continue;
        }
        if rest.is_empty() {
            let most =
                usize::try_from(announced.unwrap_or(0)).unwrap_or(0).clamp(length, length.max(AT_ONCE));
            rest.reserve(most);
            rest.extend_from_slice(&std::mem::take(&mut first));
        }
        rest.extend_from_slice(&data);
    }
    let bytes = if rest.is_empty() { first } else { rest.freeze() };
    Ok(Collected::Whole(Held { bytes, room: held }))
}
