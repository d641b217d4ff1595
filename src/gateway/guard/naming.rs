//! Naming: from a pupil's given and family names to every way in which the two are written together.
//!
//! Certain: a given name beside a family name, in either order, with any tussenvoegsel or none, either half of a
//! double name, names in one piece where a tussenvoegsel is in it (`sanne.vandenberg`); an initial with its mark
//! beside a family name. Suspect: names in one piece (`sannejansen`, `pjansen`), a local part of an address, a birth
//! date beside a name. docs/decisions/0016 says why. It knows folded words only.

use std::iter::once;

use super::WatchKind;
use super::names::{Hashed, Names};
use super::pattern::Patterns;
use super::phrase::{Manner, Phrase};
use super::spelling::{LINEAR, SUSPECT, TIGHT, letters, manner_of};
use super::word::{is_letter, is_particle, is_preposition};

/// A family name with fewer letters is not looked for with an initial.
const INITIAL_NAME: usize = 4;
/// One with fewer is not looked for behind its initial in one piece: `maken` is not `M. Aken`.
const LOGIN_NAME: usize = 6;
/// Two names in one piece have at least so many letters.
const ONE_PIECE: usize = 7;
/// A half of a double family name has at least so many letters.
const HALF: usize = 2;
/// A name in one piece with another, or beside a date, has at least so many.
const NAME: usize = 3;

/// The names of one pupil, in buffers that are used again for the next.
#[derive(Default)]
pub(super) struct Naming {
    given: Names,
    /// Words that a family name is known by; prefixed when they begin with a tussenvoegsel: `vandenberg`.
    family: Names,
    full: Names,
    /// Family names with a preposition, whole: `in t veld`.
    whole: Names,
    /// Words of one letter in a name of several: `a slingeveld`.
    letters: Names,
    /// Whether a value said which name is which.
    told: (bool, bool),
    scratch: Vec<u8>,
}

impl Naming {
    /// The names taken from here on are another pupil's.
    pub(super) fn next(&mut self) {
        self.given.clear();
        self.family.clear();
        self.full.clear();
        self.whole.clear();
        self.letters.clear();
        self.told = (false, false);
    }

    /// Takes a folded value, if it is a name.
    pub(super) fn take(&mut self, kind: WatchKind, words: &[u8]) {
        match kind {
            WatchKind::GivenName => {
                self.told.0 = true;
                self.take_given(words);
            }
            WatchKind::FamilyName => {
                self.told.1 = true;
                self.take_family(words);
            }
            WatchKind::FullName if words.contains(&b' ') => self.full.put(once(words), false),
            _ => {}
        }
    }

    /// Writes everything that is looked for of these names; `days` are the pupil's birth dates.
    pub(super) fn write(&mut self, days: &[u32], out: &mut Patterns) {
        let full = std::mem::take(&mut self.full);
        full.words().for_each(|full| self.take_full(full));
        self.full = full;
        let Self { given, family, whole, letters, scratch, .. } = self;
        for (given, _) in given.iter() {
            for (family, prefixed) in family.iter() {
                together(given, family, prefixed, scratch, out);
                for letter in letters.words() {
                    out.letter(given, family, letter);
                }
            }
            for whole in whole.words() {
                let words = put_together(scratch, [given.word, b" ", whole]);
                out.push(Phrase { kind: WatchKind::FullName, manner: LINEAR, words });
            }
        }
        for day in days {
            let families = family.iter().map(|(name, _)| name).filter(|name| name.word.len() >= NAME);
            for name in given.iter().map(|(name, _)| name).chain(families) {
                out.dated(name, *day);
            }
        }
    }

    /// Writes the local part of the pupil's address, folded: `pjansen12`, `p jansen`.
    pub(super) fn local_part(&self, local: &[u8], out: &mut Patterns) {
        let name = |word: &[u8]| {
            self.given.words().any(|given| given == word) || self.family.words().any(|family| family == word)
        };
        let digits = local.iter().filter(|byte| byte.is_ascii_digit()).count();
        let mixed = digits > 0 && letters(local) > 0;
        let manner = if mixed { LINEAR } else { SUSPECT };
        let kind = WatchKind::Email;
        let mut words = local.split(is_space);
        match (words.next(), words.next(), words.next()) {
            (Some(word), None, _) if name(word) || word.len() < 6 => {}
            (Some(one), Some(other), None) => {
                let (long, brief) = if other.len() >= one.len() { (other, one) } else { (one, other) };
                let manner = Manner { any_order: true, tight: true, ..manner };
                if brief.len() > 1 {
                    out.pair(kind, manner, long.into(), brief.into());
                } else if letters(long) >= INITIAL_NAME {
                    out.pair(kind, Manner { initial: true, ..TIGHT }, long.into(), brief.into());
                }
            }
            _ if letters(local) >= 4 || letters(local) + digits >= 6 => {
                out.push(Phrase { kind, manner, words: local });
            }
            _ => {}
        }
    }

