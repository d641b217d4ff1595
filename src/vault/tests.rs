//! The vault as a whole. Tests of one file stand below `tests/`.

mod aliases;
mod barrier;
mod epochs;
mod erasing;
mod faults;
mod healing;
mod masking;
mod recovery;
mod startup;
mod support;
