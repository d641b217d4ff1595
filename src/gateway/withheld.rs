//! Whom a message that leaves must leave out: pupils with an objection, and pupils without the consent that they need.
//!
//! In a list the element that is about such a pupil goes, whole; a message about one pupil alone is refused. It must not
//! know why somebody objected, nor how a message is written.

use super::aliases::Aliases;
use super::asking::within;
use super::exchange::Exchange;
use super::house::Register;
use super::parts::Parts;
use super::piece::Piece;
use super::refusal::Refusal;
use crate::clock::Date;
use crate::identity::Identifier;
use crate::profile::find::{Finding, Masking};
use crate::profile::{Category, Found, Minted, Place};
use crate::rewrite::{Document, NodeKind};
use crate::roster::consent::{Consents, Standing};

/// What does not leave of a message: elements of its body's lists, and the findings in them.
#[derive(Default)]
pub(super) struct Withheld {
    /// First node and the node behind the last of each element, ascending, none in another.
    elements: Vec<(u32, u32)>,
    /// Of each piece, which findings stand in them.
    findings: Vec<Vec<bool>>,
}

/// How pupils stand towards the publisher of a route.
struct Standings<'a> {
    consents: Option<&'a Consents>,
    register: Option<&'a Register>,
    /// The publisher is a free app, and it is this day.
    under_16: Option<Date>,
}

/// Whether a publisher may ask about these people at all, given by their identifiers and the findings that name them.
///
/// # Errors
/// [`Refusal::Objected`] or [`Refusal::NoConsent`], before anything is asked: a reply that says nothing of a person can
/// still be about him.
pub(super) fn may_be_asked<'a>(
    exchange: &Exchange,
    mut people: impl Iterator<Item = (&'a Finding, &'a Identifier)>,
) -> Result<(), Refusal> {
    let Some(standings) = Standings::towards(exchange, exchange.register()) else { return Ok(()) };
    let refused = people.find_map(|(finding, identifier)| standings.refuse(exchange, finding, identifier));
    refused.map_or(Ok(()), Err)
}

/// Headers that say how many there are, those who do not leave too.
const TOTALS: [&str; 2] = ["x-total-count", "x-total"];

/// Lets no total leave where somebody may be held back: counted with a filter it would tell of him alone. It goes from
/// every reply of such a route, so that its absence tells nothing.
pub(super) fn take_totals(exchange: &Exchange, parts: &Parts, whole: &mut Piece) {
    if Standings::towards(exchange, exchange.register()).is_some() {
        let total = |index: &u32| {
            let name = parts.headers.get(*index as usize).map(|(name, _)| name.as_str());
            name.is_some_and(|name| TOTALS.contains(&name))
        };
        whole.found.kept_headers.retain(|index| !total(index));
    }
}

impl Withheld {
    /// Looks at every pupil that the findings name.
    ///
    /// # Errors
    /// [`Refusal::Objected`] or [`Refusal::NoConsent`], when such a pupil is named where no list element can go.
    pub(super) fn of(
        exchange: &Exchange,
        register: Option<&Register>,
        parts: &Parts,
        pieces: &[Piece],
        aliases: &Aliases,
    ) -> Result<Self, Refusal> {
        let Some(standings) = Standings::towards(exchange, register) else { return Ok(Self::default()) };
        let mut elements = Vec::new();
        let mut lists = None;
        for (place, piece) in pieces.iter().enumerate() {
            let slices = piece.slices(parts);
            let material = piece.material(parts, &slices);
            for (index, finding) in piece.found.findings.iter().enumerate() {
                let identifier = match (points_at_pupil(finding), aliases.at(place, index)) {
                    (Some(masking), _) => {
                        let text = piece.found.text(finding.place, &material);
                        Identifier::new(masking.kind, within(&masking, &text))
                    }
                    (None, Some(named)) => named.identifier().clone(),
                    (None, None) => continue,
                };
                let Some(refusal) = standings.refuse(exchange, finding, &identifier) else { continue };
                let (Some(whole), Some(body)) = (pieces.first(), &parts.body) else { return Err(refusal) };
                // An address stands where its finding of the message does.
                let at = match &piece.address {
                    Some(address) => whole.found.findings.get(address.finding),
                    None => Some(finding),
                };
                let lists = lists.get_or_insert_with(|| Lists::of(body));
                let element = at.and_then(|at| lists.element(body, &whole.found, at)).ok_or(refusal)?;
                elements.push((element, body.node(element).map_or(element + 1, |node| node.next)));
            }
        }
        elements.sort_unstable_by_key(|(from, to)| (*from, std::cmp::Reverse(*to)));
        elements.dedup_by(|next, kept| next.1 <= kept.1);
        let mut withheld = Self { elements, findings: Vec::new() };
        if let (false, Some(whole)) = (withheld.elements.is_empty(), pieces.first()) {
            withheld.findings = pieces.iter().map(|piece| withheld.within(whole, piece)).collect();
        }
        Ok(withheld)
    }

