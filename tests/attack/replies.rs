//! Replies that break HTTP: whatever the publisher says, its caller gets one whole reply of Sluis's, and nothing of
//! one reply is taken for the next.

use serde_json::Value;

use super::corpora::read;
use super::ground::Ground;
use super::outside::Answer;
use super::tally::{REPLIES, Tally};

const GOOD: &str = "Content-Type: application/json\r\n";

/// Our own, and whether the caller may get a 200.
fn own() -> Vec<(String, bool)> {
    let body = "{\"score\":7}";
    let ok = |rest: &str| format!("HTTP/1.1 200 OK\r\n{GOOD}{rest}");
    let mut all = vec![
        (ok(&format!("Content-Length: 11\r\n\r\n{body}")), true),
        (ok(&format!("Transfer-Encoding: chunked\r\n\r\nb\r\n{body}\r\n0\r\n\r\n")), true),
        (ok(&format!("Connection: close\r\n\r\n{body}")), true),
        (
            format!(
                "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n{}",
                ok(&format!("Content-Length: 11\r\n\r\n{body}"))
            ),
            true,
        ),
    ];
    for wrong in [
        "Content-Length: 11\r\nContent-Length: 12\r\n\r\n{\"score\":7}",
        "Content-Length: -1\r\n\r\n{\"score\":7}",
        "Content-Length: 12\r\n\r\n{\"score\":7}",
        "Content-Length: x\r\n\r\n{\"score\":7}",
        "Transfer-Encoding: chunked\r\n\r\nb\r\n{\"score\":7}\r\n",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n{\"score\":7}\r\n0\r\n\r\n",
        "Transfer-Encoding: gzip\r\n\r\n{\"score\":7}",
        "Content-Encoding: gzip\r\nContent-Length: 11\r\n\r\n{\"score\":7}",
        "Content-Encoding: x\r\nContent-Length: 11\r\n\r\n{\"score\":7}",
        "Content-Length: 11\r\nX: \u{1}\r\n\r\n{\"score\":7}",
        "Content-Range: bytes 0-1/2\r\nContent-Length: 11\r\n\r\n{\"score\":7",
        "X y: 1\r\nContent-Length: 11\r\n\r\n{\"score\":7}",
    ] {
        all.push((ok(wrong), false));
    }
    for wrong in [
        "",
        "\r\n",
        "HTTP/1.1",
        "HTTP/1.1 200",
        "HTTP/1.1 99 X\r\n\r\n",
        "HTTP/1.1 20 X\r\n\r\n",
        "HTTP/1.1 2000 X\r\n\r\n",
        "HTTP/3.0 200 OK\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        "<html>",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
        "HTTP/1.1 206 Partial\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        all.push((wrong.to_owned(), false));
    }
    all.push((format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "a".repeat(1 << 20)), false));
    all.push((format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: a\r\n".repeat(5000)), false));
    all.push(("HTTP/1.1 100 Continue\r\n\r\n".repeat(20_000), false));
    all.push((ok(&format!("Connection: close\r\n\r\n{}", " ".repeat(9 << 20))), false));
    all
}

fn text(case: &Value) -> String {
    let http = case["http"].as_str().unwrap();
    http.replace("\\\n", "")
        .replace('\n', "\r\n")
        .replace("\\r", "\r")
        .replace("\\n", "\n")
        .replace("\\t", "\t")
}

#[test]
fn replies_that_break_http() {
    let ground = Ground::usual();
    let mut tally = Tally::default();
    let mut all: Vec<(String, Vec<u8>, Option<bool>)> = Vec::new();
    for (reply, good) in own() {
        all.push(("own".to_owned(), reply.into_bytes(), Some(good)));
    }
    for case in read::<Vec<Value>>("llhttp/cases.json").unwrap_or_default() {
        if case["meta"]["type"].as_str().is_some_and(|kind| kind.starts_with("response")) {
            let name = format!("{}: {}", case["file"].as_str().unwrap(), case["section"].as_str().unwrap());
            all.push((name, text(&case).into_bytes(), None));
        }
    }
    let request = "GET /own/answer HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (name, reply, good) in all {
        let shown: String = String::from_utf8_lossy(&reply).chars().take(200).collect();
        // What stands behind the first reply would be the answer to somebody else's question.
        let poison =
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"score\":666}";
        for (how, bytes) in [("alone", reply.clone()), ("poisoned", [reply.as_slice(), poison].concat())] {
            ground.publisher.say(Some(Answer { bytes, hang_up: true }));
            let said = ground.told(request.as_bytes());
            ground.publisher.say(None);
            let arrived = ground.arrived();
            let whole = matches!(&said, Ok(said) if said.len() == 1)
                && arrived.as_ref().is_ok_and(|seen| (1..=2).contains(&seen.len()));
            let status = said.as_ref().ok().and_then(|said| said.first()).map_or(0, |first| first.status);
            let right = match (good, how) {
                (Some(true), _) => how == "poisoned" || status == 200,
                (Some(false), "alone") => status != 200,
                _ => true,
            };
            tally.judge(whole && right, || format!("{name} {how}: {said:?} {arrived:?} {shown:?}"));
            // A fresh exchange is answered by its own reply.
            let after = ground.told(b"GET /own/empty HTTP/1.1\r\nHost: localhost\r\n\r\n");
            let _ = ground.arrived();
            tally.judge(matches!(&after, Ok(said) if said.len() == 1 && said[0].status == 204), || {
                format!("after {name} {how}: {after:?} {shown:?}")
            });
        }
    }
    ground.settle(&[]);
    tally.done(&REPLIES);
}
