//! Masking: one call for all findings of a segment. What is known is answered from the cache, without a lock
//! that anyone waits for; what is new is durable before the answer is given.
//!
//! It must not know profiles, documents or whether the answer is used.

use std::collections::HashMap;
use std::sync::Arc;

use super::Vault;
use super::allocate::{Settled, Wanted, WantedLabel, Whom, settle};
use super::codec::LONGEST_FIELD;
use super::error::VaultError;
use super::inner::Inner;
use super::known::{Known, KnownLabel};
use super::log::Unsealable;
use super::record::Part;
use super::scopes::OpenScope;
use crate::derive::{Core, Shape};
use crate::identity::{Identifier, Pseudonym, Scope};
use crate::secret::Secret;

/// Words that no stand-in may be: those of the roster and of the first-name list.
pub type Avoid = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// An identifier to mask.
///
/// With `link = "roster"` the caller asks with the pupil's primary identifier and its kind, for every field:
/// all kinds then have the one pseudonym.
#[derive(Debug, Clone, Copy)]
pub struct MaskAsk<'a> {
    /// The identifier as it stands in the message, or the primary one.
    pub identifier: &'a Identifier,
    /// The shape that the publisher's configuration gives to the field's kind.
    pub shape: &'a Shape,
    /// The place is a JSON number: the answer is `1` and the digits. Only for `digits:N` with N ≤ 14.
    pub number: bool,
    /// The kind has `minted = "both"`: what the publisher made stays as it is.
    pub minted: bool,
}

/// Whose label it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Person {
    /// The person behind the ask at this place of the same call.
    Ask(usize),
    /// A person known already, by [`Masked::core`] or from [`Vault::aliases`].
    Known(Core),
}

/// A part of a name to replace by a stand-in.
#[derive(Clone, Copy)]
pub struct LabelAsk<'a> {
    /// Whose name it is.
    pub person: Person,
    /// The field, by a name that does not change: a person's two given names in two fields are two values.
    pub slot: &'a str,
    /// Which part of the stand-in the field takes.
    pub part: Part,
    /// The value that it replaces: kept, to be put back when the stand-in comes home.
    pub original: &'a str,
}

/// An identifier, masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// What leaves.
    pub pseudonym: Pseudonym,
    /// Names the person in the scope, whatever the shape; the same as [`super::Revealed::core`].
    pub core: Core,
    /// Random, one per mapping, for commitments in the journal. All zero for what the publisher made.
    pub salt: [u8; 16],
    /// It was made by this call.
    pub newly: bool,
    /// The publisher made it: `pseudonym` is the value itself.
    pub minted: bool,
}

/// The answers, in the order of the asks. All of it is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskAnswer {
    /// One for each [`MaskAsk`].
    pub masked: Vec<Masked>,
    /// One for each [`LabelAsk`]: the text that leaves.
    pub labels: Vec<Arc<str>>,
}

