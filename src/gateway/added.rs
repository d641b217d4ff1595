//! Added pseudonyms that come home: what `add` wrote in a record was never there, so it goes again.
//!
//! Such a text is the pseudonym of the record's own person in the shape of another kind; anything else is as unknown as
//! before. It must not know how a message is written.

use super::exchange::Exchange;
use super::leave::vault_refusal;
use super::piece::Piece;
use super::refusal::Refusal;
use crate::identity::Identifier;
use crate::profile::Place;
use crate::vault::{RevealAsk, Revealed};

/// A text that may have been added, and whose it then is.
pub(super) struct Added<'a> {
    pub(super) text: &'a str,
    pub(super) number: bool,
    pub(super) person: &'a Identifier,
}

/// The person of a member of a body that `add` may have written, by its number; none for any other finding. In a question
/// an added value names nobody.
pub(super) fn beside(exchange: &Exchange, piece: &Piece, finding: usize) -> Option<u32> {
    let finding = piece.found.findings.get(finding)?;
    let adds = exchange.route.profile.rule(finding.rule).is_some_and(|rule| rule.add);
    let in_body = piece.address.is_none() && matches!(finding.place, Place::Body(_));
    finding.person.filter(|_| adds && in_body)
}

/// Who that person is: the first of its places behind which anybody is known. `known` answers for a finding.
pub(super) fn person<'a>(
    pieces: &[Piece],
    person: u32,
    known: &dyn Fn(usize) -> Option<&'a Identifier>,
) -> Option<&'a Identifier> {
    let named_by = pieces.first().map_or(&[][..], |whole| whole.found.named_by(person));
    named_by.iter().find_map(|finding| known(*finding as usize))
}

/// Nothing, when each of these is a pseudonym of its person.
///
/// # Errors
/// [`Refusal::UnknownPseudonym`] for another person's, another publisher's and a guess, alike.
pub(super) async fn own(exchange: &Exchange, added: &[Added<'_>]) -> Result<(), Refusal> {
    let scope = &exchange.route.scope;
    let asks: Vec<RevealAsk<'_>> = added
        .iter()
        .map(|one| RevealAsk { text: one.text, kind: one.person.kind(), number: one.number })
        .collect();
    let vault = &exchange.house.vault;
    let revealed =
        vault.reveal(&scope.school, &scope.publisher, &asks).await.map_err(|error| vault_refusal(&error))?;
    let own = |(one, known): (&Added<'_>, &Option<Revealed>)| {
        known.as_ref().is_some_and(|known| known.identifier() == one.person)
    };
    if added.iter().zip(&revealed).all(own) { Ok(()) } else { Err(Refusal::UnknownPseudonym) }
}
