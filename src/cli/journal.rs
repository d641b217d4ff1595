//! `sluis journal`: whether the journal is what it was, a proof of one entry, a copy for an auditor. All of it from
//! the journal's files and a public key only.
//!
//! It needs no server, no vault and no private key; only when no public key is named does it ask the vault for it.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::act::Act;
use super::explain::{leaf_json, read_id};
use super::failure::Failure;
use super::faults::journal_failed;
use super::progress::Progress;
use super::screen::Screen;
use super::{Exit, admin, explain, needle, words};
use crate::clock::Timestamp;
use crate::config::reason;
use crate::journal::{
    Given, Hash, JournalError, Report, Vkey, What as Differing, WitnessKey, compare_beside, entries_of,
    export, prove, verify_proof, verify_told,
};

/// Verify the journal, prove an entry, copy it for an auditor.
#[derive(Debug, Args)]
pub(super) struct JournalCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Recompute everything from the entries, and say what differs and where; or verify a proof.
    Verify(Verify),
    /// Write a proof of an exchange's entries, or of the entry with this number, that a stranger can verify.
    Prove {
        /// The exchange's id (32 hex digits), or an entry's number.
        what: String,
        #[command(flatten)]
        from: From,
        /// The directory for the files.
        #[arg(long, value_name = "DIR", default_value = ".")]
        to: PathBuf,
    },
    /// Show the journal's public key: for auditors and witnesses.
    Key,
    /// Copy what an auditor needs into a new directory, also while a server writes.
    Export {
        /// The new directory.
        to: PathBuf,
        #[command(flatten)]
        from: From,
    },
    /// Look up whether a name was in anything that left.
    Needle(needle::NeedleCommand),
    /// Write a month's needle key to a file, for an auditor.
    NeedleKey(needle::NeedleKeyCommand),
}

#[derive(Debug, Args)]
struct From {
    /// The journal's directory; otherwise the configuration's.
    #[arg(long = "journal", value_name = "DIR")]
    directory: Option<PathBuf>,
    /// The journal's public key, or a file with it such as recovery/journal.vkey.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
}

#[derive(Debug, Args)]
struct Verify {
    /// The journal's directory; otherwise the configuration's.
    directory: Option<PathBuf>,
    /// The journal's public key, or a file with it such as recovery/journal.vkey.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// A signed checkpoint obtained before, or from a witness: with one, truncation and rollback are found.
    #[arg(long, value_name = "FILE")]
    earlier: Vec<PathBuf>,
    /// The public key of a witness, or a file with it such as witness.vkey: it must have cosigned.
    #[arg(long, value_name = "KEY")]
    witness: Vec<String>,
    /// A sealed file of objections and consents, or a copy: it must be the newest that an entry names.
    #[arg(long, value_name = "FILE")]
    beside: Vec<PathBuf>,
    /// Verify this proof of one entry instead of the journal.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["directory", "earlier", "beside"])]
    proof: Option<PathBuf>,
}

impl JournalCommand {
    pub(super) fn run(self, config: &Path, screen: &Screen) -> Result<Exit, Failure> {
        match self.what {
            What::Verify(verify) => verify.run(config, screen),
            What::Prove { what, from, to } => write_proofs(&what, from, &to, config, screen),
            What::Key => show_key(config, screen),
            What::Export { to, from } => copy(&to, from, config, screen),
            What::Needle(needle) => needle.run(config, screen),
            What::NeedleKey(key) => key.run(config, screen),
        }
    }
}

impl Verify {
    fn run(self, config: &Path, screen: &Screen) -> Result<Exit, Failure> {
        let witnesses = self.witness.iter().map(|key| witness_key(key)).collect::<Result<Vec<_>, _>>()?;
        if let Some(path) = &self.proof {
            let text = read(path)?;
            let from = From { directory: Some(PathBuf::new()), key: self.key };
            let (_, key) = from.found(config, screen)?;
            let given = Given { trusted: &[key], earlier: &[], witnesses: &witnesses };
            return Ok(show_proof(&text, &given, screen));
        }
        let earlier = self.earlier.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
        let (directory, key) = From { directory: self.directory, key: self.key }.found(config, screen)?;
        let given = Given { trusted: &[key], earlier: &earlier, witnesses: &witnesses };
        let progress = Progress::new(screen);
        let beside = self.beside.iter().map(|path| digest(path)).collect::<Result<Vec<_>, _>>()?;
        let mut report = verify_told(&directory, &given, &|entries, of| progress.at(entries, of));
        compare_beside(&directory, &beside, &mut report);
        drop(progress);
        if screen.json {
            screen.report(&report.json());
        } else {
            show(&report, !earlier.is_empty(), screen);
        }
        Ok(if report.is_good() { Exit::Done } else { Exit::Error })
    }
}

