//! Known answers and hostile cases of the cryptographic room.

use super::*;
use crate::secret::Secret;

fn key(byte: u8) -> Secret<[u8; 32]> {
    Secret::new([byte; 32])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_is_sealed_opens_in_its_place_only() {
    let ring = Keyring::new((7, &key(1)), 0, &[]).unwrap();
    let sealed = ring.seal(b"table/row", b"Jip").unwrap();
    assert_eq!(sealed.len(), 3 + SEALED_OVERHEAD);
    assert_eq!(ring.open(b"table/row", &sealed).unwrap().expose(), b"Jip");
    assert_eq!(ring.open(b"table/other", &sealed).unwrap_err(), CryptoError::OpenSealed);
    for at in 0..sealed.len() {
        let mut damaged = sealed.clone();
        damaged[at] ^= 1;
        assert!(ring.open(b"table/row", &damaged).is_err(), "byte {at}");
        assert!(ring.open(b"table/row", &sealed[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn one_key_writes_and_all_read() {
    let old = Keyring::new((1, &key(1)), 0, &[]).unwrap();
    let new = Keyring::new((2, &key(2)), 0, &[(1, &key(1))]).unwrap();
    let sealed = old.seal(b"p", b"x").unwrap();
    assert_eq!(new.open(b"p", &sealed).unwrap().expose(), b"x");
    let sealed = new.seal(b"p", b"x").unwrap();
    assert_eq!(old.open(b"p", &sealed).unwrap_err(), CryptoError::FindKey(2));
    assert_eq!(Keyring::new((1, &key(2)), 0, &[(1, &key(1))]).unwrap_err(), CryptoError::MakeKeyring);
}

/// Open-only: what an earlier Sluis sealed must open for ever. The row was made with Python's `cryptography`.
#[test]
fn a_frozen_value_opens() {
    #[derive(serde::Deserialize)]
    struct Row {
        key_hex: String,
        place: String,
        plain: String,
        sealed_hex: String,
    }
    let bytes = |hex: &str| -> Vec<u8> {
        (0..hex.len() / 2).map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap()).collect()
    };
    let rows: Vec<Row> = serde_json::from_str(include_str!("../../tests/vectors/seal.json")).unwrap();
    assert!(!rows.is_empty());
    for row in rows {
        let secret = Secret::new(bytes(&row.key_hex).try_into().unwrap());
        let ring = Keyring::new((1, &key(1)), 0, &[(0x0102_0304, &secret)]).unwrap();
        let sealed = bytes(&row.sealed_hex);
        assert_eq!(ring.open(row.place.as_bytes(), &sealed).unwrap().expose(), row.plain.as_bytes());
        assert_eq!(ring.open(b"elsewhere", &sealed).unwrap_err(), CryptoError::OpenSealed);
    }
}

#[test]
fn a_key_wears_out() {
    let ring = Keyring::new((1, &key(1)), (1 << 32) - 1, &[]).unwrap();
    assert!(ring.seal(b"", b"").is_ok());
    assert_eq!(ring.seal(b"", b"").unwrap_err(), CryptoError::WearOut(1));
}

#[test]
fn hmac_and_hkdf_give_known_answers() {
    // Computed with Python's hmac and a textbook HKDF.
    let mac = MacKey::new(&key(0x0b));
    assert_eq!(
        hex(&mac.mac_raw(&[b"Hi ", b"There"])),
        "198a607eb44bfbc69903a0f1cf2bbdc5ba0aa3f3d9ae3c1c7a3b1696a0b68cf7"
    );
    assert_ne!(mac.mac(&[b"ab", b"c"]), mac.mac(&[b"a", b"bc"]));
    assert_eq!(
        hex(hkdf(&key(0x0b), b"sluis test").expose()),
        "678062f474c533bf4f597ca648e36a874f2a3e9aaca276e160b0e52fb8425cfa"
    );
}

#[test]
fn a_passphrase_costs_and_differs_by_salt() {
    let cheap = PassphraseParameters { memory_kib: 64, passes: 1, lanes: 1 };
    let word = Secret::new(String::from("made in the test"));
    let (one, two) = (Passphrase::fresh(cheap).unwrap(), Passphrase::fresh(cheap).unwrap());
    assert_eq!(one.key(&word).unwrap().expose(), one.key(&word).unwrap().expose());
    assert_ne!(one.key(&word).unwrap().expose(), two.key(&word).unwrap().expose());
    let absurd = Passphrase { parameters: PassphraseParameters { memory_kib: u32::MAX, ..cheap }, ..one };
    assert_eq!(absurd.key(&word).unwrap_err(), CryptoError::DeriveKey);
}

#[test]
fn signatures_verify_strictly() {
    let signer = SigningKey::from_seed(&key(3));
    let public = VerifyingKey::from_bytes(&signer.verifying_key().to_bytes()).unwrap();
    let mut signature = signer.sign(b"checkpoint");
    assert!(public.verify(b"checkpoint", &signature).is_ok());
    assert!(public.verify(b"another", &signature).is_err());
    signature[0] ^= 1;
    assert!(public.verify(b"checkpoint", &signature).is_err());
}

#[test]
fn nothing_prints_a_key() {
    let printed = format!(
        "{:?} {:?} {:?}",
        MacKey::new(&key(9)),
        Keyring::new((1, &key(9)), 0, &[]).unwrap(),
        SigningKey::from_seed(&key(9))
    );
    assert!(!printed.contains("9, 9") && !printed.contains("0909"), "{printed}");
}
