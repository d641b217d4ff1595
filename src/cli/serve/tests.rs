//! The nights of a running server, by a clock that the test sets: canaries every night and no night twice, on record also
//! when they cannot be sent.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{Live, Metrics, Parts, nights};
use crate::cli;
use crate::cli::act::Workplace;
use crate::cli::rights;
use crate::cli::stores::{self, Stores};
use crate::clock::{Clock as _, FixedClock, SystemClock, Timestamp};
use crate::config::{self, Settings};
use crate::identity::{Identifier, Kind};
use crate::journal::{Decision, Detail, Event, Leaf, Leaves};
use crate::server::{Drain, Operations as _};
use crate::vault::{Avoid, MaskAsk, Vault};

const HOUR_MS: u64 = 3_600_000;

/// A school in a directory of its own.
fn school(directory: &Path) -> Settings {
    let put = |name: &str, text: &str| {
        crate::disk::durable_write(&crate::disk::RealDisk, &directory.join(name), text.as_bytes()).unwrap();
    };
    put(
        "answers.toml",
        "school_id = '12AB'\nschool_name = 'Petteflat College'\naddress = '127.0.0.1:0'\n[publisher]\n\
         id = 'rekenwonder'\nname = 'Rekenwonder BV'\nupstream = 'https://api.rekenwonder.example/v2/'\n\
         profile = 'oneroster-1.2'\nepoch = '2026-2027'\n",
    );
    let text = |path: &Path| path.display().to_string();
    let answers = text(&directory.join("answers.toml"));
    let line = ["sluis", "init", "--in", &text(directory), "--answers", &answers, "--no-input", "--json"];
    let _ = cli::run(line.map(Into::into));
    let read = config::read(&directory.join("sluis.toml"));
    read.settings.unwrap_or_else(|| panic!("{:?}", read.problems))
}

fn runs(settings: &Settings) -> Vec<Leaf> {
    let mut leaves = Leaves::open(&settings.journal).unwrap();
    let all = std::iter::from_fn(|| leaves.read().unwrap()).map(|(leaf, _)| leaf);
    all.filter(|leaf| leaf.event == Event::CANARY).collect()
}

fn number(leaf: &Leaf, name: &str) -> u64 {
    let detail = leaf.details.iter().find(|(of, _)| of == name).map(|(_, detail)| detail);
    let Some(Detail::Number(number)) = detail else { panic!("{name}") };
    *number
}

struct Nights {
    settings: Settings,
    stores: Arc<Stores>,
    live: Arc<Live>,
    clock: Arc<FixedClock>,
    drain: Drain,
    running: tokio::task::JoinHandle<()>,
}

impl Nights {
    /// Begins at noon, Dutch winter time or an hour off, some days from now.
    fn begin(directory: &Path, days: u64) -> Self {
        let settings = school(directory);
        let day = 24 * HOUR_MS;
        let noon = (SystemClock.now().as_millis() / day + days) * day + 11 * HOUR_MS;
        let clock = Arc::new(FixedClock::at(Timestamp::from_millis(noon)));
        let stores = stores::open(&settings, Arc::clone(&clock) as _, false, &|_, _| {});
        let stores = Arc::new(stores.map_err(|failure| failure.told(config::Language::English)).unwrap());
        let again = config::read(&directory.join("sluis.toml")).settings.unwrap();
        let file = directory.join("sluis.toml");
        let parts = Parts::new(file, again, Arc::clone(&stores), Arc::new(Metrics::default())).unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let live = Live::begin(parts, listener).unwrap();
        let drain = Drain::default();
        let look = Duration::from_millis(5);
        let running = nights(Arc::clone(&live), Arc::clone(&stores), look, drain.clone());
        Self { settings, stores, live, clock, drain, running: tokio::spawn(running) }
    }

    fn later(&self, hours: u64) {
        self.clock.set(Timestamp::from_millis(self.clock.now().as_millis() + hours * HOUR_MS));
    }

