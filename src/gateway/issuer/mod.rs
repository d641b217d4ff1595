//! Sluis as an authorisation server for its callers: `<mount>token` (RFC 6749, 4.4; RFC 7523).
//!
//! A client proves itself with a secret or a signed assertion and gets a short-lived opaque token for this route
//! alone. Tokens live in memory, as their digests: a restart ends them all. It must not know what the token is
//! used for.

mod assertion;
mod form;
mod keys;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::clock::{Clock, Timestamp};
use assertion::{Seen, client_named_in};
use form::Form;
pub use keys::KeySource;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const CLIENT_ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Tokens that one client may hold; the oldest ends when it asks for more.
const TOKENS: usize = 256;

/// One client of the token endpoint.
#[derive(Debug)]
pub struct Client {
    /// Its id, as it writes it.
    pub id: String,
    /// How it proves itself.
    pub proof: ClientProof,
}

/// How a client proves itself to Sluis.
#[derive(Debug)]
pub enum ClientProof {
    /// By a secret, kept as its SHA-256: HTTP Basic or `client_secret` in the form.
    Secret([u8; 32]),
    /// By an assertion, signed with one of its keys.
    Keys(KeySource),
}

/// What an issuer is made of.
#[derive(Debug)]
pub struct IssuerSettings {
    /// The clients, each with an id of its own.
    pub clients: Vec<Client>,
    /// What an assertion's `aud` may be: the token endpoint's URL, as callers write it. They come from the
    /// configuration and never from a request's `Host`, or an assertion meant for another server would serve here.
    pub audiences: Vec<String>,
    /// How long a token counts, in seconds.
    pub lifetime_s: u64,
}

/// The token endpoint of one route.
pub struct Issuer {
    clients: Vec<Client>,
    audiences: Vec<String>,
    lifetime_s: u64,
    clock: Arc<dyn Clock>,
    issued: Mutex<Issued>,
    seen: Mutex<Seen>,
}

/// Tokens by their digest, and for each client in the order in which they end.
#[derive(Default)]
struct Issued {
    tokens: HashMap<[u8; 32], Token>,
    order: HashMap<usize, VecDeque<[u8; 32]>>,
}

struct Token {
    client: usize,
    until: Timestamp,
}

/// Errors of RFC 6749, 5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TokenError {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    UnsupportedGrant,
    /// No code of that chapter: the server cannot now (5.2 leaves 503 to HTTP).
    Unavailable,
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("clients", &self.clients.len()).finish_non_exhaustive()
    }
}

impl Issuer {
    /// An issuer without tokens.
    pub fn new(settings: IssuerSettings, clock: Arc<dyn Clock>) -> Self {
        let seen = Mutex::new(Seen::since(clock.now()));
        let IssuerSettings { clients, audiences, lifetime_s } = settings;
        Self { clients, audiences, lifetime_s, clock, issued: Mutex::default(), seen }
    }

    /// True when this issuer gave out the token and it still counts.
    pub fn knows(&self, token: &str) -> bool {
        self.client_of(token).is_some()
    }

    /// The client that a token was given to, while the token counts.
    pub fn client_of(&self, token: &str) -> Option<&str> {
        // By digest: how long the look-up takes says nothing about a token.
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let token = issued.tokens.get(&digest).filter(|token| token.until > self.clock.now())?;
        self.clients.get(token.client).map(|client| client.id.as_str())
    }

    /// Answers a POST to the token endpoint: a token, or an error of RFC 6749, 5.2. The caller has checked method
    /// and path.
    pub async fn answer(&self, headers: &HeaderMap, body: &Bytes) -> Response<Bytes> {
        match self.grant(headers, body).await {
            Ok(token) => {
                let text = Zeroizing::new(format!(
                    r#"{{"access_token":"{}","token_type":"Bearer","expires_in":{}}}"#,
                    token.as_str(),
                    self.lifetime_s
                ));
                reply(StatusCode::OK, Bytes::copy_from_slice(text.as_bytes()))
            }
            Err(error) => refuse(error),
        }
    }

