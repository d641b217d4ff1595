//! Names that a publisher gave to persons: in both stores, after a restart, over epochs, and of whom they never are.

use super::support::{
    NOW, Place, any, ask, mask_labels, mask_one, open_epoch, pupil, reveal_one, run, scope, shape,
};
use crate::identity::{Identifier, Kind, Scope};
use crate::vault::{Alias, LabelAsk, Masked, Minted, Named, OriginalAsk, Part, Person, Vault, VaultError};

const ACCOUNT: Kind = Kind::LMS_USER;

async fn name(
    vault: &Vault,
    scope: &Scope,
    text: &str,
    whom: &Identifier,
    masked: &Masked,
) -> Result<(), VaultError> {
    let person = Some(Alias { identifier: whom, core: masked.core, salt: masked.salt });
    vault.remember_minted(scope, &[Minted { kind: ACCOUNT, text, person }]).await
}

async fn named(vault: &Vault, scope: &Scope, text: &str) -> Option<Named> {
    vault.aliases(&scope.school, &scope.publisher, &[(ACCOUNT, text)]).await.unwrap().remove(0)
}

/// Both stores hold the same contract.
#[test]
fn a_name_is_one_persons_in_either_store() {
    let place = Place::new();
    for vault in [Vault::in_memory().unwrap(), place.create()] {
        run(async {
            let (mine, other) = (scope("rekenwonder", "2026-2027"), scope("taalreus", "2026-2027"));
            open_epoch(&vault, &mine);
            open_epoch(&vault, &other);
            let (jip, janneke) = (pupil(1), pupil(2));
            let masked = mask_one(&vault, &mine, &jip, "uuid").await;
            let second = mask_one(&vault, &mine, &janneke, "uuid").await;
            assert!(named(&vault, &mine, "u-1").await.is_none());
            name(&vault, &mine, "u-1", &jip, &masked).await.unwrap();
            for _ in 0..2 {
                let refused = name(&vault, &mine, "u-1", &janneke, &second).await;
                assert!(matches!(refused, Err(VaultError::SecondPerson)));
                assert_eq!(named(&vault, &mine, "u-1").await.unwrap().identifier(), &jip);
            }
            // A call with a second person anywhere in it leaves nothing of itself.
            let persons = [("u-2", &janneke, &second), ("u-1", &janneke, &second)];
            let all = persons.map(|(text, identifier, masked)| {
                let person = Some(Alias { identifier, core: masked.core, salt: masked.salt });
                Minted { kind: ACCOUNT, text, person }
            });
            let refused = vault.remember_minted(&mine, &all).await;
            assert!(matches!(refused, Err(VaultError::SecondPerson)));
            assert!(named(&vault, &mine, "u-2").await.is_none());
            // Two names of one person are two names; another publisher's names are its own.
            name(&vault, &mine, "u-3", &jip, &masked).await.unwrap();
            assert!(named(&vault, &other, "u-1").await.is_none());
            let theirs = mask_one(&vault, &other, &janneke, "uuid").await;
            name(&vault, &other, "u-1", &janneke, &theirs).await.unwrap();
            assert_eq!(named(&vault, &mine, "u-1").await.unwrap().identifier(), &jip);
            // It is no pseudonym, and no pseudonym is it.
            assert!(reveal_one(&vault, &mine, "u-1", ACCOUNT).await.is_none());
            assert!(named(&vault, &mine, masked.pseudonym.as_str()).await.is_none());
        });
    }
}

