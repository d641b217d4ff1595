//! `outside`: of several forms that name a person, the publisher sees one.
//!
//! The walk has found the identifier in its place; here the finding is told to move it. It must not know which
//! form a pseudonym came from: the vault knows.

use super::walk::{At, Walk};
use super::{Act, FindRefusal, Masking};
use crate::identity::Kind;
use crate::profile::plan::OutsidePlan;
use crate::profile::rules::{Door, RuleId};

/// `outside`: one place gives way to another.
///
/// Leaving: the finding's member goes; `outside` is written into the record, its last member being the pseudonym of the
/// finding's identifier (kind `masking.kind`) in the shape of `kind`, with `neighbours` beside it. Entering: the finding is
/// the value at `outside`; the kind of the identifier that the vault restores says which of `places` is written. When that
/// is another, everything in `goes` goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Outside {
    /// The record's object.
    pub record: u32,
    /// How the identifier at the finding is masked (leaving).
    pub masking: Masking,
    /// The member names that lead from the record to the place that the publisher sees.
    pub outside: Vec<String>,
    /// The kind that stands there.
    pub kind: Kind,
    /// Entering: the first node of the record's member that `outside` leads through, and the node behind its last.
    pub goes: (u32, u32),
    /// The other members that leaving writes in the same object, where it writes one: name, and rule (a constant or a
    /// swap).
    pub neighbours: Vec<(String, RuleId)>,
    /// Every form inside: kind, path from the record, and what stands before and after the identifier.
    pub places: Vec<OutsideForm>,
}

/// One form that a person's identifier takes inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideForm {
    /// The kind that stands there.
    pub kind: Kind,
    /// Member names from the record.
    pub path: Vec<String>,
    /// What stands before the identifier and after it.
    pub form: Option<(String, String)>,
}

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
        // Where the other form will stand nothing may stand, filled or not.
        let member = |path: &[String]| {
            let first = path.first()?;
            at.document.children(node).find(|child| at.document.name(*child) == *first)
        };
        let goes = member(&plan.to);
        let mut others = plan.places.iter().filter(|place| place.path.first() != plan.to.first());
        let taken = match self.door {
            Door::Leave if is_outside => return Ok(()),
            Door::Enter if !is_outside => return Ok(()),
            Door::Leave => goes.is_some(),
            Door::Enter => others.any(|place| member(&place.path).is_some()),
        };
        if taken {
            return Err(self.shape(rule, "two forms of one person are filled"));
        }
        let behind = |member: u32| at.document.node(member).map_or(member, |known| known.next);
        let goes = goes.map_or((0, 0), |member| (member, behind(member)));
        let kind = plan.places.iter().find(|place| place.path == plan.to).map(|place| place.masks.kind.kind);
        let neighbours = self.neighbours(plan);
        let Some(known) = self.found.findings.get_mut(finding as usize) else { return Ok(()) };
        let Act::Pseudonym(masking) = known.act else { return Ok(()) };
        known.act = Act::Outside(Box::new(Outside {
            record: node,
            masking,
            kind: kind.unwrap_or(masking.kind),
            outside: plan.to.clone(),
            goes,
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

    fn neighbours(&self, plan: &'p OutsidePlan) -> Vec<(String, RuleId)> {
        let rule = |spot: &u32| {
            let choice = self.spot(*spot)?.choices.iter().find(|choice| choice.add)?;
            Some((self.profile.rule(choice.rule)?.slot.clone(), choice.rule))
        };
        plan.neighbours.iter().filter_map(rule).collect()
    }
}
