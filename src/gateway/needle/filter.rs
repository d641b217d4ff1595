//! A Golomb-coded set: hashes of which nobody needs the originals, with false positives and no false negatives.
//!
//! `u32be(count) ‖ Rice codes of the ascending differences`, each a quotient in ones ended by a zero, then 21 bits;
//! the last byte is filled with zeros. The same set gives the same bytes. It must not know what was hashed.

/// A question that is not in the set is answered yes with a probability of at most 2^-RATE_BITS.
pub const RATE_BITS: u32 = 21;

/// The hashes, without order or doubles.
pub(super) fn encode(mut hashes: Vec<u64>) -> Vec<u8> {
    hashes.sort_unstable();
    hashes.dedup();
    // More than 2^32 words would need 8 GiB of text; limits end far below.
    let count = u32::try_from(hashes.len()).unwrap_or(u32::MAX);
    let mut out = Bits { bytes: count.to_be_bytes().to_vec(), held: 0, bits: 0 };
    let mut before = 0;
    // Reducing keeps the order.
    for hash in hashes.into_iter().take(count as usize) {
        let place = reduce(hash, count);
        out.rice(place - before);
        before = place;
    }
    out.finish()
}

/// Whether each hash may be in the set; none when the bytes are no filter.
pub(super) fn contains(filter: &[u8], asked: &[u64]) -> Option<Vec<bool>> {
    let (count, codes) = filter.split_first_chunk::<4>()?;
    let count = u32::from_be_bytes(*count);
    let mut sought: Vec<(u64, usize)> =
        asked.iter().enumerate().map(|(index, hash)| (reduce(*hash, count), index)).collect();
    sought.sort_unstable();
    let mut found = vec![false; asked.len()];
    let mut codes = Codes { bytes: codes, at: 0 };
    let mut sought = sought.into_iter().peekable();
    let mut place = 0_u64;
    for _ in 0..count {
        place = place.checked_add(codes.next()?)?;
        while let Some((_, index)) = sought.next_if(|(wanted, _)| *wanted <= place) {
            if let (Some(answer), Some((wanted, _))) =
                (found.get_mut(index), asked.get(index).map(|hash| (reduce(*hash, count), ())))
            {
                *answer = wanted == place;
            }
        }
    }
    Some(found)
}

/// A place among `count · 2^RATE_BITS`, even over all of them.
fn reduce(hash: u64, count: u32) -> u64 {
    let places = u128::from(count) << RATE_BITS;
    u64::try_from((u128::from(hash) * places) >> 64).unwrap_or(u64::MAX)
}

struct Bits {
    bytes: Vec<u8>,
    held: u64,
    bits: u32,
}

impl Bits {
    fn rice(&mut self, value: u64) {
        for _ in 0..value >> RATE_BITS {
            self.push(1, 1);
        }
        self.push(0, 1);
        self.push(value & ((1 << RATE_BITS) - 1), RATE_BITS);
    }

    fn push(&mut self, value: u64, bits: u32) {
        self.held = self.held << bits | value;
        self.bits += bits;
        while self.bits >= 8 {
            self.bits -= 8;
            self.bytes.push((self.held >> self.bits & 0xFF) as u8);
        }
    }

    fn finish(mut self) -> Vec<u8> {
        if self.bits > 0 {
            let fill = 8 - self.bits;
            self.push(0, fill);
        }
        self.bytes
    }
}

struct Codes<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Codes<'_> {
    fn next(&mut self) -> Option<u64> {
        let mut quotient = 0_u64;
        while self.bit()? {
            quotient += 1;
        }
        let mut rest = 0;
        for _ in 0..RATE_BITS {
            rest = rest << 1 | u64::from(self.bit()?);
        }
        Some(quotient << RATE_BITS | rest)
    }

    fn bit(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }
}
