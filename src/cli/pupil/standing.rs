//! What a pupil or his parents said, and whether he leaves by it.
//!
//! It must not know what else is known of him.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::who::{Pupil, roster};
use crate::cli::act::Workplace;
use crate::cli::failure::Failure;
use crate::clock::Date;
use crate::config::settings::PublisherSettings;
use crate::gateway::terms::Supply;
use crate::identity::{Publisher, School};
use crate::roster::consent::{Consents, Mark, Standing};

/// Objections and consents on record, under whichever of his identifiers.
pub(super) fn said(pupil: &Pupil, consents: &Consents) -> Vec<Value> {
    let mut marks: Vec<Mark> = pupil.identifiers.iter().flat_map(|of| consents.about(None, of)).collect();
    marks.sort_unstable();
    marks.dedup();
    let told = marks.into_iter().map(|mark| {
        let publisher = mark.publisher.as_ref().map_or("*", Publisher::as_str);
        json!({ "stance": mark.stance.as_str(), "publisher": publisher, "date": mark.date.to_string() })
    });
    told.collect()
}

/// Whether he leaves to each publisher of the configuration, by what was said.
pub(super) fn standings<'s>(
    school: &School,
    pupil: &Pupil,
    consents: &Consents,
    at: &Workplace<'s>,
) -> Result<BTreeMap<&'s str, &'static str>, Failure> {
    let roster = roster(school, at)?;
    let today = Date::in_the_netherlands(at.stores.clock.now());
    let of_publisher = |of: &'s PublisherSettings| {
        let under_16 = (of.recorded.kind == Some(Supply::FreeApp)).then_some(today);
        let each = pupil.identifiers.iter();
        let mut each = each.map(|one| consents.standing(roster.as_ref(), one, &of.id, under_16));
        let standing = match each.find(|standing| *standing != Standing::Leaves) {
            None => "leaves",
            Some(Standing::NoConsent) => "no-consent",
            Some(_) => "objected",
        };
        (of.id.as_str(), standing)
    };
    Ok(at.settings.publishers.iter().filter(|of| of.school == *school).map(of_publisher).collect())
}
