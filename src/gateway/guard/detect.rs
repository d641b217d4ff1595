//! Detectors: what has the form of personal data, whoever's it is. Burgerservicenummers, bank accounts, Dutch telephone
//! numbers and e-mail addresses in free text.
//!
//! They know no roster and no profile. What is free text is told by what stands beside a number: a value that is
//! nothing but the number is typed, and the business of profiles.

use std::ops::Range;

/// What a detector found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detected {
    /// Nine digits that pass the 11-test, in free text.
    Bsn,
    /// The same, where the word before says that it is one.
    NamedBsn,
    /// A bank account (ISO 13616), mod 97.
    Iban,
    /// A telephone number of the Netherlands.
    Phone,
    /// An e-mail address.
    Email,
}

impl Detected {
    /// The stable name that refusals and metrics use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bsn => "suspect-bsn",
            Self::NamedBsn => "bsn",
            Self::Iban => "suspect-iban",
            Self::Phone => "suspect-phone",
            Self::Email => "suspect-email",
        }
    }

    /// Whether it blocks whatever a route says.
    pub const fn is_certain(self) -> bool {
        matches!(self, Self::NamedBsn)
    }
}

/// Whether nine digits pass the 11-test of a burgerservicenummer.
pub(super) fn passes_eleven(digits: &[u8]) -> bool {
    let Some((last, head)) = digits.split_last().filter(|_| digits.len() == 9) else { return false };
    let weighed = head.iter().zip((2..=9).rev()).map(|(digit, weight)| u32::from(digit - b'0') * weight);
    let sum = weighed.sum::<u32>() as i32 - i32::from(last - b'0');
    sum > 0 && sum % 11 == 0
}

/// Words that say that a burgerservicenummer follows.
const SAYS_BSN: [&[u8]; 7] =
    [b"bsn", b"burgerservicenummer", b"burgerservicenr", b"sofinummer", b"sofi", b"pgn", b"onderwijsnummer"];

/// Whether one of the two words before `at` says that a burgerservicenummer follows.
pub(super) fn says_bsn(text: &[u8], at: usize) -> bool {
    let before = text.get(at.saturating_sub(48)..at).unwrap_or_default().to_ascii_lowercase();
    let mut words = before.rsplit(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let says =
        |word: Option<&[u8]>| word.is_some_and(|word| SAYS_BSN.contains(&word) || word.ends_with(b"bsn"));
    says(words.next()) || says(words.next())
}

/// Countries and the length of their bank accounts (ISO 13616 registry, those that schools may meet).
const ACCOUNTS: [(&[u8; 2], usize); 36] = [
    (b"nl", 18),
    (b"be", 16),
    (b"de", 22),
    (b"fr", 27),
    (b"gb", 22),
    (b"lu", 20),
    (b"at", 20),
    (b"es", 24),
    (b"it", 27),
    (b"pt", 25),
    (b"ie", 22),
    (b"dk", 18),
    (b"se", 24),
    (b"no", 15),
    (b"fi", 18),
    (b"pl", 28),
    (b"cz", 24),
    (b"sk", 24),
    (b"hu", 28),
    (b"ro", 24),
    (b"bg", 22),
    (b"gr", 27),
    (b"hr", 21),
    (b"si", 19),
    (b"lt", 20),
    (b"lv", 21),
    (b"ee", 20),
    (b"ch", 21),
    (b"li", 21),
    (b"mt", 31),
    (b"cy", 28),
    (b"tr", 26),
    (b"is", 26),
    (b"mc", 27),
    (b"sm", 27),
    (b"ua", 29),
];

/// Whether a word begins as a bank account does.
#[inline]
pub(super) fn begins_account(word: &[u8]) -> bool {
    matches!(word, [a, b, c, d, ..] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && c.is_ascii_digit() && d.is_ascii_digit())
}

/// The bank account that begins at `start`, in one piece or in groups of four.
pub(super) fn account(text: &[u8], start: usize) -> Option<Range<usize>> {
    let head = text.get(start..start + 2)?.to_ascii_lowercase();
    let (_, length) = ACCOUNTS.iter().find(|(country, _)| country.as_slice() == head)?;
    let mut letters = Vec::with_capacity(*length);
    let mut at = start;
    while letters.len() < *length {
        let byte = *text.get(at)?;
        at += 1;
        if byte.is_ascii_alphanumeric() {
            letters.push(byte);
        } else if !(matches!(byte, b' ' | b'-' | b'.') && letters.len().is_multiple_of(4)) {
            return None;
        }
    }
    let ends = !text.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric());
    (ends && is_formed(&head, &letters) && mod_97(&letters) == 1).then_some(start..at)
}

