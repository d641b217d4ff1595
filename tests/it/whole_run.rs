//! What a whole run leaves: a journal and a vault that verify, and nobody's name in any file or log line; a house
//! that another one replaces while exchanges run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sluis::crypto::SigningKey;
use sluis::gateway::caller::{CallerRule, Credential};
use sluis::gateway::house::House;
use sluis::gateway::route::{Link, Route, Routes, Swap};
use sluis::journal::{Decision, Event, Report, verify};
use sluis::secret::Secret;

use super::leak::{own, record};
use super::support::far::{Got, reply};
use super::support::pupils::{Person, edu_v, sample};
use super::support::watchers::log;
use super::support::world::{Options, World, assert_refused, files};

const JSON: (&str, &str) = ("content-type", "application/json");
const RECORDS: &str = "/rekenwonder/own/records";
const FROM_RECORDS: &str = "/from/rekenwonder/own/records";
const STUDENTS: &str = "/from/rekenwonder/students/students/school";

/// Signs what the journal holds now, and verifies it as a stranger would: from its files and its public key.
fn verified(world: &World, earlier: Option<&str>) -> (Report, String) {
    let (house, directory) = (world.gateway.house(), world.folder.path().join("journal"));
    let key = SigningKey::from_seed(house.vault.journal_seed());
    tokio::task::block_in_place(|| {
        house.journal.checkpoint(&key).unwrap();
        let report = verify(&directory, std::slice::from_ref(house.journal.vkey()), earlier);
        (report, std::fs::read_to_string(directory.join("checkpoint")).unwrap())
    })
}

/// Every record of the vault opens, every row is there.
fn vault_is_whole(world: &World) {
    let vault = Arc::clone(&world.gateway.house().vault);
    let found = tokio::task::block_in_place(|| vault.verify(&mut |_| {})).unwrap();
    assert_eq!(found.missing_rows, 0);
    assert!(found.tally.mappings > 0 && found.rows >= found.tally.mappings, "{found:?}");
    let newest = world.leaves().iter().filter_map(|leaf| leaf.vault.map(|head| head.sequence)).max().unwrap();
    assert!(newest > 0 && newest <= found.head.sequence, "the journal knows no later vault than there is");
}

