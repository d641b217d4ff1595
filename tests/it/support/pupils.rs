//! The invented pupils of the samples: as the school's roster, and as canaries.

use std::path::{Path, PathBuf};

use serde_json::Value;
use sluis::clock::Timestamp;
use sluis::identity::Kind;
use sluis::roster::{Pupil, Roster};
use sluis::secret::Secret;

use super::scan::Canaries;

/// One invented person, plainly.
#[derive(Debug, Clone, Default)]
pub(crate) struct Person {
    pub(crate) given: String,
    pub(crate) preferred: String,
    pub(crate) prefix: String,
    pub(crate) family: String,
    pub(crate) birth: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) identifiers: Vec<(&'static str, String)>,
}

impl Person {
    /// The identifier of this kind.
    pub(crate) fn id(&self, kind: &str) -> &str {
        let found = self.identifiers.iter().find(|(own, _)| *own == kind);
        found.map(|(_, text)| text.as_str()).unwrap_or_else(|| panic!("{} has no {kind}", self.given))
    }

    /// Given name, prefix and family name.
    pub(crate) fn name(&self) -> String {
        let parts = [self.preferred.as_str(), &self.prefix, &self.family];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

pub(crate) fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// A file of the samples.
pub(crate) fn sample(name: &str) -> String {
    std::fs::read_to_string(corpus().join("samples").join(name)).unwrap()
}

/// The twelve pupils of the Edu-V sample.
pub(crate) fn edu_v() -> Vec<Person> {
    let list: Value = serde_json::from_str(&sample("eduv_get_students_school_response.json")).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let person = |record: &Value| {
        let mut identifiers = Vec::new();
        if let Some(eck) = record["userMasterIdentifier"].as_str() {
            identifiers.push(("eck-id", eck.to_owned()));
        }
        for id in record["userIds"].as_array().unwrap() {
            let kind = match id["userIdType"].as_str().unwrap() {
                "NEPRI" => "real-id",
                "NEPPI" => "profile-id",
                "ASI" => "las-key",
                other => panic!("{other}"),
            };
            identifiers.push((kind, text(&id["userId"])));
        }
        Person {
            given: text(&record["givenName"]),
            preferred: text(&record["preferredFirstName"]),
            prefix: text(&record["familyNamePrefix"]),
            family: text(&record["familyName"]),
            birth: text(&record["dateOfBirth"]),
            email: text(&record["email"]),
            phone: String::new(),
            identifiers,
        }
    };
    list.as_array().unwrap().iter().map(person).collect()
}

/// The two pupils and the teacher of the OneRoster sample, and the parent whom it names.
pub(crate) fn oneroster() -> Vec<Person> {
    let page: Value = serde_json::from_str(&sample("oneroster-1.2-users-page.json")).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let person = |record: &Value| Person {
        given: text(&record["givenName"]),
        preferred: text(&record["preferredFirstName"]),
        prefix: text(&record["middleName"]),
        family: text(&record["familyName"]),
        birth: String::new(),
        email: text(&record["email"]),
        phone: String::new(),
        identifiers: vec![
            ("sis-user", text(&record["sourcedId"])),
            ("username", text(&record["username"])),
            ("eck-id", text(&record["userIds"][0]["identifier"])),
            ("pupil-number", text(&record["identifier"])),
        ],
    };
    page["users"].as_array().unwrap().iter().map(person).collect()
}

/// Everybody.
pub(crate) fn everybody() -> Vec<Person> {
    edu_v().into_iter().chain(oneroster()).collect()
}

/// As the school tells Sluis.
pub(crate) fn roster(people: &[Person], full_names: bool, now: Timestamp) -> Roster {
    let mut roster = Roster::empty(now);
    let some = |text: &str| (!text.is_empty()).then(|| Secret::new(text.to_owned()));
    for person in people {
        let kept =
            |(kind, text): &(&'static str, String)| (Kind::named(kind).unwrap(), Secret::new(text.clone()));
        let full = format!("{} {} {}", person.given, person.prefix, person.family).replace("  ", " ");
        let pupil = Pupil {
            identifiers: person.identifiers.iter().map(kept).collect(),
            given: some(&person.preferred),
            prefix: some(&person.prefix),
            family: some(&person.family),
            full_names: some(&full).filter(|_| full_names).into_iter().collect(),
            emails: some(&person.email).into_iter().collect(),
            phones: some(&person.phone).into_iter().collect(),
            birth_date: some(&person.birth),
            ..Pupil::default()
        };
        roster.add(pupil).unwrap_or_else(|kind| panic!("two have one {}", kind.as_str()));
    }
    roster
}

/// What of these people may be nowhere outside.
pub(crate) fn canaries(people: &[Person]) -> Canaries {
    let mut canaries = Canaries::default();
    for person in people {
        for (kind, text) in &person.identifiers {
            canaries.add(kind, text);
            if let Some((_, rest)) = text.rsplit_once('/') {
                canaries.add(kind, rest);
            }
        }
        for name in [&person.given, &person.preferred, &person.family] {
            if name.chars().count() >= 4 {
                canaries.add("name", name);
            }
        }
        canaries.add("full name", &person.name());
        canaries.add("full name", &format!("{}, {}", person.family, person.preferred));
        canaries.add("birth date", &person.birth);
        canaries.add_email(&person.email);
        canaries.add("phone", &person.phone);
    }
    canaries
}
