//! The roster at rest: one file of sealed frames, written and read a frame at a time, replaced whole.
//!
//! ```text
//! "sluis-roster-2\n" ‖ edition (16 bytes) ‖ frame ‖ frame ‖ …      frame: u32be(length) ‖ sealed
//! ```
//!
//! Each frame is bound to the edition, its number and whether it is the last: frames cannot be left out, swapped
//! or taken from another edition. The first says when it was imported, how many pupils follow, and the kinds; the
//! others are records in a row. It must not know the vault's keys.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;

use super::held::age_days;
use super::{Roster, RosterError};
use crate::clock::Timestamp;
use crate::crypto;
use crate::disk::{DiskError, Growing, durable_stream};
use crate::identity::Kind;
use crate::secret::Secret;
use crate::vault::codec::{Fields, Reader};
use crate::vault::{Vault, VaultError};

const MAGIC: &[u8; 15] = b"sluis-roster-2\n";
/// How many bytes of records a frame holds, if they do not stand in one record.
const FRAME: usize = 1 << 20;
/// The longest sealed frame that is read: one record of the longest fields in every column, and some.
const LONGEST_FRAME: usize = 64 << 20;

/// What a kept roster says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// How many pupils it holds.
    pub pupils: u64,
    /// When it was imported or changed last.
    pub imported: Timestamp,
    /// Its own random number.
    pub edition: [u8; 16],
}

impl Summary {
    /// Its age in whole days.
    pub fn age_days(&self, now: Timestamp) -> u64 {
        age_days(self.imported, now)
    }
}

impl Roster {
    /// Seals the roster and puts it in place of an earlier one, durably. It gets a new edition.
    ///
    /// # Errors
    /// When the file cannot be written; an earlier roster is unchanged then.
    pub fn save(&mut self, path: &Path, vault: &Vault) -> Result<(), RosterError> {
        let failed = |why: String| RosterError::Save { path: path.to_owned(), why };
        self.edition = crypto::random().map_err(|why| failed(why.to_string()))?;
        let saved: Result<(), Unwritten> = durable_stream(vault.disk(), path, |file| self.write(file, vault));
        saved.map_err(|Unwritten(why)| failed(why))
    }

    fn write(&self, file: &mut Growing, vault: &Vault) -> Result<(), Unwritten> {
        file.append(MAGIC)?;
        file.append(&self.edition)?;
        let mut head = Fields::with_room(4096);
        head.u64(self.imported.as_millis()).u64(u64::try_from(self.len()).unwrap_or(u64::MAX));
        head.u32(u32::try_from(self.kinds.len()).unwrap_or(u32::MAX));
        for kind in &self.kinds {
            head.text(kind.as_str());
        }
        let mut frames = Frames { edition: self.edition, number: 0 };
        let mut frame = head;
        let mut left = self.len();
        for pupil in self.pupils() {
            if frames.number == 0 || frame.len() + pupil.record.len() > FRAME {
                frames.write(frame.as_bytes(), false, file, vault)?;
                frame = Fields::with_room(FRAME.max(pupil.record.len()) + 64);
            }
            frame.bytes(pupil.record);
            left = left.saturating_sub(1);
        }
        debug_assert_eq!(left, 0, "as many as were counted");
        frames.write(frame.as_bytes(), true, file, vault)
    }

    /// The roster that was saved, or `None` when there is no file.
    ///
    /// # Errors
    /// When the file is damaged, or sealed by another vault.
    pub fn load(path: &Path, vault: &Vault) -> Result<Option<Self>, RosterError> {
        let failed = |why| RosterError::Load { path: path.to_owned(), why };
        let Some((mut kept, summary, kinds)) = open(path, vault).map_err(failed)? else { return Ok(None) };
        let mut roster = Self::empty(summary.imported);
        roster.edition = summary.edition;
        roster.kinds = kinds;
        while !kept.ended {
            let frame = kept.next(vault).map_err(failed)?;
            let mut records = Reader::new(frame.expose());
            while !records.is_empty() {
                let record = records.bytes().ok_or_else(|| failed(LAYOUT))?;
                roster.take_record(record).ok_or_else(|| failed(LAYOUT))?;
            }
        }
        if u64::try_from(roster.len()).ok() != Some(summary.pupils) {
            return Err(failed(LAYOUT));
        }
        Ok(Some(roster))
    }

