//! Which rows an entry of the log makes, and what a row says. Masking and rebuilding both come here, so that
//! an index built again is the index that was.
//!
//! It must not know the log, the index or when a row is wanted.

use super::barrier::{Barrier, Key, Sealed, Table};
use super::codec::{Fields, Reader};
use super::log::Unsealable;
use super::record::{Entry, GoneRow, Part};
use super::scopes::OpenScope;
use crate::derive::{Core, Shape};
use crate::identity::{Identifier, Kind, Pseudonym, canonical};

/// Why an entry of the log makes no rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoRows {
    /// It names a kind or a shape that this program does not know.
    Unknown,
    /// The key of its scope may seal nothing more.
    Unsealable,
}

/// What stands in a forward row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Forward {
    pub(crate) base: u32,
    pub(crate) generation: u32,
    pub(crate) salt: [u8; 16],
}

/// What stands in a reverse row.
pub(crate) struct Reverse<'a> {
    pub(crate) kind: &'a str,
    pub(crate) shape: &'a str,
    pub(crate) forward: Forward,
    pub(crate) spelling: &'a str,
}

impl Forward {
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut from = Reader::new(bytes);
        let forward = Self { base: from.u32()?, generation: from.u32()?, salt: from.array()? };
        from.end()?;
        Some(forward)
    }

    fn write(&self, to: &mut Fields) {
        to.u32(self.base).u32(self.generation).raw(&self.salt);
    }
}

impl<'a> Reverse<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut from = Reader::new(bytes);
        let (kind, shape) = (from.text()?, from.text()?);
        let forward = Forward { base: from.u32()?, generation: from.u32()?, salt: from.array()? };
        let spelling = from.text()?;
        from.end()?;
        Some(Self { kind, shape, forward, spelling })
    }
}

/// The key of the forward row of an identifier.
pub(crate) fn forward_key(
    barrier: &Barrier,
    open: &OpenScope,
    kind: Kind,
    shape: &str,
    canonical: &str,
) -> Key {
    let number = open.sealer.number.to_be_bytes();
    barrier.key(Table::Forward, [&number, kind.as_str().as_bytes(), shape.as_bytes(), canonical.as_bytes()])
}

/// The key of the reverse row of a pseudonym, in whichever epoch it was made. Capitals do not count.
pub(crate) fn reverse_key(barrier: &Barrier, school: &str, publisher: &str, text: &str) -> Key {
    let text = text.to_lowercase();
    barrier.key(Table::Reverse, [school.as_bytes(), publisher.as_bytes(), text.as_bytes()])
}

/// The key of a person's label in a scope.
pub(crate) fn label_key(barrier: &Barrier, open: &OpenScope, person: &[u8; 16]) -> Key {
    barrier.key(Table::Label, [&open.sealer.number.to_be_bytes(), person])
}

/// The key of the row that says that a publisher has seen this stand-in. Capitals do not count.
pub(crate) fn taken_key(barrier: &Barrier, open: &OpenScope, given: &str, family: &str) -> Key {
    let (school, publisher) = (open.scope.school.as_str(), open.scope.publisher.as_str());
    let name = format!("{given} {family}").to_lowercase();
    barrier.key(Table::Taken, [school.as_bytes(), publisher.as_bytes(), name.as_bytes()])
}

/// The key of the value behind a stand-in in one field. Capitals do not count.
pub(crate) fn original_key(
    barrier: &Barrier,
    (school, publisher): (&str, &str),
    person: &[u8; 16],
    slot: &str,
    stand_in: &str,
) -> Key {
    let text = stand_in.to_lowercase();
    let parts = [school.as_bytes(), publisher.as_bytes(), person, slot.as_bytes(), text.as_bytes()];
    barrier.key(Table::Original, parts)
}

/// The key of something that a publisher made: a thing, or a name for a person.
pub(crate) fn minted_key(
    barrier: &Barrier,
    table: Table,
    (school, publisher): (&str, &str),
    kind: Kind,
    text: &str,
) -> Key {
    let canonical = canonical(kind, text);
    let parts = [school.as_bytes(), publisher.as_bytes(), kind.as_str().as_bytes(), canonical.as_bytes()];
    barrier.key(table, parts)
}

/// The pseudonym of an identifier in one generation.
pub(crate) fn pseudonym(
    open: &OpenScope,
    identifier: &Identifier,
    shape: &Shape,
    generation: u32,
) -> Pseudonym {
    open.key.pseudonym(shape, identifier, generation).0
}

/// The 16 bytes that name a person in a scope, whatever the shape.
pub(crate) fn person(open: &OpenScope, identifier: &Identifier, base: u32) -> Core {
    open.key.core(identifier, base)
}

