//! The contract's vectors, and an independent implementation of its formula.

use proptest::prelude::*;
use sha2::{Digest, Sha256, Sha512};

use super::*;
use crate::identity::{Epoch, Kind, Publisher, School};

#[derive(serde::Deserialize)]
struct Row {
    school: String,
    publisher: String,
    epoch: String,
    kind: String,
    identifier: String,
    generation: u32,
    key_hex: String,
    pseudonym: std::collections::BTreeMap<String, String>,
}

fn scope(school: &str, publisher: &str, epoch: &str) -> Scope {
    Scope {
        school: School::parse(school).unwrap(),
        publisher: Publisher::parse(publisher).unwrap(),
        epoch: Epoch::parse(epoch).unwrap(),
    }
}

fn key(hex: &str) -> Secret<[u8; 32]> {
    let bytes: Vec<u8> = (0..32).map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap()).collect();
    Secret::new(bytes.try_into().unwrap())
}

#[test]
fn every_row_of_the_vectors() {
    let rows: Vec<Row> = serde_json::from_str(include_str!("../../tests/vectors/derive.json")).unwrap();
    assert_eq!(rows.len(), 14);
    for row in rows {
        let scope_key = ScopeKey::new(&key(&row.key_hex), &scope(&row.school, &row.publisher, &row.epoch));
        let identifier = Identifier::new(Kind::named(&row.kind).unwrap(), &row.identifier);
        for (shape, expected) in &row.pseudonym {
            let shape = Shape::parse(shape).unwrap();
            let (pseudonym, _) = scope_key.pseudonym(&shape, &identifier, row.generation);
            assert_eq!(pseudonym.as_str(), expected, "{shape}");
            assert!(shape.recognise(expected), "{shape}");
        }
    }
}

/// HMAC as RFC 2104 writes it, over a whole hash function.
fn plain_hmac<D: Digest>(block: usize, key: &[u8], message: &[u8]) -> Vec<u8> {
    let pad = |with: u8| -> Vec<u8> { (0..block).map(|n| key.get(n).copied().unwrap_or(0) ^ with).collect() };
    let inner = D::digest([pad(0x36), message.to_vec()].concat());
    D::digest([pad(0x5c), inner.to_vec()].concat()).to_vec()
}

/// The formula of CONTRACT.md, written a second time with strings and long division only.
fn by_hand(key: &[u8; 32], parts: [&str; 5], generation: u32) -> [String; 5] {
    let mut message = Vec::new();
    for part in ["sluis-pseudonym-v1"].into_iter().chain(parts) {
        message.extend((part.len() as u32).to_be_bytes());
        message.extend(part.bytes());
    }
    message.extend(generation.to_be_bytes());
    let code = plain_hmac::<Sha256>(64, key, &message)[..16].to_vec();
    let hex: String = code.iter().map(|byte| format!("{byte:02x}")).collect();
    let wide: String = plain_hmac::<Sha512>(128, key, &message).iter().map(|b| format!("{b:02x}")).collect();
    let divide = |base: u32, digits: usize| -> Vec<u32> {
        let mut number: Vec<u32> = code.iter().map(|byte| u32::from(*byte)).collect();
        let mut out = Vec::new();
        for _ in 0..digits {
            let mut rest = 0;
            for place in &mut number {
                let whole = rest * 256 + *place;
                *place = whole / base;
                rest = whole % base;
            }
            out.push(rest);
        }
        out.reverse();
        out
    };
    let base32: String = divide(32, 26)
        .iter()
        .map(|digit| "0123456789abcdefghjkmnpqrstvwxyz".chars().nth(*digit as usize).unwrap())
        .collect();
    let digits: String = divide(10, 14).iter().map(u32::to_string).collect();
    let mut eight: Vec<char> = hex.chars().collect();
    eight[12] = '8';
    eight[16] = ['8', '9', 'a', 'b'][(eight[16].to_digit(16).unwrap() & 3) as usize];
    let eight: String = eight.into_iter().collect();
    let uuid = [&eight[..8], &eight[8..12], &eight[12..16], &eight[16..20], &eight[20..]].join("-");
    [hex, base32, digits, uuid, wide]
}

