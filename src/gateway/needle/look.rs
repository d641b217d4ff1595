//! Looking a name up: every message that left, every filter that a leaf commits to, and what is not covered.
//!
//! It believes the leaves (whoever needs proof verifies the journal first) and compares every filter with them. A
//! filter that is missing, moved or another than was committed to is said, and its exchanges are not covered.
//!
//! It reads leaves and filters once, in their order, one filter in memory at a time: what is kept of an exchange is
//! kept until its filter comes, which is the next leaf of that kind.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use super::NeedleError;
use super::file::Batch;
use super::filter::contains;
use super::month::{Month, MonthKey};
use super::question::{Question, Says};
use crate::clock::Timestamp;
use crate::journal::{Decision, Detail, Event, Leaf, LeafScope, each_leaf};

/// The most exchanges that are pointed at, the first ones by time; all are counted.
pub const MOST_HITS: usize = 1000;

/// Where to look.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The first month.
    pub from: Option<Month>,
    /// The last month.
    pub to: Option<Month>,
    /// One publisher only, by the id that its leaves carry.
    pub publisher: Option<String>,
}

/// Gives a month's key, or none when it is not at hand.
pub type Keys<'a> = dyn FnMut(Month) -> Result<Option<MonthKey>, NeedleError> + 'a;

/// An exchange to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Its id.
    pub exchange: [u8; 16],
    /// When its message left, in milliseconds since the Unix epoch.
    pub time_ms: u64,
    /// School, publisher and epoch.
    pub scope: Option<LeafScope>,
    /// The route's template.
    pub route: String,
    /// Whether the words stand beside one another, or as one; else only each for itself.
    pub together: bool,
}

/// Messages that left and cannot be asked, by the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Missing {
    /// Their routes keep no filters.
    pub off: u64,
    /// No key of their month is at hand.
    pub no_key: u64,
    /// No filter that a leaf commits to: the process ended in between, too much waited, or the disk was full; or it was
    /// taken away or changed since.
    pub no_filter: u64,
}

impl Missing {
    /// All of them.
    pub const fn all(&self) -> u64 {
        self.off + self.no_key + self.no_filter
    }
}

/// Filters that are not what a leaf commits to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrong {
    /// The leaf.
    pub sequence: u64,
    /// The month's file.
    pub month: Month,
    /// How many filters the leaf commits to.
    pub filters: u64,
}

/// The answer.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Messages that left, in what was asked.
    pub exchanges: u64,
    /// Of these, how many were asked.
    pub covered: u64,
    /// In how many of these the name may be.
    pub found: u64,
    /// The first [`MOST_HITS`] of them, by time.
    pub hits: Vec<Hit>,
    /// What was not asked.
    pub missing: Missing,
    /// Filters that differ from what was committed to.
    pub wrong: Vec<Wrong>,
}

/// Each month's key, and what to ask its filters; none when the key is not at hand.
type Months = BTreeMap<Month, Option<(Vec<u64>, MonthKey)>>;

/// A message that left, and has not been answered for.
struct Left {
    time_ms: u64,
    /// Which of [`Looking::ways`].
    way: u32,
}

/// A message that left in segments: there is a filter of each.
struct Segments {
    left: Left,
    /// Filters that there should be, and those that were asked.
    filters: (u64, u64),
    says: Option<Says>,
}

/// Where messages go: a scope and a route.
type Way = (Option<LeafScope>, String);

/// A look-up under way.
struct Looking<'a, 'k> {
    directory: &'a Path,
    question: &'a Question,
    asked: &'a Asked,
    keys: &'a mut Keys<'k>,
    months: Months,
    ways: Vec<Way>,
    numbers: HashMap<Way, u32>,
    left: HashMap<[u8; 16], Left>,
    segments: HashMap<[u8; 16], Segments>,
    found: Found,
}

/// Looks a name up in the journal below `directory`, or in a copy of it. `tell` hears how many leaves were read.
///
/// # Errors
/// The journal, or a key, cannot be read.
pub fn look(
    directory: &Path,
    question: &Question,
    asked: &Asked,
    keys: &mut Keys<'_>,
    tell: &dyn Fn(u64),
) -> Result<Found, NeedleError> {
    let mut looking = Looking {
        directory,
        question,
        asked,
        keys,
        months: BTreeMap::new(),
        ways: Vec::new(),
        numbers: HashMap::new(),
        left: HashMap::new(),
        segments: HashMap::new(),
        found: Found::default(),
    };
    let mut failed = None;
    each_leaf(directory, &mut |leaf: Leaf| {
        if leaf.sequence.is_multiple_of(1024) {
            tell(leaf.sequence);
        }
        if failed.is_none() {
            failed = looking.take(leaf).err();
        }
    })
    .map_err(NeedleError::AskJournal)?;
    match failed {
        Some(error) => Err(error),
        None => Ok(looking.finish()),
    }
}

/// The exchanges of which a filter is kept as a leaf commits to it. Needs no key.
///
/// # Errors
/// The journal cannot be read.
pub fn covered(directory: &Path) -> Result<HashSet<[u8; 16]>, NeedleError> {
    let mut exchanges = HashSet::new();
    each_leaf(directory, &mut |leaf: Leaf| {
        let Some(batch) = Batch::of(&leaf) else { return };
        let mut here = Vec::new();
        if batch.stretch.each(directory, &mut |record| here.push(*record.exchange)) {
            exchanges.extend(here);
        }
    })
    .map_err(NeedleError::AskJournal)?;
    Ok(exchanges)
}

