//! What is said about a pupil's rights. Never a word of the pupil.

use crate::config::words::{Message, error};

pub(super) const ALL: &[&Message] = &[
    &PUPIL_UNKNOWN,
    &PUPIL_KIND,
    &PUPIL_INPUT,
    &PUPIL_MANY,
    &PUPIL_REASON,
    &PUPIL_OFTEN,
    &PUPIL_OUTPUT,
    &PSEUDONYM_UNKNOWN,
    &TOMBSTONES,
    &TOMBSTONES_UNKNOWN,
    &FORGET_FOR_EVER,
    &PUPIL_CHOOSE,
];

/// Nobody, as far as vault and roster know.
pub(in crate::cli) const PUPIL_UNKNOWN: Message = error(
    "CLI-140",
    [
        "nothing is known of such a pupil",
        "see to the kind and the spelling; who was forgotten is unknown as well",
    ],
    [
        "van zo'n leerling is niets bekend",
        "let op de soort en de schrijfwijze; wie vergeten is, is ook onbekend",
    ],
);
/// Not a kind of identifier.
pub(in crate::cli) const PUPIL_KIND: Message = error(
    "CLI-141",
    ["\"{found}\" is no kind of identifier", "the kinds are {known}"],
    ["\"{found}\" is geen soort kenmerk", "de soorten zijn {known}"],
);
/// Nothing fit was typed.
pub(in crate::cli) const PUPIL_INPUT: Message = error(
    "CLI-142",
    [
        "what was typed is no identifier or name",
        "one line of at most 1000 bytes, from standard input or with --id-file FILE",
    ],
    [
        "wat er is ingetypt is geen kenmerk of naam",
        "één regel van ten hoogste 1000 bytes, via standaardinvoer of met --id-file BESTAND",
    ],
);
/// Too many of one name.
pub(in crate::cli) const PUPIL_MANY: Message = error(
    "CLI-143",
    ["more than {most} pupils are called so", "type more of the name, or an identifier"],
    ["meer dan {most} leerlingen heten zo", "typ meer van de naam, of een kenmerk"],
);
/// Not a reason that may stand in the journal.
pub(in crate::cli) const PUPIL_REASON: Message = error(
    "CLI-144",
    [
        "this reason cannot be recorded: {reason}",
        "say in a few words why, and name nobody: --reason \"request of a parent\"",
    ],
    [
        "deze reden kan niet worden vastgelegd: {reason}",
        "zeg in een paar woorden waarom, en noem niemand: --reason \"verzoek van een ouder\"",
    ],
);
/// Too often.
pub(in crate::cli) const PUPIL_OFTEN: Message = error(
    "CLI-145",
    [
        "you have looked at pupils' data {count} times in the last hour",
        "at most {most} times an hour: wait; the journal shows who looked when",
    ],
    [
        "u hebt het laatste uur {count} keer gegevens van leerlingen bekeken",
        "ten hoogste {most} keer per uur: wacht; het journaal toont wie wanneer keek",
    ],
);
/// A file that cannot be made.
pub(in crate::cli) const PUPIL_OUTPUT: Message = error(
    "CLI-146",
    [
        "{path} cannot be made: {reason}",
        "name a new file, in a directory where you may write, ending in .json or .html",
    ],
    [
        "{path} kan niet worden gemaakt: {reason}",
        "noem een nieuw bestand, in een map waar u mag schrijven, eindigend op .json of .html",
    ],
);
/// Nobody behind a pseudonym: unknown, another publisher's, or forgotten.
pub(in crate::cli) const PSEUDONYM_UNKNOWN: Message = error(
    "CLI-147",
    [
        "nobody stands behind this pseudonym",
        "see to the publisher and the spelling; the attempt stands in the journal",
    ],
    [
        "achter dit pseudoniem staat niemand",
        "let op de uitgever en de schrijfwijze; de poging staat in het journaal",
    ],
);
/// Whom an older vault would bring back.
pub(in crate::cli) const TOMBSTONES: Message = error(
    "CLI-148",
    [
        "{missing} tombstones are missing: recovered without them, forgotten pupils would be back",
        "add `--erased FILE` with the newest file that ends in .erased; each backup has one beside it",
    ],
    [
        "er ontbreken {missing} grafstenen: zonder die zouden vergeten leerlingen terug zijn",
        "voeg `--erased BESTAND` toe met het nieuwste bestand dat op .erased eindigt; naast elke reservekopie staat er een",
    ],
);
/// Nobody can say who was forgotten.
pub(in crate::cli) const TOMBSTONES_UNKNOWN: Message = error(
    "CLI-183",
    [
        "neither the journal nor the vault is here to say who was forgotten since this backup: such pupils would be back",
        "add `--erased FILE` with the newest file of tombstones: state/vault/erased, one beside a later backup, or recovery/erased",
    ],
    [
        "journaal noch kluis is er om te zeggen wie sinds deze reservekopie is vergeten: die leerlingen zouden terug zijn",
        "voeg `--erased BESTAND` toe met het nieuwste bestand van grafstenen: state/vault/erased, dat naast een latere reservekopie, of recovery/erased",
    ],
);
/// Forgetting without saying so.
pub(in crate::cli) const FORGET_FOR_EVER: Message = error(
    "CLI-149",
    [
        "forgetting a pupil cannot be undone, and nothing was done",
        "look first with `sluis pupil show`; then add `--for-ever`",
    ],
    [
        "een leerling vergeten kan niet ongedaan worden gemaakt, en er is niets gedaan",
        "kijk eerst met `sluis pupil show`; voeg daarna `--for-ever` toe",
    ],
);
/// Several of one name.
pub(in crate::cli) const PUPIL_CHOOSE: Message = error(
    "CLI-150",
    [
        "it is not clear which of {count} pupils is meant",
        "add `--choose N` with the number before the right one",
    ],
    [
        "het is niet duidelijk welke van {count} leerlingen bedoeld is",
        "voeg `--choose N` toe met het nummer voor de juiste",
    ],
);
