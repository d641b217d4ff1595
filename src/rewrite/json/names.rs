//! Duplicate member names: found whatever their escapes and normal forms, in n log n at worst.
//!
//! Each name gets a cheap fingerprint. Names with different fingerprints differ; an object where two
//! agree, or with many members, is looked at exactly when it ends. It must not know values.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::super::document::{Node, Unparsed};
use super::{refuse, text};

/// Objects with more members are not searched name by name, but sorted once.
const FEW: usize = 32;

/// The names of every object that is open.
#[derive(Default)]
pub(super) struct Names {
    prints: Vec<u64>,
    inner: Seen,
    around: Vec<Seen>,
}

/// What is known about one open object's names.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// Its first fingerprint in `prints`.
    first: usize,
    /// A bit for every fingerprint seen: an unset bit means that a name is new.
    bits: u64,
    /// Two fingerprints agreed, or nobody looked.
    suspect: bool,
}

impl Names {
    #[inline]
    pub(super) fn enter(&mut self) {
        let inner = Seen { first: self.prints.len(), bits: 0, suspect: false };
        self.around.push(std::mem::replace(&mut self.inner, inner));
    }

    /// Adds a name to the innermost object. `ascii`: nothing in the whole document is not.
    #[inline(always)]
    pub(super) fn add(&mut self, content: &[u8], escaped: bool, ascii: bool) {
        let print = if !escaped && (ascii || content.is_ascii()) {
            fingerprint(content)
        } else {
            fingerprint(canonical(content, escaped).as_bytes())
        };
        let bit = 1_u64 << (print >> 58);
        if self.inner.bits & bit != 0 {
            self.compare(print);
        }
        self.inner.bits |= bit;
        self.prints.push(print);
    }

    /// Another name has the bit of this one.
    #[inline(never)]
    fn compare(&mut self, print: u64) {
        let earlier = self.prints.get(self.inner.first..).unwrap_or_default();
        self.inner.suspect |= earlier.len() > FEW || earlier.contains(&print);
    }

    /// Ends the innermost object, whose node is `object`; refuses it if two of its names are one.
    #[inline]
    pub(super) fn leave(&mut self, bytes: &[u8], nodes: &[Node], object: u32) -> Result<(), Unparsed> {
        let seen = std::mem::replace(&mut self.inner, self.around.pop().unwrap_or_default());
        if seen.suspect {
            compare(bytes, nodes, object, self.prints.get(seen.first..).unwrap_or_default())?;
        }
        self.prints.truncate(seen.first);
        Ok(())
    }
}

/// Whether two names, unescaped, are one: compared in NFC.
pub(in super::super) fn is_same_name(one: &str, other: &str) -> bool {
    // Not enough that one is ASCII: the Kelvin sign's NFC is a K.
    one == other || (!(one.is_ascii() && other.is_ascii()) && one.nfc().eq(other.nfc()))
}

/// Sorts fingerprints, then, where some agree, the names themselves.
#[cold]
fn compare(bytes: &[u8], nodes: &[Node], object: u32, prints: &[u64]) -> Result<(), Unparsed> {
    let mut members = Vec::with_capacity(prints.len());
    let mut at = object as usize + 1;
    for print in prints {
        let Some(node) = nodes.get(at) else { break };
        members.push((*print, at as u32));
        at = node.next as usize;
    }
    members.sort_unstable();
    for run in members.chunk_by(|one, other| one.0 == other.0).filter(|run| run.len() > 1) {
        let found = run.iter().filter_map(|(_, at)| nodes.get(*at as usize));
        let mut names: Vec<(Cow<'_, str>, u32)> = found
            .map(|node| {
                let content = bytes.get(node.name.0 as usize..node.name.1 as usize).unwrap_or_default();
                (canonical(content, node.name_escaped), node.name.0)
            })
            .collect();
        names.sort_unstable();
        for (one, other) in names.iter().zip(names.iter().skip(1)) {
            if one.0 == other.0 {
                return refuse("a member's name occurs twice", other.1 as usize);
            }
        }
    }
    Ok(())
}

/// A name unescaped and in NFC: the form in which two names are one.
fn canonical(content: &[u8], escaped: bool) -> Cow<'_, str> {
    let raw = std::str::from_utf8(content).unwrap_or_default();
    let name = if escaped { Cow::Owned(text::unescape(raw)) } else { Cow::Borrowed(raw) };
    match is_nfc_quick(name.chars()) {
        IsNormalized::Yes => name,
        _ => Cow::Owned(name.nfc().collect()),
    }
}

/// Length, the first eight bytes and the last eight (of a short name four, or each of three), mixed: enough to tell
/// ordinary names apart. Names made to agree cost a sort of that object, no more.
#[inline(always)]
fn fingerprint(name: &[u8]) -> u64 {
    let (head, tail) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (Some(head), Some(tail)) => (u64::from_le_bytes(*head), u64::from_le_bytes(*tail)),
        _ => match (name.first_chunk::<4>(), name.last_chunk::<4>()) {
            (Some(head), Some(tail)) => (u32::from_le_bytes(*head).into(), u32::from_le_bytes(*tail).into()),
            _ => (name.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0),
        },
    };
    let mixed = (head ^ tail.rotate_left(29) ^ name.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^ mixed >> 29
}
