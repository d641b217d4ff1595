//! From a CSV file to what was said: a header row, then one entry a row. All or nothing.
//!
//! An error names row and column, never a value. It must not know where entries are kept.

use std::io::Read;

use super::{Mark, Said, Stance};
use crate::clock::Date;
use crate::identity::{Identifier, Kind, Publisher};
use crate::roster::RosterError;
use crate::roster::columns::{self, date};
use crate::roster::csv::{Fault, Row, Rows};

/// What a column of the file holds, in the order of [`NAMES`].
const NAMES: [(&str, &str); 5] = [
    ("kind", "soort"),
    ("identifier", "kenmerk"),
    ("publisher", "uitgever"),
    ("stance", "standpunt"),
    ("date", "datum"),
];

/// Reads objections and consents from plain CSV (RFC 4180, UTF-8 with or without a byte order mark, `,` or `;`). The
/// first row names the five columns, in any order:
///
/// | column | what |
/// |---|---|
/// | `kind` `soort` | a kind of identifier (`pupil-number`), or the name of a roster's column for it (`leerlingnummer`) |
/// | `identifier` `kenmerk` | the pupil's identifier of that kind |
/// | `publisher` `uitgever` | a publisher's id, or `*` for all (an objection only: a consent is specific, GDPR art. 4(11)) |
/// | `stance` `standpunt` | `objection` `bezwaar` · `consent` `toestemming` |
/// | `date` `datum` | when it was said, as `2026-09-01` or `1-9-2026`; not after `today` |
///
/// `known` says which publishers the school has.
///
/// # Errors
/// The first fault, with its row and column. Nothing is imported then.
pub fn import_consents(
    source: impl Read,
    known: &dyn Fn(&Publisher) -> bool,
    today: Date,
) -> Result<Vec<Said>, RosterError> {
    let mut rows = Rows::new(source);
    let mut row = Row::default();
    if !rows.read(&mut row).map_err(|fault| damaged(&fault, &[]))? {
        return Err(RosterError::Empty);
    }
    let places = places(&row)?;
    let mut all = Vec::new();
    while rows.read(&mut row).map_err(|fault| damaged(&fault, &places))? {
        let fail = |column: usize, what| Err(damaged(&Fault { row: rows.row(), column, what }, &places));
        if row.len() != NAMES.len() {
            return fail(row.len().min(NAMES.len()) + 1, "the row has more or fewer fields than the header");
        }
        match said(&row, &places, known, today) {
            Ok(said) => all.push(said),
            Err((what, why)) => return fail(places.get(what).map_or(1, |place| place + 1), why),
        }
    }
    Ok(all)
}

/// Where each of the five stands.
fn places(header: &Row) -> Result<Vec<usize>, RosterError> {
    let fault = |column: usize, what| {
        // The name is not repeated: a file without a header has a pupil in its first row.
        Err(RosterError::Damaged {
            file: "",
            row: 1,
            column: column + 1,
            name: String::new(),
            other: None,
            what,
        })
    };
    let mut places = vec![usize::MAX; NAMES.len()];
    for index in 0..header.len() {
        let name = header.field(index).unwrap_or_default().trim().to_lowercase();
        let found = NAMES.iter().position(|(english, dutch)| name == *english || name == *dutch);
        match found.and_then(|found| places.get_mut(found)) {
            None => {
                return fault(
                    index,
                    "the first row names the columns: kind, identifier, publisher, stance, date",
                );
            }
            Some(place) if *place != usize::MAX => return fault(index, "an earlier column holds the same"),
            Some(place) => *place = index,
        }
    }
    if places.contains(&usize::MAX) {
        return fault(
            header.len(),
            "a column is missing: there are kind, identifier, publisher, stance and date",
        );
    }
    Ok(places)
}

/// One row; on a fault which of the five, and what is wrong.
fn said(
    row: &Row,
    places: &[usize],
    known: &dyn Fn(&Publisher) -> bool,
    today: Date,
) -> Result<Said, (usize, &'static str)> {
    let text = |what: usize| {
        let text = places.get(what).and_then(|place| row.field(*place)).unwrap_or_default();
        text.trim_matches([' ', '\t', '\r', '\n'])
    };
    let kind = kind_named(text(0)).ok_or((0, "not a kind of identifier"))?;
    if text(1).is_empty() {
        return Err((1, "no identifier"));
    }
    let publisher = match text(2) {
        "*" => None,
        id => {
            let publisher = Publisher::parse(id).map_err(|_| (2, "not a publisher's id, nor `*`"))?;
            if !known(&publisher) {
                return Err((2, "no publisher of this school"));
            }
            Some(publisher)
        }
    };
    let stance = Stance::named(&text(3).to_lowercase()).ok_or((3, "neither `objection` nor `consent`"))?;
    if stance == Stance::Consent && publisher.is_none() {
        return Err((2, "a consent is for one publisher: `*` is for objections only"));
    }
    let date = date(text(4)).and_then(|date| Date::parse(&date)).ok_or((4, "not a date"))?;
    if date > today {
        return Err((4, "a date that has not come yet"));
    }
    Ok(Said { identifier: Identifier::new(kind, text(1)), mark: Mark { publisher, stance, date } })
}

/// A kind of identifier by its own name (`pupil-number`), by a roster column's (`leerlingnummer`), or as `id:KIND` for a
/// kind that a profile declares.
pub fn kind_named(name: &str) -> Option<Kind> {
    if let Some(declared) = name.strip_prefix("id:") {
        return Kind::named(declared.trim()).ok();
    }
    Kind::ALL.iter().copied().find(|kind| kind.as_str() == name).or_else(|| columns::kind_named(name))
}

fn damaged(fault: &Fault, places: &[usize]) -> RosterError {
    let what = places.iter().position(|place| place + 1 == fault.column);
    let name = what.and_then(|what| NAMES.get(what)).map_or("", |(english, _)| *english).to_owned();
    RosterError::Damaged {
        file: "",
        row: fault.row,
        column: fault.column,
        name,
        other: None,
        what: fault.what,
    }
}
