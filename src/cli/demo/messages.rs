//! What the school's administration and the publisher's system say in the demo: the messages of Edu-V, SEM and
//! OneRoster, with invented content.
//!
//! It must not know Sluis: each side knows only what it was sent.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::Response;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};

use super::party::{Answer, Wire};
use super::pupils::Pupil;
use super::scene::SCHOOL;

/// What the publisher remembers of what it was sent: numbers, and no names.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory(Arc<Mutex<Vec<String>>>);

impl Memory {
    /// Keeps the numbers of a list of pupils.
    pub(super) fn learn(&self, students: &Value) {
        let number = |student: &Value| student.get("userMasterIdentifier")?.as_str().map(str::to_owned);
        let known = students.as_array().into_iter().flatten().filter_map(number).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }

    /// The numbers, in the order in which they came.
    pub(super) fn numbers(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A name that somebody typed into a class's title, when this is set.
pub(super) type Planted = Arc<AtomicBool>;

/// The school's administration.
pub(super) fn school(pupils: Vec<Pupil>, planted: Planted) -> Arc<Answer> {
    Arc::new(move |got: &Wire| {
        let (method, target) = got.request();
        match (method, target.split('?').next().unwrap_or_default()) {
            ("GET", "/students/school") => reply(200, Some(students(&pupils))),
            ("GET", "/rostering/v1p2/classes") => {
                let name = pupils.first().map(Pupil::name).unwrap_or_default();
                let title = if planted.load(Ordering::SeqCst) { title_with(&name) } else { TITLE.to_owned() };
                reply(200, Some(classes(&title)))
            }
            ("POST", "/results") => reply(201, None),
            ("POST", _) => reply(202, None),
            _ => reply(404, None),
        }
    })
}

/// The publisher's system.
pub(super) fn publisher(memory: Memory) -> Arc<Answer> {
    Arc::new(move |got: &Wire| {
        let (method, target) = got.request();
        let host = got.header("host").unwrap_or_default();
        let numbers = memory.numbers();
        match method {
            "GET" if target.contains("/results") => {
                let asked = asked(target);
                let about = numbers.iter().enumerate().filter(|(_, n)| asked.as_ref().is_none_or(|a| a == *n));
                let results: Vec<Value> = about.map(|(place, n)| result(place, n, host)).collect();
                reply(200, Some(json!({ "results": results })))
            }
            "POST" => {
                let brought = got.json();
                let ids = brought.get("results").and_then(Value::as_array).into_iter().flatten();
                let pair = |result: &Value| {
                    let id = result.get("sourcedId").cloned().unwrap_or_default();
                    json!({ "suppliedSourcedId": id, "allocatedSourcedId": id })
                };
                reply(201, Some(json!({ "sourcedIdPairs": ids.map(pair).collect::<Vec<_>>() })))
            }
            _ => reply(404, None),
        }
    })
}

const TITLE: &str = "Groep 7A, rekenen";

fn title_with(name: &str) -> String {
    format!("Groep 7A, rekenen (extra uitleg voor {name})")
}

/// The filter's text between quotes.
fn asked(target: &str) -> Option<String> {
    let plain = target.replace("%27", "'");
    plain.split('\'').nth(1).map(str::to_owned)
}

/// A mark from 5.5 to 9.0, by place in a list.
fn mark(place: usize) -> String {
    let tenths = 55 + place * 7 % 36;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Edu-V students 1.1.
fn students(pupils: &[Pupil]) -> Value {
    let student = |pupil: &Pupil| {
        let mut student = json!({
            "userMasterIdentifier": pupil.eck_id(),
            "userIds": [
                { "userId": pupil.login, "userIdType": "NEPRI" },
                { "userId": pupil.profile_id(), "userIdType": "NEPPI" },
                { "userId": pupil.las_key(), "userIdType": "ASI" },
            ],
            "givenName": pupil.given,
            "preferredFirstName": pupil.called,
            "familyName": pupil.family,
            "dateOfBirth": pupil.born,
            "gender": pupil.gender,
            "email": pupil.email(),
        });
        if let Value::Object(members) = &mut student
            && !pupil.prefix.is_empty()
        {
            members.insert("familyNamePrefix".to_owned(), pupil.prefix.into());
        }
        student
    };
    pupils.iter().map(student).collect()
}

/// Edu-V results 2.1, brought by the publisher about the pupils with these numbers.
pub(super) fn results(numbers: &[String]) -> Value {
    let one = |(place, number): (usize, &String)| {
        json!({
            "student": { "userMasterIdentifier": number },
            "results": [{ "resultType": "1.0-10.0", "resultValue": mark(place) }],
        })
    };
    json!({
        "assessmentDateTime": "2026-11-04T09:15:22Z",
        "assessmentDefinition": { "id": "RW7-BLOK3", "name": "Blok 3, breuken (groep 7)" },
        "studentScoresAndResults": numbers.iter().enumerate().map(one).collect::<Vec<_>>(),
    })
}

/// A SEM result, brought by the publisher about the pupil with this number.
pub(super) fn simple_result(number: &str) -> Value {
    json!({
        "id": "b7c1f0de-0000-4000-8000-000000000001",
        "schemaVersion": "1.3.0",
        "assessmentId": "RW7-BLOK3",
        "assessmentName": "Blok 3, breuken",
        "eckId": number,
        "status": "final",
        "assessmentDateTime": "2026-11-04T09:15:22Z",
        "result": "7.6",
        "resultType": "1.0-10.0",
    })
}

/// Where SEM results go.
pub(super) fn simple_target() -> String {
    format!("/sem/results/{SCHOOL}")
}

/// A OneRoster 1.2 result of the publisher's own.
fn result(place: usize, number: &str, host: &str) -> Value {
    json!({
        "sourcedId": format!("rw-toets3-{place:02}"),
        "status": "active",
        "dateLastModified": "2026-11-04T09:20:00.000Z",
        "lineItem": { "sourcedId": "rw-toets3", "type": "lineItem" },
        "student": {
            "sourcedId": number,
            "href": format!("https://{host}/rostering/v1p2/users/{number}"),
            "type": "user",
        },
        "score": mark(place).parse::<f64>().unwrap_or_default(),
        "scoreStatus": "fully graded",
        "scoreDate": "2026-11-04",
    })
}

/// A OneRoster 1.2 result that the school brings, with a remark in a field that is kept.
pub(super) fn marked(pupil: &Pupil, remark: &str) -> Value {
    json!({ "results": [{
        "sourcedId": format!("res-{}", pupil.number()),
        "status": "active",
        "dateLastModified": "2026-11-05T11:00:00.000Z",
        "lineItem": { "sourcedId": "rw-toets3", "type": "lineItem" },
        "student": { "sourcedId": pupil.sis_user(), "type": "user" },
        "textScore": remark,
        "scoreStatus": "fully graded",
        "scoreDate": "2026-11-05",
    }]})
}

/// OneRoster 1.2 classes.
fn classes(title: &str) -> Value {
    json!({ "classes": [{
        "sourcedId": "klas-7a",
        "status": "active",
        "dateLastModified": "2026-08-20T08:00:00.000Z",
        "title": title,
        "classCode": "7A-REK",
        "classType": "scheduled",
        "course": { "sourcedId": "rekenen-7", "type": "course" },
        "school": { "sourcedId": "petteflat", "type": "org" },
    }]})
}

fn reply(status: u16, body: Option<Value>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    if let Some(body) = body {
        *response.body_mut() = body.to_string().into();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    response
}
