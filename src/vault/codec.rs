//! Fields in a row: the byte form of what the vault seals. Every field has a length or a fixed size, so that
//! no two different lists of fields have the same bytes.
//!
//! It must not know keys, files or what a field means.

use zeroize::Zeroizing;

/// The longest text field that the vault keeps, in bytes.
pub(crate) const LONGEST_FIELD: usize = 64 * 1024;

/// Writes fields one after another. What is written is wiped when it is dropped.
#[derive(Default)]
pub(crate) struct Fields(Zeroizing<Vec<u8>>);

impl Fields {
    /// Room for `bytes`, so that no half-filled buffer is left behind by growing.
    pub(crate) fn with_room(bytes: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(bytes)))
    }

    pub(crate) fn u8(&mut self, value: u8) -> &mut Self {
        self.raw(&[value])
    }

    pub(crate) fn u32(&mut self, value: u32) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    pub(crate) fn u64(&mut self, value: u64) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    /// u32be(length) ‖ bytes. A field over 4 GiB cannot be read back; callers keep to [`LONGEST_FIELD`].
    pub(crate) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.u32(u32::try_from(value.len()).unwrap_or(u32::MAX));
        self.raw(value)
    }

    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.bytes(value.as_bytes())
    }

    /// Bytes of a length that the reader knows.
    pub(crate) fn raw(&mut self, value: &[u8]) -> &mut Self {
        self.grow(value.len());
        self.0.extend_from_slice(value);
        self
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// `Vec` would free its old buffer unwiped when it grows; this moves by hand.
    fn grow(&mut self, more: usize) {
        if self.0.capacity() - self.0.len() >= more {
            return;
        }
        let mut roomier =
            Zeroizing::new(Vec::with_capacity((self.0.capacity() * 2).max(self.0.len() + more).max(128)));
        roomier.extend_from_slice(&self.0);
        self.0 = roomier;
    }
}

/// Reads fields back in the same order. `None` as soon as anything is short, too long or not UTF-8.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn raw(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.raw(N)?.try_into().ok()
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        self.raw(length)
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `Some` when nothing is left over.
    pub(crate) fn end(&self) -> Option<()> {
        self.is_empty().then_some(())
    }
}
