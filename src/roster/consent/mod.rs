//! Objections and consents: which pupils do not leave to which publisher, as they or their parents said.
//!
//! Kept apart from the roster, so that a new roster takes none of them away; joined through it, so that an objection under
//! one identifier holds for the pupil's others. It must not know messages.

mod import;
mod kept;

use std::collections::HashMap;

pub use self::import::{import_consents, kind_named};
pub use self::kept::Edition;
use super::{Field, Known, Roster};
use crate::clock::Date;
use crate::identity::{Identifier, Kind, Publisher};

/// Below this age a free app needs a parent's consent (GDPR art. 8, UAVG art. 5).
const OF_AGE: u16 = 16;

/// What somebody said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stance {
    /// This pupil does not leave (GDPR art. 21).
    Objection,
    /// A parent allows a free app (GDPR art. 6(1)(a), 8).
    Consent,
}

impl Stance {
    /// The stance of that name: `objection` or `bezwaar`, `consent` or `toestemming`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "objection" | "bezwaar" => Some(Self::Objection),
            "consent" | "toestemming" => Some(Self::Consent),
            _ => None,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Objection => "objection",
            Self::Consent => "consent",
        }
    }
}

/// What was said of one publisher, or of all, and when. No identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The publisher; none: every publisher (an objection only).
    pub publisher: Option<Publisher>,
    /// What was said.
    pub stance: Stance,
    /// When it was said.
    pub date: Date,
}

/// What was said about a pupil.
pub struct Said {
    /// Whom it is about, by one of his identifiers.
    pub identifier: Identifier,
    /// What was said.
    pub mark: Mark,
}

/// Whether a pupil leaves to a publisher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing stands against it.
    Leaves,
    /// An objection is on record. It holds until it is withdrawn, whatever was consented before or after.
    Objected,
    /// A free app, and no consent; the pupil is under 16, or nobody knows how old he is.
    NoConsent,
}

/// All objections and consents of a school.
#[derive(Default)]
pub struct Consents {
    said: HashMap<Identifier, Vec<Mark>>,
}

impl std::fmt::Debug for Consents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Consents({} pupils)", self.said.len())
    }
}

impl Consents {
    /// Records what was said; the same said again gets the new date. Whether it is new.
    pub fn record(&mut self, said: Said) -> bool {
        let marks = self.said.entry(said.identifier).or_default();
        let same =
            |mark: &&mut Mark| mark.publisher == said.mark.publisher && mark.stance == said.mark.stance;
        if let Some(known) = marks.iter_mut().find(same) {
            known.date = said.mark.date;
            return false;
        }
        marks.push(said.mark);
        marks.sort_unstable();
        true
    }

    /// Takes back what was said of exactly this publisher, under any identifier of the pupil. How many entries went.
    pub fn withdraw(
        &mut self,
        roster: Option<&Roster>,
        identifier: &Identifier,
        publisher: Option<&Publisher>,
        stance: Stance,
    ) -> usize {
        let mut gone = 0;
        for one in joined(roster, identifier) {
            let Some(marks) = self.said.get_mut(&one) else { continue };
            let before = marks.len();
            marks.retain(|mark| mark.publisher.as_ref() != publisher || mark.stance != stance);
            gone += before - marks.len();
            if marks.is_empty() {
                self.said.remove(&one);
            }
        }
        gone
    }

    /// Takes away all that was said about a pupil who is forgotten, under each of these identifiers. How many entries
    /// went.
    pub fn forget(&mut self, identifiers: impl IntoIterator<Item = Identifier>) -> usize {
        identifiers.into_iter().filter_map(|one| self.said.remove(&one)).map(|marks| marks.len()).sum()
    }

    /// What was said about a pupil, under any of his identifiers: each once, objections first.
    pub fn about(&self, roster: Option<&Roster>, identifier: &Identifier) -> Vec<Mark> {
        let all = joined(roster, identifier);
        let mut marks: Vec<Mark> =
            all.iter().filter_map(|one| self.said.get(one)).flatten().cloned().collect();
        marks.sort_unstable_by_key(|mark| (mark.stance, mark.publisher.clone(), mark.date));
        marks.dedup();
        marks
    }

    /// Every entry: whom it is about, and what was said.
    pub fn all(&self) -> impl Iterator<Item = (&Identifier, &Mark)> {
        self.said.iter().flat_map(|(identifier, marks)| marks.iter().map(move |mark| (identifier, mark)))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.said.values().map(Vec::len).sum()
    }

    /// Whether nobody said anything.
    pub fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    /// Whether an objection may concern this publisher at all.
    pub fn objected_to(&self, publisher: &Publisher) -> bool {
        self.all().any(|(_, mark)| mark.stance == Stance::Objection && mark.concerns(publisher))
    }

    /// Whether the pupil whom an identifier points at leaves to a publisher. `under_16` says that the publisher is a free
    /// app, for which a consent must be on record of whoever is not 16 on `today`; it holds of nobody whose identifier is
    /// a staff key.
    pub fn standing(
        &self,
        roster: Option<&Roster>,
        identifier: &Identifier,
        publisher: &Publisher,
        under_16: Option<Date>,
    ) -> Standing {
        let pupil = roster.and_then(|roster| roster.pupil(identifier));
        let said = |stance| {
            let is = |mark: &Mark| mark.stance == stance && mark.concerns(publisher);
            let under = |one: &Identifier| self.said.get(one).is_some_and(|marks| marks.iter().any(is));
            under(identifier) || pupil.is_some_and(|pupil| identifiers(pupil).any(|one| under(&one)))
        };
        if !self.said.is_empty() && said(Stance::Objection) {
            return Standing::Objected;
        }
        match under_16 {
            Some(today) if identifier.kind() != Kind::STAFF_KEY && !of_age(pupil, today) => {
                if said(Stance::Consent) { Standing::Leaves } else { Standing::NoConsent }
            }
            _ => Standing::Leaves,
        }
    }
}

impl Mark {
    fn concerns(&self, publisher: &Publisher) -> bool {
        self.publisher.as_ref().is_none_or(|own| own == publisher)
    }
}

/// Whether a pupil is 16; of whom no birth date is known, it is not.
fn of_age(pupil: Option<Known<'_>>, today: Date) -> bool {
    let birth = pupil.and_then(|pupil| pupil.first(Field::BirthDate));
    let birth = birth.and_then(|text| Date::parse(text.expose()));
    birth.is_some_and(|birth| birth.years_later(OF_AGE) <= today)
}

/// A pupil's identifiers, each in its canonical form.
fn identifiers(pupil: Known<'_>) -> impl Iterator<Item = Identifier> {
    pupil.all_identifiers().map(|(kind, text)| Identifier::new(kind, text.expose()))
}

/// An identifier and those that the roster joins to it.
fn joined(roster: Option<&Roster>, identifier: &Identifier) -> Vec<Identifier> {
    let pupil = roster.and_then(|roster| roster.pupil(identifier));
    let mut all: Vec<Identifier> = pupil.map_or_else(Vec::new, |pupil| identifiers(pupil).collect());
    if !all.contains(identifier) {
        all.push(identifier.clone());
    }
    all
}

#[cfg(test)]
mod tests;
