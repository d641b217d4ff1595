//! The public keys of a client: a JWK set (RFC 7517), given or fetched.
//!
//! A set that is fetched comes from the configured URL and from nowhere that an assertion names. It must not know
//! assertions.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, StatusCode, Uri};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::Mutex;

use super::TokenError;
use crate::clock::{Clock, Timestamp};
use crate::gateway::gate::Carrier;

/// Keys are fetched anew after so long, in milliseconds; and for a key id that is not among them, but not more
/// often than the second figure says.
const FRESH_MS: u64 = 15 * 60 * 1000;
const AGAIN_MS: u64 = 30 * 1000;

/// Where a client's keys come from.
pub enum KeySource {
    /// A set that is given.
    Fixed(JwkSet),
    /// A set behind a URL.
    Fetched(Fetched),
}

/// A set behind a URL, fetched when it is needed.
pub struct Fetched {
    url: Uri,
    carrier: Arc<dyn Carrier>,
    held: Mutex<Option<(Timestamp, Arc<JwkSet>)>>,
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fixed(_) => "KeySource::Fixed",
            Self::Fetched(_) => "KeySource::Fetched",
        })
    }
}

impl KeySource {
    /// Keys behind `url`, reached through `carrier`.
    pub fn fetched(url: Uri, carrier: Arc<dyn Carrier>) -> Self {
        Self::Fetched(Fetched { url, carrier, held: Mutex::new(None) })
    }

    /// The key to verify with: the one that `kid` names, else the only one that fits the algorithm.
    pub(super) async fn find(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        clock: &dyn Clock,
    ) -> Result<DecodingKey, TokenError> {
        let key = match self {
            Self::Fixed(set) => choose(set, kid, algorithm),
            Self::Fetched(fetched) => {
                let set = fetched.set(clock, FRESH_MS).await?;
                match choose(&set, kid, algorithm) {
                    Some(key) => Some(key),
                    // Perhaps a new one.
                    None => choose(&*fetched.set(clock, AGAIN_MS).await?, kid, algorithm),
                }
            }
        };
        key.ok_or(TokenError::InvalidClient)
    }
}

impl Fetched {
    /// The set, at most so old. One fetch serves all who wait for it; one that fails is not repeated at once, and
    /// an older set serves on.
    async fn set(&self, clock: &dyn Clock, at_most_ms: u64) -> Result<Arc<JwkSet>, TokenError> {
        let mut held = self.held.lock().await;
        let now = clock.now();
        if let Some((since, set)) = &*held
            && now.as_millis().saturating_sub(since.as_millis()) < at_most_ms
        {
            return Ok(Arc::clone(set));
        }
        let fetched = self.fetch().await;
        let set = match (fetched, held.take()) {
            (Some(set), _) => Arc::new(set),
            (None, Some((_, old))) => old,
            (None, None) => return Err(TokenError::Unavailable),
        };
        *held = Some((now, Arc::clone(&set)));
        Ok(set)
    }

    async fn fetch(&self) -> Option<JwkSet> {
        let request = Request::builder()
            .method(Method::GET)
            .uri(self.url.clone())
            .header(http::header::ACCEPT, "application/jwk-set+json, application/json")
            .body(Bytes::new())
            .ok()?;
        let reply = self.carrier.send(request).await.ok()?;
        if reply.status() != StatusCode::OK {
            return None;
        }
        serde_json::from_slice(reply.body()).ok()
    }
}

fn choose(set: &JwkSet, kid: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
    let mut fitting = set.keys.iter().filter(|key| fits(key, algorithm)).filter(|key| {
        // Without a `kid` in the assertion every key that fits is a candidate, and there must be one.
        kid.is_none_or(|kid| key.common.key_id.as_deref() == Some(kid))
    });
    let only = fitting.next()?;
    if fitting.next().is_some() {
        return None;
    }
    DecodingKey::from_jwk(only).ok()
}

/// Whether a key is of the algorithm's own kind, and for signatures. The key decides, never the assertion.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let kind = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::RSA(_), Algorithm::RS256 | Algorithm::PS256) => true,
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES256) => key.curve == EllipticCurve::P256,
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES384) => key.curve == EllipticCurve::P384,
        (AlgorithmParameters::OctetKeyPair(key), Algorithm::EdDSA) => key.curve == EllipticCurve::Ed25519,
        _ => false,
    };
    let signs = key.common.public_key_use.as_ref().is_none_or(|used| *used == PublicKeyUse::Signature);
    let named = key.common.key_algorithm.is_none_or(|named| named.to_string() == format!("{algorithm:?}"));
    kind && signs && named
}
