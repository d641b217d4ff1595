//! Memory: what a server holds does not grow with what it served, a core of it is to be had by nobody, and keys that
//! were used to open something are gone.
//!
//! Short here; `make soak` sends 1,000,000 requests (`SLUIS_REQUESTS=n` any number).

use std::io::{Read, Seek as _, SeekFrom, Write as _};
use std::net::TcpStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::process::Signal;
use rustls::{ClientConnection, StreamOwned};

use sluis::server::{Limits, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::client::TlsStream;

use super::leak::{OWN, own};
use super::support::far::Far;
use super::support::process::{Place, Running, client};
use super::support::tls::Authority;
use super::support::world::{Options, World, assert_refused};

/// A field of `/proc/PID/status`, in KiB.
pub(crate) fn status_of(pid: u32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':')).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// Two arenas for the allocator: with as many as it likes, large messages hold twice the memory (decision 14).
#[test]
fn a_server_begins_anew_with_two_arenas() {
    let school = Place::school();
    let server = school.serve();
    // The process that was started, and no child of it: whoever supervises it knows its number.
    match std::fs::read(format!("/proc/{}/environ", server.pid())) {
        Ok(environ) => {
            let set = |entry: &[u8]| entry == b"MALLOC_ARENA_MAX=2";
            assert!(environ.split(|byte| *byte == 0).any(set), "{}", String::from_utf8_lossy(&environ));
        }
        // A process that may not be dumped shows this to root only.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            println!("skipped: arenas of the allocator: only root may read a server's environment");
        }
        Err(error) => panic!("{error}"),
    }
}

/// One whole reply that says its length.
pub(crate) fn read_reply(stream: &mut impl Read) -> String {
    let (mut got, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut piece).unwrap();
        assert!(count > 0, "the server closed: {}", String::from_utf8_lossy(&got));
        got.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&got);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        if body.len() >= length.unwrap_or(0) {
            return text.into_owned();
        }
    }
}

/// A school with the tests' own profile, whose publisher is this one.
fn school(authority: &Authority, publisher: &Far) -> Place {
    let school = Place::school();
    school.put("own.toml", &OWN.replace(r#"  { at = "/customer", do = "swap", name = "customer" },"#, ""));
    school.put("far.pem", &authority.pem());
    let config = school.read("sluis.toml").replace("oneroster-1.2", "own.toml");
    let config =
        config.replace("https://api.rekenwonder.example/v2/", &format!("https://{}/", publisher.address));
    let more = "allow_private = true\n  ca = \"far.pem\"\n  asks     = ";
    school.put("sluis.toml", &config.replace("asks     = ", more));
    school
}

/// Sends so many records of 200 pupils over four connections.
fn send(school: &Place, server: &Running, publisher: &Far, count: u64) {
    let config = client(&school.path("tls/cert.pem"));
    let token = school.read("secrets/rekenwonder.token").trim().to_owned();
    let (next, address) = (AtomicU64::new(0), server.text("address"));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let socket = TcpStream::connect(&address).unwrap();
                socket.set_nodelay(true).unwrap();
                let name = "localhost".try_into().unwrap();
                let connection = ClientConnection::new(Arc::clone(&config), name).unwrap();
                let mut stream = StreamOwned::new(connection, socket);
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    let record = format!(r#"{{"id":"LL-{}","score":{number}}}"#, 750_000 + number % 200);
                    let request = format!(
                        "POST /rekenwonder/records HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
                         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{record}",
                        record.len()
                    );
                    stream.write_all(request.as_bytes()).unwrap();
                    let reply = read_reply(&mut stream);
                    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
                    if number % 500 == 0 {
                        publisher.forget();
                    }
                }
            });
        }
    });
}

