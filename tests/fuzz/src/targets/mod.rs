//! What is fuzzed, and what must hold. Each target takes any bytes and fails by a panic.
//!
//! `tests/fuzz/run.sh` runs them under libFuzzer, led by coverage; `tests/it/fuzz.rs` includes this file and runs seeds,
//! what once failed, and changes of both under plain `cargo test`. Whoever includes it has a module `scan` beside it: the
//! tests' own search for canaries.

mod doors;
mod formats;
mod framing;
mod houses;
mod profiles;
mod records;
mod rosters;
mod streams;
mod tokens;
mod vaults;

pub use doors::LEFT;

/// A target.
pub type Target = (&'static str, fn(&[u8]));

/// Every target, by name.
pub const TARGETS: &[Target] = &[
    ("coding", formats::coding),
    ("csv", rosters::csv),
    ("edexml", rosters::edexml),
    ("form", formats::form),
    ("frame", records::frame),
    ("headers", framing::headers),
    ("json", formats::json),
    ("leaf", records::leaf),
    ("leave-coded", doors::coded),
    ("leave-form", doors::form),
    ("leave-json", doors::json),
    ("leave-ndjson", doors::ndjson),
    ("leave-streamed", streams::streamed),
    ("leave-target", doors::target),
    ("ndjson", formats::ndjson),
    ("note", records::note),
    ("profile", profiles::profile),
    ("proof", records::proof),
    ("query", formats::query),
    ("target", formats::target),
    ("token", tokens::token),
    ("vault", vaults::vault),
    ("zip", rosters::zip),
];