    async fn grant(&self, headers: &HeaderMap, body: &Bytes) -> Result<Zeroizing<String>, TokenError> {
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim_ascii();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(TokenError::InvalidRequest);
        }
        let form = Form::read(body).ok_or(TokenError::InvalidRequest)?;
        let client = match form.get("grant_type") {
            Some("client_credentials") => self.authenticate(headers, &form).await?,
            Some(JWT_BEARER) => {
                let assertion = form.get("assertion").ok_or(TokenError::InvalidRequest)?;
                let alone = !form.has("client_secret") && !form.has("client_assertion");
                if !alone || headers.contains_key(AUTHORIZATION) {
                    return Err(TokenError::InvalidRequest);
                }
                self.check(assertion, form.get("client_id")).await.map_err(|error| match error {
                    TokenError::InvalidClient => TokenError::InvalidGrant,
                    other => other,
                })?
            }
            Some(_) => return Err(TokenError::UnsupportedGrant),
            None => return Err(TokenError::InvalidRequest),
        };
        self.issue(client)
    }

    /// Which client this is. Exactly one way of proving it may be used (RFC 6749, 2.3).
    async fn authenticate(&self, headers: &HeaderMap, form: &Form) -> Result<usize, TokenError> {
        let ways =
            [headers.contains_key(AUTHORIZATION), form.has("client_secret"), form.has("client_assertion")];
        if ways.into_iter().filter(|used| *used).count() > 1 {
            return Err(TokenError::InvalidRequest);
        }
        if let Some(assertion) = form.get("client_assertion") {
            if form.get("client_assertion_type") != Some(CLIENT_ASSERTION) {
                return Err(TokenError::InvalidRequest);
            }
            return self.check(assertion, form.get("client_id")).await;
        }
        if headers.contains_key(AUTHORIZATION) {
            let (id, secret) = basic(headers).ok_or(TokenError::InvalidClient)?;
            if form.get("client_id").is_some_and(|named| named != id) {
                return Err(TokenError::InvalidRequest);
            }
            return self.secret(&id, &secret);
        }
        match (form.get("client_id"), form.get("client_secret")) {
            (Some(id), Some(secret)) => self.secret(id, secret),
            _ => Err(TokenError::InvalidClient),
        }
    }

    fn secret(&self, id: &str, secret: &str) -> Result<usize, TokenError> {
        let shown: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
        // The same work whether the id is known or not.
        let found = self.clients.iter().position(|client| client.id == id);
        let kept = match found.and_then(|at| self.clients.get(at)).map(|client| &client.proof) {
            Some(ClientProof::Secret(kept)) => Some(*kept),
            _ => None,
        };
        let same = bool::from(kept.unwrap_or_default().ct_eq(&shown));
        found.filter(|_| same && kept.is_some()).ok_or(TokenError::InvalidClient)
    }

    /// Which client signed this assertion; `named` is the `client_id` beside it, when there is one.
    async fn check(&self, assertion: &str, named: Option<&str>) -> Result<usize, TokenError> {
        let id = client_named_in(assertion).ok_or(TokenError::InvalidClient)?;
        if named.is_some_and(|named| named != id) {
            return Err(TokenError::InvalidRequest);
        }
        let at = self.clients.iter().position(|client| client.id == id).ok_or(TokenError::InvalidClient)?;
        let Some(Client { proof: ClientProof::Keys(keys), .. }) = self.clients.get(at) else {
            return Err(TokenError::InvalidClient);
        };
        let verified = assertion::verify(assertion, &id, &self.audiences, keys, self.clock.as_ref()).await?;
        // Last: only what is signed and meant for us takes a place among what was seen.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.first_time(at, &verified, self.clock.now())?;
        Ok(at)
    }

    fn issue(&self, client: usize) -> Result<Zeroizing<String>, TokenError> {
        let bytes = Zeroizing::new(crate::crypto::random::<32>().map_err(|_| TokenError::Unavailable)?);
        let token = Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()));
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let now = self.clock.now();
        let until =
            Timestamp::from_millis(now.as_millis().saturating_add(self.lifetime_s.saturating_mul(1000)));
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let Issued { tokens, order } = &mut *issued;
        let own = order.entry(client).or_default();
        while let Some(oldest) = own.front() {
            let ended = tokens.get(oldest).is_none_or(|token| token.until <= now);
            if !ended && own.len() < TOKENS {
                break;
            }
            tokens.remove(oldest);
            own.pop_front();
        }
        own.push_back(digest);
        tokens.insert(digest, Token { client, until });
        Ok(token)
    }
}

/// Id and secret of HTTP Basic, each form-encoded (RFC 6749, 2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, Zeroizing<String>)> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let only = all.next()?;
    if all.next().is_some() {
        return None;
    }
    let (scheme, encoded) = only.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = Zeroizing::new(String::from_utf8(STANDARD.decode(encoded.trim_ascii()).ok()?).ok()?);
    let (id, secret) = pair.split_once(':')?;
    Some((form::decode(id)?, Zeroizing::new(form::decode(secret)?)))
}

fn refuse(error: TokenError) -> Response<Bytes> {
    let (status, code) = match error {
        TokenError::InvalidRequest => (StatusCode::BAD_REQUEST, "invalid_request"),
        TokenError::InvalidClient => (StatusCode::UNAUTHORIZED, "invalid_client"),
        TokenError::InvalidGrant => (StatusCode::BAD_REQUEST, "invalid_grant"),
        TokenError::UnsupportedGrant => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
        TokenError::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
    };
    let mut response = reply(status, Bytes::from(format!(r#"{{"error":"{code}"}}"#)));
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"sluis\""));
    }
    response
}

fn reply(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
