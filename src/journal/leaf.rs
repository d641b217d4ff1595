//! A leaf: one event, as canonical bytes that never change. `docs/JOURNAL.md` lists them byte by byte.
//!
//! It must not know files, trees or keys, and has no field for a body, a name, a number or a
//! pseudonym: text fields take short printable text of Sluis's own configuration, nothing else.

use super::LeafError;
use super::wire::{Reading, Writing};
use crate::identity::Scope;

/// The version of the format: the first byte of every leaf.
pub const LEAF_VERSION: u8 = 1;
/// The longest leaf, in bytes: an entry bundle gives it 16 bits (C2SP tlog-tiles).
pub const MAX_LEAF: usize = 65_535;
/// The most pupils that one leaf may commit to. An exchange with more writes `continued` leaves.
pub const MAX_PUPILS: usize = 30_000;

/// What happened. Codes are never reused; a verifier accepts codes that it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Event(pub u16);

macro_rules! events {
    ($($code:literal $constant:ident $name:literal $meaning:literal;)*) => {
        impl Event {
            $(#[doc = $meaning] pub const $constant: Self = Self($code);)*

            /// The event's name; `unknown` for a code of a later version.
            pub fn name(self) -> &'static str {
                match self.0 {
                    $($code => $name,)*
                    _ => "unknown",
                }
            }
        }
    };
}

// One list instead of three that could drift apart.
events! {
    1 STARTED "started" "The process began to serve.";
    2 STOPPED "stopped" "The process ended in good order.";
    3 LEFT "exchange-left" "A message left towards the publisher.";
    4 ENTERED "exchange-entered" "A message entered towards the school.";
    5 REFUSED "refused" "A message was not forwarded.";
    6 OPENED "opened" "A streamed message is about to cross.";
    7 CLOSED "closed" "A streamed message has crossed, whole or broken.";
    8 CONTINUED "continued" "More pupils of the exchange of an earlier leaf.";
    9 CONFIGURATION "configuration" "Another configuration is in force.";
    10 KEYS "keys" "A key was made, rotated or closed.";
    11 ROSTER "roster" "The roster changed.";
    12 RECOVERED "recovered" "State was recovered from an older copy.";
    13 VAULT_ANCHOR "vault-anchor" "The head of the vault's log, by itself.";
    14 VAULT_REWRITTEN "vault-rewritten" "The vault's log was rewritten to erase.";
    15 FORGOTTEN "forgotten" "A pupil was forgotten.";
    16 SHOWN "shown" "A pupil's data was shown or exported to the pupil.";
    17 REIDENTIFIED "reidentified" "A pseudonym was turned back by hand.";
    18 CANARY "canary" "A canary was sent through a route.";
    19 WAIVED "waived" "The school waived a protection by name.";
    20 BACKUP "backup" "A backup or a recovery kit was made.";
    21 NEEDLE_KEY "needle-key" "A month's needle key was made or handed over.";
    22 CLOCK "clock" "The clock was wrong before, and an administrator says that it is right now.";
    23 NEEDLE "needle" "Filters of the text that left were kept, for looking up a name afterwards.";
}

/// Where an exchange stands: school, publisher, epoch.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct LeafScope {
    /// The school's id.
    pub school: String,
    /// The publisher's id.
    pub publisher: String,
    /// The epoch's name.
    pub epoch: String,
}

impl From<&Scope> for LeafScope {
    fn from(scope: &Scope) -> Self {
        Self {
            school: scope.school.to_string(),
            publisher: scope.publisher.to_string(),
            epoch: scope.epoch.to_string(),
        }
    }
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Decision {
    /// Nothing was to be decided.
    #[default]
    None,
    /// The message was let through.
    Passed,
    /// The message was refused, for this stable code (`[a-z0-9-]`).
    Refused(String),
}

/// The head of the vault's log when the event happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VaultHead {
    /// Sequence of the newest record.
    pub sequence: u64,
    /// The chain value after it.
    pub chain: [u8; 32],
}

