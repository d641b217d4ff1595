//! Checkpoints: origin, size and root as a signed note (C2SP tlog-checkpoint v1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::note::{Vkey, open_note, sign_note};
use super::tree::{Hash, empty_root};
use super::{JournalError, NoteError};
use crate::crypto::SigningKey;

/// The tree's head at one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which journal: its origin line.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The note's text.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// The signed note.
    pub fn sign(&self, as_whom: &Vkey, key: &SigningKey) -> String {
        sign_note(&self.text(), as_whom, key)
    }

    /// Reads a note's text. Lines beyond the third are ignored, but must not be empty.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.strip_suffix('\n').ok_or(NoteError::NotCheckpoint)?.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(NoteError::NotCheckpoint);
        };
        if origin.is_empty() || lines.any(str::is_empty) {
            return Err(NoteError::NotCheckpoint);
        }
        let root = STANDARD.decode(root).ok().and_then(|root| Hash::try_from(root).ok());
        let (Some(size), Some(root)) = (decimal(size), root) else { return Err(NoteError::NotCheckpoint) };
        if size == 0 && root != empty_root() {
            return Err(NoteError::NotCheckpoint);
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }

    /// Reads a signed note: the checkpoint, and which trusted key signed it.
    pub fn open<'k>(note: &str, trusted: &'k [Vkey]) -> Result<(Self, &'k Vkey), NoteError> {
        let (text, key) = open_note(note, trusted)?;
        Ok((Self::parse(text)?, key))
    }
}

/// The verifier key under which a journal signs: its name is the origin and the key's version, so
/// that a rotated key has a name of its own.
pub fn journal_vkey(origin: &str, version: u32, public: [u8; 32]) -> Result<Vkey, JournalError> {
    Vkey::new(&format!("{origin}/v{version}"), public).ok_or(JournalError::Origin)
}

/// ASCII decimal without leading zeros.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || (text.len() > 1 && text.starts_with('0')) { None } else { text.parse().ok() }
}
