//! Upstreams over real sockets and real TLS, kind and unkind.

mod carrying;
mod credentials;
mod support;
