//! The listener for operations: `/livez`, `/readyz` and `/metrics`, on plain HTTP and loopback by default.
//!
//! It must not know traffic, and reveals nothing of it: states, counts, versions.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::server::Draining;

/// Connections at once; more wait.
const CONNECTIONS: usize = 64;
/// How long a head may take, and a connection be silent.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the listener shows.
pub(super) trait Shown: Send + Sync + 'static {
    /// Whether traffic is carried now, and every state that decides it.
    fn ready(&self) -> (bool, Value);
    /// The metrics, as OpenMetrics text.
    fn metrics(&self) -> String;
}

/// Serves until the drain begins.
pub(super) async fn serve(listener: TcpListener, shown: Arc<dyn Shown>, mut draining: Draining) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let accepted = tokio::select! {
            () = draining.begun() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((socket, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let shown = Arc::clone(&shown);
        tokio::spawn(async move {
            attend(socket, shown).await;
            drop(place);
        });
    }
}

async fn attend(socket: TcpStream, shown: Arc<dyn Shown>) {
    let service = service_fn(move |request| {
        let response = answer(&request, shown.as_ref());
        async move { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .keep_alive(false)
        .serve_connection(TokioIo::new(socket), service);
    // What goes wrong on this connection concerns its caller alone.
    let _ = tokio::time::timeout(PATIENCE, connection).await;
}

fn answer(request: &Request<Incoming>, shown: &dyn Shown) -> Response<Full<Bytes>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "GET only\n".into());
    }
    match request.uri().path() {
        "/livez" => plain(StatusCode::OK, "text/plain", "ok\n".into()),
        "/readyz" => {
            let (ready, state) = shown.ready();
            let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            plain(status, "application/json", format!("{state:#}\n"))
        }
        "/metrics" => {
            let media = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            plain(StatusCode::OK, media, shown.metrics())
        }
        _ => plain(StatusCode::NOT_FOUND, "text/plain", "/livez, /readyz or /metrics\n".into()),
    }
}

fn plain(status: StatusCode, media: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(media));
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}
