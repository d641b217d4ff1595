//! Tiles (C2SP tlog-tiles): their paths, and how they fill as entries arrive. It must not know what
//! an entry says, nor do any input or output.

use super::tree::{Hash, root_of};

/// Hashes of a full tile, entries of a full bundle.
pub const TILE_WIDTH: usize = 256;

/// A file below the journal that is ready to be written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TileFile {
    /// Its path below the journal, with `/`.
    pub(super) path: String,
    /// Its content.
    pub(super) bytes: Vec<u8>,
}

/// The right-hand edge of the tiles: what is not full yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Edge {
    size: u64,
    /// Per level the hashes of its partial tile, fewer than [`TILE_WIDTH`].
    levels: Vec<Vec<Hash>>,
    /// The partial entry bundle.
    bundle: Vec<u8>,
}

impl Edge {
    /// How many entries.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Adds an entry and its leaf hash; returns the files that it completes.
    pub(super) fn push(&mut self, entry: &[u8], hash: Hash) -> Vec<TileFile> {
        // The leaf format bounds entries to 16 bits of length.
        let length = u16::try_from(entry.len()).unwrap_or(u16::MAX);
        self.bundle.extend_from_slice(&length.to_be_bytes());
        self.bundle.extend_from_slice(entry);
        self.size += 1;
        let mut full = Vec::new();
        let (mut level, mut hash) = (0, hash);
        loop {
            if self.levels.len() <= level {
                self.levels.push(Vec::with_capacity(TILE_WIDTH));
            }
            let Some(tile) = self.levels.get_mut(level) else { break };
            tile.push(hash);
            if tile.len() < TILE_WIDTH {
                break;
            }
            let index = (self.size >> (8 * (level + 1))).saturating_sub(1);
            if level == 0 {
                let bytes = std::mem::take(&mut self.bundle);
                full.push(TileFile { path: bundle_path(index, TILE_WIDTH), bytes });
            }
            full.push(TileFile { path: tile_path(level, index, TILE_WIDTH), bytes: tile.concat() });
            hash = root_of(tile);
            tile.clear();
            level += 1;
        }
        full
    }

    /// The partial tiles and bundle of this size.
    pub(super) fn partial(&self) -> Vec<TileFile> {
        let mut files = Vec::new();
        for (level, tile) in self.levels.iter().enumerate().filter(|(_, tile)| !tile.is_empty()) {
            let index = self.size >> (8 * (level + 1));
            if level == 0 {
                files.push(TileFile { path: bundle_path(index, tile.len()), bytes: self.bundle.clone() });
            }
            files.push(TileFile { path: tile_path(level, index, tile.len()), bytes: tile.concat() });
        }
        files
    }

    /// The root at this size, from the tiles alone.
    pub(super) fn root(&self) -> Hash {
        let mut below: Option<Hash> = None;
        for tile in &self.levels {
            if tile.is_empty() {
                continue;
            }
            // Subtrees of equal size and one smaller rest have the shape of a tree over so many leaves.
            let mut hashes = tile.clone();
            hashes.extend(below);
            below = Some(root_of(&hashes));
        }
        below.unwrap_or_else(super::tree::empty_root)
    }
}

/// `tile/<level>/<index>`, with `.p/<width>` when the tile is partial.
pub fn tile_path(level: usize, index: u64, width: usize) -> String {
    format!("tile/{level}/{}", index_path(index, width))
}

/// `tile/entries/<index>`, with `.p/<width>` when the bundle is partial.
pub fn bundle_path(index: u64, width: usize) -> String {
    format!("tile/entries/{}", index_path(index, width))
}

fn index_path(index: u64, width: usize) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    if width < TILE_WIDTH { format!("{path}.p/{width}") } else { path }
}
