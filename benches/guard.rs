//! What the guard costs: clean JSON under a roster, and under the values of its own exchange.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "criterion's macros write public functions; a bench that fails may panic"
)]

use std::hint::black_box;
use std::time::Instant;

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use http::{HeaderMap, Method};
use sluis::gateway::guard::{Watch, WatchKind, Watched, Watchlist, clear};
use sluis::gateway::message::{Head, Message};

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "shared with the leak suite, which uses all of it"
)]
#[path = "../tests/it/support/names.rs"]
pub(crate) mod names;

use names::{Dice, Pupil, pupils};

const SUBJECTS: [&str; 8] = [
    "wiskunde-b",
    "nederlands",
    "engels",
    "biologie",
    "natuurkunde",
    "aardrijkskunde",
    "geschiedenis",
    "economie",
];

/// Everything that a register tells the guard of these pupils.
pub(crate) fn watchlist(pupils: &[Pupil]) -> Watchlist {
    let whole: Vec<String> =
        pupils.iter().map(|pupil| format!("{} {}", pupil.prefix, pupil.family)).collect();
    let born: Vec<String> = pupils.iter().map(Pupil::birth_date).collect();
    let values =
        pupils.iter().zip(&whole).zip(&born).enumerate().flat_map(|(person, ((pupil, whole), born))| {
            let values = [
                (WatchKind::Identifier, &pupil.number),
                (WatchKind::Identifier, &pupil.user),
                (WatchKind::Identifier, &pupil.eck),
                (WatchKind::GivenName, &pupil.given),
                (WatchKind::FamilyName, &pupil.family),
                (WatchKind::FamilyName, whole),
                (WatchKind::Email, &pupil.email),
                (WatchKind::Phone, &pupil.phone),
                (WatchKind::BirthDate, born),
            ];
            values.map(|(kind, text)| Watched { person: person as u32, kind, text })
        });
    Watchlist::build(values)
}

/// What the rig's roster request watches for: number, names, and the two together.
pub(crate) fn watch(pupils: &[Pupil]) -> Watch {
    let mut watch = Watch::new();
    for (person, pupil) in (0_u32..).zip(pupils) {
        watch.add(Some(person), WatchKind::Identifier, &pupil.number);
        watch.add(Some(person), WatchKind::GivenName, &pupil.given);
        watch.add(Some(person), WatchKind::FamilyName, &pupil.family);
        watch.add(Some(person), WatchKind::FullName, &pupil.name());
    }
    watch
}

/// The rig's roster once masked: pseudonyms of 32 hexadecimal digits, no names.
pub(crate) fn roster(count: usize) -> Bytes {
    let mut dice = Dice::new(7);
    let record = |_| {
        let courses: Vec<String> = (0..4)
            .map(|_| format!(r#"{{"id":"{}","hours":{}}}"#, dice.pick(&SUBJECTS), 1 + dice.below(5)))
            .collect();
        let reference = dice.roll();
        format!(
            r#"{{"studentId":"{:016x}{:016x}","grade":{},"class":"{}{}","enrolled":"202{}-08-{}","active":true,"courses":[{}],"ref":"{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}"}}"#,
            dice.roll(),
            dice.roll(),
            1 + dice.below(6),
            1 + dice.below(6),
            dice.pick(&["A", "B", "C", "D"]),
            1 + dice.below(6),
            10 + dice.below(19),
            courses.join(","),
            reference >> 32,
            reference >> 16 & 0xFFFF,
            reference & 0xFFF,
            reference >> 4 & 0xFFF,
            dice.roll() >> 16,
        )
    };
    let records: Vec<String> = (0..count).map(record).collect();
    Bytes::from(format!("[{}]", records.join(",")))
}

pub(crate) fn message(body: &Bytes) -> Message {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/json".parse().expect("a header value"));
    headers.insert("accept", "application/json".parse().expect("a header value"));
    Message {
        head: Head::Request { method: Method::POST, target: "/v1/roster".to_owned(), headers },
        body: body.clone(),
    }
}

/// The most pupils that a school may have.
const MOST: usize = 1_000_000;

fn guard(criterion: &mut Criterion) {
    let body = roster(1000);
    let everyone = pupils(20_260_901, MOST);
    for count in [10_000, 100_000, MOST] {
        let start = Instant::now();
        let list = watchlist(&everyone[..count]);
        eprintln!(
            "watchlist of {count}: built in {:?}, {} bytes a pupil",
            start.elapsed(),
            list.memory() / count
        );
        let mut group = criterion.benchmark_group("guard");
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function(format!("roster of {count}, nothing masked"), |bencher| {
            let watch = Watch::new();
            bencher.iter(|| clear(&list, &watch, &[], message(black_box(&body))).expect("clean"));
        });
        group.finish();
    }
    let mut group = criterion.benchmark_group("guard");
    group.throughput(Throughput::Bytes(body.len() as u64));
    let list = watchlist(&everyone[..10_000]);
    group.bench_function("roster of 10000, 1000 pupils masked", |bencher| {
        bencher.iter_batched(
            || watch(&everyone[..1000]),
            |watch| clear(&list, &watch, &[], message(black_box(&body))).expect("clean"),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("watch of 1000 pupils filled", |bencher| {
        bencher.iter(|| watch(black_box(&everyone[..1000])));
    });
    group.finish();
    let mut group = criterion.benchmark_group("guard: start-up");
    group.sample_size(10);
    for count in [10_000, 100_000] {
        group.bench_function(format!("watchlist of {count} built"), |bencher| {
            bencher.iter(|| watchlist(black_box(&everyone[..count])));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(std::time::Duration::from_secs(2)).warm_up_time(std::time::Duration::from_millis(500));
    targets = guard
}
criterion_main!(benches);
