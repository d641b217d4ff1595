//! `sluis pupil`: a person's rights. Show who gets what of a pupil, export it, forget him; and turn a pseudonym back
//! by hand. Each asks a reason, stands in the journal, and looks are counted.
//!
//! Who is meant never stands on the command line. It must not know the stores.

mod acts;
pub(in crate::cli) mod grounds;
mod output;
mod page;
mod shared;
mod show;
mod standing;
mod terms;
mod who;

use std::io::{Cursor, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::Value;
use zeroize::Zeroizing;

use self::acts::What;
pub(super) use self::acts::{Asked, perform};
use self::output::Output;
use self::who::{LONGEST, Who};
use super::act::{Act, Body};
use super::failure::Failure;
use super::screen::Screen;
use super::{Exit, admin, words};
use crate::config::{Settings, reason};

/// A person's rights.
#[derive(Debug, Args)]
pub(super) struct PupilCommand {
    #[command(subcommand)]
    what: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show who gets what of a pupil, under which pseudonyms, and when he last crossed.
    Show {
        #[command(flatten)]
        person: Person,
        /// A pseudonym, to turn back by hand; with --publisher.
        #[arg(long, value_name = "TEXT", requires = "publisher", conflicts_with_all = ["kind", "by_name", "id_file", "choose"])]
        pseudonym: Option<String>,
        /// Whose pseudonym it is.
        #[arg(long, value_name = "ID", requires = "pseudonym")]
        publisher: Option<String>,
    },
    /// Write the same to new files that only you can read: .json, .html, or both.
    Export {
        #[command(flatten)]
        person: Person,
        /// The new files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Forget a pupil: pseudonyms, stand-ins, names of publishers and roster entry, in all epochs. For ever.
    Forget {
        #[command(flatten)]
        person: Person,
        /// Write the vault's log anew at once; otherwise the night does.
        #[arg(long)]
        now: bool,
        /// Say that you know that this cannot be undone.
        #[arg(long)]
        for_ever: bool,
    },
}

/// Who, and why.
#[derive(Debug, Args)]
struct Person {
    /// The kind of the identifier that is typed: pupil-number, eck-id, email …
    #[arg(long, value_name = "KIND", default_value = "pupil-number", conflicts_with = "by_name")]
    kind: String,
    /// A name is typed instead, and looked up in the roster.
    #[arg(long)]
    by_name: bool,
    /// The file that holds the identifier or name; - or nothing for standard input. It never stands on the command line.
    #[arg(long, value_name = "FILE")]
    id_file: Option<PathBuf>,
    /// Which of several pupils of that name.
    #[arg(long, value_name = "N", requires = "by_name")]
    choose: Option<usize>,
    /// Why, in a few words that name nobody: the journal keeps it.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The school's BRIN, when there are several.
    #[arg(long, value_name = "BRIN")]
    school: Option<String>,
}

impl PupilCommand {
    pub(super) fn run(self, config: &Path, screen: &Screen) -> Result<Exit, Failure> {
        let settings = super::usable(config, screen)?;
        match self.what {
            Command::Show { person, pseudonym: Some(pseudonym), publisher } => {
                let what = What::TurnBack { publisher: publisher.unwrap_or_default(), pseudonym };
                let act = Act::Pupil(person.asked(what));
                show::all(&admin::ask(&settings, act, None, screen)?, screen);
                Ok(Exit::Done)
            }
            Command::Show { person, .. } => {
                let who = person.choose(&settings, screen)?;
                show::all(&person.ask(What::Show {}, &who, &settings, screen)?, screen);
                Ok(Exit::Done)
            }
            Command::Export { person, files } => {
                // The files first: what cannot be kept is not asked for.
                let outputs = files.into_iter().map(Output::create).collect::<Result<Vec<_>, _>>()?;
                let who = person.choose(&settings, screen)?;
                let report = person.ask(What::Export {}, &who, &settings, screen)?;
                let written = outputs.into_iter().map(|output| output.write(&report, screen.language));
                let written = written.collect::<Result<Vec<_>, _>>()?;
                show::written(&written, screen);
                Ok(Exit::Done)
            }
            Command::Forget { for_ever: false, .. } => Err(Failure::new(&words::FORGET_FOR_EVER, []).usage()),
            Command::Forget { person, now, .. } => {
                let who = person.choose(&settings, screen)?;
                let report = person.ask(What::Forget { now }, &who, &settings, screen)?;
                show::forgotten(&report, screen);
                Ok(Exit::Done)
            }
        }
    }
}

impl Person {
    fn asked(&self, what: What) -> Asked {
        Asked { school: self.school.clone(), reason: self.reason.clone(), what }
    }

    fn ask(&self, what: What, who: &Who, settings: &Settings, screen: &Screen) -> Result<Value, Failure> {
        let bytes = serde_json::to_vec(who).map_err(|_| Failure::new(&words::PUPIL_INPUT, []))?;
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let bytes = Box::new(Cursor::new(Zeroizing::new(bytes)));
        let body = Body { bytes, length, files: Vec::new(), folder: false };
        admin::ask_with(settings, Act::Pupil(self.asked(what)), Some(body), screen)
    }

    /// Who is meant. A name is looked up first, and one of its pupils chosen, by an identifier of his.
    fn choose(&self, settings: &Settings, screen: &Screen) -> Result<Who, Failure> {
        let text = self.typed(screen)?;
        if !self.by_name {
            return Ok(Who::Identifier { kind: self.kind.clone(), text: text.to_string() });
        }
        let name = Who::Name { text: text.to_string() };
        let report = self.ask(What::Show {}, &name, settings, screen)?;
        let none = Vec::new();
        let candidates = report.get("candidates").and_then(Value::as_array).unwrap_or(&none);
        let number = match (candidates.len(), self.choose) {
            (1, None) => 1,
            (_, Some(number)) => number,
            _ => {
                show::candidates(candidates, screen);
                let count = candidates.len().to_string();
                let unclear = || Failure::new(&words::PUPIL_CHOOSE, [("count", count.clone().into())]);
                if !std::io::stdin().is_terminal() {
                    return Err(unclear());
                }
                let asked = screen.ask(screen.pick("which", "welke"), "").ok().flatten();
                asked.and_then(|typed| typed.parse().ok()).ok_or_else(unclear)?
            }
        };
        let chosen = number.checked_sub(1).and_then(|place| candidates.get(place));
        let text = |key: &str| Some(chosen?.get(key)?.as_str()?.to_owned());
        match (text("kind"), text("value")) {
            (Some(kind), Some(text)) => Ok(Who::Identifier { kind, text }),
            _ => {
                let count = candidates.len().to_string();
                Err(Failure::new(&words::PUPIL_CHOOSE, [("count", count.into())]))
            }
        }
    }

    /// The one line of the file or of standard input.
    fn typed(&self, screen: &Screen) -> Result<Zeroizing<String>, Failure> {
        let unfit = || Failure::new(&words::PUPIL_INPUT, []);
        let file = self.id_file.as_deref().filter(|file| *file != Path::new("-"));
        let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST + 8));
        let most = u64::try_from(LONGEST + 4).unwrap_or(u64::MAX);
        if let Some(path) = file {
            let unread = |error: std::io::Error| {
                let values = [("path", path.display().to_string().into()), ("reason", reason(&error))];
                Failure::new(&words::READ, values)
            };
            let opened = std::fs::File::open(path).map_err(unread)?;
            opened.take(most).read_to_end(&mut bytes).map_err(unread)?;
        } else if std::io::stdin().is_terminal() {
            let question = if self.by_name { screen.pick("name", "naam") } else { self.kind.as_str() };
            let typed = screen.ask(question, "").map_err(|_| unfit())?.ok_or_else(unfit)?;
            bytes.extend_from_slice(Zeroizing::new(typed).as_bytes());
        } else {
            std::io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(|_| unfit())?;
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| unfit())?;
        let text = text.trim_start_matches('\u{feff}').trim();
        match text.is_empty() || text.len() > LONGEST || text.chars().any(char::is_control) {
            true => Err(unfit()),
            false => Ok(Zeroizing::new(text.to_owned())),
        }
    }
}
