//! One connection, from its handshake to its end.
//!
//! ALPN decides what is spoken; there is no guessing, so no time in which a silent peer is waited for without a
//! clock. It must not know routes or messages.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::{sleep_until, timeout};
use tower::{BoxError, Service, ServiceExt};

use super::activity::{Activity, Busy, Patient, Standing};
use super::answer::Conversation;
use super::crowd::Member;
use super::framing::{Framed, Verdicts};
use super::settings::Settings;
use super::shutdown::Draining;
use super::stack::Sent;
use super::tls::ServerTls;
use crate::gateway::Presented;

/// How long a quiet HTTP/1.1 connection gets to close in good order.
const GOODBYE: Duration = Duration::from_secs(1);

/// Serves one accepted connection until it ends.
pub(super) async fn attend<S>(
    socket: TcpStream,
    peer: SocketAddr,
    tls: Arc<ServerTls>,
    stack: S,
    settings: Arc<Settings>,
    member: &Member,
    mut draining: Draining,
) where
    S: Service<Request<Incoming>, Response = Response<Sent>, Error = Infallible, Future: Send>,
    S: Clone + Send + 'static,
{
    // Small replies must not wait for the peer's acknowledgement (Nagle).
    let _ = socket.set_nodelay(true);
    let handshake = timeout(settings.deadlines.handshake, tls.acceptor().accept(socket));
    let stream = tokio::select! {
        done = handshake => match done {
            Ok(Ok(stream)) => stream,
            Ok(Err(_)) | Err(_) => {
                tracing::debug!("a TLS handshake failed or took too long");
                return;
            }
        },
        () = draining.begun() => return,
        () = member.must_go() => return,
    };
    let connection = stream.get_ref().1;
    let is_http2 = connection.alpn_protocol() == Some(b"h2");
    let presented = Arc::new(Presented { peer, certificate: tls.certificate_of(connection) });
    let activity = Activity::new();
    member.speaks(&activity);
    let deadlines = &settings.deadlines;
    if is_http2 {
        let talk = Talk::new(stack, presented, None, &activity);
        let io = TokioIo::new(Patient::new(stream, deadlines, None));
        let connection = speak_http2(&settings).serve_connection(io, talk);
        drive(connection, &activity, &settings, deadlines.write_stall, member, draining).await;
    } else {
        let verdicts = Arc::new(Verdicts::default());
        let talk = Talk::new(stack, presented, Some(Arc::clone(&verdicts)), &activity);
        let patient = Patient::new(stream, deadlines, Some(Arc::clone(&activity)));
        let io = TokioIo::new(Framed::new(patient, &settings.limits, deadlines, verdicts));
        let connection = speak_http1(&settings).serve_connection(io, talk);
        drive(connection, &activity, &settings, GOODBYE, member, draining).await;
    }
}

fn speak_http1(settings: &Settings) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        // Framing has its own, which does not run between two requests.
        .header_read_timeout(None)
        // Reads only when it wants a request or a body: what comes meanwhile waits in the system's buffer.
        .half_close(true)
        .max_headers(settings.limits.header_lines + 1)
        .max_buf_size(settings.limits.head_bytes.max(64 * 1024));
    builder
}

fn speak_http2(settings: &Settings) -> http2::Builder<TokioExecutor> {
    let eighth = u32::try_from(settings.limits.exchanges.div_ceil(8)).unwrap_or(u32::MAX);
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        // Nobody takes more than an eighth of the places for exchanges with one connection.
        .max_concurrent_streams(settings.limits.streams.min(eighth))
        // Also bounds CONTINUATION frames and what HPACK may unfold to.
        .max_header_list_size(u32::try_from(settings.limits.head_bytes).unwrap_or(16 * 1024))
        // Rapid reset, and MadeYouReset: streams that the peer resets, or makes us reset.
        .max_pending_accept_reset_streams(20)
        .max_local_error_reset_streams(64)
        .initial_stream_window_size(256 * 1024)
        .initial_connection_window_size(1024 * 1024)
        .max_frame_size(16 * 1024)
        .max_send_buf_size(256 * 1024)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(10));
    builder
}

/// A connection of hyper's that can be asked to end.
trait Closing: Future {
    fn end(self: Pin<&mut Self>);
}

impl<I, S> Closing for http1::Connection<I, S>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
    S: hyper::service::HttpService<Incoming>,
    S::Error: Into<BoxError>,
    S::ResBody: Body<Error: Into<BoxError>> + 'static,
{
    fn end(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<I, B, S> Closing for http2::Connection<I, S, TokioExecutor>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
    S: hyper::service::HttpService<Incoming, ResBody = B>,
    S::Error: Into<BoxError>,
    B: Body<Error: Into<BoxError>> + 'static,
    TokioExecutor: hyper::rt::bounds::Http2ServerConnExec<S::Future, B>,
{
    fn end(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// Runs a connection until it ends, is quiet for too long, or the server drains.
async fn drive<C: Closing>(
    connection: C,
    activity: &Arc<Activity>,
    settings: &Settings,
    goodbye: Duration,
    member: &Member,
    mut draining: Draining,
) {
    let deadlines = &settings.deadlines;
    let mut connection = pin!(connection);
    let patience = loop {
        let look_again = match activity.standing(deadlines) {
            Standing::Until(moment) => moment,
            // Whoever never asked for anything has nothing under way that a goodbye could cut off.
            Standing::Quiet => break if activity.has_begun() { goodbye } else { GOODBYE },
            Standing::Stuck => return,
        };
        tokio::select! {
            biased;
            _ = connection.as_mut() => return,
            () = activity.abused() => {
                tracing::warn!("a peer took back too many exchanges; its connection was closed");
                return;
            }
            () = draining.begun() => break if activity.is_quiet() { goodbye } else { deadlines.drain },
            // Somebody waits for its place: no time for a goodbye, unless an exchange has begun meanwhile.
            () = member.must_go() => if activity.is_quiet() { return },
            () = sleep_until(look_again) => {}
        }
    };
    connection.as_mut().end();
    // A peer that is still silent, or still does not take its reply, is cut off.
    let _ = timeout(patience, connection).await;
}

/// The service of one connection: the stack, told who speaks.
#[derive(Debug)]
struct Talk<S> {
    stack: S,
    conversation: Conversation,
    activity: Arc<Activity>,
}

impl<S> Talk<S> {
    fn new(
        stack: S,
        presented: Arc<Presented>,
        framing: Option<Arc<Verdicts>>,
        activity: &Arc<Activity>,
    ) -> Self {
        Self { stack, conversation: Conversation { presented, framing }, activity: Arc::clone(activity) }
    }
}

impl<S> hyper::service::Service<Request<Incoming>> for Talk<S>
where
    S: Service<Request<Incoming>, Response = Response<Sent>, Error = Infallible, Future: Send>,
    S: Clone + Send + 'static,
{
    type Response = Response<Watched>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let mut busy = self.activity.begin();
        request.extensions_mut().insert(self.conversation.clone());
        let stack = self.stack.clone();
        Box::pin(async move {
            let response = stack.oneshot(request).await?;
            busy.answered();
            Ok(response.map(|inner| Watched { inner, _busy: busy }))
        })
    }
}

/// A response's body; the exchange is in flight until hyper has taken all of it.
#[derive(Debug)]
struct Watched {
    inner: Sent,
    _busy: Busy,
}

impl Body for Watched {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.get_mut().inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
