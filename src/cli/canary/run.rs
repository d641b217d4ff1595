//! Sends the canaries through every route's rules, and looks at what would have left.
//!
//! The gateway is the real one, with the configuration's own rules, agreements and guard; around it all is thrown away
//! afterwards: a vault in memory, a journal in a directory that is removed, other sides that only record. Nothing reaches a
//! publisher and no mapping stays. What it proves stands in the real journal: one leaf a route.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::names;
use super::pupils::{Canaries, Outside, derived_from};
use super::search::{Needle, needles, search};
use super::tally::{Outcome, Tally};
use crate::cli::act::Workplace;
use crate::cli::beside;
use crate::cli::failure::Failure;
use crate::cli::faults::{roster_failed, vault_failed};
use crate::cli::rehearsal::{Nobody, local, scratch, scratch_house};
use crate::cli::serve::house;
use crate::cli::stores::leaf_scope;
use crate::cli::words;
use crate::config::Language;
use crate::config::settings::PublisherSettings;
use crate::gateway::house::{House, Register};
use crate::gateway::route::{Asks, Route};
use crate::gateway::{Carried, Carrier, Gate as _, Gateway, Patience, Presented, Refusal};
use crate::identity::{Identifier, Kind, School};
use crate::journal::{Decision, Detail, Event};
use crate::profile::sample::{Case, Making, Sample, Shape};
use crate::roster::Roster;
use crate::roster::consent::{Consents, Mark, Said, Stance};
use crate::vault::{Avoid, MaskAsk, VaultError};

/// The other side: says what it was told to say, and keeps what it is sent.
#[derive(Default)]
struct Recording {
    reply: Mutex<Response<Bytes>>,
    heard: Mutex<Option<Request<Bytes>>>,
}

impl Carrier for Recording {
    fn send(&self, request: Request<Bytes>) -> Carried<'_> {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(request);
        let reply = self.reply.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move { Ok(reply) })
    }
}

/// Runs the canaries of every school through every route, and records one leaf a route.
pub(in crate::cli) fn run(at: &Workplace<'_>) -> Result<Value, Failure> {
    let mut routes = Vec::new();
    let total = u64::try_from(at.settings.publishers.len()).unwrap_or(u64::MAX);
    for (done, publisher) in at.settings.publishers.iter().enumerate() {
        (at.tell)(u64::try_from(done).unwrap_or(u64::MAX), total);
        // What would be refused whole is no trial: a sealed vault lets nothing cross.
        let sealed = at.stores.vault.sealed().map(|why| vault_failed(&VaultError::Sealed { why }));
        match sealed.map_or_else(|| of_publisher(publisher, at), Err) {
            Ok(tried) => {
                for (route, tally) in tried {
                    let mount = route.mount.as_str().trim_end_matches('/');
                    record(publisher, mount, Some(*route.profile.digest()), Ok(&tally), at)?;
                    routes.push(told(publisher, &route, &tally));
                }
            }
            Err(failure) => {
                for route in &publisher.routes {
                    record(publisher, &route.mount, None, Err(&failure), at)?;
                    routes.push(untried(publisher, &route.mount, &failure));
                }
            }
        }
    }
    let outcomes: Vec<&str> = routes.iter().filter_map(|route| route.get("outcome")?.as_str()).collect();
    let worst = ["leaked", "failed", "weak", "refused"];
    let worst = worst.into_iter().find(|worst| outcomes.contains(worst));
    Ok(json!({ "outcome": worst.unwrap_or("held"), "routes": routes }))
}

fn told(publisher: &PublisherSettings, route: &Route, tally: &Tally) -> Value {
    let note = |(message, outcome, found): &(String, &str, &str)| json!({ "message": message, "outcome": outcome, "found": found });
    json!({
        "school": publisher.school.as_str(),
        "publisher": publisher.id.as_str(),
        "route": format!("{}/", route.mount.as_str()),
        "outcome": tally.outcome(),
        "messages": tally.messages,
        "planted": tally.planted,
        "refused": tally.refused,
        "weak": tally.weak,
        "leaked": tally.leaked,
        "codes": tally.codes,
        "notes": tally.notes().map(note).collect::<Vec<_>>(),
    })
}

