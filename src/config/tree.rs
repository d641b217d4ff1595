//! Reading a TOML tree so that every mistake in it is reported, not the first one only.
//!
//! A [`Section`] hands out a table's values by key and type and remembers which keys were asked for;
//! `finish` reports the rest as unknown, with the nearest known key. It must not know what the keys mean.

use std::cell::RefCell;
use std::ops::{Range, RangeInclusive};

use toml::de::{DeTable, DeValue};

use super::problem::{At, Source};
use super::words::{Value, reading};

/// The most characters a text may have.
const MOST: usize = 4096;

const TEXT: Value = Value::Each("a text in quotes", "een tekst tussen aanhalingstekens");
const NUMBER: Value = Value::Each("a whole number", "een geheel getal");
const TRUTH: Value = Value::Each("true or false", "true of false");
const TABLE: Value = Value::Each("a table", "een tabel");

/// A table that is being read.
#[derive(Debug)]
pub(super) struct Section<'a> {
    source: &'a Source,
    /// How the table is called in messages: `[school]`.
    name: String,
    span: Range<usize>,
    table: &'a DeTable<'a>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    pub(super) fn new(source: &'a Source, name: &str, span: Range<usize>, table: &'a DeTable<'a>) -> Self {
        Self { source, name: name.to_owned(), span, table, asked: RefCell::default() }
    }

    pub(super) fn source(&self) -> &'a Source {
        self.source
    }

    pub(super) fn span(&self) -> &Range<usize> {
        &self.span
    }

    /// A value as it stands, or nothing.
    pub(super) fn get(&self, key: &'static str) -> Option<At<&'a DeValue<'a>>> {
        self.asked.borrow_mut().push(key);
        let (_, value) = self.table.iter().find(|(name, _)| name.get_ref() == key)?;
        Some(At { span: value.span(), value: value.get_ref() })
    }

    /// Whether the key is written here at all, of whatever type.
    pub(super) fn has(&self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    /// A text, when it is there.
    pub(super) fn text(&self, key: &'static str) -> Option<At<&'a str>> {
        let found = self.get(key)?;
        self.as_text(key, found)
    }

    /// A text that must be there; `example` is shown, as TOML, when it is not.
    pub(super) fn needed(&self, key: &'static str, example: &str) -> Option<At<&'a str>> {
        if !self.has(key) {
            self.missing(key, example);
        }
        self.text(key)
    }

    /// Reports that a key must be there.
    pub(super) fn missing(&self, key: &'static str, example: &str) {
        let values = [("key", key.into()), ("table", self.name.as_str().into()), ("example", example.into())];
        self.source.report(&reading::MISSING_KEY, &self.span, values);
    }

    /// True or false, when it is there.
    pub(super) fn truth(&self, key: &'static str) -> Option<At<bool>> {
        let found = self.get(key)?;
        match found.value {
            DeValue::Boolean(value) => Some(At { value: *value, span: found.span }),
            other => self.wrong(key, other, TRUTH, &found.span),
        }
    }

    /// A whole number within bounds, when it is there.
    pub(super) fn number(&self, key: &'static str, bounds: RangeInclusive<u64>) -> Option<At<u64>> {
        let found = self.get(key)?;
        let DeValue::Integer(number) = found.value else {
            return self.wrong(key, found.value, NUMBER, &found.span);
        };
        match u64::from_str_radix(number.as_str(), number.radix()) {
            Ok(value) if bounds.contains(&value) => Some(At { value, span: found.span }),
            _ => {
                let (least, most) = (bounds.start().to_string(), bounds.end().to_string());
                let values = [
                    ("key", key.into()),
                    ("found", number.to_string().into()),
                    ("least", least.into()),
                    ("most", most.into()),
                ];
                self.source.report(&reading::OUT_OF_RANGE, &found.span, values);
                None
            }
        }
    }

    /// One of a closed list of words, when it is there.
    pub(super) fn word<T: Copy>(&self, key: &'static str, allowed: &[(&'static str, T)]) -> Option<At<T>> {
        let found = self.text(key)?;
        if let Some((_, value)) = allowed.iter().find(|(word, _)| *word == found.value) {
            return Some(At { value: *value, span: found.span });
        }
        let list = quoted(allowed.iter().map(|(word, _)| *word));
        let values = [("key", key.into()), ("found", found.value.into()), ("allowed", list.into())];
        self.source.report(&reading::NOT_ONE_OF, &found.span, values);
        None
    }

    /// A list of texts; one text alone is a list of one. Empty when it is not there.
    pub(super) fn texts(&self, key: &'static str) -> Vec<At<&'a str>> {
        let Some(found) = self.get(key) else { return Vec::new() };
        match found.value {
            DeValue::Array(values) => values
                .iter()
                .filter_map(|value| self.as_text(key, At { span: value.span(), value: value.get_ref() }))
                .collect(),
            _ => self.as_text(key, found).into_iter().collect(),
        }
    }

    /// A table below this one, when it is there.
    pub(super) fn section(&self, key: &'static str, name: &str) -> Option<Section<'a>> {
        let found = self.get(key)?;
        match found.value {
            DeValue::Table(table) => Some(Section::new(self.source, name, found.span, table)),
            other => self.wrong(key, other, TABLE, &found.span),
        }
    }

    /// The tables of an array of tables; one table alone is an array of one.
    pub(super) fn sections(&self, key: &'static str, name: &str) -> Vec<Section<'a>> {
        let Some(found) = self.get(key) else { return Vec::new() };
        let DeValue::Array(values) = found.value else {
            return self.section(key, name).into_iter().collect();
        };
        let mut sections = Vec::new();
        for value in values.iter() {
            match value.get_ref() {
                DeValue::Table(table) => sections.push(Section::new(self.source, name, value.span(), table)),
                other => drop(self.wrong::<()>(key, other, TABLE, &value.span())),
            }
        }
        sections
    }

    /// Keys of the user's own choosing, with their values; nothing here is unknown.
    pub(super) fn entries(&self) -> impl Iterator<Item = (At<&'a str>, At<&'a DeValue<'a>>)> + use<'a> {
        self.table.iter().map(|(key, value)| {
            let value = At { span: value.span(), value: value.get_ref() };
            (At { value: key.get_ref().as_ref(), span: key.span() }, value)
        })
    }

    /// A text of an entry.
    pub(super) fn as_text(&self, key: &str, found: At<&'a DeValue<'a>>) -> Option<At<&'a str>> {
        let DeValue::String(text) = found.value else {
            return self.wrong(key, found.value, TEXT, &found.span);
        };
        if text.is_empty() || text.chars().count() > MOST || text.chars().any(char::is_control) {
            let values = [("key", key.into()), ("most", MOST.to_string().into())];
            self.source.report(&reading::EMPTY, &found.span, values);
            return None;
        }
        Some(At { value: text.as_ref(), span: found.span })
    }

    /// A table of an entry.
    pub(super) fn as_section(&self, key: &str, found: At<&'a DeValue<'a>>) -> Option<Section<'a>> {
        match found.value {
            DeValue::Table(table) => Some(Section::new(self.source, key, found.span, table)),
            other => self.wrong(key, other, TABLE, &found.span),
        }
    }

    /// Says that of these keys exactly one must be there, when that is not so.
    pub(super) fn exactly_one(&self, keys: &[&'static str]) -> bool {
        let there = keys.iter().filter(|key| self.has(key)).count();
        if there != 1 {
            let values = [
                ("table", self.name.as_str().into()),
                ("found", there.to_string().into()),
                ("keys", ticked(keys.iter().copied()).into()),
            ];
            self.source.report(&reading::EXACTLY_ONE, &self.span, values);
        }
        there == 1
    }

    /// Reports every key that nobody asked for.
    pub(super) fn finish(self) {
        let asked = self.asked.borrow();
        for (key, _) in self.table.iter() {
            let name = key.get_ref().as_ref();
            if asked.contains(&name) {
                continue;
            }
            let mut known: Vec<&str> = asked.clone();
            known.sort_unstable();
            known.dedup();
            let advice = match nearest(name, &known) {
                Some(near) => {
                    Value::Brought(format!("did you mean `{near}`?"), format!("bedoel je `{near}`?"))
                }
                None => {
                    let known = ticked(known.into_iter());
                    Value::Brought(format!("its keys are {known}"), format!("de sleutels zijn {known}"))
                }
            };
            let values = [("key", name.into()), ("table", self.name.as_str().into()), ("advice", advice)];
            self.source.report(&reading::UNKNOWN_KEY, &key.span(), values);
        }
    }

    fn wrong<T>(&self, key: &str, found: &DeValue<'_>, expected: Value, span: &Range<usize>) -> Option<T> {
        let found = match found {
            DeValue::String(_) => TEXT,
            DeValue::Integer(_) => NUMBER,
            DeValue::Float(_) => Value::Each("a fraction", "een breuk"),
            DeValue::Boolean(_) => TRUTH,
            DeValue::Datetime(_) => Value::Each("a date without quotes", "een datum zonder aanhalingstekens"),
            DeValue::Array(_) => Value::Each("a list", "een lijst"),
            DeValue::Table(_) => TABLE,
        };
        let values = [("key", key.into()), ("found", found), ("expected", expected)];
        self.source.report(&reading::WRONG_TYPE, span, values);
        None
    }
}

/// Words in quotes, separated by commas.
pub(super) fn quoted<'w>(words: impl Iterator<Item = &'w str>) -> String {
    words.map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
}

fn ticked<'w>(words: impl Iterator<Item = &'w str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The known word that differs least, when it differs by little.
pub(super) fn nearest<'w>(word: &str, known: &[&'w str]) -> Option<&'w str> {
    let allowed = ((word.chars().count() + 1) / 3).clamp(1, 3);
    known
        .iter()
        .map(|other| (distance(word, other), *other))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, other)| other)
}

/// Levenshtein's distance, in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(i + 1);
        for (j, to) in b.iter().enumerate() {
            let substitute = row.get(j).copied().unwrap_or(0) + usize::from(from != *to);
            let remove = row.get(j + 1).copied().unwrap_or(0) + 1;
            let insert = next.last().copied().unwrap_or(0) + 1;
            next.push(substitute.min(remove).min(insert));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_finds_its_word_and_another_word_does_not() {
        let known = ["mount", "upstream", "profile", "caller"];
        assert_eq!(nearest("moutn", &known), Some("mount"));
        assert_eq!(nearest("upsteam", &known), Some("upstream"));
        assert_eq!(nearest("profiles", &known), Some("profile"));
        assert_eq!(nearest("swap", &known), None);
        assert_eq!(nearest("", &known), None);
    }
}
