//! What the tests stand on: a running Sluis over real TLS, a publisher and a school that record their bytes,
//! callers, invented pupils, and a search for them that shares no code with the guard.

pub(crate) mod caller;
pub(crate) mod codings;
pub(crate) mod far;
#[expect(unreachable_pub, reason = "benches/guard.rs includes the file too")]
pub(crate) mod names;
pub(crate) mod process;
pub(crate) mod pupils;
pub(crate) mod scan;
pub(crate) mod tls;
pub(crate) mod watchers;
pub(crate) mod world;
