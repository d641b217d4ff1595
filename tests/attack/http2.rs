//! HTTP/2, frame by frame (RFC 9113), with heads in HPACK without Huffman (RFC 7541): conversations that mean two
//! things, and floods.

use std::time::{Duration, Instant};

use super::ground::{Ground, Wishes};
use super::line::Line;
use super::tally::{FLOODS, HTTP2, Tally};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// Kinds of frames, and flags.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const PRIORITY: u8 = 2;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
    bytes.extend_from_slice(&[kind, flags]);
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

fn integer(prefix: u32, first: u8, mut value: usize) -> Vec<u8> {
    let most = (1_usize << prefix) - 1;
    if value < most {
        return vec![first | u8::try_from(value).unwrap()];
    }
    let mut out = vec![first | u8::try_from(most).unwrap()];
    value -= most;
    while value >= 128 {
        out.push(u8::try_from(value % 128).unwrap() | 128);
        value /= 128;
    }
    out.push(u8::try_from(value).unwrap());
    out
}

fn string(text: &[u8]) -> Vec<u8> {
    [integer(7, 0, text.len()), text.to_vec()].concat()
}

/// Fields as literals that no table keeps.
fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let field =
        |(name, value): &(&str, &str)| [vec![0], string(name.as_bytes()), string(value.as_bytes())].concat();
    fields.iter().flat_map(field).collect()
}

const GET: [(&str, &str); 4] =
    [(":method", "GET"), (":scheme", "https"), (":path", "/own/empty"), (":authority", "localhost")];
const POST: [(&str, &str); 5] = [
    (":method", "POST"),
    (":scheme", "https"),
    (":path", "/own/any"),
    (":authority", "localhost"),
    ("content-type", "application/json"),
];
const BODY: &[u8] = b"{\"score\":1}";

fn get(stream: u32, more: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, END_STREAM | END_HEADERS, stream, &block(&[&GET[..], more].concat()))
}

fn post(stream: u32, more: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    [
        frame(HEADERS, END_HEADERS, stream, &block(&[&POST[..], more].concat())),
        frame(DATA, END_STREAM, stream, body),
    ]
    .concat()
}

/// What the server said about one conversation.
#[derive(Debug, Default)]
struct Told {
    /// Statuses of all streams, in the order in which they came.
    statuses: Vec<u16>,
    /// Error codes of streams, and of the connection.
    resets: Vec<u32>,
    goaway: Option<u32>,
    ended: bool,
}

/// The status of a reply's head. Sluis sends it first: indexed, or as a literal whose name is indexed.
fn status(block: &[u8]) -> Option<u16> {
    // A change of the table's size stands before everything.
    let rest = block.iter().position(|byte| byte & 0xe0 != 0x20).map(|at| &block[at..])?;
    let known = [200, 204, 206, 304, 400, 404, 500];
    match rest {
        [first @ 0x88..=0x8e, ..] => known.get(usize::from(first - 0x88)).copied(),
        [name, length, text @ ..] if matches!(name & 0x0f, 8..=14) || name & 0x3f >= 8 => {
            let text = text.get(..usize::from(length & 0x7f))?;
            if length & 0x80 == 0 {
                return std::str::from_utf8(text).ok()?.parse().ok();
            }
            // Digits in Huffman's code: 0, 1, 2 take five bits, the others six.
            let bits: String = text.iter().map(|byte| format!("{byte:08b}")).collect();
            let (mut at, mut value) = (0, 0_u16);
            while bits.len() - at >= 5 && !bits[at..].chars().all(|bit| bit == '1') {
                let (digit, taken) = match &bits[at..at + 5] {
                    "00000" => (0, 5),
                    "00001" => (1, 5),
                    "00010" => (2, 5),
                    _ => (u16::from_str_radix(bits.get(at..at + 6)?, 2).ok()?.checked_sub(22)?, 6),
                };
                value = value * 10 + digit;
                at += taken;
            }
            Some(value)
        }
        _ => None,
    }
}

struct Talk {
    line: Line,
    inbound: Vec<u8>,
    told: Told,
}

impl Talk {
    fn open(ground: &Ground) -> Self {
        Self::with(ground, &frame(SETTINGS, 0, 0, &[]))
    }

