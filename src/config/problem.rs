//! A problem with a configuration, and the list of them all.
//!
//! It must not know what a configuration holds; it carries no value of a secret file.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Language;
use super::words::{self, Message, Weight, fill};

/// Where in a file: line and column begin at 1, the column counts characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as the user named it.
    pub file: PathBuf,
    /// Its line; 0 when the file as a whole is meant.
    pub line: usize,
    /// The column in that line; 0 when the line as a whole is meant.
    pub column: usize,
}

/// One problem: where, what and what to do.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Where it is.
    pub place: Place,
    /// What is said.
    pub message: &'static Message,
    /// What fills the message's places.
    pub values: Vec<(&'static str, words::Value)>,
}

impl Problem {
    /// Its stable code, `CFG-nnn`.
    pub fn code(&self) -> &'static str {
        self.message.code
    }

    /// Whether the configuration cannot be used because of it.
    pub fn is_error(&self) -> bool {
        self.message.weight == Weight::Error
    }

    /// What is wrong, in one language.
    pub fn what(&self, language: Language) -> String {
        fill(self.message.said(language).what, language, &self.values)
    }

    /// What to do, in one language.
    pub fn hint(&self, language: Language) -> String {
        fill(self.message.said(language).hint, language, &self.values)
    }

    /// Two or three lines for a terminal: place, code and what; then the hint.
    pub fn told(&self, language: Language) -> String {
        let mut told = self.place.to_string();
        let weight = match self.message.weight {
            Weight::Error => language.pick("error", "fout"),
            Weight::Warning => language.pick("warning", "waarschuwing"),
        };
        let hint = language.pick("do", "doe");
        let _ = write!(
            told,
            ": {weight} {}: {}\n    {hint}: {}",
            self.code(),
            self.what(language),
            self.hint(language)
        );
        told
    }

    /// The members `file`, `line`, `column`, `code`, `weight`, `what` and `hint`.
    pub fn json(&self, language: Language) -> Value {
        json!({
            "file": self.place.file.display().to_string(),
            "line": self.place.line,
            "column": self.place.column,
            "code": self.code(),
            "weight": if self.is_error() { "error" } else { "warning" },
            "what": self.what(language),
            "hint": self.hint(language),
        })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        Ok(())
    }
}

/// A file's text, and the problems found while it is read.
#[derive(Debug)]
pub(super) struct Source {
    file: PathBuf,
    text: String,
    found: RefCell<Vec<Problem>>,
}

/// A value and the bytes of the file it came from.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    /// The value.
    pub(super) value: T,
    /// Where it stands, in bytes.
    pub(super) span: Range<usize>,
}

impl<T> At<T> {
    /// Another value from the same place.
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> At<U> {
        At { value: change(self.value), span: self.span }
    }
}

impl Source {
    pub(super) fn new(file: &Path, text: String) -> Self {
        Self { file: file.to_owned(), text, found: RefCell::default() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a span's begin.
    pub(super) fn place(&self, span: &Range<usize>) -> Place {
        let before = self.text.get(..span.start).unwrap_or(&self.text);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Place { file: self.file.clone(), line, column }
    }

    /// Notes a problem at a span of this file.
    pub(super) fn report(
        &self,
        message: &'static Message,
        span: &Range<usize>,
        values: impl IntoIterator<Item = (&'static str, words::Value)>,
    ) {
        self.note(Problem { place: self.place(span), message, values: values.into_iter().collect() });
    }

    /// Notes a problem that has its own place, in another file perhaps.
    pub(super) fn note(&self, problem: Problem) {
        self.found.borrow_mut().push(problem);
    }

    /// Whether any problem so far stops the configuration.
    pub(super) fn failed(&self) -> bool {
        self.found.borrow().iter().any(Problem::is_error)
    }

    /// All problems, in the order of the file, each once.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut found = self.found.into_inner();
        found.sort_by(|a, b| (&a.place, a.code()).cmp(&(&b.place, b.code())));
        found.dedup_by(|a, b| a.place == b.place && a.code() == b.code() && a.values == b.values);
        found
    }
}
