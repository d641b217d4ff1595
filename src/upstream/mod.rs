//! Upstreams: how Sluis reaches a publisher or the school's own systems.
//!
//! A pooled client over TLS with a credential of its own. It sends the bytes it is given, once, to the address
//! that the configuration names, and follows nothing it is told by the reply. It must not know messages,
//! profiles or callers.

mod assertion;
mod client;
mod connect;
pub mod credentials;
mod flow;
mod resolve;
pub mod settings;
#[cfg(test)]
mod tests;
mod tls;

pub use client::{OpenUpstream, Upstream};
pub use credentials::{ClientProof, CredentialSettings};
pub use settings::{UpstreamSettings, UpstreamTls};
