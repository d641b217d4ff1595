//! What a message that streams watches for, carried on from segment to segment: each value of each person once.
//!
//! Persons are numbered anew in every segment; here they are known by what names them. It must not know formats.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use super::super::guard::{Watch, WatchKind};
use super::super::parts::Parts;
use super::super::piece::Piece;
use super::super::refusal::Refusal;

/// Values that are kept apart until there are so many: of a watch that anything was added to, all phrases are made anew.
const RECENT: usize = 16 * 1024;

/// Values that one message may make Sluis watch for: about a hundred thousand people.
const MOST: usize = 400_000;

/// The exchange's watch, and who is in it already.
pub(in super::super) struct Carried {
    recent: Watch,
    older: Watch,
    /// How many values each has.
    sizes: (usize, usize),
    people: HashMap<u128, u32>,
    values: HashSet<u128>,
    hashers: [RandomState; 2],
}

/// Of each person of a segment, what names it.
pub(in super::super) type Names = Vec<Option<u128>>;

impl Carried {
    /// Begins with what the exchange watches for already.
    pub(super) fn over(watch: Watch) -> Self {
        let sizes = (0, watch.values().count());
        let (people, values, hashers) = Default::default();
        Self { recent: Watch::new(), older: watch, sizes, people, values, hashers }
    }

    /// What is watched for so far, in two halves: what was added last, and what stands for longer.
    pub(super) const fn halves(&self) -> [&Watch; 2] {
        [&self.recent, &self.older]
    }

    /// The watch, for the exchange's other message.
    pub(super) fn into_watch(mut self) -> Watch {
        self.fold();
        self.older
    }

    fn fold(&mut self) {
        for (person, kind, text) in std::mem::take(&mut self.recent).values() {
            self.older.add(person, kind, text);
        }
        self.sizes = (0, self.sizes.0 + self.sizes.1);
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
    /// [`Refusal::Overloaded`] when the message names more people than may be watched for.
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
        // Seldom enough that each value is taken in a few times only, however many there are.
        if self.sizes.0 > RECENT.max(self.sizes.1 / 2) {
            self.fold();
        }
        Ok(())
    }

    fn add(&mut self, person: Option<u32>, kind: WatchKind, text: &str) -> Result<(), Refusal> {
        if self.values.insert(self.mark(&(person, kind, text))) {
            if self.values.len() > MOST {
                return Err(Refusal::Overloaded);
            }
            self.recent.add(person, kind, text);
            self.sizes.0 += 1;
        }
        Ok(())
    }

    /// A number that no person has: values are counted, and a person has one at least.
    fn next(&self) -> Result<u32, Refusal> {
        u32::try_from(self.values.len()).map(|next| next | 1 << 29).map_err(|_| Refusal::Internal)
    }

    fn mark(&self, value: &impl std::hash::Hash) -> u128 {
        let [one, other] = self.hashers.each_ref().map(|hasher| u128::from(hasher.hash_one(value)));
        one << 64 | other
    }
}
