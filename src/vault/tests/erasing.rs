//! Forgetting, and the log written anew.

use std::sync::{Arc, Mutex};

use super::support::{
    NOW, Place, any, ask, mask_labels, mask_one, open_epoch, pupil, reveal_one, run, scope, shape, write,
};
use crate::disk::faulty::{Fault, FaultyDisk};
use crate::identity::{Identifier, Kind, Scope};
use crate::vault::{
    Alias, Circumstances, Head, LabelAsk, Minted, OriginalAsk, Part, Person, Recorder, Source, Vault,
    VaultError,
};

/// Records in memory, and refuses when told.
#[derive(Default)]
pub(super) struct Book {
    refuses: bool,
    said: Mutex<Vec<(Head, Option<Head>)>>,
}

impl Recorder for Book {
    fn leaving(&self, old: Head) -> bool {
        self.said.lock().unwrap().push((old, None));
        !self.refuses
    }

    fn arrived(&self, old: Head, new: Head) -> bool {
        self.said.lock().unwrap().push((old, Some(new)));
        true
    }
}

impl Book {
    /// The head that a journal would expect at the next start.
    fn expected(&self, vault: Head) -> Head {
        let said = self.said.lock().unwrap();
        match said.last() {
            Some((old, None)) => *old,
            _ => vault,
        }
    }
}

fn rewrite(vault: &Vault) -> crate::vault::Rewritten {
    vault.rewrite(NOW, Arc::new(Book::default()), &mut |_| {}).unwrap().expect("something to leave out")
}

fn scopes() -> [Scope; 3] {
    [scope("rekenwonder", "2025-2026"), scope("rekenwonder", "2026-2027"), scope("digits", "2026-2027")]
}

/// A pupil in three scopes, with a stand-in and a publisher's name: what the publisher saw of him.
struct Seen {
    pupil: Identifier,
    texts: Vec<(Scope, String)>,
    label: String,
    alias: String,
}

fn filled(place: &Place) -> Vault {
    let vault = place.create();
    scopes().iter().for_each(|scope| open_epoch(&vault, scope));
    vault
}

async fn meet(vault: &Vault, number: usize) -> Seen {
    let pupil = pupil(number);
    let [old, new, digits] = scopes();
    let mut texts = Vec::new();
    for (scope, shape) in [(old, "uuid"), (digits, "digits:10")] {
        let text = mask_one(vault, &scope, &pupil, shape).await.pseudonym.as_str().to_owned();
        texts.push((scope, text));
    }
    let original = format!("Klaver{number}");
    // The whole stand-in: of two people one word may be the same.
    let labels = [LabelAsk { person: Person::Ask(0), slot: "name", part: Part::Full, original: &original }];
    let named = mask_labels(vault, &new, &pupil, &labels).await;
    let alias = format!("speler-{number}");
    let (core, salt) = (named.masked[0].core, named.masked[0].salt);
    let person = Some(Alias { identifier: &pupil, core, salt });
    let minted = [Minted { kind: Kind::LMS_USER, text: &alias, person }];
    vault.remember_minted(&new, &minted).await.unwrap();
    texts.push((new, named.masked[0].pseudonym.as_str().to_owned()));
    Seen { pupil, texts, label: named.labels[0].to_string(), alias }
}

/// How many of the publisher's views come home.
async fn known(vault: &Vault, seen: &Seen) -> usize {
    let mut count = 0;
    for (scope, text) in &seen.texts {
        count += usize::from(reveal_one(vault, scope, text, seen.pupil.kind()).await.is_some());
    }
    let scope = &scopes()[1];
    let aliases = vault.aliases(&scope.school, &scope.publisher, &[(Kind::LMS_USER, &seen.alias)]).await;
    let alias = aliases.unwrap().remove(0);
    if let Some(named) = &alias {
        let asks = [OriginalAsk { person: named.core(), slot: "name", text: &seen.label }];
        let name = vault.reveal_labels(&scope.school, &scope.publisher, &asks).await.unwrap().remove(0);
        count += usize::from(name.is_some());
    }
    count + usize::from(alias.is_some())
}

