//! Heads and bodies of HTTP/1.1: one meaning for every byte, however it arrives, and the same for hyper behind it.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http_body_util::{BodyExt as _, Empty};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sluis::server::{Limits, follow};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream of requests.
pub fn headers(data: &[u8]) {
    let limits = Limits { head_bytes: 4096, line_bytes: 1024, header_lines: 16, ..Limits::default() };
    let whole = follow([data], &limits);
    let single = follow(data.chunks(1), &limits);
    let halves = follow([&data[..data.len() / 2], &data[data.len() / 2..]], &limits);
    for other in [&single, &halves] {
        assert_eq!((&whole.heads, whole.whole, &whole.passed), (&other.heads, other.whole, &other.passed));
        // Of two faults in one head, either may be named first.
        assert_eq!(whole.fault.is_some(), other.fault.is_some());
    }
    for head in &whole.heads {
        assert!(head.ends_with(b"\r\n\r\n") && head.len() <= limits.head_bytes + 2);
        for (at, byte) in head.iter().enumerate() {
            match byte {
                b'\n' => assert_eq!(head[at - 1], b'\r', "a bare LF went through"),
                b'\r' => assert_eq!(head[at + 1], b'\n', "a bare CR went through"),
                0 => panic!("a NUL went through"),
                _ => {}
            }
        }
    }
    // What went through means the same a second time: nothing is read differently behind it.
    let again = follow([whole.passed.as_slice()], &limits);
    assert_eq!((&whole.heads, whole.whole, &whole.passed), (&again.heads, again.whole, &again.passed));
    assert!(again.fault.is_none(), "what went through is refused by itself: {:?}", again.fault);
    let seen = seen_by_hyper(&whole.passed);
    assert!(seen.begun <= whole.heads.len(), "hyper sees requests that framing did not");
    assert!(seen.whole <= whole.whole, "hyper sees whole messages where framing saw none");
    for (target, head) in seen.targets.iter().zip(&whole.heads) {
        let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        assert_eq!(line.split(' ').nth(1), Some(target.as_str()), "another target");
    }
}

#[derive(Default)]
struct Seen {
    begun: usize,
    whole: usize,
    targets: Vec<String>,
}

fn seen_by_hyper(passed: &[u8]) -> Seen {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    }
    let seen = Arc::new(Mutex::new(Seen::default()));
    let inner = Arc::clone(&seen);
    let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let seen = Arc::clone(&inner);
        async move {
            let target = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
            {
                let mut seen = seen.lock().expect("one thread");
                seen.begun += 1;
                seen.targets.push(target);
            }
            if request.into_body().collect().await.is_ok() {
                seen.lock().expect("one thread").whole += 1;
            }
            Ok::<_, Infallible>(http::Response::new(Empty::<bytes::Bytes>::new()))
        }
    });
    let io = TokioIo::new(Pipe { rest: passed.to_vec(), at: 0 });
    let connection = hyper::server::conn::http1::Builder::new()
        .half_close(true)
        .header_read_timeout(None)
        .max_headers(17)
        .serve_connection(io, service);
    let _ = RUNTIME.with(|runtime| runtime.block_on(connection));
    let mut seen = seen.lock().expect("one thread");
    std::mem::take(&mut *seen)
}

/// Bytes that arrive, and a place where replies go and are forgotten.
struct Pipe {
    rest: Vec<u8>,
    at: usize,
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let count = buf.remaining().min(self.rest.len() - self.at);
        buf.put_slice(&self.rest[self.at..self.at + count]);
        self.at += count;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
