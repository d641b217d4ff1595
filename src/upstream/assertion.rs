//! A client's assertion about itself: a signed JWT (RFC 7523, 2.2; RFC 7515, 7518, 8037).
//!
//! Any private key that TLS can use can sign one. It must not know how it is sent.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::SignatureScheme;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::SigningKey;
use serde::Serialize;
use zeroize::Zeroizing;

/// Seconds that an assertion counts for.
const LIFE: u64 = 60;

/// The key that signs assertions.
pub(super) struct AssertionKey {
    key: Arc<dyn SigningKey>,
    key_id: Option<String>,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: &'a str,
    iat: u64,
    exp: u64,
}

impl fmt::Debug for AssertionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssertionKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

impl AssertionKey {
    /// Reads a private key in PEM: PKCS#8, SEC 1 or PKCS#1. `None` when it is not RSA, P-256, P-384 or Ed25519.
    pub(super) fn read(path: &Path, key_id: Option<String>) -> Option<Self> {
        let pem = Zeroizing::new(std::fs::read(path).ok()?);
        let der = PrivateKeyDer::from_pem_slice(&pem).ok()?;
        let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&der).ok()?;
        let this = Self { key, key_id };
        this.algorithm().map(|_| this)
    }

    /// Signs that `client_id` speaks to `audience` at `now` (seconds since the Unix epoch). Each has an id of its
    /// own.
    pub(super) fn assert(&self, client_id: &str, audience: &str, now: u64) -> Option<String> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).ok()?;
        let jti = URL_SAFE_NO_PAD.encode(id);
        let (scheme, alg) = self.algorithm()?;
        let header = Header { alg, typ: "JWT", kid: self.key_id.as_deref() };
        let claims =
            Claims { iss: client_id, sub: client_id, aud: audience, jti: &jti, iat: now, exp: now + LIFE };
        let part = |json| URL_SAFE_NO_PAD.encode(json);
        let signed = part(serde_json::to_vec(&header).ok()?) + "." + &part(serde_json::to_vec(&claims).ok()?);
        let signature = self.key.choose_scheme(&[scheme])?.sign(signed.as_bytes()).ok()?;
        let signature = match alg {
            "ES256" => fixed_width(&signature, 32)?,
            "ES384" => fixed_width(&signature, 48)?,
            _ => signature,
        };
        Some(signed + "." + &part(signature))
    }

    fn algorithm(&self) -> Option<(SignatureScheme, &'static str)> {
        let known = [
            (SignatureScheme::RSA_PKCS1_SHA256, "RS256"),
            (SignatureScheme::ECDSA_NISTP256_SHA256, "ES256"),
            (SignatureScheme::ECDSA_NISTP384_SHA384, "ES384"),
            (SignatureScheme::ED25519, "EdDSA"),
        ];
        known.into_iter().find(|(scheme, _)| self.key.choose_scheme(&[*scheme]).is_some())
    }
}

/// From `SEQUENCE { INTEGER r, INTEGER s }` (TLS) to `r ‖ s` of a fixed width (RFC 7518, 3.4).
fn fixed_width(der: &[u8], width: usize) -> Option<Vec<u8>> {
    let [0x30, length, rest @ ..] = der else { return None };
    if usize::from(*length) != rest.len() {
        return None;
    }
    let (r, rest) = integer(rest)?;
    let (s, []) = integer(rest)? else { return None };
    let mut out = Vec::with_capacity(2 * width);
    for number in [r, s] {
        let number = number.strip_prefix(&[0]).unwrap_or(number);
        out.resize(out.len() + width.checked_sub(number.len())?, 0);
        out.extend_from_slice(number);
    }
    Some(out)
}

fn integer(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let [0x02, length, rest @ ..] = der else { return None };
    rest.split_at_checked(usize::from(*length))
}
