//! Messages above the buffer, over real TLS: they cross in segments, and a late refusal leaves no end behind.

use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};
use sluis::journal::{Decision, Detail, Event, Leaf};
use sluis::server::{Limits, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::lawful::{objection, said};
use super::support::far::reply;
use super::support::pupils::{Person, edu_v};
use super::support::world::{Options, World, assert_refused};

const BULK: &str = "/rekenwonder/own/bulk";
const FROM: &str = "/from/rekenwonder/own/bulk";
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// A world in which every body above 64 KiB streams, up to 32 MiB.
async fn world(options: Options) -> World {
    let limits = Limits { body_bytes: 64 * 1024, ..Limits::default() };
    let settings = Settings { limits, ..Settings::default() };
    let own_profile = Some(include_str!("support/streams.toml"));
    let world = World::with(Options { settings, reply_bytes: 64 * 1024, own_profile, ..options }).await;
    world.gateway.stream_up_to(32 << 20);
    world
}

fn element(pupil: &Person, remark: &str) -> String {
    let text = |text: &str| serde_json::to_string(text).unwrap();
    let (id, given, family) = (text(pupil.id("las-key")), text(&pupil.preferred), text(&pupil.family));
    format!(r#"{{"id":{id}, "given":{given},"family": {family},"remark":{},"tags":["a",""]}}"#, text(remark))
}

fn elements(count: usize) -> Vec<String> {
    let pupils = edu_v();
    (0..count).map(|number| element(&pupils[number % pupils.len()], &format!("les {number} é🦀"))).collect()
}

/// A list between members, with white space that no serialiser would write.
fn list(elements: &[String]) -> String {
    let contact = serde_json::to_string(edu_v()[3].id("las-key")).unwrap();
    format!(
        " {{\"batch\" : \"7e5\",\"contact\":{contact},\"pupils\" :[\n{} ] , \"total\":1.0e2}}\n",
        elements.join(" ,\n  ")
    )
}

/// About 1.3 MB: six segments.
fn long() -> String {
    list(&elements(9000))
}

fn events(world: &World) -> Vec<Leaf> {
    let leaves = world.leaves();
    leaves
        .into_iter()
        .filter(|leaf| [Event::OPENED, Event::CONTINUED, Event::CLOSED, Event::REFUSED].contains(&leaf.event))
        .collect()
}

fn refused(code: &str) -> Decision {
    Decision::Refused(code.to_ascii_lowercase())
}

/// Waits until the newest message has its last leaf.
async fn last(world: &World) -> Leaf {
    for _ in 0..200 {
        if let Some(leaf) = events(world).pop().filter(|leaf| leaf.event == Event::CLOSED) {
            return leaf;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no end: {:?}", events(world).iter().map(|leaf| leaf.event).collect::<Vec<_>>());
}

/// Chunked coding undone, as far as it came, and whether it ended as it should.
fn unchunked(raw: &[u8]) -> (Vec<u8>, bool) {
    let find = |from: usize, what: &[u8]| {
        raw[from..].windows(what.len()).position(|seen| seen == what).map(|at| from + at)
    };
    let mut at = find(0, b"\r\n\r\n").map_or(raw.len(), |at| at + 4);
    let mut body = Vec::new();
    while let Some(end) = (at < raw.len()).then(|| find(at, b"\r\n")).flatten() {
        let length = usize::from_str_radix(std::str::from_utf8(&raw[at..end]).unwrap(), 16).unwrap();
        if length == 0 {
            return (body, true);
        }
        body.extend_from_slice(&raw[end + 2..raw.len().min(end + 2 + length)]);
        at = end + 2 + length + 2;
    }
    (body, false)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_list_leaves_in_segments_and_comes_home_as_it_was() {
    for protocol in ["http/1.1", "h2"] {
        let world = world(Options { far_protocol: protocol, needle: Some(true), ..Options::default() }).await;
        world.publisher.answer(|got| reply(200, &JSON, got.body.clone()));
        let sent = long();
        let school = world.inside("rekenwonder");
        let school = if protocol == "h2" { world.over_http2(school) } else { school };
        let home = school.post_json(BULK, sent.clone()).await;
        assert_eq!(home.status, 200, "{}", home.text());
        assert!(home.text() == sent, "it comes home as it was, byte for byte");
        assert!(home.headers.get("content-length").is_none());
        assert_eq!(home.headers["cache-control"], "no-store");
        let got = world.publisher.last();
        assert!(got.headers.get("content-length").is_none());
        let outside: Value = serde_json::from_slice(&got.body).unwrap();
        let pupils = outside["pupils"].as_array().unwrap();
        assert_eq!(pupils.len(), 9000);
        let pseudonym = world.pseudonym("rekenwonder", "las-key", edu_v()[3].id("las-key")).await;
        assert_eq!((&outside["contact"], &pupils[3]["id"]), (&pseudonym.clone().into(), &pseudonym.into()));
        assert_eq!(pupils[8999]["remark"], "les 8999 é🦀");
        // What the journal says.
        let leaves = events(&world);
        let of =
            |left: bool| leaves.iter().filter(move |leaf| leaf.left.is_some() == left).collect::<Vec<_>>();
        let (left, entered) = (of(true), of(false));
        for leaves in [&left, &entered] {
            assert!(leaves.len() > 5, "{}", leaves.len());
            assert_eq!(leaves[0].event, Event::OPENED);
            assert!(leaves[1..leaves.len() - 1].iter().all(|leaf| leaf.event == Event::CONTINUED));
            let closed = leaves[leaves.len() - 1];
            assert_eq!((closed.event, &closed.decision), (Event::CLOSED, &Decision::Passed));
            let ids: u64 = leaves
                .iter()
                .flat_map(|leaf| &leaf.rules)
                .filter(|(rule, _)| rule.contains("pupil /id"))
                .map(|(_, count)| count)
                .sum();
            assert_eq!(ids, 9000, "each rule is counted where it applied");
        }
        assert_eq!(left[left.len() - 1].left, Some(Sha256::digest(&got.body).into()));
        let first = got.body.iter().position(|byte| *byte == b'[').unwrap() + 1;
        assert_eq!(left[0].left, Some(Sha256::digest(&got.body[..first]).into()));
        world.clean();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publishers_long_question_enters_and_the_schools_long_answer_leaves() {
    let world = world(Options::default()).await;
    world.publisher.answer(|got| reply(200, &JSON, got.body.clone()));
    let sent = long();
    assert_eq!(world.inside("rekenwonder").post_json(BULK, sent.clone()).await.status, 200);
    let outside = world.publisher.last().body;
    world.school.answer(|got| reply(200, &JSON, got.body.clone()));
    let answer = world.outside("rekenwonder").post_json(FROM, outside.clone()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(world.school.last().text() == sent);
    assert!(answer.body == outside);
    // What no message describes cannot be compared with what the question said.
    world.school.say(500, &JSON, "{}");
    let answer = world.outside("rekenwonder").post_json(FROM, outside).await;
    assert_refused(&answer, 502, "SLS-109");
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_in_the_last_element_leaves_no_end() {
    for protocol in ["http/1.1", "h2"] {
        let world = world(Options { far_protocol: protocol, ..Options::default() }).await;
        world.publisher.say_json("{\"batch\":\"1\"}");
        let mut all = elements(9000);
        let planted = &edu_v()[5];
        all.push(element(&edu_v()[2], &format!("samen met {}", planted.name())));
        let answer = world.inside("rekenwonder").post_json(BULK, list(&all)).await;
        assert_refused(&answer, 502, "SLS-601");
        assert_eq!(answer.json()["delivered"], true);
        assert!(world.publisher.got().is_empty(), "it never was a whole request");
        if protocol == "http/1.1" {
            let (body, ended) = unchunked(&world.publisher.raw());
            assert!(!ended && body.len() > 256 * 1024, "{}", body.len());
            assert!(serde_json::from_slice::<Value>(&body).is_err());
            assert!(!String::from_utf8_lossy(&body).contains("les 8999"), "that segment never left");
        }
        let closed = last(&world).await;
        assert_eq!(closed.decision, refused("SLS-601"));
        assert!(events(&world).iter().all(|leaf| leaf.event != Event::REFUSED), "it is said once");
        world.clean();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_over_the_cut_between_two_segments_is_found() {
    let world = world(Options::default()).await;
    world.publisher.say_json("{\"batch\":\"1\"}");
    let planted = &edu_v()[5];
    let notes = |notes: &[String]| format!("{{\"notes\":[{}]}}", notes.join(","));
    let school = world.inside("rekenwonder");
    // What the same list is told when it is held whole.
    let (given, family) = (format!("{:?}", planted.preferred), format!("{:?}", planted.family));
    assert_eq!(school.post_json(BULK, notes(&[given.clone(), family.clone()])).await.code(), "SLS-601");
    let mut all: Vec<String> = (0..40_000).map(|number| format!("\"les {number}\"")).collect();
    // The first that does not fit 256 KiB.
    let mut end = 0;
    let cut = all.iter().position(|note| {
        end += note.len() + usize::from(end > 0);
        end > 256 * 1024
    });
    let cut = cut.unwrap();
    assert!(cut > 100);
    let mut statuses = Vec::new();
    for at in cut - 3..cut + 2 {
        let before = (all[at].clone(), all[at + 1].clone());
        (all[at], all[at + 1]) = (given.clone(), family.clone());
        let answer = school.post_json(BULK, notes(&all)).await;
        assert_refused(&answer, answer.status.as_u16(), "SLS-601");
        statuses.push(answer.status.as_u16());
        (all[at], all[at + 1]) = before;
    }
    // Within the first segment, over the cut (neither is anybody's alone), and behind it.
    assert_eq!(statuses, [422, 422, 502, 502, 502]);
    assert_eq!(school.post_json(BULK, notes(&all)).await.status, 200);
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_first_segment_is_refused_for_lets_nothing_move() {
    let world = world(Options::default()).await;
    world.publisher.say_json("{\"batch\":\"1\"}");
    let mut all = elements(9000);
    all[1] = element(&edu_v()[2], &format!("samen met {}", edu_v()[5].name()));
    let answer = world.inside("rekenwonder").post_json(BULK, list(&all)).await;
    assert_eq!(answer.code(), "SLS-601");
    assert!(answer.status.is_client_error() && answer.json()["delivered"].is_null());
    let strange = list(&elements(9000)).replacen("\"batch\"", "\"other\"", 1);
    assert_eq!(world.inside("rekenwonder").post_json(BULK, strange).await.code(), "SLS-111");
    assert!(world.publisher.raw().is_empty());
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_list_is_as_strict_as_a_short_one() {
    let world = world(Options::default()).await;
    world.publisher.say_json("{\"batch\":\"1\"}");
    let good = long();
    let end = good.rfind(']').unwrap();
    for (bad, code) in [
        // A name of the head again, behind the list.
        (good.replace("\"total\"", "\"batch\""), "SLS-110"),
        (good.replace("\"total\"", "\"pup\\u0069ls\""), "SLS-110"),
        (format!("{good}{{}}"), "SLS-110"),
        (good[..end].to_owned(), "SLS-110"),
        (format!("{},{}", &good[..end], &good[end..]), "SLS-110"),
        (good.replacen("\"les 8000", "\"les \u{1}", 1), "SLS-110"),
        (good.replacen("\"remark\":\"les 8000", "\"given\":\"les 8000", 1), "SLS-110"),
        (good.replacen("\"remark\":\"les 8000", "\"other\":\"les 8000", 1), "SLS-111"),
    ] {
        let answer = world.inside("rekenwonder").post_json(BULK, bad).await;
        assert_refused(&answer, 502, code);
        assert_eq!(last(&world).await.decision, refused(code));
    }
    assert!(world.publisher.got().is_empty());
    assert_eq!(world.inside("rekenwonder").post_json(BULK, good).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_objected_is_left_out_of_every_segment() {
    let gone = &edu_v()[0];
    let consents = said(&[objection("las-key", gone.id("las-key"))]);
    let world = world(Options { consents, ..Options::default() }).await;
    world.publisher.say_json("{\"batch\":\"1\"}");
    // Whole segments of one pupil alone, at the beginning, in the middle and at the end.
    let mut all = elements(3000);
    for at in [0, 1500, 8000] {
        all.splice(at..at, (0..5000).map(|_| element(gone, "les")));
    }
    assert_eq!(world.inside("rekenwonder").post_json(BULK, list(&all)).await.status, 200);
    let outside: Value = serde_json::from_slice(&world.publisher.last().body).unwrap();
    assert_eq!(outside["pupils"].as_array().unwrap().len(), 3000 - 250);
    let withheld = |leaf: &Leaf| {
        leaf.details.iter().find_map(|(name, detail)| match detail {
            Detail::Number(count) if name == "withheld" => Some(*count),
            _ => None,
        })
    };
    let withheld: u64 = events(&world).iter().filter_map(withheld).sum();
    assert_eq!(withheld, 15_000 + 250);
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_stream_is_too_large() {
    let world = world(Options::default()).await;
    let school = world.inside("rekenwonder");
    let ordered = format!("{{\"pupils\":[{}]}}", vec!["{\"id\":\"LL-1\"}"; 9000].join(","));
    assert_refused(&school.post_json("/rekenwonder/own/ordered", ordered).await, 413, "SLS-104");
    let coded = [JSON[0], ("content-encoding", "gzip")];
    assert_refused(&school.send("POST", BULK, &coded, long()).await, 413, "SLS-104");
    let no_list = format!("{{\"batch\":\"{}\"}}", "x".repeat(100_000));
    assert_refused(&school.post_json(BULK, no_list).await, 413, "SLS-104");
    world.gateway.stream_up_to(512 * 1024);
    assert_refused(&school.post_json(BULK, long()).await, 413, "SLS-104");
    world.gateway.stream_up_to(0);
    assert_refused(&school.post_json(BULK, long()).await, 413, "SLS-104");
    assert!(world.publisher.raw().is_empty());
    // A reply that is larger than it may be.
    world.publisher.answer(|_| reply(200, &JSON, list(&elements(2000))));
    assert_refused(&school.post_json(BULK, list(&elements(3))).await, 502, "SLS-904");
    let closed = self::world(Options { roster: None, ..Options::default() }).await;
    assert_refused(&closed.inside("rekenwonder").post_json(BULK, long()).await, 413, "SLS-104");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_leave_in_segments() {
    let world = world(Options::default()).await;
    let pupils = edu_v();
    let line = |number: usize| {
        let pupil = &pupils[number % pupils.len()];
        let id = serde_json::to_string(pupil.id("las-key")).unwrap();
        format!("{{\"id\":{id} , \"given\":\"{}\",\"remark\":\"les {number}\"}}\r\n", pupil.preferred)
    };
    let rows: String = (0..9000).map(line).collect();
    let ndjson = [("content-type", "application/x-ndjson")];
    let answer =
        world.inside("rekenwonder").send("POST", "/rekenwonder/own/rows", &ndjson, rows.clone()).await;
    assert_eq!(answer.status, 204, "{}", answer.text());
    let got = world.publisher.last();
    assert_eq!(got.headers["content-type"], "application/x-ndjson");
    assert_eq!(got.text().lines().count(), 9000);
    for (number, line) in got.text().lines().enumerate().step_by(997) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["remark"], format!("les {number}"));
    }
    let planted = format!("{rows}{{\"remark\":\"met {}\"}}\n", pupils[5].name());
    let answer = world.inside("rekenwonder").send("POST", "/rekenwonder/own/rows", &ndjson, planted).await;
    assert_refused(&answer, 502, "SLS-601");
    assert_eq!(world.publisher.got().len(), 1);
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_is_refused_late_has_no_end() {
    for http2 in [false, true] {
        let world = world(Options::default()).await;
        let mut all = elements(9000);
        all.push(element(&edu_v()[2], &format!("samen met {}", edu_v()[5].name())));
        let whole = list(&all);
        world.school.answer(move |_| reply(200, &JSON, whole.clone()));
        let publisher = world.outside("rekenwonder");
        let publisher = if http2 { world.over_http2(publisher) } else { publisher };
        let answer = publisher.try_send("POST", FROM, &JSON, "{\"batch\":\"1\"}").await;
        assert!(answer.is_err(), "{answer:?}");
        assert_eq!(last(&world).await.decision, refused("SLS-601"));
        world.clean();
        // A pseudonym that nobody gave out, late in what comes home.
        let stranger = list(&elements(9000)).replace("LL-", "XX-");
        world.publisher.answer(move |_| reply(200, &JSON, stranger.clone()));
        let school = world.inside("rekenwonder");
        let school = if http2 { world.over_http2(school) } else { school };
        assert!(!school.post_json(BULK, "{\"batch\":\"1\"}").await.status.is_success());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_dies_midway_leaves_no_end() {
    let world = world(Options::default()).await;
    // The other side, in its answer.
    let whole = list(&elements(9000));
    world.publisher.answer(move |got| {
        reply(200, &JSON, if got.body.len() > 100 { got.body.clone() } else { whole.clone().into() })
    });
    let outside = {
        assert_eq!(world.inside("rekenwonder").post_json(BULK, long()).await.status, 200);
        world.publisher.last().body
    };
    world.publisher.answer(move |_| reply(200, &JSON, outside.clone()));
    world.publisher.break_off(Some(900_000));
    let answer = world.inside("rekenwonder").try_send("POST", BULK, &JSON, "{\"batch\":\"1\"}").await;
    assert!(answer.is_err(), "{answer:?}");
    assert_eq!(last(&world).await.decision, refused("SLS-901"));
    world.publisher.break_off(None);
    // The caller, in its question.
    world.publisher.forget();
    let before = events(&world).len();
    let sent = long();
    let socket = tokio::net::TcpStream::connect(world.address).await.unwrap();
    let name = rustls::pki_types::ServerName::IpAddress(std::net::IpAddr::from([127, 0, 0, 1]).into());
    let mut stream = world.inside("rekenwonder").connector.connect(name, socket).await.unwrap();
    let head = format!(
        "POST {BULK} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer token-of-rekenwonder-school\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        world.address,
        sent.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&sent.as_bytes()[..sent.len() / 2]).await.unwrap();
    stream.flush().await.unwrap();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    drop(stream);
    for _ in 0..100 {
        if events(&world)[before..].iter().any(|leaf| leaf.event == Event::CLOSED) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(matches!(last(&world).await.decision, Decision::Refused(_)));
    assert!(world.publisher.got().is_empty());
    assert!(!unchunked(&world.publisher.raw()).1, "what it got has no end");
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_stops_what_is_read_for_it_and_loses_nothing() {
    let world = world(Options::default()).await;
    world.publisher.answer(|got| reply(200, &JSON, got.body.clone()));
    let all = list(&elements(40_000));
    assert_eq!(world.inside("rekenwonder").post_json(BULK, all.clone()).await.status, 200);
    let outside = world.publisher.last().body;
    world.publisher.answer(move |_| reply(200, &JSON, outside.clone()));
    let before = events(&world).len();
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    // So that little of it can lie in between.
    socket.set_recv_buffer_size(4096).unwrap();
    let socket = socket.connect(world.address).await.unwrap();
    let name = rustls::pki_types::ServerName::IpAddress(std::net::IpAddr::from([127, 0, 0, 1]).into());
    let mut stream = world.inside("rekenwonder").connector.connect(name, socket).await.unwrap();
    let head = format!(
        "POST {BULK} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer token-of-rekenwonder-school\r\nContent-Type: application/json\r\nContent-Length: 13\r\nConnection: close\r\n\r\n{{\"batch\":\"1\"}}",
        world.address,
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut raw = vec![0; 1000];
    stream.read_exact(&mut raw).await.unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    let meanwhile = events(&world).len() - before;
    // A small question is not kept waiting by it.
    assert_refused(&world.outside("rekenwonder").get("/from/rekenwonder/nowhere").await, 404, "SLS-102");
    stream.read_to_end(&mut raw).await.unwrap();
    let (home, ended) = unchunked(&raw);
    assert!(ended && home == all.as_bytes());
    let whole = events(&world).len() - before;
    assert!(meanwhile + 3 < whole, "{meanwhile} of {whole} leaves while nobody read");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_of_http_1_0_gets_no_reply_without_an_end() {
    let world = world(Options::default()).await;
    let whole = list(&elements(2000));
    world.publisher.answer(move |_| reply(200, &JSON, whole.clone()));
    let socket = tokio::net::TcpStream::connect(world.address).await.unwrap();
    let name = rustls::pki_types::ServerName::IpAddress(std::net::IpAddr::from([127, 0, 0, 1]).into());
    let mut stream = world.inside("rekenwonder").connector.connect(name, socket).await.unwrap();
    let head = format!(
        "POST {BULK} HTTP/1.0\r\nHost: {}\r\nAuthorization: Bearer token-of-rekenwonder-school\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{{\"batch\":\"1\"}}",
        world.address,
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut raw = Vec::new();
    let _ = stream.read_to_end(&mut raw).await;
    let text = String::from_utf8_lossy(&raw);
    assert!(text.contains(" 502 ") && text.contains("SLS-904"), "{text}");
}
