//! Which pupil is meant: by an identifier, or by a name that is looked up in the roster. Neither ever stands on a
//! command line.
//!
//! It must not know pseudonyms.

use std::collections::BTreeSet;
use std::io::Read as _;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::{Zeroize as _, Zeroizing};

use crate::cli::act::{Body, Workplace};
use crate::cli::beside;
use crate::cli::failure::Failure;
use crate::cli::faults::roster_failed;
use crate::cli::rosters::pupil_json;
use crate::cli::words;
use crate::identity::{Identifier, Kind, School};
use crate::roster::{Field, Known, Roster};

/// The longest text that is typed, in bytes.
pub(super) const LONGEST: usize = 1000;
/// So many pupils of one name are shown; more must be told apart by more of the name.
const MOST_CANDIDATES: usize = 20;

/// Who is meant, as it travels to the server: in the body, not in the question, which may be logged.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Who {
    /// An identifier and its kind.
    Identifier { kind: String, text: String },
    /// Words of a name.
    Name { text: String },
}

/// A pupil.
pub(super) struct Pupil {
    /// All his identifiers, as far as they are known.
    pub(super) identifiers: Vec<Identifier>,
    /// What the roster knows about him.
    pub(super) roster: Option<Value>,
}

/// What a name gave.
pub(super) enum Found {
    Pupil(Pupil),
    /// Several, or one: who asks must say which, by its identifier.
    Candidates(Vec<Value>),
}

impl Drop for Who {
    fn drop(&mut self) {
        let (Self::Identifier { text, .. } | Self::Name { text }) = self;
        text.zeroize();
    }
}

impl Who {
    /// Reads the body of a question.
    pub(super) fn read(body: Option<Body>) -> Result<Self, Failure> {
        let unfit = || Failure::new(&words::PUPIL_INPUT, []);
        let mut bytes = Zeroizing::new(Vec::with_capacity(8 * 1024));
        let body = body.ok_or_else(unfit)?;
        body.bytes.take(8 * 1024).read_to_end(&mut bytes).map_err(|_| unfit())?;
        let who: Self = serde_json::from_slice(&bytes).map_err(|_| unfit())?;
        let (Self::Identifier { text, .. } | Self::Name { text }) = &who;
        let plain = !text.chars().any(char::is_control);
        if text.trim().is_empty() || text.len() > LONGEST || !plain { Err(unfit()) } else { Ok(who) }
    }

    /// What was typed: a reason must not hold it.
    pub(super) fn text(&self) -> &str {
        let (Self::Identifier { text, .. } | Self::Name { text }) = self;
        text
    }

    /// Looks the pupil up in the roster. An identifier that it does not know may still be known to the vault.
    pub(super) fn find(&self, school: &School, at: &Workplace<'_>) -> Result<Found, Failure> {
        let roster = roster(school, at)?;
        match self {
            Self::Identifier { kind, text } => {
                let kind = kind_of(kind, school, roster.as_ref(), at)?;
                Ok(Found::Pupil(Pupil::of(Identifier::new(kind, text), roster.as_ref())))
            }
            Self::Name { text } => {
                let Some(roster) = roster else { return Err(Failure::new(&words::PUPIL_UNKNOWN, [])) };
                let wanted = name_words(text);
                let fits = |known: &Known<'_>| !wanted.is_empty() && wanted.is_subset(&names(*known));
                let found: Vec<Value> =
                    roster.pupils().filter(fits).take(MOST_CANDIDATES + 1).map(candidate).collect();
                match found.len() {
                    0 => Err(Failure::new(&words::PUPIL_UNKNOWN, [])),
                    count if count > MOST_CANDIDATES => {
                        let most = MOST_CANDIDATES.to_string();
                        Err(Failure::new(&words::PUPIL_MANY, [("most", most.into())]))
                    }
                    _ => Ok(Found::Candidates(found)),
                }
            }
        }
    }
}

impl Pupil {
    /// The pupil who has this identifier; the roster joins his others.
    pub(super) fn of(identifier: Identifier, roster: Option<&Roster>) -> Self {
        let known = roster.and_then(|roster| roster.pupil(&identifier));
        let mut identifiers: Vec<Identifier> = known.map(all_of).unwrap_or_default();
        if !identifiers.contains(&identifier) {
            identifiers.push(identifier);
        }
        Self { identifiers, roster: known.map(pupil_json) }
    }

    /// His identifiers and names, which a reason must not hold.
    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        let roster = self.roster.iter().filter_map(Value::as_object);
        let named =
            [Field::Given, Field::Family, Field::FullName, Field::Email, Field::Phone, Field::Address];
        let fields = roster.flat_map(move |known| {
            named.into_iter().filter_map(move |field| known.get(field.name())?.as_array()).flatten()
        });
        let identifiers = self.identifiers.iter().map(Identifier::expose_spelling);
        identifiers.chain(fields.filter_map(Value::as_str))
    }
}

/// The roster of the school, when it has one.
pub(super) fn roster(school: &School, at: &Workplace<'_>) -> Result<Option<Roster>, Failure> {
    let Some(path) = beside::roster(at.settings, at.stores, school)? else { return Ok(None) };
    Roster::load(&path, &at.stores.vault).map_err(|error| roster_failed(&error))
}

/// A kind that Sluis, a profile of the school's routes or the roster knows.
fn kind_of(
    named: &str,
    school: &School,
    roster: Option<&Roster>,
    at: &Workplace<'_>,
) -> Result<Kind, Failure> {
    let publishers = at.settings.publishers.iter().filter(|publisher| publisher.school == *school);
    let declared = publishers
        .flat_map(|publisher| &publisher.routes)
        .flat_map(|route| route.profile.kinds())
        .filter(|of| of.person)
        .map(|of| of.kind);
    let held = roster.into_iter().flat_map(Roster::kinds);
    let known: BTreeSet<Kind> = Kind::ALL.iter().copied().chain(declared).chain(held).collect();
    known.iter().find(|kind| kind.as_str() == named).copied().ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|kind| kind.as_str()).collect();
        let values = [("found", named.into()), ("known", names.join(", ").into())];
        Failure::new(&words::PUPIL_KIND, values)
    })
}

fn all_of(known: Known<'_>) -> Vec<Identifier> {
    known.all_identifiers().map(|(kind, text)| Identifier::new(kind, text.expose())).collect()
}

/// What tells two pupils of one name apart, and the identifier by which one is chosen.
fn candidate(known: Known<'_>) -> Value {
    let first = |field| known.first(field).map(|text| text.expose());
    let name: Vec<&str> =
        [Field::Given, Field::Prefix, Field::Family].into_iter().filter_map(first).collect();
    let name =
        if name.is_empty() { first(Field::FullName).unwrap_or_default().to_owned() } else { name.join(" ") };
    let by = known.all_identifiers().next();
    json!({
        "name": name,
        "birth_date": first(Field::BirthDate),
        "kind": by.map(|(kind, _)| kind.as_str()),
        "value": by.as_ref().map(|(_, text)| text.expose()),
    })
}

fn names(known: Known<'_>) -> BTreeSet<String> {
    let fields = [Field::Given, Field::Prefix, Field::Family, Field::FullName];
    fields.into_iter().flat_map(|field| known.all(field)).flat_map(|text| name_words(text.expose())).collect()
}

fn name_words(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| letter.is_whitespace() || ",.-'’".contains(letter));
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}
