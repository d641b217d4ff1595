//! What finding costs beside parsing: a roster page of 300 KB under the built-in profile.
//!
//! `cargo bench --bench find`. The roster is made here: invented pupils, as OneRoster 1.2 spells them.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "criterion's macros write public functions; a bench that fails may panic"
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sluis::profile::{Door, Material, builtin};
use sluis::rewrite::{Document, Format, Limits};

pub(crate) fn roster(count: usize) -> Vec<u8> {
    let user = |n: usize| {
        format!(
            concat!(
                r#"{{"sourcedId":"LL-{n:05}","status":"active","dateLastModified":"2026-09-01T08:00:00.000Z","#,
                r#""enabledUser":"true","username":"canary{n:05}","givenName":"Canary","familyName":"Vogel{n}","#,
                r#""email":"canary{n:05}@school.example","roles":[{{"roleType":"primary","role":"student","#,
                r#""org":{{"href":"https://sis.example/orgs/12AB","sourcedId":"12AB","type":"org"}}}}],"#,
                r#""grades":["07"]}}"#
            ),
            n = n
        )
    };
    let users: Vec<String> = (0..count).map(user).collect();
    format!("{{\"users\":[{}]}}", users.join(",")).into_bytes()
}

fn measure(criterion: &mut Criterion) {
    let source = roster(800);
    let Some(profile) = builtin("oneroster-1.2") else { return };
    let Ok(asked) = profile.request("GET", &["rostering", "v1p2", "users"], None) else { return };
    let Ok(selected) = profile.reply(asked, 200, Some("application/json")) else { return };
    let Ok(body) = Document::parse(Format::Json, source.clone(), &Limits::default()) else { return };
    let material = Material { body: Some(&body), ..Material::default() };
    let mut group = criterion.benchmark_group("find");
    group.throughput(Throughput::Bytes(source.len() as u64));
    for (name, door) in [("leave", Door::Leave), ("enter", Door::Enter)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(profile.find(&selected, door, false, black_box(&material))));
        });
    }
    group.finish();
    criterion.bench_function("select", |bencher| {
        bencher.iter(|| black_box(profile.request("GET", black_box(&["rostering", "v1p2", "users"]), None)));
    });
}

criterion_group!(benches, measure);
criterion_main!(benches);
