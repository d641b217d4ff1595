//! Months, in UTC, and the keys made from a month's key. It must not know where keys are kept.

use std::fmt;

use siphasher::sip128::SipHasher24;

use super::sip;
use crate::clock::Timestamp;
use crate::crypto::{CryptoError, Keyring, hkdf};
use crate::secret::Secret;

/// A month of the calendar, in UTC: `2026-11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: u16,
    month: u8,
}

impl Month {
    /// The month in which a moment lies.
    pub fn of(now: Timestamp) -> Self {
        let text = now.rfc3339();
        text.get(..7).and_then(Self::parse).unwrap_or(Self { year: 9999, month: 12 })
    }

    /// Reads `YYYY-MM`.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let digits = |text: &str, len| text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return None;
        }
        let month = month.parse().ok().filter(|month| (1..=12).contains(month))?;
        Some(Self { year: year.parse().ok()?, month })
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// The number under which filters are sealed: a month's keyring holds one key.
const SEALER: u32 = 1;

/// A month's key, ready for use: whoever holds it can open the filters of that month and ask them.
pub struct MonthKey {
    month: Month,
    raw: Secret<[u8; 32]>,
    hashing: Hashing,
    sealer: Keyring,
    /// How the place of a filter begins.
    place: String,
}

/// How words become hashes in a month.
#[derive(Clone, Copy, Default)]
pub(super) struct Hashing {
    words: (u64, u64),
    pairs: (u64, u64),
    /// Where tables of words begin to look: nobody without the key can choose words that collide.
    pub(super) seeds: (u64, u64),
}

impl MonthKey {
    /// Takes 32 random bytes. The PRF's key and the sealing key are derived from them (HKDF-SHA-256, RFC 5869), bound
    /// to the month.
    ///
    /// # Errors
    /// [`CryptoError::MakeKeyring`], which does not happen.
    pub fn new(month: Month, raw: Secret<[u8; 32]>) -> Result<Self, CryptoError> {
        let words = hkdf(&raw, format!("sluis needle words 2 {month}").as_bytes());
        let sealing = hkdf(&raw, format!("sluis needle filters 2 {month}").as_bytes());
        let tables = hkdf(&raw, format!("sluis needle tables 1 {month}").as_bytes());
        let two = |bytes: &[u8; 32], from: usize| {
            let bytes = bytes.get(from..).and_then(|bytes| bytes.first_chunk::<16>()).copied();
            let both = u128::from_le_bytes(bytes.unwrap_or_default());
            (both as u64, (both >> 64) as u64)
        };
        let (words, pairs) = (two(words.expose(), 0), two(words.expose(), 16));
        let hashing = Hashing { words, pairs, seeds: two(tables.expose(), 0) };
        let sealer = Keyring::new((SEALER, &sealing), 0, &[])?;
        let place = format!("sluis needle 1 {month} ");
        Ok(Self { month, hashing, raw, sealer, place })
    }

    /// Whose it is.
    pub const fn month(&self) -> Month {
        self.month
    }

    /// The 32 bytes, to keep or hand over.
    pub const fn raw(&self) -> &Secret<[u8; 32]> {
        &self.raw
    }

    /// Seals and opens this month's filters.
    pub(super) const fn sealer(&self) -> &Keyring {
        &self.sealer
    }

    /// The place of an exchange's filter: it can stand for no other exchange and in no other month.
    pub(super) fn place(&self, exchange: &[u8; 16]) -> Vec<u8> {
        [self.place.as_bytes(), exchange].concat()
    }

    /// For many words.
    pub(super) const fn hashing(&self) -> Hashing {
        self.hashing
    }

    /// The hash of a word.
    pub(super) fn word(&self, word: &[u8]) -> u64 {
        prf(self.hashing.words, word)
    }

    /// The hash of two words that stand beside one another.
    pub(super) fn pair(&self, first: &[u8], second: &[u8]) -> u64 {
        let both = u128::from(self.word(second)) << 64 | u128::from(self.word(first));
        prf(self.hashing.pairs, &both.to_le_bytes())
    }
}

impl Hashing {
    /// SipHash-2-4-128 of a word of at most 16 bytes, its first 64 bits.
    #[inline(always)]
    pub(super) const fn short(&self, head: (u64, u64), len: usize) -> u64 {
        sip::short(self.words, head, len)
    }

    /// Of any word.
    pub(super) fn word(&self, word: &[u8]) -> u64 {
        sip::bytes(self.words, word)
    }

    /// The same, under a key of its own, of two words that stand beside one another: of their hashes, in their order.
    #[inline(always)]
    pub(super) const fn pair_of(&self, first: u64, second: u64) -> u64 {
        sip::short(self.pairs, (first, second), 16)
    }
}

/// The first 64 bits of SipHash-2-4-128, by another's code: it is what [`sip`] is compared with.
fn prf(key: sip::Key, bytes: &[u8]) -> u64 {
    SipHasher24::new_with_keys(key.0, key.1).hash(bytes).h1
}

impl fmt::Debug for MonthKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MonthKey({})", self.month)
    }
}
