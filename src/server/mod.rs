//! The server: TLS, framing, limits and deadlines around a [`Gate`](crate::gateway::Gate).
//!
//! It turns connections into requests that have one meaning, and refusals into problem documents. It must not
//! know routes, profiles, the vault or upstreams.

mod accept;
mod activity;
mod answer;
mod body;
pub mod client_certificates;
mod connection;
mod crowd;
mod framing;
mod head;
pub mod listener;
pub mod operations;
mod readers;
pub mod rescue;
mod sessions;
pub mod settings;
pub mod shutdown;
mod stack;
#[cfg(test)]
mod tests;
mod texts;
pub mod tls;

pub use accept::accept;
#[doc(hidden)]
pub use framing::followed::{Followed, follow};
pub use listener::{bind, serve};
pub use operations::{Operations, serve_operations};
pub use settings::{Deadlines, Limits, Settings};
pub use shutdown::{Asked, Drain, Draining, Signals};
pub use tls::{AuthorityFiles, ServerTls, TlsSettings};
