//! Canary runs read back: from the journal, from the register and from a bundle of evidence, where anybody can count them
//! again. A run that could not be done is told apart from one that held.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use sluis::journal::{Decision, Detail, Event, Leaf, Leaves};

use super::support::process::Place;

/// A profile by which a family name is kept by mistake.
const WEAK: &str = "profile = 'weak'\ntitle = 't'\n[[message]]\nmethod = 'POST'\npath = '/x'\nside = 'request'\nformat = 'json'\n\
    unlisted = 'refuse'\nperson = '/id'\nfield = [ { at = '/id', do = 'pseudonym', kind = 'pupil-number', category = 'pupil-id' }, \
    { at = '/achternaam', do = 'keep' } ]\n";

/// A school of which one route is weak, and by the other nothing but a status leaves.
fn school() -> Place {
    let school = Place::school();
    school.put("weak.toml", WEAK);
    school.put("secrets/weak.token", "token-of-weak-0123456789abcdef");
    school.put("secrets/from.token", "token-of-from-0123456789abcdef");
    let route = |mount: &str, asks: &str, token: &str| {
        format!(
            "  [[publisher.route]]\n  mount = '{mount}'\n  upstream = 'https://x.example/'\n  asks = '{asks}'\n  \
             profile = 'weak.toml'\n  caller = {{ bearer_token_file = '{token}' }}\n\n"
        )
    };
    let more =
        route("/weak/", "school", "secrets/weak.token") + &route("/from/", "publisher", "secrets/from.token");
    let config = school.read("sluis.toml");
    school.put("sluis.toml", &config.replacen("\n[operations]", &format!("\n{more}[operations]"), 1));
    school.put("pupils.csv", "sourcedId,leerlingnummer,voornaam,achternaam\nsis-1,95311,Jip,Zuring\n");
    school.good(&["roster", "import", "pupils.csv"]);
    school
}

fn leaves(school: &Place) -> Vec<Leaf> {
    let mut leaves = Leaves::open(&school.path("state/journal")).unwrap();
    let all = std::iter::from_fn(|| leaves.read().unwrap()).map(|(leaf, _)| leaf);
    all.filter(|leaf| leaf.event == Event::CANARY).collect()
}

fn number(leaf: &Leaf, name: &str) -> u64 {
    let detail = leaf.details.iter().find(|(of, _)| of == name).map(|(_, detail)| detail);
    let Some(Detail::Number(number)) = detail else { panic!("{name} in {leaf:?}") };
    *number
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(bytes)))
}

fn codes(report: &Value) -> Vec<&str> {
    report["attention"].as_array().unwrap().iter().filter_map(|point| point["code"].as_str()).collect()
}

/// A bundle, taken apart; what it says of canaries, by route.
fn bundle(school: &Place, name: &str) -> Vec<Value> {
    school.good(&["report", "evidence", "--out", &format!("{name}.zip")]);
    let mut unzip = Command::new("python3");
    unzip.args(["-m", "zipfile", "-e"]).arg(school.path(&format!("{name}.zip"))).arg(school.path(name));
    assert!(unzip.status().unwrap().success());
    let counts = json(&std::fs::read(school.path(name).join("counts.json")).unwrap());
    counts["canaries"].as_array().unwrap().clone()
}

/// Whether the second counter finds the same in the entries as the bundle says.
fn counted_again(folder: &Path) -> bool {
    let mut python = Command::new("python3");
    python.arg(folder.join("count.py")).arg(folder.join("journal")).arg(folder.join("counts.json"));
    let output = python.output().unwrap();
    if output.status.code() == Some(3) {
        panic!("the Python package cryptography is missing: see tests/tools.sh");
    }
    json(&output.stdout)["same"].as_bool().unwrap()
}

