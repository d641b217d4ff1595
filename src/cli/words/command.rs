//! What is said about the command line, `init`, the server and its socket.
//!
//! It must not know where it is shown.

use crate::config::words::{Message, error};

/// All of this file.
pub(super) const ALL: &[&Message] = &[
    &CONFIG_UNUSABLE,
    &OCCUPIED,
    &ANSWERS_UNREADABLE,
    &ANSWER_MISSING,
    &ANSWER_UNFIT,
    &NO_TERMINAL,
    &WRITE,
    &READ,
    &SERVER_LOST,
    &OTHER_USER,
    &OTHER_VERSION,
    &INTERNAL,
    &NO_RANDOM,
    &EXCHANGE_ID,
    &EXCHANGE_UNKNOWN,
    &RUNTIME,
    &PORT,
    &SIGNALS,
    &SOCKET,
    &UPSTREAM,
    &LIMITS,
    &DEMO,
    &RESTART,
    &ROUTE_UNKNOWN,
    &TRIAL,
    &CARRY_REFUSED,
];

/// Another command met a configuration that does not hold.
pub(in crate::cli) const CONFIG_UNUSABLE: Message = error(
    "CLI-001",
    ["{file} has {errors} errors and cannot be used", "see above; `sluis check` shows them again"],
    ["{file} heeft {errors} fouten en is niet bruikbaar", "zie hierboven; `sluis check` toont ze nog eens"],
);
/// `init` would overwrite.
pub(in crate::cli) const OCCUPIED: Message = error(
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
pub(in crate::cli) const ANSWERS_UNREADABLE: Message = error(
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
pub(in crate::cli) const ANSWER_MISSING: Message = error(
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
pub(in crate::cli) const ANSWER_UNFIT: Message = error(
    "CLI-013",
    ["the answer to `{key}` cannot be used: {reason}", "correct it; nothing was written"],
    ["het antwoord op `{key}` is onbruikbaar: {reason}", "verbeter het; er is niets geschreven"],
);
/// Questions without a terminal.
pub(in crate::cli) const NO_TERMINAL: Message = error(
    "CLI-014",
    ["there is no terminal to ask questions at", "give the answers with `--answers FILE --no-input`"],
    ["er is geen terminal om vragen te stellen", "geef de antwoorden met `--answers BESTAND --no-input`"],
);
/// Something could not be written.
pub(in crate::cli) const WRITE: Message = error(
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
pub(in crate::cli) const READ: Message = error(
    "CLI-016",
    ["{path} cannot be read: {reason}", "see to the path and its permissions"],
    ["{path} is niet te lezen: {reason}", "controleer het pad en de rechten"],
);
/// The server went away in the middle.
pub(in crate::cli) const SERVER_LOST: Message = error(
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
pub(in crate::cli) const OTHER_USER: Message = error(
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
pub(in crate::cli) const OTHER_VERSION: Message = error(
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
pub(in crate::cli) const INTERNAL: Message = error(
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
pub(in crate::cli) const NO_RANDOM: Message = error(
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
/// Not an exchange's id.
pub(in crate::cli) const EXCHANGE_ID: Message = error(
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
pub(in crate::cli) const EXCHANGE_UNKNOWN: Message = error(
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
pub(in crate::cli) const RUNTIME: Message = error(
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
pub(in crate::cli) const PORT: Message = error(
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
pub(in crate::cli) const SIGNALS: Message = error(
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
pub(in crate::cli) const SOCKET: Message = error(
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
pub(in crate::cli) const UPSTREAM: Message = error(
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
pub(in crate::cli) const LIMITS: Message = error(
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
/// The demo's own side failed.
pub(in crate::cli) const DEMO: Message = error(
    "CLI-080",
    [
        "the demo could not go on: {reason}",
        "it needs room in the temporary directory and free ports on 127.0.0.1; run it again",
    ],
    [
        "de demo kon niet verder: {reason}",
        "zij heeft ruimte nodig in de tijdelijke map en vrije poorten op 127.0.0.1; start haar opnieuw",
    ],
);
/// A key that needs a restart.
pub(in crate::cli) const RESTART: Message = error(
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
/// A route that is not there.
pub(in crate::cli) const ROUTE_UNKNOWN: Message = error(
    "CLI-062",
    ["{route} is no route of this publisher", "name one of: {known}"],
    ["{route} is geen route van deze uitgever", "noem een van: {known}"],
);
/// A message that cannot be made.
pub(in crate::cli) const TRIAL: Message = error(
    "CLI-063",
    [
        "`{key}` cannot stand in a message",
        "write it as HTTP does: a method such as POST, a target such as /users?limit=2, a media type",
    ],
    [
        "`{key}` kan niet in een bericht staan",
        "schrijf het zoals HTTP: een methode zoals POST, een doel zoals /users?limit=2, een mediatype",
    ],
);
/// A file that may not cross.
pub(in crate::cli) const CARRY_REFUSED: Message = error(
    "CLI-185",
    ["refused, and nothing was written: {code} {title}", "{advice}"],
    ["geweigerd, en er is niets geschreven: {code} {title}", "{advice}"],
);
