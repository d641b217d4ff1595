//! What waits for its filter is gathered: what a kill, a full room, a slow disk and the end of a month do to it.

use std::time::{Duration, Instant};

use super::*;
use crate::disk::faulty::Fault;
use crate::gateway::needle::queue::Queue;

/// Waits until it is so; ten seconds at most.
fn until(so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Where the records of a file begin, and its end.
fn records(bytes: &[u8]) -> Vec<usize> {
    let mut at = vec![16];
    while let Some(length) = bytes.get(at[at.len() - 1]..).and_then(|rest| rest.first_chunk::<4>()) {
        at.push(at[at.len() - 1] + 20 + u32::from_be_bytes(*length) as usize);
    }
    at
}

impl Bench {
    /// A school that starts on what a kill at this moment leaves, the filters cut to so many bytes.
    fn killed(&self, cut: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(self.folder.path(), folder.path());
        let file = folder.path().join("needle/2026-11");
        let bytes = std::fs::read(&file).unwrap();
        crate::disk::write_file(&self.disk, &file, &bytes[..cut.min(bytes.len())]).unwrap();
        Self::at(folder, Arc::clone(&self.vault))
    }

    fn leaves(&self, event: Event) -> usize {
        let mut leaves = Leaves::open(self.folder.path()).unwrap();
        std::iter::from_fn(|| leaves.read().unwrap()).filter(|(leaf, _)| leaf.event == event).count()
    }

    fn missed(&self) -> u64 {
        self.needle.as_ref().unwrap().missed()
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn a_kill_takes_what_came_last_and_a_look_up_says_so() {
    let bench = Bench::new();
    for number in 1..4 {
        bench.leave(number, &format!("Zoë {number}"));
    }
    // Nobody asks for it.
    let written = || std::fs::read(bench.file()).unwrap_or_default();
    until(|| records(&written()).len() == 4);
    let bytes = written();
    let records = records(&bytes);
    assert_eq!(records[3], bytes.len());
    for cut in (16..bytes.len()).step_by(11).chain([bytes.len()]) {
        let whole = records.iter().filter(|end| **end <= cut).count() as u64 - 1;
        let after = bench.killed(cut);
        let lost = |filters| Missing { no_filter: filters, ..Missing::default() };
        assert_eq!(numbers(&after.look("Zoë")), (3, 0, lost(3), 0));
        after.leave(9, "Zoë");
        after.flush();
        assert_eq!(numbers(&after.look("Zoë")), (4, whole + 1, lost(3 - whole), 0), "cut at {cut}");
    }
    // One that has just been handed over is on the disk, or told.
    bench.leave(4, "Zoë 4");
    let after = bench.killed(usize::MAX);
    after.leave(9, "Zoë");
    after.flush();
    let found = after.look("Zoë");
    assert_eq!((found.exchanges, found.covered + found.missing.no_filter, found.wrong.len()), (5, 5, 0));
    assert!(found.covered >= 4);
}

#[test]
fn many_messages_are_few_acts_of_the_disk() {
    let bench = Bench::new();
    bench.leave(1, "Zoë");
    bench.flush();
    let before = bench.disk.acts();
    for _ in 0..200 {
        bench.leave(2, "Zoë");
    }
    bench.flush();
    // A write for 32 messages or a quarter of a second, a sync a second, and a leaf's list. Each alone was three acts.
    let acts = bench.disk.acts() - before;
    assert!(acts < 100, "{acts}");
    assert_eq!(bench.leaves(Event::NEEDLE), 2);
    assert_eq!(bench.missed(), 0);
}

#[test]
fn messages_of_two_months_may_come_in_any_order() {
    let bench = Bench::new();
    let (november, december, january) = (NOW, NOW + 15 * 86_400_000, NOW + 45 * 86_400_000);
    let time = |number| match number {
        0..11 => november,
        11..21 => december,
        _ => january,
    };
    for number in 0..22 {
        bench.clock.set(Timestamp::from_millis(time(number)));
        bench.leaf(number, false);
    }
    // Handed over in another order than their leaves, as exchanges are that run beside one another.
    for number in 1..11 {
        bench.hand_over(number, time(number), "Zoë");
        bench.hand_over(number + 10, time(number + 10), "Zoë");
    }
    bench.flush();
    let lost = |filters| Missing { no_filter: filters, ..Missing::default() };
    assert_eq!(numbers(&bench.look("Zoë")), (22, 20, lost(2), 0));
    // Not a leaf for every turn: the first month's when the second was opened, and one of each.
    assert!(bench.leaves(Event::NEEDLE) <= 3);
    // A third month closes the first; when that comes again it goes on where it was.
    bench.hand_over(21, time(21), "Zoë");
    bench.hand_over(0, time(0), "Zoë");
    bench.flush();
    assert_eq!(numbers(&bench.look("Zoë")), (22, 22, lost(0), 0));
    let asked = Asked { to: Month::parse("2026-11"), ..Asked::default() };
    assert_eq!(bench.look_with("Zoë", &asked, bench.folder.path()).covered, 11);
    assert_eq!((bench.leaves(Event::NEEDLE_KEY), bench.missed()), (3, 0));
}

#[test]
fn a_full_room_is_committed_to_when_sluis_stops_however_slow_the_disk() {
    let mut bench = Bench::new();
    bench.start(64 << 10);
    bench.disk.hang();
    for number in 1..61 {
        bench.leave(number, "Zoë");
    }
    let disk = bench.disk.clone();
    let healing = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        disk.heal();
        disk.slow_down(Duration::from_millis(3));
    });
    bench.needle.as_ref().unwrap().stop();
    healing.join().unwrap();
    assert_eq!(numbers(&bench.look("Zoë")), (60, 60, Missing::default(), 0));
    assert_eq!(bench.missed(), 0);
    // Nobody waits for a worker that is gone.
    bench.flush();
}

#[test]
fn a_sync_that_fails_loses_what_was_written_and_nothing_else() {
    let bench = Bench::new();
    bench.leave(1, "Zoë");
    bench.flush();
    // Opened, written, synced.
    bench.disk.fail_nth(3, Fault::Error);
    bench.leave(2, "Zoë");
    bench.flush();
    assert!(bench.disk.struck());
    assert_eq!(bench.missed(), 1);
    bench.disk.heal();
    bench.leave(3, "Zoë");
    bench.flush();
    let found = bench.look("Zoë");
    assert_eq!(numbers(&found), (3, 2, Missing { no_filter: 1, ..Missing::default() }, 0));
    assert_eq!(ids(&found), [1, 3]);
    bench.needle.as_ref().unwrap().stop();
    bench.disk.power_cut().unwrap();
    assert_eq!(ids(&bench.look("Zoë")), [1, 3]);
}

#[test]
fn who_finds_no_place_calls_the_worker() {
    let mut bench = Bench::new();
    bench.start(1);
    let begun = Instant::now();
    for number in 0..60 {
        bench.leave(number, "Zoë");
    }
    // A quarter of a second each, if they only waited.
    assert!(begun.elapsed() < Duration::from_secs(9));
    bench.flush();
    assert_eq!((bench.look("Zoë").covered, bench.missed()), (60, 0));
}

#[test]
fn heads_take_places_too_and_nobody_waits_for_one_that_is_gone() {
    let queue = Queue::new(1 << 20);
    let large = message("/records", &[("x-note", &"Zoë ".repeat(20_000))], "");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let put = |patience| {
        let id = ExchangeId::from_bytes([1; 16]);
        let put = queue.put(id, Timestamp::from_millis(NOW), &large);
        runtime.block_on(async { tokio::time::timeout(Duration::from_millis(patience), put).await })
    };
    for _ in 0..10 {
        assert_eq!(put(10_000).ok(), Some(true));
    }
    assert!(put(50).is_err());
    let next = queue.next(None, Vec::new());
    assert_eq!(next.messages.len(), 10);
    assert!(put(50).is_err());
    drop(next);
    assert_eq!(put(10_000).ok(), Some(true));
    queue.abandon();
    assert_eq!(put(10_000).ok(), Some(false));
    let (answer, wait) = std::sync::mpsc::sync_channel(1);
    assert!(!queue.ask(answer) && wait.recv().is_err());
}
