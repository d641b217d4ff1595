//! Names that a publisher gives to pupils (`minted = "publisher"`): unchanged at both doors, one pupil each, and somebody to
//! stand on for names, order and objections.

use std::collections::HashMap;
use std::sync::Arc;

use http::Response;
use serde_json::{Value, json};
use sluis::gateway::route::Link;
use sluis::identity::{Identifier, Kind};
use sluis::roster::consent::{Consents, Mark, Said, Stance};

use super::support::caller::Reply;
use super::support::far::{Got, reply};
use super::support::pupils::{Person, edu_v};
use super::support::world::{Options, World, assert_refused, scope};

const PROFILE: &str = include_str!("../corpus/own-accounts/profile.toml");
const ACCOUNTS: &str = "/rekenwonder/own/accounts";
const FROM: &str = "/from/rekenwonder/own/accounts";
const JSON: (&str, &str) = ("content-type", "application/json");

fn options() -> Options {
    Options { own_profile: Some(PROFILE), ..Options::default() }
}

fn maarten() -> Person {
    edu_v().into_iter().find(|person| person.preferred == "Maarten").unwrap()
}

fn other() -> Person {
    edu_v().into_iter().find(|person| person.preferred != "Maarten" && person.family.len() > 4).unwrap()
}

/// The publisher makes an account of what it gets, with an id of its own.
fn makes(id: &'static str) -> impl Fn(&Got) -> Response<bytes::Bytes> + Send + Sync {
    move |got| {
        let mut account: Value = serde_json::from_slice(&got.body).unwrap();
        account["id"] = json!(id);
        reply(201, &[JSON], account.to_string())
    }
}

fn account(person: &Person) -> String {
    json!({ "number": person.id("las-key"), "given": person.preferred, "family": person.family }).to_string()
}

/// The school makes an account at the publisher.
async fn made(world: &World, person: &Person, id: &'static str) -> Reply {
    world.publisher.answer(makes(id));
    world.inside("rekenwonder").post_json(ACCOUNTS, account(person)).await
}

/// The school writes a pupil's name anew, and names him by the publisher's id alone.
async fn renamed(world: &World, id: &str, family: &str) -> Reply {
    world.publisher.forget();
    world.publisher.say_json("{}");
    let body = json!({ "family": family }).to_string();
    world.inside("rekenwonder").send("PATCH", &format!("{ACCOUNTS}/{id}"), &[JSON], body).await
}

/// The publisher writes, and names a pupil by its own id alone.
async fn told(world: &World, id: &str, body: Value) -> Reply {
    world.school.forget();
    world.school.say_json("{}");
    let caller = world.outside("rekenwonder");
    caller.send("PATCH", &format!("{FROM}/{id}"), &[JSON], body.to_string()).await
}

