//! What can fail in the journal, and what a keeper should do about a sealed one.

use crate::disk::{CommitError, DiskError};

/// Why a leaf cannot be written or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// The first byte names a version that this binary does not know.
    #[error("leaf version {0} is not known")]
    Version(u8),
    /// The bytes end too early.
    #[error("the leaf ends too early")]
    Short,
    /// Bytes follow the last field.
    #[error("bytes follow the leaf's last field")]
    LeftOver,
    /// A byte that no such field may hold.
    #[error("the leaf's {0} is malformed")]
    Malformed(&'static str),
    /// Text that is not UTF-8 or holds control characters.
    #[error("a text of the leaf is not printable")]
    Text,
    /// A name or code outside `[a-z0-9-]{1,64}`.
    #[error("a name of the leaf is not of [a-z0-9-]{{1,64}}")]
    Token,
    /// A list whose keys do not ascend.
    #[error("a list of the leaf is out of order or repeats a key")]
    Unordered,
    /// A part or the whole is too long.
    #[error("the {0} is too long")]
    TooLong(&'static str),
    /// A list has too many items.
    #[error("the leaf has too many {0}")]
    TooMany(&'static str),
}

/// Why a signed note or checkpoint is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not a signed note (C2SP signed-note).
    #[error("not a signed note")]
    Malformed,
    /// No signature is by a trusted key.
    #[error("not signed by a trusted key")]
    UnknownKey,
    /// A signature that claims a trusted key does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// The text is not a checkpoint (C2SP tlog-checkpoint), or of another log.
    #[error("not a checkpoint of this journal")]
    NotCheckpoint,
    /// Not a verifier key.
    #[error("not a verifier key (name+id+key)")]
    VerifierKey,
    /// Not a proof (C2SP tlog-proof).
    #[error("not a tlog-proof")]
    NotProof,
}

/// What differs, so that the journal will not be continued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Seal {
    /// There are entries but no checkpoint.
    #[error("its checkpoint is missing")]
    CheckpointMissing,
    /// The checkpoint is not believed.
    #[error("its checkpoint is not believed: {0}")]
    Checkpoint(NoteError),
    /// There is a checkpoint but no entries.
    #[error("its entries are missing, the checkpoint has {checkpoint}")]
    LogMissing {
        /// Entries that the checkpoint covers.
        checkpoint: u64,
    },
    /// Fewer entries than the checkpoint covers.
    #[error("it has {log} entries, the checkpoint has {checkpoint}")]
    LogShorter {
        /// Whole entries found.
        log: u64,
        /// Entries that the checkpoint covers.
        checkpoint: u64,
    },
    /// The entries are not those that the checkpoint covers.
    #[error("its first {checkpoint} entries are not those of the checkpoint")]
    LogDiffers {
        /// Entries that the checkpoint covers.
        checkpoint: u64,
    },
    /// A record is damaged.
    #[error("entries.log is damaged at byte {offset}, after {log} entries")]
    LogDamaged {
        /// Whole entries before the damage.
        log: u64,
        /// Where the damage begins.
        offset: u64,
    },
    /// A leaf cannot be read.
    #[error("entry {index} cannot be read: {error}")]
    LeafUnreadable {
        /// Its place.
        index: u64,
        /// Why.
        error: LeafError,
    },
    /// A leaf bears another sequence than its place.
    #[error("entry {index} bears the sequence {found}")]
    OutOfPlace {
        /// Its place.
        index: u64,
        /// The sequence it bears.
        found: u64,
    },
    /// The pupils' commitments are not those of the leaf.
    #[error("the pupil commitments of entry {index} are not those of its leaf")]
    PupilsDiffer {
        /// The leaf's place.
        index: u64,
    },
    /// A checkpoint that is kept elsewhere has more entries: the journal was put back.
    #[error(
        "a checkpoint of it that is kept elsewhere has {kept} entries, and here are {here}: an older copy was put in its \
         place"
    )]
    RolledBack {
        /// Entries of that checkpoint.
        kept: u64,
        /// Entries of the newest checkpoint here.
        here: u64,
    },
    /// The entries of a checkpoint that is kept elsewhere are others here.
    #[error("its first {size} entries are not those of a checkpoint that is kept elsewhere")]
    Forked {
        /// Entries of that checkpoint.
        size: u64,
    },
    /// The machine's clock is behind the newest entry.
    #[error("the clock is {behind_ms} ms behind the newest entry")]
    ClockSetBack {
        /// By how many milliseconds.
        behind_ms: u64,
    },
}

impl Seal {
    /// What the keeper should do, in one sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::ClockSetBack { .. } => {
                "Set the clock right; if the clock was wrong before and is right now, say so with --accept-clock."
            }
            Self::Checkpoint(NoteError::UnknownKey) => {
                "Put the key file back that signed this journal, or name its public key as trusted."
            }
            Self::RolledBack { .. } | Self::Forked { .. } => {
                "Keep everything as it is and put the newest vault and journal back together; if there is no newer one, \
                 recover the vault and begin a new journal under another `origin`."
            }
            _ => {
                "Keep the directory as it is, run `sluis journal verify` to see where it differs, then put the \
                 newest backup of the whole directory in its place or begin a new journal beside it."
            }
        }
    }
}

/// What failed in the journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The journal is not what it was: it will not be continued.
    #[error("the journal is sealed: {0}. {hint}", hint = .0.hint())]
    Sealed(Seal),
    /// The journal cannot be opened.
    #[error("cannot open the journal: {0}")]
    OpenJournal(#[source] DiskError),
    /// The leaf cannot be written; nothing was.
    #[error("cannot write this leaf: {0}")]
    EncodeLeaf(#[source] LeafError),
    /// The leaf's time is before that of an earlier leaf; nothing was written.
    #[error("cannot write this leaf: the clock went back by {behind_ms} ms")]
    ClockWentBack {
        /// By how many milliseconds.
        behind_ms: u64,
    },
    /// The leaf was not made durable. [`super::Journal::failed`] says whether any later one can be.
    #[error("cannot append to the journal: {0}")]
    Append(#[source] CommitError),
    /// Tiles or checkpoint could not be written. Entries are safe; the next checkpoint tries again.
    #[error("cannot write the checkpoint: {0}")]
    WriteCheckpoint(#[source] DiskError),
    /// The file gave back other entries than were written: the journal refuses from now on.
    #[error("the journal's file gives back other entries than were written")]
    Diverged,
    /// A file of a copy could not be written.
    #[error("cannot write {path} of the copy: {source}")]
    Export {
        /// Its path below the copy.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A witness's answer holds no cosignature of its own over the checkpoint that it was sent.
    #[error("the witness's answer is not believed: {0}")]
    Cosignature(#[source] NoteError),
    /// A tile that a proof needs cannot be read.
    #[error("cannot read tile {path}")]
    ReadTile {
        /// The tile's path below the journal.
        path: String,
    },
    /// No such entry or size in the tree.
    #[error("no such entry in the tree")]
    OutOfRange,
    /// A name cannot be a key name or origin.
    #[error("the journal's origin must not be empty or hold spaces, control characters or a plus sign")]
    Origin,
}
