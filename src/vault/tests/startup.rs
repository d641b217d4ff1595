//! Damage of every kind to log, key file and index: what was acknowledged is there, or the vault says that it
//! is not what it was.

use std::path::Path;

use super::support::{Place, mask_one, open_epoch, pupil, reveal_one, run, scope, write};
use crate::identity::{Kind, Scope};
use crate::vault::{Head, Vault, VaultError};

const PUPILS: usize = 60;

/// A vault with pupils, closed again; their pseudonyms, and the head that a journal would know.
fn filled() -> (Place, Scope, Vec<String>, Head) {
    let place = Place::new();
    let scope = scope("rekenwonder", "2026-2027");
    let vault = place.create();
    open_epoch(&vault, &scope);
    let texts = run(async {
        let mut texts = Vec::new();
        for number in 0..PUPILS {
            let masked = mask_one(&vault, &scope, &pupil(number), "digits:12").await;
            texts.push(masked.pseudonym.as_str().to_owned());
        }
        texts
    });
    let head = vault.head();
    (place, scope, texts, head)
}

/// Every pseudonym comes home, and every pupil keeps his.
fn all_there(vault: &Vault, scope: &Scope, texts: &[String]) {
    run(async {
        for (number, text) in texts.iter().enumerate() {
            let home = reveal_one(vault, scope, text, Kind::PUPIL_NUMBER).await;
            assert_eq!(home.expect("acknowledged").identifier(), &pupil(number));
            let masked = mask_one(vault, scope, &pupil(number), "digits:12").await;
            assert_eq!(masked.pseudonym.as_str(), text);
            assert!(!masked.newly);
        }
    });
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn sealed(result: Result<Vault, VaultError>) -> String {
    match result {
        Err(VaultError::Sealed { why }) => {
            assert!(why.contains("vault recover"), "says what to do: {why}");
            why
        }
        Err(other) => panic!("not sealed: {other}"),
        Ok(_) => panic!("opened"),
    }
}

#[test]
fn a_vault_that_nothing_happened_to_opens() {
    let (place, scope, texts, head) = filled();
    let vault = place.open(Some(head)).unwrap();
    assert_eq!(vault.head(), head);
    all_there(&vault, &scope, &texts);
    assert!(matches!(place.open(Some(head)), Err(VaultError::InUse { .. })));
    let refused = Vault::create(&place.settings, &place.unlock, super::support::NOW);
    assert!(matches!(refused, Err(VaultError::NotEmpty { .. })));
}

#[test]
fn a_vault_that_is_not_there_is_missing() {
    assert!(matches!(Place::new().open(None), Err(VaultError::Missing { .. })));
}

#[test]
fn every_injury_of_the_index_heals() {
    let (place, scope, texts, head) = filled();
    let healthy = place.directory.path().join("healthy");
    copy(&place.vault("index"), &healthy);
    let injure = |name: &str, act: &dyn Fn(&Path)| {
        std::fs::remove_dir_all(place.vault("index")).unwrap();
        copy(&healthy, &place.vault("index"));
        act(&place.vault("index"));
        let vault = place.open(Some(head)).unwrap_or_else(|why| panic!("{name}: {why}"));
        all_there(&vault, &scope, &texts);
    };
    let on = |of: &Path, act: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        let bytes = std::fs::read(of.join("db")).unwrap();
        write(&of.join("db"), &act(bytes));
    };
    injure("gone", &|of| std::fs::remove_dir_all(of).unwrap());
    injure("emptied", &|of| {
        std::fs::remove_dir_all(of).unwrap();
        std::fs::create_dir(of).unwrap();
    });
    injure("no database", &|of| std::fs::remove_file(of.join("db")).unwrap());
    injure("a file of nothing", &|of| on(of, &|_| Vec::new()));
    for percent in [10, 50, 95] {
        injure("cut", &|of| on(of, &|bytes| bytes[..bytes.len() * percent / 100].to_vec()));
    }
    injure("rubbish", &|of| on(of, &|bytes| vec![0xa5; bytes.len()]));
    injure("a hole", &|of| {
        on(of, &|mut bytes| {
            let middle = bytes.len() / 3;
            let end = (middle + 4096).min(bytes.len());
            bytes[middle..end].fill(0);
            bytes
        });
    });
    injure("unfinished snapshot", &|of| write(&of.join("snap.0000000000000ABC.generating"), b"half"));
    injure("no snapshot", &|of| {
        for entry in std::fs::read_dir(of).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().starts_with("snap.") {
                std::fs::remove_file(path).unwrap();
            }
        }
    });
    for step in 0..12 {
        injure("a flipped bit", &|of| {
            on(of, &|mut bytes| {
                let at = bytes.len() * (2 * step + 1) / 25;
                bytes[at] ^= 1 << (step % 8);
                bytes
            });
        });
    }
}

