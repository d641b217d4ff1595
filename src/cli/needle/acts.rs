//! What looking up and handing over have done with the stores. The name is in no log, leaf or answer.

use std::fs::OpenOptions;
use std::io::{Read, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cli::act::{Body, Workplace};
use crate::cli::failure::Failure;
use crate::cli::{hex, words};
use crate::clock::Timestamp;
use crate::config::reason;
use crate::config::words::Value as Word;
use crate::disk::RealDisk;
use crate::gateway::needle::{
    Asked, Found, Hit, Keys, Month, NeedleError, Question, RATE_BITS, Unasked, export_text, kept_key, look,
    remove_key,
};
use crate::journal::{Detail, Event, Leaf};

/// More than any name, in bytes.
pub(super) const MOST: u64 = 4096;

/// Where to look.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct Look {
    /// The first month, `2026-11`.
    pub(super) from: Option<String>,
    /// The last month.
    pub(super) to: Option<String>,
    /// One publisher only.
    pub(super) publisher: Option<String>,
}

/// `journal needle`: the name is the body.
pub(in crate::cli) fn look_up(
    asked: &Look,
    body: Option<Body>,
    at: &Workplace<'_>,
) -> Result<Value, Failure> {
    let mut name = Vec::new();
    if let Some(body) = body {
        let read = body.bytes.take(body.length.min(MOST)).read_to_end(&mut name);
        read.map_err(|error| failed_with(reason(&error)))?;
    }
    // So that the answer is about everything that left until now.
    at.stores.needle.flush();
    let journal = &at.settings.journal;
    let whole = at.stores.journal.size();
    answer(journal, &name, asked, &mut |month| kept_key(journal, month, &at.stores.vault), &|done| {
        (at.tell)(done, whole);
    })
}

/// Looks a name up, and reports.
pub(super) fn answer(
    journal: &Path,
    name: &[u8],
    asked: &Look,
    keys: &mut Keys<'_>,
    tell: &dyn Fn(u64),
) -> Result<Value, Failure> {
    let question = question(name)?;
    let month = |text: &Option<String>| text.as_deref().map(month).transpose();
    let asked =
        Asked { from: month(&asked.from)?, to: month(&asked.to)?, publisher: asked.publisher.clone() };
    if asked.from.zip(asked.to).is_some_and(|(from, to)| from > to) {
        return Err(Failure::new(&words::PERIOD, []).usage());
    }
    let found = look(journal, &question, &asked, keys, tell).map_err(|error| failed(&error))?;
    Ok(report(&found, &question))
}

fn question(name: &[u8]) -> Result<Question, Failure> {
    let unfit = |why| Failure::new(&words::NEEDLE_NAME, [("reason", why)]).usage();
    let text =
        std::str::from_utf8(name).map_err(|_| unfit(Word::Each("it is not UTF-8", "het is geen UTF-8")))?;
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines.next().unwrap_or_default();
    if lines.next().is_some() {
        return Err(unfit(Word::Each("there is more than one line", "er is meer dan één regel")));
    }
    Question::new(line).map_err(|why| {
        unfit(match why {
            Unasked::Empty => {
                Word::Each("there is no letter or digit in it", "er staat geen letter of cijfer in")
            }
            Unasked::Long => Word::Each("it is too long for a name", "het is te lang voor een naam"),
        })
    })
}

/// A month as it is typed.
pub(super) fn month(text: &str) -> Result<Month, Failure> {
    let unfit = || Failure::new(&words::NEEDLE_MONTH, [("found", text.into())]).usage();
    Month::parse(text).ok_or_else(unfit)
}

