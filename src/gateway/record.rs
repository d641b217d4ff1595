//! What the journal is told: counts, digests and commitments; never a value, a pseudonym or a path as received.
//!
//! No record, no send: a crossing returns only when its leaf is durable.

use sha2::{Digest, Sha256};

use super::aside::aside;
use super::exchange::Exchange;
use super::message::{Head, Message};
use super::refusal::Refusal;
use crate::clock::Timestamp;
use crate::crypto::MacKey;
use crate::journal::{Decision, Detail, Event, Leaf, LeafScope, VaultHead, pupil_commitment};
use crate::profile::RuleId;
use crate::secret::Secret;

/// A message about to cross.
pub(super) struct Crossing<'a> {
    pub(super) event: Event,
    /// How often each rule applied, by its number.
    pub(super) counts: &'a [u32],
    /// The salts of the mappings concerned, each once.
    pub(super) salts: &'a [[u8; 16]],
    /// Permits that the guard needed.
    pub(super) permits: usize,
    /// What the guard found and let go, by name.
    pub(super) noted: &'a [(&'static str, u64)],
    /// List elements that did not leave, because their pupils do not.
    pub(super) withheld: usize,
    /// Of a message that streams, which segment; behind the first it has no head of its own.
    pub(super) segment: Option<u64>,
}

/// Makes a crossing durable. `leaving` is the message whose bytes are about to leave.
///
/// # Errors
/// [`Refusal::JournalFailed`]: nothing may move then.
pub(super) async fn record(
    exchange: &Exchange,
    crossing: &Crossing<'_>,
    leaving: Option<&Message>,
) -> Result<(), Refusal> {
    let mut leaf = leaf(exchange, crossing.event, Decision::Passed);
    leaf.rules = rules(exchange, crossing.counts);
    if crossing.permits > 0 {
        leaf.permits = vec![("guard".to_owned(), crossing.permits as u64)];
    }
    if let Some(message) = leaving {
        let digest = aside(message.body.len(), || Sha256::digest(&message.body).into()).await;
        leaf.left = Some(digest);
        if crossing.segment.is_none_or(|segment| segment == 0) {
            leaf.details = vec![("head".to_owned(), Detail::Digest(digest_head(&message.head)))];
        }
        if !exchange.route.needle {
            leaf.details.push(("needle".to_owned(), Detail::Text("off".to_owned())));
        }
        if crossing.withheld > 0 {
            leaf.details.push(("withheld".to_owned(), Detail::Number(crossing.withheld as u64)));
        }
    }
    leaf.details.extend(crossing.segment.map(|segment| ("segment".to_owned(), Detail::Number(segment))));
    let noted = crossing.noted.iter();
    leaf.details.extend(noted.map(|(name, count)| (format!("guard-{name}"), Detail::Number(*count))));
    leaf.details.sort_by(|one, other| one.0.cmp(&other.0));

    let commitments =
        crossing.salts.iter().map(|salt| pupil_commitment(&salted(salt), exchange.id.as_bytes())).collect();
    let time = Timestamp::from_millis(leaf.time_ms);
    append(exchange, leaf, commitments).await?;
    if let (Some(message), Some(needle), true) = (leaving, &exchange.house.needle, exchange.route.needle) {
        needle.take(exchange.id, time, message).await;
    }
    Ok(())
}

/// Makes a refusal durable, as far as the journal can still be written.
pub(super) async fn record_refusal(exchange: &Exchange, refusal: &Refusal, delivered: bool) {
    let mut leaf = leaf(exchange, Event::REFUSED, Decision::Refused(refusal.code().to_ascii_lowercase()));
    leaf.rules = refusal.rule().map(|rule| (rule.to_owned(), 1)).into_iter().collect();
    leaf.details = vec![("delivered".to_owned(), Detail::Number(u64::from(delivered)))];
    if let Err(refusal) = append(exchange, leaf, Vec::new()).await {
        tracing::error!(exchange = %exchange.id, code = refusal.code(), "the refusal could not be journalled");
    }
}

/// Makes durable that only a status crosses.
pub(super) async fn record_status(exchange: &Exchange, status: http::StatusCode) -> Result<(), Refusal> {
    let event = match exchange.route.asks {
        super::route::Asks::School => Event::ENTERED,
        super::route::Asks::Publisher => Event::LEFT,
    };
    let mut leaf = leaf(exchange, event, Decision::Passed);
    leaf.details = vec![("bare-status".to_owned(), Detail::Number(u64::from(status.as_u16())))];
    append(exchange, leaf, Vec::new()).await
}

pub(super) async fn append(
    exchange: &Exchange,
    leaf: Leaf,
    commitments: Vec<[u8; 32]>,
) -> Result<(), Refusal> {
    exchange.house.journal.append(leaf, commitments).await.map(|_| ()).map_err(|error| {
        tracing::error!(exchange = %exchange.id, %error, "the journal refused");
        Refusal::JournalFailed
    })
}

pub(super) fn leaf(exchange: &Exchange, event: Event, decision: Decision) -> Leaf {
    let (house, route) = (&exchange.house, &exchange.route);
    let head = house.vault.head();
    let mut leaf = Leaf::new(event, house.clock.now().as_millis());
    leaf.exchange = Some(*exchange.id.as_bytes());
    leaf.scope = Some(LeafScope {
        school: route.scope.school.as_str().to_owned(),
        publisher: route.scope.publisher.as_str().to_owned(),
        epoch: route.scope.epoch.as_str().to_owned(),
    });
    leaf.route = exchange.template();
    leaf.decision = decision;
    leaf.profile = Some(*route.profile.digest());
    leaf.configuration = Some(house.configuration);
    leaf.binary = Some(house.binary);
    leaf.keys = house.vault.key_id(&route.scope).map(|id| ("scope".to_owned(), id)).into_iter().collect();
    leaf.vault = Some(VaultHead { sequence: head.sequence, chain: head.chain });
    leaf.actor = format!("caller {}", exchange.caller + 1);
    leaf
}

/// Counts under the rules' own texts, in ascending order.
fn rules(exchange: &Exchange, counts: &[u32]) -> Vec<(String, u64)> {
    let applied = counts.iter().enumerate().filter(|(_, count)| **count > 0);
    let mut named: Vec<(String, u64)> = applied
        .map(|(rule, count)| {
            let rule = RuleId(u32::try_from(rule).unwrap_or(u32::MAX));
            (exchange.route.profile.rule_name(rule).to_owned(), u64::from(*count))
        })
        .collect();
    named.sort_unstable();
    named.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        kept.1 += if same { next.1 } else { 0 };
        same
    });
    named
}

/// The key of a mapping's salt.
fn salted(salt: &[u8; 16]) -> MacKey {
    // HMAC pads a key with zeros to a block (RFC 2104, 2): sixteen of them here change nothing.
    let mut key = [0; 32];
    for (to, from) in key.iter_mut().zip(salt) {
        *to = *from;
    }
    MacKey::new(&Secret::new(key))
}

/// SHA-256 of what leaves besides the body: method and target, or status.
fn digest_head(head: &Head) -> [u8; 32] {
    let line = match head {
        Head::Request { method, target, .. } => format!("{method} {target}"),
        Head::Reply { status, .. } => status.as_str().to_owned(),
    };
    Sha256::digest(line.as_bytes()).into()
}
