//! A disk that fails at every n-th act: nothing acknowledged is lost, and nothing is acknowledged afterwards
//! unless the disk was only full.

use std::sync::Arc;

use super::support::{NOW, Place, any, ask, open_epoch, pupil, reveal_one, run, scope, shape};
use crate::disk::faulty::{Fault, FaultyDisk};
use crate::identity::{Kind, Scope};
use crate::vault::{Head, Vault, VaultError};

/// Masks pupils until something fails; what was acknowledged, the head at that time, and the failure.
fn work(vault: &Vault, scope: &Scope, first: usize) -> (Vec<(usize, String)>, Head, Option<VaultError>) {
    run(async {
        let (mut acknowledged, digits) = (Vec::new(), shape("digits:10"));
        for number in first..first + 5 {
            let pupil = pupil(number);
            match vault.mask(scope, &[ask(&pupil, &digits)], &[], &any()).await {
                Ok(answer) => acknowledged.push((number, answer.masked[0].pseudonym.as_str().to_owned())),
                Err(why) => return (acknowledged, vault.head(), Some(why)),
            }
        }
        (acknowledged, vault.head(), None)
    })
}

fn all_there(vault: &Vault, scope: &Scope, acknowledged: &[(usize, String)]) {
    run(async {
        for (number, text) in acknowledged {
            let home = reveal_one(vault, scope, text, Kind::PUPIL_NUMBER).await;
            assert_eq!(home.expect("acknowledged").identifier(), &pupil(*number));
        }
    });
}

fn one(nth: u64, fault: Fault) -> bool {
    let disk = FaultyDisk::new();
    let mut place = Place::new();
    place.settings.disk = Arc::new(disk.clone());
    let scope = scope("rekenwonder", "2026-2027");
    disk.fail_nth(nth, fault);
    let mut acknowledged = Vec::new();
    let mut head = None;
    if let Ok(vault) = Vault::create(&place.settings, &place.unlock, NOW)
        && vault.open_epoch(&scope.school, &scope.publisher, &scope.epoch, NOW).is_ok()
    {
        let (done, at, failed) = work(&vault, &scope, 0);
        (acknowledged, head) = (done, Some(at));
        match failed {
            Some(VaultError::Full) => {
                disk.heal();
                let (more, at, failed) = work(&vault, &scope, 100);
                assert!(failed.is_none(), "a full disk passes");
                acknowledged.extend(more);
                head = Some(at);
            }
            Some(VaultError::Sealed { why }) => {
                assert!(why.contains("restart"), "{why}");
                disk.heal();
                let (more, _, failed) = work(&vault, &scope, 100);
                assert!(more.is_empty() && matches!(failed, Some(VaultError::Sealed { .. })));
                let reveal = run(vault.reveal(&scope.school, &scope.publisher, &[]));
                assert!(matches!(reveal, Err(VaultError::Sealed { .. })));
            }
            Some(other) => panic!("act {nth}, {fault:?}: {other}"),
            None => {}
        }
    }
    let struck = disk.struck();
    disk.heal();
    disk.power_cut().unwrap();
    if place.vault("keys").exists() {
        let vault = place.open(head).unwrap_or_else(|why| panic!("act {nth}, {fault:?}: {why}"));
        all_there(&vault, &scope, &acknowledged);
        open_epoch(&vault, &scope);
        assert!(work(&vault, &scope, 200).2.is_none());
    }
    struck
}

#[test]
fn a_fault_at_every_act_loses_nothing() {
    for fault in [Fault::Error, Fault::Short, Fault::Full] {
        let mut acts = 1;
        while one(acts, fault) {
            acts += 1;
        }
        assert!(acts > 20, "only {acts} acts");
    }
}

#[test]
fn closing_an_epoch_survives_a_fault_at_every_act() {
    let mut nth = 1;
    loop {
        let disk = FaultyDisk::new();
        let mut place = Place::new();
        place.settings.disk = Arc::new(disk.clone());
        let (old, new) = (scope("rekenwonder", "2025-2026"), scope("rekenwonder", "2026-2027"));
        let vault = place.create();
        open_epoch(&vault, &old);
        open_epoch(&vault, &new);
        let (before, _, _) = work(&vault, &old, 0);
        let (after, head, _) = work(&vault, &new, 0);
        disk.fail_nth(nth, Fault::Error);
        let closed = vault.close_epoch(&old, NOW);
        let struck = disk.struck();
        disk.heal();
        drop(vault);
        let vault = place.open(Some(head)).unwrap();
        all_there(&vault, &new, &after);
        if closed.is_ok() {
            let gone = run(reveal_one(&vault, &new, &before[0].1, Kind::PUPIL_NUMBER));
            assert!(gone.is_none());
        }
        if !struck {
            assert!(closed.is_ok());
            return;
        }
        nth += 1;
    }
}
