//! What is said about objections, consents and canaries.
//!
//! It must not know where it is shown.

use super::roster_reason;
use crate::config::words::{Message, Value, error};

/// All of this file.
pub(super) const ALL: &[&Message] = &[
    &CONSENTS_EMPTY,
    &CONSENTS_DAMAGED,
    &CONSENTS_FAILED,
    &CONSENTS_PUT_BACK,
    &CONSENTS_RECOVER,
    &CONSENT_FIELD,
    &CONSENT_NOTHING,
    &CONSENT_REASON,
    &CANARY_LEAKED,
    &CANARY_FAILED,
];

/// What is wrong with a row, in both languages.
pub(in crate::cli) fn consent_reason(what: &'static str) -> Value {
    match REASONS.iter().find(|(english, _)| *english == what) {
        Some((english, dutch)) => Value::Each(english, dutch),
        None => roster_reason(what),
    }
}

/// What is wrong with a file of objections and consents; what such a file has in common with a roster is said there.
const REASONS: &[(&str, &str)] = &[
    (
        "a column is missing: there are kind, identifier, publisher, stance and date",
        "er ontbreekt een kolom: het zijn soort, kenmerk, uitgever, standpunt en datum",
    ),
    (
        "a consent is for one publisher: `*` is for objections only",
        "een toestemming is voor één uitgever: `*` is alleen voor bezwaren",
    ),
    ("a date that has not come yet", "een datum die nog niet geweest is"),
    ("neither `objection` nor `consent`", "geen `bezwaar` en geen `toestemming`"),
    ("no identifier", "geen kenmerk"),
    ("no publisher of this school", "geen uitgever van deze school"),
    ("not a date", "geen datum"),
    ("not a kind of identifier", "geen soort kenmerk"),
    ("not a publisher's id, nor `*`", "geen id van een uitgever, en geen `*`"),
    (
        "the first row names the columns: kind, identifier, publisher, stance, date",
        "de eerste rij noemt de kolommen: soort, kenmerk, uitgever, standpunt, datum",
    ),
    ("the row has more or fewer fields than the header", "de rij heeft meer of minder velden dan de kop"),
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
/// The kept file is not the newest.
pub(in crate::cli) const CONSENTS_PUT_BACK: Message = error(
    "CLI-180",
    [
        "the objections and consents in {path} are not those that the journal names last: {reason}",
        "put the newest back (each `sluis vault backup` has a copy beside it); when it is lost: `sluis consent recover`, and record again what was said since",
    ],
    [
        "de bezwaren en toestemmingen in {path} zijn niet de laatste die het journaal noemt: {reason}",
        "zet de nieuwste terug (naast elke `sluis vault backup` staat een kopie); is die verloren: `sluis consent recover`, en leg opnieuw vast wat sindsdien is gezegd",
    ],
);
/// Nothing to begin with again.
pub(in crate::cli) const CONSENTS_RECOVER: Message = error(
    "CLI-181",
    [
        "there are no objections and consents of this school and vault in {path}",
        "name a copy that stands beside a backup of this vault, or say --none: everything must then be recorded again",
    ],
    [
        "in {path} staan geen bezwaren en toestemmingen van deze school en kluis",
        "noem een kopie naast een reservekopie van deze kluis, of zeg --none: alles moet dan opnieuw worden vastgelegd",
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
/// The night's canaries did not all stay inside.
pub(in crate::cli) const CANARY_LEAKED: Message = error(
    "CLI-126",
    [
        "a canary got through: what names a pupil can leave by this configuration",
        "run `sluis canary run`: it names route and message; correct the profile, or take the route away until then",
    ],
    [
        "er kwam een kanarie door: wat een leerling noemt kan met deze configuratie naar buiten",
        "geef `sluis canary run`: die noemt route en bericht; verbeter het profiel, of haal de route zolang weg",
    ],
);
/// The night's canaries could not all be sent.
pub(in crate::cli) const CANARY_FAILED: Message = error(
    "CLI-184",
    [
        "a route could not be tried with canaries: nothing is known of its rules tonight",
        "run `sluis canary run`: it says why, for each route",
    ],
    [
        "een route kon niet met kanaries worden beproefd: vannacht is niets bekend over haar regels",
        "geef `sluis canary run`: die zegt per route waarom",
    ],
);
