//! Selectors: from what a profile writes to steps.
//!
//! The syntax follows the document: pointers for JSON, pointers with prefixes for XML, names for columns, form
//! fields and filter attributes. It must not know rules.

use std::collections::BTreeMap;

/// Which notation a document's selectors use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// JSON Pointer (RFC 6901), `*` for the elements of an array.
    Pointer,
    /// As a pointer, with namespace prefixes and `@` for attributes.
    Xml,
    /// A name: CSV columns and form fields.
    Names,
    /// A name: an attribute of a filter.
    Filter,
    /// `*`: the items of a list.
    List,
}

/// One step of a selector.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// A member, column or attribute of that name. XML: `{namespace}local`, `@` first for attributes.
    Name(String),
    /// Every element of an array.
    Element,
}

/// Which piece of a message a selector addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Area {
    /// The body, or the value that a part was applied to.
    Body,
    /// A query parameter.
    Query(String),
    /// A header, in lower case.
    Header(String),
    /// A variable of the path.
    Path(String),
}

/// A selector, read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Selector {
    pub(super) area: Area,
    pub(super) steps: Vec<Step>,
    /// It ended in `/**`.
    pub(super) deep: bool,
}

/// What is wrong with a selector, and a hint.
pub(super) type Wrong = (String, String);

/// Reads a selector in the notation of the document.
pub(super) fn read(
    text: &str,
    syntax: Syntax,
    namespaces: &BTreeMap<String, String>,
) -> Result<Selector, Wrong> {
    if let Some(area) = area(text)? {
        return Ok(Selector { area, steps: Vec::new(), deep: false });
    }
    let (text, deep) = match text.strip_suffix("/**") {
        Some(before) => (before, true),
        None => (text, false),
    };
    if text.split('/').any(|step| step == "**") {
        return Err(wrong(text, "`/**` may only end a selector", "write out what lies between"));
    }
    let steps = match syntax {
        Syntax::Pointer | Syntax::Xml => pointer(text, syntax, namespaces)?,
        Syntax::List if text == "*" => vec![Step::Element],
        Syntax::List => return Err(wrong(text, "a list has no names", "write `*`: each of its items")),
        Syntax::Names | Syntax::Filter => {
            if text.is_empty() || text.starts_with('/') || text == "*" || deep {
                return Err(wrong(text, "is no name", "columns, form fields and attributes have bare names"));
            }
            vec![Step::Name(text.to_owned())]
        }
    };
    Ok(Selector { area: Area::Body, steps, deep })
}

/// `query:`, `header:` and `path:`, whatever the notation.
fn area(text: &str) -> Result<Option<Area>, Wrong> {
    let Some((which, name)) = text.split_once(':') else { return Ok(None) };
    let area = match which {
        "query" => Area::Query(name.to_owned()),
        "header" => Area::Header(name.to_ascii_lowercase()),
        "path" => Area::Path(name.to_owned()),
        _ => return Ok(None),
    };
    let token = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
    if name.is_empty() || (which == "header" && !token) {
        return Err(wrong(text, "has no name", "such as `header:Link` or `query:limit`"));
    }
    Ok(Some(area))
}

fn pointer(text: &str, syntax: Syntax, namespaces: &BTreeMap<String, String>) -> Result<Vec<Step>, Wrong> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let Some(rest) = text.strip_prefix('/') else {
        return Err(wrong(
            text,
            "does not begin with `/`",
            "a selector is a JSON Pointer, `\"\"` is the root",
        ));
    };
    rest.split('/')
        .map(|step| match (step, syntax) {
            ("", _) => Err(wrong(text, "has an empty step", "one name between two slashes")),
            ("*", Syntax::Xml) => Err(wrong(text, "`*` means nothing in XML", "name the element")),
            ("*", _) => Ok(Step::Element),
            (step, Syntax::Xml) => qualified(step, namespaces).map(Step::Name),
            (step, _) => unescape(step).map(Step::Name),
        })
        .collect()
}

/// `prefix:local`, `@prefix:local`: with the namespace in place of the prefix.
fn qualified(step: &str, namespaces: &BTreeMap<String, String>) -> Result<String, Wrong> {
    let (at, name) = match step.strip_prefix('@') {
        Some(name) => ("@", name),
        None => ("", step),
    };
    let Some((prefix, local)) = name.split_once(':') else { return Ok(step.to_owned()) };
    match namespaces.get(prefix) {
        Some(uri) => Ok(format!("{at}{{{uri}}}{local}")),
        None => Err((
            format!("unknown prefix `{prefix}` in `{step}`"),
            "declare it under [namespaces]; none means no namespace".to_owned(),
        )),
    }
}

/// RFC 6901, section 4.
fn unescape(step: &str) -> Result<String, Wrong> {
    let mut pieces = step.split('~');
    let mut name = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match (piece.strip_prefix('0'), piece.strip_prefix('1')) {
            (Some(rest), _) => name.extend(["~", rest]),
            (_, Some(rest)) => name.extend(["/", rest]),
            _ => {
                return Err(wrong(
                    step,
                    "has a `~` that stands for nothing",
                    "write `~0` for `~`, `~1` for `/`",
                ));
            }
        }
    }
    Ok(name)
}

fn wrong(text: &str, what: &str, hint: &str) -> Wrong {
    (format!("selector `{text}` {what}"), hint.to_owned())
}

/// The last name of a selector as written: the slot of a label, the name that an insertion writes.
pub(super) fn slot(text: &str) -> String {
    if let Ok(Some(Area::Query(name) | Area::Path(name))) = area(text) {
        return name;
    }
    if let Some(name) = text.strip_prefix("header:") {
        return name.to_owned();
    }
    let last = text.rsplit('/').find(|step| *step != "*" && *step != "**").unwrap_or_default();
    unescape(last).unwrap_or_default()
}
