//! Identifiers that mean one pupil (`link = "roster"`), what a publisher may keep and how it is counted, bodies in
//! every coding and bodies that are not there.

use serde_json::{Value, json};
use sluis::gateway::route::Link;
use sluis::identity::Kind;
use sluis::journal::Event;

use super::leak::own;
use super::support::codings::coded;
use super::support::pupils::{edu_v, sample};
use super::support::world::{Options, World, assert_refused};

const JSON: (&str, &str) = ("content-type", "application/json");
const RECORDS: &str = "/rekenwonder/own/records";
const STUDENTS: &str = "/from/rekenwonder/students/students/school";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_pupil_has_one_pseudonym_whatever_names_him() {
    let link = Link::Roster { primary: Kind::LAS_KEY };
    let world = World::with(Options { link, ..own() }).await;
    let school = world.inside("rekenwonder");
    let pupil = edu_v().into_iter().find(|person| person.preferred == "Maarten").unwrap();
    world.publisher.say_json("{}");
    let both = json!({ "id": pupil.id("las-key"), "eck": pupil.id("eck-id"), "score": 1 });
    let reply = school.post_json(RECORDS, both.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let left: Value = serde_json::from_slice(&world.publisher.last().body).unwrap();
    assert_eq!(left["id"], left["eck"], "every kind yields the one pseudonym");

    // Coming home the field says which of the pupil's identifiers it takes.
    world.school.say_json("{}");
    let publisher = world.outside("rekenwonder");
    let reply = publisher.post_json("/from/rekenwonder/own/records", left.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let home: Value = serde_json::from_slice(&world.school.last().body).unwrap();
    assert_eq!(home, both);

    // A kind that the pupil lacks refuses, exactly as an unknown pseudonym does.
    let bo = edu_v().pop().unwrap();
    let reply = school.post_json(RECORDS, json!({ "id": bo.id("las-key") }).to_string()).await;
    assert_eq!(reply.status, 200);
    let left: Value = serde_json::from_slice(&world.publisher.last().body).unwrap();
    world.school.forget();
    let lacks = json!({ "eck": left["id"] }).to_string();
    let guess = json!({ "eck": "0f1e2d3c-4b5a-8978-8695-a4b3c2d1e0ff" }).to_string();
    let mut told = Vec::new();
    for body in [lacks, guess] {
        let reply = publisher.post_json("/from/rekenwonder/own/records", body).await;
        assert_refused(&reply, 422, "SLS-301");
        let mut problem = reply.json();
        problem["exchange"] = Value::Null;
        told.push(problem);
    }
    assert_eq!(told[0], told[1]);
    assert!(world.school.raw().is_empty());
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_publishers_share_nothing() {
    let world = World::usual().await;
    world.school.say_json(sample("eduv_get_students_school_response.json"));
    let mut values = Vec::new();
    for name in ["rekenwonder", "taalreus"] {
        let reply = world.outside(name).get(&format!("/from/{name}/students/students/school")).await;
        assert_eq!(reply.status, 200);
        let list = reply.json();
        let mut own = std::collections::BTreeSet::new();
        for student in list.as_array().unwrap() {
            own.extend(student["userMasterIdentifier"].as_str().map(str::to_owned));
            let ids = student["userIds"].as_array().unwrap().iter();
            own.extend(ids.map(|id| id["userId"].as_str().unwrap().to_owned()));
        }
        assert!(own.len() > 30, "{}", own.len());
        values.push(own);
    }
    assert_eq!(values[0].intersection(&values[1]).count(), 0);
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_is_counted_and_kept_nowhere_else() {
    let world = World::with(Options { eck_id_kept: true, ..own() }).await;
    let school = world.inside("rekenwonder");
    let pupil = edu_v().into_iter().next().unwrap();
    let eck = pupil.id("eck-id");
    world.publisher.say_json("{}");
    let body = json!({ "id": pupil.id("las-key"), "eck": eck, "remark": "goed" }).to_string();
    assert_eq!(school.post_json(RECORDS, body).await.status, 200);
    assert!(world.publisher.last().text().contains(eck));
    let all = world.leaves();
    let left = all.iter().find(|leaf| leaf.event == Event::LEFT).unwrap();
    assert_eq!(left.permits, [("guard".to_owned(), 1)], "the journal counts it");
    // The permit is for its place: the same ECK iD in a free text, or another pupil's, does not leave.
    let before = world.publisher.raw().len();
    for (eck, remark) in [(eck, eck.to_owned()), (eck, edu_v()[1].id("eck-id").to_owned())] {
        let body = json!({ "id": pupil.id("las-key"), "eck": eck, "remark": remark }).to_string();
        assert_refused(&school.post_json(RECORDS, body).await, 422, "SLS-601");
    }
    assert_eq!(world.publisher.raw().len(), before);
    world.clean_of(&world.canaries().without("eck-id"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_coding_is_undone_on_both_sides() {
    let world = World::with(own()).await;
    let (school, pupil) = (world.inside("rekenwonder"), edu_v().into_iter().next().unwrap());
    let answer = |remark: &str| format!(r#"{{"remark": "{remark}"}}"#);
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let headers = [JSON, ("content-encoding", coding)];
        world.publisher.say(200, &headers, coded(coding, answer("ontvangen").as_bytes()));
        let body = json!({ "id": pupil.id("las-key"), "remark": "goed gewerkt" }).to_string();
        let reply = school.send("POST", RECORDS, &headers, coded(coding, body.as_bytes())).await;
        assert_eq!((reply.status.as_u16(), reply.text()), (200, answer("ontvangen").as_str()), "{coding}");
        assert_eq!(reply.headers.get("content-encoding"), None, "{coding}");
        let got = world.publisher.last();
        assert_eq!(got.headers.get("content-encoding"), None, "{coding}");
        assert!(got.text().contains("goed gewerkt"), "{coding}: {}", got.text());
        // What is hidden in a coding is found like anything else, and a broken or shorter one is not read.
        let before = world.publisher.raw().len();
        let leak = json!({ "id": pupil.id("las-key"), "remark": pupil.name() }).to_string();
        let reply = school.send("POST", RECORDS, &headers, coded(coding, leak.as_bytes())).await;
        assert_refused(&reply, 422, "SLS-601");
        let whole = coded(coding, body.as_bytes());
        let mut trailing = whole.clone();
        trailing.extend_from_slice(b"Maarten");
        for broken in [whole[..whole.len() - 3].to_vec(), b"{}".to_vec(), trailing] {
            let reply = school.send("POST", RECORDS, &headers, broken).await;
            assert_refused(&reply, 415, "SLS-107");
        }
        assert_eq!(world.publisher.raw().len(), before, "{coding}");
    }
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_are_not_there() {
    let world = World::with(own()).await;
    let publisher = world.outside("rekenwonder");
    let empty = "/from/rekenwonder/own/empty";
    for (status, headers) in [(204, vec![]), (200, vec![]), (200, vec![("content-type", "text/html")])] {
        world.school.say(status, &headers, "");
        let reply = publisher.get(empty).await;
        assert_eq!((reply.status.as_u16(), reply.body.len()), (status, 0));
        assert_eq!(reply.headers.get("content-type"), None);
    }
    // A body where the profile says that there is none does not leave.
    world.school.say(200, &[JSON], r#"{"name":"iemand"}"#);
    let reply = publisher.get(empty).await;
    assert!(reply.status == 502 && !reply.text().contains("iemand"), "{}", reply.text());
    // HEAD is a method like any other: a profile that does not list it does not let it through.
    let before = world.school.got().len();
    let reply = publisher.send("HEAD", STUDENTS, &[], "").await;
    assert_eq!((reply.status.as_u16(), reply.body.len()), (405, 0));
    let reply = publisher.send("GET", STUDENTS, &[JSON], r#"{"familyName":"Boer"}"#).await;
    assert!(reply.status.is_client_error(), "a question's body is not listed: {}", reply.text());
    assert_eq!(world.school.got().len(), before, "the school was not asked");
    // An empty list is a list.
    world.school.say_json("[]");
    assert_eq!(publisher.get(STUDENTS).await.text(), "[]");
    world.school.say_json(" [ ] ");
    assert_eq!(publisher.get(STUDENTS).await.text(), " [ ] ", "not a byte changes");
    world.clean();
}
