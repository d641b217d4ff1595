//! Proofs of single entries, and copies for an auditor: made from files, verified by both verifiers.

use super::tamper::{agree, differences, python, python_says};
use super::witness::{NAME, own, witness_key};
use super::*;

/// Verifies a proof with both verifiers and requires the same report.
#[track_caller]
fn both(name: &str, text: &str, witnesses: &[WitnessKey]) -> serde_json::Value {
    let keep = scratch();
    let path = keep.path().join("entry.tlog-proof");
    put(&path, text.as_bytes());
    let given = Given { trusted: &[vkey_of(&key())], earlier: &[], witnesses };
    let report = verify_proof(text, &given).json();
    if python() {
        let said = python_says(&["--proof".as_ref(), path.as_os_str()], witnesses);
        assert_eq!(said, report, "{name}: the verifiers do not agree");
    }
    report
}

fn trusted() -> [Vkey; 1] {
    [vkey_of(&key())]
}

/// Cosigns the newest checkpoint and keeps that.
fn cosign_newest(journal: &Journal, time_s: u64) {
    let sent = journal.submission(0).unwrap();
    let text = sent.note.split("\n\n").next().unwrap().to_owned() + "\n";
    let line = cosign(&text, &own(), &witness_key(), time_s);
    journal.keep_cosignature(&sent, &line, &own()).unwrap();
}

#[test]
fn every_entry_has_a_proof_that_stands_alone() {
    for size in [1, 2, 255, 256, 257, 600] {
        let (_keep, directory) = journal_of(size, 0);
        for index in (0..size).step_by(1 + usize::try_from(size).unwrap() / 5).chain([size - 1]) {
            let text = prove(&directory, &trusted(), index).unwrap().text();
            let report = both("a proof", &text, &[]);
            assert_eq!(differences(&report), [], "{index} of {size}");
            assert_eq!((&report["index"], &report["size"]), (&index.into(), &size.into()));
            let given = Given { trusted: &trusted(), ..Given::default() };
            let leaf = verify_proof(&text, &given).leaf.unwrap();
            assert_eq!((leaf.sequence, leaf.time_ms), (index, T0 + index * 1000));
        }
        let beyond = prove(&directory, &trusted(), size);
        assert!(matches!(beyond, Err(JournalError::OutOfRange)));
    }
}

#[test]
fn a_proof_leads_to_what_a_witness_cosigned() {
    let keep = scratch();
    let directory = keep.path().join("journal");
    let (journal, _) = open(&directory).unwrap();
    append(&journal, 0, 300);
    journal.checkpoint(&key()).unwrap();
    cosign_newest(&journal, 1_790_000_100);
    append(&journal, 300, 320);
    journal.checkpoint(&key()).unwrap();
    let early = prove(&directory, &trusted(), 299).unwrap().text();
    let report = both("cosigned", &early, &[own()]);
    assert_eq!(differences(&report), []);
    assert_eq!(report["witnesses"][0]["size"], 300, "{report}");
    let late = prove(&directory, &trusted(), 300).unwrap().text();
    let report = both("not cosigned yet", &late, &[own()]);
    assert_eq!(differences(&report), [("cosignature-missing", NAME)]);
    cosign_newest(&journal, 1_790_000_200);
    let late = prove(&directory, &trusted(), 300).unwrap().text();
    assert_eq!(both("cosigned", &late, &[own()])["witnesses"][0]["time"], 1_790_000_200_u64);
    let spoiled = late.replace(NAME, "witness.test/other");
    let report = both("the witness's name gone", &spoiled, &[own()]);
    assert_eq!(differences(&report), [("cosignature-missing", NAME)]);
    // The copy for an auditor gives the same proof, though it has the tiles of one size only.
    let copy = keep.path().join("copy");
    export_to(&directory, &copy);
    assert_eq!(prove(&copy, &trusted(), 300).unwrap().text(), late);
    assert!(both("from the copy", &prove(&copy, &trusted(), 7).unwrap().text(), &[own()])["good"] == true);
}