    fn with(ground: &Ground, first: &[u8]) -> Self {
        let mut line = Line::open(&ground.address, &ground.http2).unwrap();
        line.say(&[PREFACE, first].concat());
        Self { line, inbound: Vec::new(), told: Told::default() }
    }

    /// Reads until so many answers are there (replies and resets), the connection ends, or patience does.
    fn wait(&mut self, answers: usize, patience: Duration) {
        let end = Instant::now() + patience;
        while self.told.statuses.len() + self.told.resets.len() < answers && !self.told.ended {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            match self.line.piece(left) {
                None => self.told.ended = true,
                Some(bytes) => self.inbound.extend_from_slice(&bytes),
            }
            self.understand();
        }
    }

    fn understand(&mut self) {
        while self.inbound.len() >= 9 {
            let length = u32::from_be_bytes([0, self.inbound[0], self.inbound[1], self.inbound[2]]) as usize;
            if self.inbound.len() < 9 + length {
                return;
            }
            let whole: Vec<u8> = self.inbound.drain(..9 + length).collect();
            let (kind, flags, payload) = (whole[3], whole[4], &whole[9..]);
            let code =
                |at: usize| payload.get(at..at + 4).map(|code| u32::from_be_bytes(code.try_into().unwrap()));
            match kind {
                HEADERS => self.told.statuses.extend(status(payload)),
                RESET => self.told.resets.extend(code(0)),
                GOAWAY => self.told.goaway = code(4),
                SETTINGS if flags & 1 == 0 => {
                    self.line.say(&frame(SETTINGS, 1, 0, &[]));
                }
                PING if flags & 1 == 0 => {
                    self.line.say(&frame(PING, 1, 0, payload));
                }
                _ => {}
            }
        }
    }
}

/// What must come of a conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Must {
    /// 204, and one request upstream for each.
    Pass(usize),
    /// A refusal, a reset or the end of the connection; nobody is asked.
    Refuse,
    /// The first passes, the rest is refused.
    PassOnce,
}

