//! The key file: all keys, sealed under a key-encryption key that comes from a key file or a passphrase, kept
//! twice and replaced atomically.
//!
//! | bytes | what |
//! |---|---|
//! | 16 | kind and version of the layout |
//! | 8 | version of the content, big-endian; grows with every change |
//! | 1 | 0: unlocked by a key; 1: by a passphrase, and then 16 of salt, 4 memory in KiB, 4 passes, 4 lanes |
//! | n | AES-256-GCM as `crypto::Keyring` seals, everything above being its place |
//!
//! It must not know what keys are for, nor print any.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use super::Unlock;
use super::codec::{Fields, Reader};
use super::error::VaultError;
use super::keys::{Bytes32, Keys};
use crate::crypto::{CryptoError, Keyring, Passphrase, PassphraseParameters, hkdf, random};
use crate::disk::{self, Disk};
use crate::secret::Secret;

const MAGIC: &[u8; 16] = b"sluis keys 1\r\n\0\0";
/// Written one after the other, so that one of them is whole at any time.
const NAMES: [&str; 2] = ["keys", "keys.copy"];
const PURPOSE: &[u8] = b"sluis-vault-unlock-v1";
const SHORTEST_PASSPHRASE: usize = 12;

/// The key-encryption key and how it is made.
struct Wrap {
    passphrase: Option<Passphrase>,
    key: Bytes32,
}

/// All keys in clear, and how they are kept.
pub(crate) struct KeyFile {
    keys: Keys,
    wrap: Wrap,
    kept: Option<(Arc<dyn Disk>, PathBuf)>,
    noted: u64,
}

impl KeyFile {
    /// Whether there is one, or its copy.
    pub(crate) fn exists(directory: &Path) -> bool {
        NAMES.iter().any(|name| directory.join(name).exists())
    }

    /// New keys, kept in this directory.
    pub(crate) fn create(disk: Arc<dyn Disk>, directory: &Path, unlock: &Unlock) -> Result<Self, VaultError> {
        let keys = Keys::generate().map_err(|_| VaultError::Unsealable)?;
        let wrap = Wrap::new(unlock)?;
        let mut file = Self { keys, wrap, kept: Some((disk, directory.to_owned())), noted: 0 };
        file.keys.version = 1;
        file.save()?;
        Ok(file)
    }

    /// New keys that are kept nowhere.
    pub(crate) fn in_memory() -> Result<Self, VaultError> {
        let keys = Keys::generate().map_err(|_| VaultError::Unsealable)?;
        let key = Secret::new(random().map_err(|_| VaultError::Unsealable)?);
        Ok(Self { keys, wrap: Wrap { passphrase: None, key }, kept: None, noted: 0 })
    }

    /// The newer of the two files that open. The other one is written anew, so that a damaged file heals.
    pub(crate) fn open(disk: Arc<dyn Disk>, directory: &Path, unlock: &Unlock) -> Result<Self, VaultError> {
        let (mut file, alike) = Self::read(directory, unlock)?;
        file.kept = Some((disk, directory.to_owned()));
        if !alike {
            file.save()?;
        }
        Ok(file)
    }

    /// The newer of the two files that open, and whether both are the same. Changes nothing.
    pub(crate) fn read(directory: &Path, unlock: &Unlock) -> Result<(Self, bool), VaultError> {
        let mut best: Option<Self> = None;
        let mut all_alike = true;
        let mut trouble = Vec::new();
        let mut seen: Option<Vec<u8>> = None;
        for name in NAMES {
            let path = directory.join(name);
            let opened = match std::fs::read(&path) {
                Ok(bytes) => {
                    all_alike &= seen.as_ref().is_none_or(|seen| *seen == bytes);
                    let opened = Self::from_bytes(&bytes, unlock);
                    seen = Some(bytes);
                    opened
                }
                Err(why) => Err(VaultError::Unlock { why: why.kind().to_string() }),
            };
            match opened {
                Ok(file) if best.as_ref().is_none_or(|best| best.keys.version < file.keys.version) => {
                    best = Some(file)
                }
                Ok(_) => {}
                // A wrong path is no damage.
                Err(why @ VaultError::ReadUnlock { .. }) => return Err(why),
                Err(VaultError::Unlock { why }) => {
                    all_alike = false;
                    trouble.push(format!("{}: {why}", path.display()));
                }
                Err(why) => return Err(why),
            }
        }
        let Some(file) = best else {
            let why = format!(
                "{}. Check that the unlock key is the right one; else put back the newest copy of the file, or \
                 recover from a backup: `sluis vault recover BACKUP`",
                trouble.join("; ")
            );
            return Err(VaultError::Unlock { why });
        };
        Ok((file, all_alike))
    }

