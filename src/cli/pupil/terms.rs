//! Codes of reports in words that a parent reads.
//!
//! It must not know reports.

use crate::config::Language;

/// What a category of values is called.
pub(super) fn category(code: &str, language: Language) -> &str {
    let (english, dutch) = match code {
        "name" => ("name", "naam"),
        "pupil-id" => ("number or key of the pupil", "nummer of sleutel van de leerling"),
        "staff-id" => ("number or key of staff", "nummer of sleutel van personeel"),
        "guardian" => ("parent or guardian", "ouder of verzorger"),
        "bsn" => ("burgerservicenummer", "burgerservicenummer"),
        "email" => ("e-mail address", "e-mailadres"),
        "phone" => ("telephone number", "telefoonnummer"),
        "address" => ("address", "adres"),
        "birth-date" => ("date of birth", "geboortedatum"),
        "gender" => ("gender", "geslacht"),
        "origin" => ("origin, language, religion", "herkomst, taal, godsdienst"),
        "image" => ("photograph", "foto"),
        "care" => ("health, care, absence", "gezondheid, zorg, afwezigheid"),
        "group" => ("class, grade, course", "klas, leerjaar, vak"),
        "school" => ("the school", "de school"),
        "result" => ("results and progress", "resultaten en voortgang"),
        "credential" => ("passwords and keys", "wachtwoorden en sleutels"),
        "free-text" => ("texts that somebody typed", "teksten die iemand typte"),
        other => return other,
    };
    language.pick(english, dutch)
}

/// In which form a value leaves.
pub(super) fn how(code: &str, language: Language) -> &str {
    match code {
        "as-is" => language.pick("as it is", "zoals het is"),
        "coarser" => language.pick("made coarser", "vergroofd"),
        "pseudonym" => language.pick("as a pseudonym", "als pseudoniem"),
        "stand-in" => language.pick("as a stand-in name", "als plaatsvervangende naam"),
        other => other,
    }
}

/// What was said.
pub(super) fn stance(code: &str, language: Language) -> &str {
    match code {
        "objection" => language.pick("objection", "bezwaar"),
        "consent" => language.pick("consent", "toestemming"),
        other => other,
    }
}

/// Why a pupil does not leave to a publisher; nothing when he does.
pub(super) fn standing(code: &str, language: Language) -> Option<&'static str> {
    match code {
        "objected" => Some(language.pick(
            "an objection is on record: nothing of this pupil leaves any more",
            "er ligt een bezwaar vast: er vertrekt niets meer van deze leerling",
        )),
        "no-consent" => Some(language.pick(
            "under 16 and no consent on record: nothing of this pupil leaves",
            "onder 16 en geen toestemming vastgelegd: er vertrekt niets van deze leerling",
        )),
        _ => None,
    }
}

/// What a field of the roster is called.
pub(super) fn field(code: &str, language: Language) -> &str {
    let (english, dutch) = match code {
        "given_name" => ("given name", "voornaam"),
        "prefix" => ("prefix", "tussenvoegsel"),
        "family_name" => ("family name", "achternaam"),
        "full_name" => ("full name", "volledige naam"),
        "email" => ("e-mail address", "e-mailadres"),
        "phone" => ("telephone number", "telefoonnummer"),
        "address" => ("address", "adres"),
        "birth_date" => ("date of birth", "geboortedatum"),
        other => return other,
    };
    language.pick(english, dutch)
}

#[cfg(test)]
mod tests {
    use super::{category, field, how};
    use crate::config::Language;
    use crate::profile::Category;
    use crate::roster::Field;

    #[test]
    fn every_code_has_words() {
        for code in Category::ALL {
            let dutch = category(code.as_str(), Language::Dutch);
            assert!(code == Category::Bsn || dutch != code.as_str(), "{code}");
        }
        for code in Field::ALL {
            assert_ne!(field(code.name(), Language::Dutch), code.name());
        }
        for code in ["as-is", "coarser", "pseudonym", "stand-in"] {
            assert_ne!(how(code, Language::Dutch), code);
        }
    }
}
