//! Reading for reports: the journal verified and counted, its witnesses asked for from their files; and putting a report
//! down.
//!
//! It must not make text.

use std::io;
use std::path::Path;

use super::facts::Facts;
use super::register::Ground;
use super::tally::{Period, Tally};
use crate::cli::failure::Failure;
use crate::cli::faults::journal_failed;
use crate::cli::progress::Progress;
use crate::cli::screen::Screen;
use crate::cli::words;
use crate::config::{Settings, reason};
use crate::disk::{DiskError, RealDisk, create_dir_durable, durable_write};
use crate::journal::{Given, Leaves, WitnessKey, verify_given, witnessed};

/// Verifies the journal, with what its witnesses cosigned, and says what the report rests on.
///
/// # Errors
/// The journal is not what it was: every difference is told first.
pub(super) fn verified(settings: &Settings, facts: &Facts, screen: &Screen) -> Result<Ground, Failure> {
    let trusted = [facts.key.clone()];
    let keys: Vec<WitnessKey> = settings.witnesses.iter().map(|witness| witness.key.clone()).collect();
    let words = witnessed(&settings.journal, &trusted, &keys).map_err(|error| journal_failed(&error))?;
    // A witness that never cosigned is told of, and no reason to refuse.
    let spoke = |key: &&WitnessKey| words.iter().any(|word| word.witness == key.name());
    let given: Vec<WitnessKey> = keys.iter().filter(spoke).cloned().collect();
    let report =
        verify_given(&settings.journal, &Given { trusted: &trusted, earlier: &[], witnesses: &given });
    let differences = report.differences();
    if let Some(first) = differences.first() {
        differences.iter().for_each(|found| screen.tell(&format!("{}: {found}", found.what.code())));
        let values = [("count", differences.len().to_string().into()), ("first", first.what.code().into())];
        return Err(Failure::new(&words::JOURNAL_DIFFERS, values));
    }
    let word = |witness: &crate::config::settings::WitnessSettings| {
        let word = words.iter().find(|word| word.witness == witness.key.name()).cloned();
        (witness.name.clone(), word)
    };
    Ok(Ground {
        origin: report.origin,
        size: report.size,
        root: report.root,
        signed_by: report.signed_by,
        key: facts.key.to_string(),
        witnesses: settings.witnesses.iter().map(word).collect(),
    })
}

/// Counts the whole journal.
pub(super) fn count(settings: &Settings, screen: &Screen) -> Result<Tally, Failure> {
    let progress = Progress::new(screen);
    let mut tally = Tally::new(Period::default(), settings.digest);
    let mut leaves = Leaves::open(&settings.journal).map_err(|error| journal_failed(&error))?;
    while let Some((leaf, _)) = leaves.read().map_err(|error| journal_failed(&error))? {
        tally.take(&leaf);
        if leaf.sequence.is_multiple_of(1024) {
            progress.at(leaf.sequence, 0);
        }
    }
    Ok(tally)
}

/// Writes a report's file, its directory with it. What was there is replaced, whole.
pub(super) fn put(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error: DiskError| {
        let source = match &error {
            DiskError::OpenFile { source, .. }
            | DiskError::WriteFile { source, .. }
            | DiskError::SyncFile { source, .. }
            | DiskError::RenameFile { source, .. }
            | DiskError::CreateDirectory { source, .. } => source,
            _ => &io::Error::from(io::ErrorKind::Other),
        };
        unwritten(path, source)
    };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(directory) = directory {
        create_dir_durable(&RealDisk, directory).map_err(failed)?;
    }
    durable_write(&RealDisk, path, bytes).map_err(failed)
}

/// A file that could not be written.
pub(super) fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure::new(&words::WRITE, [("path", path.display().to_string().into()), ("reason", reason(error))])
}
