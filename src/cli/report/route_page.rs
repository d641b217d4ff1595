//! A route of the register in words: how often it was used, every field that can leave, what came in.
//!
//! It must not read anything.

use super::field::Field;
use super::page::{Cell, CellKind, Page};
use super::register::{PublisherPart, RoutePart};
use super::words;
use crate::config::Language;

/// Heading, counts and tables.
pub(super) fn part(route: &RoutePart, publisher: &PublisherPart, page: &mut Page) {
    let to = page.language;
    let asks = if route.school_asks {
        to.pick("the school asks, the publisher answers", "de school vraagt, de uitgever antwoordt")
    } else {
        to.pick("the publisher asks, the school answers", "de uitgever vraagt, de school antwoordt")
    };
    page.heading(3, format!("{}: {asks}", route.mount));
    page.list(counts(route, to));
    page.text(to.pick(
        "What stands in no line below does not leave: it is taken out, or its whole message is refused.",
        "Wat hieronder in geen regel staat, vertrekt niet: het wordt eruit gehaald, of het hele bericht wordt geweigerd.",
    ));
    tables(route, publisher, page);
}

/// How often it was used, and by what it was refused.
fn counts(route: &RoutePart, to: Language) -> Vec<String> {
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
    if !crossed.noted.is_empty() {
        let noted: Vec<String> =
            crossed.noted.iter().map(|(name, count)| format!("{name} {count}×")).collect();
        let what = to.pick("Found by the guard and let go", "Gevonden door de wachter en doorgelaten");
        lines.push(format!("{what}: {}", noted.join(", ")));
    }
    let what = to.pick("What may be a name or a word", "Wat een naam kan zijn of een woord");
    lines.push(format!("{what}: {}", words::suspects(route.suspects_reported, to)));
    lines.push(needle(route, to));
    if crossed.unfinished > 0 {
        lines.push(format!(
            "{}: {}",
            to.pick("Streams that did not end", "Stromen die niet eindigden"),
            crossed.unfinished
        ));
    }
    lines.push(canaries(route, to));
    lines
}

fn tables(route: &RoutePart, publisher: &PublisherPart, page: &mut Page) {
    let to = page.language;
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
        let numbers = [uses.left_ever(), uses.entered, uses.refused].map(Cell::number);
        std::iter::once(Cell::code(rule.clone())).chain(numbers).collect()
    });
    let caption = to.pick(
        "Rules of earlier versions that were used, and are not in the present profile",
        "Regels van eerdere versies die zijn gebruikt, en niet in het huidige profiel staan",
    );
    page.table(
        caption,
        &[
            to.pick("rule", "regel"),
            to.pick("left", "vertrokken"),
            to.pick("entered", "binnengekomen"),
            to.pick("refused", "geweigerd"),
        ],
        former.collect(),
    );
}

/// Whether it can be searched for a name afterwards, and how much of what left.
fn needle(route: &RoutePart, to: Language) -> String {
    let what = to.pick("Can be searched for a name afterwards", "Achteraf te doorzoeken op een naam");
    let state = if route.needle {
        to.pick("switched on", "staat aan")
    } else {
        to.pick("switched off by the school", "door de school uitgezet")
    };
    let mut line = format!("{what}: {state}");
    if route.crossed.left > 0 {
        let of = to.pick("of", "van de");
        line.push_str(&format!("; {} {of} {}", route.crossed.with_needle, route.crossed.left));
    }
    if route.crossed.needle_off > 0 {
        let off = to.pick("left while it was off", "vertrokken terwijl het uit stond");
        line.push_str(&format!(" ({} {off})", route.crossed.needle_off));
    }
    line
}

fn canaries(route: &RoutePart, to: Language) -> String {
    let runs = &route.canaries;
    let what = to.pick("Trials with invented pupils", "Proeven met verzonnen leerlingen");
    if runs.runs == 0 {
        return format!("{what}: {}", to.pick("none", "geen"));
    }
    let silent = match runs.runs_silent() {
        0 => String::new(),
        silent => format!(
            " ({} {silent})",
            to.pick("of these saying nothing of the rules:", "daarvan zeggen niets over de regels:")
        ),
    };
    format!(
        "{what}: {}{silent}. {} {}, {} {}, {} {}, {} {}",
        runs.runs,
        to.pick("Messages:", "Berichten:"),
        runs.messages,
        to.pick("with a planted name:", "met een geplante naam:"),
        runs.planted,
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
