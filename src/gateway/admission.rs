//! Admission: from a request's head to its route and caller, before a byte of the body is read; and the
//! gateway as the server sees it.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_RANGE, EXPECT, HOST, IF_RANGE, RANGE, UPGRADE};
use http::{HeaderName, Method, Response, Version};

use super::address::origin_form;
use super::caller::{CallerRule, Credential, bearer, recognise};
use super::connection_headers::remove_connection_headers;
use super::crossing::decoded;
use super::echo::Asked;
use super::ending::{Ending, Party, party};
use super::exchange::{Exchange, Refusing, Reply, Request, publisher_asks, school_asks};
use super::flow::{Arriving, Departing};
use super::gate::{Gate, Presented};
use super::house::House;
use super::issuer::Issuer;
use super::message::{Head, Message};
use super::parts::{media, select_request, unparsed};
use super::patience::{Failure, Failures, Patience};
use super::refusal::{At, Refusal, Refused};
use super::route::{Asks, Route};
use super::stream::{self, Streamed};
use super::undescribed::Echoing;
use crate::crypto::random;
use crate::identity::ExchangeId;
use crate::profile::{Door, Selected};
use crate::rewrite::target::Target;

/// What is told about every exchange that ends, for metrics: never an identity.
pub trait Observer: Send + Sync {
    /// An exchange ended.
    fn ended(&self, ended: &Ended<'_>);
}

/// How an exchange ended.
#[derive(Debug)]
pub struct Ended<'a> {
    /// The route; none when there was none.
    pub route: Option<&'a Route>,
    /// The refusal's code; none when it was carried.
    pub code: Option<&'static str>,
    /// How long it took.
    pub took: std::time::Duration,
    /// What the guard found and let go, by stable name.
    pub noted: &'a [(&'static str, u64)],
}

/// The gateway: a house, replaced on reload, and who is told.
pub struct Gateway {
    house: ArcSwap<House>,
    observer: Arc<dyn Observer>,
    /// What failed so far, of publishers; a reload forgives nothing.
    failures: Arc<Failures<Party>>,
    /// And of addresses that ask for tokens, for each publisher: behind a proxy all callers have one.
    strangers: Failures<(IpAddr, Party)>,
    /// Which of a school's errors name whom their questions were about.
    echoing: Arc<Echoing>,
    /// Bytes that a message may have that streams; 0, none does.
    streams: AtomicU64,
}

/// A request whose route and caller are known.
pub struct Admitted {
    id: ExchangeId,
    route: Arc<Route>,
    house: Arc<House>,
    caller: usize,
    authority: String,
    bare: bool,
    peer: IpAddr,
    target: Target,
    head: http::request::Parts,
    since: Instant,
    /// The request is for the route's token endpoint: this answers it.
    issuer: Option<Arc<Issuer>>,
}

/// The longest request for a token, in bytes: whoever sends it has shown nothing yet. A signed assertion is a
/// few thousand.
const TOKEN_REQUEST_BYTES: usize = 32 * 1024;

/// Headers that change what a message means and that no profile lists.
const MEANING: [(&HeaderName, &str); 4] =
    [(&RANGE, "Range"), (&IF_RANGE, "If-Range"), (&UPGRADE, "Upgrade"), (&CONTENT_RANGE, "Content-Range")];

impl Gateway {
    /// A gateway for a house.
    pub fn new(house: House, observer: Arc<dyn Observer>) -> Self {
        let (failures, strangers, echoing) = Default::default();
        let streams = AtomicU64::new(0);
        Self { house: ArcSwap::from_pointee(house), observer, failures, strangers, echoing, streams }
    }

    /// Lets messages above the buffer cross in segments, where their rules allow it, up to so many bytes. 0: none does,
    /// as at first.
    pub fn stream_up_to(&self, bytes: u64) {
        self.streams.store(bytes, Ordering::Relaxed);
    }

    /// Puts another house in its place. Exchanges under way end in the one they began in.
    pub fn replace(&self, house: House) {
        self.house.store(Arc::new(house));
    }

    /// The house as it is now.
    pub fn house(&self) -> Arc<House> {
        self.house.load_full()
    }

