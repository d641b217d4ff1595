//! What the school's administration and the publisher's system say in the demo: the messages of Edu-V, SEM and
//! OneRoster, with invented content.
//!
//! It must not know Sluis: each side knows only what it was sent.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::Response;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde_json::Value;

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
                let about =
                    numbers.iter().enumerate().filter(|(_, n)| asked.as_ref().is_none_or(|a| a == *n));
                let results = array(about.map(|(place, number)| result(place, number, host)));
                reply(200, Some(object(&[("results", results)])))
            }
            "POST" => {
                let brought = got.json();
                let ids = brought.get("results").and_then(Value::as_array).into_iter().flatten();
                let pair = |result: &Value| {
                    let id = result.get("sourcedId").cloned().unwrap_or_default().to_string();
                    object(&[("suppliedSourcedId", id.clone()), ("allocatedSourcedId", id)])
                };
                reply(201, Some(object(&[("sourcedIdPairs", array(ids.map(pair)))])))
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
fn students(pupils: &[Pupil]) -> String {
    let user_id = |(kind, id): (&str, String)| object(&[("userId", text(&id)), ("userIdType", text(kind))]);
    let student = |pupil: &Pupil| {
        let ids =
            [("NEPRI", pupil.login.to_owned()), ("NEPPI", pupil.profile_id()), ("ASI", pupil.las_key())];
        let mut members = vec![
            ("userMasterIdentifier", text(&pupil.eck_id())),
            ("userIds", array(ids.into_iter().map(user_id))),
            ("givenName", text(pupil.given)),
            ("preferredFirstName", text(pupil.called)),
            ("familyNamePrefix", text(pupil.prefix)),
            ("familyName", text(pupil.family)),
            ("dateOfBirth", text(pupil.born)),
            ("gender", text(pupil.gender)),
            ("email", text(&pupil.email())),
        ];
        members.retain(|(name, _)| *name != "familyNamePrefix" || !pupil.prefix.is_empty());
        object(&members)
    };
    array(pupils.iter().map(student))
}

/// Edu-V results 2.1, brought by the publisher about the pupils with these numbers.
pub(super) fn results(numbers: &[String]) -> String {
    let one = |(place, number): (usize, &String)| {
        let result = object(&[("resultType", text("1.0-10.0")), ("resultValue", text(&mark(place)))]);
        object(&[
            ("student", object(&[("userMasterIdentifier", text(number))])),
            ("results", array([result])),
        ])
    };
    let definition = object(&[("id", text("RW7-BLOK3")), ("name", text("Blok 3, breuken (groep 7)"))]);
    object(&[
        ("assessmentDateTime", text("2026-11-04T09:15:22Z")),
        ("assessmentDefinition", definition),
        ("studentScoresAndResults", array(numbers.iter().enumerate().map(one))),
    ])
}

/// A SEM result, brought by the publisher about the pupil with this number.
pub(super) fn simple_result(number: &str) -> String {
    object(&[
        ("id", text("b7c1f0de-0000-4000-8000-000000000001")),
        ("schemaVersion", text("1.3.0")),
        ("eckId", text(number)),
        ("assessmentId", text("RW7-BLOK3")),
        ("assessmentName", text("Blok 3, breuken")),
        ("status", text("final")),
        ("assessmentDateTime", text("2026-11-04T09:15:22Z")),
        ("result", text("7.6")),
        ("resultType", text("1.0-10.0")),
    ])
}

/// Where SEM results go.
pub(super) fn simple_target() -> String {
    format!("/sem/results/{SCHOOL}")
}

/// A OneRoster 1.2 result of the publisher's own.
fn result(place: usize, number: &str, host: &str) -> String {
    let href = format!("https://{host}/rostering/v1p2/users/{number}");
    object(&[
        ("sourcedId", text(&format!("rw-toets3-{place:02}"))),
        ("status", text("active")),
        ("dateLastModified", text("2026-11-04T09:20:00.000Z")),
        ("lineItem", reference("rw-toets3", "lineItem")),
        ("student", object(&[("sourcedId", text(number)), ("href", text(&href)), ("type", text("user"))])),
        ("score", mark(place)),
        ("scoreStatus", text("fully graded")),
        ("scoreDate", text("2026-11-04")),
    ])
}

/// A OneRoster 1.2 result that the school brings, with a mark in words in a field that is kept.
pub(super) fn marked(pupil: &Pupil) -> String {
    let result = object(&[
        ("sourcedId", text(&format!("res-{}", pupil.number()))),
        ("status", text("active")),
        ("dateLastModified", text("2026-11-05T11:00:00.000Z")),
        ("lineItem", reference("rw-toets3", "lineItem")),
        ("student", reference(&pupil.sis_user(), "user")),
        ("textScore", text("voldoende")),
        ("scoreStatus", text("fully graded")),
        ("scoreDate", text("2026-11-05")),
    ]);
    object(&[("results", array([result]))])
}

/// OneRoster 1.2 classes.
fn classes(title: &str) -> String {
    let class = object(&[
        ("sourcedId", text("klas-7a")),
        ("status", text("active")),
        ("dateLastModified", text("2026-08-20T08:00:00.000Z")),
        ("title", text(title)),
        ("classCode", text("7A-REK")),
        ("classType", text("scheduled")),
        ("course", reference("rekenen-7", "course")),
        ("school", reference("petteflat", "org")),
    ]);
    object(&[("classes", array([class]))])
}

fn reference(id: &str, kind: &str) -> String {
    object(&[("sourcedId", text(id)), ("type", text(kind))])
}

/// An object with its members in this order, as the protocols' own examples have it.
fn object(members: &[(&str, String)]) -> String {
    let members: Vec<String> =
        members.iter().map(|(name, value)| format!("{}:{value}", text(name))).collect();
    format!("{{{}}}", members.join(","))
}

fn array(elements: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", elements.into_iter().collect::<Vec<_>>().join(","))
}

fn text(value: &str) -> String {
    Value::from(value).to_string()
}

fn reply(status: u16, body: Option<String>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    if let Some(body) = body {
        *response.body_mut() = body.into();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    response
}
