//! What can go wrong with a vault, and what to do about it.
//!
//! No variant holds personal data: scopes, paths of Sluis's own files, numbers of records.

use std::path::PathBuf;

use crate::identity::Scope;

/// Why the vault did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// There is no vault where one should be.
    #[error("there is no vault in {}: `sluis init` makes one", .path.display())]
    Missing {
        /// The directory.
        path: PathBuf,
    },
    /// There is a vault, or something else, where a new one should come.
    #[error("{} is not empty: a new vault is only made in an empty directory", .path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// Another process has it open.
    #[error("the vault in {} is in use by another process: ask the running server instead", .path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The file with the key or the passphrase is of no use.
    #[error("{} cannot unlock a vault: {why}", .path.display())]
    ReadUnlock {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The key file is missing, damaged, or sealed with another key.
    #[error("the vault's key file does not open: {why}")]
    Unlock {
        /// What is wrong, and what to do.
        why: String,
    },
    /// The vault's files are not those that this vault had. Nothing is served until it is recovered.
    #[error("the vault is sealed: {why}")]
    Sealed {
        /// What differs, and how to recover.
        why: String,
    },
    /// A view would have had to make something.
    #[error("the vault is only looked at: nothing is made")]
    ViewOnly,
    /// The disk is full. Nothing was changed; it works again once there is room.
    #[error("the disk is full: nothing was changed")]
    Full,
    /// The index cannot be read or built again at the moment. Nothing is lost; it is tried again.
    #[error("the vault's index is not available: {why}")]
    IndexDown {
        /// What failed.
        why: String,
    },
    /// A file of the vault could not be read, written or made durable.
    #[error("cannot {act} {}: {why}", .path.display())]
    File {
        /// What was being done.
        act: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The epoch has no key: it was never opened.
    #[error("epoch {} of {} has no key: `sluis keys rotate` opens one", .scope.epoch, .scope.publisher)]
    UnknownScope {
        /// The scope.
        scope: Box<Scope>,
    },
    /// The epoch was closed, or is kept for entering only since a recovery.
    #[error("epoch {} of {} no longer serves: `sluis keys list` shows which one does", .scope.epoch, .scope.publisher)]
    ScopeOver {
        /// The scope.
        scope: Box<Scope>,
    },
    /// No free pseudonym was found in a short shape.
    #[error("no free pseudonym in shape {shape}: choose a longer shape")]
    ShapeFull {
        /// The shape.
        shape: String,
    },
    /// No free stand-in for a name was found.
    #[error("no free stand-in for a name")]
    LabelsUsedUp,
    /// A JSON number was to be masked in a shape that has no numbers.
    #[error("shape {shape} has no numbers: only digits:N with N up to 14 has")]
    NoNumber {
        /// The shape.
        shape: String,
    },
    /// The publisher gave a name that it made for one person to a second.
    #[error("a name that the publisher made belongs to another person already")]
    SecondPerson,
    /// A value is longer than the vault keeps, or a label asks for a person who is not there.
    #[error("the question makes no sense: {why}")]
    BadAsk {
        /// What is wrong with it.
        why: &'static str,
    },
    /// A record or row could not be sealed.
    #[error(
        "nothing can be sealed: a key has sealed 2^32 times (`sluis keys rotate` opens a new epoch), or the \
             kernel gives no random numbers"
    )]
    Unsealable,
    /// The backup is damaged or is none.
    #[error("{} is no whole backup: {why}", .path.display())]
    Backup {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Whoever was to record it could not: nothing was changed.
    #[error("what was to be done could not be recorded first")]
    Unrecorded,
    /// The new log could not be written; the old one is in use.
    #[error("the log could not be written anew: the old one is in use as before")]
    Rewrite,
    /// Pupils were forgotten of whom this vault knows nothing: they must stay so.
    #[error("{missing} tombstones are missing: they stand in the newest file that ends in .erased")]
    Tombstones {
        /// How many, as far as can be told; at least 1.
        missing: u64,
    },
    /// The process is stopping.
    #[error("the vault is closed")]
    Stopped,
}
