//! Backup, rehearsal, recovery.

use super::support::{NOW, Place, mask_labels, mask_one, open_epoch, pupil, reveal_one, run, scope, write};
use crate::identity::{Kind, Scope};
use crate::vault::{
    Circumstances, Head, LabelAsk, Part, Person, ScopeState, Source, Vault, VaultError, rehearse,
};

fn circumstances(expected: Option<Head>) -> Circumstances<'static> {
    Circumstances { expected, assigns: &|_| false, tombstones: 0, erased: None, now: NOW }
}

fn label() -> LabelAsk<'static> {
    LabelAsk { person: Person::Ask(0), slot: "given", part: Part::Given, original: "Jip" }
}

/// Three scopes: plain, with labels, with digits.
fn filled(place: &Place) -> (Vault, [Scope; 3]) {
    let scopes = [scope("plain", "2026-2027"), scope("names", "2026-2027"), scope("digits", "2026-2027")];
    let vault = place.create();
    for scope in &scopes {
        open_epoch(&vault, scope);
    }
    (vault, scopes)
}

async fn mask_in_each(vault: &Vault, scopes: &[Scope; 3], number: usize) -> [String; 3] {
    let plain = mask_one(vault, &scopes[0], &pupil(number), "uuid").await;
    let named = mask_labels(vault, &scopes[1], &pupil(number), &[label()]).await;
    let digits = mask_one(vault, &scopes[2], &pupil(number), "digits:10").await;
    [plain, named.masked[0].clone(), digits].map(|masked| masked.pseudonym.as_str().to_owned())
}

#[test]
fn a_backup_is_proved_and_recovered_whole() {
    let place = Place::new();
    let (vault, scopes) = filled(&place);
    let texts = run(mask_in_each(&vault, &scopes, 1));
    let file = place.directory.path().join("backup.sluis");
    let info = vault.backup(&file, NOW, &mut |_| {}).unwrap();
    assert_eq!(info.records, vault.head().sequence);
    assert!(matches!(vault.backup(&file, NOW, &mut |_| {}), Err(VaultError::Backup { .. })));
    let head = vault.head();
    let source = Source::Backup(file);
    // Also while the server runs.
    let proved =
        rehearse(&place.settings, &place.unlock, &source, &circumstances(Some(head)), &mut |_| {}).unwrap();
    assert_eq!(
        (proved.head, proved.missing, proved.tally.mappings, proved.tally.labels),
        (head, Some(0), 3, 1)
    );
    assert!(proved.reopened.is_empty() && proved.kept_aside.is_none());
    drop(vault);
    std::fs::remove_dir_all(&place.settings.path).unwrap();
    let (vault, recovered) =
        Vault::recover(&place.settings, &place.unlock, &source, &circumstances(Some(head)), &mut |_| {})
            .unwrap();
    assert_eq!(recovered.missing, Some(0));
    assert!(recovered.keys_from_backup && recovered.kept_aside.is_none());
    for (scope, text) in scopes.iter().zip(&texts) {
        assert!(run(reveal_one(&vault, scope, text, Kind::PUPIL_NUMBER)).is_some());
    }
    assert_eq!(run(mask_in_each(&vault, &scopes, 1)), texts);
}

#[test]
fn an_older_backup_names_the_gap_and_assigns_nothing_twice() {
    let place = Place::new();
    let (vault, scopes) = filled(&place);
    let before = run(mask_in_each(&vault, &scopes, 1));
    let file = place.directory.path().join("backup.sluis");
    vault.backup(&file, NOW, &mut |_| {}).unwrap();
    let lost = run(mask_in_each(&vault, &scopes, 2));
    let head = vault.head();
    drop(vault);
    std::fs::remove_file(place.vault("log")).unwrap();
    assert!(place.open(Some(head)).is_err());
    let source = Source::Backup(file);
    let known = circumstances(Some(head));
    let (vault, recovered) =
        Vault::recover(&place.settings, &place.unlock, &source, &known, &mut |_| {}).unwrap();
    assert_eq!(recovered.missing, Some(head.sequence - recovered.head.sequence));
    assert!(!recovered.keys_from_backup);
    assert!(recovered.kept_aside.as_ref().unwrap().join("keys").exists());
    let reopened: Vec<_> =
        recovered.reopened.iter().map(|(of, to)| (of.publisher.as_str(), to.as_str())).collect();
    assert_eq!(reopened, [("names", "2026-2027.r1"), ("digits", "2026-2027.r1")]);
    // What left before comes home, what is lost is refused.
    for (scope, text) in scopes.iter().zip(&before) {
        assert!(run(reveal_one(&vault, scope, text, Kind::PUPIL_NUMBER)).is_some());
    }
    for (scope, text) in scopes.iter().zip(&lost) {
        assert!(run(reveal_one(&vault, scope, text, Kind::PUPIL_NUMBER)).is_none());
    }
    let states: Vec<_> = vault.scopes().into_iter().map(|of| of.state).collect();
    let (serving, entering) = (ScopeState::Serving, ScopeState::Entering);
    assert_eq!(states, [serving, entering, entering, serving, serving]);
    // A pseudonym that cannot be assigned to another is derived again.
    assert_eq!(run(mask_one(&vault, &scopes[0], &pupil(2), "uuid")).pseudonym.as_str(), lost[0]);
    let head = vault.head();
    drop(vault);
    drop(place.open(Some(head)).unwrap());
}

