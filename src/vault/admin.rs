//! What an administrator does with an open vault: epochs, keys, and what other rooms need of its keys.
//!
//! It must not know configuration or journal: the caller writes the leaf for each act.

use std::sync::{Arc, PoisonError};

use super::error::VaultError;
use super::inner::Inner;
use super::keys::{Keys, ScopeState};
use super::log::Head;
use super::record::Notice;
use super::scopes::Scopes;
use super::tombstone::file_place;
use super::{Unlock, Vault};
use crate::clock::Timestamp;
use crate::identity::{Epoch, Publisher, School, Scope};
use crate::secret::Secret;

/// An epoch of a publisher, as `keys list` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeInfo {
    /// School, publisher and epoch.
    pub scope: Scope,
    /// What it is used for.
    pub state: ScopeState,
    /// When it was opened.
    pub opened: Timestamp,
    /// When it got its present state.
    pub since: Timestamp,
    /// The number of its keys: never used twice in a vault, and public.
    pub key_id: u32,
}

impl Vault {
    /// All epochs that this vault ever had, in the order in which they were opened.
    pub fn scopes(&self) -> Vec<ScopeInfo> {
        let key_file = self.inner.key_file();
        let info = |of: &super::keys::ScopeKeys| ScopeInfo {
            scope: of.scope.clone(),
            state: of.state,
            opened: of.opened,
            since: of.since,
            key_id: of.number,
        };
        key_file.keys().scopes.iter().map(info).collect()
    }

    /// Opens an epoch: new keys, durable in the key file and noted in the log. Opening one that serves
    /// already changes nothing. Blocks on the disk.
    ///
    /// # Errors
    /// [`VaultError::ScopeOver`] for an epoch that was closed or only enters: its name is used up.
    pub fn open_epoch(
        &self,
        school: &School,
        publisher: &Publisher,
        epoch: &Epoch,
        now: Timestamp,
    ) -> Result<Scope, VaultError> {
        let scope = Scope { school: school.clone(), publisher: publisher.clone(), epoch: epoch.clone() };
        self.inner.change_keys(|keys| match keys.find(&scope).map(|of| of.state) {
            None => {
                keys.open(scope.clone(), now).map_err(|_| VaultError::Unsealable)?;
                Ok(true)
            }
            Some(ScopeState::Serving) => Ok(false),
            Some(_) => Err(VaultError::ScopeOver { scope: Box::new(scope.clone()) }),
        })?;
        Ok(scope)
    }

    /// Stops making pseudonyms with an epoch; what left can still enter. Blocks on the disk.
    ///
    /// # Errors
    /// [`VaultError::UnknownScope`].
    pub fn retire_epoch(&self, scope: &Scope, now: Timestamp) -> Result<(), VaultError> {
        self.inner.change_keys(|keys| match keys.find(scope) {
            Some(_) => Ok(keys.advance(scope, ScopeState::Entering, now)),
            None => Err(VaultError::UnknownScope { scope: Box::new(scope.clone()) }),
        })
    }

    /// Closes an epoch: its keys are destroyed, so that no row or record of it can be read any more, and the
    /// index is built again without its rows. Blocks on the disk.
    ///
    /// What that means and does not: the records stay in the log as ciphertext without a key. The key lived in
    /// the key file and its copy, which are replaced; the file system may keep the old blocks until it
    /// uses them again, and a backup made before still holds the key. Such backups must be destroyed too.
    ///
    /// # Errors
    /// [`VaultError::UnknownScope`]. When the index cannot be built now, it is built at the next start; the
    /// keys are destroyed all the same.
    pub fn close_epoch(&self, scope: &Scope, now: Timestamp) -> Result<(), VaultError> {
        self.inner.change_keys(|keys| match keys.find(scope) {
            Some(_) => Ok(keys.advance(scope, ScopeState::Closed, now)),
            None => Err(VaultError::UnknownScope { scope: Box::new(scope.clone()) }),
        })?;
        self.inner.caches.clear();
        self.inner.rebuild(&mut |_| {})
    }

    /// The newest durable head of the log: what the next journal leaf carries.
    pub fn head(&self) -> Head {
        self.inner.after.head()
    }

    /// The seed of the journal's signing key (Ed25519).
    pub fn journal_seed(&self) -> &Secret<[u8; 32]> {
        &self.inner.journal_seed
    }

    /// The public number of the keys of an open epoch, for journal leaves.
    pub fn key_id(&self, scope: &Scope) -> Option<u32> {
        self.inner.scopes().find(scope).map(|open| open.sealer.number)
    }

    /// Why the vault is sealed, if it is.
    pub fn sealed(&self) -> Option<String> {
        self.inner.check().err().map(|why| why.to_string())
    }

    /// Seals the key file with another unlock key. Blocks on the disk. The old one no longer opens the vault,
    /// but still opens backups made before.
    ///
    /// # Errors
    /// [`VaultError::ReadUnlock`], [`VaultError::File`]; the old key stays valid then.
    pub fn rewrap(&self, unlock: &Unlock) -> Result<(), VaultError> {
        self.inner.check()?;
        self.inner.key_file().rewrap(unlock)?;
        self.inner.note_keys()
    }

    /// Seals the content of a file that stands beside the vault. `place` names what it is and its version.
    ///
    /// # Errors
    /// [`VaultError::Unsealable`], [`VaultError::Sealed`].
    pub fn seal_file(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.inner.check()?;
        self.inner
            .files
            .seal(&file_place(&self.inner.vault, place), plain)
            .map_err(|_| VaultError::Unsealable)
    }

    /// The other way round.
    ///
    /// # Errors
    /// [`VaultError::Unlock`] when it was not sealed by this vault for this place, or is damaged.
    pub fn open_file(&self, place: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>, VaultError> {
        let opened = self.inner.files.open(&file_place(&self.inner.vault, place), sealed);
        opened.map_err(|_| VaultError::Unlock { why: format!("{place} is damaged, or of another vault") })
    }

    /// The disk that the vault is on, for files beside it.
    pub fn disk(&self) -> &dyn crate::disk::Disk {
        &*self.inner.disk
    }
}

impl Inner {
    /// Changes keys: on disk first, then noted in the log, then in use. `false` from `change`: nothing to do.
    fn change_keys(
        &self,
        change: impl FnOnce(&mut Keys) -> Result<bool, VaultError>,
    ) -> Result<(), VaultError> {
        self.check()?;
        // Nobody allocates meanwhile: a record sealed with a key that is being destroyed would be lost.
        let _alone = self.allocating();
        let scopes = {
            let mut key_file = self.key_file();
            if !key_file.change(change)? {
                return Ok(());
            }
            Scopes::of(key_file.keys(), &self.scopes(), 0)
        };
        *self.scopes.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(scopes);
        self.note_keys()
    }

    /// Notes the version of the key file in the log, if that is not done: an older one is refused then.
    pub(crate) fn note_keys(&self) -> Result<(), VaultError> {
        let version = {
            let key_file = self.key_file();
            match key_file.noted() {
                true => return Ok(()),
                false => key_file.keys().version,
            }
        };
        self.notice(&Notice::Keys { version })?;
        self.key_file().note(version);
        Ok(())
    }
}
