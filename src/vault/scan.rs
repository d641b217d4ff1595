//! Reading a log whole: numbers and chain of every record, what its notices say, and whether its last record
//! was sealed by this vault (which proves all bytes before it).
//!
//! It must not change anything, nor compare the log with anything but keys.

use std::path::Path;

use super::barrier::Sealer;
use super::error::VaultError;
use super::inner::Progress;
use super::key_file::KeyFile;
use super::keys::Keys;
use super::log::{Head, MAGIC, NOTICES, Record};
use super::record::Notice;
use super::tombstone::Graveyard;
use crate::crypto::Keyring;
use crate::disk::{DiskError, Reader, Step};

/// What a log holds.
pub(crate) struct Scan {
    /// The last whole record.
    pub(crate) head: Head,
    /// Where it ends, in bytes.
    pub(crate) end: u64,
    /// Bytes of a torn batch behind it.
    pub(crate) torn: u64,
    /// The heads at the sequences of the marks.
    pub(crate) found: [Option<Head>; 2],
    /// Where the records after the marks begin, in bytes.
    pub(crate) offsets: [Option<u64>; 2],
    /// The newest version of the key file that the log names.
    pub(crate) keys_version: u64,
    /// When the vault was made, in milliseconds since the Unix epoch.
    pub(crate) begun: Option<u64>,
    /// Who was forgotten.
    pub(crate) graveyard: Graveyard,
}

/// Reads the log. Marks are heads that someone remembers; whether the log has them is in the answer.
pub(crate) fn scan(
    path: &Path,
    key_file: &KeyFile,
    notices: &Sealer,
    marks: [Option<Head>; 2],
    progress: &mut dyn FnMut(Progress),
) -> Result<Scan, VaultError> {
    let vault = key_file.keys().vault;
    let mut reader = Reader::open(path, MAGIC).map_err(|why| unreadable(path, &why, None))?;
    let head = Head::before_all(&vault);
    let mut scan = Scan {
        head,
        end: 0,
        torn: 0,
        found: [None; 2],
        offsets: [None; 2],
        keys_version: 0,
        begun: None,
        graveyard: Graveyard::default(),
    };
    scan.mark(marks);
    let mut keyrings = Keyrings { keys: key_file.keys(), last: None };
    // The last record that can be opened, and the head before it. One buffer for all.
    let (mut unproved, mut last) = (None, Vec::new());
    loop {
        let step = reader.next().map_err(|why| unreadable(path, &why, Some(scan.head)))?;
        let (payload, offset) = match step {
            Step::Record { offset, payload } => (payload, offset),
            Step::End { end } => {
                scan.end = end;
                break;
            }
            Step::Torn { end, lost } => {
                (scan.end, scan.torn) = (end, lost);
                break;
            }
        };
        scan.starts(marks, offset);
        let record = Record::read(payload).filter(|record| record.follows(&scan.head));
        let record = record.ok_or_else(|| foreign(path, &scan.head, offset))?;
        unproved = None;
        if record.key == NOTICES {
            let plain = record.open(&vault, &scan.head, &notices.keys);
            let notice = plain.and_then(|plain| Notice::read(plain.expose()));
            scan.notice(&notice.ok_or_else(|| foreign(path, &scan.head, offset))?);
        } else if keyrings.has(record.key) {
            last.clear();
            last.extend_from_slice(payload);
            unproved = Some((scan.head, offset));
        }
        scan.head = scan.head.after(payload);
        scan.mark(marks);
        if scan.head.sequence.is_multiple_of(8192) {
            progress(Progress::Log { records: scan.head.sequence });
        }
    }
    if let Some((before, offset)) = unproved {
        let opened = Record::read(&last)
            .and_then(|record| record.open(&vault, &before, keyrings.of(record.key)?).map(|_| ()));
        opened.ok_or_else(|| foreign(path, &before, offset))?;
    }
    progress(Progress::Log { records: scan.head.sequence });
    Ok(scan)
}

/// Keyrings of scopes, made when a record needs one.
struct Keyrings<'a> {
    keys: &'a Keys,
    last: Option<(u32, Keyring)>,
}

impl Keyrings<'_> {
    fn has(&self, number: u32) -> bool {
        self.keys.scopes.iter().any(|of| of.number == number && of.keys.is_some())
    }

    fn of(&mut self, number: u32) -> Option<&Keyring> {
        let of = self.keys.scopes.iter().find(|of| of.number == number)?;
        let (_, data) = of.keys.as_ref()?;
        self.last = Some((number, super::keyring(number, data, 0)));
        self.last.as_ref().map(|(_, keyring)| keyring)
    }
}

impl Scan {
    /// Notes the head if a mark asks for this sequence.
    fn mark(&mut self, marks: [Option<Head>; 2]) {
        for (mark, found) in marks.iter().zip(&mut self.found) {
            if mark.is_some_and(|mark| mark.sequence == self.head.sequence) {
                *found = Some(self.head);
            }
        }
    }

    /// Notes where the record behind a mark begins.
    fn starts(&mut self, marks: [Option<Head>; 2], offset: u64) {
        for (mark, found) in marks.iter().zip(&mut self.offsets) {
            if mark.is_some_and(|mark| mark.sequence == self.head.sequence) {
                *found = Some(offset);
            }
        }
    }

    fn notice(&mut self, notice: &Notice) {
        match notice {
            Notice::Begun { at } => self.begun = Some(*at),
            Notice::Keys { version } => self.keys_version = self.keys_version.max(*version),
            Notice::Recovered { .. } => {}
            Notice::Forgotten { stones, .. } => self.graveyard.lay(stones, self.head.sequence + 1),
            Notice::Rewritten { old, sealed, .. } => {
                self.graveyard.from = Some(*old);
                self.graveyard.owed = false;
                self.graveyard.sealed = *sealed;
            }
        }
    }
}

const WHAT_TO_DO: &str = "Nothing was changed and nothing is served. Put back an undamaged copy of the vault's \
                          directory, or recover from a backup: `sluis vault recover BACKUP` (first `--rehearse`, \
                          which changes nothing).";

fn unreadable(path: &Path, why: &DiskError, head: Option<Head>) -> VaultError {
    let path = path.display();
    let what = match (why, head) {
        (DiskError::Damaged { offset, .. }, Some(head)) => {
            format!("the log {path} is damaged at byte {offset}, after {head}.")
        }
        (DiskError::NotThisLog { .. }, _) => {
            format!("{path} does not begin as a vault's log of this version.")
        }
        (DiskError::OpenFile { .. }, _) => format!("the log {path} is missing or cannot be opened."),
        _ => format!("the log {path} cannot be read."),
    };
    VaultError::Sealed { why: format!("{what} {WHAT_TO_DO}") }
}

fn foreign(path: &Path, before: &Head, offset: u64) -> VaultError {
    let path = path.display();
    let why = format!(
        "record {} of the log {path} (byte {offset}) is damaged, or key file and log are of two vaults. {WHAT_TO_DO}",
        before.sequence + 1
    );
    VaultError::Sealed { why }
}
