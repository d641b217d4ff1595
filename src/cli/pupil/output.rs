//! Where an export goes: a new file that only its owner can read, never through a link, never over another file.
//!
//! It must not know what is in it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::page;
use crate::cli::failure::Failure;
use crate::cli::words;
use crate::config::words::Value as Word;
use crate::config::{Language, reason};

/// A new, empty file; taken away again unless it is written whole.
pub(super) struct Output {
    path: PathBuf,
    file: Option<File>,
    form: Form,
    whole: bool,
}

#[derive(Debug, Clone, Copy)]
enum Form {
    Json,
    Html,
}

impl Output {
    /// Makes the file. Its ending says what is written.
    pub(super) fn create(path: PathBuf) -> Result<Self, Failure> {
        let form = match path.extension().and_then(|ending| ending.to_str()) {
            Some("json") => Form::Json,
            Some("html" | "htm") => Form::Html,
            _ => {
                let why = Word::Each("its name ends in something else", "de naam eindigt op iets anders");
                return Err(unmade(&path, why).usage());
            }
        };
        // O_EXCL makes a new file or nothing, and follows no link (open(2)); O_NOFOLLOW says so once more.
        let nofollow = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0);
        let opened =
            OpenOptions::new().write(true).create_new(true).mode(0o600).custom_flags(nofollow).open(&path);
        let file = opened.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => unmade(&path, Word::Each("it exists already", "het bestaat al")),
            _ => unmade(&path, reason(&error)),
        })?;
        Ok(Self { path, file: Some(file), form, whole: false })
    }

    /// Writes the report, durably, and says where.
    pub(super) fn write(mut self, report: &Value, language: Language) -> Result<PathBuf, Failure> {
        let text = match self.form {
            Form::Json => format!("{report:#}\n"),
            Form::Html => page::render(report, language),
        };
        let failed = |error: io::Error| unmade(&self.path, reason(&error));
        if let Some(mut file) = self.file.take() {
            file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        }
        let above = self.path.parent().filter(|above| !above.as_os_str().is_empty());
        File::open(above.unwrap_or(Path::new("."))).and_then(|above| above.sync_all()).map_err(failed)?;
        self.whole = true;
        Ok(self.path.clone())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if !self.whole {
            // It is ours: nobody else had it before.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn unmade(path: &Path, why: Word) -> Failure {
    Failure::new(&words::PUPIL_OUTPUT, [("path", path.display().to_string().into()), ("reason", why)])
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use serde_json::json;

    use super::Output;
    use crate::config::Language;

    #[test]
    fn only_a_new_file_is_written_and_only_its_owner_reads_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let written = Output::create(path("a.json")).unwrap().write(&json!({"a": 1}), Language::Dutch);
        let mode = std::fs::metadata(written.unwrap()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(Output::create(path("a.json")).is_err(), "a file that exists");
        assert_eq!(std::fs::read_to_string(path("a.json")).unwrap(), "{\n  \"a\": 1\n}\n", "untouched");
        symlink(path("a.json"), path("link.json")).unwrap();
        symlink(path("nowhere"), path("loose.json")).unwrap();
        for name in ["link.json", "loose.json", "no/such/folder.json", "a.txt", "a", "."] {
            assert!(Output::create(path(name)).is_err(), "{name}");
        }
        assert!(!path("nowhere").exists());
        // What is not written whole goes.
        drop(Output::create(path("b.html")).unwrap());
        assert!(!path("b.html").exists());
    }
}
