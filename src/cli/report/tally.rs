//! What crossed, counted from leaves: for each route template how many messages, refusals, and uses of each rule.
//!
//! It must not know the configuration, nor believe anything: whoever reports verifies the journal first. Leaves hold no
//! name, number or pseudonym, and neither does this.

use std::collections::{BTreeMap, HashSet};

use super::trials::Canaries;
use crate::journal::{Decision, Detail, Event, Leaf, LeafScope};

/// A period, in milliseconds since the Unix epoch: from the first moment, up to but without the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) from_ms: u64,
    pub(super) until_ms: u64,
}

impl Default for Period {
    fn default() -> Self {
        Self { from_ms: 0, until_ms: u64::MAX }
    }
}

impl Period {
    /// Whether a moment lies in it.
    pub(super) fn holds(&self, time_ms: u64) -> bool {
        (self.from_ms..self.until_ms).contains(&time_ms)
    }
}

/// Where a message crossed: school, publisher in whose scope, route template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Way {
    pub(super) school: String,
    /// The publisher that enters the derivation: of publishers that share ids, the one they share them with.
    pub(super) publisher: String,
    pub(super) template: String,
}

/// How often a rule applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Uses {
    /// In messages that left, under the configuration in force.
    pub(super) left: u64,
    /// In messages that left, under earlier configurations.
    pub(super) left_before: u64,
    /// In messages that entered.
    pub(super) entered: u64,
    /// In messages that were refused for it.
    pub(super) refused: u64,
}

impl Uses {
    /// Adds those of another template.
    pub(super) fn add(&mut self, other: Self) {
        self.left = self.left.saturating_add(other.left);
        self.left_before = self.left_before.saturating_add(other.left_before);
        self.entered = self.entered.saturating_add(other.entered);
        self.refused = self.refused.saturating_add(other.refused);
    }

    /// Left, whenever.
    pub(super) fn left_ever(self) -> u64 {
        self.left.saturating_add(self.left_before)
    }
}

/// What crossed in one place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Crossed {
    /// Messages that left.
    pub(super) left: u64,
    /// Messages that entered.
    pub(super) entered: u64,
    /// Of both: replies of which only the status crossed.
    pub(super) bare: u64,
    /// Streamed messages that began and are not known to have ended.
    pub(super) unfinished: u64,
    /// Messages that left of which a needle filter is kept, and a leaf commits to it.
    pub(super) with_needle: u64,
    /// Messages that left while their route kept no needle filters.
    pub(super) needle_off: u64,
    /// How often something about a pupil crossed: the commitments of all leaves.
    pub(super) pupils: u64,
    /// Refusals by code, as journalled: `sls-601`.
    pub(super) refused: BTreeMap<String, u64>,
    /// What the guard found and let go, by its name for it: `suspect-full-name`, `typed-bsn`.
    pub(super) noted: BTreeMap<String, u64>,
    /// Uses by rule, as journalled.
    pub(super) rules: BTreeMap<String, Uses>,
    /// The first and the last moment.
    pub(super) span: Option<(u64, u64)>,
}

impl Crossed {
    /// Adds what crossed in another place.
    pub(super) fn add(&mut self, other: &Self) {
        let sum = |to: &mut u64, more: u64| *to = to.saturating_add(more);
        sum(&mut self.left, other.left);
        sum(&mut self.entered, other.entered);
        sum(&mut self.bare, other.bare);
        sum(&mut self.unfinished, other.unfinished);
        sum(&mut self.with_needle, other.with_needle);
        sum(&mut self.needle_off, other.needle_off);
        sum(&mut self.pupils, other.pupils);
        for (code, count) in &other.refused {
            sum(self.refused.entry(code.clone()).or_default(), *count);
        }
        for (name, count) in &other.noted {
            sum(self.noted.entry(name.clone()).or_default(), *count);
        }
        for (rule, uses) in &other.rules {
            self.rules.entry(rule.clone()).or_default().add(*uses);
        }
        if let Some((first, last)) = other.span {
            self.at(first);
            self.at(last);
        }
    }

