//! Files beside the vault that entries name: a copy is compared with the newest of them, without a key. It must not
//! know what is in such a file.

use std::collections::BTreeMap;
use std::path::Path;

use super::leaves::each_leaf;
use super::{Detail, Event, Hash, Leaf, Report, What};

/// Compares sealed files of objections and consents, each a name and the SHA-256 of its bytes, with what entries name:
/// one must be the newest of some school (docs/JOURNAL.md, "Files beside the vault"). Entries that cannot be read are the
/// verifier's to report.
pub fn compare_beside(directory: &Path, files: &[(String, Hash)], report: &mut Report) {
    if files.is_empty() {
        return;
    }
    let mut newest: BTreeMap<String, Hash> = BTreeMap::new();
    let mut named: BTreeMap<Hash, u64> = BTreeMap::new();
    let _ = each_leaf(directory, &mut |leaf| {
        if let Some((school, digest)) = names(&leaf) {
            named.insert(digest, leaf.sequence);
            newest.insert(school, digest);
        }
    });
    for (name, digest) in files {
        match named.get(digest) {
            None => report.add(What::BesideUnknown, name),
            Some(_) if newest.values().any(|newest| newest == digest) => {}
            Some(entry) => report.add(What::BesideOlder, entry),
        }
    }
}

/// The school, and the digest of the file that took its place with this entry.
fn names(leaf: &Leaf) -> Option<(String, Hash)> {
    let detail = |name: &str| leaf.details.iter().find(|(of, _)| of == name).map(|(_, detail)| detail);
    match (leaf.event, detail("school"), detail("sealed")) {
        (Event::ROSTER, Some(Detail::Text(school)), Some(Detail::Digest(digest))) => {
            Some((school.clone(), *digest))
        }
        _ => None,
    }
}
