//! What the vault holds about one pupil, for the pupil: pseudonyms, stand-ins and publishers' names, in all open
//! epochs. Read from the log, since no row can be found by its owner.
//!
//! It must not know who asks, nor why.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, PoisonError};

use super::Vault;
use super::error::VaultError;
use super::keys::ScopeState;
use super::log::Head;
use super::rebuild::From;
use super::record::Entry;
use super::rows::{pseudonym, shape_of};
use super::scopes::OpenScope;
use super::trace::{Search, identifier, unknown_form, walk};
use crate::identity::{Identifier, Kind, Pseudonym, School, Scope};
use crate::secret::Secret;

/// A pupil's pseudonym in one epoch of one publisher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnePseudonym {
    /// School, publisher and epoch.
    pub scope: Scope,
    /// Whether it serves, or only comes home.
    pub state: ScopeState,
    /// What stands behind it.
    pub identifier: Identifier,
    /// Its shape, as configurations write it.
    pub shape: String,
    /// What the publisher sees.
    pub pseudonym: Pseudonym,
    /// The salt of its commitments in the journal.
    pub salt: [u8; 16],
}

/// A stand-in for a pupil's name.
#[derive(Debug)]
pub struct OneStandIn {
    /// School, publisher and epoch.
    pub scope: Scope,
    /// The given name that the publisher sees.
    pub given: String,
    /// The family name that the publisher sees.
    pub family: String,
    /// Fields in which it stands, and what it stands for there, as last seen.
    pub fields: Vec<(String, Secret<String>)>,
}

/// A name that a publisher made for a pupil.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneName {
    /// School, publisher and epoch in which it was last seen.
    pub scope: Scope,
    /// What it is, in that publisher's profile.
    pub kind: Kind,
    /// The name. It points at the pupil.
    pub name: Identifier,
    /// The salt of the mapping beside which it stood.
    pub salt: [u8; 16],
}

/// Everything about one pupil.
#[derive(Debug, Default)]
pub struct About {
    /// In the order of their making.
    pub pseudonyms: Vec<OnePseudonym>,
    /// Likewise.
    pub stand_ins: Vec<OneStandIn>,
    /// Likewise.
    pub names: Vec<OneName>,
}

impl About {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.pseudonyms.is_empty() && self.stand_ins.is_empty() && self.names.is_empty()
    }
}

impl Vault {
    /// What this vault holds about the pupil who has these identifiers. Who was forgotten is nobody. Blocks; takes
    /// as long as reading the log.
    ///
    /// # Errors
    /// [`VaultError::Sealed`], [`VaultError::File`]; [`VaultError::BadAsk`] for a vault in memory.
    pub fn about(&self, school: &School, identifiers: &[Identifier]) -> Result<About, VaultError> {
        let inner = &self.inner;
        inner.check()?;
        let Some(path) = &inner.log_path else {
            return Err(VaultError::BadAsk { why: "a vault in memory has no log to read" });
        };
        let codes = inner.codes(school, identifiers);
        let states: BTreeMap<u32, ScopeState> =
            self.scopes().into_iter().map(|info| (info.key_id, info.state)).collect();
        let _file = inner.file.read().unwrap_or_else(PoisonError::into_inner);
        let graveyard = inner.graveyard().clone();
        let persons = HashSet::new();
        let mut search = Search { mason: &inner.mason, graveyard: &graveyard, codes: &codes, persons };
        let mut gathering = Gathering { states, about: About::default(), labels: Vec::new() };
        let mut each = |open: &Arc<OpenScope>, entry: &Entry<'_>, at| match search.finds(open, entry, at)
            && open.scope.school == *school
        {
            true => gathering.add(open, entry).ok_or_else(|| unknown_form(at)),
            false => Ok(()),
        };
        let from = From { head: Head::before_all(&inner.vault), offset: None };
        walk(path, &inner.vault, &inner.scopes(), from, inner.after.head(), &mut each)?;
        Ok(gathering.about)
    }
}

struct Gathering {
    states: BTreeMap<u32, ScopeState>,
    about: About,
    /// Scope and person of each stand-in.
    labels: Vec<(u32, [u8; 16])>,
}

impl Gathering {
    fn add(&mut self, open: &OpenScope, entry: &Entry<'_>) -> Option<()> {
        let (scope, number) = (open.scope.clone(), open.sealer.number);
        match entry {
            Entry::Mapping { kind, shape, generation, salt, spelling, .. } => {
                let identifier = identifier(kind, spelling)?;
                let parsed = shape_of(shape)?;
                self.about.pseudonyms.push(OnePseudonym {
                    scope,
                    state: self.states.get(&number).copied().unwrap_or(ScopeState::Entering),
                    pseudonym: pseudonym(open, &identifier, &parsed, *generation),
                    identifier,
                    shape: (*shape).to_owned(),
                    salt: *salt,
                });
            }
            Entry::Label { person, given, family, .. } => {
                self.labels.push((number, *person));
                let (given, family) = ((*given).to_owned(), (*family).to_owned());
                self.about.stand_ins.push(OneStandIn { scope, given, family, fields: Vec::new() });
            }
            Entry::Original { person, slot, original, .. } => {
                let place = self.labels.iter().position(|label| *label == (number, *person))?;
                let fields = &mut self.about.stand_ins.get_mut(place)?.fields;
                fields.retain(|(of, _)| of != slot);
                fields.push(((*slot).to_owned(), Secret::new((*original).to_owned())));
            }
            Entry::Alias { kind, text, salt, .. } => {
                let name = identifier(kind, text)?;
                // Seen again in a later epoch, it is still one name.
                self.about.names.retain(|of| of.name != name || of.scope.publisher != scope.publisher);
                self.about.names.push(OneName { scope, kind: name.kind(), name, salt: *salt });
            }
            Entry::Thing { .. } => {}
        }
        Some(())
    }
}
