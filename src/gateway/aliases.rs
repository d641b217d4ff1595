//! Names that publishers give to persons (`minted = "publisher"`): whom they name in a message, and which are new.
//!
//! Such a name crosses both doors unchanged. When it enters beside a pseudonym, in one record's `person`, it names that
//! pupil from then on: alone it then gives stand-ins, order and objections somebody to stand on. The school cannot give
//! one: what it writes there is judged like everything else. It must not know how a message is written.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::answers::{Answer, Answers};
use super::asking::within;
use super::exchange::Exchange;
use super::house::Register;
use super::leave::vault_refusal;
use super::minting::{self, Given};
use super::parts::Parts;
use super::piece::Piece;
use super::refusal::Refusal;
use crate::identity::{Identifier, Kind};
use crate::profile::find::{Finding, Masking};
use crate::profile::{Act, Found, Minted};
use crate::vault::Named;

/// New names of persons that one message may bring.
const MOST: usize = 10_000;

/// The persons behind publishers' own names in a message, by piece and finding.
#[derive(Default)]
pub(super) struct Aliases(HashMap<(usize, usize), Named>);

/// How a finding holds a publisher's own name of a person; none for other findings.
pub(super) fn names(finding: &Finding) -> Option<&Masking> {
    match &finding.act {
        Act::Pseudonym(masking) if masking.person && masking.minted == Minted::Publisher => Some(masking),
        _ => None,
    }
}

/// Whom the publisher's own names in a message name, as far as anybody is known by them. One call to the vault, or none.
pub(super) async fn look_up(
    exchange: &Exchange,
    parts: &Parts,
    pieces: &[Piece],
) -> Result<Aliases, Refusal> {
    let mut asked: Vec<((usize, usize), Kind, String)> = Vec::new();
    for (place, piece) in pieces.iter().enumerate() {
        for (index, masking, text) in own_names(parts, piece) {
            asked.push(((place, index), masking.kind, text));
        }
    }
    if asked.is_empty() {
        return Ok(Aliases::default());
    }
    let scope = &exchange.route.scope;
    let asks: Vec<(Kind, &str)> = asked.iter().map(|(_, kind, text)| (*kind, text.as_str())).collect();
    let vault = &exchange.house.vault;
    let found = vault.aliases(&scope.school, &scope.publisher, &asks).await;
    let found = found.map_err(|error| vault_refusal(&error))?;
    let known = asked.iter().zip(found).filter_map(|((at, ..), named)| Some((*at, named?)));
    Ok(Aliases(known.collect()))
}

/// The publisher's own names in a piece: which finding, how, and the name itself.
fn own_names(parts: &Parts, piece: &Piece) -> Vec<(usize, Masking, String)> {
    let own = piece.found.findings.iter().enumerate();
    let own: Vec<(usize, &Finding, Masking)> =
        own.filter_map(|(index, finding)| Some((index, finding, *names(finding)?))).collect();
    if own.is_empty() {
        return Vec::new();
    }
    let slices = piece.slices(parts);
    let material = piece.material(parts, &slices);
    let text = |finding: &Finding, masking: &Masking| {
        within(masking, &piece.found.text(finding.place, &material)).to_owned()
    };
    own.iter().map(|(index, finding, masking)| (*index, *masking, text(finding, masking))).collect()
}

impl Aliases {
    /// The person whom a finding names.
    pub(super) fn at(&self, piece: usize, finding: usize) -> Option<&Named> {
        self.0.get(&(piece, finding))
    }

    /// Whether nobody is known by any name in the message.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether each record's names and identifiers can be of one person. `identifier` says what a finding of the piece
    /// holds.
    ///
    /// # Errors
    /// [`Refusal::SecondPerson`].
    pub(super) fn agree(
        &self,
        exchange: &Exchange,
        place: usize,
        piece: &Piece,
        identifier: &dyn Fn(usize) -> Option<Identifier>,
    ) -> Result<(), Refusal> {
        if self.is_empty() {
            return Ok(());
        }
        let register = exchange.register();
        for findings in records(&piece.found) {
            let named: Vec<(usize, &Named)> =
                findings.iter().filter_map(|one| Some((*one, self.at(place, *one)?))).collect();
            let others: Vec<Identifier> = match named.is_empty() {
                true => continue,
                false => findings.iter().filter_map(|one| identifier(*one)).collect(),
            };
            for (finding, one) in &named {
                let beside = named.iter().map(|(_, other)| other.identifier()).chain(&others);
                for other in beside {
                    if !can_be_one(register, one.identifier(), other) {
                        return Err(second(exchange, piece, *finding));
                    }
                }
            }
        }
        Ok(())
    }
}

/// The findings that name each person of a piece, the first place of `person` first.
fn records(found: &Found) -> impl Iterator<Item = Vec<usize>> + '_ {
    let persons = 0..u32::try_from(found.persons.len()).unwrap_or(u32::MAX);
    persons.map(|person| found.named_by(person).iter().map(|finding| *finding as usize).collect())
}

