//! Sealing: AES-256-GCM (NIST SP 800-38D) with the value's place as associated data.
//!
//! One primary key writes, all keys open. A sealed value is
//! `version (1) ‖ key id (u32 big-endian) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`.

use std::sync::atomic::{AtomicU64, Ordering};

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};

use super::{CryptoError, random};
use crate::secret::Secret;

/// The version that is written.
const VERSION: u8 = 1;
const NONCE: usize = 12;
const HEAD: usize = 1 + 4 + NONCE;
/// Bytes that sealing adds.
pub const SEALED_OVERHEAD: usize = HEAD + 16;
/// Random nonces of 96 bits: at most 2³² of them under one key (SP 800-38D, 8.3).
const MOST_USES: u64 = 1 << 32;

struct Key {
    id: u32,
    cipher: Aes256Gcm,
    used: AtomicU64,
}

/// The keys that open, and the one that seals.
pub struct Keyring {
    primary: Key,
    readable: Vec<Key>,
}

impl Keyring {
    /// A keyring that seals with `primary` and opens with it and all of `readable`. Each key has an id of its own.
    /// `used` says how often the primary key has sealed already.
    ///
    /// # Errors
    /// [`CryptoError::MakeKeyring`] when two keys share an id.
    pub fn new(
        primary: (u32, &Secret<[u8; 32]>),
        used: u64,
        readable: &[(u32, &Secret<[u8; 32]>)],
    ) -> Result<Self, CryptoError> {
        let key = |(id, key): (u32, &Secret<[u8; 32]>), used| Key {
            id,
            cipher: Aes256Gcm::new(&(*key.expose()).into()),
            used: AtomicU64::new(used),
        };
        let mut ids: Vec<u32> = readable.iter().map(|(id, _)| *id).chain([primary.0]).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        if ids.len() != count {
            return Err(CryptoError::MakeKeyring);
        }
        let readable = readable.iter().map(|named| key(*named, 0)).collect();
        Ok(Self { primary: key(primary, used), readable })
    }

    /// The id of the key that seals.
    pub const fn primary_id(&self) -> u32 {
        self.primary.id
    }

    /// Ids of all keys, the primary one first.
    pub fn ids(&self) -> impl Iterator<Item = u32> {
        std::iter::once(self.primary.id).chain(self.readable.iter().map(|key| key.id))
    }

    /// How often the primary key has sealed.
    pub fn used(&self) -> u64 {
        self.primary.used.load(Ordering::Relaxed)
    }

    /// Seals `plain` for its place.
    ///
    /// # Errors
    /// [`CryptoError::WearOut`] after 2³² uses, [`CryptoError::DrawRandom`] without randomness.
    pub fn seal(&self, place: &[u8], plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
        if self.primary.used.fetch_add(1, Ordering::Relaxed) >= MOST_USES {
            return Err(CryptoError::WearOut(self.primary.id));
        }
        let nonce: [u8; NONCE] = random()?;
        let payload = Payload { msg: plain, aad: place };
        let text =
            self.primary.cipher.encrypt(&nonce.into(), payload).map_err(|_| CryptoError::OpenSealed)?;
        let mut sealed = Vec::with_capacity(HEAD + text.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&self.primary.id.to_be_bytes());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&text);
        Ok(sealed)
    }

    /// Opens what was sealed for the same place.
    ///
    /// # Errors
    /// [`CryptoError::ReadSealed`] for another version or too few bytes, [`CryptoError::FindKey`] for a key that is
    /// not at hand, [`CryptoError::OpenSealed`] when it is damaged or stands in another place.
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Secret<Vec<u8>>, CryptoError> {
        let (head, text) = sealed.split_at_checked(HEAD).ok_or(CryptoError::ReadSealed)?;
        let [VERSION, a, b, c, d, nonce @ ..] = head else { return Err(CryptoError::ReadSealed) };
        let id = u32::from_be_bytes([*a, *b, *c, *d]);
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| CryptoError::ReadSealed)?;
        let key = std::iter::once(&self.primary)
            .chain(&self.readable)
            .find(|key| key.id == id)
            .ok_or(CryptoError::FindKey(id))?;
        let payload = Payload { msg: text, aad: place };
        let plain = key.cipher.decrypt(&nonce.into(), payload).map_err(|_| CryptoError::OpenSealed)?;
        Ok(Secret::new(plain))
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keyring(primary {}, {} readable)", self.primary.id, self.readable.len())
    }
}
