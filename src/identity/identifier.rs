//! Identifiers, which cannot be printed, and pseudonyms and exchange ids, which can.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

use unicode_normalization::{UnicodeNormalization, is_nfc};
use zeroize::Zeroize;

use super::Kind;

/// A real value that points at a pupil, with its kind. Equal when kind and canonical form are.
///
/// ```compile_fail
/// let pupil = sluis::identity::Identifier::new(sluis::identity::Kind::PUPIL_NUMBER, "95312");
/// println!("{pupil}");
/// ```
///
/// The twin that compiles:
///
/// ```
/// let pupil = sluis::identity::Identifier::new(sluis::identity::Kind::PUPIL_NUMBER, "95312");
/// assert_eq!(format!("{pupil:?}"), "Identifier(pupil-number)");
/// ```
///
/// Nor can it be serialised:
///
/// ```compile_fail
/// let pupil = sluis::identity::Identifier::new(sluis::identity::Kind::PUPIL_NUMBER, "95312");
/// serde_json::to_string(&pupil).unwrap();
/// ```
///
/// The twin that compiles:
///
/// ```
/// let pupil = sluis::identity::Identifier::new(sluis::identity::Kind::PUPIL_NUMBER, "95312");
/// serde_json::to_string(pupil.expose()).unwrap();
/// ```
#[derive(Clone)]
pub struct Identifier {
    kind: Kind,
    canonical: Box<str>,
    /// As it was written, when that differs.
    spelling: Option<Box<str>>,
}

impl Identifier {
    /// An identifier as somebody wrote it.
    pub fn new(kind: Kind, written: &str) -> Self {
        let canonical = canonical(kind, written);
        let spelling = (canonical != written).then(|| written.into());
        Self { kind, canonical: canonical.into(), spelling }
    }

    /// What sort of identifier.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Its canonical form: what is derived from and compared.
    pub fn expose(&self) -> &str {
        &self.canonical
    }

    /// As it was written: what comes home.
    pub fn expose_spelling(&self) -> &str {
        self.spelling.as_deref().unwrap_or(&self.canonical)
    }
}

impl PartialEq for Identifier {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.canonical == other.canonical
    }
}

impl Eq for Identifier {}

impl Hash for Identifier {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
        self.canonical.hash(state);
    }
}

impl Drop for Identifier {
    fn drop(&mut self) {
        self.canonical.zeroize();
        self.spelling.zeroize();
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identifier({})", self.kind)
    }
}

/// The canonical form: Unicode NFC, outer U+0009, U+000A, U+000D and U+0020 removed; an e-mail address also in
/// lower case. Leading zeros count. Borrows when nothing changes.
pub fn canonical(kind: Kind, written: &str) -> Cow<'_, str> {
    let ascii = written.is_ascii();
    if ascii || is_nfc(written) {
        let trimmed = written.trim_matches([' ', '\t', '\r', '\n']);
        let settled = kind != Kind::EMAIL || (ascii && !trimmed.bytes().any(|c| c.is_ascii_uppercase()));
        return if settled { Cow::Borrowed(trimmed) } else { Cow::Owned(trimmed.to_lowercase()) };
    }
    let composed: String = written.nfc().collect();
    let trimmed = composed.trim_matches([' ', '\t', '\r', '\n']);
    Cow::Owned(if kind == Kind::EMAIL { trimmed.to_lowercase() } else { trimmed.to_owned() })
}

/// What a publisher sees instead of an identifier. Public.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pseudonym(String);

impl Pseudonym {
    /// A pseudonym as derived, or as the vault kept it.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The random id of an exchange: 128 bits, printed as lower-case hex. In log, journal and refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ExchangeId([u8; 16]);

impl ExchangeId {
    /// From 16 random bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for ExchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
        let mut text = [0; 32];
        for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(self.0) {
            *pair = [digit(byte >> 4), digit(byte & 15)];
        }
        // At once: a log line has it, of every exchange.
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::{Identifier, canonical};
    use crate::identity::Kind;

    #[test]
    fn canonical_form_is_that_of_the_contract() {
        assert_eq!(canonical(Kind::PUPIL_NUMBER, " 095312\r\n"), "095312");
        assert_eq!(canonical(Kind::LMS_USER, "NOE\u{308}"), "NOË");
        assert_eq!(canonical(Kind::EMAIL, "Noe\u{308}.B@School.example"), "noë.b@school.example");
        assert_eq!(canonical(Kind::EMAIL, "NOË@x.example"), "noë@x.example");
        // A no-break space is part of the value.
        assert_eq!(canonical(Kind::PUPIL_NUMBER, "\u{a0}1"), "\u{a0}1");
    }

    #[test]
    fn the_spelling_comes_home_and_the_canonical_form_compares() {
        let written = Identifier::new(Kind::EMAIL, "Jip@School.example");
        assert_eq!(written, Identifier::new(Kind::EMAIL, "jip@school.example "));
        assert_ne!(written, Identifier::new(Kind::USERNAME, "jip@school.example"));
        assert_eq!(written.expose_spelling(), "Jip@School.example");
    }
}
