//! The layers around every exchange, read in the order in which a request meets them.
//!
//! Transport concerns only: layers can be reordered without a name leaving, the doors cannot. It must not know
//! connections.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use tower::load_shed::error::Overloaded;
use tower::timeout::error::Elapsed;
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt};
use tower_http::catch_panic::CatchPanicLayer;

use super::answer::Answer;
use super::rescue::{Language, problem};
use super::settings::Settings;
use crate::gateway::refusal::At;
use crate::gateway::{Gate, Refusal, Refused};

/// The body of every response.
pub(super) type Sent = UnsyncBoxBody<Bytes, BoxError>;

/// Builds the stack once; its clones share the limits.
pub(super) fn stack<G: Gate>(
    gate: Arc<G>,
    settings: Arc<Settings>,
) -> impl Service<Request<Incoming>, Response = Response<Sent>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ 'static {
    let Settings { limits, deadlines } = *settings;
    let for_panics = Arc::clone(&gate);
    ServiceBuilder::new()
        // Outermost, so that whatever a layer below fails with still becomes a problem document.
        .layer(RescueLayer { gate: Arc::clone(&gate) })
        // Outside the limits: a panic gives back its place among the exchanges before it is answered. Nobody
        // knows how far the exchange had come, so it is answered as one that may have been delivered.
        .layer(CatchPanicLayer::custom(move |_| {
            let refused = Refused { at: At::Reply, ..for_panics.refuse(None, Refusal::Internal) };
            problem(&refused, Language::English).map(Full::new)
        }))
        // Outside the concurrency limit: turns "no place now" into an answer at once; a queue would only make
        // everybody late.
        .load_shed()
        // Before the body is read, so that the number of bodies being read is bounded too.
        .concurrency_limit(limits.exchanges)
        // Innermost: from here on the clock runs for this exchange alone. Bodies have a shorter deadline, so
        // when this one passes the exchange had begun.
        .timeout(deadlines.total)
        .service(Answer::new(gate, settings))
}

/// Turns errors of the layers below into refusals, and refusals into documents.
#[derive(Debug)]
struct RescueLayer<G> {
    gate: Arc<G>,
}

/// The service of [`RescueLayer`].
#[derive(Debug)]
struct Rescue<G, S> {
    gate: Arc<G>,
    inner: S,
}

impl<G, S> Layer<S> for RescueLayer<G> {
    type Service = Rescue<G, S>;

    fn layer(&self, inner: S) -> Self::Service {
        Rescue { gate: Arc::clone(&self.gate), inner }
    }
}

impl<G, S: Clone> Clone for Rescue<G, S> {
    fn clone(&self) -> Self {
        Self { gate: Arc::clone(&self.gate), inner: self.inner.clone() }
    }
}

impl<G, S, B> Service<Request<Incoming>> for Rescue<G, S>
where
    G: Gate,
    S: Service<Request<Incoming>, Response = Response<B>, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send,
    B: hyper::body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response<Sent>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Readiness is asked for inside the call, so that being overloaded is an answer too.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let gate = Arc::clone(&self.gate);
        let inner = self.inner.clone();
        Box::pin(async move {
            let language = Language::of(request.headers());
            match inner.oneshot(request).await {
                Ok(response) => Ok(response.map(|body| body.map_err(Into::into).boxed_unsync())),
                Err(error) => {
                    let refused = refuse(gate.as_ref(), &error);
                    Ok(problem(&refused, language)
                        .map(|body| Full::new(body).map_err(Into::into).boxed_unsync()))
                }
            }
        })
    }
}

fn refuse<G: Gate>(gate: &G, error: &BoxError) -> Refused {
    if error.is::<Overloaded>() {
        gate.refuse(None, Refusal::Overloaded)
    } else if error.is::<Elapsed>() {
        Refused { at: At::Reply, ..gate.refuse(None, Refusal::UpstreamSlow) }
    } else {
        Refused { at: At::Reply, ..gate.refuse(None, Refusal::Internal) }
    }
}
