//! The contract of an index, run on every implementation.

use std::collections::HashMap;
use std::sync::Arc;

use crate::crypto::{MacKey, random};
use crate::secret::Secret;
use crate::vault::barrier::{Barrier, Key, Sealed, Sealer, Table};
use crate::vault::codec::Fields;
use crate::vault::embedded::EmbeddedStore;
use crate::vault::memory::MemoryStore;
use crate::vault::store::{Store, StoreError};

struct Maker {
    barrier: Barrier,
    sealer: Sealer,
}

impl Maker {
    fn new() -> Self {
        let key = Secret::new(random().unwrap());
        let keys = Arc::new(crate::vault::keyring(7, &key, 0));
        Self {
            barrier: Barrier::new(MacKey::new(&key), [1; 16]),
            sealer: Sealer { number: 7, keys, owner: b"12AB".to_vec() },
        }
    }

    fn row(&self, name: u32, content: &str) -> (Key, Sealed) {
        let key = self.barrier.key(Table::Forward, [&name.to_be_bytes()]);
        let mut plain = Fields::default();
        plain.text(content);
        let sealed = self.barrier.seal(Table::Forward, &self.sealer, &key, &plain).unwrap();
        (key, sealed)
    }
}

/// Runs a case on a new store of each kind; `reopen` gives the same rows after closing, where there is a disk.
fn on_each(case: &dyn Fn(&dyn Store)) {
    case(&MemoryStore::default());
    let directory = tempfile::tempdir().unwrap();
    case(&EmbeddedStore::open(&directory.path().join("index"), 1 << 20).unwrap());
}

#[test]
fn a_row_that_was_never_put_is_not_there() {
    let maker = Maker::new();
    on_each(&|store| {
        assert_eq!(store.get(&maker.row(1, "").0), Ok(None));
        assert_eq!(store.count(), Ok(0));
    });
}

#[test]
fn what_was_put_comes_back_byte_for_byte() {
    let maker = Maker::new();
    on_each(&|store| {
        let rows: Vec<_> = (0..500).map(|name| maker.row(name, &"x".repeat(name as usize))).collect();
        store.put(&rows).unwrap();
        for (key, sealed) in &rows {
            assert_eq!(store.get(key).unwrap().as_deref(), Some(sealed.as_bytes()));
        }
        assert_eq!(store.count(), Ok(500));
        store.sync().unwrap();
    });
}

#[test]
fn the_later_row_under_a_key_counts() {
    let maker = Maker::new();
    on_each(&|store| {
        let (before, after) = (maker.row(1, "before"), maker.row(1, "after"));
        store.put(&[before.clone(), after.clone()]).unwrap();
        assert_eq!(store.get(&before.0).unwrap().as_deref(), Some(after.1.as_bytes()));
        store.put(std::slice::from_ref(&before)).unwrap();
        assert_eq!(store.get(&before.0).unwrap().as_deref(), Some(before.1.as_bytes()));
        assert_eq!(store.count(), Ok(1));
    });
}

#[test]
fn putting_nothing_changes_nothing() {
    on_each(&|store| {
        store.put(&[]).unwrap();
        assert_eq!(store.count(), Ok(0));
    });
}

#[test]
fn readers_and_a_writer_do_not_disturb_each_other() {
    let maker = Maker::new();
    on_each(&|store| {
        let rows: Vec<_> = (0..400).map(|name| maker.row(name, "kept")).collect();
        std::thread::scope(|threads| {
            threads.spawn(|| rows.chunks(10).for_each(|rows| store.put(rows).unwrap()));
            for _ in 0..3 {
                threads.spawn(|| {
                    for (key, sealed) in &rows {
                        let found = store.get(key).unwrap();
                        assert!(found.is_none_or(|found| found == sealed.as_bytes()));
                    }
                });
            }
        });
        assert_eq!(store.count(), Ok(400));
    });
}

#[test]
fn an_embedded_index_keeps_its_rows_and_one_process_has_it() {
    let maker = Maker::new();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("index");
    let rows: HashMap<_, _> = (0..100).map(|name| maker.row(name, "kept")).collect();
    let store = EmbeddedStore::open(&path, 1 << 20).unwrap();
    store.put(&rows.iter().map(|(key, sealed)| (*key, sealed.clone())).collect::<Vec<_>>()).unwrap();
    assert!(matches!(EmbeddedStore::open(&path, 1 << 20), Err(StoreError::Held)));
    store.sync().unwrap();
    drop(store);
    let store = EmbeddedStore::open(&path, 1 << 20).unwrap();
    for (key, sealed) in &rows {
        assert_eq!(store.get(key).unwrap().as_deref(), Some(sealed.as_bytes()));
    }
}
