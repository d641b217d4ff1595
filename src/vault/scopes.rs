//! The scopes that are open, with their keys ready for use.
//!
//! It must not know where keys are kept.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::barrier::Sealer;
use super::codec::Fields;
use super::error::VaultError;
use super::keyring;
use super::keys::{Keys, ScopeState};
use crate::crypto::{Keyring, hkdf};
use crate::derive::ScopeKey;
use crate::identity::{Publisher, School, Scope};

/// An open scope.
pub(crate) struct OpenScope {
    pub(crate) scope: Scope,
    serving: AtomicBool,
    closed: AtomicBool,
    pub(crate) key: ScopeKey,
    /// Seals its records in the log.
    pub(crate) records: Arc<Keyring>,
    /// Seals its rows in the index.
    pub(crate) sealer: Sealer,
}

/// All scopes of a vault: a picture that is replaced whole when a scope is opened or closed.
#[derive(Default)]
pub(crate) struct Scopes {
    by_name: HashMap<Scope, Arc<OpenScope>>,
    by_number: HashMap<u32, Arc<OpenScope>>,
    closed: HashSet<u32>,
    over: HashSet<Scope>,
}

/// Whose record or row it is, going by the number of its key.
pub(crate) enum Owner {
    /// Of an open scope.
    Open(Arc<OpenScope>),
    /// Of a scope whose keys are destroyed.
    Closed,
    /// Of no scope that this vault had.
    Unknown,
}

impl OpenScope {
    /// Whether new pseudonyms are made with it.
    pub(crate) fn serves(&self) -> bool {
        self.serving.load(Ordering::Acquire)
    }

    /// Whether what left with it may still enter. A cache may hold more than is open.
    pub(crate) fn is_open(&self) -> bool {
        !self.closed.load(Ordering::Acquire)
    }
}

impl Scopes {
    /// The scopes of these keys. Those that `earlier` had are the same ones, so that whoever holds one learns
    /// that it no longer serves. `used` bounds from above how often a key of a new one has sealed.
    pub(crate) fn of(keys: &Keys, earlier: &Self, used: u64) -> Self {
        let mut scopes = Self::default();
        for of in &keys.scopes {
            let before = earlier.by_number.get(&of.number);
            let Some((derive, data)) = &of.keys else {
                if let Some(before) = before {
                    before.serving.store(false, Ordering::Release);
                    before.closed.store(true, Ordering::Release);
                }
                scopes.closed.insert(of.number);
                scopes.over.insert(of.scope.clone());
                continue;
            };
            let serving = of.state == ScopeState::Serving;
            if let Some(before) = before {
                before.serving.store(serving, Ordering::Release);
                scopes.by_name.insert(of.scope.clone(), Arc::clone(before));
                scopes.by_number.insert(of.number, Arc::clone(before));
                continue;
            }
            let mut owner = Fields::default();
            owner.text(of.scope.school.as_str());
            owner.text(of.scope.publisher.as_str()).text(of.scope.epoch.as_str());
            let open = Arc::new(OpenScope {
                scope: of.scope.clone(),
                serving: AtomicBool::new(serving),
                closed: AtomicBool::new(false),
                key: ScopeKey::new(derive, &of.scope),
                // Records and rows have keys of their own, so that building an index again wears out only the latter.
                records: Arc::new(keyring(of.number, data, used)),
                sealer: Sealer {
                    number: of.number,
                    keys: Arc::new(keyring(of.number, &hkdf(data, b"sluis-vault-rows-v1"), used)),
                    owner: owner.as_bytes().to_vec(),
                },
            });
            scopes.by_name.insert(of.scope.clone(), Arc::clone(&open));
            scopes.by_number.insert(of.number, open);
        }
        scopes
    }

    /// The scope to mask with.
    pub(crate) fn serving(&self, scope: &Scope) -> Result<&Arc<OpenScope>, VaultError> {
        match self.by_name.get(scope) {
            Some(open) if open.serves() => Ok(open),
            Some(_) => Err(VaultError::ScopeOver { scope: Box::new(scope.clone()) }),
            None if self.over.contains(scope) => {
                Err(VaultError::ScopeOver { scope: Box::new(scope.clone()) })
            }
            None => Err(VaultError::UnknownScope { scope: Box::new(scope.clone()) }),
        }
    }

    /// An open scope, whether it serves or only enters.
    pub(crate) fn find(&self, scope: &Scope) -> Option<&Arc<OpenScope>> {
        self.by_name.get(scope)
    }

    /// The open scopes of a publisher, the one that serves among them.
    pub(crate) fn all_of<'a>(
        &'a self,
        school: &'a School,
        publisher: &'a Publisher,
    ) -> impl Iterator<Item = &'a Arc<OpenScope>> {
        let whose = move |open: &&Arc<OpenScope>| {
            open.scope.school == *school && open.scope.publisher == *publisher && open.is_open()
        };
        self.by_number.values().filter(whose)
    }

    /// The owner of what is sealed with the key of this number.
    pub(crate) fn owner(&self, number: u32) -> Owner {
        match self.by_number.get(&number) {
            Some(open) => Owner::Open(Arc::clone(open)),
            None if self.closed.contains(&number) => Owner::Closed,
            None => Owner::Unknown,
        }
    }
}
