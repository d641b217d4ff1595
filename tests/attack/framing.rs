//! Requests that two servers would read in two ways: llhttp's tests, http-garden's trophies, smuggler's mutations,
//! and our own with the refusal beside each.
//!
//! What holds for all of them: the publisher got exactly as many requests as callers got 204, each of them well
//! framed, and none of them is the smuggled one.

use std::collections::BTreeMap;

use serde_json::Value;

use super::corpora::{read, some};
use super::ground::Ground;
use super::line::Reply;
use super::tally::{FRAMING, GARDEN, LLHTTP, SMUGGLER, Tally};

/// Where a smuggled request would go: a route that exists, so that it would arrive.
const SMUGGLED: &str = "GET /own/answer HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Sends it, and holds what came back against what arrived.
fn consistent(ground: &Ground, bytes: &[u8]) -> Result<(Vec<Reply>, usize), String> {
    let said = ground.told(bytes)?;
    let arrived = ground.arrived()?;
    let passed = said.iter().filter(|reply| reply.status == 204).count();
    if passed != arrived.len() {
        let lines: Vec<_> = arrived.iter().map(|seen| seen.line().to_owned()).collect();
        return Err(format!("{passed} passed, but arrived: {lines:?}"));
    }
    let own = |reply: &Reply| reply.status == 204 || reply.code().starts_with("SLS-");
    if let Some(strange) = said.iter().find(|reply| !own(reply)) {
        return Err(format!("a reply that is not Sluis's: {strange:?}"));
    }
    Ok((said, arrived.len()))
}

/// The request line's target turned to a route that exists, and the headers without which it would be refused for
/// another reason than its framing.
fn turned(text: &str) -> Option<String> {
    let (line, rest) = text.split_once("\r\n")?;
    let words: Vec<&str> = line.split(' ').collect();
    let [method, target, version @ ("HTTP/1.1" | "HTTP/1.0")] = words.as_slice() else { return None };
    let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"].contains(method);
    // What is wrong with the target would go with it.
    if !target.starts_with('/') || !target.bytes().all(|b| b.is_ascii_graphic()) || !known {
        return None;
    }
    let low = rest.to_ascii_lowercase();
    let bodied = low.contains("content-length") || low.contains("transfer-encoding");
    let (method, target) = if bodied { ("POST", "/own/any") } else { ("GET", "/own/empty") };
    let mut extra = String::new();
    if !low.starts_with("host:") && !low.contains("\nhost:") {
        extra.push_str("Host: localhost\r\n");
    }
    if bodied && !low.contains("content-type") {
        extra.push_str("Content-Type: application/json\r\n");
    }
    // Whoever starts with a folded line means the request line; it stays there.
    Some(if rest.starts_with([' ', '\t']) {
        format!("{method} {target} {version}\r\n{rest}")
    } else {
        format!("{method} {target} {version}\r\n{extra}{rest}")
    })
}

/// llhttp writes its inputs so: lines end as HTTP's do, escapes stand for what cannot be seen.
fn unfolded(text: &str) -> String {
    unescaped(&text.replace("\\\n", "").replace('\n', "\r\n"))
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (said, taken) = match after.chars().next() {
            Some('r') => ('\r', 1),
            Some('n') => ('\n', 1),
            Some('t') => ('\t', 1),
            Some('f') => ('\u{c}', 1),
            Some('0') => ('\0', 1),
            Some('x') => match after.get(1..3).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                Some(byte) => (char::from(byte), 3),
                None => ('\\', 0),
            },
            Some('\\') => ('\\', 1),
            _ => ('\\', 0),
        };
        out.push(said);
        rest = &after[taken..];
    }
    out + rest
}

