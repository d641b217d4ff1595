//! The log written anew, without the records of who was forgotten and of closed epochs: into a file of its own, while
//! the vault serves, that then takes the place of the old one in one rename. At any moment one of the two is there
//! whole; what is acknowledged meanwhile is in both.
//!
//! It must not know the journal: its caller records the old and the new head when told.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use super::Vault;
use super::copying::{Copying, Fresh};
use super::error::VaultError;
use super::index::Position;
use super::inner::{Inner, Progress};
use super::log::{Head, Sealing};
use super::rebuild::From;
use super::record::Notice;
use super::tombstone::Graveyard;
use crate::clock::Timestamp;
use crate::disk::{CommitError, Place};

/// The new log's name until it takes its place.
pub(crate) const NEW_LOG: &str = "log.new";
/// Records that are copied while new ones wait.
const FEW: u64 = 64;
/// So often at most the copy runs after a log that grows.
const MOST_ROUNDS: usize = 20;

/// Who records that the log is another one. Called while nothing is written to the log; may block. False when
/// it could not be recorded.
pub trait Recorder: Send + Sync {
    /// The old log stands at this head and is about to go: only then may it.
    fn leaving(&self, old: Head) -> bool;
    /// The new log is in its place.
    fn arrived(&self, old: Head, new: Head) -> bool;
}

/// A log that was written anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewritten {
    /// Where the old one stood.
    pub old: Head,
    /// Where the new one begins to grow.
    pub new: Head,
    /// Entries that were left out.
    pub erased: u64,
    /// Whether [`Recorder::arrived`] succeeded.
    pub recorded: bool,
}

impl Vault {
    /// Writes the log anew without the records of the forgotten, and builds the index from it. Nothing to do
    /// gives `None`. Blocks; the vault serves meanwhile, but for the moment in which the files change places.
    ///
    /// # Errors
    /// [`VaultError::Full`], [`VaultError::File`]: the old log is in use as before. [`VaultError::Sealed`] when
    /// nobody can say which log the disk has. [`VaultError::Unrecorded`] when the recorder refused.
    pub fn rewrite(
        &self,
        now: Timestamp,
        recorder: Arc<dyn Recorder>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Option<Rewritten>, VaultError> {
        let inner = &self.inner;
        let _erasing = inner.erasing.lock().unwrap_or_else(PoisonError::into_inner);
        inner.check()?;
        let Some(path) = &inner.log_path else { return Ok(None) };
        let graveyard = inner.graveyard().clone();
        if !graveyard.owed {
            return Ok(None);
        }
        let new = path.with_file_name(NEW_LOG);
        let written = inner.write_anew(path, &new, graveyard, (now, recorder), progress);
        if written.is_err() {
            // Half a log that nobody uses; when it stays, the next start removes it.
            let _ = inner.disk.remove(&new);
        }
        written.map(Some)
    }

    /// Whether records of the forgotten are still in the log, out of reach.
    pub fn owes_rewriting(&self) -> bool {
        self.inner.graveyard().owed
    }

    /// Where the log stood from which the present one was written anew.
    pub fn rewritten_from(&self) -> Option<Head> {
        self.inner.graveyard().from
    }
}

impl Inner {
    fn write_anew(
        self: &Arc<Self>,
        path: &Path,
        new: &Path,
        graveyard: Graveyard,
        (now, recorder): (Timestamp, Arc<dyn Recorder>),
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Rewritten, VaultError> {
        let mut fresh = Fresh::begin(&*self.disk, new, self.vault)?;
        let mut from = From { head: Head::before_all(&self.vault), offset: None };
        for _ in 0..MOST_ROUNDS {
            let to = self.after.head();
            let few = to.sequence - from.head.sequence < FEW;
            let scopes = self.scopes();
            from = fresh.copy(&self.copying(&scopes, &graveyard), path, from, to)?;
            progress(Progress::Log { records: to.sequence });
            if few {
                break;
            }
        }
        // Nobody puts rows or reads the file by its name while another log takes its place.
        let mut position = self.index.writing();
        let file = self.file.write().unwrap_or_else(PoisonError::into_inner);
        self.disbelieve_index(&position)?;
        let (inner, rows) = (Arc::clone(self), position.rows);
        let (path, new) = (path.to_owned(), new.to_owned());
        let swap = Swap { path, new, now, rows, recorder, graveyard, from };
        let swapped = self.committer.between(move |sealing, place| swap.run(&inner, fresh, sealing, place));
        let swapped = match swapped.wait() {
            Ok(swapped) => swapped,
            Err(why) => Err(self.unacknowledged(why)),
        };
        drop(file);
        let (rewritten, graveyard) = match swapped {
            Ok(swapped) => swapped,
            Err(why) => {
                // As it was. When this fails the index is built again at the next start.
                let _ = self.marker(&position).map(|marker| self.index.put(&[marker]));
                return Err(why);
            }
        };
        let persons = std::mem::take(&mut self.graveyard_mut().persons);
        *self.graveyard_mut() = Graveyard { persons, ..graveyard };
        if let Err(why) = self.rebuild_at(&mut position, progress) {
            // The index is of the old log: nobody may use it. The next who looks builds it.
            tracing::warn!(error = %why, "the index of the new log is not built yet");
            self.index.replace(None);
            *position = Position { head: Head::before_all(&self.vault), rows: 0 };
        }
        drop(position);
        self.caches.clear();
        Ok(rewritten)
    }

    fn copying<'a>(&'a self, scopes: &'a super::scopes::Scopes, graveyard: &'a Graveyard) -> Copying<'a> {
        Copying {
            vault: &self.vault,
            barrier: &self.barrier,
            notices: &self.notices.keys,
            mason: &self.mason,
            scopes,
            graveyard,
        }
    }

