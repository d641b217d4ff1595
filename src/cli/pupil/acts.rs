//! What `sluis pupil` has done with the stores: look, turn a pseudonym back, forget. Whatever shows anything is
//! recorded first.
//!
//! It must not know terminals or sockets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::grounds::{self, Reason, permit};
use super::shared::{crossings, leaving, routes};
use super::standing::{said, standings};
use super::who::{Found, Pupil, Who, roster};
use crate::cli::act::{Body, Workplace, school_of};
use crate::cli::beside::{self, put_roster};
use crate::cli::failure::Failure;
use crate::cli::faults::{roster_failed, vault_failed};
use crate::cli::rights::{anchor, rewrite};
use crate::cli::words;
use crate::identity::{Kind, Publisher, School};
use crate::journal::{Detail, Event, LeafScope};
use crate::roster::Changes;
use crate::vault::{About, OneName, OnePseudonym, OneStandIn, RevealAsk, Revealed, ScopeState};

/// What is asked; of whom stands in the body.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct Asked {
    /// The school; the only one when it is not named.
    pub(super) school: Option<String>,
    /// Why.
    pub(super) reason: String,
    pub(super) what: What,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum What {
    /// `pupil show`, or the pupils of a name.
    Show {},
    /// `pupil export`: the same, under its own name in the journal.
    Export {},
    /// `pupil forget`
    Forget {
        /// Whether the vault's log is written anew at once.
        now: bool,
    },
    /// `pupil show --pseudonym`
    TurnBack { publisher: String, pseudonym: String },
}

impl Asked {
    /// The name in the log.
    pub(in crate::cli) fn name(&self) -> &'static str {
        match self.what {
            What::Show {} => "pupil show",
            What::Export {} => "pupil export",
            What::Forget { .. } => "pupil forget",
            What::TurnBack { .. } => "pupil show --pseudonym",
        }
    }

    /// Whether the roster is another one afterwards.
    pub(in crate::cli) fn changes_house(&self) -> bool {
        matches!(self.what, What::Forget { .. })
    }
}

/// Performs it.
pub(in crate::cli) fn perform(
    asked: &Asked,
    body: Option<Body>,
    at: &Workplace<'_>,
) -> Result<Value, Failure> {
    let school = school_of(at.settings, asked.school.as_deref())?;
    let reason = Reason::read(&asked.reason)?;
    match &asked.what {
        What::Show {} => show(&school, &reason, &Who::read(body)?, "pupil", at),
        What::Export {} => show(&school, &reason, &Who::read(body)?, "export", at),
        What::Forget { now } => forget(&school, &reason, &Who::read(body)?, *now, at),
        What::TurnBack { publisher, pseudonym } => turn_back(&school, &reason, publisher, pseudonym, at),
    }
}

/// Looks somebody up, and what is known of him. A name gives candidates only.
fn show(
    school: &School,
    reason: &Reason,
    who: &Who,
    what: &'static str,
    at: &Workplace<'_>,
) -> Result<Value, Failure> {
    reason.names_nobody([who.text()].into_iter())?;
    let permit = permit(at)?;
    let leaf = at.stores.leaf(Event::SHOWN, at.stores.clock.now(), &at.actor);
    let details = |pupils: usize, what: &'static str| {
        let pupils = u64::try_from(pupils).unwrap_or(u64::MAX);
        [
            ("pupils", Detail::Number(pupils)),
            ("school", Detail::Text(school.to_string())),
            ("what", Detail::Text(what.to_owned())),
        ]
    };
    let (pupil, about) = match looked_up(school, who, at) {
        Ok(Looked::Known(pupil, about)) => (pupil, about),
        Ok(Looked::Candidates(candidates)) => {
            permit.record(leaf, reason, details(candidates.len(), "names"), at)?;
            return Ok(json!({ "school": school.as_str(), "candidates": candidates }));
        }
        // Also an attempt counts: identifiers can be guessed.
        Err(failure) if failure.code() == words::PUPIL_UNKNOWN.code => {
            permit.record(leaf, reason, details(0, what), at)?;
            return Err(failure);
        }
        Err(failure) => return Err(failure),
    };
    let permit = permit.unless_named(reason, pupil.values(), leaf.clone(), at)?;
    permit.record(leaf, reason, details(1, what), at)?;
    report(school, &pupil, &about, at)
}

