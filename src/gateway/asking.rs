//! Asking: what the findings of a leaving message ask of the vault, all of it at once.
//!
//! It must not know what the answers are, or how they are written.

use std::sync::Arc;

use super::aliases::Aliases;
use super::exchange::Exchange;
use super::house::Register;
use super::parts::Parts;
use super::piece::Piece;
use super::refusal::Refusal;
use super::route::Route;
use super::withheld::Withheld;
use crate::derive::Shape;
use crate::identity::Identifier;
use crate::profile::find::{Finding, Masking};
use crate::profile::{Act, Found, Minted, NamePart};
use crate::secret::Secret;
use crate::vault::{Named, Part};

/// What a finding asks of the vault, in the order of the findings.
pub(super) enum Ask {
    Nothing,
    /// The identifier at this place of the list.
    Identifier(usize),
    /// The label at this place of the list.
    Label(usize),
}

/// An identifier to be masked, as the vault is asked.
pub(super) struct Wanted {
    pub(super) identifier: Identifier,
    pub(super) shape: Arc<Shape>,
    pub(super) number: bool,
    pub(super) minted: bool,
}

pub(super) struct WantedLabel<'a> {
    pub(super) person: usize,
    pub(super) slot: &'a str,
    pub(super) part: Part,
    pub(super) original: Secret<String>,
}

/// All questions of the message and of the addresses in it, to be asked at once.
#[derive(Default)]
pub(super) struct Questions<'a> {
    pub(super) asks: Vec<Vec<Ask>>,
    pub(super) wanted: Vec<Wanted>,
    pub(super) names: Vec<WantedLabel<'a>>,
    /// Pupils' identifiers of kinds that the roster holds: their number, and whether it knows them.
    pub(super) met: Vec<(u64, bool)>,
}

/// Gathers what every piece asks: identifiers first, because labels and added values stand on them.
pub(super) fn gather<'a>(
    exchange: &'a Exchange,
    register: Option<&Register>,
    parts: &Parts,
    pieces: &'a [Piece],
    withheld: &Withheld,
    aliases: &Aliases,
) -> Result<Questions<'a>, Refusal> {
    let mut questions = Questions::default();
    for (place, piece) in pieces.iter().enumerate() {
        let route = piece.route(exchange);
        let slices = piece.slices(parts);
        let material = piece.material(parts, &slices);
        let mut own: Vec<Ask> = Vec::with_capacity(piece.found.findings.len());
        for (index, finding) in piece.found.findings.iter().enumerate() {
            own.push(match &finding.act {
                // Who does not leave gets no pseudonym.
                _ if withheld.takes(place, index) => Ask::Nothing,
                Act::Pseudonym(masking) if masking.minted != Minted::Publisher => {
                    let text = piece.found.text(finding.place, &material);
                    let rule = || route.profile.rule_text(finding.rule);
                    let own = Identifier::new(masking.kind, within(masking, &text));
                    questions.meet(register, masking, &own);
                    questions.wanted.push(identify(route, register, masking, own, &rule)?);
                    Ask::Identifier(questions.wanted.len() - 1)
                }
                Act::Outside(outside) => {
                    let text = piece.found.text(finding.place, &material);
                    let rule = || route.profile.rule_text(finding.rule);
                    let masking = &outside.masking;
                    let own = Identifier::new(masking.kind, within(masking, &text));
                    questions.meet(register, masking, &own);
                    let wanted = identify(route, register, masking, own, &rule)?;
                    // In the shape of the place where it will stand.
                    let shape = Arc::clone(route.shapes.of(outside.kind));
                    questions.wanted.push(Wanted { shape, number: false, ..wanted });
                    Ask::Identifier(questions.wanted.len() - 1)
                }
                // The publisher's own name stays; whom it names has stand-ins, and a place in a list.
                Act::Pseudonym(_) => match aliases.at(place, index) {
                    None => Ask::Nothing,
                    Some(named) => {
                        let rule = || route.profile.rule_text(finding.rule);
                        questions.wanted.push(named_person(route, register, named, &rule)?);
                        Ask::Identifier(questions.wanted.len() - 1)
                    }
                },
                _ => Ask::Nothing,
            });
        }
        aliases.agree(exchange, place, piece, &|finding| match own.get(finding)? {
            Ask::Identifier(ask) => questions.wanted.get(*ask).map(|one| one.identifier.clone()),
            _ => None,
        })?;
        let stands = |act: &Act| matches!(act, Act::PersonPseudonym { .. } | Act::Label { .. });
        let kept =
            |(index, finding): &(usize, &Finding)| stands(&finding.act) && !withheld.takes(place, *index);
        for (index, finding) in piece.found.findings.iter().enumerate().filter(kept) {
            let person = finding.person.and_then(|person| naming(&piece.found, person, &own));
            let original = || piece.found.text(finding.place, &material).into_owned();
            if let Some(ask) = questions.of_person(route, finding, person, &original)?
                && let Some(place) = own.get_mut(index)
            {
                *place = ask;
            }
        }
        questions.asks.push(own);
    }
    Ok(questions)
}

