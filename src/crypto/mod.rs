//! Keys and what is done with them: message authentication, sealing, deriving keys, signing, randomness.
//!
//! It must not know what is sealed or signed, or where keys are kept.

mod kdf;
mod keyring;
mod mac;
mod sign;

pub use kdf::{Passphrase, PassphraseParameters, hkdf};
pub use keyring::{Keyring, SEALED_OVERHEAD};
pub use mac::MacKey;
pub use sign::{SIGNATURE_LEN, SigningKey, VerifyingKey};

/// What failed. No variant holds key material or text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// The kernel gave no random bytes.
    #[error("the kernel gave no random numbers")]
    DrawRandom,
    /// The bytes are not a sealed value of a version that is known here.
    #[error("this is not a sealed value of a known version")]
    ReadSealed,
    /// Sealed under a key that this keyring does not hold.
    #[error("sealed under key {0}, which is not at hand")]
    FindKey(u32),
    /// Damaged, moved from its place, or sealed under another key.
    #[error("the sealed value is damaged or does not belong in this place")]
    OpenSealed,
    /// The primary key has been used as often as AES-GCM allows.
    #[error("key {0} has been used 2^32 times; add a new primary key")]
    WearOut(u32),
    /// Two keys with one id, or none.
    #[error("a keyring has one or more keys, each with an id of its own")]
    MakeKeyring,
    /// Parameters that the function does not take.
    #[error("these parameters cannot be used to derive a key")]
    DeriveKey,
    /// A signature that is not this key's.
    #[error("the signature does not verify")]
    VerifySignature,
}

/// `N` bytes of the kernel's randomness.
///
/// # Errors
/// [`CryptoError::DrawRandom`] when the kernel gives none; nothing may then be sealed or made.
pub fn random<const N: usize>() -> Result<[u8; N], CryptoError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| CryptoError::DrawRandom)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
