//! The gateway: what happens to a message between its arrival and its forwarding.
//!
//! `exchange` is the whole product on one screen; `leave` and `enter` are its two doors. It must not know
//! sockets, TLS or TOML.

mod added;
mod address;
mod admission;
mod aliases;
mod answers;
mod aside;
mod asking;
mod brought;
pub mod caller;
pub mod connection_headers;
mod crossing;
mod echo;
mod edits;
mod ending;
mod enter;
mod exchange;
mod flow;
pub mod gate;
pub mod guard;
pub mod house;
pub mod issuer;
mod leave;
pub mod message;
mod minting;
pub mod needle;
mod outside;
mod parts;
mod patience;
mod piece;
mod record;
pub mod refusal;
mod revealing;
pub mod route;
mod stream;
pub mod terms;
mod undescribed;
pub mod unknown;
mod watching;
mod withheld;

pub use admission::{Admitted, Ended, Gateway, Observer};
pub use connection_headers::{CONNECTION_HEADERS, remove_connection_headers};
pub use flow::{Arriving, BrokenOff, Coming, Departing, Inflow, Outflow};
pub use gate::{
    AuthorityId, Carried, CarriedFlow, Carrier, CarryError, CarryFault, Gate, PeerCertificate, Presented,
};
pub use message::{Head, Message};
pub use patience::Patience;
pub use refusal::{Refusal, Refused};
