//! The scan: every word of a part, and of every decoding of it, against what is watched for.
//!
//! One cheap pass finds anchors and the signs of encodings; the few places it finds get the exact
//! look. All work is charged against a bound that grows with the message, so that nested encodings
//! are refused before they cost more than the message is worth.

use std::ops::Range;

use super::beside::has_company;
use super::blob;
use super::digest::Digests;
use super::fold::Bytes;
use super::layer::{Layer, stretches};
use super::pattern::Patterns;
use super::peel::{Escapes, escape, parts_query, peel};
use super::permit::Ledger;
use super::seen::Seen;
use super::signs::Signs;
use super::wide;
use super::window::{Match, PASSED_OVER, Window};
use super::{Leak, LeakKind};

/// What is watched for: the roster's and the exchange's.
pub(super) struct Sought<'a> {
    /// Phrases.
    pub(super) patterns: [&'a Patterns; 2],
    /// Hashed addresses, made when the first candidate is met.
    pub(super) digests: &'a dyn Fn() -> [&'a Digests; 2],
}

/// One message's scan.
pub(super) struct Scan<'a> {
    pub(super) sought: Sought<'a>,
    permits: Ledger<'a>,
    budget: usize,
    margin: usize,
    words: usize,
    longest: usize,
    pub(super) window: Window,
    pub(super) spare: Vec<u8>,
    pub(super) seen: Seen,
    pub(super) part: &'static str,
}

/// Work allowed for each byte of the message, in bytes scanned, and besides.
const WORK_A_BYTE: usize = 8;
const WORK_BESIDES: usize = 4 << 20;
/// What a layer costs however small it is.
const LAYER_COST: usize = 64;
impl<'a> Scan<'a> {
    /// A scan of a message of `size` bytes.
    pub(super) fn new(sought: Sought<'a>, permits: Ledger<'a>, size: usize) -> Self {
        let most = |of: fn(&Patterns) -> usize| sought.patterns.iter().map(|set| of(set)).max();
        let longest = most(Patterns::longest).unwrap_or_default();
        let words = most(Patterns::most_words).unwrap_or_default() + PASSED_OVER;
        Self {
            permits,
            budget: size.saturating_mul(WORK_A_BYTE).saturating_add(WORK_BESIDES),
            margin: longest * 2 + 64,
            words,
            longest,
            window: Window::default(),
            spare: Vec::new(),
            seen: Seen::default(),
            part: "body",
            sought,
        }
    }

    /// Scans one part. `part` is its name in a refusal.
    pub(super) fn part(&mut self, part: &'static str, text: &[u8]) -> Result<(), Leak> {
        self.part = part;
        self.layer(&Layer::part(text))
    }

