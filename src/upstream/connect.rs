//! One new connection to an upstream: look-up, TCP and TLS under one deadline.
//!
//! It must not know requests.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::{BoxError, Service};

use super::resolve::Resolver;

/// Connects within a deadline.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    inner: HttpsConnector<HttpConnector<Resolver>>,
    deadline: Duration,
}

/// The deadline passed before there was a connection.
#[derive(Debug, thiserror::Error)]
#[error("connecting took too long")]
pub(super) struct ConnectSlow;

impl Connector {
    /// `https` speaks whichever of HTTP/2 and HTTP/1.1 the upstream prefers; `http` speaks HTTP/1.1.
    pub(super) fn new(tls: rustls::ClientConfig, allow_private: bool, deadline: Duration) -> Self {
        let mut http = HttpConnector::new_with_resolver(Resolver { allow_private });
        // Small requests must not wait for the upstream's acknowledgement (Nagle).
        http.set_nodelay(true);
        http.enforce_http(false);
        // Leaves time for a second address.
        http.set_connect_timeout(Some(deadline.mul_f32(0.8)));
        let inner = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(http);
        Self { inner, deadline }
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let connecting = tokio::time::timeout(self.deadline, self.inner.call(to));
        Box::pin(async move { connecting.await.map_err(|_| ConnectSlow)? })
    }
}
