//! What a report rests on, as lines of a table: the journal and its witnesses, the configuration, the rosters.
//!
//! It must not know what else a page says.

use super::page::Cell;
use super::register::{Register, SchoolPart};
use super::words;
use crate::cli::hex;
use crate::config::Language;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The lines.
pub(super) fn pairs(register: &Register, to: Language) -> Vec<(String, Cell)> {
    let ground = &register.ground;
    let mut pairs: Vec<(String, Cell)> = Vec::new();
    let mut pair = |what: &str, which: Cell| pairs.push((what.to_owned(), which));
    pair(to.pick("journal", "journaal"), Cell::code(ground.origin.clone()));
    pair(to.pick("period", "periode"), words::span(register.tally.span, to).into());
    pair(to.pick("entries in the period", "regels in de periode"), register.tally.leaves.to_string().into());
    pair(
        to.pick("entries under the checkpoint", "regels onder het checkpoint"),
        ground.size.to_string().into(),
    );
    pair(to.pick("root", "wortel"), Cell::code(STANDARD.encode(ground.root)));
    pair(to.pick("signed by", "ondertekend door"), Cell::code(ground.signed_by.clone()));
    pair(to.pick("public key", "publieke sleutel"), Cell::code(ground.key.clone()));
    if ground.witnesses.is_empty() {
        pair(to.pick("witnesses", "getuigen"), to.pick("none", "geen").into());
    }
    for (name, word) in &ground.witnesses {
        let said = match word {
            None => to.pick("has cosigned nothing yet", "heeft nog niets medeondertekend").to_owned(),
            Some(word) => format!(
                "{} {} {} {}",
                to.pick("cosigned", "tekende mee voor"),
                word.size,
                to.pick("entries on", "regels op"),
                words::moment(word.time_s.saturating_mul(1000)),
            ),
        };
        pair(&format!("{} {name}", to.pick("witness", "getuige")), said.into());
    }
    pair(
        to.pick("configuration (SHA-256)", "configuratie (SHA-256)"),
        Cell::code(hex(&register.configuration)),
    );
    for binary in register.tally.binaries.keys() {
        pair(to.pick("program (SHA-256)", "programma (SHA-256)"), Cell::code(hex(binary)));
    }
    for (key, value, usual) in &register.limits {
        let usual = format!("{value} ({} {usual})", to.pick("usual:", "gebruikelijk:"));
        pair(&format!("{} {key}", to.pick("limit", "grens")), usual.into());
    }
    for school in &register.schools {
        let what = format!("{} {}", to.pick("roster of", "leerlingenlijst van"), school.name);
        pair(&what, roster(school, register.moment_ms, to).into());
    }
    pairs
}

fn roster(school: &SchoolPart, moment_ms: u64, to: Language) -> String {
    let Some(roster) = school.roster else { return to.pick("none", "geen").to_owned() };
    let days = moment_ms.saturating_sub(roster.imported_ms) / 86_400_000;
    format!(
        "{} {}, {} {} ({} {})",
        roster.pupils,
        to.pick("pupils", "leerlingen"),
        to.pick("imported on", "ingelezen op"),
        words::moment(roster.imported_ms),
        days,
        to.pick("days old", "dagen oud"),
    )
}
