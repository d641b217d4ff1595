//! `sluis consent`: objections and consents, from a file or one at a time.
//!
//! An identifier is never on the command line: others read that. It must not show a pupil.

pub(super) mod acts;
mod recover;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;

pub(super) use self::acts::{Change, change, import, list};
pub(super) use self::recover::{Recover, recover};
use super::act::{Act, Body};
use super::failure::Failure;
use super::screen::Screen;
use super::{Exit, admin, words};

/// The longest identifier that is read, in bytes.
const MOST: u64 = 4096;

/// Record or withdraw objections and consents; they bind from the next request.
#[derive(Debug, Args)]
pub(super) struct ConsentCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add objections and consents from a CSV file: all of it, or nothing. Takes nothing back.
    #[command(after_long_help = COLUMNS)]
    Import {
        /// The file: UTF-8, with commas or semicolons.
        file: PathBuf,
        /// The school's BRIN, when there are several.
        #[arg(long, value_name = "BRIN")]
        school: Option<String>,
    },
    /// Record what a pupil or a parent said.
    Set(One),
    /// Take it back. What was said of `*` is taken back as `*`.
    Withdraw(One),
    /// Begin again from an older copy, when the newest is lost. What was said since is lost, and must be recorded again.
    Recover {
        /// The copy, as it stands beside a backup; otherwise the file that is in place.
        file: Option<PathBuf>,
        /// Nothing is left: begin with nothing on record.
        #[arg(long, conflicts_with = "file")]
        none: bool,
        /// Why, for the journal: never who.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The school's BRIN, when there are several.
        #[arg(long, value_name = "BRIN")]
        school: Option<String>,
    },
    /// Count what is on record, per publisher; never whose it is.
    List {
        /// The school's BRIN, when there are several.
        #[arg(long, value_name = "BRIN")]
        school: Option<String>,
    },
}

const COLUMNS: &str = "\
Columns, in English or Dutch, in any order:
  kind (soort)            pupil-number, eck-id, las-key, sis-user, email …, or a roster's column (leerlingnummer)
  identifier (kenmerk)    the pupil's identifier of that kind; the roster joins the others to it
  publisher (uitgever)    a publisher's id, or * for all of them (objections only)
  stance (standpunt)      objection (bezwaar) or consent (toestemming)
  date (datum)            when it was said, as 2026-09-01 or 1-9-2026";

/// One statement. The identifier comes from a file or from standard input.
#[derive(Debug, Args)]
struct One {
    /// What was said.
    #[arg(value_enum)]
    stance: Stance,
    /// The publisher's id, or `*` for all (an objection only).
    #[arg(long, value_name = "ID")]
    publisher: String,
    /// Which kind of identifier it is.
    #[arg(long, value_name = "KIND", default_value = "pupil-number")]
    kind: String,
    /// A file that holds the identifier; standard input otherwise.
    #[arg(long, value_name = "FILE")]
    id_file: Option<PathBuf>,
    /// Why, for the journal: never who.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// When it was said, as 2026-09-01; today otherwise.
    #[arg(long, value_name = "DATE")]
    date: Option<String>,
    /// The school's BRIN, when there are several.
    #[arg(long, value_name = "BRIN")]
    school: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Stance {
    Objection,
    Consent,
}

impl ConsentCommand {
    /// Exit 3 when some of what was imported is of nobody in the roster.
    pub(super) fn run(self, config: &Path, screen: &Screen) -> Result<Exit, Failure> {
        let settings = super::usable(config, screen)?;
        match self.what {
            What::Import { file, school } => {
                let report = admin::ask(&settings, Act::ConsentImport { school }, Some(&file), screen)?;
                Ok(show_import(&report, screen))
            }
            What::List { school } => {
                let report = admin::ask(&settings, Act::ConsentList { school }, None, screen)?;
                show_list(&report, screen);
                Ok(Exit::Done)
            }
            What::Recover { file, none, reason, school } => {
                let named = file.as_ref().map(|file| file.display().to_string());
                let act = Act::ConsentRecover(Recover { school, named, none, reason });
                let report = admin::ask(&settings, act, file.as_deref(), screen)?;
                Ok(show_recovered(&report, screen))
            }
            What::Set(one) => {
                let (change, identifier) = one.read(false)?;
                let report =
                    admin::ask_with(&settings, Act::ConsentChange(change), Some(identifier), screen)?;
                Ok(show_change(&report, screen))
            }
            What::Withdraw(one) => {
                let (change, identifier) = one.read(true)?;
                let report =
                    admin::ask_with(&settings, Act::ConsentChange(change), Some(identifier), screen)?;
                Ok(show_change(&report, screen))
            }
        }
    }
}

impl One {
    /// The change, and the identifier's bytes.
    fn read(self, withdraw: bool) -> Result<(Change, Body), Failure> {
        let unreadable = |path: &str, error: std::io::Error| {
            let values = [("path", path.into()), ("reason", crate::config::reason(&error))];
            Failure::new(&words::READ, values)
        };
        let mut identifier = Vec::new();
        match &self.id_file {
            Some(path) => {
                let shown = path.display().to_string();
                let file = std::fs::File::open(path).map_err(|error| unreadable(&shown, error))?;
                let read = file.take(MOST).read_to_end(&mut identifier);
                read.map_err(|error| unreadable(&shown, error))?;
            }
            None => {
                let read = std::io::stdin().lock().take(MOST).read_to_end(&mut identifier);
                read.map_err(|error| unreadable("-", error))?;
            }
        }
        let stance = match self.stance {
            Stance::Objection => "objection",
            Stance::Consent => "consent",
        };
        let change = Change {
            school: self.school,
            publisher: self.publisher,
            kind: self.kind,
            stance: stance.to_owned(),
            date: self.date,
            reason: self.reason,
            withdraw,
        };
        let length = u64::try_from(identifier.len()).unwrap_or(u64::MAX);
        Ok((
            change,
            Body {
                bytes: Box::new(std::io::Cursor::new(identifier)),
                length,
                files: Vec::new(),
                folder: false,
            },
        ))
    }
}

fn number(report: &Value, key: &str) -> u64 {
    report.get(key).and_then(Value::as_u64).unwrap_or_default()
}

fn text<'v>(report: &'v Value, key: &str) -> &'v str {
    report.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Says that some of it is of nobody in the roster: then it is a warning.
