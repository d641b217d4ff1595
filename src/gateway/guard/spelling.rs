//! Spellings: from the values of one pupil to the phrases that are looked for.
//!
//! A new variant of a name (initials, joined, reordered) is one more phrase here and nothing
//! elsewhere. Whether a value is watched alone depends on where it came from: the exchange or the
//! roster.

use super::WatchKind;
use super::fold::{Joined, phrase};
use super::pattern::{Manner, Patterns, Phrase};
use super::word::is_particle;

/// Where values came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The school's roster: names are watched in combination only, birth dates not yet.
    Roster,
    /// The exchange: whatever identifies is watched.
    Exchange,
}

/// Writes the phrases of one pupil after another, with buffers that are used again.
pub(super) struct Speller {
    origin: Origin,
    values: Vec<Value>,
    folded: Vec<u8>,
    scratch: Vec<u8>,
}

struct Value {
    kind: WatchKind,
    start: usize,
    end: usize,
    short: bool,
}

/// With how many of a pupil's other values a short value is combined.
const COMPANY: usize = 16;
/// From how many letters on a full name is found with any marks between its words.
const LOOSE_NAME: usize = 6;

const LINEAR: Manner = Manner { any_order: false, tight: false, date: false, initial: false };
const TIGHT: Manner = Manner { any_order: true, tight: true, ..LINEAR };
const INITIAL: Manner = Manner { initial: true, ..TIGHT };
/// A family name with fewer letters is not looked for with an initial.
const INITIAL_NAME: usize = 4;

impl Speller {
    pub(super) const fn new(origin: Origin) -> Self {
        Self { origin, values: Vec::new(), folded: Vec::new(), scratch: Vec::new() }
    }

