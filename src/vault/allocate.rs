//! Finding and making pseudonyms and stand-ins, off the runtime's threads: first without a lock, then, for
//! what is new, alone. Whatever is relied on is either known to the index or has a ticket to wait for.
//!
//! It must not know the caches, nor answer before its records are durable: `mask` waits for that.

use std::collections::HashMap;
use std::sync::Arc;

use super::barrier::{Key, Sealed, Table};
use super::codec::Fields;
use super::error::VaultError;
use super::inner::Inner;
use super::known::{Known, KnownLabel};
use super::log::{Head, Unsealable};
use super::look::Found;
use super::mask::Avoid;
use super::pending::Ticket;
use super::record::{Entry, Part};
use super::rows::{
    Forward, NoRows, Reverse, forward_key, label_key, minted_key, original_key, person, pseudonym,
    read_label, read_original, reverse_key, rows_of, taken_key,
};
use super::scopes::OpenScope;
use crate::crypto::random;
use crate::derive::{Core, Label, Shape};
use crate::disk::Pending;
use crate::identity::{Identifier, Pseudonym};
use crate::secret::Secret;

/// A record is closed when its entries are this long, in bytes.
pub(crate) const RECORD_BYTES: usize = 256 * 1024;
/// So many generations are tried before a short shape counts as full.
const MOST_GENERATIONS: u32 = 1000;
/// So many stand-ins are tried for one person.
const MOST_ATTEMPTS: u32 = 10_000;

/// An identifier whose pseudonym is wanted.
pub(crate) struct Wanted {
    pub(crate) identifier: Identifier,
    pub(crate) shape: Shape,
    pub(crate) minted: bool,
}

/// Whose label is wanted.
pub(crate) enum Whom {
    Known([u8; 16]),
    /// The person behind a wanted pseudonym, by its place.
    Wanted(usize),
}

/// A label that is wanted.
pub(crate) struct WantedLabel {
    pub(crate) whom: Whom,
    pub(crate) slot: String,
    pub(crate) part: Part,
    pub(crate) original: Secret<String>,
}

/// Everything that is wanted, and what must be durable before it is used.
#[derive(Default)]
pub(crate) struct Settled {
    /// In the order wanted; whether it was made now.
    pub(crate) knowns: Vec<(Arc<Known>, bool)>,
    pub(crate) labels: Vec<Arc<KnownLabel>>,
    pub(crate) own: Vec<Pending<Result<Head, Unsealable>>>,
    pub(crate) others: Vec<Ticket>,
    /// When the looking began, for the caches.
    pub(crate) moment: u64,
}

/// One call's work.
struct Work<'a> {
    inner: &'a Inner,
    open: &'a Arc<OpenScope>,
    /// Whether new things may be made: only while allocating alone.
    alone: bool,
    /// Nobody else has made anything since this call looked: what was not there is still not there.
    unchanged: bool,
    plain: Fields,
    rows: Vec<(Key, Sealed)>,
    /// Where in `rows` a key is: what this call made a moment ago.
    mine: HashMap<Key, usize>,
    added: u64,
    settled: Settled,
}

