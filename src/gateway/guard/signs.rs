//! Signs: what a pass over the bytes of a layer met that asks for a closer look, noted in passing.

use super::peel::{Escapes, escape};
use super::seen::Pending;

/// What a pass over one layer met.
#[derive(Default)]
pub(super) struct Signs {
    pub(super) escapes: Vec<usize>,
    pub(super) quoted: Vec<usize>,
    /// Escapes before this offset are noted.
    pub(super) noted: usize,
    pub(super) nul: bool,
    /// The end of the base64 run met last.
    pub(super) run_end: usize,
    /// A run up to here was decoded from a place where text may begin.
    pub(super) decoded: usize,
    /// Words before this offset are known to encode nothing.
    pub(super) plain: usize,
    /// A run that is being looked at for the first time.
    pub(super) pending: Option<Pending>,
}

/// Notes the escapes that begin in a block.
#[cold]
pub(super) fn note(text: &[u8], base: usize, chunk: &[u8], signs: &mut Signs) {
    for (offset, byte) in chunk.iter().enumerate() {
        let at = base + offset;
        match byte {
            b'\\' | b'%' | b'&' if at >= signs.noted => {
                if let Some(escape) = escape(text, at, Escapes::Signs) {
                    signs.noted = at + escape.len;
                    // An escaped quote parts words as it stands.
                    if text.get(at + 1) != Some(&b'"') {
                        signs.escapes.push(at);
                    }
                }
            }
            b'=' if escape(text, at, Escapes::Quoted).is_some() => signs.quoted.push(at),
            0 => signs.nul = true,
            _ => {}
        }
    }
}
