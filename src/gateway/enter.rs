//! The entering door: Message → Found → Restored.
//!
//! Pseudonyms become identifiers in the typed places that the profile lists, labels the names they replaced;
//! an unknown pseudonym, another publisher's and a guess are one refusal. It must not know sockets.

use std::ops::Range;

use super::added::{self, Added};
use super::answers::{Answer, Answers};
use super::aside::{aside, place};
use super::asking::within;
use super::edits::{Edits, Write, Written};
use super::exchange::Exchange;
use super::guard::Watch;
use super::house::Register;
use super::leave::vault_refusal;
use super::message::{Head, Message};
use super::minting::{self, Given, Thing, brings, mint};
use super::outside::Gone;
use super::parts::Parts;
use super::piece::{Piece, pieces};
use super::record::{Crossing, record};
use super::refusal::Refusal;
use super::route::{Asks, Route};
use super::stream::{Carried, Names};
use super::{address, aliases, outside, withheld};
use crate::identity::{Identifier, canonical};
use crate::journal::Event;
use crate::profile::find::{Finding, Masking};
use crate::profile::{Act, Door, Minted, Selected};
use crate::secret::Secret;
use crate::vault::{OriginalAsk, RevealAsk, Revealed};

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

/// One call for all pseudonyms, then one for the labels that stand on them.
async fn reveal(
    exchange: &Exchange,
    parts: &Parts,
    pieces: &[Piece],
) -> Result<(Answers, Vec<Given>), Refusal> {
    let scope = &exchange.route.scope;
    let vault = &exchange.house.vault;
    let texts = texts(parts, pieces);
    let aliases = aliases::look_up(exchange, parts, pieces).await?;
    let Asked { asks, spans, places } = asked(exchange, pieces, &texts);
    let revealed =
        vault.reveal(&scope.school, &scope.publisher, &asks).await.map_err(|e| vault_refusal(&e))?;
    let one = |span: &Range<usize>| revealed.get(span.clone()).and_then(|own| own.iter().flatten().next());
    let revealed: Vec<Option<&Revealed>> = spans.iter().map(one).collect();
    let mut answers = Answers::none(pieces);
    let (mut minted, mut added) = (Vec::new(), Vec::new());
    for ((piece, finding, of, text, route), known) in places.iter().zip(&revealed) {
        let masking = of.1;
        let answer = match known {
            Some(revealed) => restored(exchange, route, *of, revealed),
            // What this publisher keeps comes home as it is; labels have nobody to stand on then.
            None if route.keeps(masking.kind, text) => continue,
            None if masking.minted == Minted::Both && text.len() <= minting::LONGEST => {
                let shape = route.shapes.of(masking.kind).as_ref();
                let brings = pieces.get(*piece).is_some_and(|of| brings(&parts.head, of, *finding));
                minting::may_name(route, *of, text, brings)?;
                minted.push(Thing { kind: masking.kind, text, shape, brings });
                continue;
            }
            None => Err(Refusal::UnknownPseudonym),
        };
        let person = pieces.get(*piece).and_then(|piece| added::beside(exchange, piece, *finding));
        let answer = match (answer, person) {
            (Err(Refusal::UnknownPseudonym), Some(person)) => {
                let known = |finding: usize| {
                    let at = (0, finding);
                    let found = places.binary_search_by_key(&at, |(piece, finding, ..)| (*piece, *finding));
                    let revealed = found.ok().and_then(|found| *revealed.get(found)?);
                    revealed.map(Revealed::identifier).or_else(|| Some(aliases.at(0, finding)?.identifier()))
                };
                let person = added::person(pieces, person, &known).ok_or(Refusal::UnknownPseudonym)?;
                added.push(Added { text, number: masking.number, person });
                Answer::Added
            }
            (answer, _) => answer?,
        };
        answers.put(*piece, *finding, answer);
    }
    if !added.is_empty() {
        added::own(exchange, &added).await?;
    }
    let mut given = if minted.is_empty() { Vec::new() } else { mint(exchange, &minted).await? };
    given.extend(aliases::settle(exchange, parts, pieces, &aliases, &mut answers)?);
    reveal_names(exchange, parts, pieces, &mut answers).await?;
    Ok((answers, given))
}

/// What the vault is asked, and for which findings.
struct Asked<'a> {
    asks: Vec<RevealAsk<'a>>,
    /// For each place, which of the asks are its own.
    spans: Vec<Range<usize>>,
    /// Piece, finding, what that is, its text, and whose route it follows.
    places: Vec<(usize, usize, (&'a Finding, &'a Masking), &'a String, &'a Route)>,
}

