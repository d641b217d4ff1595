//! The entering door: Message → Found → Restored.
//!
//! Pseudonyms become identifiers in the typed places that the profile lists, labels the names they replaced;
//! an unknown pseudonym, another publisher's and a guess are one refusal. It must not know sockets.

use super::answers::{Answer, Answers};
use super::aside::{aside, place};
use super::edits::{Edits, Write, Written};
use super::exchange::Exchange;
use super::guard::Watch;
use super::message::{Head, Message};
use super::minting::Given;
use super::outside::Gone;
use super::parts::Parts;
use super::piece::{Piece, pieces};
use super::record::{Crossing, record};
use super::refusal::Refusal;
use super::revealing::reveal;
use super::route::{Asks, Route};
use super::stream::{Carried, Names};
use super::{address, outside, withheld};
use crate::identity::Identifier;
use crate::journal::Event;
use crate::profile::find::Finding;
use crate::profile::{Act, Door, Selected};

/// A message with identifiers in it, on its way to the school. Only [`enter`] makes one.
#[derive(Debug)]
pub(super) struct Restored {
    message: Message,
    whom: Vec<Identifier>,
    given: Vec<Given>,
}

impl Restored {
    /// The message, to be looked at.
    pub(super) const fn message(&self) -> &Message {
        &self.message
    }

    /// The message, for the connection that writes it.
    pub(super) fn into_message(self) -> Message {
        self.message
    }

    /// Whose identifiers are in it.
    pub(super) fn take_whom(&mut self) -> Vec<Identifier> {
        std::mem::take(&mut self.whom)
    }

    /// What the publisher names in it for the first time.
    pub(super) fn take_given(&mut self) -> Vec<Given> {
        std::mem::take(&mut self.given)
    }
}

/// A message with everything restored; the journal does not know of it yet.
pub(super) struct Opened {
    pub(super) message: Message,
    pub(super) counts: Vec<u32>,
    pub(super) salts: Vec<[u8; 16]>,
    whom: Vec<Identifier>,
    given: Vec<Given>,
    /// Of each person, what names it: of a segment only.
    pub(super) names: Names,
}

/// Lets a message enter, or says why not.
pub(super) async fn enter(
    exchange: &Exchange,
    selected: Selected,
    message: Message,
    watch: &mut Watch,
) -> Result<Restored, Refusal> {
    let opened = opened(exchange, selected, message, watch, None).await?;
    opened.into_restored(exchange, Event::ENTERED, None).await
}

/// Message → Found, with what stands behind the findings written. What must not come back is added to `watch`; `carried`
/// is there for a segment.
pub(super) async fn opened(
    exchange: &Exchange,
    selected: Selected,
    message: Message,
    watch: &mut Watch,
    carried: Option<&Carried>,
) -> Result<Opened, Refusal> {
    let length = message.body.len();
    let _place = place(length).await;
    let found = aside(length, || {
        let parts = Parts::take(message, &exchange.route, selected, &exchange.house)?;
        let found = pieces(exchange, selected, Door::Enter, false, &parts)?;
        Ok::<_, Refusal>((parts, found))
    });
    let (parts, found) = found.await?;
    let (answers, given) = reveal(exchange, &parts, &found).await?;
    if exchange.route.asks == Asks::Publisher {
        withheld::may_be_asked(exchange, answers.people(&found))?;
    }
    let salts = answers.salts();
    answers.watch(watch, &found);
    let whom = answers.whom();
    let names = carried.zip(found.first()).map(|(carried, whole)| carried.names(&parts, whole));
    let counts = found.first().map(|piece| piece.found.counts.clone()).unwrap_or_default();
    let written = aside(length, || write(exchange, selected, parts, &found, &answers)).await?;
    let names = names.unwrap_or_default();
    Ok(Opened { message: written.message, counts, salts, whom, given, names })
}

impl Opened {
    /// Takes out what it names for the first time.
    pub(super) fn take_given(&mut self) -> Vec<Given> {
        std::mem::take(&mut self.given)
    }

    /// Once the journal knows of it.
    pub(super) async fn into_restored(
        self,
        exchange: &Exchange,
        event: Event,
        segment: Option<u64>,
    ) -> Result<Restored, Refusal> {
        let Self { message, counts, salts, whom, given, .. } = self;
        let crossing =
            Crossing { event, counts: &counts, salts: &salts, permits: 0, noted: &[], withheld: 0, segment };
        record(exchange, &crossing, None).await?;
        Ok(Restored { message, whom, given })
    }
}

