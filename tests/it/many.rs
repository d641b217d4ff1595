//! Many at once, and callers who go away: pseudonyms agree, and nothing is left half.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use sluis::journal::{Decision, Event};

use super::leak::own;
use super::support::far::reply;
use super::support::world::World;

const RECORDS: &str = "/rekenwonder/own/records";

/// A pupil whom nobody has seen before.
fn newcomer(number: usize) -> String {
    json!({ "id": format!("LL-9{number:04}"), "given": "Canarinus", "family": "Kanarieveld", "score": number })
        .to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_at_once_agree_on_every_pupil() {
    let world = World::with(own()).await;
    // The publisher answers with what it got, so that each caller sees whether its own pupil comes home.
    world.publisher.answer(|got| {
        let mut body: Value = serde_json::from_slice(&got.body).unwrap();
        body.as_object_mut().unwrap().remove("score");
        reply(200, &[("content-type", "application/json")], body.to_string())
    });
    let mut under_way = tokio::task::JoinSet::new();
    for number in 0..50 {
        let school = world.inside("rekenwonder");
        // Ten pupils, five times each: most of them meet while they are new.
        let body = newcomer(number % 10);
        under_way.spawn(async move {
            let reply = school.post_json(RECORDS, body.clone()).await;
            assert_eq!(reply.status, 200, "{}", reply.text());
            let (sent, home): (Value, Value) = (serde_json::from_str(&body).unwrap(), reply.json());
            for field in ["id", "given", "family"] {
                assert_eq!(sent[field], home[field], "each gets its own pupil back");
            }
        });
    }
    while let Some(ended) = under_way.join_next().await {
        ended.unwrap();
    }
    let mut outside: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for got in world.publisher.got() {
        let body: Value = serde_json::from_slice(&got.body).unwrap();
        let called = format!("{} {} {}", body["id"], body["given"], body["family"]);
        outside.entry(body["score"].as_u64().unwrap() % 10).or_default().insert(called);
    }
    assert_eq!(outside.len(), 10);
    assert!(
        outside.values().all(|called| called.len() == 1),
        "one pupil, one pseudonym, one stand-in: {outside:?}"
    );
    let all: BTreeSet<&String> = outside.values().flatten().collect();
    assert_eq!(all.len(), 10, "ten pupils of one name stay ten");
    let passed = world.leaves().into_iter().filter(|leaf| leaf.decision == Decision::Passed);
    let events: Vec<Event> = passed.map(|leaf| leaf.event).collect();
    assert_eq!(events.iter().filter(|event| **event == Event::LEFT).count(), 50);
    assert_eq!(events.iter().filter(|event| **event == Event::ENTERED).count(), 50);
    let mut canaries = world.canaries();
    canaries.add("name", "Canarinus");
    canaries.add("name", "Kanarieveld");
    (0..10).for_each(|number| canaries.add("las-key", &format!("LL-9{number:04}")));
    world.clean_of(&canaries);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_caller_who_goes_away_leaves_nothing_half() {
    let world = World::with(own()).await;
    world.publisher.say_json("{}");
    world.publisher.delay(Duration::from_millis(30));
    // Each goes away a little later than the one before: during TLS, the vault, the journal, the publisher's pause.
    for number in 0..40 {
        let school = world.inside("rekenwonder");
        let asked =
            school.try_send("POST", RECORDS, &[("content-type", "application/json")], newcomer(number));
        let _ = tokio::time::timeout(Duration::from_millis(number as u64 * 2), asked).await;
    }
    world.publisher.delay(Duration::ZERO);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let before = world.publisher.got();
    assert!(!before.is_empty(), "some of them got as far as the publisher");
    // No record, no send: whatever reached the publisher has its leaf.
    let left = world.leaves().into_iter().filter(|leaf| leaf.event == Event::LEFT).count();
    assert!(left >= before.len(), "{left} leaves for {} requests", before.len());
    // Whoever was met half way is the same pupil afterwards, and stays apart from the others.
    let mut called = BTreeMap::new();
    for got in &before {
        let body: Value = serde_json::from_slice(&got.body).unwrap();
        called.insert(body["score"].as_u64().unwrap(), body);
    }
    world.publisher.forget();
    for number in 0..40 {
        let reply = world.inside("rekenwonder").post_json(RECORDS, newcomer(number)).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let body: Value = serde_json::from_slice(&world.publisher.last().body).unwrap();
        assert_eq!(called.entry(number as u64).or_insert_with(|| body.clone()), &body);
    }
    let ids: BTreeSet<String> = called.values().map(|body| body["id"].to_string()).collect();
    assert_eq!(ids.len(), 40);
    world.clean();
}