#[test]
fn an_older_index_is_caught_up_and_another_vaults_is_not_believed() {
    let (place, scope, mut texts, head) = filled();
    let older = place.directory.path().join("older");
    copy(&place.vault("index"), &older);
    let vault = place.open(Some(head)).unwrap();
    run(async {
        for number in PUPILS..PUPILS + 20 {
            texts.push(
                mask_one(&vault, &scope, &pupil(number), "digits:12").await.pseudonym.as_str().to_owned(),
            );
        }
    });
    let head = vault.head();
    drop(vault);
    std::fs::remove_dir_all(place.vault("index")).unwrap();
    copy(&older, &place.vault("index"));
    all_there(&place.open(Some(head)).unwrap(), &scope, &texts);
    let (other, ..) = filled();
    std::fs::remove_dir_all(place.vault("index")).unwrap();
    copy(&other.vault("index"), &place.vault("index"));
    all_there(&place.open(Some(head)).unwrap(), &scope, &texts);
}

#[test]
fn every_damage_to_the_log_seals() {
    let (place, scope, texts, head) = filled();
    let whole = std::fs::read(place.vault("log")).unwrap();
    let with = |bytes: &[u8]| {
        write(&place.vault("log"), bytes);
        place.open(Some(head))
    };
    for step in 0..40 {
        let mut bytes = whole.clone();
        let at = (bytes.len() - 1) * step / 39;
        bytes[at] ^= 1 << (step % 8);
        sealed(with(&bytes));
    }
    for percent in [0, 1, 30, 70, 99] {
        sealed(with(&whole[..whole.len() * percent / 100]));
    }
    sealed(with(&whole[..whole.len() - 1]));
    sealed(with(&vec![0; whole.len()]));
    std::fs::remove_file(place.vault("log")).unwrap();
    sealed(place.open(Some(head)));
    // Back in its place it opens, so nothing was harmed by trying.
    all_there(&with(&whole).unwrap(), &scope, &texts);
}

#[test]
fn an_older_log_seals_by_the_leaf_and_also_by_the_index() {
    let (place, scope, texts, head) = filled();
    let older = std::fs::read(place.vault("log")).unwrap();
    let vault = place.open(Some(head)).unwrap();
    run(mask_one(&vault, &scope, &pupil(500), "digits:12"));
    let newer_head = vault.head();
    drop(vault);
    let newer = std::fs::read(place.vault("log")).unwrap();
    write(&place.vault("log"), &older);
    let why = sealed(place.open(Some(newer_head)));
    assert!(why.contains("shorter") && why.contains("journal"), "{why}");
    let why = sealed(place.open(None));
    assert!(why.contains("shorter") && why.contains("index"), "{why}");
    // Without index, an older leaf and an older log agree: this is the rollback that only a checkpoint finds.
    std::fs::remove_dir_all(place.vault("index")).unwrap();
    all_there(&place.open(Some(head)).unwrap(), &scope, &texts);
    // A fork: as long as the real one, but another record at its end.
    drop(
        place.open(Some(head)).map(|vault| run(mask_one(&vault, &scope, &pupil(501), "digits:12"))).unwrap(),
    );
    let why = sealed(place.open(Some(newer_head)));
    assert!(why.contains("another"), "{why}");
    std::fs::remove_dir_all(place.vault("index")).unwrap();
    write(&place.vault("log"), &newer);
    all_there(&place.open(Some(newer_head)).unwrap(), &scope, &texts);
}

