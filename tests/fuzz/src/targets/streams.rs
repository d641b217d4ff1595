//! Messages that stream, through both doors of a house in memory whose buffer is so small that short ones do.
//!
//! An input is a recipe: three bytes (how much fits a segment, how it comes in pieces, what the document looks like) and
//! a line for each element: `id|given|family|email|remark`, or the element itself behind a `!`. So most inputs are JSON,
//! and a change moves elements and cuts. The document leaves and enters, as a question and as an answer, in pieces and
//! whole. Nothing of the roster's pupils is in what the publisher gets, also not before a message is broken off; what
//! crosses in pieces is what crosses whole, as far as it comes; and what is no JSON has no end.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::future::poll_fn;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Method, Request, Response};
use serde_json::Value;
use sluis::gateway::{
    Arriving, Carried, CarriedFlow, Carrier, CarryError, CarryFault, Coming, Departing, Gate, Gateway,
    Inflow, Presented, Refusal, Refused,
};
use sluis::rewrite::Limits;

use super::super::scan::Canaries;
use super::doors::LEFT;
use super::houses::{canaries, filled, gateway, pseudonyms};

/// What the gateway keeps for what stands before a list; the rest of its buffer is for a segment.
const LEAD: u32 = 64 * 1024;
/// Bytes of a segment, by an input's first byte.
const SEGMENTS: [u32; 4] = [90, 200, 600, 3000];
/// Elements of one document at most.
const MOST: usize = 64;

/// What may stand around a list: a list that is not to be cut, a pupil, the list's name in escapes.
const BEFORE: &str =
    r#"{"batch":"7e5", "skipped":[[1],{"people":[2]}],"contact":"LL-10031","p\u0065ople" : ["#;
const BEHIND: &str = ",\"total\":1.0e2, \"notes\":[\"goed\",\"les 2\"] } ";

/// Any document.
pub fn streamed(data: &[u8]) {
    let [size, pieces, look, recipe @ ..] = data else { return };
    let which = usize::from(*size) % SEGMENTS.len();
    HOUSES.with(|held| {
        let place = &mut held.borrow_mut()[which];
        // The journal grows and the vault remembers: now and then a new school.
        if place.as_ref().is_none_or(|world| world.served > 1000) {
            *place = None;
            *place = Some(World::open(SEGMENTS[which]));
        }
        let world = place.as_mut().expect("it was just opened");
        world.served += 1;
        let document = world.document(*look, recipe);
        for way in WAYS {
            world.both(way, &document, *pieces);
        }
    });
}

thread_local! {
    static HOUSES: RefCell<[Option<World>; SEGMENTS.len()]> = const { RefCell::new([const { None }; 4]) };
}

/// Who asks, and in which of the two messages the document is. What the far side gets it gives back otherwise.
#[derive(Clone, Copy, Debug)]
struct Way {
    mount: &'static str,
    answered: bool,
}

const WAYS: [Way; 4] = [
    Way { mount: "/out", answered: false },
    Way { mount: "/out", answered: true },
    Way { mount: "/in", answered: false },
    Way { mount: "/in", answered: true },
];

/// What is sent.
struct Document {
    path: &'static str,
    media: &'static str,
    body: Bytes,
    /// Whatever breaks off before its end.
    breaks: bool,
}

/// A message as somebody got it.
#[derive(Default)]
struct Got {
    head: String,
    body: Vec<u8>,
    pieces: usize,
    ended: bool,
}

struct World {
    runtime: tokio::runtime::Runtime,
    gateway: Gateway,
    far: Arc<Far>,
    canaries: Canaries,
    pseudonyms: Vec<String>,
    served: usize,
    _place: tempfile::TempDir,
}

/// The other side: keeps what it gets, answers it or what it is told, whole or in pieces.
#[derive(Default)]
struct Far {
    got: Mutex<Option<Got>>,
    answer: Mutex<Option<Bytes>>,
    pieces: Mutex<Option<Pieces>>,
}

impl Far {
    fn keep(&self, head: &http::request::Parts, mut got: Got) -> Bytes {
        let path = head.uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
        got.head = format!("{path} {}", said(&head.headers));
        let back = self.answer.lock().expect("one thread").clone();
        let back = back.unwrap_or_else(|| Bytes::copy_from_slice(&got.body));
        *self.got.lock().expect("one thread") = Some(got);
        back
    }
}

