//! What a question brought, word by word, beside what is known of a pupil.
//!
//! Words are compared as the guard compares them: folded, without marks and capitals. It must not know who asks, or what
//! follows from it.

use std::collections::HashSet;

use super::guard::{Unit, WatchKind, fold, unescape};

/// Every word that some texts say, and each text as one.
pub(super) struct Said(HashSet<String>);

impl Said {
    pub(super) fn by(texts: &[String]) -> Self {
        let mut said: HashSet<String> = HashSet::new();
        for text in texts {
            // What is escaped in it the school may have undone.
            let undone =
                unescape(text.as_bytes()).map(|undone| String::from_utf8_lossy(&undone).into_owned());
            for words in [Some(words(text)), undone.map(|undone| words(&undone))].into_iter().flatten() {
                said.insert(words.concat());
                said.extend(words);
            }
        }
        Self(said)
    }

    /// Whether a word of this value was said that tells the pupil from others: a name, the local part of an address, a
    /// number, a date of birth as a whole.
    pub(super) fn says(&self, kind: WatchKind, value: &str) -> bool {
        telling(kind, value).iter().any(|word| self.0.contains(word))
    }
}

/// The words of a value that tell whose it is.
fn telling(kind: WatchKind, text: &str) -> Vec<String> {
    let letters = |word: &String| word.chars().count();
    let digits = |word: &String| word.chars().filter(char::is_ascii_digit).count();
    let all = words(text);
    let whole = all.concat();
    let mut telling: Vec<String> = match kind {
        WatchKind::GivenName | WatchKind::FamilyName | WatchKind::FullName => {
            all.into_iter().filter(|word| letters(word) > 1).collect()
        }
        WatchKind::Email => {
            let local = text.rsplit_once('@').map_or(text, |(local, _)| local);
            words(local).into_iter().filter(|word| letters(word) > 1).collect()
        }
        WatchKind::Identifier | WatchKind::Phone => all.into_iter().filter(|word| digits(word) > 2).collect(),
        WatchKind::Address => all.into_iter().filter(|word| letters(word) > 3 || digits(word) > 2).collect(),
        WatchKind::BirthDate => Vec::new(),
    };
    telling.push(whole);
    telling.retain(|word| !word.is_empty());
    telling
}

fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    fold(text.as_bytes(), &mut |unit| match unit {
        Unit::Letter(letter) => words.last_mut().into_iter().for_each(|word| word.push(letter)),
        Unit::Break(_) => words.push(String::new()),
    });
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::Said;
    use crate::gateway::guard::WatchKind;

    fn says(text: &str, kind: WatchKind, value: &str) -> bool {
        Said::by(&[text.to_owned()]).says(kind, value)
    }

    #[test]
    fn a_word_of_a_name_or_number_is_brought_in_any_spelling() {
        for (text, kind, value) in [
            ("zoe", WatchKind::GivenName, "Zoë"),
            ("ÇELIK", WatchKind::FamilyName, "Çelik"),
            ("x=Hart&y=1", WatchKind::FullName, "Maarten 't Hart"),
            ("ll-10027", WatchKind::Identifier, "LL-10027"),
            ("10027", WatchKind::Identifier, "LL-10027"),
            ("LL 10027", WatchKind::Identifier, "LL-10027"),
            ("thart", WatchKind::Email, "m.thart@leerling.example"),
            ("2013-09-04", WatchKind::BirthDate, "2013-09-04"),
            ("bo", WatchKind::FullName, "Bo A"),
            ("\\u007aoe", WatchKind::GivenName, "Zoë"),
            ("Hart%20x", WatchKind::FamilyName, "Hart"),
        ] {
            assert!(says(text, kind, value), "{text}");
        }
    }

    #[test]
    fn what_others_have_too_is_not_brought() {
        for (text, kind, value) in [
            ("https://las.example/leerling", WatchKind::Email, "m.thart@leerling.example"),
            ("LL-10028", WatchKind::Identifier, "LL-10027"),
            ("ll", WatchKind::Identifier, "LL-10027"),
            ("2013-09-05", WatchKind::BirthDate, "2013-09-04"),
            ("10027", WatchKind::Identifier, "100270"),
            ("", WatchKind::GivenName, "Zoë"),
        ] {
            assert!(!says(text, kind, value), "{text}");
        }
    }
}
