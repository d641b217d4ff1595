//! Weaving: every part into every place that uses it, every rule to its spot, and what they say together.
//!
//! The result is the compiled [`Profile`]; mistakes go to the source. It must not know TOML.

use std::collections::BTreeSet;

use super::conditions;
use super::draft::{Draft, FieldDraft, KINDS, RulesDraft, Side};
use super::selector::{self, Area, Selector, Step, Syntax};
use super::source::{Said, Source, suggest};
use crate::profile::category::Category;
use crate::profile::form::Form;
use crate::profile::plan::{Branch, Choice, Masks, Message, NONE, Record, Spot, Subject, Test, Want};
use crate::profile::rules::{KindUse, Profile, RuleId, Unlisted, Verb};

/// So many spots are more than any protocol needs: parts that use one another without end.
const MOST_SPOTS: usize = 100_000;

/// A profile being woven.
pub(super) struct Weaver<'s, 'f> {
    pub(super) source: &'s mut Source<'f>,
    pub(super) draft: &'s Draft,
    pub(super) profile: Profile,
    /// First rule id of each part, in the draft's order; then of each message.
    pub(super) part_rules: Vec<u32>,
    pub(super) message_rules: Vec<u32>,
    used: BTreeSet<usize>,
    stack: Vec<usize>,
    full: bool,
    /// The message being woven, and its side.
    pub(super) message: Option<Message>,
    pub(super) side: Option<Side>,
}

/// Where rules are put: which spots, in which notation, under what.
pub(super) struct Loom<'d> {
    pub(super) rules: &'d RulesDraft,
    pub(super) first: u32,
    pub(super) syntax: Syntax,
    pub(super) record: u32,
    pub(super) root: u32,
    pub(super) unlisted: Unlisted,
}

impl<'s, 'f> Weaver<'s, 'f> {
    pub(super) fn new(source: &'s mut Source<'f>, draft: &'s Draft) -> Self {
        let profile = Profile {
            name: draft.name.clone(),
            title: draft.title.clone(),
            source: draft.source.clone(),
            digest: [0; 32],
            kinds: Vec::new(),
            minted: draft.minted.clone(),
            rules: Vec::new(),
            messages: Vec::new(),
            endpoints: Vec::new(),
            spots: Vec::new(),
            records: Vec::new(),
        };
        let (part_rules, message_rules) = (Vec::new(), Vec::new());
        let (used, stack) = (BTreeSet::new(), Vec::new());
        let (message, side) = (None, None);
        Self { source, draft, profile, part_rules, message_rules, used, stack, full: false, message, side }
    }

    /// The whole profile; `None` when it grew beyond all bounds.
    pub(super) fn weave(mut self) -> Option<Profile> {
        self.number();
        self.weave_messages();
        for (index, part) in self.draft.parts.iter().enumerate() {
            if !self.used.contains(&index) {
                let what = format!("part `{}` is never used", part.name);
                self.source.error(part.rules.line, what, "use it, or take it out");
            }
        }
        (!self.full).then_some(self.profile)
    }

    /// A new spot under the rules of a loom.
    pub(super) fn spot(&mut self, loom: &Loom<'_>, through: bool) -> u32 {
        self.full |= self.profile.spots.len() >= MOST_SPOTS;
        if self.full {
            self.source.error(
                loom.rules.line,
                "the profile's parts unfold without end",
                "use fewer parts in parts",
            );
            return 0;
        }
        let index = u32::try_from(self.profile.spots.len()).unwrap_or(NONE);
        self.profile.spots.push(Spot {
            branch: Branch::default(),
            element: NONE,
            choices: Vec::new(),
            through,
            unlisted: loom.unlisted,
            unlisted_rule: loom.unlisted_rule(),
            marks: Vec::new(),
        });
        index
    }

