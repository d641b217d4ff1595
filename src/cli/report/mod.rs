//! `sluis report`: the register of what is shared with whom, and the bundle of evidence for an auditor.
//!
//! Both rest on the configuration in force and on the journal, verified first. No file here can hold a pupil's name, number
//! or pseudonym: neither source has one. Reading (`reading.rs`, `facts.rs`, `bundle.rs`) stands apart from making text.

mod article_30;
mod attention;
mod bundle;
mod claims;
mod configuration;
mod csv;
mod evidence;
pub(super) mod facts;
mod field;
mod ground;
mod html;
mod machine;
mod markdown;
mod page;
mod reading;
mod readme;
mod register;
mod register_page;
mod route_page;
mod sample;
mod summary;
mod tally;
mod trials;
mod words;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::failure::Failure;
use super::screen::Screen;
use super::{Exit, words as told};
use crate::clock::{Clock as _, Date, SystemClock};
use crate::config::Language;
use register::Register;
use tally::Period;

/// Report what is shared with whom, or make evidence for an auditor.
#[derive(Debug, Args)]
pub(super) struct ReportCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The register: what each publisher receives, in words that a parent can read, and what really crossed.
    ///
    /// Exit code 3 when it holds points that somebody should know first.
    Register {
        /// The format; all four when they go to a directory and none is named.
        #[arg(long, value_enum)]
        format: Option<Format>,
        /// A directory for the files, or - for standard output.
        #[arg(long, value_name = "DIR", default_value = "-")]
        out: PathBuf,
    },
    /// The bundle (zip): journal, proofs, counts, register, a page to sign, and how to verify all of it without Sluis.
    Evidence {
        /// The new file.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Count from this day; the journal goes along whole.
        #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
        from: Option<Date>,
        /// Count up to and with this day.
        #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
        to: Option<Date>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Md,
    Csv,
    Json,
    Html,
}

impl Format {
    const ALL: [Self; 4] = [Self::Md, Self::Csv, Self::Json, Self::Html];

    fn ending(self) -> &'static str {
        match self {
            Self::Md => "md",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Html => "html",
        }
    }

    fn write(self, register: &Register, language: Language) -> String {
        match self {
            Self::Md => markdown::markdown(&register_page::page(register, language)),
            Self::Html => html::html(&register_page::page(register, language)),
            Self::Csv => csv::csv(&machine::rows(register, language)),
            Self::Json => format!("{:#}\n", machine::json_of(register)),
        }
    }
}

impl ReportCommand {
    pub(super) fn run(self, config: &Path, screen: &Screen) -> Result<Exit, Failure> {
        let settings = super::usable(config, screen)?;
        match self.what {
            What::Register { format, out } => {
                let facts = facts::ask(&settings, screen)?;
                let ground = reading::verified(&settings, &facts, screen)?;
                let tally = reading::count(&settings, screen)?;
                let register = Register::of(&settings, &facts, ground, tally, SystemClock.now());
                show(&register, format, &out, screen)
            }
            What::Evidence { out, from, to } => {
                let period = Period {
                    from_ms: from.map_or(0, |day| day.begin().as_millis()),
                    until_ms: to.map_or(u64::MAX, |day| day.end().as_millis()),
                };
                if period.from_ms >= period.until_ms {
                    return Err(Failure::new(&told::PERIOD, []).usage());
                }
                let facts = facts::ask(&settings, screen)?;
                evidence::make(&settings, &facts, period, &out, screen)
            }
        }
    }
}

fn show(register: &Register, format: Option<Format>, out: &Path, screen: &Screen) -> Result<Exit, Failure> {
    let points = attention::points(register);
    if out == Path::new("-") {
        let format = if screen.json { Format::Json } else { format.unwrap_or(Format::Md) };
        screen.say(format.write(register, screen.language).trim_end());
    } else {
        let formats = format.map_or_else(|| Format::ALL.to_vec(), |format| vec![format]);
        let mut files = Vec::new();
        for format in formats {
            let name = match format {
                Format::Json => "register.json".to_owned(),
                other => format!("register.{}.{}", html::code_of(screen.language), other.ending()),
            };
            let path = out.join(name);
            reading::put(&path, format.write(register, screen.language).as_bytes())?;
            files.push(path.display().to_string());
        }
        if screen.json {
            let codes: Vec<&str> = points.iter().map(|point| point.code).collect();
            screen.report(&json!({ "files": files, "attention": codes }));
        } else {
            files.iter().for_each(|file| screen.say(file));
            points.iter().for_each(|point| screen.tell(&format!("- {}", point.told(screen.language))));
        }
    }
    Ok(if points.is_empty() { Exit::Done } else { Exit::Warnings })
}

fn day(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "a day is written YYYY-MM-DD, and must exist".to_owned())
}

#[cfg(test)]
mod tests;
