//! Profiles: a protocol as data. Reading one, choosing its message, and finding what a message holds.
//!
//! `read` turns a text into a [`Profile`] or into every error in it. [`Profile::request`] and
//! [`Profile::reply`] choose the message; [`Profile::find`] walks what came under its rules, for one door, and
//! says what must change. The language is specified in `docs/PROFILES.md`. This room does no I/O and knows no
//! HTTP, no keys and no pupils.

mod builtin;
mod category;
mod cut;
pub mod find;
mod form;
mod limit;
mod names;
mod plan;
mod reach;
mod read;
mod rules;
pub mod sample;
mod select;

pub use builtin::{builtin, builtin_names, builtin_text};
pub use category::Category;
pub use find::{Act, FindRefusal, Found, Material, Place, plain};
pub use form::{Form, Type};
pub use reach::Reach;
pub use read::ProfileError;
pub use rules::{
    Constant, Decoder, Door, KindUse, Minted, NamePart, Profile, Rule, RuleId, To, Unlisted, Verb,
};
pub use select::{Selected, Unselected};

#[cfg(test)]
mod tests;
