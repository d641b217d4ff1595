//! `sluis try`: what would cross, and which rule did it. Nothing is sent and nothing is kept.
//!
//! The message goes through the same gateway as traffic, in a house of its own: a vault in memory, a journal in a
//! directory that is removed, an upstream that only listens; the roster is the real one, so that the guard is.
//! A pseudonym of the real vault is unknown there: what enters is refused when it holds one. With a reason the real vault is
//! looked at instead, as by `pupil show`: only what enters, on grounds that the journal keeps, and never written to.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::act::{Body, Workplace};
use super::beside;
use super::explain;
use super::failure::Failure;
use super::faults::{journal_failed, roster_failed, vault_failed};
use super::pupil::grounds::{self, Permit, Reason};
use super::serve::house;
use super::stores::{self, leaf_scope};
use super::words;
use crate::config::settings::{AsksSettings, PublisherSettings, RouteSettings};
use crate::crypto::{SigningKey, random};
use crate::disk::RealDisk;
use crate::gateway::caller::{CallerRule, Credential};
use crate::gateway::house::{House, Register};
use crate::gateway::route::{Route, Routes};
use crate::gateway::{Carried, Carrier, Ended, Gate as _, Gateway, Observer, Patience, Presented, Refused};
use crate::identity::School;
use crate::journal::{Detail, Event, Journal, Leaves};
use crate::rewrite::coding::Expansion;
use crate::roster::Roster;
use crate::server::rescue;
use crate::vault::Vault;

/// The most a tried file may hold, in bytes.
const MOST: u64 = 64 << 20;

/// What is tried.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Trial {
    pub(super) publisher: String,
    /// The route's mount.
    pub(super) route: String,
    /// Whether the file is the reply, and not the request.
    pub(super) reply: bool,
    pub(super) method: String,
    /// Path and query below the mount.
    pub(super) target: String,
    pub(super) media: String,
    /// Why pseudonyms of the real vault are restored.
    #[serde(default)]
    pub(super) reason: Option<String>,
}

/// An upstream that keeps what it is sent.
struct Listening {
    reply: Response<Bytes>,
    heard: Mutex<Option<Request<Bytes>>>,
}

impl Carrier for Listening {
    fn send(&self, request: Request<Bytes>) -> Carried<'_> {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(request);
        let reply = self.reply.clone();
        Box::pin(async move { Ok(reply) })
    }
}

/// Nobody is told.
pub(super) struct Nobody;

impl Observer for Nobody {
    fn ended(&self, _ended: &Ended<'_>) {}
}

/// A directory that is removed again.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Tries a message and reports what came of it.
pub(super) fn attempt(trial: &Trial, body: Option<Body>, at: &Workplace<'_>) -> Result<Value, Failure> {
    let (publisher, route) = find(trial, at)?;
    let leaves_first = (route.asks == AsksSettings::School) != trial.reply;
    let grounds = match &trial.reason {
        Some(text) if !leaves_first => Some((Reason::read(text)?, grounds::permit(at)?)),
        _ => None,
    };
    let restored = grounds.is_some();
    let scratch = scratch()?;
    let crossed = cross(trial, (publisher, route), body, at, |real| {
        let mut house = trial_house(real, publisher, &scratch, at)?;
        if restored {
            house.vault = Arc::new(at.stores.vault.view());
        }
        Ok(house)
    })?;
    let message = crossed.message.as_ref().map(Sent::json);
    if let Some((reason, permit)) = grounds {
        note(publisher, (&reason, permit), message.as_ref(), at)?;
    }
    let mut report = report(trial, leaves_first, message, crossed.refused.as_ref(), scratch.path())?;
    if let Some(members) = report.as_object_mut() {
        members.insert("restored".to_owned(), restored.into());
    }
    Ok(report)
}

/// What became of a message: as it was let through, or why not.
pub(super) struct Crossed {
    pub(super) message: Option<Sent>,
    pub(super) refused: Option<Refused>,
}

/// A message that was let through.
pub(super) enum Sent {
    /// To the upstream.
    Request(Request<Bytes>),
    /// To the caller.
    Reply(Response<Bytes>),
}

impl Sent {
    /// Its body.
    pub(super) fn body(&self) -> &Bytes {
        match self {
            Self::Request(request) => request.body(),
            Self::Reply(reply) => reply.body(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Request(request) => request_json(request),
            Self::Reply(reply) => response_json(reply),
        }
    }
}

/// Has a message cross, in a house that is made for it with the route's real rules; the other side only listens.
pub(super) fn cross(
    trial: &Trial,
    (publisher, route): (&PublisherSettings, &RouteSettings),
    body: Option<Body>,
    at: &Workplace<'_>,
    house: impl FnOnce(Route) -> Result<House, Failure>,
) -> Result<Crossed, Failure> {
    let file = body.map_or_else(|| Ok(Bytes::new()), read)?;
    let unfit = |what: &'static str| Failure::new(&words::TRIAL, [("key", what.into())]);
    let media = HeaderValue::from_str(&trial.media).map_err(|_| unfit("--type"))?;
    let mut reply = Response::new(if trial.reply { file.clone() } else { Bytes::new() });
    if trial.reply {
        reply.headers_mut().insert(CONTENT_TYPE, media.clone());
    } else {
        *reply.status_mut() = StatusCode::NO_CONTENT;
    }
    let listening = Arc::new(Listening { reply, heard: Mutex::default() });
    let terms = house::terms(publisher);
    let reached = (Arc::clone(&listening) as _, local());
    let real = house::route(at.settings, publisher, route, &terms, reached)?;
    let (host, mount) = (real.host.clone(), real.mount.as_str().to_owned());
    let gateway = Gateway::new(house(real)?, Arc::new(Nobody));
    let mut request = Request::new(());
    *request.method_mut() = trial.method.parse::<Method>().map_err(|_| unfit("--method"))?;
    *request.uri_mut() = format!("{mount}{}", trial.target).parse().map_err(|_| unfit("--target"))?;
    let host = HeaderValue::from_str(host.as_deref().unwrap_or("localhost")).map_err(|_| unfit("--route"))?;
    request.headers_mut().insert(HOST, host);
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("*/*"));
    if !trial.reply && !file.is_empty() {
        request.headers_mut().insert(CONTENT_TYPE, media);
    }
    let (head, ()) = request.into_parts();
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let sent = if trial.reply { Bytes::new() } else { file };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|_| Failure::new(&words::INTERNAL, []))?;
    let answered = runtime.block_on(async {
        let admitted = gateway.admit(&head, &Presented { peer, certificate: None })?;
        gateway.exchange(admitted, sent).await
    });
    let heard = listening.heard.lock().unwrap_or_else(PoisonError::into_inner).take();
    let (message, refused) = match (trial.reply, heard, answered) {
        (false, Some(request), answered) => (Some(Sent::Request(request)), answered.err()),
        (true, _, Ok(response)) => (Some(Sent::Reply(response)), None),
        (_, _, answered) => (None, answered.err()),
    };
    Ok(Crossed { message, refused })
}

