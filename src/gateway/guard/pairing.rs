//! Pairs: the words that may stand between two names, and what makes a letter an initial.
//!
//! A given name and a family name belong together when nothing stands between them but tussenvoegsels, initials and
//! words that say what the other is. It knows folded words and facts, and no text beyond them.

use std::ops::Range;

use super::dates;
use super::facts::Fact;
use super::pattern::{DATE_WORDS, Patterns};
use super::window::{GAP, Match, NEAREST, TIGHT_GAP, Token, Window};
use super::word::{is_letter, is_preposition, key_of_date, key_of_letter, key_of_pair};

/// Words after which a capital is a letter and no initial: `plan B`, `groep A`.
const LETTERED: [&[u8]; 40] = [
    b"plan",
    b"groep",
    b"klas",
    b"vitamine",
    b"optie",
    b"antwoord",
    b"vraag",
    b"team",
    b"bijlage",
    b"deel",
    b"punt",
    b"blok",
    b"lokaal",
    b"zaal",
    b"hal",
    b"rij",
    b"vak",
    b"type",
    b"model",
    b"niveau",
    b"hepatitis",
    b"stap",
    b"kolom",
    b"figuur",
    b"tabel",
    b"opgave",
    b"onderdeel",
    b"letter",
    b"gebouw",
    b"vleugel",
    b"poort",
    b"ploeg",
    b"poule",
    b"keuze",
    b"of",
    b"en",
    b"serie",
    b"categorie",
    b"graad",
    b"variant",
];

/// What was passed on the way from one word to another.
#[derive(Clone, Copy, Default)]
struct Path {
    gap: u8,
    colon: bool,
    parts: bool,
    comma: bool,
    /// A tussenvoegsel that every sentence holds.
    preposition: bool,
    /// A tussenvoegsel or a label.
    particle: bool,
    /// Anything but spaces.
    marks: bool,
    /// A letter that nothing shows to be an initial.
    letter: bool,
}

impl Window {
    /// Names that stand beside the word numbered `at`.
    pub(super) fn pairs<E>(
        &self,
        patterns: &Patterns,
        at: usize,
        found: &mut impl FnMut(Match) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(anchor) = self.tokens.get(at) else { return Ok(()) };
        for forward in [false, true] {
            let mut path = Path::default();
            let mut from = at;
            for _ in 0..NEAREST {
                let next = if forward { from.checked_add(1) } else { from.checked_sub(1) };
                let Some((to, token)) = next.and_then(|to| Some((to, self.tokens.get(to)?))) else { break };
                // What stands between two words is known by the later one.
                let Some(later) = self.tokens.get(from.max(to)) else { break };
                path.gap = path.gap.max(later.gap);
                if later.marks.stop && !later.label {
                    break;
                }
                path.comma |= later.marks.comma;
                path.colon |= later.colon;
                path.parts |= later.marks.parts;
                path.marks |= later.marks.any;
                let pair = key_of_pair(anchor.hash, token.hash);
                for fact in patterns.facts().under(pair) {
                    let own = path.letter && self.are_own(patterns, pair, at.min(to)..at.max(to));
                    let path = Path { letter: path.letter && !own, ..path };
                    if let Some(suspect) = self.stand_together(&fact, at, to, &path) {
                        let span = anchor.source.start.min(token.source.start)
                            ..anchor.source.end.max(token.source.end);
                        let digits = [anchor, token].iter().all(|token| is_number(self.text(token)));
                        found(Match { kind: fact.kind, suspect, digits, span })?;
                    }
                }
                if !self.is_passed(to, &mut path) {
                    break;
                }
                from = to;
            }
        }
        Ok(())
    }

    /// Birth dates that stand near the name numbered `at`.
    pub(super) fn dates<E>(
        &self,
        patterns: &Patterns,
        at: usize,
        found: &mut impl FnMut(Match) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(name) = self.tokens.get(at) else { return Ok(()) };
        let from = at.saturating_sub(DATE_WORDS);
        let near = self.tokens.iter().enumerate().skip(from).take(2 * DATE_WORDS);
        for (place, token) in near.filter(|(place, _)| *place != at) {
            let text = self.text(token);
            if !text.first().is_some_and(u8::is_ascii_digit) {
                continue;
            }
            let next = |further: usize| self.tokens.get(place + 1 + further).map(|token| self.text(token));
            for day in dates::named(text, next) {
                for fact in patterns.facts().under(key_of_date(name.hash, day)) {
                    let span =
                        name.source.start.min(token.source.start)..name.source.end.max(token.source.end);
                    found(Match { kind: fact.kind, suspect: fact.manner.suspect, digits: false, span })?;
                }
            }
        }
        Ok(())
    }

