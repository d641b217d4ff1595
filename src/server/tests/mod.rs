//! Real sockets and real TLS.