/// A route that could not be tried, and why.
fn untried(publisher: &PublisherSettings, mount: &str, failure: &Failure) -> Value {
    json!({
        "school": publisher.school.as_str(),
        "publisher": publisher.id.as_str(),
        "route": format!("{mount}/"),
        "outcome": "failed",
        "code": failure.code(),
        "en": failure.told(Language::English),
        "nl": failure.told(Language::Dutch),
    })
}

/// One leaf a route, also of one that could not be tried: a night without a trial must not look like one that held.
fn record(
    publisher: &PublisherSettings,
    mount: &str,
    profile: Option<[u8; 32]>,
    outcome: Result<&Tally, &Failure>,
    at: &Workplace<'_>,
) -> Result<(), Failure> {
    let nothing = Tally::default();
    let tally = outcome.unwrap_or(&nothing);
    let mut leaf = at.stores.leaf(Event::CANARY, at.stores.clock.now(), &at.actor);
    leaf.scope = Some(leaf_scope(&publisher.scope()));
    leaf.route = format!("{mount}/");
    leaf.decision = match outcome {
        Ok(tally) => tally.decision(),
        Err(failure) => Decision::Refused(failure.code().to_ascii_lowercase()),
    };
    leaf.profile = profile;
    leaf.configuration = Some(at.settings.digest);
    let details = [
        ("leaked", tally.leaked),
        ("messages", tally.messages),
        ("planted", tally.planted),
        ("refused", tally.refused),
    ];
    leaf.details = details.map(|(name, count)| (name.to_owned(), Detail::Number(count))).to_vec();
    at.stores.note(leaf).map(|_| ())
}

/// A publisher's routes, with what became of each.
fn of_publisher(
    publisher: &PublisherSettings,
    at: &Workplace<'_>,
) -> Result<Vec<(Arc<Route>, Tally)>, Failure> {
    let kinds = kinds(publisher);
    let roster = match beside::roster(at.settings, at.stores, &publisher.school)? {
        Some(path) => Roster::load(&path, &at.stores.vault).map_err(|error| roster_failed(&error))?,
        None => None,
    };
    let roster = roster.filter(|roster| !roster.is_empty());
    let canaries = Canaries::of(&at.stores.vault, &publisher.school, roster.as_ref());
    let canaries = canaries.ok_or_else(|| Failure::new(&words::INTERNAL, []))?;
    let scratch = scratch()?;
    let terms = house::terms(publisher);
    let mut routes = Vec::new();
    let mut others: HashMap<String, Arc<Recording>> = HashMap::new();
    for written in &publisher.routes {
        let recording = Arc::new(Recording::default());
        let reached = (Arc::clone(&recording) as _, local());
        let route = house::route(at.settings, publisher, written, &terms, reached)?;
        others.insert(route.mount.as_str().to_owned(), recording);
        routes.push(route);
    }
    // Without a roster a route runs closed: so it does here.
    let mut rosters = HashMap::new();
    if roster.is_some() {
        let own = canaries.roster(&kinds, at.stores.clock.now());
        rosters.insert(publisher.school.clone(), Arc::new(Register::build(own)));
    }
    drop(roster);
    let mut house = scratch_house(routes, publisher, rosters, &scratch, at)?;
    // What the guard stops here is meant to be stopped: it tires nobody.
    house.patience = Patience { failures_per_hour: u32::MAX, withheld_per_day: u32::MAX };
    house.consents = consents(publisher, &canaries, &kinds, at);
    let all = house.routes.all().to_vec();
    let run = Run { canaries: &canaries, kinds: &kinds, others: &others, publisher };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|_| Failure::new(&words::INTERNAL, []))?;
    runtime.block_on(run.routes(house, all))
}

