//! What masking and restoring a file does with the stores. A new file holds the whole body, or there is none.
//!
//! It must not know terminals.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cli::act::{Body, Workplace};
use crate::cli::failure::Failure;
use crate::cli::faults::journal_failed;
use crate::cli::pupil::grounds::{self, Permit, Reason};
use crate::cli::rehearsal::{Crossed, Trial, cross, find, gather, scratch, trial_house};
use crate::cli::serve::house as serving;
use crate::cli::stores::leaf_scope;
use crate::cli::words;
use crate::config::settings::{AsksSettings, PublisherSettings};
use crate::config::words::Value as Word;
use crate::gateway::Refused;
use crate::journal::{Detail, Event, Leaves};
use crate::server::rescue::{self, Language};

/// A file, as which message it crosses, and where it goes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct Carry {
    /// With a reason it is restored, without one masked.
    pub(super) trial: Trial,
    /// The new file, absolute; whoever performs the act writes it.
    pub(super) to: PathBuf,
}

/// `mask` and `restore`.
pub(in crate::cli) fn carry(asked: &Carry, body: Option<Body>, at: &Workplace<'_>) -> Result<Value, Failure> {
    let mut trial = asked.trial.clone();
    let (publisher, route) = find(&trial, at)?;
    let restores = trial.reason.is_some();
    trial.reply = (route.asks == AsksSettings::School) == restores;
    if trial.method.is_empty() {
        trial.method = if trial.reply { "GET" } else { "POST" }.to_owned();
    }
    let grounds = match &trial.reason {
        Some(text) => Some((Reason::read(text)?, grounds::permit(at)?)),
        None => None,
    };
    // The file first: what cannot be kept does not cross.
    let output = NewFile::create(&asked.to)?;
    let scratch = scratch()?;
    let crossed = cross(&trial, (publisher, route), body, at, |real| {
        let mut house = trial_house(real, publisher, &scratch, at)?;
        if restores {
            // Only looked at: nothing enters.
            house.vault = Arc::new(at.stores.vault.view());
        } else {
            house.vault = Arc::clone(&at.stores.vault);
            house.journal = Arc::clone(&at.stores.journal);
            house.needle = route.needle.then(|| Arc::clone(&at.stores.needle));
            house.binary = serving::binary_digest();
        }
        Ok(house)
    })?;
    let Crossed { message, refused } = crossed;
    let Some(message) = message else {
        // Also an attempt counts: pseudonyms can be guessed.
        if let Some((reason, permit)) = grounds {
            record(publisher, (&reason, permit), (&Bytes::new(), 0), at)?;
        }
        return Err(told(refused.as_ref()));
    };
    let body = message.body();
    let pupils = if restores { count(scratch.path())? } else { 0 };
    if let Some((reason, permit)) = grounds {
        record(publisher, (&reason, permit), (body, pupils), at)?;
    }
    output.write(body)?;
    Ok(json!({
        "file": asked.to.display().to_string(),
        "bytes": body.len(),
        "door": if restores { "enter" } else { "leave" },
        "pupils": restores.then_some(pupils),
    }))
}

/// Records that pseudonyms were turned back: only then is anything written.
fn record(
    publisher: &PublisherSettings,
    (reason, permit): (&Reason, Permit),
    (body, pupils): (&Bytes, u64),
    at: &Workplace<'_>,
) -> Result<(), Failure> {
    let mut texts = Vec::new();
    for line in body.split(|byte| *byte == b'\n') {
        gather(&serde_json::from_slice(line).unwrap_or_default(), &mut texts);
    }
    gather(&serde_json::from_slice(body).unwrap_or_default(), &mut texts);
    let mut leaf = at.stores.leaf(Event::REIDENTIFIED, at.stores.clock.now(), &at.actor);
    leaf.scope = Some(leaf_scope(&publisher.scope()));
    let permit = permit.unless_named(reason, texts.iter().map(String::as_str), leaf.clone(), at)?;
    let what = ("what", Detail::Text("file".to_owned()));
    permit.record(leaf, reason, [("pupils", Detail::Number(pupils)), what], at)
}

/// How many pupils the message that entered was about, as its own journal says.
fn count(journal: &Path) -> Result<u64, Failure> {
    let mut leaves = Leaves::open(journal).map_err(|error| journal_failed(&error))?;
    let mut most = 0;
    while let Some((leaf, _)) = leaves.read().map_err(|error| journal_failed(&error))? {
        if leaf.event == Event::ENTERED {
            most = leaf.pupils.map_or(most, |pupils| most.max(u64::from(pupils.count)));
        }
    }
    Ok(most)
}

/// A refusal, as a failure of the command.
fn told(refused: Option<&Refused>) -> Failure {
    let Some(refused) = refused else { return Failure::new(&words::INTERNAL, []) };
    let say = |language, key: &str| {
        let document = rescue::problem(refused, language);
        let problem: Value = serde_json::from_slice(document.body()).unwrap_or_default();
        problem.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let both = |key: &str| Word::Brought(say(Language::English, key), say(Language::Dutch, key));
    let values =
        [("code", refused.refusal.code().into()), ("title", both("title")), ("advice", both("hint"))];
    Failure::new(&words::CARRY_REFUSED, values)
}

/// A new, empty file (mode 0600); taken away again unless it is written whole.
struct NewFile {
    path: PathBuf,
    file: Option<File>,
}

impl NewFile {
    fn create(path: &Path) -> Result<Self, Failure> {
        // O_EXCL makes a new file or nothing, and follows no link (open(2)).
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = opened.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                let why = Word::Each("it exists already", "het bestaat al");
                Failure::new(&words::WRITE, [("path", path.display().to_string().into()), ("reason", why)])
            }
            _ => unwritten(path, &error),
        })?;
        Ok(Self { path: path.to_owned(), file: Some(file) })
    }

    fn write(mut self, bytes: &[u8]) -> Result<(), Failure> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        written.map_err(|error| {
            self.file = Some(file);
            unwritten(&self.path, &error)
        })
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if self.file.is_some() {
            // It is ours: nobody else had it before.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    let values = [("path", path.display().to_string().into()), ("reason", crate::config::reason(error))];
    Failure::new(&words::WRITE, values)
}
