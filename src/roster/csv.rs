//! A strict reader of comma- or semicolon-separated text (RFC 4180, UTF-8), one row at a time.
//!
//! What it cannot read exactly it refuses, naming row and column and never the value. It must not know what
//! a column means.

use std::io::{ErrorKind, Read};

use zeroize::{Zeroize, Zeroizing};

/// The longest field, in bytes: a longer one is a quote that was never closed.
const LONGEST_FIELD: usize = 64 * 1024;
/// The most columns a row may have.
const MOST_COLUMNS: usize = 256;

/// Where the text is damaged: row (the header is row 1) and column, both counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) row: u64,
    pub(super) column: usize,
    pub(super) what: &'static str,
}

/// One row. Its bytes are wiped when it is dropped or read over.
#[derive(Default)]
pub(super) struct Row {
    bytes: Zeroizing<Vec<u8>>,
    ends: Vec<usize>,
}

impl Row {
    /// How many fields it has.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The field at this place, counted from 0. Rows that [`Rows::read`] gave are UTF-8.
    pub(super) fn field(&self, index: usize) -> Option<&str> {
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        std::str::from_utf8(self.bytes.get(start..*self.ends.get(index)?)?).ok()
    }

    fn clear(&mut self) {
        self.bytes.zeroize();
        self.ends.clear();
    }

    fn is_blank(&self) -> bool {
        self.bytes.is_empty() && self.ends.len() <= 1
    }
}

/// Rows of a source.
pub(super) struct Rows<R> {
    source: R,
    buffer: Zeroizing<Vec<u8>>,
    at: usize,
    filled: usize,
    /// Bytes taken from the source so far, for progress.
    taken: u64,
    delimiter: Option<u8>,
    row: u64,
    ended: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    FieldStart,
    Plain,
    Quoted,
    QuoteInQuoted,
    AfterReturn,
}

impl<R: Read> Rows<R> {
    /// Reads from `source`. The delimiter is the first of `,` and `;` outside quotes in the first row.
    pub(super) fn new(source: R) -> Self {
        let buffer = Zeroizing::new(vec![0; 64 * 1024]);
        Self { source, buffer, at: 0, filled: 0, taken: 0, delimiter: None, row: 0, ended: false }
    }

    /// Bytes read from the source so far.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// Refuses another row like the one that was read last.
    pub(super) fn wrong(&self, column: usize, what: &'static str) -> Fault {
        Fault { row: self.row, column: column + 1, what }
    }

    /// The number of the row that was read last; the header is row 1.
    pub(super) fn row(&self) -> u64 {
        self.row
    }

    /// Reads the next row that is not blank into `row`; `false` at the end.
    pub(super) fn read(&mut self, row: &mut Row) -> Result<bool, Fault> {
        while !self.ended {
            row.clear();
            self.row += 1;
            self.read_one(row)?;
            self.check_text(row)?;
            if !row.is_blank() {
                return Ok(true);
            }
        }
        row.clear();
        Ok(false)
    }

    fn read_one(&mut self, row: &mut Row) -> Result<(), Fault> {
        let mut place = Place::FieldStart;
        loop {
            let Some(byte) = self.next_byte(row)? else {
                self.ended = true;
                return match place {
                    Place::Quoted => Err(self.fault(row, "a quote is not closed")),
                    Place::AfterReturn => Err(self.fault(row, "a carriage return without a line feed")),
                    _ => self.close_field(row),
                };
            };
            place = match (place, byte) {
                (Place::AfterReturn, b'\n') => return self.close_field(row),
                (Place::AfterReturn, _) => {
                    return Err(self.fault(row, "a carriage return without a line feed"));
                }
                (_, 0) => return Err(self.fault(row, "a NUL character")),
                (Place::Quoted, b'"') => Place::QuoteInQuoted,
                (Place::QuoteInQuoted, b'"') => self.push(row, b'"', Place::Quoted)?,
                (Place::Quoted, _) => self.push(row, byte, Place::Quoted)?,
                (_, b'\n') => return self.close_field(row),
                (_, b'\r') => Place::AfterReturn,
                (_, b',' | b';') if self.is_delimiter(byte) => {
                    self.close_field(row)?;
                    Place::FieldStart
                }
                (Place::QuoteInQuoted, _) => return Err(self.fault(row, "text after a closing quote")),
                (Place::FieldStart, b'"') => Place::Quoted,
                (Place::Plain, b'"') => return Err(self.fault(row, "a quote inside a field without quotes")),
                _ => self.push(row, byte, Place::Plain)?,
            };
        }
    }

    fn is_delimiter(&mut self, byte: u8) -> bool {
        *self.delimiter.get_or_insert(byte) == byte
    }

    fn push(&self, row: &mut Row, byte: u8, next: Place) -> Result<Place, Fault> {
        if row.bytes.len() - row.ends.last().copied().unwrap_or(0) >= LONGEST_FIELD {
            return Err(self.fault(row, "the field is over 64 KiB (a quote that is not closed?)"));
        }
        if row.bytes.len() == row.bytes.capacity() {
            // `Vec` would free the old buffer unwiped.
            let mut roomier = Zeroizing::new(Vec::with_capacity((row.bytes.capacity() * 2).max(1024)));
            roomier.extend_from_slice(&row.bytes);
            row.bytes = roomier;
        }
        row.bytes.push(byte);
        Ok(next)
    }

    fn close_field(&self, row: &mut Row) -> Result<(), Fault> {
        if row.ends.len() >= MOST_COLUMNS {
            return Err(self.fault(row, "more than 256 columns"));
        }
        row.ends.push(row.bytes.len());
        Ok(())
    }

    fn next_byte(&mut self, row: &Row) -> Result<Option<u8>, Fault> {
        if self.at == self.filled {
            self.filled = loop {
                match self.source.read(&mut self.buffer) {
                    Ok(count) => break count,
                    Err(why) if why.kind() == ErrorKind::Interrupted => {}
                    Err(why) => return Err(self.fault(row, unread(&why))),
                }
            };
            self.at = 0;
            let starts = |mark: &[u8]| {
                self.taken == 0 && self.buffer.get(..self.filled).is_some_and(|b| b.starts_with(mark))
            };
            if starts(b"\xFF\xFE") || starts(b"\xFE\xFF") {
                return Err(self.fault(row, "the text is UTF-16: save it as UTF-8"));
            }
            // A byte order mark says UTF-8 and is not text.
            if starts(b"\xEF\xBB\xBF") {
                self.at = 3;
            }
            self.taken += u64::try_from(self.filled).unwrap_or(0);
        }
        if self.at >= self.filled {
            return Ok(None);
        }
        let byte = self.buffer.get(self.at).copied();
        self.at += 1;
        Ok(byte)
    }

    fn check_text(&self, row: &Row) -> Result<(), Fault> {
        if std::str::from_utf8(&row.bytes).is_ok() && (0..row.len()).all(|index| row.field(index).is_some()) {
            return Ok(());
        }
        let column = (0..row.len()).find(|index| row.field(*index).is_none()).unwrap_or(0) + 1;
        Err(Fault { row: self.row, column, what: "the text is not UTF-8" })
    }

    fn fault(&self, row: &Row, what: &'static str) -> Fault {
        Fault { row: self.row, column: row.len() + 1, what }
    }
}

/// Why a source cannot be read any further; an archive says more than a disk.
fn unread(why: &std::io::Error) -> &'static str {
    why.get_ref()
        .and_then(|inner| inner.downcast_ref::<super::archive::Unpacked>())
        .map_or("the file could not be read any further", |unpacked| unpacked.0)
}
