//! The exact look at a place where an anchor stands: fold the words around it, compare phrases.
//!
//! Reached for a few words of a message only, so it is written to be right rather than quick. It
//! knows phrases, not pupils, and no message beyond the text it is given.

use std::ops::Range;

use super::WatchKind;
use super::fold::{Bytes, Unit, fold_bytes};
use super::pattern::Patterns;
use super::phrase::Phrase;
use super::word::{hash_pair, hash_word, is_label, is_particle, is_word, key_of_word};

/// How far the words of one phrase may lie apart in the source, in bytes.
const REACH: usize = 4096;
/// Marks between two words of one phrase, a run of white space counting as one.
pub(super) const GAP: u8 = 8;
pub(super) const TIGHT_GAP: u8 = 3;
/// Words between two words of a name that are passed over when they are tussenvoegsels.
pub(super) const PASSED_OVER: usize = 4;
/// How many words beside an anchor are looked up with it.
pub(super) const NEAREST: usize = 8;

/// A folded word and where it stands.
pub(super) struct Token {
    text: Range<usize>,
    pub(super) source: Range<usize>,
    pub(super) hash: u64,
    key: u64,
    pub(super) particle: bool,
    /// It says what the name beside it is: `achternaam`.
    pub(super) label: bool,
    /// It begins with a capital.
    pub(super) upper: bool,
    /// Marks between the word before and this one.
    pub(super) gap: u8,
    /// Whether one of them is a colon: then a name and a value, not one phrase.
    pub(super) colon: bool,
    /// What stands between the word before and this one.
    pub(super) marks: Marks,
}

/// Marks between two words, as far as they tell an initial from a letter.
#[derive(Clone, Copy, Default)]
pub(super) struct Marks {
    /// A dot stands at the word before: `P. Jansen`, `Jansen, P.`.
    pub(super) dot: bool,
    /// A mark of user names stands there: `p_jansen`, `p-jansen`.
    pub(super) joins: bool,
    /// A bracket, a quote, a question: `a) groen`, `["B","Groen"]`.
    pub(super) parts: bool,
    /// An apostrophe: `o'brien`.
    pub(super) quote: bool,
    /// The end of a sentence or of a clause: a stop and a space behind a word.
    pub(super) stop: bool,
    /// A comma.
    pub(super) comma: bool,
    /// Anything but spaces.
    pub(super) any: bool,
}

/// The folded words of a stretch of text.
#[derive(Default)]
pub(super) struct Window {
    folded: Vec<u8>,
    pub(super) tokens: Vec<Token>,
    /// What follows the last word.
    pub(super) after: Marks,
}

/// Where something that is watched for stands.
pub(super) struct Match {
    /// What kind of value it is a form of.
    pub(super) kind: WatchKind,
    /// Whether it may also be something else.
    pub(super) suspect: bool,
    /// Whether it holds digits only.
    pub(super) digits: bool,
    /// The bytes of the text it stands in.
    pub(super) span: Range<usize>,
}

impl Window {
    /// Folds `span` and as many words on both sides as a phrase can have. Returns the bytes read.
    pub(super) fn open(&mut self, text: &[u8], span: &Range<usize>, words: usize, bytes: Bytes) -> usize {
        let start = reach_left(text, span.start, words);
        let end = reach_right(text, span.end, words);
        self.fold(text, start..end, bytes);
        end.saturating_sub(start)
    }

    /// Folds exactly the bytes of `range`.
    pub(super) fn fold(&mut self, text: &[u8], range: Range<usize>, bytes: Bytes) {
        self.folded.clear();
        self.tokens.clear();
        let base = range.start;
        let mut gap = 0_u8;
        let mut space = false;
        let mut colon = false;
        let mut open = false;
        // Whether the last word is no abbreviation, and whether a mark that ends a sentence stood behind it.
        let (mut long, mut ends) = (false, false);
        let mut marks = Marks::default();
        let folded = &mut self.folded;
        let tokens = &mut self.tokens;
        let source = text.get(range).unwrap_or_default();
        fold_bytes(source, bytes, &mut |unit, start, end| match unit {
            Unit::Letter(letter) => {
                let at = folded.len();
                folded.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                if !open {
                    tokens.push(Token {
                        text: at..at,
                        source: base + start..base + end,
                        hash: 0,
                        key: 0,
                        particle: false,
                        label: false,
                        upper: is_upper(source.get(start..end)),
                        gap,
                        colon,
                        marks,
                    });
                }
                if let Some(token) = tokens.last_mut() {
                    token.text.end = folded.len();
                    token.source.end = base + end;
                }
                long = tokens.last().is_some_and(|token| token.text.len() > 2);
                (open, gap, space, colon, marks) = (true, 0, false, false, Marks::default());
                ends = false;
            }
            Unit::Space => {
                gap = gap.saturating_add(u8::from(!space));
                marks.any |= matches!(source.get(start), Some(b'\t' | b'\n' | b'\r'));
                marks.stop |= ends;
                (open, space) = (false, true);
            }
            Unit::Break(mark) => {
                // A plus is a space of a form.
                marks.any |= mark != '+';
                marks.comma |= mark == ',';
                ends |= matches!(mark, '!' | '?' | ';') || mark == '.' && long;
                marks.quote |= open && matches!(mark, '\'' | '’' | '‘' | '`');
                marks.dot |= open && mark == '.';
                marks.joins |= open && matches!(mark, '_' | '-');
                marks.parts |= matches!(mark, '(' | ')' | '[' | ']' | '{' | '}' | '"' | '?' | '!' | '=');
                gap = gap.saturating_add(1);
                colon |= mark == ':';
                (open, space) = (false, false);
            }
        });
        self.after = marks;
        for token in tokens {
            let word = folded.get(token.text.clone()).unwrap_or_default();
            token.hash = hash_word(word);
            token.key = key_of_word(token.hash, word, 0, word.len());
            token.particle = is_particle(word);
            token.label = is_label(word);
        }
    }

