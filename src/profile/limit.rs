//! A profile under an agreement: what a rule would let leave of a category that the agreement does not name, goes.
//!
//! Only a value that crosses as it is, or coarser, is of its category (`Verb::shares`): a pseudonym or a stand-in is not
//! what it stands for. It must not know publishers or dates.

use super::category::Category;
use super::rules::{Profile, Verb};

impl Profile {
    /// The same profile, with every rule that shares a value of a category outside `agreed` turned to `drop`, or to
    /// `refuse`, at the leaving door. A rule without a category is not held back. Where a value cannot just go (a path, a
    /// comparison, a whole document), dropping refuses as well: [`super::FindRefusal::NotAgreed`].
    ///
    /// The digest stays that of the text: what was agreed is in the configuration's.
    #[must_use]
    pub fn limited(&self, agreed: &[Category], refuse: bool) -> Self {
        let mut limited = self.clone();
        let verb = if refuse { Verb::Refuse } else { Verb::Drop };
        for rule in &mut limited.rules {
            let outside = rule.category.is_some_and(|category| !agreed.contains(&category));
            if outside && rule.leave.shares() {
                rule.leave = verb;
                rule.not_agreed = true;
            }
        }
        for choice in limited.spots.iter_mut().flat_map(|spot| &mut spot.choices) {
            if limited.rules.get(choice.rule.0 as usize).is_some_and(|rule| rule.not_agreed) {
                choice.leave = verb;
            }
        }
        limited
    }
}