/// Every kind that a canary may be named by: the language's own, the profiles' own, and the roster's primary one.
fn kinds(publisher: &PublisherSettings) -> Vec<Kind> {
    let mut kinds = Kind::ALL.to_vec();
    for route in &publisher.routes {
        kinds.extend(route.profile.kinds().iter().map(|used| used.kind));
    }
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// A canary has no objection, and every consent: what is tried are the rules.
fn consents(
    publisher: &PublisherSettings,
    canaries: &Canaries,
    kinds: &[Kind],
    at: &Workplace<'_>,
) -> HashMap<School, Arc<Consents>> {
    let date = crate::clock::Date::in_the_netherlands(at.stores.clock.now());
    let mut consents = Consents::default();
    for (canary, kind) in canaries.0.iter().flat_map(|canary| kinds.iter().map(move |kind| (canary, *kind))) {
        let mark = Mark { publisher: Some(publisher.id.clone()), stance: Stance::Consent, date };
        let identifier = Identifier::new(kind, &canary.identifier(kind));
        consents.record(Said { identifier, mark });
    }
    HashMap::from([(publisher.school.clone(), Arc::new(consents))])
}

/// The canaries of a school, on their way to one publisher.
struct Run<'a> {
    canaries: &'a Canaries,
    kinds: &'a [Kind],
    others: &'a HashMap<String, Arc<Recording>>,
    publisher: &'a PublisherSettings,
}

