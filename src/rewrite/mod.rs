//! Formats: locating values in a message's bytes and putting others in their place.
//!
//! A format parses bytes into a [`Document`], a flat tree that only points into them. Replacing is
//! written once, in `splice`: bytes outside a change leave exactly as they came. Nothing here knows
//! a profile, a pupil or HTTP.

pub mod document;
mod json;
pub mod limits;

pub use document::{Document, Format, Node, NodeKind, Unparsed};
pub use limits::Limits;