    /// Marks the index as one that no start believes, durably: it is of a log that may be gone a moment later.
    fn disbelieve_index(&self, position: &Position) -> Result<(), VaultError> {
        let none = Position { rows: u64::MAX, ..*position };
        let marker = self.marker(&none).map_err(|_| VaultError::Unsealable)?;
        let put = self.index.put(&[marker]).and_then(|()| self.index.store()?.sync());
        put.map_err(|why| self.index_down(&why.to_string()))
    }

    pub(crate) fn graveyard_mut(&self) -> std::sync::RwLockWriteGuard<'_, Graveyard> {
        self.graveyard.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What changes places, on the commit thread.
struct Swap {
    path: PathBuf,
    new: PathBuf,
    now: Timestamp,
    /// Rows of the index.
    rows: u64,
    recorder: Arc<dyn Recorder>,
    graveyard: Graveyard,
    from: From,
}

/// Done, with the graveyard of the new log; or not, and the old log is in use.
type Swapped = Result<(Rewritten, Graveyard), VaultError>;

impl Swap {
    /// [`CommitError::Failed`] when nobody can say which log the disk has.
    fn run(
        self,
        inner: &Arc<Inner>,
        mut fresh: Fresh,
        sealing: &mut Sealing,
        place: &mut Place,
    ) -> Result<Swapped, CommitError> {
        let old = sealing.kept();
        let (scopes, disk) = (inner.scopes(), &*inner.disk);
        let copied = fresh.copy(&inner.copying(&scopes, &self.graveyard), &self.path, self.from, old);
        if let Err(why) = copied {
            return Ok(Err(why));
        }
        if !self.recorder.leaving(old) {
            return Ok(Err(VaultError::Unrecorded));
        }
        let sealed = self.graveyard.sealed + old.sequence + self.rows;
        let notice = Notice::Rewritten { at: self.now.as_millis(), old, sealed };
        let (done, erased) = match fresh.finish(&inner.notices.keys, &notice) {
            Ok(done) => done,
            Err(why) => return Ok(Err(why)),
        };
        let name = |act: &'static str, why: &std::io::Error| super::backup::failed(act, &self.path, why);
        if let Err(why) = disk.rename(&self.new, &self.path) {
            return Ok(Err(name("rename", &why)));
        }
        let directory = self.path.parent().unwrap_or(Path::new("."));
        disk.sync_dir(directory).map_err(|_| CommitError::Failed)?;
        let medium = disk.open(&self.path).map_err(|_| CommitError::Failed)?;
        *place = Place { medium, end: done.end };
        let new = done.head;
        sealing.go_on_after(new);
        let mut graveyard = Graveyard { sealed, from: Some(old), ..Graveyard::default() };
        for (stones, at) in &done.stones {
            graveyard.lay(stones, *at);
        }
        graveyard.owed = false;
        let recorded = self.recorder.arrived(old, new);
        Ok(Ok((Rewritten { old, new, erased, recorded }, graveyard)))
    }
}
