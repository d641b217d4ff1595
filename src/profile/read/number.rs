//! Numbering: every line and selector of a profile becomes a rule with a number, in the order of the file.
//!
//! It must not know where a rule stands in any message.

use super::draft::{Draft, FieldDraft, RulesDraft};
use super::selector;
use super::weave::{Weaver, category_of};
use crate::profile::category::Category;
use crate::profile::plan::NONE;
use crate::profile::rules::{Rule, Unlisted, Verb};

impl Weaver<'_, '_> {
    /// Gives every rule its number, in the order of the file.
    pub(super) fn number(&mut self) {
        let draft = self.draft;
        let mut owners: Vec<(u32, Option<usize>, usize)> = Vec::new();
        owners.extend(draft.parts.iter().enumerate().map(|(at, part)| (part.rules.line, Some(at), at)));
        owners.extend(draft.messages.iter().enumerate().map(|(at, message)| (message.line, None, at)));
        owners.sort_unstable_by_key(|(line, _, at)| (*line, *at));
        self.part_rules = vec![0; draft.parts.len()];
        self.message_rules = vec![0; draft.messages.len()];
        let headings = self.headings();
        for (_, part, at) in owners {
            let first = u32::try_from(self.profile.rules.len()).unwrap_or(NONE);
            let firsts = if part.is_some() { &mut self.part_rules } else { &mut self.message_rules };
            if let Some(place) = firsts.get_mut(at) {
                *place = first;
            }
            match part.and_then(|at| draft.parts.get(at)) {
                Some(part) => self.number_rules(&part.name, &part.rules),
                None => {
                    let (Some(message), Some(heading)) = (draft.messages.get(at), headings.get(at)) else {
                        continue;
                    };
                    self.number_rules(heading, &message.rules);
                    self.number_rule(heading, "unlisted query", message.line, Verb::Refuse);
                    for path in &message.paths {
                        for segment in path.text.split('/').filter(|segment| segment.starts_with('{')) {
                            let name = segment.trim_matches(['{', '}']);
                            let kind = name.split_once(':').map(|(_, kind)| kind);
                            let verb = if kind.is_some() { Verb::Pseudonym } else { Verb::Keep };
                            self.number_rule(heading, &format!("path:{name}"), path.line, verb);
                            if let (Some(rule), Some(kind)) = (self.profile.rules.last_mut(), kind) {
                                let known = draft.kinds.get(kind);
                                let person = known.is_some_and(|known| known.person);
                                rule.kind = known.map(|known| known.kind);
                                rule.category = category_of(kind)
                                    .or_else(|| category_in(draft, kind))
                                    .or_else(|| person.then_some(Category::PupilId));
                            }
                        }
                    }
                }
            }
        }
    }

    fn number_rules(&mut self, owner: &str, rules: &RulesDraft) {
        let (unlisted, line) = rules.unlisted.unwrap_or((Unlisted::Refuse, rules.line));
        for field in &rules.fields {
            let kind = field.kind.as_ref().and_then(|said| self.draft.kinds.get(&said.text));
            for at in &field.at {
                self.profile.rules.push(Rule {
                    owner: owner.to_owned(),
                    at: at.text.clone(),
                    line: at.line,
                    leave: field.leave,
                    enter: field.enter,
                    category: field.category.or_else(|| category_of(&field.kind.as_ref()?.text)),
                    why: field.why.clone(),
                    slot: selector::slot(&at.text),
                    form: field.kept.clone(),
                    constant: field.constant.clone(),
                    swap: field.swap.clone(),
                    kind: kind.map(|known| known.kind),
                    add: field.add,
                    unlisted: unlisted_at(&at.text, unlisted),
                    vocabulary: false,
                    conditional: !field.tests.is_empty(),
                    not_agreed: false,
                });
            }
        }
        let verb = if unlisted == Unlisted::Drop { Verb::Drop } else { Verb::Refuse };
        self.number_rule(owner, "unlisted", line, verb);
    }

    fn number_rule(&mut self, owner: &str, at: &str, line: u32, verb: Verb) {
        self.profile.rules.push(Rule {
            owner: owner.to_owned(),
            at: at.to_owned(),
            line,
            leave: verb,
            enter: verb,
            category: None,
            why: None,
            slot: String::new(),
            form: None,
            constant: None,
            swap: None,
            kind: None,
            add: false,
            unlisted: Unlisted::Refuse,
            vocabulary: false,
            conditional: false,
            not_agreed: false,
        });
    }
}

/// What counts as unlisted at a selector: headers never refuse, parameters and segments always do.
fn unlisted_at(at: &str, body: Unlisted) -> Unlisted {
    match at.split_once(':') {
        Some(("header", _)) => Unlisted::Drop,
        Some(("query" | "path", _)) => Unlisted::Refuse,
        _ => body,
    }
}

/// What a kind's pseudonyms are about, as some rule of the profile says.
fn category_in(draft: &Draft, kind: &str) -> Option<Category> {
    let rules = draft.parts.iter().map(|part| &part.rules);
    let mut fields = rules.chain(draft.messages.iter().map(|message| &message.rules)).flat_map(|r| &r.fields);
    let about = |field: &FieldDraft| field.category.filter(|_| is_of(field, kind));
    fields.find_map(about)
}

fn is_of(field: &FieldDraft, kind: &str) -> bool {
    field.kind.as_ref().is_some_and(|said| said.text == kind)
}
