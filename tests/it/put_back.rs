//! What pupils and parents said, and who they are, put back from another day, taken away or replaced: found at the start,
//! by `check`, by every command and by both verifiers. Backups bring an objection back, and nobody who was forgotten.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::support::process::{Place, copy};

const USER: &str = "/rekenwonder/rostering/v1p2/users/sis-2";
/// Their files in `state/`.
const CONSENTS: &str = "state/consents";
const ROSTER: &str = "state/roster";

/// A school with two pupils, of whom one objected on Monday; an upstream that nothing listens at.
fn school() -> Place {
    let school = Place::school();
    let config = school.read("sluis.toml");
    let config = config.replace("https://api.rekenwonder.example/v2/", "https://127.0.0.1:1/v2/");
    school.put("sluis.toml", &config.replace("asks     = ", "allow_private = true\n  asks     = "));
    school.put(
        "pupils.csv",
        "sourcedId,leerlingnummer,voornaam,achternaam,geboortedatum\nsis-1,95311,Jip,Zuring,2013-04-01\n\
         sis-2,95312,Zus,Quist,2013-05-02\n",
    );
    school.good(&["roster", "import", "pupils.csv"]);
    school.put("one", "95311\n");
    school.put("two", "95312\n");
    objects(&school, "one");
    school
}

fn objects(school: &Place, who: &str) {
    let reason = ["--id-file", who, "--reason", "letter of the parents"];
    school.good(&[&["consent", "set", "objection", "--publisher", "rekenwonder"], &reason[..]].concat());
}

fn keep(school: &Place, name: &str, as_name: &str) {
    std::fs::copy(school.path(name), school.path(as_name)).unwrap();
}

/// Every way in says so, with this code and these words; nothing is served.
#[track_caller]
fn found(school: &Place, code: &str, said: &str) {
    let commands: [&[&str]; 5] =
        [&["serve"], &["consent", "list"], &["report", "register"], &["canary", "run"], &["check"]];
    for command in commands {
        let error = school.fails(command);
        assert!(error.contains(code) && error.contains(said), "{command:?}: {error}");
        for secret in ["95311", "95312", "Zuring", "Quist"] {
            assert!(!error.contains(secret), "{command:?}: {error}");
        }
    }
}

