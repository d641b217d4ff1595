//! The walk itself: path, query, headers and body of one message, in that order.
//!
//! What happens inside a tree is in `tree`, to a single value in `scalar`, whose it is in `persons`. It must not
//! know formats beyond the tree.

use super::conditions::Scope;
use super::persons::{Candidate, Open};
use super::{FindRefusal, Finding, Found, Material, Place};
use crate::profile::form;
use crate::profile::plan::{Branch, Choice, Message, NONE, Segment, Spot, Template};
use crate::profile::rules::{Door, Profile, RuleId, Unlisted, Verb};
use crate::profile::select::Selected;
use crate::rewrite::{Document, Format, NodeKind};

/// Where a node stands: which document, and how its places are called.
#[derive(Clone, Copy)]
pub(super) struct At<'d> {
    pub(super) document: &'d Document,
    pub(super) area: Area,
    /// The node of the innermost record: where the pointers of its conditions start.
    pub(super) record: u32,
}

/// Which document of the message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Area {
    Body,
    Query,
    Nested(u32),
}

impl At<'_> {
    /// Whether what stands here asks something: a parameter, or a comparison of a filter in one.
    #[inline]
    pub(super) fn asks(&self) -> bool {
        match self.area {
            Area::Body => false,
            Area::Query => true,
            Area::Nested(_) => matches!(self.document.format(), Format::OneRosterFilter | Format::List),
        }
    }

    /// The place of a node.
    pub(super) fn place(&self, node: u32) -> Place {
        match self.area {
            Area::Body => Place::Body(node),
            Area::Query => Place::Query(node),
            Area::Nested(nested) => Place::Nested { nested, node },
        }
    }

    /// The place of a member that is to be written.
    pub(super) fn insert(&self, parent: u32) -> Place {
        match self.area {
            Area::Body => Place::InsertBody { parent },
            Area::Query => Place::InsertQuery,
            Area::Nested(nested) => Place::InsertNested { nested, parent },
        }
    }

    /// Whether names may repeat here, so that no name can stand for one value.
    pub(super) fn repeats(&self) -> bool {
        matches!(self.document.format(), Format::Form | Format::Query)
    }
}

/// A message being walked.
pub(super) struct Walk<'p, 'd> {
    pub(super) profile: &'p Profile,
    pub(super) message: Option<&'p Message>,
    pub(super) template: Option<&'p Template>,
    pub(super) door: Door,
    pub(super) closed: bool,
    pub(super) material: Material<'d>,
    pub(super) found: Found,
    /// Records around the place that is being looked at, outermost first.
    pub(super) open: Vec<Open>,
    /// Pseudonyms that may name an open record's person.
    pub(super) candidates: Vec<Candidate>,
    /// How many decoded values stand around one another.
    pub(super) depth: u32,
}

impl<'p, 'd> Walk<'p, 'd> {
    pub(super) fn new(
        profile: &'p Profile,
        selected: &Selected,
        door: Door,
        closed: bool,
        material: &Material<'d>,
    ) -> Self {
        let message = profile.message(selected.message);
        let template = message.and_then(|message| message.templates.get(selected.template as usize));
        // About a quarter of what rosters hold is masked or goes.
        let nodes = material.body.map_or(0, Document::len);
        let findings = Vec::with_capacity((nodes / 4).min(1 << 16) + 8);
        let found = Found { counts: vec![0; profile.rules.len()], findings, ..Found::default() };
        Self {
            profile,
            message,
            template,
            door,
            closed,
            material: *material,
            found,
            open: Vec::new(),
            candidates: Vec::new(),
            depth: 0,
        }
    }

    /// Walks everything.
    pub(super) fn run(mut self) -> Result<Found, FindRefusal> {
        let Some(message) = self.message else {
            return Err(FindRefusal::NotListed { rule: self.profile.name.clone() });
        };
        let material = self.material;
        self.open_record(message.record, None);
        self.path()?;
        match material.query {
            Some(query) => self.query(message, query)?,
            None => {
                // No query at all is one without these parameters.
                for spot in &message.query.adds {
                    self.add(Place::InsertQuery, *spot, None)?;
                }
            }
        }
        self.headers(message)?;
        match (message.format, material.body) {
            (Some(Format::Ndjson), Some(body)) => self.rows(message, body)?,
            (Some(_), Some(body)) => {
                let root =
                    self.profile.records.get(message.record as usize).map_or(NONE, |record| record.root);
                self.value(At { document: body, area: Area::Body, record: 0 }, 0, root, None)?;
            }
            (None, Some(body)) if !body.is_empty() => {
                let rule = self.rule_text(message.unlisted_query);
                return Err(FindRefusal::NotListed { rule });
            }
            _ => {}
        }
        self.close_record()?;
        Ok(self.found)
    }