    /// A new record, with its root.
    pub(super) fn record<'d>(&mut self, rules: &'d RulesDraft, first: u32, syntax: Syntax) -> Loom<'d> {
        let record = u32::try_from(self.profile.records.len()).unwrap_or(NONE);
        self.profile.records.push(Record { root: NONE, person: false, order: false, outside: None });
        let unlisted = rules.unlisted.map_or(Unlisted::Refuse, |(unlisted, _)| unlisted);
        let mut loom = Loom { rules, first, syntax, record, root: NONE, unlisted };
        loom.root = self.spot(&loom, true);
        if let Some(record) = self.profile.records.get_mut(record as usize) {
            record.root = loom.root;
        }
        loom
    }

    /// A copy of a part for one place; `None` when it cannot be had.
    fn weave_part(&mut self, name: &Said, syntax: Syntax) -> Option<u32> {
        let draft = self.draft;
        let Some((index, part)) = draft.parts.iter().enumerate().find(|(_, part)| part.name == name.text)
        else {
            let known: Vec<&str> = draft.parts.iter().map(|part| part.name.as_str()).collect();
            let hint = suggest(&name.text, &known);
            self.source.error(name.line, format!("unknown part `{}`", name.text), hint);
            return None;
        };
        self.used.insert(index);
        if self.stack.contains(&index) {
            let what = format!("part `{}` reaches itself", name.text);
            self.source.error(name.line, what, "write the inner one as a part of its own");
            return None;
        }
        if self.full {
            return None;
        }
        self.stack.push(index);
        let first = self.part_rules.get(index).copied().unwrap_or_default();
        let loom = self.record(&part.rules, first, syntax);
        if syntax == Syntax::Filter {
            self.judge_filter(&loom);
        }
        self.weave_rules(&loom, &mut |weaver, _, said, _| {
            let hint = "`query:`, `header:` and `path:` stand in messages";
            let what = format!("a part knows the value it is applied to only: `{}`", said.text);
            weaver.source.error(said.line, what, hint);
            None
        });
        self.weave_persons(&loom);
        self.stack.pop();
        Some(loom.record)
    }

    /// Puts every rule of a part or message at its spot. `elsewhere` gives the spot of what is not in the body.
    pub(super) fn weave_rules(
        &mut self,
        loom: &Loom<'_>,
        elsewhere: &mut dyn FnMut(&mut Self, &Loom<'_>, &Said, &Area) -> Option<u32>,
    ) {
        let mut touched = Vec::new();
        let mut rule = loom.first;
        for field in &loom.rules.fields {
            for at in &field.at {
                let id = RuleId(rule);
                rule += 1;
                let selector = match selector::read(&at.text, loom.syntax, &self.draft.namespaces) {
                    Ok(selector) => selector,
                    Err((what, hint)) => {
                        self.source.error(at.line, what, hint);
                        continue;
                    }
                };
                let spot = match &selector.area {
                    Area::Body => Some(self.reach(loom, &selector.steps)),
                    area => elsewhere(self, loom, at, area),
                };
                let Some(spot) = spot else { continue };
                let Some(choice) = self.choice(loom, field, at, &selector, id) else { continue };
                if let Some(spot) = self.profile.spots.get_mut(spot as usize) {
                    // Conditions first, so that the first that holds decides.
                    let place = if choice.tests.is_empty() {
                        spot.choices.len()
                    } else {
                        spot.choices.partition_point(|known| !known.tests.is_empty())
                    };
                    spot.choices.insert(place, choice);
                }
                if field.add {
                    self.note_add(loom, &selector, spot, at);
                }
                if !touched.contains(&spot) {
                    touched.push(spot);
                }
            }
        }
        for spot in touched {
            self.judge(spot);
        }
    }

    /// The spot that steps lead to, made where it is not there.
    fn reach(&mut self, loom: &Loom<'_>, steps: &[Step]) -> u32 {
        let mut at = loom.root;
        for step in steps {
            let known = self.profile.spots.get(at as usize).and_then(|spot| match step {
                Step::Name(name) => spot.branch.names.get(name.as_bytes()),
                Step::Element => (spot.element != NONE).then_some(spot.element),
            });
            let next = known.unwrap_or_else(|| self.spot(loom, false));
            if let Some(spot) = self.profile.spots.get_mut(at as usize) {
                spot.through = true;
                match step {
                    Step::Name(name) => spot.branch.names.insert(name, next),
                    Step::Element => spot.element = next,
                }
            }
            at = next;
        }
        at
    }

    /// Notes a spot with `add` where its name would be missed.
    fn note_add(&mut self, loom: &Loom<'_>, selector: &Selector, spot: u32, at: &Said) {
        let parent = selector.steps.split_last().map(|(_, parent)| self.reach(loom, parent));
        let branch = match (&selector.area, self.message.as_mut()) {
            (Area::Body, _) => {
                let parent = parent.and_then(|parent| self.profile.spots.get_mut(parent as usize));
                parent.map(|parent| &mut parent.branch)
            }
            (Area::Query(_), Some(message)) => Some(&mut message.query),
            (Area::Header(_), Some(message)) => Some(&mut message.headers),
            _ => None,
        };
        let Some(branch) = branch else { return };
        if !branch.adds.contains(&spot) {
            branch.adds.push(spot);
        }
        if branch.adds.len() > 64 {
            self.source.error(at.line, "more than 64 `add` rules in one object", "take some out");
        }
    }

    fn choice(
        &mut self,
        loom: &Loom<'_>,
        field: &FieldDraft,
        at: &Said,
        selector: &Selector,
        rule: RuleId,
    ) -> Option<Choice> {
        self.judge_field(loom, field, at, selector);
        let tests = self.tests(loom, field);
        let pseudonym = match &field.kind {
            Some(kind) => Some(Masks { kind: self.kind(kind)?, form: field.form.clone() }),
            None => None,
        };
        let record = match (&field.part, part_syntax(field, loom.syntax)) {
            (Some(part), Some(syntax)) => self.weave_part(part, syntax)?,
            _ => NONE,
        };
        let subject = match &selector.area {
            Area::Body => Subject::Body(selector.steps.iter().map_while(name_of).collect()),
            Area::Query(name) => Subject::Query(name.clone()),
            Area::Header(name) => Subject::Header(name.clone()),
            Area::Path(name) => Subject::Path(name.clone()),
        };
        let absent = |test: &Test| test.subject == subject && test.want == Want::Absent;
        if !field.add && tests.iter().any(absent) {
            self.source.error(
                at.line,
                "this rule never applies",
                "it asks that its own value is absent: see `add`",
            );
        }
        let vocabulary = field.category != Some(Category::FreeText)
            && !selector.steps.contains(&Step::Element)
            && tests.iter().any(|test| test.subject == subject && matches!(test.want, Want::In(_)))
            || field.category != Some(Category::FreeText) && matches!(field.kept, Some(Form::Values(_)));
        let category = field.category.or_else(|| category_of(&field.kind.as_ref()?.text));
        if let Some(known) = self.profile.rules.get_mut(rule.0 as usize) {
            known.vocabulary = vocabulary;
        }
        Some(Choice {
            rule,
            tests,
            leave: field.leave,
            enter: field.enter,
            deep: selector.deep,
            add: field.add,
            category,
            vocabulary,
            formed: field.kept.is_some(),
            record,
            pseudonym,
        })
    }

    fn tests(&mut self, loom: &Loom<'_>, field: &FieldDraft) -> Vec<Test> {
        let mut tests = Vec::new();
        for draft in &field.tests {
            match conditions::read(draft, loom.syntax, &self.draft.namespaces) {
                Ok(test) => {
                    self.judge_subject(&test.subject, &draft.at);
                    tests.push(test);
                }
                Err((what, hint)) => self.source.error(draft.at.line, what, hint),
            }
        }
        tests
    }

    /// A kind that the language or the profile knows.
    pub(super) fn kind(&mut self, said: &Said) -> Option<KindUse> {
        let draft = self.draft;
        let Some(kind) = draft.kinds.get(&said.text).copied() else {
            let known: Vec<&str> = draft.kinds.keys().map(String::as_str).collect();
            let hint = suggest(&said.text, &known);
            self.source.error(said.line, format!("unknown kind `{}`", said.text), hint);
            return None;
        };
        if !self.profile.kinds.contains(&kind) {
            self.profile.kinds.push(kind);
        }
        Some(kind)
    }

    /// Whether a part is being woven, and no message directly.
    pub(super) fn in_part(&self) -> bool {
        !self.stack.is_empty()
    }
}

