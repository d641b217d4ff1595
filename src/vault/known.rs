//! What the caches hold and answers are made of.
//!
//! It must not know where it came from.

use std::sync::Arc;

use super::record::Part;
use super::scopes::OpenScope;
use crate::derive::{Core, Shape};
use crate::identity::{Identifier, Kind, Pseudonym};
use crate::secret::Secret;

/// A pseudonym and what stands behind it.
pub(crate) struct Known {
    pub(crate) open: Arc<OpenScope>,
    pub(crate) identifier: Identifier,
    pub(crate) shape: Shape,
    pub(crate) pseudonym: Pseudonym,
    pub(crate) core: Core,
    pub(crate) salt: [u8; 16],
    /// The publisher made it: it stays as it is.
    pub(crate) minted: bool,
}

/// A stand-in in one field of a person and what stands behind it.
pub(crate) struct KnownLabel {
    pub(crate) open: Arc<OpenScope>,
    pub(crate) person: [u8; 16],
    pub(crate) slot: String,
    pub(crate) part: Part,
    pub(crate) text: Arc<str>,
    pub(crate) original: Secret<String>,
}

/// A name that a publisher made for a person.
pub(crate) struct KnownAlias {
    pub(crate) open: Arc<OpenScope>,
    pub(crate) kind: Kind,
    pub(crate) text: String,
    pub(crate) person: [u8; 16],
    pub(crate) salt: [u8; 16],
    pub(crate) identifier: Identifier,
}
