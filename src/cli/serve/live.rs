//! The running server: the configuration in force, and putting another in its place.
//!
//! What a reload may change is built whole before anything is replaced. When TLS or limits change, a new
//! listener loop takes over the same port and the old one drains; otherwise only the house is replaced.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::canaries;
use super::house;
use super::observer::Counting;
use super::rosters;
use super::witnesses::Witnesses;
use crate::cli::act::{self, Act, Body, Workplace};
use crate::cli::admin::Commands;
use crate::cli::failure::Failure;
use crate::cli::rights;
use crate::cli::stores::Stores;
use crate::cli::words;
use crate::config::settings::LimitSettings;
use crate::config::{self, Settings, inspect};
use crate::gateway::Gateway;
use crate::journal::Event;
use crate::server::{Drain, Operations, ServerTls, TlsSettings, serve};
use crate::telemetry::Metrics;

/// What a server begins with.
pub(in crate::cli) struct Parts {
    pub(super) file: PathBuf,
    pub(super) settings: Arc<Settings>,
    pub(super) stores: Arc<Stores>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) gateway: Arc<Gateway>,
    pub(super) binary: [u8; 32],
}

impl Parts {
    /// Builds the first house.
    pub(in crate::cli) fn new(
        file: PathBuf,
        settings: Settings,
        stores: Arc<Stores>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, Failure> {
        let binary = house::binary_digest();
        let house = house::build(&settings, &stores, binary, None)?;
        let gateway = Arc::new(Gateway::new(house, Arc::new(Counting(Arc::clone(&metrics)))));
        gateway.stream_up_to(settings.limits.streamed_bytes);
        Ok(Self { file, settings: Arc::new(settings), stores, metrics, gateway, binary })
    }
}

/// A running server.
pub(in crate::cli) struct Live {
    parts: Parts,
    handle: Handle,
    listener: std::net::TcpListener,
    now: Mutex<Now>,
}

/// What a reload replaces.
struct Now {
    settings: Arc<Settings>,
    round: Round,
    witnesses: Arc<Witnesses>,
    /// Rounds that drain.
    ending: Vec<JoinHandle<usize>>,
    stopping: bool,
}

/// One listener loop.
struct Round {
    tls: TlsSettings,
    drain: Drain,
    serving: JoinHandle<usize>,
}

impl Live {
    /// Begins to serve. Must be called on the runtime.
    pub(in crate::cli) fn begin(parts: Parts, listener: std::net::TcpListener) -> Result<Arc<Self>, Failure> {
        let handle = Handle::current();
        let settings = Arc::clone(&parts.settings);
        let round = Round::begin(&settings, &parts.gateway, &listener, &handle)?;
        let witnesses = Arc::new(Witnesses::begin(&settings, &parts.stores, &handle)?);
        let now = Mutex::new(Now { settings, round, witnesses, ending: Vec::new(), stopping: false });
        Ok(Arc::new(Self { parts, handle, listener, now }))
    }

    /// Records and logs the begin.
    pub(in crate::cli) fn started(&self, operations: Option<SocketAddr>) {
        let stores = &self.parts.stores;
        let mut leaf = stores.leaf(Event::STARTED, stores.clock.now(), "");
        leaf.binary = Some(self.parts.binary);
        if let Err(failure) = stores.note(leaf).and_then(|_| stores.checkpoint()) {
            tracing::error!(code = failure.code(), "the journal cannot be written: everything is refused");
        }
        self.measure();
        // The ports as they are: 0 in the configuration means any.
        let address = self.listener.local_addr().unwrap_or(self.parts.settings.listen.address);
        let operations = operations.unwrap_or(self.parts.settings.operations);
        tracing::info!(%address, %operations, "serving");
    }

    /// Takes the configuration anew; an error is logged and keeps the old one.
    pub(super) fn reload(&self) {
        match self.try_reload() {
            Ok(()) => {
                self.parts.metrics.reloads.inc();
                tracing::info!("the configuration was taken anew");
            }
            Err(failure) => {
                self.parts.metrics.reloads_failed.inc();
                let told = failure.told(config::Language::English);
                tracing::error!(code = failure.code(), error = told, "the old configuration stays");
            }
        }
    }

    fn try_reload(&self) -> Result<(), Failure> {
        let config::Reading { settings, problems } = config::read(&self.parts.file);
        for problem in problems.iter().filter(|problem| problem.is_error()) {
            let place = problem.place.to_string();
            tracing::error!(code = problem.code(), %place, error = problem.what(config::Language::English), "configuration");
        }
        let errors = problems.iter().filter(|problem| problem.is_error()).count();
        let settings = settings.ok_or_else(|| {
            let file = self.parts.file.display().to_string();
            Failure::new(
                &words::CONFIG_UNUSABLE,
                [("file", file.into()), ("errors", errors.to_string().into())],
            )
        })?;
        self.replace(Arc::new(settings))
    }

