//! What the gateway relies on.

use std::collections::HashSet;
use std::sync::Arc;

use super::support::{
    Place, any, ask, mask_labels, mask_one, open_epoch, pupil, reveal_one, run, scope, shape,
};
use crate::identity::{Identifier, Kind};
use crate::vault::{Alias, LabelAsk, Minted, OriginalAsk, Part, Person, RevealAsk, Vault, VaultError};

fn label(person: usize, slot: &'static str, part: Part, original: &'static str) -> LabelAsk<'static> {
    LabelAsk { person: Person::Ask(person), slot, part, original }
}

#[test]
fn what_was_masked_comes_home_as_it_was_first_written() {
    run(async {
        let vault = Vault::in_memory().unwrap();
        let scope = scope("rekenwonder", "2026-2027");
        open_epoch(&vault, &scope);
        let written = Identifier::new(Kind::EMAIL, "Jip@Petteflat.example");
        let other = Identifier::new(Kind::EMAIL, "jip@petteflat.EXAMPLE ");
        let first = mask_one(&vault, &scope, &written, "uuid").await;
        let again = mask_one(&vault, &scope, &other, "uuid").await;
        assert!(first.newly && !again.newly);
        assert_eq!((&first.pseudonym, first.core, first.salt), (&again.pseudonym, again.core, again.salt));
        for text in [first.pseudonym.as_str().to_owned(), first.pseudonym.as_str().to_uppercase()] {
            let home = reveal_one(&vault, &scope, &text, Kind::EMAIL).await.unwrap();
            assert_eq!(home.identifier().expose_spelling(), "Jip@Petteflat.example");
            assert_eq!((home.core(), home.salt()), (first.core, first.salt));
        }
    });
}

#[test]
fn unknown_foreign_and_other_kinds_are_all_nothing() {
    run(async {
        let vault = Vault::in_memory().unwrap();
        let (here, there) = (scope("rekenwonder", "2026-2027"), scope("taalrijk", "2026-2027"));
        open_epoch(&vault, &here);
        open_epoch(&vault, &there);
        let masked = mask_one(&vault, &here, &pupil(1), "hex").await;
        let text = masked.pseudonym.as_str();
        assert!(reveal_one(&vault, &here, text, Kind::PUPIL_NUMBER).await.is_some());
        assert!(reveal_one(&vault, &there, text, Kind::PUPIL_NUMBER).await.is_none());
        assert!(reveal_one(&vault, &here, text, Kind::EMAIL).await.is_none());
        assert!(
            reveal_one(&vault, &here, "00000000000000000000000000000000", Kind::PUPIL_NUMBER).await.is_none()
        );
        assert!(reveal_one(&vault, &here, "90001", Kind::PUPIL_NUMBER).await.is_none());
    });
}

#[test]
fn numbers_and_texts_of_one_pupil_agree() {
    run(async {
        let vault = Vault::in_memory().unwrap();
        let scope = scope("rekenwonder", "2026-2027");
        open_epoch(&vault, &scope);
        let (pupil, digits) = (pupil(7), shape("digits:12"));
        let mut asks = [ask(&pupil, &digits), ask(&pupil, &digits)];
        asks[1].number = true;
        let masked = vault.mask(&scope, &asks, &[], &any()).await.unwrap().masked;
        assert_eq!(masked[1].pseudonym.as_str(), format!("1{}", masked[0].pseudonym));
        let (text, number) = (masked[0].pseudonym.as_str(), masked[1].pseudonym.as_str());
        let kind = Kind::PUPIL_NUMBER;
        let asks = [
            RevealAsk { text: number, kind, number: true },
            RevealAsk { text, kind, number: false },
            // The digits alone are no number of ours, and the number is no text of ours.
            RevealAsk { text, kind, number: true },
            RevealAsk { text: number, kind, number: false },
        ];
        let home = vault.reveal(&scope.school, &scope.publisher, &asks).await.unwrap();
        assert_eq!(home.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, false, false]);
    });
}

