//! What the server may spend on whom: sizes, counts and deadlines, valid by construction.
//!
//! It must not know the configuration file.

use std::time::Duration;

/// Sizes and counts. Every one is a bound on what a stranger can make Sluis hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Open connections, handshakes included.
    pub connections: usize,
    /// Open connections from one address.
    pub connections_per_peer: usize,
    /// Exchanges in flight, over all connections.
    pub exchanges: usize,
    /// Concurrent streams of one HTTP/2 connection.
    pub streams: u32,
    /// Bytes of one request head, request line and header section together.
    pub head_bytes: usize,
    /// Bytes of one line of a head.
    pub line_bytes: usize,
    /// Header lines of one head.
    pub header_lines: usize,
    /// Bytes of all chunk extensions of one message. They are checked and dropped.
    pub chunk_extension_bytes: usize,
    /// Bytes of one request body.
    pub body_bytes: usize,
    /// Bytes of request bodies held at one time, over all connections.
    pub buffered_bytes: usize,
}

/// Deadlines. Every wait for a stranger has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// From accepting a connection to the end of its TLS handshake.
    pub handshake: Duration,
    /// From there to the first whole request; for HTTP/2, that and its settings.
    pub first_request: Duration,
    /// From the first byte of a request head to its last (HTTP/1.1).
    pub head: Duration,
    /// Between two pieces of a request body.
    pub body_idle: Duration,
    /// For a whole request body. Shorter than `total`.
    pub body: Duration,
    /// From a whole head to the reply. The upstream's own deadlines should end before this one.
    pub total: Duration,
    /// A connection on which nothing happens.
    pub idle: Duration,
    /// A peer that takes nothing of what it is sent.
    pub write_stall: Duration,
    /// From an answer until the peer has taken the last of it, however it trickles.
    pub reply: Duration,
    /// From the signal to stop until what is still in flight is cut off.
    pub drain: Duration,
}

/// Limits and deadlines of one listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings {
    /// Sizes and counts.
    pub limits: Limits,
    /// Deadlines.
    pub deadlines: Deadlines,
}

/// A setting that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadSetting(pub &'static str);

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            connections_per_peer: 10_000,
            exchanges: 512,
            streams: 128,
            head_bytes: 32 * 1024,
            line_bytes: 8 * 1024,
            header_lines: 64,
            chunk_extension_bytes: 1024,
            body_bytes: 8 * 1024 * 1024,
            buffered_bytes: 256 * 1024 * 1024,
        }
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            first_request: Duration::from_secs(15),
            head: Duration::from_secs(10),
            body_idle: Duration::from_secs(10),
            body: Duration::from_secs(60),
            total: Duration::from_secs(120),
            idle: Duration::from_secs(75),
            write_stall: Duration::from_secs(30),
            reply: Duration::from_secs(120),
            drain: Duration::from_secs(30),
        }
    }
}

impl Settings {
    /// Checks that limits and deadlines agree with one another.
    ///
    /// # Errors
    /// The first that does not.
    pub fn checked(self) -> Result<Self, BadSetting> {
        let Self { limits, deadlines } = self;
        if deadlines.body >= deadlines.total {
            // So that `total` can only pass once the exchange has begun: it is then answered as such.
            return Err(BadSetting("the deadline for a body must be shorter than the total deadline"));
        }
        if limits.body_bytes > limits.buffered_bytes {
            return Err(BadSetting("one body may not be larger than all bodies together"));
        }
        if limits.line_bytes > limits.head_bytes || limits.head_bytes > 256 * 1024 {
            return Err(BadSetting("a line must fit in a head, and a head in 256 KiB"));
        }
        if limits.connections == 0 || limits.exchanges == 0 || limits.streams == 0 {
            return Err(BadSetting("connections, exchanges and streams must be at least 1"));
        }
        Ok(self)
    }
}