fn grows_by(count: u64) -> (u64, u64) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let authority = Authority::new();
    let publisher = runtime.block_on(Far::start(&authority, "http/1.1"));
    publisher.say_json("{}");
    let school = school(&authority, &publisher);
    let server = school.serve();
    // Caches, pools and the allocator find their size.
    send(&school, &server, &publisher, count / 4);
    let before = status_of(server.pid(), "VmRSS");
    send(&school, &server, &publisher, count - count / 4);
    let after = status_of(server.pid(), "VmRSS");
    println!("{count} requests: {before} KiB after a quarter of them, {after} KiB after all");
    server.stop();
    school.good(&["journal", "verify"]);
    (before, after)
}

#[test]
fn many_requests_leave_no_growth() {
    let (before, after) = grows_by(20_000);
    assert!(after < before + 6 * 1024, "it grew by {} KiB in 15,000 requests", after - before);
}

#[test]
#[ignore = "soak: 1,000,000 requests"]
fn a_million_requests_leave_no_growth() {
    let count = std::env::var("SLUIS_REQUESTS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let (before, after) = grows_by(count);
    assert!(after < before + 12 * 1024, "it grew by {} KiB", after - before);
}

/// Asks, reads the first bytes of the reply, and no more.
async fn ask_and_wait(world: &World) -> (String, TlsStream<tokio::net::TcpStream>) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 * 1024).unwrap();
    let socket = socket.connect(world.address).await.unwrap();
    let caller = world.inside("rekenwonder");
    let name = std::net::IpAddr::from([127, 0, 0, 1]).into();
    let mut stream = caller.connector.connect(name, socket).await.unwrap();
    let record = r#"{"id":"LL-760000","score":1}"#;
    let head = format!(
        "POST /rekenwonder/own/records HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{record}",
        caller.token.unwrap(),
        record.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    (String::from_utf8_lossy(&first).into_owned(), stream)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_readers_hold_no_more_than_there_is_room_for() {
    let limits = Limits { buffered_bytes: 16 << 20, ..Limits::default() };
    let options = Options { settings: Settings { limits, ..Settings::default() }, ..own() };
    let world = World::with(options).await;
    let large = format!(r#"{{"remark":"{}"}}"#, "x".repeat(7 << 20));
    world.publisher.say_json(large.clone());
    let school = world.inside("rekenwonder");
    let record = r#"{"id":"LL-760001","score":1}"#;
    let mut slow = Vec::new();
    for _ in 0..2 {
        let (first, stream) = ask_and_wait(&world).await;
        assert_eq!(first, "HTTP/1.1 200");
        slow.push(stream);
    }
    // A third does not fit beside them, and hears that its request was delivered.
    let reply = school.post_json("/rekenwonder/own/records", record).await;
    assert_refused(&reply, 502, "SLS-801");
    assert_eq!(reply.json()["delivered"], true, "{}", reply.text());
    // Small ones need no room.
    world.publisher.say_json("{}");
    assert_eq!(school.post_json("/rekenwonder/own/records", record).await.status, 200);
    // One of the slow ones reads on after all, the other goes away: there is room again.
    let mut rest = vec![0; 7 << 20];
    slow.pop().unwrap().read_exact(&mut rest).await.unwrap();
    drop(slow);
    world.publisher.say_json(large.clone());
    let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let reply = school.post_json("/rekenwonder/own/records", record).await;
        if reply.status == 200 {
            assert_eq!(reply.body.len(), large.len());
            break;
        }
        assert_refused(&reply, 502, "SLS-801");
        assert!(std::time::Instant::now() < end, "there is no room any more");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// Everything that a process may write to, as root sees it.
fn image(pid: u32) -> Vec<u8> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let mut memory = std::fs::File::open(format!("/proc/{pid}/mem")).unwrap();
    let mut all = Vec::new();
    for line in maps.lines().filter(|line| line.contains(" rw-p ") || line.contains(" rw-s ")) {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let [from, to] = [from, to].map(|text| u64::from_str_radix(text, 16).unwrap());
        let mut part = vec![0; usize::try_from(to - from).unwrap()];
        if memory.seek(SeekFrom::Start(from)).is_ok() && memory.read_exact(&mut part).is_ok() {
            all.extend_from_slice(&part);
        }
    }
    all
}

#[test]
fn keys_that_opened_something_are_wiped() {
    let school = Place::school();
    let server = school.serve();
    let key = std::fs::read(school.path("secrets/unseal.key")).unwrap();
    assert!(key.len() >= 32);
    if std::fs::File::open(format!("/proc/{}/mem", server.pid())).is_err() {
        println!("skipped: only root may read a process that is not dumpable, so no memory was searched");
        return;
    }
    let image = image(server.pid());
    // The search finds what is there.
    let there = memchr::memmem::find(&image, b"rekenwonder");
    assert!(image.len() > 1 << 20 && there.is_some(), "{} bytes", image.len());
    assert!(memchr::memmem::find(&image, &key).is_none(), "the unseal key is still in memory");
    let text = String::from_utf8_lossy(&key).trim().to_owned();
    let spelled = memchr::memmem::find(&image, text.as_bytes());
    assert!(spelled.is_none() || text.is_empty(), "the unseal key is still in memory, as its file spells it");
    let token = school.read("secrets/rekenwonder.token");
    assert!(memchr::memmem::find(&image, token.trim().as_bytes()).is_none(), "a caller's token is in memory");
    server.stop();
}

#[test]
fn there_is_no_core_of_it() {
    // A shell that is killed leaves a core, where the machine makes any: so the test can fail.
    let place = tempfile::tempdir().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -c unlimited && kill -ABRT $$"]).current_dir(place.path());
    let makes_cores = shell.stderr(Stdio::null()).status().is_ok_and(|status| status.core_dumped());
    if !makes_cores {
        println!("skipped: this machine makes no core files, so it only was checked that none is asked for");
    }
    // Not SEGV: Rust's own handler takes one that is sent for no fault, and the process lives on.
    for signal in [Signal::ABORT, Signal::QUIT, Signal::SYS] {
        let school = Place::school();
        let server = school.serve();
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.pid())).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(line.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{line}");
        let ended = server.dies_of(signal);
        assert!(!ended.core_dumped(), "{signal:?}: {ended}");
        let left = std::fs::read_dir(school.directory.path()).unwrap().flatten();
        let cores: Vec<_> =
            left.filter(|entry| entry.file_name().to_string_lossy().starts_with("core")).collect();
        assert!(cores.is_empty(), "{cores:?}");
        // What it held is whole.
        school.serve().stop();
    }
}

/// Whether a process of this user may read that one's memory.
fn may_read(user: u32, pid: u32) -> bool {
    let mut reader = Command::new("head");
    reader.args(["-c", "1", &format!("/proc/{pid}/maps")]).stdout(Stdio::null()).stderr(Stdio::null());
    reader.uid(user).gid(user).status().is_ok_and(|status| status.success())
}

fn give_to(user: u32, path: &Path) {
    std::os::unix::fs::chown(path, Some(user), Some(user)).unwrap();
    if path.is_dir() {
        std::fs::read_dir(path).unwrap().for_each(|entry| give_to(user, &entry.unwrap().path()));
    }
}

#[test]
fn nobody_of_the_same_user_reads_its_memory() {
    const NOBODY: u32 = 65534;
    let mut twin = Command::new("sleep");
    let twin = twin.arg("60").uid(NOBODY).gid(NOBODY).spawn();
    let Ok(mut twin) = twin else {
        println!(
            "skipped: only root can start a server as somebody else, so nobody tried to read its memory"
        );
        return;
    };
    let readable = may_read(NOBODY, twin.id());
    twin.kill().unwrap();
    twin.wait().unwrap();
    assert!(readable, "a process of one's own is readable, if it does not object");
    let school = Place::school();
    give_to(NOBODY, school.directory.path());
    let Some(server) = school.serve_as(NOBODY) else {
        println!(
            "skipped: another user cannot run this binary where it lies, so nobody tried to read its memory"
        );
        return;
    };
    assert!(!may_read(NOBODY, server.pid()), "its memory is open to every process of its user");
    server.stop();
}
