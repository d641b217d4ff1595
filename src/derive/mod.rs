//! From an identifier and a scope to a pseudonym: `sluis-pseudonym-v1`.
//!
//! `C` is the first 16 bytes of HMAC-SHA-256 under the scope's key; a shape renders it. Pure: it must not know
//! where keys are kept, or whether a pseudonym is taken.

pub mod label;
mod shape;

pub use label::Label;
pub use shape::{Shape, ShapeError};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

use crate::identity::{Identifier, Pseudonym, Scope};
use crate::secret::Secret;

/// The version's label: the first part of every message.
const VERSION: &str = "sluis-pseudonym-v1";

/// The first 16 bytes of the code: what every short shape renders, and what labels are derived from. It can be
/// printed no more than the identifier it stands for; the pseudonym made of it can.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Core([u8; 16]);

impl Core {
    /// From its 16 bytes, as the vault keeps them.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// As a big-endian number.
    pub const fn number(&self) -> u128 {
        u128::from_be_bytes(self.0)
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Core(…)")
    }
}

/// The key of one scope, with everything that does not depend on the identifier already fed.
#[derive(Clone)]
pub struct ScopeKey {
    short: Hmac<Sha256>,
    wide: Hmac<Sha512>,
}

impl ScopeKey {
    /// Prepares a scope's key: 32 random bytes of the vault.
    pub fn new(key: &Secret<[u8; 32]>, scope: &Scope) -> Self {
        let mut short: Hmac<Sha256> = Hmac::new(&(*padded::<64>(key)).into());
        let mut wide: Hmac<Sha512> = Hmac::new(&(*padded::<128>(key)).into());
        for part in [VERSION, scope.school.as_str(), scope.publisher.as_str(), scope.epoch.as_str()] {
            feed(&mut short, part);
            feed(&mut wide, part);
        }
        Self { short, wide }
    }

    /// The core of an identifier's pseudonym. `generation` is 0, and grows by one when an erased pupil
    /// returns or a short shape collides.
    pub fn core(&self, identifier: &Identifier, generation: u32) -> Core {
        let mut state = self.short.clone();
        finish(&mut state, identifier, generation);
        let code: [u8; 32] = state.finalize().into_bytes().into();
        let mut core = [0; 16];
        for (to, from) in core.iter_mut().zip(code) {
            *to = from;
        }
        Core(core)
    }

    /// The pseudonym in a shape, and its core.
    pub fn pseudonym(&self, shape: &Shape, identifier: &Identifier, generation: u32) -> (Pseudonym, Core) {
        let core = self.core(identifier, generation);
        let text = match shape {
            Shape::EckId(prefix) => shape::wide(prefix, &self.wide(identifier, generation)),
            short => short.render(&core),
        };
        (Pseudonym::new(text), core)
    }

    fn wide(&self, identifier: &Identifier, generation: u32) -> [u8; 64] {
        let mut state = self.wide.clone();
        finish(&mut state, identifier, generation);
        state.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for ScopeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ScopeKey(…)")
    }
}

/// A short key as HMAC pads it: with zeros, to a block (RFC 2104, 2). Done here, keying cannot fail.
fn padded<const BLOCK: usize>(key: &Secret<[u8; 32]>) -> Zeroizing<[u8; BLOCK]> {
    let mut block = Zeroizing::new([0; BLOCK]);
    for (to, from) in block.iter_mut().zip(key.expose()) {
        *to = *from;
    }
    block
}

/// lp(text): its length as u32 big-endian, then its bytes.
fn feed(state: &mut impl Mac, text: &str) {
    state.update(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
    state.update(text.as_bytes());
}

fn finish(state: &mut impl Mac, identifier: &Identifier, generation: u32) {
    feed(state, identifier.kind().as_str());
    feed(state, identifier.expose());
    state.update(&generation.to_be_bytes());
}

#[cfg(test)]
mod tests;
