//! Tampered journals: each case is found, at the right place, by both verifiers with the same report.

use std::process::Command;
use std::sync::OnceLock;

use super::*;
use crate::disk::{Reader, Step, create_log};
use crate::journal::record::LOG_MAGIC;
use crate::journal::tile::Edge;

const SIZE: u64 = 600;

/// What a case expects: the differences that must be among those reported, with their first place.
pub(super) type Expected<'a> = &'a [(&'a str, &'a str)];

/// Whether the independent verifier can run; told once when it cannot.
pub(super) fn python() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let found = Command::new("python3").args(["-c", "import cryptography"]).output();
        let found = found.is_ok_and(|output| output.status.success());
        if !found {
            println!("skipped: python3 with `cryptography` is missing, the second verifier did not run");
        }
        found
    })
}

/// What the independent verifier says, of a journal or of a proof.
pub(super) fn python_says(of: &[&std::ffi::OsStr], witnesses: &[WitnessKey]) -> serde_json::Value {
    let mut command = Command::new("python3");
    command.arg("tests/verifier/verify.py").args(of).arg(vkey_of(&key()).to_string());
    for witness in witnesses {
        command.arg("--witness").arg(witness.to_string());
    }
    let output = command.output().unwrap();
    let report = serde_json::from_slice::<serde_json::Value>(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(output.status.code(), Some(if report["good"] == true { 0 } else { 1 }));
    report
}

/// Verifies with both verifiers and requires the same report, with exactly these differences.
#[track_caller]
pub(super) fn agree(
    name: &str,
    directory: &Path,
    earlier: &[String],
    witnesses: &[WitnessKey],
    expected: Expected<'_>,
) -> serde_json::Value {
    let report = both(name, directory, earlier, witnesses);
    assert_eq!(differences(&report), expected, "{name}");
    report
}

#[track_caller]
pub(super) fn both(
    name: &str,
    directory: &Path,
    earlier: &[String],
    witnesses: &[WitnessKey],
) -> serde_json::Value {
    let given = Given { trusted: &[vkey_of(&key())], earlier, witnesses };
    let report = verify_given(directory, &given).json();
    if python() {
        let mut of: Vec<std::ffi::OsString> = Vec::new();
        for (number, note) in earlier.iter().enumerate() {
            let path = directory.with_extension(format!("earlier-{number}"));
            put(&path, note.as_bytes());
            of.extend(["--earlier".into(), path.into()]);
        }
        of.push(directory.into());
        let of: Vec<_> = of.iter().map(std::ffi::OsString::as_os_str).collect();
        assert_eq!(python_says(&of, witnesses), report, "{name}: the verifiers do not agree");
    }
    report
}

/// The differences of a report: what, and where first.
pub(super) fn differences(report: &serde_json::Value) -> Vec<(&str, &str)> {
    let found = report["differences"].as_array().unwrap().iter();
    found.map(|found| (found["what"].as_str().unwrap(), found["first"].as_str().unwrap())).collect()
}

/// Verifies with both verifiers and compares with what is expected; `exactly` allows nothing else.
#[track_caller]
fn check(name: &str, directory: &Path, earlier: Option<&str>, expected: Expected<'_>, exactly: bool) {
    let earlier: Vec<String> = earlier.map(str::to_owned).into_iter().collect();
    let report = both(name, directory, &earlier, &[]);
    let found = differences(&report);
    for wanted in expected {
        assert!(found.contains(wanted), "{name}: {wanted:?} not found in {report}");
    }
    assert!(!exactly || found.len() == expected.len(), "{name}: more than expected in {report}");
}

/// One case on a fresh copy of a journal of 600 entries, all under the checkpoint.
fn case(name: &str, tamper: impl FnOnce(&Path), expected: Expected<'_>) {
    let (_keep, directory) = journal_of(SIZE, 0);
    tamper(&directory);
    check(name, &directory, None, expected, true);
}

fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    put(path, &bytes);
}

