//! The quick look beside an anchor: whether any phrase can stand here, judged by the hashes of the
//! nearest words, without folding. In doubt the answer is yes, and the exact look decides.

use std::ops::Range;

use super::pattern::Patterns;
use super::window::NEAREST;
use super::word::{hash, hash_pair, is_label, is_particle, is_word, key_of_pair, key_of_word};

/// Whether anything is known under the word alone, or under it and a neighbour: a look at the bytes
/// beside it, without folding. In doubt, yes.
pub(super) fn has_company(text: &[u8], span: &Range<usize>, key: u64, patterns: &Patterns) -> bool {
    if patterns.facts().knows(key_of_word(key, text, span.start, span.end)) {
        return true;
    }
    let part = patterns.part_of(key);
    if part.dates && near_digits(text, span) || part.phrases && patterns.under(key).next().is_some() {
        return true;
    }
    if !part.pairs && !part.phrases {
        return false;
    }
    let before = neighbours(text, span.start, false);
    let after = neighbours(text, span.end, true);
    let (Some(before), Some(after)) = (before, after) else {
        return true;
    };
    let pair = |other: u64| part.pairs && patterns.facts().knows(key_of_pair(key, other));
    let known = |pair: u64| part.phrases && patterns.under(pair).next().is_some();
    before.into_iter().flatten().any(|left| pair(left) || known(hash_pair(left, key)))
        || after.into_iter().flatten().any(|right| pair(right) || known(hash_pair(key, right)))
}

/// Whether four digits stand near a word on one side: a year, perhaps.
fn near_digits(text: &[u8], span: &Range<usize>) -> bool {
    let near =
        text.get(span.start.saturating_sub(QUICK)..text.len().min(span.end + QUICK)).unwrap_or_default();
    near.iter().filter(|byte| byte.is_ascii_digit() || **byte >= 0x80).count() >= 4
}

/// How far the quick look goes, in bytes, before it leaves the question to the exact one.
const QUICK: usize = 96;

/// The next words in one direction, up to the first that no name passes over. `None`: there are bytes that only
/// folding can read, or it is too far to say.
fn neighbours(text: &[u8], from: usize, forward: bool) -> Option<[Option<u64>; NEAREST]> {
    let mut found = [None; NEAREST];
    let mut free = found.iter_mut();
    let mut at = from;
    let step = |at: usize| if forward { text.get(at) } else { text.get(at.checked_sub(1)?) };
    let next = |at: usize| if forward { at + 1 } else { at - 1 };
    loop {
        while step(at).is_some_and(|&byte| !is_word(byte)) {
            at = next(at);
            if at.abs_diff(from) > QUICK {
                return None;
            }
        }
        if step(at).is_none() {
            return Some(found);
        }
        let edge = at;
        while let Some(&byte) = step(at).filter(|&&byte| is_word(byte)) {
            if byte >= 0x80 || at.abs_diff(from) > QUICK {
                return None;
            }
            at = next(at);
        }
        let (start, end) = if forward { (edge, at) } else { (at, edge) };
        let Some(place) = free.next() else { return Some(found) };
        *place = Some(hash(text, start, end));
        let mut folded = [0_u8; 16];
        let spelled = text.get(start..end).unwrap_or_default();
        for (to, from) in folded.iter_mut().zip(spelled) {
            *to = from.to_ascii_lowercase();
        }
        let word = folded.get(..spelled.len()).unwrap_or_default();
        if !is_particle(word) && !is_label(word) && spelled.len() > 1 {
            return Some(found);
        }
    }
}
