//! Shapes: how a core is written for a publisher, and what is recognised as written so.

use super::Core;

/// Crockford's base32 in lower case: no i, l, o, u.
const CROCKFORD: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The form in which a publisher receives pseudonyms.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Shape {
    /// UUIDv8 (RFC 9562, 5.8).
    Uuid,
    /// 32 hexadecimal digits.
    Hex,
    /// 26 characters of Crockford's base32, lower case.
    Base32,
    /// So many decimal digits, 10 to 18: the core modulo a power of ten.
    Digits(u8),
    /// A prefix and base32.
    Uri(String),
    /// A prefix and 128 hexadecimal digits of HMAC-SHA-512.
    EckId(String),
    /// Base32 at a domain.
    Email(String),
}

/// A shape that was not understood; the text says what to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// No such shape.
    #[error("a shape is uuid, hex, base32, digits:N, uri:PREFIX, eckid:PREFIX or email:DOMAIN")]
    ReadShape,
    /// Too few digits to be distinct, or too many for 64 bits.
    #[error("digits:N takes N from 10 to 18")]
    CountDigits,
    /// A prefix that would not make a URI.
    #[error(
        "a prefix is an http or https URL of printable ASCII with a host's name and a path, at most 120 characters, e.g. https://sluis.school.example/p/"
    )]
    ReadPrefix,
    /// Kennisnet's own namespace.
    #[error("a prefix under ketenid.nl is refused: only Kennisnet gives ECK iDs out")]
    ForeignPrefix,
    /// Not a domain.
    #[error("email:DOMAIN takes a domain in lower case, e.g. email:leerling.school.example")]
    ReadDomain,
}

impl Shape {
    /// Reads a shape as `sluis.toml` writes it.
    ///
    /// # Errors
    /// [`ShapeError`], which says what to write.
    pub fn parse(text: &str) -> Result<Self, ShapeError> {
        match text.split_once(':') {
            None => match text {
                "uuid" => Ok(Self::Uuid),
                "hex" => Ok(Self::Hex),
                "base32" => Ok(Self::Base32),
                _ => Err(ShapeError::ReadShape),
            },
            Some(("digits", count)) => match count.parse() {
                Ok(count @ 10..=18) if count.to_string().len() == text.len() - "digits:".len() => {
                    Ok(Self::Digits(count))
                }
                _ => Err(ShapeError::CountDigits),
            },
            Some(("uri", prefix)) => Ok(Self::Uri(own_prefix(prefix)?)),
            Some(("eckid", prefix)) => Ok(Self::EckId(own_prefix(prefix)?)),
            Some(("email", domain)) => {
                if domain.len() <= 200 && is_domain(domain) {
                    Ok(Self::Email(domain.to_owned()))
                } else {
                    Err(ShapeError::ReadDomain)
                }
            }
            Some(_) => Err(ShapeError::ReadShape),
        }
    }

    /// A short shape's text of a core. An `eckid` needs the wide code: see `ScopeKey::pseudonym`; of the core
    /// alone it renders the prefix and 32 digits, which no publisher receives.
    pub(super) fn render(&self, core: &Core) -> String {
        match self {
            Self::Uuid => uuid(core),
            Self::Hex => hex(core.as_bytes()),
            Self::Base32 => base32(core),
            Self::Digits(count) => {
                let number = core.number() % 10_u128.pow(u32::from(*count));
                format!("{number:0width$}", width = usize::from(*count))
            }
            Self::Uri(prefix) => format!("{prefix}{}", base32(core)),
            Self::EckId(prefix) => format!("{prefix}{}", hex(core.as_bytes())),
            Self::Email(domain) => format!("{}@{domain}", base32(core)),
        }
    }

