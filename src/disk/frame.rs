//! Records in an append-only file: how one is framed, and how a file is read back with a torn tail
//! told apart from damage. It must not know what a record holds.
//!
//! A log begins with 16 bytes that name its kind and version. Then record after record:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | big-endian: bit 31 set when this record is the first of its batch; bits 0–30 the length n, 1 ≤ n ≤ [`MAX_RECORD`] |
//! | 8 | the first 8 bytes of SHA-256(the 4 bytes above ‖ payload) |
//! | n | payload |
//!
//! A batch is what one `fdatasync` made durable, and the next batch is written only after that. So a
//! bad record with a batch begun after it was durable once: that is damage. A bad record in the last
//! batch may be a power cut, and is a torn tail.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::medium::write_all_at;
use super::{Disk, DiskError, durable_write};

/// Length of the bytes that open a log, in bytes.
pub const MAGIC_LEN: usize = 16;
/// The largest payload of one record, in bytes.
pub const MAX_RECORD: usize = 1 << 20;
/// A batch is closed when it holds this many bytes or more.
pub(super) const BATCH_BYTES: usize = 4 << 20;

/// What stands before each payload, in bytes.
pub const RECORD_HEADER: usize = HEADER;
const HEADER: usize = 12;
const FIRST: u32 = 1 << 31;
/// The longest that a batch can be, in bytes: one record may still join just below the bound.
pub const LONGEST_BATCH: u64 = (BATCH_BYTES + HEADER + MAX_RECORD) as u64;
const READ_AHEAD: usize = 1 << 18;

/// Creates an empty log at `path`, durably. An existing file is replaced.
pub fn create_log(disk: &dyn Disk, path: &Path, magic: &[u8; MAGIC_LEN]) -> Result<(), DiskError> {
    durable_write(disk, path, magic)
}

/// Cuts a log to `end` bytes, durably: what [`Step::Torn`] asks for before anything is appended.
pub fn cut_tail(disk: &dyn Disk, path: &Path, end: u64) -> Result<(), DiskError> {
    let mut medium =
        disk.open(path).map_err(|source| DiskError::OpenFile { path: path.to_owned(), source })?;
    medium.truncate(end).map_err(|source| DiskError::WriteFile { path: path.to_owned(), source })?;
    medium.sync().map_err(|source| DiskError::SyncFile { path: path.to_owned(), source })
}

/// Prepares a log for being continued at `end`, after it was read whole: cuts what follows and writes
/// the last [`LONGEST_BATCH`] bytes again, durably.
///
/// The last batch may have been read from memory although its sync failed in the life before: the
/// kernel then holds its pages for clean and would never write them. Always call it before
/// [`super::Committer::start`].
pub fn settle(disk: &dyn Disk, path: &Path, end: u64) -> Result<(), DiskError> {
    let from = end.saturating_sub(LONGEST_BATCH);
    let unread = |source| DiskError::ReadFile { path: path.to_owned(), source };
    let mut file =
        File::open(path).map_err(|source| DiskError::OpenFile { path: path.to_owned(), source })?;
    file.seek(SeekFrom::Start(from)).map_err(unread)?;
    let mut bytes = Vec::new();
    file.take(end - from).read_to_end(&mut bytes).map_err(unread)?;
    let unwritten = |source| DiskError::WriteFile { path: path.to_owned(), source };
    let mut medium =
        disk.open(path).map_err(|source| DiskError::OpenFile { path: path.to_owned(), source })?;
    medium.truncate(end).map_err(unwritten)?;
    write_all_at(medium.as_mut(), &bytes, from).map_err(unwritten)?;
    medium.sync().map_err(|source| DiskError::SyncFile { path: path.to_owned(), source })
}

/// What the reader found next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// A whole record.
    Record {
        /// Where its header begins, in bytes.
        offset: u64,
        /// Its payload.
        payload: &'a [u8],
    },
    /// The file ends after a whole record, at `end` bytes.
    End {
        /// The length of the log, in bytes: where the next record goes.
        end: u64,
    },
    /// What follows `end` is the remains of a batch that was never acknowledged as a whole. Whether
    /// it may be cut off is for the caller to say, who knows what was anchored elsewhere.
    Torn {
        /// Where the whole records end, in bytes.
        end: u64,
        /// How many bytes follow.
        lost: u64,
    },
}

/// Reads a log from its beginning, record by record, in bounded memory.
#[derive(Debug)]
pub struct Reader {
    file: File,
    path: PathBuf,
    /// Bytes read and not yet consumed are `buffer[start..]`; `buffer[start]` stands at `offset`.
    buffer: Vec<u8>,
    start: usize,
    offset: u64,
    length: u64,
}

impl Reader {
    /// Opens the log at `path`, which must begin with `magic`. Only the bytes that are there now are
    /// read: a log that grows meanwhile is read up to its present length.
    pub fn open(path: &Path, magic: &[u8; MAGIC_LEN]) -> Result<Self, DiskError> {
        let unread = |source| DiskError::ReadFile { path: path.to_owned(), source };
        let mut file =
            File::open(path).map_err(|source| DiskError::OpenFile { path: path.to_owned(), source })?;
        let length = file.metadata().map_err(unread)?.len();
        let mut found = [0; MAGIC_LEN];
        match file.read_exact(&mut found) {
            Ok(()) if &found == magic => {}
            Err(error) if error.kind() != ErrorKind::UnexpectedEof => return Err(unread(error)),
            Ok(()) | Err(_) => return Err(DiskError::NotThisLog { path: path.to_owned() }),
        }
        let offset = MAGIC_LEN as u64;
        Ok(Self { file, path: path.to_owned(), buffer: Vec::new(), start: 0, offset, length })
    }