enum Looked {
    Known(Pupil, About),
    Candidates(Vec<Value>),
}

fn looked_up(school: &School, who: &Who, at: &Workplace<'_>) -> Result<Looked, Failure> {
    let pupil = match who.find(school, at)? {
        Found::Pupil(pupil) => pupil,
        Found::Candidates(candidates) => return Ok(Looked::Candidates(candidates)),
    };
    let about = at.stores.vault.about(school, &pupil.identifiers).map_err(|error| vault_failed(&error))?;
    match pupil.roster.is_none() && about.is_empty() {
        true => Err(Failure::new(&words::PUPIL_UNKNOWN, [])),
        false => Ok(Looked::Known(pupil, about)),
    }
}

/// Everything about a pupil, publisher by publisher.
fn report(school: &School, pupil: &Pupil, about: &About, at: &Workplace<'_>) -> Result<Value, Failure> {
    let settings = at.settings;
    let mut publishers: BTreeMap<Publisher, Vec<usize>> = BTreeMap::new();
    for (place, of) in settings.publishers.iter().enumerate().filter(|(_, of)| of.school == *school) {
        publishers.entry(of.scope_publisher().clone()).or_default().push(place);
    }
    let scopes = about.pseudonyms.iter().map(|of| &of.scope).chain(about.names.iter().map(|of| &of.scope));
    for scope in scopes {
        // Also one that the configuration knows no more.
        publishers.entry(scope.publisher.clone()).or_default();
    }
    let salts: Vec<(Publisher, Vec<[u8; 16]>)> =
        publishers.keys().map(|publisher| (publisher.clone(), salts(about, publisher))).collect();
    let crossed = crossings(school.as_str(), &salts, at)?;
    let consents = beside::consents(settings, at.stores, school)?;
    let standings = standings(school, pupil, &consents, at)?;
    let parts = publishers.into_iter().zip(crossed).map(|((publisher, places), crossed)| {
        let written = || places.iter().filter_map(|place| settings.publishers.get(*place));
        let rules = written().flat_map(|of| of.routes.iter().flat_map(|route| leaving(of, route))).collect();
        let named: Vec<Value> = written()
            .map(|of| {
                json!({
                    "id": of.id.as_str(),
                    "name": of.name,
                    "eck_id_kept": of.keep_eck_id,
                    "standing": standings.get(of.id.as_str()),
                    "routes": routes(of),
                })
            })
            .collect();
        let of = |scope: &crate::identity::Scope| scope.publisher == publisher;
        let pseudonyms = about.pseudonyms.iter().filter(|one| of(&one.scope)).map(pseudonym);
        let stand_ins = about.stand_ins.iter().filter(|one| of(&one.scope)).map(stand_in);
        let names = about.names.iter().filter(|one| of(&one.scope)).map(name);
        json!({
            "publisher": publisher.as_str(),
            "configured": named,
            "pseudonyms": pseudonyms.collect::<Vec<_>>(),
            "stand_ins": stand_ins.collect::<Vec<_>>(),
            "names_of_the_publisher": names.collect::<Vec<_>>(),
            "crossed": crossed.report(&rules),
        })
    });
    let name = settings.schools.iter().find(|of| of.id == *school).map_or("", |of| of.name.as_str());
    Ok(json!({
        "school": school.as_str(),
        "school_name": name,
        "made": at.stores.clock.now().rfc3339(),
        "roster": pupil.roster,
        "said": said(pupil, &consents),
        "publishers": parts.collect::<Vec<_>>(),
    }))
}

