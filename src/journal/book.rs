//! A witness's book: the newest checkpoint of each log that it watches, and what it answers to a log that
//! asks for a cosignature (C2SP tlog-witness).
//!
//! The book is written, durably, before a cosignature leaves: a witness that forgets would sign a fork. It must
//! not know HTTP.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::note::{Vkey, text_of};
use super::witnessed::believe;
use super::{
    AddCheckpoint, Checkpoint, NoteError, WitnessKey, cosign, empty_root, open_note, verify_consistency,
};
use crate::crypto::SigningKey;
use crate::disk::{Disk, DiskError, Lock, create_dir_durable, durable_write};

/// Known logs, one verifier key on a line.
const LOGS: &str = "logs";
/// The newest checkpoint of each log, under the SHA-256 of its origin; empty when none was seen yet.
const SEEN: &str = "seen";

/// Why a checkpoint is not cosigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotCosigned {
    /// Not a request, or an old size larger than the checkpoint's.
    #[error("this is no request to cosign a checkpoint")]
    Malformed,
    /// No log of this origin is known.
    #[error("this witness does not know a log of this origin")]
    UnknownLog,
    /// No known key of the log signed the checkpoint.
    #[error("the checkpoint is not signed by a known key of this log")]
    NotSigned,
    /// The old size is not that of the checkpoint seen last.
    #[error("the checkpoint seen last has {0} entries")]
    Conflict(u64),
    /// The checkpoint does not extend the one seen last: a fork.
    #[error("the checkpoint does not extend the one seen last")]
    Inconsistent,
    /// The book could not be written: nothing was signed.
    #[error("the witness's book could not be written; nothing was signed")]
    NotKept,
}

/// Why a witness's book cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// A file could not be read or written.
    #[error("cannot use the witness's book: {0}")]
    UseDisk(#[source] DiskError),
    /// A line of the list is no verifier key.
    #[error("line {0} of the list of logs is no public key of a journal (name+id+key)")]
    ReadLog(usize),
    /// The state of a known log is gone.
    #[error(
        "what was seen of {origin} is missing: put {path} back. A witness that forgot it would sign a journal \
         that was put back"
    )]
    StateMissing {
        /// Of which log.
        origin: String,
        /// Which file.
        path: String,
    },
    /// The state of a known log is not what this witness wrote.
    #[error("{path}, what was seen of {origin}, is not what this witness wrote: {error}")]
    StateDiffers {
        /// Of which log.
        origin: String,
        /// Which file.
        path: String,
        /// Why it is not believed.
        error: NoteError,
    },
}

/// A log that is watched.
#[derive(Debug)]
struct Watched {
    origin: String,
    keys: Vec<Vkey>,
    /// The newest checkpoint with its note; none when none was seen.
    seen: Option<(Checkpoint, String)>,
}

/// The book of one witness, open. One process holds it.
pub struct Book {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    own: WitnessKey,
    key: SigningKey,
    logs: Mutex<Written>,
    _lock: Lock,
}

struct Written {
    logs: Vec<Watched>,
    /// A write failed in a way after which the disk is not believed: nothing is signed until a restart.
    failed: bool,
}

/// What a witness knows of one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The log's origin line.
    pub origin: String,
    /// How many entries it had when it was cosigned last; none when it never was.
    pub size: Option<u64>,
    /// When, in seconds since the Unix epoch.
    pub time_s: Option<u64>,
}

/// The origin of a key's log: the key's name, without the version that a Sluis journal's key bears.
pub fn origin_of(key: &Vkey) -> &str {
    match key.name().rsplit_once("/v") {
        Some((origin, version)) if !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()) => {
            origin
        }
        _ => key.name(),
    }
}