    /// Goes to a record whose offset is known from an earlier reading.
    pub fn seek(&mut self, offset: u64) -> Result<(), DiskError> {
        self.file.seek(SeekFrom::Start(offset)).map_err(|source| self.unread(source))?;
        self.buffer.clear();
        self.start = 0;
        self.offset = offset;
        Ok(())
    }

    /// The next record, or why there is none.
    ///
    /// Errors: [`DiskError::Damaged`] when a bad record is followed by a later batch, or by more bytes
    /// than one batch can hold.
    // Not an Iterator: a record borrows the reader's buffer.
    #[expect(clippy::should_implement_trait, reason = "a lending iterator cannot be an Iterator")]
    pub fn next(&mut self) -> Result<Step<'_>, DiskError> {
        let offset = self.offset;
        let left = self.length.saturating_sub(offset);
        if left == 0 {
            return Ok(Step::End { end: offset });
        }
        let header = HEADER.min(usize::try_from(left).unwrap_or(HEADER));
        self.fill(header)?;
        let Some(whole) = self.waiting().first_chunk::<4>().and_then(|head| record_len(*head)) else {
            return self.bad(offset, left);
        };
        if (whole as u64) > left {
            return self.bad(offset, left);
        }
        self.fill(whole)?;
        if !is_whole(self.waiting().get(..whole).unwrap_or_default()) {
            return self.bad(offset, left);
        }
        let from = self.start;
        self.start += whole;
        self.offset += whole as u64;
        let payload = self.buffer.get(from + HEADER..from + whole).unwrap_or_default();
        Ok(Step::Record { offset, payload })
    }

    /// A bad record at `offset`: torn, or damaged?
    fn bad(&mut self, offset: u64, left: u64) -> Result<Step<'_>, DiskError> {
        let damaged = DiskError::Damaged { path: self.path.clone(), offset };
        if left > LONGEST_BATCH {
            return Err(damaged);
        }
        self.fill(usize::try_from(left).unwrap_or(usize::MAX))?;
        let tail = self.waiting();
        for at in 1..tail.len() {
            let rest = tail.get(at..).unwrap_or_default();
            let Some(head) = rest.first_chunk::<4>() else { break };
            let begins_batch = u32::from_be_bytes(*head) & FIRST != 0;
            let whole = record_len(*head).and_then(|whole| rest.get(..whole));
            if begins_batch && whole.is_some_and(is_whole) {
                return Err(damaged);
            }
        }
        Ok(Step::Torn { end: offset, lost: left })
    }

    fn waiting(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Reads until `wanted` bytes wait, which the caller knows to be there.
    fn fill(&mut self, wanted: usize) -> Result<(), DiskError> {
        if self.waiting().len() >= wanted {
            return Ok(());
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        let had = self.buffer.len();
        let more = wanted.max(READ_AHEAD) - had;
        let asked = (&mut self.file).take(more as u64).read_to_end(&mut self.buffer);
        asked.map_err(|source| self.unread(source))?;
        if self.buffer.len() < wanted {
            return Err(self.unread(ErrorKind::UnexpectedEof.into()));
        }
        Ok(())
    }

    fn unread(&self, source: std::io::Error) -> DiskError {
        DiskError::ReadFile { path: self.path.clone(), source }
    }
}

/// Leaves room in `out` for the header of a record whose payload is about to be appended.
pub(super) fn begin(out: &mut Vec<u8>) -> usize {
    let at = out.len();
    out.extend_from_slice(&[0; HEADER]);
    at
}

/// Writes the header of the record begun at `at`. False when the payload is empty or too long: then
/// the record is taken out again.
pub(super) fn finish(out: &mut Vec<u8>, at: usize, first: bool) -> bool {
    let length = out.len().saturating_sub(at + HEADER);
    let (true, Ok(short)) = ((1..=MAX_RECORD).contains(&length), u32::try_from(length)) else {
        out.truncate(at);
        return false;
    };
    let head = (short | if first { FIRST } else { 0 }).to_be_bytes();
    let Some((header, payload)) = out.get_mut(at..).and_then(|record| record.split_at_mut_checked(HEADER))
    else {
        return false;
    };
    let check = check(head, payload);
    for (to, from) in header.iter_mut().zip(head.iter().chain(&check)) {
        *to = *from;
    }
    true
}

/// The length of the whole record that a header announces; none when no record is that long.
fn record_len(head: [u8; 4]) -> Option<usize> {
    let length = (u32::from_be_bytes(head) & !FIRST) as usize;
    (1..=MAX_RECORD).contains(&length).then_some(HEADER + length)
}

fn is_whole(record: &[u8]) -> bool {
    let Some((head, rest)) = record.split_first_chunk::<4>() else { return false };
    let Some((found, payload)) = rest.split_first_chunk::<8>() else { return false };
    *found == check(*head, payload)
}

fn check(head: [u8; 4], payload: &[u8]) -> [u8; 8] {
    let digest = Sha256::new().chain_update(head).chain_update(payload).finalize();
    digest.first_chunk::<8>().copied().unwrap_or_default()
}
