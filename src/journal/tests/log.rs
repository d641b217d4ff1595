//! Unit tests of `log`.

use super::*;
use crate::disk::CommitError;
use crate::disk::faulty::Fault;

#[test]
fn what_was_appended_is_there_after_reopening() {
    let (_keep, directory) = journal_of(300, 20);
    let (journal, opened) = open(&directory).unwrap();
    let (last, _) = exchange(319);
    assert_eq!(
        opened,
        Opened {
            created: false,
            entries: 320,
            covered: 300,
            cut_bytes: 0,
            newest_ms: last.time_ms,
            vault: last.vault,
            ended_well: false,
        }
    );
    append(&journal, 320, 330);
    let stopped = Leaf::new(Event::STOPPED, T0 + 400_000);
    assert_eq!(journal.stop(stopped.clone(), &key()).unwrap().size, 331);
    assert!(!journal.failed());
    assert!(matches!(
        journal.append_blocking(stopped, Vec::new()),
        Err(JournalError::Append(CommitError::Stopped))
    ));
    drop(journal);
    let (_, opened) = open(&directory).unwrap();
    assert!(opened.ended_well && opened.covered == 331 && opened.vault == exchange(329).0.vault);
    let report = verify(&directory, &[vkey_of(&key())], None);
    assert!(report.is_good(), "{}", report.json());
}

#[test]
fn checkpoints_grow_over_tile_borders_and_stay_consistent() {
    let keep = scratch();
    let directory = keep.path().join("journal");
    let (journal, _) = open(&directory).unwrap();
    let mut before: Option<Checkpoint> = None;
    for size in [1, 2, 255, 256, 257, 511, 512, 600] {
        append(&journal, before.as_ref().map_or(0, |before| before.size), size);
        let checkpoint = journal.checkpoint(&key()).unwrap();
        let reader = TileReader::new(&directory, size);
        assert_eq!((checkpoint.size, reader.root().unwrap()), (size, checkpoint.root));
        if let Some(before) = before {
            let proof = reader.consistency(before.size).unwrap();
            assert!(verify_consistency(before.size, size, &before.root, &checkpoint.root, &proof));
            let note = before.sign(&vkey_of(&key()), &key());
            let report = verify(&directory, &[vkey_of(&key())], Some(&note));
            assert!(report.is_good(), "{}", report.json());
        }
        before = Some(checkpoint);
    }
    // Partial tiles that a full one replaces are gone.
    assert!(!directory.join("tile/0/000.p").exists() && directory.join("tile/0/000").exists());
}

#[test]
fn the_journal_is_held_once() {
    let (_keep, directory) = journal_of(1, 0);
    let (_journal, _) = open(&directory).unwrap();
    assert!(matches!(open(&directory), Err(JournalError::OpenJournal(crate::disk::DiskError::InUse { .. }))));
}

#[test]
fn a_tail_torn_at_any_byte_of_the_last_record_is_cut_off() {
    let (_keep, directory) = journal_of(3, 2);
    let path = directory.join("entries.log");
    let whole = std::fs::read(&path).unwrap();
    let record = crate::disk::RECORD_HEADER + 2 + exchange(4).0.encode().unwrap().len();
    for len in whole.len() - record..whole.len() {
        put(&path, &whole[..len]);
        let (journal, opened) = open(&directory).unwrap();
        assert_eq!(opened.entries, 4);
        assert_eq!(opened.cut_bytes as usize, len - (whole.len() - record));
        let (leaf, commitments) = exchange(4);
        assert_eq!(journal.append_blocking(leaf, commitments).unwrap(), 4);
        drop(journal);
        assert_eq!(std::fs::read(&path).unwrap().len(), whole.len());
    }
}

#[test]
fn a_log_shorter_than_its_checkpoint_seals_at_any_length() {
    let (_keep, directory) = journal_of(5, 0);
    let path = directory.join("entries.log");
    let whole = std::fs::read(&path).unwrap();
    for len in 16..whole.len() {
        put(&path, &whole[..len]);
        let Seal::LogShorter { log, checkpoint: 5 } = seal_of(open(&directory)) else { panic!() };
        assert!(log < 5);
        assert_eq!(std::fs::read(&path).unwrap(), &whole[..len], "a sealed journal is left as it is");
    }
}