/// Entries of a bundle, changed and written back.
fn edit_bundle(path: &Path, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    edit(path, |bytes| {
        let (mut entries, mut rest) = (Vec::new(), bytes.as_slice());
        while let [high, low, after @ ..] = rest {
            let (entry, after) = after.split_at(u16::from_be_bytes([*high, *low]).into());
            entries.push(entry.to_vec());
            rest = after;
        }
        change(&mut entries);
        let framed =
            |entry: &Vec<u8>| [&u16::try_from(entry.len()).unwrap().to_be_bytes()[..], entry].concat();
        *bytes = entries.iter().flat_map(framed).collect();
    });
}

/// Records of `entries.log`, changed and written back with good frames: what a forger would do.
fn edit_log(directory: &Path, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    struct Raw;
    impl crate::disk::Encode for Raw {
        type Item = Vec<u8>;
        type Receipt = ();
        fn encode(&mut self, item: Vec<u8>, out: &mut Vec<u8>) {
            out.extend(item);
        }
        fn keep(&mut self) {}
        fn undo(&mut self) {}
    }
    let path = directory.join("entries.log");
    let mut records = Vec::new();
    let mut reader = Reader::open(&path, LOG_MAGIC).unwrap();
    while let Step::Record { payload, .. } = reader.next().unwrap() {
        records.push(payload.to_vec());
    }
    change(&mut records);
    create_log(&RealDisk, &path, LOG_MAGIC).unwrap();
    let log = crate::disk::Committer::start("forger", RealDisk.open(&path).unwrap(), 16, Raw).unwrap();
    let pending: Vec<_> = records.into_iter().map(|record| log.submit(record)).collect();
    pending.into_iter().for_each(|pending| pending.wait().unwrap());
}

#[test]
fn untouched_journals_are_good() {
    for (covered, beyond) in [(0, 0), (1, 0), (255, 3), (256, 0), (257, 1), (SIZE, 0), (512, 2)] {
        let (_keep, directory) = journal_of(covered, beyond);
        check("untouched", &directory, None, &[], true);
        let report = verify(&directory, &[vkey_of(&key())], None);
        assert_eq!((report.size, report.beyond, report.torn_bytes), (covered, beyond, 0));
        assert_eq!(report.signed_by, "sluis.test/12AB/journal/v1");
    }
}

#[test]
fn an_auditors_copy_without_the_log_is_good() {
    case("no entries.log", |directory| std::fs::remove_file(directory.join("entries.log")).unwrap(), &[]);
}

#[test]
fn a_torn_tail_beyond_the_checkpoint_is_no_difference() {
    let (_keep, directory) = journal_of(10, 2);
    edit(&directory.join("entries.log"), |bytes| bytes.truncate(bytes.len() - 5));
    check("torn", &directory, None, &[], true);
    let report = verify(&directory, &[vkey_of(&key())], None);
    assert!(report.beyond == 1 && report.torn_bytes > 0);
}

#[test]
fn flipped_bits_are_found_where_they_are() {
    case(
        "entry flipped in its bundle",
        |directory| edit_bundle(&directory.join("tile/entries/001"), |entries| entries[44][16] ^= 1),
        &[("entry-differs", "300"), ("root-differs", "600"), ("log-differs", "300")],
    );
    case(
        "entry made unreadable",
        |directory| edit_bundle(&directory.join("tile/entries/001"), |entries| entries[44][0] = 9),
        &[
            ("entry-differs", "300"),
            ("leaf-unreadable", "300"),
            ("root-differs", "600"),
            ("log-differs", "300"),
        ],
    );
    case(
        "tile of level 0",
        |directory| edit(&directory.join("tile/0/000"), |bytes| bytes[32 * 9] ^= 1),
        &[("entry-differs", "9"), ("tile-differs", "tile/1/000.p/2"), ("tiles-root-differs", "600")],
    );
    case(
        "tile of level 1",
        |directory| edit(&directory.join("tile/1/000.p/2"), |bytes| bytes[40] ^= 1),
        &[("tile-differs", "tile/1/000.p/2")],
    );
    case(
        "commitment",
        |directory| edit(&directory.join("pupils/commitments"), |bytes| bytes[0] ^= 1),
        &[("commitments-differ", "1")],
    );
    case(
        "record of the log",
        |directory| edit(&directory.join("entries.log"), |bytes| bytes[1000] ^= 1),
        &[("log-damaged", "3")],
    );
}

