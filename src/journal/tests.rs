//! Shared by the journal's tests: a key made at test time, leaves, and a journal in a directory.

mod filters;
mod leaf;
mod log;
mod note;
mod prove;
mod random;
mod tamper;
mod tree;
mod witness;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::crypto::SigningKey;
use crate::disk::faulty::FaultyDisk;
use crate::disk::{Disk, RealDisk};

const ORIGIN: &str = "sluis.test/12AB/journal";
/// The time of the first leaf; each next one is a second later.
const T0: u64 = 1_790_000_000_000;

fn key() -> SigningKey {
    signing_key(7)
}

fn settings() -> Settings {
    Settings { origin: ORIGIN.into(), key_version: 1, earlier_keys: Vec::new(), accept_clock: false }
}

fn vkey_of(key: &SigningKey) -> Vkey {
    journal_vkey(ORIGIN, 1, key.verifying_key().to_bytes()).unwrap()
}

/// A directory in memory where the machine has one: these tests sync thousands of times.
fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// A leaf as the leaving door writes it, different for each number.
fn exchange(number: u64) -> (Leaf, Vec<Hash>) {
    let mut leaf = Leaf::new(Event::LEFT, T0 + number * 1000);
    leaf.exchange = Some([u8::try_from(number % 251).unwrap(); 16]);
    leaf.scope =
        Some(LeafScope { school: "12AB".into(), publisher: "uitgeverij".into(), epoch: "2026-2027".into() });
    leaf.route = "/students/{id}".into();
    leaf.decision = Decision::Passed;
    leaf.rules = vec![("students.reply $.students[*].name label".into(), number + 1)];
    leaf.vault = Some(VaultHead { sequence: number * 3, chain: leaf_hash(&number.to_be_bytes()) });
    leaf.left = Some(leaf_hash(b"bytes that left"));
    let commitments =
        (0..number % 4).map(|pupil| leaf_hash(&[number.to_be_bytes(), pupil.to_be_bytes()].concat()));
    (leaf, commitments.collect())
}

fn open_with(disk: &FaultyDisk, directory: &Path, now_ms: u64) -> Result<(Journal, Opened), JournalError> {
    Journal::open(Arc::new(disk.clone()), directory, &settings(), &key(), now_ms)
}

fn open(directory: &Path) -> Result<(Journal, Opened), JournalError> {
    Journal::open(Arc::new(RealDisk), directory, &settings(), &key(), T0 + 1_000_000_000)
}

fn seal_of(opened: Result<(Journal, Opened), JournalError>) -> Seal {
    match opened {
        Err(JournalError::Sealed(seal)) => seal,
        Err(error) => panic!("not sealed: {error}"),
        Ok((_, opened)) => panic!("opened: {opened:?}"),
    }
}

/// Appends exchanges `from..to` as one stream of waiting leaves.
fn append(journal: &Journal, from: u64, to: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let waiting: Vec<_> = (from..to)
        .map(|number| {
            let (leaf, commitments) = exchange(number);
            journal.append(leaf, commitments)
        })
        .collect();
    for (pending, number) in waiting.into_iter().zip(from..) {
        assert_eq!(runtime.block_on(pending).unwrap(), number);
    }
}

/// A journal of `covered` exchanges under a checkpoint and `beyond` more without one.
fn journal_of(covered: u64, beyond: u64) -> (tempfile::TempDir, PathBuf) {
    let keep = scratch();
    let directory = keep.path().join("journal");
    let (journal, opened) = open(&directory).unwrap();
    assert!(opened.created);
    // At least two batches, on a slow disk too: in the last one, damage looks like a torn tail.
    append(&journal, 0, covered / 2);
    append(&journal, covered / 2, covered);
    assert_eq!(journal.checkpoint(&key()).unwrap().size, covered);
    append(&journal, covered, covered + beyond);
    (keep, directory)
}

fn put(path: &Path, bytes: &[u8]) {
    RealDisk.create(path).unwrap().write_at(bytes, 0).unwrap();
}

fn signing_key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&crate::secret::Secret::new([seed; 32]))
}
