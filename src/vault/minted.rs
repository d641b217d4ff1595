//! What publishers made themselves: things that stay as they are, and names that they gave to persons.
//!
//! It must not know profiles: whether a kind may be minted is the caller's business.

use std::collections::HashMap;
use std::sync::Arc;

use super::Vault;
use super::allocate::{RECORD_BYTES, serves};
use super::barrier::{Key, Sealed, Table};
use super::codec::{Fields, LONGEST_FIELD};
use super::error::VaultError;
use super::inner::Inner;
use super::known::KnownAlias;
use super::log::{Head, Unsealable};
use super::look::Found;
use super::pending::Ticket;
use super::record::Entry;
use super::rows::{NoRows, forward_key, minted_key, read_alias, rows_of};
use super::scopes::OpenScope;
use crate::derive::{Core, Shape};
use crate::disk::Pending;
use crate::identity::{Identifier, Kind, Publisher, School, Scope, canonical};

/// Something that a publisher made: an id of a result, or its own id of a pupil.
#[derive(Debug, Clone, Copy)]
pub struct Minted<'a> {
    /// The kind that the profile gives it.
    pub kind: Kind,
    /// The value as the publisher wrote it.
    pub text: &'a str,
    /// For a name of a person: who it is. None for a thing.
    pub person: Option<Alias<'a>>,
}

/// A person for whom a publisher made a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alias<'a> {
    /// The identifier beside which the name stood; it says whether two are the same person, in any epoch.
    pub identifier: &'a Identifier,
    /// [`super::Revealed::core`] or [`super::Masked::core`], in the epoch in which the name was last seen.
    pub core: Core,
    /// The salt of that mapping.
    pub salt: [u8; 16],
}

/// The person behind a name that the publisher made.
#[derive(Clone)]
pub struct Named(Arc<KnownAlias>);

impl Named {
    /// The identifier beside which the name stood first.
    pub fn identifier(&self) -> &Identifier {
        &self.0.identifier
    }

    /// The same as [`super::Revealed::core`] in the epoch in which the name was last seen.
    pub fn core(&self) -> Core {
        Core::from_bytes(self.0.person)
    }

    /// The salt of that mapping.
    pub fn salt(&self) -> [u8; 16] {
        self.0.salt
    }
}

impl std::fmt::Debug for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Named(…)")
    }
}

/// Whose a thing is, as far as the vault knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The school's: it left under a pseudonym before.
    School,
    /// The publisher's: it brought it.
    Publisher,
    /// Not seen yet.
    Nobody,
}

/// The school's row is looked at first: what once left masked is never the publisher's.
fn owner(
    inner: &Inner,
    open: &Arc<OpenScope>,
    thing: &Identifier,
    shape: &str,
    tickets: &mut Vec<Ticket>,
) -> Result<Owner, VaultError> {
    let whose = (open.scope.school.as_str(), open.scope.publisher.as_str());
    let (kind, text) = (thing.kind(), thing.expose());
    for (owner, table, key) in [
        (Owner::School, Table::Forward, forward_key(&inner.barrier, open, kind, shape, text)),
        (Owner::Publisher, Table::Thing, minted_key(&inner.barrier, Table::Thing, whose, kind, text)),
    ] {
        if let Found::Row { ticket, .. } = inner.look(table, &key)? {
            tickets.extend(ticket);
            return Ok(owner);
        }
    }
    Ok(Owner::Nobody)
}

struct Owned {
    kind: Kind,
    text: String,
    person: Option<OwnedPerson>,
}

#[derive(Clone)]
struct OwnedPerson {
    identifier: Identifier,
    core: [u8; 16],
    salt: [u8; 16],
}

