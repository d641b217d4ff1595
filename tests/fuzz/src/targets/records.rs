//! What the journal and the logs are made of: leaves, notes, checkpoints, proofs, tiles, records. What one of them
//! accepts, it writes again byte for byte.

use std::io::Write as _;

use sluis::crypto::SigningKey;
use sluis::disk::{DiskError, MAGIC_LEN, Reader, Step};
use sluis::journal::{
    AddCheckpoint, Checkpoint, Leaf, NoteError, Proof, TILE_WIDTH, Vkey, WitnessKey, bundle_path,
    check_proof, conflict_size, cosigned_at, leaf_hash, open_note, sign_note, tile_path, verify_consistency,
    verify_inclusion,
};
use sluis::secret::Secret;

/// A leaf.
pub fn leaf(data: &[u8]) {
    let Ok(leaf) = Leaf::decode(data) else { return };
    assert_eq!(leaf.encode().expect("it was accepted"), data, "one leaf, one encoding");
    let _ = (leaf.event.name(), format!("{leaf:?}"));
}

/// Signed notes and what is in them; nobody is believed who holds no key.
pub fn note(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let key = SigningKey::from_seed(&Secret::new([7; 32]));
    let trusted = [Vkey::new("sluis.fuzz/v1", key.verifying_key().to_bytes()).expect("a name")];
    match open_note(text, &trusted) {
        Ok((inside, _)) => assert!(seeded(inside), "a note that nobody signed"),
        Err(NoteError::Signature | NoteError::UnknownKey | NoteError::Malformed) => {}
        Err(other) => panic!("{other:?}"),
    }
    let _ = Checkpoint::open(text, &trusted);
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        // Lines beyond the third are ignored; the three are written as they were read.
        assert!(text.starts_with(&checkpoint.text()));
        // A note holds no control characters, so no journal's origin does; here it may.
        let signed = checkpoint.sign(&trusted[0], &key);
        match Checkpoint::open(&signed, &trusted) {
            Ok((again, _)) => assert_eq!(again, checkpoint),
            Err(_) => assert!(checkpoint.origin.contains(|c: char| c < ' '), "we signed it"),
        }
    }
    if let Ok(vkey) = Vkey::parse(text) {
        assert_eq!(text.trim_end_matches('\n'), vkey.to_string());
    }
    if let Ok(witness) = WitnessKey::parse(text) {
        assert_eq!(
            WitnessKey::parse(&witness.to_string()).map(|key| key.id_hex()).ok(),
            Some(witness.id_hex())
        );
    }
    if let Some(witness) = WitnessKey::new("witness.fuzz", key.verifying_key().to_bytes()) {
        let _ = cosigned_at(text, &witness);
    }
    if let Some(asked) = AddCheckpoint::parse(text) {
        assert_eq!(asked.body(), text, "one request, one text");
    }
    let _ = conflict_size(text);
    // Whatever a text says, signing it gives a note of that text, or is refused by whoever reads it.
    if text.ends_with('\n') && !text.contains("\n\n") {
        let signed = sign_note(text, &trusted[0], &key);
        if let Ok((inside, _)) = open_note(&signed, &trusted) {
            assert_eq!(inside, text);
        }
    }
}

/// The seeds hold notes that this key signed, so that what stands behind a good signature is reached.
fn seeded(inside: &str) -> bool {
    inside.starts_with("sluis.fuzz\n")
}

/// Proofs as text, and the arithmetic behind them.
pub fn proof(data: &[u8]) {
    let key = SigningKey::from_seed(&Secret::new([7; 32]));
    let trusted = [Vkey::new("sluis.fuzz/v1", key.verifying_key().to_bytes()).expect("a name")];
    if let Ok(text) = std::str::from_utf8(data) {
        if let Ok(proof) = Proof::parse(text) {
            assert_eq!(proof.text(), text, "one proof, one text");
        }
        let _ = check_proof(text, &leaf_hash(b"leaf"), &trusted);
    }
    let number =
        |at: usize| data.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
    let (Some(index), Some(size)) = (number(0), number(8)) else { return };
    let hashes: Vec<[u8; 32]> = data[16..].chunks_exact(32).filter_map(|hash| hash.try_into().ok()).collect();
    let none = [0; 32];
    assert!(!verify_inclusion(&none, index, size, &[1; 32], &hashes), "a root that nobody made");
    let right = verify_consistency(index, size, &none, &[1; 32], &hashes);
    assert!(!right || index == 0, "two roots that nobody made");
    let (level, width) = (usize::from(data[0]) % 64, usize::from(data[1]) % (TILE_WIDTH + 1));
    for path in [tile_path(level, index, width), bundle_path(index, width)] {
        assert!(!path.contains("..") && !path.starts_with('/'), "{path}");
    }
}

/// Records of an append-only file.
pub fn frame(data: &[u8]) {
    const MAGIC: &[u8; MAGIC_LEN] = b"sluis-journal-1\n";
    let mut file = tempfile::NamedTempFile::new_in(memory()).expect("a file");
    // Half of the inputs need not find out how a log begins.
    let bytes =
        if data.first().is_some_and(|first| first % 2 == 0) { [MAGIC, data].concat() } else { data.to_vec() };
    file.write_all(&bytes).expect("into memory");
    let mut reader = match Reader::open(file.path(), MAGIC) {
        Ok(reader) => reader,
        Err(DiskError::NotThisLog { .. }) => return assert!(!bytes.starts_with(MAGIC)),
        Err(other) => panic!("{other}"),
    };
    let (mut end, mut records) = (MAGIC_LEN as u64, 0_usize);
    loop {
        match reader.next() {
            Ok(Step::Record { offset, payload }) => {
                assert_eq!(offset, end, "records follow one another");
                assert!(!payload.is_empty() && payload.len() <= sluis::disk::MAX_RECORD);
                end = offset + (sluis::disk::RECORD_HEADER + payload.len()) as u64;
                records += 1;
                assert!(records <= bytes.len());
            }
            Ok(Step::End { end: here }) => return assert_eq!((here, here), (end, bytes.len() as u64)),
            Ok(Step::Torn { end: here, lost }) => {
                return assert_eq!(
                    (here, here + lost),
                    (end, bytes.len() as u64),
                    "nothing whole is torn off"
                );
            }
            Err(DiskError::Damaged { offset, .. }) => return assert_eq!(offset, end),
            Err(other) => panic!("{other}"),
        }
    }
}

/// Where files cost no disk.
pub(crate) fn memory() -> &'static std::path::Path {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() { memory } else { std::path::Path::new("/tmp") }
}
