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
use http_body_util::Full;
use hyper::body::Incoming;
use tower::Service;

use super::body::{Room, collect};
use super::framing::Verdicts;
use super::head::settle;
use super::rescue::{Language, problem};
use super::settings::Settings;
use crate::gateway::{Gate, Presented, Refusal, Refused, remove_connection_headers};

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
}

impl<G> Clone for Answer<G> {
    fn clone(&self) -> Self {
        Self { gate: Arc::clone(&self.gate), settings: Arc::clone(&self.settings), room: self.room.clone() }
    }
}

impl<G: Gate> Answer<G> {
    pub(super) fn new(gate: Arc<G>, settings: Arc<Settings>) -> Self {
        let room = Room::new(settings.limits.buffered_bytes);
        Self { gate, settings, room }
    }

    async fn answer(self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let version = request.version();
        let language = Language::of(request.headers());
        // hyper leaves the body of an answer to HEAD out for HTTP/1.1 only; in HTTP/2 it would be a fault of the
        // stream (RFC 9110, 9.3.2).
        let bare = version >= Version::HTTP_2 && request.method() == Method::HEAD;
        let finish = |response: Response<Bytes>| {
            response.map(|body| Full::new(if bare { Bytes::new() } else { body }))
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
                finish(response)
            }
        }
    }

    async fn run(&self, request: Request<Incoming>) -> Result<Response<Bytes>, Refused> {
        let (mut parts, body) = request.into_parts();
        let Some(conversation) = parts.extensions.remove::<Conversation>() else {
            return Err(self.gate.refuse(None, Refusal::Internal));
        };
        let framing = conversation.framing.as_deref();
        settle(&mut parts, framing).map_err(|refusal| self.gate.refuse(None, refusal))?;
        let admitted = self.gate.admit(&parts, &conversation.presented)?;
        let limit = self.gate.body_bytes(&admitted);
        match collect(body, limit, &self.settings, &self.room, framing).await {
            Ok(held) => {
                let _room = held.room;
                self.gate.exchange(admitted, held.bytes).await
            }
            Err(refusal) => Err(self.gate.refuse(Some(admitted), refusal)),
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
    type Response = Response<Full<Bytes>>;
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