impl Vault {
    /// Remembers, durably, what the publisher made. What is known already costs no sync, and mostly no look-up.
    ///
    /// # Errors
    /// [`VaultError::SecondPerson`] when a name belongs to another person already: then nothing of this call
    /// is remembered. Otherwise as [`Vault::mask`].
    pub async fn remember_minted(&self, scope: &Scope, minted: &[Minted<'_>]) -> Result<(), VaultError> {
        self.inner.check()?;
        let open = Arc::clone(self.inner.scopes().serving(scope)?);
        if minted.iter().any(|of| of.text.len() > LONGEST_FIELD) {
            return Err(VaultError::BadAsk { why: "a name is longer than 64 KiB" });
        }
        let new = minted.iter().filter(|of| !self.inner.knows_minted(&open, of));
        let owned: Vec<Owned> = new.map(Owned::of).collect();
        if owned.is_empty() || self.view {
            return Ok(());
        }
        let inner = Arc::clone(&self.inner);
        let task = tokio::spawn(async move {
            let (of, with) = (Arc::clone(&inner), Arc::clone(&open));
            let blocking = move || remember(&of, &with, &owned).map(|begun| (begun, owned));
            let (begun, owned) =
                tokio::task::spawn_blocking(blocking).await.map_err(|_| VaultError::Stopped)??;
            for own in begun.own {
                match own.await {
                    Ok(Ok(_)) => {}
                    Ok(Err(Unsealable)) => return Err(VaultError::Unsealable),
                    Err(why) => return Err(inner.unacknowledged(why)),
                }
            }
            for other in begun.others {
                inner.relied_on(other).await?;
            }
            inner.check()?;
            owned.iter().for_each(|of| inner.keep_minted(&open, of, begun.moment));
            Ok(())
        });
        task.await.map_err(|_| VaultError::Stopped)?
    }

    /// Whose things these are, in the order of the asks: each with the shape in which the school's own would leave.
    ///
    /// # Errors
    /// As [`Vault::reveal`], and [`VaultError::UnknownScope`].
    pub async fn owners(
        &self,
        scope: &Scope,
        asks: &[(Identifier, &Shape)],
    ) -> Result<Vec<Owner>, VaultError> {
        self.inner.check()?;
        let open = Arc::clone(self.inner.scopes().serving(scope)?);
        let inner = Arc::clone(&self.inner);
        let asks: Vec<(Identifier, String)> =
            asks.iter().map(|(thing, shape)| (thing.clone(), shape.to_string())).collect();
        self.looking(move || {
            let mut tickets = Vec::new();
            let mut owners = Vec::with_capacity(asks.len());
            for (thing, shape) in &asks {
                owners.push(owner(&inner, &open, thing, shape, &mut tickets)?);
            }
            Ok((owners, tickets))
        })
        .await
    }

    /// The persons behind names that this publisher made, in the order of the asks.
    ///
    /// # Errors
    /// As [`Vault::reveal`].
    pub async fn aliases(
        &self,
        school: &School,
        publisher: &Publisher,
        asks: &[(Kind, &str)],
    ) -> Result<Vec<Option<Named>>, VaultError> {
        self.inner.check()?;
        let mut answers = Vec::with_capacity(asks.len());
        let mut missing = Vec::new();
        for (place, (kind, text)) in asks.iter().enumerate() {
            let cached = self.inner.cached_alias(school, publisher, *kind, text);
            if cached.is_none() {
                missing.push((place, *kind, (*text).to_owned()));
            }
            answers.push(cached);
        }
        if !missing.is_empty() {
            let (inner, whose) = (Arc::clone(&self.inner), (school.clone(), publisher.clone()));
            let found = self.looking(move || look_up(&inner, &whose, missing)).await?;
            for (place, known) in found {
                if let Some(slot) = answers.get_mut(place) {
                    *slot = known;
                }
            }
        }
        Ok(answers.into_iter().map(|known| known.map(Named)).collect())
    }
}

impl Owned {
    fn of(minted: &Minted<'_>) -> Self {
        let person = minted.person.map(|person| OwnedPerson {
            identifier: person.identifier.clone(),
            core: *person.core.as_bytes(),
            salt: person.salt,
        });
        Self { kind: minted.kind, text: minted.text.to_owned(), person }
    }

    fn entry(&self) -> Entry<'_> {
        match &self.person {
            Some(OwnedPerson { identifier, core, salt }) => Entry::Alias {
                kind: self.kind.as_str(),
                text: &self.text,
                person: *core,
                salt: *salt,
                of_kind: identifier.kind().as_str(),
                of_spelling: identifier.expose_spelling(),
            },
            None => Entry::Thing { kind: self.kind.as_str(), text: &self.text },
        }
    }
}

/// Records on their way, own and others'.
#[derive(Default)]
struct Begun {
    own: Vec<Pending<Result<Head, Unsealable>>>,
    others: Vec<Ticket>,
    /// When the looking began, for the caches.
    moment: u64,
}

/// A record in the making: its entries, their rows, and how many of those are new.
type Making = (Fields, Vec<(Key, Sealed)>, u64);

