//! The other side: a publisher's or a school's server that records every byte it is sent, and answers what the
//! test tells it.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::tls::Authority;

/// A request as the other side got it.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Got {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

type Answer = dyn Fn(&Got) -> Response<Bytes> + Send + Sync;

/// A server at the far end of Sluis.
pub(crate) struct Far {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

struct State {
    /// Every byte that was read from a connection, TLS undone.
    raw: Arc<Mutex<Vec<u8>>>,
    got: Mutex<Vec<Got>>,
    answer: Mutex<Arc<Answer>>,
    delay: Mutex<Duration>,
    breaks_off: Mutex<Option<usize>>,
    dies: Mutex<Option<Dies>>,
}

/// When a server dies, as its connection shows it. The connection is reset.
#[derive(Debug, Clone)]
pub(crate) enum Dies {
    /// As soon as there is a connection.
    Connected,
    /// After the first bytes of the handshake.
    Greeted,
    /// After the handshake.
    Secured,
    /// After so many bytes of the request, or all of it.
    Reading(usize),
    /// After the whole request, and these bytes of its reply.
    Replying(Vec<u8>),
}

impl Far {
    /// Starts one that speaks this protocol (`http/1.1` or `h2`) and answers 204 until told otherwise.
    pub(crate) async fn start(authority: &Authority, protocol: &'static str) -> Self {
        let acceptor = authority.acceptor(protocol);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let nothing: Arc<Answer> = Arc::new(|_: &Got| reply(204, &[], ""));
        let state = Arc::new(State {
            raw: Arc::default(),
            got: Mutex::default(),
            answer: Mutex::new(nothing),
            delay: Mutex::default(),
            breaks_off: Mutex::default(),
            dies: Mutex::default(),
        });
        let of = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                socket.set_nodelay(true).unwrap();
                let (acceptor, of) = (acceptor.clone(), Arc::clone(&of));
                let dies = of.dies.lock().unwrap().clone();
                tokio::spawn(async move {
                    if let Some(dies) = dies {
                        return die(&dies, socket, acceptor, &of).await;
                    }
                    let Ok(stream) = acceptor.accept(socket).await else { return };
                    let io = TokioIo::new(Recorded { stream, read: Arc::clone(&of.raw) });
                    let service = service_fn(move |request| serve(Arc::clone(&of), request));
                    if protocol == "h2" {
                        let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                        let _ = builder.serve_connection(io, service).await;
                    } else {
                        let _ =
                            hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
                    }
                });
            }
        });
        Self { address, state }
    }

    /// What it answers from now on.
    pub(crate) fn answer(&self, answer: impl Fn(&Got) -> Response<Bytes> + Send + Sync + 'static) {
        *self.state.answer.lock().unwrap() = Arc::new(answer);
    }

    /// It answers this, always.
    pub(crate) fn say(&self, status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) {
        let response = reply(status, headers, body);
        self.answer(move |_| response.clone());
    }

    /// It answers JSON, always.
    pub(crate) fn say_json(&self, body: impl Into<Bytes>) {
        self.say(200, &[("content-type", "application/json")], body);
    }

    /// How long it thinks.
    pub(crate) fn delay(&self, delay: Duration) {
        *self.state.delay.lock().unwrap() = delay;
    }

    /// From now on it sends so many bytes of each answer's body, and is gone.
    pub(crate) fn break_off(&self, after: Option<usize>) {
        *self.state.breaks_off.lock().unwrap() = after;
    }

    /// How every connection ends that is made from now on.
    pub(crate) fn dies(&self, dies: Option<Dies>) {
        *self.state.dies.lock().unwrap() = dies;
    }

    /// Every byte it was sent.
    pub(crate) fn raw(&self) -> Vec<u8> {
        self.state.raw.lock().unwrap().clone()
    }

    /// Every request it was sent.
    pub(crate) fn got(&self) -> Vec<Got> {
        self.state.got.lock().unwrap().clone()
    }

    /// The newest request.
    pub(crate) fn last(&self) -> Got {
        self.got().pop().expect("it was sent a request")
    }

    /// Forgets what it recorded.
    pub(crate) fn forget(&self) {
        self.state.raw.lock().unwrap().clear();
        self.state.got.lock().unwrap().clear();
    }
}

