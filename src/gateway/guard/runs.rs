//! Words and runs that may be something encoded: what they decode to is scanned in turn.
//!
//! A run of base64 is cut into words by its own marks, or goes on into what stands behind it. What has been seen to
//! decode to nothing is not decoded again.

use std::ops::Range;

use super::fold::Bytes;
use super::hexes::{UUID, hex, is_uuid};
use super::layer::Layer;
use super::scan::Scan;
use super::signs::Signs;
use super::word::holds_four;
use super::{Leak, LeakKind, WatchKind, blob};

/// How much of a run with a short first word is decoded from there.
const SHORT_RUN: usize = 512;

/// How often a run is tried as something packed behind a slash.
const PACKED_TRIES: usize = 4;
/// A binary run shorter than this holds nothing worth a decoding.
const BINARY_RUN: usize = 11;

impl Scan<'_> {
    /// The closer look at a word that may begin something encoded, or a run of it.
    #[inline(never)]
    pub(super) fn encoded(
        &mut self,
        layer: &Layer<'_>,
        word: Range<usize>,
        goes_on: bool,
        signs: &mut Signs,
    ) -> Result<(), Leak> {
        if self.takes_shortcuts() {
            let (depth, weighed) = (layer.depth, self.permits().weighed());
            self.seen.settle(&mut signs.pending, word.start, depth, weighed);
            if goes_on && word.len() == 8 && is_uuid(layer.text, word.start) {
                signs.plain = word.start + UUID;
                return self.uuid(layer, word.start);
            }
            if let Some(end) = self.seen.knows(layer.text, &word, depth, weighed, &mut signs.pending) {
                signs.plain = end;
                return Ok(());
            }
        }
        if word.len() >= blob::SHORTEST {
            self.blob(layer, word, goes_on, signs)
        } else if word.start >= signs.decoded {
            self.short_run(layer, word, signs)
        } else {
            Ok(())
        }
    }

    /// A UUID: no base64 looks like one, but a group of it may be a word in hexadecimal.
    fn uuid(&mut self, layer: &Layer<'_>, start: usize) -> Result<(), Leak> {
        for group in [start..start + 8, start + 24..start + UUID] {
            let bytes = layer.text.get(group.clone()).unwrap_or_default();
            if blob::begins_hex(bytes) {
                let mut out = std::mem::take(&mut self.spare);
                self.word_alone(layer, &group, blob::Promise { base64: false, hex: true }, &mut out)?;
                self.spare = out;
            }
        }
        Ok(())
    }

    /// Scans what a word by itself decodes to. Whether it is hexadecimal.
    fn word_alone(
        &mut self,
        layer: &Layer<'_>,
        word: &Range<usize>,
        promise: blob::Promise,
        out: &mut Vec<u8>,
    ) -> Result<bool, Leak> {
        let bytes = layer.text.get(word.clone()).unwrap_or_default();
        let long = word.len() >= blob::LONG;
        out.clear();
        let is_hex = (long || promise.hex) && hex(bytes, out);
        if is_hex {
            self.decoded(layer, word.clone(), out)?;
        }
        // Sixteen characters of base64 that are all hexadecimal digits are no text.
        if promise.base64 || long && !is_hex {
            out.clear();
            blob::base64(bytes, out);
            self.decoded(layer, word.clone(), out)?;
        }
        Ok(is_hex)
    }

    /// Whether a word is the beginning of something encoded; if so, scans what it decodes to.
    #[inline(never)]
    fn blob(
        &mut self,
        layer: &Layer<'_>,
        word: Range<usize>,
        goes_on: bool,
        signs: &mut Signs,
    ) -> Result<(), Leak> {
        let text = layer.text;
        let bytes = text.get(word.clone()).unwrap_or_default();
        let promise = blob::promise(bytes);
        let long = word.len() >= blob::LONG;
        if !(promise.base64 || promise.hex || goes_on || long) {
            return Ok(());
        }
        if let Some(digest) = blob::digest_in_hex(bytes) {
            self.digest(digest)?;
        }
        let mut out = std::mem::take(&mut self.spare);
        let is_hex = self.word_alone(layer, &word, promise, &mut out)?;
        // A mark before the word, or behind it: then it is one of a run.
        let follows = || {
            let before = word.start.checked_sub(1).and_then(|at| text.get(at));
            before.is_some_and(|&byte| blob::in_base64(byte))
        };
        let apart = !goes_on && !long && !promise.base64;
        if word.start >= signs.run_end && !apart && (!is_hex || goes_on || follows()) {
            let run = blob::run_start(text, word.start)..blob::run_end(text, word.end);
            signs.run_end = run.end;
            let body = text.get(run.clone()).unwrap_or_default();
            // A few tries only: a long run of signs must not be decoded from each of them.
            for at in blob::packed_segments(body).take(PACKED_TRIES) {
                self.run(layer, run.start + at..run.end, &mut out)?;
            }
            // In a path the segments before are letters of base64 too.
            let before = text.get(run.start..word.start).unwrap_or_default();
            let segment = before.iter().rposition(|&byte| byte == b'/').map(|at| run.start + at + 1);
            if let Some(segment) = segment.filter(|segment| *segment < word.start) {
                self.run(layer, segment..run.end, &mut out)?;
            }
            if run != word && run.len() >= BINARY_RUN {
                self.run(layer, run.clone(), &mut out)?;
                if run.start == word.start {
                    signs.decoded = run.end;
                }
            }
        }
        if promise.base64 && signs.run_end > word.end && word.start >= signs.decoded {
            signs.decoded = signs.run_end;
            let whole = word.start..signs.run_end;
            self.segment(layer, &whole, &mut out)?;
            self.run(layer, whole, &mut out)?;
        }
        self.spare = out;
        Ok(())
    }

    /// Decodes a whole run of base64, over line breaks and marks.
    pub(super) fn run(
        &mut self,
        layer: &Layer<'_>,
        run: Range<usize>,
        out: &mut Vec<u8>,
    ) -> Result<(), Leak> {
        out.clear();
        blob::base64(layer.text.get(run.clone()).unwrap_or_default(), out);
        self.charge(run.len())?;
        self.decoded(layer, run, out)
    }

    /// Scans decoded bytes, if they can hold anything.
    fn decoded(&mut self, layer: &Layer<'_>, span: Range<usize>, bytes: &[u8]) -> Result<(), Leak> {
        let bytes_are = if blob::is_texty(bytes) {
            Bytes::Text
        } else if blob::is_worth_scanning(bytes) {
            Bytes::Binary
        } else {
            return Ok(());
        };
        self.layer(&Layer::decoded(bytes, bytes_are, layer, span.clone()))?;
        // What is no UTF-8 may be a letter of an older system, or a byte that only stands beside a word.
        if std::str::from_utf8(bytes).is_err() && holds_four(bytes) {
            let apart: Vec<u8> =
                bytes.iter().map(|byte| if byte.is_ascii() { *byte } else { b' ' }).collect();
            return self.layer(&Layer::decoded(&apart, Bytes::Text, layer, span));
        }
        Ok(())
    }

    /// Digests in base64 that end here.
    #[inline(never)]
    pub(super) fn digests_ending(&self, layer: &Layer<'_>, end: usize) -> Result<(), Leak> {
        blob::digests_ending(layer.text, end).try_for_each(|digest| self.digest(digest))
    }

    fn digest(&self, beginning: [u8; 8]) -> Result<(), Leak> {
        if (self.sought.digests)().iter().any(|digests| digests.knows(beginning)) {
            let kind = LeakKind::Watched(WatchKind::Email);
            return Err(Leak { kind, part: self.part });
        }
        Ok(())
    }

    /// A run of base64 whose first word is so short that a mark must have cut it: `Qm/CoE1vbA==`.
    #[inline(never)]
    pub(super) fn short_run(
        &mut self,
        layer: &Layer<'_>,
        word: Range<usize>,
        signs: &mut Signs,
    ) -> Result<(), Leak> {
        let rest = layer.text.get(word.start..).unwrap_or_default();
        let rest = rest.get(..SHORT_RUN).unwrap_or(rest);
        if blob::first(rest.first().copied().unwrap_or_default()) & 1 == 0 || !blob::quad_may_begin(rest) {
            return Ok(());
        }
        let run = rest.get(..blob::run_end(rest, word.len())).unwrap_or_default();
        if run.len() < blob::SHORTEST || !blob::promise(run).base64 {
            return Ok(());
        }
        let mut out = std::mem::take(&mut self.spare);
        let run = word.start..word.start + run.len();
        signs.decoded = signs.decoded.max(word.end + 1);
        self.segment(layer, &run, &mut out)?;
        self.run(layer, run, &mut out)?;
        self.spare = out;
        Ok(())
    }

    /// Of a run that goes on behind a slash, as a path does, what stands before it.
    pub(super) fn segment(
        &mut self,
        layer: &Layer<'_>,
        run: &Range<usize>,
        out: &mut Vec<u8>,
    ) -> Result<(), Leak> {
        let bytes = layer.text.get(run.clone()).unwrap_or_default();
        match memchr::memrchr(b'/', bytes) {
            Some(len) if len >= blob::SHORTEST => self.run(layer, run.start..run.start + len, out),
            _ => Ok(()),
        }
    }
}