impl Loom<'_> {
    /// The rule that stands for what no rule mentions: it is numbered after the last of them.
    pub(super) fn unlisted_rule(&self) -> RuleId {
        let rules: usize = self.rules.fields.iter().map(|field| field.at.len()).sum();
        RuleId(self.first.saturating_add(u32::try_from(rules).unwrap_or(NONE)))
    }
}

/// The notation inside a part: that of the document, or of what was decoded.
fn part_syntax(field: &FieldDraft, around: Syntax) -> Option<Syntax> {
    use crate::profile::rules::Decoder;
    [field.leave, field.enter].into_iter().find_map(|verb| match verb {
        Verb::Part => Some(around),
        Verb::Nested(Decoder::Json) => Some(Syntax::Pointer),
        Verb::Nested(Decoder::Form) => Some(Syntax::Names),
        Verb::Nested(Decoder::List) => Some(Syntax::List),
        Verb::Nested(Decoder::OneRosterFilter) => Some(Syntax::Filter),
        _ => None,
    })
}

fn name_of(step: &Step) -> Option<String> {
    match step {
        Step::Name(name) => Some(name.clone()),
        Step::Element => None,
    }
}

/// What a pseudonym of the language's own kinds is about, where its rule does not say.
pub(super) fn category_of(kind: &str) -> Option<Category> {
    KINDS.iter().find(|(name, _)| *name == kind).map(|(_, category)| *category)
}