/// A reply in one line.
pub(crate) fn reply(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Response<Bytes> {
    let mut builder = Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(body.into()).unwrap()
}

/// Serves a connection as far as its server lives.
async fn die(dies: &Dies, mut socket: TcpStream, acceptor: TlsAcceptor, of: &State) {
    // Without lingering a close is a reset, as when a process is killed with bytes unread.
    socket.set_zero_linger().unwrap();
    if let Dies::Connected | Dies::Greeted = dies {
        if let Dies::Greeted = dies {
            let _ = socket.read(&mut [0; 8]).await;
        }
        return;
    }
    let Ok(stream) = acceptor.accept(socket).await else { return };
    let mut stream = Recorded { stream, read: Arc::clone(&of.raw) };
    let (mut got, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let enough = match dies {
            Dies::Reading(most) => got.len() >= *most || is_whole(&got),
            Dies::Replying(_) => is_whole(&got),
            _ => true,
        };
        if enough {
            break;
        }
        let most =
            if let Dies::Reading(most) = dies { piece.len().min(most - got.len()) } else { piece.len() };
        match stream.read(&mut piece[..most]).await {
            Ok(count) if count > 0 => got.extend_from_slice(&piece[..count]),
            _ => return,
        }
    }
    if let Dies::Replying(bytes) = dies {
        let _ = stream.write_all(bytes).await;
        let _ = stream.flush().await;
        // Long enough for what was sent to arrive.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Whether these bytes are a whole HTTP/1.1 request with a length.
fn is_whole(got: &[u8]) -> bool {
    let Some(end) = memchr::memmem::find(got, b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&got[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    got.len() >= end + 4 + length.unwrap_or(0)
}

async fn serve(
    state: Arc<State>,
    request: Request<hyper::body::Incoming>,
) -> Result<Response<Sent>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let target = head.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    let got = Got { method: head.method, target, headers: head.headers, body };
    let answer = Arc::clone(&*state.answer.lock().unwrap());
    state.got.lock().unwrap().push(got.clone());
    let delay = *state.delay.lock().unwrap();
    tokio::time::sleep(delay).await;
    let after = *state.breaks_off.lock().unwrap();
    Ok(answer(&got).map(|body| match after {
        None => Sent { rest: Some(body), killed: None },
        // Long enough for what was sent to arrive.
        Some(after) => {
            let killed = Box::pin(tokio::time::sleep(Duration::from_millis(30)));
            Sent { rest: Some(body.slice(..after)), killed: Some(killed) }
        }
    }))
}

/// A body, whole or as a server leaves it that is killed.
struct Sent {
    rest: Option<Bytes>,
    killed: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Body for Sent {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if let Some(bytes) = self.rest.take().filter(|bytes| !bytes.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        let Some(killed) = self.killed.as_mut() else { return Poll::Ready(None) };
        killed.as_mut().poll(context).map(|()| Some(Err(std::io::ErrorKind::ConnectionReset.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.killed.is_none() && self.rest.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        match (&self.killed, &self.rest) {
            (None, rest) => hyper::body::SizeHint::with_exact(rest.as_ref().map_or(0, Bytes::len) as u64),
            // Chunked, unless the answer announces a length itself.
            (Some(_), _) => hyper::body::SizeHint::default(),
        }
    }
}

/// A stream that keeps a copy of every byte that is read from it.
pub(crate) struct Recorded<S> {
    pub(crate) stream: S,
    pub(crate) read: Arc<Mutex<Vec<u8>>>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Recorded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.read.lock().unwrap().extend_from_slice(&buffer.filled()[before..]);
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Recorded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
