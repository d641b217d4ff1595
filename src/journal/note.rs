//! Signed notes (C2SP signed-note v1) with Ed25519 keys. It must not know what a note says.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::NoteError;
use crate::crypto::{SigningKey, VerifyingKey};

/// The longest note that is read, in bytes: far more than 16 signatures.
pub const MAX_NOTE: usize = 1 << 18;

const ED25519: u8 = 1;

/// A verifier key: whom a signature must be by.
#[derive(Clone, PartialEq, Eq)]
pub struct Vkey {
    name: String,
    id: u32,
    public: [u8; 32],
}

impl Vkey {
    /// The verifier key of this name and Ed25519 public key. None when the name is empty or holds
    /// Unicode white space, control characters or a plus sign.
    pub fn new(name: &str, public: [u8; 32]) -> Option<Self> {
        let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if name.is_empty() || name.chars().any(bad) {
            return None;
        }
        let digest =
            Sha256::new().chain_update(name).chain_update([b'\n', ED25519]).chain_update(public).finalize();
        let id = digest.first_chunk::<4>().map(|first| u32::from_be_bytes(*first))?;
        Some(Self { name: name.to_owned(), id, public })
    }

    /// Reads `name+id+key` (C2SP signed-note, "Verifier keys").
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.trim_end_matches('\n').splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::VerifierKey);
        };
        let key = STANDARD.decode(key).map_err(|_| NoteError::VerifierKey)?;
        let Some((&ED25519, public)) = key.split_first() else { return Err(NoteError::VerifierKey) };
        let public = public.try_into().map_err(|_| NoteError::VerifierKey)?;
        let vkey = Self::new(name, public).ok_or(NoteError::VerifierKey)?;
        if format!("{:08x}", vkey.id) == id { Ok(vkey) } else { Err(NoteError::VerifierKey) }
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Vkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519];
        key.extend_from_slice(&self.public);
        write!(f, "{}+{:08x}+{}", self.name, self.id, STANDARD.encode(key))
    }
}

impl fmt::Debug for Vkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vkey({self})")
    }
}

/// Signs `text`, which must end in a newline; the whole note is returned.
pub fn sign_note(text: &str, as_whom: &Vkey, key: &SigningKey) -> String {
    let mut signature = as_whom.id.to_be_bytes().to_vec();
    signature.extend_from_slice(&key.sign(text.as_bytes()));
    format!("{text}\n\u{2014} {} {}\n", as_whom.name, STANDARD.encode(signature))
}

/// Reads a note and returns its text when a trusted key signed it, with that key. Signatures by
/// others are ignored, as the specification asks; one by a trusted key that does not verify is an error.
pub fn open_note<'a, 'k>(note: &'a str, trusted: &'k [Vkey]) -> Result<(&'a str, &'k Vkey), NoteError> {
    if note.len() > MAX_NOTE || note.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
        return Err(NoteError::Malformed);
    }
    let blank = note.rfind("\n\n").ok_or(NoteError::Malformed)?;
    let (text, rest) = note.split_at_checked(blank + 1).ok_or(NoteError::Malformed)?;
    let signatures = rest.strip_prefix('\n').ok_or(NoteError::Malformed)?;
    let lines = signatures.strip_suffix('\n').ok_or(NoteError::Malformed)?;
    let mut by = None;
    for line in lines.split('\n') {
        let line = line.strip_prefix("\u{2014} ").ok_or(NoteError::Malformed)?;
        let (name, encoded) = line.split_once(' ').ok_or(NoteError::Malformed)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| NoteError::Malformed)?;
        let (id, signature) = bytes.split_first_chunk::<4>().ok_or(NoteError::Malformed)?;
        let id = u32::from_be_bytes(*id);
        let Some(key) = trusted.iter().find(|key| key.name == name && key.id == id) else { continue };
        check(key, text, signature)?;
        by = by.or(Some(key));
    }
    by.map(|key| (text, key)).ok_or(NoteError::UnknownKey)
}

fn check(key: &Vkey, text: &str, signature: &[u8]) -> Result<(), NoteError> {
    let signature: &[u8; 64] = signature.try_into().map_err(|_| NoteError::Signature)?;
    let public = VerifyingKey::from_bytes(&key.public).map_err(|_| NoteError::Signature)?;
    public.verify(text.as_bytes(), signature).map_err(|_| NoteError::Signature)
}
