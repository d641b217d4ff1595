//! A table with a header: one file of an export of OneRoster, read row by row. A fault names file, row and column.
//!
//! It must not know what columns mean.

use std::io::Read;

use super::RosterError;
use super::columns::goes;
use super::csv::{Fault, Row, Rows};
use super::oneroster::is_name;

/// A file with a header, read row by row.
pub(super) struct Table<'a> {
    file: &'static str,
    pub(super) header: Vec<String>,
    pub(super) rows: Rows<Box<dyn Read + 'a>>,
    row: Row,
}

impl<'a> Table<'a> {
    /// Reads the header.
    pub(super) fn open(source: Box<dyn Read + 'a>, file: &'static str) -> Result<Self, RosterError> {
        let mut table = Self { file, header: Vec::new(), rows: Rows::new(source), row: Row::default() };
        if !table.rows.read(&mut table.row).map_err(|fault| table.damaged(&fault))? {
            return Err(RosterError::Archive {
                member: file,
                what: "it is empty: its first row names the columns",
            });
        }
        for at in 0..table.row.len() {
            let name = table.text(at).to_owned();
            let twice = !name.is_empty() && table.header.contains(&name);
            table.header.push(name);
            if twice {
                return Err(table.wrong(at, "an earlier column has the same name"));
            }
        }
        Ok(table)
    }

    /// Reads the next row; `false` at the end.
    pub(super) fn next(&mut self) -> Result<bool, RosterError> {
        if !self.rows.read(&mut self.row).map_err(|fault| self.damaged(&fault))? {
            return Ok(false);
        }
        if self.row.len() != self.header.len() {
            let column = self.row.len().min(self.header.len());
            return Err(self.wrong(column, "the row has more or fewer fields than the header"));
        }
        Ok(true)
    }

    /// The field of the row at this place, without blanks round it.
    pub(super) fn text(&self, at: usize) -> &str {
        self.row.field(at).unwrap_or_default().trim()
    }

    /// The place of a column.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|known| known == name)
    }

    /// The place of a column that must be there.
    pub(super) fn needed(&self, name: &'static str) -> Result<usize, RosterError> {
        self.column(name).ok_or(RosterError::Column { file: self.file, name })
    }

    /// Whether the row says that it goes (OneRoster's `tobedeleted`).
    pub(super) fn goes(&self, status: Option<usize>) -> Result<bool, RosterError> {
        let Some(at) = status else { return Ok(false) };
        goes(self.text(at)).ok_or_else(|| self.wrong(at, "not a status (active, tobedeleted)"))
    }

    /// What is wrong with a field of the row.
    pub(super) fn wrong(&self, at: usize, what: &'static str) -> RosterError {
        self.damaged(&self.rows.wrong(at, what))
    }

    fn damaged(&self, fault: &Fault) -> RosterError {
        let name = self.header.get(fault.column.saturating_sub(1)).filter(|name| is_name(name));
        let Fault { row, column, what } = *fault;
        RosterError::Damaged {
            file: self.file,
            row,
            column,
            name: name.cloned().unwrap_or_default(),
            other: None,
            what,
        }
    }
}
