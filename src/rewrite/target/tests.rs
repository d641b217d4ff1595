//! Unit tests of `target`.

use proptest::prelude::*;

use super::super::limits::Limits;
use super::super::splice::Change;
use super::{Target, Unbuilt, encode_segment};

fn read(target: &str) -> Target {
    Target::parse(target, &Limits::default()).unwrap()
}

fn refused(target: &str) -> &'static str {
    Target::parse(target, &Limits::default()).map_or_else(|refused| refused.what, |_| "accepted")
}

fn texts(target: &str) -> Vec<String> {
    read(target).segments().iter().map(|segment| segment.text().to_owned()).collect()
}

#[test]
fn a_target_is_segments_and_a_query() {
    let target = read("/ims/users/LL%2010%c3%a9:@/a+b?filter=x%3D%27y%27&limit=10?/");
    assert_eq!(texts(target.received()), ["ims", "users", "LL 10é:@", "a+b"]);
    assert_eq!(&target.received()[target.segments()[2].span()], "LL%2010%c3%a9:@");
    assert_eq!((target.query().name(1), target.query().text(1)), ("filter".into(), "x='y'".into()));
    assert_eq!(target.query().text(2), "10?/");
    assert_eq!(texts("/"), [""; 0]);
    assert_eq!(texts("/a/"), ["a", ""]);
    assert_eq!(texts("/...?"), ["..."]);
    assert_eq!(texts("/%25"), ["%"]);
    assert_eq!(texts("/100%25x"), ["100%x"]);
    assert_eq!(read("/a").query().children(0).count(), 0);
}

#[test]
fn path_games_are_refused() {
    for (target, what) in [
        ("", "a target that is not a path"),
        ("*", "a target that is not a path"),
        ("users", "a target that is not a path"),
        ("http://inside.example/users", "a target that is not a path"),
        ("inside.example:443", "a target that is not a path"),
        ("?a=b", "a target that is not a path"),
        ("//inside.example/users", "an empty segment"),
        ("/a//b", "an empty segment"),
        ("/a//", "an empty segment"),
        ("//", "an empty segment"),
        ("/.", "a dot segment"),
        ("/a/./b", "a dot segment"),
        ("/a/../b", "a dot segment"),
        ("/a/..", "a dot segment"),
        ("/a/%2e%2e/b", "percent encoding of a character that needs none"),
        ("/a/.%2E/b", "percent encoding of a character that needs none"),
        ("/%61", "percent encoding of a character that needs none"),
        ("/%7Euser", "percent encoding of a character that needs none"),
        ("/a%2Fb", "an encoded slash or backslash"),
        ("/a%2fb", "an encoded slash or backslash"),
        ("/a%5Cb", "an encoded slash or backslash"),
        ("/a%5c..%5cb", "an encoded slash or backslash"),
        ("/a\\b", "a backslash"),
        ("/..\\b", "a backslash"),
        ("/a;x=1/b", "a path parameter"),
        ("/..;/b", "a path parameter"),
        ("/a%3Bx", "a path parameter"),
        ("/%252e%252e/", "percent encoding of percent encoding"),
        ("/a%252Fb", "percent encoding of percent encoding"),
        ("/a%2500", "percent encoding of percent encoding"),
        ("/a%00", "an encoded control character"),
        ("/a%0d%0aX:y", "an encoded control character"),
        ("/a%C2%85", "an encoded control character"),
        ("/a\0", "a character that must be percent-encoded"),
        ("/a\tb", "a character that must be percent-encoded"),
        ("/a b", "a character that must be percent-encoded"),
        ("/a\"b", "a character that must be percent-encoded"),
        ("/a{b}", "a character that must be percent-encoded"),
        ("/é", "a character that must be percent-encoded"),
        ("/\u{2025}/", "a character that must be percent-encoded"),
        ("/a%", "a percent sign without two hexadecimal digits"),
        ("/a%2", "a percent sign without two hexadecimal digits"),
        ("/a%u002e", "a percent sign without two hexadecimal digits"),
        ("/a%C0%AE", "percent encoding of bytes that are not UTF-8"),
        ("/a%FF", "percent encoding of bytes that are not UTF-8"),
        ("/a#b", "a fragment"),
        ("/a?b#c", "a fragment"),
        ("/a?b=%zz", "a percent sign without two hexadecimal digits"),
        ("/a?b;c", "a character that must be percent-encoded"),
        ("/a?b=c\\", "a character that must be percent-encoded"),
        ("/a?&", "an empty pair"),
    ] {
        assert_eq!(refused(target), what, "{target:?}");
    }
    assert_eq!(Target::parse("/a?b=%zz", &Limits::default()).err().map(|refused| refused.offset), Some(5));
}

