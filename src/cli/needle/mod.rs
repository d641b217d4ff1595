//! `sluis journal needle`: whether a name ever left; and `needle-key`, which hands a month's key to an auditor.
//!
//! With the journal's files and months' keys it needs no server and no vault. The name comes from standard input or a file,
//! never from the command line, and is shown nowhere. Exit codes: 0 in none, and everything was asked; 3 there are
//! exchanges to look at, or some or all were not covered; 1 filters differ from what the journal commits to.

mod acts;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

pub(super) use acts::{Look, failed, hand_over, look_up, remove};

use super::act::{Act, Body};
use super::failure::Failure;
use super::progress::Progress;
use super::screen::Screen;
use super::{Exit, admin, words};
use crate::config::reason;
use crate::gateway::needle::{MonthKey, parse_export};
use crate::secret::Secret;

/// Look up whether a name was in anything that left.
#[derive(Debug, Args)]
#[command(
    after_help = "The name is read from standard input or --name-file. Exit codes: 0 in none, and everything was asked; \
    3 there are exchanges to look at, or some were not covered; 1 filters differ from what the journal commits to."
)]
pub(super) struct NeedleCommand {
    /// A file with the name; otherwise it is read from standard input.
    #[arg(long, value_name = "FILE")]
    name_file: Option<PathBuf>,
    /// The first month, by UTC: 2026-11.
    #[arg(long, value_name = "MONTH")]
    from: Option<String>,
    /// The last month.
    #[arg(long, value_name = "MONTH")]
    to: Option<String>,
    /// Only what left to this publisher.
    #[arg(long, value_name = "ID")]
    publisher: Option<String>,
    /// A month's key that the school handed over: then neither server nor vault is asked. Verify the journal first.
    #[arg(long, value_name = "FILE")]
    key_file: Vec<PathBuf>,
    /// The journal's directory, or a copy of it, with --key-file; otherwise the configuration's.
    #[arg(long = "journal", value_name = "DIR", requires = "key_file")]
    directory: Option<PathBuf>,
}

/// Write a month's needle key to a file, for an auditor; or remove it. Whoever holds it can look up names in that month,
/// and no more.
#[derive(Debug, Args)]
pub(super) struct NeedleKeyCommand {
    /// The month, by UTC: 2026-11.
    month: String,
    /// The new file.
    #[arg(long, value_name = "FILE", required_unless_present = "remove")]
    out: Option<PathBuf>,
    /// Remove the key of a month that is over: nobody who has no copy can look up names in it any more.
    #[arg(long, conflicts_with = "out")]
    remove: bool,
    /// Who gets it and why, or why it goes, for the journal; without names of pupils.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl NeedleCommand {
    pub(super) fn run(self, config: &Path, screen: &Screen) -> Result<Exit, Failure> {
        let name = self.name(screen)?;
        let look = Look { from: self.from, to: self.to, publisher: self.publisher };
        let report = if self.key_file.is_empty() {
            let length = u64::try_from(name.len()).unwrap_or(u64::MAX);
            let bytes = Box::new(std::io::Cursor::new(name));
            let body = Body { bytes, length, files: Vec::new(), folder: false };
            admin::ask_with(&super::usable(config, screen)?, Act::Needle(look), Some(body), screen)?
        } else {
            let journal = match self.directory {
                Some(directory) => directory,
                None => super::usable(config, screen)?.journal,
            };
            let mut keys = self.key_file.iter().map(|path| read_key(path)).collect::<Result<Vec<_>, _>>()?;
            let progress = Progress::new(screen);
            let mut key = |month| {
                let at = keys.iter().position(|key| key.month() == month);
                Ok(at.map(|at| keys.swap_remove(at)))
            };
            acts::answer(&journal, &name, &look, &mut key, &|done| progress.at(done, 0))?
        };
        if screen.json {
            screen.report(&report);
        } else {
            show(&report, screen);
        }
        Ok(exit(&report))
    }

    fn name(&self, screen: &Screen) -> Result<Vec<u8>, Failure> {
        match &self.name_file {
            Some(path) => Ok(read(path)?.expose().as_bytes().to_vec()),
            None => {
                let question = screen.pick("Name to look for", "Naam om te zoeken");
                let line = screen.ask(question, "").map_err(|error| unreadable(Path::new("-"), &error))?;
                Ok(line.unwrap_or_default().into_bytes())
            }
        }
    }
}