fn conversations() -> Vec<(String, Vec<u8>, Must)> {
    use Must::{Pass, PassOnce, Refuse};
    let heads = |fields: &[(&str, &str)]| frame(HEADERS, END_STREAM | END_HEADERS, 1, &block(fields));
    let without = |name: &str| GET.into_iter().filter(|(own, _)| *own != name).collect::<Vec<_>>();
    let with = |name: &str, value: &'static str| {
        GET.into_iter().map(|(own, old)| (own, if own == name { value } else { old })).collect::<Vec<_>>()
    };
    let mut all: Vec<(String, Vec<u8>, Must)> = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>, must| all.push((name.to_owned(), bytes, must));
    add("a question", get(1, &[]), Pass(1));
    add("an act", post(1, &[("content-length", "11")], BODY), Pass(1));
    add("two", [get(1, &[]), get(3, &[])].concat(), Pass(2));
    add("Host that agrees", get(1, &[("host", "localhost")]), Pass(1));
    add("TE trailers", get(1, &[("te", "trailers")]), Pass(1));
    add("a cookie in two crumbs", get(1, &[("cookie", "a=b"), ("cookie", "c=d")]), Pass(1));
    add(
        "padding",
        frame(HEADERS, END_STREAM | END_HEADERS | 8, 1, &[vec![3], block(&GET), vec![0; 3]].concat()),
        Pass(1),
    );
    for name in [":method", ":scheme", ":path", ":authority"] {
        add(&format!("no {name}"), heads(&without(name)), Refuse);
        add(&format!("empty {name}"), heads(&with(name, "")), Refuse);
    }
    for (name, value) in [
        (":path", "own/empty"),
        (":path", "*"),
        (":path", "/own/../own/empty"),
        (":path", "/own/empty HTTP/1.1\r\nX: y"),
        (":path", "https://evil.example/own/empty"),
        (":path", "//own/empty"),
        (":path", "/own/empty\0"),
        (":path", "/own/%65mpty"),
        (":method", "CONNECT"),
        (":method", "TRACE"),
        (":method", "get"),
        (":method", "GET /x HTTP/1.1\r\nX: y"),
        (":method", "G T"),
        (":authority", "localhost, evil.example"),
        (":authority", "user@localhost"),
        (":authority", "localhost/own"),
        (":authority", "local host"),
        (":scheme", "http://evil.example/"),
    ] {
        add(&format!("{name} {value:?}"), heads(&with(name, value)), Refuse);
    }
    for (name, value) in [
        (":method", "GET"),
        (":path", "/own/empty"),
        (":authority", "localhost"),
        (":status", "200"),
        (":protocol", "websocket"),
        (":unknown", "x"),
        ("host", "evil.example"),
        ("connection", "close"),
        ("connection", "keep-alive"),
        ("keep-alive", "x"),
        ("proxy-connection", "close"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "h2c"),
        ("te", "gzip"),
        ("te", "trailers, gzip"),
        ("http2-settings", "AAA"),
        ("X-Upper", "y"),
        ("x_y", "1"),
        ("x y", "1"),
        ("", "1"),
        ("x:", "1"),
        ("x\r\ny", "1"),
        ("x", "a\r\nb: c"),
        ("x", "a\nb"),
        ("x", "a\0b"),
        ("x", "a\rb"),
        ("content-length", "11"),
        ("content-length", "x"),
        ("content-length", "-1"),
        ("content-length", "00"),
        ("expect", "200-ok"),
        ("range", "bytes=0-1"),
        ("trailer", "x"),
    ] {
        add(&format!("{name:?}: {value:?}"), get(1, &[(name, value)]), Refuse);
    }
    add("Host twice", get(1, &[("host", "localhost"), ("host", "localhost")]), Refuse);
    add(
        "a pseudo-header behind others",
        heads(&[&without(":path")[..], &[("x", "y"), (":path", "/own/empty")]].concat()),
        Refuse,
    );
    for length in ["0", "10", "12", "011", "+11", "1e1", "11, 11", "99999999999999999999"] {
        add(&format!("a length of {length}"), post(1, &[("content-length", length)], BODY), Refuse);
    }
    add("two lengths", post(1, &[("content-length", "11"), ("content-length", "11")], BODY), Refuse);
    add(
        "two lengths that differ",
        post(1, &[("content-length", "11"), ("content-length", "12")], BODY),
        Refuse,
    );
    let open = frame(HEADERS, END_HEADERS, 1, &block(&POST));
    let trailer = |fields: &[(&str, &str)], flags| frame(HEADERS, flags, 1, &block(fields));
    let sent = [open.clone(), frame(DATA, 0, 1, BODY)].concat();
    for (name, fields) in
        [("x", [("x", "y")]), ("length", [("content-length", "11")]), ("pseudo", [(":path", "/own/answer")])]
    {
        add(
            &format!("a trailer with {name}"),
            [sent.clone(), trailer(&fields, END_STREAM | END_HEADERS)].concat(),
            Refuse,
        );
    }
    add("a trailer that ends nothing", [sent.clone(), trailer(&[("x", "y")], END_HEADERS)].concat(), Refuse);
    add("DATA behind the end", [post(1, &[], BODY), frame(DATA, END_STREAM, 1, BODY)].concat(), PassOnce);
    add("DATA on stream 0", frame(DATA, 0, 0, BODY), Refuse);
    add("DATA on an idle stream", frame(DATA, END_STREAM, 1, BODY), Refuse);
    add("HEADERS on stream 0", frame(HEADERS, 5, 0, &block(&GET)), Refuse);
    add("HEADERS on stream 2", frame(HEADERS, 5, 2, &block(&GET)), Refuse);
    add("streams that go back", [get(3, &[]), get(1, &[])].concat(), PassOnce);
    add("a stream again", [get(1, &[]), get(1, &[])].concat(), PassOnce);
    add("CONTINUATION alone", frame(CONTINUATION, END_HEADERS, 1, &block(&GET)), Refuse);
    add(
        "CONTINUATION of another",
        [frame(HEADERS, END_STREAM, 1, &block(&GET)), frame(CONTINUATION, END_HEADERS, 3, &[])].concat(),
        Refuse,
    );
    add(
        "a frame within a head",
        [frame(HEADERS, END_STREAM, 1, &block(&GET)), frame(PING, 0, 0, &[0; 8])].concat(),
        Refuse,
    );
    add(
        "a head in pieces",
        [
            frame(HEADERS, END_STREAM, 1, &block(&GET[..2])),
            frame(CONTINUATION, END_HEADERS, 1, &block(&GET[2..])),
        ]
        .concat(),
        Pass(1),
    );
    add("PUSH_PROMISE", frame(PUSH, END_HEADERS, 1, &[&[0, 0, 0, 2][..], &block(&GET)].concat()), Refuse);
    add("a frame too large", frame(DATA, 0, 1, &vec![0; 16 * 1024 + 1]), Refuse);
    add(
        "a stream that depends on itself",
        frame(HEADERS, 0x25, 1, &[&[0, 0, 0, 1, 16][..], &block(&GET)].concat()),
        Refuse,
    );
    add("padding longer than the frame", frame(HEADERS, 0x0d, 1, &[vec![255], block(&GET)].concat()), Refuse);
    add("a window of nothing", [open.clone(), frame(WINDOW, 0, 1, &[0; 4])].concat(), Refuse);
    add(
        "a window too large",
        [open.clone(), frame(WINDOW, 0, 1, &0x7fff_ffff_u32.to_be_bytes())].concat(),
        Refuse,
    );
    add("the connection's window too large", frame(WINDOW, 0, 0, &0x7fff_ffff_u32.to_be_bytes()), Refuse);
    add("SETTINGS of five bytes", frame(SETTINGS, 0, 0, &[0; 5]), Refuse);
    add("SETTINGS on a stream", frame(SETTINGS, 0, 1, &[]), Refuse);
    add("SETTINGS with a window too large", frame(SETTINGS, 0, 0, &[0, 4, 0xff, 0xff, 0xff, 0xff]), Refuse);
    add("SETTINGS with a frame too small", frame(SETTINGS, 0, 0, &[0, 5, 0, 0, 0, 1]), Refuse);
    add("PING of seven bytes", frame(PING, 0, 0, &[0; 7]), Refuse);
    add("RST_STREAM of an idle stream", frame(RESET, 0, 1, &[0; 4]), Refuse);
    add("RST_STREAM of three bytes", [open, frame(RESET, 0, 1, &[0; 3])].concat(), Refuse);
    add("PRIORITY of four bytes", frame(PRIORITY, 0, 1, &[0; 4]), Refuse);
    add("a frame of no kind, then a question", [frame(0xbe, 0, 0, b"x"), get(1, &[])].concat(), Pass(1));
    for (name, bytes) in [
        ("an index of 0", vec![0x80]),
        ("an index beyond the table", vec![0xff, 0xff, 0x7f]),
        ("an integer without end", vec![0xff; 20]),
        ("a string longer than the head", vec![0, 0x7f, 0xff, 0xff, 0x7f]),
        ("Huffman with end of string", [&[0, 0x84][..], &[0xff; 4]].concat()),
        ("a table too large", vec![0x3f, 0xe1, 0xff, 0x7f]),
        ("a size behind a field", [block(&GET), vec![0x20]].concat()),
    ] {
        add(name, frame(HEADERS, END_STREAM | END_HEADERS, 1, &bytes), Refuse);
    }
    all
}

