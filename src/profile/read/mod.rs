//! Reading a profile: from text to rules, or to every mistake in it.
//!
//! `source` knows TOML and lines, `draft` and `verbs` judge what stands alone, `weave` puts parts into their
//! places and judges what stands together, `persons` whose record is whose, `routes` which message answers which.
//! No file is opened here: the text arrives as an argument.

mod conditions;
mod draft;
mod endpoints;
mod forms;
mod judge;
mod number;
mod persons;
mod routes;
mod selector;
mod source;
mod verbs;
mod weave;

use sha2::{Digest, Sha256};
use toml::de::DeTable;

use self::source::Source;
use super::rules::Profile;

/// One mistake in a profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}. Hint: {hint}")]
pub struct ProfileError {
    /// The file's name, as it was given.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub hint: String,
    /// Whether it is no mistake: the language has it, this version cannot carry it.
    pub not_carried: bool,
}

impl Profile {
    /// Reads a profile. `file_name` is for messages only.
    ///
    /// Gives every error at once, in the order of the lines. Nothing is passed silently: a profile that uses what
    /// this version cannot carry does not read.
    pub fn read(file_name: &str, text: &str) -> Result<Self, Vec<ProfileError>> {
        let mut source = Source::new(file_name, text);
        let (table, broken) = DeTable::parse_recoverable(text);
        for error in &broken {
            let line = source.line(error.span().map_or(0, |span| span.start));
            source.error(line, format!("not TOML: {}", error.message()), "see https://toml.io");
        }
        if !source.is_clean() {
            return Err(source.into_errors());
        }
        let draft = draft::read(&mut source, table.get_ref());
        let woven = weave::Weaver::new(&mut source, &draft).weave();
        match woven {
            Some(mut profile) if source.is_clean() => {
                profile.digest = Sha256::digest(text.as_bytes()).into();
                profile.say_texts();
                Ok(profile)
            }
            _ => Err(source.into_errors()),
        }
    }
}

#[cfg(test)]
mod tests;