    /// Refusals for whatever reason.
    pub(super) fn refusals(&self) -> u64 {
        self.refused.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Refusals because the guard found something.
    pub(super) fn stopped(&self) -> u64 {
        self.refused.get(STOPPED).copied().unwrap_or_default()
    }

    /// How often something that may have been a name was let go, as a route with `suspect = "report"` does.
    pub(super) fn suspected(&self) -> u64 {
        let suspects = self.noted.iter().filter(|(name, _)| name.starts_with("suspect"));
        suspects.fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Whether anything happened here.
    pub(super) fn is_used(&self) -> bool {
        self.span.is_some()
    }

    fn used(&mut self, rule: &str, uses: Uses) {
        match self.rules.get_mut(rule) {
            Some(known) => known.add(uses),
            None => drop(self.rules.insert(rule.to_owned(), uses)),
        }
    }

    fn at(&mut self, time_ms: u64) {
        let (first, last) = self.span.unwrap_or((time_ms, time_ms));
        self.span = Some((first.min(time_ms), last.max(time_ms)));
    }
}

/// The refusal of the guard, as the journal writes it.
pub(super) const STOPPED: &str = "sls-601";

/// A protection that the school waived by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waived {
    pub(super) time_ms: u64,
    pub(super) scope: Option<LeafScope>,
    pub(super) route: String,
    /// Details by name, as the journal has them.
    pub(super) details: Vec<(String, String)>,
}

/// The most waivers that are kept one by one; all are counted.
const MOST_WAIVED: usize = 1000;

/// Everything that was counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tally {
    period: Period,
    in_force: [u8; 32],
    /// Exchanges of which a needle filter is kept, as the files show.
    with_filter: HashSet<[u8; 16]>,
    /// Leaves of the period.
    pub(super) leaves: u64,
    /// The first and the last moment of any leaf in the period.
    pub(super) span: Option<(u64, u64)>,
    /// The newest moment of any leaf at all.
    pub(super) newest_ms: u64,
    pub(super) ways: BTreeMap<Way, Crossed>,
    pub(super) events: BTreeMap<Event, u64>,
    pub(super) canaries: BTreeMap<Way, Canaries>,
    pub(super) waived: Vec<Waived>,
    /// Needle filters that leaves commit to; whether they are still there, [`Crossed::with_needle`] says.
    pub(super) needles: u64,
    /// Leaves by the digest of the configuration, of the binary and of the profile that they name.
    pub(super) configurations: BTreeMap<[u8; 32], u64>,
    pub(super) binaries: BTreeMap<[u8; 32], u64>,
    pub(super) profiles: BTreeMap<[u8; 32], u64>,
    /// The newest roster leaf of each school: when, and how many pupils.
    pub(super) rosters: BTreeMap<String, (u64, u64)>,
}

impl Tally {
    /// Nothing yet, of this period. `in_force` is the configuration that counts as the present one.
    pub(super) fn new(period: Period, in_force: [u8; 32]) -> Self {
        Self { period, in_force, ..Self::default() }
    }

    /// Knows of which exchanges a needle filter is kept: before anything is counted.
    pub(super) fn with_needles(self, with_filter: HashSet<[u8; 16]>) -> Self {
        Self { with_filter, ..self }
    }
    /// Counts a leaf; returns whether it lies in the period.
    pub(super) fn take(&mut self, leaf: &Leaf) -> bool {
        self.newest_ms = self.newest_ms.max(leaf.time_ms);
        if leaf.event == Event::ROSTER {
            self.roster(leaf);
        }
        if !self.period.holds(leaf.time_ms) {
            return false;
        }
        self.leaves += 1;
        let (first, last) = self.span.unwrap_or((leaf.time_ms, leaf.time_ms));
        self.span = Some((first.min(leaf.time_ms), last.max(leaf.time_ms)));
        *self.events.entry(leaf.event).or_default() += 1;
        for (digest, counted) in [
            (&leaf.configuration, &mut self.configurations),
            (&leaf.binary, &mut self.binaries),
            (&leaf.profile, &mut self.profiles),
        ] {
            if let Some(digest) = digest {
                *counted.entry(*digest).or_default() += 1;
            }
        }
        match leaf.event {
            Event::CANARY => self.canary(leaf),
            Event::WAIVED => self.waiver(leaf),
            Event::NEEDLE => {
                self.needles = self.needles.saturating_add(number(leaf, "count").unwrap_or_default());
            }
            Event::LEFT
            | Event::ENTERED
            | Event::REFUSED
            | Event::OPENED
            | Event::CLOSED
            | Event::CONTINUED => {
                self.crossing(leaf);
            }
            _ => {}
        }
        true
    }

