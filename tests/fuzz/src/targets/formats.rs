//! Formats: parsed, written without a change, written with changes, parsed again. Never a panic, and never another
//! meaning than an independent parser has.

use sluis::rewrite::{
    Change, Coding, Document, Expansion, Format, Limits, NodeKind, Spliced, Target, Undecoded, splice,
};

/// RFC 8259 as I-JSON. What is accepted, `serde_json` accepts too, and reads the same.
pub fn json(data: &[u8]) {
    let Some(document) = stable(Format::Json, data) else { return };
    // It recurses; 128 deep is more than our limit.
    if let Some(theirs) = theirs(data) {
        same(&document, 0, &theirs);
    }
}

/// As `serde_json` reads it; none where a number is larger than its floats, which the grammar allows.
fn theirs(data: &[u8]) -> Option<serde_json::Value> {
    match serde_json::from_slice(data) {
        Ok(theirs) => Some(theirs),
        Err(error) => {
            assert!(error.to_string().starts_with("number out of range"), "accepted by us alone: {error}");
            None
        }
    }
}

/// One document a line.
pub fn ndjson(data: &[u8]) {
    let Some(document) = stable(Format::Ndjson, data) else { return };
    let ours = document.children(0).collect::<Vec<_>>();
    let blank = |line: &&[u8]| !line.iter().all(|byte| b" \t\r".contains(byte));
    let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').filter(blank).collect();
    assert_eq!(ours.len(), lines.len(), "as many documents as lines");
    for (node, line) in ours.into_iter().zip(lines) {
        if let Some(theirs) = theirs(line) {
            same(&document, node, &theirs);
        }
    }
}

/// Forms and queries.
pub fn form(data: &[u8]) {
    for format in [Format::Form, Format::Query] {
        let Some(document) = stable(format, data) else { continue };
        // What a form says does not change when every value is written anew.
        let all: Vec<Change> = document
            .children(0)
            .map(|node| Change::Replace { node, text: document.text(node).into_owned() })
            .collect();
        let Ok(Spliced { bytes, .. }) = splice(&document, &all) else { continue };
        let again = Document::parse(format, bytes, &Limits::default()).expect("what we wrote");
        let said = |of: &Document| -> Vec<(String, String)> {
            of.children(0).map(|node| (of.name(node).into_owned(), of.text(node).into_owned())).collect()
        };
        assert_eq!(said(&document), said(&again));
    }
}

/// Lists and OneRoster's filters.
pub fn query(data: &[u8]) {
    stable(Format::List, data);
    stable(Format::OneRosterFilter, data);
}

/// A request's target: path and query.
pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(target) = Target::parse(text, &Limits::default()) else { return };
    assert!(text.is_ascii() && text.starts_with('/') && !text.contains(['#', '\\', ';']));
    let built = target.rebuild(&[], &[]).expect("nothing changes");
    assert_eq!(built.target, text, "bytes outside a change stay");
    let texts: Vec<&str> = target.segments().iter().map(|segment| segment.text()).collect();
    for said in &texts {
        assert!(
            !said.contains(['/', '\\']) && *said != "." && *said != "..",
            "a segment that leads elsewhere"
        );
    }
    // Each segment written anew says the same, and no other.
    for (at, said) in texts.iter().enumerate().filter(|(_, said)| !said.is_empty()) {
        let Ok(built) = target.rebuild(&[(at, said)], &[]) else { continue };
        let again = Target::parse(&built.target, &Limits::default()).expect("what we wrote");
        let now: Vec<&str> = again.segments().iter().map(|segment| segment.text()).collect();
        assert_eq!(now, texts);
    }
    // A text of somebody else's choosing stays one segment.
    if let (Some(first), Some(last)) = (texts.first(), texts.last()) {
        for hostile in ["a/b", "..", "%2e%2e", "a?b=c", "a#b", first, last] {
            let Ok(built) = target.rebuild(&[(0, hostile)], &[]) else { continue };
            let again = Target::parse(&built.target, &Limits::default()).expect("what we wrote");
            assert_eq!(again.segments().len(), texts.len());
            assert_eq!(again.segments()[0].text(), hostile);
        }
    }
}

