//! Reading a `[[publisher]]`, without its routes' insides.
//!
//! It must not know routes' addresses or callers; `route.rs` reads those.

use std::collections::BTreeMap;

use crate::identity::{Epoch, Publisher, School};

use super::files::Files;
use super::problem::At;
use super::route;
use super::settings::{AgreementSettings, PublisherSettings, Recorded, SchoolSettings};
use super::tree::{Section, quoted};
use super::words::{publisher as words, reading, school};

/// All of `[[publisher]]`.
pub(super) fn publishers(
    root: &Section<'_>,
    files: &Files<'_>,
    schools: &[At<SchoolSettings>],
) -> Vec<At<PublisherSettings>> {
    let sections = root.sections("publisher", "[[publisher]]");
    if sections.is_empty() {
        root.source().report(&words::NO_PUBLISHER, &(0..0), []);
    }
    sections.into_iter().filter_map(|section| publisher(section, files, schools)).collect()
}

fn publisher(
    section: Section<'_>,
    files: &Files<'_>,
    schools: &[At<SchoolSettings>],
) -> Option<At<PublisherSettings>> {
    let source = section.source();
    let id = section.needed("id", "\"rekenwonder\"");
    let name = section.needed("name", "\"Rekenwonder BV\"");
    let epoch = section.needed("epoch", "\"2026-2027\"").and_then(|text| epoch(&section, text));
    let shown = id.as_ref().map_or("?", |id| id.value);
    let school = school_of(&section, schools, shown);
    let shape =
        section.text("shape").map_or_else(|| "uuid".to_owned(), |text| shape(&section, "shape", &text));
    let shapes = shapes(&section);
    let link = section.word("link", &[("field", false), ("roster", true)]);
    let eck_id = section.word("eck-id", &[("keep", true), ("pseudonym", false)]);
    let same_ids_as = section.text("same_ids_as").and_then(|text| other(&section, &text));
    let recorded = recorded(&section);
    if eck_id.as_ref().is_some_and(|at| at.value)
        && let Some(at) = &eck_id
    {
        source.report(&words::ECK_ID_KEPT, &at.span, [("publisher", shown.into())]);
    }
    let mut routes = Vec::new();
    for inner in section.sections("route", "[[publisher.route]]") {
        routes.extend(route::route(inner, files));
    }
    if !section.has("route") {
        source.report(&words::NO_ROUTE, section.span(), [("publisher", shown.into())]);
    }
    let span = section.span().clone();
    section.finish();
    let id = id?;
    let Ok(own) = Publisher::parse(id.value) else {
        source.report(&words::PUBLISHER_ID, &id.span, [("found", id.value.into())]);
        return None;
    };
    let value = PublisherSettings {
        place: source.place(&span),
        id: own,
        name: name?.value.to_owned(),
        school: school?,
        epoch: epoch?,
        shape,
        shapes,
        link_roster: link.is_some_and(|at| at.value),
        keep_eck_id: eck_id.is_some_and(|at| at.value),
        same_ids_as,
        recorded,
        routes,
    };
    Some(At { value, span })
}

fn school_of(section: &Section<'_>, schools: &[At<SchoolSettings>], publisher: &str) -> Option<School> {
    let known = || quoted(schools.iter().map(|school| school.value.id.as_str()));
    match (section.text("school"), schools) {
        (Some(text), _) => {
            let found = schools.iter().find(|school| school.value.id.as_str() == text.value);
            if found.is_none() {
                let values = [("school", text.value.into()), ("known", known().into())];
                section.source().report(&school::SCHOOL_UNKNOWN, &text.span, values);
            }
            found.map(|school| school.value.id.clone())
        }
        (None, [only]) => Some(only.value.id.clone()),
        (None, []) => None,
        (None, _) => {
            let values = [("publisher", publisher.into()), ("known", known().into())];
            section.source().report(&school::SCHOOL_UNNAMED, section.span(), values);
            None
        }
    }
}

