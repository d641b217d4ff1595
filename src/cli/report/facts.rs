//! What only whoever holds the stores can tell: the journal's key, and how old each school's roster is.
//!
//! It writes a checkpoint first, so that a report covers everything that crossed. It must not show a pupil: it says how
//! many there are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cli::act::{Act, Workplace};
use crate::cli::failure::Failure;
use crate::cli::faults::roster_failed;
use crate::cli::screen::Screen;
use crate::cli::{admin, beside, words};
use crate::config::Settings;
use crate::journal::Vkey;
use crate::roster::Roster;
use crate::roster::consent::{Consents, Stance};

/// What was told.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Facts {
    pub(super) key: Vkey,
    /// By school; a school that is not here has none.
    pub(super) rosters: BTreeMap<String, RosterFacts>,
    /// Objections and consents on record.
    pub(super) said: Vec<SaidFacts>,
}

/// How often pupils or their parents said something of a publisher, or of all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SaidFacts {
    pub(super) school: String,
    /// None: of all.
    pub(super) publisher: Option<String>,
    pub(super) objections: u64,
    pub(super) consents: u64,
}

/// A roster, from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RosterFacts {
    pub(super) pupils: u64,
    pub(super) imported_ms: u64,
}

/// Tells it, for the act `report`.
pub(in crate::cli) fn tell(at: &Workplace<'_>) -> Result<Value, Failure> {
    // Filters of what left until now stand under the checkpoint too.
    at.stores.needle.flush();
    at.stores.checkpoint()?;
    let mut rosters = BTreeMap::new();
    for school in &at.settings.schools {
        let Some(path) = beside::roster(at.settings, at.stores, &school.id)? else { continue };
        // Its head only: a million pupils need not be read to be counted.
        let summary = Roster::summary(&path, &at.stores.vault).map_err(|error| roster_failed(&error))?;
        if let Some(summary) = summary {
            let (pupils, imported_ms) = (summary.pupils, summary.imported.as_millis());
            rosters.insert(school.id.to_string(), RosterFacts { pupils, imported_ms });
        }
    }
    let mut said = Vec::new();
    for school in &at.settings.schools {
        let kept = beside::consents(at.settings, at.stores, &school.id)?;
        said.extend(said_of(school.id.as_str(), &kept));
    }
    Ok(json!({ "key": at.stores.journal.vkey().to_string(), "rosters": rosters, "said": said }))
}

/// Counts of what was said, by publisher: nobody whom it is about.
fn said_of(school: &str, consents: &Consents) -> Vec<SaidFacts> {
    let mut counts: BTreeMap<Option<String>, (u64, u64)> = BTreeMap::new();
    for (_, mark) in consents.all() {
        let (objections, consents) =
            counts.entry(mark.publisher.as_ref().map(ToString::to_string)).or_default();
        match mark.stance {
            Stance::Objection => *objections += 1,
            Stance::Consent => *consents += 1,
        }
    }
    let said = |(publisher, (objections, consents))| {
        let school = school.to_owned();
        SaidFacts { school, publisher, objections, consents }
    };
    counts.into_iter().map(said).collect()
}

/// Asks for it.
pub(super) fn ask(settings: &Settings, screen: &Screen) -> Result<Facts, Failure> {
    let told = admin::ask(settings, Act::Report {}, None, screen)?;
    let key = told.get("key").and_then(Value::as_str).unwrap_or_default();
    let key = Vkey::parse(key).map_err(|_| Failure::new(&words::VERIFIER_KEY, []))?;
    let rosters = told.get("rosters").cloned().unwrap_or_default();
    let lost = |_| Failure::new(&words::SERVER_LOST, []);
    let said = told.get("said").cloned().unwrap_or_default();
    Ok(Facts {
        key,
        rosters: serde_json::from_value(rosters).map_err(lost)?,
        said: serde_json::from_value(said).map_err(lost)?,
    })
}
