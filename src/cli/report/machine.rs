//! The register for machines and spreadsheets: JSON with stable English members, CSV with one line a field.
//!
//! It must not read anything. JSON says the same in every language; CSV speaks the language of whoever opens it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::attention::points;
use super::field::{Field, Leaves};
use super::register::{PublisherPart, Register, RoutePart};
use super::tally::{Crossed, Way};
use super::trials::{Canaries, Last};
use super::words;
use crate::cli::hex;
use crate::clock::Timestamp;
use crate::config::Language;
use crate::profile::Category;

/// The register as JSON.
pub(super) fn json_of(register: &Register) -> Value {
    let ground = &register.ground;
    let witnesses = ground.witnesses.iter().map(|(name, word)| {
        json!({
            "name": name,
            "entries": word.as_ref().map(|word| word.size),
            "time": word.as_ref().map(|word| time(word.time_s.saturating_mul(1000))),
        })
    });
    let rosters = register.schools.iter().map(|school| {
        json!({
            "school": school.id,
            "name": school.name,
            "roster": school.roster.map(|roster| json!({
                "pupils": roster.pupils,
                "imported": time(roster.imported_ms),
            })),
        })
    });
    let limits = register.limits.iter();
    let limits = limits.map(|(key, value, usual)| json!({ "limit": key, "value": value, "usual": usual }));
    let attention = points(register);
    let attention = attention.iter().map(|point| {
        json!({ "code": point.code, "about": point.about, "en": point.told(Language::English), "nl": point.told(Language::Dutch) })
    });
    let gone = register
        .gone
        .iter()
        .map(|(way, crossed)| json!({ "way": way_json(way), "crossed": crossed_json(crossed) }));
    let waived = register.waived().iter().map(|waived| {
        json!({
            "time": time(waived.time_ms),
            "publisher": waived.scope.as_ref().map(|scope| scope.publisher.as_str()),
            "route": waived.route,
            "details": waived.details.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        })
    });
    json!({
        "moment": time(register.moment_ms),
        "configuration": hex(&register.configuration),
        "journal": {
            "origin": ground.origin,
            "entries": ground.size,
            "root": STANDARD.encode(ground.root),
            "signed_by": ground.signed_by,
            "key": ground.key,
            "period": span(register.tally.span),
            "entries_in_period": register.tally.leaves,
            "needle_filters": register.tally.needles,
        },
        "witnesses": witnesses.collect::<Vec<_>>(),
        "schools": rosters.collect::<Vec<_>>(),
        "limits": limits.collect::<Vec<_>>(),
        "attention": attention.collect::<Vec<_>>(),
        "publishers": register.publishers.iter().map(publisher_json).collect::<Vec<_>>(),
        "former_routes": gone.collect::<Vec<_>>(),
        "waived": waived.collect::<Vec<_>>(),
    })
}

fn publisher_json(publisher: &PublisherPart) -> Value {
    let names = |found: &[Category]| found.iter().map(|category| category.as_str()).collect::<Vec<_>>();
    let agreement = publisher.agreement.as_ref().map(|agreement| {
        json!({
            "document": agreement.document,
            "parties": agreement.parties,
            "date": agreement.date.map(|date| date.to_string()),
            "ends": agreement.ends.map(|date| date.to_string()),
            "ended": agreement.ended,
            "categories": names(&agreement.categories),
            "not_agreed": agreement.not_agreed.as_str(),
        })
    });
    let (shared, uncategorised) = publisher.shared();
    json!({
        "school": publisher.school,
        "id": publisher.id,
        "name": publisher.name,
        "epoch": publisher.epoch,
        "shape": publisher.shape,
        "linked_by_roster": publisher.linked,
        "eck_id_kept": publisher.eck_id_kept,
        "same_ids_as": publisher.same_ids_as,
        "kind": publisher.kind.map(|kind| kind.as_str()),
        "location": publisher.location.iter().map(|place| place.as_str()).collect::<Vec<_>>(),
        "basis": publisher.basis.map(|basis| basis.as_str()),
        "agreement": agreement,
        "objections": publisher.objections,
        "consents": publisher.consents,
        "shared": names(&shared),
        "shares_uncategorised": uncategorised,
        "replaced": names(&publisher.replaced()),
        "withheld": names(&publisher.withheld()),
        "held_back": names(&publisher.held_back()),
        "crossed": crossed_json(&publisher.crossed()),
        "routes": publisher.routes.iter().map(route_json).collect::<Vec<_>>(),
    })
}

