//! The scan: every word of a part, and of every decoding of it, against what is watched for.
//!
//! One cheap pass finds anchors and the signs of encodings; the few places it finds get the exact
//! look. All work is charged against a bound that grows with the message, so that nested encodings
//! are refused before they cost more than the message is worth.

use std::ops::Range;

use super::blob;
use super::digest::{Digests, LENGTHS};
use super::fold::Bytes;
use super::layer::{Layer, stretches};
use super::pattern::Patterns;
use super::peel::{Escapes, escape, parts_query, peel};
use super::permit::Ledger;
use super::window::{Match, Window};
use super::word::{BLOCK, Classes, classify, hash, hash_pair, is_particle, is_word};
use super::{Leak, LeakKind, WatchKind};

/// What is watched for: the roster's and the exchange's.
pub(super) struct Sought<'a> {
    /// Phrases.
    pub(super) patterns: [&'a Patterns; 2],
    /// Hashed addresses, made when the first candidate is met.
    pub(super) digests: &'a dyn Fn() -> [&'a Digests; 2],
}

/// One message's scan.
pub(super) struct Scan<'a> {
    sought: Sought<'a>,
    permits: Ledger<'a>,
    budget: usize,
    margin: usize,
    words: usize,
    longest: usize,
    window: Window,
    spare: Vec<u8>,
    part: &'static str,
}

/// What a pass over one layer met.
#[derive(Default)]
struct Signs {
    escapes: Vec<usize>,
    quoted: Vec<usize>,
    /// Escapes before this offset are noted.
    noted: usize,
    nul: bool,
    /// A base64 run up to here was decoded as text, or as bytes.
    decoded: usize,
}

/// Work allowed for each byte of the message, in bytes scanned, and besides.
const WORK_A_BYTE: usize = 8;
const WORK_BESIDES: usize = 4 << 20;
/// What a layer costs however small it is.
const LAYER_COST: usize = 64;
/// A binary run shorter than this holds nothing worth a decoding.
const BINARY_RUN: usize = 24;

