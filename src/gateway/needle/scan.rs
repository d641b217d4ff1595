//! Runs: where a text's bytes are of one class, found 64 bytes at a time. It must not know what a run means.

/// Bytes that are classified together: a bit for each.
const WIDTH: usize = 64;

/// The longest stretches of bytes of a class, in order, as begin and end.
pub(super) struct Runs<'t, C, const LONG: bool = false> {
    text: &'t [u8],
    class: C,
    /// Where the bytes of `bits` begin, and where the next ones do.
    base: usize,
    next: usize,
    /// What is left of a mask.
    bits: u64,
}

/// Runs of the bytes for which `class` is true.
pub(super) const fn runs<C: Fn(u8) -> bool>(text: &[u8], class: C) -> Runs<'_, C> {
    Runs { text, class, base: 0, next: 0, bits: 0 }
}

/// Runs of the bytes for which `class` is true, as [`runs`], without most of those of fewer than eight bytes.
pub(super) const fn long_runs<C: Fn(u8) -> bool>(text: &[u8], class: C) -> Runs<'_, C, true> {
    Runs { text, class, base: 0, next: 0, bits: 0 }
}

/// The bits that stand in eight or more ones beside one another, and those that may go on behind the last.
#[inline(always)]
const fn eights(bits: u64) -> u64 {
    let two = bits & bits >> 1;
    let four = two & two >> 2;
    let eight = four & four >> 4;
    let two = eight | eight << 1;
    let four = two | two << 2;
    let eight = four | four << 4;
    eight | !u64::MAX.unbounded_shr(bits.leading_ones())
}

impl<C: Fn(u8) -> bool, const LONG: bool> Iterator for Runs<'_, C, LONG> {
    type Item = (usize, usize);

    #[inline(always)]
    fn next(&mut self) -> Option<(usize, usize)> {
        while self.bits == 0 {
            self.load()?;
            self.choose();
        }
        let start = self.bits.trailing_zeros();
        let end = start + (!(self.bits >> start)).trailing_zeros();
        let from = self.base + start as usize;
        if (end as usize) < WIDTH {
            self.bits &= u64::MAX << end;
            return Some((from, self.base + end as usize));
        }
        while self.load().is_some() {
            let more = (!self.bits).trailing_zeros();
            if (more as usize) < WIDTH {
                self.bits &= u64::MAX << more;
                self.choose();
                return Some((from, self.base + more as usize));
            }
        }
        Some((from, self.text.len()))
    }
}

impl<C: Fn(u8) -> bool, const LONG: bool> Runs<'_, C, LONG> {
    #[inline(always)]
    const fn choose(&mut self) {
        if LONG {
            self.bits = eights(self.bits);
        }
    }

    /// Goes on to the next bytes; none, and no bits, when there are none.
    #[inline(always)]
    fn load(&mut self) -> Option<()> {
        self.bits = 0;
        let rest = self.text.get(self.next..)?;
        self.base = self.next;
        self.next += WIDTH;
        self.bits = match rest.first_chunk::<WIDTH>() {
            Some(chunk) => mask(chunk, &self.class),
            None if rest.is_empty() => return None,
            None => last(rest, &self.class),
        };
        Some(())
    }
}

/// The mask of fewer bytes than [`WIDTH`].
#[inline(never)]
fn last(rest: &[u8], class: &impl Fn(u8) -> bool) -> u64 {
    let mut chunk = [0; WIDTH];
    match chunk.get_mut(..rest.len()) {
        Some(to) => to.copy_from_slice(rest),
        None => return 0,
    }
    // Behind the end there is nothing of any class.
    mask(&chunk, class) & !(u64::MAX << rest.len())
}

/// Whether a byte is of a word: a letter or digit of ASCII, or of a character beyond it.
#[inline(always)]
pub(super) const fn is_wordish(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | !byte.is_ascii()
}

/// A bit for each byte that is of the class, the first lowest.
#[inline(always)]
fn mask(chunk: &[u8; WIDTH], class: &impl Fn(u8) -> bool) -> u64 {
    // Two loops without branches: the first becomes vector instructions.
    let mut flags = [0_u8; WIDTH];
    for (flag, byte) in flags.iter_mut().zip(chunk) {
        *flag = u8::from(class(*byte));
    }
    let mut mask = 0;
    for (index, eight) in flags.as_chunks::<8>().0.iter().enumerate() {
        // Eight bytes of 0 or 1 become eight bits: each is moved to its place in the highest byte.
        let bits = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask |= bits << (8 * index);
    }
    mask
}

/// The eight bytes at `at`, the first lowest; zeros behind the end of the text.
#[inline(always)]
pub(super) fn eight(text: &[u8], at: usize) -> u64 {
    match text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => {
            let rest = text.get(at..).unwrap_or_default();
            rest.iter().rev().fold(0, |before, byte| before << 8 | u64::from(*byte))
        }
    }
}

/// Ones in the lowest `len` bytes: none to eight.
#[inline(always)]
pub(super) const fn low(len: usize) -> u64 {
    if len == 0 { 0 } else { u64::MAX >> ((64 - 8 * len) & 63) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{long_runs, runs};

    proptest! {
        #[test]
        fn runs_are_what_a_plain_loop_finds(text in proptest::collection::vec(prop_oneof![6 => Just(b'a'), 1 => Just(b' ')], 0..300)) {
            let found: Vec<_> = runs(&text, |byte| byte == b'a').collect();
            let mut expected = Vec::new();
            let mut at = 0;
            for piece in text.split(|byte| *byte != b'a') {
                if !piece.is_empty() {
                    expected.push((at, at + piece.len()));
                }
                at += piece.len() + 1;
            }
            prop_assert_eq!(&found, &expected);
            let long = |runs: Vec<(usize, usize)>| runs.into_iter().filter(|run| run.1 - run.0 >= 8).collect::<Vec<_>>();
            prop_assert_eq!(long(long_runs(&text, |byte| byte == b'a').collect()), long(expected));
        }
    }

    #[test]
    fn runs_end_at_the_end() {
        for length in [0, 1, 63, 64, 65, 127, 128, 129, 200] {
            let found: Vec<_> = runs(&vec![b'a'; length], |byte| byte == b'a').collect();
            let whole: Vec<_> = (length > 0).then_some((0, length)).into_iter().collect();
            assert_eq!(found, whole);
        }
    }
}