#[test]
fn what_a_run_found_is_in_journal_register_and_bundle() {
    let school = school();
    let output = school.run(&["canary", "run", "--json"]);
    assert_eq!(output.status.code(), Some(1), "a family name got through");
    let run = json(&output.stdout);
    let found = leaves(&school);
    assert_eq!(found.len(), 3);
    let mut leaked = 0;
    for (leaf, told) in found.iter().zip(run["routes"].as_array().unwrap()) {
        assert_eq!(leaf.route, told["route"].as_str().unwrap());
        for name in ["messages", "planted", "refused", "leaked"] {
            assert_eq!(number(leaf, name), told[name].as_u64().unwrap(), "{name} of {}", leaf.route);
        }
        leaked += number(leaf, "leaked");
        let scope = leaf.scope.as_ref().unwrap();
        assert_eq!((scope.publisher.as_str(), leaf.profile.is_some()), ("rekenwonder", true));
    }
    assert!(leaked > 0);
    let outcomes: Vec<&str> =
        run["routes"].as_array().unwrap().iter().map(|r| r["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == "empty").count(), 1, "{outcomes:?}");
    // The same in the bundle, by way; and whoever counts again finds it too.
    let told = bundle(&school, "evidence");
    assert_eq!(told.len(), 3);
    for leaf in &found {
        let one = told.iter().find(|one| one["way"]["route"] == leaf.route).unwrap();
        assert_eq!(one["canaries"]["leaked"], number(leaf, "leaked"));
        assert_eq!(
            (&one["canaries"]["runs"], &one["canaries"]["messages"]),
            (&1.into(), &number(leaf, "messages").into())
        );
    }
    let folder = school.path("evidence");
    assert!(counted_again(&folder));
    for page in ["summary.en.md", "summary.nl.md"] {
        let text = std::fs::read_to_string(folder.join(page)).unwrap();
        assert!(text.contains(&format!(" {leaked}.")), "{text}");
    }
    // A bundle that says less of it than the entries do does not count.
    let counts = std::fs::read_to_string(folder.join("counts.json")).unwrap();
    std::fs::write(
        folder.join("counts.json"),
        counts.replace(&format!("\"leaked\": {leaked}"), "\"leaked\": 0"),
    )
    .unwrap();
    assert!(!counted_again(&folder), "a leak was taken out of the counts");
    let register = json(school.good(&["report", "register", "--format", "json"]).as_bytes());
    assert_eq!(codes(&register)[0], "canary-leaked", "the gravest first");
    // No canary names a pupil, and no pupil a canary.
    for secret in ["95311", "Zuring"] {
        assert!(!counts.contains(secret));
    }
}

#[test]
fn a_run_that_could_not_be_done_is_no_run_that_held() {
    let school = school();
    // The roster is another day's: nothing crosses, and no rule is tried.
    std::fs::rename(school.path("state/roster"), school.path("roster")).unwrap();
    let output = school.run(&["canary", "run", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let run = json(&output.stdout);
    assert_eq!(run["outcome"], "failed");
    for route in run["routes"].as_array().unwrap() {
        assert_eq!((&route["outcome"], &route["code"]), (&"failed".into(), &"CLI-182".into()));
        assert!(route["en"].as_str().unwrap().contains("roster"));
    }
    let found = leaves(&school);
    assert_eq!(found.len(), 3);
    for leaf in found {
        assert_eq!(leaf.decision, Decision::Refused("cli-182".into()));
        assert_eq!((number(&leaf, "messages"), number(&leaf, "leaked")), (0, 0));
    }
    std::fs::rename(school.path("roster"), school.path("state/roster")).unwrap();
    let register = json(school.good(&["report", "register", "--format", "json"]).as_bytes());
    assert_eq!(codes(&register).iter().filter(|code| **code == "canary-failed").count(), 3);
    let runs = &register["publishers"][0]["routes"][0]["canaries"];
    assert_eq!(
        (&runs["runs"], &runs["runs_failed"], &runs["last_says_nothing"]),
        (&1.into(), &1.into(), &"CLI-182".into())
    );
    for (language, said) in
        [("en", "saying nothing of the rules: 1"), ("nl", "zeggen niets over de regels: 1")]
    {
        for form in ["md", "html"] {
            let page = school.good(&["report", "register", "--format", form, "--lang", language]);
            assert!(page.contains(said), "{language} {form}: {page}");
        }
    }
    let told = bundle(&school, "evidence");
    assert!(told.iter().all(|one| one["canaries"]["runs_failed"] == 1));
    assert!(counted_again(&school.path("evidence")));
    // Tried since: the newest counts.
    school.run(&["canary", "run"]);
    let register = json(school.good(&["report", "register", "--format", "json"]).as_bytes());
    assert!(!codes(&register).contains(&"canary-failed"));
}

#[test]
fn a_route_that_was_never_tried_is_named() {
    let school = school();
    let config = school.read("sluis.toml");
    let begin = config.find("  [[publisher.route]]\n  mount = '/from/'").unwrap();
    let end = config.find("[operations]").unwrap();
    school.put("sluis.toml", &format!("{}{}", &config[..begin], &config[end..]));
    school.run(&["canary", "run"]);
    let register = json(school.good(&["report", "register", "--format", "json"]).as_bytes());
    assert!(!codes(&register).contains(&"canary-missing"));
    // Another route comes: what was tried says nothing of it.
    school.put("sluis.toml", &config);
    let register = json(school.good(&["report", "register", "--format", "json"]).as_bytes());
    assert_eq!(codes(&register).iter().filter(|code| **code == "canary-missing").count(), 1);
}