#[test]
fn every_changed_byte_of_a_proof_is_found_by_both_verifiers() {
    let keep = scratch();
    let directory = keep.path().join("journal");
    let (journal, _) = open(&directory).unwrap();
    append(&journal, 0, 11);
    journal.checkpoint(&key()).unwrap();
    cosign_newest(&journal, 1_790_000_100);
    let text = prove(&directory, &trusted(), 6).unwrap().text();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        let given = Given { trusted: &trusted(), earlier: &[], witnesses: &[own()] };
        assert!(!verify_proof(&changed, &given).report.is_good(), "byte {at}");
        // Python is slow to start: a sample.
        if at % 61 == 0 {
            both(&format!("byte {at}"), &changed, &[own()]);
        }
    }
    for (name, changed, code) in [
        ("nothing", String::new(), "proof-malformed"),
        ("no leaf", text.replacen("extra ", "extra: ", 1), "proof-malformed"),
        ("another place", text.replace("index 6", "index 7"), "proof-differs"),
        ("beyond", text.replace("index 6", "index 11"), "proof-differs"),
        ("a hash less", without_line(&text, 3), "proof-differs"),
        ("no signature", text.split("\n\u{2014}").next().unwrap().to_owned(), "checkpoint-malformed"),
    ] {
        let report = both(name, &changed, &[]);
        assert!(differences(&report).iter().any(|(what, _)| *what == code), "{name}: {report}");
    }
}

fn without_line(text: &str, line: usize) -> String {
    let lines = text.split_inclusive('\n').enumerate();
    lines.filter(|(number, _)| *number != line).map(|(_, line)| line).collect()
}

#[test]
fn the_entries_of_an_exchange_are_found_by_its_id() {
    let (_keep, directory) = journal_of(600, 3);
    // The exchange id of these tests repeats after 251 entries.
    assert_eq!(entries_of(&directory, &trusted(), &[9; 16]).unwrap(), [9, 260, 511]);
    assert!(entries_of(&directory, &trusted(), &[252; 16]).unwrap().is_empty());
    std::fs::remove_file(directory.join("tile/entries/001")).unwrap();
    assert!(matches!(entries_of(&directory, &trusted(), &[9; 16]), Err(JournalError::ReadTile { .. })));
    assert!(matches!(prove(&directory, &trusted(), 300), Err(JournalError::ReadTile { .. })));
    assert!(prove(&directory, &trusted(), 0).is_ok());
    let stranger = [vkey_of(&signing_key(8))];
    assert!(matches!(prove(&directory, &stranger, 0), Err(JournalError::Sealed(Seal::Checkpoint(_)))));
}

#[test]
fn an_entry_that_is_not_the_trees_gets_no_proof() {
    let (_keep, directory) = journal_of(10, 0);
    let path = directory.join("tile/entries/000.p/10");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[20] ^= 1;
    put(&path, &bytes);
    assert!(matches!(prove(&directory, &trusted(), 0), Err(JournalError::Sealed(Seal::LogDiffers { .. }))));
}

fn export_to(directory: &Path, to: &Path) -> u64 {
    let copied = export(directory, &trusted(), &mut |name, bytes| {
        let path = to.join(name);
        std::fs::create_dir_all(path.parent().unwrap())?;
        put(&path, bytes);
        Ok(())
    });
    copied.unwrap()
}

#[test]
fn a_copy_for_an_auditor_holds_at_every_moment_of_a_journal_that_grows() {
    let keep = scratch();
    let directory = keep.path().join("journal");
    let (journal, _) = open(&directory).unwrap();
    append(&journal, 0, 3);
    journal.checkpoint(&key()).unwrap();
    cosign_newest(&journal, 1_790_000_000);
    let journal = Arc::new(journal);
    let writing = {
        let journal = Arc::clone(&journal);
        std::thread::spawn(move || {
            for round in 0..40 {
                append(&journal, 3 + round * 17, 3 + (round + 1) * 17);
                journal.checkpoint(&key()).unwrap();
                cosign_newest(&journal, 1_790_000_001 + round);
            }
        })
    };
    let (mut copies, mut last) = (0, 0);
    while !writing.is_finished() || copies < 3 {
        let copy = keep.path().join(format!("copy-{copies}"));
        let size = export_to(&directory, &copy);
        assert!(size >= last, "{size} after {last}");
        let given = Given { trusted: &trusted(), earlier: &[], witnesses: &[own()] };
        let report = verify_given(&copy, &given);
        assert!(report.is_good() && report.size == size, "{:?}", report.differences());
        (copies, last) = (copies + 1, size);
    }
    writing.join().unwrap();
    let copy = keep.path().join("copy-last");
    assert_eq!(export_to(&directory, &copy), 3 + 40 * 17);
    agree("the last copy", &copy, &[], &[own()], &[]);
    assert!(!copy.join("entries.log").exists());
    // A copy of a copy is the same copy.
    let again = keep.path().join("again");
    export_to(&copy, &again);
    for name in ["checkpoint", "tile/0/002.p/171", "tile/entries/000", "pupils/commitments"] {
        let of = |place: &Path| std::fs::read(place.join(name)).unwrap();
        assert_eq!(of(&copy), of(&again), "{name}");
    }
}