/// What the leaf commits to about pupils.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pupils {
    /// How many commitments, 1 to [`MAX_PUPILS`].
    pub count: u32,
    /// Root of the RFC 6962 tree over the commitments, sorted ascending.
    pub root: [u8; 32],
}

/// A value of a further detail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// A number: a count, a status, a place.
    Number(u64),
    /// A SHA-256 digest or a chain value.
    Digest([u8; 32]),
    /// Short printable text of Sluis's own, at most 255 bytes.
    Text(String),
}

/// One event. Lists are kept in ascending order of their key, without doubles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Leaf {
    /// Place in the journal, from 0. [`super::Journal::append`] sets it.
    pub sequence: u64,
    /// Milliseconds since the Unix epoch, UTC.
    pub time_ms: u64,
    /// What happened.
    pub event: Event,
    /// The exchange's random id.
    pub exchange: Option<[u8; 16]>,
    /// School, publisher and epoch.
    pub scope: Option<LeafScope>,
    /// The route's template, never the path as received. Empty when there is none.
    pub route: String,
    /// What was decided.
    pub decision: Decision,
    /// Findings per rule: the rule's text, how many.
    pub rules: Vec<(String, u64)>,
    /// Guard permits used: kind, how many.
    pub permits: Vec<(String, u64)>,
    /// SHA-256 of the profile.
    pub profile: Option<[u8; 32]>,
    /// SHA-256 of the configuration in force.
    pub configuration: Option<[u8; 32]>,
    /// SHA-256 of the running binary.
    pub binary: Option<[u8; 32]>,
    /// Keys in use: purpose, id.
    pub keys: Vec<(String, u32)>,
    /// Head of the vault's log.
    pub vault: Option<VaultHead>,
    /// Who acted: a caller's or administrator's configured name, never a pupil. Empty when nobody did.
    pub actor: String,
    /// SHA-256 of the bytes that left.
    pub left: Option<[u8; 32]>,
    /// Commitment to the pupils concerned. [`super::Journal::append`] sets it.
    pub pupils: Option<Pupils>,
    /// Commitment to the needle filter of the text that left.
    pub needle: Option<[u8; 32]>,
    /// Further details of the event, by name (`[a-z0-9-]`).
    pub details: Vec<(String, Detail)>,
}

impl Default for Event {
    fn default() -> Self {
        Self::STARTED
    }
}

impl Leaf {
    /// An event at a time; everything else is empty.
    pub fn new(event: Event, time_ms: u64) -> Self {
        Self { event, time_ms, ..Self::default() }
    }

    /// The canonical bytes.
    ///
    /// Errors: a text with control characters or too long, a code or name outside `[a-z0-9-]`, a list
    /// out of order, a count of 0, a whole beyond [`MAX_LEAF`].
    pub fn encode(&self) -> Result<Vec<u8>, LeafError> {
        let mut out = Writing::new();
        out.u8(LEAF_VERSION);
        out.u64(self.sequence);
        out.u64(self.time_ms);
        out.u16(self.event.0);
        out.optional(self.exchange.as_ref().map(<[u8; 16]>::as_slice));
        match &self.scope {
            None => out.u8(0),
            Some(scope) => {
                out.u8(1);
                for part in [&scope.school, &scope.publisher, &scope.epoch] {
                    out.short_text(part)?;
                }
            }
        }
        out.long_text(&self.route)?;
        match &self.decision {
            Decision::None => out.u8(0),
            Decision::Passed => out.u8(1),
            Decision::Refused(code) => {
                out.u8(2);
                out.token(code)?;
            }
        }
        out.counts(&self.rules, Writing::long_text)?;
        out.counts(&self.permits, Writing::token)?;
        for digest in [&self.profile, &self.configuration, &self.binary] {
            out.optional(digest.as_ref().map(<[u8; 32]>::as_slice));
        }
        out.list_len(&self.keys)?;
        for (purpose, id) in &self.keys {
            out.token(purpose)?;
            out.u32(*id);
        }
        match &self.vault {
            None => out.u8(0),
            Some(head) => {
                out.u8(1);
                out.u64(head.sequence);
                out.raw(&head.chain);
            }
        }
        out.short_text(&self.actor)?;
        out.optional(self.left.as_ref().map(<[u8; 32]>::as_slice));
        match &self.pupils {
            None => out.u32(0),
            Some(pupils) => {
                check_pupils(pupils.count)?;
                out.u32(pupils.count);
                out.raw(&pupils.root);
            }
        }
        out.optional(self.needle.as_ref().map(<[u8; 32]>::as_slice));
        encode_details(&self.details, &mut out)?;
        out.finish()
    }