#[test]
fn every_ask_of_one_call_is_answered_in_order() {
    run(async {
        let place = Place::new();
        let vault = place.create();
        let scope = scope("rekenwonder", "2026-2027");
        open_epoch(&vault, &scope);
        let pupils: Vec<_> = (0..3000).map(|number| pupil(number % 2000)).collect();
        let shape = shape("uuid");
        let asks: Vec<_> = pupils.iter().map(|pupil| ask(pupil, &shape)).collect();
        let masked = vault.mask(&scope, &asks, &[], &any()).await.unwrap().masked;
        let distinct: HashSet<_> = masked.iter().map(|masked| masked.pseudonym.as_str()).collect();
        assert_eq!(distinct.len(), 2000);
        for (pupil, masked) in pupils.iter().zip(&masked) {
            let home =
                reveal_one(&vault, &scope, masked.pseudonym.as_str(), Kind::PUPIL_NUMBER).await.unwrap();
            assert_eq!(home.identifier(), pupil);
        }
    });
}

#[test]
fn two_who_collide_in_a_short_shape_stay_two() {
    run(async {
        let place = Place::new();
        let vault = place.create();
        let scope = scope("rekenwonder", "2026-2027");
        open_epoch(&vault, &scope);
        // Four digits: among 300 pupils several collide. No configuration allows so few.
        let tiny = crate::derive::Shape::Digits(4);
        let pupils: Vec<_> = (0..300).map(pupil).collect();
        let mut texts = Vec::new();
        for pupil in &pupils {
            let answer = vault.mask(&scope, &[ask(pupil, &tiny)], &[], &any()).await.unwrap();
            texts.push(answer.masked[0].pseudonym.as_str().to_owned());
        }
        assert_eq!(texts.iter().collect::<HashSet<_>>().len(), 300);
        drop(vault);
        // Also without a cache and after the index is built again.
        std::fs::remove_dir_all(place.vault("index")).unwrap();
        let vault = place.open(None).unwrap();
        for (pupil, text) in pupils.iter().zip(&texts).rev() {
            let answer = vault.mask(&scope, &[ask(pupil, &tiny)], &[], &any()).await.unwrap();
            assert_eq!(answer.masked[0].pseudonym.as_str(), text);
            let home = reveal_one(&vault, &scope, text, Kind::PUPIL_NUMBER).await.unwrap();
            assert_eq!(home.identifier(), pupil);
        }
    });
}

#[test]
fn many_at_once_agree() {
    let place = Place::new();
    let vault = Arc::new(place.create());
    let scope = scope("rekenwonder", "2026-2027");
    open_epoch(&vault, &scope);
    let answers: Vec<Vec<String>> = run(async {
        let mut tasks = Vec::new();
        for worker in 0..8 {
            let (vault, scope) = (Arc::clone(&vault), scope.clone());
            tasks.push(tokio::spawn(async move {
                let tiny = crate::derive::Shape::Digits(3);
                let mut texts = vec![String::new(); 100];
                for step in 0..100 {
                    // Each begins elsewhere, so that first masks meet.
                    let number = (step + worker * 3) % 100;
                    let pupil = pupil(number);
                    let answer = vault.mask(&scope, &[ask(&pupil, &tiny)], &[], &any()).await.unwrap();
                    texts[number] = answer.masked[0].pseudonym.as_str().to_owned();
                }
                texts
            }));
        }
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        answers
    });
    assert!(answers.iter().all(|texts| *texts == answers[0]));
    assert_eq!(answers[0].iter().collect::<HashSet<_>>().len(), 100);
}

#[test]
fn two_with_one_name_get_two_stand_ins_that_come_home() {
    run(async {
        let vault = Vault::in_memory().unwrap();
        let scope = scope("rekenwonder", "2026-2027");
        open_epoch(&vault, &scope);
        let asks = [
            label(0, "given", Part::Given, "Sanne"),
            label(0, "family", Part::Family, "de Boer"),
            label(0, "name", Part::Full, "Sanne de Boer"),
        ];
        let first = mask_labels(&vault, &scope, &pupil(1), &asks).await;
        let second = mask_labels(&vault, &scope, &pupil(2), &asks).await;
        assert_eq!(&*first.labels[2], format!("{} {}", first.labels[0], first.labels[1]));
        assert_ne!(first.labels[2], second.labels[2]);
        assert_eq!(first.labels, mask_labels(&vault, &scope, &pupil(1), &asks).await.labels);
        let core = first.masked[0].core;
        for (slot, place, original) in
            [("given", 0, "Sanne"), ("family", 1, "de Boer"), ("name", 2, "Sanne de Boer")]
        {
            let text = first.labels[place].to_uppercase();
            let asks = [OriginalAsk { person: core, slot, text: &text }];
            let home =
                vault.reveal_labels(&scope.school, &scope.publisher, &asks).await.unwrap().remove(0).unwrap();
            assert_eq!(home.text().expose(), original);
        }
        // Another person's stand-in, and other text, stay as they came.
        for text in [&*second.labels[2], "Anders"] {
            let asks = [OriginalAsk { person: core, slot: "name", text }];
            assert!(vault.reveal_labels(&scope.school, &scope.publisher, &asks).await.unwrap()[0].is_none());
        }
    });
}

