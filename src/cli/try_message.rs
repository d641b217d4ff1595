//! The command `sluis try`: what it takes, and how the report is shown.
//!
//! `rehearsal.rs` does it. It must not know the gateway.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::act::Act;
use super::failure::Failure;
use super::rehearsal::Trial;
use super::screen::Screen;
use super::{Exit, admin};

/// Show what would cross, and which rule did it; nothing is sent and nothing is kept.
#[derive(Debug, Args)]
pub(super) struct Try {
    /// The body of the message; /dev/null for none.
    file: PathBuf,
    /// The publisher's id in the configuration.
    #[arg(long, value_name = "ID")]
    publisher: String,
    /// The route's mount.
    #[arg(long, value_name = "MOUNT")]
    route: String,
    /// Which message the file is.
    #[arg(long, value_name = "SIDE", default_value = "request")]
    side: Side,
    /// The request's method; POST with a request's body, GET otherwise.
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,
    /// The request's path and query below the mount.
    #[arg(long, value_name = "TARGET", default_value = "/")]
    target: String,
    /// The file's media type.
    #[arg(long = "type", value_name = "TYPE", default_value = "application/json")]
    media: String,
    /// Why a message with real pseudonyms is restored, in words that name nobody: it then shows real pupils, is journalled,
    /// and counts among an hour's looks. Without it a message that enters knows no pseudonyms.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Side {
    Request,
    Response,
}

impl Try {
    /// Exit 0 when the message would cross, 1 when it would be refused.
    pub(super) fn run(self, config: &Path, screen: &Screen) -> Result<Exit, Failure> {
        let settings = super::usable(config, screen)?;
        let reply = self.side == Side::Response;
        let method = self.method.unwrap_or_else(|| if reply { "GET" } else { "POST" }.to_owned());
        let (publisher, route) = (self.publisher, self.route);
        let (target, media, reason) = (self.target, self.media, self.reason);
        let trial = Trial { publisher, route, reply, method, target, media, reason };
        let report = admin::ask(&settings, Act::Try(trial), Some(&self.file), screen)?;
        if screen.json {
            screen.report(&report);
        } else {
            show(&report, screen);
        }
        let crossed = report.get("message").is_some_and(|message| !message.is_null());
        Ok(if crossed { Exit::Done } else { Exit::Error })
    }
}

fn show(report: &Value, screen: &Screen) {
    let text =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let leaves = text(report, "door") == "leave";
    if let Some(message) = report.get("message").filter(|message| !message.is_null()) {
        let what = match leaves {
            true => screen.pick("would leave, to the publisher:", "zou vertrekken, naar de uitgever:"),
            false => screen.pick("would enter, to the school:", "zou binnenkomen, bij de school:"),
        };
        screen.say(&screen.bold(what));
        screen.say(&format!("  {}", text(message, "line")));
        for header in message.get("headers").and_then(Value::as_array).into_iter().flatten() {
            screen.say(&format!("  {}", header.as_str().unwrap_or_default()));
        }
        for line in text(message, "body").lines() {
            screen.say(&format!("  {line}"));
        }
    } else {
        let refusal = report.get("refusal").unwrap_or(&Value::Null);
        let problem = refusal.get(screen.pick("en", "nl")).unwrap_or(&Value::Null);
        let what = screen.pick("would be refused:", "zou geweigerd worden:");
        screen.say(&format!("{} {} {}", screen.bold(what), text(refusal, "code"), text(problem, "title")));
        let unknown = text(refusal, "code") == "SLS-301" && !leaves;
        if unknown && report.get("restored") == Some(&Value::Bool(false)) {
            screen.say(screen.pick(
                "  A trial has a vault of its own. `--reason TEXT` restores pseudonyms of the real one: it shows real pupils, and is journalled.",
                "  Een proef heeft een eigen kluis. `--reason TEKST` herstelt pseudoniemen van de echte: dat toont echte leerlingen, en komt in het journaal.",
            ));
        }
        for key in ["detail", "hint"] {
            if !text(problem, key).is_empty() {
                screen.say(&format!("  {}", text(problem, key)));
            }
        }
    }
    for (rule, count) in report.get("rules").and_then(Value::as_object).into_iter().flatten() {
        screen.say(&format!("{} {count} × {rule}", screen.pick("rule", "regel")));
    }
}