#[test]
fn conversations_with_two_meanings() {
    let ground = Ground::usual();
    let mut tally = Tally::default();
    for (name, bytes, must) in conversations() {
        let mut talk = Talk::open(&ground);
        talk.line.say(&bytes);
        let answers = match must {
            Must::Pass(count) => count,
            _ => 1,
        };
        talk.wait(answers, Duration::from_millis(1500));
        if must != Must::Pass(answers)
            && talk.told.statuses.is_empty()
            && talk.told.resets.is_empty()
            && !talk.told.ended
        {
            // Silence: it is asked whether it is still waiting for the rest.
            talk.line.finish();
            talk.wait(1, Duration::from_secs(5));
        }
        if must == Must::PassOnce {
            talk.wait(2, Duration::from_millis(500));
        }
        let told = talk.told;
        let arrived = ground.arrived();
        let passed = told.statuses.iter().filter(|status| **status == 204).count();
        let asked = arrived.as_ref().map_or(usize::MAX, Vec::len);
        let good = match must {
            Must::Pass(count) => passed == count && asked == count,
            Must::PassOnce => passed <= 1 && asked <= 1,
            Must::Refuse => {
                let said = told.ended
                    || told.goaway.is_some()
                    || !told.resets.is_empty()
                    || told.statuses.iter().any(|status| (400..500).contains(status));
                passed == 0 && asked == 0 && said
            }
        };
        tally.judge(good, || format!("{name}: {must:?}: {told:?}, {arrived:?}"));
    }
    // A client that speaks HTTP/1.1 where HTTP/2 was agreed, and the other way.
    for (config, bytes) in [
        (&ground.http2, &b"GET /own/empty HTTP/1.1\r\nHost: localhost\r\n\r\n"[..]),
        (&ground.http1, PREFACE),
    ] {
        let mut line = Line::open(&ground.address, config).unwrap();
        line.say(bytes);
        let heard = line.hear(Duration::from_secs(8));
        let arrived = ground.arrived().unwrap();
        tally.judge(heard.ended && arrived.is_empty(), || format!("{bytes:?}: {heard:?} {arrived:?}"));
    }
    ground.settle(&[]);
    tally.done(&HTTP2);
}

