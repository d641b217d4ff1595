//! `sluis explain EXCHANGE`: what was decided about an exchange, and which rule did it, from the journal.
//!
//! It must not know a message: the journal holds none.

use std::path::Path;

use clap::Args;
use serde_json::{Map, Value, json};

use super::act::Act;
use super::failure::Failure;
use super::screen::Screen;
use super::{Exit, admin};
use crate::clock::Timestamp;
use crate::journal::{Decision, Detail, Leaf};

/// Tell what was decided about an exchange, and which rule did it.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The exchange's id: 32 hex digits, from a refusal or the log.
    exchange: String,
}

impl Explain {
    pub(super) fn run(self, file: &Path, screen: &Screen) -> Result<Exit, Failure> {
        let settings = super::usable(file, screen)?;
        let act = Act::Explain { exchange: self.exchange };
        let report = admin::ask(&settings, act, None, screen)?;
        if screen.json {
            screen.report(&report);
            return Ok(Exit::Done);
        }
        for event in report.get("events").and_then(Value::as_array).into_iter().flatten() {
            show(event, screen);
        }
        Ok(Exit::Done)
    }
}

/// One event as text.
pub(super) fn show(event: &Value, screen: &Screen) {
    let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default();
    let decision = text("decision");
    screen.say(&format!("{}  {}  {}", text("time"), screen.bold(text("event")), decision));
    for (key, english, dutch) in [
        ("scope", "scope", "scope"),
        ("route", "route", "route"),
        ("actor", "caller", "aanroeper"),
        ("left", "SHA-256 of what left", "SHA-256 van wat vertrok"),
        ("profile", "SHA-256 of the profile", "SHA-256 van het profiel"),
        ("configuration", "SHA-256 of the configuration", "SHA-256 van de configuratie"),
    ] {
        if !text(key).is_empty() {
            screen.say(&format!("    {}: {}", screen.pick(english, dutch), text(key)));
        }
    }
    for (key, english, dutch) in [
        ("rules", "rule", "regel"),
        ("permits", "permit used", "vergunning gebruikt"),
        ("details", "detail", "bijzonderheid"),
    ] {
        for (name, value) in event.get(key).and_then(Value::as_object).into_iter().flatten() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            screen.say(&format!("    {} {name}: {value}", screen.pick(english, dutch)));
        }
    }
}

/// 32 hex digits.
pub(super) fn read_id(text: &str) -> Option<[u8; 16]> {
    let mut id = [0; 16];
    if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in id.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(id)
}

/// A leaf for people and machines: all that it says, by name.
pub(super) fn leaf_json(leaf: &Leaf) -> Value {
    let hex = |bytes: &[u8]| Value::from(super::hex(bytes));
    let decision = match &leaf.decision {
        Decision::None => String::new(),
        Decision::Passed => "passed".to_owned(),
        Decision::Refused(code) => format!("refused: {code}"),
    };
    let counts =
        |list: &[(String, u64)]| list.iter().cloned().map(|(k, n)| (k, json!(n))).collect::<Map<_, _>>();
    let details = leaf.details.iter().map(|(key, detail)| {
        let value = match detail {
            Detail::Number(number) => json!(number),
            Detail::Digest(digest) => hex(digest),
            Detail::Text(text) => json!(text),
        };
        (key.clone(), value)
    });
    json!({
        "sequence": leaf.sequence,
        "time": Timestamp::from_millis(leaf.time_ms).rfc3339(),
        "event": leaf.event.name(),
        "decision": decision,
        "scope": leaf.scope.as_ref().map(|s| format!("{}/{}/{}", s.school, s.publisher, s.epoch)),
        "route": leaf.route,
        "rules": counts(&leaf.rules),
        "permits": counts(&leaf.permits),
        "actor": leaf.actor,
        "left": leaf.left.as_ref().map(|digest| hex(digest)),
        "profile": leaf.profile.as_ref().map(|digest| hex(digest)),
        "configuration": leaf.configuration.as_ref().map(|digest| hex(digest)),
        "binary": leaf.binary.as_ref().map(|digest| hex(digest)),
        "pupils": leaf.pupils.map(|pupils| pupils.count),
        "details": details.collect::<Map<_, _>>(),
    })
}