    /// Whether one of the folded words is a number of two digits or more.
    pub(super) fn holds_number(&self) -> bool {
        self.tokens
            .iter()
            .any(|token| token.text.len() > 1 && self.text(token).iter().all(u8::is_ascii_digit))
    }

    /// The folded words with one space between them.
    pub(super) fn spaced(&self, out: &mut Vec<u8>) {
        for token in &self.tokens {
            if !out.is_empty() {
                out.push(b' ');
            }
            out.extend_from_slice(self.text(token));
        }
    }

    /// Whether any of the folded words may be an anchor.
    pub(super) fn may_anchor(&self, patterns: &Patterns) -> bool {
        self.tokens.iter().any(|token| patterns.may_anchor(token.hash))
    }

    /// Calls `found` for everything that is watched for and whose anchor is one of the words inside `span`.
    pub(super) fn matches<E>(
        &self,
        patterns: &Patterns,
        span: &Range<usize>,
        found: &mut impl FnMut(Match) -> Result<(), E>,
    ) -> Result<(), E> {
        for (at, token) in self.tokens.iter().enumerate() {
            let inside = token.source.start >= span.start && token.source.end <= span.end;
            if !inside || !patterns.may_anchor(token.hash) {
                continue;
            }
            for fact in patterns.facts().under(token.key) {
                let digits = self.text(token).iter().all(u8::is_ascii_digit);
                let (kind, suspect) = (fact.kind, fact.manner.suspect);
                found(Match { kind, suspect, digits, span: token.source.clone() })?;
            }
            let part = patterns.part_of(token.hash);
            if part.pairs {
                self.pairs(patterns, at, found)?;
            }
            if part.dates {
                self.dates(patterns, at, found)?;
            }
            if part.phrases {
                self.phrases(patterns, at, token, found)?;
            }
        }
        Ok(())
    }

    /// Every phrase of which the word numbered `at` is the anchor.
    fn phrases<E>(
        &self,
        patterns: &Patterns,
        at: usize,
        token: &Token,
        found: &mut impl FnMut(Match) -> Result<(), E>,
    ) -> Result<(), E> {
        let before = self.tokens.get(..at).unwrap_or_default();
        let after = self.tokens.get(at + 1..).unwrap_or_default();
        let lefts = nearest(before.iter().rev()).map(|left| hash_pair(left, token.hash));
        let rights = nearest(after.iter()).map(|right| hash_pair(token.hash, right));
        let keys = std::iter::once(token.hash).chain(lefts).chain(rights);
        for phrase in keys.flat_map(|key| patterns.under(key)) {
            if let Some(span) = self.place(&phrase, at) {
                let digits = phrase.words.iter().all(|byte| matches!(byte, b'0'..=b'9' | b' '));
                found(Match { kind: phrase.kind, suspect: phrase.manner.suspect, digits, span })?;
            }
        }
        Ok(())
    }

    /// Where `phrase` stands, with the word numbered `at` in it.
    fn place(&self, phrase: &Phrase<'_>, at: usize) -> Option<Range<usize>> {
        let mut words: Vec<&[u8]> = phrase.words.split(|&byte| byte == b' ').collect();
        let count = words.len();
        if phrase.manner.any_order {
            words.sort_unstable();
        }
        let every: Vec<&Token> = self.tokens.iter().collect();
        if let Some(span) = self.stands(phrase, &words, &every, at) {
            return Some(span);
        }
        if !phrase.manner.any_order {
            return None;
        }
        // `Sanne v.d. Berg` holds the name `Sanne Berg`: what stands between names is passed over.
        let from = at.saturating_sub(PASSED_OVER * count);
        let near = self.tokens.get(from..).unwrap_or_default().iter().take(2 * PASSED_OVER * count);
        let mut names = Vec::with_capacity(count * 2);
        let mut place = None;
        for (nth, token) in near.enumerate() {
            if from + nth == at {
                place = Some(names.len());
            } else if (token.particle || token.label) && !words.contains(&self.text(token)) {
                continue;
            }
            names.push(token);
        }
        self.stands(phrase, &words, &names, place?)
    }

