//! Unit tests of `form`.

use super::super::document::{Document, Format, NodeKind};
use super::super::limits::Limits;

fn pairs(format: Format, source: &str) -> Result<Vec<(String, String)>, &'static str> {
    let document =
        Document::parse(format, source.into(), &Limits::default()).map_err(|refused| refused.what)?;
    assert_eq!(document.kind(0), NodeKind::Object);
    let pair = |node| (document.name(node).into_owned(), document.text(node).into_owned());
    Ok(document.children(0).map(pair).collect())
}

#[test]
fn pairs_are_read_and_decoded() {
    let read = pairs(Format::Form, "a=b&na%20me+x=%c3%A9+%2B&a=&empty&x=1=2&ids[]=/?:@").unwrap();
    let wanted = [("a", "b"), ("na me x", "é +"), ("a", ""), ("empty", ""), ("x", "1=2"), ("ids[]", "/?:@")];
    assert_eq!(read, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(pairs(Format::Query, "").unwrap(), []);
    let document = Document::parse(Format::Query, "a+b=c%41&d=e".into(), &Limits::default()).unwrap();
    let node = *document.node(1).unwrap();
    assert!(node.escaped && node.name_escaped);
    assert!(!document.node(2).unwrap().escaped && !document.node(2).unwrap().name_escaped);
    assert_eq!((document.span(0), document.span(1), document.span(2)), (0..12, 4..8, 11..12));
}

#[test]
fn what_receivers_read_differently_is_refused() {
    for (source, what) in [
        ("a=%", "a percent sign without two hexadecimal digits"),
        ("a=%4", "a percent sign without two hexadecimal digits"),
        ("a=%4g", "a percent sign without two hexadecimal digits"),
        ("%+1=a", "a percent sign without two hexadecimal digits"),
        ("a=%u0041", "a percent sign without two hexadecimal digits"),
        ("a=%ff", "percent encoding of bytes that are not UTF-8"),
        ("a=%C0%AF", "percent encoding of bytes that are not UTF-8"),
        ("a=%ED%A0%80", "percent encoding of bytes that are not UTF-8"),
        ("a=%00", "a NUL character"),
        ("=b", "an empty name"),
        ("a=b&=c", "an empty name"),
        ("&", "an empty pair"),
        ("a=b&", "an empty pair"),
        ("a=b&&c=d", "an empty pair"),
        ("a=b;c=d", "a character that must be percent-encoded"),
        ("a=é", "a character that must be percent-encoded"),
        ("a=b c", "a character that must be percent-encoded"),
        ("a=b#c", "a character that must be percent-encoded"),
        ("a={\"b\":1}", "a character that must be percent-encoded"),
        ("a=b\0", "a character that must be percent-encoded"),
        ("a=b\r\nc", "a character that must be percent-encoded"),
        ("\u{feff}a=b", "a character that must be percent-encoded"),
    ] {
        assert_eq!(pairs(Format::Form, source), Err(what), "{source}");
        assert_eq!(pairs(Format::Query, source), Err(what), "{source}");
    }
    let few = Limits::default().with_nodes(3).unwrap().with_bytes(9).unwrap();
    let refused =
        |source: &str| Document::parse(Format::Form, source.into(), &few).err().map(|refused| refused.what);
    assert_eq!(refused("a&b"), None);
    assert_eq!(refused("a&b&c"), Some("more values than the limit allows"));
    assert_eq!(refused("aaaaaaaaaa"), Some("more bytes than the limit allows"));
}

#[test]
fn lists_are_read() {
    let read = |source: &str| {
        let document = Document::parse(Format::List, source.into(), &Limits::default())
            .map_err(|refused| refused.what)?;
        Ok(document.children(0).map(|node| document.text(node).into_owned()).collect::<Vec<_>>())
    };
    assert_eq!(read("a, bé c ,d").unwrap(), ["a", "bé c", "d"]);
    assert_eq!(read("").unwrap(), [""; 0]);
    for source in [",", "a,", "a,,b", " ", " ,a"] {
        assert_eq!(read(source), Err("an empty element in a list"), "{source:?}");
    }
    assert_eq!(read("a\nb"), Err("a control character in a list"));
    assert_eq!(read("a,\0"), Err("a control character in a list"));
}
