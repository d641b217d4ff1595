//! TOML with lines: what the reader asks of a table, and where each answer stood.
//!
//! Every mistake is noted and reading goes on, so that one run shows them all. It must not know what the keys
//! mean.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ProfileError;

/// A text and the line it stood on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) line: u32,
}

/// A file being read: its name, where its lines begin, and the mistakes so far.
pub(super) struct Source<'a> {
    file: &'a str,
    starts: Vec<usize>,
    errors: Vec<ProfileError>,
}

impl<'a> Source<'a> {
    pub(super) fn new(file: &'a str, text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        Self { file, starts, errors: Vec::new() }
    }

    /// The line, from 1, in which a byte stands.
    pub(super) fn line(&self, offset: usize) -> u32 {
        let line = self.starts.partition_point(|start| *start <= offset);
        u32::try_from(line).unwrap_or(u32::MAX)
    }

    /// Notes a mistake, once.
    pub(super) fn error(&mut self, line: u32, what: impl Into<String>, hint: impl Into<String>) {
        self.note(line, what.into(), hint.into(), false);
    }

    /// Notes something that the language has and this version cannot carry.
    pub(super) fn not_carried(&mut self, line: u32, what: &str) {
        let hint = "the language has it, this version of Sluis cannot carry it";
        self.note(line, format!("{what} is not carried yet"), hint.to_owned(), true);
    }

    fn note(&mut self, line: u32, what: String, hint: String, not_carried: bool) {
        let error = ProfileError { file: self.file.to_owned(), line, what, hint, not_carried };
        if !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }

    /// Whether nothing was wrong.
    pub(super) fn is_clean(&self) -> bool {
        self.errors.is_empty()
    }

    /// The mistakes, by line.
    pub(super) fn into_errors(mut self) -> Vec<ProfileError> {
        self.errors.sort_by_key(|error| error.line);
        self.errors
    }

    /// Notes every key of `table` that is not in `known`.
    pub(super) fn only(&mut self, table: &DeTable<'_>, known: &[&str], place: &str) {
        for key in table.keys() {
            if !known.contains(&key.get_ref().as_ref()) {
                let line = self.line(key.span().start);
                self.error(
                    line,
                    format!("unknown key `{}` in {place}", key.get_ref()),
                    suggest(key.get_ref(), known),
                );
            }
        }
    }

    /// The line of a key's value, or `otherwise`.
    pub(super) fn line_of(&self, table: &DeTable<'_>, key: &str, otherwise: u32) -> u32 {
        table.get(key).map_or(otherwise, |value| self.line(value.span().start))
    }

    /// A text under `key`.
    pub(super) fn text(&mut self, table: &DeTable<'_>, key: &str) -> Option<Said> {
        let value = table.get(key)?;
        self.as_text(value, key)
    }

    /// One text, or a list of them, under `key`; an empty list is a mistake.
    pub(super) fn texts(&mut self, table: &DeTable<'_>, key: &str) -> Vec<Said> {
        let Some(value) = table.get(key) else { return Vec::new() };
        self.as_texts(value, key)
    }

    pub(super) fn as_text(&mut self, value: &Spanned<DeValue<'_>>, key: &str) -> Option<Said> {
        let line = self.line(value.span().start);
        match value.get_ref() {
            DeValue::String(text) => Some(Said { text: text.clone().into_owned(), line }),
            other => {
                self.error(
                    line,
                    format!("`{key}` is a text, not {}", other.type_str()),
                    "put it between quotes",
                );
                None
            }
        }
    }

    pub(super) fn as_texts(&mut self, value: &Spanned<DeValue<'_>>, key: &str) -> Vec<Said> {
        match value.get_ref() {
            DeValue::Array(list) => {
                if list.is_empty() {
                    let line = self.line(value.span().start);
                    self.error(line, format!("`{key}` is an empty list"), "name at least one");
                }
                list.iter().filter_map(|item| self.as_text(item, key)).collect()
            }
            _ => self.as_text(value, key).into_iter().collect(),
        }
    }

    /// A whole number under `key`, from `least` to `most`; none when it is absent or another.
    pub(super) fn number(&mut self, table: &DeTable<'_>, key: &str, least: u32, most: u32) -> Option<u32> {
        let value = table.get(key)?;
        let written = value.get_ref().as_integer().filter(|number| number.radix() == 10);
        let number = written.and_then(|number| number.as_str().replace('_', "").parse().ok());
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let line = self.line(value.span().start);
            let what = format!("`{key}` is no whole number from {least} to {most}");
            self.error(line, what, "without quotes");
        }
        number
    }

    /// `true` or `false` under `key`; absent is `false`.
    pub(super) fn flag(&mut self, table: &DeTable<'_>, key: &str) -> bool {
        let Some(value) = table.get(key) else { return false };
        let answer = value.get_ref().as_bool();
        if answer.is_none() {
            let line = self.line(value.span().start);
            self.error(line, format!("`{key}` is true or false"), "without quotes");
        }
        answer.unwrap_or_default()
    }
}

/// A hint for a word that is not in a list: the one that was meant, or all of them.
pub(super) fn suggest(word: &str, known: &[&str]) -> String {
    let near = known.iter().map(|name| (distance(word, name), name)).min();
    match near {
        Some((steps, name)) if steps <= 2 && steps < name.len() => format!("did you mean `{name}`?"),
        _ => format!("known are: {}", known.join(", ")),
    }
}

/// Levenshtein distance, in bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (y, above) in b.bytes().zip(row.iter().skip(1)) {
            let cost = usize::from(x != y);
            left = (corner + cost).min(left + 1).min(above + 1);
            corner = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
