//! Credentials: files that change, tokens that end, and servers that refuse them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Response};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PublicKeyData};

use super::support::{World, clock, put, request, send};
use crate::gateway::{Carrier, CarryError, CarryFault};
use crate::upstream::{ClientProof, CredentialSettings, Upstream, UpstreamSettings};

const REFUSED: CarryError = CarryError { fault: CarryFault::Credential, may_have_acted: false };

fn shown(request: &Request<Bytes>) -> String {
    request.headers().get("authorization").map_or("", |value| value.to_str().unwrap()).to_owned()
}

#[tokio::test]
async fn a_token_file_is_read_again_when_it_changes() {
    let world = World::new();
    let (address, seen) = world
        .far(&["h2"], false, |request| {
            let good = shown(&request).starts_with("Bearer good-");
            Response::builder().status(if good { 200 } else { 401 }).body(shown(&request).into()).unwrap()
        })
        .await;
    let file = world.path("token");
    put(&file, "good-1\n");
    let settings = UpstreamSettings {
        credential: CredentialSettings::BearerFile(file.clone()),
        ..world.settings(address)
    };
    let upstream = Upstream::open(&settings, clock()).unwrap();
    assert!(!format!("{upstream:?}").contains("good-1"));
    assert_eq!(upstream.send(request(&settings, "GET", "")).await.unwrap().body(), "Bearer good-1");
    put(&file, "good-two\n");
    assert_eq!(upstream.send(request(&settings, "GET", "")).await.unwrap().body(), "Bearer good-two");
    put(&file, "bad\n");
    assert_eq!(upstream.send(request(&settings, "GET", "")).await.unwrap_err(), REFUSED);
    assert_eq!(seen.requests(), 3);
    put(&file, "two words");
    assert_eq!(upstream.send(request(&settings, "GET", "")).await.unwrap_err(), REFUSED);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(upstream.send(request(&settings, "GET", "")).await.unwrap_err(), REFUSED);
    assert_eq!(seen.requests(), 3, "nothing went without a token");
    assert!(Upstream::open(&settings, clock()).unwrap_err().to_string().contains("token cannot be read"));
}

/// A far side with a token endpoint at `/token`; tokens are `t1`, `t2` … and `accepts` says which are good.
async fn authorised(
    world: &World,
    proof: ClientProof,
    life: &'static str,
    accepts: fn(&str) -> bool,
) -> (UpstreamSettings, Arc<super::support::Seen>, Arc<AtomicUsize>) {
    let granted = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&granted);
    let (address, seen) = world
        .far(&["h2"], false, move |request| {
            if request.uri().path() == "/token" {
                std::thread::sleep(Duration::from_millis(30));
                let number = count.fetch_add(1, Ordering::SeqCst) + 1;
                let body = format!(
                    "{{\"access_token\":\"t{number}\",\"token_type\":\"Bearer\",\"expires_in\":{life}}}"
                );
                return Response::new(body.into());
            }
            let good = accepts(&shown(&request));
            Response::builder().status(if good { 200 } else { 401 }).body(shown(&request).into()).unwrap()
        })
        .await;
    let credential = CredentialSettings::OAuth2 {
        token_url: format!("https://{address}/token").parse().unwrap(),
        client_id: "sluis at school".into(),
        scope: Some("roster read".into()),
        proof,
    };
    (UpstreamSettings { credential, ..world.settings(address) }, seen, granted)
}

fn secret(world: &World) -> ClientProof {
    put(&world.path("secret"), "s3cret:&\n");
    ClientProof::SecretFile(world.path("secret"))
}

#[tokio::test]
async fn one_token_serves_many_and_is_fetched_once() {
    let world = World::new();
    let (settings, seen, granted) =
        authorised(&world, secret(&world), "3600", |shown| shown == "Bearer t1").await;
    let upstream = Arc::new(Upstream::open(&settings, clock()).unwrap());
    assert!(!format!("{upstream:?}").contains("s3cret"));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (upstream, asked) = (Arc::clone(&upstream), request(&settings, "POST", "hi"));
        tasks.spawn(async move { upstream.send(asked).await.unwrap().status() });
    }
    assert!(tasks.join_all().await.iter().all(|status| *status == 200));
    assert_eq!((granted.load(Ordering::SeqCst), seen.requests()), (1, 11));
    let asked = seen.texts.lock().unwrap()[0].clone();
    assert!(asked.ends_with(" grant_type=client_credentials&scope=roster%20read"), "{asked}");
    let basic = base64::engine::general_purpose::STANDARD.encode("sluis%20at%20school:s3cret%3A%26");
    assert!(asked.contains(&basic) || asked.contains("Sensitive"), "{asked}");
}

