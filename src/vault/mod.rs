//! The vault: the only place where an identifier and its pseudonym meet. Its log is the truth, sealed and
//! chained; an index that is not trusted serves look-ups; a cache stands in front.
//!
//! It must not know profiles, documents, HTTP or the journal: it is asked, once a segment, and answers.
//!
//! | file | what |
//! |---|---|
//! | `mask` `allocate` `reveal` `minted` | what the gateway asks |
//! | `about` `admin` `verify` `backup` `recover` | what an administrator asks |
//! | `erase` `trace` `tombstone` `rewrite` `copying` | forgetting a pupil, and what stays to keep it so |
//! | `view` | a vault that is only looked at |
//! | `startup` `scan` | what must agree before anything is answered |
//! | `key_file` `keys` `scopes` | keys, sealed on disk and ready for use |
//! | `log` `record` `codec` `pending` | records: sealed, chained, durable, on their way |
//! | `barrier` `rows` `look` | rows: who makes them, what they say, where they are found |
//! | `index` `rebuild` `store` `memory` `embedded` | the index, and building it again |

mod about;
mod admin;
mod allocate;
mod backup;
mod barrier;
mod cache;
pub(crate) mod codec;
mod copying;
mod embedded;
mod erase;
mod error;
mod index;
mod inner;
mod key_file;
mod keys;
mod known;
mod log;
mod look;
mod mask;
mod memory;
mod minted;
mod nowhere;
mod pending;
mod rebuild;
mod record;
mod recover;
mod reveal;
mod rewrite;
mod rows;
mod scan;
mod scopes;
mod startup;
mod store;
mod tombstone;
mod trace;
mod verify;
mod view;

use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

pub use self::about::{About, OneName, OnePseudonym, OneStandIn};
pub use self::admin::ScopeInfo;
pub use self::backup::BackupInfo;
pub use self::erase::Forgotten;
pub use self::error::VaultError;
use self::inner::Inner;
pub use self::inner::Progress;
pub use self::keys::ScopeState;
pub use self::log::Head;
pub use self::mask::{Avoid, LabelAsk, MaskAnswer, MaskAsk, Masked, Person};
pub use self::minted::{Alias, Minted, Named, Owner};
use self::pending::Due;
pub use self::record::Part;
pub use self::recover::{Circumstances, Recovered, Source, rehearse};
pub use self::reveal::{Original, OriginalAsk, RevealAsk, Revealed};
pub use self::rewrite::{Recorder, Rewritten};
pub use self::verify::{Tally, Verified};
use crate::crypto::Keyring;
use crate::disk::{Disk, RealDisk};
use crate::secret::Secret;

/// Where a vault is and how much memory it may take.
#[derive(Clone)]
pub struct Settings {
    /// Its directory.
    pub path: PathBuf,
    /// How many answers each cache holds; about 400 bytes each.
    pub cache_entries: usize,
    /// What the index is told to cache, in bytes; it takes about 2.5 times as much.
    pub index_cache_bytes: u64,
    /// The disk; another one in tests.
    pub disk: Arc<dyn Disk>,
}

impl Settings {
    /// A vault in this directory, with 32,768 cached answers and 8 MiB for the index.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        let disk = Arc::new(RealDisk);
        Self { path: path.into(), cache_entries: 32_768, index_cache_bytes: 8 << 20, disk }
    }
}

/// What unlocks a vault. The file is read when it is needed and never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unlock {
    /// A file with 32 random bytes, raw or as 64 hexadecimal digits.
    KeyFile(PathBuf),
    /// A file with a passphrase of at least 12 characters; the key comes from it by Argon2id (RFC 9106).
    PassphraseFile(PathBuf),
}

/// An open vault. Dropping it syncs and closes it.
pub struct Vault {
    inner: Arc<Inner>,
    applier: Mutex<Option<JoinHandle<()>>>,
    /// It makes and remembers nothing.
    view: bool,
}

/// A keyring of one key, which `used` says has sealed so often already.
#[expect(clippy::expect_used, reason = "a keyring is refused only when two keys share an id; here is one")]
fn keyring(number: u32, key: &Secret<[u8; 32]>, used: u64) -> Keyring {
    Keyring::new((number, key), used, &[]).expect("one key has no second with its id")
}

impl Vault {
    fn run(inner: Inner, due: Receiver<Due>) -> Result<Self, VaultError> {
        let inner = Arc::new(inner);
        let of = Arc::clone(&inner);
        let thread = std::thread::Builder::new().name("vault-index".to_owned());
        let applier = thread.spawn(move || of.apply(&due)).map_err(|_| VaultError::Stopped)?;
        Ok(Self { inner, applier: Mutex::new(Some(applier)), view: false })
    }
}

impl Drop for Vault {
    fn drop(&mut self) {
        if self.view {
            return;
        }
        self.inner.committer.stop();
        self.inner.after.close();
        let applier = self.applier.lock().unwrap_or_else(PoisonError::into_inner).take();
        if applier.is_some_and(|applier| applier.join().is_ok()) && self.inner.check().is_ok() {
            self.inner.index.close();
        }
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}

#[cfg(test)]
mod tests;