/// Journals that pseudonyms were turned back: only then may anything be shown.
fn note(
    publisher: &PublisherSettings,
    (reason, permit): (&Reason, Permit),
    message: Option<&Value>,
    at: &Workplace<'_>,
) -> Result<(), Failure> {
    let body = message.and_then(|message| message.get("body")?.as_str()).unwrap_or_default();
    let mut texts = Vec::new();
    gather(&serde_json::from_str(body).unwrap_or_default(), &mut texts);
    let mut leaf = at.stores.leaf(Event::REIDENTIFIED, at.stores.clock.now(), &at.actor);
    leaf.scope = Some(leaf_scope(&publisher.scope()));
    let permit = permit.unless_named(reason, texts.iter().map(String::as_str), leaf.clone(), at)?;
    permit.record(leaf, reason, [("tried", Detail::Number(u64::from(message.is_some())))], at)
}

/// Every text of a document that could name somebody: one of letters and digits with a capital or a digit in it.
pub(super) fn gather(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) if text.chars().any(|c| c.is_uppercase() || c.is_ascii_digit()) => {
            texts.push(text.clone());
        }
        Value::Number(number) => texts.push(number.to_string()),
        Value::Array(values) => values.iter().for_each(|value| gather(value, texts)),
        Value::Object(members) => members.values().for_each(|value| gather(value, texts)),
        _ => {}
    }
}

fn report(
    trial: &Trial,
    leaves: bool,
    message: Option<Value>,
    refused: Option<&Refused>,
    journal: &Path,
) -> Result<Value, Failure> {
    let mut rules = Map::new();
    let wanted = if leaves { Event::LEFT } else { Event::ENTERED };
    let mut read = Leaves::open(journal).map_err(|error| journal_failed(&error))?;
    while let Some((leaf, _)) = read.read().map_err(|error| journal_failed(&error))? {
        if leaf.event == wanted {
            let told = explain::leaf_json(&leaf);
            rules = told.get("rules").and_then(Value::as_object).cloned().unwrap_or_default();
        }
    }
    let refusal = match (&message, refused) {
        // The other half of the exchange is not what is tried.
        (Some(_), _) | (None, None) => Value::Null,
        (None, Some(refused)) => {
            let problem = |language| {
                let document = rescue::problem(refused, language);
                serde_json::from_slice::<Value>(document.body()).unwrap_or_default()
            };
            json!({
                "code": refused.refusal.code(),
                "en": problem(rescue::Language::English),
                "nl": problem(rescue::Language::Dutch),
            })
        }
    };
    Ok(json!({
        "door": if leaves { "leave" } else { "enter" },
        "side": if trial.reply { "response" } else { "request" },
        "message": message,
        "refusal": refusal,
        "rules": rules,
    }))
}

