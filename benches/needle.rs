//! What a needle filter costs: off the request's path, for each message that leaves.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "criterion's macros write public functions; a bench that fails may panic"
)]

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http::{HeaderMap, Method};
use sluis::gateway::message::{Head, Message};
use sluis::gateway::needle::{Month, MonthKey, filter_of};
use sluis::secret::Secret;

/// A roster as it leaves: pseudonyms of 32 hexadecimal digits, no names.
pub(crate) fn roster(count: u64) -> Message {
    let mut state = 7_u64;
    let mut roll = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut record = |_| {
        format!(
            r#"{{"studentId":"{:016x}{:016x}","grade":{},"class":"3{}","enrolled":"2026-08-{:02}","active":true,"remark":"goed gewerkt met breuken"}}"#,
            roll(),
            roll(),
            1 + roll() % 6,
            char::from(b'A' + (roll() % 4) as u8),
            1 + roll() % 28,
        )
    };
    let records: Vec<String> = (0..count).map(&mut record).collect();
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/json".parse().expect("a header value"));
    let head = Head::Request { method: Method::POST, target: "/v1/roster".to_owned(), headers };
    Message { head, body: Bytes::from(format!("[{}]", records.join(","))) }
}

fn needle(criterion: &mut Criterion) {
    let raw = sluis::crypto::random().expect("random bytes");
    let key = MonthKey::new(Month::parse("2026-11").expect("a month"), Secret::new(raw)).expect("a key");
    let mut group = criterion.benchmark_group("needle");
    for count in [1, 50, 1000] {
        let message = roster(count);
        let filter = filter_of(&key, &message).len();
        group.throughput(Throughput::Bytes(message.body.len() as u64));
        let name = format!("{count} records, {} bytes, a filter of {filter}", message.body.len());
        group.bench_function(name, |bencher| bencher.iter(|| filter_of(&key, black_box(&message))));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(std::time::Duration::from_secs(2)).warm_up_time(std::time::Duration::from_millis(500));
    targets = needle
}
criterion_main!(benches);