/// The rows of an entry.
pub(crate) fn rows_of(
    barrier: &Barrier,
    open: &OpenScope,
    entry: &Entry<'_>,
) -> Result<Vec<(Key, Sealed)>, NoRows> {
    let whose = (open.scope.school.as_str(), open.scope.publisher.as_str());
    let mut rows = Vec::with_capacity(2);
    let mut row = |table, key: Key, plain: &Fields| -> Result<(), NoRows> {
        let sealed =
            barrier.seal(table, &open.sealer, &key, plain).map_err(|Unsealable| NoRows::Unsealable)?;
        rows.push((key, sealed));
        Ok(())
    };
    let mut plain = Fields::with_room(128);
    match entry {
        Entry::Mapping { kind, shape, base, generation, salt, spelling } => {
            let identifier = Identifier::new(known_kind(kind)?, spelling);
            let parsed = shape_of(shape).ok_or(NoRows::Unknown)?;
            let forward = Forward { base: *base, generation: *generation, salt: *salt };
            forward.write(&mut plain);
            let key = forward_key(barrier, open, identifier.kind(), shape, identifier.expose());
            row(Table::Forward, key, &plain)?;
            let mut plain = Fields::with_room(64 + spelling.len() + shape.len());
            plain.text(kind).text(shape);
            forward.write(&mut plain);
            plain.text(spelling);
            let text = pseudonym(open, &identifier, &parsed, *generation);
            row(Table::Reverse, reverse_key(barrier, whose.0, whose.1, text.as_str()), &plain)?;
        }
        Entry::Label { person, attempt, given, family } => {
            plain.u32(*attempt).text(given).text(family);
            row(Table::Label, label_key(barrier, open, person), &plain)?;
            let mut plain = Fields::default();
            plain.raw(person);
            row(Table::Taken, taken_key(barrier, open, given, family), &plain)?;
        }
        Entry::Original { person, slot, part, stand_in, original } => {
            plain.u8(part.number()).text(original);
            row(Table::Original, original_key(barrier, whose, person, slot, stand_in), &plain)?;
        }
        Entry::Thing { kind, text } => {
            row(Table::Thing, minted_key(barrier, Table::Thing, whose, known_kind(kind)?, text), &plain)?;
        }
        Entry::Alias { kind, text, person, salt, of_kind, of_spelling } => {
            plain.raw(person).raw(salt).text(of_kind).text(of_spelling);
            row(Table::Alias, minted_key(barrier, Table::Alias, whose, known_kind(kind)?, text), &plain)?;
        }
    }
    Ok(rows)
}

/// The rows that an entry made, to be emptied. Forms that the publisher must not see of anybody else stay as such.
pub(crate) fn gone_rows(
    barrier: &Barrier,
    open: &OpenScope,
    entry: &Entry<'_>,
) -> Result<Vec<GoneRow>, NoRows> {
    let whose = (open.scope.school.as_str(), open.scope.publisher.as_str());
    let row = |table, key, stays| GoneRow { scope: open.sealer.number, table, key, stays };
    Ok(match entry {
        Entry::Mapping { kind, shape, generation, spelling, .. } => {
            let identifier = Identifier::new(known_kind(kind)?, spelling);
            let parsed = shape_of(shape).ok_or(NoRows::Unknown)?;
            let forward = forward_key(barrier, open, identifier.kind(), shape, identifier.expose());
            let text = pseudonym(open, &identifier, &parsed, *generation);
            let reverse = reverse_key(barrier, whose.0, whose.1, text.as_str());
            vec![row(Table::Forward, forward, false), row(Table::Reverse, reverse, parsed.is_short())]
        }
        Entry::Label { person, given, family, .. } => vec![
            row(Table::Label, label_key(barrier, open, person), false),
            row(Table::Taken, taken_key(barrier, open, given, family), true),
        ],
        Entry::Original { person, slot, stand_in, .. } => {
            vec![row(Table::Original, original_key(barrier, whose, person, slot, stand_in), false)]
        }
        Entry::Thing { .. } => Vec::new(),
        Entry::Alias { kind, text, .. } => {
            vec![row(Table::Alias, minted_key(barrier, Table::Alias, whose, known_kind(kind)?, text), false)]
        }
    })
}

/// What a label row says: attempt, given name, family name.
pub(crate) fn read_label(bytes: &[u8]) -> Option<(u32, &str, &str)> {
    let mut from = Reader::new(bytes);
    let label = (from.u32()?, from.text()?, from.text()?);
    from.end()?;
    Some(label)
}

/// What an original row says.
pub(crate) fn read_original(bytes: &[u8]) -> Option<(Part, &str)> {
    let mut from = Reader::new(bytes);
    let original = (Part::of(from.u8()?)?, from.text()?);
    from.end()?;
    Some(original)
}

/// What an alias row says: person, salt, and the person's identifier.
pub(crate) fn read_alias(bytes: &[u8]) -> Option<([u8; 16], [u8; 16], Identifier)> {
    let mut from = Reader::new(bytes);
    let (person, salt) = (from.array()?, from.array()?);
    let identifier = Identifier::new(Kind::named(from.text()?).ok()?, from.text()?);
    from.end()?;
    Some((person, salt, identifier))
}

/// A shape that was kept. Fewer digits than a configuration may ask for are read too.
pub(crate) fn shape_of(text: &str) -> Option<Shape> {
    let digits = || text.strip_prefix("digits:")?.parse().ok().filter(|count| (1..=18).contains(count));
    Shape::parse(text).ok().or_else(|| digits().map(Shape::Digits))
}

fn known_kind(name: &str) -> Result<Kind, NoRows> {
    Kind::named(name).map_err(|_| NoRows::Unknown)
}
