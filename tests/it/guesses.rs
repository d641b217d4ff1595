//! A publisher that guesses: whatever it makes the school repeat, what it hears does not depend on whether the guess is
//! somebody's; and who fails too often waits.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use serde_json::{Value, json};

use super::support::caller::{Caller, Reply};
use super::support::far::reply;
use super::support::pupils::{Person, everybody};
use super::support::world::{Options, World, assert_refused};

const ROSTERING: &str = "/from/rekenwonder/oneroster/rostering/v1p2";
const GRADEBOOK: &str = "/from/rekenwonder/oneroster/gradebook/v1p2";
const JSON: (&str, &str) = ("content-type", "application/json");

/// A pupil whose number can be a place in a list.
fn numbered() -> Vec<Person> {
    let mut people = everybody();
    people.push(Person {
        given: "Xanthe".into(),
        preferred: "Xanthe".into(),
        family: "Quist".into(),
        identifiers: vec![("pupil-number", "95350".into())],
        ..Person::default()
    });
    people
}

/// What a publisher hears, the guess itself apart.
fn told(reply: &Reply, guess: &str) -> String {
    let mut text = reply.text().to_owned();
    if let Ok(Value::Object(mut problem)) = serde_json::from_str::<Value>(&text) {
        problem.remove("exchange");
        text = Value::Object(problem).to_string();
    }
    let link = reply.headers.get("link").map(|link| link.to_str().unwrap().to_owned());
    format!("{} {link:?} {text}", reply.status).replace(guess, "…")
}

/// Ids that a school makes of its pupils' numbers: what it has shown and what is not there are refused alike, before
/// anybody looks; a name in which no number can stand is the publisher's to give.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_made_of_a_number_cannot_be_guessed() {
    let world = World::usual().await;
    let publisher = world.outside("rekenwonder");
    let pupil = world.pseudonym("rekenwonder", "sis-user", "u-00012345").await;
    let result = |id: &str| json!({ "sourcedId": id, "student": { "sourcedId": pupil } });
    let shown = json!({ "results": [{ "sourcedId": "res-h3-u-00012345", "student": { "sourcedId": "u-00012345" } }] });
    world.school.say_json(shown.to_string());
    assert_eq!(publisher.get(&format!("{GRADEBOOK}/results")).await.status, 200);
    world.school.forget();
    world.school.say(201, &[JSON], r#"{"sourcedIdPairs":[]}"#);
    let post = format!("{GRADEBOOK}/classes/c1/academicSessions/s1/results");
    let mut heard = Vec::new();
    for id in ["res-h3-u-00012345", "res-h3-u-00099999"] {
        let body = json!({ "results": [result(id)] }).to_string();
        let posted = publisher.send("POST", &post, &[JSON], body).await;
        assert_refused(&posted, 422, "SLS-111");
        let target = format!("{GRADEBOOK}/results/{id}");
        let body = json!({ "result": result(id) }).to_string();
        let put = publisher.send("PUT", &target, &[JSON], body).await;
        assert_refused(&put, 422, "SLS-111");
        let asked = publisher.get(&target).await;
        assert_refused(&asked, 422, "SLS-301");
        heard.push([posted, put, asked].map(|reply| told(&reply, id)));
    }
    assert_eq!(heard[0], heard[1]);
    assert!(world.school.got().is_empty(), "the school was not asked");
    for id in ["rw-2026-0417", "0f1e2d3c-4b5a-8978-8695-a4b3c2d1e0ff"] {
        let body = json!({ "results": [result(id)] }).to_string();
        assert_eq!(publisher.send("POST", &post, &[JSON], body).await.status, 201, "{id}");
    }
    world.clean();
}

