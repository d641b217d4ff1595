//! On what grounds somebody looks at a pupil's data: a reason that names nobody, and not too often. Both stand in
//! the journal, which also keeps the count over a restart.
//!
//! It must not know what is looked at.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::cli::act::Workplace;
use crate::cli::failure::Failure;
use crate::cli::looks::Look;
use crate::cli::words;
use crate::config::words::Value as Word;
use crate::journal::{Detail, Leaf};

/// How often one user may look in an hour.
pub(super) const MOST_AN_HOUR: usize = 20;
/// How long a reason is, in bytes: a leaf's short text takes 255.
const REASON: std::ops::RangeInclusive<usize> = 4..=200;

/// Two at once must not both be the last that is allowed.
static ALONE: Mutex<()> = Mutex::new(());

/// A reason that may stand in the journal.
pub(in crate::cli) struct Reason(String);

/// A permission to look once, until it is recorded.
pub(in crate::cli) struct Permit {
    _alone: MutexGuard<'static, ()>,
}

impl Reason {
    /// Of a fit form: some words on one line.
    pub(in crate::cli) fn read(text: &str) -> Result<Self, Failure> {
        let unfit = |english, dutch| {
            Failure::new(&words::PUPIL_REASON, [("reason", Word::Each(english, dutch))]).usage()
        };
        if text.chars().any(char::is_control) {
            return Err(unfit(
                "it holds a line end or another control character",
                "zij bevat een regeleinde of ander stuurteken",
            ));
        }
        let text = text.trim();
        if !REASON.contains(&text.len()) {
            return Err(unfit("it has 4 to 200 bytes", "zij telt 4 tot 200 bytes"));
        }
        Ok(Self(text.to_owned()))
    }

    /// Refuses a reason that names the pupil: the journal names nobody. `values` are his identifiers and names.
    pub(in crate::cli) fn names_nobody<'a>(
        &self,
        values: impl Iterator<Item = &'a str>,
    ) -> Result<(), Failure> {
        let reason = spread(&self.0);
        for value in values {
            let value = spread(value);
            // A part of one or two letters is in every text.
            if value.trim().chars().count() > 2 && reason.contains(&value) {
                let why = Word::Each(
                    "it holds a name or number of this pupil, which the journal must not",
                    "zij bevat een naam of nummer van deze leerling, en dat mag niet in het journaal",
                );
                return Err(Failure::new(&words::PUPIL_REASON, [("reason", why)]).usage());
            }
        }
        Ok(())
    }
}

/// Lower-case words with one blank around each, so that a whole word is found and no part of another.
fn spread(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut spread = " ".to_owned();
    for word in words {
        spread.push_str(word);
        spread.push(' ');
    }
    spread
}

/// Lets the user look once more, if he did not look too often in the hour before: pupils shown or exported, and pseudonyms
/// turned back. Lists of the roster have a limit of their own.
pub(in crate::cli) fn permit(at: &Workplace<'_>) -> Result<Permit, Failure> {
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let now_ms = at.stores.clock.now().as_millis();
    let count = at.stores.words().looks.lately(now_ms, Look::Pupil, Some(&at.actor));
    if count >= MOST_AN_HOUR {
        let values = [("count", count.to_string().into()), ("most", MOST_AN_HOUR.to_string().into())];
        return Err(Failure::new(&words::PUPIL_OFTEN, values));
    }
    Ok(Permit { _alone: alone })
}

impl Permit {
    /// Goes on unless the reason names the pupil. Then the look counts all the same, and its leaf leaves the reason out:
    /// whoever tries names in reasons would else learn, unseen and without end, who it is.
    pub(in crate::cli) fn unless_named<'a>(
        self,
        reason: &Reason,
        values: impl Iterator<Item = &'a str>,
        mut leaf: Leaf,
        at: &Workplace<'_>,
    ) -> Result<Self, Failure> {
        let Err(named) = reason.names_nobody(values) else { return Ok(self) };
        leaf.details = vec![("reason".to_owned(), Detail::Text("left out: it named the pupil".to_owned()))];
        at.stores.note(leaf)?;
        Err(named)
    }

    /// Records the look, durably: only then may anything be shown. The leaf's details are put in order.
    pub(in crate::cli) fn record(
        self,
        mut leaf: Leaf,
        reason: &Reason,
        details: impl IntoIterator<Item = (&'static str, Detail)>,
        at: &Workplace<'_>,
    ) -> Result<(), Failure> {
        let details = details.into_iter().map(|(name, detail)| (name.to_owned(), detail));
        leaf.details.extend(details);
        leaf.details.push(("reason".to_owned(), Detail::Text(reason.0.clone())));
        leaf.details.sort_by(|a, b| a.0.cmp(&b.0));
        at.stores.note(leaf).map(drop)
    }
}

/// Records an act on a reason that shows nothing: it is not counted.
pub(super) fn record(
    leaf: Leaf,
    reason: &Reason,
    details: impl IntoIterator<Item = (&'static str, Detail)>,
    at: &Workplace<'_>,
) -> Result<(), Failure> {
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    Permit { _alone: alone }.record(leaf, reason, details, at)
}

#[cfg(test)]
mod tests {
    use super::Reason;

    #[test]
    fn a_reason_is_some_words_on_one_line() {
        for fit in ["verzoek van de ouder", "inzage", "  <b>inzage</b> & \"meer\"  ", "melding 2026-118"] {
            assert!(Reason::read(fit).is_ok(), "{fit}");
        }
        let long = "a".repeat(201);
        for unfit in
            ["", "   ", "abc", "twee\nregels", "a\tb c d", "x\u{0}yz w", "wis\u{1b}[2J", long.as_str()]
        {
            assert!(Reason::read(unfit).is_err(), "{unfit:?}");
        }
    }

    #[test]
    fn a_reason_names_nobody() {
        let reason = Reason::read("verzoek van de moeder van Jip Klaver-Zuring, nr. LL-90001").unwrap();
        for value in ["Jip", "klaver", "Zuring", "jip klaver", "LL-90001", "ll 90001"] {
            assert!(reason.names_nobody([value].into_iter()).is_err(), "{value}");
        }
        for value in ["Kla", "Moed", "90002", "de", "", "L"] {
            assert!(reason.names_nobody([value].into_iter()).is_ok(), "{value}");
        }
    }
}
