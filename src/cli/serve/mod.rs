//! `sluis serve`: joins server, gateway, upstreams, vault, journal and roster, and keeps them joined.
//!
//! It decides nothing about a message. `SIGHUP` takes the configuration anew, and any error keeps the old one;
//! `SIGTERM` lets exchanges end, writes the last leaf and checkpoint, and stops.

mod arenas;
mod canaries;
pub(super) mod house;
mod live;
mod nightly;
mod observer;
mod rosters;
mod witnesses;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::net::{TcpListener, UnixListener};

pub(super) use self::live::{Live, Parts};
pub(super) use self::rosters::OLD_DAYS;
use super::act::Act;
use super::admin;
use super::canary;
use super::failure::Failure;
use super::screen::Screen;
use super::stores::{self, Stores};
use super::{Exit, words};
use crate::clock::{Clock, SystemClock};
use crate::config::Settings;
use crate::config::words::Value;
use crate::server::{Asked, Drain, Operations, Signals, bind, serve_operations};
use crate::telemetry::{self, Metrics};

/// How often tiles and a signed checkpoint are written.
const CHECKPOINT: Duration = Duration::from_secs(60);
/// How often the certificate's files are looked at.
const CERTIFICATE: Duration = Duration::from_secs(10);

/// Run the gateway.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The machine's clock was wrong before and is right now: accept a journal whose newest entry lies later.
    #[arg(long)]
    accept_clock: bool,
}

impl Serve {
    /// Serves until it is told to stop.
    pub(super) fn run(self, file: &Path, screen: &Screen) -> Result<Exit, Failure> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        telemetry::start(Arc::clone(&clock));
        arenas::limit();
        let locked = telemetry::guard_process(true);
        tracing::info!(version = env!("CARGO_PKG_VERSION"), ?locked, "starting");
        let settings = super::usable(file, screen)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|error| io_failed(&words::RUNTIME, "", &error))?;
        // Ports first: a second server on one of them must not get as far as the stores.
        let ports = runtime.block_on(Ports::bind(&settings))?;
        let tell = |records, of| tracing::info!(records, of, "reading the vault's log");
        let stores = stores::open(&settings, clock, self.accept_clock, &tell)?;
        let parts = Parts::new(file.to_owned(), settings, Arc::new(stores), Arc::new(Metrics::default()))?;
        runtime.block_on(serve(parts, ports))
    }
}

/// The sockets of a server.
struct Ports {
    traffic: std::net::TcpListener,
    operations: TcpListener,
}

impl Ports {
    async fn bind(settings: &Settings) -> Result<Self, Failure> {
        let taken = |address: std::net::SocketAddr| {
            Failure::new(&words::PORT, [("address", address.to_string().into())])
        };
        let address = settings.listen.address;
        let traffic = bind(address).await.map_err(|_| taken(address))?;
        let traffic = traffic.into_std().map_err(|_| taken(address))?;
        let operations = bind(settings.operations).await.map_err(|_| taken(settings.operations))?;
        Ok(Self { traffic, operations })
    }
}

async fn serve(parts: Parts, ports: Ports) -> Result<Exit, Failure> {
    let mut signals = Signals::listen().map_err(|_| Failure::new(&words::SIGNALS, []))?;
    let socket = parts.settings.socket();
    let commands =
        admin::bind(&socket).map_err(|error| io_failed(&words::SOCKET, &shown(&socket), &error))?;
    let operations = ports.operations;
    let operating = operations.local_addr().ok();
    let stores = Arc::clone(&parts.stores);
    let live = Live::begin(parts, ports.traffic)?;
    let drain = Drain::default();
    let around = around(&live, &stores, &drain, operations, commands, socket);
    live.started(operating);
    loop {
        match signals.next().await {
            Asked::Stop => break,
            Asked::Reload => {
                let live = Arc::clone(&live);
                let reloaded = tokio::task::spawn_blocking(move || live.reload()).await;
                if reloaded.is_err() {
                    tracing::error!("taking the configuration anew failed; the old one stays");
                }
            }
        }
    }
    tracing::info!("stopping: exchanges under way may end");
    let cut = live.stop().await;
    drain.begin();
    for task in around {
        let _ = task.await;
    }
    let stopped = tokio::task::spawn_blocking(move || stores.stop()).await;
    stopped.map_err(|_| Failure::new(&words::INTERNAL, []))??;
    live.last_word().await;
    tracing::info!(count = cut, "stopped; count is of connections that were cut off");
    Ok(Exit::Done)
}

/// What runs beside traffic until the end: operations, commands, checkpoints.
fn around(
    live: &Arc<Live>,
    stores: &Arc<Stores>,
    drain: &Drain,
    operations: TcpListener,
    commands: UnixListener,
    socket: PathBuf,
) -> Vec<tokio::task::JoinHandle<()>> {
    let shown: Arc<dyn Operations> = Arc::clone(live) as _;
    let performing: Arc<dyn admin::Commands> = Arc::clone(live) as _;
    let draining = drain.watch();
    let commands = async move { admin::serve(commands, &socket, performing, draining).await };
    vec![
        tokio::spawn(serve_operations(operations, shown, drain.watch())),
        tokio::spawn(commands),
        tokio::spawn(checkpoints(Arc::clone(stores), drain.clone())),
        tokio::spawn(nights(Arc::clone(live), Arc::clone(stores), nightly::LOOK, drain.clone())),
    ]
}

/// What is done once a night, in this order, looking at the clock so often.
async fn nights(live: Arc<Live>, stores: Arc<Stores>, look: Duration, drain: Drain) {
    let canaries = Arc::clone(&live);
    let canaries = move || canaries.tonight(Act::CanaryRun {}).and_then(|report| canary::judge(&report));
    let of = Arc::clone(&live);
    let jobs = vec![
        nightly::Job { name: "canary run", at_start: false, run: Box::new(canaries) },
        // A server that is off at night would never do it.
        nightly::Job { name: "vault rewriting", at_start: true, run: Box::new(move || of.rewrite_vault()) },
    ];
    let hour = move || live.settings().nightly_hour;
    nightly::run(jobs, Arc::clone(&stores.clock), hour, look, drain.watch()).await;
}

async fn checkpoints(stores: Arc<Stores>, drain: Drain) {
    let mut draining = drain.watch();
    loop {
        tokio::select! {
            () = tokio::time::sleep(CHECKPOINT) => {}
            () = draining.begun() => return,
        }
        let stores = Arc::clone(&stores);
        let written = tokio::task::spawn_blocking(move || stores.checkpoint()).await;
        if let Ok(Err(failure)) = written {
            tracing::error!(
                code = failure.code(),
                "the checkpoint could not be written; the next one tries again"
            );
        }
    }
}

fn io_failed(message: &'static crate::config::words::Message, path: &str, error: &std::io::Error) -> Failure {
    let reason: Value = crate::config::reason(error);
    Failure::new(message, [("path", path.into()), ("reason", reason)])
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests;