    /// Reads sealed bytes, as they stand in the file and in backups.
    pub(crate) fn from_bytes(bytes: &[u8], unlock: &Unlock) -> Result<Self, VaultError> {
        let bad = |why: &str| VaultError::Unlock { why: why.to_owned() };
        let mut from = Reader::new(bytes);
        if from.array() != Some(*MAGIC) {
            return Err(bad("it is not a key file of this version"));
        }
        let cut = || bad("it is cut short");
        let version = from.u64().ok_or_else(cut)?;
        let (passphrase, head) = match from.u8().ok_or_else(cut)? {
            0 => (None, 25),
            1 => (Some(read_passphrase(&mut from).ok_or_else(cut)?), 25 + 28),
            _ => return Err(bad("it names an unknown way to unlock it")),
        };
        let wrap = Wrap::of(unlock, passphrase)?;
        let (place, sealed) = bytes.split_at_checked(head).ok_or_else(cut)?;
        let plain = wrap.keyring().open(place, sealed).map_err(|why| match why {
            CryptoError::OpenSealed => bad("it is damaged, or sealed with another key or passphrase"),
            _ => bad("it is damaged"),
        })?;
        let keys = Keys::read(plain.expose()).ok_or_else(|| bad("its content is unknown to this version"))?;
        if keys.version != version {
            return Err(bad("it is damaged"));
        }
        Ok(Self { keys, wrap, kept: None, noted: 0 })
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Whether the log names this version.
    pub(crate) fn noted(&self) -> bool {
        self.noted >= self.keys.version
    }

    /// The log names this version now.
    pub(crate) fn note(&mut self, version: u64) {
        self.noted = self.noted.max(version);
    }

    /// Where it is kept from now on.
    pub(crate) fn keep_in(&mut self, disk: Arc<dyn Disk>, directory: &Path) -> Result<(), VaultError> {
        self.kept = Some((disk, directory.to_owned()));
        self.save()
    }

    /// Changes the keys, on disk first. When that fails the keys are as before; the file may have either
    /// content, and both are right until the log names a version.
    pub(crate) fn change(
        &mut self,
        change: impl FnOnce(&mut Keys) -> Result<bool, VaultError>,
    ) -> Result<bool, VaultError> {
        let before = self.keys.write();
        let changed = change(&mut self.keys);
        let done = match changed {
            Ok(true) => {
                self.keys.version += 1;
                self.save().map(|()| true)
            }
            other => other,
        };
        if !matches!(done, Ok(true))
            && let Some(keys) = Keys::read(before.as_bytes())
        {
            let version = self.keys.version;
            self.keys = keys;
            if done.is_err() {
                // A version that may be on disk is not used again for another content.
                self.keys.version = version;
            }
        }
        done
    }

    /// Seals with another unlock key from now on.
    pub(crate) fn rewrap(&mut self, unlock: &Unlock) -> Result<(), VaultError> {
        let before = std::mem::replace(&mut self.wrap, Wrap::new(unlock)?);
        self.keys.version += 1;
        let saved = self.save();
        if saved.is_err() {
            self.wrap = before;
        }
        saved
    }

    /// The sealed bytes of what is in use, for the files and for a backup.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, VaultError> {
        let mut head = Fields::default();
        head.raw(MAGIC).u64(self.keys.version);
        match &self.wrap.passphrase {
            None => head.u8(0),
            Some(Passphrase { parameters, salt }) => {
                head.u8(1).raw(salt).u32(parameters.memory_kib).u32(parameters.passes).u32(parameters.lanes)
            }
        };
        let mut bytes = head.as_bytes().to_vec();
        let sealed = self.wrap.keyring().seal(&bytes, self.keys.write().as_bytes());
        bytes.extend_from_slice(&sealed.map_err(|_| VaultError::Unsealable)?);
        Ok(bytes)
    }

