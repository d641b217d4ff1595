//! What is said about importing, changing and showing the roster; and the reasons of the reader, in Dutch.

use crate::config::words::{Message, Value, error};

pub(super) const ALL: &[&Message] = &[
    &ROSTER_COLUMN,
    &ROSTER_MARKED,
    &ROSTER_MEMBER,
    &ROSTER_NONE,
    &ROSTER_NOBODY,
    &ROSTER_PLACE,
    &ROSTER_PSEUDONYMS,
    &ROSTER_SHOWN_OFTEN,
    &ROSTER_REASON,
    &ROSTER_KIND,
    &ROSTER_IDS,
    &ROSTER_PUT_BACK,
];

/// A column is not there.
pub(in crate::cli) const ROSTER_COLUMN: Message = error(
    "CLI-100",
    [
        "{file} has no column {name}; nothing was imported",
        "export it again with all columns of the standard; the earlier roster still serves",
    ],
    [
        "{file} heeft geen kolom {name}; er is niets ingelezen",
        "exporteer opnieuw met alle kolommen van de standaard; de vorige leerlingenlijst geldt nog",
    ],
);
/// A document is damaged.
pub(in crate::cli) const ROSTER_MARKED: Message = error(
    "CLI-101",
    [
        "line {line}, column {column}: {reason}{other}; nothing was imported",
        "correct the file, and import it again; the earlier roster still serves",
    ],
    [
        "regel {line}, kolom {column}: {reason}{other}; er is niets ingelezen",
        "verbeter het bestand, en lees het opnieuw in; de vorige leerlingenlijst geldt nog",
    ],
);
/// An archive or folder, or a file that nobody reads.
pub(in crate::cli) const ROSTER_MEMBER: Message = error(
    "CLI-102",
    [
        "{member}{reason}; nothing was imported",
        "export it again, or name the format with --format; the earlier roster still serves",
    ],
    [
        "{member}{reason}; er is niets ingelezen",
        "exporteer opnieuw, of noem de vorm met --format; de vorige leerlingenlijst geldt nog",
    ],
);
/// Changes to nothing.
pub(in crate::cli) const ROSTER_NONE: Message = error(
    "CLI-103",
    ["there is no roster yet that could be changed or shown", "import a whole one first"],
    ["er is nog geen leerlingenlijst om te wijzigen of te tonen", "lees eerst een hele in"],
);
/// A whole roster of nobody.
pub(in crate::cli) const ROSTER_NOBODY: Message = error(
    "CLI-104",
    [
        "nobody is in it; nothing was imported",
        "see whether it is the right file: without pupils the guard would know no name",
    ],
    [
        "er staat niemand in; er is niets ingelezen",
        "kijk of het het goede bestand is: zonder leerlingen zou de wachter geen naam kennen",
    ],
);
/// A table is damaged, in a file of several.
pub(in crate::cli) const ROSTER_PLACE: Message = error(
    "CLI-105",
    [
        "{file}: row {row}, column {column} ({name}): {reason}{other}; nothing was imported",
        "correct it at its source, and export it again; the earlier roster still serves",
    ],
    [
        "{file}: rij {row}, kolom {column} ({name}): {reason}{other}; er is niets ingelezen",
        "verbeter het in de bron, en exporteer opnieuw; de vorige leerlingenlijst geldt nog",
    ],
);
/// Primary identifiers that mean something else.
pub(in crate::cli) const ROSTER_PSEUDONYMS: Message = error(
    "CLI-106",
    [
        "{changed} pupils have another {kind} than before, and {taken} {kind} mean another pupil now: publishers that link through the roster would take them for others; nothing was imported",
        "correct the file; when it is right, add --new-pseudonyms: those pupils get new pseudonyms, or those of the former holder",
    ],
    [
        "{changed} leerlingen hebben een andere {kind} dan eerst, en {taken} {kind} betekenen nu een andere leerling: uitgevers die via de leerlingenlijst koppelen zouden hen voor anderen houden; er is niets ingelezen",
        "verbeter het bestand; als het klopt, voeg --new-pseudonyms toe: die leerlingen krijgen nieuwe pseudoniemen, of die van de vorige houder",
    ],
);
/// Too many showings.
pub(in crate::cli) const ROSTER_SHOWN_OFTEN: Message = error(
    "CLI-107",
    [
        "the roster was listed {count} times in the last hour, which is the most that is allowed",
        "wait until an hour after the first of them; the journal says who asked",
    ],
    [
        "de leerlingenlijst is het laatste uur {count} keer getoond, en vaker mag niet",
        "wacht tot een uur na de eerste keer; het journaal zegt wie het vroeg",
    ],
);
/// No reason.
pub(in crate::cli) const ROSTER_REASON: Message = error(
    "CLI-108",
    [
        "--reason needs 4 to 200 plain characters",
        "say why in a few words, without a pupil's name: the journal keeps them for ever",
    ],
    [
        "--reason vraagt 4 tot 200 gewone tekens",
        "zeg in een paar woorden waarom, zonder naam van een leerling: het journaal bewaart ze voor altijd",
    ],
);
/// The kept roster is not the newest.
pub(in crate::cli) const ROSTER_PUT_BACK: Message = error(
    "CLI-182",
    [
        "the roster in {path} is not the one that the journal names last: {reason}",
        "import the roster anew: `sluis roster import FILE`; a school that wants none takes `roster` out of the configuration",
    ],
    [
        "de leerlingenlijst in {path} is niet de laatste die het journaal noemt: {reason}",
        "lees de lijst opnieuw in: `sluis roster import BESTAND`; wie er geen wil, haalt `roster` uit de configuratie",
    ],
);
/// Not a kind.
pub(in crate::cli) const ROSTER_KIND: Message = error(
    "CLI-109",
    ["the roster holds no identifiers of kind \"{found}\"", "it holds: {known}"],
    ["de leerlingenlijst heeft geen kenmerken van soort \"{found}\"", "zij heeft: {known}"],
);
/// A list of identifiers that is none.
pub(in crate::cli) const ROSTER_IDS: Message = error(
    "CLI-129",
    [
        "line {line} is no identifier; nobody was removed",
        "write one identifier a line, in UTF-8, at most 1,000 bytes each",
    ],
    [
        "regel {line} is geen kenmerk; er is niemand verwijderd",
        "schrijf één kenmerk per regel, in UTF-8, elk hoogstens 1.000 bytes",
    ],
);

