//! Who is who: school, publisher, epoch and scope; kinds; identifiers, which are secret, and pseudonyms, which
//! are public.
//!
//! It must not know keys or formats. An identifier cannot be printed.

mod identifier;
mod kind;
mod names;

pub use identifier::{ExchangeId, Identifier, Pseudonym, canonical};
pub use kind::{Kind, KindError};
pub use names::{Epoch, NameError, Publisher, School, Scope};
