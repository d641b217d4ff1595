//! Both doors on a house in memory: what reaches the publisher holds nothing of a pupil, or nothing reaches him.
//!
//! An input is a message as text: the target below the mount, headers, an empty line, a body. It goes out three ways:
//! as the school's question, as the school's answer, and as the publisher's question, which the school repeats in its
//! answer. `@0` to `@5` stand for the pupils' pseudonyms, which no input can know.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use sluis::gateway::{Carried, Carrier, Gate, Gateway, Presented};
use sluis::rewrite::Limits;

use super::super::scan::Canaries;
use super::houses::{canaries, filled, gateway, pseudonyms};

const JSON: &str = "application/json";

/// How many messages reached the publisher so far: where all are refused, nothing is shown.
pub static LEFT: AtomicU64 = AtomicU64::new(0);

/// JSON, one record or a list.
pub fn json(data: &[u8]) {
    all_ways(data, JSON, "");
}

/// One JSON document a line.
pub fn ndjson(data: &[u8]) {
    all_ways(data, "application/x-ndjson", "");
}

/// Forms.
pub fn form(data: &[u8]) {
    all_ways(data, "application/x-www-form-urlencoded", "");
}

/// What matters here is path, query and headers; the body is what the path's message wants at least.
pub fn target(data: &[u8]) {
    all_ways(&[data, b"\n\n{}"].concat(), JSON, "");
}

/// A body under a content coding, made here: the first byte says which.
pub fn coded(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let coding = ["gzip", "deflate", "br", "zstd"][usize::from(*first) % 4];
    all_ways(rest, JSON, coding);
}

/// An input taken apart.
struct Input {
    target: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

fn all_ways(data: &[u8], media: &'static str, coding: &'static str) {
    HOUSE.with(|held| {
        let mut held = held.borrow_mut();
        // The journal grows and the vault remembers: now and then a new school.
        if held.as_ref().is_none_or(|world| world.served > 3000) {
            *held = None;
            *held = Some(World::open());
        }
        let world = held.as_mut().expect("it was just opened");
        world.served += 1;
        let Some(input) = world.read(data, media, coding) else { return };
        world.school_asks(&input);
        world.publisher_asks(&input);
    });
}

thread_local! {
    static HOUSE: std::cell::RefCell<Option<World>> = const { std::cell::RefCell::new(None) };
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

/// The other side: keeps what it is sent, answers what it is told.
#[derive(Default)]
struct Far {
    got: Mutex<Vec<Vec<u8>>>,
    answer: Mutex<Option<Response<Bytes>>>,
}

impl Carrier for Far {
    fn send(&self, request: Request<Bytes>) -> Carried<'_> {
        let (head, body) = request.into_parts();
        let path = head.uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
        let mut got = format!("{path}\n{:?}\n", head.headers).into_bytes();
        got.extend_from_slice(&body);
        self.got.lock().expect("one thread").push(got);
        let answer = self.answer.lock().expect("one thread").clone().unwrap_or_default();
        Box::pin(async move { Ok(answer) })
    }
}

impl World {
    fn open() -> Self {
        let place = tempfile::tempdir_in(super::records::memory()).expect("a directory");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let far = Arc::new(Far::default());
        let carrier = Arc::clone(&far) as Arc<dyn Carrier>;
        let rules = ("doors.toml", include_str!("doors.toml"));
        let gateway = runtime.block_on(async { gateway(place.path(), &carrier, rules, Limits::default()) });
        let pseudonyms = pseudonyms(&runtime, &gateway);
        let canaries = canaries();
        Self { runtime, gateway, far, canaries, pseudonyms, served: 0, _place: place }
    }

    fn read(&self, data: &[u8], media: &'static str, coding: &'static str) -> Option<Input> {
        let split = memchr::memmem::find(data, b"\n\n")?;
        let (head, body) = (std::str::from_utf8(&data[..split]).ok()?, &data[split + 2..]);
        let mut lines = filled(&self.pseudonyms, head.as_bytes());
        lines.retain(|byte| *byte != b'\r');
        let head = String::from_utf8(lines).ok()?;
        let (target, lines) = head.split_once('\n').unwrap_or((&head, ""));
        let mut headers = vec![(http::header::CONTENT_TYPE, HeaderValue::from_static(media))];
        for line in lines.lines().take(8) {
            let (name, value) = line.split_once(':')?;
            headers.push((name.trim().parse().ok()?, HeaderValue::from_str(value.trim()).ok()?));
        }
        let mut body = filled(&self.pseudonyms, body);
        if !coding.is_empty() {
            body = coded_as(coding, &body);
            headers.push((http::header::CONTENT_ENCODING, HeaderValue::from_static(coding)));
        }
        Some(Input { target: target.to_owned(), headers, body: body.into() })
    }

