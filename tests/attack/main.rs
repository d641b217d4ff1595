//! The black-box attack suite: the built `sluis serve` on real sockets, real TLS and real files, between a caller
//! that says whatever it likes and a publisher that records every byte.
//!
//! It is a test target of its own, because it needs nothing of the library but what `crypto` and `roster` offer
//! everybody, and is built and run alone by `make attack`. In full it tries every payload of `../shared/corpora` and
//! writes `docs/HARDNESS.md`; in `make test` it tries a sample, whose seed it prints.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests say what went wrong by failing"
)]

mod corpora;
mod crypto;
mod documents;
mod framing;
mod ground;
mod http2;
mod line;
mod markup;
mod names;
mod outside;
mod paths;
mod replies;
mod slow;
mod tally;
mod tls;

#[path = "../it/support/process.rs"]
#[allow(dead_code, reason = "the other test target uses the rest of it")]
mod process;
