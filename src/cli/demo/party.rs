//! The two sides of the demo: servers and callers on real TLS sockets that keep every byte they are sent.
//!
//! It must not know what is said. HTTP/1.1 only, so that what was recorded can be searched as it is.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Everything that somebody was sent, TLS undone, in the order in which it came.
#[derive(Debug, Clone, Default)]
pub(super) struct Recording(Arc<Mutex<Vec<u8>>>);

impl Recording {
    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// What came after the first `from` bytes.
    pub(super) fn since(&self, from: usize) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(from..).unwrap_or_default().to_vec()
    }

    fn keep(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
    }
}

/// A message as one side sent it or got it. `line` is `GET /path` or `200`.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    pub(super) line: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

impl Wire {
    /// Method and target of a request.
    pub(super) fn request(&self) -> (&str, &str) {
        self.line.split_once(' ').unwrap_or((&self.line, "/"))
    }

    /// The status of a reply; 0 of a request.
    pub(super) fn status(&self) -> u16 {
        self.line.parse().unwrap_or(0)
    }

    /// A header's value; names are in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null when it is none.
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    fn of_request(head: &http::request::Parts, body: Bytes) -> Self {
        let target = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        Self { line: format!("{} {target}", head.method), headers: headers(&head.headers), body }
    }

    fn of_response(head: &http::response::Parts, body: Bytes) -> Self {
        Self { line: head.status.as_u16().to_string(), headers: headers(&head.headers), body }
    }
}

/// Names and values. A credential is nobody's to show.
fn headers(map: &HeaderMap) -> Vec<(String, String)> {
    let shown = map.iter().filter(|(name, _)| *name != http::header::AUTHORIZATION);
    shown
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

/// What a server answers.
pub(super) type Answer = dyn Fn(&Wire) -> Response<Bytes> + Send + Sync;

/// One request that a server got, and what it answered.
pub(super) type Heard = Arc<Mutex<Option<(Wire, Wire)>>>;

/// A server: the school's administration, or the publisher's.
#[derive(Clone)]
pub(super) struct Server {
    heard: Heard,
}

impl Server {
    /// Serves on this socket from now on. Must be called on the runtime.
    pub(super) fn begin(
        listener: std::net::TcpListener,
        acceptor: TlsAcceptor,
        recording: Recording,
        answer: Arc<Answer>,
    ) -> io::Result<Self> {
        let listener = TcpListener::from_std(listener)?;
        let heard = Heard::default();
        let of = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (acceptor, recording) = (acceptor.clone(), recording.clone());
                let (heard, answer) = (Arc::clone(&of), Arc::clone(&answer));
                tokio::spawn(async move {
                    let _ = socket.set_nodelay(true);
                    let Ok(stream) = acceptor.accept(socket).await else { return };
                    let service =
                        service_fn(move |request| serve(request, Arc::clone(&heard), Arc::clone(&answer)));
                    let io = TokioIo::new(Recorded { stream, recording });
                    // A connection that breaks concerns its caller, who reports it.
                    let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
                });
            }
        });
        Ok(Self { heard })
    }

    /// The newest request and its answer; each is told once.
    pub(super) fn heard(&self) -> Option<(Wire, Wire)> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

async fn serve(
    request: Request<Incoming>,
    heard: Heard,
    answer: Arc<Answer>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let got = Wire::of_request(&head, body.collect().await?.to_bytes());
    let (head, body) = answer(&got).into_parts();
    let answered = Wire::of_response(&head, body.clone());
    *heard.lock().unwrap_or_else(PoisonError::into_inner) = Some((got, answered));
    Ok(Response::from_parts(head, Full::new(body)))
}

/// Who calls Sluis.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) address: SocketAddr,
    pub(super) connector: TlsConnector,
    /// `Bearer …`
    pub(super) credential: String,
    /// In which language a refusal is told: `nl` or `en`.
    pub(super) language: &'static str,
    pub(super) recording: Recording,
}

impl Caller {
    /// Asks, over a connection of its own; what was sent and what came back.
    pub(super) async fn ask(&self, line: &str, body: Option<String>) -> io::Result<(Wire, Wire)> {
        let socket = TcpStream::connect(self.address).await?;
        socket.set_nodelay(true)?;
        let name = ServerName::IpAddress(self.address.ip().into());
        let stream = self.connector.connect(name, socket).await?;
        let io = TokioIo::new(Recorded { stream, recording: self.recording.clone() });
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(io).await.map_err(io::Error::other)?;
        let connection = tokio::spawn(connection);
        let (method, target) = line.split_once(' ').unwrap_or(("GET", line));
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .header("host", self.address.to_string())
            .header("authorization", &self.credential)
            .header("accept", "application/json")
            .header("accept-language", self.language);
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = Bytes::from(body.unwrap_or_default());
        let request = request.body(Full::new(body.clone())).map_err(io::Error::other)?;
        let (head, whole) = request.into_parts();
        let sent = Wire::of_request(&head, body);
        let request = Request::from_parts(head, whole);
        let reply = sender.send_request(request).await.map_err(io::Error::other)?;
        let (head, body) = reply.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        drop(sender);
        let _ = connection.await;
        Ok((sent, Wire::of_response(&head, body)))
    }
}

/// A stream that keeps a copy of every byte that is read from it.
struct Recorded<S> {
    stream: S,
    recording: Recording,
}

impl<S: AsyncRead + Unpin> AsyncRead for Recorded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.recording.keep(buffer.filled().get(before..).unwrap_or_default());
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Recorded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
