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
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::shutdown::Draining;

/// Connections at one time, and how long each may live: a scrape takes neither many nor long.
const CONNECTIONS: usize = 64;
const LIFE: Duration = Duration::from_secs(60);

/// What the rest of Sluis says about itself. Asked on every request; must be quick and must not block.
pub trait Operations: Send + Sync + 'static {
    /// Why Sluis should get no traffic now: stable words, without values. Empty when it is ready.
    fn unready(&self) -> Vec<String>;

    /// What does not keep it from serving, but should be known (`roster: none`).
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }

    /// All metrics in the OpenMetrics text format, version 1.0.0.
    fn metrics(&self) -> String;
}

/// Serves operations until the drain begins. While draining, `/readyz` is no longer there to say yes.
pub async fn serve_operations(
    listener: TcpListener,
    operations: Arc<dyn Operations>,
    mut draining: Draining,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = draining.begun() => return,
        };
        let Ok((socket, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let operations = Arc::clone(&operations);
        let mut ending = draining.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let response = answer(&request, operations.as_ref());
                async move { Ok::<_, Infallible>(response) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(5))
                .max_headers(64)
                .serve_connection(TokioIo::new(socket), service);
            tokio::select! {
                _ = timeout(LIFE, connection) => {}
                () = ending.begun() => {}
            }
            drop(place);
        });
    }
}

fn answer(request: &Request<Incoming>, operations: &dyn Operations) -> Response<Full<Bytes>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "GET only\n".to_owned());
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match request.uri().path() {
        "/livez" => text(StatusCode::OK, "ok\n".to_owned()),
        "/readyz" => {
            let unready = operations.unready();
            let status = if unready.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            let first = if unready.is_empty() { "ready" } else { "not ready" };
            let lines = [first.to_owned()].into_iter().chain(unready).chain(operations.remarks());
            text(status, lines.map(|line| line + "\n").collect())
        }
        "/metrics" => {
            let mut response = text(StatusCode::OK, operations.metrics());
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            response
        }
        _ => text(StatusCode::NOT_FOUND, "/livez, /readyz or /metrics\n".to_owned()),
    }
}

fn text(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
