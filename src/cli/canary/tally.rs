//! What became of the canaries of a route, counted.
//!
//! It must not know what a message is.

use std::collections::BTreeMap;

use crate::journal::Decision;

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It left, and no canary with it.
    Held,
    /// A canary was planted in it, and the guard stopped it, as it should.
    Stopped,
    /// The rules would have let a canary through; the guard stopped it.
    Weak,
    /// Refused for another reason before anything left.
    Refused(&'static str),
    /// A canary got through: what of it.
    Leaked(&'static str),
}

/// What became of a route.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) messages: u64,
    pub(super) planted: u64,
    pub(super) refused: u64,
    pub(super) weak: u64,
    pub(super) leaked: u64,
    /// Other refusals, by code.
    pub(super) codes: BTreeMap<&'static str, u64>,
    /// Weak, leaked and otherwise refused messages by their names, and what was found or said.
    notes: Vec<(String, &'static str, &'static str)>,
}

impl Tally {
    /// Counts a message.
    pub(super) fn count(&mut self, name: String, planted: bool, outcome: &Outcome) {
        self.messages += 1;
        self.planted += u64::from(planted);
        self.refused += u64::from(!matches!(outcome, Outcome::Held | Outcome::Leaked(_)));
        let note = match outcome {
            Outcome::Held | Outcome::Stopped => return,
            Outcome::Weak => {
                self.weak += 1;
                ("weak", "SLS-601")
            }
            Outcome::Leaked(what) => {
                self.leaked += 1;
                ("leaked", *what)
            }
            Outcome::Refused(code) => {
                *self.codes.entry(code).or_default() += 1;
                ("refused", *code)
            }
        };
        if !self.notes.iter().any(|(known, what, found)| *known == name && (*what, *found) == note) {
            self.notes.push((name, note.0, note.1));
        }
    }

    /// What there is to say of single messages; nothing where every one of them was refused.
    pub(super) fn notes(&self) -> impl Iterator<Item = &(String, &'static str, &'static str)> {
        self.notes.iter().filter(|_| self.outcome() != "refused")
    }

    /// In one word.
    pub(super) fn outcome(&self) -> &'static str {
        let other: u64 = self.codes.values().sum();
        match self {
            Self { leaked: 1.., .. } => "leaked",
            Self { weak: 1.., .. } => "weak",
            // Nothing was tried, so nothing held.
            Self { messages: 0, .. } => "empty",
            Self { messages, .. } if other == *messages => "refused",
            _ => "held",
        }
    }

    /// As the leaf says it.
    pub(super) fn decision(&self) -> Decision {
        let only = || self.codes.keys().next().map_or_else(String::new, |code| code.to_ascii_lowercase());
        match self.outcome() {
            "weak" => Decision::Refused("sls-601".to_owned()),
            "refused" => Decision::Refused(only()),
            "empty" => Decision::None,
            _ => Decision::Passed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Tally};
    use crate::journal::Decision;

    #[test]
    fn nothing_tried_is_nothing_held() {
        let mut tally = Tally::default();
        assert_eq!((tally.outcome(), tally.decision()), ("empty", Decision::None));
        tally.count("a".to_owned(), false, &Outcome::Refused("SLS-402"));
        assert_eq!((tally.outcome(), tally.decision()), ("refused", Decision::Refused("sls-402".to_owned())));
        tally.count("b".to_owned(), false, &Outcome::Held);
        assert_eq!((tally.outcome(), tally.decision()), ("held", Decision::Passed));
        tally.count("c".to_owned(), false, &Outcome::Weak);
        assert_eq!(tally.outcome(), "weak");
        tally.count("d".to_owned(), false, &Outcome::Leaked("name"));
        assert_eq!(tally.outcome(), "leaked", "whatever else happened");
    }
}
