//! Work stays linear, nothing panics, and what exceeds the bounds is refused.

use std::io::Write;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::{PUPIL, found, pass, reply, request, watch, with_header};
use crate::gateway::guard::{Watch, WatchKind, Watchlist};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_bomb_is_refused() {
    let bomb = STANDARD.encode(gzip(&vec![b'a'; 64 << 20]));
    assert_eq!(found(&watch(&PUPIL), bomb), Some("unscannable"));
    let nested = STANDARD.encode(gzip(STANDARD.encode(gzip(&vec![b' '; 64 << 20])).as_bytes()));
    assert_eq!(found(&watch(&PUPIL), nested), Some("unscannable"));
}

/// Texts that make a careless scanner quadratic, each of `size` bytes.
fn hostile(size: usize) -> Vec<(&'static str, Vec<u8>)> {
    let fill = |unit: &str| unit.repeat(size / unit.len()).into_bytes();
    vec![
        ("backslashes", fill("\\")),
        ("unicode escapes", fill("\\u005c")),
        ("percents", fill("%25")),
        ("percents of percents", fill("%2525")),
        ("references", fill("&amp;")),
        ("references without end", fill("&#0000000")),
        ("equal signs", fill("=3D")),
        ("base64 with slashes", fill("UGlldCBKYW5z/")),
        ("base64 lines", fill("UGlldCBKYW5z\n")),
        ("base64 letters", fill("Q")),
        ("hex digits", fill("5a")),
        ("dashes", fill("UGlldCBK-")),
        ("zeros", fill("\0")),
        ("wide", fill("P\0")),
        ("anchors", fill("10023 ")),
        ("anchors apart", fill("Berghuis                  ")),
        ("anchors in one run", fill("Berghuis\u{A0}")),
        ("zero width", fill("\u{200B}")),
        ("marks", fill("\u{308}")),
        ("quotes", fill("\\\"")),
        ("markup", fill("<a b=\"c\">&lt;")),
        ("dots", fill("QmVyZw.")),
    ]
}

#[test]
fn work_is_linear() {
    let mut watch = watch(&PUPIL);
    watch.add(Some(2), WatchKind::FullName, "Berghuis Jansenius");
    for (name, text) in hostile(100_000) {
        let start = Instant::now();
        let _ = found(&watch, text);
        let took = start.elapsed();
        // A quadratic scan would take minutes; this allows for a slow machine and no optimisation.
        assert!(took < Duration::from_secs(6), "{name} took {took:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = found(&watch(&PUPIL), body);
    }

    #[test]
    fn random_escapes_never_panic(body in "[\\\\%&=#;xu0-9a-fA-F+/ \u{0}\u{e9}\u{200b}nB-]{0,400}") {
        let _ = found(&watch(&PUPIL), body.clone());
        if http::HeaderValue::from_bytes(body.as_bytes()).is_ok() {
            let _ = pass(&Watchlist::empty(), &watch(&PUPIL), &[], with_header("x", body.as_bytes()));
        }
        let _ = pass(&Watchlist::empty(), &watch(&PUPIL), &[], request(&body));
    }

    #[test]
    fn random_values_are_found(value in "[\\p{L}\\p{N} '.@-]{1,60}", before in "[ -~]{0,80}", after in "[ -~]{0,80}") {
        let mut watch = Watch::new();
        watch.add(None, WatchKind::Identifier, &value);
        let letters = value.chars().filter(|c| c.is_ascii_alphanumeric()).count();
        if letters >= 5 {
            let body = format!("{before} | {value} | {after}");
            prop_assert!(found(&watch, body.clone()).is_some(), "{body}");
            let json = serde_json::to_string(&body).unwrap();
            prop_assert!(found(&watch, json.clone()).is_some(), "{json}");
        }
    }

    #[test]
    fn random_base64_is_clean(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let body = format!(r#"{{"a":"{}","b":"{}"}}"#, STANDARD.encode(&bytes), bytes.iter().map(|b| format!("{b:02x}")).collect::<String>());
        prop_assert!(pass(&Watchlist::empty(), &watch(&PUPIL), &[], reply(body)).is_ok());
    }
}
