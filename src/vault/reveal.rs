//! Revealing: pseudonyms and stand-ins back to what stands behind them, in all open epochs of a publisher.
//! Unknown, another publisher's and another kind's give the same nothing, on the same path and with as many
//! look-ups.
//!
//! It must not write, nor say why there is nothing.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::Vault;
use super::barrier::Table;
use super::error::VaultError;
use super::inner::Inner;
use super::known::{Known, KnownLabel};
use super::look::Found;
use super::pending::Ticket;
use super::rows::{Forward, Reverse, original_key, person, pseudonym, read_original, reverse_key, shape_of};
use crate::derive::Core;
use crate::identity::{Identifier, Kind, Publisher, School};
use crate::secret::Secret;

/// A pseudonym to reveal.
#[derive(Debug, Clone, Copy)]
pub struct RevealAsk<'a> {
    /// The text as the publisher sent it. Capitals do not count.
    pub text: &'a str,
    /// The kind of identifier that the field takes; with `link = "roster"` the kind of the primary one.
    pub kind: Kind,
    /// The place is a JSON number: `1` and the digits.
    pub number: bool,
}

/// What stands behind a pseudonym.
#[derive(Clone)]
pub struct Revealed(Arc<Known>);

/// A stand-in to put back.
#[derive(Debug, Clone, Copy)]
pub struct OriginalAsk<'a> {
    /// Whose record it is: [`Revealed::core`], or from [`Vault::aliases`].
    pub person: Core,
    /// The field, as in [`super::LabelAsk::slot`].
    pub slot: &'a str,
    /// The text that came. Capitals do not count.
    pub text: &'a str,
}

/// The value behind a stand-in.
#[derive(Clone)]
pub struct Original(Arc<KnownLabel>);

impl Revealed {
    /// The identifier, in the spelling that was seen first.
    pub fn identifier(&self) -> &Identifier {
        &self.0.identifier
    }

    /// Names the person in the scope, whatever the shape.
    pub fn core(&self) -> Core {
        self.0.core
    }

    /// Random, one per mapping, for commitments in the journal.
    pub fn salt(&self) -> [u8; 16] {
        self.0.salt
    }
}

impl fmt::Debug for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Revealed(…)")
    }
}

impl Original {
    /// The value that the stand-in replaced, as it was last seen.
    pub fn text(&self) -> &Secret<String> {
        &self.0.original
    }
}

impl fmt::Debug for Original {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Original(…)")
    }
}