    fn path(&mut self) -> Result<(), FindRefusal> {
        let Some(template) = self.template else { return Ok(()) };
        for (index, segment) in template.segments.iter().enumerate() {
            let place = Place::Path(u32::try_from(index).unwrap_or(NONE));
            let text = self.material.path.get(index).copied().unwrap_or_default();
            match segment {
                Segment::Literal(_) => {}
                Segment::Kept { name, rule } => {
                    let spot = self.message.and_then(|message| message.path.names.get(name.as_bytes()));
                    match spot {
                        Some(spot) => self.single(place, text, spot)?,
                        None => {
                            self.count(*rule);
                            self.may_go(place, *rule)?;
                            if !form::SEGMENT.holds(text) {
                                return Err(FindRefusal::Question { rule: self.rule_text(*rule) });
                            }
                            if self.closed_to(text) {
                                return Err(FindRefusal::Closed { rule: self.rule_text(*rule) });
                            }
                        }
                    }
                }
                Segment::Pseudonym { rule, kind, marks, .. } => {
                    if text.trim_matches(super::OUTER).is_empty() {
                        return Err(self.shape(*rule, "an empty identifier"));
                    }
                    let masking = super::scalar::masking(*kind, false, 0, 0);
                    let category = self.profile.rule(*rule).and_then(|rule| rule.category);
                    self.push(place, *rule, super::Act::Pseudonym(masking), category);
                    self.mark(marks, *rule);
                }
            }
        }
        Ok(())
    }

    fn query(&mut self, message: &'p Message, query: &'d Document) -> Result<(), FindRefusal> {
        let at = At { document: query, area: Area::Query, record: 0 };
        self.members(at, 0, &message.query, None, (Unlisted::Refuse, message.unlisted_query))
    }

    fn headers(&mut self, message: &'p Message) -> Result<(), FindRefusal> {
        let headers = self.material.headers;
        for (index, (name, value)) in headers.iter().enumerate() {
            let Some(spot) = message.headers.names.get(name.as_bytes()) else { continue };
            let index = u32::try_from(index).unwrap_or(NONE);
            self.single(Place::Header(index), value, spot)?;
        }
        for spot in &message.headers.adds {
            let name = |spot: u32| message.headers.names.iter().find(|(_, known)| *known == spot);
            let Some((name, _)) = name(*spot) else { continue };
            if !headers.iter().any(|(known, _)| *known == name) {
                self.add(Place::InsertHeader, *spot, None)?;
            }
        }
        Ok(())
    }

    /// The lines of an NDJSON body: each a root, with the message's person.
    fn rows(&mut self, message: &'p Message, body: &'d Document) -> Result<(), FindRefusal> {
        let at = At { document: body, area: Area::Body, record: 0 };
        if body.kind(0) != NodeKind::Array {
            return Err(self.shape(message.unlisted_query, "not a list of lines"));
        }
        self.records(at, 0, message.record)
    }

