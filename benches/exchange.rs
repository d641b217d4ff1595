//! What one whole exchange costs in memory: admission, both doors, guard, vault and journal, without sockets.
//!
//! `cargo bench --bench exchange`. A roster of 10,000 invented pupils is watched; the journal lies on a memory
//! file system where there is one, so that its code is measured and not the disk's sync.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "criterion's macros write public functions; a bench that fails may panic"
)]

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sluis::clock::{Clock, SystemClock};
use sluis::crypto::SigningKey;
use sluis::derive::Shape;
use sluis::disk::RealDisk;
use sluis::gateway::caller::{CallerRule, Credential};
use sluis::gateway::guard::Suspects;
use sluis::gateway::house::{House, Register};
use sluis::gateway::route::{Asks, Base, Link, Mount, Route, Routes, Shapes};
use sluis::gateway::{Carried, Carrier, Ended, Gate, Gateway, Observer, Patience, Presented};
use sluis::identity::{Epoch, Kind, Publisher, School, Scope};
use sluis::journal::{Journal, Settings};
use sluis::profile::Profile;
use sluis::rewrite::{Limits, coding::Expansion};
use sluis::roster::{Pupil, Roster};
use sluis::secret::Secret;
use sluis::vault::Vault;

/// Answers as the rig's publisher does: the pseudonym that it received, in a kilobyte; whoever asks for the roster gets
/// the one that it received last.
#[derive(Default)]
struct Publisher1k(Mutex<Bytes>);

