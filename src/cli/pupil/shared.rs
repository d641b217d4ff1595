//! What a publisher gets of a pupil by its routes' rules, and when he last crossed, by the journal.
//!
//! It must not know who the pupil is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::cli::act::Workplace;
use crate::cli::failure::Failure;
use crate::cli::faults::journal_failed;
use crate::clock::Timestamp;
use crate::config::settings::{AsksSettings, PublisherSettings, RouteSettings};
use crate::crypto::MacKey;
use crate::identity::{Kind, Publisher};
use crate::journal::{Event, Leaf, Leaves, pupil_commitment};
use crate::profile::{Category, Door, Rule, RuleId, Verb};
use crate::secret::Secret;

/// The routes of a publisher, each with what of a pupil can leave by it: per category, as it is, coarser or under another
/// form. Only what rules let leave there, of what is about pupils, as far as the agreement goes.
pub(super) fn routes(publisher: &PublisherSettings) -> Vec<Value> {
    publisher.routes.iter().map(|of| route(publisher, of)).collect()
}

fn route(publisher: &PublisherSettings, route: &RouteSettings) -> Value {
    let mut shared: BTreeMap<(Category, &'static str), Vec<String>> = BTreeMap::new();
    for (_, leaving) in leaving(publisher, route).into_iter().filter(|(_, leaving)| leaving.can) {
        let fields = shared.entry((leaving.category, leaving.how)).or_default();
        if !fields.contains(&leaving.field) {
            fields.push(leaving.field);
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

/// What a rule lets leave of a pupil.
pub(super) struct Leaving {
    category: Category,
    how: &'static str,
    field: String,
    /// Whether it can leave here: its message leaves, and the agreement names it.
    can: bool,
}

/// The rules of a route about pupils, under the names by which the journal counts them.
pub(super) fn leaving(publisher: &PublisherSettings, route: &RouteSettings) -> Vec<(String, Leaving)> {
    let agreed = publisher.recorded.agreement.as_ref().map(|agreement| &agreement.categories);
    let reach = route.profile.reach();
    let mut found = Vec::new();
    for (at, (rule, reach)) in route.profile.rules().iter().zip(reach).enumerate() {
        let about_pupils = |category: &Category| !matches!(category, Category::StaffId | Category::School);
        let (Some(category), Some(how)) = (rule.category.filter(about_pupils), how(rule.verb(Door::Leave)))
        else {
            continue;
        };
        let kept = publisher.keeps_eck_id() && rule.kind == Some(Kind::ECK_ID);
        let held_back = rule.leave.shares() && agreed.is_some_and(|agreed| !agreed.contains(&category));
        let leaves = if route.asks == AsksSettings::School { reach.request } else { reach.reply };
        let how = if kept { "as-is" } else { how };
        let text = route.profile.rule_text(RuleId(u32::try_from(at).unwrap_or(u32::MAX)));
        found.push((text, Leaving { category, how, field: field(rule), can: leaves && !held_back }));
    }
    found
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

/// When a pupil crossed, as far as his salts tell, and what was in those messages.
#[derive(Debug, Clone, Default)]
pub(super) struct Crossings {
    pub(super) count: u64,
    pub(super) first_ms: u64,
    pub(super) last_ms: u64,
    /// By rule: in how many messages about him alone it let something leave, and in how many about others too.
    rules: BTreeMap<String, (u64, u64)>,
    /// The exchange counted last, and the rules counted of it: one that streams has a leaf a segment.
    last: (Option<[u8; 16]>, BTreeSet<String>),
}

impl Crossings {
    /// `known` says what rules let leave; of others, and of those about no pupil, nothing is told.
    pub(super) fn report(self, known: &BTreeMap<String, Leaving>) -> Value {
        let time = |millis| (self.count > 0).then(|| Timestamp::from_millis(millis).rfc3339());
        let (first, last) = (time(self.first_ms), time(self.last_ms));
        let mut told: BTreeMap<(Category, &str, &str), (u64, u64)> = BTreeMap::new();
        for (rule, (alone, among)) in &self.rules {
            let Some(leaving) = known.get(rule) else { continue };
            let sum = told.entry((leaving.category, leaving.how, leaving.field.as_str())).or_default();
            *sum = (sum.0 + alone, sum.1 + among);
        }
        let told = told.into_iter().map(|((category, how, field), (alone, among))| {
            json!({
                "category": category.as_str(), "how": how, "field": field,
                "messages_about_this_pupil": alone, "messages_about_others_too": among,
            })
        });
        json!({ "count": self.count, "first": first, "last": last, "fields": told.collect::<Vec<_>>() })
    }

    fn add(&mut self, leaf: &Leaf, exchange: &[u8; 16], pupils: usize) {
        let segment = leaf.event == Event::CONTINUED && self.last.0 == Some(*exchange);
        if !segment {
            self.count += 1;
            self.last = (Some(*exchange), BTreeSet::new());
        }
        self.last_ms = self.last_ms.max(leaf.time_ms);
        self.first_ms = if self.first_ms == 0 { leaf.time_ms } else { self.first_ms.min(leaf.time_ms) };
        let left = leaf.event == Event::LEFT || leaf.left.is_some();
        for (rule, _) in leaf.rules.iter().filter(|_| left) {
            if !self.last.1.insert(rule.clone()) {
                continue;
            }
            let (alone, among) = self.rules.entry(rule.clone()).or_default();
            *(if pupils == 1 { alone } else { among }) += 1;
        }
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
                // A pupil with several identifiers has several commitments.
                let own = |one: &&[u8; 32]| keys.iter().any(|key| pupil_commitment(key, exchange) == **one);
                let others = commitments.iter().any(|one| !own(&one));
                of.add(&leaf, exchange, if others { 2 } else { 1 });
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