impl Run<'_> {
    async fn routes(&self, house: House, all: Vec<Arc<Route>>) -> Result<Vec<(Arc<Route>, Tally)>, Failure> {
        let gateway = Gateway::new(house, Arc::new(Nobody));
        let mut told = Vec::new();
        for route in all {
            let tally = self.route(&gateway, &route).await?;
            told.push((route, tally));
        }
        Ok(told)
    }

    async fn route(&self, gateway: &Gateway, route: &Arc<Route>) -> Result<Tally, Failure> {
        let outside = Outside(self.pseudonyms(gateway, route).await?);
        let needles = self.needles(route);
        let mut tally = Tally::default();
        for shape in [Shape::Lists, Shape::Singles] {
            for planted in [false, true] {
                let making = Making { inside: self.canaries, outside: &outside, shape, planted };
                let cases = match route.asks {
                    Asks::School => route.profile.leaving_requests(making),
                    Asks::Publisher => route.profile.leaving_replies(making),
                };
                for case in cases {
                    let outcome = self.send(gateway, route, &case, planted, &needles).await?;
                    tally.count(case.name, planted, &outcome);
                }
            }
        }
        Ok(tally)
    }

    /// What the canaries are called outside, in the scope that is thrown away.
    async fn pseudonyms(
        &self,
        gateway: &Gateway,
        route: &Route,
    ) -> Result<HashMap<(Kind, usize), String>, Failure> {
        let house = gateway.house();
        let things: Vec<Kind> =
            route.profile.kinds().iter().filter(|used| !used.person).map(|used| used.kind).collect();
        let mut places = Vec::new();
        let mut wanted = Vec::new();
        for (person, canary) in self.canaries.0.iter().enumerate() {
            for kind in self.kinds {
                let primary = route.link.primary().filter(|_| !things.contains(kind));
                places.push((*kind, person));
                wanted.push((derived_from(canary, *kind, primary), Arc::clone(route.shapes.of(*kind))));
            }
        }
        let asks: Vec<MaskAsk<'_>> = wanted
            .iter()
            .map(|(identifier, shape)| MaskAsk { identifier, shape, number: false, minted: false })
            .collect();
        let avoid: Avoid = Arc::new(|_: &str| false);
        let answer = house.vault.mask(&route.scope, &asks, &[], &avoid).await;
        let answer = answer.map_err(|error| vault_failed(&error))?;
        names::give(&house.vault, route, self.canaries, &avoid).await?;
        let texts = answer.masked.iter().map(|one| one.pseudonym.as_str().to_owned());
        Ok(places.into_iter().zip(texts).collect())
    }

    /// Everything that may not leave; the ECK iD, where it is kept on purpose, is no leak.
    fn needles(&self, route: &Route) -> Vec<Needle> {
        let kept = |what: &str| route.eck_id_kept && what == Kind::ECK_ID.as_str();
        let all = self.canaries.0.iter().flat_map(|canary| canary.all(self.kinds));
        all.filter(|(what, _)| !kept(what)).flat_map(|(what, text)| needles(what, &text)).collect()
    }

    /// Sends a case through the gateway, and looks at what left of it.
    async fn send(
        &self,
        gateway: &Gateway,
        route: &Route,
        case: &Case,
        planted: bool,
        needles: &[Needle],
    ) -> Result<Outcome, Failure> {
        let unfit = || Failure::new(&words::INTERNAL, []);
        let other = self.others.get(route.mount.as_str()).ok_or_else(unfit)?;
        let mut reply = Response::new(Bytes::new());
        match &case.reply {
            Some((status, sample)) => {
                *reply.status_mut() = StatusCode::from_u16(*status).map_err(|_| unfit())?;
                headers(sample, reply.headers_mut());
                *reply.body_mut() = Bytes::from(sample.body.clone());
            }
            None => *reply.status_mut() = StatusCode::NO_CONTENT,
        }
        *other.reply.lock().unwrap_or_else(PoisonError::into_inner) = reply;
        *other.heard.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let head = self.head(route, case).ok_or_else(unfit)?;
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let answered = match gateway.admit(&head, &Presented { peer, certificate: None }) {
            Ok(admitted) => gateway.exchange(admitted, Bytes::from(case.request.body.clone())).await,
            Err(refused) => Err(refused),
        };
        let heard = other.heard.lock().unwrap_or_else(PoisonError::into_inner).take();
        let left = match (&case.reply, heard, &answered) {
            (None, Some(request), _) => {
                let line = format!("{} {}\n", request.method(), request.uri());
                Some(bytes(&line, request.headers(), request.body()))
            }
            (Some(_), _, Ok(response)) => Some(bytes("", response.headers(), response.body())),
            _ => None,
        };
        Ok(match (left, answered) {
            (Some(left), _) => search(&left, needles).map_or(Outcome::Held, Outcome::Leaked),
            (None, Err(refused)) => match (&refused.refusal, planted) {
                (Refusal::Leak { .. }, true) => Outcome::Stopped,
                (Refusal::Leak { .. }, false) => Outcome::Weak,
                (other, _) => Outcome::Refused(other.code()),
            },
            (None, Ok(_)) => Outcome::Refused(Refusal::Internal.code()),
        })
    }

    fn head(&self, route: &Route, case: &Case) -> Option<http::request::Parts> {
        let mut request = Request::new(());
        *request.method_mut() = case.method.parse::<Method>().ok()?;
        *request.uri_mut() = format!("{}{}", route.mount.as_str(), case.target).parse().ok()?;
        headers(&case.request, request.headers_mut());
        let host = route.host.as_deref().unwrap_or("localhost");
        request.headers_mut().insert(HOST, HeaderValue::from_str(host).ok()?);
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("*/*"));
        debug_assert_eq!(route.publisher(), &self.publisher.id);
        Some(request.into_parts().0)
    }
}

fn headers(sample: &Sample, to: &mut HeaderMap) {
    for (name, value) in &sample.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            to.append(name, value);
        }
    }
    if let Some(media) = sample.media.as_deref().and_then(|media| HeaderValue::from_str(media).ok()) {
        to.insert(CONTENT_TYPE, media);
    }
}

/// Everything that crosses, in one run of bytes.
fn bytes(line: &str, headers: &HeaderMap, body: &[u8]) -> Vec<u8> {
    let mut all = line.as_bytes().to_vec();
    for (name, value) in headers {
        all.extend_from_slice(name.as_str().as_bytes());
        all.extend_from_slice(b": ");
        all.extend_from_slice(value.as_bytes());
        all.push(b'\n');
    }
    all.extend_from_slice(body);
    all
}
