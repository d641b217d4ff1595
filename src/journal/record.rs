//! A record of `entries.log`: a leaf and its pupil commitments, made durable by one sync. It must not
//! know files.
//!
//! | bytes | what |
//! |---|---|
//! | 2 | length n of the leaf, big-endian |
//! | n | leaf |
//! | 32 × count | commitments to pupils, ascending |

use super::leaf::MAX_PUPILS;
use super::tree::root_over;
use super::{Hash, Leaf, LeafError, Pupils, Seal};
use crate::crypto::MacKey;

/// The kind and version of `entries.log`: its first 16 bytes.
pub(super) const LOG_MAGIC: &[u8; 16] = b"sluis-journal-1\n";

/// How far a leaf's time may lie before that of an earlier leaf, in milliseconds: threads overtake one
/// another, and clocks are slewed.
pub const CLOCK_SLACK_MS: u64 = 60_000;

/// The root of the RFC 6962 tree over a leaf's commitments, which must ascend.
pub fn pupils_root(commitments: &[Hash]) -> Hash {
    root_over(commitments.iter().map(Hash::as_slice))
}

/// The commitment to a pupil in an exchange: HMAC-SHA-256(salt of the pupil, exchange id). Another in
/// every exchange; nobody's once the salt is destroyed.
pub fn pupil_commitment(salt: &MacKey, exchange: &[u8; 16]) -> Hash {
    salt.mac_raw(&[exchange])
}

/// Sorts commitments, without doubles, and says what the leaf commits to.
pub(super) fn commit_to(commitments: &mut Vec<Hash>) -> Result<Option<Pupils>, LeafError> {
    // Digests differ in their first bytes: a number decides nearly always.
    let head = |hash: &Hash| hash.first_chunk::<8>().map(|head| u64::from_be_bytes(*head));
    commitments.sort_unstable_by(|one, other| head(one).cmp(&head(other)).then_with(|| one.cmp(other)));
    commitments.dedup();
    if commitments.len() > MAX_PUPILS {
        return Err(LeafError::TooMany("pupils"));
    }
    let count = u32::try_from(commitments.len()).map_err(|_| LeafError::TooMany("pupils"))?;
    Ok((count > 0).then(|| Pupils { count, root: pupils_root(commitments) }))
}

/// Appends a record.
pub(super) fn write(leaf: &[u8], commitments: &[Hash], out: &mut Vec<u8>) {
    // `Leaf::encode` bounds the leaf to 16 bits of length.
    out.extend_from_slice(&u16::try_from(leaf.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(leaf);
    for commitment in commitments {
        out.extend_from_slice(commitment);
    }
}

/// Takes a record apart: leaf bytes, and commitments as they lie.
pub(super) fn split(payload: &[u8]) -> Result<(&[u8], &[u8]), LeafError> {
    let (length, rest) = payload.split_first_chunk::<2>().ok_or(LeafError::Short)?;
    rest.split_at_checked(u16::from_be_bytes(*length).into()).ok_or(LeafError::Short)
}

/// The times of leaves, in order: they may not go back by more than [`CLOCK_SLACK_MS`], unless a
/// `clock` event says that the clock was corrected.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Times {
    pub(super) newest_ms: u64,
}

impl Times {
    /// Takes the next leaf's time; an error holds by how many milliseconds it lies too far back.
    pub(super) fn next(&mut self, event: super::Event, time_ms: u64) -> Result<(), u64> {
        if event == super::Event::CLOCK {
            self.newest_ms = time_ms;
            return Ok(());
        }
        if time_ms.saturating_add(CLOCK_SLACK_MS) < self.newest_ms {
            return Err(self.newest_ms - time_ms);
        }
        self.newest_ms = self.newest_ms.max(time_ms);
        Ok(())
    }
}

/// Checks a record at its place and decodes its leaf, apart from times.
pub(super) fn check(payload: &[u8], index: u64) -> Result<(Leaf, &[u8], &[u8]), Seal> {
    let unreadable = |error| Seal::LeafUnreadable { index, error };
    let (bytes, commitments) = split(payload).map_err(unreadable)?;
    let leaf = Leaf::decode(bytes).map_err(unreadable)?;
    if leaf.sequence != index {
        return Err(Seal::OutOfPlace { index, found: leaf.sequence });
    }
    if !commitments_match(&leaf, commitments) {
        return Err(Seal::PupilsDiffer { index });
    }
    Ok((leaf, bytes, commitments))
}

/// True when the commitments, as they lie, are those that the leaf commits to, in order.
pub(super) fn commitments_match(leaf: &Leaf, commitments: &[u8]) -> bool {
    let (hashes, rest) = commitments.as_chunks::<32>();
    if !rest.is_empty() || !hashes.is_sorted_by(|before, after| before < after) {
        return false;
    }
    match leaf.pupils {
        None => hashes.is_empty(),
        Some(pupils) => hashes.len() == pupils.count as usize && pupils_root(hashes) == pupils.root,
    }
}