    async fn until(&self, count: usize) -> Vec<Leaf> {
        for _ in 0..3000 {
            if runs(&self.settings).len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // And none more.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let found = runs(&self.settings);
        assert_eq!(found.len(), count, "{found:?}");
        found
    }

    async fn end(self) {
        self.drain.begin();
        self.running.await.unwrap();
        self.live.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn canaries_are_sent_every_night_and_no_night_twice() {
    let directory = tempfile::tempdir().unwrap();
    let nights = Nights::begin(directory.path(), 1);
    nights.until(0).await;
    nights.later(12);
    nights.until(0).await;
    // Past three in the morning, in winter and in summer.
    nights.later(4);
    let first = nights.until(1).await.remove(0);
    assert_eq!((first.actor.as_str(), first.route.as_str()), ("nightly", "/rekenwonder/"));
    assert_eq!((first.decision.clone(), number(&first, "leaked")), (Decision::Passed, 0));
    assert!(number(&first, "messages") > 10 && first.profile.is_some());
    assert_eq!(first.time_ms, nights.clock.now().as_millis(), "by the clock of the house");
    let text = nights.live.metrics();
    let line =
        "sluis_canary_runs_total{publisher=\"rekenwonder\",route=\"/rekenwonder/\",outcome=\"held\"} 1";
    assert!(text.contains(line), "{text}");
    nights.later(8);
    nights.until(1).await;
    nights.later(16);
    nights.until(2).await;
    nights.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_night_in_which_nothing_could_be_tried_does_not_look_like_one_that_held() {
    let directory = tempfile::tempdir().unwrap();
    let nights = Nights::begin(directory.path(), 1);
    // What pupils said cannot be read: nothing crosses, and nothing is known of the rules.
    let path = directory.path().join("state/consents");
    crate::disk::durable_write(&crate::disk::RealDisk, &path, b"no such file").unwrap();
    nights.later(16);
    let leaf = nights.until(1).await.remove(0);
    assert_eq!(leaf.decision, Decision::Refused("cli-122".to_owned()));
    assert_eq!((number(&leaf, "messages"), number(&leaf, "leaked")), (0, 0));
    let text = nights.live.metrics();
    assert!(text.contains("outcome=\"failed\"} 1") && !text.contains("outcome=\"held\""), "{text}");
    assert!(!text.contains("sluis_canary_tried_time_seconds{"), "{text}");
    drop(std::fs::remove_file(&path));
    nights.later(24);
    let second = nights.until(2).await.remove(1);
    assert_eq!(second.decision, Decision::Passed);
    assert!(nights.live.metrics().contains("sluis_canary_tried_time_seconds{"));
    assert!(nights.stores.vault.sealed().is_none());
    nights.end().await;
}

/// Gives a pupil a pseudonym.
fn mask(vault: &Vault, settings: &Settings, number: u64) {
    let identifier = Identifier::new(Kind::PUPIL_NUMBER, &format!("9{number:05}"));
    let asks = [MaskAsk {
        identifier: &identifier,
        shape: &crate::derive::Shape::Uuid,
        number: false,
        minted: false,
    }];
    let avoid: Avoid = Arc::new(|_| false);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(vault.mask(&settings.publishers[0].scope(), &asks, &[], &avoid)).unwrap();
}

#[test]
fn a_leaf_that_was_begun_before_a_rewriting_seals_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let settings = school(directory.path());
    // Threads of a store that was closed may hold its lock a moment longer.
    let open = || {
        for _ in 0..500 {
            match stores::open(&settings, Arc::new(SystemClock), false, &|_, _| {}) {
                Ok(opened) => return opened,
                Err(failure) if failure.code() == cli::words::IN_USE.code => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(failure) => panic!("{}", failure.told(config::Language::English)),
            }
        }
        panic!("somebody holds it still")
    };
    let stores = open();
    (0..40).for_each(|number| mask(&stores.vault, &settings, number));
    // As an exchange with a large body does, or an administrator's look: begun before, recorded after.
    let early = stores.leaf(Event::VAULT_ANCHOR, stores.clock.now(), "early");
    mask(&stores.vault, &settings, 41);
    let school = &settings.schools[0].id;
    let gone: Vec<Identifier> =
        (0..30).map(|number| Identifier::new(Kind::PUPIL_NUMBER, &format!("9{number:05}"))).collect();
    // As one pupil, so that one record says it.
    stores.vault.forget(school, &gone, stores.clock.now()).unwrap();
    let at = Workplace { settings: &settings, stores: &stores, actor: "test".to_owned(), tell: &|_, _| {} };
    let rewritten = rights::rewrite(&at).map_err(|failure| failure.told(config::Language::English)).unwrap();
    let rewritten = rewritten.expect("there was something to leave out");
    assert!(rewritten.new.sequence < early.vault.unwrap().sequence, "the log is shorter than the leaf says");
    stores.note(early).map_err(|failure| failure.told(config::Language::English)).unwrap();
    drop(stores);
    let stores = open();
    assert!(stores.vault.was_forgotten(school, &gone[0]));
}
