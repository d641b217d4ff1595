//! Spellings: from the values of one pupil to what is looked for.
//!
//! A new variant of a value is one more fact or phrase here (of a name, in `naming.rs`) and nothing elsewhere.
//! Whether a value is watched alone depends on where it came from: the exchange or the roster.

use super::WatchKind;
use super::dates::{self, Day};
use super::fold::{Joined, phrase};
use super::naming::{Naming, is_space};
use super::pattern::Patterns;
use super::phone;
use super::phrase::{Manner, Phrase};
use super::word::{is_particle, is_preposition};

/// Where values came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The school's roster: names are watched in combination only, birth dates beside a name.
    Roster,
    /// The exchange: whatever identifies is watched.
    Exchange,
}

/// Writes what is looked for of one pupil after another, with buffers that are used again.
pub(super) struct Speller {
    origin: Origin,
    values: Vec<Value>,
    folded: Vec<u8>,
    scratch: Vec<u8>,
    days: Vec<u32>,
    naming: Naming,
}

struct Value {
    kind: WatchKind,
    start: usize,
    end: usize,
    short: bool,
}

/// With how many of a pupil's other values a short value is combined.
const COMPANY: usize = 16;
/// Identifiers of several parts are also looked for in one piece, up to this many bytes (a UUID's 36).
const JOINED: usize = 40;
/// A last part of an identifier that is so long identifies by itself (an ECK iD's 64 or 128 digits).
const LONG_PART: usize = 32;

pub(super) const LINEAR: Manner =
    Manner { any_order: false, tight: false, date: false, initial: false, suspect: false };
pub(super) const TIGHT: Manner = Manner { any_order: true, tight: true, ..LINEAR };
pub(super) const SUSPECT: Manner = Manner { suspect: true, ..LINEAR };

impl Speller {
    pub(super) fn new(origin: Origin) -> Self {
        Self {
            origin,
            values: Vec::new(),
            folded: Vec::new(),
            scratch: Vec::new(),
            days: Vec::new(),
            naming: Naming::default(),
        }
    }

    /// Writes everything that is looked for of one pupil.
    pub(super) fn pupil<'a>(
        &mut self,
        values: impl Iterator<Item = (WatchKind, &'a str)>,
        out: &mut Patterns,
    ) {
        self.values.clear();
        self.folded.clear();
        self.days.clear();
        self.naming.next();
        out.next_pupil();
        for (kind, text) in values {
            self.read(kind, text, out);
        }
        let values = std::mem::take(&mut self.values);
        for value in &values {
            self.alone(value, out);
            self.naming.take(value.kind, self.folded.get(value.start..value.end).unwrap_or_default());
        }
        self.naming.write(&self.days, out);
        for value in values.iter().filter(|value| value.kind == WatchKind::Email) {
            // A folded address has its local part in its first words: the domain was cut off when it was read.
            self.naming.local_part(self.words(value), out);
        }
        for (at, value) in
            values.iter().enumerate().filter(|(_, value)| value.short && value.kind != WatchKind::Email)
        {
            self.company(at, value, &values, out);
        }
        self.values = values;
    }

