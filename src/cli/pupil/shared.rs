//! What a publisher gets of a pupil by its routes' rules, and when he last crossed, by the journal.
//!
//! It must not know who the pupil is.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::cli::act::Workplace;
use crate::cli::failure::Failure;
use crate::cli::faults::journal_failed;
use crate::clock::Timestamp;
use crate::config::settings::{AsksSettings, PublisherSettings, RouteSettings};
use crate::crypto::MacKey;
use crate::identity::Publisher;
use crate::journal::{Event, Leaves, pupil_commitment};
use crate::profile::{Category, Door, Rule, Verb};
use crate::secret::Secret;

/// The routes of a publisher, each with what leaves by it: per category, as it is, coarser or under another form.
pub(super) fn routes(publisher: &PublisherSettings) -> Vec<Value> {
    publisher.routes.iter().map(route).collect()
}

fn route(route: &RouteSettings) -> Value {
    let mut shared: BTreeMap<(Category, &'static str), Vec<String>> = BTreeMap::new();
    for rule in route.profile.rules() {
        let (Some(category), Some(how)) = (rule.category, how(rule.verb(Door::Leave))) else { continue };
        let fields = shared.entry((category, how)).or_default();
        let field = field(rule);
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    let shares = shared.into_iter().map(
        |((category, how), fields)| json!({ "category": category.as_str(), "how": how, "fields": fields }),
    );
    json!({
        "route": format!("{}/", route.mount),
        "profile": route.profile.name(),
        "asks": match route.asks {
            AsksSettings::School => "school",
            AsksSettings::Publisher => "publisher",
        },
        "shares": shares.collect::<Vec<_>>(),
    })
}

/// How a value leaves; nothing when it does not.
fn how(verb: Verb) -> Option<&'static str> {
    match verb {
        Verb::Keep => Some("as-is"),
        Verb::Generalise(_) => Some("coarser"),
        Verb::Pseudonym => Some("pseudonym"),
        Verb::Label(_) => Some("stand-in"),
        _ => None,
    }
}

fn field(rule: &Rule) -> String {
    if rule.slot.is_empty() { rule.at.clone() } else { rule.slot.clone() }
}

/// When a pupil crossed, as far as his salts tell.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Crossings {
    pub(super) count: u64,
    pub(super) first_ms: u64,
    pub(super) last_ms: u64,
    last_exchange: Option<[u8; 16]>,
}

impl Crossings {
    pub(super) fn report(self) -> Value {
        let time = |millis| (self.count > 0).then(|| Timestamp::from_millis(millis).rfc3339());
        json!({ "count": self.count, "first": time(self.first_ms), "last": time(self.last_ms) })
    }
}

/// Finds the pupil in the journal: for each entry of the publisher, whether one of its commitments is made with one of
/// the salts (docs/JOURNAL.md). In the order of the publishers.
pub(super) fn crossings(
    school: &str,
    salts: &[(Publisher, Vec<[u8; 16]>)],
    at: &Workplace<'_>,
) -> Result<Vec<Crossings>, Failure> {
    let keys: Vec<(&str, Vec<MacKey>)> = salts
        .iter()
        .map(|(publisher, salts)| (publisher.as_str(), salts.iter().map(key).collect()))
        .collect();
    let mut found = vec![Crossings::default(); salts.len()];
    let mut leaves = Leaves::open(&at.settings.journal).map_err(|error| journal_failed(&error))?;
    while let Some((leaf, commitments)) = leaves.read().map_err(|error| journal_failed(&error))? {
        let (Some(scope), Some(exchange)) = (&leaf.scope, &leaf.exchange) else { continue };
        let crossed = matches!(leaf.event, Event::LEFT | Event::ENTERED | Event::OPENED | Event::CONTINUED);
        if !crossed || commitments.is_empty() || scope.school != school {
            continue;
        }
        for ((publisher, keys), of) in keys.iter().zip(&mut found) {
            let his = |key: &MacKey| commitments.binary_search(&pupil_commitment(key, exchange)).is_ok();
            if scope.publisher == *publisher && keys.iter().any(his) {
                // Once for all segments of an exchange that streams.
                let segment = leaf.event == Event::CONTINUED && of.last_exchange == Some(*exchange);
                of.count += u64::from(!segment);
                of.last_exchange = Some(*exchange);
                of.last_ms = of.last_ms.max(leaf.time_ms);
                of.first_ms = if of.first_ms == 0 { leaf.time_ms } else { of.first_ms.min(leaf.time_ms) };
            }
        }
    }
    Ok(found)
}

/// The key of a mapping's salt: HMAC pads a key with zeros to a block (RFC 2104, 2).
fn key(salt: &[u8; 16]) -> MacKey {
    let mut padded = Zeroizing::new([0; 32]);
    for (to, from) in padded.iter_mut().zip(salt) {
        *to = *from;
    }
    MacKey::new(&Secret::new(*padded))
}
