//! Which rules a request can come under, and which a reply: what a register must know to say what leaves.
//!
//! A part is written once and used in many places; only the compiled profile tells where. It must not know routes.

use std::collections::BTreeSet;

use super::plan::{Branch, Message, NONE, Segment};
use super::rules::{Profile, RuleId};

/// The messages that a rule can apply to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// A request, or an address in one.
    pub request: bool,
    /// A reply.
    pub reply: bool,
}

impl Profile {
    /// For every rule, in the order of [`Profile::rules`], which messages it can apply to.
    ///
    /// A web address in a document is treated under the rules of the request that it leads to; that is not counted here.
    pub fn reach(&self) -> Vec<Reach> {
        let mut reach = vec![Reach::default(); self.rules.len()];
        let requests: BTreeSet<u32> = self
            .endpoints
            .iter()
            .flat_map(|endpoint| &endpoint.requests)
            .map(|(message, _)| *message)
            .collect();
        let replies: BTreeSet<u32> =
            self.endpoints.iter().flat_map(|endpoint| &endpoint.replies).map(|reply| reply.message).collect();
        for (messages, request) in [(requests, true), (replies, false)] {
            let mut seen = Seen::default();
            for message in messages.into_iter().filter_map(|message| self.messages.get(message as usize)) {
                self.message_rules(message, &mut seen);
            }
            for rule in seen.rules {
                let Some(found) = reach.get_mut(rule.0 as usize) else { continue };
                if request {
                    found.request = true;
                } else {
                    found.reply = true;
                }
            }
        }
        reach
    }

    fn message_rules(&self, message: &Message, seen: &mut Seen) {
        seen.rules.insert(message.unlisted_query);
        for segment in message.templates.iter().flat_map(|template| &template.segments) {
            match segment {
                Segment::Literal(_) => {}
                Segment::Kept { rule, .. } | Segment::Pseudonym { rule, .. } => {
                    seen.rules.insert(*rule);
                }
            }
        }
        for branch in [&message.query, &message.headers, &message.path] {
            seen.branch(branch);
        }
        seen.record(self, message.record);
        while let Some(spot) = seen.ahead.pop() {
            let Some(found) = self.spots.get(spot as usize).filter(|_| seen.spots.insert(spot)) else {
                continue;
            };
            seen.branch(&found.branch);
            if found.element != NONE {
                seen.ahead.push(found.element);
            }
            seen.rules.insert(found.unlisted_rule);
            for choice in &found.choices {
                seen.rules.insert(choice.rule);
                seen.record(self, choice.record);
            }
        }
    }
}

#[derive(Default)]
struct Seen {
    rules: BTreeSet<RuleId>,
    spots: BTreeSet<u32>,
    ahead: Vec<u32>,
}

impl Seen {
    fn branch(&mut self, branch: &Branch) {
        self.ahead.extend(branch.names.iter().map(|(_, spot)| spot));
    }

    fn record(&mut self, profile: &Profile, record: u32) {
        let Some(record) = profile.records.get(record as usize) else { return };
        self.ahead.push(record.root);
        let places = record.outside.iter().flat_map(|outside| &outside.places);
        self.rules.extend(places.map(|place| place.rule));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{builtin, builtin_names};
    use super::Reach;

    fn reach(profile: &str, owner: &str, at: &str) -> Reach {
        let profile = builtin(profile).unwrap();
        let reach = profile.reach();
        let place = profile.rules().iter().position(|rule| rule.owner == owner && rule.at == at);
        reach[place.unwrap_or_else(|| panic!("{owner} {at}"))]
    }

    #[test]
    fn a_reply_has_names_and_a_question_has_filters() {
        let reply = Reach { request: false, reply: true };
        let request = Reach { request: true, reply: false };
        assert_eq!(reach("oneroster-1.2", "user", "/givenName"), reply);
        assert_eq!(reach("oneroster-1.2", "user", "unlisted"), reply);
        assert_eq!(reach("oneroster-1.2", "user-filter", "status"), request);
        // A part that both use counts for both.
        let both = builtin_names().flat_map(|name| {
            let profile = builtin(name).unwrap();
            profile.reach()
        });
        assert!(both.filter(|reach| reach.request && reach.reply).count() > 0);
    }

    #[test]
    fn every_rule_of_a_profile_that_comes_with_sluis_can_apply() {
        for name in builtin_names() {
            let profile = builtin(name).unwrap();
            for (rule, reach) in profile.rules().iter().zip(profile.reach()) {
                // What is unlisted in a message without body, or in a part for addresses, is never asked.
                assert!(
                    reach.request || reach.reply || rule.at == "unlisted",
                    "{name} {} {}",
                    rule.owner,
                    rule.at
                );
            }
        }
    }
}