/// A school that repeats whatever it is asked, wherever a school does.
fn repeat(world: &World) {
    let kept: Arc<Mutex<Value>> = Arc::default();
    world.school.answer(move |got| {
        let link = format!("<{}>; rel=\"self\", <{}>; rel=\"first\"", got.target, got.target);
        let page = |offset: i64| {
            let at = got.target.find("offset=").map(|at| at + 7);
            let Some(at) = at else { return String::new() };
            let digits: String = got.target[at..].chars().take_while(char::is_ascii_digit).collect();
            let next = digits.parse::<i64>().unwrap() + offset;
            let target = got.target.replace(&format!("offset={digits}"), &format!("offset={next}"));
            format!(", <{target}>; rel=\"next\"")
        };
        let link = format!("{link}{}{}", page(50), page(-50));
        let headers = [JSON, ("link", link.as_str())];
        if got.method == "PUT" {
            let body: Value = serde_json::from_slice(&got.body).unwrap();
            *kept.lock().unwrap() = body["result"].clone();
            return reply(200, &headers, got.body.clone());
        }
        let refused = |status| reply(status, &[JSON], json!({ "remark": got.target }).to_string());
        match got.target.as_str() {
            one if one.contains("academicSessions") => refused(404),
            one if one.contains("terms") => refused(500),
            one if one.contains("/enrollments") => reply(200, &headers, r#"{"enrollments":[]}"#),
            one if one.contains("/students") || one.contains("/users") => {
                reply(200, &headers, r#"{"users":[]}"#)
            }
            one if one.contains("/results?") || one.ends_with("/results") => {
                reply(200, &headers, json!({ "results": [*kept.lock().unwrap()] }).to_string())
            }
            _ => reply(200, &headers, json!({ "result": *kept.lock().unwrap() }).to_string()),
        }
    });
}

/// Everything that one guess is asked with, and what came of it.
async fn ask(publisher: &Caller, pupil: &str, guess: &str) -> Vec<String> {
    let mut heard = Vec::new();
    let filter = |text: String| text.replace('\'', "%27").replace('=', "%3D").replace(' ', "%20");
    let about = filter(format!("user.sourcedId='{pupil}' AND class.sourcedId='{guess}'"));
    let about_result = filter(format!("student.sourcedId='{pupil}' AND class.sourcedId='{guess}'"));
    for target in [
        format!("{ROSTERING}/enrollments?filter={}", filter(format!("class.sourcedId='{guess}'"))),
        format!("{ROSTERING}/enrollments?filter={about}"),
        format!("{ROSTERING}/classes/{guess}/students"),
        format!("{ROSTERING}/schools/{guess}/classes/{guess}/students?limit=100"),
        format!("{ROSTERING}/academicSessions/{guess}"),
        format!("{ROSTERING}/terms/{guess}"),
        format!("{GRADEBOOK}/results?filter={about_result}"),
        format!("{GRADEBOOK}/classes/{guess}/students/{pupil}/results"),
        format!("{GRADEBOOK}/lineItems/{guess}"),
    ] {
        heard.push(told(&publisher.get(&target).await, guess));
    }
    let result = |part: Value| {
        let mut result = json!({ "student": { "sourcedId": pupil }, "status": "active" });
        result.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        json!({ "result": result }).to_string()
    };
    let own = format!("r-{}", heard.len());
    for (id, part) in [
        (own.as_str(), json!({ "textScore": guess })),
        (&own, json!({ "lineItem": { "sourcedId": guess, "type": "lineItem" } })),
        (&own, json!({ "class": { "sourcedId": guess }, "scoreScale": { "sourcedId": guess } })),
        (&own, json!({ "scoreStatus": guess, "comment": guess, "metadata": { "x": guess } })),
        (guess, json!({ "sourcedId": guess, "textScore": "goed" })),
    ] {
        let target = format!("{GRADEBOOK}/results/{id}");
        heard.push(told(&publisher.send("PUT", &target, &[JSON], result(part)).await, guess));
        heard.push(told(&publisher.get(&target).await, guess));
        heard.push(told(&publisher.get(&format!("{GRADEBOOK}/results")).await, guess));
    }
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_guess_is_answered() {
    let world = World::with(Options { roster: Some(numbered()), ..Options::default() }).await;
    let publisher = world.outside("rekenwonder");
    repeat(&world);
    let pupil = world.pseudonym("rekenwonder", "sis-user", "u-00012345").await;
    let stranger = ask(&publisher, &pupil, "u-00099999").await;
    assert!(stranger.iter().filter(|heard| heard.starts_with("200")).count() > 15, "{stranger:#?}");
    // A number of the very pupil, of another one, a login name, a key of the school's administration.
    for guess in ["u-00012345", "95350", "LL-10034", "m.bakker"] {
        repeat(&world);
        // What a name of the publisher's own may look like does not depend on whose it is.
        let word = guess == "m.bakker";
        let stranger = if word { ask(&publisher, &pupil, "m.bekker").await } else { stranger.clone() };
        repeat(&world);
        for (heard, other) in ask(&publisher, &pupil, guess).await.iter().zip(&stranger) {
            assert_eq!(heard, other, "{guess}");
        }
    }
    // Errors that repeat a restored number as well, and a guess beside it.
    for (status, text) in [
        (404, "{guess} is unknown"),
        (404, "{path}: 404"),
        (409, "{pupil} is not in {guess}"),
        (500, "{guess} {guess} {pupil}"),
        // More often than it was brought, in other spellings, or put together of its words.
        (400, "{guess} {guess} {guess}"),
        (410, "message: {GUESS}, path: {path64}"),
        (422, "{words}"),
    ] {
        let heard = async |guess: &str| {
            let mine = guess.to_owned();
            world.school.answer(move |got| {
                let words = mine.replace(['.', '-', '_'], " ");
                let said = text
                    .replace("{GUESS}", &mine.to_uppercase())
                    .replace("{path64}", &base64::engine::general_purpose::STANDARD.encode(&mine))
                    .replace("{words}", &words)
                    .replace("{guess}", &mine)
                    .replace("{pupil}", "u-00012345")
                    .replace("{path}", &got.target);
                reply(status, &[("content-type", "text/plain")], said)
            });
            let target = format!("{GRADEBOOK}/classes/{guess}/students/{pupil}/results");
            told(&publisher.get(&target).await, guess)
        };
        let stranger = heard("u-00099999").await;
        for guess in ["u-00012345", "95350", "m.bakker"] {
            assert_eq!(heard(guess).await, stranger, "{text}: {guess}");
        }
    }
    repeat(&world);
    for offset in [95_300, 95_350, 95_400, 95_450] {
        let target = format!("{ROSTERING}/users?limit=50&offset={offset}");
        assert_eq!(publisher.get(&target).await.status, 200, "{offset}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_echo_covers_no_more_than_itself() {
    let world = World::with(Options { roster: Some(numbered()), ..Options::default() }).await;
    let publisher = world.outside("rekenwonder");
    let target = "/rostering/v1p2/classes/LL-10034/students";
    let says = |link: &str, body: &str| {
        world.school.say(200, &[JSON, ("link", link)], body.to_owned());
    };
    let ask = async || publisher.get(&format!("/from/rekenwonder/oneroster{target}")).await;
    let empty = r#"{"users":[]}"#;
    let at = |path: &str| format!("<{path}>; rel=\"next\"");
    ask().await;
    let got = world.school.last().target;
    let base = got.split_once(target).unwrap().0.to_owned();
    says(&at(&format!("{base}{target}")), empty);
    assert_eq!(ask().await.status, 200, "the question itself");
    // Another pupil's number, or this one in another place, is judged.
    for (link, body) in [
        (format!("{base}/rostering/v1p2/classes/LL-10027/students"), empty.to_owned()),
        (format!("{base}{target}?offset=95350"), empty.to_owned()),
        (
            format!("{base}{target}"),
            json!({"users":[{"sourcedId":"u-1","status":"active","grades":["LL-10034"]}]}).to_string(),
        ),
    ] {
        says(&at(&link), &body);
        assert_refused(&ask().await, 502, "SLS-601");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_fails_too_often_waits() {
    let patience = sluis::gateway::Patience { failures_per_hour: 5, withheld_per_day: 3 };
    let world = World::with(Options { patience, ..Options::default() }).await;
    let (publisher, other) = (world.outside("rekenwonder"), world.outside("taalreus"));
    world.school.say_json(r#"{"user":{"sourcedId":"u-00012345","status":"active"}}"#);
    let guess = format!("{ROSTERING}/users/00000000-0000-8000-8000-000000000000");
    for _ in 0..6 {
        assert_refused(&publisher.get(&guess).await, 422, "SLS-301");
    }
    let known = world.pseudonym("rekenwonder", "sis-user", "u-00012345").await;
    for target in [guess, format!("{ROSTERING}/users/{known}")] {
        let reply = publisher.get(&target).await;
        assert_refused(&reply, 429, "SLS-803");
        let wait: u64 = reply.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=720).contains(&wait), "{wait}");
    }
    // The other publisher asks as before, until its replies are withheld.
    world.school.say_json(r#"{"user":{"sourcedId":"u-00012345","grades":["Jip Jansen"]}}"#);
    let theirs = world.pseudonym("taalreus", "sis-user", "u-00012345").await;
    let target = format!("{}/users/{theirs}", ROSTERING.replace("rekenwonder", "taalreus"));
    for _ in 0..4 {
        assert_refused(&other.get(&target).await, 502, "SLS-601");
    }
    assert_refused(&other.get(&target).await, 502, "SLS-601");
    // That was the school's fault alone. A question that brings a word of its own may be a guess.
    world.school.say_json(r#"{"users":[{"sourcedId":"u-00012345","grades":["Jip Jansen"]}]}"#);
    let list = format!("{}/users?filter=grades%3D%274%27", ROSTERING.replace("rekenwonder", "taalreus"));
    for _ in 0..4 {
        assert_refused(&other.get(&list).await, 502, "SLS-601");
    }
    world.school.say_json(r#"{"user":{"sourcedId":"u-00012345","status":"active"}}"#);
    assert_refused(&other.get(&target).await, 503, "SLS-603");
    // What the school asks goes on.
    world.publisher.say_json(r#"{"user":{"sourcedId":"x","status":"active"}}"#);
    let school = world.inside("rekenwonder");
    let asked = school.get("/rekenwonder/oneroster/rostering/v1p2/users/u-00012345").await;
    assert!(!["SLS-803", "SLS-603"].contains(&asked.code().as_str()), "{}", asked.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_school_refused_is_not_the_publishers_thing() {
    let world = World::usual().await;
    let publisher = world.outside("rekenwonder");
    let pupil = world.pseudonym("rekenwonder", "sis-user", "u-00012345").await;
    let guess = "res-h3-a";
    let body = json!({ "results": [{ "sourcedId": guess, "student": { "sourcedId": pupil } }] }).to_string();
    let post = format!("{GRADEBOOK}/classes/nope/academicSessions/nope/results");
    world.school.say(404, &[JSON], "{}");
    assert_eq!(publisher.send("POST", &post, &[JSON], body.clone()).await.status, 404);
    // The school's own result of that name is masked all the same, and nobody may ask for it by its name.
    world.school.say_json(
        json!({ "results": [{ "sourcedId": guess, "student": { "sourcedId": "u-00012345" } }] }).to_string(),
    );
    let reply = publisher.get(&format!("{GRADEBOOK}/results")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(!reply.text().contains(guess) && !reply.text().contains("00012345"), "{}", reply.text());
    assert_refused(&publisher.get(&format!("{GRADEBOOK}/results/{guess}")).await, 422, "SLS-301");
    // Many guesses at once are one too many.
    let results: Vec<Value> = (0..1001)
        .map(|n| json!({ "sourcedId": format!("r-{n}"), "student": { "sourcedId": pupil } }))
        .collect();
    world.school.say(201, &[JSON], r#"{"sourcedIdPairs":[]}"#);
    let many = publisher.send("POST", &post, &[JSON], json!({ "results": results }).to_string()).await;
    assert_refused(&many, 422, "SLS-301");
    world.clean();
}
