//! Unit tests of `splice`.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::super::document::{Document, Format, NodeKind};
use super::super::limits::Limits;
use super::{Change, Spliced, Unspliced, splice};

fn read(format: Format, source: &str) -> Document {
    Document::parse(format, source.into(), &Limits::default()).unwrap()
}

fn replace(node: u32, text: &str) -> Change {
    Change::Replace { node, text: text.into() }
}

fn raw(node: u32, literal: &str) -> Change {
    Change::ReplaceRaw { node, literal: literal.into() }
}

fn remove(node: u32) -> Change {
    Change::Remove { node }
}

fn insert(parent: u32, name: &str, text: &str) -> Change {
    Change::Insert { parent, name: name.into(), text: text.into() }
}

fn reorder(parent: u32, order: &[u32]) -> Change {
    Change::Reorder { parent, order: order.into() }
}

/// Splices, and checks that what comes out parses and that `placed` is where its values are.
fn text(format: Format, source: &str, changes: &[Change]) -> String {
    let document = read(format, source);
    let spliced = splice(&document, changes).unwrap();
    check_placed(format, &spliced, changes);
    String::from_utf8(spliced.bytes).unwrap()
}

fn check_placed(format: Format, spliced: &Spliced, changes: &[Change]) {
    let after = Document::parse(format, spliced.bytes.clone(), &Limits::default()).unwrap();
    let places = |change: &Change| !matches!(change, Change::Remove { .. } | Change::Reorder { .. });
    let wanted: Vec<usize> = (0..changes.len()).filter(|at| places(&changes[*at])).collect();
    assert_eq!(spliced.placed.iter().map(|placed| placed.change).collect::<Vec<_>>(), wanted);
    for placed in &spliced.placed {
        let node =
            (0..after.len() as u32).find(|node| after.span(*node) == placed.span && !placed.span.is_empty());
        match &changes[placed.change] {
            Change::ReplaceRaw { literal, .. } | Change::InsertRaw { literal, .. } => {
                assert_eq!(&spliced.bytes[placed.span.clone()], literal.as_bytes())
            }
            Change::Replace { text, .. } | Change::Insert { text, .. } if !placed.span.is_empty() => {
                assert_eq!(after.text(node.expect("a value stands where it was placed")), *text);
            }
            _ => {}
        }
    }
}

fn refused(format: Format, source: &str, changes: &[Change]) -> Unspliced {
    splice(&read(format, source), changes).unwrap_err()
}

fn json(source: &str, changes: &[Change]) -> String {
    text(Format::Json, source, changes)
}

#[test]
fn nothing_changes_without_a_change() {
    for space in ["", " ", "\n", "\r\n", "\t", " \n\t\r "] {
        let source = r#"_{_"a"_:_[_1_,_{_}_,_[_]_,_"\u0041\/"_,_1e2_,_null_,_true_]_,_"b"_:_"é"_}_"#
            .replace('_', space);
        assert_eq!(json(&source, &[]), source);
        assert_eq!(
            text(Format::Ndjson, &format!("{source}\n").replace("\r\n", "").replace('\n', ""), &[]),
            source.replace("\r\n", "").replace('\n', "")
        );
    }
    for (format, source) in [
        (Format::Ndjson, "{\"a\":1}\r\n\n [2] \n"),
        (Format::Form, "a=b+c&d&e=&f=%41%c3%a9"),
        (Format::Query, "filter=a%3D%27b%27&limit=10"),
        (Format::OneRosterFilter, "  a.b='it''s'  AND c >= 'x' "),
        (Format::List, " a, b ,c"),
        (Format::Form, ""),
        (Format::List, ""),
        (Format::Ndjson, ""),
    ] {
        assert_eq!(text(format, source, &[]), source);
    }
}

