//! Where a command writes: text or JSON on standard output, problems on standard error, questions and
//! progress to a terminal only.
//!
//! It must not know what is said. Output that nobody reads any more (a closed pipe) is no error.

use std::io::{self, BufRead as _, IsTerminal as _, Write};

use serde_json::Value;

use super::failure::Failure;
use crate::config::Language;

/// The two streams, and how to speak on them.
#[derive(Debug)]
pub(super) struct Screen {
    /// The language of messages.
    pub(super) language: Language,
    /// Whether the report is JSON.
    pub(super) json: bool,
    colour: bool,
}

impl Screen {
    /// Standard output and error of this process.
    pub(super) fn standard(language: Language, json: bool) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the environment is read in cli only")]
        let plain = std::env::var("NO_COLOR").is_ok_and(|value| !value.is_empty());
        Self { language, json, colour: !plain && !json && io::stdout().is_terminal() }
    }

    /// One of two texts, by language.
    pub(super) fn pick<'t>(&self, english: &'t str, dutch: &'t str) -> &'t str {
        self.language.pick(english, dutch)
    }

    /// A line of the report.
    pub(super) fn say(&self, line: &str) {
        let _ = writeln!(io::stdout().lock(), "{line}");
    }

    /// A line on standard error: a problem, or something that is not part of the report.
    pub(super) fn tell(&self, line: &str) {
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    /// The report as JSON, indented.
    pub(super) fn report(&self, report: &Value) {
        self.say(&format!("{report:#}"));
    }

    /// Why the command failed.
    pub(super) fn failed(&self, failure: &Failure) {
        if self.json {
            self.report(&failure.json(self.language));
        }
        self.tell(&failure.told(self.language));
    }

    /// Text that stands out on a terminal; its words say the same without.
    pub(super) fn bold(&self, text: &str) -> String {
        if self.colour { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Asks a question and returns the line that is typed, without white space around it. Nothing at the end
    /// of input.
    pub(super) fn ask(&self, question: &str, usual: &str) -> io::Result<Option<String>> {
        let mut error = io::stderr().lock();
        if usual.is_empty() {
            write!(error, "{question}: ")?;
        } else {
            write!(error, "{question} [{usual}]: ")?;
        }
        error.flush()?;
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim();
        Ok(Some(if line.is_empty() { usual } else { line }.to_owned()))
    }
}

/// The language of the environment: `LC_ALL`, `LC_MESSAGES` or `LANG`, the first that is set.
pub(super) fn spoken() -> Language {
    #[expect(clippy::disallowed_methods, reason = "the environment is read in cli only")]
    let first = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty());
    first.map_or(Language::English, |name| Language::from_locale(&name))
}
