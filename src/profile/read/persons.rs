//! Whose record is whose: `person`, `order` and `outside`.
//!
//! Places of `person` may lead through parts; each is marked at the spots where it ends. It must not know paths.

use super::selector::{self, Area, Step, Syntax};
use super::source::Said;
use super::weave::{Loom, Weaver};
use crate::profile::plan::{Choice, Mark, NONE, OutsidePlace, OutsidePlan};
use crate::profile::rules::{Minted, Verb};

impl Weaver<'_, '_> {
    /// Marks the places of `person` and notes `order` and `outside`.
    pub(super) fn weave_persons(&mut self, loom: &Loom<'_>) {
        for (rank, said) in loom.rules.person.iter().enumerate() {
            let mark = Mark { record: loom.record, rank: u32::try_from(rank).unwrap_or(NONE) };
            match selector::read(&said.text, loom.syntax, &self.draft.namespaces) {
                Ok(selector) if selector.deep => {
                    self.source.error(said.line, "`person` names single values", "without `/**`");
                }
                Ok(selector) => {
                    let marked = match &selector.area {
                        Area::Body => self.mark_body(loom.root, &selector.steps, mark),
                        area => self.mark_elsewhere(area, mark),
                    };
                    if !marked {
                        let what = format!("`{}` of `person` names no pseudonym", said.text);
                        self.source.error(
                            said.line,
                            what,
                            "a person is named by a rule with do = \"pseudonym\"",
                        );
                    }
                }
                Err((what, hint)) => self.source.error(said.line, what, hint),
            }
        }
        let person = !loom.rules.person.is_empty();
        if let (Some(line), false) = (loom.rules.order, person) {
            self.source.error(
                line,
                "`order` needs `person`",
                "records are sorted by the person they are about",
            );
        }
        let outside = loom.rules.outside.as_ref().and_then(|said| self.outside(loom, said));
        if let Some(record) = self.profile.records.get_mut(loom.record as usize) {
            record.person = person;
            record.order = loom.rules.order.is_some();
            record.outside = outside.map(Box::new);
        }
    }

    /// Marks the spots that steps lead to, through parts; whether a pseudonym stands at one of them.
    fn mark_body(&mut self, root: u32, steps: &[Step], mark: Mark) -> bool {
        let mut marked = false;
        for spot in self.spots_at(root, steps) {
            let Some(spot) = self.profile.spots.get_mut(spot as usize) else { continue };
            if spot.choices.iter().any(masks) {
                spot.marks.push(mark);
                marked = true;
            }
        }
        marked
    }

    /// Every spot that steps lead to. A part that is applied to an array takes the step `*` with it.
    fn spots_at(&self, root: u32, steps: &[Step]) -> Vec<u32> {
        let mut open = vec![(root, steps)];
        let mut ends = Vec::new();
        while let Some((at, steps)) = open.pop() {
            let Some(spot) = self.profile.spots.get(at as usize) else { continue };
            let parts =
                spot.choices.iter().filter_map(|choice| self.profile.records.get(choice.record as usize));
            for part in parts {
                open.push((part.root, steps));
                if let Some((Step::Element, rest)) = steps.split_first() {
                    open.push((part.root, rest));
                }
            }
            match steps.split_first() {
                None => ends.push(at),
                Some((Step::Element, rest)) if spot.element != NONE => open.push((spot.element, rest)),
                Some((Step::Name(name), rest)) => {
                    open.extend(spot.branch.names.get(name.as_bytes()).map(|next| (next, rest)));
                }
                Some(_) => {}
            }
        }
        ends
    }

    fn outside(&mut self, loom: &Loom<'_>, said: &Said) -> Option<OutsidePlan> {
        if loom.syntax == Syntax::Xml {
            self.source.error(said.line, "`outside` cannot write XML", "leave it out");
            return None;
        }
        if !loom.rules.person.iter().any(|place| place.text == said.text) {
            let what = format!("`outside` names `{}`, which is no place of `person`", said.text);
            self.source.error(said.line, what, "list it under `person` too");
            return None;
        }
        let mut places: Vec<OutsidePlace> = Vec::new();
        let mut to = None;
        for place in &loom.rules.person {
            let selector = selector::read(&place.text, loom.syntax, &self.draft.namespaces).ok()?;
            let path: Option<Vec<String>> = selector
                .steps
                .iter()
                .map(|step| match step {
                    Step::Name(name) => Some(name.clone()),
                    Step::Element => None,
                })
                .collect();
            let spot = self.spots_at(loom.root, &selector.steps).first().copied();
            let choice = spot
                .and_then(|spot| self.profile.spots.get(spot as usize)?.choices.iter().find(|c| masks(c)));
            let Some((choice, path)) = choice.zip(path.filter(|path| !path.is_empty())) else {
                self.source.error(
                    place.line,
                    "with `outside`, `person` names members only",
                    "no `*`, no header",
                );
                return None;
            };
            let Some(masks) = choice.pseudonym.clone() else { continue };
            if masks.kind.minted != Minted::Inside {
                let what = "`outside` moves identifiers of the school's only".to_owned();
                self.source.error(place.line, what, "a kind with `minted` stays where it is");
                return None;
            }
            if places.iter().any(|known| known.masks.kind.kind == masks.kind.kind) {
                let what = "two places of one kind: entering, the kind tells the form".to_owned();
                self.source.error(place.line, what, "declare a kind for each form under [kinds]");
                return None;
            }
            if place.text == said.text {
                to = Some((path.clone(), spot));
            }
            places.push(OutsidePlace { rule: choice.rule, path, masks });
        }
        let (to, spot) = to?;
        let parent = to.len().checked_sub(1).and_then(|length| {
            let steps: Vec<Step> = to.iter().take(length).cloned().map(Step::Name).collect();
            self.spots_at(loom.root, &steps).first().copied()
        })?;
        let adds =
            self.profile.spots.get(parent as usize).map_or(&[][..], |parent| parent.branch.adds.as_slice());
        let neighbours: Vec<u32> = adds.iter().copied().filter(|add| Some(*add) != spot).collect();
        let writes = |spot: &u32| {
            let choices = self.profile.spots.get(*spot as usize).map_or(&[][..], |spot| &spot.choices);
            choices.iter().all(|choice| !choice.add || matches!(choice.leave, Verb::Constant | Verb::Swap))
        };
        if to.len() > 1 && !neighbours.iter().all(writes) {
            let what = "beside `outside` only a constant or a swap can be added".to_owned();
            self.source.error(said.line, what, "leave `add` out of the other rules of that object");
            return None;
        }
        Some(OutsidePlan { to, neighbours, places })
    }
}

fn masks(choice: &Choice) -> bool {
    choice.leave == Verb::Pseudonym || choice.enter == Verb::Pseudonym
}
