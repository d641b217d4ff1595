//! How the guard reads, for whoever must read text alike: escapes undone, letters folded to one spelling.
//!
//! It decides nothing and must not know what is sought.

use super::fold::{self, Bytes};
use super::peel::{self, Escapes};

/// What a character becomes when it is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gateway) enum Unit {
    /// A letter or digit: case folded, without marks, lookalikes as Latin.
    Letter(char),
    /// A mark between words, or white space.
    Break(char),
}

/// `text` with every escape of JSON (RFC 8259, 7), of URLs (RFC 3986, 2.1) and every character reference of HTML and
/// XML undone, once; none when there is no escape in it.
pub(in crate::gateway) fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr3(b'\\', b'%', b'&', text)?;
    let (mut out, mut steps) = (Vec::with_capacity(text.len()), Vec::new());
    peel::peel(text, 0..text.len(), Escapes::Signs, &mut out, &mut steps);
    (out != text).then_some(out)
}

/// Folds `text`, NFKD and default case folding; what is not UTF-8 is read as Latin-1.
pub(in crate::gateway) fn fold(text: &[u8], out: &mut impl FnMut(Unit)) {
    fold::fold_bytes(text, Bytes::Text, &mut |unit, _, _| match unit {
        fold::Unit::Letter(letter) => out(Unit::Letter(letter)),
        fold::Unit::Space => out(Unit::Break(' ')),
        fold::Unit::Break(mark) => out(Unit::Break(mark)),
    });
}
