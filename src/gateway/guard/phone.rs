//! Telephone numbers of the Netherlands: how they are written, and which one some digits are.

use super::pattern::Patterns;

/// Takes in a number of the roster or the exchange. False when it is not one of the Netherlands.
pub(super) fn take(text: &str, out: &mut Patterns) -> bool {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).collect();
    let Some(national) = national(&digits) else { return false };
    out.phone(national);
    true
}

/// The nine digits behind the zero of a number, from any usual way of writing it: `06…`, `+31 6…`, `0031 6…`, `+31 (0)6…`.
pub(super) fn national(digits: &[u8]) -> Option<u64> {
    let rest = match digits {
        [b'0', b'0', b'3', b'1', b'0', rest @ ..] | [b'3', b'1', b'0', rest @ ..] if rest.len() == 9 => rest,
        [b'0', b'0', b'3', b'1', rest @ ..] | [b'3', b'1', rest @ ..] if rest.len() == 9 => rest,
        [b'0', rest @ ..] if rest.len() == 9 => rest,
        _ => return None,
    };
    if rest.first() == Some(&b'0') {
        return None;
    }
    std::str::from_utf8(rest).ok()?.parse().ok()
}
