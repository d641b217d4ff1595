//! Sluis as a whole, in one binary.

mod cli;
mod vault_kill;
