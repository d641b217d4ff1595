//! Unit tests of `tree`.

use super::*;
use crate::journal::tile::Edge;
use crate::journal::tree::{root_of, root_over};

/// The inputs and roots of Certificate Transparency's reference tests for RFC 6962.
const INPUTS: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

pub(super) fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
}

/// MTH as RFC 6962 writes it, slowly.
fn slow_root(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => empty_root(),
        [one] => *one,
        _ => {
            let middle = hashes.len().next_power_of_two() / 2;
            node_hash(&slow_root(&hashes[..middle]), &slow_root(&hashes[middle..]))
        }
    }
}

fn hashes(count: u64) -> Vec<Hash> {
    (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

#[test]
fn roots_are_those_of_rfc_6962() {
    for (size, root) in ROOTS.iter().enumerate() {
        let inputs: Vec<_> = INPUTS[..size].iter().map(|input| unhex(input)).collect();
        assert_eq!(root_over(inputs.iter().map(Vec::as_slice)).to_vec(), unhex(root));
    }
}

#[test]
fn the_frontier_the_tiles_and_the_definition_agree_at_every_size() {
    let all = hashes(600);
    let (mut frontier, mut edge) = (Frontier::default(), Edge::default());
    for size in 0..=all.len() {
        let expected = slow_root(&all[..size]);
        assert_eq!((frontier.root(), edge.root(), root_of(&all[..size])), (expected, expected, expected));
        if let Some(hash) = all.get(size) {
            frontier.push(*hash);
            edge.push(b"entry", *hash);
        }
    }
}

#[test]
fn tiles_have_the_paths_and_widths_of_the_specification() {
    assert_eq!(tile_path(0, 1_234_067, 256), "tile/0/x001/x234/067");
    assert_eq!(tile_path(1, 5, 17), "tile/1/005.p/17");
    assert_eq!(bundle_path(1000, 1), "tile/entries/x001/000.p/1");
    // The specification's example: a tree of 70,000 entries.
    let mut edge = Edge::default();
    let mut full = Vec::new();
    for number in 0..70_000_u64 {
        full.extend(edge.push(b"", leaf_hash(&number.to_be_bytes())).into_iter().map(|file| file.path));
    }
    assert_eq!(full.iter().filter(|path| path.starts_with("tile/0/")).count(), 273);
    assert_eq!(full.iter().filter(|path| path.starts_with("tile/entries/")).count(), 273);
    assert_eq!(full.iter().filter(|path| path.starts_with("tile/1/")).collect::<Vec<_>>(), ["tile/1/000"]);
    let partial: Vec<_> = edge.partial().into_iter().map(|file| file.path).collect();
    assert_eq!(partial, ["tile/entries/273.p/112", "tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
}

/// Tiles of a tree of this many entries, in files.
fn tiles(all: &[Hash]) -> (tempfile::TempDir, TileReader) {
    let directory = scratch();
    let mut edge = Edge::default();
    let mut files: Vec<_> = all.iter().flat_map(|hash| edge.push(b"", *hash)).collect();
    files.extend(edge.partial());
    for file in files {
        let path = directory.path().join(file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        put(&path, &file.bytes);
    }
    let reader = TileReader::new(directory.path(), all.len() as u64);
    (directory, reader)
}

#[test]
fn inclusion_proofs_hold_for_their_entry_only() {
    for size in [1, 2, 3, 7, 8, 255, 256, 257, 300, 513, 700] {
        let all = hashes(size);
        let (_directory, reader) = tiles(&all);
        let root = slow_root(&all);
        assert_eq!(reader.root().unwrap(), root);
        for index in (0..size).step_by(1 + usize::try_from(size / 40).unwrap()).chain([size - 1]) {
            let proof = reader.inclusion(index).unwrap();
            let leaf = &all[usize::try_from(index).unwrap()];
            assert!(verify_inclusion(leaf, index, size, &root, &proof), "{index} of {size}");
            assert!(!verify_inclusion(leaf, index + 1, size, &root, &proof));
            assert!(!verify_inclusion(&[1; 32], index, size, &root, &proof));
            for at in 0..proof.len() {
                let mut bent = proof.clone();
                bent[at][0] ^= 1;
                assert!(!verify_inclusion(leaf, index, size, &root, &bent));
                let mut short = proof.clone();
                short.remove(at);
                assert!(!verify_inclusion(leaf, index, size, &root, &short));
            }
        }
        assert!(matches!(reader.inclusion(size), Err(JournalError::OutOfRange)));
    }
}

#[test]
fn consistency_proofs_hold_for_a_prefix_only() {
    for size in [1, 2, 3, 7, 8, 64, 256, 257, 300, 513] {
        let all = hashes(size);
        let (_directory, reader) = tiles(&all);
        let root = slow_root(&all);
        for earlier in (0..=size).step_by(1 + usize::try_from(size / 60).unwrap()) {
            let before = slow_root(&all[..usize::try_from(earlier).unwrap()]);
            let proof = reader.consistency(earlier).unwrap();
            assert!(verify_consistency(earlier, size, &before, &root, &proof), "{earlier} of {size}");
            assert!(!verify_consistency(earlier, size, &[1; 32], &root, &proof));
            if earlier > 0 {
                assert!(!verify_consistency(earlier, size, &before, &[1; 32], &proof));
                assert!(!verify_consistency(earlier + 1, size, &before, &root, &proof));
            }
            for at in 0..proof.len() {
                let mut bent = proof.clone();
                bent[at][0] ^= 1;
                assert!(!verify_consistency(earlier, size, &before, &root, &bent));
            }
        }
    }
}