fn epoch(section: &Section<'_>, text: At<&str>) -> Option<Epoch> {
    let epoch = Epoch::parse(text.value).ok();
    if epoch.is_none() {
        section.source().report(&words::EPOCH, &text.span, [("found", text.value.into())]);
    }
    epoch
}

/// A shape as written; `overlap.rs` has it parsed by `derive`.
fn shape(_section: &Section<'_>, _key: &'static str, text: &At<&str>) -> String {
    text.value.to_owned()
}

fn other(section: &Section<'_>, text: &At<&str>) -> Option<Publisher> {
    let other = Publisher::parse(text.value).ok();
    if other.is_none() {
        section.source().report(&words::PUBLISHER_ID, &text.span, [("found", text.value.into())]);
    }
    other
}

fn shapes(section: &Section<'_>) -> BTreeMap<String, String> {
    let Some(table) = section.section("shapes", "shapes") else { return BTreeMap::new() };
    let mut shapes = BTreeMap::new();
    for (kind, value) in table.entries() {
        if let Some(text) = table.as_text(kind.value, value) {
            shapes.insert(kind.value.to_owned(), shape(section, "shapes", &text));
        }
    }
    shapes
}

fn recorded(section: &Section<'_>) -> Recorded {
    let source = section.source();
    let location = section.text("location");
    let kind = section.word("kind", &[("bought", "bought"), ("free-app", "free-app")]);
    let agreement = section.section("agreement", "[publisher.agreement]");
    let spans = [
        ("location", location.as_ref().map(|at| at.span.clone())),
        ("kind", kind.as_ref().map(|at| at.span.clone())),
        ("agreement", agreement.as_ref().map(|at| at.span().clone())),
    ];
    for (key, span) in spans {
        if let Some(span) = span {
            source.report(&words::NOT_ENFORCED, &span, [("key", key.into())]);
        }
    }
    if let Some(location) = &location {
        let country =
            location.value.len() == 2 && location.value.bytes().all(|byte| byte.is_ascii_uppercase());
        if !country && location.value != "EEA" {
            let allowed = "\"EEA\", \"NL\", \"BE\", \"DE\" … (ISO 3166-1)";
            let values =
                [("key", "location".into()), ("found", location.value.into()), ("allowed", allowed.into())];
            source.report(&reading::NOT_ONE_OF, &location.span, values);
        }
    }
    Recorded {
        location: location.map(|at| at.value.to_owned()),
        kind: kind.map(|at| at.value.to_owned()),
        agreement: agreement.map(self::agreement),
    }
}

fn agreement(section: Section<'_>) -> AgreementSettings {
    let texts = |key| section.texts(key).into_iter().map(|at| at.value.to_owned()).collect();
    let agreement = AgreementSettings {
        document: section.text("document").map(|at| at.value.to_owned()),
        parties: texts("parties"),
        date: date(&section, "date"),
        ends: date(&section, "ends"),
        categories: texts("categories"),
    };
    section.finish();
    agreement
}

/// `YYYY-MM-DD`, in quotes.
fn date(section: &Section<'_>, key: &'static str) -> Option<String> {
    let text = section.text(key)?;
    let number =
        |from: usize, to: usize| text.value.get(from..to).and_then(|digits| digits.parse::<u32>().ok());
    let dashes = text.value.len() == 10
        && text.value.bytes().enumerate().all(|(i, b)| (b == b'-') == (i == 4 || i == 7));
    let good = dashes
        && number(0, 4).is_some()
        && number(5, 7).is_some_and(|month| (1..=12).contains(&month))
        && number(8, 10).is_some_and(|day| (1..=31).contains(&day));
    if good {
        return Some(text.value.to_owned());
    }
    let values = [("key", key.into()), ("found", text.value.into())];
    section.source().report(&words::DATE, &text.span, values);
    None
}