fn report(found: &Found, question: &Question) -> Value {
    let hit = |hit: &Hit| {
        json!({
            "exchange": hex(&hit.exchange),
            "time": Timestamp::from_millis(hit.time_ms).rfc3339(),
            "school": hit.scope.as_ref().map(|scope| scope.school.as_str()),
            "publisher": hit.scope.as_ref().map(|scope| scope.publisher.as_str()),
            "route": hit.route,
            "words": if hit.together { "together" } else { "apart" },
        })
    };
    let wrong = found.wrong.iter().map(
        |wrong| json!({ "entry": wrong.sequence, "month": wrong.month.to_string(), "filters": wrong.filters }),
    );
    json!({
        "exchanges": found.exchanges,
        "covered": found.covered,
        "not_covered": {
            "switched_off": found.missing.off,
            "no_key": found.missing.no_key,
            "no_filter": found.missing.no_filter,
        },
        "found": found.found,
        "look_at": found.hits.iter().map(hit).collect::<Vec<_>>(),
        "false_per_lookup": format!("2^-{RATE_BITS}"),
        "lookups": question.lookups(),
        "expected_false": question.expected_false(found.covered),
        "differs": wrong.collect::<Vec<_>>(),
    })
}

/// `journal needle-key`: the leaf first, then the key.
pub(in crate::cli) fn hand_over(
    asked: &str,
    to: &Path,
    why: &str,
    at: &Workplace<'_>,
) -> Result<Value, Failure> {
    let month = month(asked)?;
    stated(why)?;
    let key = kept_key(&at.settings.journal, month, &at.stores.vault).map_err(|error| failed(&error))?;
    let missing = || Failure::new(&words::NEEDLE_NO_KEY, [("month", month.to_string().into())]);
    let key = key.ok_or_else(missing)?;
    let shown = to.display().to_string();
    let unwritten = |error: std::io::Error| {
        Failure::new(&words::WRITE, [("path", shown.as_str().into()), ("reason", reason(&error))])
    };
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    let mut file = file.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Failure::new(&words::OCCUPIED, [("path", shown.as_str().into())])
        }
        _ => unwritten(error),
    })?;
    let done = at.stores.note(noted("handed-over", month, why, at)).and_then(|_| {
        let text = export_text(&key);
        file.write_all(text.expose().as_bytes()).and_then(|()| file.sync_all()).map_err(unwritten)
    });
    if done.is_err() {
        // Made just now, by us.
        let _ = std::fs::remove_file(to);
    }
    done.map(|()| json!({ "month": month.to_string(), "file": shown }))
}

/// `journal needle-key --remove`: the leaf first, then the key.
pub(in crate::cli) fn remove(asked: &str, why: &str, at: &Workplace<'_>) -> Result<Value, Failure> {
    let month = month(asked)?;
    stated(why)?;
    let told = || [("month", month.to_string().into())];
    // Filters of this month are being made under it.
    if month >= Month::of(at.stores.clock.now()) {
        return Err(Failure::new(&words::NEEDLE_NOW, told()).usage());
    }
    if kept_key(&at.settings.journal, month, &at.stores.vault).is_ok_and(|key| key.is_none()) {
        return Err(Failure::new(&words::NEEDLE_NO_KEY, told()));
    }
    at.stores.note(noted("removed", month, why, at))?;
    remove_key(&RealDisk, &at.settings.journal, month).map_err(|error| failed(&error))?;
    Ok(json!({ "month": month.to_string(), "removed": true }))
}

/// A reason that the journal can keep.
fn stated(why: &str) -> Result<(), Failure> {
    let plain = why.chars().all(|letter| !letter.is_control());
    if !plain || why.trim().len() < 4 || why.len() > 200 {
        return Err(Failure::new(&words::NEEDLE_REASON, []).usage());
    }
    Ok(())
}

fn noted(act: &str, month: Month, why: &str, at: &Workplace<'_>) -> Leaf {
    let mut leaf = at.stores.leaf(Event::NEEDLE_KEY, at.stores.clock.now(), &at.actor);
    leaf.details = vec![
        ("act".to_owned(), Detail::Text(act.to_owned())),
        ("month".to_owned(), Detail::Text(month.to_string())),
        ("reason".to_owned(), Detail::Text(why.trim().to_owned())),
    ];
    leaf
}

/// What went wrong, for whoever asked.
pub(in crate::cli) fn failed(error: &NeedleError) -> Failure {
    let source = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    failed_with(format!("{error}{source}").into())
}

fn failed_with(why: Word) -> Failure {
    Failure::new(&words::NEEDLE_FAILED, [("reason", why)])
}
