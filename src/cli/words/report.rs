//! What is said about registers and evidence.
//!
//! It must not know where it is shown.

use crate::config::words::{Message, error};

/// All of this file.
pub(super) const ALL: &[&Message] = &[&JOURNAL_DIFFERS, &PERIOD, &JOURNAL_MOVED, &BUNDLE_THERE];

/// No report is made of a journal that does not verify.
pub(in crate::cli) const JOURNAL_DIFFERS: Message = error(
    "CLI-154",
    [
        "the journal is not what it was, so that no report is made of it: {count} kinds of difference, first {first}",
        "leave its directory as it is, and compare with `sluis journal verify` and a checkpoint kept elsewhere",
    ],
    [
        "het journaal is niet wat het was, dus er wordt geen verslag van gemaakt: {count} soorten verschil, eerst {first}",
        "laat de map zoals zij is, en vergelijk met `sluis journal verify` en een elders bewaard checkpoint",
    ],
);
/// A period that holds nothing.
pub(in crate::cli) const PERIOD: Message = error(
    "CLI-151",
    ["the period ends before it begins", "let --from be no later than --to"],
    ["de periode eindigt voor zij begint", "laat --from niet later zijn dan --to"],
);
/// What was copied is not what was verified.
pub(in crate::cli) const JOURNAL_MOVED: Message = error(
    "CLI-152",
    [
        "the copied entries are not those of the checkpoint that was copied with them",
        "run it again; if it stays so, see `sluis journal verify`",
    ],
    [
        "de gekopieerde regels zijn niet die van het checkpoint dat meeging",
        "probeer het opnieuw; blijft het zo, kijk dan met `sluis journal verify`",
    ],
);
/// A bundle of that name is there.
pub(in crate::cli) const BUNDLE_THERE: Message = error(
    "CLI-153",
    [
        "{path} already exists, and nothing was written",
        "name another file with --out, or move this one away yourself",
    ],
    [
        "{path} bestaat al, en er is niets geschreven",
        "noem een ander bestand met --out, of zet dit zelf ergens anders",
    ],
);