    fn replace(&self, settings: Arc<Settings>) -> Result<(), Failure> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = fixed(&now.settings, &settings) {
            return Err(Failure::new(&words::RESTART, [("key", key.into())]));
        }
        let earlier = self.parts.gateway.house();
        let house = house::build(&settings, &self.parts.stores, self.parts.binary, Some(&earlier))?;
        drop(earlier);
        let same = now.round.tls == inspect::tls_files(&settings) && now.settings.limits == settings.limits;
        let round = match same || now.stopping {
            true => None,
            false => Some(Round::begin(&settings, &self.parts.gateway, &self.listener, &self.handle)?),
        };
        let stores = &self.parts.stores;
        // What they know is not lost: it lies beside the journal.
        let witnesses = Arc::new(Witnesses::begin(&settings, stores, &self.handle)?);
        let mut leaf = stores.leaf(Event::CONFIGURATION, stores.clock.now(), "");
        leaf.configuration = Some(settings.digest);
        stores.note(leaf)?;
        self.parts.gateway.replace(house);
        self.parts.gateway.stream_up_to(settings.limits.streamed_bytes);
        if let Some(round) = round {
            let old = std::mem::replace(&mut now.round, round);
            old.drain.begin();
            now.ending.push(old.serving);
            now.ending.retain(|ending| !ending.is_finished());
        }
        now.settings = settings;
        now.witnesses = witnesses;
        drop(now);
        self.measure();
        Ok(())
    }

    /// Lets what pupils and parents said bind from the next request. The rest of the house stays: nothing that is wrong
    /// elsewhere may keep an objection from binding.
    fn hear(&self, settings: &Settings) -> Result<(), Failure> {
        // No other house comes between.
        let _now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let consents = house::consents(settings, &self.parts.stores)?;
        self.parts.gateway.replace(self.parts.gateway.house().hearing(consents));
        Ok(())
    }

    /// Accepts nothing new and waits for what is under way; how many connections were cut off.
    pub(in crate::cli) async fn stop(&self) -> usize {
        let mut ending = {
            let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
            now.stopping = true;
            now.round.drain.begin();
            std::mem::take(&mut now.ending)
        };
        let serving = {
            let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut now.round.serving, self.handle.spawn(async { 0 }))
        };
        ending.push(serving);
        let mut cut = 0;
        for round in ending {
            cut += round.await.unwrap_or_default();
        }
        cut
    }

    /// Has witnesses cosign the last checkpoint of all, when they can be reached.
    pub(super) async fn last_word(&self) {
        self.witnesses().last(&self.parts.stores.journal).await;
    }

    fn witnesses(&self) -> Arc<Witnesses> {
        Arc::clone(&self.now.lock().unwrap_or_else(PoisonError::into_inner).witnesses)
    }

    /// Writes the vault's log anew without who was forgotten, if it owes that.
    pub(super) fn rewrite_vault(&self) -> Result<(), Failure> {
        let settings = self.settings();
        let (actor, tell) = ("nightly".to_owned(), &|_, _| ());
        let at = Workplace { settings: &settings, stores: &self.parts.stores, actor, tell };
        rights::rewrite(&at).map(drop)
    }

    /// The configuration in force.
    pub(super) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.now.lock().unwrap_or_else(PoisonError::into_inner).settings)
    }

    /// Sets the gauges that follow state.
    fn measure(&self) {
        rosters::measure(&self.parts.metrics, &self.parts.gateway.house(), self.parts.stores.clock.now());
    }
}

impl Round {
    fn begin(
        settings: &Settings,
        gateway: &Arc<Gateway>,
        listener: &std::net::TcpListener,
        handle: &Handle,
    ) -> Result<Self, Failure> {
        let files = inspect::tls_files(settings);
        let tls = ServerTls::load(&files).map_err(|error| {
            let (message, values) = inspect::tls_problem(settings, &error);
            Failure::new(message, values)
        })?;
        let limits = server_settings(&settings.limits)
            .checked()
            .map_err(|error| Failure::new(&words::LIMITS, [("reason", error.0.into())]))?;
        let _inside = handle.enter();
        let port = |error: std::io::Error| super::io_failed(&words::SOCKET, "", &error);
        let listener = listener.try_clone().map_err(port)?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(port)?;
        let (drain, tls) = (Drain::default(), Arc::new(tls));
        handle.spawn(Arc::clone(&tls).watch(super::CERTIFICATE, drain.watch()));
        let serving = handle.spawn(serve(listener, tls, Arc::clone(gateway), limits, drain.watch()));
        Ok(Self { tls: files, drain, serving })
    }
}

