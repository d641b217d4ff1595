//! What a record of the vault's log says, in clear: the entries of one scope, or a notice about the vault
//! itself. One record holds all that one call made, so that a segment costs one seal and one sync.
//!
//! It must not know sealing, files or the index; numbers of types are final, new ones are added at the end.

use super::barrier::{Key, Table};
use super::codec::{Fields, Reader};
use super::log::Head;
use super::tombstone::Stones;

/// Which part of a name a label stands in for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The given name.
    Given,
    /// The family name.
    Family,
    /// Both, given name first.
    Full,
}

/// One fact of a scope. Borrowed, so that identifiers are not copied on their way in or out.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Entry<'a> {
    /// An identifier has a pseudonym.
    Mapping {
        kind: &'a str,
        shape: &'a str,
        /// 0, or what a tombstone raised it to: names the person whatever the shape.
        base: u32,
        /// `base`, or more when a short shape collided.
        generation: u32,
        salt: [u8; 16],
        spelling: &'a str,
    },
    /// A person has a stand-in for his name.
    Label { person: [u8; 16], attempt: u32, given: &'a str, family: &'a str },
    /// Behind a stand-in in one field stands this value.
    Original { person: [u8; 16], slot: &'a str, part: Part, stand_in: &'a str, original: &'a str },
    /// The publisher made this thing itself.
    Thing { kind: &'a str, text: &'a str },
    /// The publisher made this name for a person, who has this identifier.
    Alias {
        kind: &'a str,
        text: &'a str,
        person: [u8; 16],
        salt: [u8; 16],
        of_kind: &'a str,
        of_spelling: &'a str,
    },
}

/// A notice about the vault itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Notice {
    /// The first record. Milliseconds since the Unix epoch.
    Begun { at: u64 },
    /// The key file was replaced; an older one is refused from now on.
    Keys { version: u64 },
    /// What came after this record was lost: the vault was recovered without `missing` records.
    Recovered { at: u64, missing: u64 },
    /// Pupils were forgotten: what stands before of whom has one of these tombstones is erased, and these rows
    /// hold nothing any more.
    Forgotten { at: u64, stones: Stones, rows: Vec<GoneRow> },
    /// This log was written anew without the records of the forgotten, from one that stood at `old`. `sealed`
    /// is how often keys sealed for it and for those before.
    Rewritten { at: u64, old: Head, sealed: u64 },
}

/// A row of somebody who was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct GoneRow {
    /// The number of its scope.
    pub(crate) scope: u32,
    /// What it was about.
    pub(crate) table: Table,
    /// Where it stood.
    pub(crate) key: Key,
    /// It says of a stand-in or short pseudonym that the publisher has seen it: it stays while the epoch is open.
    pub(crate) stays: bool,
}

impl Part {
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Given => 1,
            Self::Family => 2,
            Self::Full => 3,
        }
    }

    pub(crate) fn of(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Given),
            2 => Some(Self::Family),
            3 => Some(Self::Full),
            _ => None,
        }
    }
}

impl<'a> Entry<'a> {
    pub(crate) fn write(&self, to: &mut Fields) {
        match self {
            Self::Mapping { kind, shape, base, generation, salt, spelling } => {
                to.u8(1).text(kind).text(shape).u32(*base).u32(*generation).raw(salt).text(spelling)
            }
            Self::Label { person, attempt, given, family } => {
                to.u8(2).raw(person).u32(*attempt).text(given).text(family)
            }
            Self::Original { person, slot, part, stand_in, original } => {
                to.u8(3).raw(person).text(slot).u8(part.number()).text(stand_in).text(original)
            }
            Self::Thing { kind, text } => to.u8(4).text(kind).text(text),
            Self::Alias { kind, text, person, salt, of_kind, of_spelling } => {
                to.u8(5).text(kind).text(text).raw(person).raw(salt).text(of_kind).text(of_spelling)
            }
        };
    }

    fn read(from: &mut Reader<'a>) -> Option<Self> {
        Some(match from.u8()? {
            1 => Self::Mapping {
                kind: from.text()?,
                shape: from.text()?,
                base: from.u32()?,
                generation: from.u32()?,
                salt: from.array()?,
                spelling: from.text()?,
            },
            2 => Self::Label {
                person: from.array()?,
                attempt: from.u32()?,
                given: from.text()?,
                family: from.text()?,
            },
            3 => Self::Original {
                person: from.array()?,
                slot: from.text()?,
                part: Part::of(from.u8()?)?,
                stand_in: from.text()?,
                original: from.text()?,
            },
            4 => Self::Thing { kind: from.text()?, text: from.text()? },
            5 => Self::Alias {
                kind: from.text()?,
                text: from.text()?,
                person: from.array()?,
                salt: from.array()?,
                of_kind: from.text()?,
                of_spelling: from.text()?,
            },
            _ => return None,
        })
    }

    /// All entries of a record, or `None` when one of them makes no sense.
    pub(crate) fn read_all(bytes: &'a [u8]) -> Option<Vec<Self>> {
        let mut reader = Reader::new(bytes);
        let mut entries = Vec::new();
        while !reader.is_empty() {
            entries.push(Self::read(&mut reader)?);
        }
        Some(entries)
    }
}

impl GoneRow {
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let (scope, table, stays) = (from.u32()?, Table::of(from.u8()?)?, from.u8()? != 0);
        Some(Self { scope, table, stays, key: Key::kept(from.array()?) })
    }
}

impl Notice {
    pub(crate) fn to_fields(&self) -> Fields {
        let mut fields = Fields::default();
        match self {
            Self::Begun { at } => fields.u8(1).u64(*at),
            Self::Keys { version } => fields.u8(2).u64(*version),
            Self::Recovered { at, missing } => fields.u8(3).u64(*at).u64(*missing),
            Self::Forgotten { at, stones, rows } => {
                fields.u8(4).u64(*at).u32(count(stones.len()));
                for (code, next) in stones {
                    fields.raw(code).u32(*next);
                }
                fields.u32(count(rows.len()));
                for row in rows {
                    fields.u32(row.scope).u8(row.table.number()).u8(u8::from(row.stays));
                    fields.raw(row.key.as_bytes());
                }
                &mut fields
            }
            Self::Rewritten { at, old, sealed } => fields.u8(5).u64(*at).raw(&old.to_bytes()).u64(*sealed),
        };
        fields
    }

    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let notice = match reader.u8()? {
            1 => Self::Begun { at: reader.u64()? },
            2 => Self::Keys { version: reader.u64()? },
            3 => Self::Recovered { at: reader.u64()?, missing: reader.u64()? },
            4 => {
                let (at, mut stones, mut rows) = (reader.u64()?, Stones::new(), Vec::new());
                for _ in 0..reader.u32()? {
                    stones.insert(reader.array()?, reader.u32()?);
                }
                for _ in 0..reader.u32()? {
                    rows.push(GoneRow::read(&mut reader)?);
                }
                Self::Forgotten { at, stones, rows }
            }
            5 => Self::Rewritten {
                at: reader.u64()?,
                old: Head::from_bytes(&reader.array()?)?,
                sealed: reader.u64()?,
            },
            _ => return None,
        };
        reader.end()?;
        Some(notice)
    }
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}
