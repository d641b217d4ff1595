//! OneRoster's `filter` expression (1EdTech OneRoster 1.2 REST binding, filtering): comparisons
//! `field operator 'value'`, joined by `AND` or by `OR`.
//!
//! The root is an object: an attribute (`class.sourcedId`) is a name, which may repeat, and its quoted
//! value a text. A quote in a value is written twice. Strict where the standard is silent: `AND` and
//! `OR` do not mix (no precedence is defined), values are always quoted, and hold no backslash (some
//! receivers read it as an escape). It must not know what an attribute means.

use super::document::{Node, NodeKind, Unparsed};
use super::limits::Limits;

/// Longest first, so that `>=` is not read as `>`.
const OPERATORS: [&str; 7] = ["!=", ">=", "<=", "=", ">", "<", "~"];

/// Parses an expression of at least one comparison.
pub(super) fn parse(bytes: &[u8], limits: &Limits) -> Result<Vec<Node>, Unparsed> {
    if bytes.len() > limits.bytes() {
        return refuse("more bytes than the limit allows", limits.bytes());
    }
    let source = match std::str::from_utf8(bytes) {
        Ok(source) => source,
        Err(error) => return refuse("invalid UTF-8", error.valid_up_to()),
    };
    let root = (0, bytes.len() as u32);
    let mut nodes = vec![Node {
        kind: NodeKind::Object,
        escaped: false,
        name_escaped: false,
        name: (0, 0),
        value: root,
        next: 1,
    }];
    let mut at = spaces(source, 0);
    let mut joined_by = None;
    loop {
        if nodes.len() >= limits.nodes() {
            return refuse("more values than the limit allows", at);
        }
        let (compared, end) = comparison(source, at, nodes.len() as u32 + 1)?;
        nodes.push(compared);
        at = spaces(source, end);
        if at == source.len() {
            break;
        }
        let rest = source.get(at..).unwrap_or_default();
        let Some(word) = ["AND ", "OR "].into_iter().find(|word| rest.starts_with(word)) else {
            return refuse("neither AND nor OR after a comparison", at);
        };
        if at == end {
            return refuse("no space before AND or OR", at);
        }
        if *joined_by.get_or_insert(word) != word {
            return refuse("AND and OR in one filter", at);
        }
        at = spaces(source, at + word.len());
    }
    let next = nodes.len() as u32;
    if let Some(root) = nodes.first_mut() {
        root.next = next;
    }
    Ok(nodes)
}

/// The operator in what stands between a comparison's name and its value.
pub(super) fn operator(between: &str) -> Option<&'static str> {
    OPERATORS.into_iter().find(|operator| *operator == between.trim_matches(' '))
}

/// What a quoted value's content says.
pub(super) fn unquote(content: &str) -> String {
    content.replace("''", "'")
}

/// Appends a text as a quoted value.
pub(super) fn write_quoted(text: &str, into: &mut Vec<u8>) {
    into.push(b'\'');
    into.extend_from_slice(text.replace('\'', "''").as_bytes());
    into.push(b'\'');
}

/// Whether a text can be written as a value.
pub(super) fn is_value(text: &str) -> bool {
    !text.bytes().any(|byte| byte == b'\\' || byte.is_ascii_control())
}

/// Whether this is one quoted value and nothing else.
pub(super) fn is_quoted(literal: &str) -> bool {
    matches!(quoted(literal, 0), Ok((end, _)) if end == literal.len())
}

fn comparison(source: &str, from: usize, next: u32) -> Result<(Node, usize), Unparsed> {
    let end = attribute(source, from)?;
    let sign = spaces(source, end);
    let rest = source.get(sign..).unwrap_or_default();
    let Some(operator) = OPERATORS.into_iter().find(|operator| rest.starts_with(operator)) else {
        return refuse("no operator after an attribute", sign);
    };
    let value = spaces(source, sign + operator.len());
    let (after, escaped) = quoted(source, value)?;
    let (name, value) = ((from as u32, end as u32), (value as u32, after as u32));
    Ok((Node { kind: NodeKind::Text, escaped, name_escaped: false, name, value, next }, after))
}

/// Words of letters, digits, `_`, `-` and `:`, joined by points. Returns where the attribute ends.
fn attribute(source: &str, from: usize) -> Result<usize, Unparsed> {
    let rest = source.get(from..).unwrap_or_default();
    let named = |byte: u8| byte.is_ascii_alphanumeric() || b"_-:.".contains(&byte);
    let length = rest.bytes().position(|byte| !named(byte)).unwrap_or(rest.len());
    let name = rest.get(..length).unwrap_or_default();
    let word = |word: &str| word.bytes().next().is_some_and(|first| first.is_ascii_alphabetic());
    if name.split('.').all(word) {
        Ok(from + length)
    } else {
        refuse("no attribute where one is expected", from)
    }
}

/// From an opening quote: where the value ends, and whether it holds a doubled quote.
fn quoted(source: &str, from: usize) -> Result<(usize, bool), Unparsed> {
    let bytes = source.as_bytes();
    if bytes.get(from) != Some(&b'\'') {
        return refuse("a value without quotes", from);
    }
    let mut escaped = false;
    let mut at = from + 1;
    loop {
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'\''), Some(b'\'')) => {
                escaped = true;
                at += 2;
            }
            (Some(b'\''), _) => return Ok((at + 1, escaped)),
            (Some(b'\\'), _) => return refuse("a backslash in a value", at),
            (Some(byte), _) if byte.is_ascii_control() => {
                return refuse("a control character in a value", at);
            }
            (Some(_), _) => at += 1,
            (None, _) => return refuse("a value without its closing quote", at),
        }
    }
}

fn spaces(source: &str, from: usize) -> usize {
    let rest = source.get(from..).unwrap_or_default();
    from + rest.bytes().take_while(|byte| *byte == b' ').count()
}

fn refuse<T>(what: &'static str, offset: usize) -> Result<T, Unparsed> {
    Err(Unparsed { what, offset })
}

#[cfg(test)]
mod tests;
