//! What Sluis shows an upstream: a bearer token from a file, or one obtained by OAuth2 client credentials
//! (RFC 6749, 4.4), proved by a secret (2.3.1) or by a signed assertion (RFC 7523).
//!
//! Tokens and secrets are never printed. It must not know messages.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, StatusCode, Uri};
use serde::Deserialize;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::assertion::AssertionKey;
use super::client::PlainClient;
use super::settings::UpstreamSettings;
use super::tls::TrustError;
use crate::clock::Clock;

/// How Sluis proves itself to an upstream, beside a client certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialSettings {
    /// Not at all.
    None,
    /// A token in a file, read again when the file changes.
    BearerFile(PathBuf),
    /// A token that an authorisation server gives.
    OAuth2 {
        /// The token endpoint. It is reached with the upstream's own TLS settings.
        token_url: Uri,
        /// The id that the server knows Sluis by.
        client_id: String,
        /// What to ask for, space-separated.
        scope: Option<String>,
        /// How Sluis proves that it is that client.
        proof: ClientProof,
    },
}

/// How a client proves itself at a token endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientProof {
    /// A secret in a file, sent as HTTP Basic over TLS.
    SecretFile(PathBuf),
    /// A private key in a PEM file that signs an assertion: RSA (RS256), P-256 (ES256), P-384 (ES384) or Ed25519 (EdDSA).
    PrivateKeyJwt {
        /// The key's file.
        private_key: PathBuf,
        /// `kid` of the assertion, when the server wants one.
        key_id: Option<String>,
    },
}

/// Why a credential cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenCredential {
    /// A file is not there, or holds nothing that can be sent.
    #[error("{path} cannot be read, or holds no usable token or secret")]
    ReadSecret {
        /// Which.
        path: PathBuf,
    },
    /// A private key is not one that can sign an assertion.
    #[error("{path} holds no RSA, P-256, P-384 or Ed25519 private key in PEM")]
    ReadKey {
        /// Which.
        path: PathBuf,
    },
    /// The token endpoint is not `https://…`; `http` is allowed to a loopback address only.
    #[error("a token endpoint's address begins with https://")]
    ReadTokenUrl,
    /// TLS towards the token endpoint cannot be set up.
    #[error(transparent)]
    SetUpTls(#[from] TrustError),
}

/// The token could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoToken;

/// A credential in use.
#[derive(Debug)]
pub(super) enum Credential {
    None,
    Bearer(TokenFile),
    OAuth2(Box<OAuth2>),
}

impl Credential {
    pub(super) fn open(settings: &UpstreamSettings, clock: Arc<dyn Clock>) -> Result<Self, OpenCredential> {
        match &settings.credential {
            CredentialSettings::None => Ok(Self::None),
            CredentialSettings::BearerFile(path) => Ok(Self::Bearer(TokenFile::open(path)?)),
            CredentialSettings::OAuth2 { token_url, client_id, scope, proof } => {
                let loopback = matches!(token_url.host(), Some("127.0.0.1" | "[::1]" | "localhost"));
                if token_url.scheme_str() != Some("https") && !loopback {
                    return Err(OpenCredential::ReadTokenUrl);
                }
                let client =
                    PlainClient::new(&UpstreamSettings { reply_bytes: 64 * 1024, ..settings.clone() })?;
                Ok(Self::OAuth2(Box::new(OAuth2 {
                    client,
                    token_url: token_url.clone(),
                    client_id: client_id.clone(),
                    scope: scope.clone(),
                    proof: Proof::open(proof)?,
                    clock,
                    held: tokio::sync::Mutex::new(Held::default()),
                })))
            }
        }
    }

    /// The value of `Authorization`, when there is one to show.
    pub(super) async fn show(&self) -> Result<Option<HeaderValue>, NoToken> {
        match self {
            Self::None => Ok(None),
            Self::Bearer(file) => file.show().map(Some),
            Self::OAuth2(oauth) => oauth.show().await.map(Some),
        }
    }

    /// Notes that the upstream answered 401 to `shown`.
    pub(super) async fn was_refused(&self, shown: &HeaderValue) {
        if let Self::OAuth2(oauth) = self {
            let mut held = oauth.held.lock().await;
            // Another exchange may have brought a newer one meanwhile; that one stays.
            if held.token.as_ref().is_some_and(|token| token.shown == *shown) {
                held.token = None;
            }
        }
    }

    /// True when another attempt could show another token.
    pub(super) fn can_renew(&self) -> bool {
        matches!(self, Self::OAuth2(_))
    }
}

/// A bearer token in a file.
#[derive(Debug)]
pub(super) struct TokenFile {
    path: PathBuf,
    held: Mutex<(Stamp, HeaderValue)>,
}

/// What tells that a file has changed.
type Stamp = (Option<SystemTime>, u64);

impl TokenFile {
    fn open(path: &Path) -> Result<Self, OpenCredential> {
        let read = || Some((stamp(path)?, bearer(&secret(path)?)?));
        let held = read().ok_or_else(|| OpenCredential::ReadSecret { path: path.to_owned() })?;
        Ok(Self { path: path.to_owned(), held: Mutex::new(held) })
    }

