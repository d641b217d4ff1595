//! Other ways of the same exchange: HTTP/2, content codings, an ECK iD that is kept, guesses at things, drain.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use super::support::pupils::{edu_v, sample};
use super::support::world::{Options, World, assert_refused};

const STUDENTS: &str = "/from/rekenwonder/students/students/school?limit=50";

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http2_on_both_sides_masks_the_same() {
    let world = World::with(Options { far_protocol: "h2", ..Options::default() }).await;
    world.school.say_json(sample("eduv_get_students_school_response.json"));
    let plain = world.outside("rekenwonder").get(STUDENTS).await;
    let framed = world.over_http2(world.outside("rekenwonder")).get(STUDENTS).await;
    assert_eq!(framed.status, 200, "{}", framed.text());
    assert_eq!(framed.body, plain.body);
    assert_eq!(framed.json().as_array().unwrap().len(), edu_v().len());
    assert!(world.school.last().text().is_empty());
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codings_are_undone_and_bombs_refused() {
    let world = World::usual().await;
    let page = sample("eduv_get_students_school_response.json");
    let json = ("content-type", "application/json");
    world.school.say_json(page.clone());
    let plain = world.outside("rekenwonder").get(STUDENTS).await;
    world.school.say(200, &[json, ("content-encoding", "gzip")], gzip(&page));
    let coded = world.outside("rekenwonder").get(STUDENTS).await;
    assert_eq!(coded.status, 200, "{}", coded.text());
    assert_eq!(coded.body, plain.body);
    assert!(coded.headers.get("content-encoding").is_none(), "it leaves uncoded");
    for (coding, body) in [
        ("gzip", gzip(&"0".repeat(64 << 20))),
        ("gzip, gzip", gzip(&page)),
        ("compress", page.clone().into_bytes()),
        ("gzip", page.clone().into_bytes()),
    ] {
        world.school.say(200, &[json, ("content-encoding", coding)], body);
        let reply = world.outside("rekenwonder").get(STUDENTS).await;
        assert_refused(&reply, 502, "SLS-107");
        assert_eq!(reply.json()["delivered"], true);
    }
    // A reply without a body has no coding, whatever it says.
    world.school.say(204, &[("content-encoding", "gzip")], "");
    let student = edu_v().into_iter().next().unwrap();
    let eck = world.pseudonym("rekenwonder", "eck-id", student.id("eck-id")).await;
    let result = format!(
        r#"{{"assessmentDateTime":"2024-11-04T09:15:22Z","studentScoresAndResults":[{{"student":{{"userMasterIdentifier":"{eck}"}},"scores":[{{"scoreValue":40}}]}}]}}"#
    );
    let reply = world.outside("rekenwonder").post_json("/from/rekenwonder/results/results", result).await;
    assert_eq!(reply.status, 204, "{}", reply.text());
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_an_eck_id_is_kept_and_it_comes_home() {
    let world = World::with(Options { eck_id_kept: true, ..Options::default() }).await;
    let page = sample("eduv_get_students_school_response.json");
    world.school.say_json(page.clone());
    let reply = world.outside("rekenwonder").get(STUDENTS).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let eck = edu_v().into_iter().next().unwrap().id("eck-id").to_owned();
    assert!(reply.text().contains(&eck), "this publisher keeps it");
    let canaries = world.canaries().without("eck-id");
    canaries.absent("what is outside", &reply.body);

    // A pupil number in the field of an ECK iD is no ECK iD: it is masked.
    let mut odd: Value = serde_json::from_str(&page).unwrap();
    odd[0]["userMasterIdentifier"] = Value::from("LL-10023");
    world.school.say_json(odd.to_string());
    let reply = world.outside("rekenwonder").get(STUDENTS).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(!reply.text().contains("LL-10023"));

    world.school.say(204, &[], "");
    let result = format!(
        r#"{{"assessmentDateTime":"2024-11-04T09:15:22Z","studentScoresAndResults":[{{"student":{{"userMasterIdentifier":"{eck}"}},"scores":[{{"scoreValue":40}}]}}]}}"#
    );
    let reply = world.outside("rekenwonder").post_json("/from/rekenwonder/results/results", result).await;
    assert_eq!(reply.status, 204, "{}", reply.text());
    assert!(world.school.last().text().contains(&eck));
    world.clean_at_home();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_brings_no_thing_of_the_publishers() {
    let world = World::usual().await;
    let publisher = world.outside("rekenwonder");
    let at = "/from/rekenwonder/oneroster/gradebook/v1p2/results";
    for (method, target) in [
        ("GET", format!("{at}/95312-toets3")),
        ("DELETE", format!("{at}/95312-toets3")),
        ("PUT", format!("{at}/{}", "9".repeat(129))),
    ] {
        let body = if method == "PUT" { r#"{"result":{"status":"active"}}"# } else { "" };
        let headers: &[(&str, &str)] =
            if method == "PUT" { &[("content-type", "application/json")] } else { &[] };
        let reply = publisher.send(method, &target, headers, body).await;
        assert_refused(&reply, 422, "SLS-301");
    }
    // What the school has shown under a pseudonym is the school's: its own id for it is a guess.
    world.school.say_json(sample("oneroster-1.2-results-page.json"));
    let page = publisher.get(&format!("{at}?limit=100")).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let shown = "res-h3-u-00012345";
    assert!(!page.text().contains(shown));
    let json = [("content-type", "application/json")];
    let body = r#"{"result":{"status":"active"}}"#;
    let reply = publisher.send("PUT", &format!("{at}/{shown}"), &json, body).await;
    assert_refused(&reply, 422, "SLS-111");
    assert_eq!(world.school.got().len(), 1, "one question reached the school");
    // What the publisher brings itself it may ask for afterwards.
    world.school.say(204, &[], "");
    let own = format!("{at}/rw-77");
    assert_eq!(publisher.send("PUT", &own, &json, body).await.status, 204);
    world.school.say_json(r#"{"result":{"sourcedId":"rw-77","status":"active"}}"#);
    let back = publisher.get(&own).await;
    assert_eq!(back.status, 200, "{}", back.text());
    assert!(back.text().contains("rw-77"));
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draining_server_ends_what_is_under_way() {
    let world = World::usual().await;
    world.school.say_json(sample("eduv_get_students_school_response.json"));
    world.school.delay(std::time::Duration::from_millis(600));
    let publisher = world.outside("rekenwonder");
    let under_way = tokio::spawn(async move { publisher.get(STUDENTS).await });
    tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    world.drain.begin();
    assert_eq!(under_way.await.unwrap().status, 200);
    let after = tokio::net::TcpStream::connect(world.address).await;
    assert!(after.is_err(), "nobody listens any more");
    world.clean();
}
