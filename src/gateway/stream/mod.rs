//! Messages above the buffer: they cross in segments, where no rule needs the whole body (docs/decisions/0017).
//!
//! `way` takes one message through its door; here it is decided what may stream, and a request that does is carried while
//! it comes. It must not know sockets or formats.

mod carried;
mod leaves;
mod overlap;
mod room;
mod way;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_ENCODING;
use tokio::time::timeout;

pub(super) use self::carried::{Carried, Names};
pub(super) use self::room::{Share, Values};
pub(super) use self::way::Way;
use super::crossing::{Answered, send_streamed};
use super::exchange::{Exchange, Refusing};
use super::flow::{Inflow, Outlet, Untaken, outflow};
use super::guard::Watch;
use super::house::House;
use super::message::Head;
use super::refusal::{At, Refusal};
use super::route::Route;
use crate::profile::{Door, Selected};
use crate::rewrite::segments::Cut;

/// How long the other side has to notice that a message is broken off.
const BREAK_OFF: Duration = Duration::from_millis(500);
/// How long it has to say why it takes no more.
const LAST_WORD: Duration = Duration::from_secs(5);

/// A request that is larger than the buffer.
pub(super) struct Streamed {
    pub(super) head: Head,
    pub(super) inflow: Box<dyn Inflow>,
}

/// What came of a request that streamed.
pub(super) struct Asked {
    pub(super) answered: Answered,
    /// What the exchange watches for, and its part of what may be.
    pub(super) watch: (Watch, Values),
}

/// Whether a message may cross in segments, and where it may be cut.
pub(super) fn may_stream(exchange: &Exchange, selected: Selected, door: Door) -> Option<Cut> {
    if exchange.streams == 0 { None } else { cut(&exchange.house, &exchange.route, selected, door) }
}

/// The same, by the rules alone. What leaves needs a roster that knows the pupils who cross: what the message itself masks
/// cannot be watched for in what went before.
pub(super) fn cut(house: &House, route: &Route, selected: Selected, door: Door) -> Option<Cut> {
    let known = || house.rosters.contains_key(&route.scope.school) && !house.is_closed(&route.scope);
    if door == Door::Leave && !known() { None } else { route.profile.cut(selected, door) }
}

/// Carries a request to the other side while it comes.
///
/// # Errors
/// What a segment is refused for: nothing crossed when it was the first, and otherwise no end.
pub(super) async fn ask(
    exchange: &Arc<Exchange>,
    selected: Selected,
    door: Door,
    request: Streamed,
    watch: Watch,
) -> Result<Asked, Refusing> {
    let Streamed { head, inflow } = request;
    if head.headers().contains_key(CONTENT_ENCODING) {
        return Err((exchange.too_large(door, exchange.house.limits.bytes()), At::Request));
    }
    let begun = Way::begin(exchange, (selected, door), head, inflow, watch).await;
    let mut way = begun.map_err(|refusal| (refusal, At::Request))?;
    let head = way.take_head().ok_or((Refusal::Internal, At::Request))?;
    exchange.note_forwarded(&head).map_err(|refusal| (refusal, At::Request))?;
    let (outlet, outflow) = outflow(way.share());
    let mut reply = None;
    let fed = {
        let mut sent = pin!(send_streamed(exchange, selected, head, outflow));
        let mut fed = pin!(feed(&mut way, outlet));
        loop {
            tokio::select! {
                answered = sent.as_mut(), if reply.is_none() => match answered {
                    // The other side may answer before it has read all of it.
                    Ok(answered) => reply = Some(Ok(answered)),
                    Err(refusing) => break Err(Unfed::Refused(refusing)),
                },
                done = fed.as_mut() => match done {
                    Ok(()) if reply.is_none() => {
                        reply = Some(sent.as_mut().await);
                        break Ok(());
                    }
                    Ok(()) => break Ok(()),
                    Err(Unfed::Gone) if reply.is_none() => {
                        // It closed its ear: it may say why.
                        reply = timeout(LAST_WORD, sent.as_mut()).await.ok();
                        break Err(Unfed::Gone);
                    }
                    Err(why) => {
                        // Until the connection is broken off, so that no end can follow.
                        if reply.is_none() {
                            let _ = timeout(BREAK_OFF, sent.as_mut()).await;
                        }
                        break Err(why);
                    }
                },
            }
        }
    };
    let answered = match (fed, reply) {
        (Ok(()), Some(answered)) => answered?,
        // Not all of it was wanted. A success would be one of something else.
        (Err(Unfed::Gone), Some(Ok(answered))) if !answered.status().is_success() => {
            way.broken(Refusal::UpstreamDown).await;
            answered
        }
        (Err(Unfed::Gone), Some(Err((refusal, at)))) | (Err(Unfed::Refused((refusal, at))), _) => {
            return Err((heard(door, way.broken(refusal).await), at));
        }
        (Err(Unfed::Gone), _) | (Ok(()), None) => {
            return Err((way.broken(Refusal::UpstreamDown).await, At::Reply));
        }
    };
    Ok(Asked { answered, watch: way.take_watch() })
}

/// What is heard of a refusal that comes late. To a publisher somebody who objected is as unknown as anybody, here too; the
/// journal has the reason.
fn heard(door: Door, refusal: Refusal) -> Refusal {
    match (door, refusal) {
        (Door::Enter, Refusal::Objected | Refusal::NoConsent) => Refusal::UnknownPseudonym,
        (_, refusal) => refusal,
    }
}

/// Why not all of a message was handed on.
enum Unfed {
    Refused(Refusing),
    Gone,
}

/// Hands on what passes, and says the end once the journal knows of it. The outlet goes with it: without an end the
/// message is broken off.
async fn feed(way: &mut Way, outlet: Outlet) -> Result<(), Unfed> {
    let refused = |refusal| Unfed::Refused((refusal, At::Reply));
    let untaken = |untaken| match untaken {
        Untaken::Gone => Unfed::Gone,
        Untaken::Slow => refused(Refusal::UpstreamSlow),
    };
    while let Some(passed) = way.next().await.map_err(refused)? {
        outlet.put(passed).await.map_err(untaken)?;
    }
    way.end().await.map_err(refused)?;
    outlet.end().await.map_err(untaken)
}

/// Hands a reply on while it comes. Gives why it was broken off.
pub(super) async fn answer(mut way: Way, outlet: Outlet) -> Result<(), Refusal> {
    let fed = feed(&mut way, outlet).await;
    match fed {
        Ok(()) => Ok(()),
        Err(Unfed::Refused((refusal, _))) => Err(way.broken(refusal).await),
        // The caller went away.
        Err(Unfed::Gone) => Err(way.broken(Refusal::Framing("a caller that went away")).await),
    }
}
