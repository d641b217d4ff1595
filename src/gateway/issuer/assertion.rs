//! Assertions of clients (RFC 7523, 3): verified, meant for us, fresh, and taken once.
//!
//! Whatever a header could use to choose its own key or to be understood in two ways refuses. It must not know
//! tokens.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::TokenError;
use super::keys::KeySource;
use crate::clock::{Clock, Timestamp};

/// Seconds that clocks may differ, and that an assertion may count.
const SKEW: u64 = 30;
const LONGEST_LIFE: u64 = 600;

/// Assertions of one client that may be remembered at a time. A client that has used so many gets no more until
/// some have ended: forgetting one would let it be replayed.
const REMEMBERED: usize = 4096;

/// What an assertion's header may say. Anything else (`jku`, `jwk`, `x5u`, `x5c`, `crit`, `zip` …) refuses.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: Option<String>,
    #[serde(rename = "typ")]
    _typ: Option<String>,
    #[serde(rename = "x5t")]
    _x5t: Option<String>,
    #[serde(rename = "x5t#S256")]
    _x5t_s256: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: f64,
    iat: Option<f64>,
    nbf: Option<f64>,
    jti: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// An assertion that holds.
pub(super) struct Verified {
    id: [u8; 32],
    issued: Option<Timestamp>,
    until: Timestamp,
}

/// Who an assertion says it is from. Nothing is verified yet: it only chooses whose keys to try.
pub(super) fn client_named_in(assertion: &str) -> Option<String> {
    let (_, claims, _) = parts(assertion)?;
    serde_json::from_slice::<Claims>(&claims).ok().map(|claims| claims.iss)
}

/// Verifies that client `id` signed `assertion` for one of `audiences` and that it counts now.
pub(super) async fn verify(
    assertion: &str,
    id: &str,
    audiences: &[String],
    keys: &KeySource,
    clock: &dyn Clock,
) -> Result<Verified, TokenError> {
    let (header, _, _) = parts(assertion).ok_or(TokenError::InvalidClient)?;
    let header: Header = serde_json::from_slice(&header).map_err(|_| TokenError::InvalidClient)?;
    let algorithm = match header.alg.as_str() {
        "RS256" => Algorithm::RS256,
        "PS256" => Algorithm::PS256,
        "ES256" => Algorithm::ES256,
        "ES384" => Algorithm::ES384,
        "EdDSA" => Algorithm::EdDSA,
        // Among them `none` and every HMAC: a public key is no secret.
        _ => return Err(TokenError::InvalidClient),
    };
    let key = keys.find(header.kid.as_deref(), algorithm, clock).await?;
    let mut validation = Validation::new(algorithm);
    // Time and audience are checked below, against our own clock.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let claims = jsonwebtoken::decode::<Claims>(assertion, &key, &validation)
        .map_err(|_| TokenError::InvalidClient)?
        .claims;
    holds(&claims, id, audiences, clock.now()).ok_or(TokenError::InvalidClient)
}

fn holds(claims: &Claims, id: &str, audiences: &[String], now: Timestamp) -> Option<Verified> {
    let audience = match &claims.aud {
        Audience::One(audience) => audience,
        // With several, others could use it too.
        Audience::Several(several) => match several.as_slice() {
            [only] => only,
            _ => return None,
        },
    };
    let until = seconds(claims.exp)?;
    let now_s = now.as_millis() / 1000;
    let issued = claims.iat.map(seconds);
    let not_before = claims.nbf.map(seconds);
    let fresh = until > now_s
        && until <= now_s + LONGEST_LIFE + SKEW
        && [issued, not_before].into_iter().flatten().all(|at| at.is_some_and(|at| at <= now_s + SKEW));
    let jti = claims.jti.as_deref().filter(|jti| (1..=256).contains(&jti.len()))?;
    let ours = claims.iss == id && claims.sub == id && audiences.iter().any(|known| known == audience);
    (fresh && ours).then(|| Verified {
        id: Sha256::digest(jti.as_bytes()).into(),
        issued: issued.flatten().map(|at| Timestamp::from_millis(at * 1000)),
        until: Timestamp::from_millis(until * 1000),
    })
}

/// A NumericDate, cut to whole seconds.
fn seconds(date: f64) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to lie between 0 and a number far below 2^53"
    )]
    (0.0..=1e11).contains(&date).then_some(date as u64)
}

/// Header and claims, decoded, and the signature's text.
fn parts(assertion: &str) -> Option<(Vec<u8>, Vec<u8>, &str)> {
    if assertion.len() > 8192 {
        return None;
    }
    let mut parts = assertion.split('.');
    let (header, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        // Five parts are a JWE.
        return None;
    }
    Some((URL_SAFE_NO_PAD.decode(header).ok()?, URL_SAFE_NO_PAD.decode(claims).ok()?, signature))
}

/// The assertions that were taken and still count.
pub(super) struct Seen {
    since: Timestamp,
    clients: HashMap<usize, HashMap<[u8; 32], Timestamp>>,
}

impl Seen {
    /// Nothing is known of what was taken before `since`.
    pub(super) fn since(since: Timestamp) -> Self {
        Self { since, clients: HashMap::new() }
    }

    /// Takes an assertion, once.
    pub(super) fn first_time(
        &mut self,
        client: usize,
        verified: &Verified,
        now: Timestamp,
    ) -> Result<(), TokenError> {
        // An assertion made before the start may have been used before the start.
        let second = self.since.as_millis() / 1000 * 1000;
        if verified.issued.is_none_or(|issued| issued.as_millis() < second) {
            return Err(TokenError::InvalidClient);
        }
        let own = self.clients.entry(client).or_default();
        if own.len() >= REMEMBERED {
            own.retain(|_, until| *until > now);
        }
        if own.len() >= REMEMBERED {
            return Err(TokenError::Unavailable);
        }
        if own.get(&verified.id).is_some_and(|until| *until > now) {
            return Err(TokenError::InvalidClient);
        }
        own.insert(verified.id, verified.until);
        Ok(())
    }
}
