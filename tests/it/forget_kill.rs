//! `kill -9` at random moments of forgetting and of writing the vault's log anew: afterwards each pupil is wholly there or
//! wholly gone with a tombstone, every other pupil is as he was, and the vault opens with what a journal knew.
//!
//! The child is this test binary itself, told by its environment. It says what it is about to do and what it has done on its
//! standard output; the parent keeps whole lines. `SLUIS_SEED=n` repeats a run, `SLUIS_ROUNDS=n` makes it longer.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sluis::clock::Timestamp;
use sluis::derive::Shape;
use sluis::disk::{RealDisk, durable_write};
use sluis::identity::{Epoch, Identifier, Kind, Publisher, School, Scope};
use sluis::vault::{
    Avoid, Head, LabelAsk, MaskAsk, Part, Person, Recorder, RevealAsk, Settings, Unlock, Vault,
};

const CHILD: &str = "SLUIS_TEST_FORGET_KILL";
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

/// A pupil's two identifiers.
fn pupil(number: u64) -> [Identifier; 2] {
    [
        Identifier::new(Kind::PUPIL_NUMBER, &format!("9{number:06}")),
        Identifier::new(Kind::EMAIL, &format!("p{number}@petteflat.example")),
    ]
}

/// What a pupil is called outside.
type Names = Vec<String>;

async fn ask(vault: &Vault, number: u64) -> (Names, bool) {
    let identifiers = pupil(number);
    let shapes = [Shape::Digits(10), Shape::Uuid];
    let original = format!("Pupil {number}");
    let asks: Vec<MaskAsk<'_>> = identifiers
        .iter()
        .zip(&shapes)
        .map(|(identifier, shape)| MaskAsk { identifier, shape, number: false, minted: false })
        .collect();
    let labels = [LabelAsk { person: Person::Ask(0), slot: "name", part: Part::Full, original: &original }];
    let avoid: Avoid = Arc::new(|_| false);
    let answer = vault.mask(&scope(), &asks, &labels, &avoid).await.unwrap();
    let mut names: Names = answer.masked.iter().map(|masked| masked.pseudonym.as_str().to_owned()).collect();
    names.push(answer.labels[0].to_string());
    (names, answer.masked.iter().any(|masked| masked.newly))
}

/// Which of a pupil's two pseudonyms come home, and to whom.
async fn home(vault: &Vault, names: &Names) -> Vec<Option<Identifier>> {
    let scope = scope();
    let kinds = [Kind::PUPIL_NUMBER, Kind::EMAIL];
    let asks: Vec<RevealAsk<'_>> =
        names.iter().zip(kinds).map(|(text, kind)| RevealAsk { text, kind, number: false }).collect();
    let found = vault.reveal(&scope.school, &scope.publisher, &asks).await.unwrap();
    found.into_iter().map(|found| found.map(|found| found.identifier().clone())).collect()
}

/// What the children said, as a journal and whoever asked would know it.
#[derive(Default)]
struct Known {
    /// The head that the newest leaf names, since the last rewriting.
    head: Option<Head>,
    there: BTreeMap<u64, Names>,
    /// Forgetting was asked for, and not acknowledged.
    going: BTreeMap<u64, Names>,
    gone: BTreeMap<u64, Names>,
    /// Whether each kind of end was met: half forgotten, half rewritten.
    met: BTreeSet<&'static str>,
    /// `begun`, `leaving` or `arrived`: how far a rewriting came.
    rewriting: &'static str,
}

impl Known {
    fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.split('\t').collect();
        let number = |text: &str| text.parse::<u64>().unwrap();
        match words.as_slice() {
            ["said", pupil, names @ ..] => {
                self.there.insert(number(pupil), names.iter().map(|name| (*name).to_owned()).collect());
            }
            ["head", head] => self.reach(from_hex(head)),
            ["forgetting", pupil] => {
                let names = self.there.remove(&number(pupil)).unwrap();
                self.going.insert(number(pupil), names);
            }
            ["forgotten", pupil] => {
                let names = self.going.remove(&number(pupil)).unwrap();
                self.gone.insert(number(pupil), names);
            }
            ["rewriting"] => self.rewriting = "begun",
            ["leaving", head] => {
                self.reach(from_hex(head));
                self.rewriting = "leaving";
            }
            ["arrived", head] => {
                // After this the log is another one.
                self.head = Some(from_hex(head));
                self.rewriting = "arrived";
            }
            ["rewritten"] => self.rewriting = "",
            _ => {}
        }
    }

    fn reach(&mut self, head: Head) {
        if self.head.is_none_or(|known| known.sequence <= head.sequence) {
            self.head = Some(head);
        }
    }
}

