//! The pieces of an exchange, each alone, for counting instructions: `tests/ratchet.py` runs this under callgrind and
//! compares with `benches/instructions.toml`.
//!
//! `counted PIECE COUNT` does a piece COUNT times, each time in [`once`], and nothing else is counted: no start, no
//! other thread. The data are those of the benches, so that a figure here and a time there are of the same work.
#![allow(
    missing_docs,
    dead_code,
    unused_imports,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the benches' own `main`s are not called here; a bench that fails may panic"
)]

use std::hint::black_box;
use std::process::ExitCode;

use sluis::derive::{ScopeKey, Shape};
use sluis::gateway::guard::{Watch, clear};
use sluis::gateway::message::Message;
use sluis::gateway::needle::{Filters, Month, MonthKey};
use sluis::identity::{Identifier, Kind};
use sluis::profile::{Door, Material, builtin};
use sluis::rewrite::{Document, Format, Limits, splice};
use sluis::secret::Secret;

#[path = "derive.rs"]
mod derive;
#[path = "exchange.rs"]
mod exchange;
#[path = "find.rs"]
mod find;
#[path = "guard.rs"]
mod guard;
#[path = "needle.rs"]
mod needle;
#[path = "rewrite.rs"]
mod rewrite;

/// What is counted: `--toggle-collect` names this function.
#[inline(never)]
fn once(piece: &mut dyn FnMut()) {
    piece();
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let [piece, count] = words.as_slice() else {
        // `cargo bench` calls every bench: this one has nothing to time.
        eprintln!("counted PIECE COUNT; tests/ratchet.py calls it under callgrind");
        return ExitCode::SUCCESS;
    };
    let count: usize = count.parse().expect("a count");
    match piece.as_str() {
        "derive" => derive_uuid(count),
        "parse" => parse(count),
        "find" => find_leaving(count),
        "splice" => splice_roster(count),
        "guard" => guard_clean(count),
        "guard-watched" => guard_watched(count),
        "needle" => needle_filter(&needle::roster(1000), count),
        "needle-small" => needle_filter(&needle::record(), count),
        "exchange" => whole("/v1/results", &exchange::record(1), count),
        "exchange-roster" => whole("/v1/roster", &exchange::roster_body(1000), count),
        _ => {
            eprintln!("no such piece: {piece}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// Does the piece twice for nothing, so that caches and lazy tables are there, then `count` times counted.
fn repeat(count: usize, mut piece: impl FnMut()) {
    piece();
    piece();
    for _ in 0..count {
        once(&mut piece);
    }
}

fn derive_uuid(count: usize) {
    let key = ScopeKey::new(&Secret::new([7; 32]), &derive::scope());
    let identifier = Identifier::new(Kind::PUPIL_NUMBER, "9531200417");
    let shape = Shape::parse("uuid").expect("a shape");
    repeat(count, || {
        black_box(key.pseudonym(black_box(&shape), black_box(&identifier), 0));
    });
}

fn parse(count: usize) {
    let source = rewrite::roster(685);
    repeat(count, || {
        black_box(Document::parse(Format::Json, black_box(source.clone()), &Limits::default()).ok());
    });
}

fn find_leaving(count: usize) {
    let profile = builtin("oneroster-1.2").expect("the profile");
    let asked = profile.request("GET", &["rostering", "v1p2", "users"], None).expect("a message");
    let selected = profile.reply(asked, 200, Some("application/json")).expect("a reply");
    let body = Document::parse(Format::Json, find::roster(800), &Limits::default()).expect("a roster");
    let material = Material { body: Some(&body), ..Material::default() };
    repeat(count, || {
        black_box(profile.find(&selected, Door::Leave, false, black_box(&material)).ok());
    });
}

fn splice_roster(count: usize) {
    let document = rewrite::parse(&rewrite::roster(685));
    let changes = rewrite::changes(&document, false);
    repeat(count, || {
        black_box(splice(black_box(&document), black_box(&changes)).ok());
    });
}

fn guard_clean(count: usize) {
    let list = guard::watchlist(&guard::names::pupils(20_260_901, 10_000));
    let (watch, body) = (Watch::new(), guard::roster(1000));
    repeat(count, || {
        black_box(clear(&list, &watch, &[], guard::message(&body)).expect("clean"));
    });
}

/// With what a roster request pays: the exchange's own watch list is filled, too.
fn guard_watched(count: usize) {
    let pupils = guard::names::pupils(20_260_901, 10_000);
    let (list, body) = (guard::watchlist(&pupils), guard::roster(1000));
    repeat(count, || {
        let watch = guard::watch(black_box(&pupils[..1000]));
        black_box(clear(&list, &watch, &[], guard::message(&body)).expect("clean"));
    });
}

fn needle_filter(message: &Message, count: usize) {
    let key = MonthKey::new(Month::parse("2026-11").expect("a month"), Secret::new([7; 32])).expect("a key");
    let mut filters = Filters::new(key);
    repeat(count, || {
        black_box(filters.of(black_box(message)));
    });
}

/// An exchange on one thread; what its journal and vault do on theirs is not counted.
fn whole(path: &str, body: &bytes::Bytes, count: usize) {
    let place = tempfile::tempdir().expect("a directory");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let gateway = runtime.block_on(async { exchange::gateway(&place.path().join("journal")) });
    let head = exchange::request(path);
    repeat(count, || runtime.block_on(exchange::carry(&gateway, &head, body.clone())));
}
