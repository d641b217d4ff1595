//! Numbers in groups: what `1234.56.782` and `06 - 12 34 56 78` are once their digits stand together.
//!
//! It finds where a number ends in every way that it may, and asks what that is. It knows no layer and no permit.

use std::ops::Range;

use super::LeakKind;
use super::WatchKind;
use super::detect::{Detected, is_typed, passes_eleven, says_bsn};
use super::pattern::Patterns;
use super::phone::national;
use super::word::{hash_word, key_of_word};

/// What a number turned out to be.
pub(super) enum Number {
    /// A reason to refuse, if no permit covers it.
    Found(LeakKind),
    /// Something to count.
    Typed(&'static str),
}

/// The most digits that are read together: `00 31 (0) 6 …`.
const MOST_DIGITS: usize = 14;
const MOST_GROUPS: usize = 8;

/// Reads the number whose first group is `word`, and tells of every end that makes it something.
pub(super) fn read<E>(
    text: &[u8],
    word: Range<usize>,
    patterns: [&Patterns; 2],
    tell: &mut impl FnMut(Range<usize>, Number) -> Result<(), E>,
) -> Result<(), E> {
    let len = word.len();
    if !text.get(word.clone()).unwrap_or_default().iter().all(u8::is_ascii_digit) || is_date(text, &word) {
        return Ok(());
    }
    let mut next = next_group(text, word.end);
    // Most numbers of a message end here: too short, and nothing behind them.
    if len < 9 && next.is_none() {
        return Ok(());
    }
    let before = |back: usize| word.start.checked_sub(back).and_then(|at| text.get(at)).copied();
    let after_digit = before(2).is_some_and(|byte| byte.is_ascii_digit());
    if after_digit && matches!(before(1), Some(b'.' | b',' | b'-' | b'/' | b':')) {
        return Ok(());
    }
    let mut written = Written {
        digits: [0; MOST_DIGITS],
        len: 0,
        groups: [0; MOST_GROUPS],
        used: 0,
        plus: before(1) == Some(b'+') || before(1) == Some(b'(') && before(2) == Some(b'+'),
        spaced: after_digit && before(1) == Some(b' '),
    };
    let mut group = word.clone();
    while written.take(text.get(group.clone()).unwrap_or_default()) {
        let more = text.get(group.end + 1).is_some_and(u8::is_ascii_digit);
        let glued = more && matches!(text.get(group.end), Some(b',' | b':'));
        if written.len >= 9 && !glued {
            let span = word.start..group.end;
            for number in written.is(text, &span, patterns).into_iter().flatten() {
                tell(span.clone(), number)?;
            }
        }
        match next {
            Some(found) => group = found,
            None => return Ok(()),
        }
        next = next_group(text, group.end);
    }
    Ok(())
}

/// Whether a date (ISO 8601) begins here, after which no group follows: eight digits are no number that is known.
fn is_date(text: &[u8], year: &Range<usize>) -> bool {
    let rest = text.get(year.end..).unwrap_or_default();
    let Some([b'-', m1, m2, b'-', d1, d2]) = rest.first_chunk::<6>() else { return false };
    year.len() == 4
        && [m1, m2, d1, d2].into_iter().all(u8::is_ascii_digit)
        && rest.get(6).is_none_or(|&byte| matches!(byte, b'"' | b',' | b'T' | b'<' | b'}' | b';'))
}

/// Digits as they are written.
struct Written {
    digits: [u8; MOST_DIGITS],
    len: usize,
    /// How many digits stand in each group.
    groups: [u8; MOST_GROUPS],
    used: usize,
    plus: bool,
    /// Digits stand before it, after a space.
    spaced: bool,
}

impl Written {
    /// Takes one more group; false when it is none, or too many.
    fn take(&mut self, group: &[u8]) -> bool {
        let room = self.digits.get_mut(self.len..self.len + group.len());
        let (Some(room), Some(place)) = (room, self.groups.get_mut(self.used)) else { return false };
        room.copy_from_slice(group);
        *place = group.len() as u8;
        self.len += group.len();
        self.used += 1;
        group.iter().all(u8::is_ascii_digit)
    }

    fn digits(&self) -> &[u8] {
        self.digits.get(..self.len).unwrap_or_default()
    }

    fn groups(&self) -> &[u8] {
        self.groups.get(..self.used).unwrap_or_default()
    }

    fn is(&self, text: &[u8], span: &Range<usize>, patterns: [&Patterns; 2]) -> [Option<Number>; 2] {
        [self.bsn(text, span, patterns), self.phone(text, span, patterns)]
    }

    fn bsn(&self, text: &[u8], span: &Range<usize>, patterns: [&Patterns; 2]) -> Option<Number> {
        if self.len != 9 || self.groups().contains(&1) || self.spaced && self.used > 1 {
            return None;
        }
        let whole = self.used == 1;
        if !whole {
            // In one piece it is a word, and found as one.
            let key = key_of_word(hash_word(self.digits()), self.digits(), 0, self.len);
            let fact = patterns.iter().find_map(|patterns| patterns.facts().under(key).next());
            if let Some(fact) = fact {
                return Some(Number::Found(LeakKind::Watched(fact.kind)));
            }
        }
        if !passes_eleven(self.digits()) {
            return None;
        }
        if says_bsn(text, span.start) {
            return Some(Number::Found(LeakKind::Detected(Detected::NamedBsn)));
        }
        if whole && is_typed(text, span) {
            return Some(Number::Typed("typed-bsn"));
        }
        Some(Number::Found(LeakKind::Detected(Detected::Bsn)))
    }

    fn phone(&self, text: &[u8], span: &Range<usize>, patterns: [&Patterns; 2]) -> Option<Number> {
        let number = national(self.digits())?;
        if patterns.iter().any(|patterns| patterns.knows_phone(number)) {
            return Some(Number::Found(LeakKind::Watched(WatchKind::Phone)));
        }
        let abroad = self.plus || self.digits().starts_with(b"0031");
        if !abroad && self.len != 10 {
            return None;
        }
        match self.groups() {
            [_] if !abroad && is_typed(text, span) => return Some(Number::Typed("typed-phone")),
            [_] => {}
            _ if abroad => {}
            // `06-12-2025 12` is a date and an hour.
            [2, 2, 4, 2] => return None,
            [2, rest @ ..] if self.digits().starts_with(b"06") && !rest.contains(&1) => {}
            [3 | 4, rest @ ..] if !rest.contains(&1) => {}
            _ => return None,
        }
        Some(Number::Found(LeakKind::Detected(Detected::Phone)))
    }
}

/// The digits that follow behind one mark, or a few that stand together: ` - `, `) `, ` (`.
fn next_group(text: &[u8], end: usize) -> Option<Range<usize>> {
    let rest = text.get(end..)?;
    let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'+');
    let mark = |byte: &u8| space(byte) || matches!(byte, b'-' | b'.' | b'/' | b'(' | b')');
    let marks = rest.iter().take(16).take_while(|byte| mark(byte)).count();
    let hard = rest.iter().take(marks).filter(|byte| !space(byte)).count();
    if marks == 0 || hard > 3 {
        return None;
    }
    let start = end + marks;
    let run = text.get(start..)?;
    let len = run.iter().take(MOST_DIGITS + 1).take_while(|byte| byte.is_ascii_digit()).count();
    let word = run.get(len).is_some_and(|&byte| byte.is_ascii_alphabetic() || byte >= 0x80);
    (len > 0 && !word).then(|| start..start + len)
}
