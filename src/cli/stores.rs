//! Vault and journal, opened together and checked against one another; and made, by `init`.
//!
//! Order: the newest head that the journal names, then the vault, which must contain it and which holds the
//! journal's signing key, then the journal. It must not know traffic.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::json;

use super::beside::Words;
use super::failure::Failure;
use super::faults::{journal_failed, vault_failed};
use super::rights::record_unrecorded;
use super::words;
use crate::clock::{Clock, Timestamp};
use crate::config::Settings;
use crate::config::settings::UnlockSettings;
use crate::crypto::SigningKey;
use crate::disk::{RealDisk, durable_write};
use crate::gateway::needle::{self, Needle};
use crate::identity::Scope;
use crate::journal::{
    Detail, Event, Journal, JournalError, Leaf, LeafScope, Leaves, Opened, Settings as JournalSettings,
    VaultHead,
};
use crate::vault::{Head, Progress, Recovered, Unlock, Vault};

/// The two stores, open. One process holds them.
pub(super) struct Stores {
    pub(super) vault: Arc<Vault>,
    pub(super) journal: Arc<Journal>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) opened: Opened,
    /// Keeps filters of what leaves; touches no file before something does.
    pub(super) needle: Arc<Needle>,
    /// SHA-256 of the configuration under which they were opened, for leaves.
    pub(super) configuration: [u8; 32],
    /// How many entries the newest checkpoint covers, told after each.
    pub(super) checkpointed: tokio::sync::watch::Sender<u64>,
    /// Where the newest checkpoint is kept beside the vault.
    kept: PathBuf,
    /// What the journal says last of files beside the vault.
    words: Mutex<Words>,
}

