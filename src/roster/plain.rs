//! From a plain CSV file: a header row, then one pupil a row. Streaming; all or nothing.
//!
//! An error names row and column, never a value. It must not know where the roster is kept.

use std::io::Read;

use super::columns::{Column, date, goes};
use super::csv::{Fault, Row, Rows};
use super::pupil::{Field, Pupil, Told};
use super::taking::{Brought, Heading, Says, Taking};
use super::{ImportProgress, Roster, RosterError};
use crate::clock::Timestamp;
use crate::identity::{Identifier, Kind};
use crate::secret::Secret;

/// Reads a whole roster from plain CSV (RFC 4180, UTF-8 with or without a byte order mark, `,` or `;`). The first
/// row names the columns, in English or Dutch:
///
/// | column | names |
/// |---|---|
/// | identifiers | `pupil_number` `leerlingnummer` · `eck_id` `ketenid` · `las_key` `las_sleutel` · `staff_key` `personeelsnummer` · `sis_user` `sourcedId` · `lms_user` · `username` `gebruikersnaam` · `profile_id` · `real_id` · `openid` · `bsn` · `onderwijsnummer` · `id:KIND` for any kind of a profile |
/// | names | `given_name` `voornaam` `roepnaam` · `prefix` `tussenvoegsel` `voorvoegsel` · `family_name` `achternaam` · `full_name` `naam` |
/// | reach | `email` `e-mailadres` · `phone` `telefoon` `mobiel` · `address` `adres` |
/// | birth date | `birth_date` `geboortedatum`, as `2010-12-31` or `31-12-2010` |
///
/// Identifiers, full names, e-mail addresses, telephones and addresses may stand in several columns.
/// `progress` is told about every 4,096 pupils and at the end.
///
/// # Errors
/// The first fault, with its row and column. Nothing is imported then.
pub fn import(
    source: impl Read,
    now: Timestamp,
    progress: &mut dyn FnMut(ImportProgress),
) -> Result<Roster, RosterError> {
    match read(source, None, Taking::new(now, false, progress))?.0 {
        Brought::Whole(roster) => Ok(roster),
        Brought::Changes(_) => Err(RosterError::Empty),
    }
}

/// Reads pupils, or changes: then a `status` column may say who goes, and `key` is the kind by which pupils are found;
/// without one it is the first identifier of the header.
pub(super) fn read(
    source: impl Read,
    key: Option<Kind>,
    mut taking: Taking<'_>,
) -> Result<(Brought, u64), RosterError> {
    let mut rows = Rows::new(source);
    let mut row = Row::default();
    if !rows.read(&mut row).map_err(|fault| damaged(&fault, &[]))? {
        return Err(RosterError::Empty);
    }
    let columns = columns(&row, taking.is_delta())?;
    let key = key_of(key, &columns);
    while rows.read(&mut row).map_err(|fault| damaged(&fault, &columns))? {
        take(&row, &rows, &columns, key, &mut taking).map_err(|(fault, other)| {
            let mut error = damaged(&fault, &columns);
            if let RosterError::Damaged { other: row, .. } = &mut error {
                *row = other;
            }
            error
        })?;
    }
    taking.told(rows.taken());
    let headings = columns.into_iter().enumerate().filter_map(|(at, (name, column))| match column {
        Column::Tells(tells) => Some(Heading { number: at + 1, name, tells }),
        Column::Status => None,
    });
    Ok(taking.end(vec![key], headings.collect(), ""))
}

type Wrong = (Fault, Option<u64>);

