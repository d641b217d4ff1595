//! Looking a name up: every message that left, every filter that a leaf commits to, and what is not covered.
//!
//! It believes the leaves (whoever needs proof verifies the journal first) and compares every filter with them. A
//! filter that is missing, moved or another than was committed to is said, and its exchanges are not covered.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use super::NeedleError;
use super::file::{Batch, first};
use super::filter::contains;
use super::month::{Month, MonthKey};
use super::question::{Question, Says};
use crate::clock::Timestamp;
use crate::journal::{Decision, Detail, Event, Leaf, LeafScope, each_leaf};

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
    /// Where the name may be, by time.
    pub hits: Vec<Hit>,
    /// What was not asked.
    pub missing: Missing,
    /// Filters that differ from what was committed to.
    pub wrong: Vec<Wrong>,
}

/// Each month's key, and what to ask its filters; none when the key is not at hand.
type Months = BTreeMap<Month, Option<(Vec<u64>, MonthKey)>>;

/// A message that left.
struct Left {
    time_ms: u64,
    scope: Option<LeafScope>,
    route: String,
    off: bool,
    /// Filters that there should be: one, or one of each segment; and those that were asked.
    filters: (u64, u64),
    says: Option<Says>,
}

/// Looks a name up in the journal below `directory`, or in a copy of it.
///
/// # Errors
/// The journal, or a key, cannot be read.
pub fn look(
    directory: &Path,
    question: &Question,
    asked: &Asked,
    keys: &mut Keys<'_>,
) -> Result<Found, NeedleError> {
    let (mut left, mut batches) = (HashMap::new(), Vec::new());
    each_leaf(directory, &mut |leaf: Leaf| {
        if let Some(batch) = Batch::of(&leaf).filter(|batch| asked.holds(batch.month)) {
            batches.push((leaf.sequence, batch));
        } else if let Some((exchange, message)) = message_of(leaf, asked) {
            // Each segment of a message that streamed has a leaf, and so has its end.
            let known: &mut Left = left.entry(exchange).or_insert(message);
            known.filters.0 += 1;
        }
    })
    .map_err(NeedleError::AskJournal)?;
    let mut found = Found::default();
    let mut months: Months = BTreeMap::new();
    for (sequence, batch) in batches {
        let month = match months.entry(batch.month) {
            Entry::Occupied(month) => month.into_mut(),
            Entry::Vacant(month) => {
                let key = keys(batch.month)?;
                month.insert(key.map(|key| (question.hashes(&key), key)))
            }
        };
        let good = match batch.read(directory) {
            // Compared even when no key is at hand.
            Some(bytes) => {
                match month.as_ref().map(|(hashes, key)| ask(&bytes, key, hashes, question, &mut left)) {
                    Some(Opened { all, none }) => {
                        // They are what was committed to: it is the key that is another month's, or another school's.
                        if none {
                            *month = None;
                        }
                        all || none
                    }
                    None => true,
                }
            }
            None => false,
        };
        if !good {
            found.wrong.push(Wrong { sequence, month: batch.month, filters: batch.count });
        }
    }
    count(left, &months, &mut found);
    Ok(found)
}

/// The exchanges of which a filter is kept as a leaf commits to it. Needs no key.
///
/// # Errors
/// The journal cannot be read.
pub fn covered(directory: &Path) -> Result<HashSet<[u8; 16]>, NeedleError> {
    let mut batches = Vec::new();
    each_leaf(directory, &mut |leaf: Leaf| batches.extend(Batch::of(&leaf)))
        .map_err(NeedleError::AskJournal)?;
    let mut exchanges = HashSet::new();
    for batch in batches {
        let bytes = batch.read(directory).unwrap_or_default();
        let mut rest = bytes.as_slice();
        while let Some((record, after)) = first(rest) {
            exchanges.insert(*record.exchange);
            rest = after;
        }
    }
    Ok(exchanges)
}

/// Which filters of a stretch opened.
struct Opened {
    all: bool,
    /// There were some, and none did.
    none: bool,
}

/// Asks every filter of a stretch.
fn ask(
    mut bytes: &[u8],
    key: &MonthKey,
    hashes: &[u64],
    question: &Question,
    left: &mut HashMap<[u8; 16], Left>,
) -> Opened {
    let (mut opened_ones, mut closed) = (0_usize, 0_usize);
    while let Some((record, after)) = first(bytes) {
        bytes = after;
        let Some(message) = left.get_mut(record.exchange) else { continue };
        let opened = key.sealer().open(&key.place(record.exchange), record.sealed).ok();
        let answers = opened.as_ref().and_then(|filter| contains(filter.expose(), hashes));
        match answers {
            Some(answers) => {
                opened_ones += 1;
                message.filters.1 += 1;
                message.says = message.says.max(Some(question.judge(&answers)));
            }
            None => closed += 1,
        }
    }
    Opened { all: closed == 0, none: closed > 0 && opened_ones == 0 }
}

fn count(left: HashMap<[u8; 16], Left>, months: &Months, found: &mut Found) {
    for (exchange, message) in left {
        found.exchanges += 1;
        let month = Month::of(Timestamp::from_millis(message.time_ms));
        match message.says.filter(|says| *says != Says::No || message.filters.1 >= message.filters.0) {
            Some(says) => {
                found.covered += 1;
                if says != Says::No {
                    let Left { time_ms, scope, route, .. } = message;
                    let together = says == Says::Together;
                    found.hits.push(Hit { exchange, time_ms, scope, route, together });
                }
            }
            None if message.off => found.missing.off += 1,
            None if matches!(months.get(&month), Some(None)) => found.missing.no_key += 1,
            None => found.missing.no_filter += 1,
        }
    }
    found.hits.sort_unstable_by_key(|hit| (hit.time_ms, hit.exchange));
}

/// The message that a leaf says has left, when it was asked for. Where only a status
/// crossed there is no text. What was broken off has left as far as its segments have.
fn message_of(leaf: Leaf, asked: &Asked) -> Option<([u8; 16], Left)> {
    let segment = matches!(leaf.event, Event::OPENED | Event::CONTINUED);
    let crossed = segment || leaf.event == Event::LEFT;
    if !crossed
        || leaf.decision != Decision::Passed
        || leaf.left.is_none()
        || !asked.holds(Month::of(Timestamp::from_millis(leaf.time_ms)))
    {
        return None;
    }
    let publisher = leaf.scope.as_ref().map_or("", |scope| scope.publisher.as_str());
    if asked.publisher.as_ref().is_some_and(|asked| asked != publisher) {
        return None;
    }
    let off =
        |(name, detail): &(String, Detail)| name == "needle" && *detail == Detail::Text("off".to_owned());
    let off = leaf.details.iter().any(off);
    Some((
        leaf.exchange?,
        Left {
            time_ms: leaf.time_ms,
            scope: leaf.scope,
            route: leaf.route,
            off,
            filters: (0, 0),
            says: None,
        },
    ))
}

impl Asked {
    fn holds(&self, month: Month) -> bool {
        self.from.is_none_or(|from| from <= month) && self.to.is_none_or(|to| month <= to)
    }
}
