//! The guard: the second, independent barrier on every message that leaves.
//!
//! It scans the final bytes (target, headers, body) and every decoding of them to depth 3 for what it
//! knows of the school's pupils. It does not trust the masker: it reads no profile, calls no `find`,
//! and imports nothing of `rewrite`, `profile` or `vault`. Only here can a `Cleared` be made.

mod beside;
mod blob;
mod dates;
mod detect;
mod digest;
mod entity;
mod facts;
mod filter;
mod fold;
mod hexes;
mod layer;
mod lookalike;
mod names;
mod naming;
mod noted;
mod number;
mod pairing;
mod pass;
mod pattern;
mod peel;
mod permit;
mod phone;
mod phrase;
mod rarity;
mod reading;
mod runs;
mod scan;
mod seen;
mod sense;
mod signs;
mod spelling;
mod watch;
mod wide;
mod window;
mod word;

#[cfg(test)]
mod tests;

pub use detect::Detected;
pub use noted::Suspects;
pub use permit::{Part, Permit, PermitKind};
pub(super) use reading::{Unit, fold, unescape};
pub use watch::{Watch, WatchKind, Watched, Watchlist};

use self::permit::Ledger;
use self::scan::{Scan, Sought};
use super::message::{Head, Message};

/// A message that the guard passed. Only [`clear`] makes one.
#[derive(Debug)]
pub struct Cleared {
    message: Message,
    permits_used: usize,
    noted: Vec<(&'static str, u64)>,
}

impl Cleared {
    /// The message, for the connection that writes it.
    pub fn into_message(self) -> Message {
        self.message
    }

    /// The same without the first `before` bytes of its body: of a segment, looked at behind those before it.
    pub(super) fn behind(mut self, before: usize) -> Self {
        let body = &mut self.message.body;
        *body = body.slice(before.min(body.len())..);
        self
    }

    /// The message, to digest it for the journal before it moves.
    pub const fn message(&self) -> &Message {
        &self.message
    }

    /// How many permits covered a watched value that really stood there.
    pub const fn permits_used(&self) -> usize {
        self.permits_used
    }

    /// What was found and let go, by stable names in ascending order: suspects (`suspect-full-name`, `bsn`) where the
    /// route reports them, and numbers of its form in typed places (`typed-bsn`).
    pub fn noted(&self) -> &[(&'static str, u64)] {
        &self.noted
    }
}

/// What the guard found, without the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{} found in the {part}", kind.name())]
pub struct Leak {
    /// What was found.
    pub kind: LeakKind,
    /// Where: `target`, `header` or `body`.
    pub part: &'static str,
}

/// Why a message does not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeakKind {
    /// A watched value of this kind stands outside its permits.
    Watched(WatchKind),
    /// Something that may be a form of a watched value, and may be something else.
    Suspected(WatchKind),
    /// Something that has the form of personal data, whoever's it is.
    Detected(Detected),
    /// The message asks for more decoding than the bounds allow: it cannot be said to be clean.
    Bound,
}

impl LeakKind {
    /// Whether it blocks whatever a route says.
    pub const fn is_certain(self) -> bool {
        match self {
            Self::Watched(_) | Self::Bound => true,
            Self::Suspected(_) => false,
            Self::Detected(what) => what.is_certain(),
        }
    }

    /// The stable name that refusals and metrics use: the kind of value, or `unscannable`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Watched(kind) => kind.name(),
            Self::Suspected(kind) => kind.suspect_name(),
            Self::Detected(what) => what.name(),
            Self::Bound => "unscannable",
        }
    }
}

/// Passes a message that holds nothing watched outside its permits, suspects included.
///
/// # Errors
/// A [`Leak`] with the first thing found, or `unscannable` when nested encodings exceed the bounds.
pub fn clear(
    watchlist: &Watchlist,
    watch: &Watch,
    permits: &[Permit],
    message: Message,
) -> Result<Cleared, Leak> {
    clear_under(Suspects::Block, watchlist, watch, permits, message)
}

/// The same, with `suspects` done to what may also be something else. What is certain blocks always.
///
/// # Errors
/// As [`clear`].
pub fn clear_under(
    suspects: Suspects,
    watchlist: &Watchlist,
    watch: &Watch,
    permits: &[Permit],
    message: Message,
) -> Result<Cleared, Leak> {
    if watchlist.patterns().is_full() || watch.patterns().is_full() {
        return Err(Leak { kind: LeakKind::Bound, part: "body" });
    }
    let headers = message.head.headers();
    let sizes = headers.iter().map(|(name, value)| name.as_str().len() + value.len());
    let size = message.body.len() + sizes.sum::<usize>();
    let digests = || [watchlist.digests(), watch.digests()];
    let sought = Sought { patterns: [watchlist.patterns(), watch.patterns()], digests: &digests };
    let mut scan = Scan::new(sought, Ledger::new(permits, suspects), size);
    if let Head::Request { method, target, .. } = &message.head {
        // A method of one's own making could carry a name.
        scan.part("target", method.as_str().as_bytes())?;
        scan.permits().turn_to(Some(Part::Target));
        scan.part("target", target.as_bytes())?;
    }
    for name in headers.keys() {
        scan.permits().turn_to(None);
        scan.part("header", name.as_str().as_bytes())?;
        scan.permits().turn_to(Some(Part::Header(name.clone())));
        for value in headers.get_all(name) {
            scan.part("header", value.as_bytes())?;
            // A permit's span is one of the first value.
            scan.permits().turn_to(None);
        }
    }
    scan.permits().turn_to(Some(Part::Body));
    scan.part("body", &message.body)?;
    let permits_used = scan.permits().used();
    let noted = scan.permits().take_noted().into_counts();
    Ok(Cleared { message, permits_used, noted })
}