impl Carrier for Far {
    fn send(&self, request: Request<Bytes>) -> Carried<'_> {
        let (head, body) = request.into_parts();
        let media = head.headers.get(CONTENT_TYPE).cloned();
        let back = self.keep(&head, Got { body: body.to_vec(), pieces: 1, ended: true, ..Got::default() });
        Box::pin(async move { Ok(reply(media, back)) })
    }

    fn carry(&self, request: Request<Departing>, streams: bool) -> CarriedFlow<'_> {
        let (head, body) = request.into_parts();
        let media = head.headers.get(CONTENT_TYPE).cloned();
        Box::pin(async move {
            let got = taken(body).await;
            let ended = got.ended;
            let back = self.keep(&head, got);
            if !ended {
                return Err(CarryError { fault: CarryFault::Down, may_have_acted: true });
            }
            let pieces = self.pieces.lock().expect("one thread").clone();
            Ok(match pieces.filter(|_| streams) {
                Some(pieces) => reply(media, back).map(|back| {
                    let pieces = Pieces { body: back, ..pieces };
                    Arriving::Streamed(Box::new(pieces))
                }),
                None => reply(media, back).map(Arriving::Whole),
            })
        })
    }
}

fn reply(media: Option<HeaderValue>, body: Bytes) -> Response<Bytes> {
    let mut reply = Response::new(body);
    reply.headers_mut().extend(media.map(|media| (CONTENT_TYPE, media)));
    reply
}

fn said(headers: &HeaderMap) -> String {
    let mut all: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    all.sort();
    all.join("\n")
}

/// Reads a body to where it ends or is broken off.
async fn taken(body: Departing) -> Got {
    let mut outflow = match body {
        Departing::Whole(body) => {
            return Got { body: body.to_vec(), pieces: 1, ended: true, ..Got::default() };
        }
        Departing::Streamed(outflow) => outflow,
    };
    let mut got = Got::default();
    loop {
        match poll_fn(|cx| outflow.poll_piece(cx)).await {
            Some(Ok(piece)) => {
                got.body.extend_from_slice(&piece);
                got.pieces += 1;
            }
            Some(Err(_)) => return got,
            None => {
                assert!(outflow.has_ended(), "no end was read, and none is said to be missing");
                got.ended = true;
                return got;
            }
        }
    }
}

/// A body in pieces of changing sizes.
#[derive(Clone)]
struct Pieces {
    body: Bytes,
    dice: u64,
    most: usize,
    /// Fails behind so many bytes.
    breaks: Option<usize>,
}

impl Pieces {
    fn of(document: &Document, seed: u8) -> Self {
        let most = [1, 7, 40, 400, 5000][usize::from(seed) % 5];
        let breaks = document.breaks.then(|| document.body.len() * usize::from(seed) / 256);
        Self { body: document.body.clone(), dice: u64::from(seed) + 1, most, breaks }
    }
}

impl Inflow for Pieces {
    fn piece(&mut self) -> Coming<'_> {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let length = 1 + usize::try_from(self.dice >> 33).unwrap_or(0) % self.most;
        let mut length = length.min(self.body.len());
        if let Some(left) = &mut self.breaks {
            length = length.min(*left);
            *left -= length;
            if length == 0 {
                return Box::pin(async { Err(Refusal::Framing("a body that broke off")) });
            }
        }
        let piece = self.body.split_to(length);
        Box::pin(async move { Ok(Some(piece).filter(|piece| !piece.is_empty())) })
    }
}

impl World {
    fn open(segment: u32) -> Self {
        let place = tempfile::tempdir_in(super::records::memory()).expect("a directory");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let far = Arc::new(Far::default());
        let carrier = Arc::clone(&far) as Arc<dyn Carrier>;
        let rules = ("streams.toml", include_str!("streams.toml"));
        let limits = Limits::default().with_bytes(LEAD + segment).expect("a limit");
        let gateway = runtime.block_on(async { gateway(place.path(), &carrier, rules, limits) });
        gateway.stream_up_to(1 << 20);
        let pseudonyms = pseudonyms(&runtime, &gateway);
        Self { runtime, gateway, far, canaries: canaries(), pseudonyms, served: 0, _place: place }
    }

