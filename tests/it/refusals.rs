//! Every reason not to forward: its status, its stable code, its hint in both languages, and never a value in it.

use std::time::Duration;

use serde_json::json;
use sluis::derive::Shape;
use sluis::gateway::route::Link;
use sluis::identity::Kind;
use sluis::server::{Deadlines, Limits, Settings};
use sluis::upstream::CredentialSettings;

use super::leak::{own, record};
use super::support::caller::{Caller, Reply};
use super::support::pupils::{Person, corpus, edu_v, sample};
use super::support::world::{Options, World, assert_refused};

const USERS: &str = "/from/rekenwonder/oneroster/rostering/v1p2/users";
const RECORDS: &str = "/rekenwonder/own/records";
const JSON: (&str, &str) = ("content-type", "application/json");

fn bo() -> Person {
    edu_v().pop().unwrap()
}

/// Refused in English and in Dutch, with one code and two texts.
async fn both(
    caller: &Caller,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (Reply, Reply) {
    let mut english = headers.to_vec();
    english.push(("accept-language", "en"));
    let mut dutch = headers.to_vec();
    dutch.push(("accept-language", "nl-NL,nl;q=0.9,en;q=0.5"));
    let english = caller.send(method, target, &english, body.to_owned()).await;
    let dutch = caller.send(method, target, &dutch, body.to_owned()).await;
    assert_eq!(english.headers["content-language"], "en");
    assert_eq!(dutch.headers["content-language"], "nl");
    (english, dutch)
}

async fn refused(caller: &Caller, ask: (&str, &str, &[(&str, &str)], &str), status: u16, code: &str) {
    let (method, target, headers, body) = ask;
    let (english, dutch) = both(caller, method, target, headers, body).await;
    assert_refused(&english, status, code);
    assert_refused(&dutch, status, code);
    let (english, dutch) = (english.json(), dutch.json());
    for text in ["title", "hint"] {
        assert_ne!(english[text], dutch[text], "{code}: {text} in both languages");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_route_takes() {
    let world = World::with(own()).await;
    let publisher = world.outside("rekenwonder");
    let post = "POST";
    for target in ["/", "/elsewhere", "/from/rekenwonder", "/from/rekenwonderland/students/students/school"] {
        refused(&publisher, ("GET", target, &[], ""), 404, "SLS-102").await;
    }
    refused(&publisher, ("GET", &format!("{USERS}/a/b"), &[], ""), 404, "SLS-102").await;
    refused(&publisher, ("DELETE", USERS, &[], ""), 405, "SLS-103").await;
    for header in [("range", "bytes=0-9"), ("if-range", "x"), ("content-range", "bytes 0-1/2")] {
        refused(&publisher, ("GET", USERS, &[header], ""), 422, "SLS-106").await;
    }
    for coding in ["compress", "aws-chunked", "gzip, br", "x"] {
        let headers = [JSON, ("content-encoding", coding)];
        refused(&publisher, (post, "/from/rekenwonder/results/results", &headers, "{}"), 415, "SLS-107")
            .await;
    }
    refused(&publisher, ("GET", USERS, &[("accept", "application/xml")], ""), 406, "SLS-108").await;
    for media in ["text/plain", "application/json; charset=utf-16", "text/html"] {
        let headers = [("content-type", media)];
        refused(&publisher, (post, "/from/rekenwonder/results/results", &headers, "{}"), 415, "SLS-109")
            .await;
    }
    refused(&publisher, (post, "/from/rekenwonder/results/results", &[JSON], "{"), 422, "SLS-110").await;
    refused(&publisher, (post, "/from/rekenwonder/results/results", &[JSON], r#"{"x":1}"#), 422, "SLS-111")
        .await;
    refused(&publisher, ("GET", &format!("{USERS}?x=1"), &[], ""), 422, "SLS-112").await;
    let odd = ["/from/rekenwonder/own/records/%2e%2e/records", "/from/rekenwonder/own//records"];
    for target in odd {
        refused(&publisher, (post, target, &[JSON], "{}"), 422, "SLS-110").await;
    }
    assert!(world.school.raw().is_empty() && world.publisher.raw().is_empty(), "nothing was forwarded");
    world.school.say_json(r#"{"users":[]}"#);
    assert_eq!(publisher.get(USERS).await.status, 200, "it serves on");
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_no_route_knows() {
    let world = World::with(Options { networks: vec!["10.1.4.0/28"], ..own() }).await;
    let nobody = Caller { token: None, ..world.outside("taalreus") };
    let target = "/from/taalreus/students/students/school";
    refused(&nobody, ("GET", target, &[], ""), 401, "SLS-201").await;
    assert_eq!(nobody.get(target).await.headers["www-authenticate"], "Bearer realm=\"sluis\"");
    for token in ["token-of-taalreus-school", "token-of-rekenwonder-publisher", "", "x"] {
        let caller = Caller { token: Some(token.to_owned()), ..world.outside("taalreus") };
        refused(&caller, ("GET", target, &[], ""), 401, "SLS-201").await;
    }
    refused(&nobody, ("GET", target, &[("authorization", "Basic dGFhbHJldXM6eA==")], ""), 401, "SLS-201")
        .await;
    // The token is right, the network is not.
    refused(&world.outside("rekenwonder"), ("GET", USERS, &[], ""), 403, "SLS-202").await;
    assert!(world.school.raw().is_empty());
    world.school.say_json("[]");
    assert_eq!(world.outside("taalreus").get(target).await.status, 200);
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_much() {
    let limits = Limits { body_bytes: 2048, ..Limits::default() };
    let settings = Settings { limits, deadlines: Deadlines::default() };
    let world = World::with(Options { settings, reply_bytes: 4096, ..own() }).await;
    let school = world.inside("rekenwonder");
    let large = record(&bo(), &"x".repeat(4000));
    refused(&school, ("POST", RECORDS, &[JSON], &large), 413, "SLS-104").await;
    assert!(world.publisher.raw().is_empty());
    world.publisher.say_json(format!(r#"{{"remark":"{}"}}"#, "y".repeat(9000)));
    let small = record(&bo(), "goed");
    refused(&school, ("POST", RECORDS, &[JSON], &small), 502, "SLS-904").await;
    // A body that decodes to more than the limit.
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut bomb, &vec![b' '; 64 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    let world = World::with(own()).await;
    let reply =
        world.inside("rekenwonder").send("POST", RECORDS, &[JSON, ("content-encoding", "gzip")], bomb).await;
    assert_refused(&reply, 415, "SLS-107");
    assert!(world.publisher.raw().is_empty());
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_that_no_rule_can_treat() {
    let swaps = vec![("customer", "klant-12AB", "customer-77")];
    let world = World::with(Options { swaps, ..own() }).await;
    let school = world.inside("rekenwonder");
    refused(&school, ("POST", RECORDS, &[JSON], r#"{"given":"Bo"}"#), 422, "SLS-302").await;
    refused(&school, ("POST", RECORDS, &[JSON], r#"{"customer":"klant-99ZZ"}"#), 422, "SLS-303").await;
    assert!(world.publisher.raw().is_empty());
    // Both ways round it becomes the other side's value.
    world.publisher.say_json(r#"{"customer":"customer-77"}"#);
    let reply = school.post_json(RECORDS, r#"{"customer":"klant-12AB"}"#).await;
    assert_eq!((reply.status.as_u16(), reply.text()), (200, r#"{"customer":"klant-12AB"}"#));
    assert_eq!(world.publisher.last().text(), r#"{"customer":"customer-77"}"#);
    world.publisher.say_json(r#"{"customer":"customer-78"}"#);
    let reply = school.post_json(RECORDS, r#"{"customer":"klant-12AB"}"#).await;
    assert_refused(&reply, 502, "SLS-303");
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pupil_who_is_not_in_the_roster() {
    let link = Link::Roster { primary: Kind::LAS_KEY };
    let world = World::with(Options { link, ..own() }).await;
    let school = world.inside("rekenwonder");
    refused(&school, ("POST", RECORDS, &[JSON], r#"{"id":"LL-99999"}"#), 422, "SLS-304").await;
    assert!(world.publisher.raw().is_empty());
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_sides_that_fail() {
    let options = Options { upstream_timeout: Duration::from_millis(1500), ..own() };
    let world = World::with(options).await;
    let school = world.inside("rekenwonder");
    let good = record(&bo(), "goed");
    world.publisher.say_json("{}");
    world.publisher.delay(Duration::from_secs(4));
    let reply = school.post_json(RECORDS, good.clone()).await;
    assert_refused(&reply, 504, "SLS-902");
    assert_eq!(reply.json()["delivered"], true, "it may have acted");
    world.publisher.delay(Duration::ZERO);
    for (headers, body) in
        [(vec![("content-type", "text/html")], "<p>"), (vec![JSON, JSON], "{}"), (vec![], "{}")]
    {
        world.publisher.say(200, &headers, body);
        assert_refused(&school.post_json(RECORDS, good.clone()).await, 502, "SLS-109");
    }
    world.publisher.say(200, &[JSON, ("content-encoding", "lzma")], "{}");
    assert_refused(&school.post_json(RECORDS, good.clone()).await, 502, "SLS-107");
    world.publisher.say_json("{\"a\":1,\"a\":2}");
    assert_refused(&school.post_json(RECORDS, good.clone()).await, 502, "SLS-110");
    world.publisher.say_json("{\"other\":1}");
    let reply = school.post_json(RECORDS, good.clone()).await;
    assert_refused(&reply, 502, "SLS-111");
    assert_eq!(reply.json()["delivered"], true);
    // A redirection is a status like any other: it is not followed.
    world.publisher.forget();
    world.publisher.say(307, &[("location", "/own/records")], "");
    assert_refused(&school.post_json(RECORDS, good.clone()).await, 307, "SLS-100");
    assert_eq!(world.publisher.got().len(), 1);
    world.publisher.say_json("{}");
    assert_eq!(school.post_json(RECORDS, good).await.status, 200, "it serves on");
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_at_home() {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("token"), "token-of-the-test").unwrap();
    let credential = Some(CredentialSettings::BearerFile(folder.path().join("token")));
    let world = World::with(Options { credential, ..own() }).await;
    let school = world.inside("rekenwonder");
    world.publisher.say(401, &[], "");
    let good = record(&bo(), "goed");
    assert_refused(&school.post_json(RECORDS, good.clone()).await, 502, "SLS-903");
    assert_eq!(world.publisher.last().headers["authorization"], "Bearer token-of-the-test");
    world.clean();

    let gone = World::with(Options { far_protocol: "nothing", ..own() }).await;
    let reply = gone.inside("rekenwonder").post_json(RECORDS, good).await;
    assert_refused(&reply, 502, "SLS-901");
    assert_eq!(reply.json().get("delivered"), None, "nothing was delivered");
    gone.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_vault_and_a_failing_journal_forward_nothing() {
    for (broken, code) in [("vault", "SLS-701"), ("journal", "SLS-702")] {
        let world = World::with(own()).await;
        let school = world.inside("rekenwonder");
        world.publisher.say_json("{}");
        world.school.say_json("{}");
        assert_eq!(school.post_json(RECORDS, record(&bo(), "goed")).await.status, 200);
        world.publisher.forget();
        let disk = if broken == "vault" { &world.vault_disk } else { &world.journal_disk };
        disk.fail_from(1);
        let new = r#"{"id":"LL-77777","score":1}"#;
        refused(&school, ("POST", RECORDS, &[JSON], new), 503, code).await;
        assert!(disk.struck());
        // From then on nothing crosses, either way.
        let known = record(&bo(), "goed");
        refused(&school, ("POST", RECORDS, &[JSON], &known), 503, code).await;
        let publisher = world.outside("rekenwonder");
        refused(&publisher, ("POST", "/from/rekenwonder/own/records", &[JSON], r#"{"score":1}"#), 503, code)
            .await;
        let reply = school.post_json(RECORDS, known).await;
        assert_eq!(reply.headers["retry-after"], "5");
        assert!(
            world.publisher.raw().is_empty() && world.school.raw().is_empty(),
            "{broken}: forwarded nothing"
        );
        world.clean();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_that_fails_at_the_reply_withholds_it() {
    let world = World::with(own()).await;
    let publisher = world.outside("rekenwonder");
    let disk = world.journal_disk.clone();
    let page = sample("eduv_get_students_school_response.json");
    world.school.answer(move |_| {
        disk.fail_from(1);
        super::support::far::reply(200, &[JSON], page.clone())
    });
    let reply = publisher.get("/from/rekenwonder/students/students/school").await;
    assert_refused(&reply, 502, "SLS-702");
    assert_eq!(reply.json()["delivered"], true);
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_roster_free_text_does_not_leave() {
    let world = World::with(Options { roster: None, ..own() }).await;
    let school = world.inside("rekenwonder");
    world.publisher.say_json("{}");
    let reply = school.post_json(RECORDS, record(&bo(), "goed gewerkt, Bo")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let left: serde_json::Value = serde_json::from_str(world.publisher.last().text()).unwrap();
    assert_eq!(left.get("remark"), None, "free text is dropped: {left}");
    assert_eq!(left["score"], json!(7.5));
    world.forget();
    // A kept segment of a path cannot be dropped: it refuses.
    let text = "/rekenwonder/sem/results/School-van-Bo-A";
    let reply = school.post_json(text, r#"{"id":"1"}"#).await;
    assert_refused(&reply, 422, "SLS-602");
    assert!(world.publisher.raw().is_empty());
    world.clean();
}

/// Hostile documents and the words that refuse them.
#[derive(serde::Deserialize)]
struct Manifest {
    refused: std::collections::BTreeMap<String, String>,
    rule: std::collections::BTreeMap<String, Vec<String>>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_documents_reach_nobody() {
    let shapes = vec![(Kind::named("lms-user").unwrap(), Shape::parse("digits:12").unwrap())];
    let world = World::with(Options { shapes, ..own() }).await;
    let folder = corpus().join("hostile/json");
    let manifest: Manifest =
        toml::from_str(&std::fs::read_to_string(folder.join("manifest.toml")).unwrap()).unwrap();
    let (school, publisher) = (world.inside("rekenwonder"), world.outside("rekenwonder"));
    let files = std::fs::read_dir(&folder).unwrap().count() - 1;
    let not_whole = &manifest.rule["not_whole"];
    assert_eq!(files, manifest.refused.len() + not_whole.len(), "every file is in the manifest");
    for (file, words) in &manifest.refused {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        for (caller, target) in
            [(&school, "/rekenwonder/own/numbers"), (&publisher, "/from/rekenwonder/own/numbers")]
        {
            let reply = caller.post_json(target, bytes.clone()).await;
            if bytes.is_empty() {
                // No body at all: it is of no type that the profile lists.
                assert_refused(&reply, 415, "SLS-109");
                continue;
            }
            assert_refused(&reply, 422, "SLS-110");
            let detail = reply.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.starts_with(words.as_str()), "{file}: {detail:?} is not {words:?}");
        }
    }
    for file in not_whole {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        let reply = school.post_json("/rekenwonder/own/numbers", bytes).await;
        assert_refused(&reply, 422, "SLS-111");
    }
    assert!(world.publisher.raw().is_empty() && world.school.raw().is_empty(), "nobody saw any of it");
    // As an answer they stay on their side.
    for file in manifest.refused.keys() {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        if bytes.is_empty() {
            continue;
        }
        world.school.say_json(bytes);
        let reply = publisher.get("/from/rekenwonder/oneroster/rostering/v1p2/users").await;
        assert_refused(&reply, 502, "SLS-110");
        assert!(!reply.text().contains("canary"), "{file}");
    }
    world.publisher.say(204, &[], "");
    let reply = school.post_json("/rekenwonder/own/numbers", r#"{"id": 100271}"#).await;
    assert_eq!(reply.status, 204, "it serves on: {}", reply.text());
    let left: serde_json::Value = serde_json::from_str(world.publisher.last().text()).unwrap();
    let id = left["id"].as_u64().unwrap().to_string();
    assert!(id.len() == 13 && id.starts_with('1'), "a number stays a number: {id}");
    world.clean();
}

/// Codes that no test asks for yet; the list may only shrink.
const UNTESTED: &str = include_str!("untested-refusals.list");

#[test]
fn every_refusal_has_a_test() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = std::fs::read_to_string(root.join("src/gateway/refusal.rs")).unwrap();
    let codes: Vec<&str> =
        source.split("\"SLS-").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(codes.len() >= 30, "{codes:?}");
    let mut tests = String::new();
    for folder in ["tests/it", "src"] {
        for path in super::support::world::files(&root.join(folder)) {
            let name = path.to_string_lossy().into_owned();
            if path.extension().is_some_and(|ending| ending == "rs") && name.contains("tests") {
                tests.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let excused: Vec<&str> = UNTESTED
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split_once(" : ").expect("each line is `code : reason`").0.trim())
        .collect();
    for code in codes {
        let tested = tests.contains(&format!("\"SLS-{code}\""));
        let excused = excused.contains(&format!("SLS-{code}").as_str());
        assert!(tested || excused, "SLS-{code}: no test");
        assert!(!(tested && excused), "SLS-{code}: tested, and still in untested-refusals.list");
    }
    assert!(excused.len() <= 2, "the list may only shrink");
}