/// Content codings: what comes out is bounded, and the whole of what went in was used.
pub fn coding(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let names = ["gzip", "deflate", "br", "zstd", "identity", "x-gzip"];
    let coding = Coding::named(names[usize::from(*first) % names.len()]).expect("known");
    let expansion = Expansion::new(1 << 20, 100, 4 << 10);
    let plain = match coding.undo(body, &expansion) {
        Ok(plain) => plain,
        Err(Undecoded::NameCoding | Undecoded::StackCodings) => panic!("the name was known"),
        Err(_) => return,
    };
    assert!(plain.len() <= (1 << 20).min((4 << 10).max(body.len() * 100)), "a bomb went off");
    if coding == Coding::Identity {
        return;
    }
    for behind in [&b"\0"[..], b"x", body] {
        let more = [body, behind].concat();
        let refused = coding.undo(&more, &expansion);
        assert!(refused.is_err(), "bytes behind the end hide from whoever looks at the plain text");
    }
    assert!(
        body.len() < 2 || coding.undo(&body[..body.len() - 1], &expansion).is_err(),
        "an end that never came"
    );
}

/// Parses; what was accepted is written unchanged, and with changes gives what was meant.
fn stable(format: Format, data: &[u8]) -> Option<Document> {
    let limits = Limits::default();
    let document = Document::parse(format, data.to_vec(), &limits).ok()?;
    assert_eq!(splice(&document, &[]).expect("nothing changes").bytes, data);
    let nodes = u32::try_from(document.len()).expect("32 bits");
    let inside = document.span(0);
    for node in 0..nodes {
        let span = document.span(node);
        assert!(inside.start <= span.start && span.start <= span.end && span.end <= inside.end);
        let (_, _) = (document.name(node), document.text(node));
    }
    // One scalar becomes a hostile text: it is read back as that text, and everything else stays.
    let seed = data.iter().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
    let node = seed % nodes.max(1);
    let text = "a\"b\\c\u{0}\u{7f}\n&=%25'</script>\u{1F9D1},Zoë";
    let change = Change::Replace { node, text: text.to_owned() };
    if let Ok(spliced) = splice(&document, &[change]) {
        let again = Document::parse(format, spliced.bytes.clone(), &limits).expect("what we wrote");
        assert_eq!((again.len(), again.text(node).as_ref()), (document.len(), text));
        let span = document.span(node);
        assert_eq!(&spliced.bytes[..span.start], &data[..span.start]);
        assert!(spliced.bytes.ends_with(&data[span.end..]));
    }
    if let Ok(spliced) = splice(&document, &[Change::Remove { node }]) {
        // A list of nothing has no text that says so.
        let nothing = format == Format::List && spliced.bytes.trim_ascii().is_empty();
        assert!(nothing || Document::parse(format, spliced.bytes, &limits).is_ok(), "what we wrote");
    }
    Some(document)
}

/// Whether both parsers read the same.
fn same(document: &Document, node: u32, theirs: &serde_json::Value) {
    match (document.kind(node), theirs) {
        (NodeKind::Object, serde_json::Value::Object(members)) => {
            let ours: Vec<u32> = document.children(node).collect();
            assert_eq!(ours.len(), members.len(), "a name stands twice");
            for child in ours {
                same(document, child, &members[document.name(child).as_ref()]);
            }
        }
        (NodeKind::Array, serde_json::Value::Array(elements)) => {
            let ours: Vec<u32> = document.children(node).collect();
            assert_eq!(ours.len(), elements.len());
            ours.into_iter().zip(elements).for_each(|(child, element)| same(document, child, element));
        }
        (NodeKind::Text, serde_json::Value::String(text)) => assert_eq!(document.text(node).as_ref(), text),
        (NodeKind::Number, serde_json::Value::Number(_))
        | (NodeKind::Bool, serde_json::Value::Bool(_))
        | (NodeKind::Null, serde_json::Value::Null) => {}
        (ours, _) => panic!("{ours:?} here, something else there"),
    }
}
