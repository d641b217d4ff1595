//! Signals, and settings that make no sense.

use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};

use crate::server::{Asked, Deadlines, Drain, Limits, Settings, Signals};

#[tokio::test]
async fn signals_ask_for_what_they_should() {
    let mut signals = Signals::listen().unwrap();
    for (signal, asked) in [
        (Signal::HUP, Asked::Reload),
        (Signal::TERM, Asked::Stop),
        (Signal::HUP, Asked::Reload),
        (Signal::INT, Asked::Stop),
    ] {
        kill_process(getpid(), signal).unwrap();
        assert_eq!(signals.next().await, asked);
    }
}

#[tokio::test]
async fn a_drain_is_seen_by_all_and_stays() {
    let drain = Drain::default();
    let mut early = drain.watch();
    assert!(!early.is_begun());
    let waiting = tokio::time::timeout(Duration::from_millis(10), early.begun()).await;
    assert!(waiting.is_err());
    drain.begin();
    drain.begin();
    early.begun().await;
    drain.watch().begun().await;
    assert!(early.is_begun());
}

#[test]
fn settings_must_agree() {
    let (limits, deadlines) = (Limits::default(), Deadlines::default());
    Settings::default().checked().unwrap();
    for settings in [
        Settings { deadlines: Deadlines { body: deadlines.total, ..deadlines }, limits },
        Settings { limits: Limits { body_bytes: limits.buffered_bytes + 1, ..limits }, deadlines },
        Settings { limits: Limits { line_bytes: limits.head_bytes + 1, ..limits }, deadlines },
        Settings { limits: Limits { head_bytes: 1 << 20, ..limits }, deadlines },
        Settings { limits: Limits { exchanges: 0, ..limits }, deadlines },
    ] {
        assert!(settings.checked().is_err());
    }
}
