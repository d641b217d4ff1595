//! The auditor's half hour: `docs/AUDIT.md` is typed again, by the real commands, against a school that really exchanged
//! something with a publisher that kept its bytes. And evidence under bad circumstances.
//!
//! A block marked `console` in the page is a run of steps: `$ sluis …`, `$ python3 …`, `$ sha256sum …`, `$ cat …`,
//! `$ head …` and `$ cd …`. `entry-N` and `EXCHANGE` in a step stand for the first of the sample.
//! `SLUIS_BLESS=1 cargo test --test it audit` writes the page anew; look at the difference before you commit it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sha2::{Digest, Sha256};

use super::cli::stable;
use super::leak::record;
use super::support::far::{Far, reply};
use super::support::process::{Place, Running};
use super::support::pupils::{Person, canaries, edu_v};
use super::support::tls::Authority;

const OWN: &str = include_str!("support/own.toml");
const TERMS: &str = "location  = 'NL'\nkind      = 'bought'\nagreement = { document = 'Verwerkersovereenkomst 4.0', \
                     parties = ['Stichting Petteflat', 'Rekenwonder BV'], date = '2026-06-01', ends = '9999-07-31', \
                     categories = ['pupil-id', 'result', 'free-text'] }\n";
/// What a swap holds: nobody's business outside.
const SWAPPED: [&str; 2] = ["klant-12AB-geheim", "PETTEFLAT-7731-geheim"];

/// A school that exchanged records about its pupils with a publisher.
struct Audited {
    place: Place,
    publisher: Far,
}

impl Audited {
    async fn new() -> Self {
        let place = Place::school();
        let authority = Authority::new();
        let publisher = Far::start(&authority, "http/1.1").await;
        publisher.answer(|got| {
            let mut body: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
            body.as_object_mut().unwrap().remove("remark");
            reply(200, &[("content-type", "application/json")], body.to_string())
        });
        place.put("far-ca.pem", &authority.pem());
        place.put("own.toml", OWN);
        let upstream = format!("https://{}/v2/", publisher.address);
        let more = format!(
            "profile  = \"own.toml\"\n  allow_private = true\n  ca = \"far-ca.pem\"\n  swap = {{ customer = {{ inside = \"{}\", outside = \"{}\" }} }}",
            SWAPPED[0], SWAPPED[1]
        );
        let written = place.read("sluis.toml");
        let written = written
            .replace("profile  = \"oneroster-1.2\"", &more)
            .replace("https://api.rekenwonder.example/v2/", &upstream)
            .replace("shape = \"uuid\"\n", &format!("shape = \"uuid\"\n{TERMS}"));
        assert!(written.contains(&more) && written.contains(&upstream) && written.contains("9999-07-31"));
        place.put("sluis.toml", &written);
        place.put("pupils.csv", &roster(&edu_v()));
        place.good(&["roster", "import", "pupils.csv"]);
        Self { place, publisher }
    }

    /// Twelve messages that leave, one that does not, one without a name that an auditor would know.
    fn exchanges(&self, server: &Running) {
        let token = self.place.read("secrets/rekenwonder.token");
        let certificate = self.place.path("tls/cert.pem");
        let post = |body: &str| server.send(&certificate, "POST", "/rekenwonder/records", token.trim(), body);
        let pupils = edu_v();
        for (number, pupil) in pupils.iter().enumerate() {
            let remark = if number == 4 { "goed gewerkt met Quirijn Zandhoek" } else { "goed gewerkt" };
            let (status, body) = post(&record(pupil, remark));
            assert_eq!(status, 200, "{body}");
        }
        let (status, body) = post(&record(&pupils[0], &format!("samen met {}", pupils[1].name())));
        assert!(status == 422 && body.contains("SLS-601"), "{body}");
        // Filters are kept off the request's path: until they are, the journal grows by itself.
        let kept = || {
            let register = self.place.run(&["report", "register", "--json"]);
            let register: serde_json::Value = serde_json::from_slice(&register.stdout).unwrap();
            register["journal"]["needle_filters"] == 12
        };
        assert!((0..100).any(|_| kept() || {
            std::thread::sleep(std::time::Duration::from_millis(100));
            false
        }));
    }

    fn bodies(&self) -> Vec<Vec<u8>> {
        self.publisher.got().iter().map(|got| got.body.to_vec()).collect()
    }
}