#[test]
fn a_torn_end_that_no_leaf_mentions_is_cut_off() {
    let (place, scope, texts, head) = filled();
    let whole = std::fs::read(place.vault("log")).unwrap();
    let vault = place.open(Some(head)).unwrap();
    run(mask_one(&vault, &scope, &pupil(500), "digits:12"));
    let later = vault.head();
    drop(vault);
    let longer = std::fs::read(place.vault("log")).unwrap();
    std::fs::remove_dir_all(place.vault("index")).unwrap();
    for cut in [1, 5, 20, longer.len() - whole.len() - 1] {
        write(&place.vault("log"), &longer[..longer.len() - cut]);
        let vault = place.open(Some(head)).unwrap();
        assert_eq!(vault.head(), head);
        all_there(&vault, &scope, &texts);
        drop(vault);
        assert_eq!(std::fs::read(place.vault("log")).unwrap(), whole);
    }
    write(&place.vault("log"), &longer[..longer.len() - 3]);
    sealed(place.open(Some(later)));
}

#[test]
fn the_log_of_another_vault_seals() {
    let (place, ..) = filled();
    let (other, _, _, other_head) = filled();
    let of_other = std::fs::read(other.vault("log")).unwrap();
    write(&place.vault("log"), &of_other);
    std::fs::remove_dir_all(place.vault("index")).unwrap();
    sealed(place.open(None));
    sealed(place.open(Some(other_head)));
}

#[test]
fn one_damaged_key_file_heals_and_two_are_said_so() {
    let (place, scope, texts, head) = filled();
    let whole = std::fs::read(place.vault("keys")).unwrap();
    for name in ["keys", "keys.copy"] {
        for step in 0..20 {
            let mut bytes = whole.clone();
            let at = (bytes.len() - 1) * step / 19;
            bytes[at] ^= 1 << (step % 8);
            write(&place.vault(name), &bytes);
            all_there(&place.open(Some(head)).unwrap(), &scope, &texts[..1]);
        }
        for left in [0, 10, whole.len() - 1] {
            write(&place.vault(name), &whole[..left]);
            all_there(&place.open(Some(head)).unwrap(), &scope, &texts[..1]);
        }
        std::fs::remove_file(place.vault(name)).unwrap();
        all_there(&place.open(Some(head)).unwrap(), &scope, &texts[..1]);
    }
    for name in ["keys", "keys.copy"] {
        write(&place.vault(name), &whole[..whole.len() / 2]);
    }
    let Err(VaultError::Unlock { why }) = place.open(Some(head)) else { panic!("opened") };
    assert!(why.contains("vault recover"), "{why}");
}

#[test]
fn an_older_key_file_seals_and_another_unlock_key_does_not_open() {
    let (place, scope, ..) = filled();
    let older = std::fs::read(place.vault("keys")).unwrap();
    let vault = place.open(None).unwrap();
    open_epoch(&vault, &super::support::scope("taalrijk", "2026-2027"));
    let head = vault.head();
    drop(vault);
    for name in ["keys", "keys.copy"] {
        write(&place.vault(name), &older);
    }
    let why = sealed(place.open(Some(head)));
    assert!(why.contains("key file is older"), "{why}");
    let _ = scope;
    let Unlocked(path) = Unlocked::of(&place);
    write(&path, &[7; 32]);
    assert!(matches!(place.open(Some(head)), Err(VaultError::Unlock { .. })));
    write(&path, b"short");
    assert!(matches!(place.open(Some(head)), Err(VaultError::ReadUnlock { .. })));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(place.open(Some(head)), Err(VaultError::ReadUnlock { .. })));
}

struct Unlocked(std::path::PathBuf);

impl Unlocked {
    fn of(place: &Place) -> Self {
        Self(place.directory.path().join("unseal.key"))
    }
}

#[test]
fn no_file_of_the_vault_holds_an_identifier_in_clear() {
    let (place, ..) = filled();
    let needles: Vec<Vec<u8>> =
        ["90001", "pupil-number", "rekenwonder"].iter().map(|text| text.as_bytes().to_vec()).collect();
    let mut files = Vec::new();
    let mut directories = vec![place.settings.path.clone()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { directories.push(path) } else { files.push(path) }
        }
    }
    assert!(files.len() >= 4);
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        for needle in &needles {
            assert!(!bytes.windows(needle.len()).any(|part| part == needle), "{} holds it", file.display());
        }
    }
}
