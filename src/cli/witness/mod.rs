//! `sluis witness`: a small server that keeps a journal's newest checkpoint elsewhere, run by a board or an
//! accountant. It holds no pupil's data, and needs no school's configuration.
//!
//! It must not know how a book is kept or what it answers: that is the journal's.

mod make;
mod server;
mod settings;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::json;

use self::settings::Settings;
use super::failure::Failure;
use super::screen::Screen;
use super::{Exit, journal, words};
use crate::clock::Timestamp;
use crate::crypto::SigningKey;
use crate::disk::{DiskError, RealDisk};
use crate::journal::{Book, BookError, Seen, Vkey, WitnessKey, origin_of};

/// Witness other parties' journals.
#[derive(Debug, Args)]
pub(super) struct WitnessCommand {
    /// The witness's directory.
    #[arg(long = "in", value_name = "DIR", default_value = ".", global = true)]
    place: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a witness: its key, a certificate, its book and witness.toml.
    Init(make::Make),
    /// Know a journal from now on, by its public key. The witness must not be running.
    Add {
        /// The journal's public key, or the file it stands in (the school's recovery/journal.vkey).
        key: String,
    },
    /// Show which journals are known, and how much of each was cosigned. The witness must not be running.
    List,
    /// Run the witness.
    Serve,
}

impl WitnessCommand {
    pub(super) fn run(self, screen: &Screen) -> Result<Exit, Failure> {
        let place = self.place;
        match self.what {
            What::Init(make) => make.run(&place, screen),
            What::Add { key } => add(&place, &key, screen),
            What::List => list(&place, screen),
            What::Serve => server::run(&Settings::read(&place)?),
        }
    }
}

fn add(place: &Path, key: &str, screen: &Screen) -> Result<Exit, Failure> {
    let unfit = |_| Failure::new(&words::VERIFIER_KEY, []);
    let key = Vkey::parse(journal::named(key)?.trim()).map_err(unfit)?;
    let book = open(&Settings::read(place)?)?;
    book.add_log(&key).map_err(|error| book_failed(&error))?;
    if screen.json {
        screen.report(&json!({ "origin": origin_of(&key), "key": key.to_string() }));
    } else {
        let known = screen
            .pick("is known from now on; start the witness again", "is nu bekend; start de getuige weer");
        screen.say(&format!("{} {known}", origin_of(&key)));
    }
    Ok(Exit::Done)
}

fn list(place: &Path, screen: &Screen) -> Result<Exit, Failure> {
    let seen = open(&Settings::read(place)?)?.seen();
    if screen.json {
        screen.report(&json!({ "logs": seen.iter().map(log_json).collect::<Vec<_>>() }));
        return Ok(Exit::Done);
    }
    for log in &seen {
        let size = match (log.size, log.time_s) {
            (Some(size), Some(time)) => {
                let entries = screen.pick("entries, cosigned", "regels, medeondertekend");
                format!("{size} {entries} {}", moment(time))
            }
            _ => screen.pick("never cosigned", "nooit medeondertekend").to_owned(),
        };
        screen.say(&format!("{}  {size}", log.origin));
    }
    if seen.is_empty() {
        screen.say(screen.pick(
            "no journal is known yet: sluis witness add KEY",
            "er is nog geen journaal bekend: sluis witness add SLEUTEL",
        ));
    }
    Ok(Exit::Done)
}

fn log_json(log: &Seen) -> serde_json::Value {
    json!({ "origin": log.origin, "entries": log.size, "time": log.time_s.map(moment) })
}

fn moment(time_s: u64) -> String {
    Timestamp::from_millis(time_s.saturating_mul(1000)).rfc3339()
}

/// The book of a witness, with its key.
fn open(settings: &Settings) -> Result<Book, Failure> {
    let key = SigningKey::from_seed(&settings.seed);
    let own = WitnessKey::new(&settings.name, key.verifying_key().to_bytes());
    let own =
        own.ok_or_else(|| Failure::new(&words::WITNESS_NAME, [("found", settings.name.as_str().into())]))?;
    Book::open(Arc::new(RealDisk), &settings.book, own, key).map_err(|error| book_failed(&error))
}

fn book_failed(error: &BookError) -> Failure {
    if let BookError::UseDisk(DiskError::InUse { path }) = error {
        return Failure::new(&words::IN_USE, [("path", path.display().to_string().into())]);
    }
    Failure::new(&words::WITNESS_BOOK, [("reason", error.to_string().into())])
}
