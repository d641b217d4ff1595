//! The other side dies: before there is a connection, in the handshake, while it reads, while it answers. Each time
//! the caller hears so, nobody is asked twice, nothing of half an answer crosses, and the next exchange works.

use http::StatusCode;
use serde_json::json;
use sluis::journal::{Detail, Event};

use super::leak::own;
use super::support::far::Dies;
use super::support::pupils::sample;
use super::support::world::{Options, World, assert_refused};

const RECORDS: &str = "/rekenwonder/own/records";
const STUDENTS: &str = "/from/rekenwonder/students/students/school";
const JSON: (&str, &str) = ("content-type", "application/json");

/// A reply's bytes, cut at every place that means something.
fn replies(body: &str) -> Vec<(&'static str, Vec<u8>)> {
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    let chunked = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    let half = &body[..body.len() / 2];
    vec![
        ("nothing", Vec::new()),
        ("half of the status line", b"HTTP/1.1 2".to_vec()),
        ("the status line", b"HTTP/1.1 200 OK\r\n".to_vec()),
        ("half of the head", head.clone().into_bytes()),
        ("the head", format!("{head}\r\n").into_bytes()),
        ("half of the body", format!("{head}\r\n{half}").into_bytes()),
        ("all but a byte", format!("{head}\r\n{}", &body[..body.len() - 1]).into_bytes()),
        ("a chunk's size", format!("{chunked}{:x}\r\n", body.len()).into_bytes()),
        ("half of a chunk", format!("{chunked}{:x}\r\n{half}", body.len()).into_bytes()),
        ("all chunks but the last", format!("{chunked}{:x}\r\n{body}\r\n", body.len()).into_bytes()),
        ("a 100 and no more", b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
        ("a 101", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n".to_vec()),
        ("no HTTP", b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()),
        ("two lengths", format!("{head}Content-Length: 1\r\n\r\n{body}").into_bytes()),
    ]
}

/// Every state, by name; and whether it is certain then that the other side saw nothing.
fn states(body: &str) -> Vec<(String, Dies, bool)> {
    let mut states = vec![
        ("connected".to_owned(), Dies::Connected, true),
        ("in the handshake".to_owned(), Dies::Greeted, true),
        ("after the handshake".to_owned(), Dies::Secured, false),
    ];
    states.extend([1, 20, 100].map(|bytes| (format!("after {bytes} bytes"), Dies::Reading(bytes), false)));
    states.extend(
        replies(body).into_iter().map(|(name, bytes)| (name.to_owned(), Dies::Replying(bytes), false)),
    );
    states
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_who_dies_in_any_state_is_told_of_and_not_asked_twice() {
    let body = format!(r#"{{"remark":"ontvangen"{}}}"#, " ".repeat(40));
    for (number, (name, dies, untouched)) in states(&body).into_iter().enumerate() {
        // A connection that was kept would hide how new ones end.
        let world = World::with(Options { ..own() }).await;
        let school = world.inside("rekenwonder");
        world.publisher.dies(Some(dies));
        let record = json!({ "id": format!("LL-{}", 730_000 + number), "score": 1 }).to_string();
        let reply = school.post_json(RECORDS, record.clone()).await;
        assert_refused(&reply, 502, "SLS-901");
        assert_eq!(reply.json()["delivered"] == true, !untouched, "{name}: {}", reply.text());
        let asked = String::from_utf8_lossy(&world.publisher.raw()).matches("POST ").count();
        assert!(asked <= 1, "{name}: asked {asked} times");
        let told = world.leaves();
        let refused =
            told.iter().rfind(|leaf| leaf.event == Event::REFUSED).expect("the journal knows of it");
        let delivered = Detail::Number(u64::from(!untouched));
        assert!(
            refused.details.contains(&("delivered".to_owned(), delivered)),
            "{name}: {:?}",
            refused.details
        );
        // It lives again, and so does service.
        world.publisher.dies(None);
        world.publisher.say_json(body.clone());
        let reply = school.post_json(RECORDS, record).await;
        assert_eq!((reply.status, reply.text()), (StatusCode::OK, body.as_str()), "{name}");
        world.clean();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_school_that_dies_in_any_state_shows_the_publisher_nothing() {
    let page = sample("eduv_get_students_school_response.json");
    let world = World::with(own()).await;
    let publisher = world.outside("rekenwonder");
    for (name, dies, untouched) in states(&page) {
        world.school.forget();
        world.school.dies(Some(dies));
        let reply = publisher.get(STUDENTS).await;
        assert_refused(&reply, 502, "SLS-901");
        assert_eq!(reply.json()["delivered"] == true, !untouched, "{name}: {}", reply.text());
        // A question of HTTP's own kind (GET) may be repeated by nobody here either.
        let asked = String::from_utf8_lossy(&world.school.raw()).matches("GET ").count();
        assert!(asked <= 1, "{name}: asked {asked} times");
        world.clean();
    }
    world.school.dies(None);
    world.school.say(200, &[JSON], page);
    assert_eq!(publisher.get(STUDENTS).await.status, 200);
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_who_dies_under_many_takes_nobody_else_along() {
    let world = World::with(own()).await;
    world.publisher.dies(Some(Dies::Reading(40)));
    world.school.say_json("[]");
    let mut dying = tokio::task::JoinSet::new();
    for number in 0..30 {
        let school = world.inside("rekenwonder");
        let record = json!({ "id": format!("LL-{}", 740_000 + number), "score": 1 }).to_string();
        dying.spawn(async move { school.post_json(RECORDS, record).await });
    }
    // The other direction meanwhile.
    for _ in 0..10 {
        assert_eq!(world.outside("rekenwonder").get(STUDENTS).await.status, 200);
    }
    while let Some(reply) = dying.join_next().await {
        assert_refused(&reply.unwrap(), 502, "SLS-901");
    }
    world.publisher.dies(None);
    world.publisher.say_json("{}");
    let record = json!({ "id": "LL-740000", "score": 1 }).to_string();
    assert_eq!(world.inside("rekenwonder").post_json(RECORDS, record).await.status, 200);
    world.clean();
}