fn body(got: &Got) -> Value {
    serde_json::from_slice(&got.body).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_publisher_names_it_names_at_both_doors_and_after_a_crash() {
    let world = World::with(options()).await;
    let pupil = maarten();
    // Before, nobody is known by that id: a name has nobody to stand on.
    assert_refused(&renamed(&world, "acc-1", &pupil.family).await, 422, "SLS-302");
    assert!(world.publisher.got().is_empty());
    assert_refused(&told(&world, "acc-1", json!({ "family": "Bakker" })).await, 422, "SLS-302");
    assert_eq!(told(&world, "acc-1", json!({ "score": 7 })).await.status, 200, "of nobody a score may come");

    let home = made(&world, &pupil, "acc-1").await;
    assert_eq!(home.status, 201, "{}", home.text());
    let left = body(&world.publisher.last());
    assert_eq!(home.json()["id"], "acc-1");
    assert_eq!(home.json()["number"], pupil.id("las-key"));
    let stand_in = left["family"].as_str().unwrap().to_owned();

    // After a crash too: what came home was durable.
    let world = world.after(options()).await;
    for _ in 0..2 {
        let reply = renamed(&world, "acc-1", &pupil.family).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let got = world.publisher.last();
        assert_eq!(body(&got)["family"], json!(stand_in), "the same stand-in as beside his number");
        assert!(got.target.ends_with("/accounts/acc-1"), "{}", got.target);
        let reply = told(&world, "acc-1", json!({ "family": stand_in, "score": 8 })).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(body(&world.school.last()), json!({ "family": pupil.family, "score": 8 }));
    }
    // Another publisher's id of the same text names nobody here, and the other way round.
    let caller = world.outside("taalreus");
    let patch = json!({ "family": stand_in }).to_string();
    let reply = caller.send("PATCH", "/from/taalreus/own/accounts/acc-1", &[JSON], patch).await;
    assert_refused(&reply, 422, "SLS-302");
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_names_one_pupil_for_good() {
    let world = World::with(options()).await;
    let (pupil, second) = (maarten(), other());
    assert_eq!(made(&world, &pupil, "acc-1").await.status, 201);
    let number = world.pseudonym("rekenwonder", "las-key", second.id("las-key")).await;
    let own = world.pseudonym("rekenwonder", "las-key", pupil.id("las-key")).await;

    // The publisher's reply gives it to somebody else.
    let reply = made(&world, &second, "acc-1").await;
    assert_refused(&reply, 502, "SLS-305");
    assert_eq!(reply.json()["delivered"], true);
    // Its request does: nothing reaches the school.
    world.school.say_json("{}");
    let publisher = world.outside("rekenwonder");
    for record in [
        json!({ "id": "acc-1", "number": number }),
        // Two in one message.
        json!([{ "id": "acc-2", "number": own }, { "id": "acc-2", "number": number }]),
    ] {
        let reply = publisher.post_json(FROM, record.to_string()).await;
        assert_refused(&reply, 422, "SLS-305");
    }
    assert!(world.school.got().is_empty());
    // The school's request does: nothing leaves.
    world.publisher.forget();
    let record = json!({ "id": "acc-1", "number": second.id("las-key") }).to_string();
    let school = world.inside("rekenwonder");
    let reply = school.send("PUT", &format!("{ACCOUNTS}/acc-1"), &[JSON], record).await;
    assert_refused(&reply, 422, "SLS-305");
    assert!(world.publisher.got().is_empty());
    // Nothing of that was remembered, and the first is still himself: by another of his identifiers too, as the roster says.
    assert_refused(&renamed(&world, "acc-2", &pupil.family).await, 422, "SLS-302");
    let login = world.pseudonym("rekenwonder", "email", &pupil.email).await;
    let reply = publisher.post_json(FROM, json!({ "id": "acc-1", "login": login }).to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let theirs = world.pseudonym("rekenwonder", "email", &second.email).await;
    let reply = publisher.post_json(FROM, json!({ "id": "acc-1", "login": theirs }).to_string()).await;
    assert_refused(&reply, 422, "SLS-305");
    assert_eq!(renamed(&world, "acc-1", &pupil.family).await.status, 200);
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guess_names_nobody() {
    let world = World::with(options()).await;
    let pupil = maarten();
    let own = world.pseudonym("rekenwonder", "las-key", pupil.id("las-key")).await;
    let publisher = world.outside("rekenwonder");
    let record = json!({ "id": "acc-1", "number": own }).to_string();
    // What the school refused is not there.
    world.school.say(404, &[], "");
    assert_eq!(publisher.post_json(FROM, record.clone()).await.status, 404);
    assert_refused(&renamed(&world, "acc-1", &pupil.family).await, 422, "SLS-302");
    // What stands beside nobody, or beside a guess, is not.
    world.school.say_json("{}");
    assert_eq!(publisher.post_json(FROM, json!({ "id": "acc-1" }).to_string()).await.status, 200);
    let guess = json!({ "id": "acc-1", "number": "0f1e2d3c-4b5a-8978-8695-a4b3c2d1e0ff" }).to_string();
    assert_refused(&publisher.post_json(FROM, guess).await, 422, "SLS-301");
    assert_refused(&renamed(&world, "acc-1", &pupil.family).await, 422, "SLS-302");
    let long = json!({ "id": "a".repeat(129), "number": own }).to_string();
    assert_refused(&publisher.post_json(FROM, long).await, 422, "SLS-111");
    assert_eq!(publisher.post_json(FROM, record).await.status, 200);
    assert_eq!(renamed(&world, "acc-1", &pupil.family).await.status, 200);
    world.clean();
}

/// What the school writes where the publisher's id stands is judged: only the publisher's own word passes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_school_cannot_name_a_number_a_name() {
    let world = World::with(options()).await;
    let (pupil, second) = (maarten(), other());
    let key = second.id("las-key");
    let school = world.inside("rekenwonder");
    world.publisher.say(204, &[], "");
    let record = json!({ "id": key, "number": pupil.id("las-key") }).to_string();
    for _ in 0..2 {
        let reply = school.send("PUT", &format!("{ACCOUNTS}/acc-1"), &[JSON], record.clone()).await;
        assert_refused(&reply, 422, "SLS-601");
    }
    assert!(world.publisher.raw().is_empty());
    // Beside a pseudonym in a message that leaves an id is not tied to anybody.
    let record = json!({ "id": "acc-9", "number": pupil.id("las-key") }).to_string();
    let reply = school.send("PUT", &format!("{ACCOUNTS}/acc-9"), &[JSON], record).await;
    assert_eq!(reply.status, 204, "{}", reply.text());
    assert_refused(&renamed(&world, "acc-9", &pupil.family).await, 422, "SLS-302");
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_ids_leaves_in_the_order_of_pseudonyms() {
    let world = World::with(options()).await;
    let pupils: Vec<Person> = edu_v().into_iter().take(3).collect();
    let mut sorted = Vec::new();
    for (pupil, id) in pupils.iter().zip(["acc-1", "acc-2", "acc-3"]) {
        assert_eq!(made(&world, pupil, id).await.status, 201);
        sorted.push((world.pseudonym("rekenwonder", "las-key", pupil.id("las-key")).await, id));
    }
    sorted.sort();
    let list = json!({ "accounts": [{ "id": "acc-1" }, { "id": "acc-2" }, { "id": "acc-3" }] }).to_string();
    world.school.say_json(list);
    let reply = world.outside("rekenwonder").get(FROM).await;
    let ids: Vec<Value> =
        reply.json()["accounts"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_eq!(ids, sorted.iter().map(|(_, id)| json!(id)).collect::<Vec<_>>());
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_objection_and_forgetting_reach_him_by_his_id() {
    let world = World::with(options()).await;
    let pupil = maarten();
    assert_eq!(made(&world, &pupil, "acc-1").await.status, 201);

    let mut consents = Consents::default();
    let key = Identifier::new(Kind::LAS_KEY, pupil.id("las-key"));
    let publisher = scope("rekenwonder").publisher;
    let mark = Mark {
        publisher: Some(publisher),
        stance: Stance::Objection,
        date: sluis::clock::Date::parse("2026-09-01").unwrap(),
    };
    consents.record(Said { identifier: key.clone(), mark });
    let consents = HashMap::from([(scope("rekenwonder").school, Arc::new(consents))]);
    let objected = world.after(Options { consents, ..options() }).await;
    assert_refused(&renamed(&objected, "acc-1", &pupil.family).await, 403, "SLS-404");
    assert!(objected.publisher.raw().is_empty());
    // To the publisher he is as unknown as anybody (decision 13).
    assert_refused(&told(&objected, "acc-1", json!({ "score": 8 })).await, 422, "SLS-301");
    assert!(objected.school.raw().is_empty());

    let house = world.gateway.house();
    let school = scope("rekenwonder").school;
    tokio::task::block_in_place(|| house.vault.forget(&school, &[key], house.clock.now()).unwrap());
    assert_refused(&renamed(&world, "acc-1", &pupil.family).await, 422, "SLS-302");
    // The id is free again; whoever has it now is somebody else than before.
    assert_eq!(made(&world, &other(), "acc-1").await.status, 201);
    assert_eq!(renamed(&world, "acc-1", &other().family).await.status, 200);
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_roster_that_joins_an_id_is_one_pupils_by_any_of_his_identifiers() {
    let link = Link::Roster { primary: Kind::LAS_KEY };
    let world = World::with(Options { link, ..options() }).await;
    let (pupil, second) = (maarten(), other());
    assert_eq!(made(&world, &pupil, "acc-1").await.status, 201);
    let stand_in = body(&world.publisher.last())["family"].clone();
    let reply = renamed(&world, "acc-1", &pupil.family).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(body(&world.publisher.last())["family"], stand_in);
    assert_eq!(told(&world, "acc-1", json!({ "family": stand_in })).await.status, 200);
    assert_eq!(body(&world.school.last())["family"], json!(pupil.family));
    // His address beside it, and another's.
    world.publisher.say(204, &[], "");
    let school = world.inside("rekenwonder");
    for (email, status) in [(&pupil.email, 204), (&second.email, 422)] {
        let record = json!({ "id": "acc-1", "login": email }).to_string();
        let reply = school.send("PUT", &format!("{ACCOUNTS}/acc-1"), &[JSON], record).await;
        assert_eq!(reply.status.as_u16(), status, "{}", reply.text());
    }
    world.clean();
}
