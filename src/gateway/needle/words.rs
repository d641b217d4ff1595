//! The words of texts, hashed: each word, each pair of neighbours, pairs over the particles of Dutch names, and words
//! joined over a hyphen or apostrophe.
//!
//! It must not keep a word longer than the next one needs it.

use std::collections::HashSet;

use super::month::MonthKey;
use super::text::texts;
use crate::gateway::guard::{Unit, fold};
use crate::gateway::message::Message;

/// Particles of Dutch names (tussenvoegsels) and their short forms, folded.
pub(super) const PARTICLES: [&str; 26] = [
    "a", "aan", "bij", "d", "de", "den", "der", "des", "het", "in", "l", "la", "le", "onder", "op", "over",
    "s", "t", "te", "ten", "ter", "tot", "uit", "v", "van", "von",
];

/// Hashes of all words and pairs in all texts of a message.
pub(super) fn gather(key: &MonthKey, message: &Message) -> Vec<u64> {
    let mut hashes = HashSet::new();
    texts(message, &mut |text| words_of(text, key, &mut hashes));
    hashes.into_iter().collect()
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

fn words_of(text: &[u8], key: &MonthKey, hashes: &mut HashSet<u64>) {
    // The word before; the last one before particles; the joined run so far.
    let (mut before, mut over, mut run) = (String::new(), String::new(), String::new());
    split(text, &mut |word: Word| {
        let Word { text, joined } = word;
        hashes.insert(key.word(text.as_bytes()));
        if !before.is_empty() {
            hashes.insert(key.pair(before.as_bytes(), text.as_bytes()));
        }
        if joined {
            run.push_str(&text);
            hashes.insert(key.word(run.as_bytes()));
        } else {
            run.clone_from(&text);
        }
        if PARTICLES.contains(&text.as_str()) {
            if over.is_empty() {
                over.clone_from(&before);
            }
        } else {
            if !over.is_empty() {
                hashes.insert(key.pair(over.as_bytes(), text.as_bytes()));
            }
            over.clear();
        }
        before = text;
    });
}