#[test]
fn every_flipped_byte_under_the_checkpoint_seals() {
    let (_keep, directory) = journal_of(4, 1);
    let path = directory.join("entries.log");
    let whole = std::fs::read(&path).unwrap();
    let last = crate::disk::RECORD_HEADER + 2 + exchange(4).0.encode().unwrap().len();
    for at in 16..whole.len() - last {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        put(&path, &bytes);
        let seal = seal_of(open(&directory));
        assert!(matches!(seal, Seal::LogDamaged { .. } | Seal::LogShorter { .. }), "byte {at}: {seal}");
    }
}

#[test]
fn missing_and_foreign_files_seal_with_what_to_do() {
    let with = |change: &dyn Fn(&Path)| {
        let (_keep, directory) = journal_of(3, 0);
        change(&directory);
        let error = open(&directory).unwrap_err().to_string();
        let seal = seal_of(open(&directory));
        assert!(error.contains(seal.hint()), "{error}");
        seal
    };
    let remove =
        |name: &'static str| move |directory: &Path| std::fs::remove_file(directory.join(name)).unwrap();
    assert_eq!(with(&remove("checkpoint")), Seal::CheckpointMissing);
    assert_eq!(with(&remove("entries.log")), Seal::LogMissing { checkpoint: 3 });
    let both = |directory: &Path| {
        remove("checkpoint")(directory);
        remove("entries.log")(directory);
    };
    assert_eq!(with(&both), Seal::CheckpointMissing);
    let resigned = |directory: &Path| {
        let note = std::fs::read_to_string(directory.join("checkpoint")).unwrap();
        let checkpoint = Checkpoint::open(&note, &[vkey_of(&key())]).unwrap().0;
        let other = signing_key(8);
        put(&directory.join("checkpoint"), checkpoint.sign(&vkey_of(&other), &other).as_bytes());
    };
    assert_eq!(with(&resigned), Seal::Checkpoint(NoteError::UnknownKey));
    let of_another = |directory: &Path| {
        let (_keep, other) = journal_of(4, 0);
        std::fs::copy(other.join("checkpoint"), directory.join("checkpoint")).unwrap();
    };
    assert_eq!(with(&of_another), Seal::LogShorter { log: 3, checkpoint: 4 });
    let another_log = |directory: &Path| {
        let keep = scratch();
        let (journal, _) = open(keep.path()).unwrap();
        for number in 10..13 {
            let (leaf, commitments) = exchange(number);
            journal.append_blocking(leaf, commitments).unwrap();
        }
        std::fs::copy(keep.path().join("entries.log"), directory.join("entries.log")).unwrap();
    };
    assert_eq!(with(&another_log), Seal::LogDiffers { checkpoint: 3 });
}

#[test]
fn a_rotated_key_is_believed_when_it_is_named() {
    let (_keep, directory) = journal_of(3, 0);
    let new = signing_key(9);
    let mut settings = settings();
    settings.key_version = 2;
    let open =
        |settings: &Settings| Journal::open(Arc::new(RealDisk), &directory, settings, &new, T0 + 10_000);
    assert_eq!(seal_of(open(&settings)), Seal::Checkpoint(NoteError::UnknownKey));
    settings.earlier_keys.push(vkey_of(&key()));
    let (journal, _) = open(&settings).unwrap();
    journal.append_blocking(Leaf::new(Event::KEYS, T0 + 10_000), Vec::new()).unwrap();
    journal.checkpoint(&new).unwrap();
    assert_eq!(journal.vkey().name(), "sluis.test/12AB/journal/v2");
    assert!(verify(&directory, &[journal.vkey().clone()], None).is_good());
}

#[test]
fn a_clock_behind_the_newest_entry_seals_and_one_that_goes_back_refuses() {
    let (_keep, directory) = journal_of(3, 0);
    let newest = T0 + 2000;
    let disk = FaultyDisk::new();
    assert!(open_with(&disk, &directory, newest - CLOCK_SLACK_MS).is_ok());
    let seal = seal_of(open_with(&disk, &directory, newest - CLOCK_SLACK_MS - 1));
    assert_eq!(seal, Seal::ClockSetBack { behind_ms: CLOCK_SLACK_MS + 1 });
    let accepting = Settings { accept_clock: true, ..settings() };
    let earlier = newest - 10 * CLOCK_SLACK_MS;
    let (journal, _) = Journal::open(Arc::new(disk), &directory, &accepting, &key(), earlier).unwrap();
    let leaf = Leaf::new(Event::STARTED, earlier);
    assert!(matches!(
        journal.append_blocking(leaf.clone(), Vec::new()),
        Err(JournalError::ClockWentBack { behind_ms: 600_000 })
    ));
    assert!(!journal.failed());
    journal.append_blocking(Leaf::new(Event::CLOCK, earlier), Vec::new()).unwrap();
    assert_eq!(journal.append_blocking(leaf, Vec::new()).unwrap(), 4);
    journal.checkpoint(&key()).unwrap();
    assert!(verify(&directory, &[vkey_of(&key())], None).is_good());
}

