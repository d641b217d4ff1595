//! A Golomb-coded set: hashes of which nobody needs the originals, with false positives and no false negatives.
//!
//! `u32be(count) ‖ Rice codes of the ascending differences`, each a quotient in ones ended by a zero, then 21 bits;
//! the last byte is filled with zeros. The same set gives the same bytes. It must not know what was hashed.

/// A question that is not in the set is answered yes with a probability of at most 2^-RATE_BITS.
pub const RATE_BITS: u32 = 21;

/// Room that is kept, in hashes.
const KEPT: usize = 1 << 16;

/// Room for making filters, kept from one to the next.
#[derive(Default)]
pub(super) struct Encoder {
    ends: Vec<u32>,
    sorted: Vec<u64>,
}

impl Encoder {
    /// A filter of hashes, which come in any order; what comes twice counts once.
    pub(super) fn encode(&mut self, hashes: &[u64]) -> Vec<u8> {
        self.sort(hashes);
        self.sorted.dedup();
        // More than 2^32 words would need 8 GiB of text; limits end far below.
        let count = u32::try_from(self.sorted.len()).unwrap_or(u32::MAX);
        // A code takes 22 bits, and one more for each place of 2^RATE_BITS that it skips: as many as there are codes.
        let room = 4 + (count as usize * (RATE_BITS as usize + 2)).div_ceil(8);
        let mut out = Bits { bytes: Vec::with_capacity(room), held: 0, bits: 0 };
        out.bytes.extend_from_slice(&count.to_be_bytes());
        let mut before = 0;
        // Reducing keeps the order.
        for hash in self.sorted.iter().take(count as usize) {
            let place = reduce(*hash, count);
            out.rice(place - before);
            before = place;
        }
        self.shrink();
        out.finish()
    }

    /// Sorts. Hashes lie evenly, so each goes near its place at once, and then past a neighbour or two.
    fn sort(&mut self, hashes: &[u64]) {
        let Self { ends, sorted } = self;
        let bits = hashes.len().next_power_of_two().trailing_zeros();
        if bits < 6 {
            sorted.clear();
            sorted.extend_from_slice(hashes);
            sorted.sort_unstable();
            return;
        }
        let part = |hash: u64| (hash >> (64 - bits)) as usize;
        ends.clear();
        ends.resize(1 << bits, 0);
        for hash in hashes {
            if let Some(end) = ends.get_mut(part(*hash)) {
                *end += 1;
            }
        }
        let mut before = 0;
        for end in ends.iter_mut() {
            before += *end;
            *end = before;
        }
        // What stands there is written over: as many hashes as there are places.
        sorted.resize(hashes.len(), 0);
        for hash in hashes {
            if let Some(end) = ends.get_mut(part(*hash)) {
                *end -= 1;
                if let Some(place) = sorted.get_mut(*end as usize) {
                    *place = *hash;
                }
            }
        }
        let mut most = 0;
        for from in 0..sorted.len() {
            let Some(hash) = sorted.get(from).copied().filter(|hash| *hash < most) else {
                most = sorted.get(from).copied().unwrap_or_default();
                continue;
            };
            let mut at = from;
            while at > 0 && sorted.get(at - 1).is_some_and(|earlier| *earlier > hash) {
                sorted.swap(at - 1, at);
                at -= 1;
            }
        }
    }

    /// Lets go of room that is not usual.
    fn shrink(&mut self) {
        if self.sorted.capacity() > KEPT {
            *self = Self::default();
        }
    }
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
        let mut ones = value >> RATE_BITS;
        while ones > 8 {
            self.push(0xFF, 8);
            ones -= 8;
        }
        // The last ones, the zero that ends them, and the rest: at most 30 bits.
        let code = ((1 << ones) - 1) << (RATE_BITS + 1) | value & ((1 << RATE_BITS) - 1);
        self.push(code, RATE_BITS + 1 + ones as u32);
    }

    /// Appends up to 32 bits.
    fn push(&mut self, value: u64, bits: u32) {
        self.held = self.held << bits | value;
        self.bits += bits;
        if self.bits >= 32 {
            self.bits -= 32;
            self.bytes.extend_from_slice(&((self.held >> self.bits) as u32).to_be_bytes());
        }
    }

    fn finish(mut self) -> Vec<u8> {
        let bytes = (self.held << (32 - self.bits)) as u32;
        self.bytes.extend(bytes.to_be_bytes().into_iter().take(self.bits.div_ceil(8) as usize));
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
