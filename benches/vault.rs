//! What the vault costs: remembering and revealing, cached, from the index, and new and durable; and starting.
//!
//! `cargo bench --bench vault`. Durable figures depend on the disk: they include one `fdatasync` a call.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "criterion's macros write public functions; a bench that fails may panic"
)]
#![expect(clippy::unwrap_used, reason = "a bench stops at the first thing that goes wrong")]

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sluis::clock::Timestamp;
use sluis::derive::Shape;
use sluis::disk::{RealDisk, durable_write};
use sluis::identity::{Epoch, Identifier, Kind, Publisher, School, Scope};
use sluis::vault::{Avoid, LabelAsk, MaskAsk, Part, Person, RevealAsk, Settings, Unlock, Vault};
use tokio::runtime::Runtime;

const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const PUPILS: u64 = 100_000;

struct Place {
    directory: tempfile::TempDir,
    scope: Scope,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir_in("target").unwrap();
        let key = sluis::crypto::random::<32>().unwrap();
        durable_write(&RealDisk, &directory.path().join("unseal.key"), &key).unwrap();
        let scope = Scope {
            school: School::parse("12AB").unwrap(),
            publisher: Publisher::parse("rekenwonder").unwrap(),
            epoch: Epoch::parse("2026-2027").unwrap(),
        };
        let place = Self { directory, scope };
        let vault = Vault::create(&place.settings(1000), &place.unlock(), NOW).unwrap();
        vault.open_epoch(&place.scope.school, &place.scope.publisher, &place.scope.epoch, NOW).unwrap();
        place
    }

    fn settings(&self, cache_entries: usize) -> Settings {
        let mut settings = Settings::at(self.directory.path().join("vault"));
        settings.cache_entries = cache_entries;
        settings
    }

    fn unlock(&self) -> Unlock {
        Unlock::KeyFile(self.directory.path().join("unseal.key"))
    }

    fn open(&self, cache_entries: usize) -> Vault {
        Vault::open(&self.settings(cache_entries), &self.unlock(), None, &mut |_| {}).unwrap()
    }
}

fn pupil(number: u64) -> Identifier {
    Identifier::new(Kind::PUPIL_NUMBER, &format!("{}", 1_000_000 + number))
}

async fn mask(vault: &Vault, scope: &Scope, pupils: &[Identifier]) -> Vec<String> {
    let shape = Shape::Uuid;
    let avoid: Avoid = Arc::new(|_| false);
    let asks: Vec<_> = pupils
        .iter()
        .map(|identifier| MaskAsk { identifier, shape: &shape, number: false, minted: false })
        .collect();
    let answer = vault.mask(scope, &asks, &[], &avoid).await.unwrap();
    answer.masked.into_iter().map(|masked| masked.pseudonym.as_str().to_owned()).collect()
}

async fn mask_labelled(vault: &Vault, scope: &Scope, pupil: &Identifier, avoid: &Avoid) {
    let shape = Shape::Uuid;
    let asks = [MaskAsk { identifier: pupil, shape: &shape, number: false, minted: false }];
    let label = |slot, part| LabelAsk { person: Person::Ask(0), slot, part, original: "Jip" };
    let labels = [label("given", Part::Given), label("family", Part::Family)];
    black_box(vault.mask(scope, &asks, &labels, avoid).await.unwrap());
}

async fn reveal(vault: &Vault, scope: &Scope, texts: &[String]) {
    let asks: Vec<_> =
        texts.iter().map(|text| RevealAsk { text, kind: Kind::PUPIL_NUMBER, number: false }).collect();
    black_box(vault.reveal(&scope.school, &scope.publisher, &asks).await.unwrap());
}

