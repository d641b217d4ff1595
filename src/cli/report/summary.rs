//! One page that an officer can sign: what left in which period, on what it rests.
//!
//! It must not promise more than files can show.

use super::attention::points;
use super::evidence::Evidence;
use super::page::{Cell, Page};
use super::words;
use crate::config::Language;

/// The page.
pub(super) fn page(evidence: &Evidence<'_>, to: Language) -> Page {
    let register = evidence.register;
    let schools: Vec<&str> = register.schools.iter().map(|school| school.name.as_str()).collect();
    let title = to.pick("What left the school", "Wat de school verliet");
    let mut page = Page::new(to, format!("{title}: {}", schools.join(", ")));
    let whole = register.tally.whole();
    page.text(format!("{}: {}.", to.pick("Period", "Periode"), words::span(register.tally.span, to),));
    page.list(vec![
        format!("{} {}.", to.pick("Messages that left:", "Berichten die vertrokken:"), whole.left),
        format!("{} {}.", to.pick("Messages that came in:", "Berichten die binnenkwamen:"), whole.entered),
        format!(
            "{} {} ({} {}).",
            to.pick("Messages refused:", "Berichten geweigerd:"),
            whole.refusals(),
            to.pick(
                "of these because a name or number of a pupil was recognised:",
                "daarvan omdat een naam of nummer van een leerling werd herkend:"
            ),
            whole.stopped(),
        ),
        canaries(evidence, to),
        needle(evidence, to),
    ]);
    publishers(evidence, &mut page);
    let found = points(register);
    if !found.is_empty() {
        page.heading(2, to.pick("What to know first", "Wat u eerst moet weten"));
        page.list(found.iter().map(|point| point.told(to).to_owned()).collect());
    }
    page.heading(2, to.pick("What this rests on", "Waar dit op rust"));
    let head = [to.pick("what", "wat"), to.pick("which", "welke")];
    page.pairs(to.pick("Sources", "Bronnen"), &head, super::ground::pairs(register, to));
    page.text(to.pick(
        "What files prove and what people attest stands in two lists in proved-and-attested.en. Signing this page attests the \
         second list. The public key and the root above are what the auditor verifies the files with: they reach the auditor \
         on this page, not with the files.",
        "Wat bestanden bewijzen en wat mensen verklaren staat in twee lijsten in proved-and-attested.nl. Wie deze bladzijde \
         tekent, verklaart de tweede lijst. Met de publieke sleutel en de wortel hierboven controleert de auditor de bestanden: \
         zij bereiken de auditor met deze bladzijde, niet met de bestanden.",
    ));
    page.blocks.push(super::page::Block::Sign(vec![
        to.pick("Name", "Naam").to_owned(),
        to.pick("Function", "Functie").to_owned(),
        to.pick("Place and date", "Plaats en datum").to_owned(),
        to.pick("Signature", "Handtekening").to_owned(),
    ]));
    page
}

fn publishers(evidence: &Evidence<'_>, page: &mut Page) {
    let to = page.language;
    let mut rows: Vec<Vec<Cell>> = evidence
        .register
        .publishers
        .iter()
        .map(|publisher| {
            let crossed = publisher.crossed();
            vec![
                publisher.name.clone().into(),
                Cell::number(crossed.left),
                Cell::number(crossed.entered),
                Cell::number(crossed.refusals()),
                Cell::number(crossed.stopped()),
            ]
        })
        .collect();
    let former = evidence.register.gone.iter().fold((0, 0, 0, 0), |sum, (_, crossed)| {
        (sum.0 + crossed.left, sum.1 + crossed.entered, sum.2 + crossed.refusals(), sum.3 + crossed.stopped())
    });
    if !evidence.register.gone.is_empty() {
        let mut row = vec![to.pick("routes that are no more", "routes die er niet meer zijn").into()];
        row.extend([former.0, former.1, former.2, former.3].map(Cell::number));
        rows.push(row);
    }
    let head = [
        to.pick("publisher", "uitgever"),
        to.pick("left", "vertrokken"),
        to.pick("came in", "binnengekomen"),
        to.pick("refused", "geweigerd"),
        to.pick("of these: name or number", "daarvan: naam of nummer"),
    ];
    page.table(to.pick("Messages for each publisher", "Berichten per uitgever"), &head, rows);
}

fn canaries(evidence: &Evidence<'_>, to: Language) -> String {
    let what = to.pick("Trials with invented pupils", "Proeven met verzonnen leerlingen");
    let silent: u64 = evidence.register.tally.canaries.values().map(|runs| runs.runs_silent()).sum();
    let runs = evidence.register.tally.canaries.values();
    let (runs, messages, leaked) = runs.fold((0_u64, 0_u64, 0_u64), |(runs, messages, leaked), one| {
        (runs + one.runs, messages.saturating_add(one.messages), leaked.saturating_add(one.leaked))
    });
    if runs == 0 {
        return format!("{what}: {}.", to.pick("none in this period", "geen in deze periode"));
    }
    let silent = match silent {
        0 => String::new(),
        silent => format!(
            " ({} {silent})",
            to.pick("of these saying nothing of the rules:", "daarvan zeggen niets over de regels:")
        ),
    };
    format!(
        "{what}: {runs}{silent}; {} {messages}; {} {leaked}.",
        to.pick("messages:", "berichten:"),
        to.pick("found in what would have left:", "gevonden in wat zou vertrekken:"),
    )
}

/// How much of what left can be searched for a name afterwards.
fn needle(evidence: &Evidence<'_>, to: Language) -> String {
    let whole = evidence.register.tally.whole();
    format!(
        "{} {} {} {}.",
        to.pick("Can be searched for a name afterwards:", "Achteraf te doorzoeken op een naam:"),
        whole.with_needle,
        to.pick("of", "van de"),
        whole.left,
    )
}