    fn take_given(&mut self, words: &[u8]) {
        self.take_letters(words);
        let several = words.contains(&b' ');
        for word in significant(words).filter(|word| word.len() > 1 || !several) {
            self.given.put(once(word), false);
        }
        if several {
            self.given.put(words.split(is_space), false);
        }
    }

    fn take_family(&mut self, words: &[u8]) {
        self.take_letters(words);
        let spaced = words.contains(&b' ');
        let letters_only = spaced && words.split(is_space).all(is_letter);
        if letters_only || words.split(is_space).any(is_preposition) {
            self.whole.put(once(words), false);
        }
        let several = spaced && significant(words).nth(1).is_some();
        let mut first = true;
        for word in significant(words) {
            if !several || word.len() >= HALF {
                self.family.put(once(word), false);
            }
            // `vdberg`, beside `vandenberg`.
            if first && words.starts_with(b"van d") && !is_particle(word) {
                self.family.put([b"vd".as_slice(), word].into_iter(), true);
            }
            first = false;
        }
        if spaced {
            let prefixed = words.split(is_space).next().is_some_and(is_particle);
            self.family.put(words.split(is_space), prefixed);
        }
    }

    /// Notes the letters in a name of several words, so that they may stand between the others.
    fn take_letters(&mut self, words: &[u8]) {
        if words.contains(&b' ') {
            for letter in words.split(is_space).filter(|word| is_letter(word)) {
                self.letters.put(once(letter), false);
            }
        }
    }

    /// A whole name, of which other values may tell the pieces.
    fn take_full(&mut self, words: &[u8]) {
        let (given, family) = (self.told.0, self.told.1);
        if !given {
            let first = words.split(is_space).next().unwrap_or_default();
            self.given.put(once(first), false);
        }
        if !family {
            let tails = self.given.words().filter_map(|given| after(words, given));
            let tail = tails.max_by_key(|tail| tail.len());
            let tail = if given { tail.unwrap_or_else(|| family_in(words)) } else { family_in(words) };
            self.take_family(tail);
        }
    }
}

/// A given and a family name, in every way.
fn together(
    given: Hashed<'_>,
    family: Hashed<'_>,
    prefixed: bool,
    scratch: &mut Vec<u8>,
    out: &mut Patterns,
) {
    let (kind, given_name, name) = (WatchKind::FullName, given.word, family.word);
    if given_name == name {
        return;
    }
    let brief = name.len() < INITIAL_NAME && given_name.len() > name.len();
    let (anchor, other) = if brief { (given, family) } else { (family, given) };
    let mut manner = manner_of(given_name.len() + name.len());
    // `de storm, van A tot Z`
    manner.tight |= letters(name) < 2 || letters(given_name) < 2;
    out.pair(kind, manner, anchor, other);
    let first = given_name.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    let Some(first) = first.filter(|first| first.is_alphabetic()) else { return };
    let mut initial = [0; 4];
    let initial: &[u8] = first.encode_utf8(&mut initial).as_bytes();
    if letters(name) >= INITIAL_NAME && initial != name {
        out.pair(kind, Manner { initial: true, ..TIGHT }, family, initial.into());
        if prefixed || letters(name) >= LOGIN_NAME {
            out.word(kind, SUSPECT, put_together(scratch, [initial, name, b""]));
        }
    }
    if given_name.len() >= NAME && name.len() >= NAME && given_name.len() + name.len() >= ONE_PIECE {
        let manner = if prefixed { LINEAR } else { SUSPECT };
        out.word(kind, manner, put_together(scratch, [given_name, name, b""]));
        out.word(kind, manner, put_together(scratch, [name, given_name, b""]));
    }
}

/// Three texts in one piece.
fn put_together<'a>(scratch: &'a mut Vec<u8>, parts: [&[u8]; 3]) -> &'a [u8] {
    scratch.clear();
    for part in parts {
        scratch.extend_from_slice(part);
    }
    scratch
}

/// The words of a name that are no tussenvoegsel; all of them when every one is.
fn significant(words: &[u8]) -> impl Iterator<Item = &[u8]> {
    let all = words.split(is_space).all(is_particle);
    words.split(is_space).filter(move |word| all || !is_particle(word))
}

/// The family name in a full name: what its first prefix stands before, or its last word.
fn family_in(words: &[u8]) -> &[u8] {
    let mut at = 0;
    for word in words.split(is_space) {
        if at > 0 && is_particle(word) {
            break;
        }
        at += word.len() + 1;
    }
    let last = || words.rsplit(is_space).next().unwrap_or_default();
    words.get(at..).filter(|family| !family.is_empty()).unwrap_or_else(last)
}

/// What follows `given` in the full name `words`.
fn after<'a>(words: &'a [u8], given: &[u8]) -> Option<&'a [u8]> {
    words.strip_prefix(given)?.strip_prefix(b" ").filter(|tail| !tail.is_empty())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that split wants")]
pub(super) const fn is_space(byte: &u8) -> bool {
    *byte == b' '
}
