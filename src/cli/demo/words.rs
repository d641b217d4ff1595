//! What the demo says, in English and Dutch.
//!
//! It must not know layout; the gateway's own words (rules, codes) are not translated.

use super::difference::{Reason, Row};
use super::story::Topic;
use crate::config::Language;
use crate::profile::{Category, Door, Verb};

/// What an exchange is about.
pub(super) fn topic(topic: Topic, language: Language) -> &'static str {
    let [english, dutch] = match topic {
        Topic::Students => [
            "The publisher asks the school for its pupils",
            "De uitgever vraagt de school om haar leerlingen",
        ],
        Topic::Results => {
            ["The publisher brings everybody's results", "De uitgever brengt ieders resultaten"]
        }
        Topic::SimpleResult => {
            ["The publisher brings one result, by SEM", "De uitgever brengt één resultaat, volgens SEM"]
        }
        Topic::OnePupil => [
            "The school asks for the results of one pupil",
            "De school vraagt naar de resultaten van één leerling",
        ],
        Topic::ResultsPage => [
            "The school asks for the results of the class",
            "De school vraagt naar de resultaten van de klas",
        ],
        Topic::CleanRequest => {
            ["The school sends a mark in words", "De school stuurt een beoordeling in woorden"]
        }
        Topic::PlantedRequest => {
            ["The same, with a login name for a class", "Hetzelfde, met een inlognaam als klas"]
        }
        Topic::CleanReply => {
            ["The publisher asks the school for its classes", "De uitgever vraagt de school om haar klassen"]
        }
        Topic::PlantedReply => {
            ["The same, with a name in a class's title", "Hetzelfde, met een naam in de titel van een klas"]
        }
    };
    language.pick(english, dutch)
}

/// Why a value differs: one word, and the rule as a sentence.
pub(super) fn because(row: &Row, door: Door, language: Language) -> (String, String) {
    let Some(reason) = &row.rule else {
        let [word, rule] = language.pick(
            ["unexplained", "no rule stands behind this difference"],
            ["onverklaard", "achter dit verschil staat geen regel"],
        );
        return (word.to_owned(), rule.to_owned());
    };
    let [word, rule] = match (reason.verb, door) {
        (Verb::Pseudonym, Door::Leave) => language.pick(
            ["number", "only the school can tell whose it is"],
            ["nummer", "alleen de school weet van wie het is"],
        ),
        (Verb::Pseudonym, Door::Enter) => language.pick(
            ["traced back", "only in here it is known whose it is"],
            ["herleid", "alleen hierbinnen is bekend van wie het is"],
        ),
        (Verb::Label(_), Door::Leave) => language.pick(
            ["stand-in", "an invented name, always the same, not made from the real one"],
            ["schuilnaam", "een verzonnen naam, steeds dezelfde, niet van de echte afgeleid"],
        ),
        (Verb::Label(_), Door::Enter) => {
            language.pick(["name back", "the real name returns"], ["naam terug", "de echte naam komt terug"])
        }
        (Verb::Address, _) => language.pick(
            ["led round", "the address leads through Sluis"],
            ["omgeleid", "het adres loopt via Sluis"],
        ),
        (Verb::Constant, _) => return constant(row, reason, language),
        (Verb::Generalise(_), _) => {
            language.pick(["coarser", "less exact is enough"], ["grover", "minder precies is genoeg"])
        }
        _ => return left_out(reason, language),
    };
    (word.to_owned(), rule.to_owned())
}

fn constant(row: &Row, reason: &Reason, language: Language) -> (String, String) {
    let value = reason.constant.as_deref().unwrap_or_default();
    if row.inside.is_none() || row.outside.is_none() {
        let word = language.pick("added", "toegevoegd");
        let rule = language.pick(
            "so that the answer holds only what belongs to this school",
            "zodat het antwoord alleen bevat wat van deze school is",
        );
        return (word.to_owned(), rule.to_owned());
    }
    let about = reason.category.map(|category| self::category(category, language)).unwrap_or_default();
    let rule = match language {
        Language::English => format!("for everybody \"{value}\": the {about} stays inside"),
        Language::Dutch => format!("voor iedereen \"{value}\": {about} blijft binnen"),
    };
    (language.pick("the same for all", "voor allen gelijk").to_owned(), rule)
}

fn left_out(reason: &Reason, language: Language) -> (String, String) {
    let word = language.pick("left out", "weggelaten");
    if reason.unlisted {
        let rule = language.pick(
            "the profile does not list it, so it does not go",
            "het profiel noemt het niet, dus het gaat niet mee",
        );
        return (word.to_owned(), rule.to_owned());
    }
    let rule = match (reason.category, language) {
        (Some(about), Language::English) => {
            format!("the publisher does not need the {}", category(about, language))
        }
        (Some(about), Language::Dutch) => {
            format!("{} heeft de uitgever niet nodig", category(about, language))
        }
        (None, Language::English) => "it belongs to what stays inside".to_owned(),
        (None, Language::Dutch) => "het hoort bij wat binnen blijft".to_owned(),
    };
    (word.to_owned(), rule)
}

/// For values that are the same on both sides.
pub(super) fn same(language: Language) -> &'static str {
    language.pick("the same on both sides:", "aan beide kanten gelijk:")
}

/// For a list in another order: one word, and the rule as a sentence.
pub(super) fn reordered(language: Language) -> (&'static str, &'static str) {
    language.pick(
        ("order", "sorted by number, so that a place in the list tells nothing"),
        ("volgorde", "gesorteerd op nummer, zodat de plaats in de lijst niets verraadt"),
    )
}

fn category(category: Category, language: Language) -> &'static str {
    let [english, dutch] = match category {
        Category::Name => ["name", "de naam"],
        Category::PupilId => ["login or number", "dit kenmerk"],
        Category::Email => ["e-mail address", "het e-mailadres"],
        Category::BirthDate => ["birth date", "de geboortedatum"],
        Category::Gender => ["gender", "het geslacht"],
        Category::FreeText => ["free text", "de vrije tekst"],
        other => [other.as_str(), other.as_str()],
    };
    language.pick(english, dutch)
}
