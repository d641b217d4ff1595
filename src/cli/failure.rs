//! Why a command did not do what it should: a stable code, what happened and what to do.
//!
//! It must not know where it is shown.

use serde_json::{Value, json};

use super::Exit;
use crate::config::Language;
use crate::config::words::{self, Message, fill};

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
