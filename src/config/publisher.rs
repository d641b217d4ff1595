//! Reading a `[[publisher]]`, without its routes' insides.
//!
//! It must not know routes' addresses or callers; `route.rs` reads those.

use crate::derive::{Shape, ShapeError};
use crate::identity::{Epoch, Kind, Publisher, School};

use super::files::Files;
use super::problem::At;
use super::route;
use super::settings::{PublisherSettings, SchoolSettings};
use super::terms::recorded;
use super::tree::{Section, quoted};
use super::words::{Value, publisher as words, school};

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
    let written = section.text("shape");
    let shape_written = written.as_ref().map_or("uuid", |text| text.value).to_owned();
    let shape = written.map_or(Some(Shape::Uuid), |text| shape(&section, "shape", &text));
    let shapes = shapes(&section);
    let link = section.word("link", &[("field", false), ("roster", true)]);
    let eck_id = section.word("eck-id", &[("keep", true), ("pseudonym", false)]);
    let same_ids_as = section.text("same_ids_as").and_then(|text| other(&section, &text));
    let recorded = recorded(&section, shown);
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
        shape: shape?,
        shape_written,
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

fn shape(section: &Section<'_>, key: &str, text: &At<&str>) -> Option<Shape> {
    let reason = match Shape::parse(text.value) {
        Ok(shape) => return Some(shape),
        Err(ShapeError::ReadShape) => Value::Each("there is no such shape", "die vorm bestaat niet"),
        Err(ShapeError::CountDigits) => Value::Each("N is from 10 to 18", "N is van 10 tot 18"),
        Err(ShapeError::ReadPrefix) => Value::Each(
            "the prefix is no http or https URL of at most 120 characters",
            "het voorvoegsel is geen http- of https-URL van hoogstens 120 tekens",
        ),
        Err(ShapeError::ForeignPrefix) => {
            Value::Each("only Kennisnet gives ECK iDs out", "alleen Kennisnet geeft ECK iD's uit")
        }
        Err(ShapeError::ReadDomain) => {
            Value::Each("the domain is not one in lower case", "het domein is er geen in kleine letters")
        }
    };
    let values = [("key", key.into()), ("found", text.value.into()), ("reason", reason)];
    section.source().report(&words::SHAPE, &text.span, values);
    None
}

fn other(section: &Section<'_>, text: &At<&str>) -> Option<Publisher> {
    let other = Publisher::parse(text.value).ok();
    if other.is_none() {
        section.source().report(&words::PUBLISHER_ID, &text.span, [("found", text.value.into())]);
    }
    other
}

fn shapes(section: &Section<'_>) -> Vec<(Kind, Shape)> {
    let Some(table) = section.section("shapes", "shapes") else { return Vec::new() };
    let mut shapes = Vec::new();
    for (name, value) in table.entries() {
        let Some(text) = table.as_text(name.value, value) else { continue };
        let shape = shape(section, name.value, &text);
        match Kind::named(name.value) {
            Ok(kind) => shapes.extend(shape.map(|shape| (kind, shape))),
            Err(_) => {
                let known = quoted(Kind::ALL.iter().map(|kind| kind.as_str()));
                let values = [("found", name.value.into()), ("known", known.into())];
                section.source().report(&words::KIND, &name.span, values);
            }
        }
    }
    shapes.sort_by_key(|(kind, _)| kind.as_str());
    shapes
}
