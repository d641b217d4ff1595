//! From settings and open stores to the house that the gateway works in.
//!
//! Everything that can fail does so here, before anything is replaced. It must not know sockets.

use std::collections::HashMap;
use std::io::Read as _;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::cli::beside;
use crate::cli::failure::Failure;
use crate::cli::faults::roster_failed;
use crate::cli::stores::Stores;
use crate::cli::words;
use crate::config::settings::{
    AsksSettings, ClientProof, CredentialSettings as Shown, LimitSettings, OAuth2Proof, PublisherSettings,
    RouteSettings, SubjectSettings, UpstreamSettings as Written,
};
use crate::config::{Settings, inspect};
use crate::derive::Shape;
use crate::gateway::caller::{CallerRule, Credential, Network, Subject};
use crate::gateway::guard::Suspects;
use crate::gateway::house::{House, Register};
use crate::gateway::issuer::{Client, ClientProof as IssuedTo, Issuer, IssuerSettings, KeySource};
use crate::gateway::route::{Asks, Base, Link, Mount, Route, Routes, Shapes, Swap};
use crate::gateway::terms::{NotAgreed, Terms};
use crate::gateway::{Carrier, Patience};
use crate::identity::School;
use crate::profile::Profile;
use crate::rewrite::Limits;
use crate::rewrite::coding::Expansion;
use crate::roster::Roster;
use crate::roster::consent::Consents;
use crate::secret::Secret;
use crate::server::client_certificates::Authority;
use crate::upstream::{ClientProof as Proof, CredentialSettings, Upstream, UpstreamSettings, UpstreamTls};

/// How long a token that Sluis issues counts, in seconds.
const TOKEN_S: u64 = 600;

/// Builds a house; takes as long as those of its rosters are large that an earlier house does not have.
pub(super) fn build(
    settings: &Settings,
    stores: &Stores,
    binary: [u8; 32],
    earlier: Option<&House>,
) -> Result<House, Failure> {
    let mut routes = Vec::new();
    for publisher in &settings.publishers {
        let terms = terms(publisher);
        let scope = publisher.scope();
        if stores.vault.key_id(&scope).is_none() {
            let values =
                [("publisher", publisher.id.as_str().into()), ("epoch", scope.epoch.as_str().into())];
            return Err(Failure::new(&words::EPOCH_UNKNOWN, values));
        }
        for route in &publisher.routes {
            let carrier = Arc::new(carrier(settings, &route.upstream, stores)?);
            let callers = callers(settings, route, stores)?;
            routes.push(self::route(settings, publisher, route, &terms, (carrier, callers))?);
        }
    }
    Ok(House {
        vault: Arc::clone(&stores.vault),
        journal: Arc::clone(&stores.journal),
        clock: Arc::clone(&stores.clock),
        routes: Routes::new(routes, public(settings)?),
        rosters: rosters(settings, stores, earlier)?,
        consents: consents(settings, stores)?,
        configuration: settings.digest,
        binary,
        limits: limits(settings),
        expansion: Expansion::default(),
        patience: patience(settings),
        needle: Some(Arc::clone(&stores.needle)),
    })
}

fn patience(settings: &Settings) -> Patience {
    let LimitSettings { failures_per_hour, withheld_per_day, .. } = settings.limits;
    Patience { failures_per_hour, withheld_per_day }
}

/// How much a parser takes: a body as large as the listener takes.
pub(in crate::cli) fn limits(settings: &Settings) -> Limits {
    let bytes = u32::try_from(settings.limits.body_bytes).unwrap_or(u32::MAX);
    Limits::default().with_bytes(bytes).unwrap_or_default()
}

/// The address under which the outside reaches Sluis, when the configuration says one.
pub(in crate::cli) fn public(settings: &Settings) -> Result<Option<Base>, Failure> {
    let url = settings.listen.url.as_ref().map(ToString::to_string);
    url.map(|url| Base::parse(&url)).transpose().map_err(|_| internal())
}

/// SHA-256 of the running binary; zeros where it cannot be read.
pub(in crate::cli) fn binary_digest() -> [u8; 32] {
    let mut digest = Sha256::new();
    let mut piece = vec![0; 1 << 20];
    let Ok(mut file) = std::fs::File::open("/proc/self/exe") else { return [0; 32] };
    loop {
        match file.read(&mut piece) {
            Ok(0) => return digest.finalize().into(),
            Ok(length) => digest.update(piece.get(..length).unwrap_or_default()),
            Err(_) => return [0; 32],
        }
    }
}

