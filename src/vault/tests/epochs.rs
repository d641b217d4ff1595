//! Epochs: opened, rotated, closed.

use super::support::{NOW, Place, any, ask, mask_one, open_epoch, pupil, reveal_one, run, scope, shape};
use crate::identity::Kind;
use crate::vault::{ScopeState, VaultError};

#[test]
fn entering_looks_in_all_open_epochs_and_in_no_closed_one() {
    run(async {
        let place = Place::new();
        let vault = place.create();
        let (old, new) = (scope("rekenwonder", "2025-2026"), scope("rekenwonder", "2026-2027"));
        open_epoch(&vault, &old);
        open_epoch(&vault, &new);
        let last_year = mask_one(&vault, &old, &pupil(1), "uuid").await;
        let this_year = mask_one(&vault, &new, &pupil(1), "uuid").await;
        assert_ne!(last_year.pseudonym, this_year.pseudonym);
        assert_ne!(last_year.salt, this_year.salt);
        let (before, after) = (last_year.pseudonym.as_str(), this_year.pseudonym.as_str());
        for text in [before, after] {
            assert!(reveal_one(&vault, &new, text, Kind::PUPIL_NUMBER).await.is_some());
        }
        vault.retire_epoch(&old, NOW).unwrap();
        assert!(reveal_one(&vault, &new, before, Kind::PUPIL_NUMBER).await.is_some());
        let (pupil_2, uuid) = (pupil(2), shape("uuid"));
        let refused = vault.mask(&old, &[ask(&pupil_2, &uuid)], &[], &any()).await;
        assert!(matches!(refused, Err(VaultError::ScopeOver { .. })));
        vault.close_epoch(&old, NOW).unwrap();
        assert!(reveal_one(&vault, &new, before, Kind::PUPIL_NUMBER).await.is_none());
        assert!(reveal_one(&vault, &new, after, Kind::PUPIL_NUMBER).await.is_some());
        let reopened = vault.open_epoch(&old.school, &old.publisher, &old.epoch, NOW);
        assert!(matches!(reopened, Err(VaultError::ScopeOver { .. })));
        let head = vault.head();
        drop(vault);
        // The log still holds the records; nobody can read them, and the index is built without them.
        std::fs::remove_dir_all(place.vault("index")).unwrap();
        let vault = place.open(Some(head)).unwrap();
        assert!(reveal_one(&vault, &new, before, Kind::PUPIL_NUMBER).await.is_none());
        assert!(reveal_one(&vault, &new, after, Kind::PUPIL_NUMBER).await.is_some());
        let states: Vec<_> = vault.scopes().into_iter().map(|of| of.state).collect();
        assert_eq!(states, [ScopeState::Closed, ScopeState::Serving]);
    });
}

#[test]
fn an_epoch_without_a_key_masks_nothing() {
    run(async {
        let place = Place::new();
        let vault = place.create();
        let (pupil, uuid) = (pupil(1), shape("uuid"));
        let asks = [ask(&pupil, &uuid)];
        let refused = vault.mask(&scope("rekenwonder", "2026-2027"), &asks, &[], &any()).await;
        assert!(matches!(refused, Err(VaultError::UnknownScope { .. })));
    });
}

#[test]
fn opening_twice_changes_nothing() {
    let place = Place::new();
    let vault = place.create();
    let scope = scope("rekenwonder", "2026-2027");
    open_epoch(&vault, &scope);
    let head = vault.head();
    open_epoch(&vault, &scope);
    assert_eq!((vault.head(), vault.scopes().len()), (head, 1));
}

#[test]
fn a_new_unlock_key_opens_and_the_old_one_does_not() {
    let place = Place::new();
    let vault = place.create();
    let passphrase = place.directory.path().join("passphrase");
    super::support::write(&passphrase, b"een lange zin die niemand raadt\n");
    let new = crate::vault::Unlock::PassphraseFile(passphrase.clone());
    vault.rewrap(&new).unwrap();
    drop(vault);
    assert!(matches!(place.open(None), Err(VaultError::ReadUnlock { .. })));
    let reopened = crate::vault::Vault::open(&place.settings, &new, None, &mut |_| {});
    drop(reopened.unwrap());
    super::support::write(&passphrase, b"een lange zin die iemand raadt");
    let wrong = crate::vault::Vault::open(&place.settings, &new, None, &mut |_| {});
    assert!(matches!(wrong, Err(VaultError::Unlock { .. })));
}