    /// The input leaves as a question, and once more as the caller's reading of the answer.
    fn school_asks(&self, input: &Input) {
        self.answers(Response::new(Bytes::from_static(b"{}")));
        let _ = self.exchange("/out", input, &input.body);
        self.nothing_outside(&input.body);
    }

    /// The input enters as a question, and the school's answer says the same; then as the answer alone.
    fn publisher_asks(&self, input: &Input) {
        for asked in [&input.body, &Bytes::from_static(b"{}")] {
            let mut answer = Response::new(input.body.clone());
            for (name, value) in &input.headers {
                answer.headers_mut().append(name.clone(), value.clone());
            }
            self.answers(answer);
            let plain = Input {
                target: input.target.clone(),
                headers: input.headers[..1].to_vec(),
                body: Bytes::new(),
            };
            let reply = self.exchange("/in", if asked == &input.body { input } else { &plain }, asked);
            self.far.got.lock().expect("one thread").clear();
            if let Some(reply) = reply {
                self.far.got.lock().expect("one thread").push(reply);
                self.nothing_outside(&input.body);
            }
        }
    }

    fn answers(&self, mut answer: Response<Bytes>) {
        answer.headers_mut().entry(http::header::CONTENT_TYPE).or_insert(HeaderValue::from_static(JSON));
        *self.far.answer.lock().expect("one thread") = Some(answer);
    }

    /// What the caller gets; none when its request is no request.
    fn exchange(&self, mount: &str, input: &Input, body: &Bytes) -> Option<Vec<u8>> {
        let mut request = Request::new(());
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = format!("{mount}{}", input.target).parse().ok()?;
        for (name, value) in &input.headers {
            request.headers_mut().append(name.clone(), value.clone());
        }
        let head = request.into_parts().0;
        let presented = Presented { peer: ([127, 0, 0, 1], 4000).into(), certificate: None };
        let admitted = self.gateway.admit(&head, &presented).ok()?;
        match self.runtime.block_on(self.gateway.exchange(admitted, body.clone())) {
            Ok(reply) => {
                let (head, body) = reply.into_parts();
                Some([format!("{:?}\n", head.headers).as_bytes(), &body].concat())
            }
            Err(refused) => Some(format!("{refused:?}").into_bytes()),
        }
    }

    /// What went outside holds no pupil of the roster, and no identifier that a rule just replaced.
    fn nothing_outside(&self, body: &[u8]) {
        let got = std::mem::take(&mut *self.far.got.lock().expect("one thread"));
        LEFT.fetch_add(got.len() as u64, Ordering::Relaxed);
        let own = replaced(body);
        for got in &got {
            if let Some(found) = self.canaries.find(got) {
                panic!("{found} left:\n{}", String::from_utf8_lossy(got));
            }
            let text = String::from_utf8_lossy(got);
            for identifier in own.iter().filter(|own| !self.pseudonyms.contains(own)) {
                let whole = text.split(|c: char| !c.is_alphanumeric()).any(|word| word == identifier);
                assert!(!whole, "{identifier} was replaced and left:\n{text}");
            }
        }
    }
}

/// Identifiers that stand where the profile replaces them: of letters and digits, at least six of each.
fn replaced(body: &[u8]) -> Vec<String> {
    let Ok(document) = serde_json::from_slice::<serde_json::Value>(body) else { return Vec::new() };
    let records = match &document["people"] {
        serde_json::Value::Array(people) => people.clone(),
        _ => vec![document],
    };
    let long = |text: &&str| {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        text.len() <= 64
            && digits >= 6
            && text.len() - digits >= 6
            && text.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    records.iter().filter_map(|record| record["id"].as_str().filter(long).map(str::to_owned)).collect()
}

fn coded_as(coding: &str, body: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let made = match coding {
        "gzip" => {
            let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            out.write_all(body).and_then(|()| out.finish())
        }
        "deflate" => {
            let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
            out.write_all(body).and_then(|()| out.finish())
        }
        "br" => {
            let mut out = Vec::new();
            let done = brotli::CompressorWriter::new(&mut out, 4096, 1, 16).write_all(body);
            done.map(|()| out)
        }
        _ => zstd::stream::encode_all(body, 1),
    };
    made.expect("into memory")
}
