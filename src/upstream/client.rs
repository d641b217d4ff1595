//! One upstream: pooled connections, one request at a time on its way, a whole reply or none.
//!
//! Nothing is sent twice that an upstream may have acted on. hyper's pool repeats a request only when the
//! connection it was meant for had closed before a byte of it was written. No redirect is followed. It must not
//! know what a message means.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, Version};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper_util::client::legacy::{Client, Error as PoolError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, timeout_at};

use super::connect::{ConnectSlow, Connector};
use super::credentials::{Credential, OpenCredential};
use super::flow::{Payload, Running};
use super::resolve::Unresolved;
use super::settings::UpstreamSettings;
use super::tls::{TrustError, client_config};
use crate::clock::Clock;
use crate::gateway::{
    Arriving, Carried, CarriedFlow, Carrier, CarryError, CarryFault, Departing, remove_connection_headers,
};

/// How long a connection may lie unused. Below what servers usually allow, so that a request seldom meets a
/// connection that is being closed.
const UNUSED: Duration = Duration::from_secs(15);

/// An upstream and its connections.
#[derive(Debug)]
pub struct Upstream {
    client: PlainClient,
    base: Uri,
    credential: Credential,
}

/// Why an upstream cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum OpenUpstream {
    /// Its address is not `https://…` or `http://…`.
    #[error("an upstream's address begins with https:// (or http://) and a host")]
    ReadBase,
    /// Its TLS settings cannot be used.
    #[error(transparent)]
    SetUpTls(#[from] TrustError),
    /// Its credential cannot be used.
    #[error(transparent)]
    SetUpCredential(#[from] OpenCredential),
}

/// The pooled client with its deadlines and limit, without a credential.
#[derive(Debug)]
pub(super) struct PlainClient {
    pool: Client<Connector, Payload>,
    head_timeout: Duration,
    total_timeout: Duration,
    reply_bytes: usize,
}

impl Upstream {
    /// Sets an upstream up. Reads every file it names; connects to nothing.
    ///
    /// # Errors
    /// When a file or an address cannot be used.
    pub fn open(settings: &UpstreamSettings, clock: Arc<dyn Clock>) -> Result<Self, OpenUpstream> {
        let scheme = settings.base.scheme_str();
        if !matches!(scheme, Some("https" | "http")) || settings.base.host().is_none_or(str::is_empty) {
            return Err(OpenUpstream::ReadBase);
        }
        let client = PlainClient::new(settings)?;
        let credential = Credential::open(settings, clock)?;
        Ok(Self { client, base: settings.base.clone(), credential })
    }

    async fn carry_any(
        &self,
        mut request: Request<Departing>,
        streams: bool,
    ) -> Result<Response<Arriving>, CarryError> {
        if request.uri().scheme() != self.base.scheme() || request.uri().authority() != self.base.authority()
        {
            return Err(untouched(CarryFault::Unfit));
        }
        let credential = |_| untouched(CarryFault::Credential);
        let Some(shown) = self.credential.show().await.map_err(credential)? else {
            return self.client.carry(request, streams).await;
        };
        request.headers_mut().insert(AUTHORIZATION, shown.clone());
        // Asking again may only repeat a question, never an act, and never what is gone.
        let again = is_question(request.method()).then(|| repeated(&request)).flatten();
        let reply = self.client.carry(request, streams).await?;
        if reply.status() != StatusCode::UNAUTHORIZED {
            return Ok(reply);
        }
        self.credential.was_refused(&shown).await;
        if let (Some(mut request), true) = (again, self.credential.can_renew()) {
            let Some(shown) = self.credential.show().await.map_err(credential)? else {
                return Err(untouched(CarryFault::Credential));
            };
            request.headers_mut().insert(AUTHORIZATION, shown.clone());
            let reply = self.client.carry(request, streams).await?;
            if reply.status() != StatusCode::UNAUTHORIZED {
                return Ok(reply);
            }
            self.credential.was_refused(&shown).await;
        }
        // The credential is Sluis's and so is the trouble with it: the caller could do nothing with a 401.
        Err(untouched(CarryFault::Credential))
    }
}

/// The same request once more; none of one whose body is handed on while it comes.
fn repeated(request: &Request<Departing>) -> Option<Request<Departing>> {
    let Departing::Whole(body) = request.body() else { return None };
    let mut again = Request::new(Departing::Whole(body.clone()));
    *again.method_mut() = request.method().clone();
    *again.uri_mut() = request.uri().clone();
    *again.headers_mut() = request.headers().clone();
    Some(again)
}

impl Carrier for Upstream {
    fn send(&self, request: Request<Bytes>) -> Carried<'_> {
        Box::pin(async move {
            let reply = self.carry_any(request.map(Departing::Whole), false).await?;
            let (head, body) = reply.into_parts();
            match body {
                Arriving::Whole(body) => Ok(Response::from_parts(head, body)),
                // Only where it was asked for.
                Arriving::Streamed(_) => Err(touched(CarryFault::Unfit)),
            }
        })
    }

    fn carry(&self, request: Request<Departing>, streams: bool) -> CarriedFlow<'_> {
        Box::pin(self.carry_any(request, streams))
    }
}

impl PlainClient {
    pub(super) fn new(settings: &UpstreamSettings) -> Result<Self, TrustError> {
        let tls = client_config(&settings.tls)?;
        let connector = Connector::new(tls, settings.allow_private, settings.connect_timeout);
        let pool = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(UNUSED)
            .pool_max_idle_per_host(256)
            .http1_max_headers(128)
            .http1_max_buf_size(128 * 1024)
            .http2_max_header_list_size(64 * 1024)
            .http2_initial_stream_window_size(512 * 1024)
            .http2_initial_connection_window_size(2 * 1024 * 1024)
            .http2_keep_alive_interval(Duration::from_secs(20))
            .http2_keep_alive_timeout(Duration::from_secs(10))
            .build(connector);
        let UpstreamSettings { head_timeout, total_timeout, reply_bytes, .. } = *settings;
        Ok(Self { pool, head_timeout, total_timeout, reply_bytes })
    }