fn forget(vault: &Vault, seen: &Seen) -> crate::vault::Forgotten {
    vault.forget(&scopes()[0].school, std::slice::from_ref(&seen.pupil), NOW).unwrap()
}

/// Every file of the vault: nothing in clear, whatever happens.
fn holds(place: &Place, text: &str) -> bool {
    let files = std::fs::read_dir(&place.settings.path).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.is_file()).any(|path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[test]
fn the_forgotten_is_gone_at_once_and_others_stay() {
    let place = Place::new();
    let vault = filled(&place);
    run(async {
        let (gone, stays) = (meet(&vault, 1).await, meet(&vault, 2).await);
        assert_eq!((known(&vault, &gone).await, known(&vault, &stays).await), (5, 5));
        let forgotten = forget(&vault, &gone);
        assert_eq!((forgotten.mappings, forgotten.labels, forgotten.aliases), (3, 1, 1));
        assert_eq!(forgotten.tombstones, 1);
        assert_eq!((known(&vault, &gone).await, known(&vault, &stays).await), (0, 5));
        assert!(vault.owes_rewriting());
        assert!(!holds(&place, "Klaver1"));
    });
}

#[test]
fn who_returns_gets_other_pseudonyms_and_another_stand_in() {
    let place = Place::new();
    let vault = filled(&place);
    run(async {
        let before = meet(&vault, 1).await;
        forget(&vault, &before);
        for round in 0..3 {
            let after = meet(&vault, 1).await;
            assert!(before.texts.iter().zip(&after.texts).all(|(a, b)| a.1 != b.1), "round {round}");
            assert_ne!(before.label, after.label);
            assert_eq!(known(&vault, &after).await, 5);
            // His earlier pseudonyms stay nobody's.
            for (scope, text) in &before.texts {
                assert!(reveal_one(&vault, scope, text, Kind::PUPIL_NUMBER).await.is_none());
            }
            if round == 1 {
                let again = forget(&vault, &after);
                assert_eq!((again.mappings, again.tombstones), (3, 1));
                assert_eq!(known(&vault, &after).await, 0);
            }
        }
    });
}

#[test]
fn forgetting_twice_or_a_stranger_changes_nothing_more() {
    let place = Place::new();
    let vault = filled(&place);
    run(async {
        let (gone, stays) = (meet(&vault, 1).await, meet(&vault, 2).await);
        forget(&vault, &gone);
        let head = vault.head();
        let again = forget(&vault, &gone);
        assert_eq!((again.mappings, again.labels, again.aliases, again.tombstones), (0, 0, 0, 1));
        assert_eq!(vault.head(), head, "nothing more to say");
        // Another kind is another identifier.
        let other = Identifier::new(Kind::ECK_ID, stays.pupil.expose());
        let none = vault.forget(&scopes()[0].school, &[other], NOW).unwrap();
        assert_eq!(none.mappings, 0);
        assert_eq!(known(&vault, &stays).await, 5);
    });
}

#[test]
fn nobody_gets_what_the_publisher_saw_of_the_forgotten() {
    let place = Place::new();
    let vault = filled(&place);
    // So few digits that they collide, which no configuration allows.
    let (scope, shape) = (&scopes()[2], crate::derive::Shape::Digits(1));
    let taken = |number: usize| {
        let pupil = pupil(number);
        let answer = run(vault.mask(scope, &[ask(&pupil, &shape)], &[], &any()));
        answer.map(|answer| answer.masked[0].pseudonym.as_str().to_owned())
    };
    let all: Vec<String> = (0..10).map(|number| taken(number).unwrap()).collect();
    vault.forget(&scope.school, &[pupil(3)], NOW).unwrap();
    let full = |vault: &Vault| {
        let answer = run(vault.mask(scope, &[ask(&pupil(77), &shape)], &[], &any()));
        assert!(matches!(answer, Err(VaultError::ShapeFull { .. })));
    };
    full(&vault);
    rewrite(&vault);
    full(&vault);
    let head = vault.head();
    drop(vault);
    let vault = place.open(Some(head)).unwrap();
    full(&vault);
    assert_eq!(all.len(), 10);
}

#[test]
fn the_log_is_written_anew_without_him_and_opens_again() {
    let place = Place::new();
    let vault = filled(&place);
    let (gone, stays) = run(async { (meet(&vault, 1).await, meet(&vault, 2).await) });
    let before = vault.verify(&mut |_| {}).unwrap();
    assert_eq!(before.tally.mappings, 6);
    forget(&vault, &gone);
    let old = vault.head();
    let written = rewrite(&vault);
    assert_eq!((written.old, written.new), (old, vault.head()));
    assert_eq!(written.erased, 6, "three pseudonyms, a label, what it stands for, a name");
    assert!(
        !vault.owes_rewriting()
            && vault.rewrite(NOW, Arc::new(Book::default()), &mut |_| {}).unwrap().is_none()
    );
    let after = vault.verify(&mut |_| {}).unwrap();
    assert_eq!((after.tally.mappings, after.tally.labels, after.tally.minted), (3, 1, 1));
    assert_eq!(after.missing_rows, 0);
    let check = |vault: &Vault| {
        run(async {
            assert_eq!((known(vault, &gone).await, known(vault, &stays).await), (0, 5));
            let again = meet(vault, 2).await;
            assert_eq!((again.texts, again.label), (stays.texts.clone(), stays.label.clone()));
        });
    };
    check(&vault);
    let head = vault.head();
    drop(vault);
    let vault = place.open(Some(head)).unwrap();
    check(&vault);
    assert!(!vault.owes_rewriting() && vault.tombstones() == 1);
    assert_eq!(vault.rewritten_from(), Some(old));
    // And the returned one begins behind his tombstone.
    let returned = run(meet(&vault, 1));
    assert!(gone.texts.iter().zip(&returned.texts).all(|(a, b)| a.1 != b.1));
}

#[test]
fn who_returned_before_the_rewriting_stays() {
    let place = Place::new();
    let vault = filled(&place);
    run(async {
        let first = meet(&vault, 1).await;
        forget(&vault, &first);
        let second = meet(&vault, 1).await;
        rewrite(&vault);
        assert_eq!(known(&vault, &second).await, 5);
        forget(&vault, &second);
        let third = meet(&vault, 1).await;
        rewrite(&vault);
        // The publisher's own name for him is the third's now, and all that is left of the second.
        assert_eq!((known(&vault, &second).await, known(&vault, &third).await), (1, 5));
    });
    let head = vault.head();
    drop(vault);
    let vault = place.open(Some(head)).unwrap();
    assert_eq!(vault.verify(&mut |_| {}).unwrap().tally.mappings, 3);
}

#[test]
fn the_old_log_swapped_back_seals() {
    let place = Place::new();
    let vault = filled(&place);
    let gone = run(meet(&vault, 1));
    let early = std::fs::read(place.vault("log")).unwrap();
    forget(&vault, &gone);
    let late = std::fs::read(place.vault("log")).unwrap();
    rewrite(&vault);
    let head = vault.head();
    drop(vault);
    let new = std::fs::read(place.vault("log")).unwrap();
    for (log, index) in [(&early, true), (&late, true), (&early, false), (&late, false)] {
        write(&place.vault("log"), log);
        if !index {
            std::fs::remove_dir_all(place.vault("index")).unwrap();
        }
        let opened = place.open(Some(head));
        let Err(VaultError::Sealed { why }) = opened else { panic!("an old log opened") };
        assert!(why.contains("shorter") || why.contains("another"), "{why}");
        write(&place.vault("log"), &new);
        let vault = place.open(Some(head)).unwrap();
        assert_eq!(run(known(&vault, &gone)), 0);
    }
    // Also when no journal says so: the tombstones do.
    write(&place.vault("log"), &early);
    std::fs::remove_dir_all(place.vault("index")).unwrap();
    let Err(VaultError::Sealed { why }) = place.open(None) else { panic!("an old log opened") };
    assert!(why.contains("tombstones"), "{why}");
}

#[test]
fn a_lost_or_damaged_file_of_tombstones_is_written_again_only_where_a_journal_proves_the_log() {
    let place = Place::new();
    let vault = filled(&place);
    let gone = run(meet(&vault, 1));
    forget(&vault, &gone);
    let head = vault.head();
    drop(vault);
    let file = place.vault("erased");
    let whole = std::fs::read(&file).unwrap();
    for damage in [None, Some(0), Some(15), Some(whole.len() - 1), Some(whole.len())] {
        let mut bytes = whole.clone();
        match damage {
            None => std::fs::remove_file(&file).unwrap(),
            Some(length) if length == whole.len() => {
                bytes[length - 3] ^= 1;
                write(&file, &bytes);
            }
            Some(length) => write(&file, &bytes[..length]),
        }
        if damage.is_some() {
            let Err(VaultError::Sealed { why }) = place.open(None) else { panic!("believed") };
            assert!(why.contains("damaged"), "{why}");
        }
        let vault = place.open(Some(head)).unwrap();
        assert_eq!((vault.tombstones(), run(known(&vault, &gone))), (1, 0));
        drop(vault);
        assert_ne!(std::fs::read(&file).unwrap().len(), 0);
    }
}

fn circumstances(expected: Option<Head>, tombstones: u64) -> Circumstances<'static> {
    Circumstances { expected, assigns: &|_| false, tombstones, erased: None, now: NOW }
}