#[test]
fn values_are_replaced_where_they_stand() {
    let source = r#"{ "id" : "LL-1", "n": 123 ,"x":null, "l":[ "\u0041" ] }"#;
    let changes = [replace(1, "p\"\\\n\u{1}é"), replace(2, "199"), replace(3, "y"), replace(5, "")];
    assert_eq!(json(source, &changes), r#"{ "id" : "p\"\\\n\u0001é", "n": 199 ,"x":"y", "l":[ "" ] }"#);
    assert_eq!(json(" \"a\" ", &[replace(0, "b")]), " \"b\" ");
    assert_eq!(
        json(source, &[raw(4, "{\"deep\": [true]}")]),
        r#"{ "id" : "LL-1", "n": 123 ,"x":null, "l":{"deep": [true]} }"#
    );
}

#[test]
fn members_go_with_their_separator() {
    let source = r#"{ "a" : 1 , "b":2,"c" :{} }"#;
    assert_eq!(json(source, &[remove(1)]), r#"{ "b":2,"c" :{} }"#);
    assert_eq!(json(source, &[remove(2)]), r#"{ "a" : 1,"c" :{} }"#);
    assert_eq!(json(source, &[remove(3)]), r#"{ "a" : 1 , "b":2 }"#);
    assert_eq!(json(source, &[remove(1), remove(2)]), r#"{ "c" :{} }"#);
    assert_eq!(json(source, &[remove(3), remove(1)]), r#"{ "b":2 }"#);
    assert_eq!(json(source, &[remove(2), remove(3)]), r#"{ "a" : 1 }"#);
    assert_eq!(json(source, &[remove(2), remove(3), remove(1)]), "{  }");
    assert_eq!(json("[1]", &[remove(1)]), "[]");
    assert_eq!(json("[ [1 , 2], 3 ]", &[remove(1)]), "[ 3 ]");
    assert_eq!(json("[ [1 , 2], 3 ]", &[remove(2), remove(4)]), "[ [2] ]");
    assert_eq!(json(r#"{"":1,"a":2}"#, &[remove(1)]), r#"{"a":2}"#);
    assert_eq!(text(Format::Ndjson, "1\r\n2\n\n3\n", &[remove(2)]), "1\n\n3\n");
    assert_eq!(text(Format::Ndjson, "1\r\n2\n\n3\n", &[remove(1), remove(3)]), "2\n");
    assert_eq!(text(Format::Ndjson, "1\n", &[remove(1)]), "\n");
    assert_eq!(text(Format::Form, "a=1&b=2&c", &[remove(1), remove(3)]), "b=2");
    assert_eq!(text(Format::Query, "a=1&b=2", &[remove(1), remove(2)]), "");
    assert_eq!(text(Format::List, "a, b ,c", &[remove(2)]), "a ,c");
    assert_eq!(text(Format::List, "a, b ,c", &[remove(1)]), "b ,c");
}

#[test]
fn members_are_added_behind_the_last() {
    assert_eq!(json("{ }", &[insert(0, "a\"", "b")]), r#"{"a\"":"b" }"#);
    assert_eq!(
        json(r#"{ "x":1 }"#, &[insert(0, "a", "b"), insert(0, "c", "d")]),
        r#"{ "x":1,"a":"b","c":"d" }"#
    );
    assert_eq!(json(r#"{ "x":1 }"#, &[insert(0, "a", "b"), remove(1)]), r#"{ "a":"b" }"#);
    assert_eq!(json(r#"{ "x":1, "y":2 }"#, &[insert(0, "y", "b"), remove(2)]), r#"{ "x":1,"y":"b" }"#);
    assert_eq!(
        json(r#"{"x":{},"y":[{}]}"#, &[insert(3, "a", "b"), insert(1, "c", "d")]),
        r#"{"x":{"c":"d"},"y":[{"a":"b"}]}"#
    );
    assert_eq!(text(Format::Query, "", &[insert(0, "a b", "c&d=é+")]), "a%20b=c%26d%3D%C3%A9%2B");
    assert_eq!(text(Format::Form, "x=1", &[insert(0, "a b", "c d")]), "x=1&a+b=c+d");
    assert_eq!(text(Format::Form, "x=1&y", &[insert(0, "a", "b"), remove(1), replace(2, "z")]), "y=z&a=b");
    let raw = |parent, name: &str, literal: &str| Change::InsertRaw {
        parent,
        name: name.into(),
        literal: literal.into(),
    };
    assert_eq!(json("{ }", &[raw(0, "a", "true"), raw(0, "b", "[1, 2]")]), r#"{"a":true,"b":[1, 2] }"#);
    assert_eq!(text(Format::Query, "x", &[raw(0, "a", "%41+")]), "x&a=%41+");
    for (format, literal) in
        [(Format::Json, "tru"), (Format::Json, "1,\"b\":2"), (Format::Query, "a&b"), (Format::Query, "%")]
    {
        let source = if format == Format::Json { "{}" } else { "x" };
        assert!(matches!(refused(format, source, &[raw(0, "a", literal)]), Unspliced::WriteValue { .. }));
    }
    let taken = "the object has a member of that name";
    assert_eq!(
        refused(Format::Json, r#"{"a":1}"#, &[raw(0, "a", "2")]),
        Unspliced::WriteValue { change: 0, what: taken }
    );
    for (source, changes) in [
        (r#"{"\u0061":1}"#, vec![insert(0, "a", "")]),
        ("{\"e\u{301}\":1}", vec![insert(0, "\u{e9}", "")]),
        ("{}", vec![insert(0, "a", ""), insert(0, "a", "")]),
    ] {
        assert_eq!(
            refused(Format::Json, source, &changes),
            Unspliced::WriteValue { change: changes.len() - 1, what: taken }
        );
    }
}

#[test]
fn elements_change_places_and_what_stands_between_stays() {
    assert_eq!(json("[ 1 ,2,\n3 ]", &[reorder(0, &[3, 1, 2])]), "[ 3 ,1,\n2 ]");
    assert_eq!(json("[ 1 ,2,\n3 ]", &[reorder(0, &[3, 1, 2]), remove(2)]), "[ 3,\n1 ]");
    assert_eq!(json("[1, 2 , 3]", &[reorder(0, &[3, 2, 1]), remove(1), remove(3)]), "[2]");
    assert_eq!(json("[1,2]", &[reorder(0, &[2, 1]), remove(1), remove(2)]), "[]");
    assert_eq!(json("[]", &[reorder(0, &[])]), "[]");
    let source = r#"{"u":[ {"id":"a","x":1} , {"id":"b","l":[1,2, 3]},{"id":"c"}]}"#;
    let changes = [
        reorder(1, &[10, 5, 2]),
        replace(3, "A"),
        remove(4),
        replace(6, "BBB"),
        reorder(7, &[10, 9, 8]),
        insert(11, "new", "n"),
        replace(12, "C"),
    ];
    let document = read(Format::Json, source);
    let third = document.children(1).nth(2).unwrap();
    assert_eq!(third, 11);
    let mut changes = changes.to_vec();
    changes[0] = reorder(1, &[11, 5, 2]);
    assert_eq!(
        json(source, &changes),
        r#"{"u":[ {"id":"C","new":"n"} , {"id":"BBB","l":[3,2, 1]},{"id":"A"}]}"#
    );
    assert_eq!(text(Format::Ndjson, "1\r\n [2]\n\n3", &[reorder(0, &[4, 2, 1])]), "3\r\n [2]\n\n1");
    assert_eq!(text(Format::List, "a, b ,c", &[reorder(0, &[3, 1, 2]), replace(3, "z")]), "z, a ,b");
    for order in [&[1, 2][..], &[1, 2, 2], &[1, 2, 3, 3], &[0, 1, 2], &[1, 2, 4]] {
        assert_eq!(refused(Format::Json, "[1,2,3]", &[reorder(0, order)]), Unspliced::Reorder { change: 0 });
    }
}

#[test]
fn changes_that_overlap_are_refused() {
    let source = r#"{"a":{"b":[1,2],"e":0},"c":"x"}"#;
    for changes in [
        vec![remove(1), replace(4, "1")],
        vec![remove(1), insert(1, "n", "t")],
        vec![raw(1, "0"), insert(1, "n", "t")],
        vec![replace(6, "y"), replace(6, "z")],
        vec![remove(6), replace(6, "y")],
        vec![remove(6), remove(6)],
        vec![raw(2, "[]"), remove(3)],
        vec![raw(1, "[]"), reorder(2, &[4, 3])],
        vec![reorder(2, &[3, 4]), reorder(2, &[4, 3])],
        vec![raw(0, "{}"), remove(6)],
    ] {
        let answer = refused(Format::Json, source, &changes);
        assert!(matches!(answer, Unspliced::Overlap { .. }), "{changes:?} gave {answer:?}");
    }
    assert_eq!(
        refused(Format::Json, "[\"x\"]", &[replace(1, "y"), replace(1, "y")]),
        Unspliced::Overlap { change: 1 }
    );
    assert_eq!(
        refused(Format::Json, "[[\"x\"]]", &[replace(2, "y"), remove(1)]),
        Unspliced::Overlap { change: 0 }
    );
}

#[test]
fn what_a_format_cannot_hold_is_refused() {
    let json = r#"[1,true,"x",{},null]"#;
    for (format, source, change) in [
        (Format::Json, json, replace(1, "x")),
        (Format::Json, json, replace(1, "")),
        (Format::Json, json, replace(1, "012")),
        (Format::Json, json, replace(1, "-1")),
        (Format::Json, json, replace(1, "1.5")),
        (Format::Json, json, replace(1, "1e5")),
        (Format::Json, json, replace(1, "1,2")),
        (Format::Json, json, replace(2, "false")),
        (Format::Json, json, replace(3, "\u{fffe}")),
        (Format::Json, json, replace(4, "x")),
        (Format::Json, json, replace(99, "x")),
        (Format::Json, json, remove(0)),
        (Format::Json, json, insert(0, "a", "b")),
        (Format::Json, json, reorder(4, &[])),
        (Format::Json, json, raw(3, "\"a\",\"b\"")),
        (Format::Json, json, raw(3, " 1")),
        (Format::Json, json, raw(3, "")),
        (Format::Json, json, raw(3, "{\"a\":1,\"a\":2}")),
        (Format::Ndjson, "1\n2\n", raw(1, "[\n]")),
        (Format::Ndjson, "1\n2\n", raw(0, "[]")),
        (Format::Form, "a=b", raw(1, "c&d")),
        (Format::Form, "a=b", raw(1, "%zz")),
        (Format::Form, "a=b", raw(1, "é")),
        (Format::Form, "a=b", replace(1, "\0")),
        (Format::Form, "a=b", insert(0, "", "x")),
        (Format::List, "a,b", replace(1, "c,d")),
        (Format::List, "a,b", replace(1, "")),
        (Format::List, "a,b", replace(1, " c")),
        (Format::OneRosterFilter, "a='b'", remove(1)),
        (Format::OneRosterFilter, "a='b'", insert(0, "c", "d")),
        (Format::OneRosterFilter, "a='b'", replace(1, "c\\")),
        (Format::OneRosterFilter, "a='b'", raw(1, "'c' OR d='e'")),
        (Format::OneRosterFilter, "a='b'", raw(1, "c")),
    ] {
        assert!(
            splice(&read(format, source), std::slice::from_ref(&change)).is_err(),
            "{format:?} {change:?}"
        );
    }
    assert_eq!(
        text(Format::OneRosterFilter, "a='b' AND c='d'", &[replace(1, "o'x' OR e='f")]),
        "a='o''x'' OR e=''f' AND c='d'"
    );
    assert_eq!(text(Format::Query, "a=b&c=d", &[replace(1, "x&c=y+ %")]), "a=x%26c%3Dy%2B%20%25&c=d");
}

#[test]
fn a_change_does_not_print_its_text() {
    let printed = format!(
        "{:?}",
        [replace(1, "Piet"), raw(1, "Piet"), insert(0, "Piet", "Piet"), remove(1), reorder(0, &[1])]
    );
    assert!(!printed.contains("Piet"));
}

/// A JSON value as it may be written: any white space, any escapes.
#[derive(Debug, Clone)]
enum Written {
    Scalar(String),
    List(Vec<Written>),
    Members(Vec<(String, Written)>),
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z]{0,3}",
        1 => "\\PC{0,4}",
        1 => prop::collection::vec(prop_oneof!["\n", "\"", "\\\\", "/", "é", "\u{1F600}", "x"], 0..5).prop_map(|parts| parts.concat()),
    ]
    .prop_map(|text| text.chars().filter(|c| !super::super::json::is_noncharacter(*c)).collect())
}

/// A literal for a text, some characters as escapes.
fn literal(text: &str, escape: bool) -> String {
    if !escape {
        return serde_json::to_string(text).unwrap();
    }
    let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
    format!("\"{units}\"")
}

fn any_document() -> impl Strategy<Value = Written> {
    let scalar = prop_oneof![
        (any_text(), any::<bool>()).prop_map(|(text, escape)| literal(&text, escape)),
        "(0|-?[1-9][0-9]{0,8})(\\.[0-9]{1,3})?([eE][+-]?[0-9])?",
        prop_oneof!["true", "false", "null"],
    ]
    .prop_map(Written::Scalar);
    scalar.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Written::List),
            prop::collection::vec((any_text(), inner), 0..6).prop_map(|members| {
                let mut names: Vec<String> = Vec::new();
                let mut kept = Vec::new();
                for (name, value) in members {
                    if !names.iter().any(|other| super::super::json::is_same_name(other, &name)) {
                        names.push(name.clone());
                        kept.push((literal(&name, name.len() % 3 == 1), value));
                    }
                }
                Written::Members(kept)
            }),
        ]
    })
}

fn write(value: &Written, spaces: &mut dyn Iterator<Item = &'static str>, into: &mut String) {
    let mut space = |into: &mut String| into.push_str(spaces.next().unwrap());
    space(into);
    match value {
        Written::Scalar(literal) => into.push_str(literal),
        Written::List(elements) => {
            into.push('[');
            for (at, element) in elements.iter().enumerate() {
                into.push_str(if at > 0 { "," } else { "" });
                write(element, spaces, into);
            }
            into.push_str(if elements.is_empty() { " ]" } else { "]" });
        }
        Written::Members(members) => {
            into.push('{');
            for (at, (name, member)) in members.iter().enumerate() {
                into.push_str(if at > 0 { ", " } else { "" });
                into.push_str(name);
                into.push_str(spaces.next().unwrap());
                into.push(':');
                write(member, spaces, into);
            }
            into.push('}');
        }
    }
    into.push_str(spaces.next().unwrap());
}

fn any_source() -> impl Strategy<Value = String> {
    let spaces = prop::collection::vec(
        prop_oneof![3 => Just(""), 1 => Just(" "), 1 => Just("\n\t"), 1 => Just("\r\n")],
        1..20,
    );
    (any_document(), spaces).prop_map(|(value, spaces)| {
        let mut source = String::new();
        write(&value, &mut spaces.into_iter().cycle(), &mut source);
        source
    })
}

/// Picks changes that do not overlap, and says what the document should mean after them.
struct Model<'a> {
    document: &'a Document,
    dice: Box<dyn Iterator<Item = u8> + 'a>,
    changes: Vec<Change>,
    /// The literals that stay.
    kept: Vec<String>,
}

impl Model<'_> {
    /// The value that the node will have; `None` if it goes.
    fn after(&mut self, node: u32, root: bool) -> Option<Value> {
        let dice = self.dice.next().unwrap();
        let source = std::str::from_utf8(&self.document.bytes()[self.document.span(node)]).unwrap();
        match (dice % 8, self.document.kind(node)) {
            (0, _) if !root => {
                self.changes.push(remove(node));
                return None;
            }
            (1, NodeKind::Text | NodeKind::Null) => {
                self.changes.push(replace(node, "n\u{e9}w\"\n"));
                return Some("n\u{e9}w\"\n".into());
            }
            (1, NodeKind::Number) => {
                self.changes.push(replace(node, "1234567"));
                return Some(1_234_567.into());
            }
            (2, _) => {
                self.changes.push(raw(node, "{\"raw\": [true]}"));
                return Some(serde_json::json!({"raw": [true]}));
            }
            _ => {}
        }
        match self.document.kind(node) {
            NodeKind::Object => {
                let mut members = Map::new();
                for child in self.document.children(node) {
                    let name = self.document.name(child).into_owned();
                    if let Some(value) = self.after(child, false) {
                        members.insert(name, value);
                    }
                }
                if dice.is_multiple_of(3) && !members.contains_key("inserted") {
                    self.changes.push(insert(node, "inserted", "text"));
                    members.insert("inserted".into(), "text".into());
                }
                Some(Value::Object(members))
            }
            NodeKind::Array => {
                let mut children: Vec<u32> = self.document.children(node).collect();
                let after: Vec<Option<Value>> =
                    children.iter().map(|child| self.after(*child, false)).collect();
                let mut elements: Vec<(u32, Option<Value>)> = children.iter().copied().zip(after).collect();
                if dice.is_multiple_of(2) && !children.is_empty() {
                    elements.rotate_left(dice as usize / 2 % children.len());
                    if dice.is_multiple_of(4) {
                        elements.reverse();
                    }
                    children = elements.iter().map(|(child, _)| *child).collect();
                    self.changes.push(reorder(node, &children));
                }
                Some(Value::Array(elements.into_iter().filter_map(|(_, value)| value).collect()))
            }
            _ => {
                self.kept.push(source.to_owned());
                Some(serde_json::from_str(source).unwrap())
            }
        }
    }
}

/// The literals of all scalars that were not placed there.
fn untouched(after: &Document, spliced: &Spliced) -> Vec<String> {
    let placed = |node: u32| {
        let span = after.span(node);
        spliced.placed.iter().any(|placed| placed.span.start <= span.start && span.end <= placed.span.end)
    };
    (0..after.len() as u32)
        .filter(|node| !matches!(after.kind(*node), NodeKind::Object | NodeKind::Array) && !placed(*node))
        .map(|node| after.raw(after.node(node).unwrap().value).to_owned())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_documents_are_read_as_serde_json_reads_them(source in any_source()) {
        let document = read(Format::Json, &source);
        let mut model = Model { document: &document, dice: Box::new(std::iter::repeat(7)), changes: Vec::new(), kept: Vec::new() };
        let value: Value = serde_json::from_str(&source).unwrap();
        prop_assert_eq!(model.after(0, true).unwrap(), value);
        prop_assert!(model.changes.is_empty());
        for node in 0..document.len() as u32 {
            if document.kind(node) == NodeKind::Text {
                let literal = document.raw(document.node(node).unwrap().value);
                prop_assert_eq!(serde_json::from_str::<String>(literal).unwrap(), document.text(node).into_owned());
                prop_assert_eq!(document.node(node).unwrap().escaped, literal.contains('\\'));
            }
        }
        prop_assert_eq!(splice(&document, &[]).unwrap().bytes, source.into_bytes());
    }

    #[test]
    fn spoiled_documents_are_refused_when_serde_json_refuses(source in any_source(), at in any::<prop::sample::Index>(), byte in any::<u8>(), how in 0..3) {
        let mut bytes = source.into_bytes();
        let at = at.index(bytes.len());
        match how {
            0 => bytes[at] = byte,
            1 => { bytes.remove(at); }
            _ => bytes.insert(at, b"{}[]\",:\\u0e-+. "[byte as usize % 15]),
        }
        let ours = Document::parse(Format::Json, bytes.clone(), &Limits::default());
        match (serde_json::from_slice::<Value>(&bytes), ours) {
            (Ok(_), Err(refused)) => {
                // What I-JSON refuses; and serde_json has its own bound on numbers only.
                let stricter = ["a member's name occurs twice", "a noncharacter"];
                prop_assert!(stricter.contains(&refused.what), "{refused} in {:?}", String::from_utf8_lossy(&bytes));
            }
            (Err(error), Ok(_)) => prop_assert!(error.to_string().contains("number out of range"), "{error} in {:?}", String::from_utf8_lossy(&bytes)),
            _ => {}
        }
    }

    #[test]
    fn spliced_documents_mean_what_the_changes_say(source in any_source(), dice in prop::collection::vec(any::<u8>(), 1..60), turn in 0_usize..60) {
        let document = read(Format::Json, &source);
        let mut model = Model { document: &document, dice: Box::new(dice.into_iter().cycle()), changes: Vec::new(), kept: Vec::new() };
        let wanted = model.after(0, true).unwrap();
        let mut changes = model.changes;
        // The order in which changes are given does not matter.
        let turn = turn % changes.len().max(1);
        changes.rotate_left(turn);
        let spliced = splice(&document, &changes).unwrap();
        check_placed(Format::Json, &spliced, &changes);
        let value: Value = serde_json::from_slice(&spliced.bytes).unwrap();
        prop_assert_eq!(value, wanted, "{} became {}", source, String::from_utf8_lossy(&spliced.bytes));
        let after = Document::parse(Format::Json, spliced.bytes.clone(), &Limits::default()).unwrap();
        let (mut found, mut kept) = (untouched(&after, &spliced), model.kept);
        found.sort();
        kept.sort();
        prop_assert_eq!(found, kept);
        if changes.iter().all(|change| matches!(change, Change::Reorder { .. })) {
            prop_assert_eq!(spliced.bytes.len(), source.len());
        }
    }

    #[test]
    fn spliced_forms_mean_what_the_changes_say(pairs in prop::collection::vec(("[a-c+%é ]{1,3}", "[a-c+%é&= ]{0,3}", 0..5_u8), 0..8), query: bool) {
        let (format, space) = if query { (Format::Query, "%20") } else { (Format::Form, "+") };
        let encode = |text: &str| {
            let mut encoded = String::new();
            text.bytes().for_each(|byte| match byte {
                _ if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
                b' ' => encoded.push_str(space),
                _ => encoded.push_str(&format!("%{byte:02X}")),
            });
            encoded
        };
        let pair = |name: &str, value: &str| format!("{}={}", encode(name), encode(value));
        let mut source: Vec<String> = pairs.iter().map(|(name, value, _)| pair(name, value)).collect();
        let mut wanted = Vec::new();
        let mut changes = Vec::new();
        for (at, (name, value, dice)) in pairs.iter().enumerate() {
            let node = at as u32 + 1;
            match dice {
                0 => changes.push(remove(node)),
                1 => {
                    changes.push(replace(node, "new &=+"));
                    wanted.push(pair(name, "new &=+"));
                }
                2 => {
                    // Without its equals sign a pair says the same as with an empty value.
                    source[at] = encode(name);
                    wanted.push(encode(name));
                }
                _ => wanted.push(pair(name, value)),
            }
        }
        changes.push(insert(0, "x", "y z"));
        wanted.push(format!("x=y{space}z"));
        let wanted = wanted.join("&");
        prop_assert_eq!(text(format, &source.join("&"), &changes), wanted);
    }

    #[test]
    fn bytes_outside_replacements_stay(source in any_source(), dice in prop::collection::vec(any::<bool>(), 1..40)) {
        let document = read(Format::Json, &source);
        let mut dice = dice.into_iter().cycle();
        let mut changes = Vec::new();
        let mut outside = Vec::new();
        let mut from = 0;
        for node in 0..document.len() as u32 {
            if document.kind(node) == NodeKind::Text && dice.next().unwrap() {
                changes.push(replace(node, "in its place"));
                outside.push(&source.as_bytes()[from..document.span(node).start]);
                from = document.span(node).end;
            }
        }
        outside.push(&source.as_bytes()[from..]);
        let spliced = splice(&document, &changes).unwrap();
        let mut at = 0;
        for (bytes, placed) in outside.iter().zip(&spliced.placed) {
            prop_assert_eq!(&spliced.bytes[at..placed.span.start], *bytes);
            at = placed.span.end;
        }
        prop_assert_eq!(&spliced.bytes[at..], *outside.last().unwrap());
    }
}
