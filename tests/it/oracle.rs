//! A publisher's questions: no answer depends on who a pupil is, and no refusal tells a guess from a stranger's
//! pseudonym.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::support::caller::Reply;
use super::support::far::{Far, Got, reply};
use super::support::world::{World, assert_refused};

/// A reply without what differs in every one.
fn told(reply: &Reply) -> String {
    let body = match reply.code().as_str() {
        "" => reply.text().to_owned(),
        _ => {
            let mut problem = reply.json();
            problem["exchange"] = Value::Null;
            problem.to_string()
        }
    };
    let mut headers: Vec<String> = reply
        .headers
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    format!("{} {headers:?} {body}", reply.status)
}

/// A school that really answers: it filters, sorts, pages and cuts ranges by the names it holds.
fn answer_honestly(school: &Far, users: Vec<Value>) {
    school.answer(move |got| {
        let query = query(got);
        let text = |user: &Value, field: &str| user[field].as_str().unwrap_or_default().to_owned();
        let mut found: Vec<Value> = users.clone();
        if let Some(filter) = query.get("filter") {
            let at = filter.find(['=', '!', '>', '<', '~']).unwrap_or(filter.len());
            let (field, rest) = filter.split_at(at);
            let value = rest.split('\'').nth(1).unwrap_or_default().to_owned();
            let operator = rest.split('\'').next().unwrap_or_default().to_owned();
            found.retain(|user| {
                let own = text(user, field);
                match operator.as_str() {
                    "=" => own == value,
                    "!=" => own != value,
                    ">" => own > value,
                    "<" => own < value,
                    _ => own.contains(&value),
                }
            });
        }
        // Without a wish it sorts by name, as school systems do: only the order of the pseudonyms may show.
        let wish = query.get("sort").cloned().unwrap_or_else(|| "status".to_owned());
        found.sort_by_key(|user| (text(user, &wish), text(user, "sourcedId")));
        if query.get("orderBy").is_some_and(|order| order == "desc") {
            found.reverse();
        }
        let number = |name: &str, other: usize| query.get(name).and_then(|n| n.parse().ok()).unwrap_or(other);
        let total = found.len().to_string();
        let page: Vec<Value> =
            found.into_iter().skip(number("offset", 0)).take(number("limit", 100)).collect();
        let headers = [
            ("content-type", "application/json"),
            ("x-total-count", total.as_str()),
            ("etag", &format!("\"{}\"", text(&users[0], "givenName"))),
        ];
        reply(200, &headers, json!({ "users": page }).to_string())
    });
}

fn query(got: &Got) -> BTreeMap<String, String> {
    let query = got.target.split_once('?').map_or("", |(_, query)| query);
    let plain = |text: &str| {
        let bytes = text.replace('+', " ").into_bytes();
        let mut out = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
            match (bytes[at], hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
                (b'%', Some(byte)) => {
                    out.push(byte);
                    at += 3;
                }
                (byte, _) => {
                    out.push(byte);
                    at += 1;
                }
            }
        }
        String::from_utf8(out).unwrap()
    };
    query.split('&').filter_map(|pair| pair.split_once('=')).map(|(n, v)| (plain(n), plain(v))).collect()
}

fn encoded(text: &str) -> String {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    text.bytes().map(|b| if plain(&b) { (b as char).to_string() } else { format!("%{b:02X}") }).collect()
}

/// The same four pupils under these names.
fn users(names: [(&str, &str); 4]) -> Vec<Value> {
    let user = |(index, (given, family)): (usize, (&str, &str))| {
        json!({
            "sourcedId": format!("u-canary-{index}"),
            "status": if index == 3 { "tobedeleted" } else { "active" },
            "givenName": given,
            "familyName": family,
            "preferredFirstName": given,
            "middleName": family,
            "phone": format!("06{}", family.len()),
            "grades": ["08"],
        })
    };
    names.into_iter().enumerate().map(user).collect()
}

const NAMES: [(&str, &str); 4] = [("Jip", "Jansen"), ("Amina", "Amrani"), ("Sanne", "Boer"), ("Bo", "A")];
const OTHERS: [(&str, &str); 4] =
    [("Bo", "Zeldenrust"), ("Sanne", "Boer"), ("Jip", "Aalders"), ("Amina", "Jansen")];

