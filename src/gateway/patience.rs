//! Patience: how often the questions of a publisher may fail before it has to wait.
//!
//! Each failure says a little: that a pseudonym is unknown, that the school knows no such thing, that a reply held
//! somebody. Counted per scope, a run of guesses ends long before it has said something; a publisher whose questions
//! succeed never notices. It must not know messages.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use super::refusal::Refusal;
use crate::clock::Timestamp;

/// How much may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Questions of one publisher that name something unknown, in an hour.
    pub failures_per_hour: u32,
    /// Replies to one publisher that the guard withheld, in a day. Then its routes stop until time or a restart.
    pub withheld_per_day: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self { failures_per_hour: 1000, withheld_per_day: 50 }
    }
}

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// Requests for tokens that may fail from one address in an hour.
const TOKEN_FAILURES_PER_HOUR: u32 = 60;

/// Addresses that are remembered at once.
const ADDRESSES: usize = 10_000;

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// The question named something that is not there.
    Unknown,
    /// The reply held somebody.
    Withheld,
}

/// Failures of everyone who asks, by `K`: debts that time pays off.
pub(super) struct Failures<K> {
    debts: Mutex<HashMap<K, Debt>>,
}

/// Until when the failures so far are paid off.
#[derive(Clone, Copy, Default)]
struct Debt {
    unknown: u64,
    withheld: u64,
}

/// So many failures in such a time.
#[derive(Clone, Copy)]
struct Rate {
    most: u32,
    within_ms: u64,
}

impl Rate {
    /// A further failure. A clock that was set back does not make a debt longer than the whole time.
    fn add(self, until: u64, now: u64) -> u64 {
        let one = self.within_ms / u64::from(self.most.max(1));
        (until.max(now) + one).min(now + self.within_ms + one)
    }

    /// How many seconds there are to wait.
    fn wait(self, until: u64, now: u64) -> Option<u64> {
        let over = until.min(now + 2 * self.within_ms).saturating_sub(now + self.within_ms);
        (over > 0).then(|| over.div_ceil(1000))
    }
}

impl Patience {
    fn rate(&self, failure: Failure) -> Rate {
        match failure {
            Failure::Unknown => Rate { most: self.failures_per_hour, within_ms: HOUR_MS },
            Failure::Withheld => Rate { most: self.withheld_per_day, within_ms: DAY_MS },
        }
    }

    /// For those who ask for tokens and have shown nothing yet.
    pub(super) const fn of_strangers() -> Self {
        Self { failures_per_hour: TOKEN_FAILURES_PER_HOUR, withheld_per_day: 1 }
    }
}

impl<K> Default for Failures<K> {
    fn default() -> Self {
        Self { debts: Mutex::default() }
    }
}

impl<K: Hash + Eq> Failures<K> {
    /// Whether whoever this is may ask.
    ///
    /// # Errors
    /// [`Refusal::FailedTooOften`] or [`Refusal::WithheldTooOften`], with the seconds to wait.
    pub(super) fn may_ask(&self, who: &K, patience: Patience, now: Timestamp) -> Result<(), Refusal> {
        let debts = self.debts.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(debt) = debts.get(who) else { return Ok(()) };
        let now = now.as_millis();
        if let Some(seconds) = patience.rate(Failure::Withheld).wait(debt.withheld, now) {
            return Err(Refusal::WithheldTooOften { seconds });
        }
        match patience.rate(Failure::Unknown).wait(debt.unknown, now) {
            Some(seconds) => Err(Refusal::FailedTooOften { seconds }),
            None => Ok(()),
        }
    }

    /// Notes a failure. True when it is the one after which its publisher waits.
    pub(super) fn note(&self, who: K, failure: Failure, patience: Patience, now: Timestamp) -> bool {
        let mut debts = self.debts.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now.as_millis();
        if debts.len() >= ADDRESSES && !debts.contains_key(&who) {
            debts.retain(|_, debt| debt.unknown > now || debt.withheld > now);
            if debts.len() >= ADDRESSES {
                forget_half(&mut debts);
            }
        }
        let debt = debts.entry(who).or_default();
        let rate = patience.rate(failure);
        let until = match failure {
            Failure::Unknown => &mut debt.unknown,
            Failure::Withheld => &mut debt.withheld,
        };
        let waited = rate.wait(*until, now).is_some();
        *until = rate.add(*until, now);
        !waited && rate.wait(*until, now).is_some()
    }
}

