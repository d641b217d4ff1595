//! What is watched for: the roster's values (`Watchlist`) and the exchange's own (`Watch`).
//!
//! Both hold personal data and can therefore not be printed. Neither knows a profile, a rule or the
//! vault: they are told values, and what kind of value each is.

use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use zeroize::Zeroizing;

use super::digest::Digests;
use super::pattern::Patterns;
use super::spelling::{Origin, Speller};

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

    /// The same, of something that may also be something else.
    pub(super) const fn suspect_name(self) -> &'static str {
        match self {
            Self::Identifier => "suspect-identifier",
            Self::FullName => "suspect-full-name",
            Self::FamilyName => "suspect-family-name",
            Self::GivenName => "suspect-given-name",
            Self::Email => "suspect-email",
            Self::Phone => "suspect-phone",
            Self::Address => "suspect-address",
            Self::BirthDate => "suspect-birth-date",
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
/// given name is watched in combination (full name in either order), never alone; a birth date beside
/// one of the pupil's names. A million pupils take some 300 MB (docs/decisions/0016).
pub struct Watchlist {
    patterns: Patterns,
    digests: Digests,
    pupils: usize,
}

impl Watchlist {
    /// Builds from every value of every pupil, in any order. They are all held until the last: a large roster is
    /// built pupil by pupil, with [`Watchlist::of_pupils`].
    pub fn build<'a>(values: impl IntoIterator<Item = Watched<'a>>) -> Self {
        let mut all = Values::default();
        for value in values {
            all.add(Some(value.person), value.kind, value.text);
        }
        let mut spelled = Spelled::new(Origin::Roster);
        all.spell(&mut spelled);
        Self {
            patterns: spelled.patterns,
            digests: all.digests(Hashed::default()).digests,
            pupils: spelled.pupils,
        }
    }

    /// Builds from one pupil after another, holding no pupil's values longer than needed.
    pub fn of_pupils<'a, V>(pupils: impl IntoIterator<Item = V>) -> Self
    where
        V: IntoIterator<Item = (WatchKind, &'a str)>,
    {
        let mut patterns = Patterns::once();
        let mut digests = Digests::default();
        let mut speller = Speller::new(Origin::Roster);
        let mut count = 0;
        for pupil in pupils {
            count += 1;
            let hashed = pupil.into_iter().inspect(|(kind, text)| {
                if *kind == WatchKind::Email {
                    digests.add(text);
                }
            });
            speller.pupil(hashed, &mut patterns);
        }
        patterns.settle();
        digests.settle();
        Self { patterns, digests, pupils: count }
    }

    /// A watchlist of nobody: a school without a roster.
    pub fn empty() -> Self {
        Self { patterns: Patterns::default(), digests: Digests::default(), pupils: 0 }
    }

    /// Whether it watches for nothing at all.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty() && self.digests.is_empty()
    }

    /// How many different pupils it knows.
    pub const fn pupils(&self) -> usize {
        self.pupils
    }

    /// Bytes that it holds in memory.
    pub fn memory(&self) -> usize {
        self.patterns.memory() + self.digests.memory()
    }

    /// How many bytes what is watched for takes at most.
    pub(in super::super) const fn longest(&self) -> usize {
        self.patterns.longest()
    }

    pub(super) const fn patterns(&self) -> &Patterns {
        &self.patterns
    }

    pub(super) const fn digests(&self) -> &Digests {
        &self.digests
    }
}

/// The exchange's own values: what either message masked, removed or restored.
///
/// Watched alone: every kind but the given name, unless the value has fewer than 4 letters and fewer
/// than 5 digits; such a value only beside another value of that pupil.
#[derive(Default)]
pub struct Watch {
    values: Values,
    spelled: Grown<Spelled>,
    digests: Grown<Hashed>,
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
        // A reply may add to what its request was watched for, a segment to those before it.
        self.spelled.open();
        self.digests.open();
    }

    /// Whether nothing is watched for.
    pub fn is_empty(&self) -> bool {
        self.values.entries.is_empty()
    }

    /// Everything that was added, as it was.
    pub(in super::super) fn values(&self) -> impl Iterator<Item = (Option<u32>, WatchKind, &str)> {
        self.values.entries.iter().map(|entry| (entry.person, entry.kind, self.values.text(entry)))
    }

    /// How many bytes what is watched for takes at most.
    pub(in super::super) fn longest(&self) -> usize {
        self.patterns().longest()
    }

    pub(super) fn patterns(&self) -> &Patterns {
        let spelled = self.spelled.get(|before| {
            let mut spelled = before.unwrap_or_else(|| Spelled::new(Origin::Exchange));
            self.values.spell(&mut spelled);
            spelled
        });
        &spelled.patterns
    }

    pub(super) fn digests(&self) -> &Digests {
        &self.digests.get(|before| self.values.digests(before.unwrap_or_default())).digests
    }
}

