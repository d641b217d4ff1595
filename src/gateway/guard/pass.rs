//! The pass over every byte of a layer: finds the words, and asks of each, as cheaply as can be, whether it needs a
//! closer look. What that look finds is `scan.rs`'s and its neighbours'.

use std::ops::Range;

use super::Leak;
use super::blob::{self, in_base64};
use super::detect::begins_account;
use super::filter::Filter;
use super::layer::Layer;
use super::pattern::Patterns;
use super::scan::Scan;
use super::sense::LONGEST_NUMBER;
use super::signs::{Signs, note};
use super::word::{BLOCK, classes, hash_of, load, lone_bit};

/// What a byte beside a word says of it.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which stops at a mistake")]
const BESIDE: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let groups =
            matches!(byte as u8, b' ' | b'\t' | b'\r' | b'\n' | b'+' | b'-' | b'.' | b'/' | b'(' | b')');
        table[byte] = if in_base64(byte as u8) { RUN } else { 0 } | if groups { GROUP } else { 0 };
        byte += 1;
    }
    table[b'/' as usize] |= SLASH;
    table
};
/// A character of base64: the word is part of a run.
const RUN: u8 = 1;
/// A mark between groups of digits.
const GROUP: u8 = 2;
const SLASH: u8 = 4;
/// A number with fewer digits is none by itself.
const WHOLE_NUMBER: usize = 9;

/// What words are held against: both filters, side by side.
#[derive(Clone, Copy)]
struct Sieve<'a> {
    roster: &'a Filter,
    exchange: &'a Filter,
    decode: bool,
    /// Which bytes may be anchors by themselves.
    lone: u64,
}

impl Scan<'_> {
    /// The pass over every byte.
    pub(super) fn pass(&mut self, layer: &Layer<'_>, signs: &mut Signs) -> Result<(), Leak> {
        let text = layer.text;
        let [roster, exchange] = self.sought.patterns.map(Patterns::filter);
        let lone = self.sought.patterns.iter().fold(0, |lone, patterns| lone | patterns.lone());
        let sieve = Sieve { roster, exchange, decode: layer.may_decode(), lone };
        // A word that goes on from the block before: where it starts, whether all of it is ASCII.
        let mut open = None;
        let mut high = false;
        for (base, chunk) in (0..).step_by(BLOCK).zip(text.chunks(BLOCK)) {
            let classes = classes(chunk);
            if classes.special {
                note(text, base, chunk, signs);
            }
            let before = classes.word << 1 | u64::from(open.is_some());
            let mut starts = classes.word & !before;
            let mut ends = before & !classes.word;
            let mut start = open.unwrap_or(base + starts.trailing_zeros() as usize);
            starts &= starts.wrapping_sub(u64::from(open.is_none()));
            if classes.high == 0 && !high {
                while ends != 0 {
                    self.word(layer, start, base + ends.trailing_zeros() as usize, sieve, signs)?;
                    start = base + starts.trailing_zeros() as usize;
                    ends &= ends - 1;
                    starts &= starts.wrapping_sub(1);
                }
            } else {
                while ends != 0 {
                    let end = ends.trailing_zeros();
                    let upto = base + end as usize;
                    let inside = classes.high & !(u64::MAX << end);
                    if high || inside >> start.saturating_sub(base) != 0 {
                        self.folded_run(layer, start..upto, sieve, signs)?;
                        high = false;
                    } else {
                        self.word(layer, start, upto, sieve, signs)?;
                    }
                    start = base + starts.trailing_zeros() as usize;
                    ends &= ends - 1;
                    starts &= starts.wrapping_sub(1);
                }
            }
            open = (classes.word >> 63 != 0).then_some(start);
            if open.is_some() {
                high |= classes.high >> start.saturating_sub(base) != 0;
            }
        }
        match open {
            Some(start) if high => self.folded_run(layer, start..text.len(), sieve, signs),
            Some(start) => self.word(layer, start, text.len(), sieve, signs),
            None => Ok(()),
        }
    }

    /// A run with bytes beyond ASCII: a word only once it is folded, and perhaps something encoded behind such a byte.
    #[inline(never)]
    fn folded_run(
        &mut self,
        layer: &Layer<'_>,
        run: Range<usize>,
        sieve: Sieve<'_>,
        signs: &mut Signs,
    ) -> Result<(), Leak> {
        self.folded_word(layer, run.clone())?;
        if !sieve.decode {
            return Ok(());
        }
        let bytes = layer.text.get(run.clone()).unwrap_or_default();
        let goes_on = layer.text.get(run.end).is_some_and(|byte| of(&BESIDE, *byte) & RUN != 0);
        let mut start = run.start;
        for part in bytes.split(|byte| !byte.is_ascii()) {
            let word = start..start + part.len();
            start = word.end + 1;
            let goes_on = goes_on && word.end == run.end;
            if word.start >= signs.plain && (goes_on && !part.is_empty() || part.len() >= blob::SHORTEST) {
                self.encoded(layer, word, goes_on, signs)?;
            }
        }
        Ok(())
    }

    /// A word of ASCII letters and digits.
    #[inline(always)]
    fn word(
        &mut self,
        layer: &Layer<'_>,
        start: usize,
        end: usize,
        sieve: Sieve<'_>,
        signs: &mut Signs,
    ) -> Result<(), Leak> {
        let text = layer.text;
        let len = end - start;
        let beside = |at: Option<usize>| at.and_then(|at| text.get(at)).map_or(0, |byte| of(&BESIDE, *byte));
        let after = beside(Some(end));
        // A digit or letter by itself, of which a message is full: no anchor, no number, no run.
        if len == 1
            && (after | beside(start.checked_sub(1))) & (GROUP | RUN) == 0
            && sieve.lone & lone_bit(text.get(start..end).unwrap_or_default()) == 0
        {
            return Ok(());
        }
        let head = load(text, start);
        let key = hash_of(head, text, start, end);
        if sieve.roster.may_hold(key) | sieve.exchange.may_hold(key) {
            self.anchor(layer, start..end, key)?;
        }
        if head as u8 <= b'9' {
            if len <= LONGEST_NUMBER && (after & GROUP != 0 || len >= WHOLE_NUMBER) {
                self.number(layer, start..end)?;
            }
        } else if len >= 4 && head >> 16 & 0xF0F0 == 0x3030 && begins_account(&head.to_le_bytes()) {
            self.account(layer, start)?;
        }
        if sieve.decode && start >= signs.plain {
            let goes_on = after & RUN != 0;
            if goes_on || len >= blob::SHORTEST && (len >= blob::LONG || blob::first(head as u8) != 0) {
                self.encoded(layer, start..end, goes_on, signs)?;
            }
            if (!goes_on || after & SLASH != 0)
                && (len >= blob::SHORTEST_DIGEST || beside(start.checked_sub(1)) & RUN != 0)
            {
                self.digests_ending(layer, end)?;
            }
        }
        Ok(())
    }
}

#[inline]
fn of(table: &[u8; 256], byte: u8) -> u8 {
    table.get(usize::from(byte)).copied().unwrap_or_default()
}
