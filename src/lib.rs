//! Sluis, a pseudonymisation gateway for Dutch schools.
//!
//! Six floors; a module imports lower floors only. `ARCHITECTURE.md` says where to start reading.

pub mod cli;
pub mod config;
pub mod gateway;
pub mod rewrite;
pub mod server;
