//! Witnesses over real sockets: `sluis serve` is cosigned by `sluis witness serve`, and a rollback of everything
//! at once is found by it and by nothing else.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::support::process::{Place, Running, copy};

const NAME: &str = "witness.bestuur.example";

/// A witness, running, that knows this school's journal.
fn witness_of(school: &Place) -> (Place, Running) {
    let place = Place::empty();
    let made = ["witness", "init", "--name", NAME, "--host", "localhost", "--address", "127.0.0.1:0"];
    place.good(&made);
    std::fs::copy(school.path("recovery/journal.vkey"), place.path("journal.vkey")).unwrap();
    assert!(place.good(&["witness", "list"]).contains("no journal is known yet"));
    place.good(&["witness", "add", "journal.vkey"]);
    assert_eq!(place.good(&["witness", "list"]), "sluis/12AB  never cosigned\n");
    let running = place.start(&["witness", "serve"], "witnessing");
    (place, running)
}

/// Names the witness in the school's configuration.
fn name(school: &Place, witness: &Place, running: &Running) {
    std::fs::copy(witness.path("tls/cert.pem"), school.path("witness.pem")).unwrap();
    let port = running.text("address").rsplit(':').next().unwrap().to_owned();
    let key = witness.read("witness.vkey");
    let table = format!(
        "\n[[journal.witness]]\nname = 'Bestuur'\nkey = '{}'\nurl = 'https://localhost:{port}/'\nca = 'witness.pem'\n",
        key.trim()
    );
    school.append("sluis.toml", &table);
}

fn cosigned(state: &Value) -> Option<u64> {
    state["checkpoint_elsewhere"]["Bestuur"]["entries"].as_u64()
}

#[test]
fn a_witness_cosigns_what_a_server_writes_and_both_verifiers_believe_it() {
    let school = Place::school();
    let (witness, running) = witness_of(&school);
    let server = school.serve();
    let (status, state) = server.ready();
    assert_eq!((status, &state["checkpoint_elsewhere"]), (200, &"none".into()));
    assert_eq!(state["rollback_of_everything"], "is not found: no witness holds a checkpoint");
    server.stop();

    name(&school, &witness, &running);
    let server = school.serve();
    let state = server.until("cosigned", |_, state| cosigned(state).is_some());
    assert_eq!(state["rollback_of_everything"], "is found");
    assert_eq!(state["checkpoint_elsewhere"]["Bestuur"]["trouble"], Value::Null);
    let size = cosigned(&state).unwrap();
    server.stop();
    // The last checkpoint of all was cosigned too.
    let verify = ["journal", "verify", "state/journal", "--key", "recovery/journal.vkey", "--json"];
    let with = |more: &[&'static str]| [&verify[..], more].concat();
    std::fs::copy(witness.path("witness.vkey"), school.path("witness.vkey")).unwrap();
    let report: Value = serde_json::from_str(&school.good(&with(&["--witness", "witness.vkey"]))).unwrap();
    assert_eq!(report["witnesses"][0]["name"], NAME);
    assert_eq!(report["witnesses"][0]["size"], report["size"]);
    assert!(report["size"].as_u64() > Some(size), "{report}");
    python_agrees(&school, &report, &["--witness", "@witness.vkey"]);

    // What the witness keeps is an earlier checkpoint for whoever verifies.
    running.stop();
    let listed = witness.good(&["witness", "list"]);
    assert!(listed.starts_with(&format!("sluis/12AB  {} entries, cosigned ", report["size"])), "{listed}");
    let seen = std::fs::read_dir(witness.path("book/seen")).unwrap().next().unwrap().unwrap().path();
    std::fs::copy(seen, school.path("kept")).unwrap();
    std::fs::remove_dir_all(school.path("state/journal/witnessed")).unwrap();
    let text = school.read("state/journal/checkpoint");
    let own = text.lines().filter(|line| !line.contains(NAME)).collect::<Vec<_>>().join("\n") + "\n";
    school.put("state/journal/checkpoint", &own);
    let output = school.run(&with(&["--witness", "witness.vkey"]));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["differences"][0]["what"], "cosignature-missing");
    python_agrees(&school, &report, &["--witness", "@witness.vkey"]);
    school.good(&with(&["--witness", "witness.vkey", "--earlier", "kept"]));
}