fn show_unknown(report: &Value, screen: &Screen) -> Exit {
    let unknown = number(report, "unknown");
    if unknown == 0 {
        return Exit::Done;
    }
    let told = screen.pick(
        "of nobody in the roster, binding by that identifier alone:",
        "van niemand in de leerlingenlijst, dus alleen geldig voor dat kenmerk zelf:",
    );
    if !screen.json {
        screen.say(&format!("{told} {unknown}"));
    }
    Exit::Warnings
}

fn show_import(report: &Value, screen: &Screen) -> Exit {
    if screen.json {
        screen.report(report);
        return show_unknown(report, screen);
    }
    screen.say(&format!(
        "{}: {} {}, {} {} ({}: {})",
        text(report, "school"),
        number(report, "objections"),
        screen.pick("objections", "bezwaren"),
        number(report, "consents"),
        screen.pick("consents read", "toestemmingen ingelezen"),
        screen.pick("new", "nieuw"),
        number(report, "new"),
    ));
    show_unknown(report, screen)
}

fn show_recovered(report: &Value, screen: &Screen) -> Exit {
    let (missing, forgotten) = (number(report, "missing"), number(report, "forgotten"));
    let exit = if missing > 0 { Exit::Warnings } else { Exit::Done };
    if screen.json {
        screen.report(report);
        return exit;
    }
    screen.say(&format!(
        "{}: {} {}, {} {}",
        text(report, "school"),
        number(report, "objections"),
        screen.pick("objections", "bezwaren"),
        number(report, "consents"),
        screen.pick("consents are on record again", "toestemmingen liggen weer vast"),
    ));
    if forgotten > 0 {
        let of = screen.pick("left out, of forgotten pupils:", "weggelaten, van vergeten leerlingen:");
        screen.say(&format!("  {of} {forgotten}"));
    }
    if missing > 0 {
        let told = screen.pick(
            "changes since are lost: record again what was said; until then such pupils leave",
            "wijzigingen sindsdien zijn verloren: leg opnieuw vast wat is gezegd; tot dan vertrekken die leerlingen",
        );
        screen.say(&format!("  {missing} {told}"));
    }
    exit
}

fn show_change(report: &Value, screen: &Screen) -> Exit {
    if screen.json {
        screen.report(report);
        return show_unknown(report, screen);
    }
    let stance = match text(report, "stance") {
        "objection" => screen.pick("objection", "bezwaar"),
        _ => screen.pick("consent", "toestemming"),
    };
    let done = match (text(report, "act"), number(report, "entries")) {
        ("withdrawn", _) => screen.pick("withdrawn", "ingetrokken"),
        (_, 0) => screen.pick("was on record already", "lag al vast"),
        _ => screen
            .pick("recorded; it binds from the next request", "vastgelegd; geldt vanaf het volgende verzoek"),
    };
    screen.say(&format!("{} · {}: {stance} {done}", text(report, "school"), text(report, "publisher")));
    show_unknown(report, screen)
}

fn show_list(report: &Value, screen: &Screen) {
    if screen.json {
        screen.report(report);
        return;
    }
    let publishers = report.get("publishers").and_then(Value::as_array);
    for one in publishers.into_iter().flatten() {
        screen.say(&format!(
            "{} · {}: {} {}, {} {}",
            text(report, "school"),
            text(one, "publisher"),
            number(one, "objections"),
            screen.pick("objections", "bezwaren"),
            number(one, "consents"),
            screen.pick("consents", "toestemmingen"),
        ));
    }
    if publishers.is_none_or(Vec::is_empty) {
        let nothing = screen.pick("nothing is on record", "er ligt niets vast");
        screen.say(&format!("{}: {nothing}", text(report, "school")));
    }
    let _ = show_unknown(report, screen);
}