fn rosters(
    settings: &Settings,
    stores: &Stores,
    earlier: Option<&House>,
) -> Result<HashMap<School, Arc<Register>>, Failure> {
    let mut rosters = HashMap::new();
    for school in &settings.schools {
        let Some(path) = beside::roster(settings, stores, &school.id)? else { continue };
        // A damaged roster is not a missing one: nothing is served without what the guard should know.
        let kept = Roster::summary(&path, &stores.vault).map_err(|error| roster_failed(&error))?;
        // The same edition stays, and with it what is known of how much it does not know.
        let same = earlier
            .and_then(|house| house.rosters.get(&school.id))
            .filter(|register| kept.is_some_and(|kept| kept.edition == register.roster.edition()));
        if let Some(register) = same {
            rosters.insert(school.id.clone(), Arc::clone(register));
            continue;
        }
        let roster = Roster::load(&path, &stores.vault).map_err(|error| roster_failed(&error))?;
        if let Some(roster) = roster.filter(|roster| !roster.is_empty()) {
            rosters.insert(school.id.clone(), Arc::new(Register::build(roster)));
        }
    }
    Ok(rosters)
}

/// What pupils and parents of every school said. A damaged file is not a missing one: objections may be in it.
pub(in crate::cli) fn consents(
    settings: &Settings,
    stores: &Stores,
) -> Result<HashMap<School, Arc<Consents>>, Failure> {
    let mut all = HashMap::new();
    for school in &settings.schools {
        let said = beside::consents(settings, stores, &school.id)?;
        if !said.is_empty() {
            all.insert(school.id.clone(), Arc::new(said));
        }
    }
    Ok(all)
}

/// On what terms a publisher receives anything.
pub(in crate::cli) fn terms(publisher: &PublisherSettings) -> Arc<Terms> {
    let recorded = &publisher.recorded;
    let ends = recorded.agreement.as_ref().and_then(|agreement| agreement.ends);
    let terms = Terms::new(ends, &recorded.location, recorded.basis, recorded.kind);
    Arc::new(terms.of(publisher.id.clone()))
}

/// A route's rules, as far as the publisher's agreement goes.
fn agreed(publisher: &PublisherSettings, profile: &Arc<Profile>) -> Arc<Profile> {
    match &publisher.recorded.agreement {
        Some(agreement) => {
            let refuse = agreement.not_agreed == NotAgreed::Refuse;
            Arc::new(profile.limited(&agreement.categories, refuse))
        }
        None => Arc::clone(profile),
    }
}

/// One route of the configuration, reached through `carrier` and by `callers`.
pub(in crate::cli) fn route(
    settings: &Settings,
    publisher: &PublisherSettings,
    route: &RouteSettings,
    terms: &Arc<Terms>,
    (carrier, callers): (Arc<dyn Carrier>, Vec<CallerRule>),
) -> Result<Route, Failure> {
    let school = settings.schools.iter().find(|school| school.id == publisher.school);
    let mount = if route.mount.is_empty() { "/" } else { &route.mount };
    let base = route.upstream.base.to_string();
    Ok(Route {
        host: school.and_then(|school| school.host.clone()),
        mount: Mount::parse(mount).map_err(|_| internal())?,
        scope: publisher.scope(),
        asks: match route.asks {
            AsksSettings::School => Asks::School,
            AsksSettings::Publisher => Asks::Publisher,
        },
        profile: agreed(publisher, &route.profile),
        callers,
        shapes: Shapes::new(
            publisher.shape.clone(),
            publisher.shapes.iter().map(|(k, s): &(_, Shape)| (*k, s.clone())),
        ),
        link: match publisher.link_roster {
            true => Link::Roster { primary: settings.roster_primary },
            false => Link::Field,
        },
        suspects: if route.suspects_reported { Suspects::Report } else { Suspects::Block },
        eck_id_kept: publisher.keeps_eck_id(),
        needle: route.needle,
        terms: Arc::clone(terms),
        swaps: route
            .swap
            .iter()
            .map(|(name, swap)| Swap {
                name: name.clone(),
                inside: Secret::new(swap.inside.expose().clone()),
                outside: Secret::new(swap.outside.expose().clone()),
            })
            .collect(),
        upstream: Base::parse(&base).map_err(|_| internal())?,
        carrier,
    })
}