    fn admitted(
        &self,
        id: ExchangeId,
        head: &http::request::Parts,
        presented: &Presented,
    ) -> Result<Admitted, Refusal> {
        let since = Instant::now();
        let house = self.house.load_full();
        let authority = authority(head);
        let path = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let (only_path, query) =
            path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let (route, below) = house.routes.at(&authority, only_path).ok_or(Refusal::NoRoute)?;
        let route = Arc::clone(route);
        let issuer = issuer(&route, head, below, presented);
        let caller = match issuer {
            // Whoever asks for a token proves himself in the body.
            Some(_) => 0,
            None => recognise(&route.callers, bearer(&head.headers), presented)?,
        };
        let (now, peer) = (house.clock.now(), network(presented.peer.ip()));
        if issuer.is_some() {
            self.strangers.may_ask(&(peer, party(&route)), Patience::of_strangers(), now)?;
        } else if route.asks == Asks::Publisher {
            self.failures.may_ask(&party(&route), house.patience, now)?;
        }
        let rest = query.map_or_else(|| below.to_owned(), |query| format!("{below}?{query}"));
        let target = Target::parse(&origin_form(&rest), &house.limits).map_err(unparsed)?;
        let bare = below.is_empty();
        for (header, name) in MEANING {
            if head.headers.contains_key(header) {
                return Err(Refusal::HeaderNotListed(name));
            }
        }
        if head
            .headers
            .get(EXPECT)
            .is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
        {
            return Err(Refusal::HeaderNotListed("Expect"));
        }
        Ok(Admitted {
            id,
            route,
            house,
            caller,
            authority,
            bare,
            peer,
            target,
            head: head.clone(),
            since,
            issuer,
        })
    }

    /// Carries an exchange to its end, or to where its reply streams: the rest is then a task of its own.
    async fn run(
        &self,
        admitted: Admitted,
        body: Arriving,
        streams: u64,
    ) -> Result<Response<Departing>, Refused> {
        let Admitted { id, route, house, caller, authority, bare, peer, target, head, since, issuer } =
            admitted;
        let body = match (issuer, body) {
            (Some(issuer), Arriving::Whole(body)) => {
                let answer = issuer.answer(&head.headers, &body).await;
                if answer.status().is_client_error() {
                    let who = (peer, party(&route));
                    self.strangers.note(who, Failure::Unknown, Patience::of_strangers(), house.clock.now());
                }
                tracing::info!(exchange = %id, route = route.mount.as_str(), status = answer.status().as_u16(), "token");
                return Ok(answer.map(Departing::Whole));
            }
            (_, body) => body,
        };
        let exchange = Exchange {
            id,
            route,
            house,
            request: None,
            caller,
            authority,
            asked: None,
            bare,
            noted: Mutex::default(),
            streams,
            tells_the_end: head.version >= Version::HTTP_11 && head.method != Method::HEAD,
            broken: AtomicBool::new(false),
            echoing: Arc::clone(&self.echoing),
        };
        let ending =
            Ending { observer: Arc::clone(&self.observer), failures: Arc::clone(&self.failures), since };
        let (exchange, carried) = carry(exchange, head, &target, body).await;
        match carried {
            Ok(reply) => {
                let (response, rest) = reply.into_response(&exchange);
                let status = response.status();
                match rest {
                    None => ending.carried(&exchange, status),
                    Some((way, outlet)) => drop(tokio::spawn(async move {
                        match stream::answer(way, outlet).await {
                            Ok(()) => ending.carried(&exchange, status),
                            Err(refusal) => ending.refused(&exchange, &refusal, At::Reply).await,
                        }
                    })),
                }
                Ok(response)
            }
            Err((refusal, at)) => {
                ending.refused(&exchange, &refusal, at).await;
                let (refusal, at) = heard(exchange.route.asks, refusal, at);
                Err(Refused { refusal, at, exchange: id.to_string() })
            }
        }
    }

    fn tell(&self, route: Option<&Route>, code: Option<&'static str>, since: Instant) {
        self.observer.ended(&Ended { route, code, took: since.elapsed(), noted: &[] });
    }
}

/// Both doors, for a request whose message the profile describes.
async fn carry(
    mut exchange: Exchange,
    head: http::request::Parts,
    target: &Target,
    body: Arriving,
) -> (Arc<Exchange>, Result<Reply, Refusing>) {
    let request = request(&mut exchange, head, target, body);
    let exchange = Arc::new(exchange);
    let carried = match request {
        Err(refusal) => Err((refusal, At::Request)),
        Ok((selected, request)) => match exchange.route.asks {
            Asks::School => school_asks(&exchange, selected, request).await,
            Asks::Publisher => publisher_asks(&exchange, selected, request).await,
        },
    };
    (exchange, carried)
}

/// The request as the doors take it, and which message of the profile it is.
fn request(
    exchange: &mut Exchange,
    head: http::request::Parts,
    target: &Target,
    body: Arriving,
) -> Result<(Selected, Request), Refusal> {
    let mut headers = head.headers;
    remove_connection_headers(&mut headers);
    let (headers, body) = match body {
        Arriving::Whole(body) => {
            let (headers, body) = decoded(exchange, headers, body)?;
            (headers, Ok(body))
        }
        Arriving::Streamed(inflow) => (headers, Err(inflow)),
    };
    // Of a body that streams only that there is one.
    let held = body.as_ref().map_or_else(|_| Bytes::from_static(b"["), Bytes::clone);
    let claimed = media(&headers, &held)?;
    let profile = Arc::clone(&exchange.route.profile);
    let selected = select_request(&profile, head.method.as_str(), target, claimed)?;
    exchange.request = Some(selected);
    exchange.asked = (exchange.route.asks == Asks::Publisher).then(|| Asked::of(target, &held));
    let target = target.received().to_owned();
    let head = Head::Request { method: head.method, target, headers };
    let request = match body {
        Ok(body) => Request::Whole(Message { head, body }),
        Err(inflow) => Request::Streamed(Streamed { head, inflow }),
    };
    Ok((selected, request))
}

