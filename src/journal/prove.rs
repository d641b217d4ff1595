//! Proofs of single entries, made from a journal's files and verified with a public key only. It must not use
//! the state of a running journal.

use std::path::Path;

use super::note::{open_note, signers};
use super::open::CHECKPOINT;
use super::report::Cosigned;
use super::tile::TILE_WIDTH;
use super::verify::{Given, believe};
use super::walk::{self, Bundle};
use super::{
    Checkpoint, JournalError, Leaf, Proof, Report, Seal, TileReader, Vkey, What, bundle_path, cosigned_at,
    leaf_hash, verify_inclusion,
};

/// Where a leaf names its exchange: after version, sequence, time and event.
const EXCHANGE_AT: usize = 19;

/// A proof of the entry at `index`, with its leaf. It leads to the newest checkpoint, or to the newest one that
/// a witness cosigned where that covers the entry too.
///
/// Errors: [`JournalError::OutOfRange`] when no checkpoint covers the entry yet; a checkpoint that no trusted
/// key signed; files that are missing or do not belong together.
pub fn prove(directory: &Path, trusted: &[Vkey], index: u64) -> Result<Proof, JournalError> {
    let (note, checkpoint) = newest(directory, trusted)?;
    let there = checkpoint.size;
    let mut chosen = (note, checkpoint);
    if signers(&chosen.0) < 2 {
        for (_, note) in super::witnessed::all(directory)? {
            let Ok((cosigned, _)) = Checkpoint::open(&note, trusted) else { continue };
            let better = signers(&chosen.0) < 2 || cosigned.size > chosen.1.size;
            if cosigned.origin == chosen.1.origin && cosigned.size > index && better {
                chosen = (note, cosigned);
            }
        }
    }
    let (note, checkpoint) = chosen;
    if index >= checkpoint.size {
        return Err(JournalError::OutOfRange);
    }
    let leaf = entry(directory, there, index)?;
    let hashes = TileReader::of_earlier(directory, checkpoint.size, there).inclusion(index)?;
    if !verify_inclusion(&leaf_hash(&leaf), index, checkpoint.size, &checkpoint.root, &hashes) {
        return Err(JournalError::Sealed(Seal::LogDiffers { checkpoint: checkpoint.size }));
    }
    Ok(Proof { extra: Some(leaf), index, hashes, note })
}

/// The entries of an exchange that the newest checkpoint covers, in order.
///
/// Errors: a checkpoint that no trusted key signed; a bundle that is missing or malformed.
pub fn entries_of(directory: &Path, trusted: &[Vkey], exchange: &[u8; 16]) -> Result<Vec<u64>, JournalError> {
    let (_, checkpoint) = newest(directory, trusted)?;
    let mut found = Vec::new();
    let mut index = 0;
    while index < checkpoint.size {
        for entry in bundle(directory, checkpoint.size, index)? {
            let named = entry.get(EXCHANGE_AT..EXCHANGE_AT + 17).and_then(<[u8]>::split_first);
            if named.is_some_and(|(there, id)| *there == 1 && id == exchange) {
                found.push(index);
            }
            index += 1;
        }
    }
    Ok(found)
}

/// What a proof proved.
#[derive(Debug, Clone, Default)]
pub struct Proven {
    /// The checkpoint, its witnesses, and what differs.
    pub report: Report,
    /// The entry's place.
    pub index: u64,
    /// The entry's bytes, as the proof brings them.
    pub bytes: Vec<u8>,
    /// What it says; none when it is no leaf.
    pub leaf: Option<Leaf>,
}

impl Proven {
    /// The report as JSON, the same for both verifiers.
    pub fn json(&self) -> serde_json::Value {
        let mut json = self.report.json();
        if let Some(members) = json.as_object_mut() {
            let hex: String = leaf_hash(&self.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            members.insert("index".to_owned(), self.index.into());
            members.insert("leaf_hash".to_owned(), hex.into());
        }
        json
    }
}

/// Verifies the text of a proof with its leaf in it: files are not needed.
pub fn verify_proof(text: &str, given: &Given<'_>) -> Proven {
    let mut proven = Proven::default();
    let report = &mut proven.report;
    let (leaf, proof) = match Proof::parse(text) {
        Ok(Proof { extra: Some(leaf), index, hashes, note }) => (leaf, (index, hashes, note)),
        Ok(_) | Err(_) => {
            report.add(What::ProofMalformed, "proof");
            return proven;
        }
    };
    let (index, hashes, note) = proof;
    (proven.index, proven.bytes) = (index, leaf);
    let Some(checkpoint) = believe(&note, given.trusted, report) else { return proven };
    for witness in given.witnesses {
        match cosigned_at(&note, witness) {
            Ok(Some(time_s)) => {
                let (name, size) = (witness.name().to_owned(), checkpoint.size);
                report.witnesses.push(Cosigned { name, size, time_s });
            }
            Ok(None) => report.add(What::CosignatureMissing, witness.name()),
            Err(_) => report.add(What::CosignatureDiffers, CHECKPOINT),
        }
    }
    let hash = leaf_hash(&proven.bytes);
    if !verify_inclusion(&hash, index, checkpoint.size, &checkpoint.root, &hashes) {
        report.add(What::ProofDiffers, index);
    }
    proven.leaf = Leaf::decode(&proven.bytes).ok();
    match &proven.leaf {
        None => report.add(What::LeafUnreadable, index),
        Some(leaf) if leaf.sequence != index => report.add(What::LeafOutOfPlace, index),
        Some(_) => {}
    }
    proven
}

fn newest(directory: &Path, trusted: &[Vkey]) -> Result<(String, Checkpoint), JournalError> {
    let note = walk::note(directory, CHECKPOINT).ok_or(JournalError::Sealed(Seal::CheckpointMissing))?;
    let not_believed = |error| JournalError::Sealed(Seal::Checkpoint(error));
    let (text, _) = open_note(&note, trusted).map_err(not_believed)?;
    let checkpoint = Checkpoint::parse(text).map_err(not_believed)?;
    Ok((note, checkpoint))
}

fn entry(directory: &Path, size: u64, index: u64) -> Result<Vec<u8>, JournalError> {
    let place = usize::try_from(index % TILE_WIDTH as u64).map_err(|_| JournalError::OutOfRange)?;
    let mut entries = bundle(directory, size, index)?;
    if place < entries.len() { Ok(entries.swap_remove(place)) } else { Err(JournalError::OutOfRange) }
}

/// The bundle that holds this entry, of a tree of this size.
fn bundle(directory: &Path, size: u64, index: u64) -> Result<Vec<Vec<u8>>, JournalError> {
    let number = index / TILE_WIDTH as u64;
    let left = size.saturating_sub(number * TILE_WIDTH as u64);
    let width = usize::try_from(left).unwrap_or(TILE_WIDTH).min(TILE_WIDTH);
    match walk::bundle(directory, number, width) {
        Bundle::Entries(entries) => Ok(entries),
        Bundle::Missing | Bundle::Malformed => {
            Err(JournalError::ReadTile { path: bundle_path(number, width) })
        }
    }
}
