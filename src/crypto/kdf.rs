//! Keys from keys (HKDF-SHA-256, RFC 5869) and keys from passphrases (Argon2id, RFC 9106).

use argon2::{Algorithm, Argon2, Params, Version};
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{CryptoError, random};
use crate::secret::Secret;

/// A key for one purpose, derived from another key.
///
/// `purpose` names the use and must differ for every use.
pub fn hkdf(key: &Secret<[u8; 32]>, purpose: &[u8]) -> Secret<[u8; 32]> {
    let mut derived = Zeroizing::new([0; 32]);
    // 32 bytes are one block: the length is never too large, so this cannot fail.
    let _fits = Hkdf::<Sha256>::new(None, key.expose()).expand(purpose, derived.as_mut_slice());
    Secret::new(*derived)
}

/// How a passphrase becomes a key. Stored beside what the key protects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassphraseParameters {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for PassphraseParameters {
    /// RFC 9106, 4: the second recommended option (64 MiB, three passes), on one lane.
    fn default() -> Self {
        Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 }
    }
}

/// A passphrase's parameters and salt: everything but the passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passphrase {
    /// How expensive a guess is.
    pub parameters: PassphraseParameters,
    /// 16 random bytes.
    pub salt: [u8; 16],
}

impl Passphrase {
    /// New parameters with a fresh salt.
    ///
    /// # Errors
    /// [`CryptoError::DrawRandom`].
    pub fn fresh(parameters: PassphraseParameters) -> Result<Self, CryptoError> {
        Ok(Self { parameters, salt: random()? })
    }

    /// The key of a passphrase.
    ///
    /// # Errors
    /// [`CryptoError::DeriveKey`] when the parameters are out of Argon2's bounds, or beyond 4 GiB or 64 passes: stored
    /// parameters come from a file and must not stall the process.
    pub fn key(&self, passphrase: &Secret<String>) -> Result<Secret<[u8; 32]>, CryptoError> {
        let PassphraseParameters { memory_kib, passes, lanes } = self.parameters;
        if memory_kib > 4 * 1024 * 1024 || passes > 64 || lanes > 16 {
            return Err(CryptoError::DeriveKey);
        }
        let parameters =
            Params::new(memory_kib, passes, lanes, Some(32)).map_err(|_| CryptoError::DeriveKey)?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
            .hash_password_into(passphrase.expose().as_bytes(), &self.salt, key.as_mut_slice())
            .map_err(|_| CryptoError::DeriveKey)?;
        Ok(Secret::new(*key))
    }
}