fn route_json(route: &RoutePart) -> Value {
    let fields = route.fields.iter().map(|field| {
        json!({
            "part": field.owner,
            "field": field.at,
            "line": field.line,
            "category": field.category.map(Category::as_str),
            "leaves": field.leaves.map(Leaves::as_str),
            "held_back": field.held_back,
            "why": field.why,
            "left": field.uses.left,
            "left_before": field.uses.left_before,
            "entered": field.uses.entered,
            "refused": field.uses.refused,
            "never_used": field.never_used(),
            "seen_in_vain": field.seen_in_vain(),
            "beyond_agreement": field.beyond_agreement(),
        })
    });
    let former = route
        .former_rules
        .iter()
        .map(|(rule, uses)| json!({ "rule": rule, "left": uses.left_ever(), "entered": uses.entered, "refused": uses.refused }));
    json!({
        "mount": route.mount,
        "asks": if route.school_asks { "school" } else { "publisher" },
        "recipient": route.recipient,
        "profile": route.profile,
        "title": route.title,
        "source": route.source,
        "crossed": crossed_json(&route.crossed),
        "needle": route.needle,
        "suspects": if route.suspects_reported { "report" } else { "block" },
        "canaries": canaries_json(&route.canaries),
        "fields": fields.collect::<Vec<_>>(),
        "former_rules": former.collect::<Vec<_>>(),
    })
}

/// Counts of what crossed, without its rules.
pub(super) fn crossed_json(crossed: &Crossed) -> Value {
    let refused = crossed.refused.iter().map(|(code, count)| (code.to_ascii_uppercase(), json!(count)));
    json!({
        "left": crossed.left,
        "entered": crossed.entered,
        "status_only": crossed.bare,
        "unfinished_streams": crossed.unfinished,
        "left_with_needle": crossed.with_needle,
        "left_with_needle_off": crossed.needle_off,
        "pupil_commitments": crossed.pupils,
        "refused": refused.collect::<Map<_, _>>(),
        "guard_let_go": crossed.noted,
        "period": span(crossed.span),
    })
}

/// Canary runs.
pub(super) fn canaries_json(canaries: &Canaries) -> Value {
    json!({
        "runs": canaries.runs,
        "runs_weak": canaries.runs_weak,
        "runs_refused": canaries.runs_refused,
        "runs_failed": canaries.runs_failed,
        "runs_empty": canaries.runs_empty,
        "messages": canaries.messages,
        "planted": canaries.planted,
        "refused": canaries.refused,
        "leaked": canaries.leaked,
        "last": (canaries.runs > 0).then(|| time(canaries.last_ms)),
        "last_says_nothing": match &canaries.last {
            Last::Tried => Value::Null,
            Last::Refused(code) | Last::Failed(code) => code.to_ascii_uppercase().into(),
            Last::Empty => "no-message".into(),
        },
    })
}

/// A place where something crossed.
pub(super) fn way_json(way: &Way) -> Value {
    json!({ "school": way.school, "publisher": way.publisher, "route": way.template })
}

fn span(span: Option<(u64, u64)>) -> Value {
    span.map_or(Value::Null, |(first, last)| json!({ "first": time(first), "last": time(last) }))
}

fn time(millis: u64) -> String {
    Timestamp::from_millis(millis).rfc3339()
}

/// The register as rows: the first names the columns. A publisher or route without fields has a row of its own.
pub(super) fn rows(register: &Register, to: Language) -> Vec<Vec<String>> {
    let mut rows = vec![head(to)];
    for publisher in &register.publishers {
        let before = rows.len();
        for route in &publisher.routes {
            let told =
                |field: &&Field| field.leaves.is_some() || field.uses.entered > 0 || field.uses.refused > 0;
            let fields = route.fields.iter().filter(told);
            rows.extend(fields.map(|field| row(register, publisher, Some((route, field)), to)));
        }
        if rows.len() == before {
            rows.push(row(register, publisher, None, to));
        }
    }
    rows
}

