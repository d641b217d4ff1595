//! The roster in memory: pupils in large blocks that are wiped, and an index of their identifiers.
//!
//! A million pupils are a few hundred blocks, not millions of small pieces (decision 0009). It must not know
//! files, formats or publishers.

use std::hash::{BuildHasher, RandomState};

use zeroize::{Zeroize, Zeroizing};

use super::pupil::{FIRST_KIND, Field, Known, Pupil, write_entry};
use crate::clock::Timestamp;
use crate::identity::{Identifier, Kind, canonical};

/// How large a block is, in bytes; one record that is larger has a block of its own.
const BLOCK: usize = 1 << 20;
/// The most kinds of identifiers in one roster: what one byte numbers.
const MOST_KINDS: usize = 200;
/// A place whose pupil is gone.
const GONE: u64 = u64::MAX;

/// All pupils of a school, and which identifier is whose.
pub struct Roster {
    pub(super) kinds: Vec<Kind>,
    /// Records in a row, each behind its length (u32, big endian). A block never grows past its capacity.
    blocks: Vec<Zeroizing<Vec<u8>>>,
    /// Pupil → block (upper half) and offset of the record's length in it (lower half).
    places: Vec<u64>,
    live: usize,
    index: Index,
    hasher: RandomState,
    pub(super) imported: Timestamp,
    pub(super) edition: [u8; 16],
}

/// Two pupils with one identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clash {
    /// The identifier's kind.
    pub(super) kind: Kind,
    /// The place of the pupil who has it; none when the roster holds too many kinds or pupils.
    pub(super) place: Option<usize>,
}

impl std::fmt::Debug for Roster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Roster({} pupils)", self.live)
    }
}

impl Roster {
    /// A roster without pupils, as of this moment.
    pub fn empty(now: Timestamp) -> Self {
        Self {
            kinds: Vec::new(),
            blocks: Vec::new(),
            places: Vec::new(),
            live: 0,
            index: Index::default(),
            hasher: RandomState::new(),
            imported: now,
            edition: [0; 16],
        }
    }

    /// Adds a pupil.
    ///
    /// # Errors
    /// The kind of an identifier that another pupil of this roster has, or of the 201st kind. The pupil is not
    /// added then.
    pub fn add(&mut self, pupil: Pupil) -> Result<(), Kind> {
        self.settle(&pupil).map(drop).map_err(|clash| clash.kind)
    }

    /// Adds a pupil, and says where.
    pub(super) fn settle(&mut self, pupil: &Pupil) -> Result<usize, Clash> {
        for (kind, text) in pupil.identifiers() {
            if let Some(place) = self.find(kind, &canonical(kind, text)) {
                return Err(Clash { kind, place: Some(place) });
            }
            self.number(kind).ok_or(Clash { kind, place: None })?;
        }
        let mut record = Zeroizing::new(Vec::with_capacity(512));
        for (kind, text) in &pupil.identifiers {
            let number = self.number(*kind).ok_or(Clash { kind: *kind, place: None })?;
            room(&mut record, text.expose().len());
            write_entry(number, text.expose(), &mut record);
        }
        for field in Field::ALL {
            for text in pupil.all(field) {
                room(&mut record, text.expose().len());
                write_entry(field as u8, text.expose(), &mut record);
            }
        }
        Ok(self.keep(&record))
    }

    /// Takes a record of the kept layout; none when it is not sound, or holds an identifier that is taken.
    pub(super) fn take_record(&mut self, record: &[u8]) -> Option<()> {
        let known = Known { kinds: &self.kinds, record };
        let free = |(kind, text): (Kind, super::Value<'_>)| {
            self.find(kind, &canonical(kind, text.expose())).is_none()
        };
        if !known.is_sound() || !known.all_identifiers().all(free) {
            return None;
        }
        self.keep(record);
        Some(())
    }

    fn keep(&mut self, record: &[u8]) -> usize {
        let whole = record.len() + 4;
        let fits = |block: &Zeroizing<Vec<u8>>| block.capacity() - block.len() >= whole;
        if !self.blocks.last().is_some_and(fits) {
            self.blocks.push(Zeroizing::new(Vec::with_capacity(whole.max(BLOCK))));
        }
        let number = self.places.len();
        let at = (self.blocks.len() as u64 - 1) << 32;
        if let Some(block) = self.blocks.last_mut() {
            self.places.push(at | block.len() as u64);
            block.extend_from_slice(&u32::try_from(record.len()).unwrap_or(u32::MAX).to_be_bytes());
            block.extend_from_slice(record);
        }
        self.live += 1;
        let known = Known { kinds: &self.kinds, record };
        for (kind, text) in known.all_identifiers() {
            let hash = hash(&self.hasher, kind, &canonical(kind, text.expose()));
            self.index.put(hash, number);
        }
        number
    }

    /// Takes a pupil out and wipes what was known of him. Nothing when he is gone already.
    pub(super) fn remove(&mut self, place: usize) {
        let Some(at) = self.places.get_mut(place).filter(|at| **at != GONE) else { return };
        let (block, offset) = halves(*at);
        *at = GONE;
        self.live -= 1;
        if let Some(block) = self.blocks.get_mut(block)
            && let Some(length) = length_at(block, offset)
            && let Some(record) = block.get_mut(offset + 4..offset + 4 + length)
        {
            record.zeroize();
        }
        // The index still points here, and finds nobody: look-ups go on behind it.
    }

