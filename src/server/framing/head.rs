//! One HTTP/1.1 request head, read as strictly as RFC 9112 allows a server to be.
//!
//! Whatever two servers could read in two ways is refused here; what remains has one meaning. Pure: it must
//! not know sockets, time or hyper.

use super::follow::Bounds;

/// How the body of a request is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// So many bytes; 0 when the head names none.
    Exactly(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
}

/// What is wrong with a head. Static words only, so that nothing of a message can be in them.
pub(super) type Wrong = &'static str;

/// What the headers that decide about framing have said so far.
#[derive(Default)]
struct Seen {
    host: bool,
    length: Option<u64>,
    chunked: bool,
}

/// Reads a complete head (up to and with the empty line; every line ends in CRLF). Returns the body's length.
pub(super) fn read_head(head: &[u8], bounds: &Bounds) -> Result<Length, Wrong> {
    let mut lines = Lines { rest: head };
    let first = lines.next().ok_or("an empty head")?;
    let minor = request_line(first)?;
    let mut seen = Seen::default();
    let mut count = 0_usize;
    for line in lines {
        if line.is_empty() {
            break;
        }
        count += 1;
        if count > bounds.header_lines {
            return Err("too many header lines");
        }
        header_line(line, minor, &mut seen)?;
    }
    if !seen.host {
        return Err("no Host");
    }
    match (seen.length, seen.chunked) {
        (Some(_), true) => Err("Content-Length beside Transfer-Encoding"),
        (None, true) => Ok(Length::Chunked),
        (length, false) => Ok(Length::Exactly(length.unwrap_or(0))),
    }
}

/// True for the characters of a token (RFC 9110, 5.6.2), `_` apart: too many programs read `a_b` as `a-b`.
pub(crate) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^`|~".contains(&byte)
}

/// True for an authority that is a host with an optional port: no user, no list, no empty host.
pub(crate) fn is_host(value: &[u8]) -> bool {
    let (host, port) = match value.strip_prefix(b"[") {
        Some(rest) => {
            let Some(end) = memchr::memchr(b']', rest) else { return false };
            let (inside, after) = rest.split_at(end);
            let good = !inside.is_empty()
                && inside.iter().all(|b| b.is_ascii_hexdigit() || *b == b':' || *b == b'.');
            if !good {
                return false;
            }
            return match after.strip_prefix(b"]") {
                Some([]) => true,
                Some([b':', port @ ..]) => is_port(port),
                _ => false,
            };
        }
        None => match memchr::memchr(b':', value) {
            Some(at) => (value.get(..at).unwrap_or_default(), value.get(at + 1..)),
            None => (value, None),
        },
    };
    !host.is_empty()
        && host.len() <= 253
        && host.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-' || *b == b'.')
        && port.is_none_or(is_port)
}

/// True for a target in origin form made of what RFC 3986 lets stand in a path and a query, and the few
/// characters that browsers leave bare in a query.
pub(crate) fn is_origin_form(target: &[u8]) -> bool {
    target.first() == Some(&b'/')
        && target.iter().all(|b| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%[]|{}".contains(b))
}

fn is_port(port: &[u8]) -> bool {
    (1..=5).contains(&port.len()) && port.iter().all(u8::is_ascii_digit)
}

/// `method SP target SP version`; returns the minor version.
fn request_line(line: &[u8]) -> Result<u8, Wrong> {
    let mut parts = line.split(|b| *b == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("a request line that is not three words with one space between");
    };
    if method.is_empty() || method.len() > 24 || !method.iter().all(|b| b.is_ascii_uppercase() || *b == b'-')
    {
        return Err("a method that is not capital letters");
    }
    if method == b"CONNECT" || method == b"TRACE" {
        return Err("CONNECT and TRACE are not served");
    }
    let minor = match version {
        b"HTTP/1.1" => 1,
        b"HTTP/1.0" => 0,
        _ => return Err("a version that is not HTTP/1.1 or HTTP/1.0"),
    };
    if !is_origin_form(target) {
        return Err("a target that is not in origin form");
    }
    Ok(minor)
}

fn header_line(line: &[u8], minor: u8, seen: &mut Seen) -> Result<(), Wrong> {
    if matches!(line.first(), Some(b' ' | b'\t')) {
        return Err("a folded header line");
    }
    let Some(colon) = memchr::memchr(b':', line) else {
        return Err("a header line without a colon");
    };
    let (name, value) = line.split_at(colon);
    if matches!(name.last(), Some(b' ' | b'\t')) {
        return Err("white space before a colon");
    }
    if name.is_empty() || !name.iter().all(|b| is_name_byte(*b)) {
        return Err("a header name with a character that is not allowed");
    }
    let value = trim(value.get(1..).unwrap_or_default());
    if value.iter().any(|b| (*b < 0x20 && *b != b'\t') || *b == 0x7f) {
        return Err("a control character in a header");
    }
    framing_header(name, value, minor, seen)
}

/// Looks at those headers that decide what a message is; the others mean nothing here.
fn framing_header(name: &[u8], value: &[u8], minor: u8, seen: &mut Seen) -> Result<(), Wrong> {
    let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
    if is(b"host") {
        if std::mem::replace(&mut seen.host, true) {
            return Err("more than one Host");
        }
        if !is_host(value) {
            return Err("a Host that is not a host and a port");
        }
    } else if is(b"content-length") {
        if seen.length.is_some() {
            return Err("more than one Content-Length");
        }
        seen.length = Some(content_length(value)?);
    } else if is(b"transfer-encoding") {
        if minor == 0 {
            return Err("Transfer-Encoding in HTTP/1.0");
        }
        if std::mem::replace(&mut seen.chunked, true) || !value.eq_ignore_ascii_case(b"chunked") {
            return Err("a Transfer-Encoding that is not exactly chunked");
        }
    } else if is(b"upgrade") || is(b"http2-settings") {
        return Err("Upgrade is not served");
    } else if is(b"trailer") {
        return Err("trailers are not carried");
    } else if is(b"expect") {
        if !value.eq_ignore_ascii_case(b"100-continue") {
            return Err("an Expect that is not 100-continue");
        }
    } else if is(b"connection") && !connection_is_plain(value) {
        return Err("a Connection that names more than close, keep-alive or te");
    }
    Ok(())
}

/// Without the white space that may stand round a value: space and tab (RFC 9110, 5.6.3), and not the form feed that
/// `trim_ascii` takes for one.
fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// Options of `Connection` that say nothing about other headers. Anything else could remove a header that
/// Sluis or the other side relies on.
fn connection_is_plain(value: &[u8]) -> bool {
    value.split(|b| *b == b',').all(|option| {
        let option = option.trim_ascii();
        option.is_empty()
            || [&b"close"[..], b"keep-alive", b"te"].iter().any(|known| option.eq_ignore_ascii_case(known))
    })
}

/// 1 to 15 digits, no leading zero (some read `010` as eight): far below where an integer wraps, far above any
/// limit on bodies.
pub(crate) fn content_length(value: &[u8]) -> Result<u64, Wrong> {
    let leading_zero = value.len() > 1 && value.first() == Some(&b'0');
    if value.is_empty() || value.len() > 15 || leading_zero || !value.iter().all(u8::is_ascii_digit) {
        return Err("a Content-Length that is not a plain number");
    }
    Ok(value.iter().fold(0_u64, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}

/// The lines of a head, without their CRLF.
struct Lines<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let end = memchr::memchr(b'\n', self.rest)?;
        let line = self.rest.get(..end)?;
        self.rest = self.rest.get(end + 1..)?;
        // The follower has seen to it that a CR stands before every LF.
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}
