//! Unit tests of `coding`.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use proptest::prelude::*;

use super::{Coding, Expansion, Undecoded};

const ALL: [Coding; 4] = [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd];

fn encode(coding: Coding, body: &[u8]) -> Vec<u8> {
    match coding {
        Coding::Identity => body.to_vec(),
        Coding::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(body).unwrap();
            encoder.finish().unwrap()
        }
        Coding::Deflate => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(body).unwrap();
            encoder.finish().unwrap()
        }
        Coding::Brotli => {
            let mut encoded = Vec::new();
            brotli::CompressorWriter::new(&mut encoded, 4096, 5, 22).write_all(body).unwrap();
            encoded
        }
        Coding::Zstd => zstd::stream::encode_all(body, 3).unwrap(),
    }
}

fn undo(coding: Coding, body: &[u8]) -> Result<Vec<u8>, Undecoded> {
    coding.undo(body, &Expansion::default()).map(|decoded| decoded.into_owned())
}

/// Bytes of no great redundancy.
fn sample(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b"{}[]:,\"abcdefghijklmnop "[(state >> 24) as usize % 24]
    };
    (0..length).map(next).collect()
}

#[test]
fn codings_are_named_as_the_field_names_them() {
    assert_eq!(Coding::named(""), Ok(Coding::Identity));
    assert_eq!(Coding::named(" GZip\t"), Ok(Coding::Gzip));
    assert_eq!(Coding::named("x-gzip"), Ok(Coding::Gzip));
    assert_eq!(Coding::named("deflate"), Ok(Coding::Deflate));
    assert_eq!(Coding::named("br"), Ok(Coding::Brotli));
    assert_eq!(Coding::named("zstd"), Ok(Coding::Zstd));
    assert_eq!(Coding::named("identity"), Ok(Coding::Identity));
    for unknown in ["compress", "dcb", "gzip;q=1", "gz ip", "\u{a0}gzip"] {
        assert_eq!(Coding::named(unknown), Err(Undecoded::NameCoding), "{unknown}");
    }
    for stacked in ["gzip, gzip", "identity,gzip", "gzip,"] {
        assert_eq!(Coding::named(stacked), Err(Undecoded::StackCodings), "{stacked}");
    }
}

#[test]
fn a_body_comes_back_whole() {
    for coding in ALL.into_iter().chain([Coding::Identity]) {
        for length in [0, 1, 100, 32 << 10, 200_000, 1 << 20] {
            let body = sample(length);
            assert!(undo(coding, &encode(coding, &body)) == Ok(body), "{coding:?} {length}");
        }
    }
}

#[test]
fn a_body_that_ends_too_early_is_refused_at_every_byte() {
    for coding in ALL {
        let encoded = encode(coding, &sample(300));
        for length in 0..encoded.len() {
            assert!(undo(coding, &encoded[..length]).is_err(), "{coding:?} {length} of {}", encoded.len());
        }
        assert_eq!(undo(coding, &encoded[..encoded.len() - 1]), Err(Undecoded::EndBody), "{coding:?}");
        assert_eq!(undo(coding, b""), Err(Undecoded::EndBody), "{coding:?}");
    }
}

#[test]
fn bytes_behind_the_end_are_refused() {
    for coding in ALL {
        for tail in [&b"\0"[..], b"{}", &encode(coding, b"more"), &encode(coding, b"")] {
            let mut encoded = encode(coding, b"{\"a\":1}");
            encoded.extend_from_slice(tail);
            assert_eq!(undo(coding, &encoded), Err(Undecoded::TrailBody), "{coding:?} {tail:?}");
        }
    }
    // A skippable frame of zstd can carry anything past every eye.
    let mut skippable = b"\x50\x2A\x4D\x18\x03\x00\x00\x00abc".to_vec();
    skippable.extend(encode(Coding::Zstd, b"{}"));
    assert!(undo(Coding::Zstd, &skippable).is_err());
    let mut behind = encode(Coding::Zstd, b"{}");
    behind.extend(b"\x50\x2A\x4D\x18\x03\x00\x00\x00abc");
    assert_eq!(undo(Coding::Zstd, &behind), Err(Undecoded::TrailBody));
    assert!(undo(Coding::Zstd, b"\x50\x2A\x4D\x18\x03\x00\x00\x00abc").is_err());
}

