//! Closed routes: what a text may be where there is no roster, and nobody to find in it.
//!
//! It must not know rules, doors or messages.

/// Whether a text can be neither name, address, telephone number nor sentence: empty, a number, a date, a boolean, an
/// identifier with a digit in it, or a word of an enumeration (`fullyGraded`, `not_submitted`): ASCII without white
/// space, at most 128 bytes, which does not begin with a capital letter unless a digit is in it. Words joined by a dot
/// (`p.jansen`), but in the host of a web address, words between commas, numbers that begin with `+` and nine digits
/// that pass the 11-test are no such text. What a route without a roster keeps.
pub fn plain(text: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/+,#=".contains(&byte);
    let digit = text.bytes().any(|byte| byte.is_ascii_digit());
    let capital = text.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
    text.len() <= 128
        && text.bytes().all(token)
        && (digit || !capital)
        && !lists_words(text)
        && !is_dotted(text)
        && !is_telephone(text)
        && !holds_elftest(text)
}

/// Words between commas: `Jansen,Piet`, `7,Jansen`.
fn lists_words(text: &str) -> bool {
    let word = |piece: &str| piece.bytes().any(|byte| byte.is_ascii_alphabetic());
    let digit = |piece: &str| piece.bytes().any(|byte| byte.is_ascii_digit());
    text.contains(',') && text.split(',').any(|piece| word(piece) && !digit(piece))
}

/// Letters on both sides of a dot, as in `h.jansen`: a user name as likely as not. In the host of a web address they are
/// its own.
fn is_dotted(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let rest = host.map_or(text, |rest| rest.find('/').and_then(|end| rest.get(end..)).unwrap_or(""));
    let letters =
        |three: &[u8]| matches!(three, [a, b'.', b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic());
    rest.as_bytes().windows(3).any(letters)
}

/// A number as it is dialled from abroad. An offset of a time (`+01:00`) is shorter.
fn is_telephone(text: &str) -> bool {
    let digits = |rest: &str| rest.bytes().take_while(u8::is_ascii_digit).count();
    text.starts_with('+') || text.split('+').skip(1).any(|rest| digits(rest) > 4)
}

/// A number that could be a burgerservicenummer, alone or behind a word (`bsn:123456782`), in one piece or in groups.
/// Within an identifier (`L123456782`) one in eleven passes by chance.
fn holds_elftest(text: &str) -> bool {
    let grouped = |c: char| c.is_ascii_digit() || c == '.' || c == '-';
    text.split(|c: char| !(grouped(c) || c.is_ascii_alphabetic())).any(|piece| {
        // One mark is a decimal point.
        let marks = piece.bytes().filter(|byte| !byte.is_ascii_digit()).count();
        piece.chars().all(grouped) && marks != 1 && passes_elftest(piece)
    })
}

/// The 11-test of nine digits: weights 9 to 2 and -1, the sum divisible by 11.
fn passes_elftest(piece: &str) -> bool {
    let digits: Vec<i32> =
        piece.bytes().filter(u8::is_ascii_digit).map(|byte| i32::from(byte - b'0')).collect();
    let weights = [9, 8, 7, 6, 5, 4, 3, 2, -1];
    digits.len() == weights.len()
        && digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum::<i32>() % 11 == 0
}
