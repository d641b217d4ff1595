//! Disks that are slow or hang, and clocks that jump: nobody waits for ever, nobody who needs no disk waits at all,
//! nothing leaves unrecorded, and service resumes by itself.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sluis::clock::{Clock, FixedClock, SystemClock, Timestamp};
use sluis::journal::{Decision, Event, verify};
use sluis::server::{Deadlines, Settings};
use tokio::task::JoinSet;

use super::leak::own;
use super::support::caller::{Caller, Reply};
use super::support::world::{Options, World, assert_refused};

const RECORDS: &str = "/rekenwonder/own/records";
const SECOND: u64 = 1000;
const DAY: u64 = 86_400 * SECOND;

async fn send(school: &Caller, pupil: u32) -> Reply {
    school
        .post_json(RECORDS, json!({ "id": format!("LL-{}", 720_000 + pupil), "score": 1 }).to_string())
        .await
}

/// So many new pupils at once.
fn many(world: &World, pupils: std::ops::Range<u32>) -> JoinSet<Reply> {
    let mut under_way = JoinSet::new();
    for pupil in pupils {
        let school = world.inside("rekenwonder");
        under_way.spawn(async move { send(&school, pupil).await });
    }
    under_way
}

/// Every request that the publisher got has its leaf.
fn nothing_unrecorded(world: &World) {
    let passed =
        |leaf: &&sluis::journal::Leaf| leaf.event == Event::LEFT && leaf.decision == Decision::Passed;
    let left = world.leaves().iter().filter(passed).count();
    assert!(left >= world.publisher.got().len(), "{left} leaves, {} requests", world.publisher.got().len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_disk_makes_slow_exchanges_and_group_commit_bears_them() {
    for store in ["vault", "journal"] {
        let world = World::with(own()).await;
        world.publisher.say_json("{}");
        let disk = if store == "vault" { &world.vault_disk } else { &world.journal_disk };
        disk.slow_down(Duration::from_millis(50));
        let before = disk.acts();
        let mut under_way = many(&world, 0..40);
        while let Some(reply) = under_way.join_next().await {
            let reply = reply.unwrap();
            assert_eq!(reply.status, 200, "{store}: {}", reply.text());
        }
        // Two acts each would be 80 for one store, one after another.
        let acts = disk.acts() - before;
        assert!(acts < 60, "{store}: {acts} acts for 40 at once");
        disk.heal();
        nothing_unrecorded(&world);
        world.clean();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_hangs_holds_up_only_who_needs_it_and_that_not_for_ever() {
    for store in ["vault", "journal"] {
        let deadlines = Deadlines {
            body: Duration::from_millis(500),
            total: Duration::from_millis(1500),
            ..Deadlines::default()
        };
        let options = Options { settings: Settings { deadlines, ..Settings::default() }, ..own() };
        let world = World::with(options).await;
        world.publisher.say_json("{}");
        assert_eq!(send(&world.inside("rekenwonder"), 0).await.status, 200);
        world.publisher.forget();
        let disk = if store == "vault" { &world.vault_disk } else { &world.journal_disk };
        disk.hang();
        let mut under_way = many(&world, 1..21);
        // Meanwhile whoever needs no disk is answered; the test would end late, not wrong, if not: so it is counted.
        let nobody = Caller { token: None, ..world.inside("rekenwonder") };
        for _ in 0..5 {
            assert_refused(&send(&nobody, 30).await, 401, "SLS-201");
        }
        assert_eq!(under_way.len(), 20, "the others were not waited for");
        // They are cut off in time, and hear that nobody knows how far it came.
        while let Some(reply) = under_way.join_next().await {
            let reply = reply.unwrap();
            assert!(reply.status.is_server_error(), "{store}: {}", reply.text());
            assert!(matches!(reply.code().as_str(), "SLS-902" | "SLS-701" | "SLS-702"), "{}", reply.text());
        }
        assert!(world.publisher.raw().is_empty(), "{store}: bytes left while nothing could be recorded");
        disk.heal();
        for pupil in [0, 1, 40] {
            let reply = send(&world.inside("rekenwonder"), pupil).await;
            assert_eq!(reply.status, 200, "{store}, and it is well again: {}", reply.text());
        }
        nothing_unrecorded(&world);
        world.clean();
    }
}

/// Whose time is a test's.
fn at(clock: &Arc<FixedClock>) -> Options {
    Options { clock: Arc::clone(clock) as Arc<dyn Clock>, ..own() }
}

fn set(clock: &FixedClock, now: u64) {
    clock.set(Timestamp::from_millis(now));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_loses_nothing_and_writes_no_time_that_goes_back() {
    let start = SystemClock.now().as_millis();
    let clock = Arc::new(FixedClock::at(Timestamp::from_millis(start)));
    let world = World::with(at(&clock)).await;
    world.publisher.say_json("{}");
    let school = world.inside("rekenwonder");
    let before = world.pseudonym("rekenwonder", "las-key", "LL-720001").await;
    assert_eq!(send(&school, 1).await.status, 200);
    // Slewed, and a little back: threads and NTP do that.
    for shift in [1000, 0, 59 * SECOND, 0] {
        set(&clock, start + shift);
        assert_eq!(send(&school, 2).await.status, 200, "{shift}");
    }
    // A year ahead: exchanges go on.
    set(&clock, start + 365 * DAY);
    let reply = send(&school, 3).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    // And back: no entry can be written that a verifier believes, so nothing leaves, and it says why.
    world.publisher.forget();
    for back in [start, start + DAY, start + 365 * DAY - 61 * SECOND] {
        set(&clock, back);
        for pupil in [1, 4] {
            assert_refused(&send(&school, pupil).await, 503, "SLS-702");
        }
    }
    assert!(world.publisher.raw().is_empty(), "bytes left without a record");
    // The clock is right again: service resumes by itself, and everybody is who he was.
    set(&clock, start + 365 * DAY + SECOND);
    assert_eq!(send(&school, 4).await.status, 200);
    assert_eq!(world.pseudonym("rekenwonder", "las-key", "LL-720001").await, before);
    nothing_unrecorded(&world);
    let house = world.gateway.house();
    let key = sluis::crypto::SigningKey::from_seed(house.vault.journal_seed());
    let directory = world.folder.path().join("journal");
    let report = tokio::task::block_in_place(|| {
        house.journal.checkpoint(&key).unwrap();
        verify(&directory, &[house.journal.vkey().clone()], None)
    });
    assert!(report.is_good(), "{:?}", report.differences());
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_lets_no_token_live_again() {
    use sha2::{Digest as _, Sha256};
    use sluis::gateway::issuer::{Client, ClientProof, Issuer, IssuerSettings};

    let start = SystemClock.now().as_millis();
    let clock = Arc::new(FixedClock::at(Timestamp::from_millis(start)));
    let client =
        Client { id: "las".into(), proof: ClientProof::Secret(Sha256::digest(b"of the test").into()) };
    let settings = IssuerSettings { clients: vec![client], audiences: Vec::new(), lifetime_s: 300 };
    let issuer = Issuer::new(settings, Arc::clone(&clock) as _);
    let ask = async || {
        let mut headers = http::HeaderMap::new();
        headers.insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
        let form = "grant_type=client_credentials&client_id=las&client_secret=of+the+test";
        let reply = issuer.answer(&headers, &form.into()).await;
        let said: serde_json::Value = serde_json::from_slice(reply.body()).unwrap();
        said["access_token"].as_str().unwrap().to_owned()
    };
    let token = ask().await;
    assert!(issuer.knows(&token));
    set(&clock, start + 301 * SECOND);
    assert!(!issuer.knows(&token), "it ended");
    // Somebody asks in that time: what ended is forgotten, and a clock put back does not bring it back.
    let later = ask().await;
    set(&clock, start);
    assert!(!issuer.knows(&token), "a token that ended lives again");
    assert!(issuer.knows(&later));
    set(&clock, start + 365 * DAY);
    assert!(!issuer.knows(&later));
}