#[test]
fn every_flipped_byte_of_the_checkpoint_is_found() {
    let (_keep, directory) = journal_of(3, 0);
    let note = std::fs::read(directory.join("checkpoint")).unwrap();
    for at in 0..note.len() {
        let mut bytes = note.clone();
        bytes[at] ^= 1;
        put(&directory.join("checkpoint"), &bytes);
        let report = verify(&directory, &[vkey_of(&key())], None);
        assert!(!report.is_good(), "byte {at}");
        // Python is slow to start: a sample.
        if at % 23 == 0 && python() {
            assert_eq!(python_says(&[directory.as_os_str()], &[]), report.json(), "byte {at}");
        }
    }
}

#[test]
fn deleted_inserted_and_reordered_entries_are_found() {
    case(
        "deleted from the bundle",
        |directory| edit_bundle(&directory.join("tile/entries/000"), |entries| drop(entries.remove(7))),
        &[("bundle-malformed", "tile/entries/000")],
    );
    case(
        "inserted into the bundle",
        |directory| {
            edit_bundle(&directory.join("tile/entries/000"), |entries| entries.insert(7, entries[7].clone()));
        },
        &[("bundle-malformed", "tile/entries/000")],
    );
    case(
        "two entries swapped",
        |directory| edit_bundle(&directory.join("tile/entries/002.p/88"), |entries| entries.swap(3, 5)),
        &[
            ("entry-differs", "515"),
            ("leaf-out-of-place", "515"),
            ("commitments-differ", "515"),
            ("root-differs", "600"),
            ("log-differs", "515"),
        ],
    );
    case(
        "deleted from the log",
        |directory| edit_log(directory, |records| drop(records.remove(100))),
        &[("log-differs", "100"), ("log-shorter", "599")],
    );
    case(
        "inserted into the log",
        |directory| edit_log(directory, |records| records.insert(100, records[99].clone())),
        &[("log-differs", "100"), ("leaf-out-of-place", "600")],
    );
    case(
        "reordered in the log",
        |directory| edit_log(directory, |records| records.swap(1, 2)),
        &[("log-differs", "1")],
    );
    case(
        "commitments of the log",
        |directory| edit_log(directory, |records| *records[3].last_mut().unwrap() ^= 1),
        &[("log-commitments-differ", "3")],
    );
}

#[test]
fn missing_and_cut_files_are_found() {
    let remove =
        |name: &'static str| move |directory: &Path| std::fs::remove_file(directory.join(name)).unwrap();
    case("no checkpoint", remove("checkpoint"), &[("checkpoint-missing", "checkpoint")]);
    case("no bundle", remove("tile/entries/001"), &[("bundle-missing", "tile/entries/001")]);
    case("no tile", remove("tile/0/002.p/88"), &[("tile-missing", "tile/0/002.p/88")]);
    case("no upper tile", remove("tile/1/000.p/2"), &[("tile-missing", "tile/1/000.p/2")]);
    case("no commitments", remove("pupils/commitments"), &[("commitments-missing", "1")]);
    case(
        "neither bundle nor tile",
        |directory| {
            remove("tile/0/000")(directory);
            remove("tile/entries/000")(directory);
        },
        &[("bundle-missing", "tile/entries/000"), ("tile-missing", "tile/0/000")],
    );
    case(
        "commitments cut",
        |directory| edit(&directory.join("pupils/commitments"), |bytes| bytes.truncate(32 * 400)),
        &[("commitments-missing", "267")],
    );
    case(
        "log cut",
        |directory| edit_log(directory, |records| records.truncate(590)),
        &[("log-shorter", "590")],
    );
}

