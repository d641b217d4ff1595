//! Proofs from tiles: inclusion and consistency (RFC 6962, 2.1.1 and 2.1.2), and `tlog-proof` text
//! (C2SP tlog-proof v1).

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::{Checkpoint, decimal};
use super::note::Vkey;
use super::tile::{TILE_WIDTH, tile_path};
use super::tree::{Hash, node_hash, root_of, verify_inclusion};
use super::{JournalError, NoteError};

/// The tiles below a journal's directory, for the tree of one size.
#[derive(Debug)]
pub struct TileReader {
    directory: PathBuf,
    size: u64,
    /// The size whose partial tiles are there: they begin as those of `size` do.
    newest: u64,
}

impl TileReader {
    /// Reads tiles below `directory` that belong to the tree of `size` entries: a checkpoint's.
    pub fn new(directory: &Path, size: u64) -> Self {
        Self::of_earlier(directory, size, size)
    }

    /// The same for the tree of `size` entries where tiles were written for `newest`, which has more.
    pub fn of_earlier(directory: &Path, size: u64, newest: u64) -> Self {
        Self { directory: directory.to_owned(), size, newest }
    }

    /// The root, from the tiles.
    pub fn root(&self) -> Result<Hash, JournalError> {
        if self.size == 0 { Ok(super::tree::empty_root()) } else { self.range(0, self.size) }
    }

    /// The inclusion proof of the entry at `index`: sibling hashes, from the leaf up.
    pub fn inclusion(&self, index: u64) -> Result<Vec<Hash>, JournalError> {
        if index >= self.size {
            return Err(JournalError::OutOfRange);
        }
        let (mut begin, mut end) = (0, self.size);
        let mut from_the_root = Vec::new();
        while end - begin > 1 {
            let middle = begin + split(end - begin);
            if index < middle {
                from_the_root.push(self.range(middle, end)?);
                end = middle;
            } else {
                from_the_root.push(self.range(begin, middle)?);
                begin = middle;
            }
        }
        from_the_root.reverse();
        Ok(from_the_root)
    }

    /// The proof that this tree extends the one of `earlier` entries. Empty for 0 and for the size.
    pub fn consistency(&self, earlier: u64) -> Result<Vec<Hash>, JournalError> {
        if earlier > self.size {
            return Err(JournalError::OutOfRange);
        }
        if earlier == 0 || earlier == self.size {
            return Ok(Vec::new());
        }
        let (mut begin, mut end) = (0, self.size);
        let mut from_the_root = Vec::new();
        while earlier != end {
            let middle = begin + split(end - begin);
            if earlier <= middle {
                from_the_root.push(self.range(middle, end)?);
                end = middle;
            } else {
                from_the_root.push(self.range(begin, middle)?);
                begin = middle;
            }
        }
        if begin > 0 {
            from_the_root.push(self.range(begin, end)?);
        }
        from_the_root.reverse();
        Ok(from_the_root)
    }

    /// MTH of the entries `begin..end`, where `begin` is where a split of the tree falls.
    fn range(&self, begin: u64, end: u64) -> Result<Hash, JournalError> {
        let count = end.saturating_sub(begin);
        if count.is_power_of_two() {
            return self.perfect(begin, count.trailing_zeros() as usize);
        }
        if count == 0 {
            return Err(JournalError::OutOfRange);
        }
        let middle = begin + split(count);
        Ok(node_hash(&self.range(begin, middle)?, &self.range(middle, end)?))
    }

    /// The root of the perfect subtree of this height that begins at `begin`.
    fn perfect(&self, begin: u64, height: usize) -> Result<Hash, JournalError> {
        let level = height / 8;
        let first = begin >> (8 * level);
        let hashes = self.tile(level, first / TILE_WIDTH as u64)?;
        let from = usize::try_from(first % TILE_WIDTH as u64).map_err(|_| JournalError::OutOfRange)?;
        let subtree = hashes.get(from..from + (1 << (height % 8))).ok_or(JournalError::OutOfRange)?;
        Ok(root_of(subtree))
    }