fn roster(pupils: &[Person]) -> String {
    let mut csv = "las_key,given_name,prefix,family_name,email,birth_date\n".to_owned();
    for pupil in pupils {
        let fields =
            [pupil.id("las-key"), &pupil.preferred, &pupil.prefix, &pupil.family, &pupil.email, &pupil.birth];
        csv.push_str(&format!("{}\n", fields.map(|field| format!("\"{field}\"")).join(",")));
    }
    csv
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_half_hour_is_as_written() {
    let audited = Audited::new().await;
    let server = audited.place.serve();
    audited.exchanges(&server);
    let place = &audited.place;
    // What reaches the auditor by another road, and what the publisher kept.
    std::fs::create_dir(place.path("evidence")).unwrap();
    place.put("evidence/key.txt", &place.read("recovery/journal.vkey"));
    place.put("pupil.txt", &edu_v()[2].name());
    place.put("stranger.txt", "Quirijn Zandhoek");
    std::fs::create_dir(place.path("received")).unwrap();

    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/AUDIT.md");
    let written = std::fs::read_to_string(&page).unwrap();
    let played =
        Reading { audited: &audited, at: place.directory.path().to_owned(), sample: None }.play(&written);
    if std::env::var_os("SLUIS_BLESS").is_some() && written != played {
        std::fs::write(&page, &played).unwrap();
    } else {
        for (line, (was, is)) in written.lines().zip(played.lines()).enumerate() {
            assert_eq!(was, is, "docs/AUDIT.md line {}", line + 1);
        }
        assert_eq!(written, played);
    }
    // What the page says of the sample holds for each of it.
    let rows = sample(&place.read("evidence/sample.csv"));
    assert_eq!(rows.len(), 10);
    let received: BTreeSet<String> = audited.bodies().iter().map(|body| digest(body)).collect();
    for row in &rows {
        assert!(received.contains(&row[6]), "the publisher received these bytes: {row:?}");
        place.good(&[
            "journal",
            "verify",
            "--proof",
            &format!("evidence/{}", row[7]),
            "--key",
            "recovery/journal.vkey",
        ]);
    }
    server.stop();
}

/// A page being played.
struct Reading<'a> {
    audited: &'a Audited,
    at: PathBuf,
    sample: Option<Vec<String>>,
}

impl Reading<'_> {
    fn play(&mut self, written: &str) -> String {
        let (mut played, mut inside, mut output) = (String::new(), false, false);
        for line in written.lines() {
            let keep = |played: &mut String| {
                played.push_str(line);
                played.push('\n');
            };
            match (inside, line) {
                (false, _) => {
                    inside = line == "```console";
                    output = false;
                    keep(&mut played);
                }
                (true, "```") => {
                    inside = false;
                    keep(&mut played);
                }
                (true, step) if step.starts_with("$ ") => {
                    keep(&mut played);
                    played.push_str(&self.step(step.trim_start_matches("$ ")));
                    output = true;
                }
                (true, _) => assert!(output, "a line that no step printed: {line}"),
            }
        }
        played
    }

    fn step(&mut self, step: &str) -> String {
        let mut step = step.to_owned();
        if let Some(sample) = &self.sample {
            step = step.replace("entry-N", &format!("entry-{}", sample[0])).replace("EXCHANGE", &sample[1]);
        }
        let month = month();
        let step = step.replace("MONTH", &month);
        let words: Vec<&str> = step.split(' ').collect();
        let (program, arguments) = words.split_first().unwrap();
        if *program == "cd" {
            self.at = self.at.join(arguments[0]).canonicalize().unwrap();
            return String::new();
        }
        let program = match *program {
            "sluis" => env!("CARGO_BIN_EXE_sluis"),
            known @ ("python3" | "sha256sum" | "cat" | "head") => known,
            other => panic!("an unknown step: {other}"),
        };
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.at).env_clear();
        command
            .env("LANG", "en_GB.UTF-8")
            .env("NO_COLOR", "1")
            .env("PATH", std::env::var_os("PATH").unwrap());
        let output = command.output().unwrap();
        if words.first() == Some(&"python3") && output.status.code() == Some(3) {
            panic!("the Python package cryptography is missing: see tests/tools.sh");
        }
        self.after(&step);
        shown(&output).replace(&month, "MONTH")
    }

    /// The sample is known once the bundle is there; the publisher then looks up what it received in that exchange.
    fn after(&mut self, step: &str) {
        let place = &self.audited.place;
        if step.contains("zipfile -e") {
            let rows = sample(&place.read("evidence/sample.csv"));
            let first = rows.first().unwrap().clone();
            let body = self.audited.bodies().into_iter().find(|body| digest(body) == first[6]).unwrap();
            std::fs::write(place.path("received/body.json"), body).unwrap();
            self.sample = Some(first);
        }
    }
}

/// The month that it is, by UTC.
fn month() -> String {
    use sluis::clock::Clock as _;
    sluis::clock::SystemClock.now().rfc3339()[..7].to_owned()
}

