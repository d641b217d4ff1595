//! Crossing: the only calls of a carrier. Towards the publisher goes what was cleared, towards the school what
//! was restored; nothing else has the type.

use bytes::Bytes;
use http::{Request, Response, StatusCode, Uri};

use super::enter::Restored;
use super::exchange::{Exchange, Refusing};
use super::flow::{Arriving, Departing, Inflow, Outflow};
use super::gate::{CarryError, CarryFault};
use super::guard::Cleared;
use super::message::{Head, Message};
use super::parts::media;
use super::refusal::{At, Refusal};
use super::route::Asks;
use super::stream::{Streamed, may_stream};
use crate::profile::{Door, Selected, Unselected};
use crate::rewrite::coding::{Coding, Undecoded};

/// The other side's reply.
pub(super) enum Answered {
    /// One that the profile describes.
    Listed(Selected, Message),
    /// One that the profile describes and that is larger than the buffer, as it comes.
    Streams(Selected, Streamed),
    /// One with a status that it does not describe: only the number crosses.
    Unlisted(StatusCode, Message),
}

impl Answered {
    /// How the other side answered.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Listed(_, Message { head: Head::Reply { status, .. }, .. })
            | Self::Streams(_, Streamed { head: Head::Reply { status, .. }, .. })
            | Self::Unlisted(status, _) => *status,
            Self::Listed(..) | Self::Streams(..) => StatusCode::BAD_GATEWAY,
        }
    }
}

/// Writes a cleared request to the publisher.
pub(super) async fn ask_publisher(
    exchange: &Exchange,
    selected: Selected,
    cleared: Cleared,
) -> Result<Answered, Refusing> {
    send(exchange, selected, cleared.into_message()).await
}

/// Writes a restored request to the school.
pub(super) async fn ask_school(
    exchange: &Exchange,
    selected: Selected,
    restored: Restored,
) -> Result<Answered, Refusing> {
    send(exchange, selected, restored.into_message()).await
}

/// Writes a request to the other side while its segments pass: only what has passed can be put in an outflow.
pub(super) async fn send_streamed(
    exchange: &Exchange,
    selected: Selected,
    head: Head,
    body: Outflow,
) -> Result<Answered, Refusing> {
    carry(exchange, selected, head, Departing::Streamed(body)).await
}

async fn send(exchange: &Exchange, selected: Selected, message: Message) -> Result<Answered, Refusing> {
    carry(exchange, selected, message.head, Departing::Whole(message.body)).await
}

async fn carry(
    exchange: &Exchange,
    selected: Selected,
    head: Head,
    body: Departing,
) -> Result<Answered, Refusing> {
    let request = addressed(exchange, head, body).map_err(|refusal| (refusal, At::Request))?;
    let reply = exchange.route.carrier.carry(request, exchange.streams > 0);
    let (head, body) = reply.await.map_err(carry_refusal)?.into_parts();
    match body {
        Arriving::Whole(body) => read(exchange, selected, Response::from_parts(head, body)),
        Arriving::Streamed(inflow) => streamed(exchange, selected, head, inflow),
    }
    .map_err(|refusal| (refusal, At::Reply))
}

/// A reply that is larger than the buffer, where such a one may cross.
fn streamed(
    exchange: &Exchange,
    asked: Selected,
    head: http::response::Parts,
    inflow: Box<dyn Inflow>,
) -> Result<Answered, Refusal> {
    let http::response::Parts { status, headers, .. } = head;
    let coded = headers.contains_key(http::header::CONTENT_ENCODING);
    if status == StatusCode::PARTIAL_CONTENT || coded || !exchange.tells_the_end {
        return Err(Refusal::ReplyTooLarge);
    }
    // There is a body; what it holds does not matter here.
    let media = media(&headers, b"[")?;
    let selected = exchange.route.profile.reply(asked, status.as_u16(), media);
    let selected = selected.map_err(|_| Refusal::ReplyTooLarge)?;
    let door = if exchange.route.asks == Asks::School { Door::Enter } else { Door::Leave };
    if may_stream(exchange, selected, door).is_none() {
        return Err(Refusal::ReplyTooLarge);
    }
    Ok(Answered::Streams(selected, Streamed { head: Head::Reply { status, headers }, inflow }))
}

