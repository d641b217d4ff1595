//! Permits: the places in the final bytes where one watched value is allowed to stand.
//!
//! A permit is made by `leave`, from the publisher's configuration (`eck-id = "keep"`), from what Sluis itself wrote, or from
//! what the publisher itself said; never by a profile. It covers its own span and no other occurrence of the value, and the journal counts it.

use http::HeaderName;
use std::ops::Range;

use super::noted::{Noted, Suspects};
use super::{LeakKind, WatchKind};

/// A part of the message whose bytes a span is measured in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Path and query of a request.
    Target,
    /// The first value of the header with this name.
    Header(HeaderName),
    /// The body.
    Body,
}

/// Why a watched value may stand where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermitKind {
    /// An identifier that the school lets this publisher keep (`eck-id = "keep"`). Covers identifiers.
    KeptIdentifier,
    /// The place of a pseudonym that Sluis itself wrote: by chance its digits can be another pupil's
    /// number. Covers matches that consist of digits only, so that a name never slips through it.
    Pseudonym,
    /// The name of a thing that this publisher made and named: its own word. Covers everything.
    Minted,
    /// A whole segment or a whole value of an address that repeats the publisher's own question: judged, it would answer a
    /// guess. Covers everything.
    Echo,
}

/// One place where one kind of value is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    /// In which part of the message.
    pub part: Part,
    /// The bytes of that part, as they leave. A match must lie wholly inside.
    pub span: Range<usize>,
    /// What is allowed there.
    pub kind: PermitKind,
}

impl PermitKind {
    /// Whether a match of `kind` is covered; `digits_only` says that the match holds no letter.
    pub(super) fn covers(self, kind: WatchKind, digits_only: bool) -> bool {
        match self {
            Self::KeptIdentifier => kind == WatchKind::Identifier,
            Self::Pseudonym => digits_only,
            Self::Minted | Self::Echo => true,
        }
    }
}

/// The permits of one message, which of them were needed, and what was found and let go.
pub(super) struct Ledger<'a> {
    permits: &'a [Permit],
    used: Vec<bool>,
    part: Option<Part>,
    suspects: Suspects,
    noted: Noted,
    weighed: usize,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(permits: &'a [Permit], suspects: Suspects) -> Self {
        Self {
            permits,
            used: vec![false; permits.len()],
            part: None,
            suspects,
            noted: Noted::default(),
            weighed: 0,
        }
    }

    /// What a watched value at `span` means for the message: nothing under a permit, a note where suspects are only
    /// reported, and else the end.
    pub(super) fn weigh(&mut self, span: Range<usize>, kind: LeakKind, digits: bool) -> Result<(), LeakKind> {
        self.weighed += 1;
        let covered = match kind {
            LeakKind::Watched(watched) | LeakKind::Suspected(watched) => self.covers(&span, watched, digits),
            // A detector knows nobody: whoever was allowed to write here wrote this.
            LeakKind::Detected(_) => self.permitted(&span, |_| true),
            LeakKind::Bound => false,
        };
        match kind {
            _ if covered => Ok(()),
            _ if self.suspects == Suspects::Report && !kind.is_certain() => {
                self.noted.add(kind.name(), span);
                Ok(())
            }
            _ => Err(kind),
        }
    }

    /// Counts something that is never a reason to refuse.
    pub(super) fn note(&mut self, name: &'static str, span: Range<usize>) {
        self.weighed += 1;
        if !self.permitted(&span, |_| true) {
            self.noted.add(name, span);
        }
    }

    /// How much was weighed and noted so far, whatever came of it.
    pub(super) const fn weighed(&self) -> usize {
        self.weighed
    }

    /// What was counted.
    pub(super) fn take_noted(&mut self) -> Noted {
        std::mem::take(&mut self.noted)
    }

    /// From now on spans are of this part; `None` for bytes that no permit can cover.
    pub(super) fn turn_to(&mut self, part: Option<Part>) {
        self.part = part;
    }

    /// Whether a permit covers this match; notes that it did.
    fn covers(&mut self, span: &Range<usize>, kind: WatchKind, digits_only: bool) -> bool {
        self.permitted(span, |permit| permit.covers(kind, digits_only))
    }

    fn permitted(&mut self, span: &Range<usize>, covers: impl Fn(PermitKind) -> bool) -> bool {
        let found = self.permits.iter().zip(&mut self.used).find(|(permit, _)| {
            Some(&permit.part) == self.part.as_ref()
                && permit.span.start <= span.start
                && permit.span.end >= span.end
                && covers(permit.kind)
        });
        found.is_some_and(|(_, used)| {
            *used = true;
            true
        })
    }

    /// How many permits were needed.
    pub(super) fn used(&self) -> usize {
        self.used.iter().filter(|used| **used).count()
    }
}
