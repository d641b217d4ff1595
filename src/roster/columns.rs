//! Which column of a plain CSV file holds what. Names are compared without capitals, blanks, hyphens and
//! underscores, so `Pupil number`, `pupil_number` and `pupil-number` are one.
//!
//! It must not know rows, files or sealing.

use super::pupil::{Field, Told};
use crate::identity::Kind;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// Something about the pupil.
    Tells(Told),
    /// Whether the pupil stays or goes; in a file of changes only.
    Status,
}

/// English and Dutch names of the columns that are not identifiers.
const PLAIN: &[(&str, Field)] = &[
    ("givenname", Field::Given),
    ("firstname", Field::Given),
    ("voornaam", Field::Given),
    ("roepnaam", Field::Given),
    ("prefix", Field::Prefix),
    ("tussenvoegsel", Field::Prefix),
    ("voorvoegsel", Field::Prefix),
    ("familyname", Field::Family),
    ("lastname", Field::Family),
    ("surname", Field::Family),
    ("achternaam", Field::Family),
    ("fullname", Field::FullName),
    ("name", Field::FullName),
    ("naam", Field::FullName),
    ("volledigenaam", Field::FullName),
    ("email", Field::Email),
    ("emailaddress", Field::Email),
    ("emailadres", Field::Email),
    ("mail", Field::Email),
    ("phone", Field::Phone),
    ("telephone", Field::Phone),
    ("mobile", Field::Phone),
    ("telefoon", Field::Phone),
    ("telefoonnummer", Field::Phone),
    ("mobiel", Field::Phone),
    ("address", Field::Address),
    ("adres", Field::Address),
    ("birthdate", Field::BirthDate),
    ("dateofbirth", Field::BirthDate),
    ("geboortedatum", Field::BirthDate),
];

/// English and Dutch names of the identifiers, and the kinds of the profile language that they are.
const KINDS: &[(&str, &str)] = &[
    ("pupilnumber", "pupil-number"),
    ("studentnumber", "pupil-number"),
    ("leerlingnummer", "pupil-number"),
    ("eckid", "eck-id"),
    ("ketenid", "eck-id"),
    ("laskey", "las-key"),
    ("lassleutel", "las-key"),
    ("staffkey", "staff-key"),
    ("personeelsnummer", "staff-key"),
    ("sisuser", "sis-user"),
    ("sourcedid", "sis-user"),
    ("lmsuser", "lms-user"),
    ("elogebruiker", "lms-user"),
    ("username", "username"),
    ("gebruikersnaam", "username"),
    ("profileid", "profile-id"),
    ("profielid", "profile-id"),
    ("realid", "real-id"),
    ("openid", "openid"),
    ("bsn", "bsn"),
    ("burgerservicenummer", "bsn"),
    ("onderwijsnummer", "education-number"),
];

impl Column {
    /// The column of this name. `id:KIND` (a kind of a profile) is always an identifier of that kind.
    pub(super) fn named(header: &str) -> Option<Self> {
        if let Some(kind) = header.trim().strip_prefix("id:") {
            return Kind::named(kind.trim()).ok().map(Self::identifier);
        }
        let plain = plain(header);
        if matches!(plain.as_str(), "status" | "toestand") {
            return Some(Self::Status);
        }
        if let Some((_, field)) = PLAIN.iter().find(|(name, _)| *name == plain) {
            return Some(Self::Tells(Told::Field(*field)));
        }
        kind_named(&plain).map(Self::identifier)
    }

    fn identifier(kind: Kind) -> Self {
        Self::Tells(if kind == Kind::EMAIL { Told::Field(Field::Email) } else { Told::Identifier(kind) })
    }

    /// Whether two columns may hold this: a pupil has one birth date and may have two telephones.
    pub(super) fn may_repeat(self) -> bool {
        use Field::{BirthDate, Family, Given, Prefix};
        !matches!(self, Self::Status | Self::Tells(Told::Field(Given | Prefix | Family | BirthDate)))
    }

    /// Whether a pupil can be found by it.
    pub(super) fn identifies(self) -> bool {
        matches!(self, Self::Tells(Told::Identifier(_) | Told::Field(Field::Email)))
    }
}

impl Told {
    /// Where an identifier of this kind stands.
    pub(super) fn of_kind(kind: Kind) -> Self {
        if kind == Kind::EMAIL { Self::Field(Field::Email) } else { Self::Identifier(kind) }
    }
}

/// The kind that a system calls so, with or without capitals, blanks, hyphens and underscores.
pub(super) fn kind_named(name: &str) -> Option<Kind> {
    let plain = plain(name);
    let (_, kind) = KINDS.iter().find(|(name, _)| *name == plain)?;
    Kind::named(kind).ok()
}

fn plain(name: &str) -> String {
    name.chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a status says that the pupil goes; `None` when it is no status.
pub(super) fn goes(status: &str) -> Option<bool> {
    match plain(status).as_str() {
        "" | "active" | "actief" => Some(false),
        "tobedeleted" | "verwijderd" | "verwijderen" => Some(true),
        _ => None,
    }
}

/// A date as a Dutch or an English system writes it (`31-12-2010`, `31/12/2010`, `2010-12-31`), as RFC 3339
/// `full-date`; `None` when it is none.
pub(super) fn date(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.trim().split(['-', '/']).collect();
    let [first, middle, last] = parts.as_slice() else { return None };
    let (year, month, day) = if first.len() == 4 { (first, middle, last) } else { (last, middle, first) };
    if year.len() != 4 {
        return None;
    }
    let number = |text: &str, most: u16| -> Option<u16> {
        let plain = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number| plain && (1..=most).contains(number))
    };
    let (year, month, day) = (number(year, 9999)?, number(month, 12)?, number(day, 31)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (day <= days).then(|| format!("{year:04}-{month:02}-{day:02}"))
}
