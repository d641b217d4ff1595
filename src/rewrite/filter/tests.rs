//! Unit tests of `filter`.

use super::super::document::{Document, Format, NodeKind};
use super::super::limits::Limits;

type Comparison = (String, &'static str, String);

fn read(source: &str) -> Result<Vec<Comparison>, &'static str> {
    let document = Document::parse(Format::OneRosterFilter, source.into(), &Limits::default())
        .map_err(|refused| refused.what)?;
    assert_eq!(document.kind(0), NodeKind::Object);
    assert_eq!(document.operator(0), None);
    let compared = |node| {
        (document.name(node).into_owned(), document.operator(node).unwrap(), document.text(node).into_owned())
    };
    Ok(document.children(0).map(compared).collect())
}

#[test]
fn comparisons_are_read() {
    let one = |name: &str, operator, value: &str| (name.to_owned(), operator, value.to_owned());
    assert_eq!(read("email='a@b.nl'").unwrap(), [one("email", "=", "a@b.nl")]);
    assert_eq!(
        read("class.sourcedId != 'it''s' AND x>='1' AND y_z-1:q<=''  ").unwrap(),
        [one("class.sourcedId", "!=", "it's"), one("x", ">=", "1"), one("y_z-1:q", "<=", "")]
    );
    assert_eq!(read("a~'é OR b=''c' OR d>'1'").unwrap(), [one("a", "~", "é OR b='c"), one("d", ">", "1")]);
    assert_eq!(read("a<''''").unwrap(), [one("a", "<", "'")]);
    let document =
        Document::parse(Format::OneRosterFilter, " a = 'b''c'".into(), &Limits::default()).unwrap();
    assert_eq!((document.span(1), document.node(1).unwrap().escaped), (5..11, true));
}

#[test]
fn nothing_else_is_read() {
    for (source, what) in [
        ("", "no attribute where one is expected"),
        ("a", "no operator after an attribute"),
        ("a='b", "a value without its closing quote"),
        ("a='b''", "a value without its closing quote"),
        ("a=b", "a value without quotes"),
        ("a=\"b\"", "a value without quotes"),
        ("a==b", "a value without quotes"),
        ("a=5", "a value without quotes"),
        ("a<>'b'", "a value without quotes"),
        ("='b'", "no attribute where one is expected"),
        ("'a'='b'", "no attribute where one is expected"),
        ("a.='b'", "no attribute where one is expected"),
        (".a='b'", "no attribute where one is expected"),
        ("a..b='b'", "no attribute where one is expected"),
        ("(a='b')", "no attribute where one is expected"),
        ("a='b' and c='d'", "neither AND nor OR after a comparison"),
        ("a='b' c='d'", "neither AND nor OR after a comparison"),
        ("a='b' ANDc='d'", "neither AND nor OR after a comparison"),
        ("a='b'AND c='d'", "no space before AND or OR"),
        ("a='b' AND ", "no attribute where one is expected"),
        ("a='b' AND NOT c='d'", "no operator after an attribute"),
        ("a='b' AND c='d' OR e='f'", "AND and OR in one filter"),
        ("a='b\\'", "a backslash in a value"),
        ("a='b\nc'", "a control character in a value"),
        ("a='b'\n", "neither AND nor OR after a comparison"),
        ("a\t='b'", "no operator after an attribute"),
        ("é='b'", "no attribute where one is expected"),
    ] {
        assert_eq!(read(source), Err(what), "{source:?}");
    }
}