/// What both verifiers say of a file beside the vault: the same.
#[track_caller]
fn verifiers(school: &Place, file: &str) -> Vec<String> {
    let output = school.run(&["journal", "verify", "--beside", file, "--json"]);
    let ours: Value = serde_json::from_slice(&output.stdout).unwrap();
    let verify = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verifier/verify.py");
    let mut python = Command::new("python3");
    python.arg(verify).arg(school.path("state/journal"));
    python.arg(format!("@{}", school.path("recovery/journal.vkey").display()));
    let output = python.arg("--beside").arg(school.path(file)).output().unwrap();
    if output.status.code() != Some(3) {
        let theirs: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(ours, theirs, "the verifiers do not agree");
    }
    let differences = ours["differences"].as_array().unwrap();
    differences.iter().map(|one| one["what"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn objections_of_yesterday_are_no_objections_of_today() {
    let school = school();
    keep(&school, CONSENTS, "monday");
    objects(&school, "two");
    keep(&school, CONSENTS, "tuesday");
    assert!(verifiers(&school, "tuesday").is_empty());
    keep(&school, "monday", CONSENTS);
    found(&school, "CLI-180", "edition 1, and the journal names edition 2");
    assert_eq!(verifiers(&school, "monday"), ["beside-older"]);
    assert_eq!(verifiers(&school, "pupils.csv"), ["beside-unknown"]);
    // Nor can a change be made that would make the older one the newest.
    let reason = ["--id-file", "one", "--reason", "once more"];
    let change = [&["consent", "withdraw", "objection", "--publisher", "rekenwonder"], &reason[..]].concat();
    assert!(school.fails(&change).contains("CLI-180"));
    std::fs::remove_file(school.path(CONSENTS)).unwrap();
    found(&school, "CLI-180", "the file is missing");
    keep(&school, "tuesday", CONSENTS);
    assert!(school.good(&["consent", "list"]).contains("2 objections"));
    // Back and forth: the newest is another one each time, also where it says the same.
    let reason = ["--id-file", "two", "--reason", "changed their minds"];
    school.good(&[&["consent", "withdraw", "objection", "--publisher", "rekenwonder"], &reason[..]].concat());
    objects(&school, "two");
    keep(&school, "tuesday", CONSENTS);
    found(&school, "CLI-180", "edition 2, and the journal names edition 4");
}

#[test]
fn a_crash_between_record_and_place_loses_no_objection() {
    let school = school();
    keep(&school, CONSENTS, "monday");
    objects(&school, "two");
    // As a crash leaves it: recorded, and the new file still beside its place.
    std::fs::rename(school.path(CONSENTS), school.path("state/consents.next")).unwrap();
    keep(&school, "monday", CONSENTS);
    let server = school.serve();
    let token = school.read("secrets/rekenwonder.token");
    assert_eq!(server.ask(&school.path("tls/cert.pem"), USER, token.trim()), (403, "SLS-404".into()));
    server.stop();
    assert!(!school.path("state/consents.next").exists());
    // And: written, and never recorded. It is nobody's, and no later start takes it.
    keep(&school, "monday", "state/consents.next");
    assert!(school.good(&["consent", "list"]).contains("2 objections"));
}

#[test]
fn a_second_school_does_not_leave_objections_behind() {
    let school = school();
    // With two schools each has a file of its own name: the one file is nobody's then.
    let config = school.read("sluis.toml");
    let (before, after) = config.split_once("[school]").unwrap();
    let more = "\n[[school]]\nid = \"34CD\"\nname = \"Andere School\"\nhost = \"andere.example\"\n";
    let after = after.replacen("epoch", "school = \"12AB\"\nepoch", 1);
    school.put("sluis.toml", &format!("{before}[[school]]\nhost = \"localhost\"{after}{more}"));
    let error = school.fails(&["check"]);
    assert!(error.contains("CLI-180") && error.contains("consents-12AB"), "{error}");
    let error = school.fails(&["serve"]);
    assert!(error.contains("CLI-182") && error.contains("roster-12AB"), "{error}");
    std::fs::rename(school.path(ROSTER), school.path("state/roster-12AB")).unwrap();
    assert!(school.fails(&["serve"]).contains("CLI-180"));
    std::fs::rename(school.path(CONSENTS), school.path("state/consents-12AB")).unwrap();
    school.good(&["check"]);
}

#[test]
fn a_backup_brings_objections_back_and_recovery_says_what_it_lacks() {
    let school = school();
    school.good(&["vault", "backup", "monday.backup"]);
    assert!(school.path("monday.backup.consents").exists() && school.path("monday.backup.erased").exists());
    objects(&school, "two");
    // The machine is lost, but for its journal.
    copy(&school.path("state/journal"), &school.path("journal"));
    std::fs::remove_dir_all(school.path("state")).unwrap();
    std::fs::create_dir(school.path("state")).unwrap();
    copy(&school.path("journal"), &school.path("state/journal"));
    let told = school.good(&["vault", "recover", "monday.backup"]);
    assert!(told.contains("put back from monday.backup.consents"), "{told}");
    school.put("sluis.toml", &school.read("sluis.toml").replace("\"2026-2027\"", "\"2026-2027.r1\""));
    school.good(&["roster", "import", "pupils.csv"]);
    // Monday's are there, and the journal knows of Tuesday's.
    assert!(school.fails(&["consent", "list"]).contains("CLI-180"));
    let output = school.run(&["consent", "recover", "--reason", "the disk was lost"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("1 objections") && told.contains("1 changes since are lost"), "{told}");
    assert!(school.good(&["consent", "list"]).contains("1 objections"));
    // Not for nothing: it is on record, and once more it lacks nothing.
    school.good(&["journal", "verify"]);
    assert_eq!(school.run(&["consent", "recover", "--reason", "once more"]).status.code(), Some(0));
    let none = school.run(&["consent", "recover", "pupils.csv", "--reason", "no such file"]);
    assert_eq!(none.status.code(), Some(1));
}

#[test]
fn no_older_copy_brings_a_forgotten_pupil_back() {
    let school = school();
    school.good(&["vault", "backup", "monday.backup"]);
    keep(&school, CONSENTS, "consents-of-monday");
    keep(&school, ROSTER, "roster-of-monday");
    let forget = ["pupil", "forget", "--id-file", "one", "--reason", "asked for it", "--for-ever", "--now"];
    school.good(&forget);
    keep(&school, "state/vault/erased", "erased-of-tuesday");
    // His objection is gone with him, and an older file with it is not the newest.
    keep(&school, "consents-of-monday", CONSENTS);
    assert!(school.fails(&["consent", "list"]).contains("CLI-180"));
    school.run(&["consent", "recover", "--reason", "the newest was lost"]);
    assert!(school.good(&["consent", "list"]).contains("nothing is on record"));
    // So is an older roster, in which he stands.
    keep(&school, "roster-of-monday", ROSTER);
    found(&school, "CLI-182", "it is another one");
    std::fs::remove_file(school.path(ROSTER)).unwrap();
    found(&school, "CLI-182", "it is missing");
    school.put("pupils.csv", "sourcedId,leerlingnummer,voornaam,achternaam\nsis-2,95312,Zus,Quist\n");
    school.good(&["roster", "import", "pupils.csv"]);
    school.serve().stop();
    // The machine is lost with its journal. Nobody can say whether somebody was forgotten: so nothing comes back unasked.
    std::fs::remove_dir_all(school.path("state")).unwrap();
    std::fs::create_dir(school.path("state")).unwrap();
    let error = school.fails(&["vault", "recover", "monday.backup"]);
    assert!(error.contains("CLI-183") && error.contains("--erased"), "{error}");
    assert!(!school.path("state/vault").exists(), "nothing was changed");
    let told = school.good(&["vault", "recover", "monday.backup", "--erased", "erased-of-tuesday", "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert!(told["forgotten_again"].as_u64().unwrap() > 0, "{told}");
    assert_eq!(told["consents_from"][0], "monday.backup.consents");
}

#[test]
fn a_kit_says_that_nobody_was_forgotten_yet() {
    let school = school();
    school.good(&["vault", "backup", "monday.backup"]);
    assert!(school.path("recovery/erased").exists());
    assert!(school.read("recovery/README.txt").contains("erased"));
    std::fs::remove_dir_all(school.path("state")).unwrap();
    std::fs::create_dir(school.path("state")).unwrap();
    school.good(&["vault", "recover", "monday.backup", "--erased", "recovery/erased"]);
    // Another vault's file says nothing of this one.
    let other = Place::school();
    std::fs::copy(other.path("recovery/erased"), school.path("other")).unwrap();
    let error = school.fails(&["vault", "recover", "--rehearse", "monday.backup", "--erased", "other"]);
    assert!(error.contains("tombstones"), "{error}");
}

#[test]
fn an_objection_binds_whatever_else_is_wrong_with_the_house() {
    let school = school();
    let server = school.serve();
    let (certificate, token) = (school.path("tls/cert.pem"), school.read("secrets/rekenwonder.token"));
    assert_eq!(server.ask(&certificate, USER, token.trim()), (502, "SLS-901".into()), "nobody listens");
    // Neither could be read again now, and the server lives without.
    let (key, roster) = (school.read("tls/key.pem"), std::fs::read(school.path(ROSTER)).unwrap());
    school.put("tls/key.pem", "no key");
    keep(&school, "tls/cert.pem", "cert");
    objects(&school, "two");
    assert_eq!(server.ask(&school.path("cert"), USER, token.trim()), (403, "SLS-404".into()));
    school.put("tls/key.pem", &key);
    assert_eq!(std::fs::read(school.path(ROSTER)).unwrap(), roster);
    server.stop();
}
