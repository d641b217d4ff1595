//! Unit tests of `segments`: whatever is cut wherever, the strict parser says of the slices what it says of the whole.

use proptest::prelude::*;

use super::super::{Change, Document, Format, Limits, NodeKind, splice};
use super::{Cut, Role, Segments, Sizes, Slice, Uncut};

fn of_users() -> Cut {
    Cut::Elements { root: true, members: vec!["users".to_owned(), "é\"".to_owned()] }
}

fn sizes(aim: usize) -> Sizes {
    Sizes { aim, most: 4096, head: 64 }
}

/// All slices of a document that is pushed in pieces.
fn slices(cut: &Cut, sizes: Sizes, whole: &[u8], piece: usize) -> Result<Vec<Slice>, Uncut> {
    let mut segments = Segments::new(cut.clone(), sizes);
    let mut slices = Vec::new();
    for piece in whole.chunks(piece) {
        segments.push(piece);
        while let Some(slice) = segments.take()? {
            slices.push(slice);
        }
    }
    while let Some(slice) = segments.take()? {
        slices.push(slice);
    }
    slices.push(segments.finish()?);
    Ok(slices)
}

/// What the long document has of a slice.
fn own(slice: &Slice) -> &[u8] {
    &slice.document[slice.before..slice.document.len() - slice.behind]
}

fn joined(cut: &Cut, parts: &[(Role, Vec<u8>)]) -> Vec<u8> {
    let (mut whole, mut any) = (Vec::new(), false);
    for (role, part) in parts {
        let blank = super::first(part).is_none_or(|byte| *role == Role::Last && byte == b']');
        if *role != Role::Head && *cut != Cut::Lines && !blank {
            if any {
                whole.push(b',');
            }
            any = true;
        }
        if *role != Role::Middle || !blank || *cut == Cut::Lines {
            whole.extend_from_slice(part);
        }
    }
    whole
}

