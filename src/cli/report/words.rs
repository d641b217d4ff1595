//! What registers and evidence call things, in plain Dutch and English: words that a parent can read.
//!
//! It must not know where they are shown.

use super::field::{Field, Leaves};
use crate::clock::Timestamp;
use crate::config::Language;
use crate::gateway::terms::{Basis, Location, NotAgreed, Supply};
use crate::profile::Category;

/// A category of data.
pub(super) fn category(category: Category, to: Language) -> &'static str {
    match category {
        Category::Name => to.pick("names", "namen"),
        Category::PupilId => to.pick("pupil numbers and user names", "leerlingnummers en gebruikersnamen"),
        Category::StaffId => to.pick("numbers of staff", "nummers van medewerkers"),
        Category::Guardian => to.pick("parents and guardians", "ouders en verzorgers"),
        Category::Bsn => to.pick("citizen service number (BSN)", "burgerservicenummer (BSN)"),
        Category::Email => to.pick("e-mail addresses", "e-mailadressen"),
        Category::Phone => to.pick("telephone numbers", "telefoonnummers"),
        Category::Address => to.pick("addresses", "adressen"),
        Category::BirthDate => to.pick("birth dates", "geboortedatums"),
        Category::Gender => to.pick("gender", "geslacht"),
        Category::Origin => to.pick("origin, nationality and religion", "herkomst, nationaliteit en geloof"),
        Category::Image => to.pick("photographs", "foto's"),
        Category::Care => {
            to.pick("health, care, behaviour and absence", "gezondheid, zorg, gedrag en verzuim")
        }
        Category::Group => to.pick("class, group, year and role", "klas, groep, leerjaar en rol"),
        Category::School => to.pick("the school itself", "de school zelf"),
        Category::Result => {
            to.pick("results, progress and times of work", "resultaten, voortgang en werktijden")
        }
        Category::Credential => to.pick("passwords and access codes", "wachtwoorden en toegangscodes"),
        Category::FreeText => to.pick("texts that somebody typed", "teksten die iemand typte"),
    }
}

/// Categories, with commas; what belongs to none comes last.
pub(super) fn categories(found: &[Category], others: bool, to: Language) -> String {
    let mut words: Vec<&str> = found.iter().map(|one| category(*one, to)).collect();
    if others {
        words.push(to.pick(
            "fields that the rules put in no category (status, dates of change and the like)",
            "velden die de regels in geen categorie plaatsen (status, wijzigingsdatum en dergelijke)",
        ));
    }
    if words.is_empty() {
        return to.pick("nothing", "niets").to_owned();
    }
    words.join(", ")
}

/// Whom data of these categories is about.
pub(super) fn subjects(found: &[Category], to: Language) -> String {
    let mut words = vec![to.pick("pupils", "leerlingen")];
    if found.contains(&Category::StaffId) {
        words.push(to.pick("staff", "medewerkers"));
    }
    if found.contains(&Category::Guardian) {
        words.push(to.pick("parents and guardians", "ouders en verzorgers"));
    }
    words.join(", ")
}

/// What happens to a field.
pub(super) fn leaves(field: &Field, to: Language) -> &'static str {
    if field.held_back {
        return to.pick("nothing: not in the agreement", "niets: niet in de overeenkomst");
    }
    match field.leaves {
        None => to.pick("does not leave here", "vertrekt hier niet"),
        Some(Leaves::Shared) => to.pick("as it is", "zoals het is"),
        Some(Leaves::Coarser) => {
            to.pick("coarser (part of the date or postcode)", "grover (deel van datum of postcode)")
        }
        Some(Leaves::EckId) => to.pick("the ECK iD itself", "het ECK iD zelf"),
        Some(Leaves::Number) => {
            to.pick("a number of this publisher's own", "een nummer alleen voor deze uitgever")
        }
        Some(Leaves::StandIn) => to.pick("an invented name", "een verzonnen naam"),
        Some(Leaves::Address) => {
            to.pick("an address of Sluis instead", "een adres van Sluis in plaats daarvan")
        }
        Some(Leaves::Swapped) => to.pick("a fixed code of the school", "een vaste code van de school"),
        Some(Leaves::Fixed) => to.pick("always the same, or empty", "altijd hetzelfde, of leeg"),
        Some(Leaves::Removed) => to.pick("nothing: taken out", "niets: eruit gehaald"),
        Some(Leaves::Refused) => {
            to.pick("nothing: the whole message is refused", "niets: het hele bericht wordt geweigerd")
        }
    }
}

