//! Sluis as a whole, in one binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests say what went wrong by failing"
)]

mod audit;
mod broken;
mod canary;
mod carry;
mod clean_corpus;
mod cli;
mod corpus;
mod crowds;
mod demo;
mod doors;
mod dying;
mod faults;
mod forget_kill;
mod fuzz;
mod guesses;
mod joined;
mod lawful;
mod leak;
mod leak_suite;
mod many;
mod memory;
mod named;
mod needle;
mod oracle;
mod power;
mod put_back;
mod refusals;
mod rights;
mod roster;
mod round_trip;
mod slow;
mod streams;
mod support;
mod tampering;
mod tidy;
mod vault_kill;
mod ways;
mod whole_run;
mod witness;