/// Makes vault and journal for a new school, with a key for every epoch of the configuration.
pub(super) fn create(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Stores, Failure> {
    let now = clock.now();
    let vault =
        Vault::create(&vault_settings(settings), &unlock(settings), now).map_err(|e| vault_failed(&e))?;
    let stores = open_journal(settings, vault, Words::default(), clock, false)?;
    for publisher in &settings.publishers {
        stores.open_epoch(&publisher.scope(), "init")?;
    }
    stores.checkpoint()?;
    Ok(stores)
}

/// Opens both. `tell` hears of progress.
pub(super) fn open(
    settings: &Settings,
    clock: Arc<dyn Clock>,
    accept_clock: bool,
    tell: &dyn Fn(u64, u64),
) -> Result<Stores, Failure> {
    let there = ["checkpoint", "entries.log"].iter().any(|name| settings.journal.join(name).exists());
    if !there {
        // An empty journal beside a vault would believe any vault, an old one too.
        let path = settings.journal.display().to_string();
        return Err(Failure::new(&words::JOURNAL_MISSING, [("path", path.into())]));
    }
    let (expected, words) = told(settings).map_err(|e| journal_failed(&e))?;
    let mut told = progress(tell);
    let vault = Vault::open(&vault_settings(settings), &unlock(settings), expected, &mut told);
    let vault = vault.map_err(|e| vault_failed(&e))?;
    let stores = open_journal(settings, vault, words, clock, accept_clock)?;
    stores.agree()?;
    record_unrecorded(&stores, expected)?;
    let now = stores.clock.now();
    if accept_clock && stores.opened.newest_ms > now.as_millis() {
        let mut leaf = stores.leaf(Event::CLOCK, now, "");
        leaf.details = vec![("newest-ms".to_owned(), Detail::Number(stores.opened.newest_ms))];
        stores.note(leaf)?;
    }
    Ok(stores)
}

/// Steps of the vault, told as so much of so much.
pub(super) fn progress(tell: &dyn Fn(u64, u64)) -> impl FnMut(Progress) {
    move |step: Progress| match step {
        Progress::Log { records } => tell(records, 0),
        Progress::Index { records, of } => tell(records, of),
    }
}

/// Records a recovery, and the new epochs that came with it.
pub(super) fn recovered(
    settings: &Settings,
    vault: Vault,
    clock: Arc<dyn Clock>,
    found: &Recovered,
) -> Result<(), Failure> {
    let stores = open_journal(settings, vault, Words::default(), clock, false)?;
    let mut leaf = stores.leaf(Event::RECOVERED, stores.clock.now(), &actor());
    leaf.details = match found.missing {
        Some(missing) => vec![("missing".to_owned(), Detail::Number(missing))],
        None => vec![("missing".to_owned(), Detail::Text("unknown".to_owned()))],
    };
    let reopened = u64::try_from(found.reopened.len()).unwrap_or(u64::MAX);
    leaf.details.push(("reopened".to_owned(), Detail::Number(reopened)));
    stores.note(leaf)?;
    stores.checkpoint()
}

/// Who types a command, for the journal.
pub(super) fn actor() -> String {
    format!("uid {}", rustix::process::getuid().as_raw())
}

/// How the vault of a configuration is opened.
pub(super) fn vault_settings(settings: &Settings) -> crate::vault::Settings {
    crate::vault::Settings::at(&settings.vault.path)
}

/// What opens the vault of a configuration.
pub(super) fn unlock(settings: &Settings) -> Unlock {
    match &settings.vault.unlock {
        UnlockSettings::KeyFile(path) => Unlock::KeyFile(path.clone()),
        UnlockSettings::PassphraseFile(path) => Unlock::PassphraseFile(path.clone()),
    }
}

/// The journal's origin line: the first school's id names it for ever, unless the configuration gives it another name.
pub(super) fn journal_settings(settings: &Settings, accept_clock: bool) -> JournalSettings {
    let school = settings.schools.first().map_or("", |school| school.id.as_str());
    JournalSettings {
        origin: settings.journal_origin.clone().unwrap_or_else(|| format!("sluis/{school}")),
        key_version: 1,
        earlier_keys: Vec::new(),
        accept_clock,
    }
}

/// The newest head of the vault's log that an entry names, as `Journal::open` will find it. After a recovery or
/// a rewriting the log is another one, and earlier heads say nothing about it.
pub(super) fn newest_head(settings: &Settings) -> Result<Option<Head>, JournalError> {
    told(settings).map(|(head, _)| head)
}

/// The same, and what the journal says last of files beside the vault.
fn told(settings: &Settings) -> Result<(Option<Head>, Words), JournalError> {
    let mut newest: Option<VaultHead> = None;
    let mut words = Words::default();
    let mut leaves = Leaves::open(&settings.journal)?;
    while let Some((leaf, _)) = leaves.read()? {
        words.hear(&leaf);
        let Some(head) = leaf.vault else { continue };
        let another = matches!(leaf.event, Event::RECOVERED | Event::VAULT_REWRITTEN);
        if another || newest.is_none_or(|old| old.sequence <= head.sequence) {
            newest = Some(head);
        }
    }
    Ok((newest.map(|head| Head { sequence: head.sequence, chain: head.chain }), words))
}

fn open_journal(
    settings: &Settings,
    vault: Vault,
    words: Words,
    clock: Arc<dyn Clock>,
    accept_clock: bool,
) -> Result<Stores, Failure> {
    let key = SigningKey::from_seed(vault.journal_seed());
    let now = clock.now().as_millis();
    let opened = Journal::open(
        Arc::new(RealDisk),
        &settings.journal,
        &journal_settings(settings, accept_clock),
        &key,
        now,
    );
    let (journal, opened) = opened.map_err(|error| journal_failed(&error))?;
    let (vault, journal) = (Arc::new(vault), Arc::new(journal));
    let followed = Arc::downgrade(&vault);
    journal.follow(move || followed.upgrade().map(|vault| vault_head(vault.head())));
    let needle = needle::Settings::new(
        Arc::new(RealDisk),
        settings.journal.clone(),
        Arc::clone(&vault),
        Arc::clone(&journal),
        Arc::clone(&clock),
    );
    Ok(Stores {
        needle: Arc::new(Needle::start(needle).map_err(|_| Failure::new(&words::INTERNAL, []))?),
        vault,
        journal,
        clock,
        opened,
        configuration: settings.digest,
        checkpointed: tokio::sync::watch::Sender::new(0),
        kept: settings.vault.path.join("journal.checkpoint"),
        words: Mutex::new(words),
    })
}

impl Stores {
    /// Opens an epoch and records that, when it is not open yet.
    pub(super) fn open_epoch(&self, scope: &Scope, actor: &str) -> Result<(), Failure> {
        let known = self.vault.key_id(scope);
        let now = self.clock.now();
        let opened = self.vault.open_epoch(&scope.school, &scope.publisher, &scope.epoch, now);
        opened.map_err(|error| vault_failed(&error))?;
        if known.is_none() {
            let mut leaf = self.leaf(Event::KEYS, now, actor);
            leaf.scope = Some(leaf_scope(scope));
            leaf.keys = self.vault.key_id(scope).map(|id| ("scope".to_owned(), id)).into_iter().collect();
            leaf.details = vec![("act".to_owned(), Detail::Text("opened".to_owned()))];
            self.note(leaf)?;
        }
        Ok(())
    }

    /// A leaf with what every leaf of an administrator's act says.
    pub(super) fn leaf(&self, event: Event, now: Timestamp, actor: &str) -> Leaf {
        let head = self.vault.head();
        let mut leaf = Leaf::new(event, now.as_millis());
        leaf.configuration = Some(self.configuration);
        leaf.vault = Some(vault_head(head));
        actor.clone_into(&mut leaf.actor);
        leaf
    }

    /// Makes a leaf durable.
    pub(super) fn note(&self, leaf: Leaf) -> Result<u64, Failure> {
        let noted = self.journal.append_blocking(leaf.clone(), Vec::new());
        let sequence = noted.map_err(|error| journal_failed(&error))?;
        self.words().hear(&leaf);
        Ok(sequence)
    }

    /// What the journal says last of files beside the vault.
    pub(super) fn words(&self) -> MutexGuard<'_, Words> {
        self.words.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a signed checkpoint over everything so far. What the vault has beyond the newest leaf is anchored
    /// first, so that no checkpoint is behind it.
    pub(super) fn checkpoint(&self) -> Result<(), Failure> {
        let head = self.vault.head();
        if self.journal.anchored().is_none_or(|anchored| anchored.sequence < head.sequence) {
            self.note(self.leaf(Event::VAULT_ANCHOR, self.clock.now(), ""))?;
        }
        let key = SigningKey::from_seed(self.vault.journal_seed());
        let made = self.journal.checkpoint(&key).map_err(|error| journal_failed(&error))?;
        self.keep(made.size);
        Ok(())
    }

    /// Keeps the newest checkpoint beside the vault, and tells who waits for it.
    fn keep(&self, size: u64) {
        if self.checkpointed.send_replace(size) == size {
            return;
        }
        let note = self.journal.signed();
        if let Err(error) = durable_write(self.vault.disk(), &self.kept, note.as_bytes()) {
            // The journal has it: this copy only shows that the journal was not put back by itself.
            tracing::error!(%error, "the checkpoint could not be kept beside the vault");
        }
    }

    /// The journal must hold the checkpoint that was kept beside the vault: else it was put back, by itself.
    fn agree(&self) -> Result<(), Failure> {
        let kept = std::fs::read_to_string(&self.kept).unwrap_or_default();
        let sealed = |seal| journal_failed(&JournalError::Sealed(seal));
        self.journal.refute(&kept).map_or(Ok(()), |seal| Err(sealed(seal)))
    }

    /// The last leaf and checkpoint of a server that ends in good order.
    pub(super) fn stop(&self) -> Result<(), Failure> {
        self.needle.stop();
        let key = SigningKey::from_seed(self.vault.journal_seed());
        let leaf = self.leaf(Event::STOPPED, self.clock.now(), "");
        let made = self.journal.stop(leaf, &key).map_err(|error| journal_failed(&error))?;
        self.keep(made.size);
        Ok(())
    }

    /// State for `/readyz` and reports.
    pub(super) fn state(&self) -> serde_json::Value {
        json!({
            "vault": if self.vault.sealed().is_some() { "sealed" } else { "open" },
            "journal": match (self.journal.sealed(), self.journal.failed()) {
                (Some(_), _) => "sealed",
                (None, true) => "failed",
                (None, false) => "open",
            },
            "journal_entries": self.journal.size(),
        })
    }

    /// Whether both can keep what has to be kept.
    pub(super) fn is_good(&self) -> bool {
        self.vault.sealed().is_none() && !self.journal.failed()
    }
}

fn vault_head(head: Head) -> VaultHead {
    VaultHead { sequence: head.sequence, chain: head.chain }
}

/// A scope as leaves write it.
pub(super) fn leaf_scope(scope: &Scope) -> LeafScope {
    LeafScope {
        school: scope.school.to_string(),
        publisher: scope.publisher.to_string(),
        epoch: scope.epoch.to_string(),
    }
}