#[test]
fn kills_leave_each_pupil_whole_or_gone() {
    if let Some(directory) = std::env::var_os(CHILD) {
        return child(Path::new(&directory));
    }
    let rounds = number_from("SLUIS_ROUNDS").unwrap_or(24);
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
    let mut known = Known { head: Some(vault.head()), ..Known::default() };
    drop(vault);
    let started = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for round in 0..rounds {
        one_round(directory.path(), round, &mut random, &mut known);
        // The process is gone; its threads' lock with it.
        let vault = Vault::open(&settings, &unlock, known.head, &mut |_| {});
        let vault = vault.unwrap_or_else(|why| panic!("round {round}, {}: {why}", known.rewriting));
        if known.rewriting == "leaving" && vault.rewritten_from() == known.head {
            known.met.insert("renamed and not recorded");
        }
        runtime.block_on(look(&vault, round, &mut known));
        // As a start records what a crash left without its leaf.
        known.head = Some(vault.head());
        known.rewriting = "";
    }
    println!(
        "{} there, {} gone, met {:?}, {:?}",
        known.there.len(),
        known.gone.len(),
        known.met,
        started.elapsed()
    );
    for met in ["killed while forgetting", "killed while rewriting"] {
        assert!(rounds < 24 || known.met.contains(met), "no round was {met}: nothing is shown");
    }
    assert!(known.gone.len() > 10 && known.there.len() > 10);
    let vault = Vault::open(&settings, &unlock, known.head, &mut |_| {}).unwrap();
    assert_eq!(vault.verify(&mut |_| {}).unwrap().missing_rows, 0);
    // Who returns is somebody else, whenever he went, and keeps that.
    runtime.block_on(async {
        let others: BTreeSet<String> = known.there.values().flatten().cloned().collect();
        for (number, old) in &known.gone {
            let (names, _) = ask(&vault, *number).await;
            assert!(names.iter().take(2).all(|name| !old.contains(name)), "{number} returns as himself");
            assert!(names.iter().all(|name| !others.contains(name)), "{number} returns as another");
        }
    });
}

/// Every pupil is wholly there or wholly gone.
async fn look(vault: &Vault, round: u64, known: &mut Known) {
    let school = scope().school;
    for (number, names) in &known.there {
        let identifiers = pupil(*number);
        let home = home(vault, names).await;
        assert!(
            home.iter().zip(&identifiers).all(|(found, own)| found.as_ref() == Some(own)),
            "round {round}: pupil {number} was acknowledged and is lost"
        );
        let (again, newly) = ask(vault, *number).await;
        assert_eq!(&again, names, "round {round}: pupil {number} is called otherwise");
        assert!(!newly);
        assert!(identifiers.iter().all(|own| !vault.was_forgotten(&school, own)));
    }
    for (number, names) in &known.gone {
        assert!(
            home(vault, names).await.iter().all(Option::is_none),
            "round {round}: pupil {number} was forgotten and comes home"
        );
        assert!(pupil(*number).iter().all(|own| vault.was_forgotten(&school, own)));
    }
    if !known.rewriting.is_empty() && known.rewriting != "arrived" {
        known.met.insert("killed while rewriting");
    }
    for (number, names) in std::mem::take(&mut known.going) {
        known.met.insert("killed while forgetting");
        let found = home(vault, &names).await;
        let stones: Vec<bool> = pupil(number).iter().map(|own| vault.was_forgotten(&school, own)).collect();
        match (found.iter().all(Option::is_some), found.iter().all(Option::is_none)) {
            (true, _) if stones == [false, false] => drop(known.there.insert(number, names)),
            (_, true) if stones == [true, true] => drop(known.gone.insert(number, names)),
            _ => panic!("round {round}: pupil {number} is half gone: {found:?}, tombstones {stones:?}"),
        }
    }
}

