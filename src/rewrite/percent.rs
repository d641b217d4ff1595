//! Percent encoding (RFC 3986, 2.1), strictly: what does not decode to UTF-8 text is refused.
//!
//! It knows bytes and characters; what a path or a form is, it must not know.

/// How a space is read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// `%20` only; a plus is a plus (paths).
    Percent,
    /// Both `%20` and `+` are read, `%20` is written (queries: every receiver reads it).
    PercentOrPlus,
    /// Both are read, `+` is written (`application/x-www-form-urlencoded`).
    Plus,
}

/// Checks one name, value or segment; says whether its text differs from its bytes.
///
/// # Errors
/// A percent sign without two hexadecimal digits, decoded bytes that are not UTF-8, a decoded NUL;
/// with the offset in `raw`.
pub(super) fn check(raw: &[u8], space: Space) -> Result<bool, (&'static str, usize)> {
    let plus = space != Space::Percent && raw.contains(&b'+');
    let Some(first) = memchr::memchr(b'%', raw) else { return Ok(plus) };
    let Some(decoded) = decode_bytes(raw, space) else {
        let bad = memchr::memchr_iter(b'%', raw).find(|at| escape(raw, *at).is_none());
        return Err(("a percent sign without two hexadecimal digits", bad.unwrap_or(first)));
    };
    if decoded.contains(&0) {
        return Err(("a NUL character", first));
    }
    match std::str::from_utf8(&decoded) {
        Ok(_) => Ok(true),
        Err(_) => Err(("percent encoding of bytes that are not UTF-8", first)),
    }
}

/// The text of what [`check`] accepted.
pub(super) fn decode(raw: &str, space: Space) -> String {
    let bytes = decode_bytes(raw.as_bytes(), space).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

/// Appends a text; everything but the unreserved characters of RFC 3986, 2.3 is encoded.
pub(super) fn write(text: &str, space: Space, into: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => into.push(byte),
            b' ' if space == Space::Plus => into.push(b'+'),
            _ => {
                let half = |half: u8| if half < 10 { b'0' + half } else { b'A' + half - 10 };
                into.extend_from_slice(&[b'%', half(byte >> 4), half(byte & 15)]);
            }
        }
    }
}

fn decode_bytes(raw: &[u8], space: Space) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(raw.len());
    let mut at = 0;
    while let Some(byte) = raw.get(at) {
        match byte {
            b'%' => {
                decoded.push(escape(raw, at)?);
                at += 2;
            }
            b'+' if space != Space::Percent => decoded.push(b' '),
            other => decoded.push(*other),
        }
        at += 1;
    }
    Some(decoded)
}

/// The byte that the percent sign at `at` stands for.
pub(super) fn escape(raw: &[u8], at: usize) -> Option<u8> {
    let digit = |place: usize| char::from(*raw.get(place)?).to_digit(16);
    u8::try_from(digit(at + 1)? << 4 | digit(at + 2)?).ok()
}
