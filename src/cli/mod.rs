//! The command line: what a person types, and what it answers.
//!
//! One file a command. Exit codes: 0 done, 1 error, 2 usage, 3 done with warnings, 5 a leak was stopped.
//! It must not hold anything that a server decides with; it joins the rooms and reports.

mod act;
mod admin;
mod beside;
mod canary;
mod carry;
mod check;
mod consent;
mod demo;
mod explain;
mod failure;
mod faults;
mod init;
mod journal;
mod keys;
mod looks;
mod needle;
mod progress;
mod pupil;
mod rehearsal;
mod report;
mod rights;
mod roster;
mod rosters;
mod screen;
mod serve;
mod stores;
mod try_message;
mod vault;
mod witness;
mod words;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::{self, Language, Settings};
use crate::telemetry;
use failure::Failure;
use screen::Screen;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Not done; the message says why.
    Error = 1,
    /// The command line itself is wrong.
    Usage = 2,
    /// Done, and somebody should know something.
    Warnings = 3,
    /// A leak was tried, and stopped.
    LeakStopped = 5,
}

/// A pseudonymisation gateway for schools: the publisher gets a number, only the school ties it to a pupil.
#[derive(Debug, Parser)]
#[command(name = "sluis", version, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 error, 2 usage, 3 done with warnings, 5 leak stopped.")]
struct Line {
    #[command(flatten)]
    every: Every,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
struct Every {
    /// The configuration file.
    #[arg(long, short, global = true, value_name = "FILE", default_value = "sluis.toml")]
    config: PathBuf,
    /// The language of messages: nl or en; otherwise LANG decides. Codes are the same in both.
    #[arg(long, global = true, value_name = "LANGUAGE")]
    lang: Option<Spoken>,
    /// Report as JSON, on standard output.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Spoken {
    Nl,
    En,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show it: a school, Sluis and a publisher on this machine, with invented pupils, over TLS.
    Demo(demo::Demo),
    /// Make a working school: configuration, keys, certificate, vault, journal and recovery kit.
    Init(init::Init),
    /// Check the whole configuration: all problems at once, each with file, line and what to do.
    Check(check::Check),
    /// Run the gateway; SIGHUP reloads, SIGTERM drains.
    Serve(serve::Serve),
    /// Mask a file as a message that leaves, and write what a publisher may have.
    Mask(carry::Mask),
    /// Restore a file that came from a publisher; journalled, and counted among an hour's looks.
    Restore(carry::Restore),
    /// Show what would cross, and which rule did it; nothing is sent and nothing is kept.
    Try(try_message::Try),
    /// Tell what was decided about an exchange, and which rule did it.
    Explain(explain::Explain),
    /// Send invented pupils through every route's rules, and look at what would have left.
    Canary(canary::CanaryCommand),
    /// Record or withdraw objections and consents; they bind from the next request.
    Consent(consent::ConsentCommand),
    /// Import what the guard knows about pupils.
    Roster(roster::RosterCommand),
    /// A person's rights: show, export or forget what is known of a pupil.
    Pupil(pupil::PupilCommand),
    /// List, open and close epochs.
    Keys(keys::Keys),
    /// Verify, back up or recover the vault.
    Vault(vault::VaultCommand),
    /// Verify the journal, prove an entry, copy it: needs its files and a public key only.
    Journal(journal::JournalCommand),
    /// Report what is shared with whom, or make evidence for an auditor.
    Report(report::ReportCommand),
    /// Witness other parties' journals: a small server that runs elsewhere.
    Witness(witness::WitnessCommand),
}

/// Runs the command line and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let line = match Line::try_parse_from(arguments) {
        Ok(line) => line,
        Err(error) => {
            let _ = error.print();
            let asked = !error.use_stderr();
            return code(if asked { Exit::Done } else { Exit::Usage });
        }
    };
    let language = match line.every.lang {
        Some(Spoken::Nl) => Language::Dutch,
        Some(Spoken::En) => Language::English,
        None => screen::spoken(),
    };
    // Any command may open the vault: its keys stay out of core dumps and debuggers.
    let _ = telemetry::guard_process(false);
    let mut screen = Screen::standard(language, line.every.json);
    code(match dispatch(line, &mut screen) {
        Ok(exit) => exit,
        Err(failure) => {
            screen.failed(&failure);
            failure.exit()
        }
    })
}

fn dispatch(line: Line, screen: &mut Screen) -> Result<Exit, Failure> {
    match line.command {
        Command::Canary(canary) => canary.run(&line.every.config, screen),
        Command::Consent(consent) => consent.run(&line.every.config, screen),
        Command::Demo(demo) => demo.run(screen),
        Command::Init(init) => init.run(screen),
        Command::Check(check) => check.run(&line.every.config, screen),
        Command::Serve(serve) => serve.run(&line.every.config, screen),
        Command::Mask(mask) => mask.run(&line.every.config, screen),
        Command::Restore(restore) => restore.run(&line.every.config, screen),
        Command::Try(attempt) => attempt.run(&line.every.config, screen),
        Command::Explain(explain) => explain.run(&line.every.config, screen),
        Command::Pupil(pupil) => pupil.run(&line.every.config, screen),
        Command::Roster(roster) => roster.run(&line.every.config, screen),
        Command::Vault(vault) => vault.run(&line.every.config, screen),
        Command::Journal(journal) => journal.run(&line.every.config, screen),
        Command::Report(report) => report.run(&line.every.config, screen),
        Command::Witness(witness) => witness.run(screen),
        Command::Keys(keys) => keys.run(&line.every.config, screen),
    }
}

fn code(exit: Exit) -> ExitCode {
    ExitCode::from(exit as u8)
}

/// The settings of a configuration that holds; its errors are shown otherwise, and warnings are `check`'s.
fn usable(file: &Path, screen: &Screen) -> Result<Settings, Failure> {
    let config::Reading { settings, problems } = config::read(file);
    settings.ok_or_else(|| {
        let errors = problems.iter().filter(|problem| problem.is_error());
        let count = errors.map(|problem| screen.tell(&problem.told(screen.language))).count();
        let values = [("file", file.display().to_string().into()), ("errors", count.to_string().into())];
        Failure::new(&words::CONFIG_UNUSABLE, values)
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