fn known(criterion: &mut Criterion, runtime: &Runtime, place: &Place, texts: &[String]) {
    for (name, cache_entries) in [("cached", 400_000), ("uncached", 64)] {
        let vault = place.open(cache_entries);
        let pupils: Vec<_> = (0..PUPILS).map(pupil).collect();
        if cache_entries > 64 {
            runtime.block_on(mask(&vault, &place.scope, &pupils));
            runtime.block_on(reveal(&vault, &place.scope, texts));
        }
        let next = AtomicU64::new(0);
        for size in [1_u64, 500] {
            let mut group = criterion.benchmark_group(format!("vault/{name}"));
            group.throughput(Throughput::Elements(size));
            // Strides that do not repeat soon, so that `uncached` stays so.
            let part = || {
                let at = next.fetch_add(size * 7919, Ordering::Relaxed) % (PUPILS - size);
                usize::try_from(at).unwrap()..usize::try_from(at + size).unwrap()
            };
            group.bench_function(BenchmarkId::new("mask", size), |bencher| {
                bencher.to_async(runtime).iter(|| mask(&vault, &place.scope, &pupils[part()]));
            });
            group.bench_function(BenchmarkId::new("reveal", size), |bencher| {
                bencher.to_async(runtime).iter(|| reveal(&vault, &place.scope, &texts[part()]));
            });
            group.finish();
        }
        if cache_entries > 64 {
            let avoid: Avoid = Arc::new(|_| false);
            let pupil = pupil(1);
            runtime.block_on(mask_labelled(&vault, &place.scope, &pupil, &avoid));
            criterion.bench_function("vault/cached/mask with two labels", |bencher| {
                bencher.to_async(runtime).iter(|| mask_labelled(&vault, &place.scope, &pupil, &avoid));
            });
        }
    }
}

fn durable(criterion: &mut Criterion, runtime: &Runtime) {
    let place = Place::new();
    let vault = Arc::new(place.open(10_000));
    let next = Arc::new(AtomicU64::new(0));
    let mut group = criterion.benchmark_group("vault/durable");
    group.sample_size(20);
    for size in [1_u64, 500] {
        group.throughput(Throughput::Elements(size));
        group.bench_function(BenchmarkId::new("mask new", size), |bencher| {
            bencher.to_async(runtime).iter(|| {
                let first = next.fetch_add(size, Ordering::Relaxed);
                let pupils: Vec<_> = (first..first + size).map(pupil).collect();
                let (vault, scope) = (&vault, &place.scope);
                async move { mask(vault, scope, &pupils).await }
            });
        });
    }
    group.throughput(Throughput::Elements(64));
    group.bench_function("64 callers, one new pupil each", |bencher| {
        bencher.to_async(runtime).iter(|| {
            let callers: Vec<_> = (0..64)
                .map(|_| {
                    let (vault, scope) = (Arc::clone(&vault), place.scope.clone());
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    tokio::spawn(async move { mask(&vault, &scope, &[pupil(number)]).await })
                })
                .collect();
            async move {
                for caller in callers {
                    black_box(caller.await.unwrap());
                }
            }
        });
    });
    group.finish();
}

fn starting(criterion: &mut Criterion, place: &Place) {
    let mut group = criterion.benchmark_group("vault/start");
    group.sample_size(10);
    group.bench_function("100,000 mappings, index whole", |bencher| bencher.iter(|| place.open(1000)));
    group.bench_function("100,000 mappings, index built again", |bencher| {
        bencher.iter(|| {
            std::fs::remove_dir_all(place.directory.path().join("vault/index")).unwrap();
            place.open(1000)
        });
    });
    group.finish();
}

fn roster(criterion: &mut Criterion, place: &Place) {
    use std::fmt::Write;
    let vault = place.open(1000);
    let mut text = String::from("leerlingnummer;email;roepnaam;tussenvoegsel;achternaam;geboortedatum\n");
    for number in 0..PUPILS {
        writeln!(text, "{number};p{number}@petteflat.example;Jip{number};van den;Hart{number};31-12-2010")
            .unwrap();
    }
    let path = place.directory.path().join("roster");
    let mut group = criterion.benchmark_group("roster");
    group.sample_size(10);
    group.throughput(Throughput::Elements(PUPILS));
    let import = || sluis::roster::import(text.as_bytes(), NOW, &mut |_| {}).unwrap();
    group.bench_function("import 100,000 pupils", |bencher| bencher.iter(import));
    let mut roster = import();
    group.bench_function("save", |bencher| bencher.iter(|| roster.save(&path, &vault).unwrap()));
    group.bench_function("load", |bencher| {
        bencher.iter(|| sluis::roster::Roster::load(&path, &vault).unwrap().unwrap());
    });
    group.finish();
}

fn all(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let place = Place::new();
    let vault = place.open(1000);
    let mut texts = Vec::new();
    for first in (0..PUPILS).step_by(1000) {
        let pupils: Vec<_> = (first..first + 1000).map(pupil).collect();
        texts.extend(runtime.block_on(mask(&vault, &place.scope, &pupils)));
    }
    drop(vault);
    known(criterion, &runtime, &place, &texts);
    durable(criterion, &runtime);
    starting(criterion, &place);
    roster(criterion, &place);
}

criterion_group!(benches, all);
criterion_main!(benches);