impl Carrier for Publisher1k {
    fn send(&self, request: http::Request<Bytes>) -> Carried<'_> {
        let asks = request.method() == http::Method::GET;
        let body = request.into_body();
        let text = String::from_utf8_lossy(&body);
        if text.starts_with('[') {
            *self.0.lock().expect("no poison") = body.clone();
        }
        let id =
            text.split("\"studentId\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("none");
        let items: Vec<String> = (0..9)
            .map(|n| format!(r#"{{"item":"wis-{n:03}","title":"Oefening {n}: vergelijkingen herleiden","minutes":{n}}}"#))
            .collect();
        let answer = if asks {
            self.0.lock().expect("no poison").clone()
        } else if text.starts_with('[') {
            Bytes::from_static(br#"{"status":"accepted","bytes":0}"#)
        } else {
            Bytes::from(format!(
                r#"{{"status":"accepted","student":{{"studentId":"{id}","level":"havo-4"}},"recommendations":[{}]}}"#,
                items.join(",")
            ))
        };
        let mut response = http::Response::new(answer);
        response
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        Box::pin(async move { Ok(response) })
    }
}

struct Nobody;

impl Observer for Nobody {
    fn ended(&self, _: &Ended<'_>) {}
}

fn student(n: usize) -> String {
    format!(
        r#"{{"studentId":"s{}","givenName":"Canary","familyName":"Vogelzang{n}","displayName":"Canary Vogelzang{n}","grade":3,"class":"3B","locale":"nl-NL"}}"#,
        2_000_000 + n
    )
}

pub(crate) fn record(n: usize) -> Bytes {
    let results: Vec<String> = (0..8)
        .map(|item| {
            format!(r#"{{"item":"wis-{item:03}","score":7.{item},"attempts":2,"seconds":140,"done":true}}"#)
        })
        .collect();
    Bytes::from(format!(
        r#"{{"requestId":"5f0c5b1e-8f0d-4d5e-9a51-2f6a1c4be0{:02}","type":"learning-record","issuedAt":"2026-09-12T09:15:00Z","school":{{"brin":"99XX","location":"01"}},"student":{},"course":{{"id":"wiskunde-b","edition":5}},"results":[{}],"note":"Hoofdstuk 4 §2 – \"herhaling\" afgerond in de les"}}"#,
        n % 100,
        student(n),
        results.join(",")
    ))
}

pub(crate) fn roster_body(count: usize) -> Bytes {
    let students: Vec<String> = (0..count).map(student).collect();
    Bytes::from(format!("[{}]", students.join(",")))
}

fn school() -> School {
    School::parse("99XX").expect("a BRIN")
}

pub(crate) fn gateway(directory: &Path) -> Gateway {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let scope = Scope {
        school: school(),
        publisher: Publisher::parse("rekenwonder").expect("an id"),
        epoch: Epoch::parse("2026-2027").expect("an epoch"),
    };
    let vault = Vault::in_memory().expect("a vault");
    vault.open_epoch(&scope.school, &scope.publisher, &scope.epoch, clock.now()).expect("an epoch");
    let key = SigningKey::from_seed(vault.journal_seed());
    let settings = Settings {
        origin: "sluis.bench/99XX".to_owned(),
        key_version: 1,
        earlier_keys: Vec::new(),
        accept_clock: false,
    };
    let now = clock.now();
    let (journal, _) =
        Journal::open(Arc::new(RealDisk), directory, &settings, &key, now.as_millis()).expect("a journal");
    let mut roster = Roster::empty(now);
    for n in 0..10_000 {
        let pupil = Pupil {
            identifiers: vec![(Kind::SIS_USER, Secret::new(format!("s{}", 2_000_000 + n)))],
            given: Some(Secret::new("Canary".to_owned())),
            family: Some(Secret::new(format!("Vogelzang{n}"))),
            ..Pupil::default()
        };
        roster.add(pupil).expect("a pupil");
    }
    let profile = Profile::read("rig.toml", include_str!("peer/rig.toml")).expect("the profile");
    let route = Route {
        host: None,
        mount: Mount::parse("/v1/").expect("a mount"),
        scope,
        asks: Asks::School,
        profile: Arc::new(profile),
        callers: vec![CallerRule { credential: Credential::ThisMachine, networks: Vec::new() }],
        shapes: Shapes::new(Shape::Uuid, []),
        link: Link::Field,
        eck_id_kept: false,
        needle: true,
        suspects: Suspects::Block,
        swaps: Vec::new(),
        upstream: Base::parse("https://upstream.test/v1").expect("a base"),
        carrier: Arc::new(Publisher1k::default()),
        terms: Arc::default(),
    };
    let house = House {
        vault: Arc::new(vault),
        journal: Arc::new(journal),
        clock,
        routes: Routes::new([route], None),
        rosters: HashMap::from([(school(), Arc::new(Register::build(roster)))]),
        consents: HashMap::new(),
        configuration: [0; 32],
        binary: [0; 32],
        limits: Limits::default(),
        expansion: Expansion::default(),
        patience: Patience::default(),
        needle: None,
    };
    Gateway::new(house, Arc::new(Nobody))
}

pub(crate) fn request(path: &str) -> http::request::Parts {
    let mut request = http::Request::new(());
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = path.parse().expect("a path");
    request
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    request.into_parts().0
}

/// A request for the roster that was sent last.
pub(crate) fn asking(path: &str) -> http::request::Parts {
    let mut head = request(path);
    head.method = http::Method::GET;
    head.headers.clear();
    head
}

pub(crate) async fn carry(gateway: &Gateway, head: &http::request::Parts, body: Bytes) {
    let presented = Presented { peer: ([127, 0, 0, 1], 4000).into(), certificate: None };
    let admitted = gateway.admit(head, &presented).expect("admitted");
    let reply = gateway.exchange(admitted, body).await.expect("carried");
    assert_eq!(reply.status(), 200);
}

fn exchange(c: &mut Criterion) {
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let place = place.expect("a directory");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let gateway = runtime.block_on(async { gateway(&place.path().join("journal")) });
    let mut group = c.benchmark_group("exchange");
    for (name, path, body) in [
        ("1 KB record, known pupil", "/v1/results", record(1)),
        ("roster of 1,000 pupils, known", "/v1/roster", roster_body(1000)),
    ] {
        let head = request(path);
        runtime.block_on(carry(&gateway, &head, body.clone()));
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function(name, |b| {
            b.iter(|| runtime.block_on(carry(&gateway, &head, body.clone())));
        });
    }
    // The one that was sent last comes home.
    let head = asking("/v1/roster");
    group.bench_function("roster of 1,000 pupils, coming home", |b| {
        b.iter(|| runtime.block_on(carry(&gateway, &head, Bytes::new())));
    });
    group.finish();
}

criterion_group!(benches, exchange);
criterion_main!(benches);
