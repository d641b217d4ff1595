//! What is said about vault, journal, epochs and roster.
//!
//! It must not know where it is shown.

use crate::config::words::{Message, error};

/// All of this file.
pub(super) const ALL: &[&Message] = &[
    &VAULT_MISSING,
    &IN_USE,
    &UNLOCK_UNFIT,
    &UNLOCK_WRONG,
    &VAULT_SEALED,
    &DISK_FULL,
    &EPOCH_UNKNOWN,
    &EPOCH_OVER,
    &VAULT_FAILED,
    &SERVER_RUNS,
    &JOURNAL_MISSING,
    &JOURNAL_SEALED,
    &CLOCK_BACK,
    &JOURNAL_FAILED,
    &EPOCH_SERVES,
    &EPOCH_UNFIT,
    &FOR_EVER,
    &PUBLISHER_UNKNOWN,
    &SCHOOL_UNCLEAR,
    &VERIFIER_KEY,
    &ROSTER_EMPTY,
    &ROSTER_DAMAGED,
    &ROSTER_FAILED,
    &NO_ROSTER_PATH,
    &BACKUP_UNFIT,
    &NO_PRIMARY,
];

/// There is no vault.
pub(in crate::cli) const VAULT_MISSING: Message = error(
    "CLI-030",
    [
        "there is no vault in {path}",
        "`sluis init` makes one; if there was one, put its backup in place with `sluis vault recover`",
    ],
    [
        "er is geen kluis in {path}",
        "`sluis init` maakt er een; was er een, zet dan de reservekopie terug met `sluis vault recover`",
    ],
);
/// Another process holds a store.
pub(in crate::cli) const IN_USE: Message = error(
    "CLI-031",
    [
        "{path} is in use by another process",
        "a server that does not answer on its socket may be stopping: wait, or see `ps` and its log",
    ],
    [
        "{path} is in gebruik bij een ander proces",
        "een server die op zijn socket niet antwoordt kan aan het stoppen zijn: wacht, of kijk met `ps` en in de log",
    ],
);
/// The unlock file is of no use.
pub(in crate::cli) const UNLOCK_UNFIT: Message = error(
    "CLI-032",
    [
        "{path} cannot unlock a vault: {reason}",
        "a key file holds 32 random bytes or 64 hex digits; a passphrase has 12 characters or more",
    ],
    [
        "{path} kan geen kluis openen: {reason}",
        "een sleutelbestand bevat 32 willekeurige bytes of 64 hexadecimale cijfers; een wachtzin telt 12 tekens of meer",
    ],
);
/// The key does not open it.
pub(in crate::cli) const UNLOCK_WRONG: Message = error(
    "CLI-033",
    [
        "the vault does not open: {reason}",
        "name the unlock file that belongs to it, or take the one in the recovery kit",
    ],
    ["de kluis gaat niet open: {reason}", "noem het bestand dat erbij hoort, of neem dat uit de herstelset"],
);
/// The vault is not what it was.
pub(in crate::cli) const VAULT_SEALED: Message = error(
    "CLI-034",
    [
        "the vault is sealed, and nothing is served: {reason}",
        "leave its files as they are, and recover with `sluis vault recover --rehearse` first",
    ],
    [
        "de kluis is verzegeld, en er gaat niets door: {reason}",
        "laat de bestanden zoals ze zijn, en herstel eerst op proef met `sluis vault recover --rehearse`",
    ],
);
/// No room.
pub(in crate::cli) const DISK_FULL: Message = error(
    "CLI-035",
    ["the disk is full; nothing was changed", "make room, and run the command again"],
    ["de schijf is vol; er is niets veranderd", "maak ruimte, en geef de opdracht opnieuw"],
);
/// The epoch was never opened.
pub(in crate::cli) const EPOCH_UNKNOWN: Message = error(
    "CLI-036",
    [
        "epoch {epoch} of {publisher} has no key",
        "`sluis keys list` shows which there are; `sluis keys rotate` opens one",
    ],
    [
        "periode {epoch} van {publisher} heeft geen sleutel",
        "`sluis keys list` toont welke er zijn; `sluis keys rotate` opent er een",
    ],
);
/// The epoch no longer serves.
pub(in crate::cli) const EPOCH_OVER: Message = error(
    "CLI-037",
    [
        "epoch {epoch} of {publisher} was closed, and its name is used up",
        "choose another name, and open it with `sluis keys rotate`",
    ],
    [
        "periode {epoch} van {publisher} is gesloten, en die naam is op",
        "kies een andere naam, en open die met `sluis keys rotate`",
    ],
);
/// Something else in the vault.
pub(in crate::cli) const VAULT_FAILED: Message = error(
    "CLI-038",
    ["the vault did not do it: {reason}", "`sluis vault verify` says whether the vault is whole"],
    ["de kluis deed het niet: {reason}", "`sluis vault verify` zegt of de kluis heel is"],
);
/// Recovering under a running server.
pub(in crate::cli) const SERVER_RUNS: Message = error(
    "CLI-039",
    [
        "the server is running, and the vault is its own",
        "stop it first: `sluis serve` ends on SIGTERM; `--rehearse` may be done while it runs",
    ],
    [
        "de server draait, en de kluis is van hem",
        "stop hem eerst: `sluis serve` eindigt op SIGTERM; `--rehearse` mag terwijl hij draait",
    ],
);
/// A vault without its journal.
pub(in crate::cli) const JOURNAL_MISSING: Message = error(
    "CLI-040",
    [
        "there is no journal in {path}, beside a vault",
        "put the newest backup of the journal back: without it nobody can tell whether the vault is an old one",
    ],
    [
        "er is geen journaal in {path}, naast een kluis",
        "zet de nieuwste reservekopie van het journaal terug: zonder journaal is niet te zien of de kluis een oude is",
    ],
);
/// The journal is not what it was.
pub(in crate::cli) const JOURNAL_SEALED: Message = error(
    "CLI-041",
    [
        "the journal is sealed, and nothing is served: {reason}",
        "leave its directory as it is; `sluis journal verify` says where it differs",
    ],
    [
        "het journaal is verzegeld, en er gaat niets door: {reason}",
        "laat de map zoals zij is; `sluis journal verify` zegt waar het verschilt",
    ],
);
/// The clock is behind the journal.
pub(in crate::cli) const CLOCK_BACK: Message = error(
    "CLI-042",
    [
        "the clock is {seconds} s behind the newest entry of the journal",
        "set the clock right; if it was wrong before and is right now, start once with `sluis serve --accept-clock`",
    ],
    [
        "de klok loopt {seconds} s achter op de nieuwste regel van het journaal",
        "zet de klok goed; was zij eerder fout en klopt zij nu, start dan één keer met `sluis serve --accept-clock`",
    ],
);
/// Something else in the journal.
pub(in crate::cli) const JOURNAL_FAILED: Message = error(
    "CLI-043",
    [
        "the journal did not do it: {reason}",
        "see to room and permissions there; nothing crosses while it cannot be written",
    ],
    [
        "het journaal deed het niet: {reason}",
        "zorg daar voor ruimte en rechten; er gaat niets door zolang het niet te schrijven is",
    ],
);
/// Closing the epoch in use.
pub(in crate::cli) const EPOCH_SERVES: Message = error(
    "CLI-044",
    [
        "epoch {epoch} of {publisher} serves, and cannot be closed",
        "let `epoch` in the configuration name another one first, and reload",
    ],
    [
        "periode {epoch} van {publisher} dient, en kan niet dicht",
        "laat `epoch` in de configuratie eerst een andere noemen, en herlaad",
    ],
);
/// Not an epoch.
pub(in crate::cli) const EPOCH_UNFIT: Message = error(
    "CLI-045",
    ["\"{found}\" is not an epoch", "1 to 32 letters, digits, - _ and ., for example 2026-2027"],
    ["\"{found}\" is geen periode", "1 tot 32 letters, cijfers, - _ en ., bijvoorbeeld 2026-2027"],
);
/// Closing without saying so.
pub(in crate::cli) const FOR_EVER: Message = error(
    "CLI-046",
    [
        "closing an epoch destroys its keys, and nothing was done",
        "add `--for-ever` if that is meant: its pseudonyms can never come home again",
    ],
    [
        "een periode sluiten vernietigt haar sleutels, en er is niets gedaan",
        "voeg `--for-ever` toe als dat de bedoeling is: haar pseudoniemen komen nooit meer thuis",
    ],
);
/// A publisher that is not there.
pub(in crate::cli) const PUBLISHER_UNKNOWN: Message = error(
    "CLI-047",
    ["{publisher} is no publisher of this school", "`sluis check` shows which there are"],
    ["{publisher} is geen uitgever van deze school", "`sluis check` toont welke er zijn"],
);
/// Which school is meant.
pub(in crate::cli) const SCHOOL_UNCLEAR: Message = error(
    "CLI-048",
    ["it is not clear which school is meant", "add `--school BRIN` with a school of the configuration"],
    [
        "het is niet duidelijk welke school bedoeld is",
        "voeg `--school BRIN` toe met een school uit de configuratie",
    ],
);
/// Not a verifier key.
pub(in crate::cli) const VERIFIER_KEY: Message = error(
    "CLI-049",
    ["this is no public key of a journal", "it looks like name+id+key, and stands in recovery/journal.vkey"],
    [
        "dit is geen publieke sleutel van een journaal",
        "die ziet eruit als naam+id+sleutel, en staat in recovery/journal.vkey",
    ],
);
/// No header row.
pub(in crate::cli) const ROSTER_EMPTY: Message = error(
    "CLI-050",
    [
        "the file is empty, and nothing was imported",
        "its first row names the columns, for example pupil_number,given_name,prefix,family_name,email,birth_date",
    ],
    [
        "het bestand is leeg, en er is niets ingelezen",
        "de eerste rij noemt de kolommen, bijvoorbeeld leerlingnummer,voornaam,tussenvoegsel,achternaam,email,geboortedatum",
    ],
);
/// A fault in the file.
pub(in crate::cli) const ROSTER_DAMAGED: Message = error(
    "CLI-051",
    [
        "row {row}, column {column} ({name}): {reason}{other}; nothing was imported",
        "correct the file, and import it again; the earlier roster still serves",
    ],
    [
        "rij {row}, kolom {column} ({name}): {reason}{other}; er is niets ingelezen",
        "verbeter het bestand, en lees het opnieuw in; de vorige leerlingenlijst geldt nog",
    ],
);
/// Something else with the roster.
pub(in crate::cli) const ROSTER_FAILED: Message = error(
    "CLI-052",
    ["the roster did not do it: {reason}", "see to room and permissions there, and import it again"],
    [
        "de leerlingenlijst deed het niet: {reason}",
        "zorg daar voor ruimte en rechten, en lees haar opnieuw in",
    ],
);
/// No place for a roster.
pub(in crate::cli) const NO_ROSTER_PATH: Message = error(
    "CLI-053",
    [
        "the configuration has no place for a roster",
        "add `roster = \"state/roster\"` at its top, and import again",
    ],
    [
        "de configuratie heeft geen plek voor een leerlingenlijst",
        "voeg bovenaan `roster = \"state/roster\"` toe, en lees opnieuw in",
    ],
);
/// Not a whole backup.
pub(in crate::cli) const BACKUP_UNFIT: Message = error(
    "CLI-054",
    ["{path}: {reason}", "take another backup; each new one is written to a new file"],
    ["{path}: {reason}", "neem een andere reservekopie; elke nieuwe komt in een nieuw bestand"],
);
/// A pupil without primary identifier.
pub(in crate::cli) const NO_PRIMARY: Message = error(
    "CLI-055",
    [
        "{count} pupils have no {kind}, which links their identifiers; nothing was imported",
        "complete the file, or name another `primary` in [roster]",
    ],
    [
        "{count} leerlingen hebben geen {kind}, dat hun kenmerken koppelt; er is niets ingelezen",
        "vul het bestand aan, of noem een andere `primary` in [roster]",
    ],
);
