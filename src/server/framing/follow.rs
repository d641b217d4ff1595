//! Follows the byte stream of one HTTP/1.1 connection and hands on only bytes that it has understood.
//!
//! Heads are handed on whole, bodies piece by piece, chunk sizes without their extensions. The first fault
//! ends the stream. Pure: it must not know sockets, time or hyper.

use bytes::{BufMut, Bytes, BytesMut};

use super::head::{Length, Wrong, read_head};

/// What a head and its chunks may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) head_bytes: usize,
    pub(super) line_bytes: usize,
    pub(super) header_lines: usize,
    pub(super) chunk_extension_bytes: usize,
}

/// What came of looking at the bytes that are there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A whole head; `line` of its bytes are the request line, CRLF apart.
    Head {
        /// The head, exactly as it came.
        bytes: Bytes,
        /// Length of the request line.
        line: usize,
    },
    /// Part of a body.
    Body(Bytes),
    /// Nothing more can be said without more bytes.
    More,
    /// The stream is not to be followed further; nothing of the present head was handed on.
    BadHead(Wrong),
    /// The stream is not to be followed further; the present body is not whole.
    BadBody(Wrong),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In a head: bytes looked at, begin of the present line, length of the first line when it is known.
    Head { scanned: usize, line: usize, first: usize },
    /// In a body of known length: bytes still to come, at least 1.
    Length(u64),
    /// At a chunk's size; extensions so far, in bytes.
    Size { extensions: usize },
    /// In a chunk: bytes still to come, then its CRLF.
    Chunk { left: u64, extensions: usize },
    /// After the last chunk: CRLF, or a trailer.
    Last,
    /// After a fault.
    Over,
}

const START: Place = Place::Head { scanned: 0, line: 0, first: 0 };

/// The state of one connection's stream.
#[derive(Debug)]
pub(super) struct Follower {
    bounds: Bounds,
    place: Place,
}

