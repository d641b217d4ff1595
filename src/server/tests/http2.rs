//! HTTP/2: the same gate, the same refusals, and floods that end.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::support::{Running, Settings, Tls, hurried, start};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

async fn open(server: &Running) -> SendRequest<Full<Bytes>> {
    let stream = server.connect_with(Tls { http2: true, ..Tls::default() }).await.unwrap();
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn ask(sender: &mut SendRequest<Full<Bytes>>, request: Request<Full<Bytes>>) -> (StatusCode, String) {
    let response = sender.send_request(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

fn post(target: &str, body: impl Into<Bytes>) -> http::request::Builder {
    let _ = body.into();
    Request::post(format!("https://school.example{target}"))
}

#[tokio::test]
async fn the_gate_sees_the_same_form() {
    let server = start(Settings::default()).await;
    let mut sender = open(&server).await;
    let request = post("/a?b", "").header("te", "trailers").body(Full::from("hi")).unwrap();
    let (status, said) = ask(&mut sender, request).await;
    assert_eq!(status, 200);
    assert!(said.starts_with("POST /a?b school.example None "), "{said}");
    assert!(said.contains("\"host\"") && !said.contains("\"te\"") && said.ends_with(" hi"), "{said}");
}

#[tokio::test]
async fn heads_with_two_meanings_are_refused() {
    let server = start(Settings::default()).await;
    let mut sender = open(&server).await;
    let builders = [
        post("/a", "").header("host", "other.example"),
        post("/a", "").header("x_y", "1"),
        post("/a", "").header("expect", "200-ok"),
        post("/a", "").header("content-length", "2").header("content-length", "2"),
        Request::builder().method("TRACE").uri("https://school.example/"),
        Request::builder().method("OPTIONS").uri("https://school.example/a\"b"),
        Request::post("https://user@school.example/a"),
        Request::post("http://school.example/a"),
        post("/a", "").header("http2-settings", "AAA"),
    ];
    for builder in builders {
        let request = builder.body(Full::from("hi")).unwrap();
        let shown = format!("{request:?}");
        // Some are already refused by the protocol's own rules, as a reset.
        match sender.send_request(request).await {
            Ok(response) => assert_eq!(response.status(), 400, "{shown}"),
            Err(error) => println!("reset: {error}: {shown}"),
        }
    }
    assert_eq!(server.admitted(), 0);
    let request = post("/a", "").header("host", "school.example").body(Full::from("")).unwrap();
    assert_eq!(ask(&mut sender, request).await.0, 200);
}

#[tokio::test]
async fn limits_hold_and_the_connection_lives_on() {
    let server = start(hurried()).await;
    let mut sender = open(&server).await;
    let large = post("/a", "").body(Full::from(vec![b'x'; 64 * 1024 + 1])).unwrap();
    assert_eq!(ask(&mut sender, large).await.0, 413);
    for (target, status) in
        [("/panic", 502), ("/nowhere", 404), ("/secret", 401), ("/forever", 504), ("/a", 200)]
    {
        let (got, said) = ask(&mut sender, post(target, "").body(Full::from("x")).unwrap()).await;
        assert_eq!(got.as_u16(), status, "{said}");
    }
    let heavy = post("/a", "").header("x", "y".repeat(40 * 1024)).body(Full::from("")).unwrap();
    match sender.send_request(heavy).await {
        Ok(response) => assert_eq!(response.status(), 431),
        Err(error) => println!("reset: {error}"),
    }
}

#[tokio::test]
async fn draining_finishes_streams() {
    let server = start(hurried()).await;
    let mut sender = open(&server).await;
    let waiting = sender.send_request(post("/wait", "").body(Full::from("")).unwrap());
    let waiting = tokio::spawn(waiting);
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.drain.begin();
    assert_eq!(waiting.await.unwrap().unwrap().status(), 200);
    assert_eq!(server.served.await.unwrap(), 0);
}

#[tokio::test]
async fn trailers_and_wrong_lengths_do_not_reach_the_gate() {
    let server = start(hurried()).await;
    let mut stream = raw(&server).await;
    // `:method POST`, otherwise as `head()`; then `content-length: 9` as a literal with the name's index 28.
    let mut block = vec![0x83];
    block.extend_from_slice(&head()[1..]);
    let trailer = frame(1, 5, 1, &[0, 1, b'x', 1, b'y']);
    stream.write_all(&[frame(1, 4, 1, &block), frame(0, 0, 1, b"hi"), trailer].concat()).await.unwrap();
    block.extend_from_slice(&[0x0f, 28 - 15, 1, b'9']);
    stream.write_all(&[frame(1, 4, 3, &block), frame(0, 1, 3, b"hi")].concat()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!((server.admitted(), server.exchanges()), (2, 0));
}

#[tokio::test]
async fn a_peer_that_opens_no_window_is_cut_off() {
    let server = start(hurried()).await;
    let mut stream = raw(&server).await;
    // SETTINGS_INITIAL_WINDOW_SIZE = 0, and a request.
    stream.write_all(&frame(4, 0, 0, &[0, 4, 0, 0, 0, 0])).await.unwrap();
    let mut block = vec![0x82, 0x87, 0x04, 6];
    block.extend_from_slice(b"/large");
    block.extend_from_slice(&[0x01, 1, b'a']);
    stream.write_all(&frame(1, 5, 1, &block)).await.unwrap();
    let mut received = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut received)).await;
    assert!(read.is_ok(), "still open");
    assert_eq!(server.exchanges(), 1);
}

/// Frames as they stand on the wire (RFC 9113, 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
    bytes.extend_from_slice(&[kind, flags]);
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// `:method GET`, `:scheme https`, `:path /forever`, `:authority a`, in HPACK without indexing.
fn head() -> Vec<u8> {
    let mut block = vec![0x82, 0x87, 0x04, 8];
    block.extend_from_slice(b"/forever");
    block.extend_from_slice(&[0x01, 1, b'a']);
    block
}

async fn raw(server: &Running) -> TlsStream<TcpStream> {
    let mut stream = server.connect_with(Tls { http2: true, ..Tls::default() }).await.unwrap();
    stream.write_all(PREFACE).await.unwrap();
    stream.write_all(&frame(4, 0, 0, &[])).await.unwrap();
    stream
}

/// Writes until the server hangs up, at most as long as `patience`; true when it did.
async fn hung_up(
    mut stream: TlsStream<TcpStream>,
    patience: Duration,
    mut next: impl FnMut(u32) -> Vec<u8>,
) -> bool {
    let begun = Instant::now();
    let mut round = 0;
    while begun.elapsed() < patience {
        if stream.write_all(&next(round)).await.is_err() || stream.flush().await.is_err() {
            return true;
        }
        round += 1;
        let mut sink = [0; 16 * 1024];
        if let Ok(read) = tokio::time::timeout(Duration::from_micros(50), stream.read(&mut sink)).await
            && read.unwrap_or(0) == 0
        {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn a_head_that_unfolds_is_refused() {
    let server = start(hurried()).await;
    let mut stream = raw(&server).await;
    // One long header put into the table, then referred to 9,000 times: 27 MB in 12 KB.
    let mut block = head();
    block.extend_from_slice(&[0x40, 1, b'x', 0x7f, 0xb9, 0x16]);
    block.extend_from_slice(&[b'a'; 3000]);
    block.extend_from_slice(&[0xbe; 9000]);
    stream.write_all(&frame(1, 5, 1, &block)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(server.admitted(), 0);
    let mut sender = open(&server).await;
    assert_eq!(ask(&mut sender, post("/a", "").body(Full::from("")).unwrap()).await.0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn empty_frames_do_not_last() {
    let server = start(hurried()).await;
    let mut stream = raw(&server).await;
    let mut block = vec![0x83];
    block.extend_from_slice(&head()[1..]);
    stream.write_all(&frame(1, 4, 1, &block)).await.unwrap();
    // Pieces of a body with nothing in them, pings and settings: answered or not, it ends, and others are served.
    let flood = tokio::spawn(hung_up(stream, Duration::from_secs(6), |_| {
        [frame(0, 0, 1, b""), frame(6, 0, 0, &[0; 8]), frame(4, 0, 0, &[])].concat()
    }));
    let mut sender = open(&server).await;
    let begun = Instant::now();
    for _ in 0..20 {
        assert_eq!(ask(&mut sender, post("/a", "").body(Full::from("")).unwrap()).await.0, 200);
    }
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(flood.await.unwrap(), "the flood goes on");
    assert_eq!(server.exchanges(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floods_end_and_others_are_served() {
    let server = start(hurried()).await;
    let patience = Duration::from_secs(3);
    // Rapid reset: open a stream and take it back, again and again.
    let stream = raw(&server).await;
    let rapid = hung_up(stream, patience, |round| {
        let id = 2 * round + 1;
        [frame(1, 5, id, &head()), frame(3, 0, id, &8_u32.to_be_bytes())].concat()
    });
    assert!(rapid.await, "rapid reset goes on");
    // MadeYouReset: make the server reset them, with a window update of nothing.
    let stream = raw(&server).await;
    let made = hung_up(stream, patience, |round| {
        let id = 2 * round + 1;
        [frame(1, 5, id, &head()), frame(8, 0, id, &0_u32.to_be_bytes())].concat()
    });
    assert!(made.await, "MadeYouReset goes on");
    // CONTINUATION without end.
    let stream = raw(&server).await;
    let flood = hung_up(stream, patience, |round| {
        if round == 0 { frame(1, 1, 1, &head()) } else { frame(9, 0, 1, &[0, 1, b'x', 1, b'y'].repeat(500)) }
    });
    assert!(flood.await, "CONTINUATION goes on");
    // A head that never ends, slowly: closed as a connection on which nothing happens.
    let mut stream = raw(&server).await;
    stream.write_all(&frame(1, 1, 1, &head())).await.unwrap();
    let slow = hung_up(stream, Duration::from_secs(6), |_| {
        std::thread::sleep(Duration::from_millis(100));
        frame(9, 0, 1, &[0, 1, b'x', 1, b'y'])
    });
    assert!(slow.await, "a slow head goes on");
    // A silent peer after ALPN.
    let mut silent = server.connect_with(Tls { http2: true, ..Tls::default() }).await.unwrap();
    let mut received = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(4), silent.read_to_end(&mut received)).await;
    assert!(read.is_ok(), "a silent peer is held");
    let mut sender = open(&server).await;
    assert_eq!(ask(&mut sender, post("/a", "").body(Full::from("")).unwrap()).await.0, 200);
}
