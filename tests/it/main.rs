//! Sluis as a whole, in one binary.

mod vault_kill;
