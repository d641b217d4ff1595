//! The innermost service: a request in, an answer out, whatever happens.
//!
//! In this order: the head is settled, the gate admits it, the body is read, the exchange runs. It must not
//! know routes, callers or what is in a message.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH};
use http::{HeaderValue, Method, Request, Response, Version};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tower::{BoxError, Service};

use super::body::{Collected, Room, collect};
use super::framing::Verdicts;
use super::head::settle;
use super::readers::Readers;
use super::rescue::{Language, problem};
use super::settings::Settings;
use crate::gateway::refusal::At;
use crate::gateway::{Arriving, Departing, Gate, Presented, Refusal, Refused, remove_connection_headers};

/// What a connection tells about each of its requests; travels as an extension of the request.
#[derive(Debug, Clone)]
pub(super) struct Conversation {
    pub(super) presented: Arc<Presented>,
    /// There for HTTP/1.1.
    pub(super) framing: Option<Arc<Verdicts>>,
}

/// The service that asks the gate.
#[derive(Debug)]
pub(super) struct Answer<G> {
    gate: Arc<G>,
    settings: Arc<Settings>,
    room: Room,
    /// For replies that their readers have not taken yet.
    replies: Room,
    readers: Arc<Readers>,
}

/// Replies up to this length are not counted: what all connections together hold of them is bounded already.
const SMALL: usize = 64 * 1024;

impl<G> Clone for Answer<G> {
    fn clone(&self) -> Self {
        Self {
            gate: Arc::clone(&self.gate),
            settings: Arc::clone(&self.settings),
            room: self.room.clone(),
            replies: self.replies.clone(),
            readers: Arc::clone(&self.readers),
        }
    }
}

impl<G: Gate> Answer<G> {
    pub(super) fn new(gate: Arc<G>, settings: Arc<Settings>) -> Self {
        let room = Room::new(settings.limits.buffered_bytes);
        let replies = Room::new(settings.limits.buffered_bytes);
        let readers = Arc::new(Readers::new(settings.limits.exchanges));
        Self { gate, settings, room, replies, readers }
    }

    async fn answer(self, request: Request<Incoming>) -> Response<Written> {
        let version = request.version();
        let language = Language::of(request.headers());
        // hyper leaves the body of an answer to HEAD out for HTTP/1.1 only; in HTTP/2 it would be a fault of the
        // stream (RFC 9110, 9.3.2).
        let bare = version >= Version::HTTP_2 && request.method() == Method::HEAD;
        let finish = |response: Response<Departing>| {
            response.map(|body| Written(if bare { Departing::Whole(Bytes::new()) } else { body }))
        };
        match self.run(request).await {
            Ok(mut response) => {
                let headers = response.headers_mut();
                remove_connection_headers(headers);
                // The server says how long it is and no other does.
                headers.remove(CONTENT_LENGTH);
                finish(response)
            }
            Err(refused) => {
                let mut response = problem(&refused, language);
                if version < Version::HTTP_2 && breaks_the_stream(&refused.refusal) {
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                finish(response.map(Departing::Whole))
            }
        }
    }

    async fn run(&self, request: Request<Incoming>) -> Result<Response<Departing>, Refused> {
        let (mut parts, body) = request.into_parts();
        let Some(conversation) = parts.extensions.remove::<Conversation>() else {
            return Err(self.gate.refuse(None, Refusal::Internal));
        };
        let framing = conversation.framing.as_deref();
        settle(&mut parts, framing).map_err(|refusal| self.gate.refuse(None, refusal))?;
        let admitted = self.gate.admit(&parts, &conversation.presented)?;
        let limit = self.gate.body_bytes(&admitted);
        let may_run = |announced| limit.is_none() && self.gate.may_stream(&admitted, announced);
        let framing = conversation.framing.as_ref();
        let reading = collect(body, limit, &self.settings, &self.room, framing, may_run);
        let response = match self.readers.wait(reading).await {
            Ok(Collected::Whole(held)) => {
                let _room = held.room;
                // The doors' state is large: moved once, into this box, and not with each layer around it.
                Box::pin(self.gate.converse(admitted, Arriving::Whole(held.bytes))).await?
            }
            Ok(Collected::Running(running)) => {
                Box::pin(self.gate.converse(admitted, Arriving::Streamed(running))).await?
            }
            Err(refusal) => return Err(self.gate.refuse(Some(admitted), refusal)),
        };
        self.kept(response)
    }

    /// A long reply, counted until it is taken; a refusal where slow readers hold too much already.
    fn kept(&self, response: Response<Departing>) -> Result<Response<Departing>, Refused> {
        let (head, body) = response.into_parts();
        let body = match body {
            Departing::Whole(bytes) if bytes.len() > SMALL => {
                let kept = self.replies.keep(bytes);
                Departing::Whole(
                    kept.map_err(|refusal| Refused { at: At::Reply, ..self.gate.refuse(None, refusal) })?,
                )
            }
            other => other,
        };
        Ok(Response::from_parts(head, body))
    }
}

/// The body of an answer, as hyper takes it.
#[derive(Debug)]
pub(super) struct Written(Departing);

impl Body for Written {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.0 {
            Departing::Whole(body) => {
                let body = std::mem::take(body);
                Poll::Ready(if body.is_empty() { None } else { Some(Ok(Frame::data(body))) })
            }
            Departing::Streamed(outflow) => outflow
                .poll_piece(cx)
                .map(|piece| piece.map(|piece| piece.map(Frame::data).map_err(BoxError::from))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Departing::Whole(body) => body.is_empty(),
            Departing::Streamed(outflow) => outflow.has_ended(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Departing::Whole(body) => SizeHint::with_exact(body.len() as u64),
            // Nobody knows before the last segment has passed.
            Departing::Streamed(_) => SizeHint::default(),
        }
    }
}

/// After these the rest of the stream is not worth reading.
fn breaks_the_stream(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::Framing(_) | Refusal::SlowRequest | Refusal::TooLarge { .. } | Refusal::Draining
    )
}

impl<G: Gate> Service<Request<Incoming>> for Answer<G> {
    type Response = Response<Written>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move { Ok(this.answer(request).await) })
    }
}
