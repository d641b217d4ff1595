//! A source of XML that knows its line and column, and bounds how much one piece of markup may hold.
//!
//! It must not know elements.

use std::io::{self, BufRead, Read};

use zeroize::Zeroizing;

use super::RosterError;
use super::archive::Unpacked;

/// The most bytes of one tag, one run of text or one comment.
const LONGEST: u64 = 1 << 20;

/// A place in a document, counted from 1; columns in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) line: u64,
    pub(super) column: u64,
    /// Bytes read so far.
    pub(super) taken: u64,
}

impl Place {
    /// What is wrong here.
    pub(super) fn wrong(self, what: &'static str) -> RosterError {
        RosterError::Marked { line: self.line, column: self.column, other: None, what }
    }
}

/// A source that counts.
pub(super) struct Marks<R> {
    source: R,
    buffer: Zeroizing<Vec<u8>>,
    at: usize,
    filled: usize,
    /// Bytes since the piece of markup began.
    since: u64,
    place: Place,
}

impl<R: Read> Marks<R> {
    pub(super) fn new(source: R) -> Self {
        let place = Place { line: 1, column: 1, taken: 0 };
        Self { source, buffer: Zeroizing::new(vec![0; 64 * 1024]), at: 0, filled: 0, since: 0, place }
    }

    /// A piece of markup begins.
    pub(super) fn begins(&mut self) {
        self.since = 0;
    }

    /// Where it is.
    pub(super) fn place(&self) -> Place {
        self.place
    }
}

impl<R: Read> Read for Marks<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(to)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Marks<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since > LONGEST {
            return Err(io::Error::other(Unpacked("one piece of markup is over 1 MiB")));
        }
        if self.at == self.filled {
            self.filled = self.source.read(&mut self.buffer)?;
            self.at = 0;
            let first = self.buffer.get(..self.filled).unwrap_or_default();
            let wide =
                [&b"\xFF\xFE"[..], b"\xFE\xFF", b"<\0", b"\0<"].iter().any(|mark| first.starts_with(mark));
            if self.place.taken == 0 && wide {
                return Err(io::Error::other(Unpacked("the text is UTF-16: save it as UTF-8")));
            }
            // Wherever it stands, in a comment too: other readers end there, or refuse.
            if first.iter().any(|byte| *byte < b' ' && !b"\t\n\r".contains(byte)) {
                return Err(io::Error::other(Unpacked("a control character is in the text")));
            }
        }
        Ok(self.buffer.get(self.at..self.filled).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        let read = self.buffer.get(self.at..self.at + count).unwrap_or_default();
        let lines = read.iter().filter(|byte| **byte == b'\n').count();
        let tail = read.iter().rev().take_while(|byte| **byte != b'\n').count();
        let number = |count: usize| u64::try_from(count).unwrap_or_default();
        self.place.line += number(lines);
        self.place.column = if lines > 0 { 1 } else { self.place.column } + number(tail);
        self.place.taken += number(read.len());
        self.since += number(read.len());
        self.at += count;
    }
}

/// Whether XML has all characters of a text (XML 1.0, 2.2), those included that a reference stands for.
pub(super) fn is_text(text: &str) -> bool {
    text.chars().all(|c| (c >= ' ' || "\t\n\r".contains(c)) && c != '\u{fffe}' && c != '\u{ffff}')
}

/// Why markup could not be read any further.
pub(super) fn why(error: &quick_xml::Error) -> &'static str {
    match error {
        quick_xml::Error::Io(io) => io
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<Unpacked>())
            .map_or("the file could not be read any further", |unpacked| unpacked.0),
        quick_xml::Error::Encoding(_) => "the text is not UTF-8",
        quick_xml::Error::InvalidAttr(_) => "an attribute that is no attribute, or stands there twice",
        quick_xml::Error::IllFormed(_) => "elements do not close as they open",
        quick_xml::Error::Syntax(_) => "the markup is cut off, or none",
        _ => "the markup is not well formed",
    }
}