fn shown(output: &Output) -> String {
    let mut shown = String::new();
    for (bytes, mark) in [(&output.stdout, ""), (&output.stderr, "! ")] {
        for line in String::from_utf8_lossy(bytes).lines() {
            shown.push_str(&format!("{mark}{}\n", sized(&numbered(&stable(line)))).replace("! \n", "!\n"));
        }
    }
    match output.status.code() {
        Some(0) => {}
        code => shown.push_str(&format!("[exit {}]\n", code.unwrap())),
    }
    shown
}

/// Which entries the sample has differs from run to run, as their hashes do.
fn numbered(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    for mark in ["entry-", "entry ", "\"index\": "] {
        if let Some(at) = rest.find(mark) {
            let (before, after) = rest.split_at(at + mark.len());
            out.push_str(before);
            let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            out.push_str(if digits > 0 { "N" } else { "" });
            rest = &after[digits..];
        }
    }
    out.push_str(rest);
    // The first column of sample.csv.
    match out.split_once(',') {
        Some((first, rest)) if !first.is_empty() && first.bytes().all(|b| b.is_ascii_digit()) => {
            format!("N,{rest}")
        }
        _ => out,
    }
}

/// How many entries there are depends on how many batches of filters were kept.
fn sized(line: &str) -> String {
    let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    for mark in [
        "\"size\": ",
        "  entries: ",
        "- The ",
        "| entries in the period | ",
        "| entries under the checkpoint | ",
        "entry N / ",
    ] {
        if let Some(rest) = line.strip_prefix(mark).or_else(|| line.trim_start().strip_prefix(mark)) {
            let begin = line.len() - rest.len();
            return match digits(rest) {
                0 => line.to_owned(),
                length => format!("{}SIZE{}", &line[..begin], &rest[length..]),
            };
        }
    }
    match digits(line) {
        length if length > 0 && line[length..].starts_with(" entries, as signed") => {
            format!("SIZE{}", &line[length..])
        }
        _ => line.to_owned(),
    }
}