#[test]
fn pupils_are_committed_to_in_order_and_without_doubles() {
    let (_keep, directory) = journal_of(0, 0);
    let (journal, _) = open(&directory).unwrap();
    let leaf = Leaf::new(Event::LEFT, T0);
    journal.append_blocking(leaf.clone(), vec![[3; 32], [1; 32], [3; 32]]).unwrap();
    let many = (0..30_001_u32).map(|pupil| leaf_hash(&pupil.to_be_bytes())).collect();
    assert!(matches!(
        journal.append_blocking(leaf.clone(), many),
        Err(JournalError::EncodeLeaf(LeafError::TooMany("pupils")))
    ));
    let most = (0..30_000_u32).map(|pupil| leaf_hash(&pupil.to_be_bytes())).collect();
    assert_eq!(journal.append_blocking(leaf, most).unwrap(), 1);
    journal.checkpoint(&key()).unwrap();
    let side = std::fs::read(directory.join("pupils/commitments")).unwrap();
    assert_eq!(side.len(), 32 * 30_002);
    assert_eq!(&side[..64], [[1; 32], [3; 32]].concat());
    assert!(verify(&directory, &[vkey_of(&key())], None).is_good());
}

/// Opens a new journal, appends, makes checkpoints, stops; returns what was acknowledged and whether
/// everything went well.
fn a_short_life(disk: &FaultyDisk, directory: &Path) -> (Vec<u64>, bool) {
    let mut acknowledged = Vec::new();
    let Ok((journal, _)) = open_with(disk, directory, T0) else { return (acknowledged, false) };
    let mut well = true;
    for number in 0..6 {
        let (leaf, commitments) = exchange(number);
        match journal.append_blocking(leaf, commitments) {
            Ok(index) => acknowledged.push(index),
            Err(_) => well = false,
        }
        if number % 2 == 1 {
            well &= journal.checkpoint(&key()).is_ok();
        }
    }
    well &= journal.stop(Leaf::new(Event::STOPPED, T0 + 9000), &key()).is_ok();
    (acknowledged, well)
}

#[test]
fn a_fault_at_every_nth_act_loses_nothing_acknowledged_and_the_journal_opens_again() {
    for fault in [Fault::Error, Fault::Full, Fault::Short] {
        for nth in 1.. {
            let disk = FaultyDisk::new();
            let keep = scratch();
            let directory = keep.path().join("journal");
            disk.fail_nth(nth, fault);
            let (acknowledged, well) = a_short_life(&disk, &directory);
            let struck = disk.struck();
            disk.heal();
            disk.power_cut().unwrap();
            let (journal, opened) = open_with(&disk, &directory, T0 + 10_000)
                .unwrap_or_else(|error| panic!("{fault:?} at act {nth}: {error}"));
            assert!(opened.entries >= acknowledged.len() as u64, "{fault:?} at act {nth}");
            let index = journal.append_blocking(Leaf::new(Event::STARTED, T0 + 10_000), Vec::new()).unwrap();
            assert_eq!(index, opened.entries);
            journal.checkpoint(&key()).unwrap();
            let report = verify(&directory, &[vkey_of(&key())], None);
            assert!(report.is_good(), "{fault:?} at act {nth}: {}", report.json());
            drop(journal);
            disk.power_cut().unwrap();
            let (_, opened) = open_with(&disk, &directory, T0 + 10_000)
                .unwrap_or_else(|error| panic!("{fault:?} at act {nth}, then a power cut: {error}"));
            assert_eq!(opened.entries, index + 1);
            if !struck {
                assert!(well && nth > 30);
                break;
            }
        }
    }
}

#[test]
fn a_failed_sync_fails_the_journal_for_good() {
    let (_keep, directory) = journal_of(2, 0);
    let disk = FaultyDisk::new();
    let (journal, _) = open_with(&disk, &directory, T0 + 5000).unwrap();
    disk.fail_nth(2, Fault::Error);
    for number in [2, 3] {
        let (leaf, commitments) = exchange(number);
        assert!(matches!(
            journal.append_blocking(leaf, commitments),
            Err(JournalError::Append(CommitError::Failed))
        ));
        assert!(journal.failed());
    }
}