impl From {
    /// The directory and the public key: what was not named comes from the configuration and the vault.
    fn found(self, config: &Path, screen: &Screen) -> Result<(PathBuf, Vkey), Failure> {
        let (directory, key) = match (self.directory, self.key) {
            (Some(directory), Some(key)) => (directory, key),
            (directory, key) => {
                let settings = super::usable(config, screen)?;
                let key = match key {
                    Some(key) => key,
                    None => {
                        let report = admin::ask(&settings, Act::JournalKey {}, None, screen)?;
                        report.get("key").and_then(Value::as_str).unwrap_or_default().to_owned()
                    }
                };
                (directory.unwrap_or(settings.journal), key)
            }
        };
        let unfit = |_| Failure::new(&words::VERIFIER_KEY, []);
        Ok((directory, Vkey::parse(named(&key)?.trim()).map_err(unfit)?))
    }
}

/// A witness's key, or the file that it stands in.
pub(super) fn witness_key(key: &str) -> Result<WitnessKey, Failure> {
    WitnessKey::parse(named(key)?.trim()).map_err(|_| Failure::new(&words::WITNESS_KEY, []))
}

/// A key as it is typed, or what stands in the file of that name.
pub(super) fn named(key: &str) -> Result<String, Failure> {
    if Path::new(key).is_file() { read(Path::new(key)) } else { Ok(key.to_owned()) }
}

fn show(report: &Report, earlier: bool, screen: &Screen) {
    if !tell_differences(report, screen) {
        let differences = report.differences();
        if differences
            .iter()
            .all(|found| matches!(found.what, Differing::BesideOlder | Differing::BesideUnknown))
        {
            screen.say(screen.pick(
                "the journal is what it was; the file beside the vault is not the newest",
                "het journaal is wat het was; het bestand naast de kluis is niet het nieuwste",
            ));
            return;
        }
        if differences.iter().all(|found| found.what == Differing::CosignatureMissing) {
            screen.say(screen.pick(
                "what is here holds together, but this witness does not vouch for it",
                "wat hier is klopt met elkaar, maar deze getuige staat er niet voor in",
            ));
            return;
        }
        screen.say(screen.pick(
            "the journal is not what it was; leave its directory as it is",
            "het journaal is niet wat het was; laat de map zoals zij is",
        ));
        return;
    }
    let signed = screen.pick("entries, as signed by", "regels, zoals ondertekend door");
    screen.say(&format!("{} {signed} {}", report.size, report.signed_by));
    tell_witnesses(report, screen);
    if report.beyond > 0 {
        let beyond =
            screen.pick("more that no checkpoint covers yet", "meer, die nog onder geen checkpoint vallen");
        screen.say(&format!("  {} {beyond}", report.beyond));
    }
    if !earlier && report.witnesses.is_empty() {
        screen.say(screen.pick(
            "  nothing was cut off or rolled back, as far as can be seen without an earlier checkpoint (--earlier)\n  \
             or a witness (--witness)",
            "  er is niets afgekapt of teruggezet, voor zover dat te zien is zonder eerder checkpoint (--earlier)\n  \
             of getuige (--witness)",
        ));
    }
}

/// Every difference; true when there is none.
fn tell_differences(report: &Report, screen: &Screen) -> bool {
    for difference in report.differences() {
        let times = screen.pick("times, first at", "keer, het eerst bij");
        screen.say(&format!("{}: {} {times} {}", difference.what.code(), difference.count, difference.first));
        screen.say(&format!("    {}", words::differences::told(&difference, screen.language)));
    }
    report.is_good()
}

fn tell_witnesses(report: &Report, screen: &Screen) {
    for by in &report.witnesses {
        let time = Timestamp::from_millis(by.time_s.saturating_mul(1000)).rfc3339();
        let cosigned = screen.pick("entries, as cosigned by", "regels, zoals medeondertekend door");
        screen.say(&format!("  {} {cosigned} {} {time}", by.size, by.name));
    }
}

fn show_proof(text: &str, given: &Given<'_>, screen: &Screen) -> Exit {
    let proven = verify_proof(text, given);
    let good = proven.report.is_good();
    if screen.json {
        let mut report = proven.json();
        if let (true, Some(leaf), Some(members)) = (good, &proven.leaf, report.as_object_mut()) {
            members.insert("entry".to_owned(), leaf_json(leaf));
        }
        screen.report(&report);
    } else if tell_differences(&proven.report, screen) {
        let size = proven.report.size;
        let signed = screen.pick("entries, as signed by", "regels, zoals ondertekend door");
        let entry = screen.pick("entry", "regel");
        screen.say(&format!("{entry} {} / {size} {signed} {}", proven.index, proven.report.signed_by));
        tell_witnesses(&proven.report, screen);
        if let Some(leaf) = &proven.leaf {
            explain::show(&leaf_json(leaf), screen);
        }
    } else {
        screen.say(screen.pick("the proof does not hold", "het bewijs klopt niet"));
    }
    if good { Exit::Done } else { Exit::Error }
}

