//! Cosignatures (C2SP tlog-cosignature, Ed25519 version 1): a witness's word that, at a time, this was the
//! largest tree that it had seen of a log. It must not know how a witness comes to its word.

use std::fmt;

use super::NoteError;
use super::note::{NamedKey, signatures_of};
use crate::crypto::SigningKey;

/// Type of a timestamped cosignature over a checkpoint.
const COSIGNATURE: u8 = 4;

/// A witness's public key.
#[derive(Clone, PartialEq, Eq)]
pub struct WitnessKey(NamedKey);

impl WitnessKey {
    /// The key of this name and Ed25519 public key. None when the name is empty or holds Unicode white
    /// space, control characters or a plus sign.
    pub fn new(name: &str, public: [u8; 32]) -> Option<Self> {
        NamedKey::new(name, COSIGNATURE, public).map(Self)
    }

    /// Reads `name+id+key`, with the type of a cosignature (0x04).
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        NamedKey::parse(text, COSIGNATURE).map(Self)
    }

    /// The witness's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub(super) fn named(&self) -> &NamedKey {
        &self.0
    }

    /// Its id as eight hex digits, for the name of a file.
    pub fn id_hex(&self) -> String {
        format!("{:08x}", self.0.id)
    }
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WitnessKey({self})")
    }
}

/// Cosigns a checkpoint's text; the signature line is returned, with its newline. `time_s` is in seconds
/// since the Unix epoch.
pub fn cosign(text: &str, as_whom: &WitnessKey, key: &SigningKey, time_s: u64) -> String {
    let signature = key.sign(message(text, time_s).as_bytes());
    as_whom.0.line(&[time_s.to_be_bytes().as_slice(), &signature].concat())
}

/// When this witness cosigned the note, in seconds since the Unix epoch: the newest, when there are several
/// cosignatures. None when there is none.
///
/// Errors: not a note; a cosignature that claims this key and does not verify.
pub fn cosigned_at(note: &str, by: &WitnessKey) -> Result<Option<u64>, NoteError> {
    let (text, signatures) = signatures_of(note, &by.0)?;
    let mut newest = None;
    for bytes in signatures {
        let (time, signature) = bytes.split_first_chunk::<8>().ok_or(NoteError::Signature)?;
        let time_s = u64::from_be_bytes(*time);
        // The specification's bounds: no time is no cosignature, and times have 63 bits.
        if time_s == 0 || time_s > i64::MAX.unsigned_abs() {
            return Err(NoteError::Signature);
        }
        by.0.verify(message(text, time_s).as_bytes(), signature)?;
        newest = newest.max(Some(time_s));
    }
    Ok(newest)
}

fn message(text: &str, time_s: u64) -> String {
    format!("cosignature/v1\ntime {time_s}\n{text}")
}
