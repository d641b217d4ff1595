//! Why a command did not do what it should: a stable code, what happened and what to do.
//!
//! It must not know where it is shown.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use super::Exit;
use crate::config::words::{self, Message, fill};
use crate::config::{Language, Place, Problem};

/// A failed command.
#[derive(Debug)]
pub(super) struct Failure {
    message: &'static Message,
    values: Vec<(&'static str, words::Value)>,
    exit: Exit,
}

impl Failure {
    /// A failure with what fills its message's places.
    pub(super) fn new(
        message: &'static Message,
        values: impl IntoIterator<Item = (&'static str, words::Value)>,
    ) -> Self {
        Self { message, values: values.into_iter().collect(), exit: Exit::Error }
    }

    /// The same, where the command line itself was wrong.
    pub(super) fn usage(mut self) -> Self {
        self.exit = Exit::Usage;
        self
    }

    /// The stable code.
    pub(super) fn code(&self) -> &'static str {
        self.message.code
    }

    /// The same as a problem of a configuration, for `check`.
    pub(super) fn problem(self, place: Place) -> Problem {
        Problem { place, message: self.message, values: self.values }
    }

    pub(super) fn exit(&self) -> Exit {
        self.exit
    }

    /// One line of what happened and one of what to do.
    pub(super) fn told(&self, language: Language) -> String {
        let said = self.message.said(language);
        let error = language.pick("error", "fout");
        let hint = language.pick("do", "doe");
        let what = fill(said.what, language, &self.values);
        let todo = fill(said.hint, language, &self.values);
        format!("sluis: {error} {}: {what}\n    {hint}: {todo}", self.message.code)
    }

    /// The members `code`, `what` and `hint`.
    pub(super) fn json(&self, language: Language) -> Value {
        let said = self.message.said(language);
        json!({ "error": {
            "code": self.message.code,
            "what": fill(said.what, language, &self.values),
            "hint": fill(said.hint, language, &self.values),
        }})
    }
}

/// How a failure travels from a running server to the command that asked.
#[derive(Serialize, Deserialize)]
struct Travelling {
    code: String,
    /// Place, English, Dutch.
    values: Vec<(String, String, String)>,
}

impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let both =
            |value: &words::Value| (value.told(Language::English).into(), value.told(Language::Dutch).into());
        let values = self.values.iter().map(|(place, value)| {
            let (english, dutch) = both(value);
            ((*place).to_owned(), english, dutch)
        });
        Travelling { code: self.message.code.to_owned(), values: values.collect() }.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Failure {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Travelling { code, values } = Travelling::deserialize(from)?;
        let known = super::words::with_code(&code);
        let message = known.ok_or_else(|| serde::de::Error::custom("an unknown code"))?;
        let values = values.into_iter().filter_map(|(place, english, dutch)| {
            // The name of a place is part of the message itself, which lives as long as the program.
            let said = [message.english.what, message.english.hint];
            let place = said.iter().find_map(|text| {
                let (_, rest) = text.split_once(&format!("{{{place}}}"))?;
                let begin = text.len() - rest.len() - 1 - place.len();
                text.get(begin..begin + place.len())
            })?;
            Some((place, words::Value::Brought(english, dutch)))
        });
        Ok(Self { message, values: values.collect(), exit: Exit::Error })
    }
}

#[cfg(test)]
mod tests {
    use super::Failure;
    use crate::cli::words;
    use crate::config::Language;
    use crate::config::words::Value;

    #[test]
    fn a_failure_says_the_same_after_its_journey() {
        let reason = Value::Each("it is a directory", "het is een map");
        let sent = Failure::new(&words::WRITE, [("path", "state/vault".into()), ("reason", reason)]);
        let line = serde_json::to_string(&sent).expect("json");
        let arrived: Failure = serde_json::from_str(&line).expect("failure");
        for language in [Language::English, Language::Dutch] {
            assert_eq!(arrived.told(language), sent.told(language));
            assert!(!arrived.told(language).contains('{'));
        }
        assert!(serde_json::from_str::<Failure>(&line.replace("CLI-", "XYZ-")).is_err());
    }
}