    /// Writes every phrase of one pupil's values.
    pub(super) fn pupil<'a>(
        &mut self,
        values: impl Iterator<Item = (WatchKind, &'a str)>,
        out: &mut Patterns,
    ) {
        self.values.clear();
        self.folded.clear();
        out.next_pupil();
        for (kind, text) in values {
            if kind == WatchKind::BirthDate {
                self.birth_date(text, out);
                continue;
            }
            self.take(kind, text, Joined::Nothing);
            if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b' ') {
                for joined in [Joined::Apostrophes, Joined::Hyphens, Joined::Both] {
                    if text.chars().any(|mark| joined.joins(mark)) {
                        self.take(kind, text, joined);
                    }
                }
            }
            if kind == WatchKind::Phone {
                self.phone(text, out);
            }
        }
        let values = std::mem::take(&mut self.values);
        for value in &values {
            self.alone(value, out);
        }
        self.names(&values, out);
        for (at, value) in values.iter().enumerate().filter(|(_, value)| value.short) {
            self.company(at, value, &values, out);
        }
        self.values = values;
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
        let push = |manner, words, out: &mut Patterns| {
            out.push(Phrase { kind: value.kind, manner, words });
        };
        match value.kind {
            WatchKind::GivenName | WatchKind::BirthDate => {}
            // Given name and family name: each is the other's company, however short.
            WatchKind::FullName if several => {
                push(name_manner(words), words, out);
                self.scratch.clear();
                join(&mut self.scratch, words.split(is_space).filter(|word| !is_particle(word)));
                if self.scratch.len() < words.len() && self.scratch.contains(&b' ') {
                    push(name_manner(&self.scratch), &self.scratch, out);
                }
                push_initial(&mut self.scratch, words, family_in(words), out);
            }
            WatchKind::FamilyName if self.origin == Origin::Roster => {}
            _ if value.short => {}
            WatchKind::Identifier if several && words.len() <= 20 => {
                push(LINEAR, words, out);
                // `LL-10023` is also written `LL10023`.
                self.scratch.clear();
                self.scratch.extend(words.iter().filter(|byte| **byte != b' '));
                push(LINEAR, &self.scratch, out);
            }
            _ => push(LINEAR, words, out),
        }
    }

    /// Every given name, and its first word, with every family name.
    fn names(&mut self, values: &[Value], out: &mut Patterns) {
        let of = |kind| values.iter().filter(move |value| value.kind == kind);
        for given in of(WatchKind::GivenName) {
            let given = self.folded.get(given.start..given.end).unwrap_or_default();
            let first = given.split(is_space).next().unwrap_or_default();
            let forms: &[&[u8]] = if first.len() < given.len() { &[given, first] } else { &[given] };
            for form in forms {
                for family in of(WatchKind::FamilyName).chain(of(WatchKind::FullName)) {
                    let words = self.folded.get(family.start..family.end).unwrap_or_default();
                    let tail = match family.kind {
                        WatchKind::FullName => match after(words, given) {
                            Some(tail) => tail,
                            None => continue,
                        },
                        _ => words,
                    };
                    let whole = |full: &Value| {
                        full.end - full.start == form.len() + 1 + tail.len()
                            && after(self.folded.get(full.start..full.end).unwrap_or_default(), form)
                                == Some(tail)
                    };
                    // `alone` wrote that one, with and without its particles.
                    if tail.is_empty() || *form == tail || of(WatchKind::FullName).any(whole) {
                        continue;
                    }
                    push_name(&mut self.scratch, form, tail.split(is_space), out);
                    let bare = tail.split(is_space).skip_while(|word| is_particle(word));
                    push_name(&mut self.scratch, form, bare, out);
                    // `sanne.vandenberg`
                    if is_prefixed(tail) {
                        let joined: Vec<u8> = tail.iter().copied().filter(|byte| *byte != b' ').collect();
                        push_name(&mut self.scratch, form, std::iter::once(joined.as_slice()), out);
                        push_initial(&mut self.scratch, form, &joined, out);
                    }
                    push_initial(&mut self.scratch, form, tail, out);
                }
            }
        }
    }

    /// A short value counts only beside another value of the same pupil.
    fn company(&mut self, at: usize, value: &Value, values: &[Value], out: &mut Patterns) {
        let words = self.folded.get(value.start..value.end).unwrap_or_default();
        let others = values.iter().enumerate().filter(|(other, _)| *other != at).take(COMPANY);
        for (_, other) in others {
            let beside = self.folded.get(other.start..other.end).unwrap_or_default();
            if beside == words {
                continue;
            }
            self.scratch.clear();
            join(&mut self.scratch, [words, beside].into_iter());
            out.push(Phrase { kind: value.kind, manner: TIGHT, words: &self.scratch });
        }
    }

    /// The usual groupings of a Dutch number, national and international.
    fn phone(&mut self, text: &str, out: &mut Patterns) {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let national = digits
            .strip_prefix("0031")
            .or_else(|| digits.strip_prefix("31").filter(|rest| rest.len() == 9))
            .or_else(|| digits.strip_prefix('0'))
            .unwrap_or(&digits)
            .trim_start_matches('0');
        if national.len() < 6 {
            return;
        }
        let mobile = national.starts_with('6');
        let cuts: &[&[usize]] = if mobile {
            &[&[1], &[1, 4], &[1, 2, 2, 2]]
        } else {
            &[&[2], &[3], &[2, 3], &[2, 3, 2], &[3, 3]]
        };
        let mut put = |words: String| {
            out.push(Phrase { kind: WatchKind::Phone, manner: LINEAR, words: words.as_bytes() });
        };
        for prefix in ["0", "31 ", "31", "0031 ", "0031", "31 0 ", "31 0"] {
            put(format!("{prefix}{national}"));
            for cut in cuts {
                put(format!("{prefix}{}", grouped(national, cut)));
            }
        }
    }

    fn birth_date(&mut self, text: &str, out: &mut Patterns) {
        if self.origin == Origin::Roster {
            return;
        }
        let mut put = |words: &[u8]| {
            let manner = Manner { date: true, ..LINEAR };
            out.push(Phrase { kind: WatchKind::BirthDate, manner, words });
        };
        let Some((year, month, day)) = date(text) else {
            self.scratch.clear();
            phrase(text, Joined::Nothing, &mut self.scratch);
            if !is_short(&self.scratch) {
                put(&self.scratch);
            }
            return;
        };
        put(format!("{year:04} {month:02} {day:02}").as_bytes());
        put(format!("{year:04}{month:02}{day:02}").as_bytes());
        put(format!("{day:02} {month:02} {year:04}").as_bytes());
        put(format!("{day:02}{month:02}{year:04}").as_bytes());
        if day < 10 || month < 10 {
            put(format!("{day} {month} {year:04}").as_bytes());
        }
        let name = MONTHS.get(usize::from(month.saturating_sub(1))).copied().unwrap_or_default();
        put(format!("{day} {name} {year:04}").as_bytes());
    }
}

