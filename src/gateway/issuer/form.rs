//! The form that a token request is: `application/x-www-form-urlencoded`, read strictly.
//!
//! A parameter that stands twice refuses the form (RFC 6749, 3.2). It must not know what parameters mean.

use zeroize::Zeroizing;

/// Parameters a form may have, and bytes it may be long.
const MOST: usize = 16;
const LONGEST: usize = 32 * 1024;

/// A form, wiped when dropped: secrets travel in it.
pub(super) struct Form {
    fields: Vec<(String, Zeroizing<String>)>,
}

impl Form {
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= LONGEST)?;
        let mut fields: Vec<(String, Zeroizing<String>)> = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, Zeroizing::new(decode(value)?));
            if fields.len() == MOST || fields.iter().any(|(known, _)| *known == name) {
                return None;
            }
            fields.push((name, value));
        }
        Some(Self { fields })
    }

    /// A parameter's value; one without a value counts as absent (RFC 6749, 3.2).
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().find(|(known, _)| known == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// `+` and `%XX` undone; `None` when that gives no UTF-8, or an escape is broken.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let [high, low, tail @ ..] = rest else { return None };
                bytes.push(digit(*high)? << 4 | digit(*low)?);
                rest = tail;
            }
            other => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