/// Forgets those who owe least: whoever fails on keeps waiting, however many addresses are tried meanwhile.
fn forget_half<K: Hash + Eq>(debts: &mut HashMap<K, Debt>) {
    let owed = |debt: &Debt| debt.unknown.max(debt.withheld);
    let mut all: Vec<u64> = debts.values().map(owed).collect();
    let half = all.len() / 2;
    let (_, middle, _) = all.select_nth_unstable(half);
    let (middle, mut spare) = (*middle, all.len() - half);
    debts.retain(|_, debt| {
        // Of those who owe the same some go too, or nobody might.
        let goes = owed(debt) <= middle && spare > 0;
        spare -= usize::from(goes);
        !goes
    });
}

#[cfg(test)]
mod tests {
    use super::{DAY_MS, Failure, Failures, HOUR_MS, Patience};
    use crate::clock::Timestamp;
    use crate::gateway::refusal::Refusal;

    const PATIENCE: Patience = Patience { failures_per_hour: 10, withheld_per_day: 2 };

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + millis)
    }

    #[test]
    fn whoever_fails_too_often_waits_and_nobody_else() {
        let failures = Failures::default();
        let told: Vec<bool> =
            (0..12).map(|_| failures.note("a", Failure::Unknown, PATIENCE, at(0))).collect();
        assert_eq!(told.iter().filter(|told| **told).count(), 1, "one alarm");
        let refusal = failures.may_ask(&"a", PATIENCE, at(0)).unwrap_err();
        assert!(matches!(refusal, Refusal::FailedTooOften { seconds } if (1..=720).contains(&seconds)));
        assert_eq!(failures.may_ask(&"b", PATIENCE, at(0)), Ok(()));
        assert_eq!(failures.may_ask(&"a", PATIENCE, at(HOUR_MS)), Ok(()));
    }

    #[test]
    fn ten_in_an_hour_are_no_reason_to_wait() {
        let failures = Failures::default();
        for minute in 0..600 {
            let now = at(minute * 6 * 60_000);
            assert!(!failures.note("a", Failure::Unknown, PATIENCE, now));
            assert_eq!(failures.may_ask(&"a", PATIENCE, now), Ok(()));
        }
    }

    #[test]
    fn withheld_replies_stop_for_a_day() {
        let failures = Failures::default();
        for _ in 0..3 {
            failures.note("a", Failure::Withheld, PATIENCE, at(0));
        }
        let refusal = failures.may_ask(&"a", PATIENCE, at(0)).unwrap_err();
        assert!(matches!(refusal, Refusal::WithheldTooOften { .. }));
        assert_eq!(failures.may_ask(&"a", PATIENCE, at(DAY_MS / 2 + 1)), Ok(()));
    }

    #[test]
    fn a_clock_set_back_does_not_stop_for_ever() {
        let failures = Failures::default();
        for _ in 0..1000 {
            failures.note("a", Failure::Unknown, PATIENCE, at(1000 * DAY_MS));
        }
        failures.note("a", Failure::Unknown, PATIENCE, at(0));
        assert_eq!(failures.may_ask(&"a", PATIENCE, at(HOUR_MS)), Ok(()));
    }

    #[test]
    fn many_addresses_are_not_remembered_for_ever() {
        let failures = Failures::default();
        for address in 0..30_000_u32 {
            failures.note(address, Failure::Unknown, Patience::of_strangers(), at(0));
        }
        assert!(failures.debts.lock().unwrap().len() <= super::ADDRESSES);
    }

    #[test]
    fn who_waits_still_waits_when_many_addresses_fail() {
        let (failures, patience) = (Failures::default(), Patience::of_strangers());
        for _ in 0..100 {
            failures.note(u32::MAX, Failure::Unknown, patience, at(0));
        }
        for address in 0..30_000_u32 {
            failures.note(address, Failure::Unknown, patience, at(0));
        }
        assert!(failures.may_ask(&u32::MAX, patience, at(0)).is_err());
        assert!(failures.debts.lock().unwrap().len() <= super::ADDRESSES);
    }
}