/// Characters are bytes here: what `\xNN` stood for is one byte.
fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for c in text.chars() {
        match u8::try_from(u32::from(c)) {
            Ok(byte) => out.push(byte),
            Err(_) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out
}

#[test]
fn requests_of_llhttp() {
    let Some(cases) = read::<Vec<Value>>("llhttp/cases.json") else { return };
    let ground = Ground::usual();
    let mut tally = Tally::default();
    let requests: Vec<Value> = cases
        .into_iter()
        .filter(|case| case["meta"]["type"].as_str().is_some_and(|kind| kind.starts_with("request")))
        .collect();
    for (number, case) in some(requests, 70).into_iter().enumerate() {
        let name = format!("{}: {}", case["file"].as_str().unwrap(), case["section"].as_str().unwrap());
        let text = unfolded(case["http"].as_str().unwrap());
        match consistent(&ground, &bytes(&text)) {
            Ok(_) => tally.pass(),
            Err(wrong) => tally.fail(format!("{name}, as it is: {wrong}")),
        }
        let Some(turned) = turned(&text) else { continue };
        let turned = bytes(&turned);
        match consistent(&ground, &turned) {
            Err(wrong) => tally.fail(format!("{name}, turned: {wrong}")),
            Ok((said, _)) if case["meta"]["type"] == "request" && case["expect_error"] == true => {
                // The last thing it says is a refusal of the framing, or nothing: the message never came whole.
                let framing = said.last().is_none_or(|last| last.status == 400);
                // llhttp's `Connection: close` forbids a second request; Sluis does not read it at all.
                let unread = said
                    .last()
                    .is_some_and(|last| last.head.to_ascii_lowercase().contains("connection: close"));
                match (framing, unread, excused(&name)) {
                    (true, _, _) => tally.pass(),
                    (_, _, Some(reason)) => tally.except(reason, name),
                    (_, true, _) => {
                        tally.except("what llhttp refuses stands behind the last request that is read", name)
                    }
                    _ => tally.fail(format!(
                        "{name}, turned: not refused as framing: {said:?} {}",
                        String::from_utf8_lossy(&turned)
                    )),
                }
            }
            Ok(_) => tally.pass(),
        }
        if number % 50 == 0 {
            ground.serves_on();
        }
    }
    ground.settle(&[]);
    tally.done(&LLHTTP);
}

/// What llhttp refuses and Sluis does not, rightly.
fn excused(name: &str) -> Option<&'static str> {
    let list: &[(&str, &str)] = &[(
        "No restart when keep-alive is off (1.0)",
        "after a request of HTTP/1.0 without keep-alive nothing more is read",
    )];
    list.iter().find(|(part, _)| name.contains(part)).map(|(_, reason)| *reason)
}

#[test]
fn trophies_of_the_garden() {
    let Some(payloads) = read::<Vec<String>>("http-garden/payloads.json") else { return };
    let ground = Ground::usual();
    let mut tally = Tally::default();
    for payload in payloads {
        let text = unescaped(&payload);
        for (how, text) in [("as it is", Some(text.clone())), ("turned", turned(&text))] {
            let Some(text) = text else { continue };
            match consistent(&ground, &bytes(&text)) {
                Ok(_) => tally.pass(),
                Err(wrong) => tally.fail(format!("{payload} {how}: {wrong}")),
            }
        }
    }
    ground.settle(&[]);
    tally.done(&GARDEN);
}

