//! Checkpoints that others kept or cosigned, for a verifier: which of them are believed, and what they say of
//! the journal's own. It must not read entries or tiles.

use std::path::Path;

use super::open::CHECKPOINT;
use super::report::Cosigned;
use super::verify::Given;
use super::walk;
use super::witnessed::name_of;
use super::{Checkpoint, NoteError, Report, Vkey, What, WitnessKey, cosigned_at};

/// What lies beside the journal of each witness.
pub(super) struct Kept {
    notes: Vec<(String, Option<String>)>,
}

impl Kept {
    /// Reads what each of these witnesses cosigned last.
    pub(super) fn read(directory: &Path, witnesses: &[WitnessKey]) -> Self {
        let note = |witness: &WitnessKey| {
            let name = name_of(witness);
            let note = walk::note(directory, &name);
            (name, note)
        };
        Self { notes: witnesses.iter().map(note).collect() }
    }

    /// The checkpoints that the entries must agree with, the largest first. `note` is the journal's own.
    pub(super) fn compare(
        self,
        note: &str,
        own: &Checkpoint,
        given: &Given<'_>,
        report: &mut Report,
    ) -> Vec<Checkpoint> {
        let mut marks = Vec::new();
        let mut earlier = Vec::new();
        for note in given.earlier {
            match Checkpoint::open(note, given.trusted) {
                Ok((checkpoint, _)) if checkpoint.origin == own.origin => {
                    fit(checkpoint, own, &mut marks, report);
                    earlier.push(("earlier", note.as_str()));
                }
                Ok(_) | Err(_) => report.add(What::EarlierNotBelieved, "earlier"),
            }
        }
        for (witness, (name, kept)) in given.witnesses.iter().zip(&self.notes) {
            let (mut newest, mut differs): (Option<Cosigned>, bool) = (None, false);
            let kept = kept.as_ref().map(|note| (name.as_str(), note.as_str()));
            for (place, note) in kept.into_iter().chain(earlier.iter().copied()).chain([(CHECKPOINT, note)]) {
                match cosigned(note, witness, own, given.trusted) {
                    Ok(None) => {}
                    Ok(Some((checkpoint, time_s))) => {
                        let size = checkpoint.size;
                        if newest.as_ref().is_none_or(|newest| (newest.size, newest.time_s) <= (size, time_s))
                        {
                            newest = Some(Cosigned { name: witness.name().to_owned(), size, time_s });
                        }
                        if place == name {
                            fit(checkpoint, own, &mut marks, report);
                        }
                    }
                    Err(_) => {
                        report.add(What::CosignatureDiffers, place);
                        differs = true;
                    }
                }
            }
            if newest.is_none() && !differs {
                report.add(What::CosignatureMissing, witness.name());
            }
            report.witnesses.extend(newest);
        }
        marks.sort_by_key(|mark: &Checkpoint| std::cmp::Reverse(mark.size));
        marks
    }
}

/// A checkpoint to agree with, unless it is known already; or the finding that there were more entries.
fn fit(kept: Checkpoint, own: &Checkpoint, marks: &mut Vec<Checkpoint>, report: &mut Report) {
    if kept.size > own.size {
        report.add(What::RolledBack, own.size);
    } else if !marks.contains(&kept) {
        marks.push(kept);
    }
}

/// The checkpoint that a witness cosigned, when it did, and when. It must be signed by the journal too.
fn cosigned(
    note: &str,
    by: &WitnessKey,
    own: &Checkpoint,
    trusted: &[Vkey],
) -> Result<Option<(Checkpoint, u64)>, NoteError> {
    let Some(time_s) = cosigned_at(note, by)? else { return Ok(None) };
    let (checkpoint, _) = Checkpoint::open(note, trusted)?;
    if checkpoint.origin == own.origin {
        Ok(Some((checkpoint, time_s)))
    } else {
        Err(NoteError::NotCheckpoint)
    }
}
