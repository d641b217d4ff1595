//! Objections and consents at rest: one sealed file a school, replaced whole.
//!
//! The file says which edition it is, and its bytes have a digest: whoever keeps the newest of both elsewhere, as the
//! journal does, finds that an older one was put back. It must not know the vault's keys, nor where the roster is.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::{Consents, Mark, Said, Stance};
use crate::clock::Date;
use crate::disk;
use crate::identity::{Identifier, Kind, Publisher, School};
use crate::roster::RosterError;
use crate::vault::Vault;
use crate::vault::codec::{Fields, Reader};

/// The place that the sealed bytes are bound to, with the school; the number is the version of the layout.
const PLACE: &str = "consents 2";
/// The layout before: of whichever school, without an edition.
const EARLIER: &str = "consents 1";

/// Which of its editions a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edition {
    /// The first is 1; 0 where the file does not say, as earlier versions wrote it.
    pub number: u64,
    /// SHA-256 of the file.
    pub digest: [u8; 32],
}

impl Consents {
    /// Seals what was said to a school and puts it in place of an earlier file, durably.
    ///
    /// # Errors
    /// When the file cannot be written; an earlier one is unchanged then.
    pub fn save(
        &self,
        path: &Path,
        school: &School,
        number: u64,
        vault: &Vault,
    ) -> Result<Edition, RosterError> {
        let mut fields = Fields::with_room(96 * self.len() + 64);
        fields.u64(number).u64(u64::try_from(self.len()).unwrap_or(u64::MAX));
        for (identifier, mark) in self.all() {
            fields.text(identifier.kind().as_str()).text(identifier.expose());
            fields.text(mark.publisher.as_ref().map_or("*", Publisher::as_str));
            fields.text(mark.stance.as_str()).text(&mark.date.to_string());
        }
        let failed = |why: String| RosterError::Save { path: path.to_owned(), why };
        let sealed =
            vault.seal_file(&place(school), fields.as_bytes()).map_err(|why| failed(why.to_string()))?;
        disk::durable_write(vault.disk(), path, &sealed).map_err(|why| failed(why.to_string()))?;
        Ok(Edition { number, digest: Sha256::digest(&sealed).into() })
    }

    /// What was saved, and which edition it is; `None` when there is no file.
    ///
    /// # Errors
    /// When the file is damaged, another school's, or sealed by another vault: objections may be in it, so nothing goes
    /// on without it.
    pub fn load(path: &Path, school: &School, vault: &Vault) -> Result<Option<(Self, Edition)>, RosterError> {
        let failed = |why| RosterError::Load { path: path.to_owned(), why };
        let sealed = match std::fs::read(path) {
            Ok(sealed) => sealed,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(_) => return Err(failed("the file cannot be read")),
        };
        Self::unseal(&sealed, school, vault).map(Some).map_err(failed)
    }

    /// What a file's bytes hold, or why nothing.
    ///
    /// # Errors
    /// Damaged, another school's, or sealed by another vault.
    pub fn unseal(sealed: &[u8], school: &School, vault: &Vault) -> Result<(Self, Edition), &'static str> {
        let digest = Sha256::digest(sealed).into();
        let unknown = "its layout is unknown";
        if let Ok(plain) = vault.open_file(&place(school), sealed) {
            let mut reader = Reader::new(plain.expose());
            let number = reader.u64().ok_or(unknown)?;
            return Ok((read(reader).ok_or(unknown)?, Edition { number, digest }));
        }
        let plain = vault.open_file(EARLIER, sealed).map_err(|_| "damaged, or of another vault")?;
        let consents = read(Reader::new(plain.expose())).ok_or(unknown)?;
        Ok((consents, Edition { number: 0, digest }))
    }
}

fn place(school: &School) -> String {
    format!("{PLACE} {school}")
}

fn read(mut reader: Reader<'_>) -> Option<Consents> {
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