fn salts(about: &About, publisher: &Publisher) -> Vec<[u8; 16]> {
    let own = about.pseudonyms.iter().map(|of| (&of.scope, of.salt));
    let names = about.names.iter().map(|of| (&of.scope, of.salt));
    let mut salts: Vec<[u8; 16]> =
        own.chain(names).filter(|(scope, _)| scope.publisher == *publisher).map(|(_, salt)| salt).collect();
    salts.sort_unstable();
    salts.dedup();
    salts
}

fn pseudonym(of: &OnePseudonym) -> Value {
    json!({
        "epoch": of.scope.epoch.as_str(),
        "state": match of.state {
            ScopeState::Serving => "serving",
            ScopeState::Entering => "entering",
            ScopeState::Closed => "closed",
        },
        "kind": of.identifier.kind().as_str(),
        "identifier": of.identifier.expose_spelling(),
        "shape": of.shape,
        "pseudonym": of.pseudonym.as_str(),
    })
}

fn stand_in(of: &OneStandIn) -> Value {
    let fields = of.fields.iter().map(|(field, real)| json!({ "field": field, "real": real.expose() }));
    json!({
        "epoch": of.scope.epoch.as_str(),
        "given": of.given,
        "family": of.family,
        "fields": fields.collect::<Vec<_>>(),
    })
}

fn name(of: &OneName) -> Value {
    json!({
        "epoch": of.scope.epoch.as_str(),
        "kind": of.kind.as_str(),
        "name": of.name.expose_spelling(),
    })
}

/// Turns a pseudonym back, in all open epochs of a publisher. Unknown, another publisher's and a forgotten pupil's give
/// one and the same refusal.
fn turn_back(
    school: &School,
    reason: &Reason,
    publisher: &str,
    text: &str,
    at: &Workplace<'_>,
) -> Result<Value, Failure> {
    let mut known = at.settings.publishers.iter().filter(|of| of.school == *school);
    let of = known.find(|of| of.id.as_str() == publisher);
    let of = of.ok_or_else(|| Failure::new(&words::PUBLISHER_UNKNOWN, [("publisher", publisher.into())]))?;
    let publisher = of.scope_publisher().clone();
    let kinds = of.routes.iter().flat_map(|route| route.profile.kinds()).map(|of| of.kind);
    let mut kinds: Vec<Kind> = Kind::ALL.iter().copied().chain(kinds).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let permit = permit(at)?;
    let revealed = reveal(school, &publisher, text, &kinds, at)?;
    let found = revealed.as_ref().map(|of| of.identifier().clone());
    let pupil = found.map(|identifier| -> Result<Pupil, Failure> {
        let roster = roster(school, at)?;
        Ok(Pupil::of(identifier, roster.as_ref()))
    });
    let pupil = pupil.transpose()?;
    let mut leaf = at.stores.leaf(Event::REIDENTIFIED, at.stores.clock.now(), &at.actor);
    let epoch = of.epoch.to_string();
    leaf.scope = Some(LeafScope { school: school.to_string(), publisher: publisher.to_string(), epoch });
    let values = pupil.iter().flat_map(Pupil::values);
    let permit = permit.unless_named(reason, values, leaf.clone(), at)?;
    let count = u64::from(pupil.is_some());
    permit.record(leaf, reason, [("pupils", Detail::Number(count))], at)?;
    let Some(pupil) = pupil else { return Err(Failure::new(&words::PSEUDONYM_UNKNOWN, [])) };
    let about = at.stores.vault.about(school, &pupil.identifiers).map_err(|error| vault_failed(&error))?;
    report(school, &pupil, &about, at)
}

/// What stands behind a text, of whichever kind: all kinds are asked at once, whatever the first gives.
fn reveal(
    school: &School,
    publisher: &Publisher,
    text: &str,
    kinds: &[Kind],
    at: &Workplace<'_>,
) -> Result<Option<Revealed>, Failure> {
    let asks: Vec<RevealAsk<'_>> =
        kinds.iter().map(|kind| RevealAsk { text, kind: *kind, number: false }).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|_| Failure::new(&words::INTERNAL, []))?;
    let found = runtime.block_on(at.stores.vault.reveal(school, publisher, &asks));
    Ok(found.map_err(|error| vault_failed(&error))?.into_iter().flatten().next())
}