fn asked<'a>(exchange: &'a Exchange, pieces: &'a [Piece], texts: &'a [Vec<Text<'a>>]) -> Asked<'a> {
    let count = texts.iter().map(Vec::len).sum();
    let (mut asks, mut spans) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let mut places = Vec::with_capacity(count);
    for ((place, piece), own) in pieces.iter().enumerate().zip(texts) {
        let route = piece.route(exchange);
        for (index, finding, masking, text) in own {
            // Of several forms that may stand behind it the vault knows which.
            let ask = |kind| RevealAsk { text, kind, number: masking.number };
            let from = asks.len();
            match (route.link.primary().filter(|_| masking.person), &finding.act) {
                (Some(primary), _) => asks.push(ask(primary)),
                (None, Act::Outside(_)) => {
                    asks.extend(outside::kinds(finding, masking.kind, None).into_iter().map(ask));
                }
                (None, _) => asks.push(ask(masking.kind)),
            }
            spans.push(from..asks.len());
            places.push((place, *index, (*finding, *masking), text, route));
        }
    }
    Asked { asks, spans, places }
}

/// A finding with a pseudonym, by its place: how it is masked, and its text without what its form adds.
type Text<'a> = (usize, &'a Finding, &'a Masking, String);

/// The texts of all pseudonym findings, by piece.
fn texts<'a>(parts: &Parts, pieces: &'a [Piece]) -> Vec<Vec<Text<'a>>> {
    pieces
        .iter()
        .map(|piece| {
            let slices = piece.slices(parts);
            let material = piece.material(parts, &slices);
            let findings = piece.found.findings.iter().enumerate();
            findings
                .filter_map(|(index, finding)| match finding.act.masking() {
                    Some(masking) if masking.minted != Minted::Publisher => {
                        let text = piece.found.text(finding.place, &material);
                        Some((index, finding, masking, within(masking, &text).to_owned()))
                    }
                    _ => None,
                })
                .collect()
        })
        .collect()
}

/// The identifier that the field takes: the revealed one, in the roster's spelling where it has one; with `link =
/// "roster"` the pupil's identifier of the field's kind.
fn restored(
    exchange: &Exchange,
    route: &Route,
    (finding, masking): (&Finding, &Masking),
    revealed: &Revealed,
) -> Result<Answer, Refusal> {
    let own = revealed.identifier();
    let pupil = exchange.register().and_then(|register: &Register| register.roster.pupil(own));
    let joined = route.link.primary().filter(|_| masking.person);
    let identifier = match (joined, pupil) {
        (Some(primary), pupil) => {
            let kinds = outside::kinds(finding, masking.kind, Some(primary));
            let own = pupil.and_then(|pupil| kinds.iter().find_map(|kind| pupil.identifier(*kind)));
            own.ok_or(Refusal::UnknownPseudonym)?
        }
        (None, Some(pupil)) => {
            let spelled = pupil
                .all_identifiers()
                .find(|(kind, text)| *kind == own.kind() && canonical(*kind, text.expose()) == own.expose());
            spelled.map_or_else(|| own.clone(), |(kind, text)| Identifier::new(kind, text.expose()))
        }
        (None, None) => own.clone(),
    };
    Ok(Answer::Identifier { identifier, core: revealed.core(), salt: revealed.salt() })
}

/// The names that labels replaced; text that is no label of that person stays as it came.
async fn reveal_names(
    exchange: &Exchange,
    parts: &Parts,
    pieces: &[Piece],
    answers: &mut Answers,
) -> Result<(), Refusal> {
    let scope = &exchange.route.scope;
    let mut asks = Vec::new();
    for (place, piece) in pieces.iter().enumerate() {
        let route = piece.route(exchange);
        let slices = piece.slices(parts);
        let material = piece.material(parts, &slices);
        for (index, finding) in piece.found.findings.iter().enumerate() {
            if !matches!(finding.act, Act::Label { .. }) {
                continue;
            }
            let cores = answers.cores(place, piece, finding);
            if cores.is_empty() {
                return Err(Refusal::NoPerson { rule: route.profile.rule_text(finding.rule) });
            }
            let text = piece.found.text(finding.place, &material).into_owned();
            let slot = route.slot(finding.rule);
            asks.extend(cores.into_iter().map(|core| (place, index, core, slot, text.clone())));
        }
    }
    let questions: Vec<OriginalAsk<'_>> =
        asks.iter().map(|(_, _, person, slot, text)| OriginalAsk { person: *person, slot, text }).collect();
    let vault = &exchange.house.vault;
    let originals = vault
        .reveal_labels(&scope.school, &scope.publisher, &questions)
        .await
        .map_err(|error| vault_refusal(&error))?;
    for ((place, index, ..), original) in asks.iter().zip(originals) {
        if let Some(original) = original {
            answers.put(*place, *index, Answer::Name(Secret::new(original.text().expose().clone())));
        }
    }
    Ok(())
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
