//! Every planted value under every encoding, one to three deep, in body, target and header.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{PUPIL, found, pass, reply, request, watch, with_header};
use crate::gateway::guard::{Watch, Watchlist};

type Encoder = fn(&[u8]) -> Vec<u8>;

const ENCODERS: [(&str, Encoder); 23] = [
    ("json, all", |b| json(b, |_| true)),
    ("json, not ascii", |b| json(b, |c| !c.is_ascii())),
    ("json string", |b| serde_json::to_vec(&String::from_utf8_lossy(b)).unwrap()),
    ("json, slashes", |b| String::from_utf8_lossy(b).replace('/', r"\/").into_bytes()),
    ("percent, all", |b| b.iter().flat_map(|b| format!("%{b:02X}").into_bytes()).collect()),
    ("percent, url", percent),
    ("form", |b| String::from_utf8(percent(b)).unwrap().replace("%20", "+").into_bytes()),
    ("decimal references", |b| each(b, |c| format!("&#{};", c as u32))),
    ("hexadecimal references", |b| each(b, |c| format!("&#x{:04x};", c as u32))),
    ("named references", |b| {
        String::from_utf8_lossy(b)
            .replace('ö', "&ouml;")
            .replace(' ', "&nbsp;")
            .replace('-', "&shy;&hyphen;")
            .into_bytes()
    }),
    ("base64", |b| STANDARD.encode(b).into_bytes()),
    ("base64, not padded", |b| STANDARD_NO_PAD.encode(b).into_bytes()),
    ("base64url", |b| URL_SAFE.encode(b).into_bytes()),
    ("base64, wrapped", |b| wrapped(&STANDARD.encode(b), "\r\n", 20)),
    ("base64, folded", |b| wrapped(&STANDARD.encode(b), "\n  ", 76)),
    ("hex", |b| b.iter().flat_map(|b| format!("{b:02x}").into_bytes()).collect()),
    ("HEX", |b| b.iter().flat_map(|b| format!("{b:02X}").into_bytes()).collect()),
    ("jwt", jwt),
    ("quoted-printable", quoted),
    ("utf-16le", |b| wide(b, u16::to_le_bytes)),
    ("utf-16be", |b| wide(b, u16::to_be_bytes)),
    ("gzip in base64", |b| STANDARD.encode(gzip(b)).into_bytes()),
    ("zlib in base64", |b| STANDARD.encode(zlib(b)).into_bytes()),
];

fn each(bytes: &[u8], one: impl Fn(char) -> String) -> Vec<u8> {
    String::from_utf8_lossy(bytes).chars().flat_map(|c| one(c).into_bytes()).collect()
}

fn json(bytes: &[u8], escaped: impl Fn(char) -> bool) -> Vec<u8> {
    each(bytes, |c| {
        if escaped(c) {
            c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
        } else {
            c.to_string()
        }
    })
}

fn percent(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .flat_map(|b| if b.is_ascii_alphanumeric() { vec![*b] } else { format!("%{b:02X}").into_bytes() })
        .collect()
}

fn wrapped(text: &str, with: &str, width: usize) -> Vec<u8> {
    let lines: Vec<&str> = text.as_bytes().chunks(width).map(|l| std::str::from_utf8(l).unwrap()).collect();
    lines.join(with).into_bytes()
}

