//! Folding: one spelling for every way of writing the same letters.
//!
//! Compatibility decomposition (NFKD, UAX 15), case folding (Unicode 3.13), marks and
//! default-ignorables removed, lookalikes to Latin. What is watched and what is scanned pass through
//! here alike. Stripping the marks on both sides finds a name with and without its diacritics.

use std::iter;
use std::str;

use caseless::Caseless;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use super::lookalike::{digit, is_ignorable, latin};

/// What a character becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// A letter or digit, folded.
    Letter(char),
    /// Something between words: white space.
    Space,
    /// Something between words that is not white space.
    Break(char),
}

/// How bytes that are not UTF-8 are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bytes {
    /// As Latin-1: text of an older system.
    Text,
    /// As nothing: what a decoder made of bytes that may never have been text.
    Binary,
}

/// Folds one character into units.
pub(super) fn fold(character: char, out: &mut impl FnMut(Unit)) {
    if character.is_ascii_alphanumeric() {
        return out(Unit::Letter(character.to_ascii_lowercase()));
    }
    if character.is_whitespace() {
        return out(Unit::Space);
    }
    if character.is_ascii() {
        return out(Unit::Break(character));
    }
    if is_ignorable(character) {
        return;
    }
    decompose_compatible(character, |part| {
        if is_ignorable(part) || is_combining_mark(part) {
            return;
        }
        for folded in iter::once(part).default_case_fold() {
            fold_part(folded, out);
        }
    });
}

fn fold_part(folded: char, out: &mut impl FnMut(Unit)) {
    if is_combining_mark(folded) {
    } else if let Some(spelled) = latin(folded) {
        spelled.chars().for_each(|letter| out(Unit::Letter(letter)));
    } else if let Some(digit) = digit(folded) {
        out(Unit::Letter(char::from(digit)));
    } else if folded.is_alphanumeric() {
        out(Unit::Letter(folded));
    } else if folded.is_whitespace() {
        out(Unit::Space);
    } else {
        out(Unit::Break(folded));
    }
}

/// Folds bytes; `out` also learns where in the source the character stood, as a byte range.
pub(super) fn fold_bytes(source: &[u8], bytes: Bytes, out: &mut impl FnMut(Unit, usize, usize)) {
    let mut at = 0;
    for chunk in source.utf8_chunks() {
        let valid = chunk.valid();
        if bytes == Bytes::Text || valid.len() >= 4 {
            for (offset, character) in valid.char_indices() {
                let start = at + offset;
                let end = start + character.len_utf8();
                fold(character, &mut |unit| out(unit, start, end));
            }
        } else if !valid.is_empty() {
            out(Unit::Break('\u{FFFD}'), at, at + valid.len());
        }
        at += valid.len();
        for &byte in chunk.invalid() {
            match bytes {
                Bytes::Text => fold(char::from(byte), &mut |unit| out(unit, at, at + 1)),
                Bytes::Binary => out(Unit::Break('\u{FFFD}'), at, at + 1),
            }
            at += 1;
        }
    }
}

/// Which marks between letters are dropped instead of parting words: `O'Brien` is also `OBrien`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joined {
    /// None.
    Nothing,
    /// Apostrophes.
    Apostrophes,
    /// Hyphens.
    Hyphens,
    /// Both.
    Both,
}

impl Joined {
    /// Whether this mark is dropped.
    pub(super) const fn joins(self, mark: char) -> bool {
        let apostrophe = matches!(mark, '\'' | '`' | '´' | '’' | '‘' | 'ʼ' | 'ʹ' | '‛' | '′');
        let hyphen = matches!(mark, '-' | '\u{2010}' | '\u{2011}' | '\u{2012}' | '–' | '\u{2212}');
        match self {
            Self::Nothing => false,
            Self::Apostrophes => apostrophe,
            Self::Hyphens => hyphen,
            Self::Both => apostrophe || hyphen,
        }
    }
}

/// Appends a value's words to `out`, folded and parted by single spaces.
pub(super) fn phrase(value: &str, joined: Joined, out: &mut Vec<u8>) {
    let start = out.len();
    if value.is_ascii() {
        let parts =
            value.as_bytes().split(|byte| !byte.is_ascii_alphanumeric() && !joined.joins(char::from(*byte)));
        for part in parts {
            let before = out.len();
            if before > start {
                out.push(b' ');
            }
            let from = out.len();
            if joined == Joined::Nothing {
                out.extend(part.iter().map(u8::to_ascii_lowercase));
            } else {
                out.extend(
                    part.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase),
                );
            }
            if out.len() == from {
                out.truncate(before);
            }
        }
        return;
    }
    let mut parted = false;
    let mut put = |unit: Unit| match unit {
        Unit::Letter(letter) => {
            if parted && out.len() > start {
                out.push(b' ');
            }
            parted = false;
            out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Unit::Break(mark) if joined.joins(mark) => {}
        Unit::Space | Unit::Break(_) => parted = true,
    };
    for character in value.chars() {
        fold(character, &mut put);
    }
}