#[test]
fn a_rollback_of_everything_is_found_by_the_witness() {
    let school = Place::school();
    let (witness, running) = witness_of(&school);
    name(&school, &witness, &running);
    let server = school.serve();
    let token = school.read("secrets/rekenwonder.token");
    let state = server.until("cosigned", |_, state| cosigned(state).is_some());
    let before = cosigned(&state).unwrap();
    server.stop();
    // A snapshot of the whole machine, and life goes on.
    copy(&school.path("state"), &school.path("snapshot"));
    let server = school.serve();
    server.until("cosigned again", |_, state| cosigned(state) > Some(before + 1));
    server.stop();
    copy(&school.path("snapshot"), &school.path("state"));
    // Nothing here tells that it was put back; the witness does, within moments.
    let mut server = school.serve();
    let line = server.wait_for("the journal is sealed: everything is refused");
    assert!(line.contains("an older copy was put in its place"), "{line}");
    let told = |state: &Value| state["checkpoint_elsewhere"]["Bestuur"]["trouble"].to_string();
    server.until("sealed", |status, state| {
        status == 503 && state["journal"] == "sealed" && told(state).contains("older copy")
    });
    let asked = server.ask(&school.path("tls/cert.pem"), "/rekenwonder/rostering/v1p2/users", token.trim());
    assert_eq!(asked, (503, "SLS-702".to_owned()));
    server.kill();
    // Whatever becomes of the witness: it stays sealed.
    let error = school.fails(&["serve"]);
    assert!(error.contains("CLI-118") && error.contains("is kept elsewhere has"), "{error}");
    // And there is a way out: a new journal, new epochs.
    let config = school.read("sluis.toml");
    let next = "[journal]\npath = \"state/journal-2\"\norigin = \"sluis/12AB/2\"";
    school.put("sluis.toml", &config.replace("[journal]\npath = \"state/journal\"", next));
    assert!(school.read("sluis.toml").contains("journal-2"), "{config}");
    // Without the journal, the kit says who was forgotten: nobody.
    assert!(school.fails(&["vault", "recover"]).contains("CLI-183"));
    assert!(school.good(&["vault", "recover", "--erased", "recovery/erased"]).contains("recovered: "));
    running.stop();
    witness.put("second.vkey", &school.good(&["journal", "key"]));
    assert!(witness.read("second.vkey").starts_with("sluis/12AB/2/v1+"));
    witness.good(&["witness", "add", "second.vkey"]);
    let running = witness.start(&["witness", "serve"], "witnessing");
    let port = running.text("address").rsplit(':').next().unwrap().to_owned();
    let moved: Vec<String> = school
        .read("sluis.toml")
        .lines()
        .map(|line| match line.starts_with("url = 'https://localhost:") {
            true => format!("url = 'https://localhost:{port}/'"),
            false => line.to_owned(),
        })
        .collect();
    school.put("sluis.toml", &(moved.join("\n") + "\n"));
    let server = school.serve();
    server.until("the new journal is cosigned", |status, state| status == 200 && cosigned(state).is_some());
    server.stop();
    assert_eq!(witness.read("book/logs").lines().count(), 2);

    // A witness that cannot be reached holds nothing up, and is told.
    running.kill();
    school.put("sluis.toml", &config);
    copy(&school.path("snapshot"), &school.path("state"));
    let server = school.serve();
    let state =
        server.until("trouble", |_, state| !state["checkpoint_elsewhere"]["Bestuur"]["trouble"].is_null());
    assert_eq!((server.ready().0, &state["journal"]), (200, &"open".into()), "{state}");
    server.stop();
}

#[test]
fn a_witness_that_never_answers_holds_nothing_up() {
    let school = Place::school();
    let (witness, running) = witness_of(&school);
    name(&school, &witness, &running);
    running.stop();
    // Takes connections and says nothing.
    let port = witness_port(&school);
    let silent = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let config =
        school.read("sluis.toml").replace("https://api.rekenwonder.example/v2/", "https://127.0.0.1:1/");
    school.put("sluis.toml", &config.replace("asks     = ", "allow_private = true\n  asks     = "));
    let server = school.serve();
    let (certificate, token) = (school.path("tls/cert.pem"), school.read("secrets/rekenwonder.token"));
    for _ in 0..20 {
        let asked = server.ask(&certificate, "/rekenwonder/rostering/v1p2/users", token.trim());
        assert_eq!(asked, (502, "SLS-901".to_owned()), "recorded, and on its way");
    }
    let (status, state) = server.ready();
    assert_eq!((status, cosigned(&state)), (200, None), "{state}");
    let stopping = std::time::Instant::now();
    server.stop();
    // Draining aside, the last word waits 5 s for its answer and no longer.
    assert!(stopping.elapsed() < std::time::Duration::from_secs(20));
    drop(silent);
    school.good(&["journal", "verify", "state/journal", "--key", "recovery/journal.vkey"]);
}

