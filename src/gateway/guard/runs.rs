//! Runs of base64 that are cut into words by their own marks, or go on into what stands behind them.

use std::ops::Range;

use super::layer::Layer;
use super::scan::Scan;
use super::signs::Signs;
use super::{Leak, blob};

/// How much of a run with a short first word is decoded from there.
const SHORT_RUN: usize = 512;

impl Scan<'_> {
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
        if blob::first(rest) & 1 == 0 || !blob::quad_may_begin(rest) {
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
