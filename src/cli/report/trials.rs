//! Canary runs of one route, counted from leaves: what they found, and those that say nothing of the rules, because they
//! were refused whole, could not be done, or had nothing to try.
//!
//! It must not know a language.

use super::tally::{STOPPED, number};
use crate::journal::{Decision, Leaf};

/// Canary runs of one route.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Canaries {
    pub(super) runs: u64,
    pub(super) messages: u64,
    pub(super) refused: u64,
    /// Of all messages, those with a name planted where it may not stand: to be refused.
    pub(super) planted: u64,
    /// Canaries that were found in what was about to leave.
    pub(super) leaked: u64,
    /// Runs in which the rules would have let something through, and the guard stopped it.
    pub(super) runs_weak: u64,
    /// Runs that were refused whole for another reason: they say nothing of the rules.
    pub(super) runs_refused: u64,
    /// Runs that could not be done.
    pub(super) runs_failed: u64,
    /// Runs without a message: nothing was tried.
    pub(super) runs_empty: u64,
    pub(super) last_ms: u64,
    /// What the newest run said of the rules.
    pub(super) last: Last,
}

/// What the newest run says of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Last {
    /// Whatever its counts say.
    #[default]
    Tried,
    /// Nothing: it was refused whole, for this code.
    Refused(String),
    /// Nothing: it could not be done, for this code.
    Failed(String),
    /// Nothing: there was no message to try.
    Empty,
}

impl Canaries {
    /// Counts a run.
    pub(super) fn take(&mut self, leaf: &Leaf) {
        for (to, name) in [
            (&mut self.messages, "messages"),
            (&mut self.refused, "refused"),
            (&mut self.planted, "planted"),
            (&mut self.leaked, "leaked"),
        ] {
            *to = to.saturating_add(number(leaf, name).unwrap_or_default());
        }
        self.runs += 1;
        let last = match &leaf.decision {
            Decision::Refused(code) if code == STOPPED => {
                self.runs_weak += 1;
                Last::Tried
            }
            // Codes of commands are of what kept it from being done; those of refusals are the gateway's.
            Decision::Refused(code) if code.starts_with("cli-") => {
                self.runs_failed += 1;
                Last::Failed(code.clone())
            }
            Decision::Refused(code) => {
                self.runs_refused += 1;
                Last::Refused(code.clone())
            }
            Decision::None | Decision::Passed if number(leaf, "messages") == Some(0) => {
                self.runs_empty += 1;
                Last::Empty
            }
            Decision::None | Decision::Passed => Last::Tried,
        };
        if leaf.time_ms >= self.last_ms {
            self.last_ms = leaf.time_ms;
            self.last = last;
        }
    }

    /// Adds those of another template.
    pub(super) fn add(&mut self, other: &Self) {
        for (to, more) in [
            (&mut self.runs, other.runs),
            (&mut self.messages, other.messages),
            (&mut self.refused, other.refused),
            (&mut self.planted, other.planted),
            (&mut self.leaked, other.leaked),
            (&mut self.runs_weak, other.runs_weak),
            (&mut self.runs_refused, other.runs_refused),
            (&mut self.runs_failed, other.runs_failed),
            (&mut self.runs_empty, other.runs_empty),
        ] {
            *to = to.saturating_add(more);
        }
        if other.last_ms >= self.last_ms {
            self.last_ms = other.last_ms;
            self.last.clone_from(&other.last);
        }
    }

    /// Runs that say nothing of the rules.
    pub(super) fn runs_silent(&self) -> u64 {
        self.runs_refused.saturating_add(self.runs_failed).saturating_add(self.runs_empty)
    }
}
