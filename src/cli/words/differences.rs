//! What differs in a journal, in the reader's language.
//!
//! It must not know how it was found; English is the verifier's own.

use crate::config::Language;
use crate::journal::{Difference, What};

/// What differs, where first, and how often.
pub(in crate::cli) fn told(difference: &Difference, language: Language) -> String {
    let more = difference.count - 1;
    match language {
        Language::English => difference.to_string(),
        Language::Dutch if more == 0 => format!("{}: {}", dutch(difference.what), difference.first),
        Language::Dutch => format!("{}: {} (en nog {more})", dutch(difference.what), difference.first),
    }
}

fn dutch(what: What) -> &'static str {
    match what {
        What::CheckpointMissing => "er is geen checkpoint",
        What::CheckpointMalformed => "het checkpoint is er geen",
        What::CheckpointUnsigned => "geen gegeven sleutel heeft het checkpoint ondertekend",
        What::CheckpointSignature => "het checkpoint is niet wat zijn sleutel heeft ondertekend",
        What::EarlierNotBelieved => "het eerdere checkpoint is er geen van dit journaal onder deze sleutel",
        What::RolledBack => {
            "er waren meer regels toen het eerdere checkpoint werd gemaakt of medeondertekend; nu zijn het er"
        }
        What::Forked => "regels onder het eerdere of medeondertekende checkpoint zijn vervangen; het dekt er",
        What::CosignatureMissing => "er is geen medeondertekening van de getuige",
        What::CosignatureDiffers => {
            "de medeondertekening is niet wat de getuige van dit journaal heeft ondertekend, in"
        }
        What::ProofMalformed => "dit is geen bewijs met een regel erin",
        What::ProofDiffers => "de regel is niet die onder het checkpoint valt, bij regel",
        What::BundleMissing => "er ontbreken regels",
        What::BundleMalformed => "er zijn regels ingevoegd, weggehaald of afgekapt",
        What::TileMissing => "er ontbreken hashes, of zij zijn afgekapt",
        What::TileDiffers => "hashes volgen niet uit die eronder",
        What::EntryDiffers => "regel en hash horen niet bij elkaar, bij regel",
        What::LeafUnreadable => "wat daar staat is geen regel, bij regel",
        What::LeafOutOfPlace => "een regel draagt een andere plaats, bij regel",
        What::TimeWentBack => "de tijd gaat terug, bij regel",
        What::CommitmentsMissing => "de verbintenissen aan leerlingen houden te vroeg op, bij regel",
        What::CommitmentsDiffer => "de verbintenissen aan leerlingen zijn niet die van de regel, bij regel",
        What::FilterMissing => "het zoekfilter waar het journaal voor instaat ontbreekt, van",
        What::FilterDiffers => "het zoekfilter is niet dat waar het journaal voor instaat, van",
        What::RootDiffers => "de regels zijn niet die ondertekend zijn; ondertekend zijn er",
        What::TilesRootDiffers => "de hashes zijn niet die ondertekend zijn; ondertekend zijn er",
        What::LogDiffers => "entries.log heeft iets anders, bij regel",
        What::LogCommitmentsDiffer => "entries.log heeft andere verbintenissen aan leerlingen, bij regel",
        What::LogShorter => "entries.log houdt op voor het checkpoint, bij regel",
        What::LogDamaged => "entries.log is beschadigd, bij regel",
        What::BesideOlder => "het bestand naast de kluis is niet het nieuwste; het is dat van regel",
        What::BesideUnknown => "geen regel noemt een bestand naast de kluis als dit",
    }
}
