//! Vaults for tests: keys are made at test time, pupils are invented.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::derive::Shape;
use crate::identity::{Epoch, Identifier, Kind, Publisher, School, Scope};
use crate::vault::{
    Avoid, Head, LabelAsk, MaskAnswer, MaskAsk, Masked, RevealAsk, Revealed, Settings, Unlock, Vault,
    VaultError,
};

pub(super) const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

/// A directory with a vault and its unlock key.
pub(super) struct Place {
    pub(super) directory: tempfile::TempDir,
    pub(super) settings: Settings,
    pub(super) unlock: Unlock,
}

impl Place {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let key = directory.path().join("unseal.key");
        write(&key, &crate::crypto::random::<32>().unwrap());
        let mut settings = Settings::at(directory.path().join("vault"));
        settings.index_cache_bytes = 1 << 20;
        Self { directory, settings, unlock: Unlock::KeyFile(key) }
    }

    pub(super) fn create(&self) -> Vault {
        Vault::create(&self.settings, &self.unlock, NOW).unwrap()
    }

    pub(super) fn open(&self, expected: Option<Head>) -> Result<Vault, VaultError> {
        Vault::open(&self.settings, &self.unlock, expected, &mut |_| {})
    }

    pub(super) fn vault(&self, name: &str) -> std::path::PathBuf {
        self.settings.path.join(name)
    }
}

#[expect(clippy::disallowed_methods, reason = "a test makes and damages files as it likes")]
pub(super) fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}

pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

pub(super) fn scope(publisher: &str, epoch: &str) -> Scope {
    Scope {
        school: School::parse("12AB").unwrap(),
        publisher: Publisher::parse(publisher).unwrap(),
        epoch: Epoch::parse(epoch).unwrap(),
    }
}

pub(super) fn open_epoch(vault: &Vault, scope: &Scope) {
    vault.open_epoch(&scope.school, &scope.publisher, &scope.epoch, NOW).unwrap();
}

pub(super) fn pupil(number: usize) -> Identifier {
    Identifier::new(Kind::PUPIL_NUMBER, &format!("{}", 90_000 + number))
}

pub(super) fn shape(text: &str) -> Shape {
    Shape::parse(text).unwrap()
}

pub(super) fn any() -> Avoid {
    Arc::new(|_| false)
}

pub(super) fn ask<'a>(identifier: &'a Identifier, shape: &'a Shape) -> MaskAsk<'a> {
    MaskAsk { identifier, shape, number: false, minted: false }
}

pub(super) async fn mask_one(vault: &Vault, scope: &Scope, identifier: &Identifier, of: &str) -> Masked {
    let shape = shape(of);
    let answer = vault.mask(scope, &[ask(identifier, &shape)], &[], &any()).await.unwrap();
    answer.masked[0].clone()
}

pub(super) async fn mask_labels(
    vault: &Vault,
    scope: &Scope,
    identifier: &Identifier,
    labels: &[LabelAsk<'_>],
) -> MaskAnswer {
    let shape = shape("uuid");
    vault.mask(scope, &[ask(identifier, &shape)], labels, &any()).await.unwrap()
}

pub(super) async fn reveal_one(vault: &Vault, scope: &Scope, text: &str, kind: Kind) -> Option<Revealed> {
    let asks = [RevealAsk { text, kind, number: false }];
    vault.reveal(&scope.school, &scope.publisher, &asks).await.unwrap().remove(0)
}
