//! A backup: a consistent prefix of the log and the key file, in one file.
//!
//! | bytes | what |
//! |---|---|
//! | 16 | kind and version |
//! | 4 | length of the header, big-endian |
//! | n | header: JSON, [`BackupInfo`] |
//! | `key_file_bytes` | the key file, sealed |
//! | `log_bytes` | the log, sealed |
//! | 32 | SHA-256 of all before |
//!
//! Whoever has it and the unlock key can open the vault. It must not hold anything in clear but counts.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::PoisonError;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Vault;
use super::error::VaultError;
use super::inner::Progress;
use super::log::{Head, MAGIC as LOG_MAGIC};
use crate::clock::Timestamp;
use crate::disk::{self, Disk, Medium, Reader, Step};

const MAGIC: &[u8; 16] = b"sluis backup 1\r\n";
const PIECE: usize = 1 << 20;
const LONGEST_HEADER: u32 = 64 * 1024;

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupInfo {
    /// The vault, in hexadecimal digits: random, not secret.
    pub vault: String,
    /// How many records it holds.
    pub records: u64,
    /// The chain after the last of them, in hexadecimal digits.
    pub chain: String,
    /// How many epochs the vault had.
    pub scopes: u64,
    /// Length of the key file, in bytes.
    pub key_file_bytes: u64,
    /// Length of the log, in bytes.
    pub log_bytes: u64,
    /// When it was made: RFC 3339.
    pub made: String,
}

impl Vault {
    /// Writes a backup to a new file (mode 0600) while the vault serves. Everything acknowledged before the
    /// call is in it. Blocks.
    ///
    /// # Errors
    /// [`VaultError::Backup`] when the file exists already, or the vault is in memory; [`VaultError::File`].
    pub fn backup(
        &self,
        to: &Path,
        now: Timestamp,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<BackupInfo, VaultError> {
        let inner = &self.inner;
        inner.check()?;
        let refused = |why: &str| VaultError::Backup { path: to.to_owned(), why: why.to_owned() };
        let Some(log) = &inner.log_path else { return Err(refused("this vault is kept in memory only")) };
        if to.exists() {
            return Err(refused("it exists already: a backup is written to a new file"));
        }
        let _file = inner.file.read().unwrap_or_else(PoisonError::into_inner);
        // First where the log ends, then the keys: they are at least as new as what the log names.
        let end = inner.committer.end();
        let head = head_at(log, &inner.vault, end, progress)?;
        let (key_file, scopes) = {
            let of = inner.key_file();
            (of.to_bytes()?, of.keys().scopes.len())
        };
        let info = BackupInfo {
            vault: hex(&inner.vault),
            records: head.sequence,
            chain: hex(&head.chain),
            scopes: u64::try_from(scopes).unwrap_or(u64::MAX),
            key_file_bytes: u64::try_from(key_file.len()).unwrap_or(u64::MAX),
            log_bytes: end,
            made: now.rfc3339(),
        };
        let part = to.with_extension("part");
        let written = write(&*inner.disk, &part, &info, &key_file, log);
        let placed = written.and_then(|()| {
            inner.disk.rename(&part, to).map_err(|why| failed("write", to, &why))?;
            let above = to.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
            inner.disk.sync_dir(above).map_err(|why| failed("sync", above, &why))
        });
        if placed.is_err() {
            let _ = inner.disk.remove(&part);
        }
        placed.map(|()| info)
    }
}

/// A backup, opened and checked whole.
pub(crate) struct Backup {
    pub(crate) info: BackupInfo,
    pub(crate) key_file: Vec<u8>,
    file: File,
}

impl Backup {
    /// Reads a backup: layout, lengths and digest. Nothing is decrypted.
    pub(crate) fn open(path: &Path) -> Result<Self, VaultError> {
        let bad = |why: &str| VaultError::Backup { path: path.to_owned(), why: why.to_owned() };
        let whole = check_digest(path)?;
        let mut file = File::open(path).map_err(|why| failed("open", path, &why))?;
        let mut magic = [0; 16];
        let mut length = [0; 4];
        let read = file.read_exact(&mut magic).and_then(|()| file.read_exact(&mut length));
        read.map_err(|_| bad("it is cut short"))?;
        let length = u32::from_be_bytes(length);
        if magic != *MAGIC || length > LONGEST_HEADER {
            return Err(bad("it is no backup of this version"));
        }
        let mut header = vec![0; usize::try_from(length).unwrap_or(0)];
        file.read_exact(&mut header).map_err(|_| bad("it is cut short"))?;
        let info: BackupInfo = serde_json::from_slice(&header).map_err(|_| bad("its header is damaged"))?;
        let told = info.key_file_bytes.checked_add(info.log_bytes);
        if told.and_then(|told| told.checked_add(20 + u64::from(length) + 32)) != Some(whole) {
            return Err(bad("its length is not what its header says"));
        }
        let mut key_file = vec![0; usize::try_from(info.key_file_bytes).unwrap_or(0)];
        file.read_exact(&mut key_file).map_err(|_| bad("it is cut short"))?;
        Ok(Self { info, key_file, file })
    }

