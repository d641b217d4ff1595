//! `outside`: of several forms that name a person, the publisher sees one.
//!
//! The walk has found the identifier in its place; here the finding is told to move it. It must not know which
//! form a pseudonym came from: the vault knows.

use super::walk::{At, Walk};
use super::{Act, FindRefusal, Outside, OutsideForm};
use crate::profile::plan::OutsidePlan;
use crate::profile::rules::Door;

impl<'p> Walk<'p, '_> {
    /// Moves the identifier of a record that was just walked, where its profile says so.
    pub(super) fn outside(&mut self, at: At<'_>, node: u32, record: u32) -> Result<(), FindRefusal> {
        let plan = self.profile.records.get(record as usize).and_then(|record| record.outside.as_deref());
        let Some(plan) = plan else { return Ok(()) };
        let filled = self.own_candidates();
        let (Some((rule, finding)), None) = (filled.first().copied(), filled.get(1)) else {
            let Some((rule, _)) = filled.first() else { return Ok(()) };
            return Err(self.shape(*rule, "two forms of one person are filled"));
        };
        let here = plan.places.iter().position(|place| place.rule == rule);
        let is_outside =
            here.and_then(|here| plan.places.get(here)).is_some_and(|place| place.path == plan.to);
        match self.door {
            Door::Leave if is_outside => return Ok(()),
            Door::Leave => {
                let taken = plan.to.first().is_some_and(|first| {
                    at.document.children(node).any(|child| at.document.name(child) == *first)
                });
                if taken {
                    return Err(self.shape(rule, "two forms of one person are filled"));
                }
            }
            Door::Enter if !is_outside => return Ok(()),
            Door::Enter => {}
        }
        let neighbours = self.neighbours(plan);
        let Some(known) = self.found.findings.get_mut(finding as usize) else { return Ok(()) };
        let Act::Pseudonym(masking) = known.act else { return Ok(()) };
        known.act = Act::Outside(Box::new(Outside {
            record: node,
            masking,
            outside: plan.to.clone(),
            neighbours,
            places: plan
                .places
                .iter()
                .map(|place| OutsideForm {
                    kind: place.masks.kind.kind,
                    path: place.path.clone(),
                    form: place.masks.form.clone(),
                })
                .collect(),
        }));
        Ok(())
    }

    fn neighbours(&self, plan: &'p OutsidePlan) -> Vec<(String, crate::profile::rules::RuleId)> {
        let rule = |spot: &u32| {
            let choice = self.spot(*spot)?.choices.iter().find(|choice| choice.add)?;
            Some((self.profile.rule(choice.rule)?.slot.clone(), choice.rule))
        };
        plan.neighbours.iter().filter_map(rule).collect()
    }
}
