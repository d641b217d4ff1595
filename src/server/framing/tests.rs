//! The hostile cases of PROMISES.md against the follower alone, and the public corpora.

use std::path::Path;

use bytes::BytesMut;
use proptest::prelude::*;

use super::follow::{Bounds, Follower, Step};

const BOUNDS: Bounds =
    Bounds { head_bytes: 4096, line_bytes: 1024, header_lines: 16, chunk_extension_bytes: 64 };

/// What came through, and how it ended.
#[derive(Debug, Default)]
struct Outcome {
    heads: usize,
    whole: usize,
    passed: Vec<u8>,
    fault: Option<&'static str>,
}

/// Equal when the same came through; of two faults in one head, either may be named first.
impl PartialEq for Outcome {
    fn eq(&self, other: &Self) -> bool {
        (self.heads, self.whole, &self.passed, self.fault.is_some())
            == (other.heads, other.whole, &other.passed, other.fault.is_some())
    }
}

fn follow(bytes: &[u8], piece: usize) -> Outcome {
    let mut follower = Follower::new(BOUNDS);
    let mut outcome = Outcome::default();
    let mut inbound = BytesMut::new();
    for part in bytes.chunks(piece.max(1)) {
        inbound.extend_from_slice(part);
        loop {
            match follower.step(&mut inbound) {
                Step::Head { bytes, line } => {
                    assert!(!bytes[..line].contains(&b'\n'));
                    outcome.heads += 1;
                    outcome.passed.extend_from_slice(&bytes);
                }
                Step::Body(bytes) => outcome.passed.extend_from_slice(&bytes),
                Step::More => break,
                Step::BadHead(wrong) | Step::BadBody(wrong) => {
                    outcome.fault = Some(wrong);
                    return outcome;
                }
            }
            outcome.whole += usize::from(follower.is_between());
        }
    }
    outcome
}

fn refused(bytes: impl AsRef<[u8]>) -> &'static str {
    let bytes = bytes.as_ref();
    let outcome = follow(bytes, usize::MAX);
    assert_eq!(outcome, follow(bytes, 1), "{:?}", String::from_utf8_lossy(bytes));
    outcome.fault.unwrap_or_else(|| panic!("accepted: {:?} {outcome:?}", String::from_utf8_lossy(bytes)))
}

fn accepted(bytes: &str) -> Outcome {
    let outcome = follow(bytes.as_bytes(), usize::MAX);
    assert_eq!(outcome, follow(bytes.as_bytes(), 1), "{bytes:?}");
    assert_eq!(outcome.fault, None, "{bytes:?}");
    assert_eq!(outcome.heads, outcome.whole, "{bytes:?}");
    outcome
}

/// A request with these further header lines.
fn with(lines: &str) -> String {
    format!("POST /a HTTP/1.1\r\nHost: school.example\r\n{lines}\r\n")
}

#[test]
fn plain_requests_pass_unchanged() {
    let body = "Content-Length: 5\r\n";
    let chunked = "Transfer-Encoding: chunked\r\n";
    for bytes in [
        with(""),
        with("Accept: */*\r\nX: \u{e9}\r\nEmpty:\r\nConnection: keep-alive, close\r\n"),
        with(body) + "hello",
        with("Expect: 100-continue\r\nContent-Length: 0\r\n"),
        with(chunked) + "5\r\nhello\r\n00A\r\n0123456789\r\n0\r\n\r\n",
        with(body) + "hello" + &with(chunked) + "1\r\n\n\r\n0\r\n\r\n" + &with(""),
        "GET /a?b=%20[c]|{d} HTTP/1.0\r\nHost: [::1]:8443\r\n\r\n".to_owned(),
    ] {
        assert_eq!(accepted(&bytes).passed, bytes.as_bytes());
    }
    assert_eq!(accepted(&(with("") + &with(body) + "hello")).heads, 2);
}

#[test]
fn a_form_feed_is_no_white_space() {
    for line in [
        "X: a\u{c}\r\n",
        "X: \u{c}a\r\n",
        "Content-Length: \u{c}5\r\n",
        "Transfer-Encoding: chunked\u{c}\r\n",
    ] {
        refused(with(line) + "hello");
    }
}

#[test]
fn chunk_extensions_are_checked_and_dropped() {
    let head = with("Transfer-Encoding: chunked\r\n");
    let outcome = accepted(&(head.clone() + "2;a=\"b\"\r\nhi\r\n0;x\r\n\r\n"));
    assert_eq!(outcome.passed, (head.clone() + "2\r\nhi\r\n0\r\n\r\n").as_bytes());
    refused(head.clone() + "2;a\nhi\r\n0\r\n\r\n");
    refused(head.clone() + "2;a\rb\r\nhi\r\n0\r\n\r\n");
    refused(head.clone() + "2 ;a\r\nhi\r\n0\r\n\r\n");
    // A quoted string that does not end: for others the line would not end either.
    refused(head.clone() + "2;a=\"\r\nhi\r\n0\r\n\r\n");
    refused(head.clone() + "2;a=\"\\\"\r\nhi\r\n0\r\n\r\n");
    refused(head.clone() + &format!("2;{}\r\nhi\r\n0\r\n\r\n", "a".repeat(65)));
    // Many short ones count together.
    refused(head + &"1;aaaaaaaaa\r\nx\r\n".repeat(8));
}

