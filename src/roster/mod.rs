//! The roster: what the school tells Sluis about its pupils. Which identifiers belong to one pupil, and which
//! names the guard watches for. Sealed at rest under a key of the vault.
//!
//! It must not know publishers, pseudonyms or messages.

mod archive;
mod columns;
pub mod consent;
mod csv;
mod edexml;
mod held;
mod kept;
mod markup;
mod oneroster;
mod plain;
mod pupil;
mod source;
mod table;
mod taking;

use std::path::PathBuf;

pub use self::archive::Seekable;
pub use self::held::Roster;
pub use self::kept::Summary;
pub use self::plain::import;
pub use self::pupil::{Field, Known, Pupil, Value};
pub use self::source::{Format, Import, Options, Source, bring};
pub use self::taking::{Applied, Brought, Changes, Moves};

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportProgress {
    /// Bytes read so far.
    pub bytes: u64,
    /// Bytes there are to read; 0 when that is not known.
    pub of: u64,
    /// Pupils read so far.
    pub pupils: usize,
}

/// Why a roster could not be read or kept. No variant holds a value of a pupil.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// The file holds no header row.
    #[error("the file is empty: its first row must name the columns")]
    Empty,
    /// The file holds nobody; a roster without pupils would open every door to names.
    #[error("nobody is in it; nothing was imported")]
    Nobody,
    /// A table is not what it should be; nothing was imported.
    #[error("{}row {row}, column {column}{}: {what}{}; nothing was imported", within(.file), named(.name), beside("row", .other))]
    Damaged {
        /// The file of a folder or archive; empty when there is only one.
        file: &'static str,
        /// The row, the header being row 1.
        row: u64,
        /// The column, counted from 1; 0 when the file has no column for it.
        column: usize,
        /// The name of the column in the header; empty when that is not understood.
        name: String,
        /// The row of another pupil whom it is about as well.
        other: Option<u64>,
        /// What is wrong. Never a value.
        what: &'static str,
    },
    /// A table lacks a column.
    #[error("{file}: there is no column {name}; nothing was imported")]
    Column {
        /// The file.
        file: &'static str,
        /// The column.
        name: &'static str,
    },
    /// A document is not what it should be; nothing was imported.
    #[error("line {line}, column {column}: {what}{}; nothing was imported", beside("line", .other))]
    Marked {
        /// The line, counted from 1.
        line: u64,
        /// The byte in the line, counted from 1.
        column: u64,
        /// The line of another pupil whom it is about as well.
        other: Option<u64>,
        /// What is wrong. Never a value.
        what: &'static str,
    },
    /// An archive or folder is not what it should be; nothing was imported.
    #[error("{}{what}; nothing was imported", within(.member))]
    Archive {
        /// The member; empty for the archive itself.
        member: &'static str,
        /// What is wrong.
        what: &'static str,
    },
    /// Nobody reads such a file.
    #[error("{what}; nothing was imported")]
    Recognise {
        /// What is wrong.
        what: &'static str,
    },
    /// The kept roster could not be read.
    #[error("the roster {path} could not be read ({why}): import it again")]
    Load {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The roster could not be kept.
    #[error("the roster {path} could not be written ({why}); the earlier one is unchanged")]
    Save {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        why: String,
    },
}

const EARLIER_HAS_IT: &str = "an earlier row has the same identifier";
const OTHER_HAS_IT: &str = "another pupil of the roster has the same identifier";

fn named(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" ({name})") }
}

fn within(file: &str) -> String {
    if file.is_empty() { String::new() } else { format!("{file}: ") }
}

fn beside(what: &str, other: &Option<u64>) -> String {
    other.map_or_else(String::new, |other| format!(" ({what} {other})"))
}

#[cfg(test)]
mod tests;
