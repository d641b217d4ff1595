//! Signed notes (C2SP signed-note v1) with Ed25519 keys. It must not know what a note says.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::NoteError;
use crate::crypto::{SigningKey, VerifyingKey};

/// The longest note that is read, in bytes: far more than 16 signatures.
pub const MAX_NOTE: usize = 1 << 18;

/// Type of a signature over the text itself.
const ED25519: u8 = 1;

/// A verifier key: whom a signature must be by.
#[derive(Clone, PartialEq, Eq)]
pub struct Vkey(NamedKey);

/// A public key under a name, for one type of signature.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct NamedKey {
    pub(super) name: String,
    pub(super) id: u32,
    kind: u8,
    public: [u8; 32],
}

impl Vkey {
    /// The verifier key of this name and Ed25519 public key. None when the name is empty or holds
    /// Unicode white space, control characters or a plus sign.
    pub fn new(name: &str, public: [u8; 32]) -> Option<Self> {
        NamedKey::new(name, ED25519, public).map(Self)
    }

    /// Reads `name+id+key` (C2SP signed-note, "Verifier keys").
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        NamedKey::parse(text, ED25519).map(Self)
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }
}

impl NamedKey {
    pub(super) fn new(name: &str, kind: u8, public: [u8; 32]) -> Option<Self> {
        let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if name.is_empty() || name.chars().any(bad) {
            return None;
        }
        let digest =
            Sha256::new().chain_update(name).chain_update([b'\n', kind]).chain_update(public).finalize();
        let id = digest.first_chunk::<4>().map(|first| u32::from_be_bytes(*first))?;
        Some(Self { name: name.to_owned(), id, kind, public })
    }

    pub(super) fn parse(text: &str, wanted: u8) -> Result<Self, NoteError> {
        let mut parts = text.trim_end_matches('\n').splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::VerifierKey);
        };
        let key = STANDARD.decode(key).map_err(|_| NoteError::VerifierKey)?;
        let Some((&kind, public)) = key.split_first() else { return Err(NoteError::VerifierKey) };
        let public = public.try_into().map_err(|_| NoteError::VerifierKey)?;
        let key = Self::new(name, kind, public).ok_or(NoteError::VerifierKey)?;
        let same = kind == wanted && format!("{:08x}", key.id) == id;
        if same { Ok(key) } else { Err(NoteError::VerifierKey) }
    }

    /// A signature line, with its newline.
    pub(super) fn line(&self, signature: &[u8]) -> String {
        let mut bytes = self.id.to_be_bytes().to_vec();
        bytes.extend_from_slice(signature);
        format!("\u{2014} {} {}\n", self.name, STANDARD.encode(bytes))
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), NoteError> {
        let signature: &[u8; 64] = signature.try_into().map_err(|_| NoteError::Signature)?;
        let public = VerifyingKey::from_bytes(&self.public).map_err(|_| NoteError::Signature)?;
        public.verify(message, signature).map_err(|_| NoteError::Signature)
    }

    fn is_of(&self, line: &Line<'_>) -> bool {
        self.name == line.name && self.id == line.id
    }
}

impl fmt::Display for NamedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![self.kind];
        key.extend_from_slice(&self.public);
        write!(f, "{}+{:08x}+{}", self.name, self.id, STANDARD.encode(key))
    }
}

impl fmt::Display for Vkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Vkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vkey({self})")
    }
}

/// Signs `text`, which must end in a newline; the whole note is returned.
pub fn sign_note(text: &str, as_whom: &Vkey, key: &SigningKey) -> String {
    format!("{text}\n{}", as_whom.0.line(&key.sign(text.as_bytes())))
}

/// Reads a note and returns its text when a trusted key signed it, with that key. Signatures by
/// others are ignored, as the specification asks; one by a trusted key that does not verify is an error.
pub fn open_note<'a, 'k>(note: &'a str, trusted: &'k [Vkey]) -> Result<(&'a str, &'k Vkey), NoteError> {
    let (text, lines) = take_apart(note)?;
    let mut by = None;
    for line in &lines {
        let Some(key) = trusted.iter().find(|key| key.0.is_of(line)) else { continue };
        key.0.verify(text.as_bytes(), &line.signature)?;
        by = by.or(Some(key));
    }
    by.map(|key| (text, key)).ok_or(NoteError::UnknownKey)
}

/// A signature line of a note.
struct Line<'a> {
    name: &'a str,
    id: u32,
    signature: Vec<u8>,
}

/// The signatures of a note that claim this key, not verified, with the text that they are over.
pub(super) fn signatures_of<'a>(note: &'a str, key: &NamedKey) -> Result<(&'a str, Vec<Vec<u8>>), NoteError> {
    let (text, lines) = take_apart(note)?;
    Ok((text, lines.into_iter().filter(|line| key.is_of(line)).map(|line| line.signature).collect()))
}

/// The note with this signature line of a key, in the place of any other by the same key.
pub(super) fn with_line(note: &str, key: &NamedKey, line: &str) -> Result<String, NoteError> {
    let (text, _) = take_apart(note)?;
    let mut out = format!("{text}\n");
    let lines = note.get(text.len() + 1..).unwrap_or_default().split_inclusive('\n');
    let other = |line: &&str| !take_line(line.trim_end_matches('\n')).is_ok_and(|line| key.is_of(&line));
    lines.filter(other).for_each(|line| out.push_str(line));
    out.push_str(line);
    Ok(out)
}

/// Those of these signature lines that claim this key; what is no signature line is passed over.
pub(super) fn lines_of(lines: &str, key: &NamedKey) -> String {
    let wanted = |line: &&str| take_line(line.trim_end_matches('\n')).is_ok_and(|line| key.is_of(&line));
    lines.split_inclusive('\n').filter(|line| line.ends_with('\n')).filter(wanted).collect()
}

/// How many signature lines a note has, whoever's; 0 when it is none.
pub(super) fn signers(note: &str) -> usize {
    take_apart(note).map_or(0, |(_, lines)| lines.len())
}

/// The text that a note is about, nothing verified.
pub(super) fn text_of(note: &str) -> Result<&str, NoteError> {
    take_apart(note).map(|(text, _)| text)
}

fn take_apart(note: &str) -> Result<(&str, Vec<Line<'_>>), NoteError> {
    if note.len() > MAX_NOTE || note.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
        return Err(NoteError::Malformed);
    }
    let blank = note.rfind("\n\n").ok_or(NoteError::Malformed)?;
    let (text, rest) = note.split_at_checked(blank + 1).ok_or(NoteError::Malformed)?;
    let signatures = rest.strip_prefix('\n').ok_or(NoteError::Malformed)?;
    let lines = signatures.strip_suffix('\n').ok_or(NoteError::Malformed)?;
    let mut found = Vec::new();
    for line in lines.split('\n') {
        found.push(take_line(line)?);
    }
    Ok((text, found))
}

fn take_line(line: &str) -> Result<Line<'_>, NoteError> {
    let line = line.strip_prefix("\u{2014} ").ok_or(NoteError::Malformed)?;
    let (name, encoded) = line.split_once(' ').ok_or(NoteError::Malformed)?;
    let bytes = STANDARD.decode(encoded).map_err(|_| NoteError::Malformed)?;
    let (id, signature) = bytes.split_first_chunk::<4>().ok_or(NoteError::Malformed)?;
    Ok(Line { name, id: u32::from_be_bytes(*id), signature: signature.to_vec() })
}