/// Starts a child and kills it.
fn one_round(directory: &Path, round: u64, random: &mut Random, known: &mut Known) {
    let there: Vec<String> = known.there.keys().map(u64::to_string).collect();
    let text = format!("{}\n{}", hex(&known.head.unwrap().to_bytes()), there.join(" "));
    durable_write(&RealDisk, &directory.join("known"), text.as_bytes()).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "forget_kill::kills_leave_each_pupil_whole_or_gone",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(CHILD, directory)
        .env("SLUIS_ROUNDS", round.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    // Some die at once after an act has begun, some a while into what follows.
    let after = ["forgetting", "rewriting", "leaving", "said"][usize::try_from(random.below(4)).unwrap()];
    let wait = Duration::from_micros(random.below(if after == "said" { 60_000 } else { 8_000 }));
    let (begun, began) = std::sync::mpsc::channel();
    let killer = std::thread::spawn(move || {
        // The other end is dropped when the child stops by itself.
        let _ = began.recv();
        std::thread::sleep(wait);
        let running = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        let ended = child.wait_with_output().unwrap();
        (running, String::from_utf8_lossy(&ended.stderr).into_owned())
    });
    let mut line = String::new();
    while output.read_line(&mut line).is_ok_and(|count| count > 0) {
        // A line that the kill cut short was not said.
        if let Some(whole) = line.strip_suffix('\n') {
            known.hear(whole);
            if whole.starts_with(after) {
                let _ = begun.send(());
            }
        }
        line.clear();
    }
    drop(begun);
    let (running, told) = killer.join().unwrap();
    assert!(running, "round {round}: the child stopped by itself:\n{told}");
}

/// Says a line, whole or not at all.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// Records as a journal would: what is said is known.
struct Saying;

impl Recorder for Saying {
    fn leaving(&self, old: Head) -> bool {
        say(&format!("leaving\t{}", hex(&old.to_bytes())));
        true
    }

    fn arrived(&self, _: Head, new: Head) -> bool {
        say(&format!("arrived\t{}", hex(&new.to_bytes())));
        true
    }
}

/// Makes pupils, forgets some, writes the log anew; until it is killed.
fn child(directory: &Path) {
    // Ends the line that the test harness has begun.
    say("");
    let text = std::fs::read_to_string(directory.join("known")).unwrap();
    let (head, there) = text.split_once('\n').unwrap();
    let (settings, unlock) = settings(directory);
    let vault = Arc::new(Vault::open(&settings, &unlock, Some(from_hex(head)), &mut |_| {}).unwrap());
    let round = number_from("SLUIS_ROUNDS").unwrap();
    let mut random = Random((round + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut there: Vec<u64> = there.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let next = Arc::new(std::sync::atomic::AtomicU64::new(round * 1000));
    // Others cross meanwhile.
    let (crossing, met) = std::sync::mpsc::channel();
    for _ in 0..2 {
        let (vault, next, crossing) = (Arc::clone(&vault), Arc::clone(&next), crossing.clone());
        runtime.spawn(async move {
            loop {
                let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if number >= (round + 1) * 1000 {
                    return;
                }
                let (names, _) = ask(&vault, number).await;
                say(&format!("said\t{number}\t{}", names.join("\t")));
                let _ = crossing.send(number);
                tokio::time::sleep(Duration::from_millis(8)).await;
            }
        });
    }
    loop {
        there.extend(met.try_iter());
        for _ in 0..=random.below(3) {
            if there.len() < 3 {
                break;
            }
            let number = there.swap_remove(usize::try_from(random.below(there.len() as u64)).unwrap());
            say(&format!("forgetting\t{number}"));
            vault.forget(&scope().school, &pupil(number), NOW).unwrap();
            say(&format!("forgotten\t{number}"));
        }
        say(&format!("head\t{}", hex(&vault.head().to_bytes())));
        if random.below(2) == 0 {
            say("rewriting");
            vault.rewrite(NOW, Arc::new(Saying), &mut |_| {}).unwrap();
            say("rewritten");
        }
        std::thread::sleep(Duration::from_millis(random.below(5)));
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Head {
    let bytes: Vec<u8> =
        (0..text.len() / 2).map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).unwrap()).collect();
    Head::from_bytes(&bytes.try_into().unwrap()).unwrap()
}
