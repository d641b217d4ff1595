//! What parsing and splicing cost: a body of 1 KB, a roster of 300 KB.
//!
//! `cargo bench --bench rewrite`. The roster is made here: invented pupils, as OneRoster 1.2 spells them.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "criterion's macros write public functions; a bench that fails may panic"
)]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use sluis::rewrite::{Change, Document, Format, Limits, NodeKind, splice};

/// One page of `count` users.
pub(crate) fn roster(count: usize) -> Vec<u8> {
    let users: Vec<String> = (0..count)
        .map(|n| {
            format!(
                concat!(
                    r#"{{"sourcedId":"LL-{n:05}","status":"active","dateLastModified":"2026-09-01T08:00:00.000Z","#,
                    r#""enabledUser":"true","username":"canary{n:05}","givenName":"Canary","familyName":"van der Vogel{n}","#,
                    r#""email":"canary{n:05}@school.example","roles":[{{"roleType":"primary","role":"student","#,
                    r#""org":{{"href":"https://sis.example/ims/oneroster/rostering/v1p2/orgs/12AB","sourcedId":"12AB","type":"org"}}}}],"#,
                    r#""grades":["07"]}}"#
                ),
                n = n
            )
        })
        .collect();
    format!("{{\"users\":[{}]}}", users.join(",")).into_bytes()
}

pub(crate) fn parse(source: &[u8]) -> Document {
    match Document::parse(Format::Json, source.to_vec(), &Limits::default()) {
        Ok(document) => document,
        Err(refused) => unreachable!("{refused}"),
    }
}

/// What a profile does to such a page: identifiers, names and addresses replaced, a member dropped.
pub(crate) fn changes(document: &Document, reorder: bool) -> Vec<Change> {
    let mut changes = Vec::new();
    for node in 0..document.len() as u32 {
        match document.name(node).as_ref() {
            "sourcedId" | "username" | "email" => {
                changes.push(Change::Replace { node, text: "p7c6ac5b8f0d94a2b".into() })
            }
            "givenName" | "familyName" => {
                changes.push(Change::Replace { node, text: "Zilverpopulier".into() })
            }
            "enabledUser" => changes.push(Change::Remove { node }),
            "users" if reorder && document.kind(node) == NodeKind::Array => {
                let mut order: Vec<u32> = document.children(node).collect();
                order.reverse();
                changes.push(Change::Reorder { parent: node, order });
            }
            _ => {}
        }
    }
    changes
}

fn measure(criterion: &mut Criterion) {
    for (size, count) in [("1KB", 2), ("300KB", 685)] {
        let source = roster(count);
        let mut group = criterion.benchmark_group(size);
        group.throughput(Throughput::Bytes(source.len() as u64));
        group.bench_function("parse", |bencher| {
            bencher.iter_batched(
                || source.clone(),
                |bytes| Document::parse(Format::Json, black_box(bytes), &Limits::default()),
                BatchSize::LargeInput,
            );
        });
        let document = parse(&source);
        for (name, changes) in [
            ("splice", changes(&document, false)),
            ("splice and reorder", changes(&document, true)),
            ("splice nothing", Vec::new()),
        ] {
            group.bench_function(name, |bencher| {
                bencher.iter(|| splice(black_box(&document), black_box(&changes)))
            });
        }
        group.finish();
    }
}

criterion_group!(benches, measure);
criterion_main!(benches);
