//! Other people's payloads, read where they lie and never copied; and how many of them are tried.

use std::path::PathBuf;
use std::sync::OnceLock;

use serde::de::DeserializeOwned;

/// True under `make attack`: every payload. Otherwise a sample.
pub(crate) fn full() -> bool {
    std::env::var("SLUIS_ATTACK").is_ok_and(|said| said == "full")
}

/// A file or folder of `../shared/corpora`; none when this clone stands alone, and then it says so.
pub(crate) fn corpus(name: &str) -> Option<PathBuf> {
    // A worktree may stand one level deeper.
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let path = ["../shared/corpora", "../../shared/corpora"]
        .iter()
        .map(|shared| root.join(shared).join(name))
        .find(|path| path.exists());
    if path.is_none() {
        println!("skipped: attack: shared/corpora/{name} is not here; own cases only");
    }
    path
}

/// A JSON file of the corpora.
pub(crate) fn read<T: DeserializeOwned>(name: &str) -> Option<T> {
    let text = std::fs::read(corpus(name)?).unwrap();
    Some(serde_json::from_slice(&text).unwrap())
}

/// All of them in full, else about `most`, evenly at random; the seed is printed once.
pub(crate) fn some<T>(all: Vec<T>, most: usize) -> Vec<T> {
    if full() || all.len() <= most {
        return all;
    }
    let (count, mut dice) = (all.len(), Dice(seed()));
    all.into_iter().filter(|_| usize::try_from(dice.roll() % count as u64).unwrap() < most).collect()
}

fn seed() -> u64 {
    static SEED: OnceLock<u64> = OnceLock::new();
    *SEED.get_or_init(|| {
        let said = std::env::var("SLUIS_SEED").ok().and_then(|said| said.parse().ok());
        let now = || std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(1, |now| now.as_nanos() as u64);
        let seed = said.unwrap_or_else(now) | 1;
        println!("attack: seed {seed} (SLUIS_SEED repeats it)");
        seed
    })
}

/// Random numbers that can be repeated: xorshift64*.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }
}