/// What should be known about a field.
pub(super) fn remark(field: &Field, to: Language) -> String {
    let mut said = Vec::new();
    let (seen, beyond) = (field.seen_in_vain(), field.beyond_agreement());
    if seen > 0 {
        let what = match field.held_back {
            true => to.pick(
                "seen, not in the agreement, did not leave",
                "gezien, niet in de overeenkomst, vertrok niet",
            ),
            false => to.pick("seen, in no rule, did not leave", "gezien, in geen regel, vertrok niet"),
        };
        said.push(format!("{what} ({seen}×)"));
    }
    if beyond > 0 {
        let what = to.pick(
            "seen under earlier configurations, and may have left; the present agreement does not name it",
            "gezien onder eerdere configuraties, en mogelijk vertrokken; de huidige overeenkomst noemt het niet",
        );
        said.push(format!("{what} ({beyond}×)"));
    }
    if field.never_used() {
        said.push(to.pick("never used", "nooit gebruikt").to_owned());
    }
    said.join("; ")
}

/// How the school came by a publisher's product.
pub(super) fn supply(kind: Option<Supply>, to: Language) -> &'static str {
    match kind {
        Some(Supply::Bought) => to.pick("bought by the school", "door de school gekocht"),
        Some(Supply::FreeApp) => to.pick(
            "free app: under 16 only with a parent's consent",
            "gratis app: onder 16 jaar alleen met toestemming van een ouder",
        ),
        None => not_recorded(to),
    }
}

/// Where a publisher processes.
pub(super) fn places(location: &[Location], to: Language) -> String {
    if location.is_empty() {
        return not_recorded(to).to_owned();
    }
    let one = |place: &Location| match place.as_str() {
        "EEA" => to.pick("European Economic Area", "Europese Economische Ruimte").to_owned(),
        code if place.in_eea() => format!("{code} ({})", to.pick("inside the EEA", "binnen de EER")),
        code => format!("{code} ({})", to.pick("outside the EEA", "buiten de EER")),
    };
    location.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What allows a transfer, with its article of the GDPR.
pub(super) fn basis(basis: Basis, to: Language) -> String {
    let said = match basis {
        Basis::Adequacy => to.pick("adequacy decision", "adequaatheidsbesluit"),
        Basis::StandardClauses => to.pick("standard contractual clauses", "standaardcontractbepalingen"),
        Basis::CorporateRules => to.pick("binding corporate rules", "bindende bedrijfsvoorschriften"),
        Basis::CodeOfConduct => to.pick("approved code of conduct", "goedgekeurde gedragscode"),
        Basis::Certification => to.pick("approved certification", "goedgekeurde certificering"),
    };
    format!("{said} ({} {})", to.pick("GDPR art.", "AVG art."), basis.article())
}

/// What becomes of what an agreement does not name.
pub(super) fn not_agreed(what: NotAgreed, to: Language) -> &'static str {
    match what {
        NotAgreed::Drop => to.pick("is taken out", "wordt eruit gehaald"),
        NotAgreed::Refuse => to.pick("refuses its message", "houdt het bericht tegen"),
    }
}

/// Something that the school has not written down.
pub(super) fn not_recorded(to: Language) -> &'static str {
    to.pick("not recorded", "niet vastgelegd")
}

/// `2026-11-25 08:24 UTC`.
pub(super) fn moment(millis: u64) -> String {
    let text = Timestamp::from_millis(millis).rfc3339();
    format!("{} UTC", text.get(..16).unwrap_or(&text).replace('T', " "))
}

/// From the first moment to the last, or that there is none.
pub(super) fn span(span: Option<(u64, u64)>, to: Language) -> String {
    match span {
        Some((first, last)) => format!("{} – {}", moment(first), moment(last)),
        None => to.pick("never", "nooit").to_owned(),
    }
}

/// A code of a refusal as people know it, with what the commonest mean.
pub(super) fn refusal(code: &str, to: Language) -> String {
    let said = match code {
        "sls-401" => to.pick("the agreement had ended", "de overeenkomst was afgelopen"),
        "sls-402" => to.pick("outside the EEA without a basis", "buiten de EER zonder grondslag"),
        "sls-403" => to.pick("not in the agreement", "niet in de overeenkomst"),
        "sls-404" => to.pick("an objection", "een bezwaar"),
        "sls-405" => to.pick("no consent", "geen toestemming"),
        "sls-601" => to.pick(
            "a name or number was recognised and stopped",
            "een naam of nummer werd herkend en tegengehouden",
        ),
        "sls-602" => to.pick("free text without a roster", "vrije tekst zonder leerlingenlijst"),
        _ => "",
    };
    let code = code.to_ascii_uppercase();
    if said.is_empty() { code } else { format!("{code} ({said})") }
}

/// What a route does where the guard only suspects a name.
pub(super) fn suspects(reported: bool, to: Language) -> &'static str {
    if reported {
        to.pick("leaves, and is counted", "vertrekt, en wordt geteld")
    } else {
        to.pick("is refused", "wordt geweigerd")
    }
}
