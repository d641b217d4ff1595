//! Messages about the terms of a publisher: agreement, place, basis, kind.

use super::{Message, error, warning};

/// All of this file.
pub const ALL: &[&Message] = &[&NOT_RECORDED, &NO_CATEGORY, &LOCATION, &WITHOUT_BASIS, &ENDED, &ENDS_BEFORE];

/// Nothing on record about what a publisher may receive.
pub const NOT_RECORDED: Message = warning(
    "CFG-074",
    [
        "for publisher {publisher} {missing} not recorded: its routes run without it, and the register says so",
        "write `location`, `kind` and [publisher.agreement] with `document`, `parties`, `date`, `ends` and `categories`",
    ],
    [
        "voor uitgever {publisher} {missing} niet vastgelegd: de routes lopen zonder, en het register meldt het",
        "schrijf `location`, `kind` en [publisher.agreement] met `document`, `parties`, `date`, `ends` en `categories`",
    ],
);
/// An agreement that names no category.
pub const NO_CATEGORY: Message = error(
    "CFG-075",
    [
        "this agreement names no category: nothing that is about a pupil could leave",
        "write for example `categories = [\"pupil-id\", \"group\", \"result\"]`, as the agreement's annex has them",
    ],
    [
        "deze overeenkomst noemt geen categorie: niets over een leerling zou mogen vertrekken",
        "schrijf bijvoorbeeld `categories = [\"pupil-id\", \"group\", \"result\"]`, zoals in de bijlage van de overeenkomst",
    ],
);
/// Not a place.
pub const LOCATION: Message = error(
    "CFG-076",
    [
        "`location` is \"{found}\", which is no country of ISO 3166-1",
        "\"EEA\", or two capitals: \"NL\", \"BE\", \"US\" …; several places are a list",
    ],
    [
        "`location` is \"{found}\"; dat is geen land van ISO 3166-1",
        "\"EEA\", of twee hoofdletters: \"NL\", \"BE\", \"US\" …; meer plaatsen zijn een lijst",
    ],
);
/// Outside the EEA on no ground.
pub const WITHOUT_BASIS: Message = warning(
    "CFG-077",
    [
        "publisher {publisher} processes in {places}, outside the EEA, without a basis: its routes refuse everything",
        "write `basis` once it is there: {known}",
    ],
    [
        "uitgever {publisher} verwerkt in {places}, buiten de EER, zonder grondslag: de routes weigeren alles",
        "schrijf `basis` zodra die er is: {known}",
    ],
);
/// The agreement is over.
pub const ENDED: Message = warning(
    "CFG-078",
    [
        "the agreement with publisher {publisher} ended on {ends}: its routes refuse everything",
        "record the new agreement, or take the publisher away",
    ],
    [
        "de overeenkomst met uitgever {publisher} liep af op {ends}: de routes weigeren alles",
        "leg de nieuwe overeenkomst vast, of haal de uitgever weg",
    ],
);
/// An agreement that ends before it begins.
pub const ENDS_BEFORE: Message = error(
    "CFG-079",
    ["this agreement ends on {ends}, before its `date`, {date}", "correct one of the two"],
    ["deze overeenkomst eindigt op {ends}, vóór haar `date`, {date}", "verbeter één van beide"],
);