fn remember(inner: &Inner, open: &Arc<OpenScope>, minted: &[Owned]) -> Result<Begun, VaultError> {
    let whose = (open.scope.school.as_str(), open.scope.publisher.as_str());
    let mut begun = Begun { moment: inner.caches.moment(), ..Begun::default() };
    let mut records: Vec<Making> = Vec::new();
    let mut mine: HashMap<Key, Option<OwnedPerson>> = HashMap::new();
    inner.make_room()?;
    let _alone = inner.allocating();
    serves(open)?;
    let persons = || minted.iter().filter_map(|of| of.person.as_ref());
    if persons().any(|person| inner.is_erased_person(&person.core)) {
        return Err(VaultError::BadAsk { why: "a name of nobody" });
    }
    for of in minted {
        let table = if of.person.is_some() { Table::Alias } else { Table::Thing };
        let key = minted_key(&inner.barrier, table, whose, of.kind, &of.text);
        let found = inner.look(table, &key)?;
        let before = match (&found, mine.get(&key)) {
            (_, Some(before)) => Some(Option::clone(before)),
            (Found::Row { plain, .. }, None) => {
                let of = read_alias(plain.expose());
                Some(of.map(|(core, salt, identifier)| OwnedPerson { identifier, core, salt }))
            }
            _ => None,
        };
        if let (Some(Some(before)), Some(now)) = (&before, &of.person)
            && before.identifier != now.identifier
        {
            return Err(VaultError::SecondPerson);
        }
        let adds = if before.is_some() { 0 } else { found.adds() };
        // Known already, a person also in this epoch.
        let core = |person: Option<&OwnedPerson>| person.map(|person| person.core);
        if before.is_some_and(|before| core(before.as_ref()) == core(of.person.as_ref())) {
            if let Found::Row { ticket: Some(ticket), .. } = found {
                begun.others.push(ticket);
            }
            continue;
        }
        let entry = of.entry();
        let rows = rows_of(&inner.barrier, open, &entry).map_err(|why| match why {
            NoRows::Unsealable => VaultError::Unsealable,
            NoRows::Unknown => VaultError::BadAsk { why: "a kind that nobody knows" },
        })?;
        if records.last().is_none_or(|(plain, ..)| plain.len() >= RECORD_BYTES) {
            records.push(Making::default());
        }
        if let Some((plain, all, added)) = records.last_mut() {
            entry.write(plain);
            all.extend(rows);
            *added += adds;
        }
        mine.insert(key, of.person.clone());
    }
    // Only now: a second person anywhere in the call leaves nothing of it.
    begun.own =
        records.into_iter().map(|(plain, rows, added)| inner.submit(open, plain, rows, added)).collect();
    Ok(begun)
}

type Looked = Result<(Vec<(usize, Option<Arc<KnownAlias>>)>, Vec<Ticket>), VaultError>;

fn look_up(
    inner: &Inner,
    (school, publisher): &(School, Publisher),
    missing: Vec<(usize, Kind, String)>,
) -> Looked {
    let (mut answers, mut tickets) = (Vec::with_capacity(missing.len()), Vec::new());
    let moment = inner.caches.moment();
    for (place, kind, text) in missing {
        let key =
            minted_key(&inner.barrier, Table::Alias, (school.as_str(), publisher.as_str()), kind, &text);
        let known = match inner.look(Table::Alias, &key)? {
            Found::Nothing | Found::Stale | Found::Gone => None,
            Found::Row { open, plain, ticket } => {
                let of = read_alias(plain.expose()).ok_or_else(|| inner.index_down("an alias row"))?;
                let text = canonical(kind, &text).into_owned();
                let known =
                    Arc::new(KnownAlias { open, kind, text, person: of.0, salt: of.1, identifier: of.2 });
                match ticket {
                    Some(ticket) => tickets.push(ticket),
                    None => inner.keep_alias(&known, moment),
                }
                Some(known)
            }
        };
        answers.push((place, known));
    }
    Ok((answers, tickets))
}

impl Inner {
    /// Whether the caches know this, as of this epoch.
    fn knows_minted(&self, open: &OpenScope, of: &Minted<'_>) -> bool {
        match of.person {
            None => self.cached_thing(open, &Identifier::new(of.kind, of.text)),
            Some(person) => {
                self.cached_alias(&open.scope.school, &open.scope.publisher, of.kind, of.text).is_some_and(
                    |known| known.person == *person.core.as_bytes() && known.identifier == *person.identifier,
                )
            }
        }
    }

    /// Remembers what is durable.
    fn keep_minted(&self, open: &Arc<OpenScope>, of: &Owned, moment: u64) {
        match &of.person {
            None => self.keep_thing(open, Identifier::new(of.kind, &of.text), moment),
            Some(OwnedPerson { identifier, core, salt }) => {
                let known = KnownAlias {
                    open: Arc::clone(open),
                    kind: of.kind,
                    text: canonical(of.kind, &of.text).into_owned(),
                    person: *core,
                    salt: *salt,
                    identifier: identifier.clone(),
                };
                self.keep_alias(&Arc::new(known), moment);
            }
        }
    }

    fn keep_alias(&self, known: &Arc<KnownAlias>, moment: u64) {
        let scope = &known.open.scope;
        let whose = (scope.school.as_str(), scope.publisher.as_str());
        let hash = self.caches.aliases.hash((whose, known.kind.as_str(), known.text.as_str()));
        self.caches.aliases.put(hash, Arc::clone(known), moment);
    }

    fn cached_alias(
        &self,
        school: &School,
        publisher: &Publisher,
        kind: Kind,
        text: &str,
    ) -> Option<Arc<KnownAlias>> {
        let text = canonical(kind, text);
        let hash = self.caches.aliases.hash(((school.as_str(), publisher.as_str()), kind.as_str(), &*text));
        self.caches.aliases.get(hash, |known| {
            known.open.is_open()
                && known.open.scope.school == *school
                && known.open.scope.publisher == *publisher
                && known.kind == kind
                && known.text == text
        })
    }
}