#[test]
fn a_backup_from_before_does_not_revive_him() {
    let place = Place::new();
    let vault = filled(&place);
    let (gone, stays) = run(async { (meet(&vault, 1).await, meet(&vault, 2).await) });
    let backup = place.directory.path().join("backup.sluis");
    vault.backup(&backup, NOW, &mut |_| {}).unwrap();
    forget(&vault, &gone);
    let kit = place.directory.path().join("kit.erased");
    assert_eq!(vault.write_tombstones(&kit).unwrap(), 1);
    let head = vault.head();
    drop(vault);
    let source = Source::Backup(backup);
    let recover = |known: &Circumstances<'_>| {
        Vault::recover(&place.settings, &place.unlock, &source, known, &mut |_| {})
    };
    // Nothing at hand, and the journal says that there was a tombstone: nothing is recovered.
    std::fs::remove_dir_all(&place.settings.path).unwrap();
    let refused = recover(&circumstances(Some(head), 1));
    assert!(matches!(refused, Err(VaultError::Tombstones { missing: 1 })));
    assert!(!place.settings.path.exists(), "nothing was put in place");
    // A file of another vault, or a damaged one, is none.
    let foreign = place.directory.path().join("foreign.erased");
    for bytes in [&b"sluis erased 1\r\n"[..], &std::fs::read(&kit).unwrap()[..40], b""] {
        write(&foreign, bytes);
        let with = Circumstances { erased: Some(&foreign), ..circumstances(Some(head), 1) };
        assert!(matches!(recover(&with), Err(VaultError::Backup { .. })));
    }
    let with = Circumstances { erased: Some(&kit), ..circumstances(Some(head), 1) };
    let (vault, recovered) = recover(&with).unwrap();
    assert_eq!(recovered.forgotten_again, 1);
    assert!(recovered.missing.is_some_and(|missing| missing > 0));
    let check = |vault: &Vault| {
        run(async {
            assert_eq!((known(vault, &gone).await, known(vault, &stays).await), (0, 5));
        });
        assert_eq!(vault.verify(&mut |_| {}).unwrap().tally.mappings, 3);
    };
    check(&vault);
    let head = vault.head();
    drop(vault);
    let vault = place.open(Some(head)).unwrap();
    check(&vault);
    assert!(!holds(&place, "Klaver1"));
}

