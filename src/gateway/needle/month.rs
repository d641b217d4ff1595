//! Months, in UTC, and the keys made from a month's key. It must not know where keys are kept.

use std::fmt;
use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher24};

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
    words: (u64, u64),
    sealer: Keyring,
}

impl MonthKey {
    /// Takes 32 random bytes. The PRF's key and the sealing key are derived from them (HKDF-SHA-256, RFC 5869), bound
    /// to the month.
    ///
    /// # Errors
    /// [`CryptoError::MakeKeyring`], which does not happen.
    pub fn new(month: Month, raw: Secret<[u8; 32]>) -> Result<Self, CryptoError> {
        let words = hkdf(&raw, format!("sluis needle words 1 {month}").as_bytes());
        let sealing = hkdf(&raw, format!("sluis needle filters 1 {month}").as_bytes());
        let half = |from: usize| {
            let bytes = words.expose().get(from..from + 8).and_then(|bytes| bytes.first_chunk::<8>());
            u64::from_le_bytes(bytes.copied().unwrap_or_default())
        };
        let sealer = Keyring::new((SEALER, &sealing), 0, &[])?;
        Ok(Self { month, words: (half(0), half(8)), raw, sealer })
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
        let mut place = format!("sluis needle 1 {} ", self.month).into_bytes();
        place.extend_from_slice(exchange);
        place
    }

    /// SipHash-2-4-128 of a word, its first 64 bits.
    pub(super) fn word(&self, word: &[u8]) -> u64 {
        let mut hasher = SipHasher24::new_with_keys(self.words.0, self.words.1);
        hasher.write(&[1]);
        hasher.write(word);
        hasher.finish128().h1
    }

    /// The same of two words that stand beside one another. Words hold no zero byte.
    pub(super) fn pair(&self, first: &[u8], second: &[u8]) -> u64 {
        let mut hasher = SipHasher24::new_with_keys(self.words.0, self.words.1);
        hasher.write(&[2]);
        hasher.write(first);
        hasher.write(&[0]);
        hasher.write(second);
        hasher.finish128().h1
    }
}

impl fmt::Debug for MonthKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MonthKey({})", self.month)
    }
}