    fn show(&self) -> Result<HeaderValue, NoToken> {
        let now = stamp(&self.path).ok_or(NoToken)?;
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.0 != now {
            let token = secret(&self.path).and_then(|token| bearer(&token)).ok_or(NoToken)?;
            *held = (now, token);
        }
        Ok(held.1.clone())
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let about = std::fs::metadata(path).ok()?;
    Some((about.modified().ok(), about.len()))
}

/// The text of a secret's file, white space around it removed.
fn secret(path: &Path) -> Option<Zeroizing<String>> {
    let text = Zeroizing::new(std::fs::read_to_string(path).ok()?);
    let inner = text.trim_ascii();
    is_one_word(inner).then(|| Zeroizing::new(inner.to_owned()))
}

/// Printable ASCII without a space, and of a sane length.
fn is_one_word(text: &str) -> bool {
    (1..=8192).contains(&text.len()) && text.bytes().all(|b| (0x21..0x7f).contains(&b))
}

/// `Bearer TOKEN`, marked so that HPACK does not index it and `Debug` does not print it.
fn bearer(token: &str) -> Option<HeaderValue> {
    if !is_one_word(token) {
        return None;
    }
    let text = Zeroizing::new(format!("Bearer {token}"));
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A client of an authorisation server.
pub(super) struct OAuth2 {
    client: PlainClient,
    token_url: Uri,
    client_id: String,
    scope: Option<String>,
    proof: Proof,
    clock: Arc<dyn Clock>,
    /// Held while a token is being fetched: the others wait for that one.
    held: tokio::sync::Mutex<Held>,
}

#[derive(Default)]
struct Held {
    token: Option<Token>,
    /// The last attempt failed; until then nobody tries again.
    not_before: Option<Instant>,
}

struct Token {
    shown: HeaderValue,
    until: Instant,
}

enum Proof {
    /// The file is read for every token, so that a new secret needs no reload.
    Secret(PathBuf),
    Key(AssertionKey),
}

impl fmt::Debug for OAuth2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth2").field("token_url", &self.token_url).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    token_type: String,
    expires_in: Option<u64>,
}

/// A failed attempt is not repeated for so long: an authorisation server in trouble is not to be besieged.
const PAUSE: Duration = Duration::from_secs(1);

/// Seconds that a token counts for when the server does not say.
const UNSAID: u64 = 300;

impl OAuth2 {
    async fn show(&self) -> Result<HeaderValue, NoToken> {
        let mut held = self.held.lock().await;
        let now = Instant::now();
        if let Some(token) = held.token.as_ref().filter(|token| token.until > now) {
            return Ok(token.shown.clone());
        }
        if held.not_before.is_some_and(|until| until > now) {
            return Err(NoToken);
        }
        match self.fetch().await {
            Ok(token) => {
                let shown = token.shown.clone();
                *held = Held { token: Some(token), not_before: None };
                Ok(shown)
            }
            Err(no_token) => {
                *held = Held { token: None, not_before: Some(Instant::now() + PAUSE) };
                Err(no_token)
            }
        }
    }

    async fn fetch(&self) -> Result<Token, NoToken> {
        let asked = Instant::now();
        let request = self.request().ok_or(NoToken)?;
        let reply = self.client.send(request).await.map_err(|_| NoToken)?;
        if reply.status() != StatusCode::OK {
            tracing::warn!(status = reply.status().as_u16(), "the token endpoint gave no token");
            return Err(NoToken);
        }
        let mut granted: Granted = serde_json::from_slice(reply.body()).map_err(|_| NoToken)?;
        let token = Zeroizing::new(std::mem::take(&mut granted.access_token));
        if !granted.token_type.eq_ignore_ascii_case("bearer") {
            return Err(NoToken);
        }
        let seconds = granted.expires_in.unwrap_or(UNSAID).min(24 * 3600);
        // Renewed a while before it ends, so that it does not end on its way.
        let counts = seconds.saturating_sub(30).max(seconds / 2);
        let shown = bearer(&token).ok_or(NoToken)?;
        Ok(Token { shown, until: asked + Duration::from_secs(counts) })
    }

    fn request(&self) -> Option<Request<Bytes>> {
        let mut form = "grant_type=client_credentials".to_owned();
        if let Some(scope) = &self.scope {
            form = form + "&scope=" + &percent(scope);
        }
        let mut request = Request::post(self.token_url.clone())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        match &self.proof {
            Proof::Secret(path) => {
                let pair =
                    Zeroizing::new(format!("{}:{}", percent(&self.client_id), percent(&secret(path)?)));
                let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(&*pair))).ok()?;
                value.set_sensitive(true);
                request = request.header(AUTHORIZATION, value);
            }
            Proof::Key(key) => {
                let audience = self.token_url.to_string();
                let assertion =
                    key.assert(&self.client_id, &audience, self.clock.now().as_millis() / 1000)?;
                form = form
                    + "&client_id="
                    + &percent(&self.client_id)
                    + "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
                    + "&client_assertion="
                    + &assertion;
            }
        }
        request.body(Bytes::from(form)).ok()
    }
}

impl Proof {
    fn open(settings: &ClientProof) -> Result<Self, OpenCredential> {
        match settings {
            ClientProof::SecretFile(path) => match secret(path) {
                Some(_) => Ok(Self::Secret(path.clone())),
                None => Err(OpenCredential::ReadSecret { path: path.clone() }),
            },
            ClientProof::PrivateKeyJwt { private_key, key_id } => {
                AssertionKey::read(private_key, key_id.clone())
                    .map(Self::Key)
                    .ok_or_else(|| OpenCredential::ReadKey { path: private_key.clone() })
            }
        }
    }
}

/// `application/x-www-form-urlencoded`, strictly: everything but unreserved characters is escaped.
fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
