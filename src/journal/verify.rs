//! The verifier: files and a public key, nothing else. It recomputes everything from the entries and
//! says what differs and where. It must not use the state of a running journal.
//!
//! Two roots are computed over the checkpoint's entries: from the entries themselves and from the
//! tiles of level 0. A changed entry shows in the first, a changed tile in the second, a changed
//! checkpoint in its signature. `docs/JOURNAL.md` lists the steps; `tests/verifier/verify.py` takes
//! them independently.

use std::collections::BTreeSet;
use std::path::Path;

use super::filters::Filters;
use super::kept::Kept;
use super::note::Vkey;
use super::open::CHECKPOINT;
use super::record::{Times, commitments_match};
use super::tile::{Edge, TILE_WIDTH, TileFile, bundle_path, tile_path};
use super::tree::{Frontier, leaf_hash};
use super::walk::{self, Bundle, Commitments, Log, Logged};
use super::{Checkpoint, Event, Hash, Leaf, Report, What, WitnessKey};

/// What a verifier is given besides the files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Given<'a> {
    /// The journal's verifier keys.
    pub trusted: &'a [Vkey],
    /// Signed checkpoints obtained before, or from a witness: only with one, or with a witness's
    /// cosignature, can truncation, fork and rollback be found.
    pub earlier: &'a [String],
    /// Witnesses who must have cosigned.
    pub witnesses: &'a [WitnessKey],
}

/// Verifies the journal below `directory` in one pass, in bounded memory, with at most one earlier
/// checkpoint and no witness.
pub fn verify(directory: &Path, trusted: &[Vkey], earlier: Option<&str>) -> Report {
    let earlier: Vec<String> = earlier.map(str::to_owned).into_iter().collect();
    verify_given(directory, &Given { trusted, earlier: &earlier, witnesses: &[] })
}

/// Verifies the journal below `directory` in one pass, in bounded memory.
pub fn verify_given(directory: &Path, given: &Given<'_>) -> Report {
    verify_told(directory, given, &|_, _| {})
}

/// The same, told as so many entries of so many.
pub fn verify_told(directory: &Path, given: &Given<'_>, tell: &dyn Fn(u64, u64)) -> Report {
    let mut report = Report::default();
    // Before the checkpoint: what is cosigned meanwhile is never of a later one.
    let kept = Kept::read(directory, given.witnesses);
    let Some(note) = walk::note(directory, CHECKPOINT) else {
        report.add(What::CheckpointMissing, CHECKPOINT);
        return report;
    };
    let Some(checkpoint) = believe(&note, given.trusted, &mut report) else { return report };
    let marks = kept.compare(&note, &checkpoint, given, &mut report);
    let mut walking = Walking {
        directory,
        report,
        marks,
        entries: Frontier::default(),
        tiles: Edge::default(),
        times: Times::default(),
        commitments: Some(Commitments::open(directory)),
        log: Log::open(directory),
        filters: Filters::default(),
        open: BTreeSet::new(),
        tell,
    };
    if walking.covered(checkpoint.size) {
        if walking.entries.root() != checkpoint.root {
            walking.report.add(What::RootDiffers, checkpoint.size);
        }
        if walking.tiles.root() != checkpoint.root {
            walking.report.add(What::TilesRootDiffers, checkpoint.size);
        }
        walking.upper_tiles(walking.tiles.partial());
        walking.beyond(checkpoint.size);
    }
    walking.report.open = walking.open.len() as u64;
    walking.report
}

/// The checkpoint that everything is compared with, or why not.
pub(super) fn believe(note: &str, trusted: &[Vkey], report: &mut Report) -> Option<Checkpoint> {
    match Checkpoint::open(note, trusted) {
        Ok((checkpoint, key)) => {
            report.signed_by = key.name().to_owned();
            report.origin.clone_from(&checkpoint.origin);
            report.size = checkpoint.size;
            report.root = checkpoint.root;
            Some(checkpoint)
        }
        Err(error) => {
            report.add(What::of_checkpoint(error), CHECKPOINT);
            None
        }
    }
}

struct Walking<'a> {
    directory: &'a Path,
    report: Report,
    /// Checkpoints that others kept, the largest first.
    marks: Vec<Checkpoint>,
    /// The tree over the entries.
    entries: Frontier,
    /// The tree over the hashes in the tiles of level 0.
    tiles: Edge,
    times: Times,
    /// None once a leaf could not be read: then the place in the side file is lost.
    commitments: Option<Commitments>,
    log: Log,
    filters: Filters,
    /// Exchanges with a message that began to stream.
    open: BTreeSet<Option<[u8; 16]>>,
    tell: &'a dyn Fn(u64, u64),
}