/// The message under the address of the other side.
fn addressed(exchange: &Exchange, head: Head, body: Departing) -> Result<Request<Departing>, Refusal> {
    let Head::Request { method, target, headers } = head else { return Err(Refusal::Internal) };
    let rest = if exchange.bare { target.strip_prefix('/').unwrap_or(&target) } else { &target };
    let uri: Uri = exchange.route.upstream.join(rest).parse().map_err(|_| Refusal::Internal)?;
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Ok(request)
}

/// The reply as a message, its coding undone, or its bare status.
fn read(exchange: &Exchange, asked: Selected, reply: Response<Bytes>) -> Result<Answered, Refusal> {
    let (head, body) = reply.into_parts();
    // Part of a document is no document: nobody can say what is in it.
    if head.status == StatusCode::PARTIAL_CONTENT {
        return Err(Refusal::HeaderNotListed("Content-Range"));
    }
    let (headers, body) = decoded(exchange, head.headers, body)?;
    let profile = &exchange.route.profile;
    // A reply with two types or none is not described, whatever its status.
    let listed = match media(&headers, &body) {
        Ok(media) => profile.reply(asked, head.status.as_u16(), media),
        Err(_) => Err(Unselected::Media),
    };
    let listed = listed.map_err(|unselected| unselected == Unselected::Media && head.status.is_success());
    let message = Message { head: Head::Reply { status: head.status, headers }, body };
    match listed {
        Ok(selected) => Ok(Answered::Listed(selected, message)),
        Err(true) => Err(Refusal::MediaType),
        Err(false) => Ok(Answered::Unlisted(head.status, message)),
    }
}

/// Undoes the one content coding that a body may have (RFC 9110, 8.4). It leaves and enters uncoded.
pub(super) fn decoded(
    exchange: &Exchange,
    mut headers: http::HeaderMap,
    body: Bytes,
) -> Result<(http::HeaderMap, Bytes), Refusal> {
    let mut codings = headers.get_all(http::header::CONTENT_ENCODING).iter();
    let Some(first) = codings.next().filter(|_| !body.is_empty()) else {
        headers.remove(http::header::CONTENT_ENCODING);
        return Ok((headers, body));
    };
    if codings.next().is_some() {
        return Err(Refusal::Coding("more than one content coding"));
    }
    let name = first.to_str().map_err(|_| Refusal::Coding("an unknown content coding"))?;
    let coding = Coding::named(name).map_err(coding_refusal)?;
    let plain = match coding.undo(&body, &exchange.house.expansion).map_err(coding_refusal)? {
        std::borrow::Cow::Borrowed(_) => body,
        std::borrow::Cow::Owned(plain) => Bytes::from(plain),
    };
    headers.remove(http::header::CONTENT_ENCODING);
    Ok((headers, plain))
}

fn coding_refusal(undecoded: Undecoded) -> Refusal {
    Refusal::Coding(match undecoded {
        Undecoded::NameCoding => "a content coding that is not known",
        Undecoded::StackCodings => "more than one content coding",
        Undecoded::ReadBody => "the body is not what its content coding says",
        Undecoded::EndBody => "the body ends before its content coding does",
        Undecoded::TrailBody => "bytes stand behind the end of the encoded body",
        Undecoded::ExpandBody => "the body decodes to more bytes than allowed",
    })
}

/// What the caller hears of a request that brought no reply.
fn carry_refusal(error: CarryError) -> Refusing {
    let at = if error.may_have_acted { At::Reply } else { At::Request };
    let refusal = match error.fault {
        CarryFault::Down | CarryFault::Address => Refusal::UpstreamDown,
        CarryFault::Slow => Refusal::UpstreamSlow,
        CarryFault::TooLarge { .. } => Refusal::ReplyTooLarge,
        CarryFault::Credential => Refusal::UpstreamCredential,
        CarryFault::Unfit => Refusal::Internal,
    };
    (refusal, at)
}
