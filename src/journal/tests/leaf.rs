//! Unit tests of `leaf`.

use super::tree::unhex;
use super::*;

/// A leaf with every field.
fn full() -> Leaf {
    Leaf {
        sequence: 0x0102_0304_0506_0708,
        time_ms: 1_790_000_000_123,
        event: Event::LEFT,
        exchange: Some(core::array::from_fn(|at| u8::try_from(at).unwrap())),
        scope: Some(LeafScope {
            school: "12AB00".into(),
            publisher: "uitgeverij-zuid".into(),
            epoch: "2026-2027".into(),
        }),
        route: "/students/{id}".into(),
        decision: Decision::Refused("name-found".into()),
        rules: vec![
            ("students.reply $.students[*].email drop".into(), 2),
            ("students.reply $.students[*].naam één".into(), u64::MAX),
        ],
        permits: vec![("caller-id".into(), 1), ("route-constant".into(), 3)],
        profile: Some([0x11; 32]),
        configuration: Some([0x22; 32]),
        binary: Some([0x33; 32]),
        keys: vec![("journal".into(), 1), ("scope".into(), 7)],
        vault: Some(VaultHead { sequence: 99, chain: [0x44; 32] }),
        actor: "beheer@school".into(),
        left: Some([0x55; 32]),
        pupils: Some(Pupils { count: 2, root: [0x66; 32] }),
        needle: Some([0x77; 32]),
        details: vec![
            ("digest".into(), Detail::Digest([0x88; 32])),
            ("status".into(), Detail::Number(502)),
            ("whole".into(), Detail::Text("broken".into())),
        ],
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_frozen_leaves_keep_their_bytes() {
    let text = std::fs::read_to_string("tests/vectors/journal.json").unwrap();
    let vectors: serde_json::Value = serde_json::from_str(&text).unwrap();
    let leaves = vectors["leaves"].as_array().unwrap();
    for (leaf, frozen) in [full(), Leaf::new(Event::STARTED, 0)].iter().zip(leaves) {
        let bytes = leaf.encode().unwrap();
        assert_eq!(hex(&bytes), frozen["bytes"].as_str().unwrap(), "{}", frozen["name"]);
        assert_eq!(hex(&leaf_hash(&bytes)), frozen["leaf_hash"].as_str().unwrap());
        assert_eq!(&Leaf::decode(&unhex(frozen["bytes"].as_str().unwrap())).unwrap(), leaf);
    }
    assert_eq!(leaves.len(), 2);
}

#[test]
fn a_leaf_cut_short_or_lengthened_is_refused() {
    let bytes = full().encode().unwrap();
    for len in 0..bytes.len() {
        assert!(Leaf::decode(&bytes[..len]).is_err(), "{len} bytes");
    }
    assert_eq!(Leaf::decode(&[bytes.as_slice(), &[0]].concat()), Err(LeafError::LeftOver));
}

#[test]
fn whatever_is_decoded_encodes_to_the_same_bytes() {
    let bytes = full().encode().unwrap();
    let mut accepted = 0;
    for at in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[at / 8] ^= 1 << (at % 8);
        if let Ok(leaf) = Leaf::decode(&changed) {
            assert_eq!(leaf.encode().unwrap(), changed, "bit {at}");
            accepted += 1;
        }
    }
    assert!(accepted > 1000, "most flips stay inside digests and texts");
}

#[test]
fn other_versions_are_refused_and_unknown_events_are_not() {
    let mut bytes = full().encode().unwrap();
    bytes[0] = 2;
    assert_eq!(Leaf::decode(&bytes), Err(LeafError::Version(2)));
    let leaf = Leaf::new(Event(9999), 1);
    assert_eq!(Leaf::decode(&leaf.encode().unwrap()).unwrap(), leaf);
    assert_eq!((Event(9999).name(), Event::LEFT.name()), ("unknown", "exchange-left"));
}

#[test]
fn leaves_that_cannot_be_canonical_are_not_written() {
    let with = |change: fn(&mut Leaf)| {
        let mut leaf = full();
        change(&mut leaf);
        leaf.encode().unwrap_err()
    };
    assert_eq!(with(|leaf| leaf.rules.reverse()), LeafError::Unordered);
    assert_eq!(with(|leaf| leaf.keys[1].0 = "journal".into()), LeafError::Unordered);
    assert_eq!(with(|leaf| leaf.rules[0].1 = 0), LeafError::Malformed("count"));
    assert_eq!(with(|leaf| leaf.permits[0].0 = "Caller".into()), LeafError::Token);
    assert_eq!(with(|leaf| leaf.decision = Decision::Refused(String::new())), LeafError::Token);
    assert_eq!(with(|leaf| leaf.route = "/a\u{1b}[31m".into()), LeafError::Text);
    assert_eq!(with(|leaf| leaf.actor = "a\u{9b}".into()), LeafError::Text);
    assert_eq!(with(|leaf| leaf.actor = "a".repeat(256)), LeafError::TooLong("text"));
    assert_eq!(with(|leaf| leaf.route = "a".repeat(65_535)), LeafError::TooLong("leaf"));
    assert_eq!(
        with(|leaf| leaf.pupils = Some(Pupils { count: 30_001, root: [0; 32] })),
        LeafError::TooMany("pupils")
    );
    assert_eq!(
        with(|leaf| leaf.pupils = Some(Pupils { count: 0, root: [0; 32] })),
        LeafError::TooMany("pupils")
    );
}

#[test]
fn a_pupil_differs_in_every_exchange_and_under_every_salt() {
    let salt = |seed| crate::crypto::MacKey::new(&crate::secret::Secret::new([seed; 32]));
    // RFC 4231's construction, computed with Python's hmac: key 32 × 01, message 16 × 02.
    let first = pupil_commitment(&salt(1), &[2; 16]);
    assert_eq!(hex(&first), "68da5b80de4fa44f51ccce1e245314ed010df9f77cf3d0c59e6f028f5ecdf85f");
    assert_ne!(first, pupil_commitment(&salt(1), &[3; 16]));
    assert_ne!(first, pupil_commitment(&salt(2), &[2; 16]));
}
