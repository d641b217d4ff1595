//! `sluis mask` and `sluis restore`: a file instead of a message, through the same doors, with the same guard, to a new
//! file that only its owner reads.
//!
//! Masking is an exchange like any other: the vault keeps the pseudonyms and the journal records what left. Restoring is
//! turning pseudonyms back by hand: a reason, a leaf, and a limit. It must not know rules.

mod act;

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

pub(super) use self::act::{Carry, carry};
use super::act::Act;
use super::failure::Failure;
use super::rehearsal::Trial;
use super::screen::Screen;
use super::{Exit, admin};

/// Mask a file as the message that would leave by a route, and write what a publisher may have.
#[derive(Debug, Args)]
pub(super) struct Mask {
    #[command(flatten)]
    file: Given,
}

/// Restore a file that came from a publisher: it then names real pupils. Journalled, and counted among an hour's looks.
#[derive(Debug, Args)]
pub(super) struct Restore {
    #[command(flatten)]
    file: Given,
    /// Why, in a few words that name nobody: the journal keeps it.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// A file, and as which message it crosses.
#[derive(Debug, Args)]
struct Given {
    /// The body of the message.
    file: PathBuf,
    /// The publisher's id in the configuration.
    #[arg(long, value_name = "ID")]
    publisher: String,
    /// The route's mount.
    #[arg(long, value_name = "MOUNT")]
    route: String,
    /// The new file; nothing is written over another.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The request's method; POST where the file is a request, GET where it is a reply.
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,
    /// The request's path and query below the mount.
    #[arg(long, value_name = "TARGET", default_value = "/")]
    target: String,
    /// The file's media type.
    #[arg(long = "type", value_name = "TYPE", default_value = "application/json")]
    media: String,
}

impl Mask {
    pub(super) fn run(self, config: &Path, screen: &Screen) -> Result<Exit, Failure> {
        self.file.carry(None, config, screen)
    }
}

impl Restore {
    pub(super) fn run(self, config: &Path, screen: &Screen) -> Result<Exit, Failure> {
        self.file.carry(Some(self.reason), config, screen)
    }
}

impl Given {
    fn carry(self, reason: Option<String>, config: &Path, screen: &Screen) -> Result<Exit, Failure> {
        let settings = super::usable(config, screen)?;
        let restores = reason.is_some();
        let to = std::path::absolute(&self.out).unwrap_or(self.out);
        let trial = Trial {
            publisher: self.publisher,
            route: self.route,
            // Which side it is follows from who asks.
            reply: false,
            method: self.method.unwrap_or_default(),
            target: self.target,
            media: self.media,
            reason,
        };
        let act = Act::Carry(Carry { trial, to });
        let report = admin::ask(&settings, act, Some(&self.file), screen)?;
        if screen.json {
            screen.report(&report);
            return Ok(Exit::Done);
        }
        let text = |key: &str| report.get(key).and_then(Value::as_str).unwrap_or_default();
        let number = |key: &str| report.get(key).and_then(Value::as_u64).unwrap_or_default();
        screen.say(&format!("{} {}", screen.pick("written:", "geschreven:"), text("file")));
        screen.say(&match restores {
            true => format!(
                "  {} {}",
                number("pupils"),
                screen.pick(
                    "pupils named in it: keep it inside, and remove it",
                    "leerlingen worden erin genoemd: houd het binnen, en verwijder het",
                ),
            ),
            false => screen
                .pick(
                    "  it left, as far as the journal is concerned: `sluis report register` counts it",
                    "  voor het journaal is het vertrokken: `sluis report register` telt het mee",
                )
                .to_owned(),
        });
        Ok(Exit::Done)
    }
}
