//! The register as a page for people: first what a parent asks, then what the GDPR asks (art. 30), then every field.
//!
//! It must not read anything: it puts a [`Register`] into words.

use super::attention::points;
use super::field::Field;
use super::page::{Cell, CellKind, Page};
use super::register::{PublisherPart, Register, RoutePart, SchoolPart};
use super::words;
use crate::config::Language;
use crate::profile::Category;

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
    article_30(publisher, school, page);
    for route in &publisher.routes {
        route_part(route, publisher, page);
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

/// What a record of processing activities holds, as far as Sluis knows.
fn article_30(publisher: &PublisherPart, school: &SchoolPart, page: &mut Page) {
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
        let date = |date: Option<crate::clock::Date>| date.map_or_else(unknown, |date| date.to_string());
        pair(
            to.pick("parties", "partijen"),
            if agreement.parties.is_empty() { unknown() } else { agreement.parties.join(", ") },
        );
        pair(to.pick("signed on", "getekend op"), date(agreement.date));
        let ended = if agreement.ended { to.pick(" (ended)", " (afgelopen)") } else { "" };
        pair(to.pick("last day", "laatste dag"), format!("{}{ended}", date(agreement.ends)));
        pair(
            to.pick("agreed categories", "overeengekomen categorieën"),
            words::categories(&agreement.categories, false, to),
        );
        pair(
            to.pick("anything else", "al het andere"),
            words::not_agreed(agreement.not_agreed, to).to_owned(),
        );
    }
    pair(to.pick("kind", "soort"), words::supply(publisher.kind, to).to_owned());
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

fn route_part(route: &RoutePart, publisher: &PublisherPart, page: &mut Page) {
    let to = page.language;
    let asks = if route.school_asks {
        to.pick("the school asks, the publisher answers", "de school vraagt, de uitgever antwoordt")
    } else {
        to.pick("the publisher asks, the school answers", "de uitgever vraagt, de school antwoordt")
    };
    page.heading(3, format!("{}: {asks}", route.mount));
    let crossed = &route.crossed;
    let mut lines = vec![
        format!("{}: {} ({})", to.pick("Rules", "Regels"), route.title, route.source),
        format!("{}: {}", to.pick("In use", "In gebruik"), words::span(crossed.span, to)),
        format!(
            "{} {}, {} {}, {} {}",
            to.pick("Left:", "Vertrokken:"),
            crossed.left,
            to.pick("entered:", "binnengekomen:"),
            crossed.entered,
            to.pick("refused:", "geweigerd:"),
            crossed.refusals(),
        ),
    ];
    if !crossed.refused.is_empty() {
        let refused =
            crossed.refused.iter().map(|(code, count)| format!("{} {count}×", words::refusal(code, to)));
        lines.push(format!(
            "{}: {}",
            to.pick("Refused for", "Geweigerd om"),
            refused.collect::<Vec<_>>().join(", ")
        ));
    }
    if crossed.unfinished > 0 {
        lines.push(format!(
            "{}: {}",
            to.pick("Streams that did not end", "Stromen die niet eindigden"),
            crossed.unfinished
        ));
    }
    lines.push(canaries(route, to));
    page.list(lines);
    page.text(to.pick(
        "What stands in no line below does not leave: it is taken out, or its whole message is refused.",
        "Wat hieronder in geen regel staat, vertrekt niet: het wordt eruit gehaald, of het hele bericht wordt geweigerd.",
    ));
    let leaving: Vec<Vec<Cell>> = route
        .fields
        .iter()
        .filter(|field| field.leaves.is_some() && field.is_telling())
        .map(|field| row(field, route, to))
        .collect();
    let head = [
        to.pick("field", "veld"),
        to.pick("about", "gaat over"),
        to.pick("what leaves", "wat vertrekt"),
        to.pick("times", "keren"),
        to.pick("reason", "reden"),
        to.pick("remark", "opmerking"),
    ];
    let caption =
        format!("{} {} ({})", to.pick("What leaves to", "Wat vertrekt naar"), publisher.name, route.mount);
    page.table(caption, &head, leaving);
    let entering: Vec<Vec<Cell>> = route
        .fields
        .iter()
        .filter(|field| field.enters && field.uses.entered > 0)
        .map(|field| vec![name_of(field), about(field, to), Cell::number(field.uses.entered)])
        .collect();
    let caption = format!(
        "{} {} ({})",
        to.pick("What came in from", "Wat binnenkwam van"),
        publisher.name,
        route.mount
    );
    page.table(caption, &[head[0], head[1], head[3]], entering);
    let former = route.former_rules.iter().map(|(rule, uses)| {
        vec![Cell::code(rule.clone()), Cell::number(uses.left_ever()), Cell::number(uses.entered)]
    });
    let caption = to.pick(
        "Rules of earlier versions that were used, and are not in the present profile",
        "Regels van eerdere versies die zijn gebruikt, en niet in het huidige profiel staan",
    );
    page.table(
        caption,
        &[to.pick("rule", "regel"), to.pick("left", "vertrokken"), to.pick("entered", "binnengekomen")],
        former.collect(),
    );
}

fn canaries(route: &RoutePart, to: Language) -> String {
    let runs = &route.canaries;
    let what = to.pick("Trials with invented pupils", "Proeven met verzonnen leerlingen");
    if runs.runs == 0 {
        return format!("{what}: {}", to.pick("none", "geen"));
    }
    format!(
        "{what}: {} ({} {}, {} {}), {} {}",
        runs.runs,
        to.pick("messages:", "berichten:"),
        runs.messages,
        to.pick("refused:", "geweigerd:"),
        runs.refused,
        to.pick("found in what would have left:", "gevonden in wat zou vertrekken:"),
        runs.leaked,
    )
}

fn row(field: &Field, route: &RoutePart, to: Language) -> Vec<Cell> {
    let why = field.why.clone().unwrap_or_default();
    // Profiles that come with Sluis give their reasons in English; of others nobody knows.
    let why = if route.built_in { Cell { text: why, kind: CellKind::In("en") } } else { why.into() };
    vec![
        name_of(field),
        about(field, to),
        words::leaves(field, to).into(),
        Cell::number(field.uses.left_ever()),
        why,
        words::remark(field, to).into(),
    ]
}

fn name_of(field: &Field) -> Cell {
    let at = if field.at.is_empty() { "\"\"" } else { field.at.as_str() };
    Cell::code(format!("{} {at}", field.owner))
}

fn about(field: &Field, to: Language) -> Cell {
    field.category.map_or_else(|| "–".into(), |category| words::category(category, to).into())
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