#[test]
fn a_list_is_cut_where_it_may_be() {
    let own_of = |whole: &str, aim| -> Vec<String> {
        let slices = slices(&of_users(), sizes(aim), whole.as_bytes(), 3).unwrap();
        slices.iter().map(|slice| String::from_utf8(own(slice).to_vec()).unwrap()).collect()
    };
    assert_eq!(own_of("[1,2 , 3]", 3), ["[", "1", "2 ", " 3]"]);
    assert_eq!(own_of("[1,2 , 3]", 7), ["[", "1,2 ", " 3]"]);
    assert_eq!(own_of("[\"a,b\",[1,2],{\"x\":[3,4]}]", 1), ["[", "\"a,b\"", "[1,2]", "{\"x\":[3,4]}]"]);
    assert_eq!(own_of(r#"["\\",",\"",2]"#, 1), ["[", r#""\\""#, r#"",\"""#, "2]"]);
    let nested = r#" {"a":[1,2],"users" : [1,2],"z":[3,4]}"#;
    assert_eq!(own_of(nested, 1), [r#" {"a":[1,2],"users" : ["#, "1", r#"2],"z":[3,4]}"#]);
    // A name however it is written; a text of that name is none, nor is a member of another object.
    assert_eq!(own_of(r#"{"us\u0065rs":[1,2]}"#, 1), [r#"{"us\u0065rs":["#, "1", "2]}"]);
    assert_eq!(own_of(r#"{"\u00e9\"":[1,2]}"#, 1), [r#"{"\u00e9\"":["#, "1", "2]}"]);
    assert_eq!(own_of(r#"{"x":"users","o":{"users":[]},"users":[1]}"#, 1).len(), 2);
}

#[test]
fn what_has_no_such_list_is_not_cut() {
    let uncut = |whole: &str| slices(&of_users(), sizes(1), whole.as_bytes(), 5).unwrap_err();
    for whole in
        ["", "7", "{}", "{\"user\":[1]}", "{\"users\":{\"users\":[1]}}", "\"users\"", "{\"users\"", "]"]
    {
        assert_eq!(uncut(whole), Uncut::FindList, "{whole}");
    }
    let members = Cut::Elements { root: false, members: vec!["users".to_owned()] };
    assert_eq!(slices(&members, sizes(1), b"[1,2]", 9), Err(Uncut::FindList));
    let long = format!("{{\"a\":\"{}\",\"users\":[1]}}", "x".repeat(64));
    assert_eq!(uncut(&long), Uncut::FindList, "more than may stand before it");
}

#[test]
fn an_element_is_missing_or_too_large() {
    for whole in ["[,1]", "[1,,2]", "[1,2,]", "[1 , ]", "[ ,]"] {
        let cut = slices(&of_users(), sizes(1), whole.as_bytes(), 2);
        let refused = match cut {
            Err(Uncut::FindElement { .. }) => true,
            Err(_) => false,
            Ok(slices) => slices.iter().any(|slice| parse(Format::Json, &slice.document).is_none()),
        };
        assert!(refused, "{whole}");
    }
    let long = format!("[1,\"{}\",2]", "x".repeat(5000));
    let large = Err(Uncut::HoldElement { most: 4096 });
    assert_eq!(slices(&of_users(), sizes(8), long.as_bytes(), 100), large);
    let behind = format!("{{\"users\":[1,2],\"z\":\"{}\"}}", "x".repeat(5000));
    assert_eq!(slices(&of_users(), sizes(8), behind.as_bytes(), 100), large);
    let line = format!("1\n\"{}\"\n", "x".repeat(5000));
    assert_eq!(slices(&Cut::Lines, sizes(8), line.as_bytes(), 100), large);
}

#[test]
fn no_more_is_held_than_a_segment_and_what_was_pushed() {
    let mut segments = Segments::new(of_users(), sizes(256));
    segments.push(b"[0");
    let mut most = 0;
    for number in 0..100_000 {
        segments.push(format!(",{{\"id\":\"s{number}\"}}").as_bytes());
        while segments.take().unwrap().is_some() {}
        most = most.max(segments.held.capacity());
    }
    assert!(most < 1024, "{most}");
}

fn parse(format: Format, bytes: &[u8]) -> Option<Document> {
    Document::parse(format, bytes.to_vec(), &Limits::default()).ok()
}

/// Masks every text and drops every member `drop`: what a document says, and what it becomes.
fn changed(document: &Document) -> (Vec<(String, String)>, Vec<u8>) {
    let (mut changes, mut said) = (Vec::new(), Vec::new());
    let mut node = 0;
    while (node as usize) < document.len() {
        let (name, kind) = (document.name(node).into_owned(), document.kind(node));
        if name == "drop" {
            changes.push(Change::Remove { node });
            node = document.node(node).unwrap().next;
            continue;
        }
        if !matches!(kind, NodeKind::Object | NodeKind::Array) {
            said.push((name, document.text(node).into_owned()));
        }
        if kind == NodeKind::Text {
            changes.push(Change::Replace { node, text: format!("<{}>", document.text(node)) });
        }
        node += 1;
    }
    (said, splice(document, &changes).unwrap().bytes)
}

fn json() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "b", "users", "drop", "us\\u0065rs", "é", "e\u{301}", ""]);
    let leaf = prop::sample::select(vec![
        "1",
        "-2.5e3",
        "true",
        "null",
        "\"\"",
        "\"x,y\"",
        "\"]\"",
        "\"\\\\\"",
        "\"\\\"[\"",
        "\"\\u00e9\"",
        "\"🦀\"",
        "\"{\"",
    ]);
    let space = prop::sample::select(vec!["", "", "", " ", "\n", " \t"]);
    let leaf = leaf.prop_map(str::to_owned);
    leaf.prop_recursive(4, 40, 6, move |inner| {
        let list =
            prop::collection::vec((space.clone(), inner.clone(), space.clone()), 0..6).prop_map(|items| {
                let items: Vec<String> = items.iter().map(|(a, item, b)| format!("{a}{item}{b}")).collect();
                format!("[{}]", items.join(","))
            });
        let object = prop::collection::vec((name.clone(), space.clone(), inner), 0..6).prop_map(|members| {
            let members: Vec<String> = members
                .iter()
                .map(|(name, space, value)| format!("{space}\"{name}\"{space}:{value}"))
                .collect();
            format!("{{{}}}", members.join(","))
        });
        prop_oneof![list, object]
    })
}

/// A document of a list, and, now and then, what is none.
fn lists() -> impl Strategy<Value = String> {
    let members = || prop::collection::vec(json(), 0..8).prop_map(|items| items.join(","));
    let whole = prop_oneof![
        json(),
        members().prop_map(|items| format!("[{items}]")),
        (json(), members(), json())
            .prop_map(|(a, items, z)| format!("{{\"a\":{a},\"users\":[{items}] ,\"b\":{z}}}")),
    ];
    let harm = prop::option::weighted(
        0.4,
        (
            any::<prop::sample::Index>(),
            prop::sample::select(vec!["", ",", "]", "}", "\"", "\\", "[", "é", "\u{1}"]),
        ),
    );
    (whole, harm).prop_map(|(whole, harm)| {
        let Some((at, put)) = harm else { return whole };
        let mut signs: Vec<String> = whole.chars().map(String::from).collect();
        let at = at.index(signs.len());
        signs[at] = put.to_owned();
        signs.concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn slices_are_json_when_the_whole_is_and_become_what_it_becomes(
        whole in lists(), aim in 1_usize..60, piece in 1_usize..40,
    ) {
        let sizes = Sizes { aim, most: 1 << 20, head: 1 << 16 };
        let parsed = parse(Format::Json, whole.as_bytes());
        let slices = match slices(&of_users(), sizes, whole.as_bytes(), piece) {
            Ok(slices) => slices,
            // Not for lack of an element, unless it lacks one.
            Err(Uncut::FindElement { .. }) => return { prop_assert!(parsed.is_none(), "{whole}"); Ok(()) },
            Err(_) => return Ok(()),
        };
        let documents: Option<Vec<Document>> =
            slices.iter().map(|slice| parse(Format::Json, &slice.document)).collect();
        prop_assert_eq!(documents.is_some(), parsed.is_some(), "{}", whole);
        let parts: Vec<(Role, Vec<u8>)> = slices.iter().map(|slice| (slice.role, own(slice).to_vec())).collect();
        let (Some(documents), Some(parsed)) = (documents, parsed) else { return Ok(()) };
        prop_assert_eq!(joined(&of_users(), &parts), whole.as_bytes().to_vec());
        // The same findings, and the same bytes.
        let (said, bytes) = changed(&parsed);
        let (before, head) = changed(&documents[0]);
        let head = &head[..head.len() - slices[0].behind];
        let (mut all, mut parts) = (before.clone(), Vec::new());
        for (slice, document) in slices.iter().zip(&documents) {
            let (mut own, bytes) = changed(document);
            let bytes = &bytes[..bytes.len() - slice.behind];
            if slice.role != Role::Head {
                prop_assert_eq!(own.drain(..before.len()).collect::<Vec<_>>(), before.clone());
                all.append(&mut own);
            }
            let own = if slice.role == Role::Head { bytes } else { bytes.strip_prefix(head).unwrap() };
            parts.push((slice.role, own.to_vec()));
        }
        prop_assert_eq!(all, said);
        prop_assert_eq!(joined(&of_users(), &parts), bytes);
    }

    #[test]
    fn lines_are_cut_between_lines(
        lines in prop::collection::vec((json(), prop::sample::select(vec!["\n", "\r\n", "\n \n", ""])), 0..12),
        aim in 1_usize..60,
        piece in 1_usize..40,
    ) {
        // Line ends within a document would be ends.
        let whole: String = lines.iter().map(|(line, end)| line.replace('\n', " ") + end).collect();
        let slices = slices(&Cut::Lines, Sizes { aim, most: 1 << 20, head: 1 << 16 }, whole.as_bytes(), piece).unwrap();
        let documents: Option<Vec<Document>> =
            slices.iter().map(|slice| parse(Format::Ndjson, &slice.document)).collect();
        let parsed = parse(Format::Ndjson, whole.as_bytes());
        prop_assert_eq!(documents.is_some(), parsed.is_some(), "{}", whole);
        let (Some(documents), Some(parsed)) = (documents, parsed) else { return Ok(()) };
        let (said, bytes) = changed(&parsed);
        let all = documents.iter().map(changed);
        let (own_said, own_bytes): (Vec<_>, Vec<_>) = all.unzip();
        prop_assert_eq!(own_said.concat(), said);
        prop_assert_eq!(own_bytes.concat(), bytes);
    }
}
