//! Pieces: what the rules found in a message, and in each address that stands in it.
//!
//! The message is the first piece; an address that leads to a listed request is a piece of its own, treated by
//! that request's rules. All pieces together ask the vault once. It must not know the vault.

use std::sync::Arc;

use super::address;
use super::exchange::Exchange;
use super::parts::{Parts, Slices};
use super::refusal::Refusal;
use super::route::Route;
use crate::profile::{Act, Door, FindRefusal, Found, Material, Place, Selected, Unlisted};
use crate::rewrite::target::Target;

/// A message, or an address in it, with what was found.
pub(super) struct Piece {
    pub(super) found: Found,
    /// None for the message itself.
    pub(super) address: Option<Address>,
}

/// Where an address stands and leads.
pub(super) struct Address {
    /// The route that it leads to, whose rules found what is in it.
    pub(super) route: Arc<Route>,
    /// The finding of the message that holds it.
    pub(super) finding: usize,
    /// The request that it is, on this side.
    pub(super) target: Target,
    /// What stands before the target on the other side.
    pub(super) base: String,
    /// The address is a bare mount: no slash behind it.
    pub(super) bare: bool,
    /// In a `Link` header: the relation.
    pub(super) relation: Option<String>,
}

impl Piece {
    /// The route whose profile the rules of this piece are numbered in.
    pub(super) fn route<'a>(&'a self, exchange: &'a Exchange) -> &'a Route {
        self.address.as_ref().map_or(&exchange.route, |address| &address.route)
    }

    /// The lists that [`Piece::material`] needs.
    pub(super) fn slices<'a>(&'a self, parts: &'a Parts) -> Slices<'a> {
        match &self.address {
            None => parts.slices(),
            Some(address) => Slices::of(&address.target),
        }
    }

    /// As [`crate::profile::Profile::find`] takes it.
    pub(super) fn material<'a>(&'a self, parts: &'a Parts, slices: &'a Slices<'a>) -> Material<'a> {
        match &self.address {
            None => parts.material(slices),
            Some(address) => slices.material(None, Some(&address.target)),
        }
    }
}

/// Walks a message and the addresses in it.
///
/// # Errors
/// What the rules refuse, and an address in a document that leads nowhere where the rule refuses what is unlisted.
pub(super) fn pieces(
    exchange: &Exchange,
    selected: Selected,
    door: Door,
    closed: bool,
    parts: &Parts,
) -> Result<Vec<Piece>, Refusal> {
    let profile = &exchange.route.profile;
    let slices = parts.slices();
    let material = parts.material(&slices);
    let found = profile.find(&selected, door, closed, &material).map_err(found_refusal)?;
    let mut addresses = Vec::new();
    for (index, finding) in found.findings.iter().enumerate() {
        let Act::Address { link } = finding.act else { continue };
        let text = found.text(finding.place, &material);
        let read = address::read(exchange, door, index, &text, link);
        // A header that is not listed does not cross and does not refuse; neither does an address in one.
        let refuses = !matches!(finding.place, Place::Header(_))
            && profile.rule(finding.rule).is_none_or(|rule| rule.unlisted == Unlisted::Refuse);
        if refuses && read.iter().any(Option::is_none) {
            return Err(Refusal::NotListed { rule: profile.rule_text(finding.rule) });
        }
        addresses.extend(read.into_iter().flatten());
    }
    let message = Piece { found, address: None };
    Ok(std::iter::once(message).chain(addresses).collect())
}

/// What the caller hears of what the rules refuse.
fn found_refusal(refusal: FindRefusal) -> Refusal {
    match refusal {
        FindRefusal::NotListed { rule } => Refusal::NotListed { rule },
        FindRefusal::Question { rule } => Refusal::Question { rule },
        FindRefusal::NoPerson { rule } => Refusal::NoPerson { rule },
        FindRefusal::NotAgreed { rule } => Refusal::NotAgreed { rule },
        FindRefusal::Closed { rule } => Refusal::Closed { rule },
        FindRefusal::Shape { rule, what } => Refusal::NotListed { rule: format!("{rule}: {what}") },
    }
}