#[test]
fn transfer_encodings_of_smuggler() {
    let mutations =
        read::<BTreeMap<String, String>>("smuggler/te_mutations.json").unwrap_or_else(own_mutations);
    let ground = Ground::usual();
    let mut tally = Tally::default();
    let victim = "GET /own/empty HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (number, (name, head)) in some(mutations.into_iter().collect::<Vec<_>>(), 130).into_iter().enumerate()
    {
        // Two readings of one body: by its length it is one document, by its chunks another, with a request behind it.
        let honest = "{\"score\":1}".to_owned();
        let clte = format!("0\r\n\r\n{SMUGGLED}");
        let tecl = format!("b\r\n{honest}\r\n0\r\n\r\n");
        for (how, body, length) in [
            ("honest", &honest, honest.len()),
            ("CL.TE", &clte, clte.len()),
            ("TE.CL", &tecl, 3),
            ("both", &tecl, tecl.len()),
        ] {
            let filled = head
                .replace("__METHOD__", "POST")
                .replace("__ENDPOINT__?cb=__RANDOM__", "/own/any")
                .replace("__HOST__", "localhost")
                .replace("application/x-www-form-urlencoded; charset=UTF-8", "application/json")
                .replace("__REPLACE_CL__", &length.to_string());
            let request =
                [bytes(&filled), b"\r\n".to_vec(), body.clone().into_bytes(), victim.into()].concat();
            let said = ground.told(&request);
            let arrived = ground.arrived();
            let case = || format!("{name} {how}: {said:?} {arrived:?} {}", String::from_utf8_lossy(&request));
            let (Ok(said), Ok(arrived)) = (&said, &arrived) else {
                tally.fail(case());
                continue;
            };
            let passed = said.iter().filter(|reply| reply.status == 204).count();
            let smuggled = arrived.iter().any(|seen| seen.line().contains("/answer"));
            let strange = arrived.iter().any(|seen| !seen.body.is_empty() && seen.body != honest.as_bytes());
            let refused = said
                .first()
                .is_some_and(|first| first.status == 400 && said.len() == 1 && arrived.is_empty());
            // Let through only where the header is none that says how long a body is, and then by its length alone.
            let by_length = how == "honest" && passed == 2 && arrived.len() == 2;
            let by_length = by_length
                || (how != "honest" && passed <= 1 && said.first().is_some_and(|first| first.status == 422));
            // `Content-Encoding: chunked` says nothing of lengths: a coding that nobody knows, and then the victim.
            let by_length =
                by_length || (passed <= 1 && said.first().is_some_and(|first| first.status == 415));
            tally.judge(!smuggled && !strange && passed == arrived.len() && (refused || by_length), case);
        }
        if number % 100 == 0 {
            ground.serves_on();
        }
    }
    ground.settle(&[]);
    tally.done(&SMUGGLER);
}

/// Where the corpora are not: a few spellings of our own.
fn own_mutations() -> BTreeMap<String, String> {
    let lines = [
        "Transfer-Encoding: chunked",
        "Transfer-Encoding : chunked",
        " Transfer-Encoding: chunked",
        "Transfer-Encoding:chunked",
        "Transfer-Encoding:\tchunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: \"chunked\"",
        "Transfer_Encoding: chunked",
        "Transfer Encoding: chunked",
        "X: y\rTransfer-Encoding: chunked",
        "X: y\nTransfer-Encoding: chunked",
        "Transfer-Encoding\r\n: chunked",
        "Transfer-Encoding:\r\n chunked",
        "TRANSFER-ENCODING: cHuNkEd",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: chunk\u{17f}",
        "Transfer-Encoding\u{a0}: chunked",
        "\u{b}Transfer-Encoding: chunked",
        "Transfer-Encoding: chunked\0",
    ];
    let head = |line: &str| {
        format!(
            "__METHOD__ __ENDPOINT__?cb=__RANDOM__ HTTP/1.1\r\n{line}\r\nHost: __HOST__\r\nContent-Type: application/json\r\nContent-Length: __REPLACE_CL__\r\n"
        )
    };
    lines.iter().map(|line| (format!("own {line:?}"), head(line))).collect()
}

