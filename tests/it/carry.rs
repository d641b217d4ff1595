//! Files instead of messages: masked through the leaving door, restored through the entering one. What is refused writes no
//! file, and nobody is turned back without a reason on record.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde_json::Value;
use sluis::journal::{Detail, Event, Leaf, Leaves};

use super::support::process::Place;

const OWN: &str = "profile = 'own'\ntitle = 'Scores'\nsource = 'none'\n[[message]]\nmethod = 'POST'\npath = '/scores'\nside = 'request'\n\
    format = 'json'\nunlisted = 'refuse'\nfield = [ { at = '/pupil', do = 'pseudonym', kind = 'pupil-number', category = 'pupil-id' }, \
    { at = '/score', do = 'keep' }, { at = '/remark', do = 'keep' } ]\n[[message]]\nside = 'response'\nformat = 'none'\nstatus = [204]\n[[message]]\nmethod = 'GET'\npath = '/answers'\nside = 'request'\nformat = 'none'\n\
    [[message]]\nside = 'response'\nformat = 'json'\nstatus = [200]\nunlisted = 'refuse'\nfield = [ { at = '/pupil', do = 'pseudonym', kind = 'pupil-number', category = 'pupil-id' }, { at = '/score', do = 'keep' } ]\n";

fn school() -> Place {
    let school = Place::school();
    school.put("own.toml", OWN);
    let config = school.read("sluis.toml");
    school.put("sluis.toml", &config.replace("\"oneroster-1.2\"", "\"own.toml\""));
    school.put("pupils.csv", "leerlingnummer,voornaam,achternaam\n95311,Jip,Zuring\n95312,Zus,Quist\n");
    school.good(&["roster", "import", "pupils.csv"]);
    school
}

const ROUTE: [&str; 4] = ["--publisher", "rekenwonder", "--route", "/rekenwonder/"];

fn mask<'a>(file: &'a str, out: &'a str) -> Vec<&'a str> {
    [&["mask", file, "--out", out, "--target", "/scores"], &ROUTE[..]].concat()
}

fn restore<'a>(file: &'a str, out: &'a str, reason: &'a str) -> Vec<&'a str> {
    [&["restore", file, "--out", out, "--reason", reason, "--target", "/answers"], &ROUTE[..]].concat()
}

fn leaves(school: &Place, event: Event) -> Vec<Leaf> {
    let mut leaves = Leaves::open(&school.path("state/journal")).unwrap();
    let all = std::iter::from_fn(|| leaves.read().unwrap()).map(|(leaf, _)| leaf);
    all.filter(|leaf| leaf.event == event).collect()
}