    /// The rule for a value at a spot: the first whose condition holds.
    pub(super) fn choose(&self, spot: &'p Spot, scope: Scope<'_>) -> Result<Option<&'p Choice>, FindRefusal> {
        for choice in &spot.choices {
            if choice.tests.is_empty() || self.holds(choice, scope)? {
                return Ok(Some(choice));
            }
        }
        Ok(None)
    }

    /// Where conditions of a value's rules start: its record; of a parameter's, header's or segment's: the body.
    pub(super) fn scope<'a>(&'a self, at: Option<At<'a>>) -> Scope<'a> {
        match at {
            Some(At { document, area: Area::Body | Area::Nested(_), record }) => Some((document, record)),
            _ => self.material.body.map(|body| (body, 0)),
        }
    }

    pub(super) fn spot(&self, spot: u32) -> Option<&'p Spot> {
        self.profile.spots.get(spot as usize)
    }

    /// The verb of a rule at this door.
    pub(super) fn verb(&self, choice: &Choice) -> Verb {
        match self.door {
            Door::Leave => choice.leave,
            Door::Enter => choice.enter,
        }
    }

    #[inline]
    pub(super) fn count(&mut self, rule: RuleId) {
        if let Some(count) = self.found.counts.get_mut(rule.0 as usize) {
            *count += 1;
        }
    }

    #[inline]
    pub(super) fn push(
        &mut self,
        place: Place,
        rule: RuleId,
        act: super::Act,
        category: Option<crate::profile::category::Category>,
    ) {
        self.count(rule);
        let person = self.person();
        self.found.findings.push(Finding { place, rule, act, person, category });
    }

    /// What happens to something that no rule mentions.
    pub(super) fn unlisted(
        &mut self,
        place: Place,
        unlisted: Unlisted,
        rule: RuleId,
    ) -> Result<(), FindRefusal> {
        match unlisted {
            Unlisted::Refuse => Err(self.refused(place, rule)),
            Unlisted::Drop if matches!(place, Place::Body(0) | Place::Nested { node: 0, .. }) => {
                Err(self.shape(rule, "the root cannot be dropped"))
            }
            Unlisted::Drop => {
                self.push(place, rule, super::Act::Drop, None);
                Ok(())
            }
        }
    }

    /// The refusal of a place: in a query it is a question that is not listed.
    pub(super) fn refused(&self, place: Place, rule: RuleId) -> FindRefusal {
        if self.not_agreed(rule) {
            return FindRefusal::NotAgreed { rule: self.rule_text(rule) };
        }
        let filter = self.in_query(place);
        let rule = self.rule_text(rule);
        if filter { FindRefusal::Question { rule } } else { FindRefusal::NotListed { rule } }
    }

    /// Whether a place is part of a request's query.
    fn in_query(&self, place: Place) -> bool {
        match place {
            Place::Query(_) => true,
            Place::Nested { nested, .. } => {
                let host = self.found.nested.get(nested as usize).map(|nested| nested.host);
                matches!(host, Some(Place::Query(_)))
            }
            _ => false,
        }
    }

    /// Whether a rule takes away what the agreement does not name; at the other door it does nothing of the kind.
    pub(super) fn not_agreed(&self, rule: RuleId) -> bool {
        self.door == Door::Leave && self.profile.rule(rule).is_some_and(|rule| rule.not_agreed)
    }

    /// Refuses to take away what the agreement does not name where the rest would say something else: a request without
    /// a segment of its path asks for another thing, and one without a parameter for more.
    pub(super) fn may_go(&self, place: Place, rule: RuleId) -> Result<(), FindRefusal> {
        let question = matches!(place, Place::Path(_)) || self.in_query(place);
        if question && self.not_agreed(rule) { Err(self.refused(place, rule)) } else { Ok(()) }
    }

    /// The refusal of a drop of the root.
    pub(super) fn rooted(&self, place: Place, rule: RuleId) -> FindRefusal {
        match self.not_agreed(rule) {
            true => self.refused(place, rule),
            false => self.shape(rule, "the root cannot be dropped"),
        }
    }

    pub(super) fn shape(&self, rule: RuleId, what: &'static str) -> FindRefusal {
        FindRefusal::Shape { rule: self.rule_text(rule), what }
    }

    pub(super) fn rule_text(&self, rule: RuleId) -> String {
        self.profile.rule_text(rule)
    }

    /// Whether a kept text may not leave a route without a roster.
    pub(super) fn closed_to(&self, text: &str) -> bool {
        self.closed && self.door == Door::Leave && !super::plain(text)
    }

    /// A branch's `add` rules for names that were not there; `seen` has a bit for each that was.
    pub(super) fn add_missing(
        &mut self,
        at: At<'_>,
        node: u32,
        branch: &'p Branch,
        seen: u64,
    ) -> Result<(), FindRefusal> {
        for (index, spot) in branch.adds.iter().enumerate() {
            if seen & (1 << index) == 0 {
                self.add(at.insert(node), *spot, Some(at))?;
            }
        }
        Ok(())
    }
}