const MONTHS: [&str; 12] = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
];

/// Fewer than 4 letters and fewer than 5 digits: too likely to stand somewhere by chance.
fn is_short(words: &[u8]) -> bool {
    let digits = words.iter().filter(|byte| byte.is_ascii_digit()).count();
    // A letter beyond ASCII counts by its first byte.
    let letter = |byte: &&u8| byte.is_ascii_lowercase() || **byte >= 0xC0;
    words.iter().filter(letter).count() < 4 && digits < 5
}

fn name_manner(words: &[u8]) -> Manner {
    let letters = words.iter().filter(|byte| **byte != b' ').count();
    Manner { any_order: true, tight: letters < LOOSE_NAME, ..LINEAR }
}

fn push_name<'a>(
    scratch: &mut Vec<u8>,
    given: &'a [u8],
    family: impl Iterator<Item = &'a [u8]>,
    out: &mut Patterns,
) {
    scratch.clear();
    join(scratch, std::iter::once(given).chain(family));
    if scratch.len() > given.len() {
        out.push(Phrase { kind: WatchKind::FullName, manner: name_manner(scratch), words: scratch });
    }
}

/// The initial of `given` with a family name: `P. Jansen`, and, its prefix being passed over, `S. v.d. Berg`.
fn push_initial(scratch: &mut Vec<u8>, given: &[u8], family: &[u8], out: &mut Patterns) {
    let first = given.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    let Some(first) = first.filter(|first| first.is_alphabetic()) else { return };
    let name = || family.split(is_space).skip_while(|word| is_particle(word));
    // A letter beyond ASCII counts by its first byte.
    let letter = |byte: &&u8| byte.is_ascii_lowercase() || **byte >= 0xC0;
    if name().flatten().filter(letter).count() < INITIAL_NAME {
        return;
    }
    scratch.clear();
    let mut initial = [0; 4];
    join(scratch, std::iter::once(first.encode_utf8(&mut initial).as_bytes()).chain(name()));
    out.push(Phrase { kind: WatchKind::FullName, manner: INITIAL, words: scratch });
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

/// Whether a family name begins with a prefix.
fn is_prefixed(family: &[u8]) -> bool {
    family.contains(&b' ') && family.split(is_space).next().is_some_and(is_particle)
}

/// What follows `given` in the full name `words`.
fn after<'a>(words: &'a [u8], given: &[u8]) -> Option<&'a [u8]> {
    words.strip_prefix(given)?.strip_prefix(b" ")
}

fn join<'a>(out: &mut Vec<u8>, words: impl Iterator<Item = &'a [u8]>) {
    for word in words {
        if !out.is_empty() {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that split wants")]
const fn is_space(byte: &u8) -> bool {
    *byte == b' '
}

/// `612345678` cut after 1 and 4 more digits: `6 1234 5678`.
fn grouped(digits: &str, cut: &[usize]) -> String {
    let mut text = String::with_capacity(digits.len() + cut.len());
    let mut rest = digits;
    for &at in cut {
        let Some((group, more)) = rest.split_at_checked(at) else {
            break;
        };
        text.push_str(group);
        text.push(' ');
        rest = more;
    }
    text.push_str(rest);
    text
}

/// Year, month and day of `YYYY-MM-DD`, `YYYYMMDD` or `DD-MM-YYYY`, whatever stands between.
fn date(text: &str) -> Option<(u16, u8, u8)> {
    let date = text.split('T').next()?.trim();
    let mut parts = date.split(|mark: char| !mark.is_ascii_digit());
    let (first, second, third) = (parts.next()?, parts.next(), parts.next());
    let (year, month, day) = match (second, third) {
        (Some(month), Some(day)) if first.len() == 4 => (first, month, day),
        (Some(month), Some(year)) if year.len() == 4 => (year, month, first),
        (None, None) if first.len() == 8 => (first.get(..4)?, first.get(4..6)?, first.get(6..)?),
        _ => return None,
    };
    let (year, month, day) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some((year, month, day))
}
