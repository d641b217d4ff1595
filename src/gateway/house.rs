//! The house: what a school holds while exchanges run. Vault, journal, clock, routes and rosters, as one
//! configuration sees them; a reload puts another house in its place.
//!
//! It must not know where any of it is configured.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::guard::{Watch, WatchKind, Watchlist};
use super::needle::Needle;
use super::patience::Patience;
use super::route::Routes;
use super::unknown::Unknown;
use crate::clock::Clock;
use crate::identity::{Identifier, Kind, School, Scope};
use crate::journal::Journal;
use crate::rewrite::Limits;
use crate::rewrite::coding::Expansion;
use crate::roster::consent::Consents;
use crate::roster::{Field, Known, Roster};
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
    /// What pupils and parents said: whom each school does not let leave. A school that is not here heard nothing.
    pub consents: HashMap<School, Arc<Consents>>,
    /// SHA-256 of the configuration in force.
    pub configuration: [u8; 32],
    /// SHA-256 of the running binary.
    pub binary: [u8; 32],
    /// How much a parser takes.
    pub limits: Limits,
    /// How much of what a publisher asks may fail.
    pub patience: Patience,
    /// How far a compressed body may expand.
    pub expansion: Expansion,
    /// Keeps a filter of what leaves; without one nothing can be looked up afterwards, and look-ups say so.
    pub needle: Option<Arc<Needle>>,
}

/// A school's roster, made ready: to join identifiers, to watch for, and to keep its words out of labels.
pub struct Register {
    /// The pupils.
    pub roster: Roster,
    /// What the guard looks for.
    pub watchlist: Watchlist,
    /// Words that no label may hold.
    pub avoid: Avoid,
    /// What crossed and the roster did not know.
    pub unknown: Unknown,
}

impl House {
    /// The same house, where others leave: what pupils and parents said is all that differs.
    pub fn hearing(&self, consents: HashMap<School, Arc<Consents>>) -> Self {
        Self {
            vault: Arc::clone(&self.vault),
            journal: Arc::clone(&self.journal),
            clock: Arc::clone(&self.clock),
            routes: self.routes.clone(),
            rosters: self.rosters.clone(),
            consents,
            configuration: self.configuration,
            binary: self.binary,
            limits: self.limits,
            patience: self.patience,
            expansion: self.expansion,
            needle: self.needle.clone(),
        }
    }

    /// Whether what leaves in this scope runs closed: without a roster, or with one that knows too few of the pupils
    /// who cross.
    pub(super) fn is_closed(&self, scope: &Scope) -> bool {
        self.rosters.get(&scope.school).is_none_or(|register| register.unknown.closes(scope))
    }
}

impl Register {
    /// Makes a roster ready. Takes time with its size: call it off the runtime's threads.
    pub fn build(roster: Roster) -> Self {
        let watchlist = {
            let prefixed: Vec<Option<Secret<String>>> = roster.pupils().map(prefixed).collect();
            let pupils = roster.pupils().zip(&prefixed);
            Watchlist::of_pupils(pupils.map(|(pupil, whole)| {
                let whole = whole.iter().map(|name| (WatchKind::FamilyName, name.expose().as_str()));
                values(pupil).chain(whole)
            }))
        };
        let words = words(&roster);
        let avoid: Avoid = Arc::new(move |word: &str| words.contains(&word.to_lowercase()));
        Self { roster, watchlist, avoid, unknown: Unknown::default() }
    }

    /// Watches for all that is known of whoever has this identifier.
    pub(super) fn watch(&self, identifier: &Identifier, person: u32, watch: &mut Watch) {
        for (kind, text) in self.known(identifier) {
            watch.add(Some(person), kind, text);
        }
    }

    /// All that is known of whoever has this identifier.
    pub(super) fn known(&self, identifier: &Identifier) -> impl Iterator<Item = (WatchKind, &str)> {
        self.roster.pupil(identifier).into_iter().flat_map(values)
    }

    /// For a school without a roster: nothing to watch for, nothing to avoid.
    pub fn none(roster: Roster) -> Self {
        let avoid = Arc::new(|_: &str| false);
        Self { roster, watchlist: Watchlist::empty(), avoid, unknown: Unknown::default() }
    }
}

impl std::fmt::Debug for House {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "House({} routes, {} rosters)", self.routes.all().len(), self.rosters.len())
    }
}

/// A pupil's prefix and family name as one, which a roster keeps apart: texts join them (`vandenberg`).
fn prefixed(pupil: Known<'_>) -> Option<Secret<String>> {
    let (prefix, family) = (pupil.first(Field::Prefix)?, pupil.first(Field::Family)?);
    Some(Secret::new(format!("{} {}", prefix.expose(), family.expose())))
}

fn values(pupil: Known<'_>) -> impl Iterator<Item = (WatchKind, &str)> {
    let identifiers = pupil.all_identifiers().map(|(kind, text)| {
        let watched = if kind == Kind::EMAIL { WatchKind::Email } else { WatchKind::Identifier };
        (watched, text.expose())
    });
    let fields = [
        (Field::Given, WatchKind::GivenName),
        (Field::Family, WatchKind::FamilyName),
        (Field::FullName, WatchKind::FullName),
        (Field::Phone, WatchKind::Phone),
        (Field::Address, WatchKind::Address),
        (Field::BirthDate, WatchKind::BirthDate),
    ];
    let fields = fields
        .into_iter()
        .flat_map(move |(field, kind)| pupil.all(field).map(move |text| (kind, text.expose())));
    identifiers.chain(fields)
}

/// Every word of every name, in lower case.
fn words(roster: &Roster) -> HashSet<String> {
    let fields = [Field::Given, Field::Prefix, Field::Family, Field::FullName];
    let names = roster.pupils().flat_map(|pupil| fields.into_iter().flat_map(move |field| pupil.all(field)));
    names
        .flat_map(|name| name.expose().split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase))
        .collect()
}

#[cfg(test)]
mod tests;
