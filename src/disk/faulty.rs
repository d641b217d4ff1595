//! A disk that fails on purpose, for tests: the n-th act fails, a write is cut short, the disk is
//! full, slow or hangs, the power goes. Nothing in production makes one. It must not hide a success: what it says
//! is on disk is on disk.

use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Disk, Medium, RealDisk};

/// How the chosen act fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The act is not done and answers with an input/output error.
    Error,
    /// A write takes half of its bytes and says so, which is no error; any other act is done.
    Short,
    /// A write takes half of its bytes, and from then on every act that needs room says that there
    /// is none, until [`FaultyDisk::heal`]. A sync says so too, once.
    Full,
}

/// The machine's disk with one planned fault. Clones share the plan and the count.
#[derive(Debug, Clone, Default)]
pub struct FaultyDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    acts: u64,
    plan: Option<(u64, Fault)>,
    sticky: bool,
    full: bool,
    /// How long every act takes.
    slow: Duration,
    /// Acts wait until this is over.
    held: bool,
    /// Length of each file that was written, as of its last sync.
    synced: HashMap<PathBuf, u64>,
    /// Bytes whose sync failed: the kernel holds them for clean and never writes them, unless they
    /// are written again.
    lost: HashMap<PathBuf, Vec<Range<u64>>>,
}

struct FaultyFile {
    disk: FaultyDisk,
    path: PathBuf,
    file: Box<dyn Medium>,
    len: u64,
    /// Bytes written since the last sync.
    unsynced: Vec<Range<u64>>,
    /// Lost bytes that were written again since the last sync.
    again: Vec<Range<u64>>,
}

impl FaultyDisk {
    /// A disk without a fault, which counts acts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the `nth` act from now (the first is 1) fail in this way, once.
    pub fn fail_nth(&self, nth: u64, fault: Fault) {
        let mut state = self.lock();
        state.plan = Some((state.acts + nth, fault));
        state.sticky = false;
    }

    /// Lets the `nth` act from now and every act after it fail with an input/output error.
    pub fn fail_from(&self, nth: u64) {
        let mut state = self.lock();
        state.plan = Some((state.acts + nth, Fault::Error));
        state.sticky = true;
    }

    /// No room from now on, until [`FaultyDisk::heal`].
    pub fn fill_up(&self) {
        self.lock().full = true;
    }

    /// Every act takes so long from now on, and is done.
    pub fn slow_down(&self, by: Duration) {
        self.lock().slow = by;
    }

    /// From now on acts wait, and are done when [`FaultyDisk::heal`] is called: a disk that hangs.
    pub fn hang(&self) {
        self.lock().held = true;
    }

    /// Everything works again.
    pub fn heal(&self) {
        let mut state = self.lock();
        state.plan = None;
        state.full = false;
        state.held = false;
        state.slow = Duration::ZERO;
    }

    /// How many acts were asked for so far.
    pub fn acts(&self) -> u64 {
        self.lock().acts
    }

    /// True when the planned fault has happened.
    pub fn struck(&self) -> bool {
        let state = self.lock();
        state.plan.is_some_and(|(nth, _)| state.acts >= nth)
    }

    /// Takes from every file what was not synced, as a power cut may: bytes behind its synced length,
    /// and bytes whose sync failed and that were not written again. Close the files first.
    pub fn power_cut(&self) -> io::Result<()> {
        let mut state = self.lock();
        for (path, ranges) in std::mem::take(&mut state.lost) {
            let Ok(file) = std::fs::OpenOptions::new().write(true).open(path) else { continue };
            for range in ranges {
                let gone = usize::try_from(range.end - range.start).unwrap_or_default();
                file.write_all_at(&vec![0; gone], range.start)?;
            }
        }
        for (path, len) in &state.synced {
            let file = std::fs::OpenOptions::new().write(true).open(path);
            match file {
                Ok(file) if file.metadata()?.len() > *len => file.set_len(*len)?,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an act and says which fault strikes it.
    fn act(&self) -> Option<Fault> {
        let slow = self.lock().slow;
        std::thread::sleep(slow);
        while self.lock().held {
            std::thread::sleep(Duration::from_millis(2));
        }
        let mut state = self.lock();
        state.acts += 1;
        let (nth, fault) = state.plan?;
        let strikes = state.acts == nth || (state.sticky && state.acts > nth);
        strikes.then_some(fault)
    }

    /// An act that writes no bytes: done, or failed as planned.
    fn plain<T>(&self, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match self.act() {
            Some(Fault::Error) => Err(broken()),
            Some(Fault::Full) => Err(io::ErrorKind::StorageFull.into()),
            Some(Fault::Short) | None => act(),
        }
    }

    fn wrap(&self, path: &Path, file: Box<dyn Medium>) -> io::Result<Box<dyn Medium>> {
        let len = std::fs::metadata(path)?.len();
        self.lock().synced.insert(path.to_owned(), len);
        Ok(Box::new(FaultyFile {
            disk: self.clone(),
            path: path.to_owned(),
            file,
            len,
            unsynced: Vec::new(),
            again: Vec::new(),
        }))
    }
}

impl Disk for FaultyDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn Medium>> {
        self.plain(|| RealDisk.open(path)).and_then(|file| self.wrap(path, file))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Medium>> {
        if self.lock().full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.plain(|| RealDisk.create(path)).and_then(|file| self.wrap(path, file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.plain(|| RealDisk.rename(from, to))?;
        let mut state = self.lock();
        if let Some(len) = state.synced.remove(from) {
            state.synced.insert(to.to_owned(), len);
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.plain(|| RealDisk.remove(path))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.plain(|| RealDisk.create_dir(path))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.plain(|| RealDisk.sync_dir(path))
    }
}

impl Medium for FaultyFile {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let half = bytes.get(..bytes.len() / 2).unwrap_or_default();
        let fault = self.disk.act();
        let taken = match fault {
            _ if self.disk.lock().full => return Err(io::ErrorKind::StorageFull.into()),
            Some(Fault::Error) => return Err(broken()),
            Some(Fault::Short) => self.file.write_at(half, offset)?,
            Some(Fault::Full) => {
                self.disk.lock().full = true;
                if half.is_empty() {
                    return Err(io::ErrorKind::StorageFull.into());
                }
                self.file.write_at(half, offset)?
            }
            None => self.file.write_at(bytes, offset)?,
        };
        let end = offset + taken as u64;
        self.len = self.len.max(end);
        self.unsynced.push(offset..end);
        if let Some(lost) = self.disk.lock().lost.get_mut(&self.path) {
            self.again.extend(lost.extract_if(.., |lost| offset <= lost.start && lost.end <= end));
        }
        Ok(taken)
    }

    fn sync(&mut self) -> io::Result<()> {
        let (unsynced, again) = (std::mem::take(&mut self.unsynced), std::mem::take(&mut self.again));
        let done = self.disk.plain(|| self.file.sync());
        let mut state = self.disk.lock();
        if done.is_err() {
            // What was durable before and was only written again is still there.
            let durable = state.synced.get(&self.path).copied().unwrap_or_default();
            let new = unsynced.into_iter().filter(|range| range.end > durable);
            let new = new.map(|range| range.start.max(durable)..range.end);
            state.lost.entry(self.path.clone()).or_default().extend(new.chain(again));
        } else {
            state.synced.insert(self.path.clone(), self.len);
        }
        done
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.disk.plain(|| self.file.truncate(len))?;
        self.len = len;
        self.unsynced.retain(|range| range.end <= len);
        Ok(())
    }
}

fn broken() -> io::Error {
    io::Error::from_raw_os_error(5)
}