#[test]
fn malformed_chunks_are_refused() {
    let head = with("Transfer-Encoding: chunked\r\n");
    for body in [
        "0x5\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "-1\r\n",
        " 5\r\nhello\r\n",
        "5 \r\nhello\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "0_2e\r\n\r\n",
        "\r\n",
        "g\r\n",
        "FFFFFFFFFFFFFFFF\r\n",
        "10000000000000005\r\nhello\r\n",
        "00000000000000005\r\nhello\r\n",
        "0\r\nTrailer: yes\r\n\r\n",
        "0\r\nHost: other\r\n\r\n",
        "0\r\nX\r\n\r\n",
        "0\r\n\n",
        "0\r\n\r\r\n",
        "5;\0\r\nhello\r\n",
    ] {
        refused(head.clone() + body);
    }
}

#[test]
fn two_lengths_have_no_meaning() {
    for lines in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length:\r\n",
        "Content-Length: 010\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked;a=b\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding:\u{b}chunked\r\n",
    ] {
        refused(with(lines));
    }
    refused("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

#[test]
fn malformed_heads_are_refused() {
    for lines in [
        "Host: school.example\r\n",
        "Transfer_Encoding: chunked\r\n",
        "X_Y: 1\r\n",
        "X Y: 1\r\n",
        "X : 1\r\n",
        "X\t: 1\r\n",
        ": 1\r\n",
        "X\r\n",
        "X: 1\r\n folded\r\n",
        "X: 1\r\n\tfolded\r\n",
        "X: a\rb\r\n",
        "X: a\nY: b\r\n",
        "X: a\0b\r\n",
        "X: a\u{7f}\r\n",
        "X: a\u{1}\r\n",
        "X\u{e9}: a\r\n",
        "Upgrade: websocket\r\nConnection: Upgrade\r\n",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n",
        "Connection: close, Host\r\n",
        "Connection: Authorization\r\n",
        "Trailer: X\r\n",
        "Expect: 200-ok\r\n",
        "Expect: 100-continue, other\r\n",
    ] {
        refused(with(lines));
    }
    refused(with(&format!("X: {}\r\n", "a".repeat(1100))));
    refused(with(&"X: a\r\n".repeat(17)));
    refused(with(&format!("X: {}\r\n", "a".repeat(900)).repeat(6)));
    refused("A".repeat(2000));
    refused(format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(1100)));
}

#[test]
fn malformed_request_lines_are_refused() {
    for line in [
        "GET / HTTP/1.1\nHost: a",
        "GET  / HTTP/1.1\r\nHost: a",
        "GET /\tHTTP/1.1\r\nHost: a",
        "GET / HTTP/1.1 \r\nHost: a",
        " GET / HTTP/1.1\r\nHost: a",
        "\r\nGET / HTTP/1.1\r\nHost: a",
        "GET /\r\nHost: a",
        "GET / HTTP/1.2\r\nHost: a",
        "GET / HTTP/2.0\r\nHost: a",
        "GET / http/1.1\r\nHost: a",
        "get / HTTP/1.1\r\nHost: a",
        "TRACE / HTTP/1.1\r\nHost: a",
        "CONNECT a:443 HTTP/1.1\r\nHost: a:443",
        "OPTIONS * HTTP/1.1\r\nHost: a",
        "GET http://a/ HTTP/1.1\r\nHost: a",
        "GET http://b/ HTTP/1.1\r\nHost: a",
        "GET a HTTP/1.1\r\nHost: a",
        "GET /a#b HTTP/1.1\r\nHost: a",
        "GET /a\\b HTTP/1.1\r\nHost: a",
        "GET /a\u{0}b HTTP/1.1\r\nHost: a",
        "GET /\u{e9} HTTP/1.1\r\nHost: a",
        "PRI * HTTP/2.0\r\n\r\nSM",
        "GET / HTTP/1.1\r\nX: no host",
        "GET / HTTP/1.0\r\nX: no host",
        "GET / HTTP/1.1\r\nHost:",
        "GET / HTTP/1.1\r\nHost: a, b",
        "GET / HTTP/1.1\r\nHost: a b",
        "GET / HTTP/1.1\r\nHost: u@a",
        "GET / HTTP/1.1\r\nHost: a:",
        "GET / HTTP/1.1\r\nHost: a:b",
        "GET / HTTP/1.1\r\nHost: a/b",
        "GET / HTTP/1.1\r\nHost: [::1",
        "GET / HTTP/1.1\r\nHost: a:123456",
    ] {
        refused(format!("{line}\r\n\r\n"));
    }
}

#[test]
fn nothing_is_read_behind_a_fault() {
    let outcome = follow((with("X : 1\r\n") + &with("")).as_bytes(), usize::MAX);
    assert_eq!((outcome.heads, outcome.passed.len()), (0, 0));
}