fn questions() -> Vec<(String, Vec<(&'static str, &'static str)>)> {
    let mut all = Vec::new();
    let fields =
        ["givenName", "familyName", "preferredFirstName", "middleName", "phone", "userMasterIdentifier"];
    for field in fields {
        for (given, family) in NAMES {
            for value in [given, family, "Xyzzy"] {
                for operator in ["=", "!=", ">", "<", "~"] {
                    let filter = encoded(&format!("{field}{operator}'{value}'"));
                    all.push((format!("?filter={filter}"), Vec::new()));
                }
            }
        }
        for order in ["asc", "desc"] {
            for page in ["limit=50", "limit=100&offset=0", "limit=1&offset=3", "offset=50"] {
                all.push((format!("?sort={field}&orderBy={order}&{page}"), Vec::new()));
            }
        }
        all.push((format!("?orderBy=desc&sort={field}"), Vec::new()));
        all.push((format!("?fields={field}"), Vec::new()));
        all.push((format!("?filter=status%3D%27active%27%20AND%20{field}%3D%27Jip%27"), Vec::new()));
    }
    for page in [
        "",
        "?limit=1",
        "?limit=50&offset=50",
        "?sort=status&limit=50",
        "?orderBy=desc",
        "?orderBy=desc&limit=50",
    ] {
        all.push((page.to_owned(), Vec::new()));
    }
    all.push((String::new(), vec![("range", "bytes=0-40")]));
    all.push((String::new(), vec![("if-range", "\"Jip\""), ("range", "items=0-1")]));
    all.push((String::new(), vec![("if-none-match", "\"Jip\"")]));
    all.push((String::new(), vec![("if-match", "\"Bo\"")]));
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_depends_on_a_name() {
    let world = World::usual().await;
    let publisher = world.outside("rekenwonder");
    let mut passed = 0;
    let mut told_of = Vec::new();
    for names in [NAMES, OTHERS] {
        answer_honestly(&world.school, users(names));
        let mut answers = Vec::new();
        for (query, headers) in questions() {
            let target = format!("/from/rekenwonder/oneroster/rostering/v1p2/users{query}");
            let reply = publisher.send("GET", &target, &headers, "").await;
            passed += usize::from(reply.status == 200);
            answers.push((query, told(&reply)));
        }
        told_of.push(answers);
    }
    for (one, other) in told_of[0].iter().zip(&told_of[1]) {
        assert_eq!(one, other, "the answer tells of names");
    }
    assert!(passed > 40, "questions without names in them are answered: {passed}");
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guess_and_anothers_pseudonym_are_one_refusal() {
    let world = World::usual().await;
    let publisher = world.outside("rekenwonder");
    world.school.say_json(r#"{"user":{"sourcedId":"u-00012345","status":"active"}}"#);
    let known = world.pseudonym("rekenwonder", "sis-user", "u-00012345").await;
    let others = world.pseudonym("taalreus", "sis-user", "u-00012345").await;
    let of_another_kind = world.pseudonym("rekenwonder", "eck-id", "https://ketenid.nl/eck/u-00012345").await;
    assert_ne!(known, others);
    let ask = async |id: &str| {
        publisher.get(&format!("/from/rekenwonder/oneroster/rostering/v1p2/users/{id}")).await
    };
    assert_eq!(ask(&known).await.status, 200);
    world.school.forget();
    let guess = ask("00000000-0000-8000-8000-000000000000").await;
    assert_refused(&guess, 422, "SLS-301");
    for id in [&others, &of_another_kind, "u-00012345", "j.jansen", &known[1..], "x"] {
        let reply = ask(id).await;
        assert_eq!(told(&reply), told(&guess), "{id}");
        assert_eq!(reply.body.len(), guess.body.len());
    }
    // In a filter and in a document as well.
    let filter = async |id: &str| {
        let filter = encoded(&format!("sourcedId='{id}'"));
        publisher.get(&format!("/from/rekenwonder/oneroster/rostering/v1p2/users?filter={filter}")).await
    };
    assert_eq!(told(&filter(&others).await), told(&filter("x").await));
    let result = async |id: &str| {
        let body = json!({"result": {"sourcedId": "r-1", "status": "active", "student": {"sourcedId": id}}});
        let target = "/from/rekenwonder/oneroster/gradebook/v1p2/results/r-1";
        publisher.send("PUT", target, &[("content-type", "application/json")], body.to_string()).await
    };
    assert_refused(&result(&others).await, 422, "SLS-301");
    assert_eq!(told(&result(&others).await), told(&result("x").await));
    assert!(world.school.raw().is_empty(), "the school was not asked");
    world.clean();
}
