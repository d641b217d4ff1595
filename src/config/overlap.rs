//! What publishers and routes must not share: mounts, credentials, scopes.
//!
//! It must not know TOML tables; it compares what was read.

use std::collections::BTreeMap;

use super::address::lies_in;
use super::problem::{At, Place, Problem, Source};
use super::settings::{
    AsksSettings, ClientProof, CredentialSettings, PublisherSettings, RouteSettings, SubjectSettings,
};
use super::words::{Message, Value, publisher as words, route};

/// Compares all publishers with one another and reports what two of them share.
pub(super) fn compare(source: &Source, publishers: &[At<PublisherSettings>], roster: bool, url: bool) {
    for (i, publisher) in publishers.iter().enumerate() {
        let before = publishers.get(..i).unwrap_or_default();
        let PublisherSettings { id, school, .. } = &publisher.value;
        if before.iter().any(|other| other.value.id == *id && other.value.school == *school) {
            source.report(&words::PUBLISHER_TWICE, &publisher.span, [("publisher", id.as_str().into())]);
        }
        if publisher.value.link_roster && !roster {
            source.report(&words::LINK_WITHOUT_ROSTER, &publisher.span, [("publisher", id.as_str().into())]);
        }
        same_ids(source, publisher, publishers);
        let signs = |route: &&RouteSettings| {
            route.caller.clients.iter().any(|client| matches!(client.proof, ClientProof::Jwks(_)))
        };
        for route in publisher.value.routes.iter().filter(signs).filter(|_| !url) {
            note(source, &route.place, &route::NO_AUDIENCE, Vec::new());
        }
    }
    mounts(source, publishers);
    credentials(source, publishers);
}

fn same_ids(source: &Source, publisher: &At<PublisherSettings>, all: &[At<PublisherSettings>]) {
    let own = &publisher.value;
    let Some(other) = &own.same_ids_as else { return };
    let reason = match all.iter().find(|at| at.value.id == *other && at.value.school == own.school) {
        None => Value::Each("this school has no such publisher", "deze school heeft die uitgever niet"),
        Some(at) if at.value.id == own.id => {
            Value::Each("it is this publisher itself", "het is deze uitgever zelf")
        }
        Some(at) if at.value.same_ids_as.is_some() => Value::Each(
            "that publisher shares another's ids itself",
            "die uitgever deelt zelf de kenmerken van een ander",
        ),
        Some(at) if at.value.epoch != own.epoch => {
            Value::Each("the epochs differ", "de periodes verschillen")
        }
        Some(at) if at.value.shape != own.shape || at.value.shapes != own.shapes => {
            Value::Each("the shapes differ", "de vormen verschillen")
        }
        Some(at) if at.value.link_roster != own.link_roster => {
            Value::Each("the links differ", "de koppelingen verschillen")
        }
        Some(_) if own.keep_eck_id => Value::Each(
            "it keeps the ECK iD, and the group is to do without",
            "het houdt het ECK iD, en de groep moet zonder",
        ),
        Some(_) => return,
    };
    source.report(&words::SAME_IDS, &publisher.span, [("other", other.as_str().into()), ("reason", reason)]);
}

/// A route with the publisher it belongs to.
fn routes(publishers: &[At<PublisherSettings>]) -> Vec<(&PublisherSettings, &RouteSettings)> {
    publishers.iter().flat_map(|at| at.value.routes.iter().map(|route| (&at.value, route))).collect()
}

fn mounts(source: &Source, publishers: &[At<PublisherSettings>]) {
    let routes = routes(publishers);
    for (i, (owner, own)) in routes.iter().enumerate() {
        for (other_owner, other) in routes.iter().take(i) {
            if owner.school != other_owner.school {
                continue;
            }
            let same = own.mount == other.mount;
            let nested = lies_in(&own.mount, &other.mount) || lies_in(&other.mount, &own.mount);
            let stranger = owner.id != other_owner.id;
            if same || (nested && stranger) || takes_token(own, other) || takes_token(other, own) {
                let values = [
                    ("mount", format!("{}/", own.mount).into()),
                    ("publisher", other_owner.id.as_str().into()),
                    ("line", other.place.line.to_string().into()),
                ];
                note(source, &own.place, &route::MOUNTS_MEET, values.into());
            }
        }
    }
}

