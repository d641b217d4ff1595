//! Needle filters beside the journal: files of sealed filters by month, and the stretches of them that leaves commit to.
//!
//! ```text
//! needle/<month>        "sluis-needles-1\n" ‖ record ‖ …    record: u32be(length) ‖ exchange id (16) ‖ sealed filter
//! needle/<month>.list   "sluis-needlist1\n" ‖ entry ‖ …     entry:  exchange id (16) ‖ record hash (32)
//! ```
//!
//! A leaf commits to a stretch of records by the RFC 6962 root over `exchange id ‖ sealed filter`. What no leaf
//! commits to is nothing. The list has an entry for each record that leaves commit to, in the order of the leaves: it is
//! believed where its hashes have the leaf's root, and then says which record of a stretch is another. It must not know
//! what a filter holds.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::tree::{Frontier, leaf_hash};
use super::{Detail, Event, Hash, Leaf};

/// The kind and version of a month's file: its first 16 bytes.
pub const FILTERS_MAGIC: &[u8; 16] = b"sluis-needles-1\n";
/// The kind and version of a month's list.
pub const LIST_MAGIC: &[u8; 16] = b"sluis-needlist1\n";
/// The length of an entry in a list.
const ENTRY: u64 = 48;
/// The longest record that is read: no filter is so long.
const LONGEST: u64 = 1 << 28;
/// The most records of one stretch that are named: nobody commits to so many.
const MOST: u64 = 1 << 16;

/// A stretch of records that a leaf commits to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// `2026-11`, by UTC.
    pub month: String,
    /// Where it begins in the month's file, in bytes.
    pub offset: u64,
    /// How long it is.
    pub bytes: u64,
    /// How many records.
    pub count: u64,
    /// The RFC 6962 root over them.
    pub root: Hash,
}

/// A record, as it stands in the file.
#[derive(Debug)]
pub struct FilterRecord<'a> {
    /// The exchange.
    pub exchange: &'a [u8; 16],
    /// Its sealed filter.
    pub sealed: &'a [u8],
    /// What the leaf's root is made of.
    pub hash: Hash,
}

/// An exchange and the hash of its record.
pub(super) type Listed = ([u8; 16], Hash);

/// Where a month's filters are.
pub fn filters_path(journal: &Path, month: &str) -> PathBuf {
    journal.join("needle").join(month)
}

/// Where a month's list is.
pub fn list_path(journal: &Path, month: &str) -> PathBuf {
    journal.join("needle").join(format!("{month}.list"))
}

/// Appends a record; returns its hash. None when it is longer than records are.
pub fn write_filter(exchange: &[u8; 16], sealed: &[u8], out: &mut Vec<u8>) -> Option<Hash> {
    let length = u32::try_from(sealed.len()).ok()?;
    out.extend_from_slice(&length.to_be_bytes());
    let from = out.len();
    out.extend_from_slice(exchange);
    out.extend_from_slice(sealed);
    Some(leaf_hash(out.get(from..)?))
}

impl Stretch {
    /// Writes it into a leaf.
    pub fn leaf(&self, now_ms: u64) -> Leaf {
        let mut leaf = Leaf::new(Event::NEEDLE, now_ms);
        leaf.needle = Some(self.root);
        leaf.details = vec![
            ("bytes".to_owned(), Detail::Number(self.bytes)),
            ("count".to_owned(), Detail::Number(self.count)),
            ("month".to_owned(), Detail::Text(self.month.clone())),
            ("offset".to_owned(), Detail::Number(self.offset)),
        ];
        leaf
    }

    /// Reads it from a leaf; none when the leaf is about something else.
    pub fn of(leaf: &Leaf) -> Option<Self> {
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
            month: Some(month).filter(|month| is_month(month))?.clone(),
            offset: number("offset")?,
            bytes: number("bytes")?,
            count: number("count")?,
            root: leaf.needle?,
        })
    }

    /// Gives each of its records to `each`, one in memory at a time; true when they are what the leaf commits to. What
    /// `each` was given before that is known counts only then.
    pub fn each(&self, journal: &Path, each: &mut dyn FnMut(&FilterRecord<'_>)) -> bool {
        let mut frontier = Frontier::default();
        let whole = self.walk(journal, &mut |record| {
            frontier.push(record.hash);
            each(record);
        });
        whole.is_some() && frontier.size() == self.count && frontier.root() == self.root
    }

    /// Reads records until the stretch ends; none when it does not end with one.
    fn walk(&self, journal: &Path, each: &mut dyn FnMut(&FilterRecord<'_>)) -> Option<()> {
        let mut file = File::open(filters_path(journal, &self.month)).ok()?;
        let mut magic = [0; FILTERS_MAGIC.len()];
        file.read_exact(&mut magic).ok().filter(|()| &magic == FILTERS_MAGIC)?;
        file.seek(SeekFrom::Start(self.offset)).ok()?;
        let mut file = BufReader::with_capacity(1 << 16, file);
        let (mut left, mut body) = (self.bytes, Vec::new());
        while left > 0 {
            let mut length = [0; 4];
            file.read_exact(&mut length).ok()?;
            let length = u64::from(u32::from_be_bytes(length)) + 16;
            left = left.checked_sub(4 + length)?;
            body.clear();
            if length > LONGEST || (&mut file).take(length).read_to_end(&mut body).ok()? as u64 != length {
                return None;
            }
            let (exchange, sealed) = body.split_first_chunk::<16>()?;
            each(&FilterRecord { exchange, sealed, hash: leaf_hash(&body) });
        }
        Some(())
    }

    /// The records that are there, as far as they can be read; none when they are what the leaf commits to.
    pub(super) fn differing(&self, journal: &Path) -> Option<Vec<Listed>> {
        let mut found = Vec::new();
        let good = self.each(journal, &mut |record| {
            if (found.len() as u64) < self.count.min(MOST) {
                found.push((*record.exchange, record.hash));
            }
        });
        (!good).then_some(found)
    }

    /// What the list says of it, `before` being how many records earlier leaves of the month commit to; none when the
    /// list does not lead to its root.
    pub(super) fn listed(&self, journal: &Path, before: u64) -> Option<Vec<Listed>> {
        if self.count > MOST {
            return None;
        }
        let mut file = File::open(list_path(journal, &self.month)).ok()?;
        let mut magic = [0; LIST_MAGIC.len()];
        file.read_exact(&mut magic).ok().filter(|()| &magic == LIST_MAGIC)?;
        let from = before.checked_mul(ENTRY)?.checked_add(LIST_MAGIC.len() as u64)?;
        file.seek(SeekFrom::Start(from)).ok()?;
        let mut bytes = Vec::new();
        file.take(self.count * ENTRY).read_to_end(&mut bytes).ok()?;
        let (entries, rest) = bytes.as_chunks::<{ ENTRY as usize }>();
        let listed = entries.iter().filter_map(|entry| {
            let (exchange, hash) = entry.split_first_chunk::<16>()?;
            Some((*exchange, *hash.first_chunk::<32>()?))
        });
        let (listed, mut frontier): (Vec<Listed>, _) = (listed.collect(), Frontier::default());
        listed.iter().for_each(|(_, hash)| frontier.push(*hash));
        let good = rest.is_empty() && frontier.size() == self.count && frontier.root() == self.root;
        good.then_some(listed)
    }
}

/// `2026-11`: a name of a file, and nothing else.
fn is_month(text: &str) -> bool {
    text.len() == 7
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 { byte == b'-' } else { byte.is_ascii_digit() })
}
