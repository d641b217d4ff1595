//! Unit tests of `disk`.

use std::path::PathBuf;

use super::faulty::{Fault, FaultyDisk};
use super::*;

const MAGIC: &[u8; MAGIC_LEN] = b"sluis-test-log1\n";

/// A directory in memory where the machine has one: these tests sync thousands of times.
fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// Numbers its items and remembers a running sum, so that a state that was not rolled back shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Sums {
    next: u64,
    sum: u64,
}

struct Summing {
    now: Sums,
    kept: Sums,
}

impl Summing {
    fn from(kept: Sums) -> Self {
        Self { now: kept, kept }
    }
}

impl Encode for Summing {
    type Item = u64;
    type Receipt = u64;

    fn encode(&mut self, item: u64, out: &mut Vec<u8>) -> u64 {
        let sequence = self.now.next;
        self.now = Sums { next: sequence + 1, sum: self.now.sum.wrapping_mul(31).wrapping_add(item) };
        for number in [sequence, item, self.now.sum] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        sequence
    }

    fn keep(&mut self) {
        self.kept = self.now;
    }

    fn undo(&mut self) {
        self.now = self.kept;
    }
}

/// Reads all items, checking sequence and sum; the state after them, the end, and the lost bytes.
fn read_back(path: &Path) -> Result<(Vec<u64>, Sums, u64, u64), DiskError> {
    let mut reader = Reader::open(path, MAGIC)?;
    let (mut items, mut sums) = (Vec::new(), Summing::from(Sums::default()));
    loop {
        match reader.next()? {
            Step::Record { payload, .. } => {
                let item = u64::from_be_bytes(payload[8..16].try_into().unwrap());
                let mut again = Vec::new();
                sums.encode(item, &mut again);
                assert_eq!(payload, again, "sequence or sum broken in the log");
                items.push(item);
            }
            Step::End { end } => return Ok((items, sums.now, end, 0)),
            Step::Torn { end, lost } => return Ok((items, sums.now, end, lost)),
        }
    }
}

fn fresh(disk: &dyn Disk) -> (tempfile::TempDir, PathBuf) {
    let directory = scratch();
    let path = directory.path().join("log");
    create_log(disk, &path, MAGIC).unwrap();
    (directory, path)
}

fn start(disk: &dyn Disk, path: &Path) -> Committer<Summing> {
    let (_, sums, end, _) = read_back(path).unwrap();
    settle(disk, path, end).unwrap();
    Committer::start("test", disk.open(path).unwrap(), end, Summing::from(sums)).unwrap()
}

