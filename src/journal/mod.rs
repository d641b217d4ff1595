//! The journal: a tamper-evident record of what crossed, that a stranger can check.
//!
//! Entries go to one append-only log (the truth); tiles and a signed checkpoint are made from it.
//! `docs/JOURNAL.md` is the specification. It must not know HTTP, profiles, the vault or who a pupil
//! is: it is handed digests and counts.

mod ask;
mod attest;
mod beside;
mod book;
mod checkpoint;
mod cosign;
mod error;
mod every;
mod export;
mod filters;
mod keep;
mod kept;
mod leaf;
mod leaves;
mod log;
mod note;
mod open;
mod proof;
mod prove;
mod publish;
mod record;
mod report;
mod stretch;
mod tile;
mod tree;
mod verify;
mod walk;
mod wire;
mod witnessed;

pub use ask::{AddCheckpoint, conflict_size};
pub use beside::compare_beside;
pub use book::{Book, BookError, NotCosigned, Seen, origin_hash_of, origin_of};
pub use checkpoint::{Checkpoint, journal_vkey};
pub use cosign::{WitnessKey, cosign, cosigned_at};
pub use error::{JournalError, LeafError, NoteError, Seal};
pub use every::Checkpoints;
pub use export::export;
pub use leaf::{
    Decision, Detail, Event, LEAF_VERSION, Leaf, LeafScope, MAX_LEAF, MAX_PUPILS, Pupils, VaultHead,
};
pub use leaves::{Leaves, each_leaf};
pub use log::Journal;
pub use note::{MAX_NOTE, Vkey, open_note, sign_note};
pub use open::{Opened, Settings};
pub use proof::{Proof, TileReader, check_proof};
pub use prove::{Proven, entries_of, prove, verify_proof};
pub use record::{CLOCK_SLACK_MS, pupil_commitment, pupils_root};
pub use report::{Cosigned, Difference, Report, What};
pub use stretch::{FILTERS_MAGIC, FilterRecord, LIST_MAGIC, Stretch, filters_path, list_path, write_filter};
pub use tile::{TILE_WIDTH, bundle_path, tile_path};
pub use tree::{Frontier, Hash, empty_root, leaf_hash, node_hash, verify_consistency, verify_inclusion};
pub use verify::{Given, verify, verify_given, verify_told};
pub use witnessed::{Witnessed, witnessed};

#[cfg(test)]
mod tests;
