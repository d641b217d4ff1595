//! The words of texts, hashed: each word, each pair of neighbours, pairs over the particles of Dutch names, and words
//! joined over a hyphen or apostrophe.
//!
//! Words of ASCII are read where they stand; what is beyond it is folded as the guard folds. It must not know what
//! texts come from, nor keep a word longer than a message takes.

use super::distinct::{Distinct, Id, is_particle_id};
use super::filter::Encoder;
use super::month::MonthKey;
use super::scan::{eight, is_wordish, low, runs};
use super::text::{Heads, texts};
use crate::gateway::guard::{Unit, fold};

/// Particles of Dutch names (tussenvoegsels) and their short forms, folded.
pub(super) const PARTICLES: [&str; 26] = [
    "a", "aan", "bij", "d", "de", "den", "der", "des", "het", "in", "l", "la", "le", "onder", "op", "over",
    "s", "t", "te", "ten", "ter", "tot", "uit", "v", "van", "von",
];
/// The length of `onder`.
pub(super) const LONGEST_PARTICLE: usize = 5;

/// Hashes for which room is kept.
const MOST_KEPT: usize = 1 << 16;

/// Gathers the words of one message after another, in room that is kept.
#[derive(Default)]
pub(super) struct Gathering {
    distinct: Distinct,
    word: String,
    hashes: Vec<u64>,
    encoder: Encoder,
}

impl Gathering {
    /// The filter of a message: of its head and its body.
    pub(super) fn filter(&mut self, key: &MonthKey, heads: &Heads, body: &[u8]) -> Vec<u8> {
        self.gather(key, heads, body);
        self.encoder.encode(&self.hashes)
    }

    /// Hashes of all words, pairs and joined runs in all texts of a message; some may come twice.
    pub(super) fn gather(&mut self, key: &MonthKey, heads: &Heads, body: &[u8]) -> &[u64] {
        self.distinct.begin(key, body.len());
        texts(heads, body, &mut |text| read(text, &mut self.word, &mut self.distinct));
        self.hashes.clear();
        self.hashes.shrink_to(MOST_KEPT);
        self.distinct.hashes(&mut self.hashes);
        self.distinct.end();
        &self.hashes
    }
}

/// A folded word, and whether it is joined to the one before by a hyphen or an apostrophe alone.
pub(super) struct Word {
    pub(super) text: String,
    pub(super) joined: bool,
}

/// The words of a text, in their order.
pub(super) fn split(text: &[u8], each: &mut impl FnMut(Word)) {
    let mut word = String::new();
    // Marks since the last word: none, one that joins, or others.
    let (mut marks, mut joins) = (0_u32, false);
    let mut was_joined = false;
    fold(text, &mut |unit| match unit {
        Unit::Letter(letter) => {
            if word.is_empty() {
                was_joined = marks == 1 && joins;
            }
            word.push(letter);
        }
        Unit::Break(mark) => {
            if !word.is_empty() {
                each(Word { text: std::mem::take(&mut word), joined: was_joined });
                marks = 0;
            }
            marks = marks.saturating_add(1);
            joins = is_joint(mark);
        }
    });
    if !word.is_empty() {
        each(Word { text: word, joined: was_joined });
    }
}

/// Apostrophes and hyphens.
#[inline]
fn is_joint(mark: char) -> bool {
    matches!(
        mark,
        '\'' | '`'
            | '´'
            | '’'
            | '‘'
            | 'ʼ'
            | 'ʹ'
            | '‛'
            | '′'
            | '-'
            | '\u{2010}'
            | '\u{2011}'
            | '\u{2012}'
            | '–'
            | '\u{2212}'
    )
}

/// What stands before a word, in its text.
#[derive(Default, Clone, Copy)]
struct Line {
    /// The word before.
    before: Id,
    /// The last word before particles.
    over: Id,
    /// The joined run so far.
    run: Id,
    /// Marks since the last word, and whether the last of them joins.
    marks: usize,
    joins: bool,
    /// Up to where the text was read.
    end: usize,
}

