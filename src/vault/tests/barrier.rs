//! Rows cannot be moved: each part of a row's place is bound to its content.

use std::sync::Arc;

use crate::crypto::{MacKey, random};
use crate::secret::Secret;
use crate::vault::barrier::{Barrier, Sealer, Table};
use crate::vault::codec::Fields;
use crate::vault::keyring;

fn sealer(number: u32, key: &Secret<[u8; 32]>, owner: &[u8]) -> Sealer {
    Sealer { number, keys: Arc::new(keyring(number, key, 0)), owner: owner.to_vec() }
}

#[test]
fn a_row_opens_in_its_own_place_only() {
    let (index, data) = (Secret::new(random().unwrap()), Secret::new(random().unwrap()));
    let barrier = Barrier::new(MacKey::new(&index), [1; 16]);
    let here = sealer(2, &data, b"here");
    let key = barrier.key(Table::Forward, [b"a".as_slice(), b"bc"]);
    let mut plain = Fields::default();
    plain.text("95312");
    let row = barrier.seal(Table::Forward, &here, &key, &plain).unwrap();
    let open = |table, by: &Sealer, key, row: &[u8]| barrier.open(table, by, key, row).is_some();
    assert!(open(Table::Forward, &here, &key, row.as_bytes()));
    let other_key = barrier.key(Table::Forward, [b"ab".as_slice(), b"c"]);
    assert_ne!(key, other_key);
    assert!(!open(Table::Forward, &here, &other_key, row.as_bytes()));
    assert!(!open(Table::Reverse, &here, &key, row.as_bytes()));
    assert!(!open(Table::Forward, &sealer(2, &data, b"there"), &key, row.as_bytes()));
    assert!(!open(Table::Forward, &sealer(3, &data, b"here"), &key, row.as_bytes()));
    let elsewhere = Barrier::new(MacKey::new(&index), [2; 16]);
    assert!(elsewhere.open(Table::Forward, &here, &key, row.as_bytes()).is_none());
    for at in 0..row.as_bytes().len() {
        let mut bytes = row.as_bytes().to_vec();
        bytes[at] ^= 1;
        assert!(!open(Table::Forward, &here, &key, &bytes), "byte {at}");
        assert!(!open(Table::Forward, &here, &key, &row.as_bytes()[..at]));
    }
}

#[test]
fn tables_and_vaults_have_keys_of_their_own() {
    let index = Secret::new(random().unwrap());
    let barrier = Barrier::new(MacKey::new(&index), [1; 16]);
    let keys = [
        barrier.key(Table::Forward, [b"x"]),
        barrier.key(Table::Reverse, [b"x"]),
        barrier.key(Table::Thing, [b"x"]),
        Barrier::new(MacKey::new(&Secret::new(random().unwrap())), [1; 16]).key(Table::Forward, [b"x"]),
    ];
    for (at, key) in keys.iter().enumerate() {
        assert!(keys.iter().skip(at + 1).all(|other| other != key));
    }
}
