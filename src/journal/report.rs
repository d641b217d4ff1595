//! What a verifier found, in words that both verifiers use. It must not decide anything.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Hash, NoteError};

/// A way in which files differ from what they should be. The order is that of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// There is no checkpoint.
    CheckpointMissing,
    /// The checkpoint cannot be read as one.
    CheckpointMalformed,
    /// No given key signed the checkpoint.
    CheckpointUnsigned,
    /// The checkpoint's signature does not verify.
    CheckpointSignature,
    /// The earlier checkpoint cannot be read, is not signed, or is of another journal.
    EarlierNotBelieved,
    /// The earlier checkpoint has more entries: the journal was put back.
    RolledBack,
    /// The entries that the earlier checkpoint covers are others now.
    Forked,
    /// A witness that was named has not cosigned.
    CosignatureMissing,
    /// A cosignature is not what its witness signed, or not over a checkpoint of this journal.
    CosignatureDiffers,
    /// The text is no proof that holds a leaf.
    ProofMalformed,
    /// The proof does not lead from the leaf to the checkpoint.
    ProofDiffers,
    /// An entry bundle is missing.
    BundleMissing,
    /// An entry bundle cannot be taken apart.
    BundleMalformed,
    /// A tile is missing or too short.
    TileMissing,
    /// A tile above level 0 does not follow from the tiles below it.
    TileDiffers,
    /// An entry does not have the hash that its tile holds.
    EntryDiffers,
    /// An entry is not a leaf.
    LeafUnreadable,
    /// A leaf bears another sequence than its place.
    LeafOutOfPlace,
    /// A leaf's time lies too far before that of an earlier one.
    TimeWentBack,
    /// The side file of pupil commitments ends before this leaf's.
    CommitmentsMissing,
    /// The side file's commitments are not those of the leaf.
    CommitmentsDiffer,
    /// A needle filter that a leaf commits to is not there.
    FilterMissing,
    /// A needle filter is not the one that a leaf commits to.
    FilterDiffers,
    /// The entries do not have the checkpoint's root.
    RootDiffers,
    /// The tiles do not have the checkpoint's root.
    TilesRootDiffers,
    /// `entries.log` has another entry here.
    LogDiffers,
    /// The commitments in `entries.log` are not those of the leaf.
    LogCommitmentsDiffer,
    /// `entries.log` ends before the checkpoint.
    LogShorter,
    /// `entries.log` is damaged.
    LogDamaged,
    /// A file beside the vault was replaced by another one since.
    BesideOlder,
    /// A file beside the vault is none that an entry names.
    BesideUnknown,
}

impl What {
    /// The stable code of both verifiers.
    pub fn code(self) -> &'static str {
        match self {
            Self::CheckpointMissing => "checkpoint-missing",
            Self::CheckpointMalformed => "checkpoint-malformed",
            Self::CheckpointUnsigned => "checkpoint-unsigned",
            Self::CheckpointSignature => "checkpoint-signature",
            Self::EarlierNotBelieved => "earlier-not-believed",
            Self::RolledBack => "rolled-back",
            Self::Forked => "forked",
            Self::CosignatureMissing => "cosignature-missing",
            Self::CosignatureDiffers => "cosignature-differs",
            Self::ProofMalformed => "proof-malformed",
            Self::ProofDiffers => "proof-differs",
            Self::BundleMissing => "bundle-missing",
            Self::BundleMalformed => "bundle-malformed",
            Self::TileMissing => "tile-missing",
            Self::TileDiffers => "tile-differs",
            Self::EntryDiffers => "entry-differs",
            Self::LeafUnreadable => "leaf-unreadable",
            Self::LeafOutOfPlace => "leaf-out-of-place",
            Self::TimeWentBack => "time-went-back",
            Self::CommitmentsMissing => "commitments-missing",
            Self::CommitmentsDiffer => "commitments-differ",
            Self::FilterMissing => "filter-missing",
            Self::FilterDiffers => "filter-differs",
            Self::RootDiffers => "root-differs",
            Self::TilesRootDiffers => "tiles-root-differs",
            Self::LogDiffers => "log-differs",
            Self::LogCommitmentsDiffer => "log-commitments-differ",
            Self::LogShorter => "log-shorter",
            Self::LogDamaged => "log-damaged",
            Self::BesideOlder => "beside-older",
            Self::BesideUnknown => "beside-unknown",
        }
    }

    /// What it means, for people; the place follows after a colon.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::CheckpointMissing => "there is no checkpoint",
            Self::CheckpointMalformed => "the checkpoint is not one",
            Self::CheckpointUnsigned => "no key that was given signed the checkpoint",
            Self::CheckpointSignature => "the checkpoint is not what its key signed",
            Self::EarlierNotBelieved => "the earlier checkpoint is not one of this journal under this key",
            Self::RolledBack => {
                "there were more entries when the earlier checkpoint was made or cosigned; now there are"
            }
            Self::Forked => "entries that the earlier or cosigned checkpoint covers were replaced; it covers",
            Self::CosignatureMissing => "there is no cosignature of the witness",
            Self::CosignatureDiffers => "the cosignature is not what the witness signed of this journal, in",
            Self::ProofMalformed => "this is no proof with a leaf in it",
            Self::ProofDiffers => "the leaf is not the entry that the checkpoint covers, at entry",
            Self::BundleMissing => "entries are missing",
            Self::BundleMalformed => "entries were inserted, removed or cut",
            Self::TileMissing => "hashes are missing or cut",
            Self::TileDiffers => "hashes do not follow from those below them",
            Self::EntryDiffers => "entry and hash do not belong together, at entry",
            Self::LeafUnreadable => "what stands there is no leaf, at entry",
            Self::LeafOutOfPlace => "a leaf bears another place, at entry",
            Self::TimeWentBack => "the time goes back, at entry",
            Self::CommitmentsMissing => "the pupil commitments end too early, at entry",
            Self::CommitmentsDiffer => "the pupil commitments are not those of the leaf, at entry",
            Self::FilterMissing => "the needle filter that the journal commits to is missing, of",
            Self::FilterDiffers => "the needle filter is not the one that the journal commits to, of",
            Self::RootDiffers => "the entries are not those that were signed; signed were",
            Self::TilesRootDiffers => "the hashes are not those that were signed; signed were",
            Self::LogDiffers => "entries.log has something else, at entry",
            Self::LogCommitmentsDiffer => "entries.log has other pupil commitments, at entry",
            Self::LogShorter => "entries.log ends before the checkpoint, at entry",
            Self::LogDamaged => "entries.log is damaged, at entry",
            Self::BesideOlder => "the file beside the vault is not the newest; it is the one of entry",
            Self::BesideUnknown => "no entry names such a file beside the vault as this one",
        }
    }

    pub(super) fn of_checkpoint(error: NoteError) -> Self {
        match error {
            NoteError::UnknownKey => Self::CheckpointUnsigned,
            NoteError::Signature => Self::CheckpointSignature,
            _ => Self::CheckpointMalformed,
        }
    }
}