    /// Cooks a recipe.
    fn document(&self, look: u8, recipe: &[u8]) -> Document {
        let recipe = filled(&self.pseudonyms, recipe);
        let elements = recipe.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).take(MOST);
        let elements = elements.map(|line| element(line, look)).collect::<Vec<_>>();
        let [gap, comma]: [&[u8]; 2] =
            [[&b""[..], b","], [b" ", b" ,\n  "], [b"\r\n", b","], [b"\t", b",\t"]]
                [usize::from(look >> 2 & 3)];
        let list = [gap, &elements.join(comma), gap].concat();
        let (path, body) = match look & 3 {
            0 => {
                let before = if look & 32 == 0 { "{\"people\":[" } else { BEFORE };
                let after = if look & 64 == 0 { "}" } else { BEHIND };
                ("/bulk", [before.as_bytes(), &list, b"]", after.as_bytes()].concat())
            }
            1 => ("/roots", [gap, b"[", &list, b"]", gap].concat()),
            2 => {
                let end: &[u8] = if look & 64 == 0 { b"\n" } else { b"" };
                ("/lines", [&elements.join(&b'\n')[..], end].concat())
            }
            _ => ("/bulk", recipe),
        };
        let media = if path == "/lines" { "application/x-ndjson" } else { "application/json" };
        Document { path, media, body: body.into(), breaks: look & 128 != 0 }
    }

    /// The same document in pieces and whole, and what must hold of both.
    fn both(&self, way: Way, document: &Document, seed: u8) {
        let pieces = Pieces::of(document, seed);
        let (asked, heard) = self.exchange(way, document, Some(&pieces));
        let of_document = if way.answered { heard.as_ref().ok() } else { asked.as_ref() };
        let ended = of_document.is_some_and(|got| got.ended);
        assert!(!(document.breaks && ended), "{way:?}: an end of what had none");
        let outside = if way.mount == "/out" { asked.as_ref() } else { heard.as_ref().ok() };
        if let Some(got) = outside {
            LEFT.fetch_add(u64::from(got.pieces > 2), Ordering::Relaxed);
            self.nothing_of_a_pupil(way, document, got);
        }
        if let (Err(refusal), "/in") = (&heard, way.mount) {
            assert_eq!(
                self.canaries.find(format!("{refusal:?}").as_bytes()),
                None,
                "a refusal names somebody"
            );
        }
        let (whole_asked, whole_heard) = self.exchange(way, document, None);
        if let Err(Refusal::Unparsed { what, offset }) = whole_heard {
            assert!(!ended, "{way:?}: in pieces it has an end, whole it is refused: {what} at {offset}");
        }
        let alike = |(asked, heard): &Heard, (whole_asked, whole_heard): &Heard| -> Result<(), String> {
            same(way, "question", asked.as_ref(), whole_asked.as_ref())?;
            // Of somebody who has two names the one comes home that was kept last.
            if names_agree(&document.body) {
                same(way, "answer", heard.as_ref().ok(), whole_heard.as_ref().ok())?;
            }
            Ok(())
        };
        if alike(&(asked, heard), &(whole_asked, whole_heard)).is_err() {
            // Between the two so many may have become unknown that free text leaves no longer (PROMISES.md): the roster's
            // share is the school's, and not the message's. Once more, nobody is new.
            let again = (self.exchange(way, document, Some(&pieces)), self.exchange(way, document, None));
            alike(&again.0, &again.1).unwrap_or_else(|differ| panic!("{differ}"));
        }
    }

    /// One exchange: what the far side got, and what the caller got. In pieces when there are any.
    fn exchange(&self, way: Way, document: &Document, pieces: Option<&Pieces>) -> Heard {
        let little = Bytes::from_static(if document.path == "/roots" { b"[]" } else { b"{}" });
        *self.far.answer.lock().expect("one thread") = way.answered.then(|| document.body.clone());
        *self.far.pieces.lock().expect("one thread") = pieces.map(|pieces| {
            let breaks = pieces.breaks.filter(|_| way.answered);
            Pieces { breaks, ..pieces.clone() }
        });
        let body = if way.answered { little } else { document.body.clone() };
        let body = match pieces {
            Some(pieces) if !way.answered => Arriving::Streamed(Box::new(pieces.clone())),
            _ => Arriving::Whole(body),
        };
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = format!("{}{}", way.mount, document.path).parse().expect("a path");
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(document.media));
        let presented = Presented { peer: ([127, 0, 0, 1], 4000).into(), certificate: None };
        let admitted = self.gateway.admit(&request.into_parts().0, &presented).expect("a route");
        let heard = self.runtime.block_on(async {
            let answer = match (pieces, body) {
                (None, Arriving::Whole(body)) => {
                    self.gateway.exchange(admitted, body).await?.map(Departing::Whole)
                }
                (_, body) => self.gateway.converse(admitted, body).await?,
            };
            let (head, body) = answer.into_parts();
            let got = taken(body).await;
            Ok(Got { head: format!("{} {}", head.status, said(&head.headers)), ..got })
        });
        let asked = self.far.got.lock().expect("one thread").take();
        (asked, heard.map_err(|refused: Refused| refused.refusal))
    }

    /// What went outside holds no pupil of the roster, and no identifier that a rule has replaced by then.
    fn nothing_of_a_pupil(&self, way: Way, document: &Document, got: &Got) {
        let all = [got.head.as_bytes(), b"\n", &got.body].concat();
        if let Some(found) = self.canaries.find(&all) {
            panic!("{way:?}: {found} left:\n{}", String::from_utf8_lossy(&all));
        }
        let left = elements(&got.body);
        for (at, element) in elements(&document.body).iter().enumerate() {
            let Some(own) = element["id"].as_str().filter(|own| is_long(own)) else { continue };
            // What left before it was known could not be watched for.
            for later in left.iter().skip(at).map(ToString::to_string) {
                let whole = later.split(|c: char| !c.is_alphanumeric()).any(|word| word == own);
                assert!(!whole, "{way:?}: {own} was replaced and left:\n{later}");
            }
        }
    }
}

