//! The lines of a register: for each rule of a route's profile what happens to its field when it leaves, what the
//! agreement says of it, and how often it was used.
//!
//! It must not know a language.

use std::collections::{BTreeMap, BTreeSet};

use super::tally::{Crossed, Uses};
use crate::config::settings::{AsksSettings, PublisherSettings, RouteSettings};
use crate::identity::Kind;
use crate::profile::{Category, Rule, RuleId, Verb};

/// What happens to a field when it leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Leaves {
    /// As it is.
    Shared,
    /// Coarser: a year for a date.
    Coarser,
    /// An ECK iD that this publisher keeps.
    EckId,
    /// A number in its place.
    Number,
    /// An invented name in its place.
    StandIn,
    /// Another address, of Sluis's own.
    Address,
    /// What the school agreed with the publisher for it, always the same.
    Swapped,
    /// A fixed text, or nothing, in its place.
    Fixed,
    /// Nothing: the field is taken out.
    Removed,
    /// Nothing: the whole message is refused.
    Refused,
}

impl Leaves {
    /// In registers for machines.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Shared => "as-it-is",
            Self::Coarser => "coarser",
            Self::EckId => "eck-id-kept",
            Self::Number => "pseudonym",
            Self::StandIn => "stand-in",
            Self::Address => "address-of-sluis",
            Self::Swapped => "swapped",
            Self::Fixed => "fixed",
            Self::Removed => "removed",
            Self::Refused => "message-refused",
        }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    /// The part or message of the profile.
    pub(super) owner: String,
    /// The selector.
    pub(super) at: String,
    /// The line in the profile.
    pub(super) line: u32,
    pub(super) category: Option<Category>,
    /// None for a field of messages that only enter here.
    pub(super) leaves: Option<Leaves>,
    /// Whether it can come in from the publisher here.
    pub(super) enters: bool,
    pub(super) why: Option<String>,
    pub(super) uses: Uses,
    /// The agreement does not name its category, so that it does not leave although the profile would let it.
    pub(super) held_back: bool,
}

impl Field {
    /// Whether its value leaves as it is, or coarser.
    pub(super) fn shares(&self) -> bool {
        !self.held_back && matches!(self.leaves, Some(Leaves::Shared | Leaves::Coarser | Leaves::EckId))
    }

    /// Whether something else leaves in its place.
    pub(super) fn replaces(&self) -> bool {
        matches!(self.leaves, Some(Leaves::Number | Leaves::StandIn))
    }

    /// Whether it says something to a reader: something of it can leave, or it was used, or it is about somebody. What
    /// only says what happens to everything else does not.
    pub(super) fn is_telling(&self) -> bool {
        let nothing = matches!(self.leaves, Some(Leaves::Removed | Leaves::Refused | Leaves::Fixed));
        !nothing || self.category.is_some() || self.uses != Uses::default()
    }

    /// Whether something of it may leave, and never did: then it may not be needed.
    pub(super) fn never_used(&self) -> bool {
        (self.shares() || self.replaces()) && self.uses.left_ever() == 0
    }

    /// How often it was seen under earlier configurations, of which nothing is known here, although today's agreement does
    /// not name it: it may have left.
    pub(super) fn beyond_agreement(&self) -> u64 {
        if self.held_back { self.uses.left_before } else { 0 }
    }

    /// How often it was seen, did not leave, and is not in the agreement, or in no rule at all.
    pub(super) fn seen_in_vain(&self) -> u64 {
        let nothing = matches!(self.leaves, Some(Leaves::Removed | Leaves::Refused));
        let unlisted = nothing && self.at.starts_with("unlisted");
        if self.held_back || unlisted { self.uses.left.saturating_add(self.uses.refused) } else { 0 }
    }
}

/// The fields of a route, in the order of its profile; and what the journal names that the profile does not have.
pub(super) fn fields(
    publisher: &PublisherSettings,
    route: &RouteSettings,
    crossed: &Crossed,
) -> (Vec<Field>, Vec<(String, Uses)>) {
    let mut uses: BTreeMap<&str, Uses> =
        crossed.rules.iter().map(|(rule, uses)| (rule.as_str(), *uses)).collect();
    let (mut fields, mut seen) = (Vec::new(), BTreeSet::new());
    let reach = route.profile.reach();
    for (at, (rule, reach)) in route.profile.rules().iter().zip(reach).enumerate() {
        let text = route.profile.rule_text(RuleId(u32::try_from(at).unwrap_or(u32::MAX)));
        let uses = uses.remove(text.as_str()).unwrap_or_default();
        let school_asks = route.asks == AsksSettings::School;
        let (leaving, entering) =
            if school_asks { (reach.request, reach.reply) } else { (reach.reply, reach.request) };
        // A path of many messages gives a rule for each of them: one place in the profile is one line here.
        let Some(verb) = leaves(rule, publisher).filter(|_| seen.insert(text)) else { continue };
        // What was counted did happen, whatever the walk says.
        let leaving = leaving || uses.left_ever() > 0 || (uses.refused > 0 && !entering);
        let entering = entering || uses.entered > 0;
        if !leaving && !entering {
            continue;
        }
        fields.push(Field {
            owner: rule.owner.clone(),
            at: rule.at.clone(),
            line: rule.line,
            category: rule.category,
            leaves: leaving.then_some(verb),
            enters: entering,
            why: rule.why.clone(),
            uses,
            held_back: leaving && held_back(rule, publisher),
        });
    }
    // Rules that say where other rules are (`part`, `nested`) are no fields, and were used as well.
    let structural = |text: &str| {
        let rules = route.profile.rules().iter().enumerate();
        rules
            .filter(|(_, rule)| leaves(rule, publisher).is_none())
            .any(|(at, _)| route.profile.rule_text(RuleId(u32::try_from(at).unwrap_or(u32::MAX))) == text)
    };
    let former = uses.into_iter().filter(|(text, _)| !structural(text));
    let former = former.map(|(text, uses)| (text.to_owned(), uses)).collect();
    (fields, former)
}

fn leaves(rule: &Rule, publisher: &PublisherSettings) -> Option<Leaves> {
    let kept = publisher.keeps_eck_id() && rule.kind == Some(Kind::ECK_ID);
    Some(match rule.leave {
        Verb::Part | Verb::Nested(_) => return None,
        Verb::Keep => Leaves::Shared,
        Verb::Generalise(_) => Leaves::Coarser,
        Verb::Pseudonym if kept => Leaves::EckId,
        Verb::Pseudonym => Leaves::Number,
        Verb::Label(_) => Leaves::StandIn,
        Verb::Address => Leaves::Address,
        Verb::Swap => Leaves::Swapped,
        Verb::Blank | Verb::Constant => Leaves::Fixed,
        Verb::Drop => Leaves::Removed,
        Verb::Refuse => Leaves::Refused,
    })
}

fn held_back(rule: &Rule, publisher: &PublisherSettings) -> bool {
    let Some(agreement) = &publisher.recorded.agreement else { return false };
    rule.leave.shares() && rule.category.is_some_and(|category| !agreement.categories.contains(&category))
}