fn echo(got: &Got) -> http::Response<bytes::Bytes> {
    let mut body: Value = serde_json::from_slice(&got.body).unwrap();
    body.as_object_mut().unwrap().remove("remark");
    reply(200, &[JSON], body.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_run_leaves_behind_verifies_and_names_nobody() {
    let world = World::with(own()).await;
    let (school, publisher) = (world.inside("rekenwonder"), world.outside("rekenwonder"));
    world.publisher.answer(echo);
    world.school.say_json(sample("eduv_get_students_school_response.json"));
    let page = publisher.get(STUDENTS).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let (report, middle) = verified(&world, None);
    assert!(report.is_good() && report.size == 2, "{}", report.json());

    let pupils = edu_v();
    for pupil in pupils.iter() {
        assert_eq!(school.post_json(RECORDS, record(pupil, "goed")).await.status, 200);
    }
    let refusal = school.post_json(RECORDS, record(&pupils[0], &pupils[0].name())).await;
    assert_refused(&refusal, 422, "SLS-601");
    // Some go away: before the answer, and at about every step before that.
    world.publisher.delay(Duration::from_millis(40));
    for pause in 0..20 {
        let asked = school.try_send("POST", RECORDS, &[JSON], record(&pupils[pause % 12], "weg"));
        let _ = tokio::time::timeout(Duration::from_millis(pause as u64 * 3), asked).await;
    }
    world.publisher.delay(Duration::ZERO);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let after = school.post_json(RECORDS, record(&pupils[1], "daarna")).await;
    assert_eq!(after.status, 200, "the next exchange works: {}", after.text());

    let (report, _) = verified(&world, Some(&middle));
    assert!(report.is_good(), "{}", report.json());
    assert_eq!((report.size, report.beyond, report.torn_bytes), (world.leaves().len() as u64, 0, 0));
    vault_is_whole(&world);

    // Every body outside is one whose digest the journal had before.
    let leaves = world.leaves();
    let told: BTreeSet<[u8; 32]> = leaves.iter().filter_map(|leaf| leaf.left).collect();
    let got = world.publisher.got();
    let outside = got.iter().map(|got| &got.body).chain([&page.body]);
    assert!(got.len() > 12, "{}", got.len());
    for body in outside {
        let digest: [u8; 32] = Sha256::digest(body).into();
        assert!(told.contains(&digest), "no leaf knows {body:?}");
    }
    let refused = leaves.iter().find(|leaf| leaf.event == Event::REFUSED).unwrap();
    assert_eq!(refused.decision, Decision::Refused("sls-601".to_owned()));

    // The search is in a log that really has this run in it, and in files that have something in them.
    let exchange = refusal.json()["exchange"].as_str().unwrap().to_owned();
    let found = memchr::memmem::find(&log(), exchange.as_bytes());
    assert!(found.is_some(), "the refusal is in the log");
    for folder in ["journal", "vault"] {
        let sizes = files(&world.folder.path().join(folder)).into_iter();
        let size: u64 = sizes.map(|path| std::fs::metadata(path).unwrap().len()).sum();
        assert!(size > 2000, "{folder}: {size}");
    }
    world.clean();
    damage_is_found(&world, &middle);
}

/// One byte of one entry, put back afterwards: verifying can fail.
fn damage_is_found(world: &World, earlier: &str) {
    let entries = |path: &std::path::PathBuf| path.to_string_lossy().contains("tile/entries");
    let bundle = files(&world.folder.path().join("journal")).into_iter().filter(entries).max().unwrap();
    let whole = std::fs::read(&bundle).unwrap();
    let mut bytes = whole.clone();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&bundle, bytes).unwrap();
    let damaged = verified(world, Some(earlier)).0;
    std::fs::write(&bundle, whole).unwrap();
    assert!(!damaged.is_good() && verified(world, Some(earlier)).0.is_good(), "{}", damaged.json());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_doors_over_http2() {
    let world = World::with(Options { far_protocol: "h2", ..own() }).await;
    world.publisher.answer(echo);
    world.school.answer(echo);
    let pupil = edu_v().remove(0);
    let school = world.over_http2(world.inside("rekenwonder"));
    let home = school.post_json(RECORDS, record(&pupil, "goed gewerkt")).await;
    assert_eq!(home.status, 200, "{}", home.text());
    assert_eq!(
        (&home.json()["id"], &home.json()["given"]),
        (&json!(pupil.id("las-key")), &json!(pupil.preferred))
    );
    let left: Value = serde_json::from_slice(&world.publisher.last().body).unwrap();
    assert!(left["id"] != pupil.id("las-key") && left["remark"] == "goed gewerkt" && left["born"].is_null());

    let publisher = world.over_http2(world.outside("rekenwonder"));
    let back = publisher.post_json(FROM_RECORDS, json!({ "id": left["id"], "score": 3 }).to_string()).await;
    assert_eq!((back.status.as_u16(), &back.json()["id"]), (200, &left["id"]), "{}", back.text());
    let entered: Value = serde_json::from_slice(&world.school.last().body).unwrap();
    assert_eq!(entered, json!({ "id": pupil.id("las-key"), "score": 3 }));

    let before = world.publisher.raw().len();
    let planted = school.post_json(RECORDS, record(&pupil, &pupil.name())).await;
    assert_refused(&planted, 422, "SLS-601");
    assert_eq!(world.publisher.raw().len(), before, "not a byte outside");
    let asked = world.school.got().len();
    let _ = publisher.try_send("HEAD", STUDENTS, &[], "").await;
    assert_eq!(world.school.got().len(), asked, "HEAD asks nobody");
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn head_over_http2_has_a_status_and_no_body() {
    let world = World::usual().await;
    let publisher = world.over_http2(world.outside("rekenwonder"));
    for (target, status) in [(STUDENTS, 405), ("/elsewhere", 404)] {
        let reply = publisher.send("HEAD", target, &[], "").await;
        assert_eq!((reply.status.as_u16(), reply.body.len()), (status, 0), "{target}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_joined_pupil_is_one_from_both_sides_and_over_many_messages() {
    let world =
        World::with(Options { link: Link::Roster { primary: sluis::identity::Kind::LAS_KEY }, ..own() })
            .await;
    let (school, publisher) = (world.inside("rekenwonder"), world.outside("rekenwonder"));
    world.publisher.answer(echo);
    world.school.say_json("{}");
    let joined: Vec<Person> =
        edu_v().into_iter().filter(|one| one.identifiers.iter().any(|(kind, _)| *kind == "eck-id")).collect();
    assert!(joined.len() >= 5);
    let mut called = BTreeSet::new();
    for pupil in &joined {
        // One message knows the key, another the ECK iD only: outside it is one pupil, at home each is its own kind.
        let mut names = Vec::new();
        for (field, kind) in [("id", "las-key"), ("eck", "eck-id")] {
            let home = school.post_json(RECORDS, json!({ field: pupil.id(kind) }).to_string()).await;
            assert_eq!((home.status.as_u16(), &home.json()[field]), (200, &json!(pupil.id(kind))), "{field}");
            let left: Value = serde_json::from_slice(&world.publisher.last().body).unwrap();
            names.push(left[field].as_str().unwrap().to_owned());
        }
        assert_eq!(names[0], names[1]);
        for (field, kind) in [("id", "las-key"), ("eck", "eck-id")] {
            let reply = publisher.post_json(FROM_RECORDS, json!({ field: names[0] }).to_string()).await;
            assert_eq!(reply.status, 200, "{}", reply.text());
            let entered: Value = serde_json::from_slice(&world.school.last().body).unwrap();
            assert_eq!(entered[field], pupil.id(kind));
        }
        assert!(called.insert(names.remove(0)), "two pupils stay two");
    }
    world.clean();
}

/// The house with one route, the school's under the tests' own profile, and another customer code; or with none.
fn moved(world: &World, digest: u8, outside: Option<&str>) -> House {
    let old = world.gateway.house();
    let token = world.inside("rekenwonder").token.unwrap();
    let route = outside.map(|outside| {
        let (route, _) = old.routes.at("", RECORDS).unwrap();
        let secret = |text: &str| Secret::new(text.to_owned());
        Route {
            host: None,
            mount: route.mount.clone(),
            scope: route.scope.clone(),
            asks: route.asks,
            profile: Arc::clone(&route.profile),
            callers: vec![CallerRule { credential: Credential::token(&token), networks: Vec::new() }],
            shapes: route.shapes.clone(),
            link: route.link,
            eck_id_kept: route.eck_id_kept,
            needle: route.needle,
            suspects: route.suspects,
            terms: Arc::clone(&route.terms),
            swaps: vec![Swap {
                name: "customer".to_owned(),
                inside: secret("klant-12AB"),
                outside: secret(outside),
            }],
            upstream: route.upstream.clone(),
            carrier: Arc::clone(&route.carrier),
        }
    });
    House {
        vault: Arc::clone(&old.vault),
        journal: Arc::clone(&old.journal),
        clock: Arc::clone(&old.clock),
        routes: Routes::new(route, None),
        rosters: old.rosters.clone(),
        consents: old.consents.clone(),
        configuration: [digest; 32],
        binary: old.binary,
        limits: old.limits,
        expansion: old.expansion,
        patience: old.patience,
        needle: old.needle.clone(),
    }
}

fn customer(pupil: &Person) -> String {
    json!({ "id": pupil.id("las-key"), "given": pupil.preferred, "customer": "klant-12AB" }).to_string()
}

/// Starts an exchange, and waits until the publisher has it.
async fn under_way(world: &World, pupil: &Person) -> tokio::task::JoinHandle<super::support::caller::Reply> {
    world.forget();
    let (school, body) = (world.inside("rekenwonder"), customer(pupil));
    let exchange = tokio::spawn(async move { school.post_json(RECORDS, body).await });
    let asked = async {
        while world.publisher.got().is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), asked).await.unwrap();
    exchange
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_exchange_ends_in_the_house_in_which_it_began() {
    let swaps = vec![("customer", "klant-12AB", "customer-77")];
    let world = World::with(Options { swaps, ..own() }).await;
    world.publisher.answer(echo);
    let pupil = edu_v().remove(0);
    let whole: Value = serde_json::from_str(&customer(&pupil)).unwrap();

    // Begun under one customer code; another one is in force before its answer comes.
    world.publisher.delay(Duration::from_millis(700));
    let first = under_way(&world, &pupil).await;
    assert!(world.publisher.last().text().contains("customer-77"));
    world.gateway.replace(moved(&world, 3, Some("customer-88")));
    let second = under_way(&world, &pupil).await;
    assert!(!first.is_finished() && world.publisher.last().text().contains("customer-88"));
    // And then there is no such route any more.
    world.gateway.replace(moved(&world, 4, None));
    let third = world.inside("rekenwonder").post_json(RECORDS, customer(&pupil)).await;
    assert_refused(&third, 404, "SLS-102");
    assert!(!second.is_finished());
    for exchange in [first, second] {
        let home = exchange.await.unwrap();
        assert_eq!((home.status.as_u16(), home.json()), (200, whole.clone()), "{}", home.text());
    }
    let mut houses: BTreeMap<[u8; 16], Vec<(Event, u8)>> = BTreeMap::new();
    for leaf in world.leaves().iter().filter(|leaf| leaf.decision == Decision::Passed) {
        houses.entry(leaf.exchange.unwrap()).or_default().push((leaf.event, leaf.configuration.unwrap()[0]));
    }
    let mut houses: Vec<_> = houses.into_values().collect();
    houses.sort_unstable_by_key(|events| events[0].1);
    let both = |house: u8| vec![(Event::LEFT, house), (Event::ENTERED, house)];
    assert_eq!(houses, [both(1), both(3)], "the journal says under which configuration each began and ended");
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_notices_reloads() {
    let swaps = vec![("customer", "klant-12AB", "customer-77")];
    let world = World::with(Options { swaps, ..own() }).await;
    world.publisher.answer(echo);
    world.publisher.delay(Duration::from_millis(10));
    let mut callers = tokio::task::JoinSet::new();
    for pupil in edu_v().into_iter().take(4) {
        let school = world.inside("rekenwonder");
        callers.spawn(async move {
            let whole: Value = serde_json::from_str(&customer(&pupil)).unwrap();
            for _ in 0..15 {
                let home = school.post_json(RECORDS, customer(&pupil)).await;
                assert_eq!((home.status.as_u16(), home.json()), (200, whole.clone()), "{}", home.text());
            }
        });
    }
    let mut reloads = 0_u8;
    while !callers.is_empty() {
        tokio::select! {
            Some(ended) = callers.join_next() => ended.unwrap(),
            () = tokio::time::sleep(Duration::from_millis(15)) => {
                reloads = reloads.wrapping_add(1);
                let outside = if reloads.is_multiple_of(2) { "customer-77" } else { "customer-88" };
                world.gateway.replace(moved(&world, reloads, Some(outside)));
            }
        }
    }
    let mut called: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for got in world.publisher.got() {
        let body: Value = serde_json::from_slice(&got.body).unwrap();
        let code = body["customer"].as_str().unwrap().to_owned();
        called.entry(code).or_default().insert(format!("{} {}", body["id"], body["given"]));
    }
    assert_eq!(called.keys().collect::<Vec<_>>(), ["customer-77", "customer-88"], "both were in force");
    let everybody: BTreeSet<&String> = called.values().flatten().collect();
    assert_eq!(everybody.len(), 4, "a reload changes nobody's pseudonym: {called:?}");
    assert_eq!(world.publisher.got().len(), 60);
    world.clean();
}
