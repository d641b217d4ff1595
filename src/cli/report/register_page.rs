//! The register as a page for people: first what a parent asks, then what the GDPR asks (art. 30), then every field.
//!
//! It must not read anything: it puts a [`Register`] into words.

use super::attention::points;
use super::page::{Cell, Page};
use super::register::{PublisherPart, Register, SchoolPart};
use super::{article_30, route_page, words};
use crate::config::Language;

/// The page.
pub(super) fn page(register: &Register, to: Language) -> Page {
    let names: Vec<&str> = register.schools.iter().map(|school| school.name.as_str()).collect();
    let title = to.pick("What is shared with whom", "Wat met wie wordt gedeeld");
    let mut page = Page::new(to, format!("{title}: {}", names.join(", ")));
    page.text(format!(
        "{} {}. {}",
        to.pick("State of", "Stand van"),
        words::moment(register.moment_ms),
        to.pick(
            "This register puts beside one another what the configuration lets through and what really crossed, from the \
             journal. It holds no names, numbers or pseudonyms of pupils.",
            "Dit register zet naast elkaar wat de configuratie doorlaat en wat er werkelijk overging, volgens het \
             journaal. Er staan geen namen, nummers of pseudoniemen van leerlingen in.",
        ),
    ));
    let attention = points(register);
    page.heading(2, to.pick("What to know first", "Wat u eerst moet weten"));
    if attention.is_empty() {
        page.text(to.pick("Nothing in particular.", "Niets bijzonders."));
    }
    page.list(attention.iter().map(|point| point.told(to).to_owned()).collect());
    for school in &register.schools {
        for publisher in register.publishers.iter().filter(|publisher| publisher.school == school.id) {
            publisher_part(publisher, school, &mut page);
        }
    }
    if register.publishers.is_empty() {
        page.text(to.pick("No publisher is configured.", "Er is geen uitgever ingesteld."));
    }
    former(register, &mut page);
    waived(register, &mut page);
    ground(register, &mut page);
    page
}

fn publisher_part(publisher: &PublisherPart, school: &SchoolPart, page: &mut Page) {
    let to = page.language;
    page.heading(2, format!("{} ({})", publisher.name, publisher.id));
    in_short(publisher, page);
    article_30::part(publisher, school, page);
    for route in &publisher.routes {
        route_page::part(route, publisher, page);
    }
    if publisher.routes.is_empty() {
        page.text(to.pick("It has no route: nothing crosses.", "Er is geen route: er gaat niets over."));
    }
}

/// What a parent asks.
fn in_short(publisher: &PublisherPart, page: &mut Page) {
    let to = page.language;
    let crossed = publisher.crossed();
    let (shared, others) = publisher.shared();
    let line = |what: &str, which: String| format!("{what}: {which}.");
    let mut lines = vec![
        line(to.pick("Receives as it is", "Ontvangt zoals het is"), words::categories(&shared, others, to)),
        line(
            to.pick(
                "Receives a number or an invented name instead of",
                "Ontvangt een nummer of verzonnen naam in plaats van",
            ),
            words::categories(&publisher.replaced(), false, to),
        ),
        line(
            to.pick("Is taken out", "Wordt eruit gehaald"),
            words::categories(&publisher.withheld(), false, to),
        ),
    ];
    let held = publisher.held_back();
    if !held.is_empty() {
        let what = to.pick(
            "Is held back, because the agreement does not name it",
            "Wordt tegengehouden, omdat de overeenkomst het niet noemt",
        );
        lines.push(line(what, words::categories(&held, false, to)));
    }
    let unused: Vec<&str> = publisher
        .routes
        .iter()
        .filter(|route| !route.crossed.is_used())
        .map(|route| route.mount.as_str())
        .collect();
    if !unused.is_empty() {
        lines.push(line(
            to.pick("Routes that were never used", "Routes die nooit werden gebruikt"),
            unused.join(", "),
        ));
    }
    lines.push(format!(
        "{} {}, {} {}, {} {} ({} {}).",
        to.pick("Messages that left:", "Berichten die vertrokken:"),
        crossed.left,
        to.pick("came in:", "binnenkwamen:"),
        crossed.entered,
        to.pick("were refused:", "werden geweigerd:"),
        crossed.refusals(),
        to.pick(
            "of these because a name or number was recognised:",
            "daarvan omdat een naam of nummer werd herkend:"
        ),
        crossed.stopped(),
    ));
    page.list(lines);
}

fn former(register: &Register, page: &mut Page) {
    let to = page.language;
    if register.gone.is_empty() {
        return;
    }
    page.heading(2, to.pick("Routes that are no more", "Routes die er niet meer zijn"));
    let rows = register.gone.iter().map(|(way, crossed)| {
        vec![
            Cell::code(format!("{} {} {}", way.school, way.publisher, way.template)),
            Cell::number(crossed.left),
            Cell::number(crossed.entered),
            Cell::number(crossed.refusals()),
            words::span(crossed.span, to).into(),
        ]
    });
    let head = [
        to.pick("school, publisher, route", "school, uitgever, route"),
        to.pick("left", "vertrokken"),
        to.pick("entered", "binnengekomen"),
        to.pick("refused", "geweigerd"),
        to.pick("when", "wanneer"),
    ];
    let caption = to.pick(
        "In the journal, and not in the present configuration",
        "In het journaal, en niet in de huidige configuratie",
    );
    page.table(caption, &head, rows.collect());
}

fn waived(register: &Register, page: &mut Page) {
    let to = page.language;
    if register.waived().is_empty() {
        return;
    }
    page.heading(2, to.pick("Protections waived by name", "Bescherming waarvan met naam is afgezien"));
    let rows = register.waived().iter().map(|waived| {
        let whom = waived.scope.as_ref().map_or("–", |scope| scope.publisher.as_str());
        let details = waived.details.iter().map(|(name, text)| format!("{name}: {text}"));
        vec![
            words::moment(waived.time_ms).into(),
            whom.into(),
            Cell::code(waived.route.clone()),
            details.collect::<Vec<_>>().join("; ").into(),
        ]
    });
    let head =
        [to.pick("when", "wanneer"), to.pick("publisher", "uitgever"), "route", to.pick("what", "wat")];
    page.table(to.pick("Waivers", "Afgezien van"), &head, rows.collect());
}

/// What the register rests on.
fn ground(register: &Register, page: &mut Page) {
    let to = page.language;
    page.heading(2, to.pick("What this rests on", "Waar dit op rust"));
    page.pairs(
        to.pick("Sources", "Bronnen"),
        &[to.pick("what", "wat"), to.pick("which", "welke")],
        super::ground::pairs(register, to),
    );
    page.text(to.pick(
        "The journal was verified before it was counted: nothing was changed, removed or put elsewhere under the checkpoint. \
         Whether its entries are true, and whether nothing went round Sluis, files cannot show.",
        "Het journaal is gecontroleerd voordat het werd geteld: onder het checkpoint is niets veranderd, weggehaald of verplaatst. \
         Of de regels waar zijn, en of er niets langs Sluis om ging, kunnen bestanden niet laten zien.",
    ));
}
