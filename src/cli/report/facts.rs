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
use crate::cli::{admin, words};
use crate::config::Settings;
use crate::journal::Vkey;
use crate::roster::Roster;

/// What was told.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Facts {
    pub(super) key: Vkey,
    /// By school; a school that is not here has none.
    pub(super) rosters: BTreeMap<String, RosterFacts>,
}

/// A roster, from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RosterFacts {
    pub(super) pupils: u64,
    pub(super) imported_ms: u64,
}

/// Tells it, for the act `report`.
pub(in crate::cli) fn tell(at: &Workplace<'_>) -> Result<Value, Failure> {
    at.stores.checkpoint()?;
    let mut rosters = BTreeMap::new();
    for school in &at.settings.schools {
        let Some(path) = at.settings.roster_of(&school.id) else { continue };
        let roster = Roster::load(&path, &at.stores.vault).map_err(|error| roster_failed(&error))?;
        if let Some(roster) = roster {
            let pupils = u64::try_from(roster.len()).unwrap_or(u64::MAX);
            let imported_ms = roster.imported().as_millis();
            rosters.insert(school.id.to_string(), RosterFacts { pupils, imported_ms });
        }
    }
    Ok(json!({ "key": at.stores.journal.vkey().to_string(), "rosters": rosters }))
}

/// Asks for it.
pub(super) fn ask(settings: &Settings, screen: &Screen) -> Result<Facts, Failure> {
    let told = admin::ask(settings, Act::Report {}, None, screen)?;
    let key = told.get("key").and_then(Value::as_str).unwrap_or_default();
    let key = Vkey::parse(key).map_err(|_| Failure::new(&words::VERIFIER_KEY, []))?;
    let rosters = told.get("rosters").cloned().unwrap_or_default();
    let lost = |_| Failure::new(&words::SERVER_LOST, []);
    Ok(Facts { key, rosters: serde_json::from_value(rosters).map_err(lost)? })
}
