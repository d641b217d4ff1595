//! What is watched for: the roster's values (`Watchlist`) and the exchange's own (`Watch`).
//!
//! Both hold personal data and can therefore not be printed. Neither knows a profile, a rule or the
//! vault: they are told values, and what kind of value each is.

use std::fmt;

use zeroize::Zeroizing;

/// What kind of thing a watched value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WatchKind {
    /// A number or key that points at a pupil: pupil number, ECK iD, user name, BSN.
    Identifier,
    /// Given and family name as one phrase, with or without prefix (tussenvoegsel).
    FullName,
    /// A family name. From the roster it is watched beside the pupil's other names only.
    FamilyName,
    /// A given name. Never watched alone; makes full names, and company for short values.
    GivenName,
    /// An e-mail address, as text and as MD5, SHA-1 or SHA-256.
    Email,
    /// A telephone number.
    Phone,
    /// A postal address, or a part of one that points at a house.
    Address,
    /// A date of birth, `YYYY-MM-DD`.
    BirthDate,
}

impl WatchKind {
    /// The stable name that refusals and metrics use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identifier => "identifier",
            Self::FullName => "full-name",
            Self::FamilyName => "family-name",
            Self::GivenName => "given-name",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Address => "address",
            Self::BirthDate => "birth-date",
        }
    }
}

/// One value of one pupil, as the roster spells it.
#[derive(Clone, Copy)]
pub struct Watched<'a> {
    /// Which pupil, numbered by the caller: values with one number belong together.
    pub person: u32,
    /// What kind of value.
    pub kind: WatchKind,
    /// The value.
    pub text: &'a str,
}

/// The values of a school's roster, compact and immutable: build once, share by `Arc`.
///
/// Watched alone: identifiers, full names, e-mail addresses, phone numbers and addresses. A family or
/// given name is watched in combination (full name in either order), never alone.
pub struct Watchlist {
    values: Values,
    pupils: usize,
}

impl Watchlist {
    /// Builds from every value of every pupil, in any order.
    pub fn build<'a>(values: impl IntoIterator<Item = Watched<'a>>) -> Self {
        let mut all = Values::default();
        for value in values {
            all.add(Some(value.person), value.kind, value.text);
        }
        let pupils = all.persons();
        Self { values: all, pupils }
    }

    /// A watchlist of nobody: a school without a roster.
    pub fn empty() -> Self {
        Self::build([])
    }

    /// Whether it watches for nothing at all.
    pub fn is_empty(&self) -> bool {
        self.values.entries.is_empty()
    }

    /// How many different pupils it knows.
    pub const fn pupils(&self) -> usize {
        self.pupils
    }
}

/// The exchange's own values: what either message masked, removed or restored.
///
/// Watched alone: every kind but the given name, unless the value is shorter than 4 letters and 5
/// digits; such a value only beside another value of that pupil.
#[derive(Default)]
pub struct Watch {
    values: Values,
}

impl Watch {
    /// An exchange in which nothing was replaced yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Watches for one more value. `person` numbers the pupils of this exchange, as the caller likes:
    /// values with one number belong together. `None` when the pupil is not known.
    pub fn add(&mut self, person: Option<u32>, kind: WatchKind, text: &str) {
        self.values.add(person, kind, text);
    }

    /// Whether nothing is watched for.
    pub fn is_empty(&self) -> bool {
        self.values.entries.is_empty()
    }
}

/// Values as they were told, in one buffer that is wiped when dropped.
#[derive(Default)]
pub(super) struct Values {
    text: Zeroizing<Vec<u8>>,
    entries: Vec<Entry>,
}

struct Entry {
    person: Option<u32>,
    kind: WatchKind,
    start: usize,
    len: usize,
}

impl Values {
    fn add(&mut self, person: Option<u32>, kind: WatchKind, text: &str) {
        self.entries.push(Entry { person, kind, start: self.text.len(), len: text.len() });
        self.text.extend_from_slice(text.as_bytes());
    }

    fn persons(&self) -> usize {
        let mut persons: Vec<u32> = self.entries.iter().filter_map(|entry| entry.person).collect();
        persons.sort_unstable();
        persons.dedup();
        persons.len()
    }
}

impl fmt::Debug for Watchlist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watchlist({} pupils)", self.pupils)
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watch({} values)", self.values.entries.len())
    }
}