impl Looking<'_, '_> {
    fn take(&mut self, leaf: Leaf) -> Result<(), NeedleError> {
        if let Some(batch) = Batch::of(&leaf).filter(|batch| self.asked.holds(batch.month)) {
            return self.batch(leaf.sequence, &batch);
        }
        let event = leaf.event;
        let Some((exchange, time_ms, way, off)) = message_of(leaf, self.asked) else { return Ok(()) };
        if let Some(segments) = self.segments.get_mut(&exchange) {
            segments.filters.0 += 1;
            return Ok(());
        }
        let first = event != Event::CONTINUED;
        self.found.exchanges += u64::from(first || !off);
        if off {
            self.found.missing.off += u64::from(first);
            return Ok(());
        }
        let next = u32::try_from(self.ways.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(way).or_insert_with_key(|way| {
            self.ways.push(way.clone());
            next
        });
        let left = Left { time_ms, way: number };
        if event == Event::LEFT {
            self.left.insert(exchange, left);
        } else {
            self.segments.insert(exchange, Segments { left, filters: (1, 0), says: None });
        }
        Ok(())
    }

    /// Asks the filters that a leaf commits to.
    fn batch(&mut self, sequence: u64, batch: &Batch) -> Result<(), NeedleError> {
        let month = match self.months.entry(batch.month) {
            Entry::Occupied(month) => month.into_mut(),
            Entry::Vacant(month) => {
                let key = (self.keys)(batch.month)?;
                month.insert(key.map(|key| (self.question.hashes(&key), key)))
            }
        };
        // Answers count when all of the stretch is what was committed to. It is compared even when no key is at hand.
        let (mut answers, mut closed) = (Vec::new(), 0_u64);
        let same = batch.stretch.each(self.directory, &mut |record| {
            let exchange = record.exchange;
            let Some((hashes, key)) = month.as_ref() else { return };
            if !self.left.contains_key(exchange) && !self.segments.contains_key(exchange) {
                return;
            }
            let opened = key.sealer().open(&key.place(exchange), record.sealed).ok();
            match opened.as_ref().and_then(|filter| contains(filter.expose(), hashes)) {
                Some(found) => answers.push((*exchange, self.question.judge(&found))),
                None => closed += 1,
            }
        });
        // They are what was committed to: it is the key that is another month's, or another school's.
        let other_key = same && closed > 0 && answers.is_empty();
        if other_key {
            *month = None;
        }
        if !same || (closed > 0 && !other_key) {
            let filters = batch.stretch.count;
            self.found.wrong.push(Wrong { sequence, month: batch.month, filters });
        }
        if same {
            answers.into_iter().for_each(|(exchange, says)| self.answer(exchange, says));
        }
        Ok(())
    }

    /// What one filter says.
    fn answer(&mut self, exchange: [u8; 16], says: Says) {
        if let Some(segments) = self.segments.get_mut(&exchange) {
            segments.filters.1 += 1;
            segments.says = segments.says.max(Some(says));
        } else if let Some(left) = self.left.remove(&exchange) {
            self.count(exchange, &left, says);
        }
    }

    fn count(&mut self, exchange: [u8; 16], left: &Left, says: Says) {
        self.found.covered += 1;
        if says != Says::No {
            self.found.found += 1;
            let (scope, route) = self.ways.get(left.way as usize).cloned().unwrap_or_default();
            let together = says == Says::Together;
            self.found.hits.push(Hit { exchange, time_ms: left.time_ms, scope, route, together });
            if self.found.hits.len() >= 2 * MOST_HITS {
                first_by_time(&mut self.found.hits);
            }
        }
    }

    /// What has had no filter by now has none.
    fn finish(mut self) -> Found {
        for left in std::mem::take(&mut self.left).into_values() {
            self.miss(&left);
        }
        for (exchange, Segments { left, filters, says }) in std::mem::take(&mut self.segments) {
            // The name may stand in a segment that could not be asked.
            match says.filter(|says| filters.1 >= filters.0 || *says != Says::No) {
                Some(says) => self.count(exchange, &left, says),
                None => self.miss(&left),
            }
        }
        first_by_time(&mut self.found.hits);
        self.found
    }

    fn miss(&mut self, left: &Left) {
        let month = Month::of(Timestamp::from_millis(left.time_ms));
        match self.months.get(&month) {
            Some(None) => self.found.missing.no_key += 1,
            _ => self.found.missing.no_filter += 1,
        }
    }
}

fn first_by_time(hits: &mut Vec<Hit>) {
    hits.sort_unstable_by_key(|hit| (hit.time_ms, hit.exchange));
    hits.truncate(MOST_HITS);
}

/// The message that a leaf says has left, when it was asked for: its exchange, time and way, and whether its route
/// keeps no filters. Where only a status crossed there is no text. What was broken off has left as far as its segments have.
fn message_of(leaf: Leaf, asked: &Asked) -> Option<([u8; 16], u64, Way, bool)> {
    let crossed = matches!(leaf.event, Event::LEFT | Event::OPENED | Event::CONTINUED)
        && leaf.decision == Decision::Passed;
    if !crossed || leaf.left.is_none() || !asked.about(&leaf) {
        return None;
    }
    let off =
        |(name, detail): &(String, Detail)| name == "needle" && *detail == Detail::Text("off".to_owned());
    let off = leaf.details.iter().any(off);
    Some((leaf.exchange?, leaf.time_ms, (leaf.scope, leaf.route), off))
}

impl Asked {
    fn holds(&self, month: Month) -> bool {
        self.from.is_none_or(|from| from <= month) && self.to.is_none_or(|to| month <= to)
    }

    /// Whether a leaf is of the months and the publisher that were asked for.
    fn about(&self, leaf: &Leaf) -> bool {
        let publisher = leaf.scope.as_ref().map_or("", |scope| scope.publisher.as_str());
        self.holds(Month::of(Timestamp::from_millis(leaf.time_ms)))
            && self.publisher.as_ref().is_none_or(|asked| asked == publisher)
    }
}
