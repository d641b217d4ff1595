//! Facts: what is watched for and can be known by one number, the hash of all that matters about it.
//!
//! A word that is watched alone, two names that make a full name, a name beside a birth date, a telephone number:
//! each is a key of 58 bits and six bits about it, in one open table. A million pupils have some eight million of
//! them, at about eleven bytes. The table holds no text, so it can neither be printed nor read back. It knows no
//! message.

use super::WatchKind;
use super::phrase::{KINDS, Manner};

/// Facts, gathered and then settled into a table.
#[derive(Default)]
pub(super) struct Facts {
    gathered: Vec<u64>,
    table: Vec<u64>,
    used: usize,
}

/// What is known under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fact {
    /// What kind of value it is.
    pub(super) kind: WatchKind,
    /// How it may be found; always in any order.
    pub(super) manner: Manner,
}

/// The lower bits of an entry say what it is.
const ABOUT: u64 = 0x3F;
/// Gathered entries are thinned out before they take more room than this many.
const CROWD: usize = 1 << 16;

impl Facts {
    /// Takes in a fact; `settle` must follow the last.
    pub(super) fn add(&mut self, key: u64, fact: Fact) {
        let about = fact.kind as u64
            | u64::from(fact.manner.tight) << 3
            | u64::from(fact.manner.initial) << 4
            | u64::from(fact.manner.suspect) << 5;
        push_distinct(&mut self.gathered, key & !ABOUT | about);
    }

    /// Puts what was gathered into the table, which grows by half when it must: taking in a little often costs little.
    pub(super) fn settle(&mut self) {
        let mut gathered = std::mem::take(&mut self.gathered);
        if gathered.is_empty() {
            return;
        }
        if gathered.len() > CROWD {
            // In ascending order the places filled ascend as well: a large table is not visited at random.
            gathered.sort_unstable();
            gathered.dedup();
        }
        let wanted = (self.used + gathered.len()) * 4 / 3 + 4;
        if wanted > self.table.len() {
            let grown = if self.table.is_empty() { wanted } else { wanted.max(self.table.len() * 3 / 2) };
            let before = std::mem::replace(&mut self.table, vec![0; grown]);
            for entry in before.into_iter().filter(|entry| *entry != 0) {
                settle_in(&mut self.table, entry);
            }
        }
        self.used += gathered.into_iter().filter(|entry| settle_in(&mut self.table, *entry)).count();
    }

    /// Everything known under a key.
    pub(super) fn under(&self, key: u64) -> impl Iterator<Item = Fact> + '_ {
        let key = entry_of(key);
        let mut at = place(key, self.table.len());
        // There always is an empty place, so the walk ends.
        std::iter::from_fn(move || {
            loop {
                let entry = match self.table.get(at) {
                    Some(entry) => *entry,
                    None => {
                        at = 0;
                        *self.table.first()?
                    }
                };
                if entry == 0 {
                    return None;
                }
                at += 1;
                if entry & !ABOUT == key {
                    return Some(fact(entry));
                }
            }
        })
    }

    /// Whether anything is known under a key.
    pub(super) fn knows(&self, key: u64) -> bool {
        self.under(key).next().is_some()
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.used
    }

    /// Bytes held.
    pub(super) fn memory(&self) -> usize {
        self.table.capacity() * 8
    }
}

/// Appends to a growing list, thinned out before it grows.
pub(super) fn push_distinct(list: &mut Vec<u64>, entry: u64) {
    if list.len() == list.capacity() && list.len() >= CROWD {
        list.sort_unstable();
        list.dedup();
        // Room for half as much again, so that the list is seldom sorted.
        list.reserve_exact(list.len() / 2 + CROWD);
    }
    list.push(entry);
}

/// A key as the table holds it: never zero, which marks an empty place.
const fn entry_of(key: u64) -> u64 {
    let key = key & !ABOUT;
    if key == 0 { ABOUT + 1 } else { key }
}

fn fact(entry: u64) -> Fact {
    Fact {
        kind: KINDS.get((entry & 7) as usize).copied().unwrap_or(WatchKind::Identifier),
        manner: Manner {
            any_order: true,
            tight: entry & 8 != 0,
            initial: entry & 16 != 0,
            suspect: entry & 32 != 0,
            date: false,
        },
    }
}

/// Keys are evenly spread already.
const fn place(key: u64, places: usize) -> usize {
    ((key as u128 * places as u128) >> 64) as usize
}

/// Puts an entry into its place; false when it stands there already. Entries of one key stand in ascending order, in
/// whatever order they came: what is certain is found before what is suspect.
fn settle_in(table: &mut [u64], entry: u64) -> bool {
    let mut entry = entry_of(entry) | entry & ABOUT;
    let mut at = place(entry & !ABOUT, table.len());
    loop {
        let Some(taken) = table.get_mut(at) else {
            at = 0;
            continue;
        };
        if *taken == 0 {
            *taken = entry;
            return true;
        }
        if *taken == entry {
            return false;
        }
        if *taken & !ABOUT == entry & !ABOUT && *taken > entry {
            std::mem::swap(taken, &mut entry);
        }
        at += 1;
    }
}
