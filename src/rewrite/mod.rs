//! Formats: locating values in a message's bytes and putting others in their place.
//!
//! A format parses bytes into a [`Document`], a flat tree that only points into them. Replacing is
//! written once, in `splice`: bytes outside a change leave exactly as they came. Nothing here knows
//! a profile, a pupil or HTTP.

pub mod coding;
pub mod document;
mod filter;
mod form;
mod json;
pub mod limits;
mod list;
mod percent;
pub mod segments;
pub mod splice;
pub mod target;

pub use coding::{Coding, Expansion, Undecoded};
pub use document::{Document, Format, Node, NodeKind, Unparsed};
pub(crate) use json::ends;
pub use limits::Limits;
pub use splice::{Change, Placed, Spliced, Unspliced, splice};
pub use target::{Rebuilt, Segment, Target, Unbuilt};
