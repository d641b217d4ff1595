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
use sluis::gateway::needle::{Filters, Month, MonthKey};
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

/// A learning record of a kilobyte as it leaves, with the head of a usual client.
pub(crate) fn record() -> Message {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("host", "api.rekenwonder.example"),
        ("user-agent", "sis-sync/4.2"),
        ("accept", "application/json"),
        ("accept-language", "nl-NL"),
        ("content-type", "application/json"),
        ("content-length", "1018"),
        ("x-request-id", "7d1f6a52-90c3-4c0e-8a44-0c6c2f0f9b11"),
    ] {
        headers.insert(name, value.parse().expect("a header value"));
    }
    let items = ["aar-868", "bio-101", "ned-576", "wis-078", "ned-519", "nat-694", "eng-109", "ges-158"];
    let result = |(at, item): (usize, &&str)| {
        format!(
            r#"{{"item":"{item}","score":{}.{},"attempts":{},"seconds":{},"done":{}}}"#,
            3 + at % 5,
            at,
            1 + at % 4,
            37 * at + 5,
            at % 3 > 0
        )
    };
    let results: Vec<String> = items.iter().enumerate().map(result).collect();
    let body = format!(
        r#"{{"requestId":"c8663eb4-518f-47a5-985c-24824a852170","type":"learning-record","issuedAt":"2026-09-06T14:21:00Z","school":{{"brin":"99XX","location":"01"}},"student":{{"studentId":"4f0d3c1a8be244f79d1ee2a71f3c5b60","displayName":"Leerling K7QF","grade":5,"class":"6C","locale":"nl-NL"}},"course":{{"id":"natuurkunde","isbn":"9785710928977","edition":5}},"results":[{}],"note":"Hoofdstuk 4 §2 – \"herhaling\" \\ toets afgerond in de les"}}"#,
        results.join(",")
    );
    let head = Head::Request { method: Method::POST, target: "/v1/results".to_owned(), headers };
    Message { head, body: Bytes::from(body) }
}

fn needle(criterion: &mut Criterion) {
    let raw = sluis::crypto::random().expect("random bytes");
    let key = MonthKey::new(Month::parse("2026-11").expect("a month"), Secret::new(raw)).expect("a key");
    let mut filters = Filters::new(key);
    let mut group = criterion.benchmark_group("needle");
    let rosters = [1, 50, 1000].map(|count| (format!("{count} records"), roster(count)));
    for (name, message) in rosters.into_iter().chain([("a learning record".to_owned(), record())]) {
        let filter = filters.of(&message).len();
        group.throughput(Throughput::Bytes(message.body.len() as u64));
        let name = format!("{name}, {} bytes, a filter of {filter}", message.body.len());
        group.bench_function(name, |bencher| bencher.iter(|| filters.of(black_box(&message))));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(std::time::Duration::from_secs(2)).warm_up_time(std::time::Duration::from_millis(500));
    targets = needle
}
criterion_main!(benches);