#[test]
fn a_full_disk_refuses_and_recovers_with_the_disk() {
    let (_keep, directory) = journal_of(2, 1);
    let disk = FaultyDisk::new();
    let (journal, _) = open_with(&disk, &directory, T0 + 5000).unwrap();
    disk.fill_up();
    let (leaf, commitments) = exchange(3);
    assert!(matches!(
        journal.append_blocking(leaf.clone(), commitments.clone()),
        Err(JournalError::Append(CommitError::Full))
    ));
    assert!(matches!(journal.checkpoint(&key()), Err(JournalError::WriteCheckpoint(_))));
    assert!(!journal.failed());
    disk.heal();
    assert_eq!(journal.append_blocking(leaf, commitments).unwrap(), 3);
    assert_eq!(journal.checkpoint(&key()).unwrap().size, 4);
    assert!(verify(&directory, &[vkey_of(&key())], None).is_good());
}

#[test]
fn a_file_that_gives_back_other_bytes_fails_the_journal() {
    let (_keep, directory) = journal_of(2, 0);
    let (journal, _) = open(&directory).unwrap();
    append(&journal, 2, 4);
    let path = directory.join("entries.log");
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    RealDisk.open(&path).unwrap().write_at(&bytes, 0).unwrap();
    assert!(matches!(journal.checkpoint(&key()), Err(JournalError::Diverged)));
    assert!(journal.failed());
    let (leaf, commitments) = exchange(4);
    assert!(matches!(journal.append_blocking(leaf, commitments), Err(JournalError::Diverged)));
}

#[test]
fn checkpoints_are_written_at_their_time_until_dropped() {
    let (_keep, directory) = journal_of(2, 0);
    let (journal, _) = open(&directory).unwrap();
    let journal = Arc::new(journal);
    let interval = std::time::Duration::from_millis(5);
    let checkpoints = Checkpoints::every(interval, &journal, Arc::new(key())).unwrap();
    append(&journal, 2, 5);
    let covered = || {
        let note = std::fs::read_to_string(directory.join("checkpoint")).unwrap();
        Checkpoint::open(&note, &[vkey_of(&key())]).unwrap().0.size
    };
    let mut waited = 0;
    while covered() < 5 {
        std::thread::sleep(interval);
        waited += 1;
        assert!(waited < 2000, "no checkpoint within 10 s");
    }
    drop(checkpoints);
    append(&journal, 5, 6);
    std::thread::sleep(4 * interval);
    assert_eq!(covered(), 5);
}

#[test]
fn leaves_are_read_back_as_they_were_written() {
    let (_keep, directory) = journal_of(7, 3);
    let mut leaves = Leaves::open(&directory).unwrap();
    for number in 0..10 {
        let (leaf, mut commitments) = exchange(number);
        commitments.sort_unstable();
        let (found, found_commitments) = leaves.read().unwrap().unwrap();
        assert_eq!((found.sequence, found.route, found.vault), (number, leaf.route, leaf.vault));
        assert_eq!(found_commitments, commitments);
    }
    assert!(leaves.read().unwrap().is_none());
}

#[test]
fn the_newest_vault_head_is_the_highest_since_the_log_was_rewritten() {
    let (_keep, directory) = journal_of(0, 0);
    let head = |sequence| Some(VaultHead { sequence, chain: [9; 32] });
    for (event, sequence, newest) in [
        (Event::LEFT, 10, 10),
        (Event::LEFT, 9, 10),
        (Event::VAULT_REWRITTEN, 4, 4),
        (Event::LEFT, 6, 6),
        (Event::LEFT, 5, 6),
        (Event::RECOVERED, 2, 2),
    ] {
        let (journal, _) = open(&directory).unwrap();
        let leaf = Leaf { vault: head(sequence), ..Leaf::new(event, T0) };
        journal.append_blocking(leaf, Vec::new()).unwrap();
        drop(journal);
        assert_eq!(open(&directory).unwrap().1.vault, head(newest));
    }
}

#[test]
fn a_journal_can_be_verified_while_it_is_written() {
    let (_keep, directory) = journal_of(200, 0);
    let (journal, _) = open(&directory).unwrap();
    let journal = Arc::new(journal);
    let interval = std::time::Duration::from_millis(1);
    let _checkpoints = Checkpoints::every(interval, &journal, Arc::new(key())).unwrap();
    for start in (200..900).step_by(50) {
        append(&journal, start, start + 50);
        let report = verify(&directory, &[vkey_of(&key())], None);
        assert!(report.is_good(), "{}", report.json());
    }
}
