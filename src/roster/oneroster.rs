//! From OneRoster CSV (1EdTech OneRoster 1.1 and 1.2, CSV binding): `users.csv`, and of the other files what tells
//! who is a pupil (`roles.csv`) and when born (`demographics.csv`). `manifest.csv` says whether it is all, or changes.
//!
//! Columns and files that are not needed are not read. It must not know where the roster is kept.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{Seek as _, SeekFrom};

use super::archive::{Archive, Opened, Seekable};
use super::columns::{date, kind_named};
use super::pupil::{Field, Pupil, Told};
use super::source::Options;
use super::table::Table;
use super::taking::{Brought, Heading, Says, Taking};
use super::{RosterError, plain};
use crate::identity::{Identifier, Kind};
use crate::secret::Secret;

/// The files that are read.
pub(super) const FILES: &[&str] = &[MANIFEST, USERS, ROLES, DEMOGRAPHICS];
const MANIFEST: &str = "manifest.csv";
const USERS: &str = "users.csv";
const ROLES: &str = "roles.csv";
const DEMOGRAPHICS: &str = "demographics.csv";

/// Where the files are.
pub(super) enum Files {
    Archive(Archive),
    Folder(Vec<(&'static str, Box<dyn Seekable>)>),
    /// `users.csv` alone.
    Users(Box<dyn Seekable>),
}

impl Files {
    fn open(&mut self, name: &'static str) -> Result<Option<Opened<'_>>, RosterError> {
        let file = match self {
            Self::Archive(archive) => return archive.member(name),
            Self::Users(file) if name == USERS => Some(file),
            Self::Users(_) => None,
            Self::Folder(files) => files.iter_mut().find(|(own, _)| *own == name).map(|(_, file)| file),
        };
        let Some(file) = file else { return Ok(None) };
        let unread = |_| RosterError::Archive { member: name, what: "the file cannot be read" };
        let length = file.seek(SeekFrom::End(0)).map_err(unread)?;
        file.rewind().map_err(unread)?;
        Ok(Some((Box::new(file), length)))
    }

    fn is_alone(&self) -> bool {
        matches!(self, Self::Users(_))
    }
}

/// Reads users.
pub(super) fn read<'a>(
    files: &mut Files,
    options: &Options,
    taking: impl FnOnce(bool) -> Taking<'a>,
) -> Result<(Brought, u64), RosterError> {
    let delta = match files.is_alone() {
        true => options.delta,
        false => manifest(files, options.delta)?,
    };
    let mut taking = taking(delta);
    let mut beside = Beside::default();
    beside.roles(files)?;
    beside.births(files)?;
    let Some((source, length)) = files.open(USERS)? else {
        return Err(RosterError::Archive { member: USERS, what: "it is not there" });
    };
    taking.expect(length);
    let mut table = Table::open(source, USERS)?;
    let columns = user_columns(&table)?;
    while table.next()? {
        user(&table, &columns, &beside, options.staff, &mut taking)?;
    }
    taking.told(table.rows.taken());
    let headings = headings(&table, &columns);
    drop(table);
    if delta {
        patches(files, &mut taking)?;
    }
    Ok(taking.end(vec![Kind::SIS_USER], headings, USERS))
}

/// Whether the manifest says that users are changes.
fn manifest(files: &mut Files, asked: bool) -> Result<bool, RosterError> {
    let Some((source, _)) = files.open(MANIFEST)? else {
        return Err(RosterError::Archive { member: MANIFEST, what: "it is not there" });
    };
    let mut table = Table::open(source, MANIFEST)?;
    let (name, value) = (table.needed("propertyName")?, table.needed("value")?);
    let mut users = None;
    while table.next()? {
        match (table.text(name), table.text(value)) {
            ("oneroster.version", "1.1" | "1.2") => {}
            ("oneroster.version", _) => return Err(table.wrong(value, "only OneRoster 1.1 and 1.2 are read")),
            ("file.users", "bulk") if asked => {
                return Err(
                    table.wrong(value, "the manifest says that all users are here: leave out --delta")
                );
            }
            ("file.users", "bulk") => users = Some(false),
            ("file.users", "delta") => users = Some(true),
            ("file.users", _) => return Err(table.wrong(value, "neither bulk nor delta: there are no users")),
            _ => {}
        }
    }
    users.ok_or_else(|| table.wrong(name, "it does not say what users.csv is (file.users)"))
}

/// What other files tell of users: by a keyed hash of `sourcedId`, since a million ids are large.
#[derive(Default)]
struct Beside {
    hasher: RandomState,
    roles: HashMap<u64, u8>,
    births: HashMap<u64, u32>,
}

const PUPIL: u8 = 1;
const STAFF: u8 = 2;
const OTHER: u8 = 4;

impl Beside {
    fn roles(&mut self, files: &mut Files) -> Result<(), RosterError> {
        let Some((source, _)) = files.open(ROLES)? else { return Ok(()) };
        let mut table = Table::open(source, ROLES)?;
        let (user, role) = (table.needed("userSourcedId")?, table.needed("role")?);
        let status = table.column("status");
        while table.next()? {
            if !table.goes(status)? {
                *self.roles.entry(self.hasher.hash_one(table.text(user))).or_default() |=
                    role_of(table.text(role));
            }
        }
        Ok(())
    }

    fn births(&mut self, files: &mut Files) -> Result<(), RosterError> {
        let Some((source, _)) = files.open(DEMOGRAPHICS)? else { return Ok(()) };
        let mut table = Table::open(source, DEMOGRAPHICS)?;
        let (user, birth) = (table.needed("sourcedId")?, table.needed("birthDate")?);
        let status = table.column("status");
        while table.next()? {
            if table.goes(status)? || table.text(birth).is_empty() {
                continue;
            }
            let date = date(table.text(birth)).ok_or_else(|| table.wrong(birth, plain::NO_DATE))?;
            let number = date.bytes().filter(u8::is_ascii_digit);
            let number = number.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
            self.births.insert(self.hasher.hash_one(table.text(user)), number);
        }
        Ok(())
    }

    fn birth(&self, user: &str) -> Option<Secret<String>> {
        let number = self.births.get(&self.hasher.hash_one(user))?;
        let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
        Some(Secret::new(format!("{year:04}-{month:02}-{day:02}")))
    }
}

/// Whom a role makes somebody.
fn role_of(role: &str) -> u8 {
    match role {
        "student" => PUPIL,
        "guardian" | "parent" | "relative" | "contact" => OTHER,
        _ => STAFF,
    }
}

/// Columns of `users.csv` that are read.
#[derive(Clone, Copy, PartialEq)]
enum Cell {
    Id,
    Status,
    Role,
    Plain(Kind),
    UserIds,
    Given,
    Middle,
    Family,
    Email,
    Phone,
}

const CELLS: &[(&str, Cell)] = &[
    ("sourcedId", Cell::Id),
    ("status", Cell::Status),
    ("role", Cell::Role),
    ("username", Cell::Plain(Kind::USERNAME)),
    ("userIds", Cell::UserIds),
    ("givenName", Cell::Given),
    ("familyName", Cell::Family),
    ("middleName", Cell::Middle),
    ("identifier", Cell::Plain(Kind::PUPIL_NUMBER)),
    ("email", Cell::Email),
    ("sms", Cell::Phone),
    ("phone", Cell::Phone),
    ("userMasterIdentifier", Cell::Plain(Kind::ECK_ID)),
    ("preferredGivenName", Cell::Given),
    ("preferredFamilyName", Cell::Family),
];

type Columns = Vec<(usize, Cell)>;

fn user_columns(table: &Table<'_>) -> Result<Columns, RosterError> {
    for name in ["sourcedId", "givenName", "familyName"] {
        table.needed(name)?;
    }
    Ok(CELLS.iter().filter_map(|(name, cell)| Some((table.column(name)?, *cell))).collect())
}

fn headings(table: &Table<'_>, columns: &Columns) -> Vec<Heading> {
    let mut headings = Vec::new();
    for (at, cell) in columns {
        let tells: &[Told] = match cell {
            Cell::Id => &[Told::Identifier(Kind::SIS_USER)],
            Cell::Plain(kind) => &[Told::Identifier(*kind)],
            Cell::UserIds => &[Told::Identifier(Kind::ECK_ID)],
            Cell::Given => &[Told::Field(Field::Given)],
            Cell::Middle => &[Told::Field(Field::Prefix), Told::Field(Field::FullName)],
            Cell::Family => &[Told::Field(Field::Family)],
            Cell::Email => &[Told::Field(Field::Email)],
            Cell::Phone => &[Told::Field(Field::Phone)],
            Cell::Status | Cell::Role => &[],
        };
        let name = table.header.get(*at).cloned().unwrap_or_default();
        headings.extend(tells.iter().map(|tells| Heading {
            number: at + 1,
            name: name.clone(),
            tells: *tells,
        }));
    }
    headings
}

fn user(
    table: &Table<'_>,
    columns: &Columns,
    beside: &Beside,
    staff: bool,
    taking: &mut Taking<'_>,
) -> Result<(), RosterError> {
    let find = |wanted: Cell| columns.iter().find(|(_, cell)| *cell == wanted).map(|(at, _)| *at);
    let at = find(Cell::Id).unwrap_or(0);
    let id = table.text(at);
    if id.is_empty() {
        return Err(table.wrong(at, "the user has no sourcedId"));
    }
    if table.goes(find(Cell::Status))? {
        taking.takes_away(Identifier::new(Kind::SIS_USER, id));
        return Ok(());
    }
    let mut roles = beside.roles.get(&beside.hasher.hash_one(id)).copied().unwrap_or_default();
    let own = find(Cell::Role).map(|at| table.text(at)).filter(|role| !role.is_empty());
    roles |= own.map_or(0, role_of);
    // Nobody says who it is: a pupil, because too much protection harms nobody.
    let wanted = roles == 0 || roles & PUPIL != 0 || (staff && roles & STAFF != 0);
    if !wanted {
        taking.leaves_out();
        return Ok(());
    }
    let mut pupil = pupil(table, columns)?;
    pupil.birth_date = beside.birth(id);
    let clash = |(kind, other): (Kind, Option<u64>)| {
        let told = Told::of_kind(kind);
        let heading = headings(table, columns).into_iter().find(|heading| heading.tells == told);
        let column = heading.map_or(at, |heading| heading.number - 1);
        let mut error = table.wrong(column, super::EARLIER_HAS_IT);
        if let RosterError::Damaged { other: row, .. } = &mut error {
            *row = other;
        }
        error
    };
    taking.take(&pupil, Says::Columns, table.rows.row(), table.rows.taken()).map_err(clash)
}

fn pupil(table: &Table<'_>, columns: &Columns) -> Result<Pupil, RosterError> {
    let mut pupil = Pupil::default();
    let mut middle = "";
    for (at, cell) in columns {
        let text = table.text(*at);
        if text.is_empty() {
            continue;
        }
        let secret = || Secret::new(text.to_owned());
        match cell {
            Cell::Id => pupil.identifiers.push((Kind::SIS_USER, secret())),
            Cell::Plain(kind) => pupil.identifiers.push((*kind, secret())),
            Cell::UserIds => user_ids(text, &mut pupil).map_err(|what| table.wrong(*at, what))?,
            Cell::Given => put_new(&mut pupil, Field::Given, text),
            Cell::Family => put_new(&mut pupil, Field::Family, text),
            Cell::Middle => middle = text,
            Cell::Email if !text.contains('@') => return Err(table.wrong(*at, plain::NO_EMAIL)),
            Cell::Email => pupil.emails.push(secret()),
            Cell::Phone => pupil.phones.push(secret()),
            Cell::Status | Cell::Role => {}
        }
    }
    // Dutch systems put `van den` into the middle name, others a second given name.
    if middle.chars().next().is_some_and(|first| first.is_lowercase() || !first.is_alphabetic()) {
        pupil.prefix = Some(Secret::new(middle.to_owned()));
    } else if let (Some(given), Some(family), false) = (&pupil.given, &pupil.family, middle.is_empty()) {
        let full = format!("{} {middle} {}", given.expose(), family.expose());
        pupil.full_names.push(Secret::new(full));
    }
    Ok(pupil)
}

fn put_new(pupil: &mut Pupil, field: Field, text: &str) {
    if !pupil.all(field).any(|known| known.expose() == text) {
        pupil.put(field, Secret::new(text.to_owned()));
    }
}

/// `{Type:Id},{Type:Id}`. A type that is not known here is watched for all the same.
fn user_ids(text: &str, pupil: &mut Pupil) -> Result<(), &'static str> {
    for piece in text.split("},") {
        let piece = piece.trim().trim_start_matches('{').trim_end_matches('}');
        let (name, id) = piece.split_once(':').ok_or("not a list of {type:id}")?;
        let (name, id) = (name.trim(), id.trim());
        if id.is_empty() {
            return Err("not a list of {type:id}");
        }
        let other = || Kind::named("user-id").ok();
        let kind = kind_named(name).or_else(other).ok_or("not a list of {type:id}")?;
        pupil.identifiers.push((kind, Secret::new(id.to_owned())));
    }
    Ok(())
}

/// Birth dates of pupils who are known already and whose other data did not change.
fn patches(files: &mut Files, taking: &mut Taking<'_>) -> Result<(), RosterError> {
    let Some((source, _)) = files.open(DEMOGRAPHICS)? else { return Ok(()) };
    let mut table = Table::open(source, DEMOGRAPHICS)?;
    let (user, birth) = (table.needed("sourcedId")?, table.needed("birthDate")?);
    let status = table.column("status");
    while table.next()? {
        let who = Identifier::new(Kind::SIS_USER, table.text(user));
        let Some(date) = date(table.text(birth)).filter(|_| !taking.knows(&who)) else { continue };
        if table.goes(status)? || table.text(user).is_empty() {
            continue;
        }
        let pupil = Pupil {
            identifiers: vec![(Kind::SIS_USER, Secret::new(table.text(user).to_owned()))],
            birth_date: Some(Secret::new(date)),
            ..Pupil::default()
        };
        let taken = taking.take(&pupil, Says::OwnOfKnown, table.rows.row(), table.rows.taken());
        taken.map_err(|_| table.wrong(user, super::EARLIER_HAS_IT))?;
    }
    Ok(())
}

/// Whether a header is a name of the standard's: a file without one has a pupil in its first row.
pub(super) fn is_name(header: &str) -> bool {
    let others = ["propertyName", "value", "userSourcedId", "birthDate"];
    CELLS.iter().any(|(name, _)| *name == header) || others.contains(&header)
}