/// What went to the far side, and what came back.
type Heard = (Option<Got>, Result<Got, Refusal>);

/// What crosses in pieces is what crosses whole, as far as it comes; of lines that go, a segment of its own leaves an empty one.
fn same(way: Way, what: &str, pieces: Option<&Got>, whole: Option<&Got>) -> Result<(), String> {
    let (Some(pieces), Some(whole)) = (pieces, whole) else { return Ok(()) };
    let text = |got: &Got| String::from_utf8_lossy(&got.body).into_owned();
    let lines = |got: &Got| -> Vec<u8> {
        let lined = got.head.contains("ndjson");
        let filled = got.body.split_inclusive(|byte| *byte == b'\n').filter(|line| !lined || line != b"\n");
        filled.collect::<Vec<_>>().concat()
    };
    let (one, other) = (lines(pieces), lines(whole));
    let alike = if pieces.ended { one == other } else { other.starts_with(&one) };
    if alike && pieces.head == whole.head {
        return Ok(());
    }
    let (one, other) = ((&pieces.head, text(pieces)), (&whole.head, text(whole)));
    Err(format!("{way:?}: the {what} in pieces:\n{one:?}\nand whole:\n{other:?}"))
}

/// A list's elements, or lines; of one that has no end those that are there.
fn elements(body: &[u8]) -> Vec<Value> {
    let list = |text: &[u8]| match serde_json::from_slice(text).ok()? {
        Value::Array(list) => Some(list),
        Value::Object(mut root) => root.remove("people")?.as_array().cloned(),
        _ => None,
    };
    let ended = [&b""[..], b"]", b"]}"].iter().find_map(|end| list(&[body, end].concat()));
    let lines =
        || body.split(|byte| *byte == b'\n').map_while(|line| serde_json::from_slice(line).ok()).collect();
    ended.unwrap_or_else(lines)
}

/// Whether each person has one name in all elements.
fn names_agree(body: &[u8]) -> bool {
    let mut names = HashMap::new();
    elements(body).iter().all(|element| {
        let of = |name: &str| element[name].to_string();
        ["given", "family"].into_iter().all(|part| {
            element[part].is_null()
                || *names.entry((of("id").to_lowercase(), part)).or_insert_with(|| of(part)) == of(part)
        })
    })
}

/// Of letters and digits, at least six of each: what the guard is bound to find again.
fn is_long(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain && text.len() <= 64 && digits >= 6 && text.len() - digits >= 6
}

/// An element by its line: `id|given|family|email|remark`, what is empty is left out; or, behind a `!`, itself.
fn element(line: &[u8], look: u8) -> Vec<u8> {
    if let [b'!', own @ ..] = line {
        return own.to_vec();
    }
    let line = String::from_utf8_lossy(line);
    let mut out = String::from("{");
    for (name, value) in ["id", "given", "family", "email", "remark"].iter().zip(line.splitn(5, '|')) {
        if value.is_empty() {
            continue;
        }
        let comma = if out.len() > 1 { ", " } else { "" };
        let value = serde_json::to_string(value).expect("a text");
        let _ = write!(out, "{comma}\"{name}\":{}", if look & 16 == 0 { value } else { escaped(&value) });
    }
    (out + "}").into_bytes()
}

/// The same JSON string with some characters as escapes.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for (at, c) in text.chars().enumerate() {
        let spelled = !c.is_ascii() || (c.is_ascii_alphanumeric() && at % 5 == 3 && !out.ends_with('\\'));
        if spelled {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                let _ = write!(out, "\\u{unit:04x}");
            });
        } else {
            out.push(c);
        }
    }
    out
}