#[test]
fn a_target_is_built_again() {
    let target = read("/users/LL-1/results/7?user=LL-1&x=%41");
    let replace = |node, text: &str| Change::Replace { node, text: text.into() };
    let rebuilt =
        target.rebuild(&[(3, "a/b".trim_end_matches("/b")), (1, "p é")], &[replace(1, "p&q")]).unwrap();
    assert_eq!(rebuilt.target, "/users/p%20%C3%A9/results/a?user=p%26q&x=%41");
    assert_eq!(
        rebuilt.segments.iter().map(|span| &rebuilt.target[span.clone()]).collect::<Vec<_>>(),
        ["a", "p%20%C3%A9"]
    );
    assert_eq!(&rebuilt.target[rebuilt.query[0].span.clone()], "p%26q");
    assert_eq!(target.rebuild(&[], &[]).unwrap().target, target.received());
    for same in ["/", "/a/", "/a?", "/a?x", "/%c3%a9?b=+&c=d"] {
        assert_eq!(read(same).rebuild(&[], &[]).unwrap().target, same);
    }
    let insert = Change::Insert { parent: 0, name: "filterByOrgId".into(), text: "true".into() };
    let rebuilt = read("/a").rebuild(&[], std::slice::from_ref(&insert)).unwrap();
    assert_eq!(rebuilt.target, "/a?filterByOrgId=true");
    assert_eq!(&rebuilt.target[rebuilt.query[0].span.clone()], "true");
    assert_eq!(read("/a?x=1").rebuild(&[], &[Change::Remove { node: 1 }]).unwrap().target, "/a");
    assert_eq!(
        read("/a?x=1").rebuild(&[], &[Change::Remove { node: 1 }, insert]).unwrap().target,
        "/a?filterByOrgId=true"
    );
    let wrong = |segments: &[(usize, &str)]| target.rebuild(segments, &[]).unwrap_err();
    assert!(matches!(wrong(&[(4, "x")]), Unbuilt::ReplaceSegment { segment: 4, .. }));
    assert!(matches!(wrong(&[(1, "x"), (1, "y")]), Unbuilt::ReplaceSegment { segment: 1, .. }));
    for text in ["", ".", "..", "a/b", "a\\b", "a;b", "%41", "a\n", "\0", "\u{85}"] {
        assert!(matches!(wrong(&[(1, text)]), Unbuilt::ReplaceSegment { segment: 1, .. }), "{text:?}");
        assert!(encode_segment(text).is_err());
    }
    assert!(target.rebuild(&[], &[replace(9, "x")]).is_err());
}

#[test]
fn nothing_of_a_target_is_printed() {
    let target = read("/users/Piet?name=Piet");
    let printed = format!("{target:?} {:?} {:?}", target.segments(), target.rebuild(&[], &[]).unwrap());
    assert!(!printed.contains("Piet"), "{printed}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_encoded_is_read_back(text in "\\PC{1,12}") {
        if let Ok(encoded) = encode_segment(&text) {
            prop_assert_eq!(texts(&format!("/x/{encoded}")), ["x", text.as_str()]);
        } else {
            let games = text.contains(['/', '\\', ';']) || text == "." || text == ".." || text.contains('%') || text.chars().any(char::is_control);
            prop_assert!(games, "{:?} could not be encoded", text);
        }
    }

    #[test]
    fn what_is_read_is_what_is_built(target in "/[a-c/.%25;?&=\\\\]{0,14}") {
        if let Ok(read) = Target::parse(&target, &Limits::default()) {
            prop_assert_eq!(read.rebuild(&[], &[]).unwrap().target, target);
        }
    }
}