/// Every finding written.
fn write(
    exchange: &Exchange,
    selected: Selected,
    parts: Parts,
    pieces: &[Piece],
    answers: &Answers,
) -> Result<Written, Refusal> {
    let whole = pieces.first().ok_or(Refusal::Internal)?;
    let edit = |place: usize, piece: &Piece| edits(exchange, &parts, place, piece, answers);
    let mut edits = edit(0, whole)?;
    for (index, finding) in whole.found.findings.iter().enumerate() {
        if let Act::Address { .. } = finding.act {
            let address = address::write(exchange, pieces, index, &edit)?;
            let write = |(text, echoes)| Write::Address { text, echoes };
            edits.put(finding.place, "", address.map_or(Write::Nothing, write))?;
        }
    }
    let accept = match &parts.head {
        Head::Request { headers, .. } => exchange.accept(selected, headers)?,
        Head::Reply { .. } => None,
    };
    edits.make(parts, &whole.found, accept.as_deref())
}

/// The edits of one piece, addresses apart.
fn edits(
    exchange: &Exchange,
    parts: &Parts,
    place: usize,
    piece: &Piece,
    answers: &Answers,
) -> Result<Edits, Refusal> {
    let slices = piece.slices(parts);
    let material = piece.material(parts, &slices);
    let mut edits = Edits::new(&piece.found);
    let route = piece.route(exchange);
    let gone = Gone::of(place, piece, answers);
    for (index, finding) in piece.found.findings.iter().enumerate() {
        if let Act::Nested { nested } = finding.act {
            edits.host(nested, finding.place);
            continue;
        }
        if let (Act::Outside(outside), Answer::Identifier { identifier, .. }) =
            (&finding.act, answers.at(place, index))
        {
            outside::enter(finding, outside, identifier, &mut edits)?;
            continue;
        }
        let text = piece.found.text(finding.place, &material);
        let write = change(route, finding, answers.at(place, index), &text)?;
        // What goes as a whole is judged all the same: a swap that does not fit refuses.
        if let Some(write) = write.filter(|_| !gone.holds(finding.place)) {
            edits.put(finding.place, route.slot(finding.rule), write)?;
        }
    }
    Ok(edits)
}

/// What stands at a finding when it enters; none when it stays.
fn change(route: &Route, finding: &Finding, answer: &Answer, text: &str) -> Result<Option<Write>, Refusal> {
    Ok(match (&finding.act, answer) {
        (Act::Drop | Act::PersonPseudonym { .. }, _) | (Act::Pseudonym(_), Answer::Added) => {
            Some(Write::Nothing)
        }
        (Act::Blank, _) => Some(Write::Text(String::new())),
        (Act::Constant { text, literal: true }, _) => Some(Write::Literal(text.clone())),
        (Act::Constant { text, .. } | Act::Generalise { text }, _) => Some(Write::Text(text.clone())),
        (Act::Pseudonym(masking), Answer::Identifier { identifier, .. }) => {
            let before = text.get(..usize::from(masking.before)).unwrap_or("");
            let after = text.get(text.len().saturating_sub(usize::from(masking.after))..).unwrap_or("");
            let spelling = identifier.expose_spelling();
            Some(Write::Text(format!("{before}{spelling}{after}")))
        }
        (Act::Label { added: true, .. }, Answer::Name(name)) if name.expose().is_empty() => {
            Some(Write::Nothing)
        }
        (Act::Label { .. }, Answer::Name(name)) => Some(Write::Text(name.expose().clone())),
        (Act::Swap { name, .. }, _) => Some(Write::Text(swapped(route, name, text)?)),
        (Act::Outside(_), _) => return Err(Refusal::Internal),
        // What the publisher made stays, and so does text that is no label.
        (Act::Pseudonym(_) | Act::Label { .. } | Act::Address { .. } | Act::Nested { .. }, _) => None,
    })
}

fn swapped(route: &Route, name: &str, text: &str) -> Result<String, Refusal> {
    let pair = route.swaps.iter().find(|pair| pair.name == name).ok_or(Refusal::Internal)?;
    if super::caller::same(pair.outside.expose(), text) {
        return Ok(pair.inside.expose().clone());
    }
    Err(Refusal::SwapMismatch)
}