impl<'a> Scan<'a> {
    /// A scan of a message of `size` bytes.
    pub(super) fn new(sought: Sought<'a>, permits: Ledger<'a>, size: usize) -> Self {
        let most = |of: fn(&Patterns) -> usize| sought.patterns.iter().map(|set| of(set)).max();
        let longest = most(Patterns::longest).unwrap_or_default();
        let words = most(Patterns::most_words).unwrap_or_default();
        Self {
            permits,
            budget: size.saturating_mul(WORK_A_BYTE).saturating_add(WORK_BESIDES),
            margin: longest * 2 + 64,
            words,
            longest,
            window: Window::default(),
            spare: Vec::new(),
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

    fn charge(&mut self, work: usize) -> Result<(), Leak> {
        self.budget = self.budget.checked_sub(work).ok_or(Leak { kind: LeakKind::Bound, part: self.part })?;
        Ok(())
    }

    fn layer(&mut self, layer: &Layer<'_>) -> Result<(), Leak> {
        self.charge(layer.text.len() + LAYER_COST)?;
        let mut signs = Signs::default();
        self.pass(layer, &mut signs)?;
        if layer.may_unpack() && blob::is_packed(layer.text) {
            let unpacked = blob::unpack(layer.text, self.budget);
            let unpacked = unpacked.ok_or(Leak { kind: LeakKind::Bound, part: self.part })?;
            let bytes = if blob::is_texty(&unpacked) { Bytes::Text } else { Bytes::Binary };
            self.layer(&Layer::unpacked(&unpacked, bytes, layer))?;
        }
        if !layer.may_decode() {
            return Ok(());
        }
        if signs.nul || layer.text.starts_with(&[0xFF, 0xFE]) || layer.text.starts_with(&[0xFE, 0xFF]) {
            for reading in blob::wide_readings(layer.text) {
                for strict in [true, false] {
                    let text = blob::wide(layer.text, reading, strict);
                    self.layer(&Layer::decoded(&text, Bytes::Text, layer, 0..layer.text.len()))?;
                }
            }
        }
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

    /// The pass over every byte.
    fn pass(&mut self, layer: &Layer<'_>, signs: &mut Signs) -> Result<(), Leak> {
        let text = layer.text;
        let mut inside = false;
        let mut high = false;
        let mut start = 0;
        let mut base = 0;
        for chunk in text.chunks(BLOCK) {
            let classes = classes(chunk);
            if classes.special {
                note(text, base, chunk, signs);
            }
            let before = u64::from(inside);
            let mut edges = classes.word ^ (classes.word << 1 | before);
            let mut from = 0;
            while edges != 0 {
                let at = edges.trailing_zeros();
                edges &= edges - 1;
                if inside {
                    let upto = base + at as usize;
                    let seen = classes.high >> from & !(u64::MAX << (at - from));
                    if high || seen != 0 {
                        self.folded_word(layer, start..upto)?;
                    } else {
                        self.word(layer, start, upto, signs)?;
                    }
                } else {
                    start = base + at as usize;
                }
                high = false;
                from = at;
                inside = !inside;
            }
            if inside {
                high |= classes.high >> from != 0;
            }
            base += BLOCK;
        }
        if inside {
            if high {
                return self.folded_word(layer, start..text.len());
            }
            self.word(layer, start, text.len(), signs)?;
        }
        Ok(())
    }

    /// A word of ASCII letters and digits.
    #[inline]
    fn word(&mut self, layer: &Layer<'_>, start: usize, end: usize, signs: &mut Signs) -> Result<(), Leak> {
        let key = hash(layer.text, start, end);
        let [roster, exchange] = self.sought.patterns;
        if roster.may_anchor(key) | exchange.may_anchor(key) {
            self.anchor(layer, start..end, key)?;
        }
        if end - start >= blob::SHORTEST && layer.may_decode() {
            self.blob(layer, start..end, signs)?;
        }
        Ok(())
    }

    /// The closer look at a word that may be an anchor.
    fn anchor(&mut self, layer: &Layer<'_>, span: Range<usize>, key: u64) -> Result<(), Leak> {
        if span.len() > self.longest + 1 {
            return Ok(());
        }
        for patterns in self.sought.patterns {
            if patterns.may_anchor(key)
                && patterns.anchors(key)
                && has_company(layer.text, &span, key, patterns)
            {
                let read = self.window.open(layer.text, &span, self.words, layer.bytes);
                self.charge(read)?;
                self.judge(layer, &span, patterns)?;
            }
        }
        Ok(())
    }

    /// A run with bytes that are not ASCII: words only once it is folded.
    fn folded_word(&mut self, layer: &Layer<'_>, span: Range<usize>) -> Result<(), Leak> {
        self.window.fold(layer.text, span.clone(), layer.bytes);
        let sets = self.sought.patterns;
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
        window.matches(patterns, span, &mut |found: Match<'_>| {
            let origin = layer.origin(found.span);
            let digits = found.phrase.words.iter().all(|byte| matches!(byte, b'0'..=b'9' | b' '));
            if permits.covers(&origin, found.phrase.kind, digits) {
                return Ok(());
            }
            Err(Leak { kind: LeakKind::Watched(found.phrase.kind), part })
        })
    }

    /// Whether a word is the beginning of something encoded; if so, scans what it decodes to.
    #[inline]
    fn blob(&mut self, layer: &Layer<'_>, word: Range<usize>, signs: &mut Signs) -> Result<(), Leak> {
        let text = layer.text;
        let base64 = blob::begins_base64(text, word.start);
        let hex = word.len() >= 8 && word.len().is_multiple_of(2) && blob::begins_hex(text, word.start);
        let goes_on = text.get(word.end).is_some_and(|&byte| blob::in_base64(byte));
        if base64 || hex || goes_on || word.len() >= blob::LONG {
            self.encoded(layer, word, base64, signs)?;
        }
        Ok(())
    }

    fn encoded(
        &mut self,
        layer: &Layer<'_>,
        word: Range<usize>,
        likely: bool,
        signs: &mut Signs,
    ) -> Result<(), Leak> {
        let text = layer.text;
        let bytes = text.get(word.clone()).unwrap_or_default();
        if let Some(digest) = blob::digest_in_hex(bytes, &LENGTHS) {
            self.digest(digest)?;
        }
        let mut out = std::mem::take(&mut self.spare);
        out.clear();
        if bytes.len() >= 8 && blob::hex(bytes, &mut out) {
            self.decoded(layer, word.clone(), &out)?;
        }
        if likely || word.len() >= blob::LONG {
            out.clear();
            blob::base64(bytes, &mut out);
            self.decoded(layer, word.clone(), &out)?;
        }
        if word.start >= signs.decoded {
            let end = blob::run_end(text, word.end);
            if likely && end > word.end {
                self.run(layer, word.start..end, signs, &mut out)?;
            }
            if let Some(start) = blob::run_start(text, word.start) {
                let run = start..end;
                let body = text.get(run.clone()).unwrap_or_default();
                for digest in blob::digests_in_base64(body, &LENGTHS) {
                    self.digest(digest)?;
                }
                let done = run == word || likely && start == word.start;
                if !done && run.len() >= BINARY_RUN && !blob::is_uuid(text, &run) {
                    self.run(layer, run, signs, &mut out)?;
                }
            }
        }
        self.spare = out;
        Ok(())
    }

    /// Decodes a whole run of base64, over line breaks and marks.
    fn run(
        &mut self,
        layer: &Layer<'_>,
        run: Range<usize>,
        signs: &mut Signs,
        out: &mut Vec<u8>,
    ) -> Result<(), Leak> {
        out.clear();
        blob::base64(layer.text.get(run.clone()).unwrap_or_default(), out);
        self.charge(run.len())?;
        signs.decoded = run.end;
        self.decoded(layer, run, out)
    }

    /// Scans decoded bytes, if they can hold anything.
    fn decoded(&mut self, layer: &Layer<'_>, span: Range<usize>, bytes: &[u8]) -> Result<(), Leak> {
        if blob::is_texty(bytes) {
            return self.layer(&Layer::decoded(bytes, Bytes::Text, layer, span));
        }
        if blob::is_worth_scanning(bytes) {
            return self.layer(&Layer::decoded(bytes, Bytes::Binary, layer, span));
        }
        Ok(())
    }

    fn digest(&self, beginning: [u8; 8]) -> Result<(), Leak> {
        if (self.sought.digests)().iter().any(|digests| digests.knows(beginning)) {
            let kind = LeakKind::Watched(WatchKind::Email);
            return Err(Leak { kind, part: self.part });
        }
        Ok(())
    }
}

#[inline]
fn classes(chunk: &[u8]) -> Classes {
    if let Some(block) = chunk.first_chunk::<BLOCK>() {
        return classify(block);
    }
    let mut block = [b' '; BLOCK];
    for (to, from) in block.iter_mut().zip(chunk) {
        *to = *from;
    }
    classify(&block)
}

/// Notes the escapes that begin in a block.
#[cold]
fn note(text: &[u8], base: usize, chunk: &[u8], signs: &mut Signs) {
    for (offset, byte) in chunk.iter().enumerate() {
        let at = base + offset;
        match byte {
            b'\\' | b'%' | b'&' if at >= signs.noted => {
                if let Some(escape) = escape(text, at, Escapes::Signs) {
                    signs.noted = at + escape.len;
                    // An escaped quote parts words as it stands.
                    if text.get(at + 1) != Some(&b'"') {
                        signs.escapes.push(at);
                    }
                }
            }
            b'=' if escape(text, at, Escapes::Quoted).is_some() => signs.quoted.push(at),
            0 => signs.nul = true,
            _ => {}
        }
    }
}

/// Whether phrases stand under the word alone, or under it and a neighbour: a look at the bytes
/// beside it, without folding. In doubt, yes.
fn has_company(text: &[u8], span: &Range<usize>, key: u64, patterns: &Patterns) -> bool {
    if patterns.under(key).next().is_some() {
        return true;
    }
    let before = neighbours(text, span.start, false);
    let after = neighbours(text, span.end, true);
    let (Some(before), Some(after)) = (before, after) else {
        return true;
    };
    let known = |pair: u64| patterns.under(pair).next().is_some();
    before.into_iter().flatten().any(|left| known(hash_pair(left, key)))
        || after.into_iter().flatten().any(|right| known(hash_pair(key, right)))
}

/// How far the quick look goes, in bytes, before it leaves the question to the exact one.
const QUICK: usize = 96;

/// The next word and the next significant word in one direction. `None`: there are bytes that only
/// folding can read, or it is too far to say.
fn neighbours(text: &[u8], from: usize, forward: bool) -> Option<[Option<u64>; 2]> {
    let mut found = [None; 2];
    let mut at = from;
    let step = |at: usize| if forward { text.get(at) } else { text.get(at.checked_sub(1)?) };
    let next = |at: usize| if forward { at + 1 } else { at - 1 };
    loop {
        while step(at).is_some_and(|&byte| !is_word(byte)) {
            at = next(at);
            if at.abs_diff(from) > QUICK {
                return None;
            }
        }
        if step(at).is_none() {
            return Some(found);
        }
        let edge = at;
        while let Some(&byte) = step(at).filter(|&&byte| is_word(byte)) {
            if byte >= 0x80 || at.abs_diff(from) > QUICK {
                return None;
            }
            at = next(at);
        }
        let (start, end) = if forward { (edge, at) } else { (at, edge) };
        let word = hash(text, start, end);
        found = [found.first().copied().flatten().or(Some(word)), Some(word)];
        let mut folded = [0_u8; 8];
        let spelled = text.get(start..end).unwrap_or_default();
        for (to, from) in folded.iter_mut().zip(spelled) {
            *to = from.to_ascii_lowercase();
        }
        let particle = spelled.len() <= 8 && is_particle(folded.get(..spelled.len()).unwrap_or_default());
        if !particle {
            return Some(found);
        }
        found = [found.first().copied().flatten(), None];
    }
}