    /// Whether a text can have been written in this shape. ASCII letters count in either case, those of a prefix
    /// too, because many applications change it.
    pub fn recognise(&self, text: &str) -> bool {
        let crockford = |text: &str| {
            // 26 characters hold 130 bits, of which the first two are always zero.
            text.len() == 26
                && text.starts_with(|c: char| ('0'..='7').contains(&c))
                && text.bytes().all(|c| CROCKFORD.contains(&c.to_ascii_lowercase()))
        };
        let hexadecimal =
            |text: &str, digits| text.len() == digits && text.bytes().all(|c| c.is_ascii_hexdigit());
        match self {
            Self::Uuid => {
                text.len() == 36
                    && text.bytes().enumerate().all(|(at, c)| match at {
                        8 | 13 | 18 | 23 => c == b'-',
                        14 => c == b'8',
                        19 => b"89abAB".contains(&c),
                        _ => c.is_ascii_hexdigit(),
                    })
            }
            Self::Hex => hexadecimal(text, 32),
            Self::Base32 => crockford(text),
            Self::Digits(count) => {
                text.len() == usize::from(*count) && text.bytes().all(|c| c.is_ascii_digit())
            }
            Self::Uri(prefix) => behind(prefix, text).is_some_and(crockford),
            Self::EckId(prefix) => behind(prefix, text).is_some_and(|code| hexadecimal(code, 128)),
            Self::Email(domain) => text
                .split_once('@')
                .is_some_and(|(local, at)| crockford(local) && at.eq_ignore_ascii_case(domain)),
        }
    }

    /// In a JSON number a pseudonym is `1` followed by these digits, at most 14 of them: clients round above 2⁵³.
    /// Other shapes cannot stand in a number.
    pub const fn fits_number(&self) -> bool {
        matches!(self, Self::Digits(count) if *count <= 14)
    }

    /// Whether two pupils can collide in it within a school: the vault then keeps a generation.
    pub const fn is_short(&self) -> bool {
        matches!(self, Self::Digits(_))
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Uuid => f.write_str("uuid"),
            Self::Hex => f.write_str("hex"),
            Self::Base32 => f.write_str("base32"),
            Self::Digits(count) => write!(f, "digits:{count}"),
            Self::Uri(prefix) => write!(f, "uri:{prefix}"),
            Self::EckId(prefix) => write!(f, "eckid:{prefix}"),
            Self::Email(domain) => write!(f, "email:{domain}"),
        }
    }
}

/// The text of an `eckid`: prefix and 128 digits.
pub(super) fn wide(prefix: &str, code: &[u8; 64]) -> String {
    let mut text = String::with_capacity(prefix.len() + 128);
    text.push_str(prefix);
    push_hex(&mut text, code);
    text
}

fn uuid(core: &Core) -> String {
    let mut bytes = *core.as_bytes();
    let [.., six, _, eight, _, _, _, _, _, _, _] = &mut bytes;
    *six = (*six & 0x0f) | 0x80;
    *eight = (*eight & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        push_hex(&mut text, &[*byte]);
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    push_hex(&mut text, bytes);
    text
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        for half in [byte >> 4, byte & 15] {
            text.push(DIGITS.get(usize::from(half)).copied().map_or('0', char::from));
        }
    }
}

/// 130 bits, most significant first: two zero bits and the core.
fn base32(core: &Core) -> String {
    let number = core.number();
    (0..26)
        .rev()
        .map(|place| {
            let digit = (number >> (5 * place)) & 31;
            CROCKFORD.get(digit as usize).copied().map_or('0', char::from)
        })
        .collect()
}

fn own_prefix(prefix: &str) -> Result<String, ShapeError> {
    let rest = prefix.strip_prefix("https://").or_else(|| prefix.strip_prefix("http://"));
    let plain = prefix.len() <= 120
        && prefix.bytes().all(|c| c.is_ascii_graphic() && !b"\"<>\\^`{|}#@%".contains(&c));
    let (authority, _) = rest.and_then(|rest| rest.split_once('/')).ok_or(ShapeError::ReadPrefix)?;
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    let host = host.to_ascii_lowercase();
    // The dot of the root at its end changes nothing.
    let host = host.strip_suffix('.').unwrap_or(&host);
    // Judged by its letters, so it has no others: no user, no escapes, nothing that readers take differently.
    if !plain || !is_domain(host) || port.parse::<u16>().is_err() {
        return Err(ShapeError::ReadPrefix);
    }
    if host == "ketenid.nl" || host.ends_with(".ketenid.nl") {
        return Err(ShapeError::ForeignPrefix);
    }
    Ok(prefix.to_owned())
}

/// A domain name of two labels or more, in lower case (RFC 1123, 2.1).
fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
    };
    text.contains('.') && text.split('.').all(label)
}

/// What stands behind a prefix, in whichever case.
fn behind<'a>(prefix: &str, text: &'a str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}
