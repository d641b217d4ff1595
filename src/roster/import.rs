//! From a plain CSV file to a roster: a header row, then one pupil a row. Streaming; all or nothing.
//!
//! An error names row and column, never a value. It must not know where the roster is kept.

use std::io::Read;

use super::columns::{Column, date};
use super::csv::{Fault, Row, Rows};
use super::{Pupil, Roster, RosterError};
use crate::clock::Timestamp;
use crate::secret::Secret;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportProgress {
    /// Bytes read so far.
    pub bytes: u64,
    /// Pupils read so far.
    pub pupils: usize,
}

/// Reads a roster from plain CSV (RFC 4180, UTF-8 with or without a byte order mark, `,` or `;`). The first
/// row names the columns, in English or Dutch:
///
/// | column | names |
/// |---|---|
/// | identifiers | `pupil_number` `leerlingnummer` · `eck_id` `ketenid` · `las_key` `las_sleutel` · `staff_key` `personeelsnummer` · `sis_user` `sourcedId` · `lms_user` · `username` `gebruikersnaam` · `profile_id` · `real_id` · `openid` · `id:KIND` for any kind of a profile |
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
    let mut rows = Rows::new(source);
    let mut row = Row::default();
    if !rows.read(&mut row).map_err(|fault| damaged(&fault, &[]))? {
        return Err(RosterError::Empty);
    }
    let columns = columns(&row)?;
    let mut roster = Roster::empty(now);
    while rows.read(&mut row).map_err(|fault| damaged(&fault, &columns))? {
        let fail = |column: usize, what| Err(damaged(&Fault { row: rows.row(), column, what }, &columns));
        if row.len() != columns.len() {
            return fail(
                row.len().min(columns.len()) + 1,
                "the row has more or fewer fields than the header",
            );
        }
        let pupil = match pupil(&row, &columns) {
            Ok(pupil) => pupil,
            Err((column, what)) => return fail(column + 1, what),
        };
        if let Err(kind) = roster.add(pupil) {
            let column = columns.iter().position(|(_, column)| holds(*column, kind)).unwrap_or(0);
            return fail(column + 1, "an earlier row has the same identifier");
        }
        if roster.len().is_multiple_of(4096) {
            progress(ImportProgress { bytes: rows.taken(), pupils: roster.len() });
        }
    }
    progress(ImportProgress { bytes: rows.taken(), pupils: roster.len() });
    Ok(roster)
}

fn holds(column: Column, kind: crate::identity::Kind) -> bool {
    match column {
        Column::Identifier(of) => of == kind,
        Column::Email => kind == crate::identity::Kind::EMAIL,
        _ => false,
    }
}

fn columns(header: &Row) -> Result<Vec<(String, Column)>, RosterError> {
    let mut columns: Vec<(String, Column)> = Vec::new();
    for index in 0..header.len() {
        let name = header.field(index).unwrap_or_default().trim().to_owned();
        let fault = |name: String, what| Err(RosterError::Damaged { row: 1, column: index + 1, name, what });
        let Some(column) = Column::named(&name) else {
            // Not repeated in the message: a file without a header has a pupil in its first row.
            return fault(
                String::new(),
                "the first row names the columns, and this is no name of one; `sluis roster import --help` lists them",
            );
        };
        if !column.may_repeat() && columns.iter().any(|(_, earlier)| *earlier == column) {
            return fault(name, "an earlier column holds the same");
        }
        columns.push((name, column));
    }
    if !columns.iter().any(|(_, column)| matches!(column, Column::Identifier(_) | Column::Email)) {
        let (row, column, name) = (1, 1, String::new());
        return Err(RosterError::Damaged { row, column, name, what: "no column holds an identifier" });
    }
    Ok(columns)
}

fn damaged(fault: &Fault, columns: &[(String, Column)]) -> RosterError {
    let name = columns.get(fault.column.saturating_sub(1)).map(|(name, _)| name.clone()).unwrap_or_default();
    RosterError::Damaged { row: fault.row, column: fault.column, name, what: fault.what }
}

fn pupil(row: &Row, columns: &[(String, Column)]) -> Result<Pupil, (usize, &'static str)> {
    let mut pupil = Pupil::default();
    for (index, (_, column)) in columns.iter().enumerate() {
        let text = row.field(index).unwrap_or_default().trim();
        if text.is_empty() {
            continue;
        }
        let secret = Secret::new(text.to_owned());
        match column {
            Column::Identifier(kind) => pupil.identifiers.push((*kind, secret)),
            Column::Given => pupil.given = Some(secret),
            Column::Prefix => pupil.prefix = Some(secret),
            Column::Family => pupil.family = Some(secret),
            Column::FullName => pupil.full_names.push(secret),
            Column::Email if text.contains('@') => pupil.emails.push(secret),
            Column::Email => return Err((index, "not an e-mail address")),
            Column::Phone => pupil.phones.push(secret),
            Column::Address => pupil.addresses.push(secret),
            Column::BirthDate => match date(text) {
                Some(date) => pupil.birth_date = Some(Secret::new(date)),
                None => return Err((index, "not a date (2010-12-31 or 31-12-2010)")),
            },
        }
    }
    if pupil.identifiers.is_empty() && pupil.emails.is_empty() {
        let identifier =
            |(_, column): &(String, Column)| matches!(column, Column::Identifier(_) | Column::Email);
        return Err((columns.iter().position(identifier).unwrap_or(0), "the pupil has no identifier"));
    }
    Ok(pupil)
}
