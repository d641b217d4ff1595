//! What a kept value of a question may be. A question is written by whoever asks, and answered by a system that may
//! read it less strictly than Sluis: nothing may stand in a value that such a system could take for more of the
//! question: the form that its rule gives, or, without one, a text that cannot be two. A form outside questions is
//! judged at the leaving door, where a value that does not have it goes. It must not know how profiles are read.

use super::walk::{At, Walk};
use super::{Act, FindRefusal, Place};
use crate::profile::form;
use crate::profile::plan::{Branch, Choice};
use crate::profile::rules::{Door, RuleId, Verb};
use crate::rewrite::Format;

/// How often one filter may ask of the same kept attribute: a range has two ends.
const SAME: usize = 2;
/// How many comparisons one filter may have.
const COMPARISONS: usize = 8;

/// What a value is part of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks<'a> {
    /// No question: a body or a header.
    No,
    /// A parameter or a comparison, by its name.
    Value(&'a str),
    /// A segment of the path.
    Segment,
}

impl Walk<'_, '_> {
    /// Whether a value that a rule keeps may stay. Elsewhere than in a question the empty text always may.
    pub(super) fn fits(&self, asks: Asks<'_>, text: &str, choice: &Choice) -> bool {
        let form = self.form(choice.rule);
        match (asks, form) {
            (Asks::No, Some(form)) => self.door == Door::Enter || text.is_empty() || form.holds(text),
            (Asks::No, None) => true,
            (_, Some(form)) => form.holds(text),
            (Asks::Segment, None) => form::SEGMENT.holds(text),
            (Asks::Value(name), None) => choice.vocabulary || is_plain(name, text),
        }
    }

    /// What happens to a kept value that may not stay.
    pub(super) fn misfit(
        &mut self,
        asks: Asks<'_>,
        place: Place,
        choice: &Choice,
    ) -> Result<(), FindRefusal> {
        if asks != Asks::No {
            return Err(FindRefusal::Question { rule: self.rule_text(choice.rule) });
        }
        if matches!(place, Place::Body(0) | Place::Nested { node: 0, .. }) {
            return Err(self.shape(choice.rule, "a value without the form that is listed"));
        }
        self.push(place, choice.rule, Act::Drop, choice.category);
        Ok(())
    }

    /// The form that a rule gives to what it keeps.
    pub(super) fn form(&self, rule: RuleId) -> Option<&form::Form> {
        self.profile.rule(rule).and_then(|rule| rule.form.as_ref())
    }

    /// A filter that asks much at once, or of one kept attribute more than a range, is a search.
    pub(super) fn bound_filter(
        &self,
        at: At<'_>,
        root: u32,
        branch: &Branch,
        rule: RuleId,
    ) -> Result<(), FindRefusal> {
        if at.document.format() != Format::OneRosterFilter {
            return Ok(());
        }
        let names: Vec<_> = at.document.children(root).map(|child| at.document.name(child)).collect();
        let kept = |name: &str| {
            let spot = branch.names.get(name.as_bytes()).and_then(|spot| self.spot(spot));
            spot.is_some_and(|spot| spot.choices.iter().any(|choice| self.verb(choice) == Verb::Keep))
        };
        let often = |name: &str| names.iter().filter(|other| *other == name).count() > SAME;
        if names.len() > COMPARISONS || names.iter().any(|name| often(name) && kept(name)) {
            return Err(FindRefusal::Question { rule: self.rule_text(rule) });
        }
        Ok(())
    }
}

/// The longest kept value, in bytes.
const LONGEST: usize = 64;
/// The largest page, and the furthest offset, have this many digits.
const DIGITS: usize = 7;

/// Whether a kept value is one value and nothing more: letters, digits and the marks of dates, versions and ids; words
/// apart by single spaces, none of them a connective. How many and from where on (`limit`, `offset`) are digits only.
pub(super) fn is_plain(name: &str, text: &str) -> bool {
    if matches!(name, "limit" | "offset") {
        return (1..=DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    }
    let mark = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:+".contains(&byte);
    let word = |word: &str| {
        let connective = ["and", "or", "not"].iter().any(|one| word.eq_ignore_ascii_case(one));
        !word.is_empty() && word.bytes().all(mark) && !connective
    };
    text.is_empty() || (text.len() <= LONGEST && text.split(' ').all(word))
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn a_value_is_no_second_question() {
        for good in ["active", "2026-08-20T08:00:00.000Z", "fully graded", "li-h3", "student", "", "1.2"] {
            assert!(is_plain("status", good), "{good}");
        }
        for odd in [
            "x AND familyName>M",
            "x' OR '1'='1",
            "a=b",
            "a and b",
            "naïef",
            "a  b",
            " a",
            "a,b",
            "a;b",
            "a%00",
            "a\"b",
        ] {
            assert!(!is_plain("status", odd), "{odd}");
        }
        assert!(!is_plain("status", &"a".repeat(65)));
        assert!(is_plain("limit", "100") && is_plain("offset", "0"));
        for odd in ["", "-1", "1e3", "95312 OR 1", "12345678", "0x10"] {
            assert!(!is_plain("limit", odd), "{odd}");
        }
    }
}
