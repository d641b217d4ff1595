//! Which column of a plain CSV file holds what. Names are compared without capitals, blanks, hyphens and
//! underscores, so `Pupil number`, `pupil_number` and `pupil-number` are one.
//!
//! It must not know rows, files or sealing.

use crate::identity::Kind;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    /// An identifier of this kind.
    Identifier(Kind),
    Given,
    Prefix,
    Family,
    FullName,
    Email,
    Phone,
    Address,
    BirthDate,
}

/// English and Dutch names of the columns that are not identifiers.
const PLAIN: &[(&str, Column)] = &[
    ("givenname", Column::Given),
    ("firstname", Column::Given),
    ("voornaam", Column::Given),
    ("roepnaam", Column::Given),
    ("prefix", Column::Prefix),
    ("tussenvoegsel", Column::Prefix),
    ("voorvoegsel", Column::Prefix),
    ("familyname", Column::Family),
    ("lastname", Column::Family),
    ("surname", Column::Family),
    ("achternaam", Column::Family),
    ("fullname", Column::FullName),
    ("name", Column::FullName),
    ("naam", Column::FullName),
    ("volledigenaam", Column::FullName),
    ("email", Column::Email),
    ("emailaddress", Column::Email),
    ("emailadres", Column::Email),
    ("mail", Column::Email),
    ("phone", Column::Phone),
    ("telephone", Column::Phone),
    ("mobile", Column::Phone),
    ("telefoon", Column::Phone),
    ("telefoonnummer", Column::Phone),
    ("mobiel", Column::Phone),
    ("address", Column::Address),
    ("adres", Column::Address),
    ("birthdate", Column::BirthDate),
    ("dateofbirth", Column::BirthDate),
    ("geboortedatum", Column::BirthDate),
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
];

impl Column {
    /// The column of this name. `id:KIND` (a kind of a profile) is always an identifier of that kind.
    pub(crate) fn named(header: &str) -> Option<Self> {
        if let Some(kind) = header.trim().strip_prefix("id:") {
            return Kind::named(kind.trim()).ok().map(Self::Identifier);
        }
        let plain: String = header
            .chars()
            .filter(|letter| !letter.is_whitespace() && !matches!(letter, '-' | '_'))
            .flat_map(char::to_lowercase)
            .collect();
        if let Some((_, column)) = PLAIN.iter().find(|(name, _)| *name == plain) {
            return Some(*column);
        }
        let (_, kind) = KINDS.iter().find(|(name, _)| *name == plain)?;
        Kind::named(kind).ok().map(Self::Identifier)
    }

    /// Whether two columns may hold this: a pupil has one given name and may have two telephones.
    pub(crate) fn may_repeat(self) -> bool {
        !matches!(self, Self::Given | Self::Prefix | Self::Family | Self::BirthDate)
    }
}

/// A date as a Dutch or an English system writes it (`31-12-2010`, `31/12/2010`, `2010-12-31`), as RFC 3339
/// `full-date`; `None` when it is none.
pub(crate) fn date(text: &str) -> Option<String> {
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
