//! A file or a folder that a school hands over: which format it is, by what is in it, and who reads it.
//!
//! It must not know where rosters are kept.

use std::io::{Read, Seek, SeekFrom};

use super::archive::{Archive, Seekable};
use super::taking::{Brought, Taking};
use super::{ImportProgress, RosterError, edexml, oneroster, plain};
use crate::clock::Timestamp;
use crate::identity::Kind;

/// The formats in which a roster arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Plain CSV: a header row, then one pupil a row.
    Csv,
    /// OneRoster 1.1 or 1.2 CSV: a zip, a folder, or `users.csv` alone.
    OneRoster,
    /// EDEXML, alone or in an answer of UWLR.
    Edexml,
}

impl Format {
    /// Its name: `csv`, `oneroster`, `edexml`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::OneRoster => "oneroster",
            Self::Edexml => "edexml",
        }
    }

    /// The format of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Csv, Self::OneRoster, Self::Edexml].into_iter().find(|format| format.name() == name)
    }
}

/// What is read.
pub enum Source {
    /// One file.
    File(Box<dyn Seekable>),
    /// The files of a folder that [`Source::wants`] names.
    Folder(Vec<(&'static str, Box<dyn Seekable>)>),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Source(…)")
    }
}

impl Source {
    /// The files of a folder that are read, those that are there.
    pub const fn wants() -> &'static [&'static str] {
        oneroster::FILES
    }
}

/// How a source is read.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The format; by what is in the file when it is not said.
    pub format: Option<Format>,
    /// Changes to a roster, not a whole one. A OneRoster manifest may say so as well.
    pub delta: bool,
    /// Whether who works at the school is protected the same way. Plain CSV does not tell them apart: all are.
    pub staff: bool,
    /// The kind by which a plain file of changes finds pupils, where it has such a column.
    pub key: Kind,
}

/// What a source brought.
#[derive(Debug)]
pub struct Import {
    /// Pupils, or changes.
    pub brought: Brought,
    /// The format.
    pub format: Format,
    /// How many people were left out: staff that was not asked for, parents.
    pub left_out: u64,
}

/// Reads a source; streaming, whatever its size. `progress` is told about every 4,096 pupils and at the end.
///
/// # Errors
/// The first fault, with its place. Nothing is imported then.
pub fn bring(
    source: Source,
    options: &Options,
    now: Timestamp,
    progress: &mut dyn FnMut(ImportProgress),
) -> Result<Import, RosterError> {
    let taking = move |delta| {
        let progress = progress;
        Taking::new(now, delta, progress)
    };
    let (read, format) = match source {
        Source::Folder(_) if options.format.is_some_and(|format| format != Format::OneRoster) => {
            return Err(RosterError::Recognise { what: "a folder is OneRoster, or nothing" });
        }
        Source::Folder(files) => {
            (oneroster::read(&mut oneroster::Files::Folder(files), options, taking)?, Format::OneRoster)
        }
        Source::File(file) => one(file, options, taking)?,
    };
    let (brought, left_out) = read;
    if matches!(&brought, Brought::Whole(roster) if roster.is_empty()) {
        return Err(RosterError::Nobody);
    }
    Ok(Import { brought, format, left_out })
}

type Read1 = ((Brought, u64), Format);

fn one<'a>(
    mut file: Box<dyn Seekable>,
    options: &Options,
    taking: impl FnOnce(bool) -> Taking<'a>,
) -> Result<Read1, RosterError> {
    let unread = |_| RosterError::Recognise { what: "the file cannot be read" };
    let length = file.seek(SeekFrom::End(0)).map_err(unread)?;
    file.rewind().map_err(unread)?;
    let mut first = Vec::new();
    file.by_ref().take(4096).read_to_end(&mut first).map_err(unread)?;
    file.rewind().map_err(unread)?;
    let looks = Looks::of(&first);
    let format = options.format.unwrap_or(match looks {
        Looks::Zip | Looks::Users => Format::OneRoster,
        Looks::Markup => Format::Edexml,
        Looks::Other => Format::Csv,
    });
    let read = match (format, looks) {
        (Format::OneRoster, Looks::Zip) => {
            let archive = Archive::open(file, oneroster::FILES)?;
            oneroster::read(&mut oneroster::Files::Archive(archive), options, taking)?
        }
        (Format::OneRoster, _) => oneroster::read(&mut oneroster::Files::Users(file), options, taking)?,
        (Format::Csv, _) => {
            let mut taking = taking(options.delta);
            taking.expect(length);
            plain::read(file, Some(options.key), taking)?
        }
        (Format::Edexml, _) => {
            let mut taking = taking(options.delta);
            taking.expect(length);
            edexml::read(file, options.staff, taking)?
        }
    };
    Ok((read, format))
}

/// What a file looks like at its beginning.
#[derive(Clone, Copy, PartialEq)]
enum Looks {
    Zip,
    Markup,
    /// `users.csv` of OneRoster.
    Users,
    Other,
}

impl Looks {
    fn of(first: &[u8]) -> Self {
        if first.starts_with(b"PK\x03\x04") || first.starts_with(b"PK\x05\x06") {
            return Self::Zip;
        }
        let plain: Vec<u8> = first
            .iter()
            .copied()
            .filter(|byte| !matches!(byte, 0 | 0xEF | 0xBB | 0xBF | 0xFE | 0xFF))
            .collect();
        let text = plain.trim_ascii_start();
        if text.starts_with(b"<") {
            return Self::Markup;
        }
        let header = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let has = |name: &[u8]| {
            header.split(|byte| matches!(byte, b',' | b'"' | b'\r')).any(|column| column == name)
        };
        match has(b"sourcedId") && has(b"givenName") && (has(b"enabledUser") || has(b"userIds")) {
            true => Self::Users,
            false => Self::Other,
        }
    }
}
