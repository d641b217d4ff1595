//! Objections and consents at rest: one sealed file, replaced whole.
//!
//! It must not know the vault's keys, nor where the roster is.

use std::path::Path;

use super::{Consents, Mark, Said, Stance};
use crate::clock::Date;
use crate::disk;
use crate::identity::{Identifier, Kind, Publisher};
use crate::roster::RosterError;
use crate::vault::Vault;
use crate::vault::codec::{Fields, Reader};

/// The place that the sealed bytes are bound to; the number is the version of the layout.
const PLACE: &str = "consents 1";

impl Consents {
    /// Seals what was said and puts it in place of an earlier file, durably.
    ///
    /// # Errors
    /// When the file cannot be written; an earlier one is unchanged then.
    pub fn save(&self, path: &Path, vault: &Vault) -> Result<(), RosterError> {
        let mut fields = Fields::with_room(96 * self.len() + 64);
        fields.u64(u64::try_from(self.len()).unwrap_or(u64::MAX));
        for (identifier, mark) in self.all() {
            fields.text(identifier.kind().as_str()).text(identifier.expose());
            fields.text(mark.publisher.as_ref().map_or("*", Publisher::as_str));
            fields.text(mark.stance.as_str()).text(&mark.date.to_string());
        }
        let failed = |why: String| RosterError::Save { path: path.to_owned(), why };
        let sealed = vault.seal_file(PLACE, fields.as_bytes()).map_err(|why| failed(why.to_string()))?;
        disk::durable_write(vault.disk(), path, &sealed).map_err(|why| failed(why.to_string()))
    }

    /// What was saved; nothing when there is no file.
    ///
    /// # Errors
    /// When the file is damaged, or sealed by another vault: objections may be in it, so nothing goes on without it.
    pub fn load(path: &Path, vault: &Vault) -> Result<Self, RosterError> {
        let failed = |why| RosterError::Load { path: path.to_owned(), why };
        let sealed = match std::fs::read(path) {
            Ok(sealed) => sealed,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(_) => return Err(failed("the file cannot be read")),
        };
        let plain = vault.open_file(PLACE, &sealed).map_err(|_| failed("damaged, or of another vault"))?;
        read(plain.expose()).ok_or_else(|| failed("its layout is unknown"))
    }
}

fn read(bytes: &[u8]) -> Option<Consents> {
    let mut reader = Reader::new(bytes);
    let mut consents = Consents::default();
    for _ in 0..reader.u64()? {
        let kind = Kind::named(reader.text()?).ok()?;
        let identifier = Identifier::new(kind, reader.text()?);
        let publisher = match reader.text()? {
            "*" => None,
            id => Some(Publisher::parse(id).ok()?),
        };
        let stance = Stance::named(reader.text()?)?;
        let date = Date::parse(reader.text()?)?;
        consents.record(Said { identifier, mark: Mark { publisher, stance, date } });
    }
    reader.end()?;
    Some(consents)
}
