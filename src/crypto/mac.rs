//! HMAC-SHA-256 (RFC 2104, FIPS 198-1) with the key prepared once.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// A key for HMAC-SHA-256, prepared: cloning its state is cheaper than keying anew.
#[derive(Clone)]
pub struct MacKey(Hmac<Sha256>);

impl MacKey {
    /// Prepares a key.
    pub fn new(key: &Secret<[u8; 32]>) -> Self {
        // HMAC pads a short key with zeros to a block (RFC 2104, 2); done here, it cannot fail.
        let mut block = Zeroizing::new([0; 64]);
        for (to, from) in block.iter_mut().zip(key.expose()) {
            *to = *from;
        }
        Self(Hmac::new(&(*block).into()))
    }

    /// The code over the parts, each framed by its length (u32 big-endian), so that no two lists of parts
    /// have the same message.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut state = self.0.clone();
        for part in parts {
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            state.update(&length.to_be_bytes());
            state.update(part);
        }
        state.finalize().into_bytes().into()
    }

    /// The code over the parts, one after another without framing.
    pub fn mac_raw(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut state = self.0.clone();
        for part in parts {
            state.update(part);
        }
        state.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MacKey(…)")
    }
}
