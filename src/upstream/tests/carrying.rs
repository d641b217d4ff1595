//! Replies, and the many ways not to get one.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use tokio::net::TcpListener;

use super::support::{World, clock, request, send};
use crate::gateway::{Carrier, CarryError, CarryFault};
use crate::upstream::{OpenUpstream, Upstream, UpstreamSettings};

fn error(fault: CarryFault, may_have_acted: bool) -> CarryError {
    CarryError { fault, may_have_acted }
}

#[tokio::test]
async fn only_the_given_headers_go_and_connection_headers_do_not_come_back() {
    let world = World::new();
    for (alpn, version) in [("http/1.1", "HTTP/1.1"), ("h2", "HTTP/2.0")] {
        let (address, seen) = world
            .far(&[alpn], false, |_| {
                Response::builder()
                    .header("x-kept", "1")
                    .header("keep-alive", "9")
                    .body("answer".into())
                    .unwrap()
            })
            .await;
        let settings = world.settings(address);
        let upstream = Upstream::open(&settings, clock()).unwrap();
        let mut asked = request(&settings, "POST", "hi");
        for (name, value) in [
            ("accept", "x/y"),
            ("host", "evil.example"),
            ("content-length", "9"),
            ("connection", "x-gone"),
            ("x-gone", "1"),
        ] {
            asked.headers_mut().insert(name, value.parse().unwrap());
        }
        let reply = upstream.send(asked).await.unwrap();
        assert_eq!(reply.body(), "answer");
        let names: Vec<_> = reply.headers().keys().map(|name| name.as_str()).collect();
        assert_eq!(names, ["x-kept", "date"]);
        let texts = seen.texts.lock().unwrap().clone();
        assert!(texts[0].contains(&format!("/v2/a?b {version} ")), "{texts:?}");
        assert!(texts[0].contains("\"accept\": \"x/y\"") && texts[0].ends_with(" hi"), "{texts:?}");
        for word in ["evil", "x-gone", "user-agent", "\"9\""] {
            assert!(!texts[0].contains(word), "{texts:?}");
        }
        assert!(texts[0].contains(&address.to_string()), "{texts:?}");
    }
}

#[tokio::test]
async fn connections_are_kept_and_small_requests_do_not_wait() {
    let world = World::new();
    let (address, seen) = world.far(&["http/1.1"], false, |request| Response::new(request.into_body())).await;
    let settings = world.settings(address);
    let upstream = Upstream::open(&settings, clock()).unwrap();
    upstream.send(request(&settings, "POST", "warm")).await.unwrap();
    let begun = Instant::now();
    for _ in 0..40 {
        upstream.send(request(&settings, "POST", "hi")).await.unwrap();
    }
    // Nagle against delayed acknowledgement costs 40 ms each: 1.6 s.
    assert!(begun.elapsed() < Duration::from_millis(1000), "{:?}", begun.elapsed());
    assert!(seen.connections.load(Ordering::SeqCst) <= 2);
}

#[tokio::test]
async fn redirects_are_replies_like_others() {
    let world = World::new();
    let (address, seen) = world
        .far(&["h2", "http/1.1"], false, |_| {
            Response::builder().status(307).header("location", "/elsewhere").body(Bytes::new()).unwrap()
        })
        .await;
    let reply = send(&world.settings(address), "POST", "hi").await.unwrap();
    assert_eq!((reply.status().as_u16(), seen.requests()), (307, 1));
}

#[tokio::test]
async fn an_upstream_that_is_not_there_saw_nothing() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let settings = world.settings(address);
    // It accepts, and says nothing.
    let begun = Instant::now();
    assert_eq!(send(&settings, "POST", "hi").await.unwrap_err(), error(CarryFault::Slow, false));
    assert!(begun.elapsed() < Duration::from_millis(950), "{:?}", begun.elapsed());
    drop(listener);
    assert_eq!(send(&settings, "POST", "hi").await.unwrap_err(), error(CarryFault::Down, false));
    let named = UpstreamSettings { base: "https://nowhere.invalid/".parse().unwrap(), ..settings };
    let fault = send(&named, "GET", "").await.unwrap_err();
    assert!(!fault.may_have_acted && matches!(fault.fault, CarryFault::Down | CarryFault::Slow), "{fault:?}");
}

#[tokio::test]
async fn a_stranger_behind_the_address_is_not_spoken_to() {
    let (world, other) = (World::new(), World::new());
    let (address, seen) = other.far(&["http/1.1"], false, |_| Response::new(Bytes::new())).await;
    assert_eq!(
        send(&world.settings(address), "POST", "hi").await.unwrap_err(),
        error(CarryFault::Down, false)
    );
    assert_eq!(seen.requests(), 0);
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_unless_allowed() {
    let world = World::new();
    let (address, seen) = world.far(&["http/1.1"], false, |_| Response::new("inside".into())).await;
    let base = format!("https://localhost:{}/", address.port()).parse().unwrap();
    let mut settings = UpstreamSettings { base, ..world.settings(address) };
    assert_eq!(send(&settings, "GET", "").await.unwrap_err(), error(CarryFault::Address, false));
    assert_eq!(seen.connections.load(Ordering::SeqCst), 0);
    settings.allow_private = true;
    assert_eq!(send(&settings, "GET", "").await.unwrap().body(), "inside");
}

#[tokio::test]
async fn replies_that_fail_say_that_the_request_may_have_acted() {
    let world = World::new();
    let short = Duration::from_millis(30);
    let long = Duration::from_secs(5);
    let cases: &[(&'static [u8], Duration, CarryFault)] = &[
        (b"", short, CarryFault::Down),
        (b"", long, CarryFault::Slow),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", short, CarryFault::Down),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", long, CarryFault::Slow),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", short, CarryFault::Down),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", long, CarryFault::Down),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n", long, CarryFault::TooLarge { limit: 65536 }),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
            long,
            CarryFault::Down,
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhalf", long, CarryFault::Down),
        (b"SMTP ready\r\n\r\n", long, CarryFault::Down),
    ];
    for (bytes, after, fault) in cases {
        let (address, seen) = world.script(bytes, *after).await;
        let begun = Instant::now();
        let got = send(&world.settings(address), "POST", "hi").await.unwrap_err();
        let shown = String::from_utf8_lossy(bytes);
        assert_eq!(got, error(*fault, true), "{shown}");
        assert!(begun.elapsed() < Duration::from_millis(2000), "{shown}");
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(seen.requests(), 1, "sent once: {shown}");
    }
}

