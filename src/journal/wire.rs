//! The few shapes that leaf bytes are made of: big-endian numbers, counted text, presence bytes,
//! ordered lists. It must not know which field is which.

use super::LeafError;
use super::leaf::MAX_LEAF;

/// What the leaf of an exchange takes as a rule: a dozen rules by their own texts. Longer ones grow.
const TYPICAL: usize = 1536;

/// Appends to a leaf's bytes.
pub(super) struct Writing {
    out: Vec<u8>,
}

impl Writing {
    pub(super) fn new() -> Self {
        Self { out: Vec::with_capacity(TYPICAL) }
    }

    pub(super) fn u8(&mut self, number: u8) {
        self.out.push(number);
    }

    pub(super) fn u16(&mut self, number: u16) {
        self.raw(&number.to_be_bytes());
    }

    pub(super) fn u32(&mut self, number: u32) {
        self.raw(&number.to_be_bytes());
    }

    pub(super) fn u64(&mut self, number: u64) {
        self.raw(&number.to_be_bytes());
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// A presence byte, and the bytes when present.
    pub(super) fn optional(&mut self, bytes: Option<&[u8]>) {
        self.u8(bytes.is_some().into());
        self.raw(bytes.unwrap_or_default());
    }

    /// Printable text of at most 255 bytes.
    pub(super) fn short_text(&mut self, text: &str) -> Result<(), LeafError> {
        check_text(text)?;
        self.u8(u8::try_from(text.len()).map_err(|_| LeafError::TooLong("text"))?);
        self.raw(text.as_bytes());
        Ok(())
    }

    /// Printable text of at most 65,535 bytes.
    pub(super) fn long_text(&mut self, text: &str) -> Result<(), LeafError> {
        check_text(text)?;
        self.u16(u16::try_from(text.len()).map_err(|_| LeafError::TooLong("text"))?);
        self.raw(text.as_bytes());
        Ok(())
    }

    /// A word of `[a-z0-9-]`, 1 to 64 bytes.
    pub(super) fn token(&mut self, text: &str) -> Result<(), LeafError> {
        check_token(text)?;
        self.short_text(text)
    }

    /// The length of a list, whose keys must ascend.
    pub(super) fn list_len<T>(&mut self, list: &[(String, T)]) -> Result<(), LeafError> {
        if !list.is_sorted_by(|(before, _), (after, _)| before.as_bytes() < after.as_bytes()) {
            return Err(LeafError::Unordered);
        }
        self.u16(u16::try_from(list.len()).map_err(|_| LeafError::TooMany("list"))?);
        Ok(())
    }

    /// A list of keys and counts, none of them 0.
    pub(super) fn counts(
        &mut self,
        list: &[(String, u64)],
        key: impl Fn(&mut Self, &str) -> Result<(), LeafError>,
    ) -> Result<(), LeafError> {
        self.list_len(list)?;
        for (name, count) in list {
            key(self, name)?;
            check_count(*count)?;
            self.u64(*count);
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, LeafError> {
        if self.out.len() > MAX_LEAF { Err(LeafError::TooLong("leaf")) } else { Ok(self.out) }
    }
}

/// Consumes a leaf's bytes.
pub(super) struct Reading<'a> {
    rest: &'a [u8],
}

impl<'a> Reading<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, LeafError> {
        if bytes.len() > MAX_LEAF { Err(LeafError::TooLong("leaf")) } else { Ok(Self { rest: bytes }) }
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], LeafError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(LeafError::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], LeafError> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(LeafError::Short)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, LeafError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, LeafError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, LeafError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, LeafError> {
        self.array().map(u64::from_be_bytes)
    }

    pub(super) fn present<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, LeafError>,
    ) -> Result<Option<T>, LeafError> {
        match self.u8()? {
            0 => Ok(None),
            1 => read(self).map(Some),
            _ => Err(LeafError::Malformed("presence")),
        }
    }

    pub(super) fn optional<const N: usize>(&mut self) -> Result<Option<[u8; N]>, LeafError> {
        self.present(Self::array)
    }

    fn text(&mut self, len: usize) -> Result<String, LeafError> {
        let text = std::str::from_utf8(self.take(len)?).map_err(|_| LeafError::Text)?;
        check_text(text)?;
        Ok(text.to_owned())
    }

    pub(super) fn short_text(&mut self) -> Result<String, LeafError> {
        let len = self.u8()?;
        self.text(len.into())
    }

    pub(super) fn long_text(&mut self) -> Result<String, LeafError> {
        let len = self.u16()?;
        self.text(len.into())
    }

    pub(super) fn token(&mut self) -> Result<String, LeafError> {
        let text = self.short_text()?;
        check_token(&text)?;
        Ok(text)
    }

    pub(super) fn list<T>(
        &mut self,
        read: impl Fn(&mut Self) -> Result<(String, T), LeafError>,
    ) -> Result<Vec<(String, T)>, LeafError> {
        let len = self.u16()?;
        let mut list: Vec<(String, T)> = Vec::new();
        for _ in 0..len {
            let item = read(self)?;
            if list.last().is_some_and(|(before, _)| before.as_bytes() >= item.0.as_bytes()) {
                return Err(LeafError::Unordered);
            }
            list.push(item);
        }
        Ok(list)
    }

    pub(super) fn counts(
        &mut self,
        key: impl Fn(&mut Self) -> Result<String, LeafError>,
    ) -> Result<Vec<(String, u64)>, LeafError> {
        self.list(|from| {
            let name = key(from)?;
            let count = from.u64()?;
            check_count(count)?;
            Ok((name, count))
        })
    }

    pub(super) fn finish(self) -> Result<(), LeafError> {
        if self.rest.is_empty() { Ok(()) } else { Err(LeafError::LeftOver) }
    }
}

/// No control characters (General Category Cc): a leaf is shown on terminals.
fn check_text(text: &str) -> Result<(), LeafError> {
    // Without a branch a byte where all is ASCII, as it nearly always is: this sees every rule's text of every exchange.
    let control = match text.is_ascii() {
        true => text.bytes().fold(false, |found, byte| found | byte.is_ascii_control()),
        false => text.chars().any(char::is_control),
    };
    if control { Err(LeafError::Text) } else { Ok(()) }
}

fn check_token(text: &str) -> Result<(), LeafError> {
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=64).contains(&text.len()) && text.bytes().all(good) { Ok(()) } else { Err(LeafError::Token) }
}

fn check_count(count: u64) -> Result<(), LeafError> {
    if count == 0 { Err(LeafError::Malformed("count")) } else { Ok(()) }
}
