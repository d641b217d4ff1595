//! Sluis, a pseudonymisation gateway for Dutch schools.
//!
//! Six floors; a module imports lower floors only. `ARCHITECTURE.md` says where to start reading.

pub mod cli;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod derive;
pub mod disk;
pub mod gateway;
pub mod identity;
pub mod journal;
pub mod profile;
pub mod rewrite;
pub mod roster;
pub mod secret;
pub mod server;
pub mod telemetry;
pub mod upstream;
pub mod vault;
