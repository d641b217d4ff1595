//! TLS as others speak it: records and hellos written by hand, openssl's client with what is old or weak, and sslyze's
//! judgement of the port.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::corpora::full;
use super::ground::Ground;
use super::tally::{SCAN, TESTSSL, TLS, Tally};

fn record(kind: u8, version: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    [&[kind][..], &version.to_be_bytes(), &length.to_be_bytes(), payload].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &u32::try_from(body.len()).unwrap().to_be_bytes()[1..], body].concat()
}

fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &u16::try_from(body.len()).unwrap().to_be_bytes(), body].concat()
}

/// A hello of TLS 1.2: suites, compressions and extensions as given (RFC 5246, 7.4.1.2).
fn hello(version: u16, suites: &[u16], compressions: &[u8], extensions: &[u8]) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    body.extend_from_slice(&[7; 32]);
    body.push(0);
    body.extend_from_slice(&u16::try_from(suites.len() * 2).unwrap().to_be_bytes());
    suites.iter().for_each(|suite| body.extend_from_slice(&suite.to_be_bytes()));
    body.push(u8::try_from(compressions.len()).unwrap());
    body.extend_from_slice(compressions);
    body.extend_from_slice(&u16::try_from(extensions.len()).unwrap().to_be_bytes());
    body.extend_from_slice(extensions);
    message(1, &body)
}

/// Groups, points, signatures: what a good hello of TLS 1.2 says.
fn usual() -> Vec<u8> {
    [
        extension(10, &[0, 4, 0, 29, 0, 23]),
        extension(11, &[1, 0]),
        extension(13, &[0, 6, 4, 3, 8, 4, 4, 1]),
        extension(23, &[]),
    ]
    .concat()
}

const GOOD_SUITES: &[u16] = &[0xc02b, 0xc02f, 0xcca9, 0xcca8];

/// What came back: the kinds of records, the alert if one came, and whether the connection ended.
#[derive(Debug, Default)]
struct Said {
    bytes: Vec<u8>,
    ended: bool,
}

impl Said {
    fn alert(&self) -> Option<u8> {
        (self.bytes.first() == Some(&21)).then(|| self.bytes.get(6).copied()).flatten()
    }

    /// A ServerHello came: the server went along.
    fn agreed(&self) -> bool {
        self.bytes.first() == Some(&22) && self.bytes.get(5) == Some(&2)
    }
}