/// Everything that the journal's owner, who holds the key, can write anew: files of other entries
/// under a good signature.
pub(super) fn rewrite(directory: &Path, size: u64, change: impl Fn(u64, &mut Leaf)) {
    std::fs::remove_dir_all(directory).unwrap();
    let mut edge = Edge::default();
    let (mut files, mut side, mut tree) = (Vec::new(), Vec::new(), Frontier::default());
    for number in 0..size {
        let (mut leaf, mut commitments) = exchange(number);
        commitments.sort_unstable();
        leaf.sequence = number;
        leaf.pupils = crate::journal::record::commit_to(&mut commitments).unwrap();
        change(number, &mut leaf);
        let bytes = leaf.encode().unwrap();
        tree.push(leaf_hash(&bytes));
        files.extend(edge.push(&bytes, leaf_hash(&bytes)));
        side.extend(commitments.concat());
    }
    files.extend(edge.partial());
    for file in files {
        let path = directory.join(file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        put(&path, &file.bytes);
    }
    std::fs::create_dir_all(directory.join("pupils")).unwrap();
    put(&directory.join("pupils/commitments"), &side);
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size, root: tree.root() };
    put(&directory.join("checkpoint"), checkpoint.sign(&vkey_of(&key()), &key()).as_bytes());
}

#[test]
fn a_fork_a_truncation_and_a_rollback_need_an_earlier_checkpoint_and_are_found_with_one() {
    let (_keep, directory) = journal_of(SIZE, 0);
    let earlier = std::fs::read_to_string(directory.join("checkpoint")).unwrap();
    let earlier = Some(earlier.as_str());
    check("same", &directory, earlier, &[], true);
    rewrite(&directory, SIZE, |_, _| {});
    check("the same entries again", &directory, earlier, &[], true);
    rewrite(&directory, SIZE + 50, |_, _| {});
    check("grown", &directory, earlier, &[], true);
    let fork = |number: u64, leaf: &mut Leaf| {
        leaf.route = if number == 300 { "/other".into() } else { leaf.route.clone() }
    };
    for size in [SIZE, SIZE + 50] {
        rewrite(&directory, size, fork);
        check("fork, nothing held", &directory, None, &[], true);
        check("fork", &directory, earlier, &[("forked", "600")], true);
    }
    for size in [0, 1, 599] {
        rewrite(&directory, size, |_, _| {});
        check("rollback, nothing held", &directory, None, &[], true);
        check("rollback", &directory, earlier, &[("rolled-back", &size.to_string())], true);
    }
}

#[test]
fn an_earlier_checkpoint_of_another_journal_or_key_is_not_believed() {
    let (_keep, directory) = journal_of(5, 0);
    let other = signing_key(8);
    let root = empty_root();
    for note in [
        Checkpoint { origin: "another".into(), size: 0, root }.sign(&vkey_of(&key()), &key()),
        Checkpoint { origin: ORIGIN.into(), size: 0, root }.sign(&vkey_of(&other), &other),
        "no note".into(),
    ] {
        check("earlier", &directory, Some(&note), &[("earlier-not-believed", "earlier")], true);
    }
    let none = Checkpoint { origin: ORIGIN.into(), size: 0, root }.sign(&vkey_of(&key()), &key());
    check("earlier of nothing", &directory, Some(&none), &[], true);
}

#[test]
fn a_clock_set_back_is_found_unless_an_administrator_said_so() {
    let (_keep, directory) = journal_of(1, 0);
    rewrite(&directory, 10, |number, leaf| {
        leaf.time_ms -= if number == 7 { CLOCK_SLACK_MS + 10_000 } else { 0 }
    });
    check("clock set back", &directory, None, &[("time-went-back", "7")], true);
    rewrite(&directory, 10, |number, leaf| {
        leaf.time_ms -= if number >= 7 { 10 * CLOCK_SLACK_MS } else { 0 };
        leaf.event = if number == 7 { Event::CLOCK } else { leaf.event };
    });
    check("clock corrected", &directory, None, &[], true);
}

