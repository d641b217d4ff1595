//! `kill -9` at random moments: whatever was acknowledged is there afterwards, as it was.
//!
//! The child is this test binary itself, told by its environment. It says each acknowledged answer on its
//! standard output; the parent kills it, keeps what was said in whole lines, and starts the next one with the
//! newest head, as a journal would. `SLUIS_SEED=n` repeats a run, `SLUIS_ROUNDS=n` makes it longer.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sluis::clock::Timestamp;
use sluis::derive::Shape;
use sluis::disk::{RealDisk, durable_write};
use sluis::identity::{Epoch, Identifier, Kind, Publisher, School, Scope};
use sluis::vault::{
    Avoid, Head, LabelAsk, MaskAsk, OriginalAsk, Part, Person, RevealAsk, Settings, Unlock, Vault,
};

const CHILD: &str = "SLUIS_TEST_VAULT_KILL";
const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

/// A small generator (xorshift64*), so that a seed repeats a run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }
}

fn number_from(name: &str) -> Option<u64> {
    std::env::var_os(name).and_then(|text| text.to_str()?.parse().ok())
}

fn settings(directory: &Path) -> (Settings, Unlock) {
    let mut settings = Settings::at(directory.join("vault"));
    settings.index_cache_bytes = 1 << 20;
    (settings, Unlock::KeyFile(directory.join("unseal.key")))
}

fn scope() -> Scope {
    Scope {
        school: School::parse("12AB").unwrap(),
        publisher: Publisher::parse("rekenwonder").unwrap(),
        epoch: Epoch::parse("2026-2027").unwrap(),
    }
}

fn pupil(number: u64) -> Identifier {
    Identifier::new(Kind::PUPIL_NUMBER, &format!("9{number:06}"))
}

/// Few enough digits that pupils collide, which no configuration allows.
fn shape() -> Shape {
    Shape::Digits(5)
}

/// What a child said of one pupil.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    pseudonym: String,
    label: String,
}

async fn ask(vault: &Vault, number: u64) -> (Said, sluis::vault::Masked) {
    let (identifier, shape) = (pupil(number), shape());
    let original = format!("Pupil {number}");
    let asks = [MaskAsk { identifier: &identifier, shape: &shape, number: false, minted: false }];
    let labels = [LabelAsk { person: Person::Ask(0), slot: "name", part: Part::Full, original: &original }];
    let avoid: Avoid = Arc::new(|_| false);
    let answer = vault.mask(&scope(), &asks, &labels, &avoid).await.unwrap();
    let masked = answer.masked[0].clone();
    (Said { pseudonym: masked.pseudonym.as_str().to_owned(), label: answer.labels[0].to_string() }, masked)
}

/// What was said of a pupil still holds: both ways, for pseudonym and stand-in.
async fn holds(vault: &Vault, number: u64, said: &Said) {
    let scope = scope();
    let asks = [RevealAsk { text: &said.pseudonym, kind: Kind::PUPIL_NUMBER, number: false }];
    let home = vault.reveal(&scope.school, &scope.publisher, &asks).await.unwrap().remove(0);
    let home = home.unwrap_or_else(|| panic!("pupil {number} was acknowledged and is lost"));
    assert_eq!(home.identifier(), &pupil(number), "another pupil comes home");
    let asks = [OriginalAsk { person: home.core(), slot: "name", text: &said.label }];
    let name = vault.reveal_labels(&scope.school, &scope.publisher, &asks).await.unwrap().remove(0);
    assert_eq!(name.expect("the stand-in was acknowledged").text().expose(), &format!("Pupil {number}"));
    let (again, masked) = ask(vault, number).await;
    assert_eq!(&again, said, "pupil {number} has another pseudonym or stand-in now");
    assert!(!masked.newly, "pupil {number} was made anew");
}

#[test]
fn two_hundred_kills_lose_nothing() {
    if let Some(directory) = std::env::var_os(CHILD) {
        return child(Path::new(&directory));
    }
    let rounds = number_from("SLUIS_ROUNDS").unwrap_or(200);
    let seed = number_from("SLUIS_SEED").unwrap_or_else(|| RandomState::new().hash_one(rounds) | 1);
    println!("seed {seed}: repeat with SLUIS_SEED={seed}");
    let mut random = Random(seed | 1);
    let directory = tempfile::tempdir().unwrap();
    durable_write(&RealDisk, &directory.path().join("unseal.key"), &sluis::crypto::random::<32>().unwrap())
        .unwrap();
    let (settings, unlock) = settings(directory.path());
    let vault = Vault::create(&settings, &unlock, NOW).unwrap();
    let of = scope();
    vault.open_epoch(&of.school, &of.publisher, &of.epoch, NOW).unwrap();
    let mut head = vault.head();
    drop(vault);
    let mut said: HashMap<u64, Said> = HashMap::new();
    let (mut serving, started) = (0, Instant::now());
    for round in 0..rounds {
        serving += u64::from(one_round(directory.path(), round, &mut random, &mut said, &mut head));
    }
    println!("{} answers in {serving} rounds that served, {:?}", said.len(), started.elapsed());
    assert!(serving * 2 > rounds, "most children were killed before they served: nothing is shown");
    let vault = Vault::open(&settings, &unlock, Some(head), &mut |_| {}).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        for (number, said) in &said {
            holds(&vault, *number, said).await;
        }
    });
    let pseudonyms: HashSet<_> = said.values().map(|said| &said.pseudonym).collect();
    let labels: HashSet<_> = said.values().map(|said| &said.label).collect();
    assert_eq!(
        (pseudonyms.len(), labels.len()),
        (said.len(), said.len()),
        "two pupils have one pseudonym or name"
    );
    assert_eq!(vault.verify(&mut |_| {}).unwrap().missing_rows, 0);
}

