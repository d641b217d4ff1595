//! What a file brings: a whole roster, or changes to one. Readers hand pupils over here, one at a time.
//!
//! All or nothing: whatever is wrong, the roster that serves is untouched. It must not know formats.

use super::held::{Clash, Roster};
use super::pupil::{Pupil, Told};
use super::{ImportProgress, RosterError};
use crate::clock::Timestamp;
use crate::identity::{Identifier, Kind};

/// Takes pupils from a reader.
pub(super) struct Taking<'a> {
    roster: Roster,
    /// Row or line of each pupil, in order.
    rows: Vec<u32>,
    says: Vec<Says>,
    gone: Vec<Identifier>,
    delta: bool,
    left_out: u64,
    of: u64,
    tell: &'a mut dyn FnMut(ImportProgress),
}

/// How much of a pupil a row tells, in a file of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// What the file's columns hold; an empty cell says that there is nothing.
    Columns,
    /// What it holds; the rest stays as it was.
    Own,
    /// The same, of a pupil who is known already; another is not added.
    OwnOfKnown,
}

/// What a file brought.
pub enum Brought {
    /// All pupils of the school.
    Whole(Roster),
    /// Some: new ones, changed ones, and who goes.
    Changes(Changes),
}

impl std::fmt::Debug for Brought {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Whole(_) => "Whole(…)",
            Self::Changes(_) => "Changes(…)",
        })
    }
}

/// Changes to a roster.
pub struct Changes {
    pupils: Roster,
    rows: Vec<u32>,
    says: Vec<Says>,
    gone: Vec<Identifier>,
    columns: Vec<Heading>,
    file: &'static str,
    /// The kinds by which pupils are found; the first that a pupil has counts.
    keys: Vec<Kind>,
}

/// A column of a file: its number (counted from 1), its name, and what it tells. One may tell several things.
pub(super) struct Heading {
    pub(super) number: usize,
    pub(super) name: String,
    pub(super) tells: Told,
}

/// What changes did to a roster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Pupils who were not there before.
    pub added: u64,
    /// Pupils who were.
    pub changed: u64,
    /// Pupils who went.
    pub removed: u64,
    /// Rows about pupils whom the roster did not hold: already gone, or never there.
    pub unknown: u64,
    /// What happened to identifiers that pseudonyms are derived from.
    pub moves: Moves,
}

/// Primary identifiers that mean something else than before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moves {
    /// Pupils whose primary identifier is another one: they get new pseudonyms.
    pub changed: u64,
    /// Primary identifiers that mean another pupil now: he would get the pseudonyms of the former.
    pub taken: u64,
}

impl Moves {
    /// Whether every pupil keeps his pseudonyms.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

impl<'a> Taking<'a> {
    pub(super) fn new(now: Timestamp, delta: bool, tell: &'a mut dyn FnMut(ImportProgress)) -> Self {
        Self {
            roster: Roster::empty(now),
            rows: Vec::new(),
            says: Vec::new(),
            gone: Vec::new(),
            delta,
            left_out: 0,
            of: 0,
            tell,
        }
    }

    /// How many bytes there are to read; 0 when that is not known.
    pub(super) fn expect(&mut self, of: u64) {
        self.of = of;
    }

    /// Whether changes are taken, not a whole roster.
    pub(super) fn is_delta(&self) -> bool {
        self.delta
    }

    /// Takes a pupil. An identifier that an earlier one has is a clash; the number is the earlier one's row.
    pub(super) fn take(
        &mut self,
        pupil: &Pupil,
        says: Says,
        row: u64,
        bytes: u64,
    ) -> Result<(), (Kind, Option<u64>)> {
        let earlier = |clash: Clash| {
            let row = clash.place.and_then(|place| self.rows.get(place)).map(|row| u64::from(*row));
            (clash.kind, row)
        };
        self.roster.settle(pupil).map_err(earlier)?;
        self.rows.push(u32::try_from(row).unwrap_or(u32::MAX));
        if self.delta {
            self.says.push(says);
        }
        if self.roster.len().is_multiple_of(4096) {
            self.told(bytes);
        }
        Ok(())
    }

    /// A pupil goes. In a whole roster that is nothing: who is not in it is not there.
    pub(super) fn takes_away(&mut self, who: Identifier) {
        if self.delta {
            self.gone.push(who);
        }
    }

    /// Somebody whom the guard is not to know.
    pub(super) fn leaves_out(&mut self) {
        self.left_out += 1;
    }

    /// Whether a pupil with this identifier was taken.
    pub(super) fn knows(&self, who: &Identifier) -> bool {
        self.roster.knows(who)
    }

    /// Says how far it is.
    pub(super) fn told(&mut self, bytes: u64) {
        (self.tell)(ImportProgress { bytes, of: self.of, pupils: self.roster.len() });
    }

