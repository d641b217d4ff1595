//! What a pseudonym costs, uncached: the contract allows 300 ns, an `eckid` 1 µs.
//!
//! `cargo bench --bench derive`.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "criterion's macros write public functions; a bench that fails may panic"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use sluis::derive::{Core, Label, ScopeKey, Shape};
use sluis::identity::{Epoch, Identifier, Kind, Publisher, School, Scope};
use sluis::secret::Secret;

pub(crate) fn scope() -> Scope {
    let read = "the names are well formed";
    Scope {
        school: School::parse("12AB").expect(read),
        publisher: Publisher::parse("rekenwonder").expect(read),
        epoch: Epoch::parse("2026-2027").expect(read),
    }
}

fn derive(c: &mut Criterion) {
    let key = ScopeKey::new(&Secret::new(sluis::crypto::random().expect("random numbers")), &scope());
    let identifier = Identifier::new(Kind::PUPIL_NUMBER, "9531200417");
    let mut group = c.benchmark_group("derive");
    for shape in [
        "uuid",
        "hex",
        "base32",
        "digits:12",
        "uri:https://sluis.petteflat.example/p/",
        "email:leerling.petteflat.example",
        "eckid:https://sluis.petteflat.example/202608/",
    ] {
        let read = Shape::parse(shape).expect("a shape");
        let name = shape.split(':').next().unwrap_or(shape);
        group.bench_function(name, |b| b.iter(|| key.pseudonym(black_box(&read), black_box(&identifier), 0)));
    }
    group.bench_function("label", |b| {
        let core: Core = key.core(&identifier, 0);
        b.iter(|| Label::derive(black_box(&core), 0, &|_| false));
    });
    group.bench_function("identifier, to its canonical form", |b| {
        b.iter(|| Identifier::new(Kind::PUPIL_NUMBER, black_box("9531200417")));
    });
    group.finish();
}

criterion_group!(benches, derive);
criterion_main!(benches);