impl NeedleKeyCommand {
    pub(super) fn run(self, config: &Path, screen: &Screen) -> Result<Exit, Failure> {
        let to = self.out.as_ref().map(|out| std::path::absolute(out).unwrap_or_else(|_| out.clone()));
        let act = Act::NeedleKey { month: self.month, to, reason: self.reason };
        let mut report = admin::ask(&super::usable(config, screen)?, act, None, screen)?;
        let month = report.get("month").and_then(Value::as_str).unwrap_or_default().to_owned();
        if screen.json {
            if let (Some(out), Some(report)) = (&self.out, report.as_object_mut()) {
                report.insert("file".to_owned(), out.display().to_string().into());
            }
            screen.report(&report);
        } else if let Some(out) = &self.out {
            let written = screen.pick("needle key of", "zoeksleutel van");
            screen.say(&format!("{written} {month}: {}", out.display()));
            screen.say(screen.pick(
                "  whoever holds it can look up any name in that month; the journal says that it was handed over",
                "  wie hem heeft kan in die maand elke naam opzoeken; het journaal zegt dat hij is overhandigd",
            ));
        } else {
            let removed = screen.pick("needle key removed:", "zoeksleutel verwijderd:");
            screen.say(&format!("{removed} {month}"));
            screen.say(screen.pick(
                "  names can be looked up in that month only with copies that were handed over, or in a backup",
                "  namen zijn in die maand alleen nog op te zoeken met kopieën die zijn overhandigd of in een back-up staan",
            ));
        }
        Ok(Exit::Done)
    }
}

fn number(report: &Value, path: &str) -> u64 {
    report.pointer(path).and_then(Value::as_u64).unwrap_or_default()
}

fn list<'r>(report: &'r Value, key: &str) -> &'r [Value] {
    report.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn exit(report: &Value) -> Exit {
    let all = number(report, "/covered") == number(report, "/exchanges");
    // None of nothing is no answer.
    let asked = number(report, "/covered") > 0;
    match (list(report, "differs").is_empty(), number(report, "/found"), all && asked) {
        (false, ..) => Exit::Error,
        (true, 0, true) => Exit::Done,
        _ => Exit::Warnings,
    }
}

fn show(report: &Value, screen: &Screen) {
    let (found, covered) = (number(report, "/found"), number(report, "/covered"));
    if found == 0 {
        let (none, exchanges) =
            (screen.pick("in none of", "in geen van de"), screen.pick("exchanges", "uitwisselingen"));
        screen.say(&format!("{none} {covered} {exchanges}"));
    } else {
        let of = screen.pick("of", "van de");
        let look = screen.pick("exchanges: look at these", "uitwisselingen: kijk naar deze");
        screen.say(&format!("in {found} {of} {covered} {look}"));
    }
    let shown = list(report, "look_at");
    for hit in shown {
        let text = |key: &str| hit.get(key).and_then(Value::as_str).unwrap_or_default();
        let words = match text("words") {
            "together" => screen.pick("beside one another", "naast elkaar"),
            _ => screen.pick("each word, apart", "elk woord, los van elkaar"),
        };
        let [time, exchange, publisher, route] = ["time", "exchange", "publisher", "route"].map(text);
        screen.say(&format!("  {time}  {exchange}  {publisher}  {route}  {words}"));
    }
    let more = found.saturating_sub(u64::try_from(shown.len()).unwrap_or_default());
    if more > 0 {
        screen.say(&format!("  … {more} {}", screen.pick("more", "meer")));
    }
    let expected = report.get("expected_false").and_then(Value::as_f64).unwrap_or_default();
    let rate = report.get("false_per_lookup").and_then(Value::as_str).unwrap_or_default();
    screen.say(&format!(
        "  {} {rate}; {} {expected:.6}",
        screen.pick("false answers per lookup: at most", "valse antwoorden per opvraging: hooguit"),
        screen.pick(
            "exchanges here expected by mistake: at most",
            "hier bij vergissing te verwachten: hooguit"
        ),
    ));
    show_missing(report, screen);
}

fn show_missing(report: &Value, screen: &Screen) {
    let missing = number(report, "/exchanges").saturating_sub(number(report, "/covered"));
    if missing > 0 {
        let more = screen.pick("more exchanges are not covered:", "andere uitwisselingen vallen erbuiten:");
        screen.say(&format!("  {missing} {more}"));
    }
    for (path, english, dutch) in [
        ("/not_covered/switched_off", "their route keeps no filters", "hun route bewaart geen filters"),
        ("/not_covered/no_key", "no key of their month is at hand", "er is geen sleutel van hun maand"),
        ("/not_covered/no_filter", "no filter was kept of them", "er is geen filter van bewaard"),
    ] {
        let count = number(report, path);
        if count > 0 {
            screen.say(&format!("    {count}: {}", screen.pick(english, dutch)));
        }
    }
    for differs in list(report, "differs") {
        let month = differs.get("month").and_then(Value::as_str).unwrap_or_default();
        let what = screen.pick(
            "filters are not those that this entry commits to: entry",
            "filters zijn niet die waar deze regel voor instaat: regel",
        );
        screen.say(&format!(
            "  {} {what} {}, {month}",
            number(differs, "/filters"),
            number(differs, "/entry")
        ));
    }
}

fn read_key(path: &Path) -> Result<MonthKey, Failure> {
    let unfit = || Failure::new(&words::NEEDLE_KEY, [("path", path.display().to_string().into())]);
    parse_export(&read(path)?).ok_or_else(unfit)
}

/// A small file's text.
fn read(path: &Path) -> Result<Secret<String>, Failure> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    file.take(acts::MOST).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    let text = String::from_utf8(bytes);
    text.map(Secret::new).map_err(|_| unreadable(path, &std::io::ErrorKind::InvalidData.into()))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(&words::READ, [("path", path.display().to_string().into()), ("reason", reason(error))])
}
