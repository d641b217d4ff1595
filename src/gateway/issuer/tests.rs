//! Clients with secrets, clients with keys, and those who only pretend.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use jsonwebtoken::jwk::JwkSet;
use rcgen::{KeyPair, PKCS_ED25519, PublicKeyData, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Client, ClientProof, Issuer, IssuerSettings, KeySource};
use crate::clock::{FixedClock, Timestamp};
use crate::gateway::gate::{Carried, Carrier};

const START: u64 = 1_790_000_000;
const URL: &str = "https://sluis.school.example:8443/rekenwonder/token";

struct World {
    clock: Arc<FixedClock>,
    key: KeyPair,
    issuer: Issuer,
}

fn jwk(key: &KeyPair, kid: &str) -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": kid, "x": URL_SAFE_NO_PAD.encode(key.der_bytes()) })
}

fn world_with(source: impl FnOnce(Value) -> KeySource) -> World {
    let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let clock = Arc::new(FixedClock::at(Timestamp::from_millis(START * 1000)));
    let keys = source(json!({ "keys": [jwk(&key, "k1")] }));
    let clients = vec![
        Client { id: "las".into(), proof: ClientProof::Secret(Sha256::digest(b"made in the test").into()) },
        Client { id: "app".into(), proof: ClientProof::Keys(keys) },
    ];
    let settings = IssuerSettings { clients, audiences: vec![URL.into()], lifetime_s: 300 };
    World { issuer: Issuer::new(settings, Arc::clone(&clock) as _), clock, key }
}

fn world() -> World {
    world_with(|set| KeySource::Fixed(serde_json::from_value::<JwkSet>(set).unwrap()))
}

impl World {
    fn later(&self, seconds: u64) {
        self.clock.set(Timestamp::from_millis((START + seconds) * 1000));
    }

    async fn ask(&self, authorization: Option<&str>, form: &str) -> (u16, Value) {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
        if let Some(value) = authorization {
            headers.insert("authorization", value.parse().unwrap());
        }
        let reply = self.issuer.answer(&headers, &Bytes::from(form.to_owned())).await;
        assert_eq!(reply.headers()["cache-control"], "no-store");
        (reply.status().as_u16(), serde_json::from_slice(reply.body()).unwrap())
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = part(header) + "." + &part(claims);
        let signature = self.key.sign(signed.as_bytes()).unwrap();
        signed + "." + &URL_SAFE_NO_PAD.encode(signature)
    }

    async fn show(&self, assertion: &str) -> (u16, Value) {
        self.ask(None, &with_assertion(assertion)).await
    }
}

fn with_assertion(assertion: &str) -> String {
    let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    format!("grant_type=client_credentials&client_assertion_type={kind}&client_assertion={assertion}")
}

fn header() -> Value {
    json!({ "alg": "EdDSA", "typ": "JWT", "kid": "k1" })
}

fn claims(jti: &str) -> Value {
    json!({ "iss": "app", "sub": "app", "aud": URL, "jti": jti, "iat": START + 1, "exp": START + 61 })
}

fn changed(mut value: Value, name: &str, to: Value) -> Value {
    if to.is_null() {
        value.as_object_mut().unwrap().remove(name);
    } else {
        value[name] = to;
    }
    value
}

const GRANT: &str = "grant_type=client_credentials";

#[tokio::test]
async fn a_secret_brings_a_token_that_ends() {
    let world = world();
    let basic = format!("Basic {}", STANDARD.encode("las:made+in%20the+test"));
    let (status, said) = world.ask(Some(&basic), GRANT).await;
    assert_eq!((status, &said["token_type"], &said["expires_in"]), (200, &json!("Bearer"), &json!(300)));
    let token = said["access_token"].as_str().unwrap().to_owned();
    assert_eq!(world.issuer.client_of(&token), Some("las"));
    assert!(!world.issuer.knows("another") && !world.issuer.knows(""));
    world.later(299);
    assert!(world.issuer.knows(&token));
    world.later(300);
    assert!(!world.issuer.knows(&token));
    let (status, _) =
        world.ask(None, "grant_type=client_credentials&client_id=las&client_secret=made+in+the+test").await;
    assert_eq!(status, 200);
    assert!(!format!("{:?}", world.issuer).contains("las"));
}