pub(super) fn find<'s>(
    trial: &Trial,
    at: &Workplace<'s>,
) -> Result<(&'s PublisherSettings, &'s RouteSettings), Failure> {
    let publisher = at.settings.publisher(&trial.publisher);
    let values = [("publisher", trial.publisher.as_str().into())];
    let publisher = publisher.ok_or_else(|| Failure::new(&words::PUBLISHER_UNKNOWN, values))?;
    let mount = trial.route.trim_end_matches('/');
    let route = publisher.routes.iter().find(|route| route.mount == mount);
    let known: Vec<String> = publisher.routes.iter().map(|route| format!("{}/", route.mount)).collect();
    let values = [("route", trial.route.as_str().into()), ("known", known.join(", ").into())];
    Ok((publisher, route.ok_or_else(|| Failure::new(&words::ROUTE_UNKNOWN, values))?))
}

pub(super) fn trial_house(
    route: Route,
    publisher: &PublisherSettings,
    scratch: &Scratch,
    at: &Workplace<'_>,
) -> Result<House, Failure> {
    let mut rosters = HashMap::new();
    if let Some(path) = beside::roster(at.settings, at.stores, &publisher.school)? {
        let roster = Roster::load(&path, &at.stores.vault).map_err(|error| roster_failed(&error))?;
        if let Some(roster) = roster.filter(|roster| !roster.is_empty()) {
            rosters.insert(publisher.school.clone(), Arc::new(Register::build(roster)));
        }
    }
    scratch_house(vec![route], publisher, rosters, scratch, at)
}

/// A house that is thrown away: the publisher's scope in a vault in memory, a journal in a directory that is removed.
pub(super) fn scratch_house(
    routes: Vec<Route>,
    publisher: &PublisherSettings,
    rosters: HashMap<School, Arc<Register>>,
    scratch: &Scratch,
    at: &Workplace<'_>,
) -> Result<House, Failure> {
    let clock = Arc::clone(&at.stores.clock);
    let vault = Vault::in_memory().map_err(|error| vault_failed(&error))?;
    let scope = publisher.scope();
    let opened = vault.open_epoch(&scope.school, &scope.publisher, &scope.epoch, clock.now());
    opened.map_err(|error| vault_failed(&error))?;
    let key = SigningKey::from_seed(vault.journal_seed());
    let settings = stores::journal_settings(at.settings, false);
    let journal = Journal::open(Arc::new(RealDisk), &scratch.0, &settings, &key, clock.now().as_millis());
    let (journal, _) = journal.map_err(|error| journal_failed(&error))?;
    let public = house::public(at.settings)?;
    Ok(House {
        vault: Arc::new(vault),
        journal: Arc::new(journal),
        clock,
        routes: Routes::new(routes, public),
        rosters,
        consents: house::consents(at.settings, at.stores)?,
        configuration: at.settings.digest,
        binary: [0; 32],
        limits: house::limits(at.settings),
        expansion: Expansion::default(),
        patience: Patience::default(),
        needle: None,
    })
}

/// Callers of this process alone.
pub(super) fn local() -> Vec<CallerRule> {
    vec![CallerRule { credential: Credential::ThisMachine, networks: Vec::new() }]
}

/// A directory of a name that nobody can guess.
pub(super) fn scratch() -> Result<Scratch, Failure> {
    let number = random::<8>().map_err(|_| Failure::new(&words::NO_RANDOM, []))?;
    let path = std::env::temp_dir().join(format!("sluis-try-{}", super::hex(&number)));
    Ok(Scratch(path))
}

fn read(body: Body) -> Result<Bytes, Failure> {
    let mut bytes = Vec::new();
    let read = std::io::Read::read_to_end(&mut std::io::Read::take(body.bytes, MOST), &mut bytes);
    read.map_err(|error| {
        let values = [("path", "FILE".into()), ("reason", crate::config::reason(&error))];
        Failure::new(&words::READ, values)
    })?;
    Ok(bytes.into())
}

fn request_json(request: &Request<Bytes>) -> Value {
    let target = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    json!({
        "line": format!("{} {target}", request.method()),
        "headers": headers_json(request.headers()),
        "body": body_json(request.body()),
    })
}

fn response_json(response: &Response<Bytes>) -> Value {
    json!({
        "line": response.status().as_u16().to_string(),
        "headers": headers_json(response.headers()),
        "body": body_json(response.body()),
    })
}

fn headers_json(headers: &HeaderMap) -> Value {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let lines = headers.iter().map(|(name, value)| json!(format!("{name}: {}", text(value))));
    lines.collect::<Vec<_>>().into()
}

fn body_json(body: &Bytes) -> Value {
    String::from_utf8_lossy(body).into_owned().into()
}
