//! The demo's own check: everything that the publisher was sent, searched for everything that names a pupil.
//!
//! It shares no code with the gateway's guard, and knows no profile: bytes and words only. Values are looked for as
//! they stand, as JSON escapes them (RFC 8259, 7) and percent-encoded (RFC 3986, 2.1).

use super::pupils::Pupil;

/// A value that must stay inside, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Secret {
    pub(super) what: &'static str,
    pub(super) text: String,
}

/// Everything that names one of the pupils.
pub(super) fn secrets(pupils: &[Pupil]) -> Vec<Secret> {
    let mut all = Vec::new();
    for pupil in pupils {
        let mut put = |what, text: &str| all.push(Secret { what, text: text.to_owned() });
        put("name", &pupil.name());
        put("name", &pupil.full_name());
        put("name", pupil.given);
        put("name", pupil.called);
        put("name", pupil.family);
        put("number", &pupil.number());
        put("number", &pupil.eck_id());
        put("number", &pupil.las_key());
        put("number", &pupil.profile_id());
        put("number", &pupil.sis_user());
        put("login", pupil.login);
        put("email", &pupil.email());
        put("birth-date", pupil.born);
    }
    all.sort_by(|a, b| a.text.cmp(&b.text));
    all.dedup();
    all
}

/// Which of them stand in these bytes.
pub(super) fn search<'s>(bytes: &[u8], secrets: &'s [Secret]) -> Vec<&'s Secret> {
    let text = String::from_utf8_lossy(bytes);
    secrets.iter().filter(|secret| spellings(&secret.text).iter().any(|form| stands(&text, form))).collect()
}

/// As a whole word, or as a run of words: `A` is no part of `Rekenwonder AB`.
fn stands(text: &str, wanted: &str) -> bool {
    text.match_indices(wanted).any(|(at, found)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// A text in its encodings, each once.
fn spellings(text: &str) -> Vec<String> {
    let escaped = |upper: bool| -> String {
        let one = |c: char| -> String {
            let mut units = [0; 2];
            let code = |unit: &u16| if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
            if c.is_ascii() { c.to_string() } else { c.encode_utf16(&mut units).iter().map(code).collect() }
        };
        text.chars().map(one).collect()
    };
    let percent = |blank: &str, upper: bool| -> String {
        let one = |byte: u8| match byte {
            b' ' => blank.to_owned(),
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
            byte if upper => format!("%{byte:02X}"),
            byte => format!("%{byte:02x}"),
        };
        text.bytes().map(one).collect()
    };
    let mut all = vec![text.to_owned(), escaped(true), escaped(false)];
    for upper in [true, false] {
        all.extend([percent("%20", upper), percent("+", upper)]);
    }
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::{search, secrets};
    use crate::cli::demo::pupils;

    #[test]
    fn a_planted_value_is_found_in_every_encoding() {
        let secrets = secrets(&pupils::all());
        for planted in [
            "x Zoë Çelik x",
            "\"Zo\\u00eb\"",
            "\"\\u00C7elik\"",
            "?naam=Zo%C3%AB+%c3%87elik",
            "Bo%20A",
            "\"Bo A\"",
            "{\"id\":\"00310026\"}",
            "mailto:bo.a@leerling.petteflat.example",
            "2014-01-09",
            "/users/u-310026?",
        ] {
            assert!(!search(planted.as_bytes(), &secrets).is_empty(), "{planted}");
        }
    }

    #[test]
    fn what_names_nobody_is_not_found() {
        let secrets = secrets(&pupils::all());
        for clean in ["", "Boat", "AB", "0031002", "100310026", "Rekenwonder BV", "stormachtig", "\u{fffd}"] {
            assert_eq!(search(clean.as_bytes(), &secrets), Vec::<&super::Secret>::new(), "{clean}");
        }
    }

    #[test]
    fn the_pupils_are_distinct_and_invented() {
        let pupils = pupils::all();
        assert_eq!(pupils.len(), pupils::COUNT);
        let mut ids: Vec<String> = pupils.iter().map(super::Pupil::eck_id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), pupils::COUNT);
        let twins = pupils.iter().filter(|pupil| pupil.name() == "Sanne de Boer").count();
        assert_eq!(twins, 2);
        assert!(pupils.iter().all(|pupil| pupil.email().ends_with(".example")));
        assert!(pupils.iter().all(|pupil| pupil.eck_id().starts_with("https://ketenid.example/")));
    }
}
