//! Checkpoints at their time: a thread that writes one every so often. It must not append leaves.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Journal, JournalError};
use crate::crypto::SigningKey;
use crate::disk::DiskError;

/// Writes checkpoints until it is dropped, or the journal is.
#[derive(Debug)]
pub struct Checkpoints {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Writes a checkpoint of `journal` every `interval` (the specification says 60 s). A failure is
    /// logged and tried again at the next interval.
    pub fn every(
        interval: Duration,
        journal: &Arc<Journal>,
        key: Arc<SigningKey>,
    ) -> Result<Self, JournalError> {
        let (stop, stopped) = channel();
        let journal = Arc::downgrade(journal);
        let thread = std::thread::Builder::new()
            .name("checkpoints".into())
            .spawn(move || {
                while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                    if !write(&journal, &key) {
                        break;
                    }
                }
            })
            .map_err(|source| JournalError::OpenJournal(DiskError::StartThread { source }))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        // The thread wakes when the sender is gone.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there was printed there.
            let _ = thread.join();
        }
    }
}

/// False when the journal is gone.
fn write(journal: &Weak<Journal>, key: &SigningKey) -> bool {
    let Some(journal) = journal.upgrade() else { return false };
    if let Err(error) = journal.checkpoint(key) {
        tracing::error!(failed = journal.failed(), "{error}");
    }
    true
}
