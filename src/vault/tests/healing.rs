//! An index that goes bad while the vault serves: it heals, and nobody is answered wrongly meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::support::{Place, mask_one, open_epoch, pupil, reveal_one, run, scope};
use crate::identity::Kind;
use crate::vault::barrier::{Key, Sealed};
use crate::vault::store::{Store, StoreError};

/// An index that fails in one way.
struct Bad {
    get: Result<Option<Vec<u8>>, StoreError>,
    asked: Arc<AtomicBool>,
}

impl Store for Bad {
    fn get(&self, _: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.asked.store(true, Ordering::SeqCst);
        self.get.clone()
    }

    fn put(&self, _: &[(Key, Sealed)]) -> Result<(), StoreError> {
        self.asked.store(true, Ordering::SeqCst);
        Err(StoreError::WriteRows("broken".to_owned()))
    }

    fn count(&self) -> Result<u64, StoreError> {
        Ok(0)
    }

    fn sync(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[test]
fn a_look_up_that_fails_or_lies_builds_the_index_again() {
    for get in [
        Err(StoreError::ReadRow("damaged".to_owned())),
        Ok(Some(vec![])),
        Ok(Some(vec![0; 64])),
        Ok(Some([&2_u32.to_be_bytes()[..], &[7; 64]].concat())),
    ] {
        let place = Place::new();
        let vault = place.create();
        let scope = scope("rekenwonder", "2026-2027");
        open_epoch(&vault, &scope);
        let texts: Vec<_> =
            (0..50).map(|number| run(mask_one(&vault, &scope, &pupil(number), "uuid"))).collect();
        vault.inner.caches.clear();
        let asked = Arc::new(AtomicBool::new(false));
        vault.inner.index.replace(Some(Arc::new(Bad { get, asked: Arc::clone(&asked) })));
        run(async {
            for (number, masked) in texts.iter().enumerate() {
                let home = reveal_one(&vault, &scope, masked.pseudonym.as_str(), Kind::PUPIL_NUMBER).await;
                assert_eq!(home.unwrap().identifier(), &pupil(number));
            }
        });
        assert!(asked.load(Ordering::SeqCst));
        assert_eq!(vault.verify(&mut |_| {}).unwrap().missing_rows, 0);
    }
}

#[test]
fn rows_that_cannot_be_put_are_not_lost() {
    let place = Place::new();
    let vault = place.create();
    let scope = scope("rekenwonder", "2026-2027");
    open_epoch(&vault, &scope);
    let asked = Arc::new(AtomicBool::new(false));
    vault.inner.index.replace(Some(Arc::new(Bad { get: Ok(None), asked: Arc::clone(&asked) })));
    let masked = run(mask_one(&vault, &scope, &pupil(1), "uuid"));
    for _ in 0..500 {
        if vault.inner.after.len() == 0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(vault.inner.after.len(), 0);
    vault.inner.caches.clear();
    assert!(run(reveal_one(&vault, &scope, masked.pseudonym.as_str(), Kind::PUPIL_NUMBER)).is_some());
    assert_eq!(vault.verify(&mut |_| {}).unwrap().missing_rows, 0);
}

#[test]
fn an_index_that_cannot_be_built_refuses_and_heals_later() {
    let place = Place::new();
    let vault = place.create();
    let scope = scope("rekenwonder", "2026-2027");
    open_epoch(&vault, &scope);
    let masked = run(mask_one(&vault, &scope, &pupil(1), "uuid"));
    vault.inner.caches.clear();
    // A file where the new index should come; it lies there before anyone can build one.
    super::support::write(&place.vault("index.new"), b"in the way");
    vault.inner.index.replace(None);
    let asks = [crate::vault::RevealAsk {
        text: masked.pseudonym.as_str(),
        kind: Kind::PUPIL_NUMBER,
        number: false,
    }];
    let refused = run(vault.reveal(&scope.school, &scope.publisher, &asks));
    assert!(matches!(refused, Err(crate::vault::VaultError::IndexDown { .. })), "{refused:?}");
    std::fs::remove_file(place.vault("index.new")).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert!(run(reveal_one(&vault, &scope, masked.pseudonym.as_str(), Kind::PUPIL_NUMBER)).is_some());
}