fn jwt(bytes: &[u8]) -> Vec<u8> {
    let claims = serde_json::json!({ "iss": "x", "name": String::from_utf8_lossy(bytes) });
    let part = |json: &[u8]| URL_SAFE_NO_PAD.encode(json);
    format!("{}.{}.{}", part(br#"{"alg":"RS256"}"#), part(claims.to_string().as_bytes()), part(&[9; 64]))
        .into_bytes()
}

fn quoted(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, b) in bytes.iter().enumerate() {
        if at % 7 == 6 {
            out.extend(b"=\r\n");
        }
        if b.is_ascii_alphanumeric() || *b == b' ' {
            out.push(*b);
        } else {
            out.extend(format!("={b:02X}").into_bytes());
        }
    }
    out
}

fn wide(bytes: &[u8], order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    String::from_utf8_lossy(bytes).encode_utf16().flat_map(order).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Surrounded as it would be in a document.
fn document(planted: &[u8]) -> Vec<u8> {
    let filler = r#"{"sourcedId":"7f0a4c1e9b3d2f6a8c5e0d1b2a394857","status":"active","x":["#.repeat(2);
    let mut body = filler.clone().into_bytes();
    body.extend(br#"{"comment":""#);
    body.extend(planted);
    body.extend(br#"","grade":"3"}"#);
    body.extend(filler.as_bytes());
    body
}

fn values() -> impl Iterator<Item = &'static str> {
    PUPIL.iter().skip(1).map(|(_, text)| *text)
}

#[test]
fn one_encoding_in_the_body() {
    let watch = watch(&PUPIL);
    for value in values() {
        for (name, encode) in ENCODERS {
            let planted = encode(value.as_bytes());
            assert!(found(&watch, planted.clone()).is_some(), "{value} alone in {name}");
            assert!(found(&watch, document(&planted)).is_some(), "{value} in {name}");
        }
    }
}

#[test]
fn two_encodings_in_the_body() {
    let watch = watch(&PUPIL);
    for value in values() {
        for (outer, over) in ENCODERS {
            for (inner, under) in ENCODERS {
                let planted = over(&under(value.as_bytes()));
                if !sensible(outer, inner) {
                    continue;
                }
                assert!(found(&watch, document(&planted)).is_some(), "{value} in {inner} in {outer}");
            }
        }
    }
}

#[test]
fn three_encodings_in_the_body() {
    let watch = watch(&PUPIL);
    let value = "Björn Johannes van den Berghuis".as_bytes();
    for (i, (first, one)) in ENCODERS.into_iter().enumerate() {
        for (j, (second, two)) in ENCODERS.into_iter().enumerate() {
            for (k, (third, three)) in ENCODERS.into_iter().enumerate() {
                // A fifth of the triples, spread so that every pair is among them.
                if (i + 2 * j + 3 * k) % 5 != 0 {
                    continue;
                }
                let depth = [first, second, third].iter().map(|name| depth(name)).sum::<usize>();
                let (inner, middle) = (one(value), two(&one(value)));
                if !sensible(second, first)
                    || !sensible(third, second)
                    || depth > 3
                    || std::str::from_utf8(&inner).is_err()
                    || std::str::from_utf8(&middle).is_err()
                {
                    continue;
                }
                let planted = document(&three(&middle));
                assert!(found(&watch, planted).is_some(), "{first} in {second} in {third}");
            }
        }
    }
}

/// Whether anybody could encode so: escapes of letters make no sense of UTF-16, and a space that is
/// no space does not fold lines.
fn sensible(outer: &str, inner: &str) -> bool {
    let any_bytes = outer.contains("base64") || outer == "percent, all" || outer.eq_ignore_ascii_case("hex");
    (any_bytes || !inner.starts_with("utf")) && (outer, inner) != ("named references", "base64, folded")
}

/// A token's claims are JSON in base64.
fn depth(name: &str) -> usize {
    if name == "jwt" { 2 } else { 1 }
}

#[test]
fn encodings_in_target_and_header() {
    let watch = watch(&PUPIL);
    let list = Watchlist::empty();
    for value in values() {
        for (name, encode) in ENCODERS {
            let planted = encode(value.as_bytes());
            let message = with_header("x-note", &percent(&planted));
            assert!(pass(&list, &watch, &[], message).is_err(), "{value} in {name} in a header");
            let target = format!("/v1/x/{}?q=1", String::from_utf8(percent(&planted)).unwrap());
            assert!(pass(&list, &watch, &[], request(&target)).is_err(), "{value} in {name} in the path");
            let target = format!("/v1/x?a=b&q={}&z=1", String::from_utf8(percent(&planted)).unwrap());
            assert!(pass(&list, &watch, &[], request(&target)).is_err(), "{value} in {name} in the query");
        }
    }
}

#[test]
fn base64_behind_a_slash_and_in_bytes() {
    let watch = watch(&PUPIL);
    let planted = STANDARD_NO_PAD.encode("Björn Johannes van den Berghuis");
    for target in [
        format!("/v1/results/{planted}"),
        format!("/v1/results/{planted}/open/items"),
        format!("/{planted}/x?y=1"),
        format!("/v1/a-b_c-{planted}-d"),
    ] {
        assert!(pass(&Watchlist::empty(), &watch, &[], request(&target)).is_err(), "{target}");
    }
    let mut bytes = vec![0xFF, 0xD8, 0x00, 0x10, 0xFE, 0x81, 0x07];
    bytes.extend("Björn Johannes van den Berghuis".as_bytes());
    bytes.extend([0x00, 0x9C, 0xFF]);
    assert!(found(&watch, document(STANDARD.encode(&bytes).as_bytes())).is_some());
    assert!(found(&watch, bytes).is_some());
}

#[test]
fn long_base64_with_escaped_slashes() {
    let watch = watch(&PUPIL);
    let text = format!(
        "{}LL-10023 ??>>~~ {}",
        "een hele lange tekst >>> ??? ".repeat(60),
        "en zo verder ~~~ ???".repeat(60)
    );
    let planted = STANDARD.encode(text);
    assert!(planted.contains('/'));
    assert!(found(&watch, document(planted.as_bytes())).is_some());
    assert!(found(&watch, document(planted.replace('/', r"\/").as_bytes())).is_some());
    let lines = String::from_utf8(wrapped(&planted, r"\r\n", 76)).unwrap();
    assert!(found(&watch, document(lines.as_bytes())).is_some());
}

#[test]
fn latin_1_bytes() {
    let watch = watch(&PUPIL);
    let latin: Vec<u8> = "Björn van den Berghuis".chars().map(|c| c as u8).collect();
    assert!(pass(&Watchlist::empty(), &watch, &[], with_header("x-name", &latin)).is_err());
    assert!(pass(&Watchlist::empty(), &watch, &[], request("/x?n=Bj%F6rn%20van%20den%20Berghuis")).is_err());
}

#[test]
fn compressed_bodies() {
    let watch = watch(&PUPIL);
    assert!(found(&watch, gzip(b"{\"id\":\"LL-10023\"}")).is_some());
    assert!(found(&watch, zlib(b"{\"id\":\"LL-10023\"}")).is_some());
}

#[test]
fn hashes_of_an_address() {
    let spelled = "B.vandenBerghuis@leerling.obs-devlinder.example ";
    let lower = spelled.trim().to_lowercase();
    let by_roster = super::roster(&[(crate::gateway::guard::WatchKind::Email, spelled)]);
    let by_exchange = watch(&[(crate::gateway::guard::WatchKind::Email, spelled)]);
    let digests = [
        Md5::digest(&lower).to_vec(),
        Sha1::digest(&lower).to_vec(),
        Sha256::digest(&lower).to_vec(),
        Sha1::digest(format!("mailto:{lower}")).to_vec(),
    ];
    for digest in digests {
        let hex: String = digest.iter().map(|b| format!("{b:02x}")).collect();
        for text in [
            hex.clone(),
            hex.to_uppercase(),
            format!("https://gravatar.example/avatar/{hex}?s=80"),
            STANDARD.encode(&digest),
            URL_SAFE_NO_PAD.encode(&digest),
            STANDARD.encode(&hex),
        ] {
            assert!(
                pass(&by_roster, &Watch::new(), &[], reply(document(text.as_bytes()))).is_err(),
                "{text}"
            );
            assert!(
                pass(&Watchlist::empty(), &by_exchange, &[], reply(document(text.as_bytes()))).is_err(),
                "{text}"
            );
        }
    }
    let other: String = Md5::digest("iemand@anders.example").iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(found(&by_exchange, document(other.as_bytes())), None);
}
