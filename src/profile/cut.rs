//! Whether a message can cross in segments, and where it may be cut: only where no rule needs the whole body.
//!
//! Decided by the rules alone, for one door (docs/decisions/0017). It must not know segments or bodies.

use std::collections::BTreeSet;

use super::plan::{Branch, Choice, Masks, Message, NONE, Segment, Subject};
use super::rules::{Door, Minted, Profile, Verb};
use super::select::Selected;
use crate::rewrite::Format;
use crate::rewrite::segments::Cut;

impl Profile {
    /// Where a body under these rules may be cut; none when some rule needs all of it: a list whose order tells something
    /// (leaving), things that the publisher names (entering), a person or a condition of the message as a whole, a member
    /// that is added to its root.
    pub fn cut(&self, selected: Selected, door: Door) -> Option<Cut> {
        let message = self.message(selected.message)?;
        let record = self.records.get(message.record as usize)?;
        if self.asks_the_body(message) || (door == Door::Enter && self.mints(message)) {
            return None;
        }
        if message.format == Some(Format::Ndjson) {
            // Each line is a record of these rules.
            return (!self.is_ordered(message.record, door)).then_some(Cut::Lines);
        }
        if message.format != Some(Format::Json) || record.person || record.outside.is_some() {
            return None;
        }
        let root = self.spots.get(record.root as usize)?;
        if !root.branch.adds.is_empty() || self.looks_at_root(record.root) {
            return None;
        }
        let named =
            root.branch.names.iter().filter(|(_, spot)| root.choices.is_empty() && self.is_list(*spot, door));
        let members: Vec<String> = named.map(|(name, _)| name.to_owned()).collect();
        let root = self.is_list(record.root, door);
        (root || !members.is_empty()).then_some(Cut::Elements { root, members })
    }

    /// Whether an array at this place holds elements that have nothing to do with one another.
    fn is_list(&self, spot: u32, door: Door) -> bool {
        let Some(spot) = self.spots.get(spot as usize) else { return false };
        match spot.choices.as_slice() {
            [] => spot.element != NONE,
            [only] => {
                let verb = if door == Door::Leave { only.leave } else { only.enter };
                only.tests.is_empty() && verb == Verb::Part && !self.is_ordered(only.record, door)
            }
            _ => false,
        }
    }

    fn is_ordered(&self, record: u32, door: Door) -> bool {
        door == Door::Leave && self.records.get(record as usize).is_none_or(|record| record.order)
    }

    /// Whether the publisher may name something in it: what one record names, another may mean.
    fn mints(&self, message: &Message) -> bool {
        let of = |masks: &Masks| masks.kind.minted != Minted::Inside;
        let in_path = |segment: &Segment| match segment {
            Segment::Pseudonym { kind, .. } => kind.minted != Minted::Inside,
            Segment::Literal(_) | Segment::Kept { .. } => false,
        };
        if message.templates.iter().flat_map(|template| &template.segments).any(in_path) {
            return true;
        }
        let mut ahead: Vec<u32> = [&message.query, &message.headers, &message.path]
            .iter()
            .flat_map(|branch| branch.names.iter().map(|(_, spot)| spot))
            .collect();
        let mut records = vec![message.record];
        let mut seen = (BTreeSet::new(), BTreeSet::new());
        loop {
            if let Some(record) = records.pop() {
                let Some(known) = self.records.get(record as usize).filter(|_| seen.0.insert(record)) else {
                    continue;
                };
                if known.outside.iter().flat_map(|outside| &outside.places).any(|place| of(&place.masks)) {
                    return true;
                }
                ahead.push(known.root);
            } else if let Some(at) = ahead.pop() {
                let Some(spot) = self.spots.get(at as usize).filter(|_| seen.1.insert(at)) else { continue };
                if spot.choices.iter().any(|choice| choice.pseudonym.as_ref().is_some_and(of)) {
                    return true;
                }
                records.extend(spot.choices.iter().map(|choice| choice.record));
                ahead.extend(spot.branch.names.iter().map(|(_, spot)| spot));
                ahead.push(spot.element);
            } else {
                return false;
            }
        }
    }

    /// Whether a rule for path, query or header looks at the body.
    fn asks_the_body(&self, message: &Message) -> bool {
        let spots = |branch: &Branch| -> Vec<u32> { branch.names.iter().map(|(_, spot)| spot).collect() };
        let all = [&message.query, &message.headers, &message.path].map(spots).concat();
        all.into_iter().any(|spot| self.looks_at_root(spot))
    }

    /// Whether a condition at a place or below it looks at the body, as far as no other record begins there.
    fn looks_at_root(&self, from: u32) -> bool {
        let looks =
            |choice: &Choice| choice.tests.iter().any(|test| matches!(test.subject, Subject::Body(_)));
        let mut ahead = vec![from];
        let mut seen = BTreeSet::new();
        while let Some(at) = ahead.pop() {
            let Some(spot) = self.spots.get(at as usize).filter(|_| seen.insert(at)) else { continue };
            if spot.choices.iter().any(looks) {
                return true;
            }
            ahead.extend(spot.branch.names.iter().map(|(_, spot)| spot));
            if spot.element != NONE {
                ahead.push(spot.element);
            }
        }
        false
    }
}
