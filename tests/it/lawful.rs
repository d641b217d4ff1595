//! What is lawful to send: agreements that end, places, categories; objections and consents, in every kind of list.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};
use sluis::clock::{Clock, Date, FixedClock, SystemClock, Timestamp};
use sluis::gateway::terms::{Basis, Location, Supply, Terms};
use sluis::identity::{Identifier, Kind, Publisher, School};
use sluis::journal::{Decision, Detail, Event, Leaf};
use sluis::profile::Category;
use sluis::roster::consent::{Consents, Mark, Said, Stance};

use super::support::pupils::{Person, edu_v, everybody};
use super::support::world::{Options, World, assert_refused};

const LAWFUL: &str = include_str!("support/lawful.toml");
const CLASS: &str = "/rekenwonder/own/class";
const FROM: &str = "/from/rekenwonder/own/class";

fn lawful() -> Options {
    Options { own_profile: Some(LAWFUL), ..Options::default() }
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// What was said to the school, by identifier.
pub(crate) fn said(entries: &[(Stance, &str, &str, Option<&str>)]) -> HashMap<School, Arc<Consents>> {
    let mut consents = Consents::default();
    for (stance, kind, text, publisher) in entries {
        let identifier = Identifier::new(Kind::named(kind).unwrap(), text);
        let publisher = publisher.map(|id| Publisher::parse(id).unwrap());
        let mark = Mark { publisher, stance: *stance, date: day("2026-09-01") };
        consents.record(Said { identifier, mark });
    }
    HashMap::from([(School::parse("12AB").unwrap(), Arc::new(consents))])
}

pub(crate) fn objection<'a>(kind: &'a str, text: &'a str) -> (Stance, &'a str, &'a str, Option<&'a str>) {
    (Stance::Objection, kind, text, Some("rekenwonder"))
}

fn key(person: &Person) -> &str {
    person.id("las-key")
}

fn withheld(leaf: &Leaf) -> Option<u64> {
    leaf.details.iter().find_map(|(name, detail)| match detail {
        Detail::Number(number) if name == "withheld" => Some(*number),
        _ => None,
    })
}