    /// The permits, for the part that is scanned next and for the count at the end.
    pub(super) const fn permits(&mut self) -> &mut Ledger<'a> {
        &mut self.permits
    }

    /// Whether what is known to come to nothing is passed over. A test may say no, to compare.
    #[inline]
    pub(super) fn takes_shortcuts(&self) -> bool {
        #[cfg(test)]
        return !super::tests::SLOWLY.get();
        #[cfg(not(test))]
        true
    }

    pub(super) fn charge(&mut self, work: usize) -> Result<(), Leak> {
        self.budget = self.budget.checked_sub(work).ok_or(Leak { kind: LeakKind::Bound, part: self.part })?;
        Ok(())
    }

    pub(super) fn layer(&mut self, layer: &Layer<'_>) -> Result<(), Leak> {
        self.charge(layer.text.len() + LAYER_COST)?;
        let mut signs = Signs::default();
        self.pass(layer, &mut signs)?;
        self.addresses(layer)?;
        if layer.may_unpack() && blob::is_packed(layer.text) {
            let unpacked = blob::unpack(layer.text, self.budget);
            let unpacked = unpacked.ok_or(Leak { kind: LeakKind::Bound, part: self.part })?;
            let bytes = if blob::is_texty(&unpacked) { Bytes::Text } else { Bytes::Binary };
            self.layer(&Layer::unpacked(&unpacked, bytes, layer))?;
        }
        if !layer.may_decode() {
            return Ok(());
        }
        let dense = layer.bytes == Bytes::Binary && wide::dense(layer.text) != [false; 2];
        if dense
            || signs.nul
            || layer.text.starts_with(&[0xFF, 0xFE])
            || layer.text.starts_with(&[0xFE, 0xFF])
        {
            for reading in wide::readings(layer.text) {
                for strict in [true, false] {
                    let text = wide::decode(layer.text, reading, strict);
                    self.layer(&Layer::decoded(&text, Bytes::Text, layer, 0..layer.text.len()))?;
                }
            }
        }
        let tags: Vec<usize> = memchr::memchr_iter(b'<', layer.text)
            .filter(|at| escape(layer.text, *at, Escapes::Tags).is_some())
            .collect();
        self.peel(layer, &tags, Escapes::Tags, Escapes::TagsApart, &|_, _| true)?;
        self.peel(layer, &signs.escapes, Escapes::Signs, Escapes::Form, &|text, stretch| {
            text.get(stretch).is_some_and(|bytes| bytes.contains(&b'+'))
        })?;
        self.peel(layer, &signs.quoted, Escapes::Quoted, Escapes::QuotedValue, &|text, stretch| {
            let first = signs.quoted.partition_point(|at| *at < stretch.start);
            let inside = signs.quoted.get(first..).unwrap_or_default().iter();
            inside.take_while(|at| **at < stretch.end).any(|at| parts_query(text, *at))
        })
    }

    /// Undoes the escapes noted at `at`, and once more in the second way where `twice` says so.
    fn peel(
        &mut self,
        layer: &Layer<'_>,
        at: &[usize],
        first: Escapes,
        second: Escapes,
        twice: &dyn Fn(&[u8], Range<usize>) -> bool,
    ) -> Result<(), Leak> {
        let mut text = Vec::new();
        let mut steps = Vec::new();
        for stretch in stretches(layer.text, at, self.margin) {
            let again = twice(layer.text, stretch.clone()).then_some(second);
            for escapes in [Some(first), again].into_iter().flatten() {
                text.clear();
                steps.clear();
                peel(layer.text, stretch.clone(), escapes, &mut text, &mut steps);
                self.layer(&Layer::peeled(&text, layer, &steps))?;
            }
        }
        Ok(())
    }

    /// The closer look at a word that may be an anchor.
    #[inline(never)]
    pub(super) fn anchor(&mut self, layer: &Layer<'_>, span: Range<usize>, key: u64) -> Result<(), Leak> {
        if span.len() > self.longest + 1 {
            return Ok(());
        }
        for patterns in self.sought.patterns {
            if patterns.may_anchor(key) && has_company(layer.text, &span, key, patterns) {
                let read = self.window.open(layer.text, &span, self.words, layer.bytes);
                self.charge(read)?;
                self.judge(layer, &span, patterns)?;
            }
        }
        Ok(())
    }

    /// A run with bytes that are not ASCII: words only once it is folded.
    pub(super) fn folded_word(&mut self, layer: &Layer<'_>, span: Range<usize>) -> Result<(), Leak> {
        if layer.bytes == Bytes::Binary && !blob::holds_characters(layer.text, &span) {
            return Ok(());
        }
        self.window.fold(layer.text, span.clone(), layer.bytes);
        let sets = self.sought.patterns;
        if self.window.holds_number() {
            self.folded_number(layer, &span)?;
            self.window.fold(layer.text, span.clone(), layer.bytes);
        }
        if !sets.iter().any(|patterns| self.window.may_anchor(patterns)) {
            return Ok(());
        }
        let read = self.window.open(layer.text, &span, self.words, layer.bytes);
        self.charge(read)?;
        for patterns in sets {
            self.judge(layer, &span, patterns)?;
        }
        Ok(())
    }

    /// Holds what the window shows against the permits.
    fn judge(&mut self, layer: &Layer<'_>, span: &Range<usize>, patterns: &Patterns) -> Result<(), Leak> {
        let Self { window, permits, part, .. } = self;
        window.matches(patterns, span, &mut |found: Match| {
            let kind = if found.suspect { LeakKind::Suspected } else { LeakKind::Watched }(found.kind);
            let origin = layer.origin(found.span);
            permits.weigh(origin, kind, found.digits).map_err(|kind| Leak { kind, part })
        })
    }
}
