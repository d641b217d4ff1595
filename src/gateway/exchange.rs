//! The exchange: one request and its reply, each through its door.
//!
//! This file is the whole product on one screen: [`school_asks`] and [`publisher_asks`]. Each stage is a
//! type that consumes the one before; only the guard makes `Cleared`, only `enter` makes `Restored`, and
//! only those two can be written to a connection. It must not know sockets or formats.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};

use super::crossing::{Answered, ask_publisher, ask_school};
use super::enter::{Restored, enter};
use super::guard::{Cleared, Watch};
use super::house::House;
use super::leave::leave;
use super::message::{Head, Message};
use super::refusal::{At, Refusal};
use super::route::Route;
use crate::identity::ExchangeId;
use crate::profile::Selected;

/// One exchange under way: what both doors need to know of it.
pub(super) struct Exchange {
    /// Its random id, in log, journal and refusals.
    pub(super) id: ExchangeId,
    /// The route it came by.
    pub(super) route: Arc<Route>,
    /// The school's state and keys, as they were when it began.
    pub(super) house: Arc<House>,
    /// Which message of the profile the request is.
    pub(super) request: Selected,
    /// Who called, as the configuration names it: the rule's place in the route.
    pub(super) caller: usize,
    /// The authority under which the caller reached Sluis.
    pub(super) authority: String,
}

/// What the caller gets.
#[derive(Debug)]
pub(super) enum Reply {
    /// Towards the publisher.
    Leaves(Cleared),
    /// Towards the school.
    Enters(Restored),
    /// A status that the profile does not describe: the number only.
    Status(http::StatusCode),
}

/// A refusal and the side on which it fell.
pub(super) type Refusing = (Refusal, At);

/// The school asks the publisher: the request leaves, the reply enters.
pub(super) async fn school_asks(exchange: &Exchange, request: Message) -> Result<Reply, Refusing> {
    let mut watch = Watch::new();
    let cleared = leave(exchange, &exchange.request, request, &mut watch).await.map_err(asking)?;
    match ask_publisher(exchange, cleared).await? {
        Answered::Listed(selected, reply) => {
            let restored = enter(exchange, &selected, reply, &mut watch).await.map_err(replying)?;
            Ok(Reply::Enters(restored))
        }
        Answered::Unlisted(status) => Ok(Reply::Status(status)),
    }
}

/// The publisher asks the school: the request enters, the reply leaves. What entered is watched for in the reply.
pub(super) async fn publisher_asks(exchange: &Exchange, request: Message) -> Result<Reply, Refusing> {
    let mut watch = Watch::new();
    let restored = enter(exchange, &exchange.request, request, &mut watch).await.map_err(asking)?;
    match ask_school(exchange, restored).await? {
        Answered::Listed(selected, reply) => {
            let cleared = leave(exchange, &selected, reply, &mut watch).await.map_err(replying)?;
            Ok(Reply::Leaves(cleared))
        }
        Answered::Unlisted(status) => Ok(Reply::Status(status)),
    }
}

impl Reply {
    /// As the server writes it.
    pub(super) fn into_response(self) -> Response<Bytes> {
        let (message, inside) = match self {
            Self::Leaves(cleared) => (cleared.into_message(), false),
            Self::Enters(restored) => (restored.into_message(), true),
            Self::Status(status) => return super::problem::unlisted(status),
        };
        let Head::Reply { status, headers } = message.head else {
            return super::problem::unlisted(http::StatusCode::BAD_GATEWAY);
        };
        let mut response = Response::new(message.body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        if response.body().is_empty() {
            response.headers_mut().remove(CONTENT_TYPE);
        }
        if inside {
            // Names stand in it: no cache on the way may keep it.
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        response
    }
}

fn asking(refusal: Refusal) -> Refusing {
    (refusal, At::Request)
}

fn replying(refusal: Refusal) -> Refusing {
    (refusal, At::Reply)
}
