//! A reply of the school that no message describes: its status crosses, its body does not.
//!
//! But a school that names in its errors whom the question was about must hear of it, and the publisher gets a 502
//! instead. That too could answer a guess, where the error only repeats what the question said: each text that the
//! question brought is taken out of the error as often as it was brought, before the guard looks. It must not know
//! what the error says.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

use super::exchange::Exchange;
use super::guard::{Suspects, Watch};
use super::leave::guarded;
use super::message::{Head, Message};
use super::refusal::Refusal;
use crate::identity::Identifier;
use crate::profile::Selected;

/// Whether a reply that is withheld names anybody whom its question restored: the exchange then fails, instead of
/// passing its status on. Of others the school hears, and the publisher does not.
///
/// # Errors
/// [`Refusal::Leak`] when it does.
pub(super) fn look_over(
    exchange: &Exchange,
    selected: Selected,
    whom: &[Identifier],
    watch: &mut Watch,
    withheld: Message,
) -> Result<(), Refusal> {
    let register = exchange.register();
    for (person, identifier) in (1 << 30..).zip(whom) {
        if let Some(register) = register {
            register.watch(identifier, person, watch);
        }
    }
    // Whom it certainly names: no body crosses here, so that a suspect harms nobody.
    guarded(Suspects::Report, None, watch, &[], without_echoes(exchange, selected, &withheld))?;
    if let Err(Refusal::Leak { found, part }) =
        guarded(Suspects::Report, register, &Watch::new(), &[], withheld)
    {
        tracing::warn!(exchange = %exchange.id, found, part, "the school's error names somebody; it stays inside");
    }
    Ok(())
}

/// The reply without what the question brought.
fn without_echoes(exchange: &Exchange, selected: Selected, withheld: &Message) -> Message {
    let format = exchange.route.profile.format(selected);
    let brought =
        exchange.asked.as_ref().map_or_else(Vec::new, |asked| asked.brought(format, &exchange.house.limits));
    if brought.is_empty() {
        return withheld.clone();
    }
    let mut body = withheld.body.to_vec();
    let Head::Reply { status, headers } = &withheld.head else { return withheld.clone() };
    let mut texts: Vec<Vec<u8>> = headers.values().map(|value| value.as_bytes().to_vec()).collect();
    for text in &brought {
        // Once for each time that it was brought, wherever it stands first.
        let mut places = std::iter::once(&mut body).chain(&mut texts);
        places.any(|place| take_out(place, text.as_bytes()));
    }
    let mut left = HeaderMap::with_capacity(headers.len());
    for (name, value) in
        headers.keys().flat_map(|name| headers.get_all(name).iter().map(move |_| name)).zip(&texts)
    {
        left.append(name.clone(), HeaderValue::from_bytes(value).unwrap_or(HeaderValue::from_static("")));
    }
    Message { head: Head::Reply { status: *status, headers: left }, body: Bytes::from(body) }
}

/// Blanks the first place where a text stands as a word.
fn take_out(within: &mut [u8], text: &[u8]) -> bool {
    let apart = |byte: Option<&u8>| byte.is_none_or(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric());
    let found = memchr::memmem::find_iter(within, text).find(|at| {
        let before = at.checked_sub(1).and_then(|before| within.get(before));
        apart(before) && apart(within.get(at + text.len()))
    });
    let Some(place) = found.and_then(|at| within.get_mut(at..at + text.len())) else { return false };
    place.fill(b' ');
    true
}

#[cfg(test)]
mod tests {
    use super::take_out;

    #[test]
    fn a_text_is_taken_out_once_and_as_a_word() {
        let mut error = b"x10027 10027 10027".to_vec();
        assert!(take_out(&mut error, b"10027"));
        assert_eq!(error, b"x10027       10027");
        assert!(take_out(&mut error, b"10027"));
        assert!(!take_out(&mut error, b"10027"), "x10027 is another word");
        assert!(!take_out(&mut error, "é".as_bytes()));
    }
}