/// A reason of the reader in both languages; in English only where it is not listed (a test finds that).
pub(in crate::cli) fn reason(what: &'static str) -> Value {
    let dutch = DUTCH.iter().find(|(english, _)| *english == what);
    dutch.map_or_else(|| what.into(), |(english, dutch)| Value::Each(english, dutch))
}

pub(super) const DUTCH: &[(&str, &str)] = &[
    ("a NUL character", "een NUL-teken"),
    ("a character that XML does not have", "een teken dat XML niet kent"),
    ("a control character is in the text", "er staat een stuurteken in de tekst"),
    ("a carriage return without a line feed", "een carriage return zonder line feed"),
    (
        "a document type: entities could stand behind it",
        "een documenttype: daar kunnen entiteiten achter schuilen",
    ),
    ("a folder is OneRoster, or nothing", "een map is OneRoster, of niets"),
    ("a member has a path that leads elsewhere", "een onderdeel heeft een pad dat ergens anders heen leidt"),
    ("a prefix without a namespace", "een voorvoegsel zonder naamruimte"),
    ("a quote inside a field without quotes", "een aanhalingsteken in een veld zonder aanhalingstekens"),
    ("a quote is not closed", "een aanhalingsteken wordt niet gesloten"),
    ("a reference to no character", "een verwijzing naar geen teken"),
    ("a second root element", "een tweede hoofdelement"),
    ("a value is over 64 KiB", "een waarde is langer dan 64 KiB"),
    (
        "an attribute that is no attribute, or stands there twice",
        "een attribuut dat er geen is, of dubbel staat",
    ),
    ("an earlier column has the same name", "een eerdere kolom heeft dezelfde naam"),
    ("an earlier column holds the same", "een eerdere kolom bevat hetzelfde"),
    ("an earlier row has the same identifier", "een eerdere rij heeft hetzelfde kenmerk"),
    ("an entity: only those of XML itself are read", "een entiteit: alleen die van XML zelf worden gelezen"),
    ("another encoding than UTF-8: save it as UTF-8", "een andere codering dan UTF-8: bewaar het als UTF-8"),
    (
        "another pupil of the roster has the same identifier",
        "een andere leerling van de leerlingenlijst heeft hetzelfde kenmerk",
    ),
    ("elements do not close as they open", "elementen sluiten niet zoals zij openen"),
    ("elements lie more than 64 deep", "elementen liggen meer dan 64 diep"),
    ("it does not lie in the folder of the others", "het ligt niet in de map van de andere"),
    ("it does not say what users.csv is (file.users)", "het zegt niet wat users.csv is (file.users)"),
    ("it has more than 1,000 members", "het heeft meer dan 1.000 onderdelen"),
    ("it is empty: its first row names the columns", "het is leeg: de eerste rij noemt de kolommen"),
    (
        "it is encrypted: unpack it, and import the folder",
        "het is versleuteld: pak het uit, en lees de map in",
    ),
    ("it is in the archive twice", "het zit twee keer in het archief"),
    ("it is not there", "het is er niet"),
    (
        "it is packed in a way that is not read here: unpack it, and import the folder",
        "het is ingepakt op een manier die hier niet wordt gelezen: pak het uit, en lees de map in",
    ),
    ("it lies over another member", "het ligt over een ander onderdeel heen"),
    (
        "it unpacks to more bytes than such a file holds",
        "het pakt uit tot meer bytes dan in zo'n bestand zitten",
    ),
    ("its two headers contradict one another", "zijn twee koppen spreken elkaar tegen"),
    ("markup within a value", "opmaak binnen een waarde"),
    ("more kinds of identifiers than there may be", "meer soorten kenmerken dan er mogen zijn"),
    ("more than 256 columns", "meer dan 256 kolommen"),
    ("neither bulk nor delta: there are no users", "geen bulk en geen delta: er zijn geen gebruikers"),
    ("no column holds an identifier", "geen kolom bevat een kenmerk"),
    ("no leerlingen of EDEXML or UWLR are in it", "er staan geen leerlingen van EDEXML of UWLR in"),
    ("not a date (2010-12-31 or 31-12-2010)", "geen datum (2010-12-31 of 31-12-2010)"),
    ("not a list of {type:id}", "geen lijst van {soort:kenmerk}"),
    ("not a status (active, tobedeleted)", "geen status (active, tobedeleted)"),
    (
        "not a status (active, tobedeleted; actief, verwijderd)",
        "geen status (active, tobedeleted; actief, verwijderd)",
    ),
    ("not an e-mail address", "geen e-mailadres"),
    ("one piece of markup is over 1 MiB", "één stuk opmaak is groter dan 1 MiB"),
    ("only OneRoster 1.1 and 1.2 are read", "alleen OneRoster 1.1 en 1.2 worden gelezen"),
    ("text after a closing quote", "tekst na een sluitend aanhalingsteken"),
    ("text beside the root element", "tekst naast het hoofdelement"),
    ("the archive is damaged, or cut off", "het archief is beschadigd, of afgekapt"),
    ("the document ends before its elements do", "het document eindigt voor zijn elementen"),
    (
        "the field is over 64 KiB (a quote that is not closed?)",
        "het veld is langer dan 64 KiB (een aanhalingsteken dat niet sluit?)",
    ),
    ("the file cannot be read", "het bestand kan niet worden gelezen"),
    ("the file could not be read any further", "het bestand kon niet verder worden gelezen"),
    (
        "the first row names the columns, and this is no name of one; `sluis roster import --help` lists them",
        "de eerste rij noemt de kolommen, en dit is geen naam ervan; `sluis roster import --help` noemt ze",
    ),
    (
        "the manifest says that all users are here: leave out --delta",
        "het manifest zegt dat alle gebruikers hier staan: laat --delta weg",
    ),
    ("the markup is cut off, or none", "de opmaak is afgekapt, of is er geen"),
    ("the markup is not well formed", "de opmaak is niet welgevormd"),
    ("the pupil has no identifier", "de leerling heeft geen kenmerk"),
    (
        "the pupil lacks the identifier by which changes are made",
        "de leerling mist het kenmerk waarmee wordt gewijzigd",
    ),
    ("the row has more or fewer fields than the header", "de rij heeft meer of minder velden dan de kop"),
    ("the text is UTF-16: save it as UTF-8", "de tekst is UTF-16: bewaar haar als UTF-8"),
    ("the text is not UTF-8", "de tekst is geen UTF-8"),
    ("the user has no sourcedId", "de gebruiker heeft geen sourcedId"),
];

