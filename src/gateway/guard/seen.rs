//! Runs seen before: member names and words of a vocabulary stand in a message a thousand times, and what decoding
//! makes of one is decided once.
//!
//! A run is known by all its bytes, never by a hash alone. It is remembered only when it was looked at in every way,
//! nothing in it was weighed, and nothing beside it can change how it reads.

use std::ops::Range;

use super::blob::in_base64;
use super::word::load;

/// The longest run that is remembered.
const LONGEST: usize = 24;
const PLACES: usize = 128;

/// A run of letters, digits and marks of base64, exactly.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Run {
    bytes: [u64; 3],
    len: usize,
}

/// A run that is being looked at.
pub(super) struct Pending {
    run: Run,
    end: usize,
    /// How much was weighed before it.
    weighed: usize,
}

/// Runs that decode to nothing, with the number of decodings that had made the text they stood in.
pub(super) struct Seen {
    places: [(Run, u8); PLACES],
}

impl Default for Seen {
    fn default() -> Self {
        // No run is empty, so none is known.
        Self { places: [(Run { bytes: [0; 3], len: 0 }, 0); PLACES] }
    }
}

impl Seen {
    /// Whether the run that begins with `word` decodes to nothing; where it ends. What is not known yet is noted in
    /// `pending`.
    pub(super) fn knows(
        &self,
        text: &[u8],
        word: &Range<usize>,
        depth: u8,
        weighed: usize,
        pending: &mut Option<Pending>,
    ) -> Option<usize> {
        let end = bounded(text, word)?;
        let run = Run::of(text, word.start..end);
        let (known, at) = self.places.get(run.place())?;
        // Fewer decodings are left of a text that took more.
        if *known == run && *at <= depth {
            return Some(end);
        }
        *pending = Some(Pending { run, end, weighed });
        None
    }

    /// Remembers the run before `start`, if nothing was weighed since.
    #[inline]
    pub(super) fn settle(&mut self, pending: &mut Option<Pending>, start: usize, depth: u8, weighed: usize) {
        if pending.as_ref().is_some_and(|pending| pending.end <= start) {
            self.remember(pending, depth, weighed);
        }
    }

    #[cold]
    fn remember(&mut self, pending: &mut Option<Pending>, depth: u8, weighed: usize) {
        let Some(run) = pending.take() else { return };
        if run.weighed == weighed
            && let Some(place) = self.places.get_mut(run.run.place())
        {
            *place = (run.run, depth);
        }
    }
}

impl Run {
    fn of(text: &[u8], span: Range<usize>) -> Self {
        let len = span.len();
        let first = load(text, span.start);
        let bytes = if len < 8 {
            [first & !(u64::MAX << (len * 8)), 0, 0]
        } else {
            [first, load(text, span.start + len / 2 - 4), load(text, span.end - 8)]
        };
        Self { bytes, len }
    }

    const fn place(&self) -> usize {
        let [first, middle, last] = self.bytes;
        let mixed =
            (first ^ middle.rotate_left(21) ^ last.rotate_left(43)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 57) as usize
    }
}

/// The end of the run that begins with `word`, if nothing around it is part of it, on the next line neither.
fn bounded(text: &[u8], word: &Range<usize>) -> Option<usize> {
    if word.len() > LONGEST {
        return None;
    }
    if word.start.checked_sub(1).and_then(|at| text.get(at)).is_some_and(|&byte| in_base64(byte)) {
        return None;
    }
    let rest = text.get(word.end..).unwrap_or_default();
    let more = rest.iter().take(LONGEST).take_while(|&&byte| in_base64(byte)).count();
    let end = word.end + more;
    let breaks = matches!(text.get(end), Some(b'\n' | b'\r'));
    (end - word.start <= LONGEST && !breaks).then_some(end)
}
