//! What a command has done with the stores, here or in the running server.
//!
//! Each act returns its report as JSON; the command's own file shows it. Whatever changes something is
//! journalled. It must not know terminals or sockets.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::beside;
use super::canary;
use super::carry;
use super::consent;
use super::failure::Failure;
use super::faults::{journal_failed, vault_failed};
use super::rehearsal::{self, Trial};
use super::rosters::{self, Import1};
use super::stores::{self, Stores, leaf_scope};
use super::vault::beside_backup;
use super::{explain, needle, pupil, report, words};
use crate::clock::SystemClock;
use crate::config::Settings;
use crate::config::settings::PublisherSettings;
use crate::identity::{Epoch, Publisher, School, Scope};
use crate::journal::{Detail, Event, Leaves};
use crate::vault::ScopeState;

/// One act. Its names are those of the commands.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Act {
    /// `keys list`
    KeysList {},
    /// `keys rotate`
    KeysRotate {
        /// The school; the only one when it is not named.
        school: Option<String>,
        /// Whose epoch.
        publisher: String,
        /// Its name.
        epoch: String,
    },
    /// `keys close`
    KeysClose {
        /// The school; the only one when it is not named.
        school: Option<String>,
        /// Whose epoch.
        publisher: String,
        /// Its name.
        epoch: String,
    },
    /// `canary run`
    CanaryRun {},
    /// `consent import`, with the file as the body.
    ConsentImport {
        /// The school; the only one when it is not named.
        school: Option<String>,
    },
    /// `consent set` and `consent withdraw`, with the identifier as the body.
    ConsentChange(consent::Change),
    /// `consent recover`, with the file as the body, if one is named.
    ConsentRecover(consent::Recover),
    /// `consent list`
    ConsentList {
        /// The school; the only one when it is not named.
        school: Option<String>,
    },
    /// `roster import`, with the files beside it.
    RosterImport(Import1),
    /// `roster remove`, with a list of identifiers as the body.
    RosterRemove {
        /// The school; the only one when it is not named.
        school: Option<String>,
        /// The kind of the identifiers.
        kind: String,
    },
    /// `roster list`
    RosterList {
        /// The school; the only one when it is not named.
        school: Option<String>,
        /// Why, for the journal.
        reason: String,
        /// The first pupil to show, from 1.
        from: u64,
        /// How many.
        most: u64,
    },
    /// How old the rosters are, and what they did not know, for `check`.
    RosterState {},
    /// Whether files beside the vault are those that the journal names, for `check`.
    BesideState {},
    /// `mask` and `restore`, with the file as the body.
    Carry(carry::Carry),
    /// `try`, with the message's body as the body.
    Try(Trial),
    /// `explain`
    Explain {
        /// The exchange's id, 32 hex digits.
        exchange: String,
    },
    /// `vault verify`
    VaultVerify {
        /// Whether to build the index again when rows are missing.
        repair: bool,
    },
    /// `vault backup`
    VaultBackup {
        /// The new file, absolute; whoever performs the act writes it.
        to: PathBuf,
    },
    /// The journal's public key, for `journal verify`.
    JournalKey {},
    /// `journal needle`, with the name as the body.
    Needle(needle::Look),
    /// `journal needle-key`
    NeedleKey {
        /// The month, `2026-11`.
        month: String,
        /// The new file, absolute; whoever performs the act writes it. None removes the key.
        to: Option<PathBuf>,
        /// Why, for the journal.
        reason: String,
    },
    /// `report`: what only whoever holds the stores can tell.
    Report {},
    /// `pupil`, with who is meant as the body.
    Pupil(pupil::Asked),
}

impl Act {
    /// The name in the log.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::KeysList {} => "keys list",
            Self::KeysRotate { .. } => "keys rotate",
            Self::KeysClose { .. } => "keys close",
            Self::CanaryRun {} => "canary run",
            Self::ConsentImport { .. } => "consent import",
            Self::ConsentChange(_) => "consent set or withdraw",
            Self::ConsentRecover(_) => "consent recover",
            Self::ConsentList { .. } => "consent list",
            Self::RosterImport(_) => "roster import",
            Self::RosterRemove { .. } => "roster remove",
            Self::RosterList { .. } => "roster list",
            Self::RosterState {} => "roster state",
            Self::BesideState {} => "files beside the vault",
            Self::Carry(_) => "mask or restore",
            Self::Try(_) => "try",
            Self::Explain { .. } => "explain",
            Self::VaultVerify { .. } => "vault verify",
            Self::VaultBackup { .. } => "vault backup",
            Self::JournalKey {} => "journal key",
            Self::Needle(_) => "journal needle",
            Self::NeedleKey { .. } => "journal needle-key",
            Self::Report {} => "report",
            Self::Pupil(asked) => asked.name(),
        }
    }

    /// Whether a running server must take its configuration anew afterwards.
    pub(super) fn changes_house(&self) -> bool {
        match self {
            Self::RosterImport(_)
            | Self::RosterRemove { .. }
            | Self::KeysRotate { .. }
            | Self::KeysClose { .. } => true,
            Self::Pupil(asked) => asked.changes_house(),
            _ => false,
        }
    }
}