impl Vault {
    /// Reveals all pseudonyms of a segment, in the order of the asks. Call it from a tokio runtime.
    ///
    /// # Errors
    /// [`VaultError::Sealed`], [`VaultError::IndexDown`], [`VaultError::Stopped`].
    pub async fn reveal(
        &self,
        school: &School,
        publisher: &Publisher,
        asks: &[RevealAsk<'_>],
    ) -> Result<Vec<Option<Revealed>>, VaultError> {
        self.inner.check()?;
        let mut answers: Vec<Option<Arc<Known>>> = Vec::with_capacity(asks.len());
        let mut missing = Vec::new();
        for (place, ask) in asks.iter().enumerate() {
            let text = written(ask);
            let cached = self.inner.cached_reverse(school, publisher, &text);
            if cached.is_none() {
                missing.push((place, text.into_owned()));
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
        let fits = |(ask, known): (&RevealAsk<'_>, Option<Arc<Known>>)| {
            // A number names a pseudonym of digits only.
            known.filter(|known| {
                known.identifier.kind() == ask.kind && (!ask.number || known.shape.fits_number())
            })
        };
        Ok(asks.iter().zip(answers).map(fits).map(|known| known.map(Revealed)).collect())
    }

    /// Puts stand-ins back, in the order of the asks; `None` for a text that is not the stand-in of that
    /// person in that field: it stays as it came.
    ///
    /// # Errors
    /// As [`Vault::reveal`].
    pub async fn reveal_labels(
        &self,
        school: &School,
        publisher: &Publisher,
        asks: &[OriginalAsk<'_>],
    ) -> Result<Vec<Option<Original>>, VaultError> {
        self.inner.check()?;
        let mut answers = Vec::with_capacity(asks.len());
        let mut missing = Vec::new();
        for (place, ask) in asks.iter().enumerate() {
            let cached = self.inner.cached_original(school, publisher, ask);
            if cached.is_none() {
                missing.push((place, *ask.person.as_bytes(), ask.slot.to_owned(), ask.text.to_owned()));
            }
            answers.push(cached);
        }
        if !missing.is_empty() {
            let (inner, whose) = (Arc::clone(&self.inner), (school.clone(), publisher.clone()));
            let found = self.looking(move || look_up_originals(&inner, &whose, missing)).await?;
            for (place, known) in found {
                if let Some(slot) = answers.get_mut(place) {
                    *slot = known;
                }
            }
        }
        Ok(answers.into_iter().map(|known| known.map(Original)).collect())
    }

    /// What names the person of an identifier in each open epoch of a publisher: under one of these stands what was made
    /// for him there, in any of them. Nothing is looked up.
    pub fn cores(&self, school: &School, publisher: &Publisher, identifier: &Identifier) -> Vec<Core> {
        let inner = &self.inner;
        let scopes = inner.scopes();
        let core = |open: &Arc<super::scopes::OpenScope>| {
            person(open, identifier, inner.next_generation(&open.scope, identifier))
        };
        scopes.all_of(school, publisher).map(core).collect()
    }

    /// Runs look-ups off the runtime's threads and waits for what they rely on.
    pub(crate) async fn looking<T: Send + 'static>(
        &self,
        look: impl FnOnce() -> Result<(T, Vec<Ticket>), VaultError> + Send + 'static,
    ) -> Result<T, VaultError> {
        let (found, tickets) = tokio::task::spawn_blocking(look).await.map_err(|_| VaultError::Stopped)??;
        for ticket in tickets {
            self.inner.relied_on(ticket).await?;
        }
        Ok(found)
    }
}

/// The text as the vault keeps it. A number without its leading `1` is none that the vault made.
fn written<'a>(ask: &RevealAsk<'a>) -> Cow<'a, str> {
    match ask.number {
        false => Cow::Borrowed(ask.text),
        true => match ask.text.strip_prefix('1') {
            Some(digits) => Cow::Borrowed(digits),
            None => Cow::Owned(format!("no number {}", ask.text)),
        },
    }
}

type Whose = (School, Publisher);
type Looked<T> = Result<(Vec<(usize, Option<Arc<T>>)>, Vec<Ticket>), VaultError>;

fn look_up(inner: &Inner, (school, publisher): &Whose, missing: Vec<(usize, String)>) -> Looked<Known> {
    let (mut answers, mut tickets) = (Vec::with_capacity(missing.len()), Vec::new());
    let moment = inner.caches.moment();
    for (place, text) in missing {
        let key = reverse_key(&inner.barrier, school.as_str(), publisher.as_str(), &text);
        let known = match inner.look(Table::Reverse, &key)? {
            Found::Nothing | Found::Stale | Found::Gone => None,
            Found::Row { open, plain, ticket } => {
                let known = Reverse::read(plain.expose()).and_then(|of| made(open, &of));
                let known = Arc::new(known.ok_or_else(|| inner.index_down("a reverse row"))?);
                match ticket {
                    Some(ticket) => tickets.push(ticket),
                    None => inner.keep_reverse(&known, moment),
                }
                Some(known)
            }
        };
        answers.push((place, known));
    }
    Ok((answers, tickets))
}

fn made(open: Arc<super::scopes::OpenScope>, of: &Reverse<'_>) -> Option<Known> {
    let identifier = Identifier::new(Kind::named(of.kind).ok()?, of.spelling);
    let shape = shape_of(of.shape)?;
    let Forward { base, generation, salt } = of.forward;
    Some(Known {
        pseudonym: pseudonym(&open, &identifier, &shape, generation),
        core: person(&open, &identifier, base),
        open,
        identifier,
        shape,
        salt,
        minted: false,
    })
}

fn look_up_originals(
    inner: &Inner,
    (school, publisher): &Whose,
    missing: Vec<(usize, [u8; 16], String, String)>,
) -> Looked<KnownLabel> {
    let (mut answers, mut tickets) = (Vec::with_capacity(missing.len()), Vec::new());
    let moment = inner.caches.moment();
    for (place, person, slot, text) in missing {
        let whose = (school.as_str(), publisher.as_str());
        let key = original_key(&inner.barrier, whose, &person, &slot, &text);
        let known = match inner.look(Table::Original, &key)? {
            Found::Nothing | Found::Stale | Found::Gone => None,
            Found::Row { open, plain, ticket } => {
                let of = read_original(plain.expose()).ok_or_else(|| inner.index_down("an original row"))?;
                let original = Secret::new(of.1.to_owned());
                let known =
                    Arc::new(KnownLabel { open, person, slot, part: of.0, text: text.into(), original });
                match ticket {
                    Some(ticket) => tickets.push(ticket),
                    None => inner.offer_original(&known, moment),
                }
                Some(known)
            }
        };
        answers.push((place, known));
    }
    Ok((answers, tickets))
}

impl Inner {
    /// Remembers a pseudonym that is durable.
    pub(crate) fn keep_reverse(&self, known: &Arc<Known>, moment: u64) {
        let scope = &known.open.scope;
        let text = known.pseudonym.as_str().to_lowercase();
        let hash = self.caches.reverse.hash((scope.school.as_str(), scope.publisher.as_str(), text.as_str()));
        self.caches.reverse.put(hash, Arc::clone(known), moment);
    }