#[test]
fn a_name_outlives_a_restart_an_index_and_the_epoch_it_was_given_in() {
    let place = Place::new();
    let vault = place.create();
    let (old, new) = (scope("rekenwonder", "2025-2026"), scope("rekenwonder", "2026-2027"));
    let jip = pupil(1);
    open_epoch(&vault, &old);
    run(async {
        let masked = mask_one(&vault, &old, &jip, "uuid").await;
        name(&vault, &old, "u-1", &jip, &masked).await.unwrap();
    });
    let head = vault.head();
    drop(vault);
    std::fs::remove_dir_all(place.vault("index")).unwrap();
    let vault = place.open(Some(head)).unwrap();
    open_epoch(&vault, &new);
    run(async {
        assert_eq!(named(&vault, &new, "u-1").await.unwrap().identifier(), &jip);
        // Named again in the new epoch, it is kept when the old one closes; otherwise it goes with it.
        let masked = mask_one(&vault, &old, &jip, "uuid").await;
        name(&vault, &old, "u-9", &jip, &masked).await.unwrap();
        let masked = mask_one(&vault, &new, &jip, "uuid").await;
        name(&vault, &new, "u-1", &jip, &masked).await.unwrap();
        vault.retire_epoch(&old, NOW).unwrap();
        vault.close_epoch(&old, NOW).unwrap();
        assert_eq!(named(&vault, &new, "u-1").await.unwrap().core(), masked.core);
        assert!(named(&vault, &new, "u-9").await.is_none());
    });
}

/// What was made for him in any epoch is found by his identifier alone, and nothing of one who had it before.
#[test]
fn an_identifier_names_its_person_in_every_open_epoch() {
    let place = Place::new();
    let vault = place.create();
    let (old, new) = (scope("rekenwonder", "2025-2026"), scope("rekenwonder", "2026-2027"));
    open_epoch(&vault, &old);
    open_epoch(&vault, &new);
    let jip = pupil(1);
    run(async {
        let label = LabelAsk { person: Person::Ask(0), slot: "given", part: Part::Given, original: "Jip" };
        let mut stand_ins = Vec::new();
        for scope in [&old, &new] {
            stand_ins.push(mask_labels(&vault, scope, &jip, &[label]).await.labels.remove(0));
        }
        let cores = vault.cores(&new.school, &new.publisher, &jip);
        assert_eq!(cores.len(), 2);
        for text in &stand_ins {
            let asks: Vec<OriginalAsk<'_>> =
                cores.iter().map(|core| OriginalAsk { person: *core, slot: "given", text }).collect();
            let originals = vault.reveal_labels(&new.school, &new.publisher, &asks).await.unwrap();
            assert_eq!(originals.iter().flatten().count(), 1);
        }
        vault.forget(&new.school, std::slice::from_ref(&jip), NOW).unwrap();
        assert!(vault.cores(&new.school, &new.publisher, &jip).iter().all(|core| !cores.contains(core)));
        let again = mask_one(&vault, &new, &jip, "uuid").await;
        assert!(vault.cores(&new.school, &new.publisher, &jip).contains(&again.core));
        let uuid = shape("uuid");
        let answer = vault.mask(&old, &[ask(&jip, &uuid)], &[], &any()).await.unwrap();
        assert!(vault.cores(&new.school, &new.publisher, &jip).contains(&answer.masked[0].core));
    });
    assert!(vault.cores(&old.school, &scope("taalreus", "2026-2027").publisher, &jip).is_empty());
}

#[test]
fn a_view_answers_what_is_known_and_keeps_nothing() {
    let place = Place::new();
    let vault = place.create();
    let mine = scope("rekenwonder", "2026-2027");
    open_epoch(&vault, &mine);
    let (jip, janneke) = (pupil(1), pupil(2));
    run(async {
        let masked = mask_one(&vault, &mine, &jip, "uuid").await;
        let head = vault.head();
        let view = vault.view();
        let uuid = shape("uuid");
        assert_eq!(mask_one(&view, &mine, &jip, "uuid").await, Masked { newly: false, ..masked.clone() });
        assert!(reveal_one(&view, &mine, masked.pseudonym.as_str(), Kind::PUPIL_NUMBER).await.is_some());
        let new = view.mask(&mine, &[ask(&janneke, &uuid)], &[], &any()).await;
        assert!(matches!(new, Err(VaultError::ViewOnly)));
        name(&view, &mine, "u-1", &jip, &masked).await.unwrap();
        assert!(named(&view, &mine, "u-1").await.is_none());
        drop(view);
        assert_eq!(vault.head(), head);
        // The vault itself goes on.
        mask_one(&vault, &mine, &janneke, "uuid").await;
    });
}