impl Act {
    /// Whether other pupils leave afterwards than before, by what they or their parents said.
    pub(super) fn changes_consents(&self) -> bool {
        matches!(self, Self::ConsentImport { .. } | Self::ConsentChange(_) | Self::ConsentRecover(_))
    }
}

/// A file's bytes, from disk or through the socket; or files, opened by whoever asked.
pub(super) struct Body {
    pub(super) bytes: Box<dyn Read + Send>,
    pub(super) length: u64,
    /// Files and their names.
    pub(super) files: Vec<(String, File)>,
    /// Whether they lie in one folder.
    pub(super) folder: bool,
}

/// Everything an act works with.
pub(super) struct Workplace<'a> {
    pub(super) settings: &'a Settings,
    pub(super) stores: &'a Stores,
    /// Who asked, for the journal: `uid 1000`.
    pub(super) actor: String,
    /// Hears of progress.
    pub(super) tell: &'a dyn Fn(u64, u64),
}

/// Opens the stores, performs the act and closes them again: no server runs.
pub(super) fn perform_alone(
    settings: &Settings,
    act: Act,
    body: Option<Body>,
    tell: &dyn Fn(u64, u64),
) -> Result<Value, Failure> {
    let stores = stores::open(settings, Arc::new(SystemClock), false, tell)?;
    let actor = stores::actor();
    let done = perform(act, body, &Workplace { settings, stores: &stores, actor, tell });
    stores.checkpoint()?;
    done
}

/// Performs an act with open stores.
pub(super) fn perform(act: Act, body: Option<Body>, at: &Workplace<'_>) -> Result<Value, Failure> {
    match act {
        Act::KeysList {} => Ok(keys_list(at)),
        Act::KeysRotate { school, publisher, epoch } => {
            let scope = scope(at.settings, school.as_deref(), &publisher, &epoch)?;
            let known = at.stores.vault.key_id(&scope).is_some();
            at.stores.open_epoch(&scope, &at.actor)?;
            Ok(json!({ "opened": !known, "scope": scope.to_string(), "key": at.stores.vault.key_id(&scope) }))
        }
        Act::KeysClose { school, publisher, epoch } => {
            let scope = scope(at.settings, school.as_deref(), &publisher, &epoch)?;
            keys_close(&scope, at)
        }
        Act::CanaryRun {} => canary::run(at),
        Act::ConsentImport { school } => consent::import(school.as_deref(), body, at),
        Act::ConsentChange(change) => consent::change(&change, body, at),
        Act::ConsentRecover(asked) => consent::recover(&asked, body, at),
        Act::ConsentList { school } => consent::list(school.as_deref(), at),
        Act::RosterImport(asked) => rosters::import(&asked, body, at),
        Act::RosterRemove { school, kind } => rosters::remove(school.as_deref(), &kind, body, at),
        Act::RosterList { school, reason, from, most } => {
            rosters::list(school.as_deref(), &reason, from, most, at)
        }
        Act::RosterState {} => rosters::state(at),
        Act::BesideState {} => Ok(beside::state(at)),
        Act::Carry(asked) => carry::carry(&asked, body, at),
        Act::Try(trial) => rehearsal::attempt(&trial, body, at),
        Act::Explain { exchange } => explain_exchange(&exchange, at),
        Act::VaultVerify { repair } => vault_verify(repair, at),
        Act::VaultBackup { to } => vault_backup(&to, at),
        Act::Pupil(asked) => pupil::perform(&asked, body, at),
        Act::JournalKey {} => Ok(json!({ "key": at.stores.journal.vkey().to_string() })),
        Act::Needle(asked) => needle::look_up(&asked, body, at),
        Act::NeedleKey { month, to: Some(to), reason } => needle::hand_over(&month, &to, &reason, at),
        Act::NeedleKey { month, to: None, reason } => needle::remove(&month, &reason, at),
        Act::Report {} => report::facts::tell(at),
    }
}

fn keys_list(at: &Workplace<'_>) -> Value {
    let serving: Vec<Scope> = at.settings.publishers.iter().map(PublisherSettings::scope).collect();
    let epochs = at.stores.vault.scopes().into_iter().map(|info| {
        let state = match info.state {
            ScopeState::Serving if serving.contains(&info.scope) => "serving",
            ScopeState::Serving => "open",
            ScopeState::Entering => "entering",
            ScopeState::Closed => "closed",
        };
        json!({
            "school": info.scope.school.as_str(),
            "publisher": info.scope.publisher.as_str(),
            "epoch": info.scope.epoch.as_str(),
            "state": state,
            "key": info.key_id,
            "opened": info.opened.rfc3339(),
            "since": info.since.rfc3339(),
        })
    });
    json!({ "epochs": epochs.collect::<Vec<_>>() })
}