/// Starts a child and kills it; whether it had begun to answer.
fn one_round(
    directory: &Path,
    round: u64,
    random: &mut Random,
    said: &mut HashMap<u64, Said>,
    head: &mut Head,
) -> bool {
    let mut recent: Vec<_> = said.iter().collect();
    recent.sort_by_key(|(number, _)| std::cmp::Reverse(**number));
    let mut known = hex(&head.to_bytes());
    for (number, of) in recent.into_iter().take(25) {
        known.push_str(&format!("\n{number}\t{}\t{}", of.pseudonym, of.label));
    }
    durable_write(&RealDisk, &directory.join("known"), known.as_bytes()).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "vault_kill::two_hundred_kills_lose_nothing", "--nocapture", "--test-threads=1"])
        .env(CHILD, directory)
        .env("SLUIS_ROUNDS", (round * 100_000).to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    // Three of four are killed a moment after they began to answer, the others whenever it strikes them.
    let (answering, wait) = match random.below(4) {
        0 => (false, Duration::from_micros(random.below(150_000))),
        _ => (true, Duration::from_micros(random.below(60_000))),
    };
    let (begun, began) = std::sync::mpsc::channel();
    let killer = std::thread::spawn(move || {
        if answering {
            // The other end is dropped when the child stops by itself.
            let _ = began.recv();
        }
        std::thread::sleep(wait);
        let running = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        let ended = child.wait_with_output().unwrap();
        (running, String::from_utf8_lossy(&ended.stderr).into_owned())
    });
    let (mut line, mut served) = (String::new(), false);
    while output.read_line(&mut line).is_ok_and(|count| count > 0) {
        // A line that the kill cut short was not said.
        if let Some(whole) = line.strip_suffix('\n') {
            let words: Vec<_> = whole.split('\t').collect();
            if let ["said", number, pseudonym, label, at] = words.as_slice() {
                let of = Said { pseudonym: (*pseudonym).to_owned(), label: (*label).to_owned() };
                said.insert(number.parse().unwrap(), of);
                let at = from_hex(at);
                if at.sequence > head.sequence {
                    *head = at;
                }
                served = true;
                let _ = begun.send(());
            }
        }
        line.clear();
    }
    drop(begun);
    let (running, told) = killer.join().unwrap();
    assert!(running, "round {round}: the child stopped by itself:\n{told}");
    served
}

/// Opens the vault, checks what is known, and answers until it is killed.
fn child(directory: &Path) {
    let text = std::fs::read_to_string(directory.join("known")).unwrap();
    let mut lines = text.lines();
    let head = from_hex(lines.next().unwrap());
    let (settings, unlock) = settings(directory);
    let vault = Arc::new(Vault::open(&settings, &unlock, Some(head), &mut |_| {}).unwrap());
    let known: Vec<(u64, Said)> = lines
        .map(|line| {
            let words: Vec<_> = line.split('\t').collect();
            let said = Said { pseudonym: words[1].to_owned(), label: words[2].to_owned() };
            (words[0].parse().unwrap(), said)
        })
        .collect();
    let next = Arc::new(AtomicUsize::new(usize::try_from(number_from("SLUIS_ROUNDS").unwrap()).unwrap()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        for (number, said) in &known {
            holds(&vault, *number, said).await;
        }
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let (vault, next) = (Arc::clone(&vault), Arc::clone(&next));
            tasks.spawn(async move {
                loop {
                    // Every number is asked by two tasks, at about the same time.
                    let number = next.fetch_add(1, Ordering::Relaxed) as u64 / 2;
                    let (said, _) = ask(&vault, number).await;
                    let at = hex(&vault.head().to_bytes());
                    let line = format!("said\t{number}\t{}\t{}\t{at}\n", said.pseudonym, said.label);
                    let mut out = std::io::stdout().lock();
                    out.write_all(line.as_bytes()).unwrap();
                    out.flush().unwrap();
                }
            });
        }
        // The tasks end with the process only; one that fails ends it here.
        let failed = tasks.join_next().await;
        panic!("a task ended: {failed:?}");
    });
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Head {
    let bytes: Vec<u8> =
        (0..text.len() / 2).map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).unwrap()).collect();
    Head::from_bytes(&bytes.try_into().unwrap()).unwrap()
}
