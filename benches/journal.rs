//! The journal: durable appends with 64 writers, opening, verifying. Files lie on the disk of `target/`.
//!
//! `cargo bench --bench journal`
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "criterion's macros write public functions; a bench that fails may panic"
)]
#![expect(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use sluis::crypto::SigningKey;
use sluis::disk::RealDisk;
use sluis::journal::{
    AddCheckpoint, Book, Decision, Event, Given, Hash, Journal, Leaf, LeafScope, Settings, VaultHead,
    WitnessKey, leaf_hash, prove, verify, verify_proof,
};
use sluis::secret::Secret;

const T0: u64 = 1_790_000_000_000;
const WRITERS: u64 = 64;
const ENTRIES: u64 = 100_000;
/// What the bound of 10 s is about.
const MANY: u64 = 1_000_000;

fn key() -> SigningKey {
    SigningKey::from_seed(&Secret::new([7; 32]))
}

/// A leaf of ordinary size (about 420 bytes) with one pupil.
fn exchange(number: u64) -> (Leaf, Vec<Hash>) {
    let mut leaf = Leaf::new(Event::LEFT, T0);
    leaf.exchange = Some([7; 16]);
    leaf.scope = Some(LeafScope {
        school: "12AB00".into(),
        publisher: "uitgeverij".into(),
        epoch: "2026-2027".into(),
    });
    leaf.route = "/ims/oneroster/rostering/v1p2/students/{id}".into();
    leaf.decision = Decision::Passed;
    leaf.rules = vec![
        ("student.reply $.user.familyName label".into(), 1),
        ("student.reply $.user.sourcedId pseudonym".into(), 1),
    ];
    leaf.profile = Some([1; 32]);
    leaf.configuration = Some([2; 32]);
    leaf.binary = Some([3; 32]);
    leaf.keys = vec![("scope".into(), 1)];
    leaf.vault = Some(VaultHead { sequence: number, chain: [4; 32] });
    leaf.left = Some([5; 32]);
    (leaf, vec![leaf_hash(&number.to_be_bytes())])
}

fn open(directory: &Path) -> Journal {
    let settings = Settings {
        origin: "sluis.test/bench".into(),
        key_version: 1,
        earlier_keys: Vec::new(),
        accept_clock: false,
    };
    Journal::open(Arc::new(RealDisk), directory, &settings, &key(), T0).unwrap().0
}

fn directory() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// Every writer waits for each of its leaves to be durable before it hands in the next.
fn append(journal: &Arc<Journal>, entries: u64) -> Duration {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let begun = Instant::now();
    runtime.block_on(async {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let journal = Arc::clone(journal);
                tokio::spawn(async move {
                    for number in (writer..entries).step_by(WRITERS as usize) {
                        let (leaf, commitments) = exchange(number);
                        journal.append(leaf, commitments).await.unwrap();
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
    });
    begun.elapsed()
}

fn journal(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("journal");
    group.sample_size(10).throughput(Throughput::Elements(1));
    let place = directory();
    let appending = Arc::new(open(place.path()));
    group.bench_function("append, durable, 64 writers", |bencher| {
        bencher.iter_custom(|entries| append(&appending, entries));
    });
    let counts = appending.counts();
    eprintln!("{} records in {} syncs", counts.records, counts.syncs);
    drop(appending);
    let (leaf, _) = exchange(1);
    group.bench_function("encode a leaf", |bencher| bencher.iter(|| black_box(&leaf).encode().unwrap()));

    let place = directory();
    let journal = Arc::new(open(place.path()));
    append(&journal, ENTRIES);
    let begun = Instant::now();
    journal.checkpoint(&key()).unwrap();
    eprintln!("first checkpoint over {ENTRIES} entries: {:?}", begun.elapsed());
    let vkey = journal.vkey().clone();
    drop(journal);
    group.throughput(Throughput::Elements(ENTRIES));
    group.bench_function("verify 100,000 entries", |bencher| {
        bencher.iter(|| assert!(verify(place.path(), std::slice::from_ref(&vkey), None).is_good()));
    });
    group.bench_function("open with 100,000 entries", |bencher| {
        bencher.iter_batched(|| (), |()| open(place.path()), BatchSize::PerIteration);
    });
    let journal = Arc::new(open(place.path()));
    append(&journal, MANY - ENTRIES);
    journal.checkpoint(&key()).unwrap();
    let sent = journal.submission(0).unwrap();
    drop(journal);
    group.throughput(Throughput::Elements(MANY));
    group.bench_function("verify 1,000,000 entries", |bencher| {
        bencher.iter(|| {
            let report = verify(place.path(), std::slice::from_ref(&vkey), None);
            assert!(report.is_good() && report.size == MANY);
        });
    });
    group.throughput(Throughput::Elements(1));
    let trusted = std::slice::from_ref(&vkey);
    group.bench_function("prove one of 1,000,000 entries", |bencher| {
        bencher.iter(|| prove(place.path(), trusted, black_box(765_432)).unwrap());
    });
    let proof = prove(place.path(), trusted, 765_432).unwrap().text();
    let given = Given { trusted, ..Given::default() };
    group.bench_function("verify a proof", |bencher| {
        bencher.iter(|| assert!(verify_proof(black_box(&proof), &given).report.is_good()));
    });
    // A witness: signature, book on the disk.
    let (own, seed) = (SigningKey::from_seed(&Secret::new([9; 32])), Secret::new([9; 32]));
    let name = WitnessKey::new("witness.test", own.verifying_key().to_bytes()).unwrap();
    group.bench_function("be cosigned: check, write the book, sign", |bencher| {
        bencher.iter_batched(
            || {
                let place = directory();
                let key = SigningKey::from_seed(&seed);
                let book = Book::open(Arc::new(RealDisk), place.path(), name.clone(), key).unwrap();
                book.add_log(&vkey).unwrap();
                (place, book)
            },
            |(place, book)| {
                let first = AddCheckpoint { old: 0, proof: Vec::new(), note: sent.note.clone() };
                book.add_checkpoint(&first.body(), 1).unwrap();
                place
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, journal);
criterion_main!(benches);
