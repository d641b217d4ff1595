//! Nothing but listed fields of Sluis's own events is printed.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tracing_subscriber::layer::SubscriberExt as _;

use super::Lines;
use crate::clock::{FixedClock, Timestamp};

/// Runs `act` under a layer that keeps its lines.
fn lines(act: impl FnOnce()) -> String {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let write = {
        let kept = Arc::clone(&kept);
        move |line: &[u8]| kept.lock().expect("lines").extend_from_slice(line)
    };
    let clock = Arc::new(FixedClock::at(Timestamp::from_millis(1_785_542_399_000)));
    let subscriber = tracing_subscriber::registry().with(Lines::new(clock, write));
    tracing::subscriber::with_default(subscriber, act);
    let bytes = kept.lock().expect("lines").clone();
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn a_line_holds_what_is_listed_and_nothing_else() {
    let printed = lines(|| {
        tracing::info!(
            exchange = "0123456789abcdef0123456789abcdef",
            route = "/rekenwonder/users/{id}",
            path = "/rekenwonder/users/canary-LL-10027",
            query = ?"canary",
            duration_us = 812_u64,
            "forwarded"
        );
        tracing::debug!(exchange = "canary-debug", "not printed");
        tracing::error!(target: "hyper::proto", error = "canary in a library's words", "not printed");
        tracing::error!(target: "sluisgate", error = "canary of a crate with a like name", "not printed");
    });
    let line: Value = serde_json::from_str(&printed).expect("one line of JSON");
    let expected = serde_json::json!({
        "time": "2026-07-31T23:59:59.000Z",
        "level": "info",
        "message": "forwarded",
        "exchange": "0123456789abcdef0123456789abcdef",
        "route": "/rekenwonder/users/{id}",
        "duration_us": 812,
    });
    assert_eq!(line, expected);
    assert!(!printed.contains("canary"));
}

#[test]
fn a_value_cannot_break_out_of_its_line() {
    let printed = lines(|| tracing::warn!(error = "one\ntwo\"}\u{1b}[2J", "odd"));
    assert_eq!(printed.lines().count(), 1);
    let line: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(line["error"], "one\ntwo\"}\u{1b}[2J");
    assert!(!printed.contains('\u{1b}'));
}