fn callers(settings: &Settings, route: &RouteSettings, stores: &Stores) -> Result<Vec<CallerRule>, Failure> {
    let caller = &route.caller;
    let mut credentials: Vec<Credential> =
        caller.tokens.iter().map(|digest| Credential::Token(*digest)).collect();
    for certificate in &caller.certificates {
        let authority = Authority::read(&certificate.ca).map_err(|error| {
            let (message, values) = inspect::tls_problem(settings, &error);
            Failure::new(message, values)
        })?;
        let subject = match &certificate.subject {
            SubjectSettings::Oin(oin) => Subject::Oin(oin.clone()),
            SubjectSettings::San(name) => Subject::San(name.clone()),
            SubjectSettings::Sha256(digest) => Subject::Sha256(*digest),
            SubjectSettings::CaIsOurs => Subject::Any,
        };
        credentials.push(Credential::Certificate { authority: authority.id, subject });
    }
    if !caller.clients.is_empty() {
        credentials.push(Credential::Issued(Arc::new(issuer(settings, route, stores)?)));
    }
    if caller.this_machine {
        credentials.push(Credential::ThisMachine);
    }
    let networks = caller.networks.iter().map(|network| Network::parse(&network.to_string()));
    let networks: Vec<Network> = networks.collect::<Result<_, _>>().map_err(|_| internal())?;
    let rule = |credential| CallerRule { credential, networks: networks.clone() };
    Ok(credentials.into_iter().map(rule).collect())
}

/// The route's token endpoint. A reload makes a new one: its tokens end, and clients ask for another.
fn issuer(settings: &Settings, route: &RouteSettings, stores: &Stores) -> Result<Issuer, Failure> {
    let mut clients = Vec::new();
    for client in &route.caller.clients {
        let proof = match &client.proof {
            ClientProof::Secret(digest) => IssuedTo::Secret(*digest),
            ClientProof::Jwks(url) => {
                let unusable = |reason: String| {
                    let values = [("upstream", url.as_str().into()), ("reason", reason.into())];
                    Failure::new(&words::UPSTREAM, values)
                };
                let uri = url.parse::<http::Uri>().map_err(|error| unusable(error.to_string()))?;
                let mut upstream = UpstreamSettings::new(uri.clone());
                upstream.reply_bytes = 256 * 1024;
                let carrier = Upstream::open(&upstream, Arc::clone(&stores.clock));
                let carrier = carrier.map_err(|error| unusable(error.to_string()))?;
                IssuedTo::Keys(KeySource::fetched(uri, Arc::new(carrier)))
            }
        };
        clients.push(Client { id: client.id.clone(), proof });
    }
    let url = settings.listen.url.as_ref().map(ToString::to_string);
    let audience = url.map(|url| format!("{}{}/token", url.trim_end_matches('/'), route.mount));
    let audiences = audience.into_iter().collect();
    Ok(Issuer::new(IssuerSettings { clients, audiences, lifetime_s: TOKEN_S }, Arc::clone(&stores.clock)))
}

fn carrier(settings: &Settings, written: &Written, stores: &Stores) -> Result<Upstream, Failure> {
    let unusable = |reason: String| {
        let values = [("upstream", written.base.to_string().into()), ("reason", reason.into())];
        Failure::new(&words::UPSTREAM, values)
    };
    let uri = |text: &str| text.parse::<http::Uri>().map_err(|error| unusable(error.to_string()));
    let mut upstream = UpstreamSettings::new(uri(&written.base.to_string())?);
    upstream.tls =
        UpstreamTls { ca: written.ca.clone(), client_certificate: written.client_certificate.clone() };
    upstream.allow_private = written.allow_private;
    upstream.head_timeout = std::time::Duration::from_millis(written.timeout_ms);
    upstream.total_timeout = upstream.head_timeout.saturating_mul(2);
    upstream.connect_timeout = upstream.connect_timeout.min(upstream.head_timeout);
    upstream.reply_bytes = settings.limits.body_bytes;
    upstream.credential = match &written.credential {
        None => CredentialSettings::None,
        Some(Shown::Bearer(path, _)) => CredentialSettings::BearerFile(path.clone()),
        Some(Shown::OAuth2(oauth2)) => CredentialSettings::OAuth2 {
            token_url: uri(&oauth2.token_url)?,
            client_id: oauth2.client_id.clone(),
            scope: oauth2.scope.clone(),
            proof: match &oauth2.proof {
                OAuth2Proof::SecretFile(path) => Proof::SecretFile(path.clone()),
                OAuth2Proof::PrivateKeyFile(path, key_id) => {
                    Proof::PrivateKeyJwt { private_key: path.clone(), key_id: key_id.clone() }
                }
            },
        },
    };
    Upstream::open(&upstream, Arc::clone(&stores.clock)).map_err(|error| unusable(error.to_string()))
}

/// `config` and `gateway` disagree about what is valid: a fault of ours.
fn internal() -> Failure {
    Failure::new(&words::INTERNAL, [])
}
