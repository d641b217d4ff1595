//! What Sluis says about itself while it runs: log lines, metrics, and what the process keeps out of dumps.
//!
//! It must not know messages, pupils or keys; it prints only the fields that it lists.

mod lines;
mod metrics;
mod process;
#[cfg(test)]
mod tests;

pub use lines::{FIELDS, Lines, start};
pub use metrics::{ExchangeLabels, Metrics, PublisherLabels, RouteLabels};
pub use process::{Locked, guard_process};