/// Writes round after round until the server hangs up or patience ends, reading what comes. True when it hung up.
fn flood(talk: &mut Talk, patience: Duration, mut next: impl FnMut(u32) -> Vec<u8>) -> bool {
    let end = Instant::now() + patience;
    let mut round = 0;
    while Instant::now() < end {
        if talk.told.ended || !talk.line.say(&next(round)) {
            return true;
        }
        round += 1;
        if round % 16 == 0 {
            match talk.line.piece(Duration::from_millis(1)) {
                None => return true,
                Some(bytes) => talk.inbound.extend_from_slice(&bytes),
            }
            talk.inbound.clear();
        }
    }
    false
}

/// One head that refers to a long field again and again: little to send, much to hold.
fn bomb(stream: u32) -> Vec<u8> {
    let long = [&[0x40][..], &string(b"x"), &string(&[b'a'; 3000])].concat();
    frame(HEADERS, END_STREAM | END_HEADERS, stream, &[block(&GET), long, vec![0xbe; 9000]].concat())
}

type Round = fn(u32) -> Vec<u8>;

/// Name, a round, and whether it must end by itself: otherwise it is bounded, and what it costs is what is sent.
const KINDS: &[(&str, Round, bool)] = &[
    (
        "rapid reset (CVE-2023-44487)",
        |n| [get(2 * n + 1, &[]), frame(RESET, 0, 2 * n + 1, &8_u32.to_be_bytes())].concat(),
        true,
    ),
    (
        "MadeYouReset by window (CVE-2025-8671)",
        |n| {
            [frame(HEADERS, END_HEADERS, 2 * n + 1, &block(&POST)), frame(WINDOW, 0, 2 * n + 1, &[0; 4])]
                .concat()
        },
        true,
    ),
    (
        "MadeYouReset by length",
        |n| {
            [frame(HEADERS, END_HEADERS, 2 * n + 1, &block(&POST)), frame(PRIORITY, 0, 2 * n + 1, &[0; 4])]
                .concat()
        },
        true,
    ),
    (
        "CONTINUATION without end",
        |n| {
            if n == 0 {
                frame(HEADERS, 1, 1, &block(&GET))
            } else {
                frame(CONTINUATION, 0, 1, &block(&[("x", "y")]).repeat(500))
            }
        },
        true,
    ),
    (
        "empty CONTINUATION",
        |n| if n == 0 { frame(HEADERS, 1, 1, &block(&GET)) } else { frame(CONTINUATION, 0, 1, b"") },
        true,
    ),
    ("HPACK bomb", |n| bomb(2 * n + 1), false),
    ("a header list too large", |n| get(2 * n + 1, &[("x", &"y".repeat(15_000))]), false),
    (
        "4,000 header lines",
        |n| frame(HEADERS, 5, 2 * n + 1, &[block(&GET), block(&[("x", "y")]).repeat(3000)].concat()),
        false,
    ),
    ("SETTINGS", |_| frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]).repeat(50), false),
    (
        "a table that grows and shrinks",
        |n| frame(SETTINGS, 0, 0, &[0, 1, 0, 0, if n % 2 == 0 { 16 } else { 0 }, 0]).repeat(50),
        false,
    ),
    (
        "windows that grow and shrink",
        |n| frame(SETTINGS, 0, 0, &[0, 4, 0, 0, if n % 2 == 0 { 255 } else { 0 }, 0]).repeat(50),
        false,
    ),
    ("PING", |_| frame(PING, 0, 0, &[0; 8]).repeat(50), false),
    (
        "empty DATA",
        |n| {
            if n == 0 {
                frame(HEADERS, END_HEADERS, 1, &block(&POST))
            } else {
                frame(DATA, 0, 1, b"").repeat(50)
            }
        },
        true,
    ),
    (
        "DATA of one byte",
        |n| {
            if n == 0 {
                frame(HEADERS, END_HEADERS, 1, &block(&POST))
            } else {
                frame(DATA, 0, 1, b" ").repeat(50)
            }
        },
        false,
    ),
    ("PRIORITY", |n| frame(PRIORITY, 0, 2 * (n % 10_000) + 1, &[0, 0, 0, 0, 16]).repeat(50), false),
    ("windows of one byte", |_| frame(WINDOW, 0, 0, &1_u32.to_be_bytes()).repeat(50), false),
    ("streams without end", |n| frame(HEADERS, END_HEADERS, 2 * n + 1, &block(&POST)), false),
    ("frames of no kind", |_| frame(0xbe, 0, 0, &[0; 64]).repeat(50), false),
    (
        "questions whose replies are not read",
        |n| {
            if n == 0 {
                frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0])
            } else {
                frame(
                    HEADERS,
                    5,
                    2 * n + 1,
                    &block(&[&GET[..2], &[(":path", "/nowhere"), (":authority", "a")]].concat()),
                )
            }
        },
        false,
    ),
];

