//! The exchange: one request and its reply, each through its door.
//!
//! This file is the whole product on one screen: [`school_asks`] and [`publisher_asks`]. Each stage is a
//! type that consumes the one before; only the guard makes `Cleared`, only `enter` makes `Restored`, and
//! only those two can be written to a connection. It must not know sockets or formats.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::aside::aside;
use super::crossing::{Answered, ask_publisher, ask_school};
use super::echo::Asked;
use super::enter::{Restored, enter};
use super::flow::{Departing, Outlet, outflow};
use super::guard::{Cleared, Watch};
use super::house::{House, Register};
use super::leave::leave;
use super::message::{Head, Message};
use super::minting::remember;
use super::parts::unparsed;
use super::record::record_status;
use super::refusal::{At, Refusal};
use super::route::{Asks, Route};
use super::stream::{self, Streamed, Values, Way};
use super::undescribed::{Echoing, look_over};
use crate::identity::ExchangeId;
use crate::profile::{Door, Selected};
use crate::rewrite::target::Target;

/// One exchange under way: what both doors need to know of it.
pub(super) struct Exchange {
    /// Its random id, in log, journal and refusals.
    pub(super) id: ExchangeId,
    /// The route it came by.
    pub(super) route: Arc<Route>,
    /// The school's state and keys, as they were when it began.
    pub(super) house: Arc<House>,
    /// Which message of the profile the request is, once that is known.
    pub(super) request: Option<Selected>,
    /// Who called, as the configuration names it: the rule's place in the route.
    pub(super) caller: usize,
    /// The authority under which the caller reached Sluis.
    pub(super) authority: String,
    /// What a publisher asks, as it said it; none where the school asks.
    pub(super) asked: Option<Asked>,
    /// The request was for the bare mount, without a slash behind it.
    pub(super) bare: bool,
    /// What the guard found in its messages and let go, by name.
    pub(super) noted: Mutex<Vec<(&'static str, u64)>>,
    /// What is known of this school's errors.
    pub(super) echoing: Arc<Echoing>,
    /// Bytes that a message may have that streams; 0, none does.
    pub(super) streams: u64,
    /// Whether the caller can tell a reply that was broken off from a whole one.
    pub(super) tells_the_end: bool,
    /// A message of it was broken off, and the journal knows why.
    pub(super) broken: AtomicBool,
}

/// A request as it came.
pub(super) enum Request {
    /// All of it.
    Whole(Message),
    /// One that is larger than the buffer.
    Streamed(Streamed),
}

/// What the caller gets.
pub(super) enum Reply {
    /// Towards the publisher.
    Leaves(Cleared),
    /// Towards the school.
    Enters(Restored),
    /// Either, while it comes: its first segment has passed.
    Streams(Box<Way>),
    /// A status that the profile does not describe: the number only.
    Status(StatusCode),
}

/// A refusal and the side on which it fell.
pub(super) type Refusing = (Refusal, At);

/// The school asks the publisher: the request leaves, the reply enters.
pub(super) async fn school_asks(
    exchange: &Arc<Exchange>,
    selected: Selected,
    request: Request,
) -> Result<Reply, Refusing> {
    exchange.lawful().map_err(asking)?;
    let mut watch = Watch::new();
    let answered = match request {
        Request::Whole(request) => {
            let cleared = leave(exchange, selected, request, &mut watch).await.map_err(asking)?;
            ask_publisher(exchange, selected, cleared).await?
        }
        Request::Streamed(request) => {
            // In a box of its own, here and below: a state of 20 KB that nearly no exchange has is not carried along by all.
            Box::pin(stream::ask(exchange, selected, Door::Leave, request, Watch::new())).await?.answered
        }
    };
    match answered {
        Answered::Listed(selected, reply) => {
            let mut restored = enter(exchange, selected, reply, &mut watch).await.map_err(replying)?;
            remember(exchange, &restored.take_given()).await.map_err(replying)?;
            Ok(Reply::Enters(restored))
        }
        Answered::Streams(selected, Streamed { head, inflow }) => {
            let way = Box::pin(Way::begin(exchange, (selected, Door::Enter), head, inflow, watch)).await;
            Ok(Reply::Streams(Box::new(way.map_err(replying)?)))
        }
        Answered::Unlisted(status, _) => bare(exchange, status).await,
    }
}

/// The publisher asks the school: the request enters, the reply leaves. What entered is watched for in the reply.
pub(super) async fn publisher_asks(
    exchange: &Arc<Exchange>,
    selected: Selected,
    request: Request,
) -> Result<Reply, Refusing> {
    exchange.lawful().map_err(asking)?;
    let mut watch = Watch::new();
    // For as long as the watch is used.
    let mut _values = Values::default();
    let (whom, given, answered) = match request {
        Request::Whole(request) => {
            let mut restored = enter(exchange, selected, request, &mut watch).await.map_err(asking)?;
            let (whom, given) = (restored.take_whom(), restored.take_given());
            exchange.note_forwarded(&restored.message().head).map_err(asking)?;
            (Some(whom), given, ask_school(exchange, selected, restored).await?)
        }
        Request::Streamed(request) => {
            let asked = Box::pin(stream::ask(exchange, selected, Door::Enter, request, Watch::new())).await?;
            (watch, _values) = asked.watch;
            (None, Vec::new(), asked.answered)
        }
    };
    if answered.status().is_success() {
        remember(exchange, &given).await.map_err(replying)?;
    }
    match answered {
        Answered::Listed(selected, reply) => {
            let cleared = leave(exchange, selected, reply, &mut watch).await.map_err(replying)?;
            Ok(Reply::Leaves(cleared))
        }
        Answered::Streams(selected, Streamed { head, inflow }) => {
            let way = Box::pin(Way::begin(exchange, (selected, Door::Leave), head, inflow, watch)).await;
            Ok(Reply::Streams(Box::new(way.map_err(replying)?)))
        }
        Answered::Unlisted(status, withheld) => {
            // What a question that streamed said is not known any more, so an error that repeats it could answer a guess.
            let whom = whom.ok_or((Refusal::MediaType, At::Reply))?;
            // Nothing of it crosses; but a school that names a pupil in its errors must hear of it.
            let bytes = withheld.body.len().max(exchange.asked.as_ref().map_or(0, Asked::length));
            let looked = aside(bytes, || look_over(exchange, selected, &whom, &mut watch, withheld)).await;
            looked.map_err(replying)?;
            bare(exchange, status).await
        }
    }
}

/// Only a status crosses, and the journal knows it.
async fn bare(exchange: &Exchange, status: StatusCode) -> Result<Reply, Refusing> {
    record_status(exchange, status).await.map_err(replying)?;
    Ok(Reply::Status(status))
}

impl Exchange {
    /// What the school told about its pupils; none runs closed.
    pub(super) fn register(&self) -> Option<&Register> {
        self.house.rosters.get(&self.route.scope.school).map(Arc::as_ref)
    }

