//! Limits and deadlines: slow peers, large bodies, too much at once, and the end of serving.

use std::time::{Duration, Instant};

use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::support::{Limits, Settings, hurried, read_all, start};

const CLOSE: &str = "Host: school.example\r\nConnection: close\r\n";

#[tokio::test]
async fn slow_heads_are_cut_off() {
    let server = start(hurried()).await;
    // Nothing at all, not even a handshake.
    let mut silent = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let begun = Instant::now();
    assert_eq!(silent.read(&mut [0; 1]).await.unwrap_or(0), 0);
    assert!(begun.elapsed() < Duration::from_secs(2));
    // A handshake and then nothing.
    let begun = Instant::now();
    let mut quiet = server.connect().await;
    assert_eq!(read_all(&mut quiet).await, "");
    assert!(begun.elapsed() < Duration::from_secs(4));
    // A header line a time.
    let mut slow = server.connect().await;
    slow.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n").await.unwrap();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(600) {
        if slow.write_all(b"X: y\r\n").await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let said = read_all(&mut slow).await;
    assert!(said.starts_with("HTTP/1.1 408 ") && said.contains("SLS-105"), "{said}");
    assert_eq!(server.exchanges(), 0);
}

#[tokio::test]
async fn slow_bodies_are_cut_off() {
    let server = start(hurried()).await;
    let head = format!("POST /a HTTP/1.1\r\n{CLOSE}Content-Length: 1000\r\n\r\n");
    // Nothing more.
    assert!(server.say(head.clone() + "x").await.starts_with("HTTP/1.1 408 "));
    // A byte a time: never idle, but late.
    let mut slow = server.connect().await;
    slow.write_all(head.as_bytes()).await.unwrap();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(1200) && slow.write_all(b"x").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(read_all(&mut slow).await.starts_with("HTTP/1.1 408 "));
    assert_eq!(server.exchanges(), 0);
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_cut_off() {
    let server = start(hurried()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(1600)).await;
    let mut received = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(3), stream.read_to_end(&mut received)).await;
    assert!(read.is_ok(), "still open");
    assert!(received.len() < 6 * 1024 * 1024, "{}", received.len());
}

