//! A message as the doors see it: a head and the bytes of its body.
//!
//! Transport is over by now: content codings are undone, chunking is gone, headers that belong to a
//! connection (RFC 9110, 7.6.1) are removed. It must not know sockets.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

/// Where a message is going and what travels beside its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// A question.
    Request {
        /// Its method.
        method: Method,
        /// Path and query below the route's mount or upstream, beginning with `/` (origin form).
        target: String,
        /// Its headers, those of the connection removed.
        headers: HeaderMap,
    },
    /// An answer.
    Reply {
        /// Its status.
        status: StatusCode,
        /// Its headers, those of the connection removed.
        headers: HeaderMap,
    },
}

/// A head and a body, as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Method and target, or status; and headers.
    pub head: Head,
    /// The body, content codings undone. Empty when there is none.
    pub body: Bytes,
}

impl Head {
    /// The headers of either kind.
    pub fn headers(&self) -> &HeaderMap {
        match self {
            Self::Request { headers, .. } | Self::Reply { headers, .. } => headers,
        }
    }
}