/// Forgets a pupil. The leaf first; then the vault, whose tombstones are durable before the roster goes: repeated, it
/// sees through what a crash cut short.
fn forget(
    school: &School,
    reason: &Reason,
    who: &Who,
    now: bool,
    at: &Workplace<'_>,
) -> Result<Value, Failure> {
    reason.names_nobody([who.text()].into_iter())?;
    // One at a time, and none beside a look: what is shown is not being forgotten.
    let Found::Pupil(pupil) = who.find(school, at)? else {
        return Err(Failure::new(&words::PUPIL_INPUT, []));
    };
    let vault = &at.stores.vault;
    let about = vault.about(school, &pupil.identifiers).map_err(|error| vault_failed(&error))?;
    let before = pupil.identifiers.iter().any(|identifier| vault.was_forgotten(school, identifier));
    if pupil.roster.is_none() && about.is_empty() && !before {
        return Err(Failure::new(&words::PUPIL_UNKNOWN, []));
    }
    reason.names_nobody(pupil.values())?;
    let count = |items: usize| Detail::Number(u64::try_from(items).unwrap_or(u64::MAX));
    let moment = at.stores.clock.now();
    let leaf = at.stores.leaf(Event::FORGOTTEN, moment, &at.actor);
    let details = [
        ("names", count(about.names.len())),
        ("pseudonyms", count(about.pseudonyms.len())),
        ("roster", Detail::Number(u64::from(pupil.roster.is_some()))),
        ("school", Detail::Text(school.to_string())),
        ("stand-ins", count(about.stand_ins.len())),
    ];
    grounds::record(leaf, reason, details, at)?;
    let forgotten = vault.forget(school, &pupil.identifiers, moment).map_err(|error| vault_failed(&error))?;
    let left = leave_roster(school, &pupil, at)?;
    let consents = crate::cli::consent::acts::forget(school, &pupil.identifiers, at)?;
    anchor(at)?;
    let rewritten = now && rewrite(at)?.is_some();
    Ok(json!({
        "school": school.as_str(),
        "pseudonyms": forgotten.mappings,
        "stand_ins": forgotten.labels,
        "names_of_publishers": forgotten.aliases,
        "identifiers": pupil.identifiers.len(),
        "roster": left,
        "consents": consents,
        "forgotten_before": before,
        "tombstones": forgotten.tombstones,
        "rewritten": rewritten,
        "owes_rewriting": vault.owes_rewriting(),
    }))
}

/// Takes the pupil out of the roster; whether he was in it.
fn leave_roster(school: &School, pupil: &Pupil, at: &Workplace<'_>) -> Result<bool, Failure> {
    let _alone = crate::cli::rosters::alone();
    let (Some(path), Some(mut roster)) = (at.settings.roster_of(school), roster(school, at)?) else {
        return Ok(false);
    };
    let known = |identifier: &&crate::identity::Identifier| roster.pupil(identifier).is_some();
    let Some(identifier) = pupil.identifiers.iter().find(known).cloned() else { return Ok(false) };
    // The rest of it is as old as before.
    let (imported, before) = (roster.imported(), roster.len());
    let changes = Changes::removal(vec![identifier], imported);
    let applied = changes.apply(&mut roster, at.settings.roster_primary, imported);
    applied.map_err(|error| roster_failed(&error))?;
    let count = |pupils: usize| Detail::Number(u64::try_from(pupils).unwrap_or(u64::MAX));
    let mut leaf = at.stores.leaf(Event::ROSTER, at.stores.clock.now(), &at.actor);
    leaf.details = vec![
        ("before".to_owned(), count(before)),
        ("pupils".to_owned(), count(roster.len())),
        ("school".to_owned(), Detail::Text(school.to_string())),
    ];
    put_roster(&mut roster, &path, leaf, at.stores)?;
    Ok(true)
}