proptest! {
    #[test]
    fn two_implementations_agree(
        key in any::<[u8; 32]>(),
        identifier in "[ -~é漢]{1,40}",
        generation in any::<u32>(),
        kind in "[a-z][a-z0-9-]{0,10}",
        epoch in "[0-9]{4}-[0-9]{4}",
    ) {
        let kind = Kind::named(&kind).unwrap_or(Kind::EMAIL);
        prop_assume!(kind != Kind::EMAIL);
        let identifier = Identifier::new(kind, &identifier);
        let parts = ["12AB", "rekenwonder", epoch.as_str(), kind.as_str(), identifier.expose()];
        let expected = by_hand(&key, parts, generation);
        let scope_key = ScopeKey::new(&Secret::new(key), &scope("12AB", "rekenwonder", &epoch));
        let prefix = "https://sluis.petteflat.example/";
        for (shape, expected) in ["hex", "base32", "digits:14", "uuid"].into_iter().zip(&expected) {
            let (pseudonym, _) = scope_key.pseudonym(&Shape::parse(shape).unwrap(), &identifier, generation);
            prop_assert_eq!(pseudonym.as_str(), expected);
        }
        let wide = Shape::parse(&format!("eckid:{prefix}")).unwrap();
        let (pseudonym, _) = scope_key.pseudonym(&wide, &identifier, generation);
        prop_assert_eq!(pseudonym.as_str(), format!("{prefix}{}", expected[4]));
    }
}

#[test]
fn shapes_are_read_strictly() {
    for odd in [
        "",
        "UUID",
        "digits",
        "digits:9",
        "digits:19",
        "digits:010",
        "uri:",
        "uri:ftp://x.example/",
        "email:School.example",
        "email:localhost",
        "eckid:https://ketenid.nl/x/",
        "eckid:https://KETENID.nl./x/",
        "eckid:https://a.ketenid.nl/",
        "eckid:https://KetenID.nl:443/201703/",
        "eckid:https://a@ketenid.nl/",
        "eckid:https://school.example@ketenid.nl/",
        "eckid:https://%6betenid.nl/",
        "eckid:https://ketenid.nl\\.school.example/",
        "eckid:https://ketenid.nl;school.example/",
        "eckid:https:///ketenid.nl/",
        "eckid:https://school.example",
        "eckid:https://school.example:x/",
        "digits:+12",
        "email:a..example",
        "uri:https://x.example/\"",
        "hex:1",
    ] {
        assert!(Shape::parse(odd).is_err(), "{odd}");
    }
    for kennisnets in ["https://KetenID.nl:443/201703/", "https://a.ketenid.nl/", "http://ketenid.nl./x/"] {
        for name in ["eckid", "uri"] {
            let refused = Shape::parse(&format!("{name}:{kennisnets}")).unwrap_err();
            assert_eq!(refused, ShapeError::ForeignPrefix, "{name}:{kennisnets}");
        }
    }
    assert!(Shape::parse("eckid:https://notketenid.nl/x/").is_ok());
}

#[test]
fn recognising_is_strict_too() {
    let uuid = Shape::Uuid;
    assert!(uuid.recognise("263A1802-D262-8F14-B031-D9EF45D42804"));
    for odd in [
        "263a1802-d262-4f14-b031-d9ef45d42804",
        "263a1802d2628f14b031d9ef45d42804",
        "é63a1802-d262-8f14-b031-d9ef45d4280",
    ] {
        assert!(!uuid.recognise(odd), "{odd}");
    }
    assert!(!uuid.recognise("263a1802-d262-8f14-c031-d9ef45d42804"));
    assert!(!Shape::Base32.recognise("1678c05mk2kwa70cesxx2x8a0l"));
    assert!(!Shape::Base32.recognise("8678c05mk2kwa70cesxx2x8a04"));
    assert!(!Shape::Digits(12).recognise("26577055539"));
}

#[test]
fn capitals_do_not_count_and_look_alikes_do() {
    for shape in
        ["uuid", "hex", "base32", "uri:https://S.example/P/", "eckid:https://S.example/P/", "email:s.example"]
    {
        let shape = Shape::parse(shape).unwrap();
        let identifier = Identifier::new(Kind::PUPIL_NUMBER, "95312");
        let key = ScopeKey::new(&Secret::new([5; 32]), &scope("12AB", "a", "c"));
        let text = key.pseudonym(&shape, &identifier, 0).0.to_string();
        assert!(shape.recognise(&text.to_uppercase()) && shape.recognise(&text.to_lowercase()), "{shape}");
        assert!(!shape.recognise(&format!("{text} ")) && !shape.recognise(&text[1..]), "{shape}");
    }
    // The Kelvin sign is a `k` in lower case, but none that was written here.
    assert!(!Shape::Base32.recognise("1678c05m\u{212a}2kwa70cesxx2x8a"));
    assert!(!Shape::parse("uri:https://s.example/p/").unwrap().recognise("é"));
}

#[test]
fn only_few_digits_stand_in_a_number() {
    assert!(Shape::Digits(14).fits_number() && !Shape::Digits(15).fits_number() && !Shape::Hex.fits_number());
    assert!(format!("1{}", "9".repeat(14)).parse::<u64>().unwrap() < 1 << 53);
}
