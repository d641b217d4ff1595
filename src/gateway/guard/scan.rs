//! The scan: every word of a part, and of every decoding of it, against what is watched for.
//!
//! One cheap pass finds anchors and the signs of encodings; the few places it finds get the exact
//! look. All work is charged against a bound that grows with the message, so that nested encodings
//! are refused before they cost more than the message is worth.

use std::ops::Range;

use super::beside::has_company;
use super::blob;
use super::detect::begins_account;
use super::digest::Digests;
use super::fold::Bytes;
use super::layer::{Layer, stretches};
use super::pattern::Patterns;
use super::peel::{Escapes, escape, parts_query, peel};
use super::permit::Ledger;
use super::sense::LONGEST_NUMBER;
use super::signs::{Signs, note};
use super::wide;
use super::window::{Match, PASSED_OVER, Window};
use super::word::{BLOCK, classes, hash};
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
    pub(super) sought: Sought<'a>,
    permits: Ledger<'a>,
    budget: usize,
    margin: usize,
    words: usize,
    longest: usize,
    pub(super) window: Window,
    pub(super) spare: Vec<u8>,
    pub(super) part: &'static str,
}

/// Work allowed for each byte of the message, in bytes scanned, and besides.
const WORK_A_BYTE: usize = 8;
const WORK_BESIDES: usize = 4 << 20;
/// What a layer costs however small it is.
const LAYER_COST: usize = 64;
/// How often a run is tried as something packed behind a slash.
const PACKED_TRIES: usize = 4;
/// A binary run shorter than this holds nothing worth a decoding.
const BINARY_RUN: usize = 24;

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

    /// The pass over every byte.
    fn pass(&mut self, layer: &Layer<'_>, signs: &mut Signs) -> Result<(), Leak> {
        let text = layer.text;
        let decode = layer.may_decode();
        // A word that goes on from the block before: where it starts, whether all of it is ASCII.
        let mut open = None;
        let mut high = false;
        for (base, chunk) in (0..).step_by(BLOCK).zip(text.chunks(BLOCK)) {
            let classes = classes(chunk);
            if classes.special {
                note(text, base, chunk, signs);
            }
            let before = classes.word << 1 | u64::from(open.is_some());
            let mut starts = classes.word & !before;
            let mut ends = before & !classes.word;
            let mut start = open.unwrap_or(base + starts.trailing_zeros() as usize);
            starts &= starts.wrapping_sub(u64::from(open.is_none()));
            if classes.high == 0 && !high {
                while ends != 0 {
                    self.word(layer, start, base + ends.trailing_zeros() as usize, decode, signs)?;
                    start = base + starts.trailing_zeros() as usize;
                    ends &= ends - 1;
                    starts &= starts.wrapping_sub(1);
                }
            } else {
                while ends != 0 {
                    let end = ends.trailing_zeros();
                    let upto = base + end as usize;
                    let inside = classes.high & !(u64::MAX << end);
                    if high || inside >> start.saturating_sub(base) != 0 {
                        self.folded_word(layer, start..upto)?;
                        high = false;
                    } else {
                        self.word(layer, start, upto, decode, signs)?;
                    }
                    start = base + starts.trailing_zeros() as usize;
                    ends &= ends - 1;
                    starts &= starts.wrapping_sub(1);
                }
            }
            open = (classes.word >> 63 != 0).then_some(start);
            if open.is_some() {
                high |= classes.high >> start.saturating_sub(base) != 0;
            }
        }
        match open {
            Some(start) if high => self.folded_word(layer, start..text.len()),
            Some(start) => self.word(layer, start, text.len(), decode, signs),
            None => Ok(()),
        }
    }

    /// A word of ASCII letters and digits.
    #[inline(always)]
    fn word(
        &mut self,
        layer: &Layer<'_>,
        start: usize,
        end: usize,
        decode: bool,
        signs: &mut Signs,
    ) -> Result<(), Leak> {
        let key = hash(layer.text, start, end);
        let [roster, exchange] = self.sought.patterns;
        if roster.may_anchor(key) | exchange.may_anchor(key) {
            self.anchor(layer, start..end, key)?;
        }
        let rest = layer.text.get(start..).unwrap_or_default();
        if decode && blob::may_end_digest(layer.text, start, end) {
            self.digests_ending(layer, end)?;
        }
        if rest.first().is_some_and(u8::is_ascii_digit) {
            if end - start <= LONGEST_NUMBER {
                self.number(layer, start..end)?;
            }
        } else if end - start >= 4 && begins_account(rest) {
            self.account(layer, start)?;
        }
        if end - start >= blob::SHORTEST && decode {
            let goes_on = layer.text.get(end).is_some_and(|&byte| blob::in_base64(byte));
            if blob::first(rest) != 0 || goes_on || end - start >= blob::LONG {
                self.blob(layer, start..end, goes_on, signs)?;
            }
        } else if decode
            && start >= signs.decoded
            && layer.text.get(end).is_some_and(|&byte| blob::in_base64(byte))
        {
            self.short_run(layer, start..end, signs)?;
        }
        Ok(())
    }

    /// The closer look at a word that may be an anchor.
    #[inline(never)]
    fn anchor(&mut self, layer: &Layer<'_>, span: Range<usize>, key: u64) -> Result<(), Leak> {
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
    fn folded_word(&mut self, layer: &Layer<'_>, span: Range<usize>) -> Result<(), Leak> {
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
        out.clear();
        let hex = (long || promise.hex) && blob::hex(bytes, &mut out);
        if hex {
            self.decoded(layer, word.clone(), &out)?;
        }
        // Sixteen characters of base64 that are all hexadecimal digits are no text.
        if promise.base64 || long && !hex {
            out.clear();
            blob::base64(bytes, &mut out);
            self.decoded(layer, word.clone(), &out)?;
        }
        // A mark before the word, or behind it: then it is one of a run.
        let follows = || {
            let before = word.start.checked_sub(1).and_then(|at| text.get(at));
            before.is_some_and(|&byte| blob::in_base64(byte))
        };
        let apart = !goes_on && !long && !promise.base64;
        if word.start >= signs.run_end && !apart && (!hex || goes_on || follows()) {
            let run = blob::run_start(text, word.start)..blob::run_end(text, word.end);
            signs.run_end = run.end;
            let body = text.get(run.clone()).unwrap_or_default();
            let uuid = blob::is_uuid(text, &run);
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
            if run != word && run.len() >= BINARY_RUN && !uuid {
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
        if blob::is_texty(bytes) {
            return self.layer(&Layer::decoded(bytes, Bytes::Text, layer, span));
        }
        if blob::is_worth_scanning(bytes) {
            return self.layer(&Layer::decoded(bytes, Bytes::Binary, layer, span));
        }
        Ok(())
    }

    /// Digests in base64 that end here.
    #[inline(never)]
    fn digests_ending(&self, layer: &Layer<'_>, end: usize) -> Result<(), Leak> {
        blob::digests_ending(layer.text, end).try_for_each(|digest| self.digest(digest))
    }

    fn digest(&self, beginning: [u8; 8]) -> Result<(), Leak> {
        if (self.sought.digests)().iter().any(|digests| digests.knows(beginning)) {
            let kind = LeakKind::Watched(WatchKind::Email);
            return Err(Leak { kind, part: self.part });
        }
        Ok(())
    }
}
