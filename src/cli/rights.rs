//! Erasure as the journal sees it: which head the vault's log stands at once somebody is forgotten, and that it was
//! written anew without him.
//!
//! It must not know pupils.

use std::sync::Arc;

use super::act::Workplace;
use super::failure::Failure;
use super::faults::{journal_failed, vault_failed};
use super::stores::{self, Stores};
use super::words;
use crate::clock::Clock;
use crate::config::Settings;
use crate::journal::{Detail, Event, Journal, Leaf, Leaves, VaultHead};
use crate::vault::{Head, Recorder, Rewritten};

/// The detail that says how many tombstones the vault has.
const TOMBSTONES: &str = "tombstones";

/// Records where the log stands, tombstones and all: from now on an older log is found by the journal too.
pub(super) fn anchor(at: &Workplace<'_>) -> Result<(), Failure> {
    let stores = at.stores;
    let mut leaf = stores.leaf(Event::VAULT_ANCHOR, stores.clock.now(), &at.actor);
    leaf.details = vec![(TOMBSTONES.to_owned(), Detail::Number(stores.vault.tombstones()))];
    stores.note(leaf).map(drop)
}

/// Writes the vault's log anew, if it holds anything of who was forgotten.
pub(super) fn rewrite(at: &Workplace<'_>) -> Result<Option<Rewritten>, Failure> {
    let stores = at.stores;
    let recorder = InJournal {
        journal: Arc::clone(&stores.journal),
        clock: Arc::clone(&stores.clock),
        configuration: stores.configuration,
        actor: at.actor.clone(),
        tombstones: stores.vault.tombstones(),
    };
    let mut progress = stores::progress(at.tell);
    let done = stores.vault.rewrite(stores.clock.now(), Arc::new(recorder), &mut progress);
    let done = done.map_err(|error| vault_failed(&error))?;
    match done {
        // The log is in use; the next start records what the journal would not take.
        Some(Rewritten { recorded: false, .. }) => {
            let reason = "the new log could not be recorded".into();
            Err(Failure::new(&words::JOURNAL_FAILED, [("reason", reason)]))
        }
        done => Ok(done),
    }
}

/// Records a rewriting that a crash left without its leaf.
pub(super) fn record_unrecorded(stores: &Stores, expected: Option<Head>) -> Result<(), Failure> {
    match (expected, stores.vault.rewritten_from()) {
        (Some(expected), Some(old)) if expected == old => {
            let leaf = stores.leaf(Event::VAULT_REWRITTEN, stores.clock.now(), "");
            stores.note(from_log(leaf, old)).map(drop)
        }
        _ => Ok(()),
    }
}

/// How many tombstones the journal knows of; `None` when it cannot be read whole.
pub(super) fn tombstones(settings: &Settings) -> Option<u64> {
    let mut leaves = Leaves::open(&settings.journal).ok()?;
    let mut most = 0;
    while let Some((leaf, _)) = leaves.read().ok()? {
        for (name, detail) in &leaf.details {
            if let (Event::VAULT_ANCHOR, TOMBSTONES, Detail::Number(number)) =
                (leaf.event, name.as_str(), detail)
            {
                most = most.max(*number);
            }
        }
    }
    Some(most)
}

/// Names the head of the log that is gone.
fn from_log(mut leaf: Leaf, old: Head) -> Leaf {
    leaf.details = vec![
        ("old-chain".to_owned(), Detail::Digest(old.chain)),
        ("old-sequence".to_owned(), Detail::Number(old.sequence)),
    ];
    leaf
}

/// Records in the journal what the vault's log does.
struct InJournal {
    journal: Arc<Journal>,
    clock: Arc<dyn Clock>,
    configuration: [u8; 32],
    actor: String,
    tombstones: u64,
}

impl InJournal {
    fn leaf(&self, event: Event, head: Head) -> Leaf {
        let mut leaf = Leaf::new(event, self.clock.now().as_millis());
        leaf.configuration = Some(self.configuration);
        leaf.vault = Some(VaultHead { sequence: head.sequence, chain: head.chain });
        self.actor.clone_into(&mut leaf.actor);
        leaf
    }

    fn note(&self, leaf: Leaf) -> bool {
        let noted = self.journal.append_as_is(leaf);
        if let Err(error) = &noted {
            tracing::error!(code = journal_failed(error).code(), "the rewriting could not be recorded");
        }
        noted.is_ok()
    }
}

impl Recorder for InJournal {
    fn leaving(&self, old: Head) -> bool {
        let mut leaf = self.leaf(Event::VAULT_ANCHOR, old);
        leaf.details = vec![(TOMBSTONES.to_owned(), Detail::Number(self.tombstones))];
        self.note(leaf)
    }

    fn arrived(&self, old: Head, new: Head) -> bool {
        self.note(from_log(self.leaf(Event::VAULT_REWRITTEN, new), old))
    }
}