#[test]
fn floods_end_and_others_are_served() {
    let ground = Ground::with(&Wishes {
        limits: "idle_ms = 3000\nrequest_ms = 5000\nexchanges = 64",
        ..Wishes::default()
    });
    let mut tally = Tally::default();
    let patience = if super::corpora::full() { Duration::from_secs(6) } else { Duration::from_millis(1500) };
    ground.serves_on();
    for (name, round, must_end) in KINDS {
        let over = std::sync::atomic::AtomicBool::new(false);
        let (hung_up, waits) = std::thread::scope(|scope| {
            let attacks: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        let mut talk = Talk::open(&ground);
                        flood(&mut talk, patience, round)
                    })
                })
                .collect();
            let served = scope.spawn(|| {
                let mut waits = Vec::new();
                while !over.load(std::sync::atomic::Ordering::Relaxed) {
                    let begun = Instant::now();
                    let said = ground.told(&super::ground::post("/own/any", "{\"score\":1}"));
                    let good = said.as_ref().is_ok_and(|said| said.len() == 1 && said[0].status == 204);
                    let instead = if good { String::new() } else { format!("{said:?}") };
                    waits.push((good, begun.elapsed(), instead));
                }
                waits
            });
            let hung_up = attacks.into_iter().all(|attack| attack.join().unwrap());
            over.store(true, std::sync::atomic::Ordering::Relaxed);
            (hung_up, served.join().unwrap())
        });
        let arrived = ground.arrived();
        let worst = waits.iter().map(|(_, wait, _)| *wait).max().unwrap_or_default();
        let served =
            !waits.is_empty() && waits.iter().all(|(good, ..)| *good) && worst < Duration::from_secs(5);
        println!("{name}: hung up {hung_up}, {} others served, the slowest in {worst:?}", waits.len());
        tally.judge(served && arrived.is_ok() && (hung_up || !must_end), || {
            format!("{name}: hung up {hung_up}, {waits:?}, {:?}", arrived.err())
        });
    }
    ground.settle(&[]);
    tally.done(&FLOODS);
}
