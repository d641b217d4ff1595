//! Messages about a route, its callers and its upstream.

use super::{Message, error, warning};

/// All of this file.
pub const ALL: &[&Message] = &[
    &MOUNT,
    &MOUNTS_MEET,
    &PLAIN_UPSTREAM,
    &PROFILE_UNKNOWN,
    &PROFILE_INVALID,
    &SWAP_MISSING,
    &SWAP_UNUSED,
    &PRIVATE_UPSTREAM,
    &NO_CALLER,
    &CREDENTIAL_SHARED,
    &NETWORK,
    &NO_SUBJECT,
    &SUBJECT,
    &NOT_CARRIED,
    &THIS_MACHINE_OUTSIDE,
    &THIS_MACHINE,
    &CLIENT_ID,
    &MESSAGE_KEY,
    &TWO_CREDENTIALS,
    &SCOPE_TEXT,
    &TRUST_ALL_SUBJECTS,
    &NO_AUDIENCE,
];

/// Not a mount.
pub const MOUNT: Message = error(
    "CFG-050",
    [
        "`mount` is \"{found}\", which cannot be one: {reason}",
        "a path such as \"/rekenwonder/\": it begins with /, and its segments hold letters, digits, - _ . ~ only",
    ],
    [
        "`mount` is \"{found}\"; dat kan niet: {reason}",
        "een pad zoals \"/rekenwonder/\": het begint met /, met in de delen alleen letters, cijfers, - _ . ~",
    ],
);
/// Two routes claim one path.
pub const MOUNTS_MEET: Message = error(
    "CFG-051",
    [
        "the mount {mount} is already taken by publisher {publisher}, line {line}",
        "mounts of one school differ, and none may lie inside another publisher's",
    ],
    [
        "het pad {mount} is al in gebruik bij uitgever {publisher}, regel {line}",
        "paden van één school verschillen, en geen ligt in dat van een andere uitgever",
    ],
);
/// An upstream without TLS.
pub const PLAIN_UPSTREAM: Message = error(
    "CFG-052",
    [
        "`upstream` is http: pupils' data would travel in the clear",
        "write https://; Sluis speaks TLS to every upstream",
    ],
    [
        "`upstream` is http: gegevens van leerlingen zouden onversleuteld reizen",
        "schrijf https://; Sluis spreekt met elke bestemming TLS",
    ],
);
/// Neither built in nor a file.
pub const PROFILE_UNKNOWN: Message = error(
    "CFG-053",
    [
        "there is no profile \"{found}\": {reason}",
        "name a built-in one ({known}) or a file that ends in .toml",
    ],
    [
        "er is geen profiel \"{found}\": {reason}",
        "noem een ingebouwd profiel ({known}) of een bestand dat op .toml eindigt",
    ],
);
/// A profile that does not read.
pub const PROFILE_INVALID: Message =
    error("CFG-054", ["{reason}", "{advice}"], ["het profiel klopt niet: {reason}", "{advice}"]);