    /// Copies its log to a new file, durably.
    pub(crate) fn unpack_log(&mut self, disk: &dyn Disk, to: &Path) -> Result<(), VaultError> {
        let mut medium = disk.create(to).map_err(|why| failed("write", to, &why))?;
        copy(&mut self.file, self.info.log_bytes, medium.as_mut(), 0, &mut None)
            .and_then(|()| medium.sync())
            .map_err(|why| failed("write", to, &why))
    }
}

/// The length of the file, when its last 32 bytes are the digest of the others.
fn check_digest(path: &Path) -> Result<u64, VaultError> {
    let unread = |why: std::io::Error| failed("read", path, &why);
    let bad = |why: &str| VaultError::Backup { path: path.to_owned(), why: why.to_owned() };
    let mut file = File::open(path).map_err(unread)?;
    let length = file.metadata().map_err(unread)?.len();
    let mut left = length.checked_sub(32).ok_or_else(|| bad("it is cut short"))?;
    let (mut digest, mut piece) = (Sha256::new(), vec![0; PIECE]);
    while left > 0 {
        let wanted = piece.len().min(usize::try_from(left).unwrap_or(PIECE));
        let Some(part) = piece.get_mut(..wanted) else { break };
        file.read_exact(part).map_err(unread)?;
        digest.update(&*part);
        left -= u64::try_from(wanted).unwrap_or(left);
    }
    let mut told = [0; 32];
    file.read_exact(&mut told).map_err(unread)?;
    let found: [u8; 32] = digest.finalize().into();
    if found == told { Ok(length) } else { Err(bad("its SHA-256 differs: it is damaged or cut short")) }
}

/// The head of the log up to a length at which a batch ended.
fn head_at(
    log: &Path,
    vault: &[u8; 16],
    end: u64,
    progress: &mut dyn FnMut(Progress),
) -> Result<Head, VaultError> {
    let mut reader = Reader::open(log, LOG_MAGIC).map_err(|why| VaultError::reading(log, &why))?;
    let mut head = Head::before_all(vault);
    // A batch in flight may follow; its records begin at or after the end.
    while let Step::Record { offset, payload } =
        reader.next().map_err(|why| VaultError::reading(log, &why))?
    {
        if offset >= end {
            break;
        }
        head = head.after(payload);
        if head.sequence.is_multiple_of(8192) {
            progress(Progress::Log { records: head.sequence });
        }
    }
    Ok(head)
}

fn write(
    disk: &dyn Disk,
    to: &Path,
    info: &BackupInfo,
    key_file: &[u8],
    log: &Path,
) -> Result<(), VaultError> {
    let header = serde_json::to_vec(info).map_err(|_| VaultError::Backup {
        path: to.to_owned(),
        why: "its header cannot be written".to_owned(),
    })?;
    let mut head = MAGIC.to_vec();
    head.extend_from_slice(&u32::try_from(header.len()).unwrap_or(u32::MAX).to_be_bytes());
    head.extend_from_slice(&header);
    head.extend_from_slice(key_file);
    let mut medium = disk.create(to).map_err(|why| failed("write", to, &why))?;
    let mut digest = Some(Sha256::new());
    let at = u64::try_from(head.len()).unwrap_or(u64::MAX);
    let mut source = File::open(log).map_err(|why| failed("read", log, &why))?;
    let length = at + info.log_bytes;
    let done = copy(&mut head.as_slice(), at, medium.as_mut(), 0, &mut digest)
        .and_then(|()| copy(&mut source, info.log_bytes, medium.as_mut(), at, &mut digest))
        .and_then(|()| {
            let digest: [u8; 32] = digest.take().unwrap_or_default().finalize().into();
            copy(&mut digest.as_slice(), 32, medium.as_mut(), length, &mut None)
        })
        .and_then(|()| medium.sync());
    done.map_err(|why| failed("write", to, &why))
}

/// Copies exactly `length` bytes.
fn copy(
    from: &mut dyn Read,
    length: u64,
    to: &mut dyn Medium,
    mut at: u64,
    digest: &mut Option<Sha256>,
) -> std::io::Result<()> {
    let (mut left, mut piece) = (length, vec![0; PIECE]);
    while left > 0 {
        let wanted = piece.len().min(usize::try_from(left).unwrap_or(PIECE));
        let Some(part) = piece.get_mut(..wanted) else { break };
        from.read_exact(part)?;
        if let Some(digest) = digest {
            digest.update(&*part);
        }
        let mut rest: &[u8] = part;
        while !rest.is_empty() {
            let taken = to.write_at(rest, at)?;
            if taken == 0 {
                return Err(std::io::ErrorKind::WriteZero.into());
            }
            rest = rest.get(taken..).unwrap_or_default();
            at += u64::try_from(taken).unwrap_or(0);
        }
        left -= u64::try_from(wanted).unwrap_or(left);
    }
    Ok(())
}

pub(crate) fn failed(act: &'static str, path: &Path, why: &std::io::Error) -> VaultError {
    match why.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => VaultError::Full,
        kind => VaultError::File { act, path: path.to_owned(), why: kind.to_string() },
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Copies a file's beginning to a new one, durably: for a log whose end is damaged.
pub(crate) fn copy_prefix(disk: &dyn Disk, from: &Path, length: u64, to: &Path) -> Result<(), VaultError> {
    let mut source = File::open(from).map_err(|why| failed("read", from, &why))?;
    let mut medium = disk.create(to).map_err(|why| failed("write", to, &why))?;
    copy(&mut source, length, medium.as_mut(), 0, &mut None)
        .and_then(|()| medium.sync())
        .map_err(|why| failed("write", to, &why))
}

/// Makes an empty directory beside the vault, removing what an earlier attempt left.
pub(crate) fn scratch(disk: &dyn Disk, directory: &Path) -> Result<(), VaultError> {
    match std::fs::remove_dir_all(directory) {
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => Err(failed("remove", directory, &why)),
        _ => disk::create_dir_durable(disk, directory).map_err(|why| VaultError::writing(directory, &why)),
    }
}
