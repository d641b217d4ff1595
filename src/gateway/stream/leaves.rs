//! The leaf that ends a streamed message: how much of it crossed, and why it ended there.
//!
//! It must not know what crossed.

use std::sync::atomic::Ordering;

use sha2::{Digest, Sha256};

use super::super::exchange::Exchange;
use super::super::record::{append, leaf};
use super::super::refusal::Refusal;
use crate::journal::{Decision, Detail, Event};
use crate::profile::Door;

/// How far a message has come.
#[derive(Default)]
pub(super) struct Ended {
    /// Its first leaf is durable.
    pub(super) opened: bool,
    /// Its last leaf was asked for.
    closed: bool,
    /// Segments whose leaves are durable, the head among them.
    pub(super) segments: u64,
    /// Bytes of them.
    pub(super) bytes: u64,
    /// Over what left.
    pub(super) digest: Sha256,
}

impl Ended {
    /// Whether a leaf says that it began, and none that it ended.
    pub(super) const fn is_open(&self) -> bool {
        self.opened && !self.closed
    }
}

/// Makes the end durable: as it should, or with the code of why not. Nothing, when it never began.
pub(super) async fn close(
    exchange: &Exchange,
    ended: &mut Ended,
    door: Door,
    broken: Option<&'static str>,
) -> Result<(), Refusal> {
    if !ended.is_open() {
        return Ok(());
    }
    ended.closed = true;
    let decision = match broken {
        None => Decision::Passed,
        Some(code) => {
            exchange.broken.store(true, Ordering::Relaxed);
            Decision::Refused(code.to_ascii_lowercase())
        }
    };
    let mut leaf = leaf(exchange, Event::CLOSED, decision);
    if door == Door::Leave {
        leaf.left = Some(ended.digest.clone().finalize().into());
        if !exchange.route.needle {
            leaf.details.push(("needle".to_owned(), Detail::Text("off".to_owned())));
        }
    }
    leaf.details.push(("bytes".to_owned(), Detail::Number(ended.bytes)));
    leaf.details.push(("segments".to_owned(), Detail::Number(ended.segments)));
    leaf.details.sort_by(|one, other| one.0.cmp(&other.0));
    append(exchange, leaf, Vec::new()).await
}
