//! Log lines: one JSON object each, on standard error.
//!
//! Only Sluis's own events are printed: a library's may hold an address, a header or a path. And of an event
//! only the fields that [`FIELDS`] lists, so that a new field is a decision and not an accident. It must not
//! know who logs.

use std::fmt;
use std::io::Write as _;
use std::sync::Arc;

use serde_json::{Map, Value};
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
        let mut members = Members(Map::new());
        members.0.insert("time".into(), self.clock.now().rfc3339().into());
        members.0.insert("level".into(), event.metadata().level().as_str().to_ascii_lowercase().into());
        event.record(&mut members);
        let mut line = Value::Object(members.0).to_string().into_bytes();
        line.push(b'\n');
        (self.write)(&line);
    }
}

/// The members of one line.
struct Members(Map<String, Value>);

impl Members {
    fn put(&mut self, field: &Field, value: Value) {
        if FIELDS.contains(&field.name()) {
            self.0.insert(field.name().to_owned(), value);
        }
    }
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