#[test]
fn another_key_and_a_checkpoint_without_signature_are_found() {
    let (_keep, directory) = journal_of(3, 0);
    let path = directory.join("checkpoint");
    let note = std::fs::read_to_string(&path).unwrap();
    let checkpoint = Checkpoint::open(&note, &[vkey_of(&key())]).unwrap().0;
    let other = signing_key(8);
    for (note, code) in [
        (checkpoint.sign(&vkey_of(&other), &other), "checkpoint-unsigned"),
        (checkpoint.sign(&vkey_of(&key()), &other), "checkpoint-signature"),
        (checkpoint.text(), "checkpoint-malformed"),
        (String::new(), "checkpoint-malformed"),
    ] {
        put(&path, note.as_bytes());
        check("signature", &directory, None, &[(code, "checkpoint")], true);
    }
}

#[test]
fn differences_say_what_and_where() {
    let (_keep, directory) = journal_of(10, 0);
    edit_bundle(&directory.join("tile/entries/000.p/10"), |entries| entries.swap(3, 5));
    let report = verify(&directory, &[vkey_of(&key())], None);
    let said: Vec<_> = report.differences().iter().map(ToString::to_string).collect();
    assert_eq!(said[0], "entry and hash do not belong together, at entry: 3 (and 1 more)");
    assert_eq!(said[3], "the entries are not those that were signed; signed were: 10");
}

/// All files of a journal, in a fixed order.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.retain(|path| !path.ends_with("lock"));
    found.sort();
    found
}

/// Damages a random file in a random way, round after round: something must be found, and both
/// verifiers must say the same.
fn at_random(rounds: u64, seed: u64) {
    println!("seed {seed}");
    let mut state = seed;
    // A linear congruential generator (Knuth's MMIX constants): any spread will do here.
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let (_keep, directory) = journal_of(SIZE, 3);
    let earlier = std::fs::read_to_string(directory.join("checkpoint")).unwrap();
    let all = files(&directory);
    for round in 0..rounds {
        let path = &all[random(all.len())];
        let whole = std::fs::read(path).unwrap();
        let mut bytes = whole.clone();
        let (act, at) = (random(4), random(bytes.len()));
        match act {
            0 => bytes[at] ^= 1 << random(8),
            1 => bytes.truncate(at),
            2 => bytes.insert(at, 0),
            _ => drop(bytes.remove(at)),
        }
        put(path, &bytes);
        let name = format!("round {round}, seed {seed}: act {act} at {at} of {}", path.display());
        // The tail of the log that no checkpoint covers may be torn without a trace.
        let report = verify(&directory, &[vkey_of(&key())], Some(&earlier));
        assert!(!report.is_good() || path.ends_with("entries.log"), "{name}");
        check(&name, &directory, Some(&earlier), &[], false);
        put(path, &whole);
    }
    check("restored", &directory, Some(&earlier), &[], true);
}

#[test]
fn random_damage_is_found_and_both_verifiers_agree() {
    at_random(6, 2026);
}

#[test]
#[ignore = "minutes: for make soak"]
fn much_random_damage_is_found_and_both_verifiers_agree() {
    at_random(300, 4711);
}

#[test]
fn a_streamed_message_without_an_end_is_counted_by_both() {
    let (_keep, directory) = journal_of(1, 0);
    let (journal, _) = open(&directory).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    // The first has ended; of the third its reply has not, and of the second nothing, when the process died.
    let events = [
        (Event::OPENED, 1),
        (Event::CONTINUED, 1),
        (Event::CLOSED, 1),
        (Event::OPENED, 2),
        (Event::OPENED, 3),
        (Event::CLOSED, 3),
        (Event::OPENED, 3),
    ];
    for (event, exchange) in events {
        let mut leaf = Leaf::new(event, T0 + 1_000_000_001);
        leaf.exchange = Some([exchange; 16]);
        runtime.block_on(journal.append(leaf, Vec::new())).unwrap();
    }
    assert_eq!(agree("beyond the checkpoint", &directory, &[], &[], &[])["open"], 2);
    journal.checkpoint(&key()).unwrap();
    assert_eq!(agree("under it", &directory, &[], &[], &[])["open"], 2);
}
