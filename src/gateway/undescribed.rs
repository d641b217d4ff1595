//! A reply of the school that no message describes: its status crosses, its body does not.
//!
//! A school that names in its errors whom the question was about must hear of it, and the publisher gets a 502 instead
//! (decision 15). But an error may only repeat what the question itself said: judged, that would answer a guess. So where
//! it names them by nothing but what the question brought, the publisher hears what it hears of every other guess: 502
//! where this school's errors of that kind are known to name whom they are about, else the status. It must not know what
//! the error says.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, Method, StatusCode};

use super::brought::Said;
use super::exchange::Exchange;
use super::guard::{Suspects, Watch, WatchKind, Watched};
use super::leave::guarded;
use super::message::{Head, Message};
use super::refusal::Refusal;
use crate::identity::{Identifier, Kind};
use crate::profile::Selected;

/// Of so many pupils in one question, of so many bytes, each value is looked for by itself.
const MOST: usize = 16;
const LONGEST: usize = 64 * 1024;

/// Which errors were seen to name whom their questions were about, by route, path and status. A restart forgets.
#[derive(Default)]
pub(super) struct Echoing(Mutex<HashSet<(String, StatusCode)>>);

impl Echoing {
    fn note(&self, exchange: &Exchange, status: StatusCode) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key(exchange, status));
    }

    fn knows(&self, exchange: &Exchange, status: StatusCode) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&key(exchange, status))
    }
}

fn key(exchange: &Exchange, status: StatusCode) -> (String, StatusCode) {
    (format!("{} {}", exchange.route.scope.school, exchange.template()), status)
}

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
    let Head::Reply { status, .. } = withheld.head else { return Err(Refusal::Internal) };
    // Whom it certainly names: no body crosses here, so that a suspect harms nobody.
    let named = guarded(Suspects::Report, None, watch, &[], withheld.clone());
    match named {
        Ok(_) => {}
        Err(leak) if names_by_itself(exchange, selected, whom, watch, &withheld) => {
            exchange.echoing.note(exchange, status);
            return Err(leak);
        }
        Err(leak) => {
            tracing::warn!(
                exchange = %exchange.id,
                "the school's error names whom the question was about, and so did the question itself; it stays inside"
            );
            if exchange.echoing.knows(exchange, status) {
                return Err(leak);
            }
            return Ok(());
        }
    }
    if let Err(Refusal::Leak { found, part }) =
        guarded(Suspects::Report, register, &Watch::new(), &[], withheld)
    {
        tracing::warn!(exchange = %exchange.id, found, part, "the school's error names somebody; it stays inside");
    }
    Ok(())
}

/// Whether an error that names somebody does so by something that the question did not bring: then it names him for
/// every guess, and none is answered by saying so.
fn names_by_itself(
    exchange: &Exchange,
    selected: Selected,
    whom: &[Identifier],
    watch: &Watch,
    error: &Message,
) -> bool {
    let Some(asked) = &exchange.asked else { return true };
    let (target, body) = asked.as_sent();
    let head = Head::Request { method: Method::POST, target, headers: HeaderMap::new() };
    let question = Message { head, body };
    let brings = |watch: &Watch| guarded(Suspects::Report, None, watch, &[], question.clone()).is_err();
    let format = exchange.route.profile.format(selected);
    let said = Said::by(&asked.brought(format, &exchange.house.limits));
    let values = known(exchange, whom);
    let whole = brings(watch);
    if !whole && values.iter().all(|value| !said.says(value.kind, value.text)) {
        return true;
    }
    // In which encoding it was brought is looked up value by value; of many pupils at once it is not.
    if whole && (whom.len() > MOST || question.body.len() > LONGEST) {
        return false;
    }
    let mut unsaid = Watch::new();
    for value in values.iter().filter(|value| !said.says(value.kind, value.text)) {
        let mut alone = Watch::new();
        alone.add(Some(value.person), value.kind, value.text);
        if !whole || !brings(&alone) {
            unsaid.add(Some(value.person), value.kind, value.text);
        }
    }
    guarded(Suspects::Report, None, &unsaid, &[], error.clone()).is_err()
}

/// What is known of whom a question restored: his identifier, and what the roster holds.
fn known<'a>(exchange: &'a Exchange, whom: &'a [Identifier]) -> Vec<Watched<'a>> {
    let register = exchange.register();
    let mut values = Vec::new();
    for (person, identifier) in (0..).zip(whom) {
        let email = identifier.kind() == Kind::EMAIL;
        let kind = if email { WatchKind::Email } else { WatchKind::Identifier };
        values.push(Watched { person, kind, text: identifier.expose() });
        let known = register.into_iter().flat_map(|register| register.known(identifier));
        values.extend(known.map(|(kind, text)| Watched { person, kind, text }));
    }
    values
}