#[test]
fn a_damaged_log_is_recovered_up_to_the_damage() {
    let place = Place::new();
    let (vault, scopes) = filled(&place);
    let before = run(mask_in_each(&vault, &scopes, 1));
    let whole = std::fs::read(place.vault("log")).unwrap().len();
    run(mask_in_each(&vault, &scopes, 2));
    let head = vault.head();
    drop(vault);
    let mut bytes = std::fs::read(place.vault("log")).unwrap();
    bytes[whole + 40] ^= 1;
    write(&place.vault("log"), &bytes);
    assert!(matches!(place.open(Some(head)), Err(VaultError::Sealed { .. })));
    let known = circumstances(Some(head));
    let proved = rehearse(&place.settings, &place.unlock, &Source::Log, &known, &mut |_| {}).unwrap();
    assert_eq!(proved.missing, Some(3));
    let (vault, recovered) =
        Vault::recover(&place.settings, &place.unlock, &Source::Log, &known, &mut |_| {}).unwrap();
    assert_eq!((recovered.missing, recovered.reopened.len()), (Some(3), 2));
    for (scope, text) in scopes.iter().zip(&before) {
        assert!(run(reveal_one(&vault, scope, text, Kind::PUPIL_NUMBER)).is_some());
    }
}

#[test]
fn a_closed_epoch_stays_closed_when_the_present_key_file_is_there() {
    let place = Place::new();
    let (vault, scopes) = filled(&place);
    let texts = run(mask_in_each(&vault, &scopes, 1));
    let file = place.directory.path().join("backup.sluis");
    vault.backup(&file, NOW, &mut |_| {}).unwrap();
    vault.close_epoch(&scopes[0], NOW).unwrap();
    let head = vault.head();
    drop(vault);
    let known = circumstances(Some(head));
    let source = Source::Backup(file);
    let (vault, recovered) =
        Vault::recover(&place.settings, &place.unlock, &source, &known, &mut |_| {}).unwrap();
    assert!(!recovered.keys_from_backup && recovered.tally.closed == 1);
    assert!(run(reveal_one(&vault, &scopes[0], &texts[0], Kind::PUPIL_NUMBER)).is_none());
}

#[test]
fn every_damage_to_a_backup_is_found_and_changes_nothing() {
    let place = Place::new();
    let (vault, scopes) = filled(&place);
    run(mask_in_each(&vault, &scopes, 1));
    let file = place.directory.path().join("backup.sluis");
    vault.backup(&file, NOW, &mut |_| {}).unwrap();
    let head = vault.head();
    drop(vault);
    let whole = std::fs::read(&file).unwrap();
    let source = Source::Backup(file.clone());
    let known = circumstances(None);
    for step in 0..60 {
        let mut bytes = whole.clone();
        let at = (bytes.len() - 1) * step / 59;
        bytes[at] ^= 1 << (step % 8);
        write(&file, &bytes);
        let recovered = Vault::recover(&place.settings, &place.unlock, &source, &known, &mut |_| {});
        assert!(matches!(recovered, Err(VaultError::Backup { .. })));
    }
    for left in [0, 15, 40, whole.len() / 2, whole.len() - 1] {
        write(&file, &whole[..left]);
        let recovered = Vault::recover(&place.settings, &place.unlock, &source, &known, &mut |_| {});
        assert!(matches!(recovered, Err(VaultError::Backup { .. })));
    }
    drop(place.open(Some(head)).unwrap());
}

#[test]
fn verifying_counts_what_there_is_and_what_the_index_lacks() {
    let place = Place::new();
    let (vault, scopes) = filled(&place);
    run(mask_in_each(&vault, &scopes, 1));
    let verified = vault.verify(&mut |_| {}).unwrap();
    assert_eq!((verified.tally.mappings, verified.tally.labels, verified.tally.originals), (3, 1, 1));
    assert_eq!((verified.head, verified.missing_rows), (vault.head(), 0));
    vault.rebuild(&mut |_| {}).unwrap();
    let again = vault.verify(&mut |_| {}).unwrap();
    assert_eq!((again.tally, again.missing_rows), (verified.tally, 0));
}