    /// Where `phrase` stands among `tokens`, with the one numbered `at` in it.
    fn stands(
        &self,
        phrase: &Phrase<'_>,
        words: &[&[u8]],
        tokens: &[&Token],
        at: usize,
    ) -> Option<Range<usize>> {
        let count = words.len();
        (at.saturating_sub(count - 1)..=at).find_map(|start| {
            let tokens = tokens.get(start..start + count)?;
            let (first, rest) = tokens.split_first()?;
            let stands = rest.iter().all(|token| close(token, phrase))
                && if phrase.manner.any_order {
                    let mut stand: Vec<&[u8]> = tokens.iter().map(|token| self.text(token)).collect();
                    stand.sort_unstable();
                    stand == words
                } else {
                    tokens.iter().zip(words).enumerate().all(|(nth, (token, word))| {
                        self.equal(token, word, phrase.manner.date && nth + 1 == count)
                    })
                };
            let last = rest.last().unwrap_or(first);
            stands.then_some(first.source.start..last.source.end)
        })
    }

    /// A word's folded letters.
    pub(super) fn text(&self, token: &Token) -> &[u8] {
        self.folded.get(token.text.clone()).unwrap_or_default()
    }

    fn equal(&self, token: &Token, word: &[u8], date_ends: bool) -> bool {
        let text = self.text(token);
        if text == word {
            return true;
        }
        date_ends && text.strip_prefix(word).and_then(<[u8]>::first).is_some_and(u8::is_ascii_alphabetic)
    }
}

/// Whether a word stands as near to the one before it as the phrase asks.
const fn close(token: &Token, phrase: &Phrase<'_>) -> bool {
    if phrase.manner.tight { token.gap <= TIGHT_GAP && !token.colon } else { token.gap <= GAP }
}

/// The hashes of the words nearest to a word on one side, up to the first that no name passes over.
fn nearest<'a>(tokens: impl Iterator<Item = &'a Token>) -> impl Iterator<Item = u64> {
    let mut over = false;
    let near = tokens.take_while(move |token| {
        let before = over;
        over = !token.particle && !token.label && token.text.len() > 1;
        !before
    });
    near.take(NEAREST).map(|token| token.hash)
}

fn is_upper(source: Option<&[u8]>) -> bool {
    let letter =
        source.and_then(|bytes| std::str::from_utf8(bytes).ok()).and_then(|text| text.chars().next());
    letter.is_some_and(char::is_uppercase)
}

/// Whether a run of word bytes can hold a word at all; a lone zero-width character cannot.
fn counts(run: &[u8]) -> bool {
    run.len() > 4 || run.iter().any(u8::is_ascii)
}

/// The start of the stretch that holds `words` words before `start`.
fn reach_left(text: &[u8], start: usize, words: usize) -> usize {
    let floor = start.saturating_sub(REACH);
    let before = text.get(floor..start).unwrap_or_default();
    let mut left = words;
    let mut at = before.len();
    while at > 0 && left > 0 {
        let seen = before.get(..at).unwrap_or_default();
        let Some(last) = seen.iter().rposition(|&byte| is_word(byte)) else {
            return floor;
        };
        let upto = before.get(..last).unwrap_or_default();
        at = match upto.iter().rposition(|&byte| !is_word(byte)) {
            Some(mark) => mark + 1,
            // The run goes on beyond the floor: its beginning is unknown, so it is left out.
            None if floor > 0 => return floor + last + 1,
            None => 0,
        };
        left -= usize::from(counts(before.get(at..=last).unwrap_or_default()));
    }
    floor + at
}

/// The end of the stretch that holds `words` words after `end`.
fn reach_right(text: &[u8], end: usize, words: usize) -> usize {
    let ceiling = end.saturating_add(REACH).min(text.len());
    let after = text.get(end..ceiling).unwrap_or_default();
    let mut left = words;
    let mut at = 0;
    while at < after.len() && left > 0 {
        let rest = after.get(at..).unwrap_or_default();
        let Some(first) = rest.iter().position(|&byte| is_word(byte)) else {
            return ceiling;
        };
        let run = rest.get(first..).unwrap_or_default();
        let len = match run.iter().position(|&byte| !is_word(byte)) {
            Some(len) => len,
            None if ceiling < text.len() => return end + at + first,
            None => run.len(),
        };
        left -= usize::from(counts(run.get(..len).unwrap_or_default()));
        at += first + len;
    }
    end + at
}