    /// The elements that go, by their nodes in the body.
    pub(super) fn elements(&self) -> impl ExactSizeIterator<Item = u32> {
        self.elements.iter().map(|(from, _)| *from)
    }

    /// Whether a finding of a piece stands in what goes.
    pub(super) fn takes(&self, piece: usize, finding: usize) -> bool {
        self.findings.get(piece).and_then(|own| own.get(finding)).copied().unwrap_or_default()
    }

    /// Whether a node of the body, or of a decoded value in it, stands in what goes.
    pub(super) fn takes_node(&self, found: &Found, nested: Option<u32>, node: u32) -> bool {
        let place = nested.map_or(Place::Body(node), |nested| Place::Nested { nested, node });
        !self.elements.is_empty() && in_body(found, place).is_some_and(|node| self.holds(node))
    }

    fn within(&self, whole: &Piece, piece: &Piece) -> Vec<bool> {
        let takes = |finding: &Finding| in_body(&whole.found, finding.place).is_some_and(|at| self.holds(at));
        match &piece.address {
            Some(address) => {
                let goes = whole.found.findings.get(address.finding).is_some_and(takes);
                vec![goes; piece.found.findings.len()]
            }
            None => piece.found.findings.iter().map(takes).collect(),
        }
    }

    fn holds(&self, node: u32) -> bool {
        let before = self.elements.partition_point(|(from, _)| *from <= node);
        before.checked_sub(1).and_then(|at| self.elements.get(at)).is_some_and(|(_, to)| node < *to)
    }
}

impl<'a> Standings<'a> {
    /// How pupils stand towards a route's publisher; none when nothing can stand against anybody.
    fn towards(exchange: &'a Exchange, register: Option<&'a Register>) -> Option<Self> {
        let (house, route) = (&exchange.house, &exchange.route);
        let consents = house.consents.get(&route.scope.school).map(AsRef::as_ref);
        let under_16 = route.terms.consent_under_16.then(|| Date::in_the_netherlands(house.clock.now()));
        let objections = consents.is_some_and(|consents| consents.objected_to(route.publisher()));
        (objections || under_16.is_some()).then_some(Self { consents, register, under_16 })
    }

    fn refuse(&self, exchange: &Exchange, finding: &Finding, identifier: &Identifier) -> Option<Refusal> {
        // Of grown-ups no consent is asked; an objection of theirs counts.
        let grown = matches!(finding.category, Some(Category::StaffId | Category::Guardian));
        let under_16 = self.under_16.filter(|_| !grown);
        let nobody = Consents::default();
        let consents = self.consents.unwrap_or(&nobody);
        let roster = self.register.map(|register| &register.roster);
        match consents.standing(roster, identifier, exchange.route.publisher(), under_16) {
            Standing::Leaves => None,
            Standing::Objected => Some(Refusal::Objected),
            Standing::NoConsent => Some(Refusal::NoConsent),
        }
    }
}

/// How a finding masks an identifier of the school that points at a person; none for other findings.
fn points_at_pupil(finding: &Finding) -> Option<Masking> {
    let masking = *finding.act.masking()?;
    (masking.person && masking.minted == Minted::Inside).then_some(masking)
}

/// Where the lists of a body are.
struct Lists {
    /// The parent of each node.
    parents: Vec<u32>,
}

impl Lists {
    fn of(body: &Document) -> Self {
        let mut parents = vec![0; body.len()];
        for node in 0..u32::try_from(body.len()).unwrap_or(u32::MAX) {
            for child in body.children(node) {
                if let Some(parent) = parents.get_mut(child as usize) {
                    *parent = node;
                }
            }
        }
        Self { parents }
    }

    /// The list element that goes with a finding: the innermost round the record that the finding stands in, or round
    /// the finding itself where no record says whom it is about. None where the message as a whole is about that person.
    fn element(&self, body: &Document, found: &Found, finding: &Finding) -> Option<u32> {
        let node = in_body(found, finding.place)?;
        let around = |record: u32| record <= node && body.node(record).is_some_and(|own| node < own.next);
        let records = found.persons.iter().filter_map(|person| in_body(found, person.record?));
        let mut at = match records.filter(|record| around(*record)).max() {
            Some(record) => record,
            None if finding.person.is_some() => return None,
            None => node,
        };
        while at > 0 {
            let parent = *self.parents.get(at as usize)?;
            if body.kind(parent) == NodeKind::Array {
                return Some(at);
            }
            at = parent;
        }
        None
    }
}

/// The node of the body at which a place stands; of a place in a decoded value, that value's. None outside the body.
fn in_body(found: &Found, mut place: Place) -> Option<u32> {
    loop {
        place = match place {
            Place::Body(node) | Place::InsertBody { parent: node } => return Some(node),
            Place::Nested { nested, .. } | Place::InsertNested { nested, .. } => {
                found.nested.get(nested as usize)?.host
            }
            Place::Query(_)
            | Place::Path(_)
            | Place::Header(_)
            | Place::InsertQuery
            | Place::InsertHeader => return None,
        };
    }
}