/// The rows of sample.csv, none of whose fields needs quotes here.
fn sample(csv: &str) -> Vec<Vec<String>> {
    csv.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Unpacks a bundle as an auditor does.
fn unpacked(place: &Place, zip: &str, to: &str) -> Vec<PathBuf> {
    let output = Command::new("python3")
        .args(["-m", "zipfile", "-e", zip, to])
        .current_dir(place.directory.path())
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    super::support::world::files(&place.path(to))
}

/// Both verifiers on a directory with a journal: whether it is good.
fn verified(place: &Place, journal: &str) -> (bool, bool) {
    let ours = place.run(&["journal", "verify", journal, "--key", "recovery/journal.vkey"]).status.success();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verifier/verify.py");
    let mut python = Command::new("python3");
    python.arg(script).args([journal, "@recovery/journal.vkey"]).current_dir(place.directory.path());
    (ours, python.output().unwrap().status.success())
}

/// The bundle's own counter on what was unpacked: whether it counts the same.
fn recounted(place: &Place, bundle: &str) -> bool {
    let mut python = Command::new("python3");
    python.args(["count.py", "journal", "counts.json"]).current_dir(place.path(bundle));
    let output = python.output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
    output.status.success()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn evidence_names_nobody_and_is_the_same_twice() {
    let audited = Audited::new().await;
    let place = &audited.place;
    let server = place.serve();
    audited.exchanges(&server);
    place.good(&["report", "evidence", "--out", "one.zip"]);
    place.good(&["report", "evidence", "--out", "two.zip", "--lang", "nl"]);
    let bytes = |name: &str| std::fs::read(place.path(name)).unwrap();
    assert!(
        bytes("one.zip") == bytes("two.zip"),
        "one state of the journal, one bundle, in whatever language it is asked for"
    );
    place.good(&["report", "register", "--out", "registers", "--lang", "nl"]);
    server.stop();

    let mut files = unpacked(place, "one.zip", "one");
    files.extend(super::support::world::files(&place.path("registers")));
    let canaries = canaries(&edu_v());
    assert!(files.len() > 30, "{}", files.len());
    let token = place.read("secrets/rekenwonder.token");
    let unseal = std::fs::read(place.path("secrets/unseal.key")).unwrap();
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let name = file.display().to_string();
        // Digests and sealed hashes decode to noise by chance: there what is written plainly counts.
        match name.contains("/journal/") || name.ends_with(".json") || name.ends_with(".tlog-proof") {
            true => canaries.absent_plainly(&name, &bytes),
            false => canaries.absent(&name, &bytes),
        }
        for secret in
            [SWAPPED[0].as_bytes(), SWAPPED[1].as_bytes(), token.trim().as_bytes(), unseal.trim_ascii()]
        {
            assert!(memchr::memmem::find(&bytes, secret).is_none(), "{name} holds a secret");
        }
    }
    assert_eq!(verified(place, "one/journal"), (true, true));
    assert!(recounted(place, "one"), "anybody counts the same");
    let before = place.read("one/counts.json");
    place.put("one/counts.json", &before.replacen("\"left\": 12", "\"left\": 13", 1));
    assert!(
        before != place.read("one/counts.json") && !recounted(place, "one"),
        "and finds what was counted otherwise"
    );
    let counts: serde_json::Value = serde_json::from_str(&before).unwrap();
    assert_eq!((&counts["whole"]["left"], &counts["whole"]["entered"]), (&12.into(), &12.into()));
    assert_eq!(counts["whole"]["refused"], serde_json::json!({ "SLS-601": 1 }));
    let register: serde_json::Value = serde_json::from_str(&place.read("one/register.json")).unwrap();
    assert_eq!(register["publishers"][0]["shared"], serde_json::json!(["result", "free-text"]));
    assert_eq!(register["schools"][0]["roster"]["pupils"], 12);
    let profile = place.read("own.toml");
    assert_eq!(place.read(&format!("one/profiles/{}.toml", digest(profile.as_bytes()))), profile);

    // After more has crossed the bundle is another one; of a day before, nothing is counted and all goes along.
    place.good(&["report", "evidence", "--out", "three.zip", "--to", "2020-01-01"]);
    unpacked(place, "three.zip", "three");
    assert_eq!(verified(place, "three/journal"), (true, true));
    assert!(recounted(place, "three"));
    let counts: serde_json::Value = serde_json::from_str(&place.read("three/counts.json")).unwrap();
    assert_eq!((&counts["whole"]["left"], &counts["entries_counted"]), (&0.into(), &0.into()));
    assert!(counts["entries"].as_u64().unwrap() > 26);
    assert!(place.read("three/README.en.md").contains("No message left in this period"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_evidence_is_made_of_a_journal_that_is_not_what_it_was() {
    let audited = Audited::new().await;
    let place = &audited.place;
    let server = place.serve();
    audited.exchanges(&server);
    place.good(&["report", "evidence", "--out", "good.zip"]);
    server.stop();

    let said = place.fails(&["report", "evidence", "--out", "good.zip"]);
    assert!(said.contains("good.zip"), "what is there stays: {said}");
    let whole = std::fs::read(place.path("good.zip")).unwrap();
    let tiles = super::support::world::files(&place.path("state/journal/tile"));
    // Of narrower ones that the checkpoint no longer needs, nobody speaks.
    let width = |path: &&PathBuf| path.file_name().unwrap().to_string_lossy().parse::<u64>().unwrap();
    let changed = |part: &str| {
        tiles.iter().filter(|path| path.to_string_lossy().contains(part)).max_by_key(width).unwrap()
    };
    for (part, what) in [("tile/entries/", "CLI-154"), ("tile/0/", "CLI-118")] {
        let file = changed(part);
        let before = std::fs::read(file).unwrap();
        let mut bytes = before.clone();
        bytes[40] ^= 1;
        std::fs::write(file, bytes).unwrap();
        for arguments in [&["report", "evidence", "--out", "bad.zip"][..], &["report", "register"]] {
            let said = place.fails(arguments);
            assert!(
                said.contains(what) && (what != "CLI-154" || said.contains("entry-differs")),
                "{part}: {said}"
            );
        }
        std::fs::write(file, before).unwrap();
    }
    // The log itself: found when it is opened.
    let log = place.path("state/journal/entries.log");
    let before = std::fs::read(&log).unwrap();
    let mut bytes = before.clone();
    bytes[200] ^= 1;
    std::fs::write(&log, bytes).unwrap();
    let said = place.fails(&["report", "evidence", "--out", "bad.zip"]);
    assert!(said.contains("CLI-"), "{said}");
    std::fs::write(&log, before).unwrap();
    let left = std::fs::read_dir(place.directory.path()).unwrap();
    let names: Vec<String> =
        left.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert!(!names.iter().any(|name| name.starts_with("bad") || name.ends_with(".part")), "{names:?}");
    assert_eq!(whole, std::fs::read(place.path("good.zip")).unwrap());

    // And of a bundle that somebody changed, neither verifier says that it is good.
    unpacked(place, "good.zip", "good");
    assert_eq!(verified(place, "good/journal"), (true, true));
    let entries = super::support::world::files(&place.path("good/journal/tile/entries")).remove(0);
    let mut bytes = std::fs::read(&entries).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&entries, bytes).unwrap();
    assert_eq!(verified(place, "good/journal"), (false, false));
    place.good(&["report", "evidence", "--out", "again.zip"]);
}