    fn cached_reverse(&self, school: &School, publisher: &Publisher, text: &str) -> Option<Arc<Known>> {
        let text = lower(text);
        let hash = self.caches.reverse.hash((school.as_str(), publisher.as_str(), &*text));
        self.caches.reverse.get(hash, |known| {
            known.open.is_open()
                && known.open.scope.school == *school
                && known.open.scope.publisher == *publisher
                && lower(known.pseudonym.as_str()) == text
        })
    }

    /// Remembers a stand-in that is durable.
    pub(crate) fn keep_original(&self, label: &Arc<KnownLabel>, moment: u64) {
        self.caches.originals.put(self.original_hash(label), Arc::clone(label), moment);
    }

    /// Remembers a stand-in that was read, unless it was masked anew in the meantime.
    fn offer_original(&self, label: &Arc<KnownLabel>, moment: u64) {
        self.caches.originals.offer(self.original_hash(label), Arc::clone(label), moment);
    }

    fn original_hash(&self, label: &KnownLabel) -> u64 {
        let scope = &label.open.scope;
        let whose = (scope.school.as_str(), scope.publisher.as_str());
        self.caches.originals.hash((whose, label.person, label.slot.as_str(), &*lower(&label.text)))
    }

    fn cached_original(
        &self,
        school: &School,
        publisher: &Publisher,
        ask: &OriginalAsk<'_>,
    ) -> Option<Arc<KnownLabel>> {
        let text = lower(ask.text);
        let whose = (school.as_str(), publisher.as_str());
        let hash = self.caches.originals.hash((whose, *ask.person.as_bytes(), ask.slot, &*text));
        self.caches.originals.get(hash, |known| {
            known.open.is_open()
                && known.open.scope.school == *school
                && known.open.scope.publisher == *publisher
                && known.person == *ask.person.as_bytes()
                && known.slot == ask.slot
                && lower(&known.text) == text
        })
    }
}

/// In lower case, without a copy when it is already.
fn lower(text: &str) -> Cow<'_, str> {
    match text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.to_lowercase()),
    }
}
