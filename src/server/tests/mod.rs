//! The server over real sockets and real TLS, with a gate that echoes.

mod framing;
mod http2;
mod limits;
mod operations;
mod rescue;
mod shutdown;
mod support;
mod tls;
