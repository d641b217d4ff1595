//! Commands that need the stores: through the running server's socket where one runs, else by opening them.
//!
//! The wire is lines of JSON: one question, with a file's bytes behind it perhaps; then progress, and one
//! answer. It must not know what the acts do.

mod client;
mod server;
mod wire;

pub(super) use client::{ask, ask_with};
pub(super) use server::{Commands, bind, serve};