impl Gate for Gateway {
    type Admitted = Admitted;

    fn admit(&self, head: &http::request::Parts, presented: &Presented) -> Result<Admitted, Refused> {
        let since = Instant::now();
        let id = ExchangeId::from_bytes(random().unwrap_or_default());
        self.admitted(id, head, presented).map_err(|refusal| {
            tracing::info!(exchange = %id, code = refusal.code(), "not admitted");
            self.tell(None, Some(refusal.code()), since);
            Refused { refusal, at: At::Request, exchange: id.to_string() }
        })
    }

    fn body_bytes(&self, admitted: &Admitted) -> Option<usize> {
        admitted.issuer.is_some().then_some(TOKEN_REQUEST_BYTES)
    }

    fn may_stream(&self, admitted: &Admitted, announced: Option<u64>) -> bool {
        let Admitted { route, house, target, head, issuer, .. } = admitted;
        let most = self.streams.load(Ordering::Relaxed);
        let fits = most > 0 && announced.is_none_or(|announced| announced <= most);
        if !fits || issuer.is_some() || head.headers.contains_key(CONTENT_ENCODING) {
            return false;
        }
        let selected = media(&head.headers, b"[")
            .and_then(|media| select_request(&route.profile, head.method.as_str(), target, media));
        let door = if route.asks == Asks::School { Door::Leave } else { Door::Enter };
        selected.is_ok_and(|selected| stream::cut(house, route, selected, door).is_some())
    }

    async fn converse(&self, admitted: Admitted, body: Arriving) -> Result<Response<Departing>, Refused> {
        let streams = self.streams.load(Ordering::Relaxed);
        self.run(admitted, body, streams).await
    }

    async fn exchange(&self, admitted: Admitted, body: Bytes) -> Result<Response<Bytes>, Refused> {
        let response = self.run(admitted, Arriving::Whole(body), 0).await?;
        // Nothing streams that may not.
        Ok(response.map(|body| match body {
            Departing::Whole(body) => body,
            Departing::Streamed(_) => Bytes::new(),
        }))
    }

    fn refuse(&self, admitted: Option<Admitted>, refusal: Refusal) -> Refused {
        let id = match &admitted {
            Some(admitted) => admitted.id,
            None => ExchangeId::from_bytes(random().unwrap_or_default()),
        };
        let since = admitted.as_ref().map_or_else(Instant::now, |admitted| admitted.since);
        tracing::info!(exchange = %id, code = refusal.code(), "refused at the edge");
        self.tell(admitted.as_ref().map(|admitted| &*admitted.route), Some(refusal.code()), since);
        // Once an upstream may have been asked, the caller must know that.
        let at = match (&admitted, &refusal) {
            (Some(_), Refusal::UpstreamSlow | Refusal::Internal) => At::Reply,
            _ => At::Request,
        };
        Refused { refusal, at, exchange: id.to_string() }
    }
}

/// What the caller hears of a refusal. That somebody objected is between the pupil and the school: to a publisher he is as
/// unknown as anybody; log and journal have the reason.
fn heard(asks: Asks, refusal: Refusal, at: At) -> (Refusal, At) {
    match (asks, refusal) {
        (Asks::Publisher, Refusal::Objected | Refusal::NoConsent) => (Refusal::UnknownPseudonym, At::Request),
        (_, refusal) => (refusal, at),
    }
}

/// The issuer of a route, when the request is for its token endpoint, POST to `<mount>token`, and comes from where the
/// route's callers may be.
fn issuer(
    route: &Route,
    head: &http::request::Parts,
    below: &str,
    presented: &Presented,
) -> Option<Arc<Issuer>> {
    let asked = head.method == http::Method::POST && below == "/token";
    let from = presented.peer.ip();
    let here =
        |rule: &&CallerRule| rule.networks.is_empty() || rule.networks.iter().any(|one| one.holds(from));
    route.callers.iter().filter(|_| asked).filter(here).find_map(|rule| match &rule.credential {
        Credential::Issued(issuer) => Some(Arc::clone(issuer)),
        _ => None,
    })
}

/// What of an address is one caller's: of IPv6 the network, in which he has addresses without end.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(four) => IpAddr::V4(four),
        IpAddr::V6(six) => IpAddr::V6((u128::from(six) & !u128::from(u64::MAX)).into()),
    }
}

/// Host and port that the caller asked for, in lower case: HTTP/2's `:authority`, or `Host`.
fn authority(head: &http::request::Parts) -> String {
    let named = head.uri.authority().map(http::uri::Authority::as_str);
    let host = || head.headers.get(HOST).and_then(|host| host.to_str().ok());
    named.or_else(host).unwrap_or_default().to_ascii_lowercase()
}
