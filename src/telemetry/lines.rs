//! Log lines: one JSON object each, on standard error.
//!
//! Only Sluis's own events are printed: a library's may hold an address, a header or a path. And of an event
//! only the fields that [`FIELDS`] lists, so that a new field is a decision and not an accident. It must not
//! know who logs.

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::sync::Arc;

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};

use crate::clock::Clock;

/// Every field that may stand in a line. None of them can hold a value of a message.
pub const FIELDS: &[&str] = &[
    "message",
    "exchange",
    "school",
    "publisher",
    "route",
    "door",
    "method",
    "status",
    "decision",
    "code",
    "rule",
    "duration_us",
    "upstream_us",
    "masked",
    "restored",
    "removed",
    "error",
    "file",
    "address",
    "operations",
    "place",
    "witness",
    "signal",
    "epoch",
    "records",
    "of",
    "sealed",
    "reason",
    "uid",
    "command",
    "count",
    "version",
    "locked",
    "millis",
    "delivered",
];

/// The layer that prints.
pub struct Lines<W> {
    clock: Arc<dyn Clock>,
    write: W,
}

/// Starts printing to standard error, for the whole process. Only the first call has an effect.
pub fn start(clock: Arc<dyn Clock>) {
    let lines = Lines::new(clock, |line: &[u8]| {
        let _ = std::io::stderr().lock().write_all(line);
    });
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines));
}

impl<W: Fn(&[u8])> Lines<W> {
    /// Prints through `write`, a whole line at a time.
    pub fn new(clock: Arc<dyn Clock>, write: W) -> Self {
        Self { clock, write }
    }
}

impl<S: Subscriber, W: Fn(&[u8]) + 'static> Layer<S> for Lines<W> {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _context: Context<'_, S>) -> bool {
        let target = metadata.target();
        *metadata.level() <= Level::INFO && (target == "sluis" || target.starts_with("sluis::"))
    }

    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let mut members = Members(Vec::with_capacity(FIELDS.len().min(12)));
        members.0.push(("time", self.clock.now().rfc3339().into()));
        members.0.push(("level", level(*event.metadata().level()).into()));
        event.record(&mut members);
        (self.write)(members.line().as_bytes());
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// The members of one line.
struct Members(Vec<(&'static str, Value)>);

impl Members {
    fn put(&mut self, field: &Field, value: Value) {
        if FIELDS.contains(&field.name()) {
            self.0.push((field.name(), value));
        }
    }

    /// The line with its end, members in the order of their names. Names stand in [`FIELDS`], or here: none needs escaping.
    fn line(mut self) -> String {
        self.0.sort_by_key(|(name, _)| *name);
        let mut line = String::with_capacity(512);
        for (name, value) in &self.0 {
            line.push(if line.is_empty() { '{' } else { ',' });
            line.push('"');
            line.push_str(name);
            line.push_str("\":");
            match value {
                Value::String(text) if is_plain(text) => line.extend(["\"", text, "\""]),
                // Writing into a string does not fail.
                other => drop(write!(line, "{other}")),
            }
        }
        line.push_str("}\n");
        line
    }
}

/// Whether a text stands in JSON as it is (RFC 8259, 7).
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\')
}

impl Visit for Members {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }
}
