//! Senses: the scanner's use of the detectors, on the bytes of one layer.

use std::ops::Range;

use super::detect::{Detected, account, address, is_typed};
use super::fold::Bytes;
use super::layer::Layer;
use super::number::{self, Number};
use super::scan::Scan;
use super::{Leak, LeakKind};

/// A longer run of digits is no number that a detector knows.
pub(super) const LONGEST_NUMBER: usize = 14;
/// How far the number goes on that a folded word is part of, in bytes.
const AROUND: usize = 32;

impl Scan<'_> {
    /// A word of digits, or the first group of a number.
    #[inline(never)]
    pub(super) fn number(&mut self, layer: &Layer<'_>, word: Range<usize>) -> Result<(), Leak> {
        if layer.bytes == Bytes::Binary {
            return Ok(());
        }
        let (patterns, part) = (self.sought.patterns, self.part);
        let permits = self.permits();
        number::read(layer.text, word, patterns, &mut |span: Range<usize>, number| {
            let origin = layer.origin(span);
            match number {
                Number::Found(kind) => permits.weigh(origin, kind, true),
                Number::Typed(name) => {
                    permits.note(name, origin);
                    Ok(())
                }
            }
            .map_err(|kind| Leak { kind, part })
        })
    }

    /// A word that begins as a bank account does.
    #[inline(never)]
    pub(super) fn account(&mut self, layer: &Layer<'_>, start: usize) -> Result<(), Leak> {
        match account(layer.text, start) {
            Some(span) if layer.bytes == Bytes::Text => self.detected(layer, span, Detected::Iban),
            _ => Ok(()),
        }
    }

    /// Every e-mail address of a layer.
    pub(super) fn addresses(&mut self, layer: &Layer<'_>) -> Result<(), Leak> {
        if layer.bytes == Bytes::Binary {
            return Ok(());
        }
        for at in memchr::memchr_iter(b'@', layer.text) {
            let Some(span) = address(layer.text, at) else { continue };
            if is_typed(layer.text, &span) {
                let origin = layer.origin(span);
                self.permits().note("typed-email", origin);
            } else {
                self.detected(layer, span, Detected::Email)?;
            }
        }
        Ok(())
    }

    fn detected(&mut self, layer: &Layer<'_>, span: Range<usize>, what: Detected) -> Result<(), Leak> {
        let origin = layer.origin(span);
        let part = self.part;
        self.permits().weigh(origin, LeakKind::Detected(what), false).map_err(|kind| Leak { kind, part })
    }

    /// A number with digits or marks beyond ASCII in it: read again as it folds.
    pub(super) fn folded_number(&mut self, layer: &Layer<'_>, span: &Range<usize>) -> Result<(), Leak> {
        if !layer.may_decode() {
            return Ok(());
        }
        let around = span.start.saturating_sub(AROUND)..layer.text.len().min(span.end + AROUND);
        self.window.fold(layer.text, around.clone(), layer.bytes);
        let mut text = Vec::with_capacity(around.len());
        self.window.spaced(&mut text);
        self.layer(&Layer::decoded(&text, Bytes::Text, layer, around))
    }
}