    fn save(&self) -> Result<(), VaultError> {
        let Some((disk, directory)) = &self.kept else { return Ok(()) };
        let bytes = self.to_bytes()?;
        for name in NAMES {
            let path = directory.join(name);
            disk::durable_write(&**disk, &path, &bytes).map_err(|why| VaultError::writing(&path, &why))?;
        }
        Ok(())
    }
}

impl Wrap {
    /// A new wrap: a passphrase gets fresh salt.
    fn new(unlock: &Unlock) -> Result<Self, VaultError> {
        let passphrase = match unlock {
            Unlock::KeyFile(_) => None,
            Unlock::PassphraseFile(_) => {
                let fresh = Passphrase::fresh(PassphraseParameters::default());
                Some(fresh.map_err(|_| VaultError::Unsealable)?)
            }
        };
        Self::of(unlock, passphrase)
    }

    fn of(unlock: &Unlock, passphrase: Option<Passphrase>) -> Result<Self, VaultError> {
        let unfit = |path: &Path, why| VaultError::ReadUnlock { path: path.to_owned(), why };
        let raw = match (unlock, &passphrase) {
            (Unlock::KeyFile(path), None) => read_key(path)?,
            (Unlock::PassphraseFile(path), Some(passphrase)) => {
                let key = passphrase.key(&read_passphrase_file(path)?);
                key.map_err(|_| VaultError::Unlock {
                    why: "its passphrase parameters are damaged".to_owned(),
                })?
            }
            (Unlock::KeyFile(path), Some(_)) => {
                return Err(unfit(path, "this vault is unlocked with a passphrase (`passphrase_file`)"));
            }
            (Unlock::PassphraseFile(path), None) => {
                return Err(unfit(path, "this vault is unlocked with a key (`key_file`)"));
            }
        };
        Ok(Self { passphrase, key: hkdf(&raw, PURPOSE) })
    }

    fn keyring(&self) -> Keyring {
        super::keyring(0, &self.key, 0)
    }
}

fn read_passphrase(from: &mut Reader<'_>) -> Option<Passphrase> {
    let salt = from.array()?;
    let parameters =
        PassphraseParameters { memory_kib: from.u32()?, passes: from.u32()?, lanes: from.u32()? };
    Some(Passphrase { parameters, salt })
}

fn read_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    std::fs::read(path).map(Zeroizing::new).map_err(|why| VaultError::ReadUnlock {
        path: path.to_owned(),
        why: match why.kind() {
            std::io::ErrorKind::NotFound => "it does not exist",
            std::io::ErrorKind::PermissionDenied => "it may not be read",
            _ => "it cannot be read",
        },
    })
}

/// 32 bytes, or 64 hexadecimal digits with white space around them.
fn read_key(path: &Path) -> Result<Bytes32, VaultError> {
    let unfit = |why| VaultError::ReadUnlock { path: path.to_owned(), why };
    let bytes = read_file(path)?;
    if let Ok(raw) = <[u8; 32]>::try_from(bytes.as_slice()) {
        return Ok(Secret::new(raw));
    }
    let digits = bytes.trim_ascii();
    let (64, true) = (digits.len(), digits.iter().all(u8::is_ascii_hexdigit)) else {
        return Err(unfit("it must hold 32 random bytes, raw or as 64 hexadecimal digits"));
    };
    let mut key = Zeroizing::new([0_u8; 32]);
    for (to, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| pair.get(at).and_then(|c| char::from(*c).to_digit(16)).unwrap_or_default();
        *to = u8::try_from(digit(0) * 16 + digit(1)).unwrap_or_default();
    }
    Ok(Secret::new(*key))
}

/// The text of the file without the line end that an editor adds.
fn read_passphrase_file(path: &Path) -> Result<Secret<String>, VaultError> {
    let unfit = |why| VaultError::ReadUnlock { path: path.to_owned(), why };
    let bytes = read_file(path)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| unfit("a passphrase is UTF-8 text"))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.chars().count() < SHORTEST_PASSPHRASE {
        return Err(unfit("a passphrase has at least 12 characters"));
    }
    Ok(Secret::new(text.to_owned()))
}
