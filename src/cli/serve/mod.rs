//! serve
mod operations;