/// Bodies and heads of our own: what is sent after `POST /own/any HTTP/1.1\r\nHost: localhost\r\nContent-Type: …`, and
/// the statuses that must come back, first to last.
fn own() -> Vec<(String, Vec<u16>)> {
    let good = "Content-Length: 11\r\n\r\n{\"score\":1}";
    let chunked = "Transfer-Encoding: chunked\r\n\r\nb\r\n{\"score\":1}\r\n0\r\n\r\n";
    let mut all: Vec<(String, Vec<u16>)> = vec![
        (good.into(), vec![204]),
        (chunked.into(), vec![204]),
        (chunked.replace("chunked", "CHUNKED"), vec![204]),
        (chunked.replace("b\r\n{", "B\r\n{"), vec![204]),
        (chunked.replace("b\r\n{", "00b;a=b\r\n{"), vec![204]),
        (format!("{good}GET /own/empty HTTP/1.1\r\nHost: localhost\r\n\r\n"), vec![204, 204]),
        (format!("Connection: close\r\n{good}GET /own/empty HTTP/1.1\r\nHost: localhost\r\n\r\n"), vec![204]),
        (format!("Expect: 100-continue\r\n{good}"), vec![204]),
    ];
    for head in [
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Content-Length: 11",
        "Content-Length: 12",
        "Content-Length : 11",
        "Content-Length: 0",
        " Content-Length: 11",
        "Content-Length:\t11\r\nContent-Length: 11",
        "Host: localhost",
        "Host: evil.example",
        "Content_Length: 11",
        "X_Y: 1",
        "Upgrade: h2c",
        "Upgrade: websocket",
        "HTTP2-Settings: AAA",
        "Trailer: X",
        "Expect: 200-ok",
        "Connection: content-length",
        "Connection: host",
        "Connection: close, authorization",
        "X: a\rb",
        "X: a\0b",
        "X: a\nb",
        "X",
        ": x",
        "X y: 1",
        "X\t: 1",
        "(x): 1",
        "Transfer-Encoding: identity",
        "Transfer-Encoding:",
        "TE: gzip\r\nTransfer-Encoding: x",
        "X: \u{7f}",
        "X: a\u{c}",
        "X: \u{c}a",
        "X: \u{b}a",
        "Transfer-Encoding: \u{c}chunked",
    ] {
        all.push((format!("{head}\r\n{good}"), vec![400]));
    }
    for body in [
        "b;\r\n{\"score\":1}\r\n0\r\n\r\n",
        "b\n{\"score\":1}\r\n0\r\n\r\n",
        "0xb\r\n{\"score\":1}\r\n0\r\n\r\n",
        "+b\r\n{\"score\":1}\r\n0\r\n\r\n",
        "-1\r\n\r\n",
        "b \r\n{\"score\":1}\r\n0\r\n\r\n",
        " b\r\n{\"score\":1}\r\n0\r\n\r\n",
        "b\r\n{\"score\":1}0\r\n\r\n",
        "b\r\n{\"score\":1}\n0\r\n\r\n",
        "b\r\n{\"score\":1}\r\n0\r\nX: y\r\n\r\n",
        "b\r\n{\"score\":1}\r\n0\r\n0\r\n\r\n",
        "ffffffffffffffffb\r\n{\"score\":1}\r\n0\r\n\r\n",
        "b;a=\"\r\n{\"score\":1}\r\n0\r\n\r\nx",
        "b;a=b\nc\r\n{\"score\":1}\r\n0\r\n\r\n",
        "b\r\r\n{\"score\":1}\r\n0\r\n\r\n",
        "b\r\n{\"score\":1}\r\n0\n\n",
        "b\r\n{\"score\":1}\r\n0\r\n",
        "b\r\n{\"score\"",
        "\r\nb\r\n{\"score\":1}\r\n0\r\n\r\n",
    ] {
        all.push((format!("Transfer-Encoding: chunked\r\n\r\n{body}"), vec![400]));
    }
    all.push((
        format!("Transfer-Encoding: chunked\r\n\r\nb;{}\r\n{{\"score\":1}}\r\n0\r\n\r\n", "a".repeat(4096)),
        vec![400],
    ));
    all.push((format!("X: {}\r\n{good}", "a".repeat(16 * 1024)), vec![400]));
    all.push((format!("{}{good}", "X: a\r\n".repeat(200)), vec![400]));
    for (coding, status) in [
        ("x", 415),
        ("gzip", 415),
        ("gzip, gzip", 415),
        ("br", 415),
        ("aes128gcm", 415),
        ("identity", 204),
        ("*", 415),
        ("gzip;q=1", 415),
    ] {
        all.push((format!("Content-Encoding: {coding}\r\n{good}"), vec![status]));
    }
    all.push(("Content-Length: 99999999\r\n\r\n{".into(), vec![413]));
    all.push(("Content-Length: 999999999999999999999\r\n\r\n{".into(), vec![400]));
    all.push(("Transfer-Encoding: chunked\r\n\r\nfffffff\r\n{".into(), vec![400]));
    all
}

