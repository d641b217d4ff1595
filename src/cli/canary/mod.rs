//! `sluis canary run`: two invented pupils of each school, sent through every route's rules.
//!
//! It must not know how messages are made up.

mod names;
mod pupils;
mod run;
mod search;
mod tally;

use std::path::Path;

use clap::{Args, Subcommand};
use serde_json::Value;

pub(super) use self::run::run;
use super::act::Act;
use super::failure::Failure;
use super::screen::Screen;
use super::{Exit, admin, words};

/// Send invented pupils through every route's rules, and look at what would have left.
#[derive(Debug, Args)]
pub(super) struct CanaryCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Try every route now, as it is done every night; nothing reaches a publisher, and no mapping stays.
    #[command(after_long_help = CODES)]
    Run {},
}

const CODES: &str = "\
Exit codes: 0 nothing of a canary left; 1 something did, or a route could not be tried; 5 the rules would have let something through, and the guard \
stopped it; 3 a route refused every message, so that nothing is known of its rules.";

impl CanaryCommand {
    pub(super) fn run(self, config: &Path, screen: &Screen) -> Result<Exit, Failure> {
        let What::Run {} = self.what;
        let settings = super::usable(config, screen)?;
        let report = admin::ask(&settings, Act::CanaryRun {}, None, screen)?;
        if screen.json {
            screen.report(&report);
        } else {
            show(&report, screen);
        }
        Ok(match text(&report, "outcome") {
            "held" => Exit::Done,
            "refused" => Exit::Warnings,
            "weak" => Exit::LeakStopped,
            _ => Exit::Error,
        })
    }
}

/// What the log and the night hear of a report: a canary that got through, and rules that the guard had to make up for.
pub(super) fn judge(report: &Value) -> Result<(), Failure> {
    for route in report.get("routes").and_then(Value::as_array).into_iter().flatten() {
        let (publisher, mount) = (text(route, "publisher"), text(route, "route"));
        match text(route, "outcome") {
            "leaked" => tracing::error!(publisher, route = mount, "a canary got through"),
            "weak" => tracing::warn!(publisher, route = mount, "only the guard stopped a canary"),
            "failed" => {
                let code = text(route, "code");
                tracing::error!(publisher, route = mount, code, "a route could not be tried with canaries");
            }
            _ => {}
        }
    }
    match text(report, "outcome") {
        "leaked" => Err(Failure::new(&words::consent::CANARY_LEAKED, [])),
        "failed" => Err(Failure::new(&words::consent::CANARY_FAILED, [])),
        _ => Ok(()),
    }
}

fn text<'v>(report: &'v Value, key: &str) -> &'v str {
    report.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn show(report: &Value, screen: &Screen) {
    for route in report.get("routes").and_then(Value::as_array).into_iter().flatten() {
        let number = |key: &str| route.get(key).and_then(Value::as_u64).unwrap_or_default();
        let outcome = match text(route, "outcome") {
            "held" => screen.pick("held", "hield"),
            "refused" => screen.pick("refuses everything", "weigert alles"),
            "failed" => screen.pick("could not be tried", "kon niet worden beproefd"),
            "empty" => screen.pick(
                "nothing but a status leaves, so nothing was tried",
                "er vertrekt alleen een status, dus er is niets beproefd",
            ),
            "weak" => screen.pick(
                "the rules would have let it through, the guard stopped it",
                "de regels hadden het doorgelaten, de wachter hield het tegen",
            ),
            _ => screen.pick("A CANARY GOT THROUGH", "ER KWAM EEN KANARIE DOOR"),
        };
        let line = format!("{} · {}", text(route, "publisher"), text(route, "route"));
        screen.say(&format!("{}: {outcome}", screen.bold(&line)));
        if text(route, "outcome") == "failed" {
            screen.tell(text(route, screen.pick("en", "nl")));
            continue;
        }
        screen.say(&format!(
            "  {} {}; {} {}; {} {}; {} {}",
            screen.pick("messages", "berichten"),
            number("messages"),
            screen.pick("with a planted name", "met een geplante naam"),
            number("planted"),
            screen.pick("refused", "geweigerd"),
            number("refused"),
            screen.pick("leaked", "gelekt"),
            number("leaked"),
        ));
        for (code, count) in route.get("codes").and_then(Value::as_object).into_iter().flatten() {
            screen.say(&format!("  {code}: {count} {}", screen.pick("refused", "geweigerd")));
        }
        for note in route.get("notes").and_then(Value::as_array).into_iter().flatten() {
            let (message, found) = (text(note, "message"), text(note, "found"));
            let outcome = match text(note, "outcome") {
                "weak" => screen.pick("stopped by the guard only", "alleen door de wachter tegengehouden"),
                "leaked" => screen.pick("leaked", "gelekt"),
                _ => screen.pick("refused", "geweigerd"),
            };
            screen.say(&format!("  {outcome}, {found}: {message}"));
        }
    }
}