fn server_settings(written: &LimitSettings) -> crate::server::Settings {
    let mut settings = crate::server::Settings::default();
    settings.limits.body_bytes = written.body_bytes;
    settings.limits.connections = written.connections;
    settings.limits.connections_per_peer = written.connections;
    settings.limits.exchanges = written.exchanges;
    settings.limits.buffered_bytes = settings.limits.buffered_bytes.max(written.body_bytes);
    settings.deadlines.body = Duration::from_millis(written.request_ms);
    settings.deadlines.total =
        settings.deadlines.total.max(settings.deadlines.body + Duration::from_secs(60));
    settings.deadlines.idle = Duration::from_millis(written.idle_ms);
    settings.deadlines.drain = Duration::from_millis(written.drain_ms);
    settings
}

/// The first key that differs and that a running server cannot change.
fn fixed(old: &Settings, new: &Settings) -> Option<&'static str> {
    let schools = |settings: &Settings| settings.schools.first().map(|school| school.id.clone());
    [
        ("listen.address", old.listen.address == new.listen.address),
        ("operations.address", old.operations == new.operations),
        ("vault", old.vault.path == new.vault.path),
        ("journal", old.journal == new.journal && old.journal_origin == new.journal_origin),
        ("school", schools(old) == schools(new)),
    ]
    .into_iter()
    .find_map(|(key, same)| (!same).then_some(key))
}

impl Operations for Live {
    fn ready(&self) -> (bool, Value) {
        let stopping = self.now.lock().unwrap_or_else(PoisonError::into_inner).stopping;
        let ready = self.parts.stores.is_good() && !stopping;
        let house = self.parts.gateway.house();
        let at = self.parts.stores.clock.now();
        let (settings, witnesses) = (self.settings(), self.witnesses());
        let rosters = rosters::shown(&settings, &house, at);
        let mut state = self.parts.stores.state();
        if let Value::Object(members) = &mut state {
            members.insert("ready".into(), ready.into());
            members.insert("draining".into(), stopping.into());
            members.insert("roster".into(), rosters);
            // A rollback of the whole machine is found only with a checkpoint held elsewhere.
            let found = witnesses.any();
            let elsewhere = if settings.witnesses.is_empty() { "none".into() } else { witnesses.state() };
            members.insert("checkpoint_elsewhere".into(), elsewhere);
            let whole = if found { "is found" } else { "is not found: no witness holds a checkpoint" };
            members.insert("rollback_of_everything".into(), whole.into());
        }
        (ready, state)
    }

    fn metrics(&self) -> String {
        let missed = self.parts.stores.needle.missed();
        self.parts.metrics.needle_missed.inner().store(missed, Ordering::Relaxed);
        self.parts.metrics.vault_sealed.set(i64::from(self.parts.stores.vault.sealed().is_some()));
        rosters::measure(&self.parts.metrics, &self.parts.gateway.house(), self.parts.stores.clock.now());
        self.parts.metrics.text()
    }
}

impl Live {
    /// Performs an act of the night, which nobody asked for.
    pub(super) fn tonight(&self, act: Act) -> Result<Value, Failure> {
        let settings = self.settings();
        let (stores, actor) = (&self.parts.stores, "nightly".to_owned());
        let canaries = matches!(act, Act::CanaryRun {});
        let at = Workplace { settings: &settings, stores, actor, tell: &|_, _| {} };
        let report = act::perform(act, None, &at);
        if canaries {
            canaries::measure(&self.parts.metrics, &settings, report.as_ref(), stores.clock.now());
        }
        report
    }
}

impl Commands for Live {
    fn perform(
        &self,
        act: Act,
        body: Option<Body>,
        uid: u32,
        tell: &dyn Fn(u64, u64),
    ) -> Result<Value, Failure> {
        let settings = self.settings();
        if matches!(act, Act::RosterState {}) {
            // A running server knows more than the files say.
            let (house, now) = (self.parts.gateway.house(), self.parts.stores.clock.now());
            return Ok(rosters::shown(&settings, &house, now));
        }
        let (changes, said) = (act.changes_house(), act.changes_consents());
        let canaries = matches!(act, Act::CanaryRun {});
        let at =
            Workplace { settings: &settings, stores: &self.parts.stores, actor: format!("uid {uid}"), tell };
        let report = act::perform(act, body, &at);
        if canaries {
            let now = self.parts.stores.clock.now();
            canaries::measure(&self.parts.metrics, &settings, report.as_ref(), now);
        }
        let report = report?;
        if said {
            self.hear(&settings)?;
        }
        if changes {
            self.replace(settings)?;
        }
        Ok(report)
    }
}
