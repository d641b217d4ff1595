//! More connections than usual, and fewer file descriptors than needed: those who are there are served, and when the
//! crowd has gone everybody is.
//!
//! Short here; `make soak` holds 10,000 connections at once (`SLUIS_CONNECTIONS=n` any number).

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use rustls::{ClientConnection, StreamOwned};

use super::support::process::{Place, Running, client};

const PATH: &str = "/rekenwonder/rostering/v1p2/users";

type Stream = StreamOwned<ClientConnection, TcpStream>;

/// A school whose publisher is not there: 502 means that an exchange was recorded and would have left.
fn school() -> Place {
    let school = Place::school();
    let config =
        school.read("sluis.toml").replace("https://api.rekenwonder.example/v2/", "https://127.0.0.1:1/");
    school.put("sluis.toml", &config.replace("asks     = ", "allow_private = true\n  asks     = "));
    school
}

/// Served, over a connection of its own.
#[track_caller]
fn serves(school: &Place, server: &Running) {
    let token = school.read("secrets/rekenwonder.token");
    let answer = server.ask(&school.path("tls/cert.pem"), PATH, token.trim());
    assert_eq!(answer, (502, "SLS-901".to_owned()));
}

fn resident_kib(pid: u32) -> u64 {
    super::memory::status_of(pid, "VmRSS")
}

/// Opens connections, `count` of them, and asks once on each, so that none of them is one that said nothing.
fn open(school: &Place, server: &Running, count: usize) -> Vec<Stream> {
    let config = client(&school.path("tls/cert.pem"));
    let token = school.read("secrets/rekenwonder.token");
    let ask =
        format!("GET {PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n", token.trim());
    let address = server.text("address");
    let connect = || {
        let socket = TcpStream::connect(&address).unwrap();
        let connection = ClientConnection::new(Arc::clone(&config), "localhost".try_into().unwrap()).unwrap();
        let mut stream = StreamOwned::new(connection, socket);
        stream.write_all(ask.as_bytes()).unwrap();
        let reply = super::memory::read_reply(&mut stream);
        assert!(reply.starts_with("HTTP/1.1 502"), "{reply}");
        stream
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| (0..count / 4).map(|_| connect()).collect::<Vec<_>>())).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// Holds so many connections at once, and serves others beside them.
fn hold(count: usize) {
    let school = school();
    // As many as this machine has descriptors for, and none makes way for being quiet while the others come.
    school.append("sluis.toml", "\n[limits]\nconnections = 20000\nidle_ms = 600000\n");
    let server = school.serve();
    serves(&school, &server);
    let descriptors = || std::fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap().count();
    let (idle, before, begun) = (resident_kib(server.pid()), descriptors(), Instant::now());
    let held = open(&school, &server, count);
    let (full, there) = (resident_kib(server.pid()), descriptors() - before);
    let each = full.saturating_sub(idle) as f64 / count as f64;
    println!(
        "{count} connections in {:?}, {there} of them at once: {idle} KiB before, {full} KiB with them, {each:.1} each",
        begun.elapsed()
    );
    assert!(there * 100 >= count * 99, "{there} of {count} were held");
    assert!(each < 96.0, "{each:.1} KiB a connection");
    serves(&school, &server);
    drop(held);
    serves(&school, &server);
    server.stop();
    school.good(&["journal", "verify"]);
}

#[test]
fn a_crowd_is_held_and_others_are_served() {
    hold(400);
}

#[test]
#[ignore = "soak: needs 21,000 file descriptors in two processes"]
fn ten_thousand_connections_at_once() {
    let wanted = std::env::var("SLUIS_CONNECTIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let most = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    rustix::process::setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: Some(most) })
        .unwrap();
    // A peer may have 10,000 at once, and one more asks beside them.
    let count: usize = wanted.min(usize::try_from(most).unwrap().saturating_sub(200)).min(9_990);
    println!("{count} of {wanted}: at most {most} file descriptors here");
    hold(count);
}

#[test]
fn without_file_descriptors_it_waits_and_serves_on() {
    let school = school();
    let server = school.serve();
    serves(&school, &server);
    let pid = Pid::from_raw(i32::try_from(server.pid()).unwrap()).unwrap();
    let open = || std::fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap().count() as u64;
    let before = getrlimit(Resource::Nofile);
    // Room for six more; numbers of descriptors are below the limit, and those in use are the lowest.
    let few = Rlimit { current: Some(open() + 6), maximum: before.maximum };
    prlimit(Some(pid), Resource::Nofile, few).unwrap();
    let config = client(&school.path("tls/cert.pem"));
    let connect = || {
        let socket = TcpStream::connect(server.text("address")).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        socket.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
        let connection = ClientConnection::new(Arc::clone(&config), "localhost".try_into().unwrap()).unwrap();
        let mut stream = StreamOwned::new(connection, socket);
        let done = stream.conn.complete_io(&mut stream.sock).is_ok();
        (stream, done)
    };
    let crowd: Vec<_> = (0..20).map(|_| connect()).collect();
    let served = crowd.iter().filter(|(_, done)| *done).count();
    assert!((1..20).contains(&served), "{served} of 20 were let in: the limit was not felt");
    // No descriptor, no vault file, no upstream socket: whatever it answers then, it lives.
    std::thread::sleep(Duration::from_millis(500));
    drop(crowd);
    let end = Instant::now() + Duration::from_secs(20);
    let token = school.read("secrets/rekenwonder.token");
    loop {
        let answer = server.try_ask(&school.path("tls/cert.pem"), PATH, token.trim());
        if answer.as_ref().is_some_and(|(status, code)| (*status, code.as_str()) == (502, "SLS-901")) {
            break;
        }
        assert!(Instant::now() < end, "it does not serve again: {answer:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
    prlimit(Some(pid), Resource::Nofile, before).unwrap();
    serves(&school, &server);
    server.stop();
    school.good(&["journal", "verify"]);
}