#[tokio::test]
async fn replies_are_bounded_whether_they_say_so_or_not() {
    let world = World::new();
    for alpn in ["http/1.1", "h2"] {
        let (address, _) =
            world.far(&[alpn], false, |_| Response::new(vec![b'x'; 64 * 1024 + 1].into())).await;
        let limit = CarryFault::TooLarge { limit: 64 * 1024 };
        assert_eq!(send(&world.settings(address), "GET", "").await.unwrap_err(), error(limit, true));
        let (address, _) = world.far(&[alpn], false, |_| Response::new(vec![b'x'; 64 * 1024].into())).await;
        assert_eq!(send(&world.settings(address), "GET", "").await.unwrap().body().len(), 64 * 1024);
    }
    let chunk: &'static [u8] = Box::leak(
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11170\r\n".to_vec(), vec![b'x'; 70_000]]
            .concat()
            .into(),
    );
    let (address, _) = world.script(chunk, Duration::from_secs(1)).await;
    let got = send(&world.settings(address), "GET", "").await.unwrap_err();
    assert_eq!(got, error(CarryFault::TooLarge { limit: 65536 }, true));
}

#[tokio::test]
async fn a_connection_that_closed_meanwhile_costs_nobody_a_request() {
    let world = World::new();
    let (address, seen) =
        world.script(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Duration::from_millis(20)).await;
    let settings = world.settings(address);
    let upstream = Upstream::open(&settings, clock()).unwrap();
    for sent in 1..=5 {
        upstream.send(request(&settings, "POST", "hi")).await.unwrap();
        while seen.closed.load(Ordering::SeqCst) < sent {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // And the news has come here.
        tokio::time::sleep(Duration::from_millis(40)).await;
        assert_eq!(seen.requests(), sent);
    }
}

#[tokio::test]
async fn requests_for_another_place_are_not_sent() {
    let world = World::new();
    let (address, seen) = world.far(&["http/1.1"], false, |_| Response::new(Bytes::new())).await;
    let upstream = Upstream::open(&world.settings(address), clock()).unwrap();
    for uri in [
        format!("http://{address}/"),
        "https://127.0.0.1:1/".into(),
        "https://other.example/".into(),
        "/a".into(),
    ] {
        let asked = Request::get(&uri).body(Bytes::new()).unwrap();
        assert_eq!(upstream.send(asked).await.unwrap_err(), error(CarryFault::Unfit, false), "{uri}");
    }
    assert_eq!(seen.connections.load(Ordering::SeqCst), 0);
    let base = "ftp://a.example/".parse().unwrap();
    let wrong = Upstream::open(&UpstreamSettings { base, ..world.settings(address) }, clock());
    assert!(matches!(wrong, Err(OpenUpstream::ReadBase)));
}

#[tokio::test]
async fn a_client_certificate_is_shown() {
    let world = World::new();
    let (address, seen) = world.far(&["h2", "http/1.1"], true, |_| Response::new("known".into())).await;
    let mut settings = world.settings(address);
    assert!(send(&settings, "GET", "").await.is_err());
    let (certificate, key) = world.issue();
    super::support::put(&world.path("client.pem"), &certificate);
    super::support::put(&world.path("client.key"), &key);
    settings.tls.client_certificate = Some((world.path("client.pem"), world.path("client.key")));
    assert_eq!(send(&settings, "GET", "").await.unwrap().body(), "known");
    assert_eq!(seen.requests(), 1);
    super::support::put(&world.path("client.key"), &world.issue().1);
    let wrong = Upstream::open(&settings, clock()).unwrap_err().to_string();
    assert!(wrong.contains("client.pem cannot be used with its private key"), "{wrong}");
}

#[tokio::test]
async fn many_at_once_are_carried() {
    let world = World::new();
    for alpn in ["http/1.1", "h2"] {
        let (address, seen) = world.far(&[alpn], false, |request| Response::new(request.into_body())).await;
        let settings = world.settings(address);
        let upstream = Arc::new(Upstream::open(&settings, clock()).unwrap());
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..40 {
            let (upstream, asked) = (Arc::clone(&upstream), request(&settings, "POST", "hi"));
            tasks.spawn(async move { upstream.send(asked).await.unwrap().into_body() });
        }
        assert!(tasks.join_all().await.iter().all(|body| body == "hi"));
        assert_eq!(seen.requests(), 40);
    }
}