impl<'a> Questions<'a> {
    /// Notes whether the roster knows a pupil. Of kinds that it does not hold it can know nobody, and what the
    /// publisher may have made up is no pupil of the school's.
    fn meet(&mut self, register: Option<&Register>, masking: &Masking, own: &Identifier) {
        let Some(register) = register else { return };
        if masking.person && masking.minted == Minted::Inside && register.roster.holds(own.kind()) {
            self.met.push((register.unknown.number(own), register.roster.knows(own)));
        }
    }

    /// What a label or an added pseudonym asks of its person; none for other findings.
    fn of_person(
        &mut self,
        route: &'a Route,
        finding: &Finding,
        person: Option<usize>,
        original: &dyn Fn() -> String,
    ) -> Result<Option<Ask>, Refusal> {
        let nobody = || Refusal::NoPerson { rule: route.profile.rule_text(finding.rule) };
        match &finding.act {
            Act::PersonPseudonym { kind, .. } => {
                let person = self.wanted.get(person.ok_or_else(nobody)?).ok_or(Refusal::Internal)?;
                let identifier = person.identifier.clone();
                let shape = Arc::clone(route.shapes.of(*kind));
                self.wanted.push(Wanted { identifier, shape, number: false, minted: false });
                Ok(Some(Ask::Identifier(self.wanted.len() - 1)))
            }
            Act::Label { part, .. } => {
                let person = person.ok_or_else(nobody)?;
                let slot = route.slot(finding.rule);
                let original = Secret::new(original());
                self.names.push(WantedLabel { person, slot, part: name_part(*part), original });
                Ok(Some(Ask::Label(self.names.len() - 1)))
            }
            _ => Ok(None),
        }
    }
}

/// The identifier that is derived from: the one in the message or, with `link = "roster"`, the pupil's primary one.
fn identify(
    route: &Route,
    register: Option<&Register>,
    masking: &Masking,
    own: Identifier,
    rule: &dyn Fn() -> String,
) -> Result<Wanted, Refusal> {
    let shape = Arc::clone(route.shapes.of(masking.kind));
    if masking.number && !shape.fits_number() {
        return Err(Refusal::NotListed { rule: rule() });
    }
    let minted = masking.minted == Minted::Both;
    let identifier = match route.link.primary() {
        Some(primary) if masking.person => register
            .and_then(|register| register.roster.pupil(&own))
            .and_then(|pupil| pupil.identifier(primary))
            .ok_or_else(|| Refusal::NotInRoster { rule: rule() })?,
        _ => own,
    };
    Ok(Wanted { identifier, shape, number: masking.number, minted })
}

/// A person known by a name of the publisher's, as the vault is asked for one who stands under an identifier.
fn named_person(
    route: &Route,
    register: Option<&Register>,
    named: &Named,
    rule: &dyn Fn() -> String,
) -> Result<Wanted, Refusal> {
    let own = named.identifier().clone();
    let (kind, minted) = (own.kind(), Minted::Inside);
    let masking = Masking { kind, person: true, minted, number: false, before: 0, after: 0 };
    identify(route, register, &masking, own, rule)
}

/// What was asked of a person: the first of its places that holds anybody known.
pub(super) fn naming(found: &Found, person: u32, own: &[Ask]) -> Option<usize> {
    found.named_by(person).iter().find_map(|finding| match own.get(*finding as usize)? {
        Ask::Identifier(ask) => Some(*ask),
        _ => None,
    })
}

/// The identifier within the text of a finding.
pub(super) fn within<'a>(masking: &Masking, text: &'a str) -> &'a str {
    let end = text.len().saturating_sub(usize::from(masking.after));
    text.get(usize::from(masking.before)..end).unwrap_or(text)
}

fn name_part(part: NamePart) -> Part {
    match part {
        NamePart::Given => Part::Given,
        NamePart::Family => Part::Family,
        NamePart::Full => Part::Full,
    }
}
