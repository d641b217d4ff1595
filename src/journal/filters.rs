//! Needle filters compared with what leaves commit to: which exchange has another filter, or none. It must not read
//! what is in them.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use super::stretch::Stretch;
use super::{Hash, Leaf, Report, What};

/// How many filters the leaves so far commit to, by month.
#[derive(Default)]
pub(super) struct Filters {
    before: BTreeMap<String, u64>,
}

impl Filters {
    /// Compares the stretch of a leaf, if it commits to one. Leaves come in their order.
    pub(super) fn check(&mut self, directory: &Path, leaf: &Leaf, index: u64, report: &mut Report) {
        let Some(stretch) = Stretch::of(leaf) else { return };
        let before = self.before.entry(stretch.month.clone()).or_default();
        let from = *before;
        *before = before.saturating_add(stretch.count);
        let Some(found) = stretch.differing(directory) else { return };
        let Some(listed) = stretch.listed(directory, from) else {
            // Nobody can say which.
            let what = if found.is_empty() { What::FilterMissing } else { What::FilterDiffers };
            return report.add(what, format!("entry {index}"));
        };
        let hashes: HashSet<&Hash> = found.iter().map(|(_, hash)| hash).collect();
        let exchanges: HashSet<&[u8; 16]> = found.iter().map(|(exchange, _)| exchange).collect();
        let place = |exchange: &[u8; 16]| {
            let hex: String = exchange.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("exchange {hex}, entry {index}")
        };
        let mut named = false;
        for (exchange, _) in listed.iter().filter(|(_, hash)| !hashes.contains(hash)) {
            let there = exchanges.contains(exchange);
            report.add(if there { What::FilterDiffers } else { What::FilterMissing }, place(exchange));
            named = true;
        }
        if !named {
            // All are there: in another order, or with others between them.
            let moved = listed.iter().zip(&found).find(|(listed, found)| listed.1 != found.1);
            let place = moved.map_or_else(|| format!("entry {index}"), |((exchange, _), _)| place(exchange));
            report.add(What::FilterDiffers, place);
        }
    }
}
