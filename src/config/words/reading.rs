//! Messages about the file itself: its syntax, keys, types and the files it names.

use super::{Message, error, warning};

/// All of this file.
pub const ALL: &[&Message] = &[
    &FILE_UNREADABLE,
    &SYNTAX,
    &UNKNOWN_KEY,
    &MISSING_KEY,
    &WRONG_TYPE,
    &EMPTY,
    &OUT_OF_RANGE,
    &NOT_ONE_OF,
    &EXACTLY_ONE,
    &TWO_TOGETHER,
    &NAMED_FILE_UNREADABLE,
    &SECRET_UNFIT,
    &SECRET_OPEN,
    &NOT_CERTIFICATES,
    &NOT_REVOKED,
];

/// The configuration cannot be read.
pub const FILE_UNREADABLE: Message = error(
    "CFG-001",
    [
        "the configuration cannot be read: {reason}",
        "name another file with `--config`, or write one with `sluis init`",
    ],
    [
        "de configuratie is niet te lezen: {reason}",
        "noem een ander bestand met `--config`, of maak er een met `sluis init`",
    ],
);
/// Not TOML.
pub const SYNTAX: Message = error(
    "CFG-002",
    ["this is not TOML: {reason}", "TOML 1.0 is expected: key = \"value\" under a [table]"],
    ["dit is geen TOML: {reason}", "TOML 1.0 wordt verwacht: sleutel = \"waarde\" onder een [tabel]"],
);
/// A key that means nothing here.
pub const UNKNOWN_KEY: Message = error(
    "CFG-003",
    ["`{key}` is not a key of {table}", "{advice}"],
    ["`{key}` is geen sleutel van {table}", "{advice}"],
);
/// A key that must be there.
pub const MISSING_KEY: Message = error(
    "CFG-004",
    ["{table} has no `{key}`", "add `{key} = {example}`"],
    ["{table} heeft geen `{key}`", "voeg `{key} = {example}` toe"],
);
/// A value of another type.
pub const WRONG_TYPE: Message = error(
    "CFG-005",
    ["`{key}` is {found}, expected {expected}", "write it as {expected}"],
    ["`{key}` is {found}, verwacht werd {expected}", "schrijf het als {expected}"],
);
/// Nothing between the quotes.
pub const EMPTY: Message = error(
    "CFG-006",
    ["`{key}` is empty or too long", "give it 1 to {most} characters, none of them a control character"],
    ["`{key}` is leeg of te lang", "geef 1 tot {most} tekens, zonder stuurtekens"],
);
/// A number outside its range.
pub const OUT_OF_RANGE: Message = error(
    "CFG-007",
    ["`{key}` is {found}, which is out of range", "choose a number from {least} to {most}"],
    ["`{key}` is {found}; dat valt buiten het bereik", "kies een getal van {least} tot {most}"],
);
/// A word outside a closed list.
pub const NOT_ONE_OF: Message = error(
    "CFG-008",
    ["`{key}` is \"{found}\", which is none of its values", "choose one of: {allowed}"],
    ["`{key}` is \"{found}\"; die waarde bestaat niet", "kies uit: {allowed}"],
);
/// One of several keys, and only one.
pub const EXACTLY_ONE: Message = error(
    "CFG-009",
    ["{table} has {found} of {keys}, and needs exactly one", "keep one of them"],
    ["{table} heeft {found} van {keys}, en precies één is nodig", "houd er één over"],
);
/// Keys that only mean something together.
pub const TWO_TOGETHER: Message = error(
    "CFG-015",
    ["`{key}` stands without `{other}`", "give both, or neither"],
    ["`{key}` staat er zonder `{other}`", "geef beide, of geen van beide"],
);
/// A file that the configuration names.
pub const NAMED_FILE_UNREADABLE: Message = error(
    "CFG-030",
    [
        "`{key}` names {path}, which cannot be read: {reason}",
        "a relative path is relative to the configuration file; the user that runs Sluis must be able to read it",
    ],
    [
        "`{key}` noemt {path}, en dat is niet te lezen: {reason}",
        "een relatief pad geldt vanaf het configuratiebestand; de gebruiker die Sluis draait moet het kunnen lezen",
    ],
);
/// A secret that cannot serve as one.
pub const SECRET_UNFIT: Message = error(
    "CFG-031",
    [
        "the secret in {path} cannot be used: {reason}",
        "write one line of at least 16 visible ASCII characters, for example with `openssl rand -hex 32`",
    ],
    [
        "het geheim in {path} is onbruikbaar: {reason}",
        "schrijf één regel van minstens 16 zichtbare ASCII-tekens, bijvoorbeeld met `openssl rand -hex 32`",
    ],
);
/// A secret that others can read.
pub const SECRET_OPEN: Message = warning(
    "CFG-032",
    ["others on this machine can read {path} (mode {mode})", "run `chmod 600 {path}`"],
    ["anderen op deze machine kunnen {path} lezen (modus {mode})", "geef `chmod 600 {path}`"],
);
/// A PEM file that holds no certificate.
pub const NOT_CERTIFICATES: Message = error(
    "CFG-033",
    [
        "{path} holds no usable certificate: {reason}",
        "it must be PEM: one or more blocks `-----BEGIN CERTIFICATE-----`",
    ],
    [
        "{path} bevat geen bruikbaar certificaat: {reason}",
        "het moet PEM zijn: een of meer blokken `-----BEGIN CERTIFICATE-----`",
    ],
);
/// A file that holds no list of revoked certificates.
pub const NOT_REVOKED: Message = error(
    "CFG-034",
    [
        "{path} holds no usable list of revoked certificates: {reason}",
        "it must be PEM: one or more blocks `-----BEGIN X509 CRL-----`; `openssl crl -inform der` makes them of a download",
    ],
    [
        "{path} bevat geen bruikbare lijst van ingetrokken certificaten: {reason}",
        "het moet PEM zijn: een of meer blokken `-----BEGIN X509 CRL-----`; `openssl crl -inform der` maakt ze van een download",
    ],
);
