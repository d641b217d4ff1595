//! Inside a tree: which rule decides each value, longest selector first.
//!
//! A container is listed when a selector leads through it; `/**` carries its rule down until a longer selector
//! takes over. It must not know what a verb does to a single value.

use super::walk::{Area, At, Walk};
use super::{Act, FindRefusal, Order};
use crate::profile::form;
use crate::profile::plan::{Branch, Choice, NONE, Spot};
use crate::profile::rules::{Door, RuleId, Unlisted, Verb};
use crate::rewrite::{Node, NodeKind};

impl<'p> Walk<'p, '_> {
    /// A value at a spot. `deep` is the rule of a `/**` around it.
    #[inline]
    pub(super) fn value(
        &mut self,
        at: At<'_>,
        node: u32,
        spot: u32,
        deep: Option<RuleId>,
    ) -> Result<(), FindRefusal> {
        let Some(known) = self.spot(spot) else { return Ok(()) };
        let single = |node: &Node| !matches!(node.kind, NodeKind::Object | NodeKind::Array);
        if let [only] = known.choices.as_slice()
            && only.tests.is_empty()
            && at.document.node(node).is_some_and(single)
            && !self.closed
            && !at.asks()
            && (!only.formed || self.door == Door::Enter)
            && self.verb(only) == Verb::Keep
        {
            // Most of what a message holds. Forms are for the other door.
            self.count(only.rule);
            return Ok(());
        }
        self.decide(at, node, known, deep)
    }

    /// A value at a spot, by the rule whose condition holds.
    fn decide(
        &mut self,
        at: At<'_>,
        node: u32,
        known: &'p Spot,
        deep: Option<RuleId>,
    ) -> Result<(), FindRefusal> {
        let choice = match known.choices.as_slice() {
            [] => None,
            [only] if only.tests.is_empty() => Some(only),
            _ => self.choose(known, self.scope(Some(at)))?,
        };
        let Some(choice) = choice else { return self.undecided(at, node, known, deep) };
        let kind = at.document.kind(node);
        if !matches!(kind, NodeKind::Object | NodeKind::Array) {
            return self.scalar(at, node, known, choice);
        }
        let verb = self.verb(choice);
        let empty = at.document.children(node).next().is_none();
        match verb {
            Verb::Part => self.part(at, node, choice),
            _ if empty && (!known.through || matches!(verb, Verb::Drop | Verb::Refuse)) => {
                self.count(choice.rule);
                Ok(())
            }
            Verb::Drop => self.drop_value(at, node, choice),
            Verb::Refuse => Err(self.refused(at.place(node), choice.rule)),
            Verb::Keep if choice.deep => self.descend(at, node, known, Some(choice.rule)),
            _ if known.through => self.descend(at, node, known, None),
            _ => Err(self.shape(choice.rule, "a container, where one value is listed")),
        }
    }

    /// A value at a spot where no rule's condition holds, or where no rule stands.
    fn undecided(
        &mut self,
        at: At<'_>,
        node: u32,
        spot: &'p Spot,
        deep: Option<RuleId>,
    ) -> Result<(), FindRefusal> {
        // A longer selector without a rule that applies is not listed; it does not fall back to a shorter one.
        let deep = if spot.choices.is_empty() { deep } else { None };
        match (at.document.kind(node), deep) {
            (NodeKind::Object | NodeKind::Array, _) if spot.through => self.descend(at, node, spot, deep),
            (NodeKind::Null, _) if spot.choices.is_empty() => Ok(()),
            (_, Some(rule)) => self.keep_all(at, node, rule),
            _ => self.unlisted(at.place(node), spot.unlisted, spot.unlisted_rule),
        }
    }

    pub(super) fn drop_value(&mut self, at: At<'_>, node: u32, choice: &Choice) -> Result<(), FindRefusal> {
        if node == 0 {
            return Err(self.rooted(at.place(node), choice.rule));
        }
        self.push(at.place(node), choice.rule, Act::Drop, choice.category);
        Ok(())
    }

    /// The members or elements of a listed container.
    fn descend(
        &mut self,
        at: At<'_>,
        node: u32,
        spot: &'p Spot,
        deep: Option<RuleId>,
    ) -> Result<(), FindRefusal> {
        let unlisted = (spot.unlisted, spot.unlisted_rule);
        if at.document.kind(node) == NodeKind::Object {
            return self.members(at, node, &spot.branch, deep, unlisted);
        }
        for child in at.document.children(node) {
            if spot.element != NONE {
                self.value(at, child, spot.element, deep)?;
            } else {
                self.other(at, child, deep, unlisted)?;
            }
        }
        Ok(())
    }

    /// The members of an object, or the parameters of a query.
    pub(super) fn members(
        &mut self,
        at: At<'_>,
        node: u32,
        branch: &'p Branch,
        deep: Option<RuleId>,
        unlisted: (Unlisted, RuleId),
    ) -> Result<(), FindRefusal> {
        self.bound_filter(at, node, branch, unlisted.1)?;
        let mut seen = 0_u64;
        let mut next = node + 1;
        let end = at.document.node(node).map_or(0, |node| node.next);
        while next < end {
            let child = next;
            let Some(known) = at.document.node(child) else { break };
            next = known.next.max(child + 1);
            let spot = if known.name_escaped {
                branch.names.get(at.document.name(child).as_bytes())
            } else {
                let name = at.document.bytes().get(known.name.0 as usize..known.name.1 as usize);
                branch.names.get(name.unwrap_or_default())
            };
            let Some(spot) = spot else {
                self.other(at, child, deep, unlisted)?;
                continue;
            };
            if !branch.adds.is_empty()
                && let Some(index) = branch.adds.iter().position(|add| *add == spot)
            {
                seen |= 1 << index;
            }
            if at.repeats() {
                self.refuse_repeated(at, node, child, spot)?;
            }
            self.value(at, child, spot, deep)?;
        }
        if branch.adds.is_empty() { Ok(()) } else { self.add_missing(at, node, branch, seen) }
    }

    /// A member or element that no selector leads to.
    fn other(
        &mut self,
        at: At<'_>,
        node: u32,
        deep: Option<RuleId>,
        (unlisted, rule): (Unlisted, RuleId),
    ) -> Result<(), FindRefusal> {
        match deep {
            Some(rule) => self.keep_all(at, node, rule),
            None => self.unlisted(at.place(node), unlisted, rule),
        }
    }

    /// A parameter that is masked, decoded, conditional or of a form occurs once: of two, receivers choose differently.
    fn refuse_repeated(&mut self, at: At<'_>, parent: u32, node: u32, spot: u32) -> Result<(), FindRefusal> {
        let Some(known) = self.spot(spot) else { return Ok(()) };
        let plain = |choice: &Choice| {
            choice.tests.is_empty()
                && !choice.formed
                && matches!(self.verb(choice), Verb::Keep | Verb::Drop | Verb::Refuse)
        };
        if known.choices.iter().all(plain) {
            return Ok(());
        }
        let name = at.document.name(node);
        let same = |other: &u32| *other != node && at.document.name(*other) == name;
        if !at.document.children(parent).any(|other| same(&other)) {
            return Ok(());
        }
        let rule = known.choices.first().map_or(known.unlisted_rule, |choice| choice.rule);
        match at.area {
            Area::Query => Err(FindRefusal::Question { rule: self.rule_text(rule) }),
            _ => Err(self.shape(rule, "a name that occurs twice")),
        }
    }

    /// Everything in a value stays; without a roster, as far as it may.
    fn keep_all(&mut self, at: At<'_>, node: u32, rule: RuleId) -> Result<(), FindRefusal> {
        self.count(rule);
        let formed = self.form(rule).is_some();
        if (!self.closed && !formed) || self.door == Door::Enter {
            return Ok(());
        }
        let may = |kind: NodeKind, text: &str| {
            let open = !self.closed || kind != NodeKind::Text || super::plain(text);
            open && (text.is_empty() || self.form(rule).is_none_or(|form| form.holds(text)))
        };
        // A member's name may be data too.
        let name = at.document.name(node);
        let named = name.is_empty() || !formed || form::NAME.holds(&name);
        if !named || (self.closed && !super::plain(&name)) {
            self.push(at.place(node), rule, Act::Drop, None);
            return Ok(());
        }
        match at.document.kind(node) {
            NodeKind::Object | NodeKind::Array => {
                for child in at.document.children(node) {
                    self.keep_all(at, child, rule)?;
                }
            }
            kind @ (NodeKind::Text | NodeKind::Number | NodeKind::Bool)
                if !may(kind, &at.document.text(node)) =>
            {
                if node == 0 {
                    return Err(FindRefusal::Closed { rule: self.rule_text(rule) });
                }
                self.push(at.place(node), rule, Act::Drop, None);
            }
            _ => {}
        }
        Ok(())
    }

    /// A part: applied to an object, or to each object of an array.
    fn part(&mut self, at: At<'_>, node: u32, choice: &Choice) -> Result<(), FindRefusal> {
        self.count(choice.rule);
        if at.document.kind(node) == NodeKind::Array {
            for element in at.document.children(node) {
                if !matches!(at.document.kind(element), NodeKind::Object | NodeKind::Null) {
                    return Err(self.shape(choice.rule, "a single value in a list of objects"));
                }
            }
            return self.records(at, node, choice.record);
        }
        self.record(at, node, choice.record)?;
        Ok(())
    }

    /// A part applied to each object of an array, with its order.
    pub(super) fn records(&mut self, at: At<'_>, node: u32, record: u32) -> Result<(), FindRefusal> {
        let order = self.door == Door::Leave
            && self.profile.records.get(record as usize).is_some_and(|record| record.order);
        if !order {
            for element in at.document.children(node) {
                self.record(at, element, record)?;
            }
            return Ok(());
        }
        let mut elements = Vec::new();
        for element in at.document.children(node) {
            elements.push((element, self.record(at, element, record)?));
        }
        let nested = match at.area {
            Area::Nested(nested) => Some(nested),
            Area::Body | Area::Query => None,
        };
        if elements.len() > 1 {
            self.found.orders.push(Order { parent: node, nested, elements });
        }
        Ok(())
    }

    /// A part applied to one value. Gives the person it is about.
    pub(super) fn record(&mut self, at: At<'_>, node: u32, record: u32) -> Result<Option<u32>, FindRefusal> {
        if at.document.kind(node) == NodeKind::Null {
            return Ok(None);
        }
        let Some(root) = self.profile.records.get(record as usize).map(|record| record.root) else {
            return Ok(None);
        };
        self.open_record(record, Some(at.place(node)));
        self.value(At { record: node, ..at }, node, root, None)?;
        self.outside(at, node, record)?;
        self.close_record()
    }
}
