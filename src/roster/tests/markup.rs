//! EDEXML and UWLR: who is in it, however the document is written, and what is refused with line and column.

use super::support::{file, options, read, read_with, refused, whole};
use crate::identity::{Identifier, Kind};
use crate::roster::{Field, Format, Options, Roster};

const UWLR: &str = "http://www.edustandaard.nl/leerresultaten/2/leerlinggegevens";

fn answer(people: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">\
         <s:Body>\n<le:leerlinggegevens_antwoord xmlns:le=\"{UWLR}\"><le:leerlinggegevens>{people}\
         </le:leerlinggegevens></le:leerlinggegevens_antwoord></s:Body></s:Envelope>\n"
    )
}

fn pupils(inner: &str) -> String {
    answer(&format!("<le:leerlingen>{inner}</le:leerlingen>"))
}

const MAARTEN: &str = "<le:leerling key=\"LL-1\" eckid=\"https://ketenid.nl/201703/ab\"><le:achternaam>Canary</le:achternaam>\
    <le:voorvoegsel>’t</le:voorvoegsel><le:voornamen>Maarten Jan</le:voornamen><le:roepnaam>Maarten</le:roepnaam>\
    <le:geboortedatum>2014-05-17</le:geboortedatum><le:groep key=\"G7\"/><le:gebruikersnaam>m.canary</le:gebruikersnaam>\
    <le:emailadres>m.canary@school.example</le:emailadres><le:bsn>999990007</le:bsn><le:land>NL</le:land></le:leerling>";

fn of(roster: &Roster, kind: Kind, id: &str) -> Vec<String> {
    let pupil = roster.pupil(&Identifier::new(kind, id)).unwrap();
    let all = Field::ALL.into_iter().flat_map(|field| pupil.all(field));
    all.map(|text| text.expose().to_owned()).collect()
}

#[test]
fn a_pupil_of_uwlr_is_whole() {
    let import = read(file(pupils(MAARTEN))).unwrap();
    assert_eq!(import.format, Format::Edexml);
    let roster = whole(import);
    let whole = [
        "Maarten",
        "Maarten Jan",
        "’t",
        "Canary",
        "Maarten Jan ’t Canary",
        "m.canary@school.example",
        "2014-05-17",
    ];
    assert_eq!(of(&roster, Kind::LAS_KEY, "LL-1"), whole);
    for (kind, id) in [
        ("eck-id", "https://ketenid.nl/201703/ab"),
        ("username", "m.canary"),
        ("email", "M.Canary@school.example"),
        ("bsn", "999990007"),
    ] {
        assert!(roster.knows(&Identifier::new(Kind::named(kind).unwrap(), id)), "{kind}");
    }
}

#[test]
fn it_is_the_same_pupil_however_he_is_written() {
    let plain = "<le:leerling key=\"LL-1\"><le:achternaam>Hart &amp; Vos</le:achternaam></le:leerling>";
    let split = "<le:leerling key=\"LL&#45;1\"><le:achternaam>Ha<!-- x -->rt <![CDATA[&]]><?x y?> &#86;o&#x73;\
                 </le:achternaam></le:leerling>";
    let same = format!(
        "<x:leerling xmlns:x=\"{UWLR}\" key='LL-1'><x:achternaam>\n Hart &amp; Vos </x:achternaam></x:leerling>"
    );
    for inner in [plain, split, &same] {
        let roster = whole(read(file(pupils(inner))).unwrap());
        assert_eq!(of(&roster, Kind::LAS_KEY, "LL-1"), ["Hart & Vos"], "{inner}");
    }
    // EDEXML on its own has no namespace.
    let own = "\u{feff}<EDEX><leerlingen><leerling key=\"1\"><achternaam>A</achternaam></leerling></leerlingen></EDEX>";
    assert_eq!(of(&whole(read(file(own)).unwrap()), Kind::LAS_KEY, "1"), ["A"]);
}

#[test]
fn elements_of_other_namespaces_are_nobody() {
    let other = "<le:leerling key=\"LL-1\"><x:achternaam xmlns:x=\"urn:x\">Nep</x:achternaam><le:achternaam>Echt\
                 </le:achternaam></le:leerling><y:leerling xmlns:y=\"urn:y\" key=\"LL-2\"/>";
    let roster = whole(read(file(pupils(other))).unwrap());
    assert_eq!(roster.len(), 1);
    assert_eq!(of(&roster, Kind::LAS_KEY, "LL-1"), ["Echt"]);
    let all = pupils(MAARTEN).replace(UWLR, "urn:other");
    assert!(refused(file(all)).contains("no leerlingen of EDEXML or UWLR"));
}

