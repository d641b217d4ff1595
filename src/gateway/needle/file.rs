//! A month's file of sealed filters, and the leaves that commit to batches of it.
//!
//! ```text
//! "sluis-needles-1\n" ‖ record ‖ record ‖ …      record: u32be(length) ‖ exchange id (16) ‖ sealed filter
//! ```
//!
//! A leaf commits to a stretch of records by the RFC 6962 root over `exchange id ‖ sealed filter`. What no leaf
//! commits to is nothing. It must not know what a filter holds.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::month::Month;
use crate::journal::{Detail, Event, Frontier, Hash, Leaf, leaf_hash};

/// The kind and version of the file: its first 16 bytes.
pub(super) const MAGIC: &[u8; 16] = b"sluis-needles-1\n";
/// The longest stretch that is read: nobody commits to more.
const LONGEST: u64 = 1 << 32;

/// Where a month's filters are.
pub(super) fn path(journal: &Path, month: Month) -> PathBuf {
    journal.join("needle").join(month.to_string())
}

/// Appends a record.
pub(super) fn write(exchange: &[u8; 16], sealed: &[u8], out: &mut Vec<u8>) -> Option<Hash> {
    let length = u32::try_from(sealed.len()).ok()?;
    out.extend_from_slice(&length.to_be_bytes());
    let from = out.len();
    out.extend_from_slice(exchange);
    out.extend_from_slice(sealed);
    Some(leaf_hash(out.get(from..)?))
}

/// The first record of `bytes` and what follows it; none when there is no whole one.
pub(super) fn first(bytes: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (body, after) = rest.split_at_checked(16_usize.checked_add(length)?)?;
    let (exchange, sealed) = body.split_first_chunk::<16>()?;
    Some((Record { exchange, sealed, hash: leaf_hash(body) }, after))
}

/// A record.
pub(super) struct Record<'a> {
    pub(super) exchange: &'a [u8; 16],
    pub(super) sealed: &'a [u8],
    pub(super) hash: Hash,
}

/// A stretch of records that a leaf commits to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) month: Month,
    /// Where it begins in the month's file, in bytes.
    pub(super) offset: u64,
    /// How long it is.
    pub(super) bytes: u64,
    /// How many records.
    pub(super) count: u64,
    pub(super) root: Hash,
}

impl Batch {
    /// Writes it into a leaf.
    pub(super) fn leaf(&self, now_ms: u64) -> Leaf {
        let mut leaf = Leaf::new(Event::NEEDLE, now_ms);
        leaf.needle = Some(self.root);
        leaf.details = vec![
            ("bytes".to_owned(), Detail::Number(self.bytes)),
            ("count".to_owned(), Detail::Number(self.count)),
            ("month".to_owned(), Detail::Text(self.month.to_string())),
            ("offset".to_owned(), Detail::Number(self.offset)),
        ];
        leaf
    }

    /// Reads it from a leaf; none when the leaf is about something else.
    pub(super) fn of(leaf: &Leaf) -> Option<Self> {
        if leaf.event != Event::NEEDLE {
            return None;
        }
        let detail =
            |name: &str| leaf.details.iter().find(|(known, _)| known == name).map(|(_, detail)| detail);
        let number = |name: &str| match detail(name)? {
            Detail::Number(number) => Some(*number),
            _ => None,
        };
        let Detail::Text(month) = detail("month")? else { return None };
        Some(Self {
            month: Month::parse(month)?,
            offset: number("offset")?,
            bytes: number("bytes")?,
            count: number("count")?,
            root: leaf.needle?,
        })
    }

    /// Reads its stretch and compares it with what was committed to; none when it is missing or another.
    pub(super) fn read(&self, journal: &Path) -> Option<Vec<u8>> {
        let mut file = File::open(path(journal, self.month)).ok()?;
        let mut magic = [0; MAGIC.len()];
        file.read_exact(&mut magic).ok().filter(|()| &magic == MAGIC)?;
        file.seek(SeekFrom::Start(self.offset)).ok()?;
        let mut bytes = Vec::new();
        file.take(self.bytes.min(LONGEST)).read_to_end(&mut bytes).ok()?;
        let (mut frontier, mut rest) = (Frontier::default(), bytes.as_slice());
        while let Some((record, after)) = first(rest) {
            frontier.push(record.hash);
            rest = after;
        }
        let same = rest.is_empty() && bytes.len() as u64 == self.bytes;
        (same && frontier.size() == self.count && frontier.root() == self.root).then_some(bytes)
    }
}
