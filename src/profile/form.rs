//! Forms: what a kept value may look like (docs/PROFILES.md, "Forms").
//!
//! A value that whoever asks may choose, and that comes back, answers a guess: refused or not tells whether the
//! guard knows it. It also carries what it likes into a system that reads it less strictly than Sluis. A form
//! leaves neither much room. It must not know messages, doors or TOML.

/// The closed form of a kept value: one of a few texts, or of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// Exactly one of these texts.
    Values(Vec<String>),
    /// Of one of these types.
    Types(Vec<Type>),
}

/// A type of text. JSON numbers and booleans are judged by their literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Digits without a leading zero: from `least` to `most`, a multiple of `step` (1 or more).
    Count {
        /// The smallest.
        least: u32,
        /// The largest.
        most: u32,
        /// What it is a multiple of.
        step: u32,
    },
    /// An RFC 3339 date-time, at most milliseconds.
    DateTime,
    /// An RFC 3339 full-date.
    Date,
    /// Letters, digits and `._:-`: a word or an id.
    Token {
        /// The most characters, from 1.
        longest: u8,
        /// The most digits in a row.
        digits: u8,
    },
    /// `true` or `false`.
    Boolean,
    /// A decimal number of at most four digits on either side of the point.
    Number,
    /// A UUID as text (RFC 9562, 4), of any version.
    Uuid,
}

/// The form of a path segment that no rule gives one: any token.
pub(super) const SEGMENT: Type = Type::Token { longest: 64, digits: 64 };

/// The form of a member's name under `/**` with a form.
pub(super) const NAME: Type = Type::Token { longest: 64, digits: 4 };

impl Form {
    /// Whether a text is of this form. The empty text is of none, unless it is listed.
    pub fn holds(&self, text: &str) -> bool {
        match self {
            Self::Values(values) => values.iter().any(|value| value == text),
            Self::Types(types) => types.iter().any(|known| known.holds(text)),
        }
    }
}

impl Type {
    /// Whether a text is of this type.
    pub fn holds(self, text: &str) -> bool {
        match self {
            Self::Count { least, most, step } => {
                let number = (is_digits(text, 1, 9) && (text == "0" || !text.starts_with('0')))
                    .then(|| text.parse::<u32>().ok());
                let fits = |n: u32| (least..=most).contains(&n) && n.checked_rem(step) == Some(0);
                number.flatten().is_some_and(fits)
            }
            Self::DateTime => is_date_time(text) == Some(true),
            Self::Date => is_date(text) == Some(true),
            Self::Token { longest, digits } => is_token(text, longest, digits),
            Self::Boolean => matches!(text, "true" | "false"),
            Self::Uuid => is_uuid(text),
            Self::Number => {
                let text = text.strip_prefix('-').unwrap_or(text);
                let (whole, fraction) = text.split_once('.').map_or((text, None), |(w, f)| (w, Some(f)));
                is_digits(whole, 1, 4) && fraction.is_none_or(|fraction| is_digits(fraction, 1, 4))
            }
        }
    }
}

fn is_digits(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_uuid(text: &str) -> bool {
    let mut pieces = text.split('-').map(|piece| (piece.len(), piece.bytes().all(|b| b.is_ascii_hexdigit())));
    [8, 4, 4, 4, 12].into_iter().all(|length| pieces.next() == Some((length, true)))
        && pieces.next().is_none()
}

fn is_token(text: &str, longest: u8, digits: u8) -> bool {
    let listed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    let mut runs = text.split(|c: char| !c.is_ascii_digit());
    (1..=usize::from(longest)).contains(&text.len())
        && text.bytes().all(listed)
        && runs.all(|run| run.len() <= usize::from(digits))
}

/// Two digits, from and to.
fn within(text: &str, at: usize, least: u8, most: u8) -> Option<bool> {
    let piece = text.get(at..at + 2).filter(|piece| is_digits(piece, 2, 2))?;
    Some((least..=most).contains(&piece.parse().ok()?))
}

fn is_date(text: &str) -> Option<bool> {
    let marks = text.get(4..5)? == "-" && text.get(7..8)? == "-" && text.len() == 10;
    Some(marks && is_digits(text.get(..4)?, 4, 4) && within(text, 5, 1, 12)? && within(text, 8, 1, 31)?)
}

fn is_date_time(text: &str) -> Option<bool> {
    let (date, time) = text.split_once('T')?;
    let clock = time.get(2..3)? == ":" && time.get(5..6)? == ":";
    let clock = clock && within(time, 0, 0, 23)? && within(time, 3, 0, 59)? && within(time, 6, 0, 60)?;
    let rest = time.get(8..)?;
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let end = fraction.find(|c: char| !c.is_ascii_digit())?;
            fraction.get(end..).filter(|_| (1..=3).contains(&end))?
        }
        None => rest,
    };
    let offset = || {
        let sign = zone.starts_with(['+', '-']) && zone.get(3..4)? == ":" && zone.len() == 6;
        Some(sign && within(zone, 1, 0, 23)? && within(zone, 4, 0, 59)?)
    };
    Some(is_date(date)? && clock && (zone == "Z" || offset() == Some(true)))
}

