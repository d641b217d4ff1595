//! Months' keys at rest: each in a file sealed by the vault, and as text when the school hands one over.
//!
//! It must not know who asks for a key.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::NeedleError;
use super::month::{Month, MonthKey};
use crate::crypto;
use crate::disk::{Disk, create_dir_durable, durable_write};
use crate::secret::Secret;
use crate::vault::Vault;

/// How an exported key's line begins.
const EXPORTED: &str = "sluis-needle-key-1";

fn path(journal: &Path, month: Month) -> PathBuf {
    journal.join("needle/keys").join(month.to_string())
}

fn place(month: Month) -> String {
    format!("needle key 1 {month}")
}

/// A month's key, or none when none was made. `journal` is the journal's directory.
///
/// # Errors
/// [`NeedleError::ReadKey`] when it is damaged, or sealed by another vault.
pub fn kept_key(journal: &Path, month: Month, vault: &Vault) -> Result<Option<MonthKey>, NeedleError> {
    let failed = |why: String| NeedleError::ReadKey { month, why };
    let sealed = match std::fs::read(path(journal, month)) {
        Ok(sealed) => sealed,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error.to_string())),
    };
    let opened = vault.open_file(&place(month), &sealed).map_err(|error| failed(error.to_string()))?;
    let raw: [u8; 32] =
        opened.expose().as_slice().try_into().map_err(|_| failed("it has another length".to_owned()))?;
    MonthKey::new(month, Secret::new(raw)).map(Some).map_err(|error| failed(error.to_string()))
}

/// Makes a month's key of 32 random bytes and keeps it, durably.
pub(super) fn make_key(
    disk: &dyn Disk,
    journal: &Path,
    month: Month,
    vault: &Vault,
) -> Result<MonthKey, NeedleError> {
    let failed = |why: String| NeedleError::KeepKey { month, why };
    let raw = Secret::new(crypto::random::<32>().map_err(|error| failed(error.to_string()))?);
    let sealed = vault.seal_file(&place(month), raw.expose()).map_err(|error| failed(error.to_string()))?;
    create_dir_durable(disk, &journal.join("needle/keys")).map_err(|error| failed(error.to_string()))?;
    durable_write(disk, &path(journal, month), &sealed).map_err(|error| failed(error.to_string()))?;
    MonthKey::new(month, raw).map_err(|error| failed(error.to_string()))
}

/// Removes a month's key, durably: nobody can ask its filters then who has no copy. False when there was none.
///
/// # Errors
/// [`NeedleError::KeepKey`] when the disk does not do it.
pub fn remove_key(disk: &dyn Disk, journal: &Path, month: Month) -> Result<bool, NeedleError> {
    let failed = |why: String| NeedleError::KeepKey { month, why };
    let path = path(journal, month);
    if !path.exists() {
        return Ok(false);
    }
    disk.remove(&path).map_err(|error| failed(error.to_string()))?;
    disk.sync_dir(&journal.join("needle/keys")).map_err(|error| failed(error.to_string()))?;
    Ok(true)
}

/// A key as one line of text, to hand over.
pub fn export_text(key: &MonthKey) -> Secret<String> {
    let hex: String = key.raw().expose().iter().map(|byte| format!("{byte:02x}")).collect();
    Secret::new(format!("{EXPORTED} {} {hex}\n", key.month()))
}

/// Reads such a line; none when it is something else.
pub fn parse_export(text: &Secret<String>) -> Option<MonthKey> {
    let mut words = text.expose().split_ascii_whitespace();
    let (kind, month, hex) = (words.next()?, Month::parse(words.next()?)?, words.next()?);
    if kind != EXPORTED || words.next().is_some() || hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let mut raw = [0; 32];
    for (byte, pair) in raw.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    MonthKey::new(month, Secret::new(raw)).ok()
}
