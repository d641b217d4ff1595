//! A journal before its witnesses: what it sends them, what it keeps of their answers, and what it does when
//! one of them shows that this journal was put back. It must not know HTTP.

use super::cosign::WitnessKey;
use super::note::{lines_of, with_line};
use super::open::CHECKPOINT;
use super::witnessed::{believe, path_of};
use super::{
    AddCheckpoint, Checkpoint, Journal, JournalError, NoteError, Seal, TileReader, Witnessed, cosigned_at,
};
use crate::disk::{create_dir_durable, durable_write};

impl Journal {
    /// The origin line: which journal this is.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many entries the newest checkpoint covers.
    pub fn checkpointed(&self) -> u64 {
        self.newest().size()
    }

    /// The newest signed checkpoint, as it lies there.
    pub fn signed(&self) -> String {
        self.newest().note.clone()
    }

    /// What a witness is asked that saw `old` entries last: the newest checkpoint, and the proof that it
    /// extends those. Blocks on the disk.
    ///
    /// Errors: [`JournalError::OutOfRange`] when there are not so many entries.
    pub fn submission(&self, old: u64) -> Result<AddCheckpoint, JournalError> {
        let (note, size) = {
            let newest = self.newest();
            (newest.note.clone(), newest.size())
        };
        let proof = TileReader::new(&self.directory, size).consistency(old)?;
        Ok(AddCheckpoint { old, proof, note })
    }

    /// Keeps the signature lines with which a witness answered: beside the journal, and under the newest
    /// checkpoint when that is still the one that was sent. Blocks on the disk.
    ///
    /// Errors: [`JournalError::Cosignature`] when no line is this witness's over what it was sent.
    pub fn keep_cosignature(
        &self,
        sent: &AddCheckpoint,
        answer: &str,
        by: &WitnessKey,
    ) -> Result<Witnessed, JournalError> {
        let not_believed = JournalError::Cosignature;
        // Lines of keys that nobody named are not kept.
        let lines = lines_of(answer, by.named());
        let note = with_line(&sent.note, by.named(), &lines).map_err(not_believed)?;
        let time_s = cosigned_at(&note, by).map_err(not_believed)?;
        let time_s = time_s.ok_or(not_believed(NoteError::UnknownKey))?;
        let (checkpoint, _) = Checkpoint::open(&note, &self.trusted).map_err(not_believed)?;
        self.write_cosigned(&note, by)?;
        let mut newest = self.newest();
        let current = newest.size() == checkpoint.size;
        if current {
            let note = with_line(&newest.note, by.named(), &lines).map_err(not_believed)?;
            durable_write(self.disk.as_ref(), &self.directory.join(CHECKPOINT), note.as_bytes())
                .map_err(JournalError::WriteCheckpoint)?;
            newest.note = note;
        }
        let (witness, size) = (by.name().to_owned(), checkpoint.size);
        Ok(Witnessed { witness, size, time_s, newest: current })
    }

    /// Compares with a checkpoint of this journal that somebody else kept. When this journal's own key signed
    /// it and it has more entries than are here, or others, then this journal was put back: nothing more is
    /// recorded from then on, and why is returned.
    ///
    /// What is not signed by this journal proves nothing and is passed over.
    pub fn refute(&self, note: &str) -> Option<Seal> {
        let (kept, _) = Checkpoint::open(note, &self.trusted).ok()?;
        if kept.origin != self.origin {
            return None;
        }
        let here = self.checkpointed();
        let seal = if kept.size > here {
            Seal::RolledBack { kept: kept.size, here }
        } else {
            // A tile that cannot be read proves nothing either.
            let root = TileReader::of_earlier(&self.directory, kept.size, here).root().ok()?;
            if root == kept.root {
                return None;
            }
            Seal::Forked { size: kept.size }
        };
        Some(*self.sealed.get_or_init(|| seal))
    }

    /// Keeps the checkpoint with which a witness refuted this journal, as one that it cosigned: so that the next
    /// start finds it too, whether or not the witness can be reached then. Blocks on the disk.
    ///
    /// Errors: a checkpoint that this witness or this journal did not sign; the disk's.
    pub fn keep_refutation(&self, note: &str, by: &WitnessKey) -> Result<(), JournalError> {
        believe(note, &self.trusted, by).map_err(JournalError::Cosignature)?;
        self.write_cosigned(note, by)
    }

    fn write_cosigned(&self, note: &str, by: &WitnessKey) -> Result<(), JournalError> {
        let path = path_of(&self.directory, by);
        let place = path.parent().unwrap_or(&self.directory);
        create_dir_durable(self.disk.as_ref(), place).map_err(JournalError::WriteCheckpoint)?;
        durable_write(self.disk.as_ref(), &path, note.as_bytes()).map_err(JournalError::WriteCheckpoint)
    }

    /// Why nothing more is recorded, when a witness has shown it.
    pub fn sealed(&self) -> Option<Seal> {
        self.sealed.get().copied()
    }
}
