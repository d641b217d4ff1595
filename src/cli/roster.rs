//! `sluis roster import | remove | list`: what the guard knows about pupils.
//!
//! It shows a pupil in `list` only, which asks a reason and is journalled.

use std::fs::File;
use std::io::{self, Cursor, Read as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;

use super::act::{Act, Body};
use super::failure::Failure;
use super::rosters::Import1;
use super::screen::Screen;
use super::{Exit, admin, words};
use crate::config::reason;
use crate::roster::Source;

/// Import, change or show what the guard knows about pupils.
#[derive(Debug, Args)]
pub(super) struct RosterCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Replace the roster by what is in a file or folder, or change it. All of it, or nothing.
    #[command(after_long_help = COLUMNS)]
    Import {
        /// OneRoster CSV (zip, folder or users.csv), EDEXML or UWLR XML, or plain CSV.
        file: PathBuf,
        /// The format, when what is in the file does not show it.
        #[arg(long, value_name = "FORMAT")]
        format: Option<Named>,
        /// The file holds changes: who is not in it stays as he is.
        #[arg(long)]
        delta: bool,
        /// Also protect who works at the school (OneRoster roles, EDEXML leerkrachten).
        #[arg(long)]
        staff: bool,
        /// Primary identifiers may change, or mean another pupil than before.
        #[arg(long)]
        new_pseudonyms: bool,
        /// The school's BRIN, when there are several.
        #[arg(long, value_name = "BRIN")]
        school: Option<String>,
    },
    /// Take pupils out of the roster; the guard no longer watches for them.
    Remove {
        /// The kind of the identifiers: pupil-number, sis-user, las-key …
        #[arg(long, value_name = "KIND")]
        kind: String,
        /// A file with one identifier a line; - for standard input. None stands on the command line.
        #[arg(long, value_name = "FILE")]
        id_file: PathBuf,
        /// The school's BRIN, when there are several.
        #[arg(long, value_name = "BRIN")]
        school: Option<String>,
    },
    /// Show what the guard knows. Journalled with the reason, and at most 12 times an hour.
    List {
        /// Why, in a few words, without a name: the journal keeps it.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The first to show.
        #[arg(long, value_name = "NUMBER", default_value_t = 1)]
        from: u64,
        /// How many to show, at most 500.
        #[arg(long, value_name = "NUMBER", default_value_t = 50)]
        most: u64,
        /// The school's BRIN, when there are several.
        #[arg(long, value_name = "BRIN")]
        school: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Named {
    Csv,
    Oneroster,
    Edexml,
}

const COLUMNS: &str = "\
Columns of plain CSV, in English or Dutch, in any order; at least one identifier in each row:
  identifiers  pupil_number (leerlingnummer), eck_id (ketenid), las_key, staff_key, sis_user (sourcedId),
               lms_user, username (gebruikersnaam), profile_id, real_id, openid, bsn, onderwijsnummer, id:KIND
  names        given_name (voornaam), prefix (tussenvoegsel), family_name (achternaam), full_name (naam)
  reach        email, phone (telefoon), address (adres)
  birth date   birth_date (geboortedatum), as 2010-12-31 or 31-12-2010
With --delta also:
  status       active (actief) or tobedeleted (verwijderd)
OneRoster: users.csv, roles.csv and demographics.csv; manifest.csv says whether it is all, or changes.
EDEXML, UWLR: every leerling in leerlingen. docs/ROSTER.md says more.";

impl RosterCommand {
    pub(super) fn run(self, config: &Path, screen: &Screen) -> Result<Exit, Failure> {
        let settings = super::usable(config, screen)?;
        let (act, body) = match self.what {
            What::Import { file, format, delta, staff, new_pseudonyms, school } => {
                let format =
                    format.and_then(|format| Some(format.to_possible_value()?.get_name().to_owned()));
                let act = Import1 { school, format, delta, staff, new_pseudonyms };
                (Act::RosterImport(act), Some(files(&file)?))
            }
            What::Remove { kind, id_file, school } => {
                (Act::RosterRemove { school, kind }, Some(lines(&id_file)?))
            }
            What::List { reason, from, most, school } => {
                (Act::RosterList { school, reason, from, most }, None)
            }
        };
        let listing = matches!(act, Act::RosterList { .. });
        let report = admin::ask_with(&settings, act, body, screen)?;
        let unknown = number(&report, "unknown");
        let exit = if unknown > 0 { Exit::Warnings } else { Exit::Done };
        if screen.json {
            screen.report(&report);
        } else if listing {
            listed(&report, screen);
        } else {
            imported(&report, screen);
        }
        Ok(exit)
    }
}

fn number(report: &Value, key: &str) -> u64 {
    report.get(key).and_then(Value::as_u64).unwrap_or_default()
}

fn imported(report: &Value, screen: &Screen) {
    let number = |key: &str| number(report, key);
    let school = report.get("school").and_then(Value::as_str).unwrap_or_default();
    let (pupils, before) = (number("pupils"), number("before"));
    if report.get("delta").and_then(Value::as_bool) != Some(true) {
        let told = screen.pick("pupils imported (before:", "leerlingen ingelezen (hiervoor:");
        screen.say(&format!("{school}: {pupils} {told} {before})"));
    } else {
        let mut parts = Vec::new();
        for (key, english, dutch) in [
            ("added", "added", "toegevoegd"),
            ("changed", "changed", "gewijzigd"),
            ("removed", "removed", "verwijderd"),
            ("unknown", "not in the roster", "niet in de leerlingenlijst"),
        ] {
            if number(key) > 0 {
                parts.push(format!("{} {}", number(key), screen.pick(english, dutch)));
            }
        }
        if parts.is_empty() {
            parts.push(screen.pick("nothing changed", "niets gewijzigd").to_owned());
        }
        let told = screen.pick("pupils now (before:", "leerlingen nu (hiervoor:");
        screen.say(&format!("{school}: {}; {pupils} {told} {before})", parts.join(", ")));
    }
    if number("left_out") > 0 {
        let told = screen.pick(
            "left out, since they are no pupils (--staff takes who works at the school)",
            "overgeslagen, want geen leerling (--staff neemt mee wie op school werkt)",
        );
        screen.say(&format!("  {} {told}", number("left_out")));
    }
}

fn listed(report: &Value, screen: &Screen) {
    let pupils = report.get("pupils").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let (from, of) = (number(report, "from"), number(report, "of"));
    let school = report.get("school").and_then(Value::as_str).unwrap_or_default();
    let told = screen.pick("pupils, imported", "leerlingen, ingelezen");
    let imported = report.get("imported").and_then(Value::as_str).unwrap_or_default();
    screen.say(&format!("{school}: {of} {told} {imported}"));
    for (row, pupil) in (from..).zip(pupils) {
        let mut parts = Vec::new();
        for field in
            ["given_name", "prefix", "family_name", "full_name", "birth_date", "email", "phone", "address"]
        {
            parts.extend(
                pupil
                    .get(field)
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .map(plain),
            );
        }
        for identifier in pupil.get("identifiers").and_then(Value::as_array).into_iter().flatten() {
            let text = |key: &str| plain(identifier.get(key).and_then(Value::as_str).unwrap_or_default());
            parts.push(format!("{} {}", text("kind"), text("value")));
        }
        screen.say(&format!("{row:>7}  {}", parts.join(" · ")));
    }
}

/// Nothing that a terminal would obey.
fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

/// The file, or the files of a folder that are read, opened as the user who typed the command.
fn files(path: &Path) -> Result<Body, Failure> {
    let unread = |path: &Path, error: io::Error| {
        let values = [("path", path.display().to_string().into()), ("reason", reason(&error))];
        Failure::new(&words::READ, values)
    };
    let open = |path: &Path| -> Result<File, Failure> {
        let file = File::open(path).map_err(|error| unread(path, error))?;
        let plain = file.metadata().map_err(|error| unread(path, error))?.is_file();
        if plain { Ok(file) } else { Err(unread(path, io::ErrorKind::Unsupported.into())) }
    };
    let folder = path.is_dir();
    let mut files = Vec::new();
    if folder {
        for name in Source::wants() {
            let file = path.join(name);
            if file.exists() {
                files.push(((*name).to_owned(), open(&file)?));
            }
        }
        if files.is_empty() {
            return Err(Failure::new(
                &words::ROSTER_MEMBER,
                [("member", "manifest.csv: ".into()), ("reason", words::roster_reason("it is not there"))],
            ));
        }
    } else {
        files.push((String::new(), open(path)?));
    }
    Ok(Body { bytes: Box::new(io::empty()), length: 0, files, folder })
}

/// A list of identifiers, from a file or from standard input.
fn lines(path: &Path) -> Result<Body, Failure> {
    let unread = |error: io::Error| {
        let values = [("path", path.display().to_string().into()), ("reason", reason(&error))];
        Failure::new(&words::READ, values)
    };
    let mut bytes = Vec::new();
    let most = 64 << 20;
    let read = match path.to_str() {
        Some("-") => io::stdin().lock().take(most).read_to_end(&mut bytes),
        _ => File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)),
    };
    let length = u64::try_from(read.map_err(unread)?).unwrap_or(u64::MAX);
    Ok(Body { bytes: Box::new(Cursor::new(bytes)), length, files: Vec::new(), folder: false })
}
