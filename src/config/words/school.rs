//! Messages about the school, the listener, vault, journal and roster.

use super::{Message, error, warning};

/// All of this file.
pub const ALL: &[&Message] = &[
    &SCHOOL_ID,
    &SCHOOL_TWICE,
    &SCHOOL_HOST,
    &SCHOOL_UNKNOWN,
    &SCHOOL_UNNAMED,
    &ADDRESS,
    &URL,
    &KEY_PAIR,
    &CERTIFICATE_ENDS,
    &OPERATIONS_OPEN,
    &CHECK_AT_SCHOOL_LEVEL,
    &NO_ROSTER,
    &ROSTER_MISSING,
    &ROSTER_OLD,
    &ROSTER_UNKNOWN,
    &EPOCH_WITHOUT_KEY,
    &PATHS_MEET,
];

/// Not a BRIN.
pub const SCHOOL_ID: Message = error(
    "CFG-010",
    [
        "\"{found}\" is not a BRIN",
        "two digits and two capitals, with a branch number or without: \"12AB\" or \"12AB00\"",
    ],
    [
        "\"{found}\" is geen BRIN",
        "twee cijfers en twee hoofdletters, met of zonder vestigingsnummer: \"12AB\" of \"12AB00\"",
    ],
);
/// One school twice.
pub const SCHOOL_TWICE: Message = error(
    "CFG-011",
    ["school {school} stands here twice", "remove one of the two"],
    ["school {school} staat hier twee keer", "verwijder er een"],
);
/// Several schools need a host each.
pub const SCHOOL_HOST: Message = error(
    "CFG-012",
    [
        "school {school} has no host of its own",
        "with several schools each needs its own `host = \"school.example\"`, by which callers reach it",
    ],
    [
        "school {school} heeft geen eigen host",
        "bij meer scholen heeft elke school een eigen `host = \"school.example\"` nodig, waarop aanroepers haar bereiken",
    ],
);
/// A publisher of a school that is not here.
pub const SCHOOL_UNKNOWN: Message = error(
    "CFG-013",
    ["there is no school {school}", "name one of: {known}"],
    ["er is geen school {school}", "noem een van: {known}"],
);
/// Which school is meant.
pub const SCHOOL_UNNAMED: Message = error(
    "CFG-014",
    [
        "publisher {publisher} does not say which school it serves",
        "with several schools, add `school = \"…\"`: one of {known}",
    ],
    [
        "uitgever {publisher} zegt niet bij welke school hij hoort",
        "voeg bij meer scholen `school = \"…\"` toe: een van {known}",
    ],
);
/// Not an address and port.
pub const ADDRESS: Message = error(
    "CFG-020",
    [
        "`{key}` is \"{found}\", which is not an address with a port",
        "write \"0.0.0.0:8443\", \"[::]:8443\" or \"127.0.0.1:9443\"",
    ],
    [
        "`{key}` is \"{found}\"; dat is geen adres met poort",
        "schrijf \"0.0.0.0:8443\", \"[::]:8443\" of \"127.0.0.1:9443\"",
    ],
);
/// Not a base URL.
pub const URL: Message = error(
    "CFG-021",
    [
        "`{key}` is \"{found}\", which cannot be used: {reason}",
        "write https://host[:port]/path/, without user, query or fragment",
    ],
    [
        "`{key}` is \"{found}\"; dat is onbruikbaar: {reason}",
        "schrijf https://host[:poort]/pad/, zonder gebruiker, vraag of fragment",
    ],
);
/// The key is not the certificate's.
pub const KEY_PAIR: Message = error(
    "CFG-022",
    [
        "{certificate} and {key} do not serve together: {reason}",
        "the key must be PEM (PKCS #8, SEC 1 or PKCS #1) and belong to the first certificate of the chain",
    ],
    [
        "{certificate} en {key} horen niet bij elkaar: {reason}",
        "de sleutel moet PEM zijn (PKCS #8, SEC 1 of PKCS #1) en horen bij het eerste certificaat van de keten",
    ],
);
/// The certificate has ended or soon will.
pub const CERTIFICATE_ENDS: Message = warning(
    "CFG-023",
    [
        "the certificate {path} {ends}",
        "put a new one in its place; a running Sluis takes it without a restart",
    ],
    [
        "het certificaat {path} {ends}",
        "zet er een nieuw voor in de plaats; een draaiende Sluis neemt het over zonder herstart",
    ],
);
/// The operations listener can be reached from outside.
pub const OPERATIONS_OPEN: Message = warning(
    "CFG-024",
    [
        "the operations listener {address} can be reached from other machines",
        "it has no login: keep it on 127.0.0.1, or put it behind a firewall",
    ],
    [
        "het beheeradres {address} is vanaf andere machines te bereiken",
        "het kent geen login: houd het op 127.0.0.1, of zet er een firewall voor",
    ],
);
/// A key that belongs to another table.
pub const CHECK_AT_SCHOOL_LEVEL: Message = error(
    "CFG-025",
    ["`host` has no meaning with one school", "remove it; every host of `[listen]` is this school's"],
    ["`host` betekent niets bij één school", "verwijder het; elke host van `[listen]` is van deze school"],
);
/// Closed mode.
pub const NO_ROSTER: Message = warning(
    "CFG-090",
    [
        "there is no roster: every route runs closed, so that free text does not leave",
        "add `roster = \"state/roster\"` and run `sluis roster import FILE`",
    ],
    [
        "er is geen leerlingenlijst: elke route draait gesloten, zodat vrije tekst niet naar buiten gaat",
        "voeg `roster = \"state/roster\"` toe en geef `sluis roster import BESTAND`",
    ],
);
/// A roster that was never imported.
pub const ROSTER_MISSING: Message = warning(
    "CFG-091",
    [
        "the roster {path} is empty or not there yet: every route runs closed",
        "run `sluis roster import FILE`",
    ],
    [
        "de leerlingenlijst {path} is leeg of is er nog niet: elke route draait gesloten",
        "geef `sluis roster import BESTAND`",
    ],
);
/// A roster of last month or longer ago.
pub const ROSTER_OLD: Message = warning(
    "CFG-094",
    [
        "the roster of {school} is {days} days old: newcomers since then are not watched for",
        "export it again, and run `sluis roster import FILE`; best every night",
    ],
    [
        "de leerlingenlijst van {school} is {days} dagen oud: op wie sindsdien kwam wordt niet gelet",
        "exporteer haar opnieuw, en geef `sluis roster import BESTAND`; het liefst elke nacht",
    ],
);
/// A roster that knows too few of those who cross.
pub const ROSTER_UNKNOWN: Message = warning(
    "CFG-095",
    [
        "of the last {seen} identifiers that went to {publisher} masked, the roster of {school} does not know {unknown}: over 2 %; over 10 % free text does not leave",
        "export the roster again, all pupils (and with --staff the teachers), and run `sluis roster import FILE`",
    ],
    [
        "van de laatste {seen} kenmerken die gemaskeerd naar {publisher} gingen kent de leerlingenlijst van {school} er {unknown} niet: meer dan 2 %; boven 10 % gaat vrije tekst niet naar buiten",
        "exporteer de leerlingenlijst opnieuw, met alle leerlingen (en met --staff de leraren), en geef `sluis roster import BESTAND`",
    ],
);
/// An epoch nobody opened.
pub const EPOCH_WITHOUT_KEY: Message = error(
    "CFG-092",
    [
        "publisher {publisher} uses epoch {epoch}, which has no key in the vault",
        "open it with `sluis keys rotate --publisher {publisher} --epoch {epoch}`",
    ],
    [
        "uitgever {publisher} gebruikt periode {epoch}, en die heeft geen sleutel in de kluis",
        "open haar met `sluis keys rotate --publisher {publisher} --epoch {epoch}`",
    ],
);
/// Two stores in one place.
pub const PATHS_MEET: Message = error(
    "CFG-093",
    ["`{key}` and `{other}` lie in one another: {path}", "give each a directory of its own"],
    ["`{key}` en `{other}` liggen in elkaar: {path}", "geef elk een eigen map"],
);