fn second(exchange: &Exchange, piece: &Piece, finding: usize) -> Refusal {
    let rule = piece.found.findings.get(finding).map(|finding| finding.rule);
    let text = |rule| piece.route(exchange).profile.rule_text(rule);
    Refusal::SecondPerson { rule: rule.map(text).unwrap_or_default() }
}

/// Whether two identifiers can be one person's: as far as they themselves tell, and else the roster. Two kinds of which
/// the roster knows nothing can.
fn can_be_one(register: Option<&Register>, one: &Identifier, other: &Identifier) -> bool {
    if one == other {
        return true;
    }
    if one.kind() == other.kind() {
        return register.is_some_and(|register| same_pupil(register, one, other) == Some(true));
    }
    register.and_then(|register| same_pupil(register, one, other)) != Some(false)
}

/// What the roster says of it; none when it knows too little.
fn same_pupil(register: &Register, one: &Identifier, other: &Identifier) -> Option<bool> {
    let has = |whose: &Identifier, wanted: &Identifier| {
        let pupil = register.roster.pupil(whose)?;
        let mut own = pupil.all_identifiers().map(|(kind, text)| Identifier::new(kind, text.expose()));
        if own.any(|known| known == *wanted) {
            return Some(true);
        }
        // A pupil who has another of that kind, and a value that is somebody else's, are two.
        let other = pupil.identifier(wanted.kind()).is_some() || register.roster.knows(wanted);
        other.then_some(false)
    };
    has(one, other).or_else(|| has(other, one))
}

/// Whom an entering message's names name: answers for those that stand alone, and what is named for the first time. Call
/// it once the pseudonyms are answered.
///
/// # Errors
/// [`Refusal::SecondPerson`] when a name is somebody else's already, or two persons' in this message.
pub(super) fn settle(
    exchange: &Exchange,
    parts: &Parts,
    pieces: &[Piece],
    aliases: &Aliases,
    answers: &mut Answers,
) -> Result<Vec<Given>, Refusal> {
    let mut given: HashMap<(Kind, String), Given> = HashMap::new();
    for (place, piece) in pieces.iter().enumerate() {
        let own = own_names(parts, piece);
        if own.is_empty() {
            continue;
        }
        let identifier = |finding: usize| match answers.at(place, finding) {
            Answer::Identifier { identifier, .. } => Some(identifier.clone()),
            _ => None,
        };
        aliases.agree(exchange, place, piece, &identifier)?;
        for findings in records(&piece.found) {
            let whom = findings.iter().find_map(|one| match answers.at(place, *one) {
                Answer::Identifier { identifier, core, salt } => Some((identifier.clone(), *core, *salt)),
                _ => None,
            });
            let Some(whom) = whom else { continue };
            let name = |one: &usize| own.get(own.binary_search_by_key(one, |(index, ..)| *index).ok()?);
            for (index, masking, text) in findings.iter().filter_map(name) {
                if aliases.at(place, *index).is_some() {
                    continue;
                }
                let route = piece.route(exchange);
                if text.len() > minting::LONGEST || !route.profile.may_be_named(masking.kind, text) {
                    return Err(minting::misnamed(route, piece.found.findings.get(*index)));
                }
                let one = Given { kind: masking.kind, text: text.clone(), person: Some(whom.clone()) };
                match given.entry((masking.kind, text.clone())) {
                    Entry::Vacant(entry) => {
                        entry.insert(one);
                    }
                    Entry::Occupied(entry) => {
                        let before = entry.get().person.as_ref().map(|(identifier, ..)| identifier);
                        if !before.is_some_and(|before| can_be_one(exchange.register(), before, &whom.0)) {
                            return Err(second(exchange, piece, *index));
                        }
                    }
                }
            }
        }
        answer(exchange, place, piece, aliases, answers);
    }
    match given.len() > MOST {
        true => Err(Refusal::UnknownPseudonym),
        false => Ok(given.into_values().collect()),
    }
}

/// Answers the findings that name somebody by a name.
fn answer(exchange: &Exchange, place: usize, piece: &Piece, aliases: &Aliases, answers: &mut Answers) {
    let (scope, vault) = (&exchange.route.scope, &exchange.house.vault);
    let primary = piece.route(exchange).link.primary();
    for index in 0..piece.found.findings.len() {
        let Some(named) = aliases.at(place, index) else { continue };
        let own = named.identifier();
        let joined = match primary {
            None => Some(own.clone()),
            Some(primary) => exchange
                .register()
                .and_then(|register| register.roster.pupil(own))
                .and_then(|pupil| pupil.identifier(primary)),
        };
        // Whoever is in the roster no more is nobody, as with a pseudonym.
        let Some(identifier) = joined else { continue };
        let cores = vault.cores(&scope.school, &scope.publisher, &identifier);
        answers.put(place, index, Answer::Person { identifier: own.clone(), cores, salt: named.salt() });
    }
}
