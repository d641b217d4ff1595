//! Every key of a vault, in clear, and the list of its scopes. Never printable; wiped when dropped.
//!
//! It must not know files: `key_file` seals and keeps it.

use super::codec::{Fields, Reader};
use crate::clock::Timestamp;
use crate::crypto::{CryptoError, random};
use crate::identity::{Epoch, Publisher, School, Scope};
use crate::secret::Secret;

/// A key of 32 bytes.
pub(crate) type Bytes32 = Secret<[u8; 32]>;

/// What an epoch of a publisher is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeState {
    /// Messages leave with it and enter with it.
    Serving,
    /// What left can still enter; nothing new is masked with it (after a recovery).
    Entering,
    /// Its keys are destroyed.
    Closed,
}

/// A scope and its keys.
pub(crate) struct ScopeKeys {
    pub(crate) scope: Scope,
    /// Never used twice in a vault.
    pub(crate) number: u32,
    pub(crate) state: ScopeState,
    pub(crate) opened: Timestamp,
    /// When it got its present state.
    pub(crate) since: Timestamp,
    /// For derivation, and for sealing its records and rows. None once closed.
    pub(crate) keys: Option<(Bytes32, Bytes32)>,
}

/// All keys of a vault.
pub(crate) struct Keys {
    pub(crate) vault: [u8; 16],
    /// Grows with every change of the file.
    pub(crate) version: u64,
    /// The number of the next scope.
    pub(crate) next: u32,
    /// Seals notices and the marker.
    pub(crate) notices: Bytes32,
    /// Makes keys of rows.
    pub(crate) index: Bytes32,
    /// The seed of the journal's signing key.
    pub(crate) journal: Bytes32,
    /// Marks erased pupils.
    pub(crate) erasure: Bytes32,
    /// Seals files that stand beside the vault (roster).
    pub(crate) files: Bytes32,
    pub(crate) scopes: Vec<ScopeKeys>,
}

impl Keys {
    /// New keys for a new vault, without scopes.
    pub(crate) fn generate() -> Result<Self, CryptoError> {
        let key = || random::<32>().map(Secret::new);
        Ok(Self {
            vault: random::<16>()?,
            version: 0,
            next: super::log::NOTICES + 1,
            notices: key()?,
            index: key()?,
            journal: key()?,
            erasure: key()?,
            files: key()?,
            scopes: Vec::new(),
        })
    }

    pub(crate) fn find(&self, scope: &Scope) -> Option<&ScopeKeys> {
        self.scopes.iter().find(|of| of.scope == *scope)
    }

    /// Adds a scope with new keys.
    pub(crate) fn open(&mut self, scope: Scope, now: Timestamp) -> Result<(), CryptoError> {
        let keys = Some((Secret::new(random::<32>()?), Secret::new(random::<32>()?)));
        let (number, state) = (self.next, ScopeState::Serving);
        self.scopes.push(ScopeKeys { scope, number, state, opened: now, since: now, keys });
        self.next += 1;
        Ok(())
    }

    /// Moves a scope to a later state; closing destroys its keys. `false` when it was there or beyond.
    pub(crate) fn advance(&mut self, scope: &Scope, to: ScopeState, now: Timestamp) -> bool {
        let Some(of) = self.scopes.iter_mut().find(|of| of.scope == *scope) else { return false };
        if number(of.state) >= number(to) {
            return false;
        }
        of.state = to;
        of.since = now;
        if to == ScopeState::Closed {
            of.keys = None;
        }
        true
    }

    /// The bytes to seal.
    pub(crate) fn write(&self) -> Fields {
        let mut to = Fields::with_room(512 + 256 * self.scopes.len());
        to.raw(&self.vault).u64(self.version).u32(self.next);
        for key in [&self.notices, &self.index, &self.journal, &self.erasure, &self.files] {
            to.raw(key.expose());
        }
        to.u32(u32::try_from(self.scopes.len()).unwrap_or(u32::MAX));
        for of in &self.scopes {
            to.text(of.scope.school.as_str()).text(of.scope.publisher.as_str()).text(of.scope.epoch.as_str());
            to.u32(of.number).u8(number(of.state)).u64(of.opened.as_millis()).u64(of.since.as_millis());
            match &of.keys {
                Some((derive, data)) => to.u8(1).raw(derive.expose()).raw(data.expose()),
                None => to.u8(0),
            };
        }
        to
    }

    /// The other way round; `None` when the bytes make no sense.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let from = &mut Reader::new(bytes);
        let mut keys = Self {
            vault: from.array()?,
            version: from.u64()?,
            next: from.u32()?,
            notices: key(from)?,
            index: key(from)?,
            journal: key(from)?,
            erasure: key(from)?,
            files: key(from)?,
            scopes: Vec::new(),
        };
        for _ in 0..from.u32()? {
            let school = School::parse(from.text()?).ok()?;
            let publisher = Publisher::parse(from.text()?).ok()?;
            let epoch = Epoch::parse(from.text()?).ok()?;
            keys.scopes.push(ScopeKeys {
                scope: Scope { school, publisher, epoch },
                number: from.u32()?,
                state: state(from.u8()?)?,
                opened: Timestamp::from_millis(from.u64()?),
                since: Timestamp::from_millis(from.u64()?),
                keys: match from.u8()? {
                    0 => None,
                    _ => Some((key(from)?, key(from)?)),
                },
            });
        }
        from.end()?;
        Some(keys)
    }
}

fn key(from: &mut Reader<'_>) -> Option<Bytes32> {
    from.array().map(Secret::new)
}

fn number(state: ScopeState) -> u8 {
    match state {
        ScopeState::Serving => 1,
        ScopeState::Entering => 2,
        ScopeState::Closed => 3,
    }
}

fn state(number: u8) -> Option<ScopeState> {
    match number {
        1 => Some(ScopeState::Serving),
        2 => Some(ScopeState::Entering),
        3 => Some(ScopeState::Closed),
        _ => None,
    }
}
