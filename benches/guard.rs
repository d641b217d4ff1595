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

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use http::{HeaderMap, Method};
use sluis::gateway::guard::{Watch, WatchKind, Watched, Watchlist, clear};
use sluis::gateway::message::{Head, Message};

const GIVEN: [&str; 26] = [
    "Anouk", "Bram", "Chloé", "Daan", "Eva", "Finn", "Gijs", "Hanna", "Ilse", "Jasper", "Kim", "Lars",
    "Mila", "Noor", "Olaf", "Puck", "Quinten", "Roos", "Sem", "Tess", "Umut", "Vera", "Wout", "Xander",
    "Yara", "Zoë",
];
const FAMILY: [&str; 18] = [
    "Bakker", "Visser", "Smit", "Meijer", "Mulder", "Bos", "Vos", "Peters", "Hendriks", "Dekker", "Brouwer",
    "Dijkstra", "Smits", "Kok", "Jacobs", "Prins", "Öztürk", "Nguyễn",
];
const PREFIX: [&str; 6] = ["", "", "", "de ", "van ", "van der "];
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

/// Numbers that look random and repeat (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.roll() % bound as u64) as usize
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

struct Pupil {
    number: String,
    given: String,
    family: String,
    email: String,
}

fn pupils(count: usize) -> Vec<Pupil> {
    let mut dice = Dice(20_260_901);
    let pupil = |at| {
        let number = format!("s{}", 2_000_000 + at);
        let given = dice.pick(&GIVEN).to_owned();
        let family =
            format!("{}{}{}", dice.pick(&PREFIX), dice.pick(&FAMILY), if at % 3 == 0 { "sen" } else { "" });
        let email = format!("{at}.{}@leerling.obs-devlinder.example", family.replace(' ', "").to_lowercase());
        Pupil { number, given, family, email }
    };
    (0..count).map(pupil).collect()
}

fn watchlist(pupils: &[Pupil]) -> Watchlist {
    Watchlist::build((0_u32..).zip(pupils).flat_map(|(person, pupil)| {
        [
            (WatchKind::Identifier, &pupil.number),
            (WatchKind::GivenName, &pupil.given),
            (WatchKind::FamilyName, &pupil.family),
            (WatchKind::Email, &pupil.email),
        ]
        .map(|(kind, text)| Watched { person, kind, text })
    }))
}

/// What the rig's roster request watches for: number, names, and the two together.
fn watch(pupils: &[Pupil]) -> Watch {
    let mut watch = Watch::new();
    for (person, pupil) in (0_u32..).zip(pupils) {
        watch.add(Some(person), WatchKind::Identifier, &pupil.number);
        watch.add(Some(person), WatchKind::GivenName, &pupil.given);
        watch.add(Some(person), WatchKind::FamilyName, &pupil.family);
        watch.add(Some(person), WatchKind::FullName, &format!("{} {}", pupil.given, pupil.family));
    }
    watch
}

/// The rig's roster once masked: pseudonyms of 32 hexadecimal digits, no names.
fn roster(count: usize) -> Bytes {
    let mut dice = Dice(7);
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

fn message(body: &Bytes) -> Message {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/json".parse().expect("a header value"));
    headers.insert("accept", "application/json".parse().expect("a header value"));
    Message {
        head: Head::Request { method: Method::POST, target: "/v1/roster".to_owned(), headers },
        body: body.clone(),
    }
}

fn guard(criterion: &mut Criterion) {
    let body = roster(1000);
    let everyone = pupils(100_000);
    let mut group = criterion.benchmark_group("guard");
    group.throughput(Throughput::Bytes(body.len() as u64));
    for count in [10_000, 100_000] {
        let list = watchlist(&everyone[..count]);
        group.bench_function(format!("roster of {count}, nothing masked"), |bencher| {
            let watch = Watch::new();
            bencher.iter(|| clear(&list, &watch, &[], message(black_box(&body))).expect("clean"));
        });
    }
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
    criterion.bench_function("guard: watchlist of 10000 built", |bencher| {
        bencher.iter(|| watchlist(black_box(&everyone[..10_000])));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(std::time::Duration::from_secs(2)).warm_up_time(std::time::Duration::from_millis(500));
    targets = guard
}
criterion_main!(benches);
