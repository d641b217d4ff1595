//! Wycheproof's vectors through the house's own functions where they take such input, and through the crates that
//! they call where the house fixes what a vector varies (a nonce, a salt).

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::{Sha256, Sha512};
use sluis::crypto::{Keyring, MacKey, VerifyingKey};
use sluis::secret::Secret;

use super::corpora::read;
use super::tally::{CRYPTO, Tally};

fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn each(name: &str, tally: &mut Tally, mut check: impl FnMut(&Value, &Value) -> Option<bool>) {
    let Some(file) = read::<Value>(&format!("wycheproof/testvectors_v1/{name}_test.json")) else { return };
    for group in file["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            let valid = match test["result"].as_str().unwrap() {
                "valid" => true,
                "invalid" => false,
                _ => {
                    tally.except("the vector allows either result", format!("{name} {}", test["tcId"]));
                    continue;
                }
            };
            match check(group, test) {
                Some(said) => tally.judge(said == valid, || format!("{name} {test}")),
                None => tally.except(
                    "a key or nonce length that the house never uses",
                    format!("{name} {}", test["tcId"]),
                ),
            }
        }
    }
}

#[test]
fn vectors_of_wycheproof() {
    let mut tally = Tally::default();
    own(&mut tally);
    each("hmac_sha256", &mut tally, |_, test| {
        let (key, message, tag) = (hex(&test["key"]), hex(&test["msg"]), hex(&test["tag"]));
        if let Ok(key) = <[u8; 32]>::try_from(key.as_slice()) {
            // The house's own, cut as the vector cuts it.
            return Some(MacKey::new(&Secret::new(key)).mac_raw(&[&message]).starts_with(&tag));
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(&message);
        Some(mac.verify_truncated_left(&tag).is_ok())
    });
    each("hmac_sha512", &mut tally, |_, test| {
        let mut mac = Hmac::<Sha512>::new_from_slice(&hex(&test["key"])).unwrap();
        mac.update(&hex(&test["msg"]));
        Some(mac.verify_truncated_left(&hex(&test["tag"])).is_ok())
    });
    each("hkdf_sha256", &mut tally, |_, test| {
        let (ikm, salt, info) = (hex(&test["ikm"]), hex(&test["salt"]), hex(&test["info"]));
        let mut out = vec![0; usize::try_from(test["size"].as_u64().unwrap()).unwrap()];
        if Hkdf::<Sha256>::new(Some(&salt), &ikm).expand(&info, &mut out).is_err() {
            return Some(false);
        }
        let wanted = hex(&test["okm"]);
        // The house's own: no salt, 32 bytes in, 32 out.
        if let (true, Ok(key)) = (salt.is_empty(), <[u8; 32]>::try_from(ikm.as_slice())) {
            let derived = sluis::crypto::hkdf(&Secret::new(key), &info);
            let shared = wanted.len().min(32);
            if derived.expose()[..shared] != wanted[..shared] {
                return Some(false);
            }
        }
        Some(out == wanted)
    });
    each("aes_gcm", &mut tally, |group, test| {
        if group["keySize"] != 256 || group["ivSize"] != 96 || group["tagSize"] != 128 {
            return None;
        }
        let key: [u8; 32] = hex(&test["key"]).try_into().unwrap();
        let (nonce, aad, message) = (hex(&test["iv"]), hex(&test["aad"]), hex(&test["msg"]));
        let text = [hex(&test["ct"]), hex(&test["tag"])].concat();
        // The house's own seal: version, key id, nonce, text and tag.
        let ring = Keyring::new((7, &Secret::new(key)), 0, &[]).unwrap();
        let sealed = [&[1, 0, 0, 0, 7], nonce.as_slice(), &text].concat();
        let opened = ring.open(&aad, &sealed).ok().map(|plain| plain.expose().clone());
        let cipher = Aes256Gcm::new(&key.into());
        let nonce: [u8; 12] = nonce.try_into().unwrap();
        let made = cipher.encrypt(&Nonce::from(nonce), Payload { msg: &message, aad: &aad }).unwrap();
        Some(opened == Some(message) && made == text)
    });
    each("ed25519", &mut tally, |group, test| {
        let key: [u8; 32] = hex(&group["publicKey"]["pk"]).try_into().unwrap();
        let Ok(signature) = <[u8; 64]>::try_from(hex(&test["sig"])) else { return Some(false) };
        let key = VerifyingKey::from_bytes(&key);
        Some(key.is_ok_and(|key| key.verify(&hex(&test["msg"]), &signature).is_ok()))
    });
    tally.done(&CRYPTO);
}

/// Without the corpora: one bit anywhere, another place, another key.
fn own(tally: &mut Tally) {
    let ring = Keyring::new((1, &Secret::new([7; 32])), 0, &[]).unwrap();
    let other = Keyring::new((1, &Secret::new([8; 32])), 0, &[]).unwrap();
    let sealed = ring.seal(b"place", b"plain").unwrap();
    tally.judge(ring.open(b"place", &sealed).is_ok(), || "does not open".to_owned());
    tally.judge(ring.open(b"other", &sealed).is_err(), || "opens in another place".to_owned());
    tally.judge(other.open(b"place", &sealed).is_err(), || "opens with another key".to_owned());
    for bit in 0..sealed.len() * 8 {
        let mut damaged = sealed.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        tally.judge(ring.open(b"place", &damaged).is_err(), || format!("opens with bit {bit} turned"));
    }
    // Keys of small order sign everything: they must verify nothing.
    for point in [[0; 32], {
        let mut one = [0; 32];
        one[0] = 1;
        one
    }] {
        let key = VerifyingKey::from_bytes(&point);
        let signed = key.is_ok_and(|key| key.verify(b"x", &[0; 64]).is_ok());
        tally.judge(!signed, || "a key of small order verifies".to_owned());
    }
}
