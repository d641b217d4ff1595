//! Whose record a value stands in.
//!
//! A record with `person` is about whoever its first filled place names; one without it is about the person of the
//! record around it. The person is known only when the whole record was seen: until then it is a number. It must
//! not know identifiers.

use super::walk::Walk;
use super::{FindRefusal, Person, Place};
use crate::profile::plan::{Mark, NONE};
use crate::profile::rules::RuleId;

/// A record that is being walked.
#[derive(Clone, Copy)]
pub(super) struct Open {
    /// Which of the profile's records.
    pub(super) record: u32,
    /// Its person, or that of the record around it.
    person: Option<u32>,
    /// Position of the record that the person belongs to.
    owner: usize,
    /// The first of its candidates, and of its findings.
    candidates: usize,
    findings: usize,
    /// A rule that cannot do without a person.
    needs: Option<RuleId>,
}

/// A pseudonym that may name a record's person.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    owner: usize,
    rank: u32,
    rule: RuleId,
    finding: u32,
}

impl Walk<'_, '_> {
    /// Begins a record; without a place it is the message as a whole.
    pub(super) fn open_record(&mut self, record: u32, place: Option<Place>) {
        let own = self.profile.records.get(record as usize).is_some_and(|record| record.person);
        let position = self.open.len();
        let (person, owner) = if own {
            let person = u32::try_from(self.found.persons.len()).unwrap_or(NONE);
            self.found.persons.push(Person { record: place, start: 0, end: 0 });
            (Some(person), position)
        } else {
            self.open.last().map_or((None, position), |around| (around.person, around.owner))
        };
        let (candidates, findings) = (self.candidates.len(), self.found.findings.len());
        self.open.push(Open { record, person, owner, candidates, findings, needs: None });
    }

    /// Ends a record: settles whom it is about, and gives that person.
    pub(super) fn close_record(&mut self) -> Result<Option<u32>, FindRefusal> {
        let Some(open) = self.open.pop() else { return Ok(None) };
        let Some(person) = open.person.filter(|_| open.owner == self.open.len()) else {
            return Ok(open.person);
        };
        let owner = self.open.len();
        let own = self.candidates.get_mut(open.candidates..).unwrap_or_default();
        if own.len() > 1 {
            own.sort_unstable_by_key(|candidate| (candidate.rank, candidate.rule, candidate.finding));
        }
        let start = self.found.named_by.len();
        self.found.named_by.extend(
            own.iter().filter(|candidate| candidate.owner == owner).map(|candidate| candidate.finding),
        );
        // Places of records around this one stay open.
        let around = own.iter().any(|candidate| candidate.owner < owner);
        if around {
            self.candidates.retain(|candidate| candidate.owner < owner);
        } else {
            self.candidates.truncate(open.candidates);
        }
        let end = self.found.named_by.len();
        if let Some(known) = self.found.persons.get_mut(person as usize) {
            let number = |at: usize| u32::try_from(at).unwrap_or(NONE);
            (known.start, known.end) = (number(start), number(end));
        }
        if end > start {
            return Ok(Some(person));
        }
        if let Some(rule) = open.needs {
            return Err(FindRefusal::NoPerson { rule: self.rule_text(rule) });
        }
        for finding in self.found.findings.iter_mut().skip(open.findings) {
            if finding.person == Some(person) {
                finding.person = None;
            }
        }
        Ok(None)
    }

    /// The person of the record that is being walked.
    pub(super) fn person(&self) -> Option<u32> {
        self.open.last().and_then(|open| open.person)
    }

    /// Notes that a rule cannot do without a person.
    pub(super) fn need_person(&mut self, rule: RuleId) -> Result<(), FindRefusal> {
        let owner = self.open.last().filter(|open| open.person.is_some()).map(|open| open.owner);
        match owner.and_then(|owner| self.open.get_mut(owner)) {
            Some(open) => {
                open.needs.get_or_insert(rule);
                Ok(())
            }
            None => Err(FindRefusal::NoPerson { rule: self.rule_text(rule) }),
        }
    }

    /// Notes the last finding as a place of `person` of the records it is marked for.
    pub(super) fn mark(&mut self, marks: &[Mark], rule: RuleId) {
        let finding = u32::try_from(self.found.findings.len().saturating_sub(1)).unwrap_or(NONE);
        for mark in marks {
            if let Some(owner) = self.open.iter().rposition(|open| open.record == mark.record) {
                self.candidates.push(Candidate { owner, rank: mark.rank, rule, finding });
            }
        }
    }

    /// Rule and finding of each filled place of the innermost record's own person.
    pub(super) fn own_candidates(&self) -> Vec<(RuleId, u32)> {
        let owner = self.open.len().saturating_sub(1);
        let own = self.candidates.iter().filter(|candidate| candidate.owner == owner);
        own.map(|candidate| (candidate.rule, candidate.finding)).collect()
    }
}