#[test]
fn a_file_leaves_masked_and_comes_home() {
    let school = school();
    school.put("scores.json", "{ \"pupil\": \"95311\",  \"score\": 8 }\n");
    school.good(&mask("scores.json", "out.json"));
    let out = school.read("out.json");
    assert!(!out.contains("95311") && out.ends_with("\",  \"score\": 8 }\n"), "{out}");
    let mode = std::fs::metadata(school.path("out.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // It left, as any message does: on record with its digest, and the pseudonym is the one of traffic.
    let left = leaves(&school, Event::LEFT);
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].pupils.unwrap().count, 1);
    let digest: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(out.as_bytes()).into();
    assert_eq!(left[0].left, Some(digest));
    school.good(&mask("scores.json", "again.json"));
    assert_eq!(school.read("again.json"), out);
    // Home again, on record with a count and never a name.
    school.put("answer.json", &out);
    school.good(&restore("answer.json", "home.json", "a corrected file of results"));
    let home: Value = serde_json::from_str(&school.read("home.json")).unwrap();
    assert_eq!(home["pupil"], "95311");
    let mode = std::fs::metadata(school.path("home.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let turned = leaves(&school, Event::REIDENTIFIED);
    assert_eq!(turned.len(), 1);
    let detail = |name: &str| turned[0].details.iter().find(|(of, _)| of == name).map(|(_, detail)| detail);
    assert_eq!(detail("pupils"), Some(&Detail::Number(1)));
    assert!(matches!(detail("reason"), Some(Detail::Text(_))));
    // And the pupil can see what left, in messages about him alone.
    school.put("id.txt", "95311\n");
    let show = ["pupil", "show", "--id-file", "id.txt", "--reason", "inzage door een ouder", "--json"];
    let shown: Value = serde_json::from_str(&school.good(&show)).unwrap();
    let fields = shown["publishers"][0]["crossed"]["fields"].as_array().unwrap();
    assert_eq!(fields.len(), 1, "what is kept and about nobody is not told: {fields:?}");
    assert_eq!((&fields[0]["category"], &fields[0]["how"]), (&"pupil-id".into(), &"pseudonym".into()));
    let counts = (&fields[0]["messages_about_this_pupil"], &fields[0]["messages_about_others_too"]);
    assert_eq!(counts, (&2.into(), &0.into()));
}

#[test]
fn what_is_refused_writes_no_file() {
    let school = school();
    for (name, body, code) in [
        ("name.json", "{ \"pupil\": \"95311\", \"remark\": \"goed, Zus Quist\" }", "SLS-601"),
        ("number.json", "{ \"pupil\": \"95311\", \"remark\": \"zie 95311\" }", "SLS-601"),
        ("field.json", "{ \"pupil\": \"95311\", \"naam\": \"x\" }", "SLS-111"),
        ("cut.json", "{ \"pupil\": ", "SLS-110"),
    ] {
        school.put(name, body);
        let error = school.fails(&mask(name, "out.json"));
        assert!(error.contains("CLI-185") && error.contains(code), "{name}: {error}");
        assert!(!error.contains("95311") && !error.contains("Quist"), "{error}");
        assert!(!school.path("out.json").exists(), "{name}");
    }
    // Never over another file, nor through a link.
    school.put("scores.json", "{ \"pupil\": \"95311\", \"score\": 8 }");
    school.put("there.json", "mine");
    symlink(school.path("nowhere"), school.path("link.json")).unwrap();
    for out in ["there.json", "link.json", "no/such/folder.json"] {
        school.fails(&mask("scores.json", out));
    }
    assert_eq!(school.read("there.json"), "mine");
    assert!(!school.path("nowhere").exists());
    // An objection holds for files too.
    school.put("one", "95311\n");
    let said = ["--id-file", "one", "--reason", "letter of the parents"];
    school.good(&[&["consent", "set", "objection", "--publisher", "rekenwonder"], &said[..]].concat());
    let error = school.fails(&mask("scores.json", "out.json"));
    assert!(error.contains("SLS-404") && !school.path("out.json").exists(), "{error}");
    assert_eq!(leaves(&school, Event::LEFT).len(), 0, "nothing left");
}

#[test]
fn nobody_is_turned_back_without_grounds() {
    let school = school();
    school.put("scores.json", "{ \"pupil\": \"95311\", \"score\": 8 }");
    school.good(&mask("scores.json", "out.json"));
    // A reason that names the pupil would stand in the journal for ever; one that is none says nothing.
    for reason in ["about 95311 of class 4", "x"] {
        let output = school.run(&restore("out.json", "home.json", reason));
        assert!(!output.status.success());
        assert!(!school.path("home.json").exists(), "{reason}");
    }
    assert!(
        school.run(&[&["restore", "out.json", "--out", "home.json"], &ROUTE[..]].concat()).status.code()
            == Some(2)
    );
    // And names are not tried in reasons unseen: that was a look, on record without what was tried.
    let tried = leaves(&school, Event::REIDENTIFIED);
    assert_eq!(tried.len(), 1);
    assert!(!format!("{tried:?}").contains("95311"));
    // A guess is unknown, and another's is too.
    school.put("guess.json", "{ \"pupil\": \"0c3f9a52-1111-8222-8333-444455556666\", \"score\": 8 }");
    let error = school.fails(&restore("guess.json", "home.json", "a guess at a pseudonym"));
    assert!(error.contains("SLS-301"), "{error}");
    assert!(!school.path("home.json").exists());
    // Twenty an hour, whatever they are called.
    let mut done = leaves(&school, Event::REIDENTIFIED).len();
    for number in 0..25 {
        let out = format!("home-{number}.json");
        let output = school.run(&restore("out.json", &out, "a corrected file of results"));
        if !output.status.success() {
            assert!(String::from_utf8_lossy(&output.stderr).contains("CLI-145"));
            assert!(!school.path(&out).exists());
            break;
        }
        done += 1;
    }
    assert_eq!(done, 20);
    // Lists of the roster are counted apart.
    school.good(&["roster", "list", "--reason", "check of the import"]);
}
