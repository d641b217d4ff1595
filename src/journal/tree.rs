//! The Merkle tree of RFC 6962, section 2: hashes, a growing root in logarithmic memory, and the
//! checks of both proofs. It must not know files or leaves' meaning.

use sha2::{Digest, Sha256};

/// A node of the tree: SHA-256.
pub type Hash = [u8; 32];

/// The hash of an entry: SHA-256(0x00 ‖ entry).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

/// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of the tree without entries: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The root over hashes that are already leaf or subtree hashes: MTH of RFC 6962 without the leaf step.
pub(super) fn root_of(hashes: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    for hash in hashes {
        frontier.push(*hash);
    }
    frontier.root()
}

/// The root over entries given as bytes.
pub(super) fn root_over<'a>(entries: impl Iterator<Item = &'a [u8]>) -> Hash {
    let mut frontier = Frontier::default();
    for entry in entries {
        frontier.push(leaf_hash(entry));
    }
    frontier.root()
}

/// A tree that only grows: its size and the roots of its perfect subtrees, the largest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    perfect: Vec<Hash>,
}

impl Frontier {
    /// How many leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds the next leaf's hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        // Each trailing one bit of the size is a perfect subtree that the new leaf completes.
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.perfect.pop() else { break };
            hash = node_hash(&left, &hash);
        }
        self.perfect.push(hash);
        self.size += 1;
    }

    /// The root at this size.
    pub fn root(&self) -> Hash {
        let mut right_to_left = self.perfect.iter().rev();
        let Some(last) = right_to_left.next() else { return empty_root() };
        right_to_left.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// Checks that the leaf with this hash is at `index` in the tree of `size` leaves and this root
/// (RFC 9162, 2.1.3.2, which RFC 6962 trees share).
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, root: &Hash, proof: &[Hash]) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(sibling, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Checks that the tree of `size` leaves extends the tree of `earlier` leaves (RFC 9162, 2.1.4.2).
/// Nothing is proved from an empty tree: for `earlier` 0 the proof must be empty.
pub fn verify_consistency(earlier: u64, size: u64, earlier_root: &Hash, root: &Hash, proof: &[Hash]) -> bool {
    if earlier > size {
        return false;
    }
    if earlier == 0 {
        return proof.is_empty() && *earlier_root == empty_root();
    }
    if earlier == size {
        return proof.is_empty() && earlier_root == root;
    }
    let (mut place, mut last) = (earlier - 1, size - 1);
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let mut path = proof.iter();
    let start = if earlier.is_power_of_two() { Some(earlier_root) } else { path.next() };
    let Some(start) = start else { return false };
    let (mut old, mut new) = (*start, *start);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            old = node_hash(sibling, &old);
            new = node_hash(sibling, &new);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            new = node_hash(&new, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && old == *earlier_root && new == *root
}
