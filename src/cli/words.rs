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