#[cfg(test)]
mod tests {
    use super::{Form, Type};

    const PAGE: Type = Type::Count { least: 50, most: 10_000, step: 50 };
    const WORD: Type = Type::Token { longest: 16, digits: 4 };

    #[test]
    fn what_each_type_holds() {
        let good = [
            (
                Type::Uuid,
                vec!["0f1e2d3c-4b5a-8978-8695-a4b3c2d1e0ff", "0F1E2D3C-4B5A-8978-8695-A4B3C2D1E0FF"],
            ),
            (PAGE, vec!["50", "100", "10000"]),
            (Type::Count { least: 0, most: 10_000_000, step: 1 }, vec!["0", "7", "10000000"]),
            (
                Type::DateTime,
                vec!["2026-11-20T08:40:00Z", "2026-11-20T08:40:00.000Z", "2026-11-20T08:40:00+01:00"],
            ),
            (Type::Date, vec!["2026-11-20"]),
            (WORD, vec!["A-", "7.5", "goed", "1.0-10.0", "voldoende", "x1234y5678"]),
            (Type::Boolean, vec!["true", "false"]),
            (Type::Number, vec!["0", "8.5", "8.50", "-1", "9999.9999"]),
        ];
        for (kind, texts) in good {
            for text in texts {
                assert!(kind.holds(text), "{kind:?} {text}");
            }
        }
        let odd = [
            (
                PAGE,
                vec!["", "0", "1", "49", "51", "050", "95300", "10050", "+50", "50 ", "5e1", "99999999999"],
            ),
            (
                Type::DateTime,
                vec![
                    "",
                    "2026-11-20",
                    "2026-11-20T08:40:00",
                    "2026-13-20T08:40:00Z",
                    "2026-11-20T24:40:00Z",
                    "2026-11-20 08:40:00Z",
                    "2026-11-20t08:40:00z",
                    "2026-11-20T08:40:00.Z",
                    "2026-11-20T08:40:00.95312Z",
                    "2026-11-20T08:40:00.000ZJansen",
                    "2026-11-20T08:40:00+01:00x",
                    "2026-11-20T08:40:00é",
                ],
            ),
            (Type::Date, vec!["", "2026-1-20", "2026-11-32", "2026-11-20x", "20261120", "é026-11-20"]),
            (
                WORD,
                vec!["", "Jansen, Piet", "95312", "x95312", "abcdefghijklmnopq", "a'b", "naïef", "a b", "a="],
            ),
            (Type::Boolean, vec!["", "True", "1"]),
            (Type::Number, vec!["", "95312", "0.95312", "1e5", ".5", "5.", "--1", "1.2.3", "NaN", "٣"]),
        ];
        for (kind, texts) in odd {
            for text in texts {
                assert!(!kind.holds(text), "{kind:?} {text}");
            }
        }
    }

    #[test]
    fn a_form_is_one_of_its_texts_or_types() {
        let values = Form::Values(vec!["active".into(), "fully graded".into()]);
        assert!(values.holds("active") && values.holds("fully graded"));
        assert!(!values.holds("Active") && !values.holds("active ") && !values.holds(""));
        let types = Form::Types(vec![Type::Date, Type::Boolean]);
        assert!(types.holds("true") && types.holds("2026-11-20") && !types.holds("2026"));
    }
}