#[tokio::test]
async fn a_token_that_ends_is_renewed() {
    let world = World::new();
    let (settings, _, granted) = authorised(&world, secret(&world), "0", |_| true).await;
    let upstream = Upstream::open(&settings, clock()).unwrap();
    for expected in ["Bearer t1", "Bearer t2"] {
        assert_eq!(upstream.send(request(&settings, "GET", "")).await.unwrap().body(), expected);
    }
    assert_eq!(granted.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_refused_token_repeats_a_question_once_and_an_act_never() {
    let world = World::new();
    let (settings, seen, granted) =
        authorised(&world, secret(&world), "3600", |shown| shown == "Bearer t2").await;
    let upstream = Upstream::open(&settings, clock()).unwrap();
    assert_eq!(upstream.send(request(&settings, "POST", "act")).await.unwrap_err(), REFUSED);
    assert_eq!((granted.load(Ordering::SeqCst), seen.requests()), (1, 2));
    // The next one shows a new token.
    assert_eq!(upstream.send(request(&settings, "POST", "act")).await.unwrap().body(), "Bearer t2");
    assert_eq!((granted.load(Ordering::SeqCst), seen.requests()), (2, 4));

    let (settings, seen, _) = authorised(&world, secret(&world), "3600", |shown| shown == "Bearer t2").await;
    let upstream = Upstream::open(&settings, clock()).unwrap();
    assert_eq!(upstream.send(request(&settings, "GET", "")).await.unwrap().body(), "Bearer t2");
    assert_eq!(seen.requests(), 4);

    let (settings, seen, _) = authorised(&world, secret(&world), "3600", |_| false).await;
    assert_eq!(send(&settings, "GET", "").await.unwrap_err(), REFUSED);
    assert_eq!(seen.requests(), 4, "two tokens, two questions");
}

#[tokio::test]
async fn a_token_endpoint_in_trouble_is_not_besieged() {
    let world = World::new();
    for body in [
        "not json",
        "{\"access_token\":\"a b\",\"token_type\":\"Bearer\"}",
        "{\"access_token\":\"a\",\"token_type\":\"mac\"}",
    ] {
        let (address, seen) = world.far(&["http/1.1"], false, move |_| Response::new(body.into())).await;
        let credential = CredentialSettings::OAuth2 {
            token_url: format!("https://{address}/token").parse().unwrap(),
            client_id: "sluis".into(),
            scope: None,
            proof: secret(&world),
        };
        let settings = UpstreamSettings { credential, ..world.settings(address) };
        let upstream = Upstream::open(&settings, clock()).unwrap();
        for _ in 0..3 {
            assert_eq!(upstream.send(request(&settings, "GET", "")).await.unwrap_err(), REFUSED);
        }
        assert_eq!(seen.requests(), 1, "{body}");
    }
}

#[tokio::test]
async fn an_assertion_is_signed_and_fresh() {
    let world = World::new();
    for (algorithm, name) in
        [(&PKCS_ECDSA_P256_SHA256, "ES256"), (&PKCS_ECDSA_P384_SHA384, "ES384"), (&PKCS_ED25519, "EdDSA")]
    {
        let key = KeyPair::generate_for(algorithm).unwrap();
        put(&world.path("key"), &key.serialize_pem());
        let proof = ClientProof::PrivateKeyJwt { private_key: world.path("key"), key_id: Some("k1".into()) };
        let (settings, seen, _) = authorised(&world, proof, "0", |_| true).await;
        let upstream = Upstream::open(&settings, clock()).unwrap();
        let mut ids = Vec::new();
        for _ in 0..8 {
            upstream.send(request(&settings, "GET", "")).await.unwrap();
        }
        let texts = seen.texts.lock().unwrap().clone();
        for text in texts.iter().filter(|text| text.contains("/token ")) {
            let (_, assertion) = text.split_once("&client_assertion=").unwrap();
            let parts: Vec<_> = assertion.split('.').collect();
            let json = |part: &str| -> serde_json::Value {
                serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
            };
            let (head, claims) = (json(parts[0]), json(parts[1]));
            assert_eq!((&head["alg"], &head["kid"]), (&name.into(), &"k1".into()));
            assert_eq!(
                (&claims["iss"], &claims["sub"]),
                (&"sluis at school".into(), &"sluis at school".into())
            );
            assert_eq!(claims["aud"], settings.base.to_string().replace("/v2/", "/token"));
            assert_eq!(
                (claims["iat"].as_u64(), claims["exp"].as_u64()),
                (Some(1_790_000_000), Some(1_790_000_060))
            );
            ids.push(claims["jti"].as_str().unwrap().to_owned());
            let signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
            let signed = format!("{}.{}", parts[0], parts[1]);
            // Another implementation checks it.
            let decoding = match name {
                "EdDSA" => jsonwebtoken::DecodingKey::from_ed_der(key.der_bytes()),
                _ => jsonwebtoken::DecodingKey::from_ec_der(key.der_bytes()),
            };
            let alg: jsonwebtoken::Algorithm = name.parse().unwrap();
            let encoded = URL_SAFE_NO_PAD.encode(signature);
            assert!(
                jsonwebtoken::crypto::verify(&encoded, signed.as_bytes(), &decoding, alg).unwrap(),
                "{name}"
            );
            assert!(!jsonwebtoken::crypto::verify(&encoded, b"other", &decoding, alg).unwrap(), "{name}");
        }
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 8);
    }
}

#[tokio::test]
async fn a_token_endpoint_without_tls_is_refused() {
    let world = World::new();
    let credential = CredentialSettings::OAuth2 {
        token_url: "http://login.example/token".parse().unwrap(),
        client_id: "sluis".into(),
        scope: None,
        proof: secret(&world),
    };
    let settings = UpstreamSettings { credential, ..world.settings("127.0.0.1:1".parse().unwrap()) };
    let message = Upstream::open(&settings, clock()).unwrap_err().to_string();
    assert!(message.contains("https://"), "{message}");
}
