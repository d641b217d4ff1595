//! The encoder of the commit thread: gives each leaf its sequence, and keeps the tree of what is
//! durable. It must not know tiles or checkpoints.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::record::{self, Times};
use super::tree::{Frontier, leaf_hash};
use super::{Event, Hash, leaf};
use crate::disk::Encode;

/// A leaf on its way, encoded but for its sequence.
pub(super) struct Incoming {
    pub(super) bytes: Vec<u8>,
    pub(super) commitments: Vec<Hash>,
    pub(super) event: Event,
    pub(super) time_ms: u64,
}

/// State that runs through the leaves: rolled back when a batch was not written.
#[derive(Debug, Clone, Default)]
pub(super) struct Running {
    pub(super) tree: Frontier,
    pub(super) times: Times,
}

/// The tree of what is durable, shared with whoever makes checkpoints.
#[derive(Debug, Clone, Default)]
pub(super) struct Durable(Arc<Mutex<Frontier>>);

impl Durable {
    pub(super) fn tree(&self) -> Frontier {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Frontier> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Keeping {
    now: Running,
    kept: Running,
    durable: Durable,
}

impl Keeping {
    pub(super) fn new(running: Running) -> (Self, Durable) {
        let durable = Durable::default();
        durable.lock().clone_from(&running.tree);
        (Self { now: running.clone(), kept: running, durable: durable.clone() }, durable)
    }
}

impl Encode for Keeping {
    type Item = Incoming;
    /// The leaf's index, or by how many milliseconds its time lies too far back.
    type Receipt = Result<u64, u64>;

    fn encode(&mut self, mut incoming: Incoming, out: &mut Vec<u8>) -> Self::Receipt {
        self.now.times.next(incoming.event, incoming.time_ms)?;
        let index = self.now.tree.size();
        leaf::place(&mut incoming.bytes, index);
        self.now.tree.push(leaf_hash(&incoming.bytes));
        record::write(&incoming.bytes, &incoming.commitments, out);
        Ok(index)
    }

    fn keep(&mut self) {
        self.kept.clone_from(&self.now);
        self.durable.lock().clone_from(&self.now.tree);
    }

    fn undo(&mut self) {
        self.now.clone_from(&self.kept);
    }
}
