//! What is planted does not leave: in any kept field, of either message, by either door's asker.

use sluis::derive::Shape;
use sluis::identity::Kind;

use super::support::pupils::{Person, canaries, edu_v, everybody};
use super::support::scan::Canaries;
use super::support::world::{Options, World, assert_refused};

/// The profile with free texts, in every test that needs one.
pub(crate) const OWN: &str = include_str!("support/own.toml");

pub(crate) fn own() -> Options {
    Options { own_profile: Some(OWN), ..Options::default() }
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// A pupil's record, with this remark.
pub(crate) fn record(pupil: &Person, remark: &str) -> String {
    let (id, given, family) = (json(pupil.id("las-key")), json(&pupil.preferred), json(&pupil.family));
    let (email, born) = (json(&pupil.email), json(&pupil.birth));
    format!(
        r#"{{"id":{id},"given":{given},"family":{family},"email":{email},"born":{born},"score":7.5,"remark":{}}}"#,
        json(remark)
    )
}

/// How somebody writes what must not leave.
fn disguises(text: &str) -> Vec<String> {
    let entities: String = text.chars().map(|c| format!("&#{};", u32::from(c))).collect();
    let percent: String = text.bytes().map(|b| format!("%{b:02X}")).collect();
    let engine = base64::engine::general_purpose::STANDARD;
    vec![
        format!("gemaakt door {text}."),
        text.to_uppercase(),
        format!("<b>{entities}</b>"),
        format!("zie {percent}"),
        format!("data {}", base64::Engine::encode(&engine, format!("naam: {text}, groep 7"))),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bo_a_passes_and_is_found_everywhere() {
    // The roster knows nobody of this school: what is found, is found by the exchange alone.
    let stranger = Person {
        given: "Xandra".into(),
        preferred: "Xandra".into(),
        family: "Quist".into(),
        ..Person::default()
    };
    let world = World::with(Options { roster: Some(vec![stranger]), ..own() }).await;
    let bo = edu_v().pop().unwrap();
    assert_eq!(bo.name(), "Bo A");
    let school = world.inside("rekenwonder");
    world.publisher.say_json(r#"{"remark":"ontvangen"}"#);
    for clean in ["goed gewerkt", "Bo leest een boek", "A is de eerste letter", "zo'n bo-om"] {
        let reply = school.post_json("/rekenwonder/own/records", record(&bo, clean)).await;
        assert_eq!(reply.status, 200, "{clean}: {}", reply.text());
    }
    let before = world.publisher.raw().len();
    for planted in ["Bo A", "A, Bo", "BO  A", "LL-10034", "leerling ll-10034 was ziek", "Bo\u{a0}A"] {
        let reply = school.post_json("/rekenwonder/own/records", record(&bo, planted)).await;
        assert_refused(&reply, 422, "SLS-601");
    }
    for disguised in disguises("Bo A").into_iter().chain(disguises("LL-10034")).chain(disguises(&bo.email)) {
        let reply = school.post_json("/rekenwonder/own/records", record(&bo, &disguised)).await;
        assert_refused(&reply, 422, "SLS-601");
    }
    assert_eq!(world.publisher.raw().len(), before, "not a byte outside");
    let mut only = Canaries::default();
    only.add("full name", "Bo A");
    only.add("las-key", "LL-10034");
    only.add_email(&bo.email);
    world.clean_of(&only);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_of_the_roster_leaves_in_a_free_text() {
    let world = World::with(own()).await;
    let (school, bo) = (world.inside("rekenwonder"), edu_v().pop().unwrap());
    let mut plants = Vec::new();
    for person in everybody() {
        plants.push(person.name());
        plants.push(format!("{}, {}", person.family, person.preferred));
        plants.push(person.email.clone());
        plants.extend(person.identifiers.iter().map(|(_, text)| text.clone()));
    }
    // PROMISES.md: under 4 letters and 5 digits a value counts only beside another one of that pupil (`D0042`).
    let long = |text: &&String| {
        let count = |of: fn(&char) -> bool| text.chars().filter(of).count();
        count(|c| c.is_alphabetic()) >= 4 || count(|c| c.is_ascii_digit()) >= 5
    };
    let names = everybody().iter().map(Person::name).collect::<Vec<_>>();
    assert!(names.contains(&"Bo A".to_owned()));
    for planted in plants.iter().filter(|text| long(text) || names.contains(text)) {
        let reply = school.post_json("/rekenwonder/own/records", record(&bo, planted)).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (422, "SLS-601"), "{planted}");
    }
    assert!(world.publisher.raw().is_empty(), "not a byte outside");
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planted_name_is_found_in_every_kept_field() {
    let world = World::usual().await;
    let publisher = world.outside("rekenwonder");
    let sample = super::support::pupils::sample("oneroster-1.2-users-page.json");
    let page: serde_json::Value = serde_json::from_str(&sample).unwrap();
    let plant = |path: &str, text: &str| {
        let mut page = page.clone();
        *page.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = serde_json::Value::from(text);
        page.to_string()
    };
    let kept = [
        "/users/0/status",
        "/users/0/dateLastModified",
        "/users/0/enabledUser",
        "/users/1/roles/0/roleType",
        "/users/1/roles/0/role",
        "/users/1/roles/0/org/sourcedId",
        "/users/1/roles/0/org/type",
        "/users/1/primaryOrg/sourcedId",
        "/users/0/agents/0/type",
        "/users/0/grades/0",
    ];
    let target = "/from/rekenwonder/oneroster/rostering/v1p2/users";
    for path in kept {
        for planted in ["Bo A", "Jip Jansen", "u-00012345", "m.bakker@voorbeeldcollege.example", "LL-10034"] {
            world.school.say_json(plant(path, planted));
            let reply = publisher.get(target).await;
            assert_refused(&reply, 502, "SLS-601");
            assert_eq!(reply.json()["delivered"], true);
        }
    }
    let header = [("content-type", "application/json"), ("x-total-count", "Jip Jansen")];
    world.school.say(200, &header, page.to_string());
    let reply = publisher.get(target).await;
    assert!(reply.headers.get("x-total-count").is_none(), "what is no count does not cross");
    world.school.say_json(page.to_string());
    assert_eq!(publisher.get(target).await.status, 200, "the page itself passes");
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_that_echoes_what_was_restored_stays_inside() {
    let world = World::with(own()).await;
    let publisher = world.outside("rekenwonder");
    let maarten = edu_v().into_iter().find(|person| person.preferred == "Maarten").unwrap();
    let id = world.pseudonym("rekenwonder", "las-key", maarten.id("las-key")).await;
    let question = format!(r#"{{"id":"{id}","score":1}}"#);
    let json = ("content-type", "application/json");
    let echo = r#"{"remark":"Leerling LL-10027 (Maarten 't Hart) onbekend"}"#;
    let number = r#"{"remark":"onbekend: LL-10027"}"#;
    let page = "<p>Leerling LL&#45;10027 is onbekend</p>";
    for (status, headers, body) in [
        (200, vec![json], echo),
        (404, vec![json], echo),
        (404, vec![json], number),
        // Statuses and types that the profile does not list: not even that something was echoed is passed on as it is.
        (400, vec![json], number),
        (500, vec![("content-type", "text/html")], page),
        (200, vec![json, ("x-note", "LL-10027")], r#"{"score":1}"#),
        (410, vec![("location", "/leerlingen/LL-10027")], ""),
    ] {
        world.school.say(status, &headers, body);
        let reply = publisher.post_json("/from/rekenwonder/own/records", question.clone()).await;
        assert_refused(&reply, 502, "SLS-601");
        assert_eq!(reply.json()["delivered"], true);
        assert!(world.school.last().text().contains("LL-10027"), "it was restored");
    }
    // An error without anybody in it: the status crosses, its body does not.
    world.school.say(400, &[json], r#"{"remark":"even niet"}"#);
    let reply = publisher.post_json("/from/rekenwonder/own/records", question.clone()).await;
    assert_refused(&reply, 400, "SLS-100");
    assert!(!reply.text().contains("even niet"));
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_number_is_watched_without_a_roster_too() {
    let options = Options { roster: None, ..own() };
    let world = World::with(options).await;
    let publisher = world.outside("rekenwonder");
    let id = world.pseudonym("rekenwonder", "las-key", "LL-10027").await;
    world.school.say(404, &[("content-type", "text/plain")], "LL-10027 onbekend");
    let reply = publisher.post_json("/from/rekenwonder/own/records", format!(r#"{{"id":"{id}"}}"#)).await;
    assert_refused(&reply, 502, "SLS-601");
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pseudonym_of_digits_is_no_leak_by_chance() {
    // Every number of ten digits looks like somebody's: the roster holds the pupil whose number is the pseudonym.
    let shapes = vec![(Kind::LAS_KEY, Shape::parse("digits:10").unwrap())];
    let world = World::with(Options { shapes, ..own() }).await;
    let bo = edu_v().pop().unwrap();
    let school = world.inside("rekenwonder");
    world.publisher.say_json(r#"{"score":1}"#);
    assert_eq!(school.post_json("/rekenwonder/own/records", record(&bo, "goed")).await.status, 200);
    let pseudonym = world.pseudonym("rekenwonder", "las-key", bo.id("las-key")).await;
    assert!(pseudonym.len() == 10 && pseudonym.bytes().all(|b| b.is_ascii_digit()));
    let reply = school.post_json("/rekenwonder/own/records", record(&bo, "LL-10034")).await;
    assert_refused(&reply, 422, "SLS-601");
    canaries(&edu_v()).absent("outside", &world.publisher.raw());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prefix_that_no_list_knows_hides_no_name() {
    // `van den` the guard passes over by itself; `bint` stands between the names only because the roster says so.
    let pupil = Person {
        given: "Xamira".into(),
        preferred: "Xamira".into(),
        prefix: "bint".into(),
        family: "Quadir".into(),
        ..Person::default()
    };
    let mut roster = everybody();
    roster.push(pupil);
    // As a roster without a column for whole names has it.
    let world = World::with(Options { roster: Some(roster), full_names: false, ..own() }).await;
    let (school, bo) = (world.inside("rekenwonder"), edu_v().pop().unwrap());
    for planted in ["Xamira Quadir", "Xamira bint Quadir", "XAMIRA  BINT QUADIR", "Björn van den Berg"] {
        let reply = school.post_json("/rekenwonder/own/records", record(&bo, planted)).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (422, "SLS-601"), "{planted}");
    }
    assert!(world.publisher.raw().is_empty(), "not a byte outside");
    world.clean();
}
