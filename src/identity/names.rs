//! The names that make a scope: school, publisher, epoch. Configuration, not personal data.

use std::fmt;
use std::sync::Arc;

/// A name that was not understood; the text says what to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not a BRIN.
    #[error(
        "a school's id is its BRIN: two digits and two letters, with or without a branch of two digits, e.g. 12AB or 12AB00"
    )]
    ReadSchool,
    /// Not a publisher's id.
    #[error("a publisher's id is 1 to 64 of a-z, 0-9, `-`, `_` and `.`, and begins with a letter or digit")]
    ReadPublisher,
    /// Not an epoch.
    #[error("an epoch is 1 to 32 of letters, digits, `-`, `_` and `.`, e.g. 2026-2027")]
    ReadEpoch,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $error:ident, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Reads a name.
            ///
            /// # Errors
            /// Text of another form; the error says what to write.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                let valid: fn(&[u8]) -> bool = $valid;
                if valid(text.as_bytes()) { Ok(Self(text.into())) } else { Err(NameError::$error) }
            }

            /// The name, as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// A school, by its BRIN (`12AB`, or `12AB00` with a branch).
    School,
    ReadSchool,
    |text| {
        let branch = text.get(4..).unwrap_or_default();
        (text.len() == 4 || text.len() == 6)
            && text.iter().take(2).all(u8::is_ascii_digit)
            && text.iter().skip(2).take(2).all(u8::is_ascii_uppercase)
            && branch.iter().all(u8::is_ascii_digit)
    }
);

name!(
    /// A publisher, distributor or app, by the id that the configuration gives it.
    Publisher,
    ReadPublisher,
    |text| (1..=64).contains(&text.len())
        && text.first().is_some_and(u8::is_ascii_alphanumeric)
        && text.iter().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || b"-_.".contains(c))
);

name!(
    /// The period that a scope's key serves, usually a school year.
    Epoch,
    ReadEpoch,
    |text| (1..=32).contains(&text.len()) && text.iter().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(c))
);

/// School × publisher × epoch: one key, one set of pseudonyms.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    /// The school.
    pub school: School,
    /// The publisher.
    pub publisher: Publisher,
    /// The epoch.
    pub epoch: Epoch,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.school, self.publisher, self.epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::{Epoch, Publisher, School};

    #[test]
    fn names_are_read_strictly() {
        for good in ["12AB", "00ZZ00"] {
            assert_eq!(School::parse(good).unwrap().as_str(), good);
        }
        for odd in ["", "12ab", "AB12", "12AB0", "12AB000", "12ABxx"] {
            assert!(School::parse(odd).is_err(), "{odd}");
        }
        assert!(Publisher::parse("rekenwonder").is_ok() && Epoch::parse("2026-2027").is_ok());
        for odd in ["", "Rekenwonder", "-a", "a b", "a/b"] {
            assert!(Publisher::parse(odd).is_err(), "{odd}");
        }
        assert!(Epoch::parse("2026/2027").is_err());
    }
}
