//! Values separated by commas, as in `sort=status,role`: an array of texts.
//!
//! Spaces round a value are not part of it. There are no escapes: a value holds no comma. It must not
//! know where the list stood.

use super::document::{Node, NodeKind, Unparsed};
use super::limits::Limits;

/// Parses a list. No bytes at all: no elements; an empty element refuses.
pub(super) fn parse(bytes: &[u8], limits: &Limits) -> Result<Vec<Node>, Unparsed> {
    if bytes.len() > limits.bytes() {
        return refuse("more bytes than the limit allows", limits.bytes());
    }
    if let Err(error) = std::str::from_utf8(bytes) {
        return refuse("invalid UTF-8", error.valid_up_to());
    }
    if let Some(at) = bytes.iter().position(u8::is_ascii_control) {
        return refuse("a control character in a list", at);
    }
    let mut nodes = vec![node(NodeKind::Array, (0, bytes.len()), 1)];
    let mut at = 0;
    for element in bytes.split(|byte| *byte == b',').filter(|_| !bytes.is_empty()) {
        if nodes.len() >= limits.nodes() {
            return refuse("more values than the limit allows", at);
        }
        let trimmed = element.trim_ascii();
        if trimmed.is_empty() {
            return refuse("an empty element in a list", at);
        }
        let from = at + element.len() - element.trim_ascii_start().len();
        nodes.push(node(NodeKind::Text, (from, from + trimmed.len()), nodes.len() + 1));
        at += element.len() + 1;
    }
    let next = nodes.len() as u32;
    if let Some(root) = nodes.first_mut() {
        root.next = next;
    }
    Ok(nodes)
}

/// Whether a text can be an element as it is.
pub(super) fn is_element(text: &str) -> bool {
    !text.is_empty()
        && text.trim_ascii().len() == text.len()
        && !text.bytes().any(|byte| byte == b',' || byte.is_ascii_control())
}

fn node(kind: NodeKind, value: (usize, usize), next: usize) -> Node {
    let value = (value.0 as u32, value.1 as u32);
    Node { kind, escaped: false, name_escaped: false, name: (0, 0), value, next: next as u32 }
}

fn refuse<T>(what: &'static str, offset: usize) -> Result<T, Unparsed> {
    Err(Unparsed { what, offset })
}
