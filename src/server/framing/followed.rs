//! What framing makes of a whole stream, for tests and fuzzers that stand outside the crate: no socket, no time.
//!
//! It must not decide anything: the follower does.

use bytes::{Bytes, BytesMut};

use super::follow::{Bounds, Follower, Step};
use crate::server::settings::Limits;

/// What came of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Followed {
    /// Every head that was understood, whole.
    pub heads: Vec<Bytes>,
    /// How many messages were understood to their end.
    pub whole: usize,
    /// Everything that hyper would be given.
    pub passed: Vec<u8>,
    /// The first fault, in words that hold nothing of a message; after it nothing is followed.
    pub fault: Option<&'static str>,
}

/// Follows a stream that arrives in these pieces.
pub fn follow<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limits: &Limits) -> Followed {
    let mut follower = Follower::new(Bounds {
        head_bytes: limits.head_bytes,
        line_bytes: limits.line_bytes,
        header_lines: limits.header_lines,
        chunk_extension_bytes: limits.chunk_extension_bytes,
    });
    let (mut followed, mut inbound) = (Followed::default(), BytesMut::new());
    for piece in pieces {
        inbound.extend_from_slice(piece);
        loop {
            match follower.step(&mut inbound) {
                Step::Head { bytes, .. } => {
                    followed.passed.extend_from_slice(&bytes);
                    followed.heads.push(bytes);
                }
                Step::Body(bytes) => followed.passed.extend_from_slice(&bytes),
                Step::More => break,
                Step::BadHead(wrong) | Step::BadBody(wrong) => {
                    followed.fault = Some(wrong);
                    return followed;
                }
            }
            followed.whole += usize::from(follower.is_between());
        }
    }
    followed
}