    /// Reads canonical bytes back: whatever this accepts, [`Leaf::encode`] gives the same bytes for.
    ///
    /// Errors: another version, bytes missing or left over, anything that `encode` would not write.
    pub fn decode(bytes: &[u8]) -> Result<Self, LeafError> {
        let mut from = Reading::new(bytes)?;
        let version = from.u8()?;
        if version != LEAF_VERSION {
            return Err(LeafError::Version(version));
        }
        let leaf = Self {
            sequence: from.u64()?,
            time_ms: from.u64()?,
            event: Event(from.u16()?),
            exchange: from.optional()?,
            scope: from.present(|from| {
                let school = from.short_text()?;
                Ok(LeafScope { school, publisher: from.short_text()?, epoch: from.short_text()? })
            })?,
            route: from.long_text()?,
            decision: match from.u8()? {
                0 => Decision::None,
                1 => Decision::Passed,
                2 => Decision::Refused(from.token()?),
                _ => return Err(LeafError::Malformed("decision")),
            },
            rules: from.counts(Reading::long_text)?,
            permits: from.counts(Reading::token)?,
            profile: from.optional()?,
            configuration: from.optional()?,
            binary: from.optional()?,
            keys: from.list(|from| Ok((from.token()?, from.u32()?)))?,
            vault: from.present(|from| Ok(VaultHead { sequence: from.u64()?, chain: from.array()? }))?,
            actor: from.short_text()?,
            left: from.optional()?,
            pupils: match from.u32()? {
                0 => None,
                count => {
                    check_pupils(count)?;
                    Some(Pupils { count, root: from.array()? })
                }
            },
            needle: from.optional()?,
            details: from.list(decode_detail)?,
        };
        from.finish()?;
        Ok(leaf)
    }
}

/// Writes a sequence into encoded bytes: the journal knows it only when the leaf's turn comes.
pub(super) fn place(leaf: &mut [u8], sequence: u64) {
    if let Some(field) = leaf.get_mut(1..9) {
        field.copy_from_slice(&sequence.to_be_bytes());
    }
}

fn check_pupils(count: u32) -> Result<(), LeafError> {
    if (1..=MAX_PUPILS).contains(&(count as usize)) { Ok(()) } else { Err(LeafError::TooMany("pupils")) }
}

fn encode_details(details: &[(String, Detail)], out: &mut Writing) -> Result<(), LeafError> {
    out.list_len(details)?;
    for (name, detail) in details {
        out.token(name)?;
        match detail {
            Detail::Number(number) => {
                out.u8(0);
                out.u64(*number);
            }
            Detail::Digest(digest) => {
                out.u8(1);
                out.raw(digest);
            }
            Detail::Text(text) => {
                out.u8(2);
                out.short_text(text)?;
            }
        }
    }
    Ok(())
}

fn decode_detail(from: &mut Reading<'_>) -> Result<(String, Detail), LeafError> {
    let name = from.token()?;
    let detail = match from.u8()? {
        0 => Detail::Number(from.u64()?),
        1 => Detail::Digest(from.array()?),
        2 => Detail::Text(from.short_text()?),
        _ => return Err(LeafError::Malformed("detail")),
    };
    Ok((name, detail))
}
