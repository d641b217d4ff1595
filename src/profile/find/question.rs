//! What a kept value of a question may be. A question is written by whoever asks, and answered by a system that may
//! read it less strictly than Sluis: nothing may stand in a value that such a system could take for more of the
//! question. It must not know profiles.

/// The longest kept value, in bytes.
const LONGEST: usize = 64;
/// The largest page, and the furthest offset, have this many digits.
const DIGITS: usize = 7;

/// Whether a kept value is one value and nothing more: letters, digits and the marks of dates, versions and ids; words
/// apart by single spaces, none of them a connective. How many and from where on (`limit`, `offset`) are digits only.
pub(super) fn is_plain(name: &str, text: &str) -> bool {
    if matches!(name, "limit" | "offset") {
        return (1..=DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    }
    let mark = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:+".contains(&byte);
    let word = |word: &str| {
        let connective = ["and", "or", "not"].iter().any(|one| word.eq_ignore_ascii_case(one));
        !word.is_empty() && word.bytes().all(mark) && !connective
    };
    text.is_empty() || (text.len() <= LONGEST && text.split(' ').all(word))
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn a_value_is_no_second_question() {
        for good in ["active", "2026-08-20T08:00:00.000Z", "fully graded", "li-h3", "student", "", "1.2"] {
            assert!(is_plain("status", good), "{good}");
        }
        for odd in [
            "x AND familyName>M",
            "x' OR '1'='1",
            "a=b",
            "a and b",
            "naïef",
            "a  b",
            " a",
            "a,b",
            "a;b",
            "a%00",
            "a\"b",
        ] {
            assert!(!is_plain("status", odd), "{odd}");
        }
        assert!(!is_plain("status", &"a".repeat(65)));
        assert!(is_plain("limit", "100") && is_plain("offset", "0"));
        for odd in ["", "-1", "1e3", "95312 OR 1", "12345678", "0x10"] {
            assert!(!is_plain("limit", odd), "{odd}");
        }
    }
}
