//! Stretches around escapes: only there does undoing them change a word, its neighbours, or a run of base64.
//!
//! A stretch begins and ends with a plain word that no escape reaches, that is joined to nothing before it, stands at
//! the edge of no run of base64 and is no particle: what is read from there on does not depend on what stands before, and
//! what follows was read already, as it stands. It must not know more of escapes than the signs that they begin with.

use super::scan::is_wordish;
use super::words::LONGEST_PARTICLE;

/// No escape takes more bytes, not at any depth.
const REACH: usize = 128;

/// Gives every stretch with a sign of an escape in it to `each`. Two of them overlap in one word at most.
pub(super) fn stretches(text: &[u8], each: &mut impl FnMut(&[u8])) {
    let mut signs = memchr::memchr3_iter(b'\\', b'%', b'&', text).peekable();
    let mut floor = 0;
    while let Some(first) = signs.next() {
        let start = begin(text, floor, first);
        let mut reached = first.saturating_add(REACH);
        let (last, end) = loop {
            while let Some(sign) = signs.next_if(|sign| *sign <= reached) {
                reached = sign.saturating_add(REACH);
            }
            let until = signs.peek().copied().unwrap_or(text.len());
            if let Some(edge) = edge(text, reached, until) {
                break edge;
            }
            match signs.next() {
                Some(sign) => reached = sign.saturating_add(REACH),
                None => break (text.len(), text.len()),
            }
        };
        each(text.get(start..end).unwrap_or_default());
        floor = last;
    }
}

/// Where the last word that can begin a stretch does, from `floor` and before `sign`; `floor` when there is no other.
fn begin(text: &[u8], floor: usize, sign: usize) -> usize {
    let mut end = sign;
    while end > floor {
        let before = text.get(floor..end).unwrap_or_default();
        let Some(last) = before.iter().rposition(|byte| is_wordish(*byte)) else { break };
        let start =
            before.iter().take(last).rposition(|byte| !is_wordish(*byte)).map_or(floor, |at| floor + at + 1);
        let behind = floor + last + 1;
        // A word that touches the sign may be longer when the escape is undone.
        if behind < sign && is_edge(text, start, behind) {
            return start;
        }
        end = start;
    }
    floor
}

/// The first word that can end a stretch, from `from` and before `until`: where it begins and ends.
fn edge(text: &[u8], from: usize, until: usize) -> Option<(usize, usize)> {
    let mut at = from;
    loop {
        let start = at + text.get(at..until)?.iter().position(|byte| is_wordish(*byte))?;
        let end = start + text.get(start..until)?.iter().position(|byte| !is_wordish(*byte))?;
        if start >= from + 2 && is_edge(text, start, end) && !packs(text, end) {
            return Some((start, end));
        }
        at = end;
    }
}

/// Whether a word is plain, no particle, begins what it stands in, and is joined to nothing before it.
fn is_edge(text: &[u8], start: usize, end: usize) -> bool {
    let apart = |before: usize| text.get(before).is_some_and(|byte| !is_wordish(*byte));
    let begins =
        start == 0 || (start >= 2 && apart(start - 1) && apart(start - 2) && !packs(text, start - 1));
    end - start > LONGEST_PARTICLE && begins && text.get(start..end).is_some_and(<[u8]>::is_ascii)
}

/// Whether a byte belongs to base64 and to no word.
fn packs(text: &[u8], at: usize) -> bool {
    matches!(text.get(at), Some(b'+' | b'/' | b'-' | b'_' | b'='))
}
