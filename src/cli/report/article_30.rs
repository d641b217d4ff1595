//! What a record of processing activities holds (GDPR art. 30), as far as Sluis knows; what it does not know it says.
//!
//! It must not read anything.

use super::page::{Cell, Page};
use super::register::{AgreementPart, PublisherPart, SchoolPart};
use super::words;
use crate::clock::Date;
use crate::config::Language;
use crate::gateway::terms::Supply;
use crate::profile::Category;

/// What a record of processing activities holds, as far as Sluis knows.
pub(super) fn part(publisher: &PublisherPart, school: &SchoolPart, page: &mut Page) {
    let to = page.language;
    let (shared, others) = publisher.shared();
    let mut all: Vec<Category> = shared.iter().copied().chain(publisher.replaced()).collect();
    all.sort_unstable();
    all.dedup();
    let agreement = publisher.agreement.as_ref();
    let unknown = || words::not_recorded(to).to_owned();
    let document = agreement.and_then(|agreement| agreement.document.clone()).unwrap_or_else(unknown);
    let recipients: Vec<&str> =
        publisher.routes.iter().filter_map(|route| route.recipient.as_deref()).collect();
    let recipient = match recipients.as_slice() {
        [] => publisher.name.clone(),
        hosts => format!("{} ({})", publisher.name, hosts.join(", ")),
    };
    let mut pairs: Vec<(String, Cell)> = Vec::new();
    let mut pair = |what: &str, which: String| pairs.push((what.to_owned(), which.into()));
    pair(to.pick("controller", "verwerkingsverantwoordelijke"), format!("{} ({})", school.name, school.id));
    pair(to.pick("recipient", "ontvanger"), recipient);
    pair(
        to.pick("purpose", "doel"),
        to.pick(
            "as the agreement says; reasons for single fields stand in the tables below",
            "zoals de overeenkomst zegt; redenen per veld staan in de tabellen hieronder",
        )
        .to_owned(),
    );
    pair(to.pick("data subjects", "betrokkenen"), words::subjects(&all, to));
    pair(to.pick("categories of data", "categorieën gegevens"), words::categories(&all, others, to));
    pair(to.pick("agreement", "overeenkomst"), document);
    if let Some(agreement) = agreement {
        agreed(agreement, &mut pair, to);
    }
    pair(to.pick("kind", "soort"), words::supply(publisher.kind, to).to_owned());
    pair(to.pick("objections on record", "vastgelegde bezwaren"), publisher.objections.to_string());
    if publisher.kind == Some(Supply::FreeApp) || publisher.consents > 0 {
        pair(to.pick("consents on record", "vastgelegde toestemmingen"), publisher.consents.to_string());
    }
    pair(to.pick("place of processing", "plaats van verwerking"), words::places(&publisher.location, to));
    pair(to.pick("transfer outside the EEA", "doorgifte buiten de EER"), transfer(publisher, to));
    pair(
        to.pick("retention at the publisher", "bewaartermijn bij de uitgever"),
        to.pick(
            "as the agreement says; Sluis does not know it",
            "zoals de overeenkomst zegt; Sluis kent haar niet",
        )
        .to_owned(),
    );
    pair(
        to.pick("retention of the link at school", "bewaartermijn van de koppeling op school"),
        format!(
            "{} {}",
            to.pick("until the keys are closed of epoch", "tot de sleutels worden gesloten van periode"),
            publisher.epoch
        ),
    );
    pair(to.pick("security", "beveiliging"), security(publisher, to));
    let caption = to.pick("Record of processing (GDPR art. 30)", "Register van verwerking (AVG art. 30)");
    page.pairs(caption, &[to.pick("what", "wat"), to.pick("recorded", "vastgelegd")], pairs);
}

fn agreed(agreement: &AgreementPart, pair: &mut dyn FnMut(&str, String), to: Language) {
    let unknown = || words::not_recorded(to).to_owned();
    let date = |date: Option<Date>| date.map_or_else(unknown, |date| date.to_string());
    let parties = if agreement.parties.is_empty() { unknown() } else { agreement.parties.join(", ") };
    pair(to.pick("parties", "partijen"), parties);
    pair(to.pick("signed on", "getekend op"), date(agreement.date));
    let ended = if agreement.ended { to.pick(" (ended)", " (afgelopen)") } else { "" };
    pair(to.pick("last day", "laatste dag"), format!("{}{ended}", date(agreement.ends)));
    let categories = words::categories(&agreement.categories, false, to);
    pair(to.pick("agreed categories", "overeengekomen categorieën"), categories);
    pair(to.pick("anything else", "al het andere"), words::not_agreed(agreement.not_agreed, to).to_owned());
}

fn transfer(publisher: &PublisherPart, to: Language) -> String {
    if publisher.location.is_empty() {
        return words::not_recorded(to).to_owned();
    }
    if publisher.location.iter().all(|place| place.in_eea()) {
        return to.pick("none", "geen").to_owned();
    }
    match publisher.basis {
        Some(basis) => words::basis(basis, to),
        None => to
            .pick(
                "no basis is recorded: everything is refused",
                "er is geen grondslag vastgelegd: alles wordt geweigerd",
            )
            .to_owned(),
    }
}

fn security(publisher: &PublisherPart, to: Language) -> String {
    let mut said = vec![to.pick(
        "pseudonyms under a key of this school and publisher alone; what leaves is searched for names and numbers; TLS",
        "pseudoniemen onder een sleutel van alleen deze school en uitgever; wat vertrekt wordt doorzocht op namen en nummers; TLS",
    )
    .to_owned()];
    said.push(format!("{} {}", to.pick("shape of numbers:", "vorm van nummers:"), publisher.shape));
    if publisher.linked {
        said.push(to.pick("one number for each pupil", "één nummer per leerling").to_owned());
    }
    if publisher.eck_id_kept {
        said.push(to.pick("the ECK iD is kept", "het ECK iD blijft staan").to_owned());
    }
    if let Some(other) = &publisher.same_ids_as {
        said.push(format!("{} {other}", to.pick("same numbers as", "dezelfde nummers als")));
    }
    said.join("; ")
}
