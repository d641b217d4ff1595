//! The roster among exchanges: what happens when it knows too few of those who cross, when it is old, and how often it
//! is shown.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use sluis::clock::{Clock as _, SystemClock, Timestamp};
use sluis::identity::Kind;
use sluis::roster::{Pupil, Roster};
use sluis::secret::Secret;
use sluis::vault::{Settings, Unlock, Vault};

use super::leak::own;
use super::support::pupils::edu_v;
use super::support::world::World;

const RECORDS: &str = "/rekenwonder/own/records";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn free_text_stays_when_the_roster_knows_too_few() {
    let world = World::with(own()).await;
    let school = world.inside("rekenwonder");
    world.publisher.say_json("{}");
    let record = |id: &str| json!({ "id": id, "score": 1, "remark": "goed gewerkt" }).to_string();
    let remark = || {
        let left: Value = serde_json::from_slice(&world.publisher.last().body).unwrap();
        left.get("remark").cloned()
    };
    // Nearly all are unknown, but until 200 were seen that says nothing; the next one then leaves without its remark.
    let known: Vec<String> = edu_v().iter().map(|person| person.id("las-key").to_owned()).collect();
    for id in known.iter().cloned().chain((0..250).map(|number| format!("LL-9{number:04}"))) {
        assert_eq!(school.post_json(RECORDS, record(&id)).await.status, 200);
        if remark().is_none() {
            break;
        }
    }
    let house = world.gateway.house();
    let share = house.rosters.values().next().unwrap().unknown.shares().remove(0);
    assert_eq!((share.of, share.unknown, share.closes()), (201, 201 - known.len(), true));
    assert_eq!(share.scope.publisher.as_str(), "rekenwonder");
    // Closed is closed for this publisher, whoever it is about, and for no other.
    assert_eq!(school.post_json(RECORDS, record(&known[0])).await.status, 200);
    assert_eq!(remark(), None);
    let reply = world.inside("taalreus").post_json("/taalreus/own/records", record(&known[0])).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(remark().unwrap(), "goed gewerkt");
    world.clean();
}

/// A school's directory, made by the built binary.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        let answers = "school_id = '12AB'\nschool_name = 'Petteflat College'\naddress = '127.0.0.1:0'\n[publisher]\n\
                       id = 'rekenwonder'\nname = 'Rekenwonder BV'\nupstream = 'https://api.rekenwonder.example/v2/'\n\
                       profile = 'oneroster-1.2'\nepoch = '2026-2027'\n";
        std::fs::write(home.path().join("answers.toml"), answers).unwrap();
        let made = home.sluis(&["init", "--answers", "answers.toml", "--no-input"]);
        // 3: it warns that no agreement is recorded.
        assert!(matches!(made.status.code(), Some(0 | 3)), "{}", String::from_utf8_lossy(&made.stderr));
        home
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn sluis(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluis"));
        command.args(arguments).current_dir(self.path()).env_clear().env("LANG", "en_GB.UTF-8");
        command.output().unwrap()
    }

    fn vault(&self) -> Vault {
        let unlock = Unlock::KeyFile(self.path().join("secrets/unseal.key"));
        Vault::open(&Settings::at(self.path().join("state/vault")), &unlock, None, &mut |_| {}).unwrap()
    }
}