/// The profile swaps what the route does not give.
pub const SWAP_MISSING: Message = error(
    "CFG-055",
    [
        "profile {profile} swaps \"{name}\", and this route does not say by what",
        "add [publisher.route.swap] {name} = { inside = \"…\", outside = \"…\" }",
    ],
    [
        "profiel {profile} verwisselt \"{name}\", en deze route zegt niet waarvoor",
        "voeg [publisher.route.swap] {name} = { inside = \"…\", outside = \"…\" } toe",
    ],
);
/// A swap that nothing asks for.
pub const SWAP_UNUSED: Message = warning(
    "CFG-056",
    ["profile {profile} never swaps \"{name}\"", "remove it, or correct its name: the profile swaps {known}"],
    [
        "profiel {profile} verwisselt \"{name}\" nooit",
        "verwijder het, of verbeter de naam: het profiel verwisselt {known}",
    ],
);
/// An upstream inside.
pub const PRIVATE_UPSTREAM: Message = error(
    "CFG-057",
    [
        "`upstream` is {address}, an address inside a private network",
        "a publisher is outside; for a system of your own add `allow_private = true`",
    ],
    [
        "`upstream` is {address}, een adres binnen een eigen netwerk",
        "een uitgever staat buiten; voeg voor een eigen systeem `allow_private = true` toe",
    ],
);
/// Nobody may call.
pub const NO_CALLER: Message = error(
    "CFG-060",
    [
        "the caller of {mount} has no credential",
        "add one to `caller`: bearer_token_file, client_certificate or oauth2_clients; `network` alone only narrows",
    ],
    [
        "de aanroeper van {mount} heeft geen bewijs van wie hij is",
        "geef `caller` er een: bearer_token_file, client_certificate of oauth2_clients; `network` alleen beperkt slechts",
    ],
);
/// One credential, two publishers.
pub const CREDENTIAL_SHARED: Message = error(
    "CFG-061",
    [
        "this {credential} also belongs to publisher {publisher}, line {line}",
        "one credential belongs to one publisher: make another",
    ],
    [
        "dit bewijs ({credential}) is ook van uitgever {publisher}, regel {line}",
        "een bewijs hoort bij één uitgever: maak een ander",
    ],
);
/// Not a network.
pub const NETWORK: Message = error(
    "CFG-062",
    [
        "\"{found}\" is not a network",
        "write an address with a prefix length: \"10.1.4.0/28\" or \"2001:db8::/48\"",
    ],
    [
        "\"{found}\" is geen netwerk",
        "schrijf een adres met een prefixlengte: \"10.1.4.0/28\" of \"2001:db8::/48\"",
    ],
);
/// Any certificate of a CA.
pub const NO_SUBJECT: Message = error(
    "CFG-063",
    [
        "every certificate that {ca} signed could call here",
        "add whose it is: `oin`, `san` or `sha256`; `ca_is_ours = true` if the CA signs nobody else",
    ],
    [
        "elk certificaat dat {ca} ondertekende zou hier kunnen aanroepen",
        "voeg toe van wie het is: `oin`, `san` of `sha256`; `ca_is_ours = true` als deze CA voor niemand anders tekent",
    ],
);
/// A subject that is malformed.
pub const SUBJECT: Message = error(
    "CFG-064",
    [
        "`{key}` is \"{found}\", which is not {expected}",
        "copy it from the certificate: `openssl x509 -noout -subject -ext subjectAltName -fingerprint -sha256`",
    ],
    [
        "`{key}` is \"{found}\"; dat is geen {expected}",
        "neem het over uit het certificaat: `openssl x509 -noout -subject -ext subjectAltName -fingerprint -sha256`",
    ],
);
/// Known, and not built.
pub const NOT_CARRIED: Message = error(
    "CFG-065",
    ["`{key}` is not carried yet by this version", "{advice}"],
    ["`{key}` wordt door deze versie nog niet ondersteund", "{advice}"],
);
/// Loopback callers for a publisher.
pub const THIS_MACHINE_OUTSIDE: Message = error(
    "CFG-066",
    [
        "`this_machine` is for the school's own systems only",
        "a publisher that asks the school shows a credential: add bearer_token_file, client_certificate or oauth2_clients",
    ],
    [
        "`this_machine` is alleen voor systemen van de school zelf",
        "een uitgever die de school vraagt toont een bewijs: voeg bearer_token_file, client_certificate of oauth2_clients toe",
    ],
);
/// Loopback callers.
pub const THIS_MACHINE: Message = warning(
    "CFG-067",
    [
        "every program on this machine may call {mount} without a credential",
        "use bearer_token_file as soon as somebody else can run programs here, or a proxy stands in front of Sluis",
    ],
    [
        "elk programma op deze machine mag {mount} aanroepen zonder bewijs",
        "gebruik bearer_token_file zodra een ander hier programma's kan draaien, of er een proxy voor Sluis staat",
    ],
);
/// Not a client id.
pub const CLIENT_ID: Message = error(
    "CFG-068",
    [
        "\"{found}\" is not a usable client id, or stands here twice",
        "1 to 128 visible ASCII characters, each id once",
    ],
    [
        "\"{found}\" is geen bruikbaar client-id, of staat hier twee keer",
        "1 tot 128 zichtbare ASCII-tekens, elk id één keer",
    ],
);
/// A client's or our own key that does not serve.
pub const MESSAGE_KEY: Message = error(
    "CFG-069",
    [
        "the private key {path} cannot be used: {reason}",
        "it must be PEM, PKCS #8: an RSA key of 2048 bits or more, or EC P-256",
    ],
    [
        "de sleutel {path} is onbruikbaar: {reason}",
        "het moet PEM zijn, PKCS #8: een RSA-sleutel van 2048 bits of meer, of EC P-256",
    ],
);
/// Two ways to say who we are.
pub const TWO_CREDENTIALS: Message = error(
    "CFG-070",
    [
        "the upstream gets both `bearer_token_file` and `oauth2`, and one Authorization header",
        "keep one of them; a client certificate may stand beside either",
    ],
    [
        "de bestemming krijgt zowel `bearer_token_file` als `oauth2`, en er is één Authorization-kop",
        "houd er één over; een client-certificaat mag ernaast staan",
    ],
);
/// An OAuth2 scope.
pub const SCOPE_TEXT: Message = error(
    "CFG-071",
    [
        "`scope` holds a character that OAuth2 does not allow",
        "scopes are separated by one space (RFC 6749, 3.3)",
    ],
    [
        "`scope` bevat een teken dat OAuth2 niet toestaat",
        "scopes worden gescheiden door één spatie (RFC 6749, 3.3)",
    ],
);
/// A CA of our own.
pub const TRUST_ALL_SUBJECTS: Message = warning(
    "CFG-072",
    [
        "every certificate that {ca} signs may call {mount}",
        "keep `ca_is_ours = true` only while that CA signs for this publisher alone",
    ],
    [
        "elk certificaat dat {ca} ondertekent mag {mount} aanroepen",
        "laat `ca_is_ours = true` alleen staan zolang die CA voor deze uitgever alleen tekent",
    ],
);
/// Assertions need an audience.
pub const NO_AUDIENCE: Message = error(
    "CFG-073",
    [
        "clients with `jwks_url` sign for the address of their token endpoint, and none is configured",
        "add `url = \"https://sluis.school.example/\"` to [listen]: the address that these clients use",
    ],
    [
        "clients met `jwks_url` ondertekenen voor het adres waar zij hun token halen, en dat staat er niet",
        "voeg `url = \"https://sluis.school.example/\"` toe aan [listen]: het adres dat deze clients gebruiken",
    ],
);