    /// Notes what goes on of the question: see [`Asked::forwarded`].
    pub(super) fn note_forwarded(&self, head: &Head) -> Result<(), Refusal> {
        if let (Some(asked), Head::Request { target, .. }) = (&self.asked, head) {
            asked.forwarded(&Target::parse(target, &self.house.limits).map_err(unparsed)?);
        }
        Ok(())
    }

    /// Remembers what the guard let go, for the metrics.
    pub(super) fn note(&self, noted: &[(&'static str, u64)]) {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(noted);
    }

    /// What a message is told that is larger than it may be.
    pub(super) fn too_large(&self, door: Door, limit: usize) -> Refusal {
        match (self.route.asks, door) {
            (Asks::School, Door::Leave) | (Asks::Publisher, Door::Enter) => Refusal::TooLarge { limit },
            _ => Refusal::ReplyTooLarge,
        }
    }

    /// Whether this publisher may be dealt with at this moment at all: before anything moves, and again when it leaves.
    pub(super) fn lawful(&self) -> Result<(), Refusal> {
        self.route.terms.hold(self.house.clock.now())
    }

    /// The route as log and journal name it: mount and path template, never the path as received.
    pub(super) fn template(&self) -> String {
        let path = self.request.map_or("", |request| self.route.profile.template(request));
        format!("{}{path}", self.route.mount.as_str())
    }

    /// `Accept`, reduced to the types that the profile's replies list (RFC 9110, 12.5.1). None when the request has
    /// none.
    pub(super) fn accept(&self, selected: Selected, headers: &HeaderMap) -> Result<Option<String>, Refusal> {
        let listed = self.route.profile.accepts(selected);
        let wanted: Vec<&str> =
            headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
        if wanted.is_empty() || listed.is_empty() {
            return Ok(None);
        }
        let ranges = wanted.iter().flat_map(|value| value.split(',')).map(|range| {
            let mut pieces = range.split(';').map(str::trim);
            let media = pieces.next().unwrap_or_default().to_ascii_lowercase();
            let refused = pieces.any(|piece| {
                piece.split_once('=').is_some_and(|(name, weight)| {
                    name.trim().eq_ignore_ascii_case("q") && weight.trim().trim_matches(['0', '.']).is_empty()
                })
            });
            (media, refused)
        });
        let mut kept: Vec<&str> = Vec::new();
        for (media, refused) in ranges {
            let fits = |listed: &&String| match media.strip_suffix('*') {
                Some("*/") => true,
                Some(family) => listed.starts_with(family),
                None => **listed == media,
            };
            let new = listed.iter().filter(fits).map(String::as_str).filter(|_| !refused);
            kept.extend(new);
        }
        kept.sort_unstable();
        kept.dedup();
        if kept.is_empty() { Err(Refusal::NotAcceptable) } else { Ok(Some(kept.join(", "))) }
    }
}

impl Reply {
    /// As the server writes it, and what is still on its way.
    pub(super) fn into_response(self, exchange: &Exchange) -> (Response<Departing>, Option<(Way, Outlet)>) {
        let (head, body, inside, rest) = match self {
            Self::Leaves(cleared) => {
                let message = cleared.into_message();
                (message.head, Departing::Whole(message.body), false, None)
            }
            Self::Enters(restored) => {
                let message = restored.into_message();
                (message.head, Departing::Whole(message.body), true, None)
            }
            Self::Streams(mut way) => {
                let Some(head) = way.take_head() else { return (bad_gateway(exchange), None) };
                let (outlet, outflow) = outflow(way.share());
                (
                    head,
                    Departing::Streamed(outflow),
                    exchange.route.asks == Asks::School,
                    Some((*way, outlet)),
                )
            }
            Self::Status(status) => return (bare_response(status, exchange).map(Departing::Whole), None),
        };
        let Head::Reply { status, headers } = head else { return (bad_gateway(exchange), None) };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        if inside {
            // Names stand in it: no cache on the way may keep it.
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        (response, rest)
    }
}

fn bad_gateway(exchange: &Exchange) -> Response<Departing> {
    bare_response(StatusCode::BAD_GATEWAY, exchange).map(Departing::Whole)
}

/// A status of the other side, with Sluis's own problem document instead of its body (RFC 9457).
fn bare_response(status: StatusCode, exchange: &Exchange) -> Response<Bytes> {
    let code = "SLS-100";
    let document = serde_json::json!({
        "type": format!("https://sluis.example/refusals/{code}"),
        "title": "The other side answered with this status; the profile does not describe its body",
        "status": status.as_u16(),
        "code": code,
        "hint": "The body stayed on its side. If it is needed, the profile must list this status.",
        "exchange": exchange.id.to_string(),
    });
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    let without_body = status.is_informational() || matches!(status.as_u16(), 204 | 205 | 304);
    if !without_body {
        *response.body_mut() = Bytes::from(document.to_string());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    }
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn asking(refusal: Refusal) -> Refusing {
    (refusal, At::Request)
}

fn replying(refusal: Refusal) -> Refusing {
    (refusal, At::Reply)
}