/// Values as they were told, in one buffer that is wiped when dropped.
#[derive(Default)]
struct Values {
    text: Zeroizing<String>,
    entries: Vec<Entry>,
    lost: bool,
}

struct Entry {
    person: Option<u32>,
    kind: WatchKind,
    start: u32,
    len: u32,
}

impl Values {
    fn add(&mut self, person: Option<u32>, kind: WatchKind, text: &str) {
        let (Ok(start), Ok(len)) = (u32::try_from(self.text.len()), u32::try_from(text.len())) else {
            // Beyond 4 GiB: what is not watched for must not pass.
            self.lost = true;
            return;
        };
        self.entries.push(Entry { person, kind, start, len });
        self.text.push_str(text);
    }

    fn text(&self, entry: &Entry) -> &str {
        let start = entry.start as usize;
        self.text.get(start..start + entry.len as usize).unwrap_or_default()
    }

    /// Spells every pupil of whom something was added since `spelled` last saw the values, with all there is of him.
    fn spell(&self, spelled: &mut Spelled) {
        let Spelled { patterns, speller, seen, order, pupils } = spelled;
        let entry = |at: &u32| self.entries.get(*at as usize);
        let person = |at: &u32| entry(at).and_then(|entry| entry.person);
        let mut added: Vec<u32> = (*seen..self.entries.len() as u32).collect();
        *seen = self.entries.len() as u32;
        if !added.is_sorted_by_key(person) {
            added.sort_by_key(person);
        }
        if self.lost {
            patterns.miss();
        }
        for pupil in added.chunk_by(|one, other| person(one).is_some() && person(one) == person(other)) {
            let whom = pupil.first().and_then(person);
            let from =
                if whom.is_some() { order.partition_point(|at| person(at) < whom) } else { order.len() };
            let before = order.get(from..).unwrap_or_default().iter().take_while(|at| person(at) == whom);
            *pupils += usize::from(whom.is_some() && before.clone().next().is_none());
            let values = before.chain(pupil).filter_map(entry);
            speller.pupil(values.map(|entry| (entry.kind, self.text(entry))), patterns);
        }
        // Values of nobody belong to no others.
        added.retain(|at| person(at).is_some());
        let goes_on = order.last().and_then(person) <= added.first().and_then(person);
        order.append(&mut added);
        if !goes_on {
            order.sort_by_key(person);
        }
        patterns.settle();
    }

    fn digests(&self, mut hashed: Hashed) -> Hashed {
        let added = self.entries.get(hashed.seen..).unwrap_or_default();
        for entry in added.iter().filter(|entry| entry.kind == WatchKind::Email) {
            hashed.digests.add(self.text(entry));
        }
        hashed.seen = self.entries.len();
        hashed.digests.settle();
        hashed
    }
}

/// What values are spelled to, and how far.
struct Spelled {
    patterns: Patterns,
    speller: Speller,
    /// How many values were seen.
    seen: u32,
    /// Those of somebody, by their persons.
    order: Vec<u32>,
    pupils: usize,
}

impl Spelled {
    fn new(origin: Origin) -> Self {
        let patterns = if origin == Origin::Roster { Patterns::once() } else { Patterns::growing() };
        Self { patterns, speller: Speller::new(origin), seen: 0, order: Vec::new(), pupils: 0 }
    }
}

/// What addresses are hashed to, and of how many values.
#[derive(Default)]
struct Hashed {
    digests: Digests,
    seen: usize,
}

/// Something made of values when it is first asked for, and gone on with when it is asked for again and some were added.
struct Grown<T> {
    made: OnceLock<T>,
    before: Mutex<Option<T>>,
}

impl<T> Grown<T> {
    fn get(&self, go_on: impl FnOnce(Option<T>) -> T) -> &T {
        let before = || self.before.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.made.get_or_init(|| go_on(before()))
    }

    /// Something was added.
    fn open(&mut self) {
        if let Some(made) = self.made.take() {
            *self.before.get_mut().unwrap_or_else(PoisonError::into_inner) = Some(made);
        }
    }
}

impl<T> Default for Grown<T> {
    fn default() -> Self {
        Self { made: OnceLock::new(), before: Mutex::new(None) }
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