fn keys_close(scope: &Scope, at: &Workplace<'_>) -> Result<Value, Failure> {
    if at.settings.publishers.iter().any(|publisher| publisher.scope() == *scope) {
        let values = [("publisher", scope.publisher.as_str().into()), ("epoch", scope.epoch.as_str().into())];
        return Err(Failure::new(&words::EPOCH_SERVES, values));
    }
    let now = at.stores.clock.now();
    let key = at.stores.vault.key_id(scope);
    // The leaf first: a closed epoch without a leaf would look like a loss.
    let mut leaf = at.stores.leaf(Event::KEYS, now, &at.actor);
    leaf.scope = Some(leaf_scope(scope));
    leaf.keys = key.map(|id| ("scope".to_owned(), id)).into_iter().collect();
    leaf.details = vec![("act".to_owned(), Detail::Text("closed".to_owned()))];
    if key.is_some() {
        at.stores.note(leaf)?;
    }
    at.stores.vault.close_epoch(scope, now).map_err(|error| vault_failed(&error))?;
    Ok(json!({ "closed": scope.to_string() }))
}

fn vault_verify(repair: bool, at: &Workplace<'_>) -> Result<Value, Failure> {
    let mut progress = stores::progress(at.tell);
    let found = at.stores.vault.verify(&mut progress).map_err(|error| vault_failed(&error))?;
    let repair = repair && found.missing_rows > 0;
    if repair {
        at.stores.vault.rebuild(&mut progress).map_err(|error| vault_failed(&error))?;
    }
    Ok(json!({
        "records": found.tally.records,
        "mappings": found.tally.mappings,
        "labels": found.tally.labels,
        "minted": found.tally.minted,
        "closed": found.tally.closed,
        "rows": found.rows,
        "missing_rows": found.missing_rows,
        "repaired": repair,
    }))
}

fn vault_backup(to: &Path, at: &Workplace<'_>) -> Result<Value, Failure> {
    let now = at.stores.clock.now();
    let made = at.stores.vault.backup(to, now, &mut stores::progress(at.tell));
    let made = made.map_err(|error| vault_failed(&error))?;
    let mut leaf = at.stores.leaf(Event::BACKUP, now, &at.actor);
    leaf.details = vec![("records".to_owned(), Detail::Number(made.records))];
    at.stores.note(leaf)?;
    // Beside it, for the day on which an older backup is all that is left: who is forgotten stays so.
    let mut erased = to.as_os_str().to_owned();
    erased.push(".erased");
    at.stores.vault.write_tombstones(Path::new(&erased)).map_err(|error| vault_failed(&error))?;
    // What pupils and parents said goes along: an objection outlives the disk that it was recorded on.
    for school in &at.settings.schools {
        beside::copy_consents(&school.id, |path| beside_backup(to, path), at)?;
    }
    Ok(
        json!({ "file": to.display().to_string(), "records": made.records, "scopes": made.scopes, "made": made.made }),
    )
}

fn explain_exchange(exchange: &str, at: &Workplace<'_>) -> Result<Value, Failure> {
    let Some(id) = explain::read_id(exchange) else {
        return Err(Failure::new(&words::EXCHANGE_ID, [("found", exchange.into())]));
    };
    let mut found = Vec::new();
    let mut leaves = Leaves::open(&at.settings.journal).map_err(|error| journal_failed(&error))?;
    while let Some((leaf, _)) = leaves.read().map_err(|error| journal_failed(&error))? {
        if leaf.exchange == Some(id) {
            found.push(explain::leaf_json(&leaf));
        }
    }
    if found.is_empty() {
        return Err(Failure::new(&words::EXCHANGE_UNKNOWN, [("exchange", exchange.into())]));
    }
    Ok(json!({ "exchange": exchange, "events": found }))
}

/// The scope that a command means; publisher and school must stand in the configuration.
fn scope(settings: &Settings, school: Option<&str>, publisher: &str, epoch: &str) -> Result<Scope, Failure> {
    let unknown = || Failure::new(&words::PUBLISHER_UNKNOWN, [("publisher", publisher.into())]);
    let school = school_of(settings, school)?;
    let known =
        settings.publishers.iter().find(|known| known.id.as_str() == publisher && known.school == school);
    let publisher: &Publisher = known.ok_or_else(unknown)?.scope_publisher();
    let unfit = |_| Failure::new(&words::EPOCH_UNFIT, [("found", epoch.into())]);
    Ok(Scope { school, publisher: publisher.clone(), epoch: Epoch::parse(epoch).map_err(unfit)? })
}

/// The school that a command means: the one it names, or the only one.
pub(super) fn school_of(settings: &Settings, school: Option<&str>) -> Result<School, Failure> {
    let mut schools = settings.schools.iter().map(|school| &school.id);
    let found = match school {
        Some(named) => schools.find(|known| known.as_str() == named),
        None if settings.schools.len() == 1 => schools.next(),
        None => None,
    };
    found.cloned().ok_or_else(|| Failure::new(&words::SCHOOL_UNCLEAR, []))
}