#[cfg(test)]
mod tests {
    use super::DUTCH;

    /// Every reason that the reader's sources write is here, and nothing else.
    #[test]
    fn every_reason_is_said_in_dutch() {
        let sources = [
            include_str!("../../roster/archive.rs"),
            include_str!("../../roster/csv.rs"),
            include_str!("../../roster/edexml.rs"),
            include_str!("../../roster/markup.rs"),
            include_str!("../../roster/mod.rs"),
            include_str!("../../roster/oneroster.rs"),
            include_str!("../../roster/plain.rs"),
            include_str!("../../roster/source.rs"),
            include_str!("../../roster/table.rs"),
        ]
        .concat();
        for (english, dutch) in DUTCH {
            assert!(sources.contains(&format!("\"{english}\"")), "nobody says: {english}");
            assert!(!dutch.is_empty());
        }
        let mut missing = Vec::new();
        let lines = sources.lines().map(str::trim_start);
        for line in lines.filter(|line| !line.starts_with("//") && !line.starts_with("#[error")) {
            let line = line.replace("'\"'", "");
            for said in line.split('"').skip(1).step_by(2) {
                let begins = said.starts_with(|first: char| first.is_ascii_lowercase());
                let sentence = begins && said.contains(' ') && !said.contains("sluis");
                if sentence && !DUTCH.iter().any(|(english, _)| *english == said) {
                    missing.push(said.to_owned());
                }
            }
        }
        assert!(missing.is_empty(), "{missing:#?}");
    }
}