    /// All that was taken, and how many were left out.
    pub(super) fn end(self, keys: Vec<Kind>, columns: Vec<Heading>, file: &'static str) -> (Brought, u64) {
        let Self { roster, rows, says, gone, delta, left_out, .. } = self;
        if !delta {
            return (Brought::Whole(roster), left_out);
        }
        (Brought::Changes(Changes { pupils: roster, rows, says, gone, columns, file, keys }), left_out)
    }
}

impl Changes {
    /// Takes pupils away, and changes nothing else.
    pub fn removal(who: impl IntoIterator<Item = Identifier>, now: Timestamp) -> Self {
        Self {
            pupils: Roster::empty(now),
            rows: Vec::new(),
            says: Vec::new(),
            gone: who.into_iter().collect(),
            columns: Vec::new(),
            file: "",
            keys: Vec::new(),
        }
    }

    /// Changes a roster: first everybody goes who goes or is told anew, then all who are told anew come back. So an
    /// identifier may move from one pupil to another within the file, in any order of the rows.
    ///
    /// `primary` is the kind that pseudonyms are derived from where a publisher joins identifiers.
    ///
    /// # Errors
    /// [`RosterError::Damaged`] for an identifier that a pupil has whom the file does not tell about. The roster is
    /// half changed then, and must be dropped.
    pub fn apply(self, roster: &mut Roster, primary: Kind, now: Timestamp) -> Result<Applied, RosterError> {
        let mut applied = Applied::default();
        let mut merged = Vec::with_capacity(self.pupils.len());
        for (number, known) in self.pupils.pupils().enumerate() {
            let says = self.says.get(number).copied().unwrap_or(Says::Columns);
            let row = self.rows.get(number).copied().unwrap_or_default();
            let earlier = self.key(known).and_then(|key| roster.place(&key));
            let mut pupil = known.copied();
            match earlier.and_then(|place| Some((place, roster.at(place)?))) {
                Some((place, earlier)) => {
                    self.complete(&mut pupil, earlier.copied(), says);
                    applied.changed += 1;
                    applied.moves.weigh(roster, Some(place), &pupil, primary);
                    merged.push((Some(place), row, pupil));
                }
                None if says == Says::OwnOfKnown => applied.unknown += 1,
                None => {
                    applied.added += 1;
                    applied.moves.weigh(roster, None, &pupil, primary);
                    merged.push((None, row, pupil));
                }
            }
        }
        for who in &self.gone {
            match roster.place(who) {
                Some(place) => {
                    roster.remove(place);
                    applied.removed += 1;
                }
                None => applied.unknown += 1,
            }
        }
        for place in merged.iter().filter_map(|(place, ..)| *place) {
            roster.remove(place);
        }
        for (_, row, pupil) in &merged {
            roster.settle(pupil).map_err(|clash| self.clash(clash, *row))?;
        }
        roster.imported = now;
        Ok(applied)
    }

    fn key(&self, known: super::Known<'_>) -> Option<Identifier> {
        self.keys.iter().find_map(|kind| known.identifier(*kind))
    }

    fn complete(&self, pupil: &mut Pupil, earlier: Pupil, says: Says) {
        let own: Vec<Told> = match says {
            Says::Columns => self.columns.iter().map(|column| column.tells).collect(),
            Says::Own | Says::OwnOfKnown => pupil.tells(),
        };
        pupil.complete(earlier, &|told| own.contains(&told));
    }

    fn clash(&self, clash: Clash, row: u32) -> RosterError {
        if self.columns.is_empty() {
            let (line, what) = (row.into(), super::OTHER_HAS_IT);
            return RosterError::Marked { line, column: 1, other: None, what };
        }
        let told = Told::of_kind(clash.kind);
        let column = self.columns.iter().find(|column| column.tells == told);
        RosterError::Damaged {
            file: self.file,
            row: row.into(),
            column: column.map_or(0, |column| column.number),
            name: column.map_or_else(|| clash.kind.as_str().to_owned(), |column| column.name.clone()),
            other: None,
            what: super::OTHER_HAS_IT,
        }
    }
}

impl Moves {
    /// What a whole roster that comes in place of another does to primary identifiers.
    pub fn between(before: &Roster, after: &Roster, primary: Kind) -> Self {
        let mut moves = Self::default();
        for known in after.pupils() {
            let others = known.all_identifiers().filter(|(kind, _)| *kind != primary);
            let mut places =
                others.filter_map(|(kind, text)| before.place(&Identifier::new(kind, text.expose())));
            let same = places.next();
            moves.weigh(before, same, &known.copied(), primary);
        }
        moves
    }

    /// One pupil: who he was before (by another identifier than the primary one), and who he is now.
    fn weigh(&mut self, before: &Roster, was: Option<usize>, now: &Pupil, primary: Kind) {
        let mut primaries = now.identifiers().filter(|(kind, _)| *kind == primary);
        let Some(own) = primaries.next().map(|(kind, text)| Identifier::new(kind, text)) else { return };
        let holder = before.place(&own);
        match (was, holder) {
            (Some(was), None) if before.at(was).is_some_and(|was| was.identifier(primary).is_some()) => {
                self.changed += 1;
            }
            (Some(was), Some(holder)) if was != holder => self.taken += 1,
            (_, Some(holder)) if before.at(holder).is_some_and(|holder| holder.is_another(now)) => {
                self.taken += 1;
            }
            _ => {}
        }
    }
}