/// Finds everything wanted, and where it `makes` anything, makes what is new. Blocks on the index; waits for no disk.
pub(crate) fn settle(
    inner: &Inner,
    open: &Arc<OpenScope>,
    wanted: &[Wanted],
    labels: &[WantedLabel],
    avoid: &Avoid,
    makes: bool,
) -> Result<Settled, VaultError> {
    let mut work = Work {
        inner,
        open,
        alone: false,
        unchanged: false,
        plain: Fields::default(),
        rows: Vec::new(),
        mine: HashMap::new(),
        added: 0,
        settled: Settled { moment: inner.caches.moment(), ..Settled::default() },
    };
    let (before, erasures) = (inner.submitted(), inner.erasures());
    let found = wanted.iter().map(|want| work.known(want)).collect::<Result<Vec<_>, _>>()?;
    let cores: Vec<_> = found.iter().map(|known| known.as_ref().map(|(known, _)| known.core)).collect();
    let mut stand_ins = Vec::with_capacity(labels.len());
    for want in labels {
        stand_ins.push(match whom(want, &cores)? {
            Some(person) => work.label(want, person, avoid)?,
            None => None,
        });
    }
    if found.iter().all(Option::is_some) && stand_ins.iter().all(Option::is_some) {
        work.settled.knowns = found.into_iter().flatten().collect();
        work.settled.labels = stand_ins.into_iter().flatten().collect();
        return Ok(work.settled);
    }
    if !makes {
        return Err(VaultError::ViewOnly);
    }
    inner.make_room()?;
    let guard = inner.allocating();
    serves(open)?;
    work.alone = true;
    work.unchanged = inner.submitted() == before && !inner.has_erased();
    // What was found before somebody was forgotten may be his.
    let erased = inner.erasures() != erasures;
    let mut cores = Vec::with_capacity(wanted.len());
    for (want, found) in wanted.iter().zip(found) {
        let known = match found.filter(|_| !erased) {
            Some(known) => known,
            None => work.known(want)?.ok_or(VaultError::Stopped)?,
        };
        cores.push(Some(known.0.core));
        work.settled.knowns.push(known);
    }
    for (want, found) in labels.iter().zip(stand_ins) {
        let person = whom(want, &cores)?.ok_or(VaultError::BadAsk { why: "a label of nobody" })?;
        if inner.is_erased_person(&person) {
            return Err(VaultError::BadAsk { why: "a label of nobody" });
        }
        let stand_in = match found.filter(|_| !erased) {
            Some(stand_in) => stand_in,
            None => work.label(want, person, avoid)?.ok_or(VaultError::Stopped)?,
        };
        work.settled.labels.push(stand_in);
    }
    work.submit();
    drop(guard);
    Ok(work.settled)
}

/// An epoch may have been closed while this call waited.
pub(crate) fn serves(open: &OpenScope) -> Result<(), VaultError> {
    if open.serves() { Ok(()) } else { Err(VaultError::ScopeOver { scope: Box::new(open.scope.clone()) }) }
}

fn whom(want: &WantedLabel, cores: &[Option<Core>]) -> Result<Option<[u8; 16]>, VaultError> {
    match want.whom {
        Whom::Known(person) => Ok(Some(person)),
        Whom::Wanted(place) => match cores.get(place) {
            Some(core) => Ok(core.as_ref().map(|core| *core.as_bytes())),
            None => Err(VaultError::BadAsk { why: "a label of nobody" }),
        },
    }
}