/// Whether letters stand only where the country puts them (ISO 13616 registry): one UUID in 10,000 begins like a Belgian
/// account and passes the sum.
fn is_formed(country: &[u8], account: &[u8]) -> bool {
    let digits = |from: usize| account.iter().skip(from).all(u8::is_ascii_digit);
    let bank = || account.iter().skip(4).take(4).all(u8::is_ascii_alphabetic);
    match country {
        b"nl" | b"gb" | b"ie" => bank() && digits(8),
        b"ro" | b"bg" | b"lv" | b"mt" => bank(),
        b"fr" | b"mc" | b"it" | b"sm" | b"lu" | b"gr" | b"ch" | b"li" | b"cy" | b"tr" | b"ua" => true,
        _ => digits(4),
    }
}

fn mod_97(account: &[u8]) -> u32 {
    let (head, tail) = account.split_at(account.len().min(4));
    tail.iter().chain(head).fold(0, |rest, byte| match char::from(*byte).to_digit(36) {
        Some(value) if value < 10 => (rest * 10 + value) % 97,
        Some(value) => (rest * 100 + value) % 97,
        None => rest,
    })
}

/// The e-mail address around the `@` at `at`, and what says `mailto:` before it.
pub(super) fn address(text: &[u8], at: usize) -> Option<Range<usize>> {
    let local = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-');
    let domain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let before = text.get(at.saturating_sub(64)..at)?;
    let start = at - before.iter().rev().take_while(|byte| local(byte)).count();
    let after = text.get(at + 1..)?;
    let run = after.iter().take(255).take_while(|byte| domain(byte)).count();
    let host = after.get(..run)?;
    let host = host.strip_suffix(b".").unwrap_or(host);
    let (name, top) = host.split_at(host.iter().rposition(|byte| *byte == b'.')?);
    let named = name.iter().any(u8::is_ascii_alphanumeric);
    let country = top.len() > 2 && top.iter().skip(1).all(u8::is_ascii_alphabetic);
    let mut start = (start < at && named && country).then_some(start)?;
    for scheme in [b"mailto:".as_slice(), b"acct:"] {
        let begins = start.checked_sub(scheme.len());
        if let Some(begins) = begins.filter(|begins| text.get(*begins..start) == Some(scheme)) {
            start = begins;
        }
    }
    Some(start..at + 1 + host.len())
}

/// Whether a value is nothing but this span: a text of its own, a JSON number, a path segment, a parameter, an element,
/// a cell. Then it is typed, and no free text.
pub(super) fn is_typed(text: &[u8], span: &Range<usize>) -> bool {
    let space = |byte: &&u8| matches!(byte, b' ');
    let before = text.get(..span.start).unwrap_or_default();
    let after = text.get(span.end..).unwrap_or_default();
    let spaces = before.iter().rev().take(8).take_while(space).count();
    let before = before.get(..before.len() - spaces).unwrap_or_default();
    let follows = after.iter().take(8).take_while(space).count();
    let (left, right) = (before.last(), after.get(follows));
    let touches = spaces == 0 && follows == 0;
    match (left, right) {
        (None, None) => true,
        (Some(b'"'), Some(b'"')) | (Some(b'\''), Some(b'\'')) => true,
        (Some(b'"'), Some(b'\\')) => after.get(follows + 1) == Some(&b'"'),
        (Some(b'>'), Some(b'<')) => true,
        // A number of JSON: a member's, or an element of a list.
        (Some(b':'), None | Some(b',' | b'}' | b']' | b'\n' | b'\r')) => {
            let name = before.split_last().map_or(before, |(_, rest)| rest);
            name.iter().rev().find(|byte| **byte != b' ') == Some(&b'"')
        }
        (Some(b'['), Some(b',' | b']')) | (Some(b','), Some(b']')) => true,
        (Some(b'=' | b'/' | b'&'), None | Some(b'&' | b'/' | b'?' | b'#' | b'"')) => touches,
        (
            None | Some(b',' | b';' | b'\t' | b'|' | b'\n'),
            None | Some(b',' | b';' | b'\t' | b'|' | b'\n' | b'\r'),
        ) => touches && !(left == Some(&b'\n') && matches!(right, Some(b'\n' | b'\r'))),
        _ => false,
    }
}
