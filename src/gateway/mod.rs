//! The gateway: what happens to a message between its arrival and its forwarding.

pub mod guard;
pub mod message;
pub mod refusal;

pub use message::{Head, Message};
pub use refusal::{Refusal, Refused};