fn take(
    row: &Row,
    rows: &Rows<impl Read>,
    columns: &[(String, Column)],
    key: Kind,
    taking: &mut Taking<'_>,
) -> Result<(), Wrong> {
    let wrong = |column: usize, what| (rows.wrong(column, what), None);
    if row.len() != columns.len() {
        let column = row.len().min(columns.len());
        return Err(wrong(column, "the row has more or fewer fields than the header"));
    }
    let pupil = pupil(row, columns).map_err(|(column, what)| wrong(column, what))?;
    let at = |kind| columns.iter().position(|(_, column)| *column == Column::Tells(Told::of_kind(kind)));
    if taking.is_delta() {
        let found = pupil.identifiers().find(|(kind, _)| *kind == key);
        let Some((kind, text)) = found else {
            return Err(wrong(
                at(key).unwrap_or(0),
                "the pupil lacks the identifier by which changes are made",
            ));
        };
        let status = columns.iter().position(|(_, column)| *column == Column::Status);
        if let Some(status) = status {
            let goes = goes(row.field(status).unwrap_or_default());
            if goes.ok_or_else(|| wrong(status, "not a status (active, tobedeleted; actief, verwijderd)"))? {
                taking.takes_away(Identifier::new(kind, text));
                return Ok(());
            }
        }
    }
    let clash =
        |(kind, row): (Kind, Option<u64>)| (rows.wrong(at(kind).unwrap_or(0), super::EARLIER_HAS_IT), row);
    taking.take(&pupil, Says::Columns, rows.row(), rows.taken()).map_err(clash)
}

fn key_of(asked: Option<Kind>, columns: &[(String, Column)]) -> Kind {
    let kind = |column: &Column| match column {
        Column::Tells(Told::Identifier(kind)) => Some(*kind),
        Column::Tells(Told::Field(Field::Email)) => Some(Kind::EMAIL),
        _ => None,
    };
    let mut kinds = columns.iter().filter_map(|(_, column)| kind(column));
    let first = kinds.clone().next().unwrap_or(Kind::PUPIL_NUMBER);
    asked.filter(|asked| kinds.any(|kind| kind == *asked)).unwrap_or(first)
}

fn columns(header: &Row, delta: bool) -> Result<Vec<(String, Column)>, RosterError> {
    let mut columns: Vec<(String, Column)> = Vec::new();
    let damaged = |column: usize, name: String, what| RosterError::Damaged {
        file: "",
        row: 1,
        column,
        name,
        other: None,
        what,
    };
    for index in 0..header.len() {
        let name = header.field(index).unwrap_or_default().trim().to_owned();
        let column = Column::named(&name).filter(|column| delta || *column != Column::Status);
        let Some(column) = column else {
            // Not repeated in the message: a file without a header has a pupil in its first row.
            return Err(damaged(index + 1, String::new(), UNNAMED));
        };
        if !column.may_repeat() && columns.iter().any(|(_, earlier)| *earlier == column) {
            return Err(damaged(index + 1, name, "an earlier column holds the same"));
        }
        columns.push((name, column));
    }
    if !columns.iter().any(|(_, column)| column.identifies()) {
        return Err(damaged(1, String::new(), "no column holds an identifier"));
    }
    Ok(columns)
}

const UNNAMED: &str =
    "the first row names the columns, and this is no name of one; `sluis roster import --help` lists them";

fn damaged(fault: &Fault, columns: &[(String, Column)]) -> RosterError {
    let name = columns.get(fault.column.saturating_sub(1)).map(|(name, _)| name.clone()).unwrap_or_default();
    let Fault { row, column, what } = *fault;
    RosterError::Damaged { file: "", row, column, name, other: None, what }
}

fn pupil(row: &Row, columns: &[(String, Column)]) -> Result<Pupil, (usize, &'static str)> {
    let mut pupil = Pupil::default();
    for (index, (_, column)) in columns.iter().enumerate() {
        let text = row.field(index).unwrap_or_default().trim();
        let Column::Tells(told) = column else { continue };
        if text.is_empty() {
            continue;
        }
        let secret = Secret::new(text.to_owned());
        match told {
            Told::Identifier(kind) => pupil.identifiers.push((*kind, secret)),
            Told::Field(Field::Email) if !text.contains('@') => return Err((index, NO_EMAIL)),
            Told::Field(Field::BirthDate) => match date(text) {
                Some(date) => pupil.birth_date = Some(Secret::new(date)),
                None => return Err((index, NO_DATE)),
            },
            Told::Field(field) => pupil.put(*field, secret),
        }
    }
    if pupil.is_nobody() {
        let first = columns.iter().position(|(_, column)| column.identifies());
        return Err((first.unwrap_or(0), "the pupil has no identifier"));
    }
    Ok(pupil)
}

pub(super) const NO_EMAIL: &str = "not an e-mail address";
pub(super) const NO_DATE: &str = "not a date (2010-12-31 or 31-12-2010)";
