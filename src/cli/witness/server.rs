//! The witness's listener: `add-checkpoint` and the newest checkpoint of each log, over TLS (C2SP tlog-witness).
//!
//! Whoever can reach it may ask: what counts is the signature of a known journal. It must not know what an answer
//! means.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;

use super::settings::Settings;
use crate::cli::failure::Failure;
use crate::cli::{Exit, words};
use crate::clock::{Clock, SystemClock};
use crate::journal::{Book, NotCosigned};
use crate::server::{Asked, Drain, ServerTls, Signals, TlsSettings, accept, bind};
use crate::telemetry;

/// Connections at once; more wait.
const CONNECTIONS: usize = 64;
/// How long a handshake or a head may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection may last.
const LIFE: Duration = Duration::from_secs(600);
/// The largest request, in bytes: a proof has 63 lines, a checkpoint a few signatures.
const MOST: usize = 64 * 1024;
/// How often the certificate's files are looked at.
const CERTIFICATE: Duration = Duration::from_secs(10);

/// Serves until it is told to stop.
pub(super) fn run(settings: &Settings) -> Result<Exit, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    telemetry::start(Arc::clone(&clock));
    let unusable = |reason: String| {
        let path = settings.certificate.display().to_string();
        Failure::new(&words::WITNESS_CONFIG, [("path", path.into()), ("reason", reason.into())])
    };
    let files = TlsSettings {
        certificate: settings.certificate.clone(),
        private_key: settings.private_key.clone(),
        client_authorities: Vec::new(),
    };
    let tls = Arc::new(ServerTls::load(&files).map_err(|error| unusable(error.to_string()))?);
    let book = Arc::new(super::open(settings)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| unusable(error.to_string()))?;
    runtime.block_on(async {
        let taken = || Failure::new(&words::PORT, [("address", settings.address.to_string().into())]);
        let listener = bind(settings.address).await.map_err(|_| taken())?;
        let address = listener.local_addr().map_err(|_| taken())?;
        let mut signals = Signals::listen().map_err(|_| Failure::new(&words::SIGNALS, []))?;
        let drain = Drain::default();
        tokio::spawn(Arc::clone(&tls).watch(CERTIFICATE, drain.watch()));
        let attending = move |socket| {
            let (tls, book, clock) = (Arc::clone(&tls), Arc::clone(&book), Arc::clone(&clock));
            async move {
                let _ = tokio::time::timeout(LIFE, attend(socket, &tls, book, clock)).await;
            }
        };
        let serving = tokio::spawn(accept(listener, CONNECTIONS, drain.watch(), attending));
        tracing::info!(%address, "witnessing");
        while signals.next().await != Asked::Stop {}
        drain.begin();
        let _ = serving.await;
        tracing::info!("stopped");
        Ok(Exit::Done)
    })
}

async fn attend(socket: TcpStream, tls: &ServerTls, book: Arc<Book>, clock: Arc<dyn Clock>) {
    let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, tls.acceptor().accept(socket)).await else { return };
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let service = service_fn(move |request| {
        let (book, clock) = (Arc::clone(&book), Arc::clone(&clock));
        async move { Ok::<_, Infallible>(answer(request, book, clock).await) }
    });
    let io = TokioIo::new(stream);
    if is_http2 {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).max_concurrent_streams(8).max_header_list_size(16 * 1024);
        builder.keep_alive_interval(Duration::from_secs(30)).keep_alive_timeout(PATIENCE);
        let _ = builder.serve_connection(io, service).await;
    } else {
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(16 * 1024);
        let _ = builder.serve_connection(io, service).await;
    }
}

async fn answer(request: Request<Incoming>, book: Arc<Book>, clock: Arc<dyn Clock>) -> Response<Full<Bytes>> {
    let path = request.uri().path().to_owned();
    match (request.method(), path.as_str()) {
        (&Method::POST, "/add-checkpoint") => add_checkpoint(request, book, clock).await,
        (&Method::GET, "/livez") if book.failed() => text(StatusCode::SERVICE_UNAVAILABLE, "failed\n".into()),
        (&Method::GET, "/livez") => text(StatusCode::OK, "ok\n".into()),
        (&Method::GET, path) => {
            let hash = path.strip_prefix('/').and_then(|path| path.strip_suffix("/checkpoint"));
            match hash.and_then(|hash| book.checkpoint(hash)) {
                Some(note) => text(StatusCode::OK, note),
                None => text(StatusCode::NOT_FOUND, "not found\n".into()),
            }
        }
        _ => text(StatusCode::METHOD_NOT_ALLOWED, "POST /add-checkpoint\n".into()),
    }
}

async fn add_checkpoint(
    request: Request<Incoming>,
    book: Arc<Book>,
    clock: Arc<dyn Clock>,
) -> Response<Full<Bytes>> {
    let read = tokio::time::timeout(PATIENCE, Limited::new(request.into_body(), MOST).collect()).await;
    let Ok(Ok(body)) = read else { return text(StatusCode::BAD_REQUEST, "no body\n".into()) };
    let body = String::from_utf8(body.to_bytes().to_vec()).unwrap_or_default();
    let now_s = clock.now().as_millis() / 1000;
    let asked = tokio::task::spawn_blocking(move || book.add_checkpoint(&body, now_s)).await;
    match asked.unwrap_or(Err(NotCosigned::NotKept)) {
        Ok(line) => text(StatusCode::OK, line),
        Err(NotCosigned::Conflict(size)) => {
            let mut response = text(StatusCode::CONFLICT, format!("{size}\n"));
            let media = header::HeaderValue::from_static("text/x.tlog.size");
            response.headers_mut().insert(header::CONTENT_TYPE, media);
            response
        }
        Err(why) => {
            let status = match why {
                NotCosigned::UnknownLog => StatusCode::NOT_FOUND,
                NotCosigned::NotSigned => StatusCode::FORBIDDEN,
                NotCosigned::Inconsistent => StatusCode::UNPROCESSABLE_ENTITY,
                NotCosigned::NotKept => StatusCode::SERVICE_UNAVAILABLE,
                NotCosigned::Malformed | NotCosigned::Conflict(_) => StatusCode::BAD_REQUEST,
            };
            // A journal that does not extend what was seen is what a witness is for.
            tracing::warn!(status = status.as_u16(), error = %why, "not cosigned");
            text(status, format!("{why}\n"))
        }
    }
}

fn text(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}