#[test]
fn a_corrected_name_keeps_the_stand_in_and_comes_home_corrected() {
    run(async {
        let vault = Vault::in_memory().unwrap();
        let scope = scope("rekenwonder", "2026-2027");
        open_epoch(&vault, &scope);
        let before = mask_labels(&vault, &scope, &pupil(1), &[label(0, "given", Part::Given, "Sane")]).await;
        let after = mask_labels(&vault, &scope, &pupil(1), &[label(0, "given", Part::Given, "Sanne")]).await;
        assert_eq!(before.labels, after.labels);
        let asks = [OriginalAsk { person: after.masked[0].core, slot: "given", text: &after.labels[0] }];
        let home =
            vault.reveal_labels(&scope.school, &scope.publisher, &asks).await.unwrap().remove(0).unwrap();
        assert_eq!(home.text().expose(), "Sanne");
    });
}

#[test]
fn no_stand_in_is_a_word_to_avoid() {
    run(async {
        let vault = Vault::in_memory().unwrap();
        let scope = scope("rekenwonder", "2026-2027");
        open_epoch(&vault, &scope);
        let free = mask_labels(&vault, &scope, &pupil(1), &[label(0, "given", Part::Given, "Jip")]).await;
        let word = free.labels[0].to_string();
        let other = Vault::in_memory().unwrap();
        open_epoch(&other, &scope);
        let (avoided, uuid) = (word.clone(), shape("uuid"));
        let avoid: crate::vault::Avoid = Arc::new(move |text: &str| text.eq_ignore_ascii_case(&avoided));
        for number in 0..200 {
            let pupil = pupil(number);
            let asks = [label(0, "given", Part::Given, "Jip")];
            let answer = other.mask(&scope, &[ask(&pupil, &uuid)], &asks, &avoid).await.unwrap();
            assert!(!answer.labels[0].eq_ignore_ascii_case(&word));
        }
    });
}

#[test]
fn what_the_publisher_made_stays_and_names_one_person() {
    run(async {
        let place = Place::new();
        let vault = place.create();
        let scope = scope("rekenwonder", "2026-2027");
        open_epoch(&vault, &scope);
        let result = Kind::named("result").unwrap();
        let own = Identifier::new(result, "r-17");
        let uuid = shape("uuid");
        let asks = [crate::vault::MaskAsk { minted: true, ..ask(&own, &uuid) }];
        let before = vault.mask(&scope, &asks, &[], &any()).await.unwrap().masked.remove(0);
        assert!(!before.minted && before.pseudonym.as_str() != "r-17");
        let thing = Minted { kind: result, text: "r-17", person: None };
        vault.remember_minted(&scope, &[thing, thing]).await.unwrap();
        let head = vault.head();
        vault.remember_minted(&scope, &[thing]).await.unwrap();
        assert_eq!(vault.head(), head, "what is known costs no record");
        let after = vault.mask(&scope, &asks, &[], &any()).await.unwrap().masked.remove(0);
        assert!(after.minted && after.pseudonym.as_str() == "r-17");

        let (jip, janneke) = (pupil(1), pupil(2));
        let masked = mask_one(&vault, &scope, &jip, "uuid").await;
        let person = |identifier, masked: &crate::vault::Masked| Alias {
            identifier,
            core: masked.core,
            salt: masked.salt,
        };
        let name = |person| Minted { kind: Kind::LMS_USER, text: "u-1", person: Some(person) };
        vault.remember_minted(&scope, &[name(person(&jip, &masked))]).await.unwrap();
        let other = mask_one(&vault, &scope, &janneke, "uuid").await;
        let second = vault.remember_minted(&scope, &[name(person(&janneke, &other))]).await;
        assert!(matches!(second, Err(VaultError::SecondPerson)));
        for _ in 0..2 {
            let asks = [(Kind::LMS_USER, "u-1"), (Kind::LMS_USER, "u-2"), (Kind::USERNAME, "u-1")];
            let named = vault.aliases(&scope.school, &scope.publisher, &asks).await.unwrap();
            assert_eq!(named[0].as_ref().unwrap().core(), masked.core);
            assert_eq!(named[0].as_ref().unwrap().identifier(), &jip);
            assert!(named[1].is_none() && named[2].is_none());
        }
    });
}