#[test]
fn the_file_beside_the_vault_is_enough_and_a_later_backup_carries_the_tombstones() {
    let place = Place::new();
    let vault = filled(&place);
    let gone = run(meet(&vault, 1));
    let early = place.directory.path().join("early.sluis");
    vault.backup(&early, NOW, &mut |_| {}).unwrap();
    forget(&vault, &gone);
    let late = place.directory.path().join("late.sluis");
    vault.backup(&late, NOW, &mut |_| {}).unwrap();
    let head = vault.head();
    drop(vault);
    for (backup, again) in [(early.clone(), 1), (late, 0)] {
        let source = Source::Backup(backup);
        let with = circumstances(Some(head), 1);
        let recovered = Vault::recover(&place.settings, &place.unlock, &source, &with, &mut |_| {});
        let (vault, recovered) = recovered.unwrap();
        assert_eq!(recovered.forgotten_again, again);
        assert_eq!(run(known(&vault, &gone)), 0);
        assert_eq!(vault.tombstones(), 1);
        rewrite_if_owed(&vault);
        assert_eq!(vault.verify(&mut |_| {}).unwrap().tally.mappings, 0);
    }
    // The directory put back by hand instead: refused until they are applied.
    let aside = crate::vault::backup::Backup::open(&early);
    aside.unwrap().unpack_log(&*place.settings.disk, &place.vault("log")).unwrap();
    std::fs::remove_dir_all(place.vault("index")).unwrap();
    assert!(matches!(place.open(None), Err(VaultError::Sealed { .. })));
}