    /// What a kept roster says about itself, without reading its pupils; `None` when there is no file.
    ///
    /// # Errors
    /// When its beginning is damaged, or sealed by another vault.
    pub fn summary(path: &Path, vault: &Vault) -> Result<Option<Summary>, RosterError> {
        let failed = |why| RosterError::Load { path: path.to_owned(), why };
        Ok(open(path, vault).map_err(failed)?.map(|(_, summary, _)| summary))
    }
}

const DAMAGED: &str = "damaged, or of another vault";
const LAYOUT: &str = "its layout is unknown";

type Opened = (Kept, Summary, Vec<Kind>);

fn open(path: &Path, vault: &Vault) -> Result<Option<Opened>, &'static str> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
        Err(_) => return Err("the file cannot be read"),
    };
    let mut file = BufReader::new(file);
    let (mut magic, mut edition) = ([0; MAGIC.len()], [0; 16]);
    let read = file.read_exact(&mut magic).and_then(|()| file.read_exact(&mut edition));
    if read.is_err() || magic != *MAGIC {
        return Err("it is no roster of this version");
    }
    let mut kept = Kept { file, frames: Frames { edition, number: 0 }, ended: false };
    let head = kept.next(vault)?;
    let mut fields = Reader::new(head.expose());
    let read = (|| {
        let imported = Timestamp::from_millis(fields.u64()?);
        let pupils = fields.u64()?;
        let kinds = (0..fields.u32()?).map(|_| Kind::named(fields.text()?).ok()).collect::<Option<_>>()?;
        fields.end()?;
        Some((Summary { pupils, imported, edition }, kinds))
    })();
    let (summary, kinds) = read.ok_or(LAYOUT)?;
    Ok(Some((kept, summary, kinds)))
}

/// A kept roster that is being read.
struct Kept {
    file: BufReader<File>,
    frames: Frames,
    ended: bool,
}

impl Kept {
    fn next(&mut self, vault: &Vault) -> Result<Secret<Vec<u8>>, &'static str> {
        let mut length = [0; 4];
        self.file.read_exact(&mut length).map_err(|_| DAMAGED)?;
        let length = usize::try_from(u32::from_be_bytes(length)).map_err(|_| DAMAGED)?;
        if length > LONGEST_FRAME {
            return Err(DAMAGED);
        }
        let mut sealed = vec![0; length];
        self.file.read_exact(&mut sealed).map_err(|_| DAMAGED)?;
        let mut more = [0; 1];
        self.ended = match self.file.read(&mut more) {
            Ok(0) => true,
            Ok(_) => {
                self.file.seek_relative(-1).map_err(|_| DAMAGED)?;
                false
            }
            Err(_) => return Err(DAMAGED),
        };
        let plain = vault.open_file(&self.frames.place(self.ended), &sealed).map_err(|_| DAMAGED)?;
        self.frames.number += 1;
        Ok(plain)
    }
}

/// Counts frames, and names the place of each.
struct Frames {
    edition: [u8; 16],
    number: u64,
}

impl Frames {
    fn place(&self, last: bool) -> String {
        let edition: String = self.edition.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("roster 2 {edition} {} {}", self.number, if last { "last" } else { "more" })
    }

    fn write(
        &mut self,
        plain: &[u8],
        last: bool,
        file: &mut Growing,
        vault: &Vault,
    ) -> Result<(), Unwritten> {
        let sealed = vault.seal_file(&self.place(last), plain)?;
        let length = u32::try_from(sealed.len()).map_err(|_| Unwritten("a record is too large".into()))?;
        file.append(&length.to_be_bytes())?;
        file.append(&sealed)?;
        self.number += 1;
        Ok(())
    }
}

/// Why a roster was not written.
struct Unwritten(String);

impl From<DiskError> for Unwritten {
    fn from(why: DiskError) -> Self {
        Self(why.to_string())
    }
}

impl From<VaultError> for Unwritten {
    fn from(why: VaultError) -> Self {
        Self(why.to_string())
    }
}
