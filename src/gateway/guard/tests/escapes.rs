//! What the leak suite once planted and the guard did not find. Each stays found.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{pass, reply, request, roster, with_header};
use crate::gateway::guard::{Watch, WatchKind, Watchlist};

fn pupil(given: &str, family: &str, whole: &str) -> Watchlist {
    roster(&[
        (WatchKind::GivenName, given),
        (WatchKind::FamilyName, family),
        (WatchKind::FamilyName, whole),
        (WatchKind::Email, "x@leerling.obs-devlinder.example"),
    ])
}

fn escapes(list: &Watchlist, text: &str) -> bool {
    pass(list, &Watch::new(), &[], reply(text.to_owned())).is_ok()
}

/// Every character as `&#x…;`.
fn referenced(text: &str) -> String {
    text.chars().map(|c| format!("&#x{:x};", c as u32)).collect()
}

fn percent(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric();
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// Seeds 232946200 and others: a family name of which one word is a letter, without its capital.
#[test]
fn a_letter_of_the_name_itself() {
    for (given, prefix, family) in [
        ("Bram", "", "A Slingevelbrink"),
        ("Aagje", "van", "A Groenezijsluis"),
        ("Karel", "ten", "A-Maasrwaard"),
        ("Chloé", "van de", "A-de Westerakker"),
        ("Jan Willem", "", "A-Wijdesdonk"),
        ("Tycho", "de", "A Uitersluis"),
        ("Safae", "", "A-de Slingenstraat"),
        ("Djuna", "el", "A-de Lauwernsma"),
        ("Özlem", "in 't", "A-de Noorderpansluis"),
        ("Jan A", "", "Groenezijsluis"),
        ("Bo", "", "A-B"),
    ] {
        let whole = format!("{prefix} {family}");
        let list = pupil(given, family, &whole);
        for name in [format!("{given} {whole}"), format!("{given} {family}")] {
            for text in [name.clone(), name.to_lowercase(), name.to_uppercase()] {
                assert!(!escapes(&list, &text), "{text}");
                assert!(!escapes(&list, &format!(r#"{{"remark":"gezien: {text} (ja)"}}"#)), "{text}");
                let deep = percent(&referenced(&referenced(&text)));
                assert!(!escapes(&list, &format!("id,remark,score\r\n7f0a,\"{deep}\",7\r\n")), "{text}");
                assert!(!escapes(&list, &STANDARD.encode(&text)), "{text}");
            }
        }
    }
}

/// Any other letter parts the two, as before.
#[test]
fn a_letter_of_no_name_still_parts() {
    let list = pupil("Bram", "A Slingevelbrink", "A Slingevelbrink");
    assert!(escapes(&list, "bram b slingevelbrink"));
    assert!(!escapes(&list, "bram a slingevelbrink"));
    let list = pupil("Bram", "Slingevelbrink", "Slingevelbrink");
    assert!(escapes(&list, "bram a slingevelbrink"));
}

/// Seeds with `Eva Li` and `Loïs Wijdegeest`: a digest in base64 that its own marks cut into short words, in a query and
/// in hexadecimal.
#[test]
fn a_digest_cut_by_its_own_marks() {
    for place in 0..300 {
        let address = format!("x.li.{place}@leerling.obs-devlinder.example");
        let list = roster(&[(WatchKind::Email, &address)]);
        let digests = [
            Md5::digest(&address).to_vec(),
            Sha1::digest(&address).to_vec(),
            Sha256::digest(&address).to_vec(),
        ];
        for digest in digests {
            for text in [STANDARD.encode(&digest), URL_SAFE_NO_PAD.encode(&digest)] {
                assert!(!escapes(&list, &text), "{text}");
                assert!(
                    !escapes(&list, &format!(r#"{{"remark":"gezien: {text} (ja)","score":7.5}}"#)),
                    "{text}"
                );
                let hex: String = text.bytes().map(|b| format!("{b:02X}")).collect();
                assert!(!escapes(&list, &format!(r#"{{"remark":"{hex}"}}"#)), "{text}");
                let query = request(&format!("/v1/results?status=open&q={}&limit=10", percent(&text)));
                assert!(pass(&list, &Watch::new(), &[], query).is_err(), "{text}");
                let header = with_header("x-note", text.as_bytes());
                assert!(pass(&list, &Watch::new(), &[], header).is_err(), "{text}");
                if !text.contains('/') {
                    let path = request(&format!("/v1/avatars/{text}/large"));
                    assert!(pass(&list, &Watch::new(), &[], path).is_err(), "{text}");
                }
            }
        }
    }
}

/// Found by the fuzzer: base64 of which the beginning is no text, as of a short protobuf message, or of what is glued to it.
#[test]
fn short_base64_that_begins_like_nothing() {
    let list = roster(&[(WatchKind::Identifier, "LL-10024")]);
    for before in [&b"\x0a\x08"[..], b"\x2c\xbf\xb5", b"\x00\x01\x02"] {
        let bytes = [before, b"LL-10024"].concat();
        for text in [STANDARD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            assert!(!escapes(&list, &format!(r#"{{"note":"{text}"}}"#)), "{before:?}: {text}");
        }
    }
    assert!(!escapes(&list, r#"{"note":"LL%252D1TEwtMTAwMjQ"}"#));
}

/// Found by the fuzzer: a byte that is a letter of Latin-1 or the middle of a character, and base64 behind a character.
#[test]
fn what_stands_behind_bytes_beyond_ascii() {
    let list = roster(&[(WatchKind::Identifier, "LL-10024")]);
    for before in [&b"\xf5"[..], b"\x2c\xc7\xa7\xc7", b"\x96\xc7\xa7", b"\xff\xf5"] {
        let bytes = [before, b"LL-10024"].concat();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        for text in [STANDARD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes), hex] {
            assert!(!escapes(&list, &format!(r#"{{"note":"{text}"}}"#)), "{before:?}: {text}");
        }
    }
    assert!(!escapes(&list, r#"{"note":"LL%252MeormQzwolsenTEwtMTAwMjQ"}"#));
    for glued in
        ["éTEwtMTAwMjQ", "🧑TEwtMTAwMjQ", "🧑TEwtMTAwMjQs@voorbeeld", "é4c4c2d3130303234", "TEwtMTAwMjQé"]
    {
        assert!(!escapes(&list, &format!(r#"{{"note":"{glued}"}}"#)), "{glued}");
    }
}
