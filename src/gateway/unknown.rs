//! How much of what was masked the roster did not know: per scope, over the last distinct identifiers.
//!
//! A roster that has grown old knows fewer and fewer of the pupils who cross, and the guard then knows fewer and fewer
//! names. Above 2 % somebody should know; above 10 % free text no longer leaves (PROMISES.md). It must not know
//! identifiers, only keyed hashes of them.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::identity::{Identifier, Scope};

/// How many distinct identifiers the share is taken over: the last ones.
const WINDOW: usize = 1000;
/// From how many on there is a share: one pupil of ten says nothing.
const ENOUGH: usize = 200;
/// Above this share, in thousandths, somebody should know.
const WARNS: usize = 20;
/// Above this share, in thousandths, free text does not leave.
const CLOSES: usize = 100;

/// What a roster did not know, by scope. A new roster begins anew.
#[derive(Default)]
pub struct Unknown {
    hasher: RandomState,
    scopes: RwLock<HashMap<Scope, Arc<Window>>>,
}

#[derive(Default)]
struct Window {
    closes: AtomicBool,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// The hashes in the window and whether the roster knew them.
    known: HashMap<u64, bool>,
    /// The same, oldest first.
    order: VecDeque<u64>,
    unknown: usize,
}

/// How much a roster did not know in one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The scope.
    pub scope: Scope,
    /// Distinct identifiers in the window.
    pub of: usize,
    /// Those of them that the roster did not know.
    pub unknown: usize,
}

impl Share {
    /// From 0 to 1; none while too few were seen.
    pub fn ratio(&self) -> Option<f64> {
        let number = |count: usize| u32::try_from(count).map_or(f64::INFINITY, f64::from);
        (self.of >= ENOUGH).then(|| number(self.unknown) / number(self.of))
    }

    /// Whether somebody should know: over 2 %.
    pub fn warns(&self) -> bool {
        self.exceeds(WARNS)
    }

    /// Whether free text no longer leaves: over 10 %.
    pub fn closes(&self) -> bool {
        self.exceeds(CLOSES)
    }

    fn exceeds(&self, thousandths: usize) -> bool {
        self.of >= ENOUGH && self.unknown * 1000 > self.of * thousandths
    }
}

impl std::fmt::Debug for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unknown")
    }
}

impl Unknown {
    /// The number under which an identifier counts here: no one else can tell it.
    pub(super) fn number(&self, identifier: &Identifier) -> u64 {
        self.hasher.hash_one((identifier.kind(), identifier.expose()))
    }

    /// Identifiers were masked; each with whether the roster knew it. Never waits: when another exchange is at it,
    /// these are not counted.
    pub(super) fn met(&self, scope: &Scope, identifiers: &[(u64, bool)]) {
        if identifiers.is_empty() {
            return;
        }
        let window = self.window(scope).unwrap_or_else(|| {
            let mut scopes = self.scopes.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(scopes.entry(scope.clone()).or_default())
        });
        let Ok(mut seen) = window.seen.try_lock() else { return };
        for (number, known) in identifiers {
            seen.meet(*number, *known);
        }
        let share = Share { scope: scope.clone(), of: seen.order.len(), unknown: seen.unknown };
        window.closes.store(share.closes(), Ordering::Relaxed);
    }

    /// Whether free text leaves no longer.
    pub(super) fn closes(&self, scope: &Scope) -> bool {
        self.window(scope).is_some_and(|window| window.closes.load(Ordering::Relaxed))
    }

    /// Every scope's share, in the order of their names.
    pub fn shares(&self) -> Vec<Share> {
        let scopes = self.scopes.read().unwrap_or_else(PoisonError::into_inner);
        let mut shares: Vec<Share> = scopes
            .iter()
            .map(|(scope, window)| {
                let seen = window.seen.lock().unwrap_or_else(PoisonError::into_inner);
                Share { scope: scope.clone(), of: seen.order.len(), unknown: seen.unknown }
            })
            .collect();
        shares.sort_by_key(|share| share.scope.to_string());
        shares
    }

    fn window(&self, scope: &Scope) -> Option<Arc<Window>> {
        self.scopes.read().unwrap_or_else(PoisonError::into_inner).get(scope).map(Arc::clone)
    }
}

impl Seen {
    fn meet(&mut self, number: u64, known: bool) {
        if self.known.contains_key(&number) {
            return;
        }
        self.known.insert(number, known);
        self.order.push_back(number);
        self.unknown += usize::from(!known);
        if self.order.len() > WINDOW
            && let Some(oldest) = self.order.pop_front()
            && self.known.remove(&oldest) == Some(false)
        {
            self.unknown -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ENOUGH, Unknown, WINDOW};
    use crate::identity::{Epoch, Publisher, School, Scope};

    fn scope() -> Scope {
        Scope {
            school: School::parse("12AB").unwrap(),
            publisher: Publisher::parse("rekenwonder").unwrap(),
            epoch: Epoch::parse("2026-2027").unwrap(),
        }
    }

    #[test]
    fn nothing_is_said_of_few_and_the_same_one_counts_once() {
        let unknown = Unknown::default();
        for _ in 0..500 {
            unknown.met(&scope(), &[(7, false)]);
        }
        let few: Vec<_> = (0..ENOUGH as u64 - 2).map(|number| (number + 100, false)).collect();
        unknown.met(&scope(), &few);
        let share = unknown.shares().remove(0);
        assert_eq!((share.of, share.unknown, share.ratio()), (ENOUGH - 1, ENOUGH - 1, None));
        assert!(!unknown.closes(&scope()) && !share.warns());
        unknown.met(&scope(), &[(1, true)]);
        assert!(unknown.closes(&scope()));
    }

    #[test]
    fn it_warns_closes_and_opens_again_at_its_bounds() {
        let unknown = Unknown::default();
        let (mut warned, mut closed) = (None, None);
        // One in a hundred unknown, then all: the share grows until it closes.
        unknown.met(&scope(), &(0..1000).map(|number| (number, number % 100 != 0)).collect::<Vec<_>>());
        assert!(!unknown.shares().remove(0).warns());
        for number in 1000..1200 {
            unknown.met(&scope(), &[(number, false)]);
            let share = unknown.shares().remove(0);
            if share.warns() {
                warned.get_or_insert(share.unknown);
            }
            if unknown.closes(&scope()) {
                closed.get_or_insert(share.unknown);
            }
        }
        assert_eq!((warned, closed), (Some(21), Some(101)));
        // As many that are known as the window holds: open again.
        unknown.met(&scope(), &(5000..5000 + WINDOW as u64).map(|number| (number, true)).collect::<Vec<_>>());
        let share = unknown.shares().remove(0);
        assert_eq!((share.of, share.unknown, unknown.closes(&scope())), (WINDOW, 0, false));
    }
}