#[test]
fn bombs_are_refused_without_being_unfolded() {
    let zeros = vec![b'0'; 9 << 20];
    for coding in ALL {
        let bomb = encode(coding, &zeros);
        assert_eq!(undo(coding, &bomb), Err(Undecoded::ExpandBody), "{coding:?}");
        // By ratio alone.
        let wide = Expansion::new(1 << 30, 100, 64 << 10);
        assert_eq!(coding.undo(&bomb, &wide), Err(Undecoded::ExpandBody), "{coding:?}");
        // The first 64 KiB are free.
        let small = encode(coding, &zeros[..64 << 10]);
        assert!(small.len() * 100 < 64 << 10, "{coding:?}");
        assert_eq!(undo(coding, &small).unwrap().len(), 64 << 10, "{coding:?}");
        let more = encode(coding, &zeros[..(64 << 10) + 1]);
        assert_eq!(undo(coding, &more), Err(Undecoded::ExpandBody), "{coding:?}");
        let exact = Expansion::new(1000, 100, 64 << 10);
        assert!(coding.undo(&encode(coding, &zeros[..1000]), &exact).is_ok());
        assert_eq!(coding.undo(&encode(coding, &zeros[..1001]), &exact), Err(Undecoded::ExpandBody));
    }
    let members: Vec<u8> = (0..100).flat_map(|_| encode(Coding::Gzip, &zeros[..64 << 10])).collect();
    assert_eq!(undo(Coding::Gzip, &members), Err(Undecoded::TrailBody));
    assert_eq!(Coding::Identity.undo(&zeros, &Expansion::default()), Err(Undecoded::ExpandBody));
}

#[test]
fn what_is_not_of_the_coding_is_refused() {
    for coding in ALL {
        assert!(
            undo(coding, b"{\"plain\": \"json, not encoded at all, whatever the header says\"}").is_err(),
            "{coding:?}"
        );
        for other in ALL.into_iter().filter(|other| *other != coding) {
            assert!(undo(coding, &encode(other, &sample(500))).is_err(), "{other:?} read as {coding:?}");
        }
    }
    let mut bare = DeflateEncoder::new(Vec::new(), Compression::default());
    bare.write_all(b"{\"a\":1}").unwrap();
    assert!(undo(Coding::Deflate, &bare.finish().unwrap()).is_err());
    // Checksums are checked.
    for (coding, from_end) in [(Coding::Gzip, 8), (Coding::Gzip, 4), (Coding::Deflate, 4)] {
        let mut encoded = encode(coding, &sample(300));
        let at = encoded.len() - from_end;
        encoded[at] ^= 1;
        assert_eq!(undo(coding, &encoded), Err(Undecoded::ReadBody), "{coding:?}");
    }
}

#[test]
fn windows_above_8_mib_are_refused() {
    let frame = |log: u32| {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        encoder.include_contentsize(false).unwrap();
        encoder.window_log(log).unwrap();
        encoder.write_all(&sample(1000)).unwrap();
        encoder.flush().unwrap();
        encoder.write_all(&sample(1000)).unwrap();
        encoder.finish().unwrap()
    };
    assert!(undo(Coding::Zstd, &frame(23)).is_ok());
    assert_eq!(undo(Coding::Zstd, &frame(24)), Err(Undecoded::ReadBody));
    // Brotli's large windows announce themselves with 0x11.
    assert!(undo(Coding::Brotli, &[0x11, 0x1e, 0x03]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_bodies_never_break_the_bound(coding in 0..4_usize, body in prop::collection::vec(any::<u8>(), 0..400), at in any::<prop::sample::Index>(), byte: u8) {
        let coding = ALL[coding];
        let mut encoded = encode(coding, &body);
        let at = at.index(encoded.len());
        encoded[at] = byte;
        if let Ok(decoded) = coding.undo(&encoded, &Expansion::new(1000, 100, 64)) {
            prop_assert!(decoded.len() <= 1000);
        }
    }
}
