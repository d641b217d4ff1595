//! SipHash-2-4 with 128 bits (Aumasson and Bernstein), of which the first 64 are made: for the words of a message, of
//! which there are many. It must not know keys; a look-up hashes with the crate `siphasher`, and tests compare the two.

/// A key.
pub(super) type Key = (u64, u64);

/// The state under a key.
#[derive(Clone, Copy)]
struct State([u64; 4]);

impl State {
    #[inline(always)]
    const fn new(key: Key) -> Self {
        Self([
            key.0 ^ 0x736F_6D65_7073_6575,
            key.1 ^ 0x646F_7261_6E64_6F6D ^ 0xEE,
            key.0 ^ 0x6C79_6765_6E65_7261,
            key.1 ^ 0x7465_6462_7974_6573,
        ])
    }

    #[inline(always)]
    const fn round(self) -> Self {
        let Self([mut a, mut b, mut c, mut d]) = self;
        a = a.wrapping_add(b);
        b = b.rotate_left(13) ^ a;
        a = a.rotate_left(32);
        c = c.wrapping_add(d);
        d = d.rotate_left(16) ^ c;
        a = a.wrapping_add(d);
        d = d.rotate_left(21) ^ a;
        c = c.wrapping_add(b);
        b = b.rotate_left(17) ^ c;
        c = c.rotate_left(32);
        Self([a, b, c, d])
    }

    /// Takes eight bytes, the first lowest.
    #[inline(always)]
    const fn take(self, block: u64) -> Self {
        let Self([a, b, c, d]) = self;
        let Self([a, b, c, d]) = Self([a, b, c, d ^ block]).round().round();
        Self([a ^ block, b, c, d])
    }

    #[inline(always)]
    const fn finish(self) -> u64 {
        let Self([a, b, c, d]) = self;
        let Self([a, b, c, d]) = Self([a, b, c ^ 0xEE, d]).round().round().round().round();
        a ^ b ^ c ^ d
    }
}

/// Of at most 16 bytes, as two numbers, the first byte lowest and zeros behind.
#[inline(always)]
pub(super) const fn short(key: Key, head: (u64, u64), len: usize) -> u64 {
    let (state, length) = (State::new(key), (len as u64) << 56);
    match len {
        0..8 => state.take(head.0 | length).finish(),
        8..16 => state.take(head.0).take(head.1 | length).finish(),
        _ => state.take(head.0).take(head.1).take(length).finish(),
    }
}

/// Of bytes.
pub(super) fn bytes(key: Key, bytes: &[u8]) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<8>();
    let state = blocks.iter().fold(State::new(key), |state, block| state.take(u64::from_le_bytes(*block)));
    let rest = rest.iter().rev().fold(0, |before, byte| before << 8 | u64::from(*byte));
    state.take((bytes.len() as u64) << 56 | rest).finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use siphasher::sip128::SipHasher24;

    proptest! {
        #[test]
        fn it_is_what_the_crate_makes(key: (u64, u64), text in proptest::collection::vec(any::<u8>(), 0..300)) {
            let expected = |text: &[u8]| SipHasher24::new_with_keys(key.0, key.1).hash(text).h1;
            prop_assert_eq!(super::bytes(key, &text), expected(&text));
            for len in 0..=text.len().min(16) {
                let mut both = [0; 16];
                both[..len].copy_from_slice(&text[..len]);
                let both = u128::from_le_bytes(both);
                let head = (both as u64, (both >> 64) as u64);
                prop_assert_eq!(super::short(key, head, len), expected(&text[..len]));
            }
        }
    }
}
