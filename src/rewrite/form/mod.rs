//! Forms and queries: pairs of a name and a value (WHATWG URL, `application/x-www-form-urlencoded`).
//!
//! The root is an object whose names may repeat. Strict where receivers differ: a raw semicolon
//! (some split at it), an empty pair, an empty name, a character that no URI may hold. It must not
//! know which names a profile lists.

use super::document::{Node, NodeKind, Unparsed};
use super::limits::Limits;
use super::percent::{self, Space};

/// Parses a form body, or a query without its question mark. No bytes at all: no pairs.
pub(super) fn parse(bytes: &[u8], limits: &Limits) -> Result<Vec<Node>, Unparsed> {
    if bytes.len() > limits.bytes() {
        return refuse("more bytes than the limit allows", limits.bytes());
    }
    if let Some(at) = bytes.iter().position(|byte| !allowed(*byte)) {
        return refuse("a character that must be percent-encoded", at);
    }
    let root = (0, bytes.len() as u32);
    let mut nodes = vec![node(NodeKind::Object, (0, 0), root, 1)];
    let mut at = 0;
    // Splitting nothing would give one empty pair.
    for pair in bytes.split(|byte| *byte == b'&').filter(|_| !bytes.is_empty()) {
        if nodes.len() >= limits.nodes() {
            return refuse("more values than the limit allows", at);
        }
        let equals = memchr::memchr(b'=', pair).unwrap_or(pair.len());
        let value_from = (equals + 1).min(pair.len());
        if equals == 0 {
            let what = if pair.is_empty() { "an empty pair" } else { "an empty name" };
            return refuse(what, at);
        }
        let name = (at as u32, (at + equals) as u32);
        let value = ((at + value_from) as u32, (at + pair.len()) as u32);
        let mut pushed = node(NodeKind::Text, name, value, nodes.len() as u32 + 1);
        pushed.name_escaped = check(pair.get(..equals), at)?;
        pushed.escaped = check(pair.get(value_from..), at + value_from)?;
        nodes.push(pushed);
        at += pair.len() + 1;
    }
    let next = nodes.len() as u32;
    if let Some(root) = nodes.first_mut() {
        root.next = next;
    }
    Ok(nodes)
}

/// Whether a value may stand in a pair as it is.
pub(super) fn is_value(literal: &str) -> bool {
    let bytes = literal.as_bytes();
    bytes.iter().all(|byte| allowed(*byte) && *byte != b'&') && percent::check(bytes, Space::Plus).is_ok()
}

/// The characters of a query (RFC 3986, 3.4), and square brackets, which clients send bare. Not the
/// semicolon.
pub(super) fn allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@/?%[]".contains(&byte)
}

fn check(raw: Option<&[u8]>, from: usize) -> Result<bool, Unparsed> {
    percent::check(raw.unwrap_or_default(), Space::Plus)
        .map_err(|(what, at)| Unparsed { what, offset: from + at })
}

fn node(kind: NodeKind, name: (u32, u32), value: (u32, u32), next: u32) -> Node {
    Node { kind, escaped: false, name_escaped: false, name, value, next }
}

fn refuse<T>(what: &'static str, offset: usize) -> Result<T, Unparsed> {
    Err(Unparsed { what, offset })
}

#[cfg(test)]
mod tests;