    /// Reads one value, in every form that folding alone does not make equal.
    fn read(&mut self, kind: WatchKind, text: &str, out: &mut Patterns) {
        match kind {
            WatchKind::BirthDate => return self.birth_date(text, out),
            WatchKind::Email => {
                self.scratch.clear();
                phrase(text, Joined::Nothing, &mut self.scratch);
                out.push(Phrase { kind, manner: LINEAR, words: &self.scratch });
                let local = text.rsplit_once('@').map_or(text, |(local, _)| local);
                return self.take(kind, local, Joined::Nothing);
            }
            WatchKind::Phone if phone::take(text, out) => return,
            _ => {}
        }
        self.take(kind, text, Joined::Nothing);
        if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b' ') {
            return;
        }
        for joined in [Joined::Apostrophes, Joined::Hyphens, Joined::Both] {
            if text.chars().any(|mark| joined.joins(mark)) {
                self.take(kind, text, joined);
            }
        }
        if text.contains(is_digraph) {
            let spelled: String = text.chars().map(digraph).collect::<Vec<_>>().concat();
            self.take(kind, &spelled, Joined::Nothing);
        }
    }

    /// Folds a value and notes it, unless an equal one is noted already.
    fn take(&mut self, kind: WatchKind, text: &str, joined: Joined) {
        let start = self.folded.len();
        phrase(text, joined, &mut self.folded);
        let words = self.folded.get(start..).unwrap_or_default();
        let known = |value: &Value| value.kind == kind && self.words(value) == words;
        if words.is_empty() || self.values.iter().any(known) {
            return self.folded.truncate(start);
        }
        let short = is_short(words);
        let end = self.folded.len();
        self.values.push(Value { kind, start, end, short });
    }

    fn words(&self, value: &Value) -> &[u8] {
        self.folded.get(value.start..value.end).unwrap_or_default()
    }

    fn alone(&mut self, value: &Value, out: &mut Patterns) {
        let words = self.folded.get(value.start..value.end).unwrap_or_default();
        let several = words.contains(&b' ');
        let push = |manner, words: &[u8], out: &mut Patterns| {
            out.push(Phrase { kind: value.kind, manner, words });
        };
        match value.kind {
            WatchKind::GivenName | WatchKind::BirthDate | WatchKind::Email => {}
            // Given name and family name: each is the other's company, however short.
            WatchKind::FullName if several => {
                self.scratch.clear();
                join(&mut self.scratch, words.split(is_space).filter(|word| !is_particle(word)));
                if words.split(is_space).any(is_preposition) {
                    push(LINEAR, words, out);
                }
                let bare = if self.scratch.contains(&b' ') { &self.scratch } else { words };
                push(name_manner(bare), bare, out);
            }
            WatchKind::FamilyName if self.origin == Origin::Roster => {}
            _ if value.short => {}
            WatchKind::Identifier if several => {
                let last = words.rsplit(is_space).next().unwrap_or_default();
                if last.len() >= LONG_PART && last.iter().any(u8::is_ascii_digit) {
                    return push(LINEAR, last, out);
                }
                push(LINEAR, words, out);
                if words.len() <= JOINED {
                    // `LL-10023` is also written `LL10023`.
                    self.scratch.clear();
                    self.scratch.extend(words.iter().filter(|byte| **byte != b' '));
                    push(LINEAR, &self.scratch, out);
                }
            }
            _ => push(LINEAR, words, out),
        }
    }

    /// A short value counts only beside a name or another short value of the same pupil: others are watched alone.
    fn company(&mut self, at: usize, value: &Value, values: &[Value], out: &mut Patterns) {
        let words = self.folded.get(value.start..value.end).unwrap_or_default();
        let is_name =
            |kind| matches!(kind, WatchKind::GivenName | WatchKind::FamilyName | WatchKind::FullName);
        // Two names are `naming`'s.
        let company = |other: &Value| match (is_name(value.kind), is_name(other.kind)) {
            (true, true) => false,
            (_, name) => name || other.short,
        };
        let others = values.iter().enumerate().filter(|(other, _)| *other != at);
        for (_, other) in others.filter(|(_, other)| company(other)).take(COMPANY) {
            let beside = self.folded.get(other.start..other.end).unwrap_or_default();
            if beside == words {
                continue;
            }
            if words.contains(&b' ') || beside.contains(&b' ') {
                self.scratch.clear();
                join(&mut self.scratch, [words, beside].into_iter());
                out.push(Phrase { kind: value.kind, manner: TIGHT, words: &self.scratch });
            } else {
                let (long, brief) =
                    if beside.len() > words.len() { (beside, words) } else { (words, beside) };
                out.pair(value.kind, TIGHT, long.into(), brief.into());
            }
        }
    }

    fn birth_date(&mut self, text: &str, out: &mut Patterns) {
        let day = dates::parse(text);
        if self.origin == Origin::Roster {
            return self.days.extend(day.map(Day::number));
        }
        let manner = Manner { date: true, ..LINEAR };
        let mut put = |words: &[u8]| out.push(Phrase { kind: WatchKind::BirthDate, manner, words });
        if let Some(day) = day {
            return dates::written(day, &mut put);
        }
        self.scratch.clear();
        phrase(text, Joined::Nothing, &mut self.scratch);
        if !is_short(&self.scratch) {
            put(&self.scratch);
        }
    }
}

/// Fewer than 4 letters and fewer than 5 digits: too likely to stand somewhere by chance.
pub(super) fn is_short(words: &[u8]) -> bool {
    let (mut letters, mut digits) = (0, 0);
    words.iter().all(|byte| {
        letters += u8::from(is_a_letter(*byte));
        digits += u8::from(byte.is_ascii_digit());
        letters < 4 && digits < 5
    })
}

/// How many letters a folded text has; one beyond ASCII counts by its first byte.
pub(super) fn letters(words: &[u8]) -> usize {
    words.iter().filter(|byte| is_a_letter(**byte)).count()
}

const fn is_a_letter(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte >= 0xC0
}

/// From how many letters on a full name is found with any marks between its words.
const LOOSE_NAME: usize = 6;

/// How a name of several words is found.
pub(super) fn name_manner(words: &[u8]) -> Manner {
    manner_of(words.iter().filter(|byte| **byte != b' ').count())
}

/// How a name of so many bytes is found.
pub(super) fn manner_of(letters: usize) -> Manner {
    Manner { any_order: true, tight: letters < LOOSE_NAME, ..LINEAR }
}

/// Letters that are also written as two: `Müller`, `Mueller`.
const fn is_digraph(letter: char) -> bool {
    matches!(letter, 'ä' | 'ö' | 'ü' | 'ø' | 'å' | 'Ä' | 'Ö' | 'Ü' | 'Ø' | 'Å')
}

fn digraph(letter: char) -> String {
    match letter {
        'ä' | 'Ä' => "ae".to_owned(),
        'ö' | 'Ö' | 'ø' | 'Ø' => "oe".to_owned(),
        'ü' | 'Ü' => "ue".to_owned(),
        'å' | 'Å' => "aa".to_owned(),
        other => other.to_string(),
    }
}

pub(super) fn join<'a>(out: &mut Vec<u8>, words: impl Iterator<Item = &'a [u8]>) {
    for word in words {
        if !out.is_empty() {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}