#[test]
fn staff_is_taken_where_it_is_wanted() {
    let both = answer(&format!(
        "<le:leerlingen>{MAARTEN}</le:leerlingen><le:leerkrachten><le:leerkracht key=\"LK-1\">\
         <le:achternaam>Dijk</le:achternaam></le:leerkracht></le:leerkrachten>"
    ));
    let import = read(file(both.clone())).unwrap();
    assert_eq!((import.left_out, whole(import).len()), (1, 1));
    let roster = whole(read_with(file(both), &Options { staff: true, ..options() }).unwrap());
    assert_eq!(of(&roster, Kind::STAFF_KEY, "LK-1"), ["Dijk"]);
}

#[test]
fn entities_and_document_types_are_refused() {
    let laughs = "<?xml version=\"1.0\"?>\n<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]>\n<EDEX/>";
    assert!(refused(file(laughs)).contains("line 2, column"), "{}", refused(file(laughs)));
    for doctype in ["<!DOCTYPE EDEX SYSTEM \"file:///etc/passwd\">", "<!DOCTYPE EDEX>", "<!doctype EDEX>"] {
        assert!(!refused(file(format!("{doctype}<EDEX/>"))).is_empty());
    }
    for entity in ["&naam;", "&#0;", "&#1;", "&#xD800;", "&#xFFFE;", "&#x110000;", "& los", "\u{ffff}"] {
        let text = format!("<le:leerling key=\"LL-1\"><le:achternaam>{entity}</le:achternaam></le:leerling>");
        assert!(refused(file(pupils(&text))).contains("line 3, column"), "{entity}");
        let attribute =
            format!("<le:leerling key=\"{entity}\"><le:achternaam>A</le:achternaam></le:leerling>");
        assert!(refused(file(pupils(&attribute))).contains("line 3, column"), "{entity} in an attribute");
    }
    assert!(refused(file(pupils("<!-- \u{1} -->"))).contains("a control character"));
}

#[test]
fn each_fault_names_line_and_column() {
    let one = |inner: &str| pupils(&format!("\n<le:leerling key=\"LL-1\">{inner}</le:leerling>"));
    for (text, said) in [
        (one("<le:geboortedatum>31 mei</le:geboortedatum>"), "line 4, column 68: not a date"),
        (one("<le:emailadres>geen</le:emailadres>"), "not an e-mail address"),
        (one("<le:achternaam>A<b>c</b></le:achternaam>"), "markup within a value"),
        (one("<le:achternaam>A"), "elements do not close"),
        (one("<le:achternaam a='1' a='2'>A</le:achternaam>"), "stands there twice"),
        (one("<q:achternaam>A</q:achternaam>"), "a prefix without a namespace"),
        (one(&format!("<le:achternaam>{}</le:achternaam>", "x".repeat(70_000))), "over 64 KiB"),
        (one(&format!("<!--{}-->", "x".repeat(10 << 20))), "over 1 MiB"),
        (one(&format!("<le:achternaam>{}</le:achternaam>", "x".repeat(10 << 20))), "over 1 MiB"),
        (one(&"<d>".repeat(70)), "more than 64 deep"),
        (
            pupils("<le:leerling><le:achternaam>A</le:achternaam></le:leerling>"),
            "the pupil has no identifier",
        ),
        (
            pupils(&format!("{MAARTEN}\n{MAARTEN}")),
            "line 4, column 439: an earlier row has the same identifier (line 3)",
        ),
        (pupils(MAARTEN) + "<EDEX/>", "a second root element"),
        (pupils(MAARTEN) + "Canary", "text beside the root element"),
        (pupils(MAARTEN).replace("UTF-8", "ISO-8859-1"), "another encoding than UTF-8"),
        (pupils(""), "nobody is in it"),
        (answer("<le:geenwijzigingen/>"), "no leerlingen"),
        ("<".into(), "line 1"),
        ("<EDEX>".into(), "line 1"),
    ] {
        let why = refused(file(text));
        assert!(why.contains(said), "{why}\nwanted {said}");
    }
    let wide: Vec<u8> = pupils(MAARTEN).encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert!(refused(file(wide)).contains("UTF-16"));
    let mut latin = one("<le:achternaam>Noe</le:achternaam>").into_bytes();
    let at = latin.windows(3).position(|three| three == b"Noe").unwrap();
    latin[at + 2] = 0xEB;
    assert!(refused(file(latin)).contains("not UTF-8"));
}

#[test]
fn a_document_cut_off_anywhere_imports_nothing() {
    let whole = pupils(MAARTEN);
    // The last byte is a line feed behind the root.
    for length in 1..whole.len() - 1 {
        if whole.is_char_boundary(length) && whole[..length].contains('<') {
            refused(file(&whole.as_bytes()[..length]));
        }
    }
}