#[tokio::test]
async fn wrong_secrets_and_odd_forms_bring_none() {
    let world = world();
    let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
    let good = basic("las:made+in+the+test");
    for (authorization, form, status, code) in [
        (Some(basic("las:guess")), GRANT, 401, "invalid_client"),
        (Some(basic("nobody:made+in+the+test")), GRANT, 401, "invalid_client"),
        (Some(basic("app:")), GRANT, 401, "invalid_client"),
        (Some(basic("las")), GRANT, 401, "invalid_client"),
        (Some("Bearer x".into()), GRANT, 401, "invalid_client"),
        (None, GRANT, 401, "invalid_client"),
        (Some(good.clone()), "grant_type=password&username=a", 400, "unsupported_grant_type"),
        (Some(good.clone()), "", 400, "invalid_request"),
        (
            Some(good.clone()),
            "grant_type=client_credentials&grant_type=client_credentials",
            400,
            "invalid_request",
        ),
        (Some(good.clone()), "grant_type=client_credentials&client_id=app", 400, "invalid_request"),
        (Some(good.clone()), "grant_type=client_credentials&client_secret=x", 400, "invalid_request"),
        (Some(good), "grant_type=client_credentials&a=%zz", 400, "invalid_request"),
    ] {
        let (got, said) = world.ask(authorization.as_deref(), form).await;
        assert_eq!((got, &said["error"]), (status, &json!(code)), "{authorization:?} {form}");
    }
    let reply = world.issuer.answer(&HeaderMap::new(), &Bytes::from_static(GRANT.as_bytes())).await;
    assert_eq!(reply.status(), 400);
}

#[tokio::test]
async fn an_assertion_serves_once() {
    let world = world();
    world.later(2);
    let assertion = world.sign(&header(), &claims("1"));
    let (status, said) = world.show(&assertion).await;
    assert_eq!(status, 200, "{said}");
    assert_eq!(world.issuer.client_of(said["access_token"].as_str().unwrap()), Some("app"));
    assert_eq!(world.show(&assertion).await.0, 401);
    world.later(60);
    assert_eq!(world.show(&assertion).await.0, 401);
    world.later(62);
    assert_eq!(world.show(&assertion).await.0, 401, "it has ended");
    // The same, as a grant of its own (RFC 7523, 2.1).
    world.later(2);
    let grant = |assertion: &str| {
        format!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion={assertion}")
    };
    let fresh = world.sign(&header(), &changed(claims("2"), "aud", json!([URL])));
    assert_eq!(world.ask(None, &grant(&fresh)).await.0, 200);
    let (status, said) = world.ask(None, &grant(&fresh)).await;
    assert_eq!((status, &said["error"]), (400, &json!("invalid_grant")));
}

#[tokio::test]
async fn assertions_that_do_not_hold_are_refused() {
    let world = world();
    world.later(2);
    let far = json!(START + 100_000);
    let bad_claims = [
        ("iss", json!("las")),
        ("iss", json!("nobody")),
        ("sub", json!("las")),
        ("aud", json!("https://other.example/token")),
        ("aud", json!([URL, "https://other.example/token"])),
        ("aud", json!([])),
        ("aud", Value::Null),
        ("exp", json!(START + 1)),
        ("exp", far.clone()),
        ("exp", json!(-1)),
        ("exp", json!("soon")),
        ("exp", Value::Null),
        ("iat", json!(START - 1)),
        ("iat", far.clone()),
        ("iat", Value::Null),
        ("nbf", far),
        ("jti", json!("")),
        ("jti", json!("x".repeat(300))),
        ("jti", Value::Null),
    ];
    for (name, to) in bad_claims {
        let assertion = world.sign(&header(), &changed(claims("c"), name, to.clone()));
        let (status, said) = world.show(&assertion).await;
        assert_eq!((status, &said["error"]), (401, &json!("invalid_client")), "{name} {to}");
    }
    let bad_headers = [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("ES256")),
        ("kid", json!("k2")),
        ("crit", json!(["exp"])),
        ("jku", json!("https://evil.example/keys")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["AAAA"])),
        ("jwk", jwk(&world.key, "k1")),
        ("zip", json!("DEF")),
    ];
    for (name, to) in bad_headers {
        let assertion = world.sign(&changed(header(), name, to.clone()), &claims("h"));
        assert_eq!(world.show(&assertion).await.0, 401, "{name} {to}");
    }
    let good = world.sign(&header(), &claims("g"));
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let stranger = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let forged = URL_SAFE_NO_PAD.encode(stranger.sign(signed.as_bytes()).unwrap());
    for assertion in [
        format!("{signed}."),
        format!("{signed}.{forged}"),
        format!("{signed}.{signature}.x.y"),
        format!("{}.{signature}", signed.replace('.', "")),
        "..".into(),
        "x".repeat(9000),
    ] {
        assert_eq!(world.show(&assertion).await.0, 401, "{assertion}");
    }
    // A public key as an HMAC secret.
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let confused = part(&changed(header(), "alg", json!("HS256"))) + "." + &part(&claims("m"));
    let secret = jsonwebtoken::EncodingKey::from_secret(world.key.der_bytes());
    let mac =
        jsonwebtoken::crypto::sign(confused.as_bytes(), &secret, jsonwebtoken::Algorithm::HS256).unwrap();
    assert_eq!(world.show(&format!("{confused}.{mac}")).await.0, 401);
    // All of that used up nothing: the good one still serves.
    assert_eq!(world.show(&good).await.0, 200);
}

