//! `sluis keys`: the epochs of each publisher. A key never leaves the vault; this opens, lists and closes them.
//!
//! It must not know how keys are made.

use std::path::Path;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::act::Act;
use super::failure::Failure;
use super::screen::Screen;
use super::{Exit, admin, words};

/// List, open and close epochs.
#[derive(Debug, Args)]
pub(super) struct Keys {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Every epoch that the vault ever had, and what it is used for.
    List,
    /// Open a new epoch for a publisher; pseudonyms of earlier ones can still come home.
    Rotate(Which),
    /// Close an epoch: its keys are destroyed, and its pseudonyms can never come home again.
    Close {
        #[command(flatten)]
        which: Which,
        /// Say that you know that this cannot be undone.
        #[arg(long)]
        for_ever: bool,
    },
}

#[derive(Debug, Args)]
struct Which {
    /// The publisher's id in the configuration.
    #[arg(long, value_name = "ID")]
    publisher: String,
    /// The epoch's name, usually a school year.
    #[arg(long, value_name = "NAME")]
    epoch: String,
    /// The school's BRIN, when there are several.
    #[arg(long, value_name = "BRIN")]
    school: Option<String>,
}

impl Keys {
    pub(super) fn run(self, file: &Path, screen: &Screen) -> Result<Exit, Failure> {
        let act = match self.what {
            What::List => Act::KeysList {},
            What::Rotate(Which { publisher, epoch, school }) => Act::KeysRotate { school, publisher, epoch },
            What::Close { for_ever: false, .. } => return Err(Failure::new(&words::FOR_EVER, []).usage()),
            What::Close { which: Which { publisher, epoch, school }, .. } => {
                Act::KeysClose { school, publisher, epoch }
            }
        };
        let settings = super::usable(file, screen)?;
        let report = admin::ask(&settings, act, None, screen)?;
        if screen.json {
            screen.report(&report);
        } else {
            show(&report, screen);
        }
        Ok(Exit::Done)
    }
}

fn show(report: &Value, screen: &Screen) {
    let text =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(epochs) = report.get("epochs").and_then(Value::as_array) {
        for epoch in epochs {
            let state = match text(epoch, "state").as_str() {
                "serving" => screen.pick("serves", "dient"),
                "open" => screen.pick("open: pseudonyms come home", "open: pseudoniemen komen thuis"),
                "entering" => screen.pick("comes home only", "komt alleen nog thuis"),
                _ => screen.pick("closed", "gesloten"),
            };
            let key = epoch.get("key").map(ToString::to_string).unwrap_or_default();
            screen.say(&format!(
                "{} {} {} · {state} · {} {key} · {} {}",
                text(epoch, "school"),
                text(epoch, "publisher"),
                screen.bold(&text(epoch, "epoch")),
                screen.pick("key", "sleutel"),
                screen.pick("since", "sinds"),
                text(epoch, "since"),
            ));
        }
        if epochs.is_empty() {
            screen.say(screen.pick("no epochs yet", "nog geen periodes"));
        }
    } else if let Some(closed) = report.get("closed").and_then(Value::as_str) {
        screen.say(&format!("{} {closed}", screen.pick("closed:", "gesloten:")));
        screen.say(screen.pick(
            "  backups made before still hold its keys: destroy them too",
            "  reservekopieën van voor die tijd hebben de sleutels nog: vernietig die ook",
        ));
    } else {
        let opened = report.get("opened").and_then(Value::as_bool).unwrap_or_default();
        let told = if opened {
            screen.pick("opened:", "geopend:")
        } else {
            screen.pick("open already:", "was al open:")
        };
        screen.say(&format!("{told} {}", text(report, "scope")));
        let next = screen.pick(
            "  it serves once `epoch` in the configuration names it, and Sluis has reloaded (SIGHUP)",
            "  zij dient zodra `epoch` in de configuratie haar noemt, en Sluis herladen is (SIGHUP)",
        );
        screen.say(next);
    }
}
