//! Layers: the bytes of a part, what one decoding makes of them, and what the next makes of that.
//!
//! A layer remembers where it came from, so that a match deep inside can be held against a permit's
//! span in the bytes that leave. It decodes nothing itself.

use std::ops::Range;

use super::fold::Bytes;

/// Decodings above the bytes that leave.
pub(super) const DEPTH: u8 = 3;

/// Text to scan.
pub(super) struct Layer<'a> {
    /// The bytes.
    pub(super) text: &'a [u8],
    /// How many decodings made them.
    pub(super) depth: u8,
    /// How bytes that are not UTF-8 are read.
    pub(super) bytes: Bytes,
    unpacked: bool,
    source: Source<'a>,
}

enum Source<'a> {
    /// The bytes that leave.
    Part,
    /// All of it comes from this span of the layer below.
    Whole(&'a Layer<'a>, Range<usize>),
    /// It comes from the layer below, escape by escape.
    Steps(&'a Layer<'a>, &'a [Step]),
}

/// From here on, decoded and source bytes run in step until the next one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// Offset in the decoded bytes.
    pub(super) decoded: usize,
    /// Offset in the layer below.
    pub(super) source: usize,
}

impl<'a> Layer<'a> {
    /// The bytes of a part, as they leave.
    pub(super) const fn part(text: &'a [u8]) -> Self {
        Self { text, depth: 0, bytes: Bytes::Text, unpacked: false, source: Source::Part }
    }

    /// What a decoder made of the bytes at `span` of `below`.
    pub(super) const fn decoded(
        text: &'a [u8],
        bytes: Bytes,
        below: &'a Layer<'a>,
        span: Range<usize>,
    ) -> Self {
        Self { text, depth: below.depth + 1, bytes, unpacked: false, source: Source::Whole(below, span) }
    }

    /// What was packed in `below`. Packed bytes in base64 count as one decoding, packed bytes in
    /// packed bytes as two.
    pub(super) fn unpacked(text: &'a [u8], bytes: Bytes, below: &'a Layer<'a>) -> Self {
        let depth = below.depth + u8::from(below.unpacked || below.depth == 0);
        let span = 0..below.text.len();
        Self { text, depth, bytes, unpacked: true, source: Source::Whole(below, span) }
    }

    /// What is left when the escapes in a stretch of `below` are undone.
    pub(super) const fn peeled(text: &'a [u8], below: &'a Layer<'a>, steps: &'a [Step]) -> Self {
        Self {
            text,
            depth: below.depth + 1,
            bytes: below.bytes,
            unpacked: false,
            source: Source::Steps(below, steps),
        }
    }

    /// Whether another decoding is within the bounds.
    pub(super) const fn may_decode(&self) -> bool {
        self.depth < DEPTH
    }

    /// Whether unpacking is within the bounds.
    pub(super) const fn may_unpack(&self) -> bool {
        self.may_decode() || !self.unpacked
    }

    /// The bytes that leave from which `span` was made.
    pub(super) fn origin(&self, span: Range<usize>) -> Range<usize> {
        match &self.source {
            Source::Part => span,
            Source::Whole(below, whole) => below.origin(whole.clone()),
            Source::Steps(below, steps) => {
                let first = steps.partition_point(|step| step.decoded <= span.start);
                let start = steps
                    .get(first.saturating_sub(1))
                    .map_or(0, |step| step.source + span.start.saturating_sub(step.decoded));
                let next = steps.partition_point(|step| step.decoded < span.end);
                let end = match (steps.get(next), steps.get(next.saturating_sub(1))) {
                    (Some(step), _) if step.decoded == span.end => step.source,
                    (_, Some(step)) => step.source + span.end.saturating_sub(step.decoded),
                    (_, None) => span.end,
                };
                below.origin(start..end.max(start))
            }
        }
    }
}

/// Stretches of `text` around `escapes` (ascending offsets), wide enough that a phrase with one of
/// them in it lies inside whole. They do not overlap, so decoding them all is linear.
pub(super) fn stretches(text: &[u8], escapes: &[usize], margin: usize) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for &escape in escapes {
        let end = escape.saturating_add(margin).min(text.len());
        let start = escape.saturating_sub(margin);
        if let Some(last) = found.last_mut() {
            if start <= last.end {
                last.end = last.end.max(end);
                continue;
            }
            last.end = run_end(text, last.end);
            if start <= last.end {
                last.end = last.end.max(end);
                continue;
            }
        }
        let floor = found.last().map_or(0, |last| last.end);
        let before = text.get(floor..start).unwrap_or_default();
        let start = floor + before.iter().rposition(|&byte| !in_run(byte)).map_or(0, |at| at + 1);
        found.push(start..end);
    }
    if let Some(last) = found.last_mut() {
        last.end = run_end(text, last.end);
    }
    found
}

fn run_end(text: &[u8], from: usize) -> usize {
    let after = text.get(from..).unwrap_or_default();
    from + after.iter().position(|&byte| !in_run(byte)).unwrap_or(after.len())
}

/// What must not be cut in two: words, escapes, and runs of base64, whose alignment counts.
const fn in_run(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || byte >= 0x80
        || matches!(byte, b'+' | b'/' | b'=' | b'_' | b'-' | b'%' | b'\\' | b'&' | b';' | b'#' | b'.')
}