impl Follower {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, place: START }
    }

    /// True between two messages, with nothing of a next one looked at.
    pub(super) fn is_between(&self) -> bool {
        self.place == START
    }

    /// True from the first byte of a head to its last.
    pub(super) fn is_in_head(&self) -> bool {
        matches!(self.place, Place::Head { scanned, .. } if scanned > 0)
    }

    /// Bytes that may be handed on unseen, because a length announced them.
    pub(super) fn unseen(&self) -> u64 {
        match self.place {
            Place::Length(left) => left,
            _ => 0,
        }
    }

    /// Says that `count` of the [`Self::unseen`] bytes were handed on.
    pub(super) fn passed(&mut self, count: u64) {
        if let Place::Length(left) = self.place {
            let left = left.saturating_sub(count);
            self.place = if left == 0 { START } else { Place::Length(left) };
        }
    }

    /// Takes from the front of `inbound` what can be understood of it.
    pub(super) fn step(&mut self, inbound: &mut BytesMut) -> Step {
        if inbound.is_empty() {
            return Step::More;
        }
        match self.place {
            Place::Head { scanned, line, first } => self.head(inbound, scanned, line, first),
            Place::Length(left) => {
                let piece = split(inbound, left);
                self.passed(piece.len() as u64);
                Step::Body(piece)
            }
            Place::Size { extensions } => self.size(inbound, extensions),
            Place::Chunk { left: 0, extensions } => {
                self.crlf(inbound, Place::Size { extensions }, "a chunk without CRLF behind it")
            }
            Place::Chunk { left, extensions } => {
                let piece = split(inbound, left);
                self.place = Place::Chunk { left: left - piece.len() as u64, extensions };
                Step::Body(piece)
            }
            Place::Last => self.crlf(inbound, START, "trailers are not carried"),
            Place::Over => Step::More,
        }
    }

    fn head(
        &mut self,
        inbound: &mut BytesMut,
        mut scanned: usize,
        mut line: usize,
        mut first: usize,
    ) -> Step {
        loop {
            let rest = inbound.get(scanned..).unwrap_or_default();
            let Some(at) = memchr::memchr(b'\n', rest) else {
                let partial = inbound.get(line..).unwrap_or_default();
                let inner = partial.get(..partial.len().saturating_sub(1)).unwrap_or_default();
                if memchr::memchr2(b'\r', 0, inner).is_some() {
                    return self.bad_head("a bare CR or a NUL in a head");
                }
                if partial.len() > self.bounds.line_bytes || inbound.len() > self.bounds.head_bytes {
                    return self.bad_head("a head that is too long");
                }
                self.place = Place::Head { scanned: inbound.len(), line, first };
                return Step::More;
            };
            let end = scanned + at;
            let whole = inbound.get(line..end).unwrap_or_default();
            if whole.last() != Some(&b'\r') {
                return self.bad_head("a bare LF in a head");
            }
            if memchr::memchr2(b'\r', 0, whole).is_some_and(|at| at + 1 < whole.len()) {
                return self.bad_head("a bare CR or a NUL in a head");
            }
            if whole.len() > self.bounds.line_bytes || end > self.bounds.head_bytes {
                return self.bad_head("a head that is too long");
            }
            let empty = whole.len() == 1;
            if line == 0 {
                if empty {
                    return self.bad_head("an empty line before a request");
                }
                first = end - 1;
            } else if empty {
                return self.whole_head(inbound, end + 1, first);
            }
            scanned = end + 1;
            line = scanned;
        }
    }

    fn whole_head(&mut self, inbound: &mut BytesMut, length: usize, line: usize) -> Step {
        let bytes = inbound.split_to(length).freeze();
        match read_head(&bytes, &self.bounds) {
            Ok(body) => {
                self.place = match body {
                    Length::Exactly(0) => START,
                    Length::Exactly(length) => Place::Length(length),
                    Length::Chunked => Place::Size { extensions: 0 },
                };
                Step::Head { bytes, line }
            }
            Err(wrong) => self.bad_head(wrong),
        }
    }

    /// `size [extensions] CRLF` (RFC 9112, 7.1). The extensions are checked and dropped.
    fn size(&mut self, inbound: &mut BytesMut, extensions: usize) -> Step {
        // Size, extensions and CRLF in one line that has a bound of its own.
        let bound = 16 + self.bounds.chunk_extension_bytes + 2;
        let Some(end) = memchr::memchr(b'\n', inbound) else {
            let inner = inbound.get(..inbound.len() - 1).unwrap_or_default();
            if inbound.len() > bound || memchr::memchr(b'\r', inner).is_some() {
                return self.bad_body("a chunk size that is malformed");
            }
            return Step::More;
        };
        let line = inbound.split_to(end + 1);
        let Some(line) = line.strip_suffix(b"\r\n") else {
            return self.bad_body("a bare LF behind a chunk size");
        };
        let digits = line.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        let (number, extension) = line.split_at(digits);
        let extensions = extensions + extension.len();
        if number.is_empty() || number.len() > 15 {
            return self.bad_body("a chunk size that is no number, or too large");
        }
        if extensions > self.bounds.chunk_extension_bytes || !is_extension(extension) {
            return self.bad_body("a chunk extension that is malformed, or too long");
        }
        let size = number.iter().fold(0_u64, |sum, b| sum * 16 + u64::from(hex(*b)));
        self.place = if size == 0 { Place::Last } else { Place::Chunk { left: size, extensions } };
        let mut own = BytesMut::with_capacity(number.len() + 2);
        own.put_slice(number);
        own.put_slice(b"\r\n");
        Step::Body(own.freeze())
    }

    fn crlf(&mut self, inbound: &mut BytesMut, next: Place, otherwise: Wrong) -> Step {
        match inbound.get(..2) {
            Some(b"\r\n") => {
                self.place = next;
                Step::Body(inbound.split_to(2).freeze())
            }
            None if inbound.first() == Some(&b'\r') => Step::More,
            _ => self.bad_body(otherwise),
        }
    }

    fn bad_head(&mut self, wrong: Wrong) -> Step {
        self.place = Place::Over;
        Step::BadHead(wrong)
    }

    fn bad_body(&mut self, wrong: Wrong) -> Step {
        self.place = Place::Over;
        Step::BadBody(wrong)
    }
}

fn split(inbound: &mut BytesMut, most: u64) -> Bytes {
    let count = usize::try_from(most).unwrap_or(usize::MAX).min(inbound.len());
    inbound.split_to(count).freeze()
}

/// Nothing, or `;`, a letter or digit, and printable ASCII: no CR, no LF, no control character can hide in it. Quotes
/// come in pairs and nothing is escaped: for whoever reads quoted strings too, the line ends where it does here.
fn is_extension(extension: &[u8]) -> bool {
    match extension {
        [] => true,
        [b';', first, rest @ ..] => {
            let quotes = rest.iter().filter(|b| **b == b'"').count();
            first.is_ascii_alphanumeric()
                && rest.iter().all(|b| ((0x20..0x7f).contains(b) && *b != b'\\') || *b == b'\t')
                && quotes.is_multiple_of(2)
        }
        _ => false,
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit - b'A' + 10,
    }
}