    /// Whether a word may stand between two words of a name: a tussenvoegsel, a label, another initial.
    fn is_passed(&self, at: usize, path: &mut Path) -> bool {
        let Some(token) = self.tokens.get(at) else { return false };
        path.preposition |= is_preposition(self.text(token));
        if token.particle || token.label {
            path.particle = true;
            return true;
        }
        let letter = is_letter(self.text(token));
        path.letter |= letter && !self.is_initial(at, token);
        letter
    }

    /// Whether something shows that the letter numbered `at` is an initial.
    fn is_initial(&self, at: usize, token: &Token) -> bool {
        let next = self.marks_after(at);
        next.dot || next.quote || token.upper && !next.parts && !token.marks.parts
    }

    /// Whether every letter between two names is an initial, or a word of the name that the two are of: `bram a slingeveld`.
    fn are_own(&self, patterns: &Patterns, pair: u64, names: Range<usize>) -> bool {
        let between = self.tokens.iter().enumerate().take(names.end).skip(names.start + 1);
        let mut letters = between.filter(|(_, token)| !token.particle && is_letter(self.text(token)));
        letters.all(|(at, token)| {
            self.is_initial(at, token) || patterns.facts().knows(key_of_letter(pair, token.hash))
        })
    }

    /// Whether the words at two places are what a fact says, and whether they may be something else.
    fn stand_together(&self, fact: &Fact, anchor: usize, other: usize, path: &Path) -> Option<bool> {
        if fact.manner.initial {
            return self.initialled(anchor, other, path);
        }
        let close = if fact.manner.tight {
            path.gap <= TIGHT_GAP && !path.colon && !(path.particle && path.comma)
        } else {
            path.gap <= GAP
        };
        (close && !path.letter && !path.preposition).then_some(fact.manner.suspect)
    }

    /// Whether the letter at `letter` is the initial of the name at `name`. With its mark, as the beginning of a user
    /// name, it certainly is; as a capital before or behind a capital, with nothing but spaces between, it may be.
    fn initialled(&self, name: usize, letter: usize, path: &Path) -> Option<bool> {
        if path.gap > TIGHT_GAP || path.colon || path.parts {
            return None;
        }
        let (family, initial) = (self.tokens.get(name)?, self.tokens.get(letter)?);
        let after = self.marks_after(letter);
        let first = letter < name;
        let back =
            |by: usize| letter.checked_sub(by).and_then(|at| self.tokens.get(at)).map(|word| self.text(word));
        let listed = matches!(back(1), Some(b"of" | b"en")) && back(2).is_some_and(is_letter);
        if first && listed {
            // `Kies A, B of C. De prins …`
            return None;
        }
        if path.preposition && !(first && after.dot) {
            return None;
        }
        if after.dot || first && after.joins {
            return Some(false);
        }
        if !first && initial.marks.joins {
            return Some(true);
        }
        if path.marks || !initial.upper || !family.upper {
            return None;
        }
        let before = letter.min(name).checked_sub(1).and_then(|before| self.tokens.get(before));
        let may = if first {
            !before.is_some_and(|word| LETTERED.contains(&self.text(word)))
        } else {
            // `Jansen P` is somebody where nothing else stands beside it.
            let alone = |token: Option<&Token>| token.is_none_or(|token| token.marks.any);
            alone(self.tokens.get(letter + 1)) && (before.is_none() || family.marks.any)
        };
        may.then_some(true)
    }

    /// The marks behind a word.
    fn marks_after(&self, at: usize) -> super::window::Marks {
        self.tokens.get(at + 1).map_or(self.after, |next| next.marks)
    }
}

fn is_number(word: &[u8]) -> bool {
    word.iter().all(u8::is_ascii_digit)
}
