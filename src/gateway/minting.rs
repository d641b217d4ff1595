//! Minting: things without a pseudonym, which the publisher brought before or brings now; and remembering names that it
//! gave, to persons too (`aliases` says which).
//!
//! A question brings nothing, wherever it stands, and what the school's side has shown is never the publisher's: a guess is
//! refused like any other unknown pseudonym. It must not know how a message is written.

use std::collections::HashSet;

use http::Method;

use super::exchange::Exchange;
use super::leave::vault_refusal;
use super::message::Head;
use super::piece::Piece;
use super::refusal::Refusal;
use super::route::Route;
use crate::derive::{Core, Shape};
use crate::identity::{Identifier, Kind};
use crate::profile::Place;
use crate::profile::find::{Finding, Masking};
use crate::vault::{Alias, Minted, Owner, VaultError};

/// The longest name that a publisher may give to a thing of its own, in bytes.
pub(super) const LONGEST: usize = 128;

/// A thing without a pseudonym.
pub(super) struct Thing<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) shape: &'a Shape,
    /// It stands where a message makes something: see [`brings`].
    pub(super) brings: bool,
}

/// Whether something is made at a finding: in body or path of a POST or PUT, and wherever the publisher's own reply names
/// it. A parameter asks, and an address points at what is there.
pub(super) fn brings(head: &Head, piece: &Piece, finding: usize) -> bool {
    let Head::Request { method, .. } = head else { return true };
    let place = piece.found.findings.get(finding).map(|finding| finding.place);
    piece.address.is_none()
        && match place {
            Some(Place::Body(_) | Place::Path(_)) => *method == Method::POST || *method == Method::PUT,
            _ => false,
        }
}

/// Whether a name has the form that the profile gives to names of its kind. Before the vault is asked: what does not says
/// nothing of whether the school has it.
///
/// # Errors
/// [`Refusal::NotListed`] where something is made; where one is asked for it is as unknown as any.
pub(super) fn may_name(
    route: &Route,
    (finding, masking): (&Finding, &Masking),
    text: &str,
    brings: bool,
) -> Result<(), Refusal> {
    match (route.profile.may_be_named(masking.kind, text), brings) {
        (true, _) => Ok(()),
        (false, true) => Err(misnamed(route, Some(finding))),
        (false, false) => Err(Refusal::UnknownPseudonym),
    }
}

/// A name of another form than the profile lists.
pub(super) fn misnamed(route: &Route, finding: Option<&Finding>) -> Refusal {
    let text = |finding: &Finding| route.profile.rule_text(finding.rule);
    Refusal::NotListed { rule: format!("{}: a name of another form", finding.map(text).unwrap_or_default()) }
}

/// New names that one message may bring.
const MOST: usize = 1000;

/// A name that the publisher gives: to a thing of its own, or to a person.
pub(super) struct Given {
    pub(super) kind: Kind,
    pub(super) text: String,
    /// Whom it names: by the identifier beside it, and the mapping that it came by.
    pub(super) person: Option<(Identifier, Core, [u8; 16])>,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Given(…)")
    }
}

/// What is new, if all of it may enter.
///
/// # Errors
/// [`Refusal::UnknownPseudonym`] for what nobody brings, for what is the school's, and for more than [`MOST`] at once.
pub(super) async fn mint(exchange: &Exchange, things: &[Thing<'_>]) -> Result<Vec<Given>, Refusal> {
    let scope = &exchange.route.scope;
    let asks: Vec<(Identifier, &Shape)> =
        things.iter().map(|thing| (Identifier::new(thing.kind, thing.text), thing.shape)).collect();
    let vault = &exchange.house.vault;
    let owners = vault.owners(scope, &asks).await.map_err(|error| vault_refusal(&error))?;
    // What is made in one place may be named in others of the same message.
    let brought: HashSet<(Kind, &str)> =
        things.iter().filter(|thing| thing.brings).map(|thing| (thing.kind, thing.text)).collect();
    let mut new = Vec::new();
    for (thing, owner) in things.iter().zip(owners) {
        match owner {
            Owner::Publisher => {}
            Owner::Nobody if brought.contains(&(thing.kind, thing.text)) => {
                new.push(Given { kind: thing.kind, text: thing.text.to_owned(), person: None });
            }
            Owner::Nobody | Owner::School => return Err(Refusal::UnknownPseudonym),
        }
    }
    if new.len() > MOST { Err(Refusal::UnknownPseudonym) } else { Ok(new) }
}

/// Remembers that the publisher made these. Only once there is such a thing: what a question named and the school refused
/// stays a guess.
pub(super) async fn remember(exchange: &Exchange, given: &[Given]) -> Result<(), Refusal> {
    if given.is_empty() {
        return Ok(());
    }
    let minted = given.iter().map(|one| Minted {
        kind: one.kind,
        text: &one.text,
        person: one.person.as_ref().map(|(identifier, core, salt)| Alias {
            identifier,
            core: *core,
            salt: *salt,
        }),
    });
    let minted: Vec<Minted<'_>> = minted.collect();
    let vault = &exchange.house.vault;
    let remembered = vault.remember_minted(&exchange.route.scope, &minted).await;
    remembered.map_err(|error| match error {
        // Another exchange was there first.
        VaultError::SecondPerson => Refusal::SecondPerson { rule: exchange.route.profile.name().to_owned() },
        error => vault_refusal(&error),
    })
}
