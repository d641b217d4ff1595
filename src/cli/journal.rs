//! `sluis journal verify`: whether the journal is what it was, from its files and a public key only.
//!
//! It needs no server, no vault and no private key; only when no public key is named does it ask the vault for it.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::Value;

use super::act::Act;
use super::failure::Failure;
use super::screen::Screen;
use super::{Exit, admin, words};
use crate::config::reason;
use crate::journal::{Vkey, verify};

/// Verify the journal.
#[derive(Debug, Args)]
pub(super) struct JournalCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Recompute everything from the entries, and say what differs and where.
    Verify {
        /// The journal's directory; otherwise the configuration's.
        directory: Option<PathBuf>,
        /// The journal's public key, or a file with it such as recovery/journal.vkey.
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
        /// A signed checkpoint obtained before, from elsewhere: only with one are truncation and rollback found.
        #[arg(long, value_name = "FILE")]
        earlier: Option<PathBuf>,
    },
}

impl JournalCommand {
    pub(super) fn run(self, config: &Path, screen: &Screen) -> Result<Exit, Failure> {
        let What::Verify { directory, key, earlier } = self.what;
        let earlier = earlier.as_deref().map(read).transpose()?;
        let (directory, key) = match (directory, key) {
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
        let key = if Path::new(&key).is_file() { read(Path::new(&key))? } else { key };
        let unfit = |_| Failure::new(&words::VERIFIER_KEY, []);
        let key = Vkey::parse(key.trim()).map_err(unfit)?;
        let report = verify(&directory, std::slice::from_ref(&key), earlier.as_deref());
        if screen.json {
            screen.report(&report.json());
        } else {
            show(&report, earlier.is_some(), screen);
        }
        Ok(if report.is_good() { Exit::Done } else { Exit::Error })
    }
}

fn show(report: &crate::journal::Report, earlier: bool, screen: &Screen) {
    for difference in report.differences() {
        let times = screen.pick("times, first at", "keer, het eerst bij");
        screen.say(&format!("{}: {} {times} {}", difference.what.code(), difference.count, difference.first));
    }
    if !report.is_good() {
        screen.say(screen.pick(
            "the journal is not what it was; leave its directory as it is",
            "het journaal is niet wat het was; laat de map zoals zij is",
        ));
        return;
    }
    let signed = screen.pick("entries, as signed by", "regels, zoals ondertekend door");
    screen.say(&format!("{} {signed} {}", report.size, report.signed_by));
    if report.beyond > 0 {
        let beyond =
            screen.pick("more that no checkpoint covers yet", "meer, die nog onder geen checkpoint vallen");
        screen.say(&format!("  {} {beyond}", report.beyond));
    }
    if !earlier {
        screen.say(screen.pick(
            "  nothing was cut off or rolled back, as far as can be seen without an earlier checkpoint (--earlier)",
            "  er is niets afgekapt of teruggezet, voor zover dat te zien is zonder eerder checkpoint (--earlier)",
        ));
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        let values = [("path", path.display().to_string().into()), ("reason", reason(&error))];
        Failure::new(&words::READ, values)
    })
}