#[test]
fn a_roster_of_last_month_is_warned_of() {
    let home = Home::new();
    for (days, old) in [(29, false), (31, true)] {
        let then = SystemClock.now().as_millis() - days * 24 * 60 * 60 * 1000 - 1000;
        let mut roster = Roster::empty(Timestamp::from_millis(then));
        let id = (Kind::PUPIL_NUMBER, Secret::new("10027".to_owned()));
        roster.add(Pupil { identifiers: vec![id], ..Pupil::default() }).unwrap();
        roster.save(&home.path().join("state/roster"), &home.vault()).unwrap();
        let checked = home.sluis(&["check", "--json"]);
        let report: Value = serde_json::from_slice(&checked.stdout).unwrap();
        let codes: Vec<&str> =
            report["problems"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
        // Other warnings are about the rest of the configuration.
        assert_eq!(codes.contains(&"CFG-094"), old, "{days} days: {codes:?}");
        assert!(!old || checked.status.code() == Some(3), "{codes:?}");
    }
}

#[test]
fn pupils_are_shown_twelve_times_an_hour_and_each_is_on_record() {
    let home = Home::new();
    std::fs::write(home.path().join("p.csv"), "leerlingnummer;voornaam\n10027;Maarten\n").unwrap();
    assert!(home.sluis(&["roster", "import", "p.csv"]).status.success());
    let show = || home.sluis(&["roster", "list", "--reason", "de nachtelijke import nakijken", "--json"]);
    for _ in 0..12 {
        let shown: Value = serde_json::from_slice(&show().stdout).unwrap();
        assert_eq!(shown["pupils"][0]["given_name"][0], "Maarten");
    }
    let refused = show();
    assert_eq!(refused.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!(told["error"]["code"], "CLI-107");
    assert!(!String::from_utf8_lossy(&refused.stdout).contains("Maarten"));
    let mut leaves = sluis::journal::Leaves::open(&home.path().join("state/journal")).unwrap();
    let mut shown = 0;
    while let Some((leaf, _)) = leaves.read().unwrap() {
        if leaf.event == sluis::journal::Event::SHOWN {
            shown += 1;
            let details = format!("{:?}", leaf.details);
            assert!(details.contains("de nachtelijke import nakijken") && leaf.actor.starts_with("uid "));
            assert!(!details.contains("Maarten"));
        }
    }
    assert_eq!(shown, 12);
}

/// The samples that came with the design, where they are: read, never kept.
#[test]
fn the_samples_of_the_chain_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples");
    let Some(folder) = [folder, "/work/shared/samples".into()].into_iter().find(|folder| folder.is_dir())
    else {
        return;
    };
    for (name, pupils, staff) in [
        ("nl/uwlr22_leerlinggegevens_antwoord_full_edexml.xml", 12, 14),
        ("nl/uwlr22_leerlinggegevens_antwoord_smalleset.xml", 12, 14),
        ("nl/uwlr23_leerlinggegevens_antwoord_smalleset_UNVERIFIED.xml", 12, 14),
        ("edtech/oneroster-1.2-users.csv", 1, 1),
    ] {
        for (staff, wanted) in [(false, pupils), (true, staff)] {
            let file = std::fs::File::open(folder.join(name)).unwrap();
            let options =
                sluis::roster::Options { format: None, delta: false, staff, key: Kind::PUPIL_NUMBER };
            let source = sluis::roster::Source::File(Box::new(file));
            let read = sluis::roster::bring(source, &options, SystemClock.now(), &mut |_| {}).unwrap();
            let sluis::roster::Brought::Whole(roster) = read.brought else { panic!("changes") };
            assert_eq!(roster.len(), wanted, "{name}");
        }
    }
    // None of these is a list of pupils.
    for name in [
        "nl/uwlr22_leerlinggegevens_antwoord_geenwijzigingen.xml",
        "nl/uwlr22_leerresultaten_verzoek.xml",
        "nl/entree_saml_assertion.xml",
        "edtech/oneroster-1.2-users-page.json",
    ] {
        let file = std::fs::File::open(folder.join(name)).unwrap();
        let options =
            sluis::roster::Options { format: None, delta: false, staff: true, key: Kind::PUPIL_NUMBER };
        let source = sluis::roster::Source::File(Box::new(file));
        assert!(sluis::roster::bring(source, &options, SystemClock.now(), &mut |_| {}).is_err(), "{name}");
    }
}

fn bring(
    bytes: Vec<u8>,
    format: Option<sluis::roster::Format>,
) -> Result<Roster, sluis::roster::RosterError> {
    let options = sluis::roster::Options { format, delta: false, staff: true, key: Kind::PUPIL_NUMBER };
    let source = sluis::roster::Source::File(Box::new(std::io::Cursor::new(bytes)));
    match sluis::roster::bring(source, &options, SystemClock.now(), &mut |_| {})?.brought {
        sluis::roster::Brought::Whole(roster) => Ok(roster),
        sluis::roster::Brought::Changes(_) => panic!("changes"),
    }
}

/// Strings that break programs are names like any other: kept to the byte, or refused with a place.
#[test]
fn naughty_strings_are_names() {
    let Ok(list) = std::fs::read_to_string("/work/shared/corpora/blns/blns.json") else { return };
    let strings: Vec<String> = serde_json::from_str(&list).unwrap();
    assert!(strings.len() > 400, "{}", strings.len());
    for (number, text) in strings.iter().enumerate() {
        let row = format!("leerlingnummer,naam\n{number},\"{}\"\n", text.replace('"', "\"\""));
        match bring(row.into_bytes(), None) {
            Ok(roster) => {
                let pupil = roster.pupils().next().unwrap();
                let name = pupil.first(sluis::roster::Field::FullName).map_or("", |name| name.expose());
                assert_eq!(name, text.trim(), "{number}");
            }
            Err(why) => assert!(text.contains('\0') && why.to_string().contains("row 2"), "{number}: {why}"),
        }
        let plain = text.replace('&', "&amp;").replace('<', "&lt;");
        let document = format!(
            "<EDEX><leerlingen><leerling key=\"{number}\"><achternaam>{plain}</achternaam></leerling></leerlingen></EDEX>"
        );
        if let Ok(roster) = bring(document.into_bytes(), None) {
            let pupil = roster.pupils().next().unwrap();
            let name = pupil.first(sluis::roster::Field::Family).map_or("", |name| name.expose());
            // XML turns CR LF and CR into LF.
            assert_eq!(name, text.replace("\r\n", "\n").replace('\r', "\n").trim(), "{number}");
        }
    }
}

/// The W3C's documents, well formed and not: none is a list of pupils, none is obeyed, none stops the reader.
#[test]
fn the_w3c_s_documents_are_refused() {
    let Ok(bytes) = std::fs::read("/work/shared/corpora/xmlconf/xmlts20130923.zip") else { return };
    let archive = rawzip::ZipArchive::from_slice(&bytes).unwrap();
    let (mut entries, mut seen) = (archive.entries(), 0);
    while let Some(entry) = entries.next_entry().unwrap() {
        if !entry.file_path().as_bytes().ends_with(b".xml") {
            continue;
        }
        let local = archive.get_entry(entry.wayfinder()).unwrap();
        let mut plain = Vec::new();
        let mut inflated = flate2::read::DeflateDecoder::new(local.data());
        let packed = entry.compression_method() == rawzip::CompressionMethod::DEFLATE;
        if packed {
            std::io::Read::read_to_end(&mut inflated, &mut plain).unwrap();
        } else {
            plain.extend_from_slice(local.data());
        }
        let refused = bring(plain, Some(sluis::roster::Format::Edexml)).unwrap_err().to_string();
        assert!(refused.starts_with("line "), "{refused}");
        seen += 1;
    }
    assert!(seen > 1000, "{seen}");
}
