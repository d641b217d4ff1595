//! What is said about witnesses, proofs and copies of the journal.
//!
//! It must not know where it is shown.

use crate::config::words::{Message, error};

/// All of this file.
pub(super) const ALL: &[&Message] = &[
    &WITNESS_UNUSABLE,
    &WITNESS_CONFIG,
    &WITNESS_BOOK,
    &WITNESS_NAME,
    &WITNESS_KEY,
    &NO_SUCH_ENTRY,
    &NO_EXCHANGE,
    &EXPORT,
    &PUT_BACK,
    &TILE,
];

/// A witness of the configuration.
pub(in crate::cli) const WITNESS_UNUSABLE: Message = error(
    "CLI-110",
    ["the witness {name} cannot be asked: {reason}", "see to its `url` and `ca` under [[journal.witness]]"],
    ["de getuige {name} is niet te vragen: {reason}", "controleer `url` en `ca` onder [[journal.witness]]"],
);
/// The witness's own configuration.
pub(in crate::cli) const WITNESS_CONFIG: Message = error(
    "CLI-111",
    [
        "the witness in {path} cannot be used: {reason}",
        "correct witness.toml there, or make a witness with `sluis witness init`",
    ],
    [
        "de getuige in {path} is niet bruikbaar: {reason}",
        "verbeter witness.toml daar, of maak een getuige met `sluis witness init`",
    ],
);
/// The witness's book.
pub(in crate::cli) const WITNESS_BOOK: Message = error(
    "CLI-112",
    [
        "the witness does not trust its own book: {reason}",
        "put the newest copy of its directory back; one witness runs at a time",
    ],
    [
        "de getuige vertrouwt haar eigen boek niet: {reason}",
        "zet de nieuwste kopie van haar map terug; er draait er een tegelijk",
    ],
);
/// Not a name for a witness.
pub(in crate::cli) const WITNESS_NAME: Message = error(
    "CLI-113",
    [
        "\"{found}\" cannot name a witness",
        "take an address without https://, such as witness.bestuur.example",
    ],
    [
        "\"{found}\" kan geen naam van een getuige zijn",
        "neem een adres zonder https://, zoals witness.bestuur.example",
    ],
);
/// Not a witness's key.
pub(in crate::cli) const WITNESS_KEY: Message = error(
    "CLI-114",
    ["this is no public key of a witness", "it looks like name+id+key, and stands in its witness.vkey"],
    [
        "dit is geen publieke sleutel van een getuige",
        "die ziet eruit als naam+id+sleutel, en staat in haar witness.vkey",
    ],
);
/// No such entry under the checkpoint.
pub(in crate::cli) const NO_SUCH_ENTRY: Message = error(
    "CLI-115",
    [
        "no checkpoint covers entry {index} yet",
        "the running server writes a checkpoint every minute: try again, or name another entry",
    ],
    [
        "regel {index} valt nog onder geen checkpoint",
        "de draaiende server schrijft elke minuut een checkpoint: probeer het opnieuw, of noem een andere regel",
    ],
);
/// Nothing about an exchange under the checkpoint.
pub(in crate::cli) const NO_EXCHANGE: Message = error(
    "CLI-116",
    [
        "no entry under the checkpoint is about exchange {exchange}",
        "only what crossed or was refused after a route was found is journalled; the newest minute has no checkpoint yet",
    ],
    [
        "geen regel onder het checkpoint gaat over uitwisseling {exchange}",
        "alleen wat de grens over ging of na het vinden van een route werd geweigerd, staat in het journaal; de nieuwste minuut heeft nog geen checkpoint",
    ],
);
/// A copy that could not be made.
pub(in crate::cli) const EXPORT: Message = error(
    "CLI-117",
    [
        "{path} cannot be written: {reason}",
        "name a new directory, on a disk with room; an unfinished copy has no checkpoint",
    ],
    [
        "{path} is niet te schrijven: {reason}",
        "noem een nieuwe map, op een schijf met ruimte; een onvoltooide kopie heeft geen checkpoint",
    ],
);
/// A journal that was put back.
pub(in crate::cli) const PUT_BACK: Message = error(
    "CLI-118",
    [
        "the journal is sealed, and nothing is served: {reason}",
        "keep everything as it is, and put the newest vault and journal back together; docs/WITNESS.md says what to do when there is no newer one",
    ],
    [
        "het journaal is verzegeld, en er wordt niets bediend: {reason}",
        "laat alles zoals het is, en zet de nieuwste kluis en het nieuwste journaal samen terug; docs/WITNESS.md zegt wat u doet als die er niet zijn",
    ],
);
/// A tile or bundle that is needed.
pub(in crate::cli) const TILE: Message = error(
    "CLI-119",
    [
        "{path} of the journal is missing or cannot be read",
        "`sluis journal verify` says what else differs; leave the directory as it is",
    ],
    [
        "{path} van het journaal ontbreekt of is niet te lezen",
        "`sluis journal verify` zegt wat er nog meer afwijkt; laat de map zoals zij is",
    ],
);
