//! Revealing: what stands behind the pseudonyms and labels of a message that enters, asked of the vault in one call each.
//!
//! It must not know how a message is written.

use std::ops::Range;

use super::added::{self, Added};
use super::answers::{Answer, Answers};
use super::asking::within;
use super::exchange::Exchange;
use super::house::Register;
use super::leave::vault_refusal;
use super::minting::{self, Given, Thing, brings, mint};
use super::parts::Parts;
use super::piece::Piece;
use super::refusal::Refusal;
use super::route::Route;
use super::{aliases, outside};
use crate::identity::{Identifier, canonical};
use crate::profile::find::{Finding, Masking};
use crate::profile::{Act, Minted};
use crate::secret::Secret;
use crate::vault::{OriginalAsk, RevealAsk, Revealed};

/// One call for all pseudonyms, then one for the labels that stand on them.
pub(super) async fn reveal(
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
    places: Vec<Place<'a>>,
}

/// Piece, finding, what that is, its text, and whose route it follows.
type Place<'a> = (usize, usize, (&'a Finding, &'a Masking), &'a String, &'a Route);

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