fn say(address: &str, bytes: &[u8]) -> Said {
    let mut socket = TcpStream::connect(address).unwrap();
    let _ = socket.set_nodelay(true);
    let _ = socket.write_all(bytes);
    let end = Instant::now() + Duration::from_secs(3);
    let mut said = Said::default();
    let mut space = [0; 16 * 1024];
    while Instant::now() < end {
        socket.set_read_timeout(Some(Duration::from_millis(if said.agreed() { 100 } else { 2500 }))).unwrap();
        match socket.read(&mut space) {
            Ok(0) => {
                said.ended = true;
                break;
            }
            Ok(count) => said.bytes.extend_from_slice(&space[..count]),
            Err(error)
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
            {
                break;
            }
            Err(_) => {
                said.ended = true;
                break;
            }
        }
    }
    said
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Must {
    /// A ServerHello.
    Agree,
    /// A ServerHello that marks the downgrade.
    Marks,
    /// An alert, or the end; no ServerHello.
    Refuse,
    /// It waits for the rest, and its deadline ends it; no ServerHello.
    Wait,
}

fn conversations() -> Vec<(&'static str, Vec<u8>, Must)> {
    use Must::{Agree, Marks, Refuse, Wait};
    let good = hello(0x0303, GOOD_SUITES, &[0], &usual());
    let send = |hello: &[u8]| record(22, 0x0301, hello);
    let with = |extra: &[u8]| send(&hello(0x0303, GOOD_SUITES, &[0], &[usual(), extra.to_vec()].concat()));
    let mut cut = good.clone();
    cut.truncate(40);
    let split: Vec<u8> = good.chunks(1).flat_map(|piece| record(22, 0x0301, piece)).collect();
    vec![
        ("a good hello", send(&good), Agree),
        ("a hello in records of one byte", split, Agree),
        ("a hello in two records", [record(22, 0x0301, &good[..50]), record(22, 0x0301, &good[50..])].concat(), Agree),
        ("unknown extensions (GREASE)", with(&[extension(0x0a0a, &[]), extension(0xfafa, &[1, 2, 3])].concat()), Agree),
        ("unknown suites beside good ones", send(&hello(0x0303, &[0x0a0a, 0x1301, 0xc02b, 0xffff], &[0], &usual())), Agree),
        ("a version from the future, capped", send(&hello(0x0304, GOOD_SUITES, &[0], &usual())), Agree),
        ("TLS 1.1", send(&hello(0x0302, GOOD_SUITES, &[0], &usual())), Refuse),
        ("TLS 1.0", send(&hello(0x0301, GOOD_SUITES, &[0], &usual())), Refuse),
        ("SSL 3.0", record(22, 0x0300, &hello(0x0300, &[0x000a, 0x0005], &[0], &[])), Refuse),
        ("SSL 2.0", b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10\x01\x00\x80\x02\x00\x80\x03\x00\x80\x04\x00\x80\x05\x00\x80\x06\x00\x40\x07\x00\xc0aaaaaaaaaaaaaaaa".to_vec(), Refuse),
        ("no suites", send(&hello(0x0303, &[], &[0], &usual())), Refuse),
        ("RSA key exchange only (ROBOT)", send(&hello(0x0303, &[0x009c, 0x009d, 0x002f, 0x0035, 0x000a], &[0], &usual())), Refuse),
        ("CBC only (Lucky 13)", send(&hello(0x0303, &[0xc009, 0xc00a, 0xc013, 0xc014, 0xc023, 0xc027], &[0], &usual())), Refuse),
        ("RC4, NULL, anonymous and export", send(&hello(0x0303, &[0x0004, 0x0005, 0x0001, 0x0002, 0x003b, 0x0018, 0x0034, 0x0003, 0x0008, 0xc011], &[0], &usual())), Refuse),
        ("finite-field DHE only (Logjam)", send(&hello(0x0303, &[0x0033, 0x0039, 0x009e, 0x009f, 0xccaa], &[0], &usual())), Refuse),
        ("3DES (SWEET32)", send(&hello(0x0303, &[0xc012, 0xc008, 0x0016], &[0], &usual())), Refuse),
        ("compression only (CRIME)", send(&hello(0x0303, GOOD_SUITES, &[1], &usual())), Refuse),
        ("no compression at all", send(&hello(0x0303, GOOD_SUITES, &[], &usual())), Refuse),
        // RFC 7507's suite is for servers with older versions; here the random of the ServerHello says it (RFC 8446, 4.1.3).
        ("TLS_FALLBACK_SCSV with TLS 1.2 (POODLE)", send(&hello(0x0303, &[&[0x5600], GOOD_SUITES].concat(), &[0], &usual())), Marks),
        ("only groups that nobody uses", send(&hello(0x0303, GOOD_SUITES, &[0], &[extension(10, &[0, 2, 0, 1]), extension(13, &[0, 2, 4, 3])].concat())), Refuse),
        ("only SHA-1 and MD5 signatures", send(&hello(0x0303, GOOD_SUITES, &[0], &[extension(10, &[0, 2, 0, 29]), extension(13, &[0, 4, 2, 1, 1, 1])].concat())), Refuse),
        ("an extension twice", with(&extension(10, &[0, 2, 0, 29])), Refuse),
        ("an extension longer than the hello", send(&hello(0x0303, GOOD_SUITES, &[0], &[0, 10, 0xff, 0xff, 0])), Refuse),
        ("ALPN with an empty name", with(&extension(16, &[0, 1, 0])), Refuse),
        ("ALPN that nobody speaks", with(&extension(16, &[0, 9, 8, b's', b'p', b'd', b'y', b'/', b'9', b'.', b'9'])), Refuse),
        ("a name that is none (SNI)", with(&extension(0, &[0, 5, 0, 0, 2, 0, 0xff])), Refuse),
        ("heartbeat before the handshake (Heartbleed)", record(24, 0x0303, &[1, 0x40, 0]), Refuse),
        ("a heartbeat behind the hello (Heartbleed)", [with(&extension(15, &[1])), record(24, 0x0303, &[1, 0x40, 0])].concat(), Refuse),
        ("ChangeCipherSpec first (CCS injection)", record(20, 0x0303, &[1]), Refuse),
        ("ChangeCipherSpec behind the hello (CCS injection)", [send(&good), record(20, 0x0303, &[1])].concat(), Refuse),
        ("data before the handshake", record(23, 0x0303, b"GET / HTTP/1.1\r\n\r\n"), Refuse),
        ("another message first", send(&message(16, &[0; 64])), Refuse),
        ("a certificate first", send(&message(11, &[0, 0, 0])), Refuse),
        ("a hello twice", [send(&good), send(&good)].concat(), Refuse),
        ("an alert that ends it", record(21, 0x0303, &[2, 40]), Refuse),
        ("warnings without end", record(21, 0x0303, &[1, 90]).repeat(2000), Refuse),
        ("a record of no kind", record(99, 0x0303, &[0; 16]), Refuse),
        ("a record of no version", record(22, 0x4854, &good), Refuse),
        ("a record that is too large", record(22, 0x0301, &[0; 20_000]), Refuse),
        ("empty records without end", record(22, 0x0301, &[]).repeat(5000), Refuse),
        ("a message of 16 MB, announced", record(22, 0x0301, &[1, 0xff, 0xff, 0xff, 3, 3]), Refuse),
        ("a hello that is cut off", record(22, 0x0301, &cut), Wait),
        ("half a record", send(&good)[..20].to_vec(), Wait),
        ("plain HTTP", b"GET /own/empty HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(), Refuse),
        ("the preface of HTTP/2, plain", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), Refuse),
        ("SSH", b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(), Refuse),
        ("a PROXY header", [b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n".to_vec(), send(&good)].concat(), Refuse),
        ("zeroes", vec![0; 64 * 1024], Refuse),
        ("0xff", vec![0xff; 64 * 1024], Refuse),
    ]
}

#[test]
fn conversations_by_hand() {
    let ground = Ground::usual();
    let mut tally = Tally::default();
    for (name, bytes, must) in conversations() {
        let said = say(&ground.address, &bytes);
        let good = match must {
            Must::Agree => said.agreed(),
            Must::Marks => said.agreed() && memchr::memmem::find(&said.bytes, b"DOWNGRD\x01").is_some(),
            // Behind a good hello the ServerHello stands first; what matters is that it ends there.
            Must::Refuse => {
                said.ended && (!said.agreed() || name.contains("behind") || name.contains("twice"))
            }
            Must::Wait => !said.agreed(),
        };
        let shown: Vec<u8> = said.bytes.iter().take(12).copied().collect();
        tally.judge(good, || {
            format!("{name}: {must:?}: alert {:?}, ended {}, {shown:?}", said.alert(), said.ended)
        });
    }
    assert!(ground.arrived().unwrap().is_empty());
    openssl(&ground, &mut tally);
    ground.settle(&[]);
    tally.done(&TLS);
}

/// openssl's client, where it is: whether a handshake with these options comes to an end.
fn openssl(ground: &Ground, tally: &mut Tally) {
    let connects = |options: &[&str]| {
        let mut command = Command::new("openssl");
        command
            .args(["s_client", "-connect", &ground.address, "-CAfile"])
            .arg(ground.place.path("tls/cert.pem"));
        command.args(["-servername", "localhost", "-brief"]).args(options);
        let output = command.stdin(Stdio::null()).output().ok()?;
        let said =
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        Some((said.contains("CONNECTION ESTABLISHED"), said))
    };
    if connects(&[]).is_none() {
        println!("skipped: attack: openssl is not here; hellos written by hand only");
        return;
    }
    let cases: &[(&[&str], bool)] = &[
        (&["-tls1_3"], true),
        (&["-tls1_2"], true),
        (&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], false),
        (&["-tls1", "-cipher", "ALL:@SECLEVEL=0"], false),
        (&["-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"], true),
        (&["-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"], true),
        (&["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"], true),
        (&["-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256"], false),
        (&["-tls1_2", "-cipher", "ECDHE"], true),
        (&["-tls1_2", "-cipher", "AES128-GCM-SHA256:@SECLEVEL=0"], false),
        (&["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"], false),
        (&["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384:@SECLEVEL=0"], false),
        (&["-tls1_2", "-cipher", "DHE:@SECLEVEL=0"], false),
        (&["-tls1_2", "-cipher", "aNULL:@SECLEVEL=0"], false),
        (&["-tls1_2", "-cipher", "eNULL:@SECLEVEL=0"], false),
        (&["-tls1_2", "-cipher", "PSK:@SECLEVEL=0"], false),
        (&["-tls1_3", "-groups", "X25519"], true),
        (&["-tls1_3", "-groups", "P-256"], true),
        (&["-tls1_3", "-groups", "P-521"], false),
        (&["-tls1_3", "-groups", "ffdhe2048"], false),
        (&["-tls1_2", "-sigalgs", "ECDSA+SHA1:@SECLEVEL=0"], false),
    ];
    for (options, must) in cases {
        let (connected, said) = connects(options).unwrap();
        tally.judge(connected == *must, || format!("openssl {options:?}: {said}"));
    }
}

#[test]
fn what_sslyze_says_of_the_port() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/attack/scan.py");
    let ready = Command::new("python3").args(["-c", "import sslyze"]).output();
    if !ready.is_ok_and(|ready| ready.status.success()) {
        println!("skipped: attack: the Python package sslyze is not here (tests/tools.sh installs it)");
        return;
    }
    let ground = Ground::usual();
    let output = Command::new("python3").args([script, &ground.address]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let mut tally = Tally::default();
    let found: Vec<(String, bool, Value)> = serde_json::from_str(&said).unwrap();
    assert!(found.len() >= 12, "{said}");
    for (what, good, detail) in found {
        tally.judge(good, || format!("{what}: {detail}"));
    }
    ground.settle(&[]);
    tally.done(&SCAN);
}

/// Each check of the port as such; what it says of the certificate would be about the tester's own.
#[test]
fn what_testssl_says_of_the_port() {
    let here = Command::new("testssl").arg("--version").output();
    if !here.is_ok_and(|output| output.status.success()) {
        println!("skipped: attack: testssl is not here (Debian: apt-get install testssl.sh)");
        return;
    }
    if !full() {
        println!("skipped: attack: testssl's scan takes a minute: make attack");
        return;
    }
    let ground = Ground::usual();
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let mut scan = Command::new("testssl");
    // Protocols, suites, forward secrecy, preference, vulnerabilities, tolerance.
    scan.args([
        "--quiet",
        "--color",
        "0",
        "--warnings",
        "batch",
        "--nodns",
        "none",
        "-p",
        "-s",
        "-f",
        "-P",
        "-U",
        "-g",
    ]);
    let output =
        scan.arg("--jsonfile").arg(&report).arg(&ground.address).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let text = std::fs::read(&report).unwrap_or_else(|error| panic!("no report: {error}\n{said}"));
    let found: Vec<Value> = serde_json::from_slice(&text).unwrap();
    assert!(found.len() >= 40, "{} findings only:\n{said}", found.len());
    let mut tally = Tally::default();
    for finding in &found {
        let part = |name: &str| finding[name].as_str().unwrap_or_default();
        // About testssl's own openssl, and how long it took.
        if ["engine_problem", "scanTime"].contains(&part("id")) {
            continue;
        }
        let case = format!("{}: {}: {}", part("id"), part("severity"), part("finding"));
        if part("id") == "cipher_order" {
            // The scan's other findings say that all suites offered are so.
            tally.except(
                "every suite offered is ECDHE with AEAD, so whose order counts is the client's to say",
                case,
            );
            continue;
        }
        tally.judge(["OK", "INFO"].contains(&part("severity")), || case);
    }
    ground.settle(&[]);
    tally.done(&TESTSSL);
}