/// Columns behind those of a field: of the publisher, the route and the whole.
const AT_THE_END: usize = 6;

fn head(to: Language) -> Vec<String> {
    let head = [
        ("school", "school"),
        ("publisher", "uitgever"),
        ("publisher_name", "naam_uitgever"),
        ("kind", "soort"),
        ("location", "plaats_verwerking"),
        ("agreement", "overeenkomst"),
        ("agreement_date", "datum_overeenkomst"),
        ("agreement_ends", "einde_overeenkomst"),
        ("route", "route"),
        ("asks", "vraagt"),
        ("part", "onderdeel"),
        ("field", "veld"),
        ("category", "categorie"),
        ("what_leaves", "wat_vertrekt"),
        ("reason", "reden"),
        ("times_left", "keren_vertrokken"),
        ("times_entered", "keren_binnengekomen"),
        ("remark", "opmerking"),
        ("objections", "bezwaren"),
        ("consents", "toestemmingen"),
        ("times_refused", "keren_geweigerd"),
        ("what_may_be_a_name", "wat_een_naam_kan_zijn"),
        ("searchable_for_a_name", "doorzoekbaar_op_een_naam"),
        ("unusual_limits", "ongebruikelijke_grenzen"),
    ];
    head.into_iter().map(|(english, dutch)| to.pick(english, dutch).to_owned()).collect()
}

fn row(
    register: &Register,
    publisher: &PublisherPart,
    line: Option<(&RoutePart, &Field)>,
    to: Language,
) -> Vec<String> {
    let school = register.schools.iter().find(|school| school.id == publisher.school);
    let agreement = publisher.agreement.as_ref();
    let date = |date: Option<crate::clock::Date>| date.map(|date| date.to_string()).unwrap_or_default();
    let mut row = vec![
        school.map_or_else(|| publisher.school.clone(), |school| format!("{} ({})", school.name, school.id)),
        publisher.id.clone(),
        publisher.name.clone(),
        words::supply(publisher.kind, to).to_owned(),
        words::places(&publisher.location, to),
        agreement.and_then(|agreement| agreement.document.clone()).unwrap_or_default(),
        date(agreement.and_then(|agreement| agreement.date)),
        date(agreement.and_then(|agreement| agreement.ends)),
    ];
    match line {
        None => row.resize(head(to).len() - AT_THE_END, String::new()),
        Some((route, field)) => row.extend([
            route.mount.clone(),
            if route.school_asks {
                to.pick("the school", "de school")
            } else {
                to.pick("the publisher", "de uitgever")
            }
            .to_owned(),
            field.owner.clone(),
            field.at.clone(),
            field.category.map(|category| words::category(category, to).to_owned()).unwrap_or_default(),
            words::leaves(field, to).to_owned(),
            field.why.clone().unwrap_or_default(),
            field.uses.left_ever().to_string(),
            field.uses.entered.to_string(),
            words::remark(field, to),
        ]),
    }
    row.extend([publisher.objections.to_string(), publisher.consents.to_string()]);
    let of = |told: &dyn Fn(&RoutePart, &Field) -> String| {
        line.map_or_else(String::new, |(route, field)| told(route, field))
    };
    row.push(of(&|_, field| field.uses.refused.to_string()));
    row.push(of(&|route, _| words::suspects(route.suspects_reported, to).to_owned()));
    row.push(of(&|route, _| {
        if route.needle { to.pick("yes", "ja") } else { to.pick("no", "nee") }.to_owned()
    }));
    let limits = register.limits.iter();
    let limits = limits
        .map(|(key, value, usual)| format!("{key} {value} ({} {usual})", to.pick("usual:", "gebruikelijk:")));
    row.push(limits.collect::<Vec<_>>().join("; "));
    row
}
