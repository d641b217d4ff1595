//! The listener for operations: `/livez`, `/readyz`, `/metrics`, in the clear, on an address of its own.
//!
//! It answers what [`Operations`] says and nothing else; no request body is read. It must not know what being
//! ready means.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::accept::accept;
use super::shutdown::Draining;

/// Connections at one time, and how long each may live: a scrape takes neither many nor long.
const CONNECTIONS: usize = 64;
const LIFE: Duration = Duration::from_secs(10);

/// What the rest of Sluis says about itself. Asked on every request; must be quick.
pub trait Operations: Send + Sync + 'static {
    /// Whether traffic is carried now, and every state that decides it or should be known: words and counts, no values.
    fn ready(&self) -> (bool, Value);

    /// All metrics in the OpenMetrics text format, version 1.0.0.
    fn metrics(&self) -> String;
}

/// Serves operations until the drain begins. While draining, `/readyz` is no longer there to say yes.
pub async fn serve_operations(listener: TcpListener, operations: Arc<dyn Operations>, draining: Draining) {
    accept(listener, CONNECTIONS, draining, |socket| attend(socket, Arc::clone(&operations))).await;
}

async fn attend(socket: TcpStream, operations: Arc<dyn Operations>) {
    let service = service_fn(move |request| {
        let response = answer(&request, operations.as_ref());
        async move { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(LIFE)
        .max_headers(64)
        .keep_alive(false)
        .serve_connection(TokioIo::new(socket), service);
    // What goes wrong on this connection concerns its caller alone.
    let _ = timeout(LIFE, connection).await;
}

fn answer(request: &Request<Incoming>, operations: &dyn Operations) -> Response<Full<Bytes>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut response = text(StatusCode::METHOD_NOT_ALLOWED, PLAIN, "GET only\n".to_owned());
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match request.uri().path() {
        "/livez" => text(StatusCode::OK, PLAIN, "ok\n".to_owned()),
        "/readyz" => {
            let (ready, state) = operations.ready();
            let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            text(status, "application/json", format!("{state:#}\n"))
        }
        "/metrics" => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            text(StatusCode::OK, kind, operations.metrics())
        }
        _ => text(StatusCode::NOT_FOUND, PLAIN, "/livez, /readyz or /metrics\n".to_owned()),
    }
}

const PLAIN: &str = "text/plain; charset=utf-8";

fn text(status: StatusCode, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