/// Whole requests of our own, and the statuses.
const WHOLE: &[(&str, &[u16])] = &[
    ("GET /own/empty HTTP/1.0\r\nHost: localhost\r\n\r\n", &[204]),
    ("GET /own/empty HTTP/1.1\r\n\r\n", &[400]),
    ("GET  /own/empty HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("GET /own/empty  HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("GET\t/own/empty\tHTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("get /own/empty HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("GET /own/empty HTTP/1.2\r\nHost: localhost\r\n\r\n", &[400]),
    ("GET /own/empty HTTP/2.0\r\nHost: localhost\r\n\r\n", &[400]),
    ("GET /own/empty http/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("GET /own/empty\r\n\r\n", &[400]),
    ("\r\nGET /own/empty HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("GET /own/empty HTTP/1.1\nHost: localhost\n\n", &[400]),
    ("GET /own/empty HTTP/1.1\r\nHost: localhost\n\r\n", &[400]),
    ("GET /own/empty HTTP/1.1\r\nHost: a, b\r\n\r\n", &[400]),
    ("GET /own/empty HTTP/1.1\r\nHost: user@localhost\r\n\r\n", &[400]),
    ("GET /own/empty HTTP/1.1\r\nHost: localhost:x\r\n\r\n", &[400]),
    ("GET /own/empty HTTP/1.1\r\nHost:\r\n\r\n", &[400]),
    ("GET http://evil.example/own/empty HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("TRACE /own/empty HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[400]),
    ("DELETE /own/empty HTTP/1.1\r\nHost: localhost\r\n\r\n", &[405]),
    ("GET /own/empty HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi", &[415]),
    ("GET /own/empty HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-1\r\n\r\n", &[422]),
    ("GET /own/empty HTTP/1.1\r\nHost: localhost\r\nIf-Range: x\r\n\r\n", &[422]),
];

#[test]
fn requests_of_our_own() {
    let ground = Ground::usual();
    let mut tally = Tally::default();
    let start = "POST /own/any HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let mut all: Vec<(Vec<u8>, Vec<u16>)> =
        own().into_iter().map(|(rest, statuses)| (bytes(&format!("{start}{rest}")), statuses)).collect();
    all.extend(WHOLE.iter().map(|(request, statuses)| (bytes(request), statuses.to_vec())));
    for (request, statuses) in all {
        let shown: String = String::from_utf8_lossy(&request).chars().take(300).collect();
        match consistent(&ground, &request) {
            Ok((said, _)) => {
                let got: Vec<u16> = said.iter().map(|reply| reply.status).collect();
                tally.judge(got == statuses, || format!("{got:?}, not {statuses:?}: {shown:?}"));
            }
            Err(wrong) => tally.fail(format!("{wrong}: {shown:?}")),
        }
        // A byte at a time it is the same request.
        if request.len() < 400 {
            let mut line = ground.line();
            for byte in &request {
                if !line.say(&[*byte]) {
                    break;
                }
            }
            line.finish();
            let heard = line.hear(std::time::Duration::from_secs(15));
            let got = super::line::replies(&heard.bytes, false)
                .map(|said| said.iter().map(|r| r.status).collect::<Vec<_>>());
            let _ = ground.arrived();
            tally.judge(got.as_ref().is_ok_and(|got| *got == statuses), || {
                format!("slowly {got:?}, not {statuses:?}: {shown:?}")
            });
        }
    }
    ground.settle(&[]);
    tally.done(&FRAMING);
}