impl Vault {
    /// Masks all findings of a segment. Call it from a tokio runtime.
    ///
    /// The same identifier, scope and shape give the same pseudonym always; two identifiers never have one
    /// pseudonym, and two persons never one stand-in, in any open epoch of the publisher. When this returns,
    /// whatever it made is synced to the log. Dropping the future takes nothing back.
    ///
    /// # Errors
    /// [`VaultError::UnknownScope`], [`VaultError::ScopeOver`], [`VaultError::ShapeFull`],
    /// [`VaultError::NoNumber`], [`VaultError::Full`], [`VaultError::IndexDown`], [`VaultError::Sealed`]. A
    /// refused call may have made some of the mappings; asked again it gives the same ones.
    pub async fn mask(
        &self,
        scope: &Scope,
        asks: &[MaskAsk<'_>],
        labels: &[LabelAsk<'_>],
        avoid: &Avoid,
    ) -> Result<MaskAnswer, VaultError> {
        let inner = &self.inner;
        inner.check()?;
        let scopes = inner.scopes();
        let open = scopes.serving(scope)?;
        let mut answer = Answer::sized(asks.len(), labels.len());
        let mut wanted = Vec::new();
        for (place, ask) in asks.iter().enumerate() {
            check(ask)?;
            match inner.cached(open, ask) {
                Some(known) => answer.known(place, known, false),
                None => wanted.push(place),
            }
        }
        let mut labels_wanted = Vec::new();
        for (place, ask) in labels.iter().enumerate() {
            match inner.cached_label(open, ask, &answer)? {
                Some(label) => answer.label(place, label),
                None => labels_wanted.push(place),
            }
        }
        if !wanted.is_empty() || !labels_wanted.is_empty() {
            let work = Asked::copy(&answer, asks, &wanted, labels, &labels_wanted)?;
            let settled =
                work.settle(Arc::clone(inner), Arc::clone(open), Arc::clone(avoid), !self.view).await?;
            for (place, (known, newly)) in wanted.into_iter().zip(settled.knowns) {
                answer.known(place, known, newly);
            }
            for (place, label) in labels_wanted.into_iter().zip(settled.labels) {
                answer.label(place, label);
            }
        }
        answer.finish(asks)
    }
}

/// Answers as they come in.
struct Answer {
    knowns: Vec<Option<(Arc<Known>, bool)>>,
    labels: Vec<Option<Arc<KnownLabel>>>,
}

impl Answer {
    fn sized(asks: usize, labels: usize) -> Self {
        Self { knowns: vec![None; asks], labels: vec![None; labels] }
    }

    fn known(&mut self, place: usize, known: Arc<Known>, newly: bool) {
        if let Some(slot) = self.knowns.get_mut(place) {
            *slot = Some((known, newly));
        }
    }

    fn label(&mut self, place: usize, label: Arc<KnownLabel>) {
        if let Some(slot) = self.labels.get_mut(place) {
            *slot = Some(label);
        }
    }

    /// The person of an ask, if he is known by now.
    fn person(&self, place: usize) -> Result<Option<[u8; 16]>, VaultError> {
        match self.knowns.get(place) {
            Some(known) => Ok(known.as_ref().map(|(known, _)| *known.core.as_bytes())),
            None => Err(VaultError::BadAsk { why: "a label of nobody" }),
        }
    }

    fn finish(self, asks: &[MaskAsk<'_>]) -> Result<MaskAnswer, VaultError> {
        let mut masked = Vec::with_capacity(asks.len());
        for (ask, known) in asks.iter().zip(self.knowns) {
            let (known, newly) = known.ok_or(VaultError::Stopped)?;
            let pseudonym = match ask.number && !known.minted {
                true => Pseudonym::new(format!("1{}", known.pseudonym)),
                false => known.pseudonym.clone(),
            };
            masked.push(Masked {
                pseudonym,
                core: known.core,
                salt: known.salt,
                newly,
                minted: known.minted,
            });
        }
        let labels = self.labels.into_iter().map(|label| label.map(|label| Arc::clone(&label.text)));
        let labels = labels.collect::<Option<Vec<_>>>().ok_or(VaultError::Stopped)?;
        Ok(MaskAnswer { masked, labels })
    }
}

/// What the cache does not know, copied so that it outlives the call.
struct Asked {
    wanted: Vec<Wanted>,
    labels: Vec<WantedLabel>,
}

impl Asked {
    fn copy(
        answer: &Answer,
        asks: &[MaskAsk<'_>],
        wanted: &[usize],
        labels: &[LabelAsk<'_>],
        labels_wanted: &[usize],
    ) -> Result<Self, VaultError> {
        let copy = |ask: &MaskAsk<'_>| Wanted {
            identifier: ask.identifier.clone(),
            shape: ask.shape.clone(),
            minted: ask.minted,
        };
        let places: HashMap<usize, usize> =
            wanted.iter().enumerate().map(|(at, place)| (*place, at)).collect();
        let mut copied = Vec::with_capacity(labels_wanted.len());
        for ask in labels_wanted.iter().filter_map(|place| labels.get(*place)) {
            let whom = match ask.person {
                Person::Known(core) => Whom::Known(*core.as_bytes()),
                Person::Ask(place) => match (answer.person(place)?, places.get(&place)) {
                    (Some(person), _) => Whom::Known(person),
                    (None, Some(at)) => Whom::Wanted(*at),
                    (None, None) => return Err(VaultError::BadAsk { why: "a label of nobody" }),
                },
            };
            copied.push(WantedLabel {
                whom,
                slot: ask.slot.to_owned(),
                part: ask.part,
                original: Secret::new(ask.original.to_owned()),
            });
        }
        Ok(Self {
            wanted: wanted.iter().filter_map(|place| asks.get(*place)).map(copy).collect(),
            labels: copied,
        })
    }

    /// One hop to a thread that may block. What must become durable is awaited in a task of its own: when the
    /// caller goes away, what was begun is still seen through.
    async fn settle(
        self,
        inner: Arc<Inner>,
        open: Arc<OpenScope>,
        avoid: Avoid,
        makes: bool,
    ) -> Result<Settled, VaultError> {
        let runtime = tokio::runtime::Handle::current();
        let blocking = move || {
            let settled = settle(&inner, &open, &self.wanted, &self.labels, &avoid, makes)?;
            if settled.own.is_empty() && settled.others.is_empty() {
                inner.keep(&self.wanted, &settled);
                return Ok(Stage::Known(settled));
            }
            Ok(Stage::OnItsWay(runtime.spawn(durable(inner, self.wanted, settled))))
        };
        match tokio::task::spawn_blocking(blocking).await.map_err(|_| VaultError::Stopped)?? {
            Stage::Known(settled) => Ok(settled),
            Stage::OnItsWay(task) => task.await.map_err(|_| VaultError::Stopped)?,
        }
    }
}

enum Stage {
    Known(Settled),
    OnItsWay(tokio::task::JoinHandle<Result<Settled, VaultError>>),
}

/// Waits until everything is durable, and only then lets the caches know it.
async fn durable(
    inner: Arc<Inner>,
    wanted: Vec<Wanted>,
    mut settled: Settled,
) -> Result<Settled, VaultError> {
    for own in settled.own.drain(..) {
        match own.await {
            Ok(Ok(_)) => {}
            Ok(Err(Unsealable)) => return Err(VaultError::Unsealable),
            Err(why) => return Err(inner.unacknowledged(why)),
        }
    }
    for other in settled.others.drain(..) {
        inner.relied_on(other).await?;
    }
    // A failed log must not leave a cache that goes on answering.
    inner.check()?;
    inner.keep(&wanted, &settled);
    Ok(settled)
}

impl Inner {
    fn cached(&self, open: &OpenScope, ask: &MaskAsk<'_>) -> Option<Arc<Known>> {
        let hash = self.forward_hash(open, ask.identifier, ask.shape, ask.minted);
        self.caches.forward.get(hash, |known| {
            known.open.sealer.number == open.sealer.number
                && known.identifier == *ask.identifier
                && (known.minted || known.shape == *ask.shape)
        })
    }

    fn forward_hash(&self, open: &OpenScope, identifier: &Identifier, shape: &Shape, minted: bool) -> u64 {
        // What the publisher made has no shape: one place for all, so that it can be put there unasked.
        let shape = (!minted).then_some(shape);
        self.caches.forward.hash((open.sealer.number, identifier.kind().as_str(), identifier.expose(), shape))
    }

    /// Whether the cache knows that the publisher made it.
    pub(crate) fn cached_thing(&self, open: &OpenScope, identifier: &Identifier) -> bool {
        let hash = self.forward_hash(open, identifier, &Shape::Hex, true);
        let same = |known: &Known| {
            known.minted && known.open.sealer.number == open.sealer.number && known.identifier == *identifier
        };
        self.caches.forward.get(hash, same).is_some()
    }

    /// Remembers that the publisher made it, whatever was known of it before.
    pub(crate) fn keep_thing(&self, open: &Arc<OpenScope>, identifier: Identifier, moment: u64) {
        let hash = self.forward_hash(open, &identifier, &Shape::Hex, true);
        let known = Known {
            open: Arc::clone(open),
            core: open.key.core(&identifier, 0),
            pseudonym: Pseudonym::new(identifier.expose_spelling().to_owned()),
            identifier,
            shape: Shape::Hex,
            salt: [0; 16],
            minted: true,
        };
        self.caches.forward.put(hash, Arc::new(known), moment);
    }

    fn cached_label(
        &self,
        open: &OpenScope,
        ask: &LabelAsk<'_>,
        answer: &Answer,
    ) -> Result<Option<Arc<KnownLabel>>, VaultError> {
        if ask.original.len() > LONGEST_FIELD || ask.slot.len() > LONGEST_FIELD {
            return Err(VaultError::BadAsk { why: "a name is longer than 64 KiB" });
        }
        let person = match ask.person {
            Person::Known(core) => Some(*core.as_bytes()),
            Person::Ask(place) => answer.person(place)?,
        };
        let Some(person) = person else { return Ok(None) };
        let hash = self.caches.labels.hash((open.sealer.number, person, ask.slot, ask.part));
        Ok(self.caches.labels.get(hash, |known| {
            known.open.sealer.number == open.sealer.number
                && known.person == person
                && known.slot == ask.slot
                && known.part == ask.part
                && known.original.expose() == ask.original
        }))
    }

    /// Remembers what was settled, now that it is durable.
    fn keep(&self, wanted: &[Wanted], settled: &Settled) {
        let moment = settled.moment;
        for (want, (known, _)) in wanted.iter().zip(&settled.knowns) {
            let hash = self.forward_hash(&known.open, &want.identifier, &want.shape, want.minted);
            self.caches.forward.put(hash, Arc::clone(known), moment);
            if !known.minted {
                self.keep_reverse(known, moment);
            }
        }
        for label in &settled.labels {
            let number = label.open.sealer.number;
            let hash = self.caches.labels.hash((number, label.person, label.slot.as_str(), label.part));
            self.caches.labels.put(hash, Arc::clone(label), moment);
            self.keep_original(label, moment);
        }
    }
}

fn check(ask: &MaskAsk<'_>) -> Result<(), VaultError> {
    if ask.number && !ask.shape.fits_number() {
        return Err(VaultError::NoNumber { shape: ask.shape.to_string() });
    }
    if ask.identifier.expose_spelling().len() > LONGEST_FIELD || ask.identifier.expose().len() > LONGEST_FIELD
    {
        return Err(VaultError::BadAsk { why: "an identifier is longer than 64 KiB" });
    }
    Ok(())
}
