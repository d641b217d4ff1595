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
use super::settings::Settings;
use crate::gateway::Refusal;

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

/// Reads `body` to its end. `limit` is the gate's, for this request; it only lowers the server's own.
pub(super) async fn collect(
    mut body: Incoming,
    limit: Option<usize>,
    settings: &Settings,
    room: &Room,
    framing: Option<&Verdicts>,
) -> Result<Held, Refusal> {
    let limit = settings.limits.body_bytes.min(limit.unwrap_or(usize::MAX));
    let announced = body.size_hint().exact();
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(Refusal::TooLarge { limit });
    }
    if body.is_end_stream() {
        return Ok(Held { bytes: Bytes::new(), room: None });
    }
    let last = Instant::now() + settings.deadlines.body;
    let mut held = None;
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    loop {
        let deadline = last.min(Instant::now() + settings.deadlines.body_idle);
        let frame = match timeout_at(deadline, body.frame()).await {
            Err(_) => return Err(Refusal::SlowRequest),
            Ok(None) => break,
            Ok(Some(Err(_))) => {
                let why = framing.and_then(Verdicts::take_body);
                return Err(why.unwrap_or(Refusal::Framing("a body that broke off")));
            }
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(data) = frame.into_data() else {
            return Err(Refusal::Framing("trailers are not carried"));
        };
        let length = first.len() + rest.len() + data.len();
        if length > limit {
            return Err(Refusal::TooLarge { limit });
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
    Ok(Held { bytes, room: held })
}