proptest! {
    #[test]
    fn pieces_do_not_matter(bytes in "(POST /a HTTP/1.1\r\nHost: a\r\n(Content-Length: 3\r\n|Transfer-Encoding: chunked\r\n|X: y\r\n|X : y\r\n){0,2}\r\n(abc|1\r\na\r\n0\r\n\r\n|3;a\r\nabc\r\n0\r\n\r\n|\r|\n){0,2}){1,3}", piece in 1_usize..20) {
        prop_assert_eq!(follow(bytes.as_bytes(), piece), follow(bytes.as_bytes(), usize::MAX));
    }

    #[test]
    fn any_bytes_end_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), piece in 1_usize..20) {
        let outcome = follow(&bytes, piece);
        // What was passed on begins with what was understood, and is never more than what came.
        prop_assert!(outcome.passed.len() <= bytes.len());
    }
}

/// The corpora stand beside the project and are not part of it.
pub(crate) fn corpus(file: &str) -> Option<serde_json::Value> {
    let places =
        [Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"), "/work/shared/corpora".into()];
    let path = places.iter().map(|place| place.join(file)).find(|path| path.exists());
    let Some(path) = path else {
        println!("skipped: {file} is not there");
        return None;
    };
    Some(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
}

/// `\r`, `\n`, `\t`, `\0`, `\xHH` and `\\` as bytes.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let [kind, tail @ ..] = rest else { break };
        rest = tail;
        match kind {
            b'r' => bytes.push(b'\r'),
            b'n' => bytes.push(b'\n'),
            b't' => bytes.push(b'\t'),
            b'0' => bytes.push(0),
            b'x' => {
                let digits = std::str::from_utf8(&rest[..2]).unwrap();
                bytes.push(u8::from_str_radix(digits, 16).unwrap());
                rest = &rest[2..];
            }
            other => bytes.push(*other),
        }
    }
    bytes
}

/// The payloads of one corpus, as bytes.
pub(crate) fn payloads(which: &str, cases: &serde_json::Value) -> Vec<Vec<u8>> {
    match which {
        "smuggler" => {
            cases.as_object().unwrap().values().map(|case| mutation(case.as_str().unwrap())).collect()
        }
        "garden" => cases.as_array().unwrap().iter().map(|case| unescape(case.as_str().unwrap())).collect(),
        _ => cases.as_array().unwrap().iter().map(llhttp_case).collect(),
    }
}

fn llhttp_case(case: &serde_json::Value) -> Vec<u8> {
    unescape(&case["http"].as_str().unwrap().replace('\n', "\r\n"))
}

/// A request that is 5 bytes long by one header and ends at once by the other.
fn mutation(template: &str) -> Vec<u8> {
    let head = template
        .replace("__METHOD__", "POST")
        .replace("__ENDPOINT__", "/a")
        .replace("__RANDOM__", "1")
        .replace("__HOST__", "school.example")
        .replace("__REPLACE_CL__", "5");
    // In the file each char stands for one byte.
    let mut bytes: Vec<u8> = head.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    bytes.extend_from_slice(b"\r\n0\r\n\r\n");
    bytes
}

#[test]
fn smuggler_mutations_never_pass() {
    let Some(cases) = corpus("smuggler/te_mutations.json") else { return };
    let mut passed = Vec::new();
    for (name, template) in cases.as_object().unwrap() {
        let bytes = mutation(template.as_str().unwrap());
        let outcome = follow(&bytes, usize::MAX);
        assert_eq!(outcome, follow(&bytes, 1), "{name}");
        if outcome.fault.is_none() {
            passed.push(name.clone());
        }
    }
    // `Content-Encoding: chunked` frames nothing; the gateway refuses it as an unknown coding.
    assert_eq!(passed, ["contentEnc"]);
}

#[test]
fn http_garden_payloads_have_one_meaning_or_none() {
    let Some(cases) = corpus("http-garden/payloads.json") else { return };
    for case in cases.as_array().unwrap() {
        let bytes = unescape(case.as_str().unwrap());
        let outcome = follow(&bytes, usize::MAX);
        assert_eq!(outcome, follow(&bytes, 1), "{case}");
        // Every payload wants to be two requests for somebody. None is two for Sluis.
        assert!(outcome.whole <= 1, "{case}");
    }
}

#[test]
fn llhttp_errors_are_errors_here_too() {
    let Some(cases) = corpus("llhttp/cases.json") else { return };
    let mut looked_at = 0;
    for case in cases.as_array().unwrap() {
        if case["meta"]["type"] != "request" {
            continue;
        }
        let bytes = llhttp_case(case);
        let outcome = follow(&bytes, usize::MAX);
        assert_eq!(outcome, follow(&bytes, 1), "{case}");
        looked_at += 1;
        if case["expect_error"] == true && outcome.fault.is_none() {
            // Well-formed, but of another protocol: the profile does not list that method.
            assert!(outcome.heads == 0 || bytes.starts_with(b"ANNOUNCE "), "{case}");
        }
    }
    assert!(looked_at > 50, "{looked_at}");
}