fn rewrite_if_owed(vault: &Vault) {
    vault.rewrite(NOW, Arc::new(Book::default()), &mut |_| {}).unwrap();
}

#[test]
fn a_closed_epoch_leaves_the_log_with_the_rewriting() {
    let place = Place::new();
    let vault = filled(&place);
    let (gone, stays) = run(async { (meet(&vault, 1).await, meet(&vault, 2).await) });
    vault.close_epoch(&scopes()[0], NOW).unwrap();
    forget(&vault, &gone);
    rewrite(&vault);
    assert_eq!(vault.verify(&mut |_| {}).unwrap().tally.closed, 0);
    assert_eq!(run(known(&vault, &stays)), 4);
    let head = vault.head();
    drop(vault);
    drop(place.open(Some(head)).unwrap());
}

#[test]
fn what_cannot_be_recorded_is_not_rewritten() {
    let place = Place::new();
    let vault = filled(&place);
    let gone = run(meet(&vault, 1));
    forget(&vault, &gone);
    let head = vault.head();
    let book = Arc::new(Book { refuses: true, ..Book::default() });
    assert!(matches!(vault.rewrite(NOW, book, &mut |_| {}), Err(VaultError::Unrecorded)));
    assert_eq!(vault.head(), head);
    let other = run(meet(&vault, 2));
    assert_eq!(run(known(&vault, &other)), 5);
    rewrite(&vault);
    assert_eq!(run(known(&vault, &other)), 5);
}

/// One fault during forgetting and rewriting; whether it struck.
fn one(nth: u64, fault: Fault) -> bool {
    let disk = FaultyDisk::new();
    let mut place = Place::new();
    place.settings.disk = Arc::new(disk.clone());
    let vault = filled(&place);
    let (gone, stays) = run(async { (meet(&vault, 1).await, meet(&vault, 2).await) });
    let book = Arc::new(Book::default());
    disk.fail_nth(nth, fault);
    let forgotten = vault.forget(&scopes()[0].school, std::slice::from_ref(&gone.pupil), NOW);
    let written = vault.rewrite(NOW, Arc::clone(&book) as _, &mut |_| {});
    let struck = disk.struck();
    disk.heal();
    let sealed = vault.sealed().is_some();
    if !sealed {
        // Whatever failed, it serves on, and what it acknowledges now is kept.
        let later = run(meet(&vault, 3));
        assert_eq!(run(known(&vault, &later)), 5, "act {nth}, {fault:?}");
        assert_eq!(run(known(&vault, &stays)), 5, "act {nth}, {fault:?}");
    }
    let expected = if sealed { book.expected(vault.head()) } else { vault.head() };
    let pending = vault.owes_rewriting();
    drop(vault);
    disk.power_cut().unwrap();
    let vault = place.open(Some(expected)).unwrap_or_else(|why| panic!("act {nth}, {fault:?}: {why}"));
    let there = run(known(&vault, &gone));
    assert_eq!(run(known(&vault, &stays)), 5, "act {nth}, {fault:?}");
    match &forgotten {
        Ok(_) => assert_eq!(there, 0, "act {nth}, {fault:?}"),
        // Whole or not at all.
        Err(_) => assert!(there == 0 || there == 5, "act {nth}, {fault:?}: {there}"),
    }
    if written.as_ref().is_ok_and(Option::is_some) {
        assert!(!vault.owes_rewriting() && !pending);
    }
    // A second try sees it through.
    vault.forget(&scopes()[0].school, std::slice::from_ref(&gone.pupil), NOW).unwrap();
    rewrite_if_owed(&vault);
    assert_eq!((run(known(&vault, &gone)), run(known(&vault, &stays))), (0, 5));
    assert!(!place.vault("log.new").exists());
    struck
}

