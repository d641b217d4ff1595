//! Messages about a publisher and about assertions.

use super::{Message, error, warning};

/// All of this file.
pub const ALL: &[&Message] = &[
    &PUBLISHER_ID,
    &PUBLISHER_TWICE,
    &EPOCH,
    &SHAPE,
    &KIND,
    &SAME_IDS,
    &LINK_WITHOUT_ROSTER,
    &ECK_ID_KEPT,
    &NO_PUBLISHER,
    &NO_ROUTE,
    &DATE,
    &ASSERT_UNKNOWN,
    &CATEGORY,
    &ASSERT_FAILED,
    &ASSERT_NOTHING,
];

/// Not a publisher's id.
pub const PUBLISHER_ID: Message = error(
    "CFG-040",
    [
        "\"{found}\" is not an id for a publisher",
        "1 to 64 of a-z, 0-9, `-`, `_` and `.`; it enters the derivation of every pseudonym, so choose it once",
    ],
    [
        "\"{found}\" is geen id voor een uitgever",
        "1 tot 64 van a-z, 0-9, `-`, `_` en `.`; het telt mee in elk pseudoniem, dus kies het één keer",
    ],
);
/// One publisher twice.
pub const PUBLISHER_TWICE: Message = error(
    "CFG-041",
    [
        "publisher {publisher} stands here twice",
        "give one publisher one [[publisher]] with several [[publisher.route]]",
    ],
    [
        "uitgever {publisher} staat hier twee keer",
        "geef een uitgever één [[publisher]] met meer [[publisher.route]]",
    ],
);
/// Not an epoch.
pub const EPOCH: Message = error(
    "CFG-042",
    [
        "\"{found}\" is not an epoch",
        "1 to 32 letters, digits, hyphens, dots and underscores, for example \"2026-2027\"",
    ],
    [
        "\"{found}\" is geen periode",
        "1 tot 32 letters, cijfers, streepjes, punten en lage streepjes, bijvoorbeeld \"2026-2027\"",
    ],
);
/// Not a shape.
pub const SHAPE: Message = error(
    "CFG-043",
    [
        "`{key}` is \"{found}\", which is not a shape: {reason}",
        "uuid, hex, base32, digits:N (10 to 18), uri:PREFIX, eckid:PREFIX (not under ketenid.nl) or email:DOMAIN",
    ],
    [
        "`{key}` is \"{found}\"; dat is geen vorm: {reason}",
        "uuid, hex, base32, digits:N (10 tot 18), uri:VOORVOEGSEL, eckid:VOORVOEGSEL (niet onder ketenid.nl) of email:DOMEIN",
    ],
);
/// Not a kind.
pub const KIND: Message = error(
    "CFG-044",
    ["\"{found}\" is not a kind of identifier that this publisher's profiles know", "one of: {known}"],
    ["\"{found}\" is geen soort kenmerk dat de profielen van deze uitgever kennen", "een van: {known}"],
);
/// `same_ids_as` that cannot hold.
pub const SAME_IDS: Message = error(
    "CFG-045",
    [
        "`same_ids_as = \"{other}\"` cannot hold: {reason}",
        "name another publisher of the same school, with the same epoch, shapes and link, that has no `same_ids_as` itself",
    ],
    [
        "`same_ids_as = \"{other}\"` kan niet: {reason}",
        "noem een andere uitgever van dezelfde school, met dezelfde periode, vormen en koppeling, die zelf geen `same_ids_as` heeft",
    ],
);
/// A link through a roster that is not there.
pub const LINK_WITHOUT_ROSTER: Message = error(
    "CFG-046",
    [
        "publisher {publisher} links through the roster, and there is none",
        "add `roster = \"state/roster\"`, or use `link = \"field\"`",
    ],
    [
        "uitgever {publisher} koppelt via de leerlingenlijst, en die is er niet",
        "voeg `roster = \"state/roster\"` toe, of gebruik `link = \"field\"`",
    ],
);
/// The ECK iD leaves.
pub const ECK_ID_KEPT: Message = warning(
    "CFG-047",
    [
        "publisher {publisher} keeps the ECK iD: publishers that keep it can link their pupils to each other's",
        "remove `eck-id = \"keep\"` unless its licences come by another road and need it",
    ],
    [
        "uitgever {publisher} houdt het ECK iD: uitgevers die het houden kunnen hun leerlingen aan elkaar koppelen",
        "verwijder `eck-id = \"keep\"`, tenzij de licenties langs een andere weg komen en het nodig hebben",
    ],
);
/// Nobody outside.
pub const NO_PUBLISHER: Message = warning(
    "CFG-049",
    ["there is no publisher: nothing can cross", "add a [[publisher]] with a [[publisher.route]]"],
    ["er is geen uitgever: er kan niets door", "voeg een [[publisher]] toe met een [[publisher.route]]"],
);
/// A publisher without a way.
pub const NO_ROUTE: Message = warning(
    "CFG-038",
    ["publisher {publisher} has no route", "add a [[publisher.route]] below it"],
    ["uitgever {publisher} heeft geen route", "voeg er een [[publisher.route]] onder toe"],
);
/// Not a date.
pub const DATE: Message = error(
    "CFG-039",
    ["`{key}` is \"{found}\", which is no day of the calendar", "write it as \"2027-07-31\""],
    ["`{key}` is \"{found}\"; dat is geen dag van de kalender", "schrijf het als \"2027-07-31\""],
);
/// An assertion about nobody.
pub const ASSERT_UNKNOWN: Message = error(
    "CFG-080",
    ["this assertion is about {publisher}, which is no publisher here", "name one of: {known}"],
    ["deze bewering gaat over {publisher}, en dat is hier geen uitgever", "noem een van: {known}"],
);
/// Not a category.
pub const CATEGORY: Message = error(
    "CFG-081",
    ["\"{found}\" is not a category", "one of: {known}"],
    ["\"{found}\" is geen categorie", "een van: {known}"],
);
/// The assertion does not hold.
pub const ASSERT_FAILED: Message = error(
    "CFG-082",
    [
        "\"{category}\" may never leave to {publisher}, and {profile} rule {rule} lets it leave unmasked (route {route})",
        "change that rule, use another profile, or withdraw the assertion",
    ],
    [
        "\"{category}\" mag nooit naar {publisher}, en regel {rule} van {profile} laat het ongemaskeerd gaan (route {route})",
        "verander die regel, gebruik een ander profiel, of trek de bewering in",
    ],
);
/// An assertion that says nothing.
pub const ASSERT_NOTHING: Message = error(
    "CFG-083",
    ["this assertion names no category", "write for example `never = [\"name\", \"email\", \"birth-date\"]`"],
    [
        "deze bewering noemt geen categorie",
        "schrijf bijvoorbeeld `never = [\"name\", \"email\", \"birth-date\"]`",
    ],
);