    /// Everything that crossed, together.
    pub(super) fn whole(&self) -> Crossed {
        let mut whole = Crossed::default();
        self.ways.values().for_each(|crossed| whole.add(crossed));
        whole
    }

    fn crossing(&mut self, leaf: &Leaf) {
        let Some(way) = way(leaf) else { return };
        let present = leaf.configuration == Some(self.in_force);
        let crossed = self.ways.entry(way).or_default();
        crossed.at(leaf.time_ms);
        crossed.pupils = crossed.pupils.saturating_add(leaf.pupils.map_or(0, |pupils| pupils.count.into()));
        match leaf.event {
            Event::OPENED => crossed.unfinished += 1,
            Event::CLOSED => crossed.unfinished = crossed.unfinished.saturating_sub(1),
            _ => {}
        }
        if let Decision::Refused(code) = &leaf.decision {
            *crossed.refused.entry(code.clone()).or_default() += 1;
            for (rule, count) in &leaf.rules {
                crossed.used(rule, Uses { refused: *count, ..Uses::default() });
            }
            return;
        }
        // A streamed message counts when it ends, its rules with each segment; bytes are named when they left.
        let leaves = leaf.event == Event::LEFT || leaf.event != Event::ENTERED && leaf.left.is_some();
        let whole = u64::from(!matches!(leaf.event, Event::OPENED | Event::CONTINUED));
        *(if leaves { &mut crossed.left } else { &mut crossed.entered }) += whole;
        crossed.bare += u64::from(leaf.details.iter().any(|(name, _)| name == "bare-status"));
        let kept = leaf.exchange.is_some_and(|exchange| self.with_filter.contains(&exchange));
        crossed.with_needle += whole * u64::from(leaves && leaf.left.is_some() && kept);
        crossed.needle_off += whole * u64::from(leaf.details.iter().any(|(name, _)| name == "needle"));
        for (name, detail) in &leaf.details {
            if let (Some(name), Detail::Number(count)) = (name.strip_prefix("guard-"), detail) {
                let noted = crossed.noted.entry(name.to_owned()).or_default();
                *noted = noted.saturating_add(*count);
            }
        }
        for (rule, count) in &leaf.rules {
            let mut uses = Uses::default();
            *(match (leaves, present) {
                (true, true) => &mut uses.left,
                (true, false) => &mut uses.left_before,
                (false, _) => &mut uses.entered,
            }) = *count;
            crossed.used(rule, uses);
        }
    }

    fn canary(&mut self, leaf: &Leaf) {
        let Some(way) = way(leaf) else { return };
        self.canaries.entry(way).or_default().take(leaf);
    }

    fn waiver(&mut self, leaf: &Leaf) {
        if self.waived.len() == MOST_WAIVED {
            return;
        }
        let details = leaf.details.iter().map(|(name, detail)| {
            let text = match detail {
                Detail::Number(number) => number.to_string(),
                Detail::Digest(digest) => super::super::hex(digest),
                Detail::Text(text) => text.clone(),
            };
            (name.clone(), text)
        });
        self.waived.push(Waived {
            time_ms: leaf.time_ms,
            scope: leaf.scope.clone(),
            route: leaf.route.clone(),
            details: details.collect(),
        });
    }

    fn roster(&mut self, leaf: &Leaf) {
        let school = leaf.details.iter().find_map(|(name, detail)| match detail {
            Detail::Text(text) if name == "school" => Some(text.clone()),
            _ => None,
        });
        if let (Some(school), Some(pupils)) = (school, number(leaf, "pupils")) {
            self.rosters.insert(school, (leaf.time_ms, pupils));
        }
    }
}

fn way(leaf: &Leaf) -> Option<Way> {
    let scope = leaf.scope.as_ref()?;
    let (school, publisher) = (scope.school.clone(), scope.publisher.clone());
    Some(Way { school, publisher, template: leaf.route.clone() })
}

pub(super) fn number(leaf: &Leaf, name: &str) -> Option<u64> {
    leaf.details.iter().find_map(|(known, detail)| match detail {
        Detail::Number(number) if known == name => Some(*number),
        _ => None,
    })
}
