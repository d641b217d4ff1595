//! Unit tests of `json`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::super::document::{Document, Format, NodeKind};
use super::super::limits::Limits;
use super::{unescape, write_text};

fn parse(source: &[u8]) -> Result<Document, &'static str> {
    Document::parse(Format::Json, source.to_vec(), &Limits::default()).map_err(|refused| refused.what)
}

fn words(source: &str) -> &'static str {
    parse(source.as_bytes()).err().unwrap_or("accepted")
}

#[test]
fn a_tree_points_into_the_bytes() {
    let source = br#" {"a" : [1, "x\n"], "b":{"c":null}} "#;
    let document = parse(source).unwrap();
    assert_eq!(document.len(), 6);
    assert_eq!(document.span(0), 1..35);
    let members: Vec<_> = document.children(0).collect();
    assert_eq!(members, [1, 4]);
    assert_eq!(document.name(1), "a");
    assert_eq!(document.name(4), "b");
    let elements: Vec<_> = document.children(1).collect();
    assert_eq!(elements, [2, 3]);
    assert_eq!(document.kind(2), NodeKind::Number);
    assert_eq!(document.text(2), "1");
    assert_eq!(document.text(3), "x\n");
    assert_eq!(&source[document.span(3)], br#""x\n""#);
    assert!(document.node(3).unwrap().escaped);
    assert!(!document.node(2).unwrap().escaped);
    assert_eq!(document.name(5), "c");
    assert_eq!(document.kind(5), NodeKind::Null);
}

#[test]
fn names_that_are_one_refuse_however_they_are_written() {
    let twice = "a member's name occurs twice";
    assert_eq!(words(r#"{"a":1,"a":2}"#), twice);
    assert_eq!(words(r#"{"a":1,"\u0061":2}"#), twice);
    assert_eq!(words("{\"\u{e9}\":1,\"e\u{301}\":2}"), twice);
    assert_eq!(words(r#"{"\u00e9":1,"e\u0301":2}"#), twice);
    assert_eq!(words("{\"\u{212b}\":1,\"A\\u030a\":2}"), twice);
    assert_eq!(words("{\"K\":1,\"\u{212a}\":2}"), twice);
    assert_eq!(words(r#"{"":1,"":2}"#), twice);
    assert_eq!(words(r#"{"x":{"b":1,"c":{"d":1},"b":2}}"#), twice);
    assert_eq!(words(r#"[{"a":1},{"a":1},{"A":1,"a":2,"a ":3}]"#), "accepted");
    // Names that share their length, head and tail agree in fingerprint only.
    assert_eq!(words(r#"{"aaaaaaaaXbbbbbbbb":1,"aaaaaaaaYbbbbbbbb":2}"#), "accepted");
    assert_eq!(words(r#"{"aaaaaaaaXbbbbbbbb":1,"aaaaaaaaYbbbbbbbb":2,"aaaaaaaaXbbbbbbbb":3}"#), twice);
    // An inner object's names are not the outer one's.
    assert_eq!(words(r#"{"a":{"b":1},"b":2,"c":{"a":1}}"#), "accepted");
}

#[test]
fn a_million_members_are_checked_in_time() {
    let limits = Limits::default().with_bytes(64 << 20).unwrap().with_nodes(2_000_000).unwrap();
    // The second kind is made so that all fingerprints agree.
    let kinds: [fn(usize) -> String; 3] = [
        |n| format!("\"{n}\":0"),
        |n| format!("\"aaaaaaaa{n:07}bbbbbbbb\":0"),
        |n| format!("\"\\u0061aaaaaaa{n:07}bbbbbbbb\":0"),
    ];
    for (kind, member) in kinds.iter().enumerate() {
        let count = if kind == 0 { 1_000_000 } else { 30_000 };
        let mut members: Vec<String> = (0..count).map(member).collect();
        let source = format!("{{{}}}", members.join(","));
        let started = Instant::now();
        assert!(Document::parse(Format::Json, source.into_bytes(), &limits).is_ok());
        members.push(member(777));
        let source = format!("{{{}}}", members.join(","));
        let refused =
            Document::parse(Format::Json, source.into_bytes(), &limits).err().map(|refused| refused.what);
        assert_eq!(refused, Some("a member's name occurs twice"));
        // A quadratic check would take hours; the bound is wide because debug builds and machines vary.
        assert!(started.elapsed().as_secs() < 60, "kind {kind}: {:?}", started.elapsed());
    }
}

#[test]
fn limits_refuse_at_the_first_thing_too_much() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(words(&nested(64)), "accepted");
    assert_eq!(words(&nested(65)), "nested deeper than the limit allows");
    assert_eq!(words(&"[".repeat(100_000)), "nested deeper than the limit allows");
    let few = Limits::default().with_nodes(3).unwrap().with_bytes(12).unwrap();
    let try_few =
        |source: &str| Document::parse(Format::Json, source.into(), &few).err().map(|refused| refused.what);
    assert_eq!(try_few("[1,2]"), None);
    assert_eq!(try_few("[1,2,3]"), Some("more values than the limit allows"));
    assert_eq!(try_few("[10000000000]"), Some("more bytes than the limit allows"));
    assert!(Limits::default().with_depth(0).is_err() && Limits::default().with_depth(257).is_err());
    assert!(Limits::default().with_nodes(0).is_err() && Limits::default().with_bytes(u32::MAX).is_err());
}

#[test]
fn characters_that_receivers_read_differently_refuse() {
    for (source, what) in [
        (&b"\xEF\xBB\xBF{}"[..], "a byte order mark"),
        (b"{\0}\0", "UTF-16 or UTF-32, not UTF-8"),
        (b"\xFE\xFF\0{\0}", "UTF-16 or UTF-32, not UTF-8"),
        (b"\"\xED\xA0\x80\"", "invalid UTF-8"),
        (b"\"\xC0\xAF\"", "invalid UTF-8"),
        (b"\"\xEF\xBF\xBE\"", "a noncharacter"),
        (b"\"\xEF\xB7\x90\"", "a noncharacter"),
        (b"\"\xEF\xB7\xAF\"", "a noncharacter"),
        (b"\"\xF0\x9F\xBF\xBF\"", "a noncharacter"),
        (b"\"\xF4\x8F\xBF\xBE\"", "a noncharacter"),
        (br#""\uFFFE""#, "a noncharacter"),
        (br#""\ufdd0""#, "a noncharacter"),
        (br#""\uD83F\uDFFE""#, "a noncharacter"),
        (br#""\uD800""#, "a lone surrogate"),
        (br#""\uDC00""#, "a lone surrogate"),
        (br#""\uD800\u0041""#, "a lone surrogate"),
        (b"\"\x01\"", "a control character in a string"),
        (b"\"a\nb\"", "a control character in a string"),
        (b"[1]\0", "data after the end of the document"),
    ] {
        assert_eq!(parse(source).err(), Some(what), "{source:?}");
    }
    // Neighbours of the above that are characters.
    for source in ["\"\u{fdcf}\u{fdf0}\u{fffd}\u{1fffd}\u{ffbe}\u{2ffc}\"", "\"\u{feff}\"", "\"\u{7f}\""] {
        assert_eq!(words(source), "accepted", "{source:?}");
    }
}

#[test]
fn every_noncharacter_and_nothing_else_refuses() {
    for code in (0x80..=0x10FFFF_u32).filter_map(char::from_u32) {
        let number = code as u32;
        let bad = (0xFDD0..=0xFDEF).contains(&number) || number & 0xFFFE == 0xFFFE;
        let near =
            number & 0xFFFF > 0xFF00 || (0xFD00..0xFF00).contains(&number) || number.is_multiple_of(97);
        if bad || near {
            assert_eq!(parse(format!("[\"{code}\"]").as_bytes()).is_err(), bad, "U+{number:04X}");
        }
    }
}

#[test]
fn whole_numbers_are_told_from_others() {
    let document = parse(br#"[0, -1, 12345678901234567890, 1.0, 1e3, 1E3, "5", -0, null]"#).unwrap();
    let whole: Vec<bool> = document.children(0).map(|node| document.is_integer(node)).collect();
    assert_eq!(whole, [true, true, true, false, false, false, false, true, false]);
    assert_eq!(document.text(3), "12345678901234567890");
    assert!(!document.is_integer(0) && !document.is_integer(99));
}

#[test]
fn strings_end_where_they_end_at_every_length() {
    for length in 0..40 {
        for tail in ["", "\\n", "\u{e9}", "\\\"", "\\\\"] {
            let source = format!("[\"{}{tail}\",1]", "x".repeat(length));
            let document = parse(source.as_bytes()).unwrap();
            assert_eq!(document.len(), 3);
            assert_eq!(document.node(1).unwrap().escaped, tail.starts_with('\\'));
            let value: serde_json::Value = serde_json::from_str(&source).unwrap();
            assert_eq!(document.text(1), value[0].as_str().unwrap());
        }
        for bad in 0..0x20_u8 {
            let mut source = format!("[\"{}", "x".repeat(length)).into_bytes();
            source.extend([bad, b'"', b']']);
            assert_eq!(parse(&source).err(), Some("a control character in a string"), "{length} {bad}");
        }
    }
}

#[test]
fn escapes_are_read_and_written_as_serde_json_does() {
    let text: String = (0..0x250).chain(0x1F600..0x1F610).filter_map(char::from_u32).collect();
    let mut written = Vec::new();
    write_text(&text, &mut written);
    let written = String::from_utf8(written).unwrap();
    assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    assert_eq!(unescape(&written[1..written.len() - 1]), text);
    assert_eq!(unescape(r"\b\f\n\r\t\/\\\u0000\uD83D\uDE00x"), "\u{8}\u{c}\n\r\t/\\\0\u{1f600}x");
    assert!(written.bytes().all(|byte| byte >= 0x20));
}

#[test]
fn texts_of_every_length_are_written_as_serde_json_does() {
    for length in 0..40 {
        for at in 0..=length {
            for odd in ["\"", "\\", "\u{1}", "\u{1f}", "\u{7f}", " ", "\u{e9}", "\"\\", "\n\u{2028}\""] {
                let mut text = "x".repeat(length);
                text.insert_str(at, odd);
                let mut written = Vec::new();
                write_text(&text, &mut written);
                assert_eq!(String::from_utf8(written).unwrap(), serde_json::to_string(&text).unwrap());
            }
        }
    }
}

fn suite() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = ["../shared/corpora/jsontestsuite", "../../shared/corpora/jsontestsuite"];
    let found = places.iter().map(|place| root.join(place)).find(|place| place.is_dir());
    if found.is_none() {
        println!("skipped: JSONTestSuite is not beside this checkout (shared/corpora/jsontestsuite)");
    }
    found
}

/// Valid JSON that I-JSON (RFC 7493) or the gateway's own strictness refuses, and why.
const STRICTER: &[(&str, &str)] = &[
    ("y_object_duplicated_key.json", "a member's name occurs twice"),
    ("y_object_duplicated_key_and_value.json", "a member's name occurs twice"),
    ("y_string_escaped_noncharacter.json", "a noncharacter"),
    ("y_string_last_surrogates_1_and_2.json", "a noncharacter"),
    ("y_string_nonCharacterInUTF-8_U+10FFFF.json", "a noncharacter"),
    ("y_string_nonCharacterInUTF-8_U+FFFF.json", "a noncharacter"),
    ("y_string_unicode_U+10FFFE_nonchar.json", "a noncharacter"),
    ("y_string_unicode_U+1FFFE_nonchar.json", "a noncharacter"),
    ("y_string_unicode_U+FDD0_nonchar.json", "a noncharacter"),
    ("y_string_unicode_U+FFFE_nonchar.json", "a noncharacter"),
];

#[test]
fn the_json_test_suite_agrees() {
    let Some(suite) = suite() else { return };
    let mut counts = [0, 0, 0];
    for entry in std::fs::read_dir(suite.join("test_parsing")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let source = std::fs::read(&path).unwrap();
        let answer = parse(&source).map(|_| ());
        let kind = name.as_bytes()[0];
        match (kind, STRICTER.iter().find(|(file, _)| *file == name)) {
            (b'y', Some((_, what))) => assert_eq!(answer, Err(*what), "{name}"),
            (b'y', None) => assert_eq!(answer, Ok(()), "{name}"),
            (b'n', _) => assert!(answer.is_err(), "{name} was accepted"),
            _ => {}
        }
        counts[usize::from(kind == b'n') + 2 * usize::from(kind == b'i')] += 1;
    }
    assert!(counts[0] > 90 && counts[1] > 180, "the suite is not whole: {counts:?}");
}

#[test]
fn lines_are_an_array() {
    let source = b"{\"a\":1}\r\n\n  \r\n [2] \n\"x\"";
    let document = Document::parse(Format::Ndjson, source.to_vec(), &Limits::default()).unwrap();
    assert_eq!(document.kind(0), NodeKind::Array);
    let lines: Vec<_> = document.children(0).map(|node| document.span(node)).collect();
    assert_eq!(lines, [0..7, 15..18, 20..23]);
    let refused = |source: &str| {
        Document::parse(Format::Ndjson, source.into(), &Limits::default()).err().map(|e| e.what)
    };
    assert_eq!(refused("{\"a\":\n1}"), Some("the document ends too early"));
    assert_eq!(refused("1 2"), Some("data after the end of the document on its line"));
    assert_eq!(refused("1,\n2"), Some("data after the end of the document on its line"));
    assert_eq!(refused("1]\n"), Some("data after the end of the document on its line"));
    assert_eq!(refused("{\"a\":1,\"a\":2}\n"), Some("a member's name occurs twice"));
    assert_eq!(refused("{\"a\":1}\n{\"a\":2}\n"), None);
    assert_eq!(refused(""), None);
    let nested = format!("{}{}\n", "[".repeat(64), "]".repeat(64));
    assert_eq!(refused(&nested), Some("nested deeper than the limit allows"));
}

/// What `tests/corpus/hostile/json/manifest.toml` says.
#[derive(serde::Deserialize)]
struct Manifest {
    refused: std::collections::BTreeMap<String, String>,
    rule: Rule,
}

#[derive(serde::Deserialize)]
struct Rule {
    not_whole: Vec<String>,
}

#[test]
fn hostile_files_are_refused_in_the_right_words() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/hostile/json");
    let manifest: Manifest =
        toml::from_str(&std::fs::read_to_string(folder.join("manifest.toml")).unwrap()).unwrap();
    for (name, wanted) in &manifest.refused {
        let answer = parse(&std::fs::read(folder.join(name)).unwrap());
        assert_eq!(answer.err(), Some(wanted.as_str()), "{name}");
    }
    for name in &manifest.rule.not_whole {
        let document = parse(&std::fs::read(folder.join(name)).unwrap()).unwrap();
        assert_eq!((document.kind(1), document.is_integer(1)), (NodeKind::Number, false), "{name}");
    }
    let listed = |name: &str| {
        manifest.refused.contains_key(name) || manifest.rule.not_whole.iter().any(|file| file == name)
    };
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name == "manifest.toml" || listed(&name), "{name} is not in the manifest");
    }
}
