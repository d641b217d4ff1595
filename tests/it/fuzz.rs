//! The fuzz targets under plain `cargo test`: every seed, everything that once failed, and changes of both.
//!
//! `tests/fuzz/run.sh` runs the same functions led by coverage. Here the changes are drawn from a printed seed:
//! `SLUIS_SEED=n` repeats a run, `SLUIS_FUZZ_S=n` gives it n seconds in all. An input that fails is kept in
//! `target/fuzz-failed/`; mended, it belongs into `tests/fuzz/failed/`.

#[allow(unreachable_pub, reason = "it is a crate of its own elsewhere")]
#[path = "../fuzz/src/targets/mod.rs"]
mod targets;

use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use targets::{LEFT, TARGETS, Target};

use super::support::names::Dice;
use super::support::scan;

/// Seconds for all targets together, unless the environment says otherwise.
const SECONDS: u64 = 60;

/// What random bytes would never spell.
const WORDS: [&[u8]; 36] = [
    b"LL-10024",
    b"LL-10027",
    b"734000152",
    b"qz998877",
    "Zoë Çelikbaş".as_bytes(),
    b"Maarten 't Hartogh",
    b"Boerema, Sanne de",
    b"z.celikbas@leerling.vogel.example",
    b"Qzwolsen",
    b"@0",
    b"@4",
    b"\\u0041",
    b"\\ud83e\\uddd1",
    b"%25",
    b"%4C",
    b"&#76;",
    b"TEwtMTAwMjQ",
    b"4c4c2d3130303234",
    b"\xef\xbb\xbf",
    b"\xe2\x80\x8b",
    b"\xcc\x88",
    b"\0",
    b"\r\n",
    b"\n\n",
    b"{\"id\":",
    b"[[[[",
    b"\"remark\":\"",
    b"1e999",
    b"-0",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Length: 0\r\n",
    b"\xff\xff\xff\xff",
    b"\x80\0\0\0",
    b"<!DOCTYPE a>",
    b"PK\x01\x02",
    b"..",
];

#[test]
fn seeds_and_what_once_failed_hold() {
    let mut failed = Vec::new();
    for target in TARGETS {
        assert!(!inputs(target.0, "seeds").is_empty(), "{}: no seed corpus", target.0);
        for (path, data) in all_inputs(target.0) {
            failed.extend(run(target, &data, &path.display().to_string()));
        }
        if target.0.starts_with("leave-") {
            let left = LEFT.swap(0, Ordering::Relaxed);
            println!("{}: {left} messages left", target.0);
            assert!(left > 0, "{}: no seed leaves, so nothing is shown", target.0);
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn changes_of_them_hold_too() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seed = number("SLUIS_SEED").unwrap_or_else(|| RandomState::new().hash_one(1) | 1);
    let seconds = number("SLUIS_FUZZ_S").unwrap_or(SECONDS);
    println!("seed {seed}: repeat with SLUIS_SEED={seed}");
    // SLUIS_FUZZ_TARGET=name gives one of them the time that each has.
    let each = Duration::from_millis(seconds * 1000 / TARGETS.len() as u64);
    let mut failed = Vec::new();
    let only = std::env::var("SLUIS_FUZZ_TARGET").ok();
    for target in TARGETS.iter().filter(|target| only.as_ref().is_none_or(|only| only == target.0)) {
        let name = target.0;
        let mut dice = Dice::new(seed);
        let all: Vec<Vec<u8>> = all_inputs(name).into_iter().map(|(_, data)| data).collect();
        let (begun, mut count) = (Instant::now(), 0_u64);
        while begun.elapsed() < each {
            let what = format!("seed {seed}, change {count}");
            let wrong = run(target, &changed(&all, &mut dice), &what);
            count += 1;
            if wrong.is_some() {
                failed.extend(wrong);
                break;
            }
        }
        println!("{name}: {count} changed inputs");
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// The folders of targets and the targets are the same set: a forgotten one would fuzz nothing.
#[test]
fn every_target_has_a_binary_and_every_seed_a_target() {
    let manifest = std::fs::read_to_string(home().join("Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("[[bin]]\nname = \"{name}\"\n")), "{name}: no binary");
    }
    for folder in ["seeds", "failed"] {
        for entry in std::fs::read_dir(home().join(folder)).into_iter().flatten() {
            let name = entry.unwrap().file_name();
            assert!(TARGETS.iter().any(|(known, _)| name == *known), "{folder}/{}", name.display());
        }
    }
}

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz")
}

fn inputs(target: &str, folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(home().join(folder).join(target)).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = paths.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();
    found.sort();
    found
}

fn all_inputs(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    [inputs(target, "seeds"), inputs(target, "failed")].concat()
}

/// Where an input was kept that fails, or takes too long; none when it holds.
fn run((name, target): &Target, data: &[u8], what: &str) -> Option<String> {
    let begun = Instant::now();
    let ended = catch_unwind(AssertUnwindSafe(|| target(data)));
    let slow = begun.elapsed() > Duration::from_secs(10);
    if ended.is_ok() && !slow {
        return None;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fuzz-failed").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{:x}", md5_of(data)));
    std::fs::write(&path, data).unwrap();
    Some(format!("{name}, {what}{}: {}", if slow { ", too slow" } else { "" }, path.display()))
}

fn md5_of(data: &[u8]) -> u128 {
    use md5::Digest as _;
    u128::from_be_bytes(md5::Md5::digest(data).into())
}

/// A seed, changed in one to eight places.
fn changed(all: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut data = all[dice.below(all.len())].clone();
    for _ in 0..=dice.below(8) {
        let at = dice.below(data.len() + 1);
        let end = (at + dice.below(16)).min(data.len());
        match dice.below(9) {
            0 => data.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << dice.below(8)),
            1 => data.iter_mut().skip(at).take(1).for_each(|byte| *byte = dice.below(256) as u8),
            2 => data.insert(at, dice.below(256) as u8),
            3 => drop(data.drain(at..end)),
            4 => {
                let again = data[at..end].to_vec();
                let to = dice.below(data.len() + 1);
                data.splice(to..to, again);
            }
            5 | 6 => {
                let word = WORDS[dice.below(WORDS.len())];
                data.splice(at..at, word.iter().copied());
            }
            7 => {
                let word = WORDS[dice.below(WORDS.len())];
                data.splice(at..end, word.iter().copied());
            }
            _ => {
                let other = &all[dice.below(all.len())];
                let from = dice.below(other.len() + 1);
                let most = (from + dice.below(64)).min(other.len());
                data.splice(at..end, other[from..most].iter().copied());
            }
        }
        data.truncate(1 << 14);
    }
    data
}