impl Work<'_> {
    /// The pseudonym that is wanted, and whether it was made now; `None` when it is new and making is not
    /// allowed yet.
    fn known(&mut self, want: &Wanted) -> Result<Option<(Arc<Known>, bool)>, VaultError> {
        let (kind, canonical) = (want.identifier.kind(), want.identifier.expose());
        if want.minted && self.is_minted(want)? {
            let pseudonym = Pseudonym::new(want.identifier.expose_spelling().to_owned());
            let forward = Forward { base: 0, generation: 0, salt: [0; 16] };
            return Ok(Some((self.made(want, pseudonym, forward, true), false)));
        }
        let shape = want.shape.to_string();
        let key = forward_key(&self.inner.barrier, self.open, kind, &shape, canonical);
        let found = match self.unchanged && !self.mine.contains_key(&key) {
            true => Found::Nothing,
            false => self.look(Table::Forward, &key)?,
        };
        if let Found::Row { plain, .. } = &found {
            let forward =
                Forward::read(plain.expose()).ok_or_else(|| self.inner.index_down("a forward row"))?;
            let pseudonym = pseudonym(self.open, &want.identifier, &want.shape, forward.generation);
            return Ok(Some((self.made(want, pseudonym, forward, false), false)));
        }
        if !self.alone {
            return Ok(None);
        }
        let (forward, pseudonym, adds) = self.free(want)?;
        let entry = Entry::Mapping {
            kind: kind.as_str(),
            shape: &shape,
            base: forward.base,
            generation: forward.generation,
            salt: forward.salt,
            spelling: want.identifier.expose_spelling(),
        };
        self.enter(&entry, found.adds() + adds)?;
        Ok(Some((self.made(want, pseudonym, forward, false), true)))
    }

    /// The first generation whose pseudonym nobody has, in any open epoch of the publisher.
    fn free(&mut self, want: &Wanted) -> Result<(Forward, Pseudonym, u64), VaultError> {
        let scope = &self.open.scope;
        let (school, publisher) = (scope.school.as_str(), scope.publisher.as_str());
        let base = self.inner.next_generation(scope, &want.identifier);
        for generation in base..base.saturating_add(MOST_GENERATIONS) {
            let pseudonym = pseudonym(self.open, &want.identifier, &want.shape, generation);
            let key = reverse_key(&self.inner.barrier, school, publisher, pseudonym.as_str());
            // Of 122 bits and more no two are ever the same.
            let found = match want.shape.is_short() {
                true => self.look(Table::Reverse, &key)?,
                false => Found::Nothing,
            };
            let adds = found.adds();
            let forward = match &found {
                Found::Nothing | Found::Stale => {
                    let salt = random::<16>().map_err(|_| VaultError::Unsealable)?;
                    Forward { base, generation, salt }
                }
                // Of somebody who was forgotten: the publisher knows it, and must not take another for him.
                Found::Gone => continue,
                Found::Row { open, plain, .. } => {
                    // Its own: only the forward row was lost.
                    let reverse = Reverse::read(plain.expose());
                    match reverse {
                        Some(of) if open.sealer.number == self.open.sealer.number && is_same(&of, want) => {
                            of.forward
                        }
                        _ => continue,
                    }
                }
            };
            return Ok((forward, pseudonym, adds));
        }
        Err(VaultError::ShapeFull { shape: want.shape.to_string() })
    }

    /// The stand-in that is wanted; `None` when something is new and making is not allowed yet.
    fn label(
        &mut self,
        want: &WantedLabel,
        person: [u8; 16],
        avoid: &Avoid,
    ) -> Result<Option<Arc<KnownLabel>>, VaultError> {
        let key = label_key(&self.inner.barrier, self.open, &person);
        let (given, family) = match self.look(Table::Label, &key)? {
            Found::Row { plain, .. } => {
                let (_, given, family) =
                    read_label(plain.expose()).ok_or_else(|| self.inner.index_down("a label row"))?;
                (given.to_owned(), family.to_owned())
            }
            _ if !self.alone => return Ok(None),
            _ => self.new_label(person, avoid)?,
        };
        let text = match want.part {
            Part::Given => given,
            Part::Family => family,
            Part::Full => Label { given, family }.full(),
        };
        let whose = (self.open.scope.school.as_str(), self.open.scope.publisher.as_str());
        let key = original_key(&self.inner.barrier, whose, &person, &want.slot, &text);
        let found = self.look(Table::Original, &key)?;
        let same = match &found {
            Found::Row { plain, .. } => read_original(plain.expose())
                .is_some_and(|(part, original)| part == want.part && original == want.original.expose()),
            _ => false,
        };
        if !same {
            if !self.alone {
                return Ok(None);
            }
            let (slot, original) = (want.slot.as_str(), want.original.expose().as_str());
            let entry = Entry::Original { person, slot, part: want.part, stand_in: &text, original };
            self.enter(&entry, found.adds())?;
        }
        Ok(Some(Arc::new(KnownLabel {
            open: Arc::clone(self.open),
            person,
            slot: want.slot.clone(),
            part: want.part,
            text: text.into(),
            original: Secret::new(want.original.expose().clone()),
        })))
    }

    /// A stand-in that the publisher has not seen for anyone else in an open epoch.
    fn new_label(&mut self, person: [u8; 16], avoid: &Avoid) -> Result<(String, String), VaultError> {
        for attempt in 0..MOST_ATTEMPTS {
            let made = Label::derive(&Core::from_bytes(person), attempt, &|word| avoid(word));
            let made = made.ok_or(VaultError::LabelsUsedUp)?;
            let key = taken_key(&self.inner.barrier, self.open, &made.given, &made.family);
            let found = self.look(Table::Taken, &key)?;
            if matches!(found, Found::Row { .. }) {
                continue;
            }
            let entry = Entry::Label { person, attempt, given: &made.given, family: &made.family };
            self.enter(&entry, 1 + found.adds())?;
            return Ok((made.given, made.family));
        }
        Err(VaultError::LabelsUsedUp)
    }

    fn is_minted(&mut self, want: &Wanted) -> Result<bool, VaultError> {
        let whose = (self.open.scope.school.as_str(), self.open.scope.publisher.as_str());
        let (kind, text) = (want.identifier.kind(), want.identifier.expose());
        let key = minted_key(&self.inner.barrier, Table::Thing, whose, kind, text);
        Ok(matches!(self.look(Table::Thing, &key)?, Found::Row { .. }))
    }

    fn made(&self, want: &Wanted, pseudonym: Pseudonym, forward: Forward, minted: bool) -> Arc<Known> {
        Arc::new(Known {
            open: Arc::clone(self.open),
            core: person(self.open, &want.identifier, forward.base),
            identifier: want.identifier.clone(),
            shape: want.shape.clone(),
            pseudonym,
            salt: forward.salt,
            minted,
        })
    }

    /// Looks a row up, among what this call made first.
    fn look(&mut self, table: Table, key: &Key) -> Result<Found, VaultError> {
        if let Some((_, row)) = self.mine.get(key).and_then(|place| self.rows.get(*place)) {
            let plain = self.inner.barrier.open(table, &self.open.sealer, key, row.as_bytes());
            let plain = plain.ok_or_else(|| self.inner.index_down("a row of this call"))?;
            return Ok(Found::Row { open: Arc::clone(self.open), plain, ticket: None });
        }
        let mut found = self.inner.look(table, key)?;
        if let Found::Row { ticket, .. } = &mut found {
            self.settled.others.extend(ticket.take());
        }
        Ok(found)
    }

    /// Adds an entry to the record in the making.
    fn enter(&mut self, entry: &Entry<'_>, adds: u64) -> Result<(), VaultError> {
        let rows = rows_of(&self.inner.barrier, self.open, entry).map_err(|why| match why {
            NoRows::Unsealable => VaultError::Unsealable,
            NoRows::Unknown => VaultError::BadAsk { why: "a kind or a shape that nobody knows" },
        })?;
        entry.write(&mut self.plain);
        self.added += adds;
        for (key, row) in rows {
            self.mine.insert(key, self.rows.len());
            self.rows.push((key, row));
        }
        if self.plain.len() >= RECORD_BYTES {
            self.submit();
        }
        Ok(())
    }

    /// Hands the record in. From here on other calls find its rows.
    fn submit(&mut self) {
        if self.rows.is_empty() {
            return;
        }
        let plain = std::mem::take(&mut self.plain);
        let rows = std::mem::take(&mut self.rows);
        self.mine.clear();
        self.unchanged = false;
        let own = self.inner.submit(self.open, plain, rows, std::mem::take(&mut self.added));
        self.settled.own.push(own);
    }
}

fn is_same(of: &Reverse<'_>, want: &Wanted) -> bool {
    of.kind == want.identifier.kind().as_str()
        && of.shape == want.shape.to_string()
        && Identifier::new(want.identifier.kind(), of.spelling) == want.identifier
}
