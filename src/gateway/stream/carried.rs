//! What a message that streams watches for, carried on from segment to segment: each value of each person once.
//!
//! Persons are numbered anew in every segment; here they are known by what names them. It must not know formats.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};

use siphasher::sip128::{Hasher128, SipHasher13};

use super::super::guard::{Watch, WatchKind};
use super::super::parts::Parts;
use super::super::piece::Piece;
use super::super::refusal::Refusal;
use super::room::{MOST, Values};

/// The exchange's watch, and who is in it already.
pub(in super::super) struct Carried {
    watch: Watch,
    people: HashMap<u128, u32, BuildHasherDefault<Marked>>,
    values: HashSet<u128, BuildHasherDefault<Marked>>,
    room: Values,
    /// Nobody who sends can aim at a mark.
    keys: (u64, u64),
}

/// Of each person of a segment, what names it.
pub(in super::super) type Names = Vec<Option<u128>>;

impl Carried {
    /// Begins with what the exchange watches for already.
    pub(super) fn over(watch: Watch) -> Self {
        let drawn = RandomState::new();
        let keys = (drawn.hash_one(0), drawn.hash_one(1));
        let (people, values, room) = Default::default();
        Self { watch, people, values, room, keys }
    }

    /// What is watched for so far.
    pub(super) const fn watch(&self) -> &Watch {
        &self.watch
    }

    /// The same, for the exchange's other message, with its part of what may be watched for.
    pub(super) fn into_watch(self) -> (Watch, Values) {
        (self.watch, self.room)
    }

    /// What names each person of a segment.
    pub(in super::super) fn names(&self, parts: &Parts, whole: &Piece) -> Names {
        let slices = whole.slices(parts);
        let material = whole.material(parts, &slices);
        let name = |person: u32| {
            let first = whole.found.named_by(person).first()?;
            let finding = whole.found.findings.get(*first as usize)?;
            let masking = finding.act.masking()?;
            let text = whole.found.text(finding.place, &material);
            Some(self.mark(&(masking.kind, text.as_bytes())))
        };
        (0..u32::try_from(whole.found.persons.len()).unwrap_or(u32::MAX)).map(name).collect()
    }

    /// Takes over what a segment watches for.
    ///
    /// # Errors
    /// [`Refusal::Overloaded`] when the message, or all that stream, name more people than may be watched for.
    pub(super) fn take(&mut self, watch: &Watch, names: &Names) -> Result<(), Refusal> {
        for (person, kind, text) in watch.values() {
            let (door, number) =
                person.map_or((0, None), |person| (person & 1 << 31, Some(person & !(1 << 31))));
            let name = number.map(|number| names.get(number as usize).copied().flatten());
            let person = match name {
                None => None,
                // Named by nothing: a person of this segment alone.
                Some(None) => Some(self.next()? | door),
                Some(Some(name)) => {
                    let next = self.next()?;
                    Some(*self.people.entry(name).or_insert(next) | door)
                }
            };
            self.add(person, kind, text)?;
        }
        Ok(())
    }

    fn add(&mut self, person: Option<u32>, kind: WatchKind, text: &str) -> Result<(), Refusal> {
        if self.values.insert(self.mark(&(person, kind, text))) {
            if self.values.len() > MOST {
                return Err(Refusal::Overloaded);
            }
            self.room.hold(self.values.len())?;
            self.watch.add(person, kind, text);
        }
        Ok(())
    }

    /// A number that no person has: values are counted, and a person has one at least.
    fn next(&self) -> Result<u32, Refusal> {
        u32::try_from(self.values.len()).map(|next| next | 1 << 29).map_err(|_| Refusal::Internal)
    }

    fn mark(&self, value: &impl Hash) -> u128 {
        let mut hasher = SipHasher13::new_with_keys(self.keys.0, self.keys.1);
        value.hash(&mut hasher);
        hasher.finish128().into()
    }
}

/// Marks are hashes already.
#[derive(Default)]
struct Marked(u64);

impl Hasher for Marked {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0 << 8 | u64::from(*byte);
        }
    }

    fn write_u128(&mut self, mark: u128) {
        self.0 = mark as u64;
    }
}
