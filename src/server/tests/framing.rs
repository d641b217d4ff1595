//! Framing as a peer meets it: one answer in turn, then the end.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;

use super::support::{Settings, hurried, read_all, start};

const CLOSE: &str = "Host: school.example\r\nConnection: close\r\n";

#[tokio::test]
async fn a_request_is_answered_and_the_gate_sees_one_form() {
    let server = start(Settings::default()).await;
    let said =
        server.say(format!("POST /a?b HTTP/1.1\r\n{CLOSE}TE: trailers\r\nContent-Length: 2\r\n\r\nhi")).await;
    assert!(said.starts_with("HTTP/1.1 200 OK\r\n"), "{said}");
    assert!(said.ends_with("POST /a?b school.example None [\"host\", \"content-length\"] hi"), "{said}");
    let said = server
        .say(format!(
            "POST /a HTTP/1.1\r\n{CLOSE}Transfer-Encoding: chunked\r\n\r\n2;x\r\nhi\r\n1\r\n!\r\n0\r\n\r\n"
        ))
        .await;
    assert!(said.ends_with("[\"host\"] hi!"), "{said}");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_turn_and_the_refusal_last() {
    let server = start(Settings::default()).await;
    let get = |target: &str| format!("GET {target} HTTP/1.1\r\nHost: school.example\r\n\r\n");
    let said =
        server.say(get("/wait") + &get("/2") + "GET /3 HTTP/1.1\r\nHost : x\r\n\r\n" + &get("/4")).await;
    let statuses: Vec<_> = said.split("HTTP/1.1 ").skip(1).map(|part| &part[..3]).collect();
    assert_eq!(statuses, ["200", "200", "400"], "{said}");
    assert!(said.contains("SLS-101") && said.contains("white space before a colon"), "{said}");
    assert!(said.to_lowercase().contains("connection: close"), "{said}");
    assert!(said.find("/wait").unwrap() < said.find("GET /2").unwrap());
    assert_eq!(server.exchanges(), 2);
}

#[tokio::test]
async fn what_is_wrong_in_a_body_stops_the_exchange() {
    let server = start(hurried()).await;
    let head = format!("POST /a HTTP/1.1\r\n{CLOSE}Transfer-Encoding: chunked\r\n\r\n");
    for body in
        ["2\r\nhi\r\n0\r\nX: trailer\r\n\r\n", "2\r\nhiX\r\n", "FFFFFFFFFFFFFFFFF\r\n", "2\nhi\r\n0\r\n\r\n"]
    {
        let said = server.say(head.clone() + body).await;
        assert!(said.starts_with("HTTP/1.1 400 "), "{body:?}: {said}");
        assert!(said.contains("SLS-101"), "{body:?}: {said}");
    }
    // A body that breaks off is no body.
    let mut stream = server.connect().await;
    stream
        .write_all(format!("POST /a HTTP/1.1\r\n{CLOSE}Content-Length: 9\r\n\r\nhi").as_bytes())
        .await
        .unwrap();
    stream.shutdown().await.unwrap();
    assert!(read_all(&mut stream).await.starts_with("HTTP/1.1 400 "));
    assert_eq!(server.exchanges(), 0);
}

#[tokio::test]
async fn a_refused_peer_that_goes_on_sending_still_reads_its_answer() {
    let server = start(Settings::default()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").await.unwrap();
    for _ in 0..50 {
        if stream.write_all(&[b'x'; 8192]).await.is_err() {
            break;
        }
    }
    assert!(read_all(&mut stream).await.starts_with("HTTP/1.1 400 "));
}

#[tokio::test]
async fn continue_is_said_only_to_the_admitted() {
    let server = start(Settings::default()).await;
    let ask = |target: &str| {
        format!("POST {target} HTTP/1.1\r\n{CLOSE}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    };
    let mut stream = server.connect().await;
    stream.write_all(ask("/a").as_bytes()).await.unwrap();
    let mut first = [0; 25];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"hi").await.unwrap();
    assert!(read_all(&mut stream).await.ends_with(" hi"));
    assert!(server.say(ask("/secret")).await.starts_with("HTTP/1.1 401 "));
}

#[tokio::test]
async fn a_peer_that_has_said_all_still_gets_its_answer() {
    let server = start(Settings::default()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    stream.shutdown().await.unwrap();
    assert!(read_all(&mut stream).await.starts_with("HTTP/1.1 200 "));
}

/// Every payload of the corpora against a running server: as many exchanges as 200s, and nothing that a payload
/// smuggled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn corpora_bring_no_second_request() {
    let mut payloads = Vec::new();
    for (file, key) in [
        ("smuggler/te_mutations.json", "smuggler"),
        ("http-garden/payloads.json", "garden"),
        ("llhttp/cases.json", "llhttp"),
    ] {
        let Some(cases) = crate::server::framing::tests::corpus(file) else { continue };
        payloads.extend(crate::server::framing::tests::payloads(key, &cases));
    }
    if payloads.is_empty() {
        return;
    }
    // Many shake hands at once here, and a machine that is busy takes its time.
    let mut settings = hurried();
    settings.deadlines.handshake = Duration::from_secs(10);
    settings.deadlines.first_request = Duration::from_secs(3);
    let server = Arc::new(start(settings).await);
    let at_once = Arc::new(Semaphore::new(48));
    let count = payloads.len();
    let mut tasks = tokio::task::JoinSet::new();
    for bytes in payloads {
        let (server, at_once) = (Arc::clone(&server), Arc::clone(&at_once));
        tasks.spawn(async move {
            let _place = at_once.acquire_owned().await.unwrap();
            let said = server.say(bytes).await;
            said.matches("HTTP/1.1 200 ").count() + said.matches("HTTP/1.0 200 ").count()
        });
    }
    let answered: usize = tasks.join_all().await.into_iter().sum();
    println!("{count} payloads, {answered} answered with 200, {} exchanges", server.exchanges());
    assert_eq!(server.exchanges(), answered);
    // And it serves on.
    assert!(server.say(format!("GET / HTTP/1.1\r\n{CLOSE}\r\n")).await.starts_with("HTTP/1.1 200 "));
}