    /// Sends one request and collects the reply.
    pub(super) async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, CarryError> {
        let reply = self.carry(request.map(Departing::Whole), false).await?;
        let (head, body) = reply.into_parts();
        match body {
            Arriving::Whole(body) => Ok(Response::from_parts(head, body)),
            Arriving::Streamed(_) => Err(touched(CarryFault::Unfit)),
        }
    }

    /// Sends one request and collects the reply; with `streams`, one that is larger than the buffer is handed over as it
    /// comes. Of a request that streams the deadlines begin with its end.
    pub(super) async fn carry(
        &self,
        mut request: Request<Departing>,
        streams: bool,
    ) -> Result<Response<Arriving>, CarryError> {
        let headers = request.headers_mut();
        remove_connection_headers(headers);
        // Both follow from the URI and the body.
        headers.remove(HOST);
        headers.remove(CONTENT_LENGTH);
        let (head, body) = request.into_parts();
        let (payload, sent_all) = Payload::new(body);
        let begun = Instant::now();
        let mut sent = std::pin::pin!(self.pool.request(Request::from_parts(head, payload)));
        let (reply, begun) = match sent_all {
            None => {
                let due = begun + self.total_timeout.min(self.head_timeout);
                (timeout_at(due, sent).await.map_err(|_| touched(CarryFault::Slow))?, begun)
            }
            Some(sent_all) => tokio::select! {
                reply = sent.as_mut() => (reply, Instant::now()),
                () = sent_all => {
                    let begun = Instant::now();
                    let due = begun + self.total_timeout.min(self.head_timeout);
                    (timeout_at(due, sent).await.map_err(|_| touched(CarryFault::Slow))?, begun)
                }
            },
        };
        let reply = reply.map_err(|error| why(&error))?;
        if reply.status().is_informational() {
            // 101: an upgrade that nobody asked for.
            return Err(touched(CarryFault::Down));
        }
        let (mut head, body) = reply.into_parts();
        if !is_plain(&head.headers) {
            return Err(touched(CarryFault::Down));
        }
        // A body that ends with its connection may have been broken off.
        let tells_the_end = body.size_hint().exact().is_some()
            || head.version == Version::HTTP_2
            || head.headers.contains_key(TRANSFER_ENCODING);
        remove_connection_headers(&mut head.headers);
        head.headers.remove(CONTENT_LENGTH);
        head.extensions.clear();
        let streams = streams && tells_the_end;
        let collected =
            timeout_at(begun + self.total_timeout, collect(body, self.reply_bytes, streams)).await;
        let body = match collected {
            Err(_) => return Err(touched(CarryFault::Slow)),
            Ok(collected) => collected.map_err(touched)?,
        };
        Ok(Response::from_parts(head, body))
    }
}

/// False for a reply whose body stands in another transfer coding than `chunked`: hyper reads it to the end of the
/// connection and undoes nothing (RFC 9112, 6.3).
fn is_plain(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let first = codings.next();
    first.is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked")) && codings.next().is_none()
}

/// The whole body, trailers dropped; or, with `streams`, what it is once it is larger than the limit.
async fn collect(mut body: Incoming, limit: usize, streams: bool) -> Result<Arriving, CarryFault> {
    let too_large = CarryFault::TooLarge { limit };
    let announced = body.size_hint().exact();
    if announced.is_some_and(|length| length > limit as u64) {
        return if streams { Ok(Running::over(Bytes::new(), body)) } else { Err(too_large) };
    }
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| CarryFault::Down)?.into_data() else { continue };
        if first.len() + rest.len() + data.len() > limit {
            if !streams {
                return Err(too_large);
            }
            rest = if rest.is_empty() { BytesMut::from(first) } else { rest };
            rest.extend_from_slice(&data);
            return Ok(Running::over(rest.freeze(), body));
        }
        if first.is_empty() && rest.is_empty() {
            // A body that comes in one piece is not copied.
            first = data;
            continue;
        }
        if rest.is_empty() {
            rest.reserve(usize::try_from(announced.unwrap_or(0)).unwrap_or(0).max(first.len() + data.len()));
            rest.extend_from_slice(&std::mem::take(&mut first));
        }
        rest.extend_from_slice(&data);
    }
    Ok(Arriving::Whole(if rest.is_empty() { first } else { rest.freeze() }))
}

/// Methods whose repetition cannot change anything (RFC 9110, 9.2.1).
fn is_question(method: &Method) -> bool {
    *method == Method::GET || *method == Method::HEAD || *method == Method::OPTIONS
}

/// What the pool's error means. The upstream saw nothing only when there was no connection.
fn why(error: &PoolError) -> CarryError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if inner.downcast_ref::<Unresolved>() == Some(&Unresolved::NotPublic) {
            return untouched(CarryFault::Address);
        }
        if inner.is::<ConnectSlow>() {
            return untouched(CarryFault::Slow);
        }
        cause = inner.source();
    }
    CarryError { fault: CarryFault::Down, may_have_acted: !error.is_connect() }
}

fn touched(fault: CarryFault) -> CarryError {
    CarryError { fault, may_have_acted: true }
}

fn untouched(fault: CarryFault) -> CarryError {
    CarryError { fault, may_have_acted: false }
}