/// Whether one route's token endpoint (`<mount>token`) lies where the other is mounted.
fn takes_token(issuer: &RouteSettings, other: &RouteSettings) -> bool {
    !issuer.caller.clients.is_empty() && lies_in(&other.mount, &format!("{}/token", issuer.mount))
}

/// What somebody can show to be taken for a caller; equal ones must be one publisher's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Credential {
    Token([u8; 32]),
    Certificate(String),
    Client(String),
}

impl Credential {
    fn called(&self) -> Value {
        match self {
            Self::Token(_) => Value::Each("bearer token", "token"),
            Self::Certificate(_) => Value::Each("client certificate", "client-certificaat"),
            Self::Client(_) => Value::Each("OAuth2 client id", "OAuth2-client-id"),
        }
    }
}

fn credentials(source: &Source, publishers: &[At<PublisherSettings>]) {
    let mut holders: BTreeMap<Credential, (&PublisherSettings, &Place)> = BTreeMap::new();
    let mut authorities: Vec<([u8; 32], bool, &PublisherSettings, &Place)> = Vec::new();
    for (owner, route) in routes(publishers) {
        for credential in shown_by(route) {
            let (holder, place) = holders.entry(credential.clone()).or_insert((owner, &route.place));
            if !same_publisher(holder, owner) {
                shared(source, &route.place, credential.called(), holder, place);
            }
        }
        for certificate in &route.caller.certificates {
            let any = certificate.subject == SubjectSettings::CaIsOurs;
            for (digest, any_before, holder, place) in &authorities {
                // One takes whatever this CA signs, so it would take the other's certificate too.
                if *digest == certificate.ca_digest && (any || *any_before) && !same_publisher(holder, owner)
                {
                    shared(source, &route.place, Value::Each("CA", "CA"), holder, place);
                }
            }
            authorities.push((certificate.ca_digest, any, owner, &route.place));
        }
    }
}

fn same_publisher(a: &PublisherSettings, b: &PublisherSettings) -> bool {
    a.id == b.id && a.school == b.school
}

fn shared(source: &Source, at: &Place, called: Value, holder: &PublisherSettings, place: &Place) {
    let values = vec![
        ("credential", called),
        ("publisher", holder.id.as_str().into()),
        ("line", place.line.to_string().into()),
    ];
    note(source, at, &route::CREDENTIAL_SHARED, values);
}

/// The credentials of a route's callers, and the one that Sluis shows to a publisher: who receives a
/// token could use it.
fn shown_by(route: &RouteSettings) -> Vec<Credential> {
    let caller = &route.caller;
    let mut shown: Vec<Credential> = caller.tokens.iter().map(|digest| Credential::Token(*digest)).collect();
    for certificate in &caller.certificates {
        match &certificate.subject {
            SubjectSettings::Oin(oin) => shown.push(Credential::Certificate(format!("oin {oin}"))),
            SubjectSettings::San(san) => shown.push(Credential::Certificate(format!("san {san}"))),
            SubjectSettings::Sha256(digest) => {
                shown.push(Credential::Certificate(format!("sha256 {digest:?}")))
            }
            SubjectSettings::CaIsOurs => {}
        }
    }
    shown.extend(caller.clients.iter().map(|client| Credential::Client(client.id.clone())));
    if let (AsksSettings::School, Some(CredentialSettings::Bearer(_, digest))) =
        (route.asks, &route.upstream.credential)
    {
        shown.push(Credential::Token(*digest));
    }
    shown
}

fn note(source: &Source, place: &Place, message: &'static Message, values: Vec<(&'static str, Value)>) {
    source.note(Problem { place: place.clone(), message, values });
}