fn write_proofs(what: &str, from: From, to: &Path, config: &Path, screen: &Screen) -> Result<Exit, Failure> {
    let index = what.parse::<u64>().ok().filter(|number| number.to_string() == what);
    let exchange = read_id(what);
    if index.is_none() && exchange.is_none() {
        return Err(Failure::new(&words::EXCHANGE_ID, [("found", what.into())]));
    }
    let (directory, key) = from.found(config, screen)?;
    let trusted = [key];
    let entries = match (exchange, index) {
        (Some(id), _) => entries_of(&directory, &trusted, &id).map_err(|error| journal_failed(&error))?,
        (None, index) => index.into_iter().collect(),
    };
    if entries.is_empty() {
        return Err(Failure::new(&words::NO_EXCHANGE, [("exchange", what.into())]));
    }
    let mut written = Vec::new();
    for index in entries {
        let proof = prove(&directory, &trusted, index).map_err(|error| match error {
            JournalError::OutOfRange => {
                Failure::new(&words::NO_SUCH_ENTRY, [("index", index.to_string().into())])
            }
            other => journal_failed(&other),
        })?;
        let path = to.join(format!("entry-{index}.tlog-proof"));
        fs::create_dir_all(to)
            .and_then(|()| put(&path, &mut proof.text().as_bytes()))
            .map_err(unwritten(&path))?;
        if !screen.json {
            screen.say(&path.display().to_string());
        }
        written.push(path.display().to_string());
    }
    if screen.json {
        screen.report(&json!({ "proofs": written }));
    }
    Ok(Exit::Done)
}

fn show_key(config: &Path, screen: &Screen) -> Result<Exit, Failure> {
    let report = admin::ask(&super::usable(config, screen)?, Act::JournalKey {}, None, screen)?;
    if screen.json {
        screen.report(&report);
    } else {
        screen.say(report.get("key").and_then(Value::as_str).unwrap_or_default());
    }
    Ok(Exit::Done)
}

fn copy(to: &Path, from: From, config: &Path, screen: &Screen) -> Result<Exit, Failure> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(Failure::new(&words::OCCUPIED, [("path", to.display().to_string().into())]));
    }
    let (directory, key) = from.found(config, screen)?;
    fs::create_dir_all(to).map_err(unwritten(to))?;
    let mut files = 0_u64;
    let progress = Progress::new(screen);
    let copied = export(&directory, &[key], &mut |name, bytes| {
        let path = to.join(name);
        fs::create_dir_all(path.parent().unwrap_or(to))?;
        files += 1;
        progress.at(files, 0);
        put(&path, bytes)
    });
    drop(progress);
    let size = copied.map_err(|error| match &error {
        JournalError::Export { path, source } => unwritten(&to.join(path))(clone_of(source)),
        other => journal_failed(other),
    })?;
    if screen.json {
        screen.report(&json!({ "to": to.display().to_string(), "entries": size, "files": files }));
    } else {
        let entries = screen.pick("entries copied to", "regels gekopieerd naar");
        screen.say(&format!("{size} {entries} {}", to.display()));
    }
    Ok(Exit::Done)
}

/// A new file, synced: a copy that is handed over should be whole.
fn put(path: &Path, mut bytes: &mut dyn Read) -> std::io::Result<()> {
    let mut file = fs::File::create(path)?;
    std::io::copy(&mut bytes, &mut file)?;
    file.sync_all()
}

fn unwritten(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| Failure::new(&words::EXPORT, [("path", path.as_str().into()), ("reason", reason(&error))])
}

/// The same kind of error again: errors of the system cannot be cloned.
fn clone_of(error: &std::io::Error) -> std::io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), std::io::Error::from_raw_os_error)
}

/// A file's name, and the SHA-256 of its bytes.
fn digest(path: &Path) -> Result<(String, Hash), Failure> {
    let unread = |error: std::io::Error| {
        let values = [("path", path.display().to_string().into()), ("reason", reason(&error))];
        Failure::new(&words::READ, values)
    };
    let bytes = fs::read(path).map_err(unread)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok((name, Sha256::digest(&bytes).into()))
}

/// A file's text; what is not UTF-8 is text of nothing, and told by whoever reads it.
fn read(path: &Path) -> Result<String, Failure> {
    let bytes = fs::read(path).map_err(|error| {
        let values = [("path", path.display().to_string().into()), ("reason", reason(&error))];
        Failure::new(&words::READ, values)
    })?;
    Ok(String::from_utf8(bytes).unwrap_or_default())
}