#[test]
fn items_come_back_in_the_order_of_their_receipts() {
    let (_directory, path) = fresh(&RealDisk);
    let log = start(&RealDisk, &path);
    let waiting: Vec<_> = (0..500).map(|item| log.submit(item * 7)).collect();
    for (place, pending) in waiting.into_iter().enumerate() {
        assert_eq!(pending.wait(), Ok(place as u64));
    }
    assert!(log.counts().syncs < 500, "500 waiting items took {} syncs", log.counts().syncs);
    assert_eq!(log.stop().unwrap().kept.next, 500);
    assert!(log.stop().is_none());
    assert_eq!(log.submit(1).wait(), Err(CommitError::Stopped));
    let (items, ..) = read_back(&path).unwrap();
    assert_eq!(items, (0..500).map(|item| item * 7).collect::<Vec<u64>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_in_a_runtime_await_their_receipts() {
    let (_directory, path) = fresh(&RealDisk);
    let log = std::sync::Arc::new(start(&RealDisk, &path));
    let tasks: Vec<_> = (0..64)
        .map(|writer| {
            let log = log.clone();
            tokio::spawn(async move {
                for item in 0..10 {
                    log.submit(writer * 100 + item).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    drop(log);
    assert_eq!(read_back(&path).unwrap().0.len(), 640);
}

/// One item at a time, with the n-th act failing, for every n until nothing fails: what was
/// acknowledged is there, what was refused as `Full` is not, and the log opens again.
fn every_nth(fault: Fault) {
    for nth in 1.. {
        let disk = FaultyDisk::new();
        let (_directory, path) = fresh(&disk);
        let log = start(&disk, &path);
        disk.fail_nth(nth, fault);
        let (mut acknowledged, mut refused, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        for item in 0..6 {
            match log.submit(item).wait() {
                Ok(_) => acknowledged.push(item),
                Err(CommitError::Full) => {
                    assert!(!log.failed());
                    refused.push(item);
                    if refused.len() == 2 {
                        disk.heal();
                    }
                }
                Err(CommitError::Failed) => {
                    assert!(log.failed());
                    unknown.push(item);
                }
                Err(CommitError::Stopped) => panic!("nobody stopped it"),
            }
        }
        let struck = disk.struck() || !refused.is_empty();
        drop(log);
        disk.heal();
        disk.power_cut().unwrap();
        let (items, ..) = read_back(&path).unwrap();
        let firm: Vec<_> = items.iter().copied().filter(|item| !unknown.contains(item)).collect();
        assert_eq!(firm, acknowledged, "{fault:?} at act {nth}");
        assert!(items.iter().all(|item| !refused.contains(item)), "{fault:?} at act {nth}");
        // And it takes new items after a restart.
        assert_eq!(start(&disk, &path).submit(99).wait(), Ok(items.len() as u64));
        disk.power_cut().unwrap();
        assert_eq!(read_back(&path).unwrap().0.len(), items.len() + 1, "{fault:?} at act {nth}");
        if !struck {
            assert_eq!(acknowledged.len(), 6);
            assert!(nth > 12, "6 items are at least 12 acts");
            return;
        }
        assert!(fault == Fault::Short || acknowledged.len() < 6, "{fault:?} at act {nth} went unnoticed");
    }
}

#[test]
fn an_error_at_every_nth_act_loses_nothing_acknowledged() {
    every_nth(Fault::Error);
}

#[test]
fn a_short_write_at_every_nth_act_loses_nothing() {
    every_nth(Fault::Short);
}

#[test]
fn a_full_disk_at_every_nth_act_refuses_and_recovers() {
    every_nth(Fault::Full);
}

#[test]
fn a_full_disk_rolls_the_encoder_back_and_takes_items_later() {
    let disk = FaultyDisk::new();
    let (_directory, path) = fresh(&disk);
    let log = start(&disk, &path);
    assert_eq!(log.submit(1).wait(), Ok(0));
    disk.fill_up();
    for item in 0..3 {
        assert_eq!(log.submit(100 + item).wait(), Err(CommitError::Full));
    }
    assert!(!log.failed());
    disk.heal();
    assert_eq!(log.submit(2).wait(), Ok(1));
    drop(log);
    assert_eq!(read_back(&path).unwrap().0, [1, 2]);
}

#[test]
fn a_failed_sync_is_never_retried() {
    let disk = FaultyDisk::new();
    let (_directory, path) = fresh(&disk);
    let log = start(&disk, &path);
    disk.fail_nth(2, Fault::Error);
    assert_eq!(log.submit(1).wait(), Err(CommitError::Failed));
    let acts = disk.acts();
    assert_eq!(log.submit(2).wait(), Err(CommitError::Failed));
    assert!(log.failed());
    assert_eq!(disk.acts(), acts, "the disk was touched again after a failed sync");
}

/// What Linux does after a failed `fsync`: the pages are clean in memory and never reach the disk.
#[test]
fn a_batch_whose_sync_failed_is_written_again_before_the_log_goes_on() {
    let run = |settled: bool| {
        let disk = FaultyDisk::new();
        let (_directory, path) = fresh(&disk);
        let log = start(&disk, &path);
        log.submit(1).wait().unwrap();
        disk.fail_nth(2, Fault::Error);
        assert_eq!(log.submit(2).wait(), Err(CommitError::Failed));
        drop(log);
        disk.heal();
        // The next life, with the power still on, reads both items.
        let (items, sums, end, _) = read_back(&path).unwrap();
        assert_eq!(items, [1, 2]);
        if settled {
            settle(&disk, &path, end).unwrap();
        }
        let log = Committer::start("test", disk.open(&path).unwrap(), end, Summing::from(sums)).unwrap();
        log.submit(3).wait().unwrap();
        drop(log);
        disk.power_cut().unwrap();
        read_back(&path).map(|(items, ..)| items)
    };
    assert_eq!(run(true).unwrap(), [1, 2, 3]);
    assert!(matches!(run(false), Err(DiskError::Damaged { .. })));
}

#[test]
fn a_full_disk_that_cannot_be_cut_back_fails_for_good() {
    let disk = FaultyDisk::new();
    let (_directory, path) = fresh(&disk);
    let log = start(&disk, &path);
    disk.fill_up();
    // Act 1 is the write that finds no room, act 2 the cut.
    disk.fail_nth(2, Fault::Error);
    assert_eq!(log.submit(1).wait(), Err(CommitError::Failed));
    assert!(log.failed());
}

struct Panicking;

impl Encode for Panicking {
    type Item = ();
    type Receipt = ();
    fn encode(&mut self, (): (), _out: &mut Vec<u8>) {
        panic!("a fault of the encoder");
    }
    fn keep(&mut self) {}
    fn undo(&mut self) {}
}

#[test]
fn an_encoder_that_panics_leaves_nobody_waiting() {
    let (_directory, path) = fresh(&RealDisk);
    let log = Committer::start("test", RealDisk.open(&path).unwrap(), 16, Panicking).unwrap();
    let second = {
        let first = log.submit(());
        let second = log.submit(());
        assert_eq!(first.wait(), Err(CommitError::Failed));
        second
    };
    assert_eq!(second.wait(), Err(CommitError::Failed));
    assert!(log.failed());
    assert!(log.stop().is_none());
}

struct Sized;

impl Encode for Sized {
    type Item = usize;
    type Receipt = bool;
    fn encode(&mut self, size: usize, out: &mut Vec<u8>) -> bool {
        out.resize(out.len() + size, 7);
        size > 0
    }
    fn keep(&mut self) {}
    fn undo(&mut self) {}
}

#[test]
fn the_largest_record_fits_a_larger_one_fails_and_a_refused_item_is_no_record() {
    let (_directory, path) = fresh(&RealDisk);
    let log = Committer::start("test", RealDisk.open(&path).unwrap(), 16, Sized).unwrap();
    assert_eq!(log.submit(0).wait(), Ok(false));
    assert_eq!(log.submit(MAX_RECORD).wait(), Ok(true));
    assert_eq!(log.submit(MAX_RECORD + 1).wait(), Err(CommitError::Failed));
    drop(log);
    let mut reader = Reader::open(&path, MAGIC).unwrap();
    assert!(matches!(reader.next().unwrap(), Step::Record { payload, .. } if payload.len() == MAX_RECORD));
    assert!(matches!(reader.next().unwrap(), Step::End { .. }));
}

/// A log of three batches: one item, one item, and three items in one batch.
fn three_batches() -> (tempfile::TempDir, PathBuf, u64) {
    let (directory, path) = fresh(&RealDisk);
    let log = start(&RealDisk, &path);
    log.submit(1).wait().unwrap();
    log.submit(2).wait().unwrap();
    let before = log.end();
    let mut encoder = log.stop().unwrap();
    // One batch of three, as the thread would write it had they waited together.
    let mut out = Vec::new();
    for item in 3..6 {
        let at = frame::begin(&mut out);
        encoder.encode(item, &mut out);
        assert!(frame::finish(&mut out, at, item == 3));
    }
    medium::write_all_at(RealDisk.open(&path).unwrap().as_mut(), &out, before).unwrap();
    (directory, path, before)
}

#[test]
fn a_tail_torn_at_any_byte_is_cut_to_the_last_whole_record() {
    let (_directory, path, before) = three_batches();
    let whole = std::fs::read(&path).unwrap();
    let record = (whole.len() - usize::try_from(before).unwrap()) / 3;
    for len in usize::try_from(before).unwrap()..whole.len() {
        RealDisk.open(&path).unwrap().truncate(len as u64).unwrap();
        let (items, _, end, lost) = read_back(&path).unwrap();
        assert_eq!(items.len(), 2 + (len - usize::try_from(before).unwrap()) / record);
        assert_eq!(end + lost, len as u64);
        let log = start(&RealDisk, &path);
        assert_eq!(log.submit(9).wait(), Ok(items.len() as u64));
        drop(log);
        RealDisk.create(&path).unwrap().write_at(&whole, 0).unwrap();
    }
}

#[test]
fn a_flipped_byte_before_the_last_batch_is_damage_and_in_it_a_torn_tail() {
    let (_directory, path, before) = three_batches();
    let whole = std::fs::read(&path).unwrap();
    for place in MAGIC_LEN..whole.len() {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x40;
        RealDisk.create(&path).unwrap().write_at(&bytes, 0).unwrap();
        let found = read_back(&path);
        if (place as u64) < before {
            assert!(matches!(found, Err(DiskError::Damaged { offset, .. }) if offset <= place as u64));
        } else {
            let (items, _, end, lost) = found.unwrap();
            assert!(items.len() < 5 && lost > 0 && end <= place as u64);
        }
    }
}

#[test]
fn a_foreign_an_empty_and_a_missing_file_are_no_log() {
    let directory = scratch();
    let path = directory.path().join("log");
    assert!(matches!(Reader::open(&path, MAGIC), Err(DiskError::OpenFile { .. })));
    for bytes in [&b""[..], b"sluis", b"sluis-test-log2\n"] {
        durable_write(&RealDisk, &path, bytes).unwrap();
        assert!(matches!(Reader::open(&path, MAGIC), Err(DiskError::NotThisLog { .. })));
    }
}

#[test]
fn more_garbage_than_a_batch_can_hold_is_damage() {
    let (_directory, path) = fresh(&RealDisk);
    let mut file = RealDisk.open(&path).unwrap();
    file.truncate(16 + (6 << 20)).unwrap();
    assert!(matches!(Reader::open(&path, MAGIC).unwrap().next(), Err(DiskError::Damaged { offset: 16, .. })));
    file.truncate(16 + 4096).unwrap();
    assert_eq!(Reader::open(&path, MAGIC).unwrap().next().unwrap(), Step::Torn { end: 16, lost: 4096 });
}

#[test]
fn a_small_file_is_old_or_new_at_every_nth_failure() {
    for fault in [Fault::Error, Fault::Full, Fault::Short] {
        for nth in 1.. {
            let disk = FaultyDisk::new();
            let directory = scratch();
            let path = directory.path().join("key");
            durable_write(&disk, &path, b"the old content").unwrap();
            disk.fail_nth(nth, fault);
            let done = durable_write(&disk, &path, b"new");
            let struck = disk.struck();
            disk.heal();
            disk.power_cut().unwrap();
            let found = std::fs::read(&path).unwrap();
            match &done {
                Ok(()) => assert_eq!(found, b"new"),
                Err(DiskError::SyncFile { path, .. }) if path == directory.path() => {
                    assert_eq!(found, b"new");
                }
                Err(_) => assert_eq!(found, b"the old content", "{fault:?} at act {nth}"),
            }
            // The act after the plan's (removing the half-made file) works: nothing is left behind.
            assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
            if !struck {
                break;
            }
            assert!(fault == Fault::Short || done.is_err(), "{fault:?} at act {nth} went unnoticed");
        }
    }
}

#[test]
fn small_files_are_private_and_directories_are_made_with_their_parents() {
    use std::os::unix::fs::PermissionsExt;
    let directory = scratch();
    let deep = directory.path().join("a/b/c");
    create_dir_durable(&RealDisk, &deep).unwrap();
    create_dir_durable(&RealDisk, &deep).unwrap();
    let path = deep.join("key");
    durable_write(&RealDisk, &path, b"k").unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(&deep)), (0o600, 0o700));
}

#[test]
fn a_lock_is_held_once_and_released_on_drop() {
    let directory = scratch();
    let path = directory.path().join("lock");
    let lock = Lock::take(&path).unwrap();
    assert!(matches!(Lock::take(&path), Err(DiskError::InUse { .. })));
    drop(lock);
    Lock::take(&path).unwrap();
}

#[test]
fn errors_name_the_act_and_not_the_source() {
    let error = Reader::open(Path::new("/nowhere/log"), MAGIC).unwrap_err();
    assert_eq!(error.to_string(), "cannot open /nowhere/log");
}

#[test]
fn an_act_between_batches_sees_all_before_and_may_put_another_file_in_place() {
    let (directory, path) = fresh(&RealDisk);
    let committer = start(&RealDisk, &path);
    let before: Vec<_> = (0..100).map(|item| committer.submit(item)).collect();
    let other = directory.path().join("other");
    create_log(&RealDisk, &other, MAGIC).unwrap();
    let swap = other.clone();
    let turned = committer.between(move |encoder: &mut Summing, place| {
        assert_eq!(encoder.now, encoder.kept, "nothing is half way");
        let seen = encoder.kept;
        *encoder = Summing::from(Sums::default());
        *place = Place { medium: RealDisk.open(&swap).unwrap(), end: MAGIC_LEN as u64 };
        Ok(seen)
    });
    let after: Vec<_> = (1000..1010).map(|item| committer.submit(item)).collect();
    assert!(before.into_iter().all(|pending| pending.wait().is_ok()));
    assert_eq!(turned.wait().unwrap().next, 100);
    let receipts: Vec<_> = after.into_iter().map(|pending| pending.wait().unwrap()).collect();
    assert_eq!(receipts, (0..10).collect::<Vec<_>>());
    let end = committer.end();
    drop(committer);
    assert_eq!(read_back(&path).unwrap().0, (0..100).collect::<Vec<_>>());
    let (items, _, found, _) = read_back(&other).unwrap();
    assert_eq!((items, found), ((1000..1010).collect::<Vec<_>>(), end));
}

#[test]
fn an_act_that_fails_ends_the_committer_and_one_that_is_refused_does_not() {
    let (_directory, path) = fresh(&RealDisk);
    let committer = start(&RealDisk, &path);
    let refused = committer.between(|_, _| Err::<(), _>(CommitError::Full));
    assert_eq!(refused.wait(), Err(CommitError::Full));
    assert_eq!(committer.submit(7).wait(), Ok(0));
    let failed = committer.between(|_, _| Err::<(), _>(CommitError::Failed));
    let behind = committer.submit(8);
    assert_eq!(failed.wait(), Err(CommitError::Failed));
    assert!(committer.failed());
    assert_eq!(behind.wait(), Err(CommitError::Failed));
    assert_eq!(committer.between(|_, _| Ok(())).wait(), Err(CommitError::Failed));
    drop(committer);
    assert_eq!(read_back(&path).unwrap().0, [7]);
}

#[test]
fn an_act_that_panics_leaves_nobody_waiting() {
    let (_directory, path) = fresh(&RealDisk);
    let committer = start(&RealDisk, &path);
    let panicked = committer.between(|_, _| -> Result<(), CommitError> { panic!("on purpose") });
    assert_eq!(panicked.wait(), Err(CommitError::Failed));
    assert!(committer.failed());
}