#[test]
fn a_fault_at_every_act_leaves_the_old_log_or_the_new_one() {
    for fault in [Fault::Error, Fault::Short, Fault::Full] {
        let mut acts = 1;
        while one(acts, fault) {
            acts += 1;
        }
        assert!(acts > 15, "only {acts} acts");
    }
}

#[test]
fn traffic_goes_on_and_nothing_acknowledged_is_lost() {
    let place = Place::new();
    let vault = Arc::new(filled(&place));
    let seen: Arc<Mutex<Vec<(usize, String)>>> = Arc::default();
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    run(async {
        let mut tasks = tokio::task::JoinSet::new();
        for of in 0..4_usize {
            let (vault, seen, stop) = (Arc::clone(&vault), Arc::clone(&seen), Arc::clone(&stop));
            tasks.spawn(async move {
                let (scope, shape) = (&scopes()[2], shape("digits:10"));
                for number in (1000 + of..).step_by(4) {
                    if stop.load(std::sync::atomic::Ordering::Relaxed) {
                        return;
                    }
                    let pupil = pupil(number);
                    let answer = vault.mask(scope, &[ask(&pupil, &shape)], &[], &any()).await.unwrap();
                    let text = answer.masked[0].pseudonym.as_str().to_owned();
                    seen.lock().unwrap().push((number, text));
                }
            });
        }
        for number in 0..5 {
            let gone = meet(&vault, number).await;
            let of = Arc::clone(&vault);
            let pupil = gone.pupil.clone();
            let forgetting = tokio::task::spawn_blocking(move || {
                of.forget(&scopes()[0].school, &[pupil], NOW).unwrap();
                rewrite(&of);
            });
            forgetting.await.unwrap();
            assert_eq!(known(&vault, &gone).await, 0);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        while tasks.join_next().await.is_some_and(|task| task.is_ok()) {}
    });
    let head = vault.head();
    drop(vault);
    let vault = place.open(Some(head)).unwrap();
    let seen = seen.lock().unwrap();
    assert!(seen.len() > 50, "only {} answers", seen.len());
    run(async {
        for (number, text) in seen.iter() {
            let home = reveal_one(&vault, &scopes()[2], text, Kind::PUPIL_NUMBER).await;
            assert_eq!(home.expect("acknowledged").identifier(), &pupil(*number));
        }
    });
    assert_eq!(vault.verify(&mut |_| {}).unwrap().missing_rows, 0);
}

#[test]
fn a_crash_before_the_leaf_opens_with_the_head_of_the_old_log() {
    let place = Place::new();
    let vault = filled(&place);
    let (gone, stays) = run(async { (meet(&vault, 1).await, meet(&vault, 2).await) });
    forget(&vault, &gone);
    let old = vault.head();
    rewrite(&vault);
    drop(vault);
    // As if the leaf that names the new head had not been written.
    let vault = place.open(Some(old)).unwrap();
    assert_eq!(vault.rewritten_from(), Some(old));
    assert_eq!((run(known(&vault, &gone)), run(known(&vault, &stays))), (0, 5));
    drop(vault);
    // Any other head of the old log is not enough.
    let other = Head { sequence: old.sequence - 1, chain: old.chain };
    assert!(matches!(place.open(Some(other)), Err(VaultError::Sealed { .. })));
}
