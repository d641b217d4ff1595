//! Finding the profile that a route names: a built-in one, or a file of the school's own.
//!
//! It must not know the rule language; `profile` reads it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::profile::{Profile, builtin, builtin_names};

use super::files::{Files, reason};
use super::problem::{At, Place, Problem};
use super::tree::quoted;
use super::words::{Value, route as words};

/// The most a profile may hold, in bytes.
const MOST: u64 = 1024 * 1024;

/// The profile of that name. A name that ends in `.toml` is a path; its errors are reported at their own lines.
pub(super) fn find(written: &At<&str>, files: &Files<'_>) -> Option<Arc<Profile>> {
    if let Some(profile) = builtin(written.value) {
        return Some(Arc::new(profile));
    }
    let unknown = |reason: Value| {
        let known = quoted(builtin_names());
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
    let text = match text {
        Ok(text) => text,
        Err(error) => {
            unknown(reason(&error));
            return None;
        }
    };
    match Profile::read(&path.display().to_string(), &text) {
        Ok(profile) => Some(Arc::new(profile)),
        Err(errors) => {
            for error in errors {
                let line = usize::try_from(error.line).unwrap_or(0);
                let place = Place { file: PathBuf::from(error.file), line, column: 0 };
                let values = vec![("reason", error.what.into()), ("advice", error.hint.into())];
                files.source.note(Problem { place, message: &words::PROFILE_INVALID, values });
            }
            None
        }
    }
}
