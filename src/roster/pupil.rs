//! One pupil: as a reader hands him over, and as the roster shows him.
//!
//! It must not know where pupils are kept, or how a file spells them.

use crate::identity::{Identifier, Kind};
use crate::secret::Secret;

/// What the school knows about one pupil, on its way into a roster.
#[derive(Default)]
pub struct Pupil {
    /// Identifiers and their kinds, as the school writes them. E-mail addresses stand in `emails`.
    pub identifiers: Vec<(Kind, Secret<String>)>,
    /// The given name.
    pub given: Option<Secret<String>>,
    /// Other given names: all of them, or the one used at school.
    pub also_given: Vec<Secret<String>>,
    /// What stands between given and family name: `van den`.
    pub prefix: Option<Secret<String>>,
    /// The family name, without prefix.
    pub family: Option<Secret<String>>,
    /// Other family names.
    pub also_family: Vec<Secret<String>>,
    /// Whole names as some system shows them.
    pub full_names: Vec<Secret<String>>,
    /// E-mail addresses; also identifiers of kind `email`.
    pub emails: Vec<Secret<String>>,
    /// Telephone numbers.
    pub phones: Vec<Secret<String>>,
    /// Addresses.
    pub addresses: Vec<Secret<String>>,
    /// The birth date, RFC 3339 `full-date`.
    pub birth_date: Option<Secret<String>>,
}

impl std::fmt::Debug for Pupil {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pupil(…)")
    }
}

/// What is known of a pupil besides identifiers; the numbers are those of the kept layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Field {
    /// A given name.
    Given = 0,
    /// What stands between given and family name.
    Prefix = 1,
    /// A family name, without prefix.
    Family = 2,
    /// A whole name.
    FullName = 3,
    /// An e-mail address; also an identifier of kind `email`.
    Email = 4,
    /// A telephone number.
    Phone = 5,
    /// An address.
    Address = 6,
    /// The birth date, RFC 3339 `full-date`.
    BirthDate = 7,
}

impl Field {
    /// Every field, in the order of the kept layout.
    pub const ALL: [Self; 8] = [
        Self::Given,
        Self::Prefix,
        Self::Family,
        Self::FullName,
        Self::Email,
        Self::Phone,
        Self::Address,
        Self::BirthDate,
    ];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Given => "given_name",
            Self::Prefix => "prefix",
            Self::Family => "family_name",
            Self::FullName => "full_name",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Address => "address",
            Self::BirthDate => "birth_date",
        }
    }
}

/// Kinds of a roster's identifiers are numbered behind the fields.
pub(super) const FIRST_KIND: u8 = 16;

/// A value of a pupil, lent by the roster: no `Display`, no `Serialize`, and `Debug` shows nothing.
///
/// ```compile_fail
/// let roster = sluis::roster::Roster::empty(sluis::clock::Timestamp::from_millis(0));
/// for pupil in roster.pupils() { println!("{}", pupil.first(sluis::roster::Field::Given).unwrap()); }
/// ```
///
/// The twin that compiles:
///
/// ```
/// let roster = sluis::roster::Roster::empty(sluis::clock::Timestamp::from_millis(0));
/// for pupil in roster.pupils() { println!("{:?}", pupil.first(sluis::roster::Field::Given).unwrap()); }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Value<'a>(&'a str);

impl<'a> Value<'a> {
    /// The plain value. `tests/it/expose.list` names every file that may ask for it.
    pub fn expose(&self) -> &'a str {
        self.0
    }
}

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Value(…)")
    }
}

/// One pupil of a roster, lent.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    pub(super) kinds: &'a [Kind],
    /// Entries in a row: number, length, text.
    pub(super) record: &'a [u8],
}

impl std::fmt::Debug for Known<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Known(…)")
    }
}

impl<'a> Known<'a> {
    /// Everything known under this field, in the order of the file.
    pub fn all(self, field: Field) -> impl Iterator<Item = Value<'a>> {
        self.entries().filter(move |(number, _)| *number == field as u8).map(|(_, text)| Value(text))
    }

    /// The first value of this field.
    pub fn first(self, field: Field) -> Option<Value<'a>> {
        self.all(field).next()
    }

    /// All identifiers, e-mail addresses among them, as the school writes them.
    pub fn all_identifiers(self) -> impl Iterator<Item = (Kind, Value<'a>)> {
        let kinds = self.kinds;
        self.entries().filter_map(move |(number, text)| {
            if number == Field::Email as u8 {
                return Some((Kind::EMAIL, Value(text)));
            }
            let kind = kinds.get(usize::from(number.checked_sub(FIRST_KIND)?))?;
            Some((*kind, Value(text)))
        })
    }

    /// The first identifier of this kind.
    pub fn identifier(self, kind: Kind) -> Option<Identifier> {
        let (kind, text) = self.all_identifiers().find(|(of, _)| *of == kind)?;
        Some(Identifier::new(kind, text.0))
    }

    /// A copy of all of it.
    pub fn copied(self) -> Pupil {
        let mut pupil = Pupil::default();
        for (kind, text) in self.all_identifiers().filter(|(kind, _)| *kind != Kind::EMAIL) {
            pupil.identifiers.push((kind, Secret::new(text.0.to_owned())));
        }
        for field in Field::ALL {
            for text in self.all(field) {
                pupil.put(field, Secret::new(text.0.to_owned()));
            }
        }
        pupil
    }

    /// Whether this is plainly somebody else: another given name and another birth date.
    pub(super) fn is_another(self, other: &Pupil) -> bool {
        let differs = |field| match (self.first(field), other.all(field).next()) {
            (Some(own), Some(other)) => own.0 != other.expose().as_str(),
            _ => false,
        };
        differs(Field::Given) && differs(Field::BirthDate)
    }

    fn entries(self) -> Entries<'a> {
        Entries(self.record)
    }

    /// Whether every entry can be read, and the kinds are known.
    pub(super) fn is_sound(self) -> bool {
        let mut entries = self.entries();
        let known = |number: u8| match number.checked_sub(FIRST_KIND) {
            Some(kind) => usize::from(kind) < self.kinds.len(),
            None => usize::from(number) < Field::ALL.len(),
        };
        let sound = entries.by_ref().all(|(number, _)| known(number));
        sound && entries.0.is_empty()
    }
}

