//! What Sluis says about a configuration: a stable code, what is wrong and what to do, in Dutch and English.
//!
//! A message is data: a template whose `{name}` places are filled where it is reported. It must not
//! know where a problem was found, and no value of a secret is ever put into one.

pub mod publisher;
pub mod reading;
pub mod route;
pub mod school;
pub mod terms;
pub mod witness;

use super::Language;

/// How grave a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The configuration cannot be used. Exit code 1.
    Error,
    /// It can be used, and somebody should know. Exit code 3.
    Warning,
}

/// What is said, and what to do about it; templates with `{name}` places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// What is wrong.
    pub what: &'static str,
    /// What to do.
    pub hint: &'static str,
}

/// A message with a code that never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// `CFG-nnn`.
    pub code: &'static str,
    /// Error or warning.
    pub weight: Weight,
    /// In English.
    pub english: Said,
    /// In Dutch.
    pub dutch: Said,
}

impl Message {
    /// The templates in one language.
    pub fn said(&self, language: Language) -> Said {
        language.pick(self.english, self.dutch)
    }
}

/// An error that stops the configuration.
pub(crate) const fn error(
    code: &'static str,
    english: [&'static str; 2],
    dutch: [&'static str; 2],
) -> Message {
    message(code, Weight::Error, english, dutch)
}

/// A warning that does not.
pub(crate) const fn warning(
    code: &'static str,
    english: [&'static str; 2],
    dutch: [&'static str; 2],
) -> Message {
    message(code, Weight::Warning, english, dutch)
}

const fn message(
    code: &'static str,
    weight: Weight,
    [what, hint]: [&'static str; 2],
    [wat, raad]: [&'static str; 2],
) -> Message {
    let english = Said { what, hint };
    Message { code, weight, english, dutch: Said { what: wat, hint: raad } }
}

/// What fills a place of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// The same in every language: a key, a path, a name.
    Same(String),
    /// A word of ours: English, Dutch.
    Each(&'static str, &'static str),
    /// The same two, from another process.
    Brought(String, String),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Same(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Same(text)
    }
}

impl Value {
    /// The text in one language.
    pub fn told(&self, language: Language) -> &str {
        match self {
            Self::Same(text) => text,
            Self::Brought(english, dutch) => language.pick(english, dutch),
            Self::Each(english, dutch) => language.pick(english, dutch),
        }
    }
}

/// Fills the `{name}` places of a template; a name that nobody gave stays as it stands.
pub fn fill(template: &str, language: Language, values: &[(&'static str, Value)]) -> String {
    let mut filled = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        match values.iter().find(|(key, _)| *key == name) {
            Some((_, value)) => filled.push_str(value.told(language)),
            None => {
                filled.push('{');
                filled.push_str(name);
                filled.push('}');
            }
        }
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

/// Every message, in the order of its code; for the documentation and its test.
pub fn all() -> Vec<&'static Message> {
    let groups = [reading::ALL, school::ALL, publisher::ALL, route::ALL, terms::ALL, witness::ALL];
    let mut all: Vec<&Message> = groups.into_iter().flatten().copied().collect();
    all.sort_by_key(|message| message.code);
    all
}

#[cfg(test)]
mod tests;