/// One kind of difference: where it shows first, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What differs.
    pub what: What,
    /// Where first: an entry's index, a size, or a path below the journal.
    pub first: String,
    /// In how many places.
    pub count: u64,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what.meaning(), self.first)?;
        if self.count > 1 { write!(f, " (and {} more)", self.count - 1) } else { Ok(()) }
    }
}

/// A cosignature that verifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    /// The witness's name.
    pub name: String,
    /// How many entries it cosigned.
    pub size: u64,
    /// When, in seconds since the Unix epoch.
    pub time_s: u64,
}

/// What a verifier found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The checkpoint's origin; empty when there is none to believe.
    pub origin: String,
    /// How many entries the checkpoint covers.
    pub size: u64,
    /// The checkpoint's root.
    pub root: Hash,
    /// The name of the key that signed it.
    pub signed_by: String,
    /// Whole entries in `entries.log` that no checkpoint covers yet.
    pub beyond: u64,
    /// What each named witness cosigned last, in the order in which they were named.
    pub witnesses: Vec<Cosigned>,
    /// Bytes of a torn last batch in `entries.log`: nobody was promised them.
    pub torn_bytes: u64,
    /// Messages that streamed and of which no leaf says that they ended: under way, or ended with the process.
    pub open: u64,
    found: BTreeMap<What, (String, u64)>,
}

impl Report {
    /// True when nothing differs.
    pub fn is_good(&self) -> bool {
        self.found.is_empty()
    }

    /// Everything that differs.
    pub fn differences(&self) -> Vec<Difference> {
        let entries = self.found.iter();
        entries
            .map(|(what, (first, count))| Difference { what: *what, first: first.clone(), count: *count })
            .collect()
    }

    /// The report as JSON, the same for both verifiers.
    pub fn json(&self) -> serde_json::Value {
        let differences: Vec<_> = self
            .differences()
            .into_iter()
            .map(|found| serde_json::json!({"what": found.what.code(), "first": found.first, "count": found.count}))
            .collect();
        let witnesses: Vec<_> = self
            .witnesses
            .iter()
            .map(|by| serde_json::json!({"name": by.name, "size": by.size, "time": by.time_s}))
            .collect();
        serde_json::json!({
            "good": self.is_good(),
            "origin": self.origin,
            "size": self.size,
            "root": STANDARD.encode(self.root),
            "signed_by": self.signed_by,
            "beyond": self.beyond,
            "torn_bytes": self.torn_bytes,
            "open": self.open,
            "witnesses": witnesses,
            "differences": differences,
        })
    }

    pub(super) fn add(&mut self, what: What, place: impl ToString) {
        let place = || place.to_string();
        self.found.entry(what).and_modify(|(_, count)| *count += 1).or_insert_with(|| (place(), 1));
    }
}
