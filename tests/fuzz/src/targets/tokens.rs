//! The token endpoint: nobody gets a token who has not proved who he is, whatever the request looks like.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use sha2::{Digest as _, Sha256};
use sluis::clock::{FixedClock, Timestamp};
use sluis::crypto::SigningKey;
use sluis::gateway::issuer::{Client, ClientProof, Issuer, IssuerSettings, KeySource};
use sluis::secret::Secret;

const START: u64 = 1_790_000_000;
const URL: &str = "https://sluis.fuzz/token";
const SECRET: &str = "made by the fuzzer";

/// First line: `Authorization`. Then a form; in both stand-ins for what only a client can make:
/// `{sign HEADER|CLAIMS}` is an assertion with a good signature, `{unsigned HEADER|CLAIMS}` one with a bad one, and
/// `{basic ID}` credentials with a wrong secret.
pub fn token(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let key = SigningKey::from_seed(&Secret::new([9; 32]));
    let (first, form) = text.split_once('\n').unwrap_or(("", text));
    let mut proved = form.contains(SECRET) || first.contains(&STANDARD.encode(SECRET));
    let mut filled = String::new();
    let mut rest = form;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((inside, after)) = after.split_once('}') else {
            rest = after;
            break;
        };
        let (what, said) = inside.split_once(' ').unwrap_or((inside, ""));
        // Braces of JSON are written as `<` and `>`.
        let said = said.replace('<', "{").replace('>', "}");
        let (header, claims) = said.split_once('|').unwrap_or((&said, ""));
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json.replace("START", &START.to_string()));
        let signed = format!("{}.{}", part(header), part(claims));
        match what {
            "sign" => {
                proved = true;
                let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()));
                filled.push_str(&format!("{signed}.{signature}"));
            }
            "unsigned" => filled.push_str(&format!("{signed}.{}", URL_SAFE_NO_PAD.encode([0; 64]))),
            _ => {}
        }
        rest = after;
    }
    filled.push_str(rest);
    let issuer = issuer(&key);
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
    let first = first.replace("{basic}", &STANDARD.encode("las:a guess"));
    if let Ok(value) = HeaderValue::from_str(&first)
        && !first.is_empty()
    {
        headers.insert("authorization", value);
    }
    let body = Bytes::from(filled);
    let reply = answer(&issuer, &headers, &body);
    assert!(matches!(reply.status().as_u16(), 200 | 400 | 401 | 503), "{}", reply.status());
    assert_eq!(reply.headers()["cache-control"], "no-store");
    let said: serde_json::Value = serde_json::from_slice(reply.body()).expect("JSON");
    let Some(token) = said["access_token"].as_str() else {
        return assert!(said["error"].is_string() && reply.status() != 200);
    };
    let percent = |text: &str| text.contains('%') || text.contains('+');
    assert!(
        proved || percent(&String::from_utf8_lossy(&body)) || !first.is_empty(),
        "a token without a proof"
    );
    assert!(issuer.client_of(token).is_some() && !issuer.knows(&first));
    // An assertion serves once; beside credentials it is either refused or empty, which is as if it were not there (RFC 6749, 3.1).
    let holds = |name: &[u8]| body.windows(name.len()).any(|window| window == name);
    if holds(b"client_assertion=") && first.is_empty() && !holds(b"client_secret=") {
        assert_ne!(answer(&issuer, &headers, &body).status(), 200, "an assertion served twice");
    }
}

fn answer(issuer: &Issuer, headers: &HeaderMap, body: &Bytes) -> http::Response<Bytes> {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime =
            tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    }
    RUNTIME.with(|runtime| runtime.block_on(issuer.answer(headers, body)))
}

fn issuer(key: &SigningKey) -> Issuer {
    let x = URL_SAFE_NO_PAD.encode(key.verifying_key().to_bytes());
    let set = serde_json::json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": "k1", "x": x }] });
    let keys = KeySource::Fixed(serde_json::from_value(set).expect("a set"));
    let clients = vec![
        Client { id: "las".into(), proof: ClientProof::Secret(Sha256::digest(SECRET).into()) },
        Client { id: "app".into(), proof: ClientProof::Keys(keys) },
    ];
    let clock = Arc::new(FixedClock::at(Timestamp::from_millis(START * 1000)));
    let issuer = IssuerSettings { clients, audiences: vec![URL.into()], lifetime_s: 300 };
    let issuer = Issuer::new(issuer, Arc::clone(&clock) as _);
    clock.set(Timestamp::from_millis((START + 2) * 1000));
    issuer
}