impl Walking<'_> {
    /// Walks the entries that the checkpoint covers; false when it cannot go on.
    fn covered(&mut self, size: u64) -> bool {
        self.compare_earlier();
        for index in 0..size.div_ceil(TILE_WIDTH as u64) {
            (self.tell)(self.entries.size(), size);
            let left = size - index * TILE_WIDTH as u64;
            let width = usize::try_from(left).unwrap_or(TILE_WIDTH).min(TILE_WIDTH);
            let entries = match walk::bundle(self.directory, index, width) {
                Bundle::Entries(entries) => Some(entries),
                Bundle::Missing => {
                    self.report.add(What::BundleMissing, bundle_path(index, width));
                    None
                }
                Bundle::Malformed => {
                    self.report.add(What::BundleMalformed, bundle_path(index, width));
                    None
                }
            };
            let tile = walk::tile(self.directory, 0, index, width);
            if tile.is_none() {
                self.report.add(What::TileMissing, tile_path(0, index, width));
            }
            if entries.is_none() && tile.is_none() {
                return false;
            }
            for place in 0..width {
                let entry = entries.as_ref().and_then(|entries| entries.get(place));
                let hash = tile.as_ref().and_then(|tile| tile.get(place));
                self.entry(entry.map(Vec::as_slice), hash);
            }
        }
        true
    }

    /// One entry that the checkpoint covers: its bytes, its hash in the tile, at least one of them.
    fn entry(&mut self, entry: Option<&[u8]>, in_tile: Option<&Hash>) {
        let index = self.entries.size();
        let of_entry = entry.map(leaf_hash);
        let Some(hash) = of_entry.or(in_tile.copied()) else { return };
        if in_tile.is_some_and(|in_tile| *in_tile != hash) {
            self.report.add(What::EntryDiffers, index);
        }
        self.entries.push(hash);
        let full = self.tiles.push(&[], in_tile.copied().unwrap_or(hash));
        self.upper_tiles(full);
        self.compare_earlier();
        let leaf = entry.and_then(|entry| self.leaf(entry, index));
        self.side_file(leaf.as_ref(), index);
        if self.log.is_open() {
            self.logged(&hash, index);
        }
    }

    /// What a leaf says of itself.
    fn leaf(&mut self, entry: &[u8], index: u64) -> Option<Leaf> {
        let Ok(leaf) = Leaf::decode(entry) else {
            self.report.add(What::LeafUnreadable, index);
            return None;
        };
        if leaf.sequence != index {
            self.report.add(What::LeafOutOfPlace, index);
        }
        if self.times.next(leaf.event, leaf.time_ms).is_err() {
            self.report.add(What::TimeWentBack, index);
        }
        self.filters.check(self.directory, &leaf, index, &mut self.report);
        // Of an exchange's two messages the first has ended before the second begins.
        match leaf.event {
            Event::OPENED => drop(self.open.insert(leaf.exchange)),
            Event::CLOSED => drop(self.open.remove(&leaf.exchange)),
            _ => {}
        }
        Some(leaf)
    }

    fn side_file(&mut self, leaf: Option<&Leaf>, index: u64) {
        let Some(leaf) = leaf else {
            self.commitments = None;
            return;
        };
        let (Some(pupils), Some(side)) = (leaf.pupils, self.commitments.as_mut()) else { return };
        match side.next(pupils.count) {
            None => {
                self.report.add(What::CommitmentsMissing, index);
                self.commitments = None;
            }
            Some(bytes) if !commitments_match(leaf, &bytes) => {
                self.report.add(What::CommitmentsDiffer, index);
            }
            Some(_) => {}
        }
    }

    /// Compares the log's next record with the entry of this hash.
    fn logged(&mut self, hash: &Hash, index: u64) {
        match self.log.next() {
            Logged::Record(Ok((leaf, commitments))) if leaf_hash(&leaf) == *hash => {
                if Leaf::decode(&leaf).is_ok_and(|leaf| !commitments_match(&leaf, &commitments)) {
                    self.report.add(What::LogCommitmentsDiffer, index);
                }
            }
            Logged::Record(_) => self.report.add(What::LogDiffers, index),
            Logged::End(_) => self.report.add(What::LogShorter, index),
            Logged::Damaged => self.report.add(What::LogDamaged, index),
        }
    }

    /// Records of the log that no checkpoint covers yet.
    fn beyond(&mut self, size: u64) {
        let mut index = size;
        while self.log.is_open() {
            match self.log.next() {
                Logged::Record(Ok((leaf, commitments))) => {
                    let leaf = self.leaf(&leaf, index);
                    if leaf.is_some_and(|leaf| !commitments_match(&leaf, &commitments)) {
                        self.report.add(What::LogCommitmentsDiffer, index);
                    }
                    self.report.beyond += 1;
                }
                Logged::Record(Err(_)) => self.report.add(What::LeafUnreadable, index),
                Logged::End(torn) => self.report.torn_bytes = torn,
                Logged::Damaged => self.report.add(What::LogDamaged, index),
            }
            index += 1;
        }
    }

    /// Compares tiles above level 0 with what follows from level 0.
    fn upper_tiles(&mut self, expected: Vec<TileFile>) {
        for file in expected {
            if file.path.starts_with("tile/entries/") || file.path.starts_with("tile/0/") {
                continue;
            }
            let full = file.path.split(".p/").next().unwrap_or_default().to_owned();
            match walk::first_of(self.directory, &[file.path.clone(), full]) {
                None => self.report.add(What::TileMissing, file.path),
                Some(bytes) if !is_tile(&bytes, &file.bytes) => {
                    self.report.add(What::TileDiffers, file.path);
                }
                Some(_) => {}
            }
        }
    }

    fn compare_earlier(&mut self) {
        let size = self.entries.size();
        while let Some(mark) = self.marks.pop_if(|mark| mark.size == size) {
            if mark.root != self.entries.root() {
                self.report.add(What::Forked, size);
            }
        }
    }
}

/// A tile as expected, or a full one that begins so.
fn is_tile(found: &[u8], expected: &[u8]) -> bool {
    found == expected || (found.len() == 32 * TILE_WIDTH && found.starts_with(expected))
}