#[tokio::test]
async fn one_client_holds_so_many_tokens_and_no_more() {
    let world = world();
    let form = "grant_type=client_credentials&client_id=las&client_secret=made+in+the+test";
    let first = world.ask(None, form).await.1["access_token"].as_str().unwrap().to_owned();
    for _ in 1..super::TOKENS {
        world.ask(None, form).await;
    }
    assert!(world.issuer.knows(&first));
    world.ask(None, form).await;
    assert!(!world.issuer.knows(&first));
}

/// Hands out a key set, and counts.
struct Keys {
    set: std::sync::Mutex<Option<Value>>,
    asked: AtomicUsize,
}

impl Carrier for Keys {
    fn send(&self, request: http::Request<Bytes>) -> Carried<'_> {
        assert_eq!(request.uri(), "https://app.example/jwks");
        self.asked.fetch_add(1, Ordering::SeqCst);
        let set = self.set.lock().unwrap().clone();
        let status = if set.is_some() { 200 } else { 503 };
        let body = set.map(|set| set.to_string()).unwrap_or_default();
        Box::pin(async move { Ok(Response::builder().status(status).body(body.into()).unwrap()) })
    }
}

#[tokio::test]
async fn fetched_keys_are_kept_and_renewed() {
    let keys = Arc::new(Keys { set: std::sync::Mutex::new(None), asked: AtomicUsize::new(0) });
    let source = KeySource::fetched("https://app.example/jwks".parse().unwrap(), Arc::clone(&keys) as _);
    let mut set = Value::Null;
    let mut world = world_with(|given| {
        set = given;
        source
    });
    world.later(2);
    let (status, said) = world.show(&world.sign(&header(), &claims("1"))).await;
    assert_eq!((status, &said["error"]), (503, &json!("temporarily_unavailable")));
    *keys.set.lock().unwrap() = Some(set);
    for jti in ["2", "3", "4"] {
        assert_eq!(world.show(&world.sign(&header(), &claims(jti))).await.0, 200);
    }
    assert_eq!(keys.asked.load(Ordering::SeqCst), 2);
    // Unknown key ids do not make Sluis ask again and again.
    for jti in ["5", "6"] {
        let odd = changed(header(), "kid", json!("k2"));
        assert_eq!(world.show(&world.sign(&odd, &claims(jti))).await.0, 401);
    }
    assert_eq!(keys.asked.load(Ordering::SeqCst), 2);
    // A new key is noticed.
    world.key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    *keys.set.lock().unwrap() = Some(json!({ "keys": [jwk(&world.key, "k2")] }));
    world.later(40);
    let new = changed(header(), "kid", json!("k2"));
    assert_eq!(world.show(&world.sign(&new, &claims("7"))).await.0, 200);
    assert_eq!(keys.asked.load(Ordering::SeqCst), 3);
}