/// The port of the witness in the school's configuration.
fn witness_port(school: &Place) -> u16 {
    let config = school.read("sluis.toml");
    let (_, rest) = config.split_once("https://localhost:").unwrap();
    rest.split('/').next().unwrap().parse().unwrap()
}

#[test]
fn a_reload_takes_other_witnesses() {
    let school = Place::school();
    let (witness, running) = witness_of(&school);
    let mut server = school.serve();
    name(&school, &witness, &running);
    let said = server.reload();
    assert!(said.contains("the configuration was taken anew"), "{said}");
    server.until("cosigned", |_, state| cosigned(state).is_some());
    server.stop();
    drop(running);
}

#[test]
fn a_witness_answers_over_http_as_the_specification_says() {
    let school = Place::school();
    let (witness, running) = witness_of(&school);
    let certificate = witness.path("tls/cert.pem");
    let ask = |head: &str, body: &str| running.exchange(&certificate, &format!("{head} HTTP/1.1\r\n"), body);
    let add = |body: &str| ask("POST /add-checkpoint", body);
    let note = school.read("state/journal/checkpoint");
    let size: u64 = note.lines().nth(1).unwrap().parse().unwrap();
    let path = format!("GET /{}/checkpoint", sluis::journal::origin_hash_of("sluis/12AB"));
    assert_eq!(ask(&path, "").0, 404, "never cosigned");
    for (body, status) in [
        ("", 400),
        ("old x\n\nx", 400),
        (&format!("old 0\n\n{}", note.replace("sluis/12AB\n", "sluis/34CD\n")), 404),
        (&format!("old 0\n\n{}", note.replace(&format!("\n{size}\n"), "\n9999\n")), 403),
        (&format!("old {}\n\n{note}", size + 1), 400),
        (&format!("old 0\n{}=\n\n{note}", "A".repeat(43)), 422),
        (&"x".repeat(70_000), 400),
    ] {
        assert_eq!(add(body).0, status, "{}", &body[..body.len().min(60)]);
    }
    let (status, head, body) = add(&format!("old 1\n\n{note}"));
    assert_eq!((status, body.as_str()), (409, "0\n"));
    assert!(head.to_ascii_lowercase().contains("content-type: text/x.tlog.size"), "{head}");
    let (status, _, line) = add(&format!("old 0\n\n{note}"));
    let key = sluis::journal::WitnessKey::parse(witness.read("witness.vkey").trim()).unwrap();
    assert_eq!(status, 200, "{line}");
    assert!(sluis::journal::cosigned_at(&format!("{note}{line}"), &key).unwrap().is_some());
    let (status, _, kept) = ask(&path, "");
    assert_eq!(status, 200);
    assert_eq!(kept, format!("{note}{line}"));
    assert_eq!(add(&format!("old 0\n\n{note}")).2, format!("{size}\n"));
    for (head, status) in [
        ("GET /add-checkpoint", 404),
        ("DELETE /add-checkpoint", 405),
        ("GET /", 404),
        ("GET /../book/logs", 404),
        ("GET /livez", 200),
    ] {
        assert_eq!(ask(head, "").0, status, "{head}");
    }
    running.stop();
    assert!(witness.good(&["witness", "list"]).starts_with(&format!("sluis/12AB  {size} entries")));
}

/// The independent verifier says the same of the school's journal.
fn python_agrees(school: &Place, report: &Value, more: &[&str]) {
    let verifier = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verifier/verify.py");
    let output = Command::new("python3")
        .arg(verifier)
        .args(["state/journal", "@recovery/journal.vkey"])
        .args(more)
        .current_dir(school.directory.path())
        .output();
    match output {
        Ok(output) if output.status.code() != Some(3) => {
            let said: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(&said, report);
        }
        _ => println!("skipped: python3 with `cryptography` is missing, the second verifier did not run"),
    }
}
