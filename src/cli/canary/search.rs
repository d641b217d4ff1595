//! Whether a canary stands in bytes that left: as it is, or in an encoding.
//!
//! It shares no code with the gateway's guard, and knows no profile: canaries' values are plain ASCII, so that each has
//! few spellings, all of which are looked for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::{Digest as _, Sha256};

/// A spelling of a value.
pub(super) struct Needle {
    /// What the value is.
    pub(super) what: &'static str,
    /// How it stands, in lower case, capitals of an encoding apart.
    bytes: Vec<u8>,
    /// Compared with capitals as they are.
    exact: bool,
}

/// Every spelling of a value: plain, with blanks and marks escaped as in URLs, JSON, HTML; base64 at each of its three
/// offsets, hexadecimal, SHA-256.
pub(super) fn needles(what: &'static str, text: &str) -> Vec<Needle> {
    let lower = text.to_lowercase();
    let each = |one: &dyn Fn(char) -> String| lower.chars().map(one).collect::<String>();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    let percent = |blank: &'static str| {
        each(&|c| match c {
            ' ' => blank.to_owned(),
            c if plain(c) => c.to_string(),
            c => format!("%{:02x}", u32::from(c)),
        })
    };
    let mut folded = vec![
        lower.clone(),
        percent("%20"),
        percent("+"),
        each(&|c| format!("\\u{:04x}", u32::from(c))),
        each(&|c| format!("&#{};", u32::from(c))),
        each(&|c| format!("&#x{:x};", u32::from(c))),
        lower.bytes().map(|byte| format!("{byte:02x}")).collect(),
        text.bytes().map(|byte| format!("{byte:02x}")).collect(),
        lower.replace(' ', "_"),
        lower.replace(' ', "-"),
        lower.replace(' ', ""),
        Sha256::digest(lower.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect(),
        Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect(),
    ];
    folded.sort();
    folded.dedup();
    let folded = folded.into_iter().map(|text| Needle { what, bytes: text.into_bytes(), exact: false });
    let coded = [text, &lower].into_iter().flat_map(|text| (0..3).map(|offset| coded(text, offset)));
    folded.chain(coded.map(|text| Needle { what, bytes: text.into_bytes(), exact: true })).collect()
}

/// The part of a text's base64 that does not depend on what stands around it.
fn coded(text: &str, offset: usize) -> String {
    let mut bytes = vec![0; offset];
    bytes.extend_from_slice(text.as_bytes());
    let whole = STANDARD_NO_PAD.encode(&bytes);
    // The first characters hold bits of what stands before, the last one bits of what follows.
    let from = (offset * 8).div_ceil(6);
    let to = bytes.len() * 8 / 6;
    whole.get(from..to).unwrap_or_default().to_owned()
}

/// What the first needle in these bytes is.
pub(super) fn search(bytes: &[u8], needles: &[Needle]) -> Option<&'static str> {
    let folded = bytes.to_ascii_lowercase();
    let stands = |needle: &&Needle| {
        let within = if needle.exact { bytes } else { &folded };
        !needle.bytes.is_empty() && within.windows(needle.bytes.len()).any(|window| window == needle.bytes)
    };
    needles.iter().find(stands).map(|needle| needle.what)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::{needles, search};

    #[test]
    fn a_value_is_found_in_every_encoding_and_nothing_else_is() {
        let needles = needles("name", "Bodikatu Zarekanarie");
        let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        for planted in [
            "x Bodikatu Zarekanarie x".to_owned(),
            "BODIKATU ZAREKANARIE".to_owned(),
            "?q=bodikatu%20zarekanarie".to_owned(),
            "?q=Bodikatu+Zarekanarie".to_owned(),
            "bodikatu-zarekanarie".to_owned(),
            "\\u0042\\u006f\\u0064\\u0069\\u006b\\u0061\\u0074\\u0075\\u0020\\u005a\\u0061\\u0072\\u0065\\u006b\\u0061\\u006e\\u0061\\u0072\\u0069\\u0065"
                .replace("\\u0042", "\\u0062")
                .replace("\\u005a", "\\u007A"),
            base64("Bodikatu Zarekanarie"),
            base64("1Bodikatu Zarekanarie, groep 7"),
            base64("12Bodikatu Zarekanarie."),
            base64("door bodikatu zarekanarie"),
            "426f64696b617475205A6172656b616e61726965".to_owned(),
        ] {
            assert_eq!(search(planted.as_bytes(), &needles), Some("name"), "{planted}");
        }
        for clean in ["", "Bodikatu", "een kanarie", "Zarekanarie", "2026"] {
            assert_eq!(search(clean.as_bytes(), &needles), None, "{clean}");
        }
    }
}
