//! Crossing: the only calls of a carrier. Towards the publisher goes what was cleared, towards the school what
//! was restored; nothing else has the type.

use bytes::Bytes;
use http::{Request, Response, StatusCode, Uri};

use super::enter::Restored;
use super::exchange::{Exchange, Refusing};
use super::gate::{CarryError, CarryFault};
use super::guard::Cleared;
use super::message::{Head, Message};
use super::parts::media;
use super::refusal::{At, Refusal};
use crate::profile::{Selected, Unselected};
use crate::rewrite::coding::{Coding, Undecoded};

/// The other side's reply.
pub(super) enum Answered {
    /// One that the profile describes.
    Listed(Selected, Message),
    /// One with a status that it does not describe: only the number crosses.
    Unlisted(StatusCode, Message),
}

impl Answered {
    /// How the other side answered.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Listed(_, Message { head: Head::Reply { status, .. }, .. }) | Self::Unlisted(status, _) => {
                *status
            }
            Self::Listed(..) => StatusCode::BAD_GATEWAY,
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

async fn send(exchange: &Exchange, selected: Selected, message: Message) -> Result<Answered, Refusing> {
    let request = addressed(exchange, message).map_err(|refusal| (refusal, At::Request))?;
    let reply = exchange.route.carrier.send(request).await.map_err(carry_refusal)?;
    read(exchange, selected, reply).map_err(|refusal| (refusal, At::Reply))
}

/// The message under the address of the other side.
fn addressed(exchange: &Exchange, message: Message) -> Result<Request<Bytes>, Refusal> {
    let Head::Request { method, target, headers } = message.head else { return Err(Refusal::Internal) };
    let rest = if exchange.bare { target.strip_prefix('/').unwrap_or(&target) } else { &target };
    let uri: Uri = exchange.route.upstream.join(rest).parse().map_err(|_| Refusal::Internal)?;
    let mut request = Request::new(message.body);
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