impl Pupil {
    /// One more value of a field; the first given and family name stand apart.
    pub(super) fn put(&mut self, field: Field, text: Secret<String>) {
        match field {
            Field::Given if self.given.is_none() => self.given = Some(text),
            Field::Given => self.also_given.push(text),
            Field::Prefix => self.prefix = Some(text),
            Field::Family if self.family.is_none() => self.family = Some(text),
            Field::Family => self.also_family.push(text),
            Field::FullName => self.full_names.push(text),
            Field::Email => self.emails.push(text),
            Field::Phone => self.phones.push(text),
            Field::Address => self.addresses.push(text),
            Field::BirthDate => self.birth_date = Some(text),
        }
    }

    /// Everything of a field.
    pub(super) fn all(&self, field: Field) -> Box<dyn Iterator<Item = &Secret<String>> + '_> {
        match field {
            Field::Given => Box::new(self.given.iter().chain(&self.also_given)),
            Field::Prefix => Box::new(self.prefix.iter()),
            Field::Family => Box::new(self.family.iter().chain(&self.also_family)),
            Field::FullName => Box::new(self.full_names.iter()),
            Field::Email => Box::new(self.emails.iter()),
            Field::Phone => Box::new(self.phones.iter()),
            Field::Address => Box::new(self.addresses.iter()),
            Field::BirthDate => Box::new(self.birth_date.iter()),
        }
    }

    /// All identifiers, e-mail addresses among them.
    pub(super) fn identifiers(&self) -> impl Iterator<Item = (Kind, &str)> {
        let emails = self.emails.iter().map(|email| (Kind::EMAIL, email.expose().as_str()));
        self.identifiers.iter().map(|(kind, text)| (*kind, text.expose().as_str())).chain(emails)
    }

    /// Whether nothing points at anybody.
    pub(super) fn is_nobody(&self) -> bool {
        self.identifiers.is_empty() && self.emails.is_empty()
    }

    /// What is told of him.
    pub(super) fn tells(&self) -> Vec<Told> {
        let fields = Field::ALL.into_iter().filter(|field| self.all(*field).next().is_some());
        let kinds = self.identifiers.iter().map(|(kind, _)| Told::Identifier(*kind));
        fields.map(Told::Field).chain(kinds).collect()
    }

    /// Takes from `earlier` what stands in none of these columns.
    pub(super) fn complete(&mut self, earlier: Self, told: &dyn Fn(Told) -> bool) {
        for field in Field::ALL.into_iter().filter(|field| !told(Told::Field(*field))) {
            let one = matches!(field, Field::Prefix | Field::BirthDate);
            if one && self.all(field).next().is_some() {
                continue;
            }
            for text in earlier.all(field) {
                self.put(field, Secret::new(text.expose().clone()));
            }
        }
        for (kind, text) in earlier.identifiers.into_iter().filter(|(kind, _)| !told(Told::Identifier(*kind)))
        {
            self.identifiers.push((kind, text));
        }
    }
}

/// What a file may tell of a pupil.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Told {
    /// An identifier of this kind.
    Identifier(Kind),
    /// A field.
    Field(Field),
}

/// The entries of a record: a number, a length (LEB128) and so many bytes of UTF-8.
struct Entries<'a>(&'a [u8]);

impl<'a> Iterator for Entries<'a> {
    type Item = (u8, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let (number, rest) = self.0.split_first()?;
        let (mut length, mut shift, mut at) = (0_usize, 0_u32, rest);
        loop {
            let (byte, behind) = at.split_first()?;
            at = behind;
            length |= usize::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
            if shift > 28 {
                return None;
            }
        }
        let (text, rest) = at.split_at_checked(length)?;
        let text = std::str::from_utf8(text).ok()?;
        self.0 = rest;
        Some((*number, text))
    }
}

/// Writes one entry.
pub(super) fn write_entry(number: u8, text: &str, to: &mut Vec<u8>) {
    to.push(number);
    let mut length = text.len();
    while length >= 0x80 {
        #[expect(clippy::cast_possible_truncation, reason = "seven bits are left of it")]
        to.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    #[expect(clippy::cast_possible_truncation, reason = "less than seven bits are left")]
    to.push(length as u8);
    to.extend_from_slice(text.as_bytes());
}
