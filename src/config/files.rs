//! Files that a configuration names: secrets, certificates, keys.
//!
//! Secrets come from files only. A value read here is wiped after use, kept as a digest if at all, and never
//! put into a message. It must not know what the secrets are for.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::problem::{At, Source};
use super::words::{Value, reading};

/// The most a secret file may hold, in bytes.
const MOST_SECRET: u64 = 16 * 1024;
/// The most a certificate file may hold, in bytes.
const MOST_PEM: u64 = 4 * 1024 * 1024;
/// The fewest characters a token may have.
const LEAST_TOKEN: usize = 16;

/// Where files are looked for.
#[derive(Debug, Clone)]
pub(super) struct Files<'a> {
    /// Problems go here.
    pub(super) source: &'a Source,
    /// Relative paths begin here.
    pub(super) base: &'a Path,
}

impl Files<'_> {
    /// The path as the operating system gets it.
    pub(super) fn path(&self, written: &str) -> PathBuf {
        if self.base == Path::new(".") { PathBuf::from(written) } else { self.base.join(written) }
    }

    /// Path of a file that must be readable now; nothing is kept of what it holds.
    pub(super) fn readable(&self, key: &'static str, written: &At<&str>) -> Option<PathBuf> {
        let path = self.path(written.value);
        match read(&path, MOST_PEM) {
            Ok(_) => Some(path),
            Err(error) => self.unreadable(key, written, &path, &error),
        }
    }

    /// The bytes of a file that is no secret.
    pub(super) fn bytes(&self, key: &'static str, written: &At<&str>) -> Option<(PathBuf, Vec<u8>)> {
        let path = self.path(written.value);
        match read(&path, MOST_PEM) {
            Ok(bytes) => Some((path, bytes)),
            Err(error) => self.unreadable(key, written, &path, &error),
        }
    }

    /// A secret of one line: a token, a client's secret. The white space at its end is not part of it.
    pub(super) fn token(&self, key: &'static str, written: &At<&str>) -> Option<Token> {
        let (path, bytes) = self.secret(key, written)?;
        let text = bytes.trim_ascii_end();
        let reason = if text.len() < LEAST_TOKEN {
            Value::Each("it is shorter than 16 characters", "het is korter dan 16 tekens")
        } else if !text.iter().all(u8::is_ascii_graphic) {
            Value::Each("it holds white space or other characters", "het bevat witruimte of andere tekens")
        } else {
            return Some(Token { path, bytes: Zeroizing::new(text.to_vec()) });
        };
        let values = [("path", shown(&path)), ("reason", reason)];
        self.source.report(&reading::SECRET_UNFIT, &written.span, values);
        None
    }

    /// The bytes of a secret file, its mode checked.
    pub(super) fn secret(
        &self,
        key: &'static str,
        written: &At<&str>,
    ) -> Option<(PathBuf, Zeroizing<Vec<u8>>)> {
        let path = self.path(written.value);
        let bytes = match read(&path, MOST_SECRET) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) => return self.unreadable(key, written, &path, &error),
        };
        self.check_mode(written, &path);
        Some((path, bytes))
    }

    /// Warns about a secret file that group or others can read.
    pub(super) fn check_mode(&self, written: &At<&str>, path: &Path) {
        let Ok(metadata) = fs::metadata(path) else { return };
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            let values = [("path", shown(path)), ("mode", format!("{mode:04o}").into())];
            self.source.report(&reading::SECRET_OPEN, &written.span, values);
        }
    }

    fn unreadable<T>(&self, key: &'static str, at: &At<&str>, path: &Path, error: &io::Error) -> Option<T> {
        let values = [("key", key.into()), ("path", shown(path)), ("reason", reason(error))];
        self.source.report(&reading::NAMED_FILE_UNREADABLE, &at.span, values);
        None
    }
}

/// A secret of one line and the file it came from.
pub(super) struct Token {
    pub(super) path: PathBuf,
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

/// Reads a regular file up to a limit.
pub(super) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if metadata.len() > most {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    fs::read(path)
}

/// A path as it is shown.
pub(super) fn shown(path: &Path) -> Value {
    path.display().to_string().into()
}

/// Why a file could not be read, in words that hold nothing of it.
pub fn reason(error: &io::Error) -> Value {
    match error.kind() {
        io::ErrorKind::NotFound => Value::Each("it does not exist", "het bestaat niet"),
        io::ErrorKind::PermissionDenied => Value::Each("permission denied", "geen toestemming"),
        io::ErrorKind::IsADirectory => Value::Each("it is a directory", "het is een map"),
        io::ErrorKind::FileTooLarge => Value::Each("it is too large", "het is te groot"),
        io::ErrorKind::InvalidData => Value::Each("it is not UTF-8", "het is geen UTF-8"),
        kind => kind.to_string().into(),
    }
}
