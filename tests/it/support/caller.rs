//! A caller of Sluis: the school's system or the publisher, over HTTP/1.1 or HTTP/2, recording what it is sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::far::Recorded;

/// A reply as the caller got it.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The code of a refusal; empty when it is none.
    pub(crate) fn code(&self) -> String {
        let problem: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        problem["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Whoever calls Sluis.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) address: SocketAddr,
    pub(crate) connector: TlsConnector,
    pub(crate) http2: bool,
    /// What it shows, if anything.
    pub(crate) token: Option<String>,
    /// Every byte it was sent, TLS undone.
    pub(crate) raw: Arc<Mutex<Vec<u8>>>,
    /// Everything it was sent, as text: what HTTP/2 compresses stands here plainly.
    pub(crate) seen: Arc<Mutex<Vec<u8>>>,
}

impl Caller {
    pub(crate) async fn get(&self, target: &str) -> Reply {
        self.send("GET", target, &[], "").await
    }

    pub(crate) async fn post_json(&self, target: &str, body: impl Into<Bytes>) -> Reply {
        self.send("POST", target, &[("content-type", "application/json")], body).await
    }

    /// Asks, over a connection of its own.
    pub(crate) async fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        self.try_send(method, target, headers, body).await.unwrap()
    }

    /// Asks; an error when the connection ends without a reply.
    pub(crate) async fn try_send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Reply, hyper::Error> {
        let socket = TcpStream::connect(self.address).await.unwrap();
        socket.set_nodelay(true).unwrap();
        let name = ServerName::IpAddress(std::net::IpAddr::from([127, 0, 0, 1]).into());
        let stream = self.connector.connect(name, socket).await.unwrap();
        let io = TokioIo::new(Recorded { stream, read: Arc::clone(&self.raw) });
        let request = self.request(method, target, headers, body.into());
        let reply = if self.http2 {
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await?;
            tokio::spawn(connection);
            sender.send_request(request).await?
        } else {
            let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await?;
            tokio::spawn(connection);
            sender.send_request(request).await?
        };
        let (head, body) = reply.into_parts();
        let body = body.collect().await?.to_bytes();
        let mut seen = self.seen.lock().unwrap();
        seen.extend_from_slice(format!("{} {:?}\n", head.status, head.headers).as_bytes());
        seen.extend_from_slice(&body);
        Ok(Reply { status: head.status, headers: head.headers, body })
    }

    fn request(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Request<Full<Bytes>> {
        let mut builder = Request::builder().method(method);
        if self.http2 {
            builder = builder.uri(format!("https://{}{target}", self.address));
        } else {
            builder = builder.uri(target).header("host", self.address.to_string());
        }
        if let Some(token) = &self.token {
            builder = builder.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(Full::new(body)).unwrap()
    }
}
