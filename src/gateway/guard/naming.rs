//! Naming: from a pupil's given and family names to every way in which the two are written together.
//!
//! Certain: a given name beside a family name, in either order, with any tussenvoegsel or none, either half of a
//! double name, names in one piece where a tussenvoegsel is in it (`sanne.vandenberg`); an initial with its mark
//! beside a family name. Suspect: names in one piece (`sannejansen`, `pjansen`), a local part of an address, a birth
//! date beside a name. docs/decisions/0016 says why. It knows folded words only.

use super::WatchKind;
use super::pattern::Patterns;
use super::phrase::{Manner, Phrase};
use super::spelling::{LINEAR, SUSPECT, TIGHT, letters, name_manner};
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

/// The names of one pupil.
#[derive(Default)]
pub(super) struct Naming {
    given: Vec<Vec<u8>>,
    family: Vec<Family>,
    full: Vec<Vec<u8>>,
    /// Family names with a preposition, whole: `in t veld`.
    whole: Vec<Vec<u8>>,
    /// Words of one letter in a name of several: `a slingeveld`.
    letters: Vec<Vec<u8>>,
    /// Whether a value said which name is which.
    told: (bool, bool),
}

/// A word that a family name is known by.
struct Family {
    word: Vec<u8>,
    /// It begins with a tussenvoegsel: `vandenberg`.
    prefixed: bool,
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
            WatchKind::FullName if words.contains(&b' ') => self.full.push(words.to_vec()),
            _ => {}
        }
    }

    /// Writes everything that is looked for of these names; `days` are the pupil's birth dates.
    pub(super) fn write(&mut self, days: &[u32], out: &mut Patterns) {
        for full in std::mem::take(&mut self.full) {
            self.take_full(&full);
        }
        for given in &self.given {
            for family in &self.family {
                together(given, family, out);
                for letter in &self.letters {
                    out.letter(given, &family.word, letter);
                }
            }
            for whole in &self.whole {
                let words = [given, b" ".as_slice(), whole].concat();
                out.push(Phrase { kind: WatchKind::FullName, manner: LINEAR, words: &words });
            }
        }
        for day in days {
            let families = self.family.iter().map(|family| &family.word);
            for name in self.given.iter().chain(families.filter(|word| word.len() >= NAME)) {
                out.dated(name, *day);
            }
        }
    }

    /// Writes the local part of the pupil's address, folded: `pjansen12`, `p jansen`.
    pub(super) fn local_part(&self, local: &[u8], out: &mut Patterns) {
        let name = |word: &[u8]| {
            self.given.iter().any(|given| given == word)
                || self.family.iter().any(|family| family.word == word)
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
                    out.pair(kind, manner, long, brief);
                } else if letters(long) >= INITIAL_NAME {
                    out.pair(kind, Manner { initial: true, ..TIGHT }, long, brief);
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
        for word in significant(words).filter(|word| word.len() > 1 || !words.contains(&b' ')) {
            put(&mut self.given, word);
        }
        if words.contains(&b' ') {
            put(&mut self.given, &without_spaces(words));
        }
    }

    fn take_family(&mut self, words: &[u8]) {
        self.take_letters(words);
        let letters_only = words.contains(&b' ') && words.split(is_space).all(is_letter);
        if letters_only || words.split(is_space).any(is_preposition) {
            put(&mut self.whole, words);
        }
        let several = significant(words).count() > 1;
        let mut first = true;
        for word in significant(words) {
            if !several || word.len() >= HALF {
                self.put_family(word, false);
            }
            // `vdberg`, beside `vandenberg`.
            if first && words.starts_with(b"van d") && !is_particle(word) {
                self.put_family(&[b"vd", word].concat(), true);
            }
            first = false;
        }
        if words.contains(&b' ') {
            let prefixed = words.split(is_space).next().is_some_and(is_particle);
            self.put_family(&without_spaces(words), prefixed);
        }
    }

    /// Notes the letters in a name of several words, so that they may stand between the others.
    fn take_letters(&mut self, words: &[u8]) {
        for letter in words.split(is_space).filter(|word| words.contains(&b' ') && is_letter(word)) {
            put(&mut self.letters, letter);
        }
    }

    /// A whole name, of which other values may tell the pieces.
    fn take_full(&mut self, words: &[u8]) {
        let (given, family) = (self.told.0, self.told.1);
        if !given {
            let first = words.split(is_space).next().unwrap_or_default();
            put(&mut self.given, first);
        }
        if !family {
            let tail =
                self.given.iter().filter_map(|given| after(words, given)).max_by_key(|tail| tail.len());
            let tail = if given { tail.unwrap_or_else(|| family_in(words)) } else { family_in(words) };
            let tail = tail.to_vec();
            self.take_family(&tail);
        }
    }

    fn put_family(&mut self, word: &[u8], prefixed: bool) {
        if !self.family.iter().any(|family| family.word == word) {
            self.family.push(Family { word: word.to_vec(), prefixed });
        }
    }
}

/// A given and a family name, in every way.
fn together(given: &[u8], family: &Family, out: &mut Patterns) {
    let (kind, name) = (WatchKind::FullName, family.word.as_slice());
    if given == name {
        return;
    }
    let brief = name.len() < INITIAL_NAME && given.len() > name.len();
    let (anchor, other) = if brief { (given, name) } else { (name, given) };
    let mut manner = name_manner(&[given, name].concat());
    // `de storm, van A tot Z`
    manner.tight |= letters(name) < 2 || letters(given) < 2;
    out.pair(kind, manner, anchor, other);
    let first = given.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    let Some(first) = first.filter(|first| first.is_alphabetic()) else { return };
    let mut initial = [0; 4];
    let initial = first.encode_utf8(&mut initial).as_bytes();
    if letters(name) >= INITIAL_NAME && initial != name {
        out.pair(kind, Manner { initial: true, ..TIGHT }, name, initial);
        if family.prefixed || letters(name) >= LOGIN_NAME {
            out.word(kind, SUSPECT, &[initial, name].concat());
        }
    }
    if given.len() >= NAME && name.len() >= NAME && given.len() + name.len() >= ONE_PIECE {
        let manner = if family.prefixed { LINEAR } else { SUSPECT };
        out.word(kind, manner, &[given, name].concat());
        out.word(kind, manner, &[name, given].concat());
    }
}

/// The words of a name that are no tussenvoegsel; all of them when every one is.
fn significant(words: &[u8]) -> impl Iterator<Item = &[u8]> {
    let all = words.split(is_space).all(is_particle);
    words.split(is_space).filter(move |word| all || !is_particle(word))
}

fn put(list: &mut Vec<Vec<u8>>, word: &[u8]) {
    if !word.is_empty() && !list.iter().any(|known| known == word) {
        list.push(word.to_vec());
    }
}

fn without_spaces(words: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(words.len());
    whole.extend(words.iter().filter(|byte| **byte != b' '));
    whole
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