impl Book {
    /// Opens the book below `directory`, or begins one. `name` is the witness's name.
    ///
    /// Errors: the book of a known log is missing or is not what this key wrote; another process holds it.
    pub fn open(
        disk: Arc<dyn Disk>,
        directory: &Path,
        own: WitnessKey,
        key: SigningKey,
    ) -> Result<Self, BookError> {
        create_dir_durable(disk.as_ref(), &directory.join(SEEN)).map_err(BookError::UseDisk)?;
        let lock = Lock::take(&directory.join("lock")).map_err(BookError::UseDisk)?;
        let mut logs: Vec<Watched> = Vec::new();
        for (place, line) in read(&directory.join(LOGS))?.unwrap_or_default().lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let key = Vkey::parse(line).map_err(|_| BookError::ReadLog(place + 1))?;
            let _ = list(&mut logs, key);
        }
        for log in &mut logs {
            log.read_back(directory, &own)?;
        }
        let logs = Mutex::new(Written { logs, failed: false });
        Ok(Self { disk, directory: directory.to_owned(), own, key, logs, _lock: lock })
    }

    /// Adds a log, or another key of a known one. What was seen of it before stays.
    pub fn add_log(&self, key: &Vkey) -> Result<(), BookError> {
        let mut written = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let path = seen_path(&self.directory, origin_of(key));
        // The state first: a listed log without one means that the state was lost.
        if !path.exists() {
            durable_write(self.disk.as_ref(), &path, b"").map_err(BookError::UseDisk)?;
        }
        let mut text = read(&self.directory.join(LOGS))?.unwrap_or_default();
        if !text.lines().any(|line| line.trim() == key.to_string()) {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(&format!("{key}\n"));
            durable_write(self.disk.as_ref(), &self.directory.join(LOGS), text.as_bytes())
                .map_err(BookError::UseDisk)?;
        }
        list(&mut written.logs, key.clone()).map_or(Ok(()), |log| log.read_back(&self.directory, &self.own))
    }

    /// Answers `add-checkpoint`: the signature line to send. Blocks on the disk; what it returns is durable.
    ///
    /// Errors: [`NotCosigned`], after which nothing was signed and nothing changed.
    pub fn add_checkpoint(&self, body: &str, now_s: u64) -> Result<String, NotCosigned> {
        let asked = AddCheckpoint::parse(body).ok_or(NotCosigned::Malformed)?;
        let text = text_of(&asked.note).map_err(|_| NotCosigned::Malformed)?;
        let origin = text.split('\n').next().unwrap_or_default();
        // Held until the book is written: what is compared and what is kept must be one.
        let mut written = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        if written.failed {
            return Err(NotCosigned::NotKept);
        }
        let log = written.logs.iter_mut().find(|log| log.origin == origin).ok_or(NotCosigned::UnknownLog)?;
        open_note(&asked.note, &log.keys).map_err(|_| NotCosigned::NotSigned)?;
        let checkpoint = Checkpoint::parse(text).map_err(|_| match text.split('\n').nth(1) {
            // An empty tree under another root (the specification wants it told as inconsistent).
            Some("0") => NotCosigned::Inconsistent,
            _ => NotCosigned::Malformed,
        })?;
        if asked.old > checkpoint.size {
            return Err(NotCosigned::Malformed);
        }
        let (size, root) = log.seen.as_ref().map_or((0, empty_root()), |(seen, _)| (seen.size, seen.root));
        if asked.old != size {
            return Err(NotCosigned::Conflict(size));
        }
        if !verify_consistency(size, checkpoint.size, &root, &checkpoint.root, &asked.proof) {
            return Err(NotCosigned::Inconsistent);
        }
        let line = cosign(text, &self.own, &self.key, now_s);
        // Signatures of others are not kept: who reads this book asks for the log's and the witness's.
        let signed = only_of(&asked.note, &log.keys);
        let note = format!("{text}\n{signed}{line}");
        let path = seen_path(&self.directory, origin);
        if let Err(error) = durable_write(self.disk.as_ref(), &path, note.as_bytes()) {
            written.failed = !error.is_full();
            tracing::error!(%error, "the witness's book could not be written: nothing is signed");
            return Err(NotCosigned::NotKept);
        }
        log.seen = Some((checkpoint, note));
        Ok(line)
    }

    /// The newest cosigned checkpoint of the log whose origin has this SHA-256, in lower-case hex.
    pub fn checkpoint(&self, origin_hash: &str) -> Option<String> {
        let written = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let log = written.logs.iter().find(|log| origin_hash_of(&log.origin) == origin_hash)?;
        log.seen.as_ref().map(|(_, note)| note.clone())
    }

    /// What is known of every log.
    pub fn seen(&self) -> Vec<Seen> {
        let written = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = written.logs.iter().map(|log| Seen {
            origin: log.origin.clone(),
            size: log.seen.as_ref().map(|(checkpoint, _)| checkpoint.size),
            time_s: log.seen.as_ref().and_then(|(_, note)| super::cosigned_at(note, &self.own).ok()?),
        });
        seen.collect()
    }

    /// True once nothing more is signed until a restart.
    pub fn failed(&self) -> bool {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).failed
    }
}

impl std::fmt::Debug for Book {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Book").field("directory", &self.directory).finish_non_exhaustive()
    }
}

impl Watched {
    /// Reads what was seen; there must be something, and it must be what this witness wrote.
    fn read_back(&mut self, directory: &Path, own: &WitnessKey) -> Result<(), BookError> {
        let path = seen_path(directory, &self.origin);
        let (origin, shown) = (|| self.origin.clone(), || path.display().to_string());
        let note = read(&path)?.ok_or_else(|| BookError::StateMissing { origin: origin(), path: shown() })?;
        if note.is_empty() {
            self.seen = None;
            return Ok(());
        }
        let believed = believe(&note, &self.keys, own).and_then(|(checkpoint, _)| {
            if checkpoint.origin == self.origin { Ok(checkpoint) } else { Err(NoteError::NotCheckpoint) }
        });
        let checkpoint =
            believed.map_err(|error| BookError::StateDiffers { origin: origin(), path: shown(), error })?;
        self.seen = Some((checkpoint, note));
        Ok(())
    }
}

/// SHA-256 of an origin, as a witness's address bears it: lower-case hex.
pub fn origin_hash_of(origin: &str) -> String {
    Sha256::digest(origin).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Adds a key to its log, which is made when it is new.
fn list(logs: &mut Vec<Watched>, key: Vkey) -> Option<&mut Watched> {
    let origin = origin_of(&key).to_owned();
    let place = logs.iter().position(|log| log.origin == origin).unwrap_or(logs.len());
    if place == logs.len() {
        logs.push(Watched { origin, keys: Vec::new(), seen: None });
    }
    let log = logs.get_mut(place)?;
    if !log.keys.contains(&key) {
        log.keys.push(key);
    }
    Some(log)
}

/// The signature lines of a note that claim one of these keys.
fn only_of(note: &str, keys: &[Vkey]) -> String {
    let lines = note.rsplit_once("\n\n").map_or("", |(_, lines)| lines).split_inclusive('\n');
    let kept = lines.filter(|line| {
        let name = line.trim_start_matches("\u{2014} ").split(' ').next().unwrap_or_default();
        keys.iter().any(|key| key.name() == name)
    });
    kept.collect()
}

fn seen_path(directory: &Path, origin: &str) -> PathBuf {
    directory.join(SEEN).join(origin_hash_of(origin))
}

fn read(path: &Path) -> Result<Option<String>, BookError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(BookError::UseDisk(DiskError::ReadFile { path: path.to_owned(), source })),
    }
}
