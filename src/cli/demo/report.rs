//! The demo as JSON: one document with `exchanges` and `summary`.
//!
//! An exchange has
//!
//! - `name`: `students`, `results`, `sem-result`, `one-pupil`, `results-page`; with `--leak` `clean-request`,
//!   `planted-request`, `clean-reply`, `planted-reply`;
//! - `asks`: `publisher` or `school`; `profile`, `title`;
//! - `exchange`: its id, 32 hex digits; `journal`: the indices of its entries; `entries`: what they say;
//! - `sent` (by who asks), `received` (by who is asked), `answered` (by the same), `got` (by who asks): messages with
//!   `line` (`GET /path` or `200`), `headers` (an object) and `body` (JSON; a text when it is none; null when empty).
//!   `received` and `answered` are null when the message was refused before;
//! - `differences`: each with `message` (`request` or `reply`), `at` (JSON pointer), `inside`, `outside` (null where
//!   there is nothing), `word`, `because`, `rule` (as the journal names it; null when none explains it), `verb`;
//! - `reordered`: lists whose records changed places; `refusal`: a code, or null;
//! - `pupils`: for each pupil `inside` and `outside`, as the text shows them.
//!
//! `summary` has `exchanges`, `pupils`, `differences`, `unexplained`, `searched_bytes`, `searched_values`, `reached`
//! (kinds of what should have stayed inside), `astray` (names of exchanges that did not end as they should), `journal`
//! (`entries`, and whether they were `verified` with the public key), `planted`, `stopped`, `leak` (`stopped`, `reached`
//! or null), `milliseconds` and `exit`.

use serde_json::{Map, Value, json};

use super::difference::{Compared, Row};
use super::judge::Verdict;
use super::party::Wire;
use super::story::{Exchange, Topic, leaves_json};
use super::words;
use crate::config::Language;
use crate::profile::Door;

/// The whole report.
pub(super) fn report(
    exchanges: &[Exchange],
    verdict: &Verdict,
    pupils: usize,
    milliseconds: u128,
    exit: u8,
    language: Language,
) -> Value {
    let differences: usize =
        exchanges.iter().map(|e| e.request.differences().count() + e.reply.differences().count()).sum();
    let planted = exchanges.iter().filter(|e| name(e.topic).starts_with("planted")).count();
    let leak = (planted > 0).then_some(if verdict.is_good() { "stopped" } else { "reached" });
    json!({
        "exchanges": exchanges.iter().map(|e| exchange(e, language)).collect::<Vec<_>>(),
        "summary": {
            "exchanges": exchanges.len(),
            "pupils": pupils,
            "differences": differences,
            "unexplained": verdict.unexplained,
            "searched_bytes": verdict.bytes,
            "searched_values": verdict.values,
            "reached": verdict.reached,
            "astray": verdict.astray.iter().map(|topic| name(*topic)).collect::<Vec<_>>(),
            "journal": verdict.journal.as_ref().map(|journal| json!({
                "entries": journal.size,
                "verified": journal.is_good(),
            })),
            "planted": planted,
            "stopped": verdict.stopped,
            "leak": leak,
            "milliseconds": u64::try_from(milliseconds).unwrap_or(u64::MAX),
            "exit": exit,
        },
    })
}

/// The name in the report.
pub(super) fn name(topic: Topic) -> &'static str {
    match topic {
        Topic::Students => "students",
        Topic::Results => "results",
        Topic::SimpleResult => "sem-result",
        Topic::OnePupil => "one-pupil",
        Topic::ResultsPage => "results-page",
        Topic::CleanRequest => "clean-request",
        Topic::PlantedRequest => "planted-request",
        Topic::CleanReply => "clean-reply",
        Topic::PlantedReply => "planted-reply",
    }
}

fn exchange(exchange: &Exchange, language: Language) -> Value {
    let id = exchange.leaves.iter().find_map(|leaf| leaf.exchange);
    let journal: Vec<u64> = exchange.leaves.iter().map(|leaf| leaf.sequence).collect();
    let (asking, answering) = match exchange.publisher_asks {
        true => (Door::Enter, Door::Leave),
        false => (Door::Leave, Door::Enter),
    };
    let mut differences = rows("request", &exchange.request, asking, language);
    differences.extend(rows("reply", &exchange.reply, answering, language));
    let reordered: Vec<&String> =
        exchange.request.reordered.iter().chain(&exchange.reply.reordered).collect();
    let pupils =
        exchange.people.iter().map(|(inside, outside)| json!({ "inside": inside, "outside": outside }));
    json!({
        "name": name(exchange.topic),
        "asks": if exchange.publisher_asks { "publisher" } else { "school" },
        "profile": exchange.profile,
        "title": exchange.title,
        "exchange": id.map(|id| crate::cli::hex(&id)),
        "journal": journal,
        "entries": leaves_json(&exchange.leaves),
        "sent": wire(Some(&exchange.sent)),
        "received": wire(exchange.received.as_ref()),
        "answered": wire(exchange.answered.as_ref()),
        "got": wire(Some(&exchange.got)),
        "differences": differences,
        "reordered": reordered,
        "refusal": exchange.refusal(),
        "pupils": pupils.collect::<Vec<_>>(),
    })
}

fn rows(message: &str, compared: &Compared, door: Door, language: Language) -> Vec<Value> {
    let told = |row: &Row| {
        let (word, because) = words::because(row, door, language);
        json!({
            "message": message,
            "at": row.at,
            "inside": row.inside,
            "outside": row.outside,
            "word": word,
            "because": because,
            "rule": row.rule.as_ref().map(|rule| rule.text.as_str()),
            "verb": row.rule.as_ref().map(|rule| rule.verb.as_str()),
        })
    };
    compared.differences().map(told).collect()
}

fn wire(wire: Option<&Wire>) -> Value {
    let Some(wire) = wire else { return Value::Null };
    let headers: Map<String, Value> =
        wire.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let body = match wire.body.is_empty() {
        true => Value::Null,
        false => serde_json::from_slice(&wire.body)
            .unwrap_or_else(|_| String::from_utf8_lossy(&wire.body).into_owned().into()),
    };
    json!({ "line": wire.line, "headers": headers, "body": body })
}
