//! What else a hostile review found at the doors: what is asked before anything is shown.

use serde_json::{Value, json};
use sluis::gateway::route::Link;
use sluis::identity::Kind;

use super::support::pupils::{Person, oneroster};
use super::support::world::{Options, World, assert_refused};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_shown_nothing_sends_little() {
    let world = World::with(Options { issues_tokens: true, ..Options::default() }).await;
    let publisher = world.outside("rekenwonder");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let token = "/from/rekenwonder/oneroster/token";
    let small = publisher.send("POST", token, &form, "grant_type=client_credentials").await;
    assert_ne!(small.code(), "SLS-104", "{}", small.text());
    assert!(small.json()["error"].is_string(), "the token endpoint answered: {}", small.text());
    let large = publisher.send("POST", token, &form, format!("a={}", "x".repeat(32 << 10))).await;
    assert_refused(&large, 413, "SLS-104");
    // Only there: a caller that is known may send more.
    let json = [("content-type", "application/json")];
    let target = "/from/rekenwonder/oneroster/gradebook/v1p2/results/rw-1";
    let long = format!(r#"{{"result":{{"status":"{}"}}}}"#, "x".repeat(64 << 10));
    assert_ne!(publisher.send("PUT", target, &json, long).await.code(), "SLS-104");
    world.clean();
}

const USERS: &str = "oneroster/rostering/v1p2/users";

/// A user as the school has it, without the address that the profile adds.
fn user(id: &str) -> Value {
    json!({
        "sourcedId": id, "status": "active", "dateLastModified": "2026-08-20T08:00:00.000Z",
        "enabledUser": "true", "givenName": "Quirijn", "familyName": "Zandvliet",
    })
}

/// The user as the publisher gets it.
async fn left(world: &World, id: &str) -> Value {
    world.school.say_json(json!({ "users": [user(id)] }).to_string());
    let reply = world.outside("rekenwonder").get(&format!("/from/rekenwonder/{USERS}?limit=50")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let user = reply.json()["users"][0].clone();
    assert!(user["email"].is_string() && user["sourcedId"] != id, "{user}");
    user
}

async fn what_was_added_goes(options: Options, ids: [&str; 2]) {
    let world = World::with(options).await;
    let (one, other) = (left(&world, ids[0]).await, left(&world, ids[1]).await);
    let school = world.inside("rekenwonder");
    let at = format!("/rekenwonder/{USERS}?limit=50");

    world.publisher.say_json(json!({ "users": [one] }).to_string());
    let home = school.get(&at).await;
    assert_eq!(home.status, 200, "{}", home.text());
    let home = &home.json()["users"][0];
    assert_eq!(home["sourcedId"], ids[0]);
    assert!(home.get("email").is_none(), "the school never had one: {home}");

    // Another person's, and one that nobody ever got, are refused alike.
    for email in [&other["email"], &json!("llabcdefghijklmnopqrstuvwx@leerling.petteflat.example")] {
        let mut mixed = one.clone();
        mixed["email"] = email.clone();
        world.publisher.say_json(json!({ "users": [mixed] }).to_string());
        assert_refused(&school.get(&at).await, 502, "SLS-301");
    }
    // It names nobody in a question.
    let asked = world.school.got().len();
    let filter = format!("email='{}'", one["email"].as_str().unwrap()).replace('@', "%40");
    let target = format!("/from/rekenwonder/{USERS}?filter={filter}");
    let reply = world.outside("rekenwonder").get(&target).await;
    assert_refused(&reply, 422, "SLS-301");
    assert_eq!(world.school.got().len(), asked);
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pseudonym_that_was_added_goes_when_it_comes_home() {
    what_was_added_goes(Options::default(), ["u-770011", "u-770012"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_roster_too_where_the_pupil_has_no_address() {
    let people = oneroster().into_iter().take(2).map(|one| Person { email: String::new(), ..one });
    let people: Vec<Person> = people.collect();
    let link = Link::Roster { primary: Kind::ECK_ID };
    let ids = [people[0].id("sis-user").to_owned(), people[1].id("sis-user").to_owned()];
    let options = Options { roster: Some(people), link, ..Options::default() };
    what_was_added_goes(options, [&ids[0], &ids[1]]).await;
}

const TAGS: &str = r#"
profile = "tags"
title   = "A profile that would keep entity tags"
source  = "the tests"

[[message]]
method = ["GET", "PUT"]
path   = "/page"
side   = "request"
format = "none"
field  = [ { at = ["header:If-None-Match", "header:If-Match", "header:X-Version"], do = "keep" } ]

[[message]]
side   = "response"
format = "none"
field  = [ { at = ["header:ETag", "header:X-Version"], do = "keep" } ]
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_entity_tag_crosses_whatever_the_profile_says() {
    let world = World::with(Options { own_profile: Some(TAGS), ..Options::default() }).await;
    for (caller, far, at) in [
        (world.outside("rekenwonder"), &world.school, "/from/rekenwonder/own/page"),
        (world.inside("rekenwonder"), &world.publisher, "/rekenwonder/own/page"),
    ] {
        far.say(204, &[("etag", "\"5e1f\""), ("x-version", "1")], "");
        let asks = [("if-none-match", "\"5e1f\", W/\"77\""), ("x-version", "2")];
        let reply = caller.send("GET", at, &asks, "").await;
        assert_eq!(reply.status, 204, "{}", reply.text());
        assert_eq!(reply.headers["x-version"], "1", "what is listed crosses");
        assert!(reply.headers.get("etag").is_none(), "{:?}", reply.headers);
        let got = far.last();
        assert_eq!(got.headers["x-version"], "2");
        assert!(got.headers.get("if-none-match").is_none(), "{:?}", got.headers);
        // Without its condition a write would always happen.
        let asked = far.got().len();
        let reply = caller.send("PUT", at, &[("if-match", "\"5e1f\"")], "").await;
        assert_refused(&reply, 422, "SLS-106");
        assert_eq!(far.got().len(), asked);
    }
    world.clean();
}

const LEADS: &str = r#"
profile = "leads"
title   = "A profile whose answers lead to another route"
source  = "the tests"

[[message]]
method = "GET"
path   = "/page"
side   = "request"
format = "none"

[[message]]
side   = "response"
format = "none"
field  = [ { at = "header:Link", do = "address" } ]
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_is_written_by_the_rules_of_the_route_it_leads_to() {
    let world = World::with(Options { own_profile: Some(LEADS), ..Options::default() }).await;
    for (caller, far, before) in [
        (world.outside("rekenwonder"), &world.school, "/from"),
        (world.inside("rekenwonder"), &world.publisher, ""),
    ] {
        let next = format!("<https://{}/students/students/school?limit=50>; rel=\"next\"", far.address);
        far.say(204, &[("link", &next)], "");
        let reply = caller.get(&format!("{before}/rekenwonder/own/page")).await;
        assert_eq!(reply.status, 204, "{}", reply.text());
        let link = reply.headers["link"].to_str().unwrap();
        let wanted = format!("{before}/rekenwonder/students/students/school?limit=50&filterByOrgId=true>");
        assert!(link.contains(&wanted), "what that profile adds is named as it names it: {link}");
    }
    world.clean();
}

const THINGS: &str = r#"
profile = "things"
title   = "A profile with things that both sides make"
source  = "the tests"

[kinds]
note = { names = "thing", minted = "both" }

[[message]]
method   = "POST"
path     = "/notes"
side     = "request"
format   = "json"
unlisted = "refuse"
field = [
  { at = "query:like", do = "pseudonym", kind = "note" },
  { at = "/id", do = "pseudonym", kind = "note" },
  { at = "/href", do = "address" },
]

[[message]]
side   = "response"
format = "none"

[[message]]
method = "GET"
path   = "/notes/{note:note}"
side   = "request"
format = "none"

[[message]]
side   = "response"
format = "none"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guess_beside_what_is_brought_brings_nothing() {
    let world = World::with(Options { own_profile: Some(THINGS), ..Options::default() }).await;
    let publisher = world.outside("rekenwonder");
    let at = "/from/rekenwonder/own/notes";
    let href = |id: &str| format!(r#"{{"id":"rw-1","href":"https://{}{at}/{id}"}}"#, world.address);
    world.school.say(204, &[], "");
    for (target, body) in [
        (format!("{at}?like=95312-toets3"), r#"{"id":"rw-1"}"#.to_owned()),
        (at.to_owned(), href("95312-toets3")),
    ] {
        let reply = publisher.post_json(&target, body).await;
        assert_refused(&reply, 422, "SLS-301");
    }
    assert!(world.school.got().is_empty());
    assert_refused(&publisher.get(&format!("{at}/rw-1")).await, 422, "SLS-301");
    // What it brought it may name anywhere.
    assert_eq!(publisher.post_json(at, r#"{"id":"rw-1"}"#).await.status, 204);
    assert_eq!(publisher.get(&format!("{at}/rw-1")).await.status, 204);
    assert_eq!(publisher.post_json(&format!("{at}?like=rw-1"), href("rw-1")).await.status, 204);
    world.clean();
}