/// What the publisher received of a class that the school sent.
async fn sent(world: &World, class: Value) -> Value {
    world.publisher.forget();
    world.publisher.say_json("{}");
    let reply = world.inside("rekenwonder").post_json(CLASS, class.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    serde_json::from_str(world.publisher.last().text()).unwrap()
}

/// Refused both ways, in both languages, and nothing moved.
async fn refused_both_ways(world: &World, status: u16, code: &str) {
    world.forget();
    world.publisher.say_json("{}");
    world.school.say_json("{}");
    for (caller, target) in [(world.inside("rekenwonder"), CLASS), (world.outside("rekenwonder"), FROM)] {
        let mut told = Vec::new();
        for language in ["en", "nl"] {
            let headers = [("content-type", "application/json"), ("accept-language", language)];
            let reply = caller.send("POST", target, &headers, "{}").await;
            assert_refused(&reply, status, code);
            told.push(reply.json()["hint"].clone());
        }
        assert_ne!(told[0], told[1], "{code}: a hint in both languages");
    }
    assert!(world.publisher.raw().is_empty() && world.school.raw().is_empty(), "nothing moved");
}

async fn passes(world: &World) {
    world.publisher.say_json("{}");
    world.school.say_json("{}");
    assert_eq!(world.inside("rekenwonder").post_json(CLASS, "{}").await.status, 200);
    assert_eq!(world.outside("rekenwonder").post_json(FROM, "{}").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agreement_ends_at_midnight_and_a_clock_does_not_bring_it_back() {
    let today = Date::in_the_netherlands(SystemClock.now());
    let clock = Arc::new(FixedClock::at(SystemClock.now()));
    let terms = Arc::new(Terms::new(Some(today), &[], None, None));
    let world = World::with(Options { terms, clock: Arc::clone(&clock) as _, ..lawful() }).await;
    passes(&world).await;
    let end = today.end().as_millis();
    clock.set(Timestamp::from_millis(end - 1));
    passes(&world).await;
    clock.set(Timestamp::from_millis(end));
    refused_both_ways(&world, 403, "SLS-401").await;
    clock.set(Timestamp::from_millis(end - 1));
    refused_both_ways(&world, 403, "SLS-401").await;
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agreement_that_ends_under_way_withholds_the_reply() {
    let today = Date::in_the_netherlands(SystemClock.now());
    let clock = Arc::new(FixedClock::at(SystemClock.now()));
    let terms = Arc::new(Terms::new(Some(today), &[], None, None));
    let world = World::with(Options { terms, clock: Arc::clone(&clock) as _, ..lawful() }).await;
    world.school.answer(move |_| {
        clock.set(today.end());
        super::support::far::reply(200, &[("content-type", "application/json")], "{\"group\":\"4a\"}")
    });
    let reply = world.outside("rekenwonder").post_json(FROM, "{}").await;
    assert_refused(&reply, 502, "SLS-401");
    assert_eq!(reply.json()["delivered"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_outside_the_eea_needs_a_basis() {
    let us = [Location::parse("NL").unwrap(), Location::parse("US").unwrap()];
    let terms = Arc::new(Terms::new(None, &us, None, Some(Supply::Bought)));
    let world = World::with(Options { terms, ..lawful() }).await;
    refused_both_ways(&world, 403, "SLS-402").await;
    let terms = Arc::new(Terms::new(None, &us, Some(Basis::StandardClauses), None));
    passes(&World::with(Options { terms, ..lawful() }).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_category_that_is_not_agreed_goes_or_refuses() {
    let pupil = &edu_v()[0];
    let class = json!({ "group": "4a", "gender": "x", "students": [{ "id": key(pupil), "score": 7 }] });
    let agreed = vec![Category::Group, Category::Result];
    let world = World::with(Options { agreed: Some((agreed.clone(), false)), ..lawful() }).await;
    let left = sent(&world, class.clone()).await;
    assert_eq!(left.get("gender"), None, "{left}");
    assert_eq!((&left["group"], &left["students"][0]["score"]), (&json!("4a"), &json!(7)));
    // Towards the school nothing is held back.
    world.publisher.say_json(r#"{"gender":"x"}"#);
    let reply = world.inside("rekenwonder").post_json(CLASS, "{}").await;
    assert_eq!(reply.text(), r#"{"gender":"x"}"#);
    world.clean();

    let world = World::with(Options { agreed: Some((agreed, true)), ..lawful() }).await;
    let reply = world.inside("rekenwonder").post_json(CLASS, class.to_string()).await;
    assert_refused(&reply, 422, "SLS-403");
    assert!(reply.json()["detail"].as_str().unwrap().starts_with("rule: lawful class /gender"));
    assert!(world.publisher.raw().is_empty());
    world.school.say_json(r#"{"gender":"x"}"#);
    assert_refused(&world.outside("rekenwonder").post_json(FROM, "{}").await, 502, "SLS-403");
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_about_a_pupil_who_objected_is_refused() {
    let people = edu_v();
    let (gone, other) = (&people[0], &people[1]);
    let consents = said(&[objection("las-key", key(gone))]);
    let world = World::with(Options { consents, ..lawful() }).await;
    let school = world.inside("rekenwonder");
    world.publisher.say_json("{}");
    world.forget();
    let path = |person: &Person| format!("/rekenwonder/own/pupils/{}", key(person));
    let reply = school.get(&path(gone)).await;
    assert_refused(&reply, 403, "SLS-404");
    assert!(world.publisher.raw().is_empty());
    assert_eq!(school.get(&path(other)).await.status, 200, "the other leaves");
    // Another publisher is another matter.
    assert_eq!(
        world.inside("taalreus").get(&path(gone).replace("rekenwonder", "taalreus")).await.status,
        200
    );

    // The publisher asks: to it the pupil is as unknown as anybody, whatever the school says of him.
    let name = world.pseudonym("rekenwonder", "las-key", key(gone)).await;
    let publisher = world.outside("rekenwonder");
    world.school.say_json(json!({ "id": key(gone), "score": 7 }).to_string());
    let reply = publisher.get(&format!("/from/rekenwonder/own/pupils/{name}")).await;
    let stranger = publisher.get("/from/rekenwonder/own/pupils/00000000-0000-8000-8000-000000000000").await;
    assert_refused(&reply, 422, "SLS-301");
    assert_refused(&stranger, 422, "SLS-301");
    assert_eq!(reply.json().as_object().unwrap().len(), stranger.json().as_object().unwrap().len());
    assert!(!reply.text().contains("objection"), "{}", reply.text());
    let known = |leaf: &Leaf| leaf.decision == Decision::Refused("sls-404".to_owned());
    assert!(world.leaves().iter().any(known), "the journal knows why");
    assert!(world.school.raw().is_empty(), "nothing is asked about him");
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_lists_only_the_element_of_who_objected_goes() {
    let people = edu_v();
    let (gone, a, b) = (&people[0], &people[1], &people[2]);
    // Said under the e-mail address; the roster joins the rest.
    let consents = said(&[objection("email", &gone.email)]);
    let world = World::with(Options { consents, ..lawful() }).await;
    let pupil = |person: &Person| json!({ "id": key(person), "given": person.preferred, "emails": [person.email], "score": 7 });
    for place in 0..3 {
        let mut students = vec![pupil(a), pupil(b)];
        students.insert(place, pupil(gone));
        students[(place + 1) % 3]["buddies"] = json!([{ "id": key(gone) }, { "id": key(b) }]);
        let class = json!({
            "group": "4a",
            "students": students,
            "ids": [key(gone), key(a), key(gone)],
            "results": [
                { "score": 1, "student": { "id": key(a) } },
                { "score": 99, "student": { "id": key(gone) } },
                { "score": 98, "student": { "email": gone.email } },
            ],
            "texts": [
                json!({ "id": key(gone) }).to_string(),
                json!({ "id": key(a) }).to_string(),
            ],
        });
        let left = sent(&world, class).await;
        let count = |list: &str| left[list].as_array().unwrap().len();
        let counts = [count("students"), count("ids"), count("results"), count("texts")];
        assert_eq!(counts, [2, 1, 1, 1], "{left}");
        assert_eq!(left["results"][0]["score"], 1, "{left}");
        let buddies: Vec<&Value> =
            left["students"].as_array().unwrap().iter().map(|one| &one["buddies"]).collect();
        assert_eq!(buddies.iter().filter_map(|one| one.as_array()).map(Vec::len).sum::<usize>(), 1, "{left}");
        let ids: Vec<&str> =
            left["students"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert!(ids.is_sorted(), "in the order of pseudonyms: {ids:?}");
        let leaf = world.leaves().into_iter().rfind(|leaf| leaf.event == Event::LEFT).unwrap();
        // One student, one buddy, two ids, two results, one text.
        assert_eq!(withheld(&leaf), Some(7));
        assert_eq!(leaf.pupils.unwrap().count, 4, "as many as left: two pupils, by key and by e-mail");
    }
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_all_objected_an_empty_list_leaves() {
    let people = edu_v();
    let consents =
        said(&[(Stance::Objection, "las-key", key(&people[0]), None), objection("las-key", key(&people[1]))]);
    let world = World::with(Options { consents, ..lawful() }).await;
    let pupil = |person: &Person| json!({ "id": key(person), "score": 7 });
    let class = json!({ "students": [pupil(&people[0]), pupil(&people[1])], "ids": [key(&people[1])] });
    assert_eq!(sent(&world, class.clone()).await, json!({ "students": [], "ids": [] }));
    // The publisher asks, and gets as little.
    world.school.say_json(class.to_string());
    let reply = world.outside("rekenwonder").post_json(FROM, "{}").await;
    assert_eq!((reply.status.as_u16(), reply.text()), (200, r#"{"ids":[],"students":[]}"#));
    // One alone, outside any list, refuses; also as a record in a list's record, when that is no list.
    let school = world.inside("rekenwonder");
    let lone = json!({ "students": pupil(&people[0]) });
    assert_refused(&school.post_json(CLASS, lone.to_string()).await, 403, "SLS-404");
    // Lines go like elements.
    world.publisher.say(204, &[], "");
    let line = |person: &Person| format!("{}\n", pupil(person));
    let lines = [line(&people[0]), line(&people[2]), line(&people[1]), line(&people[3])].concat();
    let headers = [("content-type", "application/x-ndjson")];
    let reply = school.send("POST", "/rekenwonder/own/lines", &headers, lines).await;
    assert_eq!(reply.status, 204, "{}", reply.text());
    let left = world.publisher.last();
    let left: Vec<Value> = left.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    let all = [line(&people[0]), line(&people[1])].concat();
    assert_eq!(school.send("POST", "/rekenwonder/own/lines", &headers, all).await.status, 204);
    assert_eq!(world.publisher.last().text().trim(), "");
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_16_nobody_leaves_to_a_free_app_without_consent() {
    let mut people = edu_v();
    let today = Date::in_the_netherlands(SystemClock.now()).to_string();
    let sixteen = format!("{:04}{}", today[..4].parse::<u16>().unwrap() - 16, &today[4..]);
    for (person, birth) in people.iter_mut().zip(["2015-01-01", "2015-01-01", "", "2001-01-01", &sixteen]) {
        person.birth = birth.to_owned();
    }
    let consent = |person: &Person| (Stance::Consent, "las-key".to_owned(), key(person).to_owned());
    let (stance, kind, text) = consent(&people[1]);
    let stranger = "LL-55555";
    let consents = said(&[
        (stance, &kind, &text, Some("rekenwonder")),
        (Stance::Consent, "las-key", key(&people[0]), Some("taalreus")),
    ]);
    let terms = Arc::new(Terms::new(None, &[], None, Some(Supply::FreeApp)));
    for roster in [Some(people.clone()), None] {
        let closed = roster.is_none();
        let options = Options { roster, consents: consents.clone(), terms: Arc::clone(&terms), ..lawful() };
        let world = World::with(options).await;
        let ids: Vec<&str> = people.iter().take(5).map(key).chain([stranger]).collect();
        let left = sent(&world, json!({ "ids": ids })).await;
        // With consent, 20 and 16 years old. Without a roster nobody knows how old: the one with a consent.
        assert_eq!(left["ids"].as_array().unwrap().len(), if closed { 1 } else { 3 }, "{left}");
        let school = world.inside("rekenwonder");
        for (person, status) in people.iter().zip([403, 200, 403]) {
            let reply = school.get(&format!("/rekenwonder/own/pupils/{}", key(person))).await;
            if status == 403 {
                assert_refused(&reply, 403, "SLS-405");
            } else {
                assert_eq!(reply.status, 200, "{}", reply.text());
            }
        }
        world.school.say_json(json!({ "id": key(&people[0]) }).to_string());
        let name = world.pseudonym("rekenwonder", "las-key", key(&people[0])).await;
        let reply = world.outside("rekenwonder").get(&format!("/from/rekenwonder/own/pupils/{name}")).await;
        assert_refused(&reply, 422, "SLS-301");
        world.clean();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_named_by_a_second_identifier_only_is_known_through_the_roster() {
    let people = edu_v();
    let consents = said(&[objection("las-key", key(&people[0]))]);
    let class = json!({ "results": [
        { "score": 1, "student": { "email": people[0].email } },
        { "score": 2, "student": { "email": people[1].email } },
    ] });
    let world = World::with(Options { consents: consents.clone(), ..lawful() }).await;
    let left = sent(&world, class.clone()).await;
    assert_eq!(left["results"].as_array().unwrap().len(), 1, "{left}");
    assert_eq!(left["results"][0]["score"], 2, "{left}");
    world.clean();
    // Without a roster nothing ties the address to the key: the objection binds the key alone.
    let world = World::with(Options { consents, roster: None, ..lawful() }).await;
    assert_eq!(sent(&world, class).await["results"].as_array().unwrap().len(), 2);
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_leave_gets_no_pseudonym_and_is_watched() {
    let people = edu_v();
    let consents = said(&[objection("las-key", key(&people[0]))]);
    // No roster: only the exchange itself knows the number that it takes out.
    let world = World::with(Options { consents, roster: None, ..lawful() }).await;
    let before = world.gateway.house().vault.head().sequence;
    let left = sent(&world, json!({ "ids": [key(&people[0])] })).await;
    assert_eq!(left, json!({ "ids": [] }));
    assert_eq!(world.gateway.house().vault.head().sequence, before, "nothing was remembered of it");
    world.clean();
    let world =
        World::with(Options { consents: said(&[objection("las-key", key(&people[0]))]), ..lawful() }).await;
    world.forget();
    let class = json!({ "group": format!("4a van {}", key(&people[0])), "ids": [key(&people[0])] });
    let reply = world.inside("rekenwonder").post_json(CLASS, class.to_string()).await;
    assert_refused(&reply, 422, "SLS-601");
    assert!(world.publisher.raw().is_empty());
    let everybody = everybody();
    let class = json!({ "ids": everybody.iter().filter_map(|one| one.identifiers.iter().find(|(kind, _)| *kind == "las-key")).map(|(_, text)| text).collect::<Vec<_>>() });
    let left = sent(&world, class).await;
    assert_eq!(left["ids"].as_array().unwrap().len(), people.len() - 1);
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_without_persons_tells_nothing_of_who_objected_and_no_total_counts_him() {
    let consents = said(&[objection("sis-user", "u-00012345")]);
    let world = World::with(Options { consents, ..lawful() }).await;
    let publisher = world.outside("rekenwonder");
    let rostering = "/from/rekenwonder/oneroster/rostering/v1p2";
    let name = world.pseudonym("rekenwonder", "sis-user", "u-00012345").await;
    let headers = [("content-type", "application/json"), ("x-total-count", "3")];
    world.school.say(200, &headers, r#"{"classes":[]}"#);
    for target in [
        format!("{rostering}/students/{name}/classes"),
        format!("{rostering}/users?filter=sourcedId%3D%27{name}%27%20AND%20grades%3D%274%27"),
    ] {
        assert_refused(&publisher.get(&target).await, 422, "SLS-301");
    }
    assert!(world.school.raw().is_empty(), "the school was not asked");
    let reply = publisher.get(&format!("{rostering}/classes")).await;
    assert_eq!((reply.status.as_u16(), reply.headers.get("x-total-count")), (200, None));
    // Where nobody objected a total is a total.
    let other = world.outside("taalreus");
    let consents_elsewhere =
        other.get(&format!("{}/classes", rostering.replace("rekenwonder", "taalreus"))).await;
    assert_eq!(consents_elsewhere.status, 200);
}
