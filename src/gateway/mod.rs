//! The gateway: what happens to a message between its arrival and its forwarding.

pub mod connection_headers;
pub mod gate;
pub mod guard;
pub mod message;
pub mod refusal;

pub use connection_headers::{CONNECTION_HEADERS, remove_connection_headers};
pub use gate::{AuthorityId, Carried, Carrier, CarryError, CarryFault, Gate, PeerCertificate, Presented};
pub use message::{Head, Message};
pub use refusal::{Refusal, Refused};
