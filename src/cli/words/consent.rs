//! What is said about objections, consents and canaries.
//!
//! It must not know where it is shown.

use crate::config::words::{Message, error};

/// All of this file.
pub(super) const ALL: &[&Message] = &[
    &CONSENTS_EMPTY,
    &CONSENTS_DAMAGED,
    &CONSENTS_FAILED,
    &CONSENT_FIELD,
    &CONSENT_NOTHING,
    &CONSENT_REASON,
];

/// An empty file.
pub(in crate::cli) const CONSENTS_EMPTY: Message = error(
    "CLI-120",
    [
        "the file is empty: its first row must name the columns",
        "kind, identifier, publisher, stance, date; nothing was imported",
    ],
    [
        "het bestand is leeg: de eerste rij moet de kolommen noemen",
        "soort, kenmerk, uitgever, standpunt, datum; er is niets ingelezen",
    ],
);
/// A file that is not what it should be.
pub(in crate::cli) const CONSENTS_DAMAGED: Message = error(
    "CLI-121",
    [
        "row {row}, column {column} ({name}): {reason}; nothing was imported",
        "correct the file, and import it again; what was on record still holds",
    ],
    [
        "rij {row}, kolom {column} ({name}): {reason}; er is niets ingelezen",
        "verbeter het bestand, en lees het opnieuw in; wat vastlag geldt nog",
    ],
);
/// The kept file cannot be read or written.
pub(in crate::cli) const CONSENTS_FAILED: Message = error(
    "CLI-122",
    [
        "the objections and consents in {path} did not do it: {reason}",
        "objections may be in it, so nothing goes on without it: put a copy back, or move it away and record them again",
    ],
    [
        "de bezwaren en toestemmingen in {path} deden het niet: {reason}",
        "er kunnen bezwaren in staan, dus zonder gaat niets door: zet een kopie terug, of zet het weg en leg ze opnieuw vast",
    ],
);
/// A field of the command that does not hold.
pub(in crate::cli) const CONSENT_FIELD: Message = error(
    "CLI-123",
    [
        "`{key}` does not hold: {reason}",
        "see `sluis consent set --help`; nothing was recorded and nothing was withdrawn",
    ],
    [
        "`{key}` klopt niet: {reason}",
        "zie `sluis consent set --help`; er is niets vastgelegd en niets ingetrokken",
    ],
);
/// Nothing to withdraw.
pub(in crate::cli) const CONSENT_NOTHING: Message = error(
    "CLI-124",
    [
        "there is no {stance} of this pupil for {publisher} on record: nothing was withdrawn",
        "an objection to `*` is withdrawn as `*`; `sluis consent list` counts what is on record",
    ],
    [
        "er ligt van deze leerling geen {stance} voor {publisher} vast: er is niets ingetrokken",
        "een bezwaar tegen `*` wordt als `*` ingetrokken; `sluis consent list` telt wat vastligt",
    ],
);
/// A reason that says who.
pub(in crate::cli) const CONSENT_REASON: Message = error(
    "CLI-125",
    [
        "the reason names the pupil, or is longer than {most} bytes: it would stand in the journal for ever",
        "say why, not who: `--reason \"letter of parents, 1 September\"`",
    ],
    [
        "de reden noemt de leerling, of is langer dan {most} bytes: zij zou voor altijd in het journaal staan",
        "zeg waarom, niet wie: `--reason \"brief van de ouders, 1 september\"`",
    ],
);