    /// The pupil who has this identifier.
    pub fn pupil(&self, identifier: &Identifier) -> Option<Known<'_>> {
        self.at(self.find(identifier.kind(), identifier.expose())?)
    }

    /// The place of the pupil who has this identifier.
    pub(super) fn place(&self, identifier: &Identifier) -> Option<usize> {
        self.find(identifier.kind(), identifier.expose())
    }

    /// Whether a pupil of the roster has this identifier.
    pub fn knows(&self, identifier: &Identifier) -> bool {
        self.find(identifier.kind(), identifier.expose()).is_some()
    }

    /// Whether any pupil has an identifier of this kind: of other kinds the roster cannot know one.
    pub fn holds(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// The kinds of which it has identifiers, e-mail addresses among them.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.kinds.iter().copied()
    }

    /// All pupils.
    pub fn pupils(&self) -> impl Iterator<Item = Known<'_>> {
        (0..self.places.len()).filter_map(|place| self.at(place))
    }

    /// How many pupils there are.
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether there is no pupil.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// When it was imported, or changed last.
    pub fn imported(&self) -> Timestamp {
        self.imported
    }

    /// A random number of its own, given when it was saved: another one is another roster.
    pub fn edition(&self) -> [u8; 16] {
        self.edition
    }

    /// Its age in whole days. 0 when it was imported later than `now`.
    pub fn age_days(&self, now: Timestamp) -> u64 {
        age_days(self.imported, now)
    }

    /// The pupil at a place; none when he is gone.
    pub(super) fn at(&self, place: usize) -> Option<Known<'_>> {
        let at = self.places.get(place).filter(|at| **at != GONE)?;
        let (block, offset) = halves(*at);
        let block = self.blocks.get(block)?;
        let length = length_at(block, offset)?;
        Some(Known { kinds: &self.kinds, record: block.get(offset + 4..offset + 4 + length)? })
    }

    fn find(&self, kind: Kind, canonical_text: &str) -> Option<usize> {
        if !self.kinds.contains(&kind) {
            return None;
        }
        let hash = hash(&self.hasher, kind, canonical_text);
        self.index.at(hash).find(|place| {
            let mut identifiers = self.at(*place).into_iter().flat_map(Known::all_identifiers);
            identifiers.any(|(of, text)| of == kind && canonical(of, text.expose()) == canonical_text)
        })
    }

    /// The number of a kind in records; a new one when there is room.
    fn number(&mut self, kind: Kind) -> Option<u8> {
        let at = self.kinds.iter().position(|known| *known == kind).or_else(|| {
            let room = self.kinds.len() < MOST_KINDS;
            room.then(|| self.kinds.push(kind)).map(|()| self.kinds.len() - 1)
        })?;
        u8::try_from(at).ok()?.checked_add(FIRST_KIND)
    }
}

/// Age in whole days.
pub(super) fn age_days(imported: Timestamp, now: Timestamp) -> u64 {
    now.as_millis().saturating_sub(imported.as_millis()) / (24 * 60 * 60 * 1000)
}

fn hash(hasher: &RandomState, kind: Kind, canonical_text: &str) -> u32 {
    // The upper half: any half of a SipHash is as good.
    u32::try_from(hasher.hash_one((kind.as_str(), canonical_text)) >> 32).unwrap_or_default()
}

fn halves(at: u64) -> (usize, usize) {
    let half = |number: u64| usize::try_from(number & u64::from(u32::MAX)).unwrap_or(usize::MAX);
    (half(at >> 32), half(at))
}

fn length_at(block: &[u8], offset: usize) -> Option<usize> {
    let length = block.get(offset..offset + 4)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(length)).ok()
}

/// `Vec` would free its old buffer unwiped when it grows; this moves by hand.
fn room(record: &mut Zeroizing<Vec<u8>>, text: usize) {
    let more = text + 8;
    if record.capacity() - record.len() < more {
        let mut roomier =
            Zeroizing::new(Vec::with_capacity((record.capacity() * 2).max(record.len() + more)));
        roomier.extend_from_slice(record);
        *record = roomier;
    }
}

/// Hash → places, eight bytes a slot: open addressing, at most three quarters full. Nothing is ever taken out.
#[derive(Default)]
struct Index {
    /// The hash, and the place plus one; 0 is free.
    slots: Vec<(u32, u32)>,
    taken: usize,
}

impl Index {
    fn put(&mut self, hash: u32, place: usize) {
        if (self.taken + 1) * 4 > self.slots.len() * 3 {
            let roomier = vec![(0, 0); (self.slots.len() * 2).max(64)];
            for (hash, place) in std::mem::replace(&mut self.slots, roomier) {
                if place != 0 {
                    self.fill(hash, place);
                }
            }
        }
        // Beyond four milliards of pupils nobody is found, and the guard still watches.
        self.fill(hash, u32::try_from(place + 1).unwrap_or(u32::MAX));
        self.taken += 1;
    }

    fn fill(&mut self, hash: u32, place: u32) {
        let mut at = self.first(hash);
        while let Some(slot) = self.slots.get_mut(at) {
            if slot.1 == 0 {
                *slot = (hash, place);
                return;
            }
            at = self.next(at);
        }
    }

    fn at(&self, hash: u32) -> impl Iterator<Item = usize> {
        let mut at = self.first(hash);
        std::iter::from_fn(move || {
            let slot = self.slots.get(at).filter(|slot| slot.1 != 0)?;
            at = self.next(at);
            Some(*slot)
        })
        .filter(move |slot| slot.0 == hash)
        .filter_map(|(_, place)| usize::try_from(place).ok()?.checked_sub(1))
    }

    fn first(&self, hash: u32) -> usize {
        usize::try_from(hash).unwrap_or_default() & self.slots.len().wrapping_sub(1)
    }

    fn next(&self, at: usize) -> usize {
        (at + 1) & self.slots.len().wrapping_sub(1)
    }
}
