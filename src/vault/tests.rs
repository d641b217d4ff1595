//! The vault as a whole. Tests of one file stand below `tests/`.

mod epochs;
mod masking;
mod startup;
mod support;
