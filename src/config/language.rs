//! The languages Sluis speaks to the person who runs it.
//!
//! Codes, keys and JSON members are the same in both. It must not know what is said.

/// A language for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Dutch.
    Dutch,
}

impl Language {
    /// The language of a locale name such as `nl`, `nl_NL.UTF-8` or `en-GB`; English when it is another.
    pub fn from_locale(name: &str) -> Self {
        let language = name.split(['_', '-', '.', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("nl") { Self::Dutch } else { Self::English }
    }

    /// One of two texts.
    pub fn pick<T>(self, english: T, dutch: T) -> T {
        match self {
            Self::English => english,
            Self::Dutch => dutch,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn a_locale_names_its_language_first() {
        for dutch in ["nl", "nl_NL.UTF-8", "nl-BE", "NL"] {
            assert_eq!(Language::from_locale(dutch), Language::Dutch, "{dutch}");
        }
        for other in ["", "C", "C.UTF-8", "en_GB.UTF-8", "de_NL", "nld"] {
            assert_eq!(Language::from_locale(other), Language::English, "{other}");
        }
    }
}
