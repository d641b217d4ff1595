//! The targets as a crate, for libFuzzer. What they are and what must hold is in `targets`.

#[allow(dead_code, reason = "the tests' own search for canaries; not all of it is needed here")]
#[path = "../../it/support/scan.rs"]
mod scan;
mod targets;

pub use targets::{LEFT, TARGETS, Target};