#[tokio::test]
async fn a_peer_that_reads_a_trickle_is_cut_off() {
    let server = start(hurried()).await;
    let mut stream = server.connect().await;
    // More than the system's buffers take.
    stream.write_all(b"GET /huge HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let begun = Instant::now();
    let mut received = 0;
    while begun.elapsed() < Duration::from_secs(3) {
        received += stream.read(&mut [0; 64 * 1024]).await.unwrap_or(0);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert!(received + rest.len() < 48 * 1024 * 1024, "all of it came");
}

#[tokio::test]
async fn a_large_reply_comes_whole() {
    let server = start(Settings::default()).await;
    let said = server.say(format!("GET /large HTTP/1.1\r\n{CLOSE}\r\n")).await;
    assert!(said.len() > 6 * 1024 * 1024);
}

#[tokio::test]
async fn large_bodies_are_refused_after_admission_only() {
    let server = start(hurried()).await;
    let length = 64 * 1024 + 1;
    let body = "x".repeat(length);
    let said = server.say(format!("POST /a HTTP/1.1\r\n{CLOSE}Content-Length: {length}\r\n\r\n{body}")).await;
    assert!(said.starts_with("HTTP/1.1 413 ") && said.contains("SLS-104"), "{said}");
    assert!(said.contains("limit: 65536 bytes"), "{said}");
    // Not announced, only too much.
    let chunked = format!(
        "POST /a HTTP/1.1\r\n{CLOSE}Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"
    );
    assert!(server.say(chunked).await.starts_with("HTTP/1.1 413 "));
    // Whoever is not known learns nothing about limits.
    let said = server.say(format!("POST /secret HTTP/1.1\r\n{CLOSE}Content-Length: {length}\r\n\r\n")).await;
    assert!(said.starts_with("HTTP/1.1 401 "), "{said}");
    assert_eq!((server.admitted(), server.exchanges()), (3, 0));
    let exact = "x".repeat(length - 1);
    let said =
        server.say(format!("POST /a HTTP/1.1\r\n{CLOSE}Content-Length: {}\r\n\r\n{exact}", length - 1)).await;
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
}

#[tokio::test]
async fn bodies_together_have_a_limit() {
    let limits = Limits { body_bytes: 64 * 1024, buffered_bytes: 96 * 1024, ..Limits::default() };
    let server = start(Settings { limits, ..hurried() }).await;
    let body = "x".repeat(60 * 1024);
    let mut first = server.connect().await;
    first
        .write_all(
            format!("POST /wait HTTP/1.1\r\n{CLOSE}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes(),
        )
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let again = format!("POST /a HTTP/1.1\r\n{CLOSE}Content-Length: {}\r\n\r\n{body}", body.len());
    assert!(server.say(&again).await.starts_with("HTTP/1.1 503 "));
    assert!(read_all(&mut first).await.starts_with("HTTP/1.1 200 "));
    assert!(server.say(&again).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn more_exchanges_than_the_limit_are_shed() {
    let limits = Limits { exchanges: 1, ..Limits::default() };
    let server = start(Settings { limits, ..hurried() }).await;
    let mut first = server.connect().await;
    first.write_all(format!("GET /wait HTTP/1.1\r\n{CLOSE}\r\n").as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    let said =
        server.say(format!("GET /a HTTP/1.1\r\n{CLOSE}Accept-Language: nl-NL, en;q=0.5\r\n\r\n")).await;
    assert!(said.starts_with("HTTP/1.1 503 ") && said.contains("SLS-801"), "{said}");
    assert!(said.contains("retry-after: 5") && said.contains("content-language: nl"), "{said}");
    assert!(said.contains("Meer werk dan de grenzen toelaten"), "{said}");
    assert!(begun.elapsed() < Duration::from_millis(250));
    assert!(read_all(&mut first).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn connections_of_one_address_have_a_limit() {
    let limits = Limits { connections_per_peer: 2, ..Limits::default() };
    let server = start(Settings { limits, ..Settings::default() }).await;
    let first = server.connect().await;
    let _second = server.connect().await;
    assert!(server.connect_with(super::support::Tls::default()).await.is_err());
    drop(first);
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.connect().await;
}

#[tokio::test]
async fn the_quietest_connection_makes_way() {
    let limits = Limits { connections: 3, ..Limits::default() };
    let server = start(Settings { limits, ..Settings::default() }).await;
    let ask = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut busy = server.connect().await;
    busy.write_all(b"GET /forever HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut first = server.connect().await;
    let mut second = server.connect().await;
    for quiet in [&mut first, &mut second] {
        quiet.write_all(ask).await.unwrap();
        assert!(quiet.read(&mut [0; 4096]).await.unwrap() > 0);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let begun = Instant::now();
    let said = server.say(format!("GET /a HTTP/1.1\r\n{CLOSE}\r\n")).await;
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert_eq!(read_all(&mut first).await, "", "the quietest went");
    second.write_all(ask).await.unwrap();
    assert!(second.read(&mut [0; 4096]).await.unwrap() > 0, "and no other");
    drop(busy);
}

#[tokio::test]
async fn quiet_connections_are_closed_and_busy_ones_are_not() {
    let server = start(hurried()).await;
    let mut stream = server.connect().await;
    for _ in 0..4 {
        stream.write_all(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    let begun = Instant::now();
    assert_eq!(read_all(&mut stream).await, "");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_panic_and_an_endless_exchange_are_answered_as_perhaps_delivered() {
    let server = start(hurried()).await;
    for (target, status, code) in [
        ("/panic", 502, "SLS-999"),
        ("/forever", 504, "SLS-902"),
        ("/reply", 502, "SLS-701"),
        ("/slow", 504, "SLS-902"),
    ] {
        let said = server.say(format!("GET {target} HTTP/1.1\r\n{CLOSE}\r\n")).await;
        let expected = StatusCode::from_u16(status).unwrap();
        assert!(said.starts_with(&format!("HTTP/1.1 {expected}")), "{target}: {said}");
        assert!(said.contains(code) && said.contains("\"delivered\":true"), "{target}: {said}");
        assert!(said.contains("cache-control: no-store") && !said.contains("a test's"), "{target}: {said}");
        assert!(said.contains("application/problem+json"), "{target}: {said}");
    }
    assert!(server.say(format!("GET /a HTTP/1.1\r\n{CLOSE}\r\n")).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn draining_finishes_what_is_in_flight_and_ends() {
    let server = start(hurried()).await;
    let mut idle = server.connect().await;
    idle.write_all(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    assert!(idle.read(&mut [0; 4096]).await.unwrap() > 0);
    let mut busy = server.connect().await;
    busy.write_all(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let begun = Instant::now();
    server.drain.begin();
    let said = read_all(&mut busy).await;
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
    assert_eq!(read_all(&mut idle).await, "");
    assert_eq!(server.served.await.unwrap(), 0);
    assert!(begun.elapsed() < Duration::from_millis(1400), "{:?}", begun.elapsed());
    assert!(tokio::net::TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn draining_does_not_wait_for_ever() {
    let mut settings = hurried();
    settings.deadlines.total = Duration::from_secs(60);
    settings.deadlines.drain = Duration::from_millis(300);
    let server = start(settings).await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /forever HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.drain.begin();
    let ended = tokio::time::timeout(Duration::from_secs(2), server.served).await;
    assert!(ended.is_ok());
}

#[tokio::test]
async fn small_exchanges_do_not_wait_for_acknowledgements() {
    let server = start(Settings::default()).await;
    let mut stream = server.connect().await;
    let begun = Instant::now();
    for _ in 0..50 {
        stream.write_all(b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n").await.unwrap();
        stream.write_all(b"hi").await.unwrap();
        let mut received = Vec::new();
        while !received.ends_with(b" hi") {
            let mut part = [0; 4096];
            let count = stream.read(&mut part).await.unwrap();
            received.extend_from_slice(&part[..count]);
        }
    }
    // Nagle against delayed acknowledgement costs 40 ms each: 2 s.
    assert!(begun.elapsed() < Duration::from_millis(1200), "{:?}", begun.elapsed());
}