    fn tile(&self, level: usize, index: u64) -> Result<Vec<Hash>, JournalError> {
        let width = |size: u64| {
            let left = (size >> (8 * level)).saturating_sub(index * TILE_WIDTH as u64);
            usize::try_from(left).unwrap_or(TILE_WIDTH).min(TILE_WIDTH)
        };
        let path = tile_path(level, index, width(self.size));
        // A partial tile may be gone once the full one is there, or may never have been written.
        let others = [TILE_WIDTH, width(self.newest)].map(|width| tile_path(level, index, width));
        let bytes = std::iter::once(&path)
            .chain(&others)
            .find_map(|path| std::fs::read(self.directory.join(path)).ok())
            .ok_or_else(|| JournalError::ReadTile { path: path.clone() })?;
        let width = width(self.size);
        let hashes: Vec<Hash> =
            bytes.chunks_exact(32).take(width).filter_map(|hash| hash.try_into().ok()).collect();
        if hashes.len() == width { Ok(hashes) } else { Err(JournalError::ReadTile { path }) }
    }
}

/// A proof as text (C2SP tlog-proof), taken apart and not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Opaque bytes that no signature covers: Sluis puts the leaf there, whose hash is then proved.
    pub extra: Option<Vec<u8>>,
    /// The entry's place.
    pub index: u64,
    /// Sibling hashes, from the leaf up.
    pub hashes: Vec<Hash>,
    /// The signed checkpoint that the proof leads to.
    pub note: String,
}

impl Proof {
    /// The text of a `.tlog-proof` file.
    pub fn text(&self) -> String {
        let mut text = format!("{FIRST_LINE}\n");
        if let Some(extra) = &self.extra {
            text.push_str(&format!("extra {}\n", STANDARD.encode(extra)));
        }
        text.push_str(&format!("index {}\n", self.index));
        for hash in &self.hashes {
            text.push_str(&STANDARD.encode(hash));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.note);
        text
    }

    /// Reads such a text.
    ///
    /// Errors: [`NoteError::NotProof`].
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let (head, note) = text.split_once("\n\n").ok_or(NoteError::NotProof)?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(FIRST_LINE) {
            return Err(NoteError::NotProof);
        }
        let extra = lines.next_if(|line| line.starts_with("extra "));
        let extra = match extra.and_then(|line| line.strip_prefix("extra ")) {
            Some(extra) => Some(STANDARD.decode(extra).map_err(|_| NoteError::NotProof)?),
            None => None,
        };
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal);
        let index = index.ok_or(NoteError::NotProof)?;
        let mut hashes = Vec::new();
        for line in lines {
            let hash = STANDARD.decode(line).ok().and_then(|hash| Hash::try_from(hash).ok());
            hashes.push(hash.ok_or(NoteError::NotProof)?);
        }
        Ok(Self { extra, index, hashes, note: note.to_owned() })
    }
}

/// Checks a `.tlog-proof` against a leaf's hash: the entry's index and the checkpoint that holds it.
///
/// Errors: text that is no such proof, a checkpoint that no trusted key signed, another leaf.
pub fn check_proof(text: &str, leaf: &Hash, trusted: &[Vkey]) -> Result<(u64, Checkpoint), NoteError> {
    let proof = Proof::parse(text)?;
    let (checkpoint, _) = Checkpoint::open(&proof.note, trusted)?;
    if verify_inclusion(leaf, proof.index, checkpoint.size, &checkpoint.root, &proof.hashes) {
        Ok((proof.index, checkpoint))
    } else {
        Err(NoteError::NotProof)
    }
}

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// The largest power of two below `count`, which is at least 2.
fn split(count: u64) -> u64 {
    1 << (63 - count.saturating_sub(1).leading_zeros())
}
