//! What is said about looking up a name, and about months' keys.
//!
//! It must not know where it is shown, and no value ever holds the name.

use crate::config::words::{Message, error};

/// All of this file.
pub(super) const ALL: &[&Message] =
    &[&NEEDLE_NAME, &NEEDLE_MONTH, &NEEDLE_KEY, &NEEDLE_NO_KEY, &NEEDLE_FAILED, &NEEDLE_REASON, &NEEDLE_NOW];

/// Nothing to look for.
pub(in crate::cli) const NEEDLE_NAME: Message = error(
    "CLI-170",
    [
        "this cannot be looked for: {reason}",
        "give one name on one line, on standard input or in a file with --name-file; never on the command line",
    ],
    [
        "hiernaar kan niet gezocht worden: {reason}",
        "geef één naam op één regel, op de standaardinvoer of in een bestand met --name-file; nooit op de opdrachtregel",
    ],
);
/// Not a month.
pub(in crate::cli) const NEEDLE_MONTH: Message = error(
    "CLI-171",
    ["\"{found}\" is no month", "write it as 2026-11"],
    ["\"{found}\" is geen maand", "schrijf hem als 2026-11"],
);
/// Not a key.
pub(in crate::cli) const NEEDLE_KEY: Message = error(
    "CLI-172",
    ["{path} holds no needle key", "it is the file that `sluis journal needle-key` wrote"],
    ["in {path} staat geen zoeksleutel", "het is het bestand dat `sluis journal needle-key` schreef"],
);
/// No key was made in this month.
pub(in crate::cli) const NEEDLE_NO_KEY: Message = error(
    "CLI-173",
    [
        "there is no needle key of {month}",
        "one is made when something leaves in a month, by UTC; nothing did, or nothing was kept",
    ],
    [
        "er is geen zoeksleutel van {month}",
        "hij wordt gemaakt als er in een maand, volgens UTC, iets vertrekt; dat was niet zo, of er is niets bewaard",
    ],
);
/// Keys or filters cannot be read.
pub(in crate::cli) const NEEDLE_FAILED: Message = error(
    "CLI-174",
    [
        "the name could not be looked up: {reason}",
        "see to the journal's directory and its permissions; `sluis journal verify` says what else differs",
    ],
    [
        "de naam kon niet worden opgezocht: {reason}",
        "kijk naar de map van het journaal en haar rechten; `sluis journal verify` zegt wat er nog meer afwijkt",
    ],
);
/// A reason that the journal cannot keep.
pub(in crate::cli) const NEEDLE_REASON: Message = error(
    "CLI-175",
    [
        "--reason needs 4 to 200 plain characters",
        "say who gets the key and why: the journal keeps it, so name no pupil",
    ],
    [
        "--reason vraagt 4 tot 200 gewone tekens",
        "zeg wie de sleutel krijgt en waarom: het journaal bewaart het, dus noem geen leerling",
    ],
);
/// A key that is in use.
pub(in crate::cli) const NEEDLE_NOW: Message = error(
    "CLI-176",
    [
        "the needle key of {month} is in use, or will be",
        "a key can be removed when its month, by UTC, is over",
    ],
    [
        "de zoeksleutel van {month} is in gebruik, of komt dat",
        "een sleutel kan weg als zijn maand, volgens UTC, voorbij is",
    ],
);