#[test]
fn a_question_that_makes_no_sense_is_refused() {
    run(async {
        let vault = Vault::in_memory().unwrap();
        let scope = scope("rekenwonder", "2026-2027");
        open_epoch(&vault, &scope);
        let (pupil, uuid) = (pupil(1), shape("uuid"));
        let nobody = [label(1, "given", Part::Given, "Jip")];
        let answer = vault.mask(&scope, &[ask(&pupil, &uuid)], &nobody, &any()).await;
        assert!(matches!(answer, Err(VaultError::BadAsk { .. })));
        let long = Identifier::new(Kind::USERNAME, &"x".repeat(70_000));
        let answer = vault.mask(&scope, &[ask(&long, &uuid)], &[], &any()).await;
        assert!(matches!(answer, Err(VaultError::BadAsk { .. })));
        let number = crate::vault::MaskAsk { number: true, ..ask(&pupil, &uuid) };
        let answer = vault.mask(&scope, &[number], &[], &any()).await;
        assert!(matches!(answer, Err(VaultError::NoNumber { .. })));
    });
}

#[test]
fn stand_ins_are_distinct_over_all_open_epochs() {
    run(async {
        let vault = Vault::in_memory().unwrap();
        let uuid = shape("uuid");
        let mut names = HashSet::new();
        for epoch in ["2025-2026", "2026-2027"] {
            let scope = scope("rekenwonder", epoch);
            open_epoch(&vault, &scope);
            let pupils: Vec<_> = (0..2500).map(pupil).collect();
            let asks: Vec<_> = pupils.iter().map(|pupil| ask(pupil, &uuid)).collect();
            let labels: Vec<_> = (0..2500).map(|at| label(at, "name", Part::Full, "Sanne de Boer")).collect();
            let answer = vault.mask(&scope, &asks, &labels, &any()).await.unwrap();
            names.extend(answer.labels.iter().map(|name| name.to_lowercase()));
        }
        assert_eq!(names.len(), 5000);
        // Another publisher's are its own.
        let other = scope("taalrijk", "2026-2027");
        open_epoch(&vault, &other);
        mask_labels(&vault, &other, &pupil(1), &[label(0, "name", Part::Full, "Sanne de Boer")]).await;
    });
}

#[test]
fn a_caller_who_goes_away_leaves_nothing_half_done() {
    let place = Place::new();
    let vault = place.create();
    let scope = scope("rekenwonder", "2026-2027");
    open_epoch(&vault, &scope);
    run(async {
        for number in 0..100 {
            let (pupil, uuid) = (pupil(number), shape("uuid"));
            let asks = [ask(&pupil, &uuid)];
            let no_words = any();
            let asking = vault.mask(&scope, &asks, &[], &no_words);
            // Polled once, then dropped.
            tokio::select! {
                biased;
                _ = asking => {}
                () = std::future::ready(()) => {}
            }
        }
        for number in 0..100 {
            let masked = mask_one(&vault, &scope, &pupil(number), "uuid").await;
            let home = reveal_one(&vault, &scope, masked.pseudonym.as_str(), Kind::PUPIL_NUMBER).await;
            assert_eq!(home.unwrap().identifier(), &pupil(number));
        }
    });
    assert_eq!(vault.verify(&mut |_| {}).unwrap().tally.mappings, 100);
}
