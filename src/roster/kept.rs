//! The roster at rest: one sealed file, replaced whole.
//!
//! It must not know the vault's keys: it hands bytes and a place to the vault and gets sealed bytes back.

use std::path::Path;

use super::{Pupil, Roster, RosterError};
use crate::clock::Timestamp;
use crate::disk;
use crate::identity::Kind;
use crate::secret::Secret;
use crate::vault::Vault;
use crate::vault::codec::{Fields, Reader};

/// The place that the sealed bytes are bound to; the number is the version of the layout.
const PLACE: &str = "roster 1";

impl Roster {
    /// Seals the roster and puts it in place of an earlier one, durably.
    ///
    /// # Errors
    /// When the file cannot be written; an earlier roster is unchanged then.
    pub fn save(&self, path: &Path, vault: &Vault) -> Result<(), RosterError> {
        let mut fields = Fields::with_room(256 * self.pupils.len() + 64);
        fields.u64(self.imported.as_millis()).u64(u64::try_from(self.pupils.len()).unwrap_or(u64::MAX));
        for pupil in &self.pupils {
            write(pupil, &mut fields);
        }
        let failed = |why: String| RosterError::Save { path: path.to_owned(), why };
        let sealed = vault.seal_file(PLACE, fields.as_bytes()).map_err(|why| failed(why.to_string()))?;
        disk::durable_write(vault.disk(), path, &sealed).map_err(|why| failed(why.to_string()))
    }

    /// The roster that was saved, or `None` when there is no file.
    ///
    /// # Errors
    /// When the file is damaged, or sealed by another vault.
    pub fn load(path: &Path, vault: &Vault) -> Result<Option<Self>, RosterError> {
        let failed = |why| RosterError::Load { path: path.to_owned(), why };
        let sealed = match std::fs::read(path) {
            Ok(sealed) => sealed,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(_) => return Err(failed("the file cannot be read")),
        };
        let plain = vault.open_file(PLACE, &sealed).map_err(|_| failed("damaged, or of another vault"))?;
        read(plain.expose()).ok_or_else(|| failed("its layout is unknown")).map(Some)
    }
}

fn write(pupil: &Pupil, to: &mut Fields) {
    to.u32(count(pupil.identifiers.len()));
    for (kind, text) in &pupil.identifiers {
        to.text(kind.as_str()).text(text.expose());
    }
    for single in [&pupil.given, &pupil.prefix, &pupil.family, &pupil.birth_date] {
        match single {
            Some(text) => to.u8(1).text(text.expose()),
            None => to.u8(0),
        };
    }
    for list in [&pupil.full_names, &pupil.emails, &pupil.phones, &pupil.addresses] {
        to.u32(count(list.len()));
        for text in list {
            to.text(text.expose());
        }
    }
}

fn read(bytes: &[u8]) -> Option<Roster> {
    let mut reader = Reader::new(bytes);
    let mut roster = Roster::empty(Timestamp::from_millis(reader.u64()?));
    for _ in 0..reader.u64()? {
        let mut pupil = Pupil::default();
        for _ in 0..reader.u32()? {
            pupil.identifiers.push((Kind::named(reader.text()?).ok()?, secret(&mut reader)?));
        }
        for single in [&mut pupil.given, &mut pupil.prefix, &mut pupil.family, &mut pupil.birth_date] {
            *single = match reader.u8()? {
                0 => None,
                _ => Some(secret(&mut reader)?),
            };
        }
        for list in [&mut pupil.full_names, &mut pupil.emails, &mut pupil.phones, &mut pupil.addresses] {
            for _ in 0..reader.u32()? {
                list.push(secret(&mut reader)?);
            }
        }
        roster.add(pupil).ok()?;
    }
    reader.end()?;
    Some(roster)
}

fn secret(reader: &mut Reader<'_>) -> Option<Secret<String>> {
    reader.text().map(|text| Secret::new(text.to_owned()))
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}
