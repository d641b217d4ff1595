//! The house: what a school holds while exchanges run. Vault, journal, clock, routes and rosters, as one
//! configuration sees them; a reload puts another house in its place.
//!
//! It must not know where any of it is configured.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::guard::{WatchKind, Watchlist};
use super::route::Routes;
use crate::clock::Clock;
use crate::identity::{Kind, School};
use crate::journal::Journal;
use crate::rewrite::Limits;
use crate::rewrite::coding::Expansion;
use crate::roster::{Pupil, Roster};
use crate::secret::Secret;
use crate::vault::{Avoid, Vault};

/// Everything that an exchange needs besides its own message.
pub struct House {
    /// Where identifiers and pseudonyms meet.
    pub vault: Arc<Vault>,
    /// The record of what crosses.
    pub journal: Arc<Journal>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Every route.
    pub routes: Routes,
    /// What each school has told about its pupils; a school that is not here runs closed.
    pub rosters: HashMap<School, Arc<Register>>,
    /// SHA-256 of the configuration in force.
    pub configuration: [u8; 32],
    /// SHA-256 of the running binary.
    pub binary: [u8; 32],
    /// How much a parser takes.
    pub limits: Limits,
    /// How far a compressed body may expand.
    pub expansion: Expansion,
}

/// A school's roster, made ready: to join identifiers, to watch for, and to keep its words out of labels.
pub struct Register {
    /// The pupils.
    pub roster: Roster,
    /// What the guard looks for.
    pub watchlist: Watchlist,
    /// Words that no label may hold.
    pub avoid: Avoid,
}

impl Register {
    /// Makes a roster ready. Takes time with its size: call it off the runtime's threads.
    pub fn build(roster: Roster) -> Self {
        let watchlist = {
            let prefixed: Vec<Option<Secret<String>>> = roster.pupils().iter().map(prefixed).collect();
            let pupils = roster.pupils().iter().zip(&prefixed);
            Watchlist::of_pupils(pupils.map(|(pupil, whole)| {
                let whole = whole.iter().map(|name| (WatchKind::FamilyName, name.expose().as_str()));
                values(pupil).chain(whole)
            }))
        };
        let words = words(&roster);
        let avoid: Avoid = Arc::new(move |word: &str| words.contains(&word.to_lowercase()));
        Self { roster, watchlist, avoid }
    }

    /// For a school without a roster: nothing to watch for, nothing to avoid.
    pub fn none(roster: Roster) -> Self {
        Self { roster, watchlist: Watchlist::empty(), avoid: Arc::new(|_: &str| false) }
    }
}

impl std::fmt::Debug for House {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "House({} routes, {} rosters)", self.routes.all().len(), self.rosters.len())
    }
}

/// A pupil's prefix and family name as one, which a roster keeps apart: texts join them (`vandenberg`).
fn prefixed(pupil: &Pupil) -> Option<Secret<String>> {
    let (prefix, family) = (pupil.prefix.as_ref()?, pupil.family.as_ref()?);
    Some(Secret::new(format!("{} {}", prefix.expose(), family.expose())))
}

fn values(pupil: &Pupil) -> impl Iterator<Item = (WatchKind, &str)> {
    let identifiers = pupil.all_identifiers().map(|(kind, text)| {
        let watched = if kind == Kind::EMAIL { WatchKind::Email } else { WatchKind::Identifier };
        (watched, text.expose().as_str())
    });
    identifiers
        .chain(pupil.given.iter().map(|text| (WatchKind::GivenName, text.expose().as_str())))
        .chain(pupil.family.iter().map(|text| (WatchKind::FamilyName, text.expose().as_str())))
        .chain(pupil.full_names.iter().map(|text| (WatchKind::FullName, text.expose().as_str())))
        .chain(pupil.phones.iter().map(|text| (WatchKind::Phone, text.expose().as_str())))
        .chain(pupil.addresses.iter().map(|text| (WatchKind::Address, text.expose().as_str())))
        .chain(pupil.birth_date.iter().map(|text| (WatchKind::BirthDate, text.expose().as_str())))
}

/// Every word of every name, in lower case.
fn words(roster: &Roster) -> HashSet<String> {
    let names = roster.pupils().iter().flat_map(|pupil| {
        pupil.given.iter().chain(&pupil.prefix).chain(&pupil.family).chain(&pupil.full_names)
    });
    names
        .flat_map(|name| name.expose().split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase))
        .collect()
}

#[cfg(test)]
mod tests;
