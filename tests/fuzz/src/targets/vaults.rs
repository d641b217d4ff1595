//! Vaults whose files were changed: what opens has lost nothing that was acknowledged, or nothing opens.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use sluis::clock::Timestamp;
use sluis::derive::Shape;
use sluis::identity::{Epoch, Identifier, Kind, Publisher, School, Scope};
use sluis::vault::{Avoid, Head, MaskAsk, RevealAsk, Settings, Unlock, Vault};

const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const PUPILS: u32 = 5;

/// Changes to log and key file, seven bytes each: which file, what, where (four bytes), with what.
pub fn vault(data: &[u8]) {
    let template = TEMPLATE.get_or_init(template);
    let place = tempfile::tempdir_in(super::records::memory()).expect("a directory");
    std::fs::create_dir(place.path().join("vault")).expect("a directory");
    let mut files = template.files.clone();
    for change in data.chunks_exact(7).take(16) {
        let count = files.len();
        let Some((_, bytes)) = files.get_mut(usize::from(change[0]) % count) else { return };
        let at =
            u32::from_be_bytes([change[2], change[3], change[4], change[5]]) as usize % (bytes.len() + 1);
        match change[1] % 6 {
            0 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= change[6].max(1)),
            1 => bytes.truncate(at),
            2 => bytes.insert(at, change[6]),
            3 => drop(bytes.drain(at..(at + usize::from(change[6])).min(bytes.len()))),
            4 => bytes.iter_mut().skip(at).take(usize::from(change[6])).for_each(|byte| *byte = 0),
            _ => {
                let again = bytes[at..(at + usize::from(change[6])).min(bytes.len())].to_vec();
                bytes.extend_from_slice(&again);
            }
        }
    }
    for (name, bytes) in &files {
        std::fs::write(place.path().join("vault").join(name), bytes).expect("into memory");
    }
    std::fs::write(place.path().join("unseal.key"), [3; 32]).expect("into memory");
    let (settings, unlock) = settings(place.path());
    let Ok(vault) = Vault::open(&settings, &unlock, Some(template.head), &mut |_| {}) else {
        return assert_ne!(files, template.files, "a sound vault does not open");
    };
    assert!(vault.head().sequence >= template.head.sequence, "a shorter log opened");
    for (pupil, pseudonym) in &template.said {
        let asks = [RevealAsk { text: pseudonym, kind: Kind::PUPIL_NUMBER, number: false }];
        let home = block_on(vault.reveal(&scope().school, &scope().publisher, &asks)).expect("it opened");
        let home = home.into_iter().next().flatten().expect("it was acknowledged");
        assert_eq!(home.identifier(), pupil, "another pupil comes home");
    }
}

static TEMPLATE: OnceLock<Template> = OnceLock::new();

struct Template {
    files: Vec<(PathBuf, Vec<u8>)>,
    head: Head,
    said: Vec<(Identifier, String)>,
}

fn template() -> Template {
    let place = tempfile::tempdir_in(super::records::memory()).expect("a directory");
    std::fs::write(place.path().join("unseal.key"), [3; 32]).expect("into memory");
    let (settings, unlock) = settings(place.path());
    let vault = Vault::create(&settings, &unlock, NOW).expect("a vault");
    let scope = scope();
    vault.open_epoch(&scope.school, &scope.publisher, &scope.epoch, NOW).expect("an epoch");
    let avoid: Avoid = Arc::new(|_| false);
    let said = (0..PUPILS).map(|number| {
        let identifier = Identifier::new(Kind::PUPIL_NUMBER, &format!("9{number:06}"));
        let shape = Shape::Uuid;
        let asks = [MaskAsk { identifier: &identifier, shape: &shape, number: false, minted: false }];
        let answer = block_on(vault.mask(&scope, &asks, &[], &avoid)).expect("an answer");
        (identifier, answer.masked[0].pseudonym.as_str().to_owned())
    });
    let said = said.collect();
    let head = vault.head();
    drop(vault);
    let files = std::fs::read_dir(place.path().join("vault")).expect("it is there").flatten();
    // The index is built again from the log; the lock holds nothing.
    let kept = files.filter(|entry| entry.path().is_file() && entry.file_name() != "lock");
    let mut files: Vec<(PathBuf, Vec<u8>)> = kept
        .map(|entry| (PathBuf::from(entry.file_name()), std::fs::read(entry.path()).expect("it is there")))
        .collect();
    files.sort();
    assert!(files.len() >= 2, "log and key file: {files:?}");
    Template { files, head, said }
}

fn settings(place: &Path) -> (Settings, Unlock) {
    let settings = Settings { index_cache_bytes: 1 << 20, ..Settings::at(place.join("vault")) };
    (settings, Unlock::KeyFile(place.join("unseal.key")))
}

fn scope() -> Scope {
    Scope {
        school: School::parse("12AB").expect("a school"),
        publisher: Publisher::parse("rekenwonder").expect("a publisher"),
        epoch: Epoch::parse("2026-2027").expect("an epoch"),
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime =
            tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}
