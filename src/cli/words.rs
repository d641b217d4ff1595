//! What the commands say when they fail, in Dutch and English, under codes that never change.

use crate::config::words::{Message, error};

/// All of this file, for the documentation and its test.
pub(super) const ALL: &[&Message] =
    &[&CONFIG_UNUSABLE, &OCCUPIED, &ANSWERS_UNREADABLE, &ANSWER_MISSING, &ANSWER_UNFIT, &NO_TERMINAL, &WRITE];

/// Another command met a configuration that does not hold.
pub(super) const CONFIG_UNUSABLE: Message = error(
    "CLI-001",
    ["{file} has {errors} errors and cannot be used", "see above; `sluis check` shows them again"],
    ["{file} heeft {errors} fouten en is niet bruikbaar", "zie hierboven; `sluis check` toont ze nog eens"],
);
/// `init` would overwrite.
pub(super) const OCCUPIED: Message = error(
    "CLI-010",
    [
        "{path} already exists, and nothing was written",
        "choose another directory with `--in DIR`, or move what is there away yourself",
    ],
    [
        "{path} bestaat al, en er is niets geschreven",
        "kies een andere map met `--in MAP`, of haal zelf weg wat er staat",
    ],
);
/// The answers file.
pub(super) const ANSWERS_UNREADABLE: Message = error(
    "CLI-011",
    [
        "the answers in {path} cannot be read: {reason}",
        "write TOML with the keys that `sluis init --help` lists",
    ],
    [
        "de antwoorden in {path} zijn niet te lezen: {reason}",
        "schrijf TOML met de sleutels die `sluis init --help` noemt",
    ],
);
/// No answer and nobody to ask.
pub(super) const ANSWER_MISSING: Message = error(
    "CLI-012",
    [
        "there is no answer to `{key}`",
        "add `{key} = …` to the answers file, or run `sluis init` at a terminal without `--no-input`",
    ],
    [
        "er is geen antwoord op `{key}`",
        "voeg `{key} = …` toe aan het bestand met antwoorden, of geef `sluis init` in een terminal zonder `--no-input`",
    ],
);
/// An answer that does not hold.
pub(super) const ANSWER_UNFIT: Message = error(
    "CLI-013",
    ["the answer to `{key}` cannot be used: {reason}", "correct it; nothing was written"],
    ["het antwoord op `{key}` is onbruikbaar: {reason}", "verbeter het; er is niets geschreven"],
);
/// Questions without a terminal.
pub(super) const NO_TERMINAL: Message = error(
    "CLI-014",
    ["there is no terminal to ask questions at", "give the answers with `--answers FILE --no-input`"],
    ["er is geen terminal om vragen te stellen", "geef de antwoorden met `--answers BESTAND --no-input`"],
);
/// Something could not be written.
pub(super) const WRITE: Message = error(
    "CLI-015",
    [
        "{path} cannot be written: {reason}; what had been written is removed again",
        "see to room and permissions there, and run the command again",
    ],
    [
        "{path} is niet te schrijven: {reason}; wat al geschreven was, is weer verwijderd",
        "zorg daar voor ruimte en rechten, en geef de opdracht opnieuw",
    ],
);
/// A file on the command line.
pub(super) const READ: Message = error(
    "CLI-016",
    ["{path} cannot be read: {reason}", "see to the path and its permissions"],
    ["{path} is niet te lezen: {reason}", "controleer het pad en de rechten"],
);
/// The server went away in the middle.
pub(super) const SERVER_LOST: Message = error(
    "CLI-020",
    [
        "the running server broke off before it answered",
        "see its log, and ask again; what it had begun may have been done",
    ],
    [
        "de draaiende server brak af voordat hij antwoordde",
        "kijk in zijn log, en vraag het opnieuw; wat begonnen was kan gedaan zijn",
    ],
);
/// Somebody else's command.
pub(super) const OTHER_USER: Message = error(
    "CLI-021",
    [
        "the running server takes commands from its own user and from root only",
        "run the command as that user, for example with `sudo -u sluis`",
    ],
    [
        "de draaiende server neemt alleen opdrachten aan van zijn eigen gebruiker en van root",
        "geef de opdracht als die gebruiker, bijvoorbeeld met `sudo -u sluis`",
    ],
);
/// Another version.
pub(super) const OTHER_VERSION: Message = error(
    "CLI-022",
    [
        "the running server does not know this command",
        "server and command are of different versions: restart the server",
    ],
    [
        "de draaiende server kent deze opdracht niet",
        "server en opdracht zijn van verschillende versies: herstart de server",
    ],
);
/// A fault of ours.
pub(super) const INTERNAL: Message = error(
    "CLI-023",
    [
        "a part of Sluis failed unexpectedly",
        "the log says where; please report it, without anything personal",
    ],
    [
        "een deel van Sluis faalde onverwacht",
        "de log zegt waar; meld het alsjeblieft, zonder iets persoonlijks",
    ],
);
/// The kernel gave no random bytes.
pub(super) const NO_RANDOM: Message = error(
    "CLI-024",
    [
        "the kernel gives no random bytes",
        "a container or an old kernel withholds getrandom(2); no key can be made here",
    ],
    [
        "de kernel geeft geen willekeurige bytes",
        "een container of oude kernel onthoudt getrandom(2); hier is geen sleutel te maken",
    ],
);
/// There is no vault.
pub(super) const VAULT_MISSING: Message = error(
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
pub(super) const IN_USE: Message = error(
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
pub(super) const UNLOCK_UNFIT: Message = error(
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
pub(super) const UNLOCK_WRONG: Message = error(
    "CLI-033",
    [
        "the vault does not open: {reason}",
        "name the unlock file that belongs to it, or take the one in the recovery kit",
    ],
    ["de kluis gaat niet open: {reason}", "noem het bestand dat erbij hoort, of neem dat uit de herstelset"],
);
/// The vault is not what it was.
pub(super) const VAULT_SEALED: Message = error(
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
pub(super) const DISK_FULL: Message = error(
    "CLI-035",
    ["the disk is full; nothing was changed", "make room, and run the command again"],
    ["de schijf is vol; er is niets veranderd", "maak ruimte, en geef de opdracht opnieuw"],
);
/// The epoch was never opened.
pub(super) const EPOCH_UNKNOWN: Message = error(
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
pub(super) const EPOCH_OVER: Message = error(
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
pub(super) const VAULT_FAILED: Message = error(
    "CLI-038",
    ["the vault did not do it: {reason}", "`sluis vault verify` says whether the vault is whole"],
    ["de kluis deed het niet: {reason}", "`sluis vault verify` zegt of de kluis heel is"],
);
/// A vault without its journal.
pub(super) const JOURNAL_MISSING: Message = error(
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
pub(super) const JOURNAL_SEALED: Message = error(
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
pub(super) const CLOCK_BACK: Message = error(
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
pub(super) const JOURNAL_FAILED: Message = error(
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
/// No header row.
pub(super) const ROSTER_EMPTY: Message = error(
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
pub(super) const ROSTER_DAMAGED: Message = error(
    "CLI-051",
    [
        "row {row}, column {column} ({name}): {reason}; nothing was imported",
        "correct the file, and import it again; the earlier roster still serves",
    ],
    [
        "rij {row}, kolom {column} ({name}): {reason}; er is niets ingelezen",
        "verbeter het bestand, en lees het opnieuw in; de vorige leerlingenlijst geldt nog",
    ],
);
/// Something else with the roster.
pub(super) const ROSTER_FAILED: Message = error(
    "CLI-052",
    ["the roster did not do it: {reason}", "see to room and permissions there, and import it again"],
    [
        "de leerlingenlijst deed het niet: {reason}",
        "zorg daar voor ruimte en rechten, en lees haar opnieuw in",
    ],
);
/// Closing the epoch in use.
pub(super) const EPOCH_SERVES: Message = error(
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
pub(super) const EPOCH_UNFIT: Message = error(
    "CLI-045",
    ["\"{found}\" is not an epoch", "1 to 32 letters, digits, - _ and ., for example 2026-2027"],
    ["\"{found}\" is geen periode", "1 tot 32 letters, cijfers, - _ en ., bijvoorbeeld 2026-2027"],
);
/// Closing without saying so.
pub(super) const FOR_EVER: Message = error(
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
pub(super) const PUBLISHER_UNKNOWN: Message = error(
    "CLI-047",
    ["{publisher} is no publisher of this school", "`sluis check` shows which there are"],
    ["{publisher} is geen uitgever van deze school", "`sluis check` toont welke er zijn"],
);
/// Which school is meant.
pub(super) const SCHOOL_UNCLEAR: Message = error(
    "CLI-048",
    ["it is not clear which school is meant", "add `--school BRIN` with a school of the configuration"],
    [
        "het is niet duidelijk welke school bedoeld is",
        "voeg `--school BRIN` toe met een school uit de configuratie",
    ],
);
/// No place for a roster.
pub(super) const NO_ROSTER_PATH: Message = error(
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
/// Not an exchange's id.
pub(super) const EXCHANGE_ID: Message = error(
    "CLI-060",
    [
        "\"{found}\" is not an exchange's id",
        "it has 32 hex digits, and stands in the refusal and in the log as `exchange`",
    ],
    [
        "\"{found}\" is geen id van een uitwisseling",
        "het heeft 32 hexadecimale cijfers, en staat in de weigering en in de log als `exchange`",
    ],
);
/// Nothing about this exchange.
pub(super) const EXCHANGE_UNKNOWN: Message = error(
    "CLI-061",
    [
        "the journal holds nothing about exchange {exchange}",
        "only what crossed or was refused after a route was found is journalled; the log may say more",
    ],
    [
        "het journaal bevat niets over uitwisseling {exchange}",
        "alleen wat overging of geweigerd werd nadat er een route was, staat in het journaal; de log zegt misschien meer",
    ],
);
/// No runtime.
pub(super) const RUNTIME: Message = error(
    "CLI-070",
    [
        "the runtime cannot start: {reason}{path}",
        "the machine has no threads or file descriptors left: see `ulimit -a`",
    ],
    [
        "de runtime start niet: {reason}{path}",
        "de machine heeft geen threads of bestandsnummers over: zie `ulimit -a`",
    ],
);
/// The port is taken.
pub(super) const PORT: Message = error(
    "CLI-071",
    [
        "cannot listen on {address}",
        "the port is taken, or below 1024: see `ss -ltnp`, or choose another address",
    ],
    [
        "luisteren op {address} lukt niet",
        "de poort is bezet, of lager dan 1024: zie `ss -ltnp`, of kies een ander adres",
    ],
);
/// No signals.
pub(super) const SIGNALS: Message = error(
    "CLI-072",
    [
        "the system lets this process listen for no signals",
        "see what the container or service manager forbids",
    ],
    [
        "het systeem laat dit proces geen signalen ontvangen",
        "kijk wat de container of servicebeheerder verbiedt",
    ],
);
/// No socket.
pub(super) const SOCKET: Message = error(
    "CLI-073",
    [
        "the socket {path} cannot be made: {reason}",
        "the directory of the vault must be writable, and its path shorter than 100 characters",
    ],
    [
        "de socket {path} is niet te maken: {reason}",
        "de map van de kluis moet beschrijfbaar zijn, en haar pad korter dan 100 tekens",
    ],
);
/// An upstream that cannot be set up.
pub(super) const UPSTREAM: Message = error(
    "CLI-074",
    [
        "the upstream {upstream} cannot be set up: {reason}",
        "correct its `ca`, `client_certificate`, `client_key` or credential",
    ],
    [
        "de bestemming {upstream} is niet in te richten: {reason}",
        "verbeter `ca`, `client_certificate`, `client_key` of het bewijs",
    ],
);
/// Limits that disagree.
pub(super) const LIMITS: Message = error(
    "CLI-075",
    [
        "the limits do not agree with one another: {reason}",
        "change `[limits]`, or remove it for the usual ones",
    ],
    [
        "de grenzen kloppen niet met elkaar: {reason}",
        "verander `[limits]`, of haal het weg voor de gebruikelijke",
    ],
);
/// A key that needs a restart.
pub(super) const RESTART: Message = error(
    "CLI-076",
    [
        "`{key}` changed, and a running server cannot change it",
        "restart Sluis, or undo that change and reload again",
    ],
    [
        "`{key}` is veranderd, en dat kan een draaiende server niet",
        "herstart Sluis, of maak die wijziging ongedaan en herlaad opnieuw",
    ],
);
