//! Finding the profile that a route names: a built-in one, or a file of the school's own.
//!
//! It must not know the rule language; `profile` reads the text.

use super::files::{Files, reason};
use super::problem::At;
use super::tree::quoted;
use super::words::{Value, route as words};

/// The profiles that come with Sluis, by name. The files are what a school would edit.
pub const BUILT_IN: &[(&str, &str)] = &[];

/// The most a profile may hold, in bytes.
const MOST: u64 = 1024 * 1024;

/// Name and text of a profile. A name that ends in `.toml` is a path.
pub(super) fn find(written: &At<&str>, files: &Files<'_>) -> Option<(String, String)> {
    if let Some((name, text)) = BUILT_IN.iter().find(|(name, _)| *name == written.value) {
        return Some(((*name).to_owned(), (*text).to_owned()));
    }
    let unknown = |reason: Value| {
        let known = quoted(BUILT_IN.iter().map(|(name, _)| *name));
        let values = [("found", written.value.into()), ("reason", reason), ("known", known.into())];
        files.source.report(&words::PROFILE_UNKNOWN, &written.span, values);
    };
    if !written.value.ends_with(".toml") {
        unknown(Value::Each("no built-in profile has that name", "geen ingebouwd profiel heet zo"));
        return None;
    }
    let path = files.path(written.value);
    let text = super::files::read(&path, MOST)
        .and_then(|bytes| String::from_utf8(bytes).map_err(|_| std::io::ErrorKind::InvalidData.into()));
    match text {
        Ok(text) => Some((path.display().to_string(), text)),
        Err(error) => {
            unknown(reason(&error));
            None
        }
    }
}