/// Gathers the words of a text; `word` is room for one.
fn read(text: &[u8], word: &mut String, distinct: &mut Distinct) {
    let mut line = Line::default();
    for (start, end) in runs(text, is_wordish) {
        line.skip(text, start);
        match plain(text, start, end, line.before, distinct) {
            Some((id, true)) => line.follow(id, line.joined(), distinct),
            Some((id, false)) => line.add(id, line.joined(), distinct),
            None => line = folded(text.get(start..end).unwrap_or_default(), word, line, distinct),
        }
        line.end = end;
    }
}

/// The number of a word of ASCII letters and digits, and whether it is known for the neighbour of the word before; none
/// when there is something else in it.
#[inline(always)]
fn plain(text: &[u8], start: usize, end: usize, before: Id, distinct: &mut Distinct) -> Option<(Id, bool)> {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // The bit that makes letters small is set in digits anyway.
    const SMALL: u64 = 0x2020_2020_2020_2020;
    let len = end - start;
    let head = match len {
        1..=8 => {
            let bytes = eight(text, start);
            if bytes & low(len) & HIGH != 0 {
                return None;
            }
            ((bytes | SMALL) & low(len), 0)
        }
        9..=16 => {
            let (first, second) = (eight(text, start), eight(text, start + 8));
            if (first | second & low(len - 8)) & HIGH != 0 {
                return None;
            }
            (first | SMALL, (second | SMALL) & low(len - 8))
        }
        _ => return Some((long(text.get(start..end)?, distinct)?, false)),
    };
    match distinct.again(before, head, len) {
        Some(id) => Some((id, true)),
        None => Some((distinct.short(head, len), false)),
    }
}

#[inline(never)]
fn long(word: &[u8], distinct: &mut Distinct) -> Option<Id> {
    if !word.is_ascii() {
        return None;
    }
    let mut small = [0; 64];
    match small.get_mut(..word.len()) {
        Some(small) => {
            for (to, from) in small.iter_mut().zip(word) {
                *to = from | 0x20;
            }
            Some(distinct.word(small))
        }
        None => Some(distinct.word(&word.to_ascii_lowercase())),
    }
}

/// Words in a run of bytes that has some beyond ASCII.
#[inline(never)]
fn folded(run: &[u8], word: &mut String, mut line: Line, distinct: &mut Distinct) -> Line {
    word.clear();
    let mut joined = false;
    fold(run, &mut |unit| match unit {
        Unit::Letter(letter) => {
            if word.is_empty() {
                joined = line.joined();
            }
            word.push(letter);
        }
        Unit::Break(mark) => {
            if !word.is_empty() {
                line.add(distinct.word(word.as_bytes()), joined, distinct);
                word.clear();
            }
            line.marks += 1;
            line.joins = is_joint(mark);
        }
    });
    if !word.is_empty() {
        line.add(distinct.word(word.as_bytes()), joined, distinct);
    }
    line
}

impl Line {
    /// Reads marks of ASCII, up to `start`.
    #[inline(always)]
    fn skip(&mut self, text: &[u8], start: usize) {
        let marks = start - self.end;
        if marks > 0 {
            self.marks += marks;
            // Those of [`is_joint`] that are ASCII.
            self.joins =
                marks == 1 && text.get(self.end).is_some_and(|mark| matches!(mark, b'\'' | b'`' | b'-'));
        }
    }

    /// Whether the next word is joined to the one before by one hyphen or apostrophe alone.
    #[inline(always)]
    const fn joined(&self) -> bool {
        self.marks == 1 && self.joins
    }

    #[inline(always)]
    fn add(&mut self, word: Id, joined: bool, distinct: &mut Distinct) {
        if self.before != 0 {
            distinct.neighbours(self.before, word);
        }
        self.follow(word, joined, distinct);
    }

    /// Goes on to a word that is known for the neighbour of the one before.
    #[inline(always)]
    fn follow(&mut self, word: Id, joined: bool, distinct: &mut Distinct) {
        self.run = if joined && self.run != 0 { distinct.join(self.run, word) } else { word };
        if is_particle_id(word) {
            if self.over == 0 {
                self.over = self.before;
            }
        } else {
            if self.over != 0 {
                distinct.pair(self.over, word);
            }
            self.over = 0;
        }
        (self.before, self.marks, self.joins) = (word, 0, false);
    }
}
