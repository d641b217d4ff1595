//! A pupil's rights, whole: who is forgotten is unknown at every door, also to who is under way; what is shown is
//! recorded and counted; nothing of him stays in a file, a log line or the journal.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};
use sluis::clock::{Clock as _, SystemClock};
use sluis::crypto::{MacKey, SigningKey};
use sluis::derive::Shape;
use sluis::disk::RealDisk;
use sluis::identity::{Epoch, Identifier, Kind, Publisher, School, Scope};
use sluis::journal::{Detail, Event, Journal, Leaf, LeafScope, Leaves, VaultHead, pupil_commitment};
use sluis::secret::Secret;
use sluis::vault::{
    Alias, Avoid, Head, LabelAsk, MaskAsk, Minted, Part, Person as Whose, Recorder, Settings, Unlock, Vault,
};

use super::leak::{own, record};
use super::support::far::{Got, reply};
use super::support::pupils::{Person, edu_v};
use super::support::world::{World, files, scope};

const RECORDS: &str = "/rekenwonder/own/records";
const FROM_RECORDS: &str = "/from/rekenwonder/own/records";

fn echo(got: &Got) -> http::Response<bytes::Bytes> {
    let mut body: Value = serde_json::from_slice(&got.body).unwrap();
    body.as_object_mut().unwrap().remove("remark");
    reply(200, &[("content-type", "application/json")], body.to_string())
}

/// Takes what it is told.
struct Anything;

impl Recorder for Anything {
    fn leaving(&self, _: Head) -> bool {
        true
    }

    fn arrived(&self, _: Head, _: Head) -> bool {
        true
    }
}

fn forget(world: &World, pupil: &Person, rewrite: bool) {
    let house = world.gateway.house();
    let kind = |name: &str| Kind::named(name).unwrap();
    let identifiers: Vec<Identifier> =
        pupil.identifiers.iter().map(|(name, text)| Identifier::new(kind(name), text)).collect();
    let email = Identifier::new(Kind::EMAIL, &pupil.email);
    let identifiers: Vec<Identifier> = identifiers.into_iter().chain([email]).collect();
    let now = house.clock.now();
    house.vault.forget(&scope("rekenwonder").school, &identifiers, now).unwrap();
    if rewrite {
        house.vault.rewrite(now, Arc::new(Anything), &mut |_| {}).unwrap();
    }
}

/// What a publisher gets for an id, without what differs in every exchange.
async fn asked(world: &World, id: &Value) -> (u16, Value) {
    let publisher = world.outside("rekenwonder");
    let reply = publisher.post_json(FROM_RECORDS, json!({ "id": id, "score": 3 }).to_string()).await;
    let mut body = reply.json();
    if let Some(members) = body.as_object_mut() {
        members.remove("exchange");
    }
    (reply.status.as_u16(), body)
}

async fn met(world: &World, pupil: &Person) -> Value {
    let home = world.inside("rekenwonder").post_json(RECORDS, record(pupil, "goed")).await;
    assert_eq!(home.status, 200, "{}", home.text());
    let left: Value = serde_json::from_slice(&world.publisher.last().body).unwrap();
    left["id"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_forgotten_is_unknown_at_the_door_and_returns_as_another() {
    let world = World::with(own()).await;
    world.publisher.answer(echo);
    world.school.answer(echo);
    let pupils = edu_v();
    let (gone, stays) = (&pupils[0], &pupils[1]);
    let (old, other) = (met(&world, gone).await, met(&world, stays).await);
    assert_eq!(asked(&world, &old).await.0, 200);
    let guess = json!("0c3f9a52-1111-8222-8333-444455556666");
    let unknown = asked(&world, &guess).await;
    assert_eq!(unknown.0, 422, "{unknown:?}");
    for rewrite in [false, true] {
        tokio::task::block_in_place(|| forget(&world, gone, rewrite));
        assert_eq!(asked(&world, &old).await, unknown, "one and the same refusal");
        assert_eq!(asked(&world, &other).await.0, 200, "nobody else notices");
        let new = met(&world, gone).await;
        assert_ne!(new, old);
        assert_eq!(asked(&world, &new).await.0, 200);
        assert_eq!(asked(&world, &old).await, unknown);
        assert_eq!(met(&world, stays).await, other);
    }
    world.clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn forgetting_under_traffic_leaves_nobody_behind_and_loses_nobody_else() {
    let world = Arc::new(World::with(own()).await);
    world.publisher.answer(echo);
    world.school.answer(echo);
    let pupils = edu_v();
    let mut others = Vec::new();
    for pupil in &pupils[1..5] {
        others.push((pupil.clone(), met(&world, pupil).await));
    }
    let mut callers = tokio::task::JoinSet::new();
    for pupil in pupils.iter().take(5).cloned() {
        let (school, gone) = (world.inside("rekenwonder"), pupil.family == pupils[0].family);
        callers.spawn(async move {
            for _ in 0..40 {
                let home = school.post_json(RECORDS, record(&pupil, "goed")).await;
                // Who is under way when he is forgotten is refused; nobody else is.
                let status = home.status.as_u16();
                assert!(status == 200 || (gone && matches!(status, 422 | 502 | 503)), "{}", home.text());
            }
        });
    }
    let mut seen = BTreeSet::new();
    for round in 0..6 {
        tokio::task::block_in_place(|| forget(&world, &pupils[0], round % 2 == 0));
        // Begun afterwards: another pseudonym than any before.
        let reply = world.inside("rekenwonder").post_json(RECORDS, record(&pupils[0], "na")).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let id = world.pseudonym("rekenwonder", "las-key", pupils[0].id("las-key")).await;
        assert!(seen.insert(id), "round {round}: he has a pseudonym of before");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    while let Some(ended) = callers.join_next().await {
        ended.unwrap();
    }
    let last = world.pseudonym("rekenwonder", "las-key", pupils[0].id("las-key")).await;
    for id in seen.iter().filter(|id| **id != last) {
        assert_eq!(asked(&world, &json!(id)).await.0, 422, "an earlier pseudonym comes home");
    }
    for (pupil, id) in &others {
        assert_eq!(&met(&world, pupil).await, id);
        assert_eq!(asked(&world, id).await.0, 200);
    }
    let vault = Arc::clone(&world.gateway.house().vault);
    let found = tokio::task::block_in_place(|| vault.verify(&mut |_| {})).unwrap();
    assert_eq!(found.missing_rows, 0);
    world.clean();
}

/// A school in a directory, as `init` makes it, with three pupils of whom two have one name.
struct Stage {
    directory: tempfile::TempDir,
}

/// Words of the pupil: nowhere but where they were asked for.
const SECRETS: [&str; 6] =
    ["LL-90001", "Zuring", "Jip", "jip.zuring@petteflat.example", "2013-04-01", "90001"];

impl Stage {
    fn new() -> Self {
        let stage = Self { directory: tempfile::tempdir().unwrap() };
        stage.put(
            "answers.toml",
            "school_id = '12AB'\nschool_name = 'Petteflat College'\naddress = '127.0.0.1:0'\n[publisher]\n\
             id = 'rekenwonder'\nname = 'Rekenwonder BV'\nupstream = 'https://api.rekenwonder.example/v2/'\n\
             profile = 'oneroster-1.2'\nepoch = '2026-2027'\n",
        );
        stage.done(&["init", "--answers", "answers.toml", "--no-input"]);
        stage.put(
            "pupils.csv",
            "leerlingnummer,sourcedId,voornaam,achternaam,email,geboortedatum\n\
             LL-90001,sis-jip-1,Jip,Zuring,jip.zuring@petteflat.example,2013-04-01\n\
             LL-90002,sis-noor-2,Noor,Klaver,noor2@petteflat.example,2012-11-30\n\
             LL-90003,sis-noor-3,Noor,Klaver,noor3@petteflat.example,2014-02-28\n",
        );
        stage.done(&["roster", "import", "pupils.csv"]);
        stage.put("id.txt", "LL-90001\n");
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn sluis(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluis"));
        command.args(arguments).current_dir(self.directory.path()).stdin(Stdio::null());
        command.env_clear().env("LANG", "en_GB.UTF-8").output().unwrap()
    }

    fn done(&self, arguments: &[&str]) -> String {
        let output = self.sluis(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        // 3: done, with warnings.
        assert!(matches!(output.status.code(), Some(0 | 3)), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let all: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        serde_json::from_str(&self.done(&all)).unwrap()
    }

    /// The code of a refusal; what was said holds nothing of the pupil.
    fn refused(&self, arguments: &[&str]) -> String {
        let all: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        let output = self.sluis(&all);
        assert!(!output.status.success(), "{arguments:?}");
        let told = [output.stdout.as_slice(), &output.stderr].concat();
        let told = String::from_utf8_lossy(&told);
        for secret in SECRETS {
            assert!(!told.contains(secret), "{arguments:?}: {told}");
        }
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        report["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    fn show(&self) -> Value {
        self.json(&["pupil", "show", "--id-file", "id.txt", "--reason", "inzage door een ouder"])
    }

    fn leaves(&self) -> Vec<Leaf> {
        let mut leaves = Leaves::open(&self.path("state/journal")).unwrap();
        std::iter::from_fn(|| leaves.read().unwrap()).map(|(leaf, _)| leaf).collect()
    }

    /// Lets the pupil cross, as an exchange would: masked, named, recorded.
    fn cross(&self) -> (String, String) {
        let settings = Settings::at(self.path("state/vault"));
        let unlock = Unlock::KeyFile(self.path("secrets/unseal.key"));
        let vault = Vault::open(&settings, &unlock, None, &mut |_| {}).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let scope = Scope {
            school: School::parse("12AB").unwrap(),
            publisher: Publisher::parse("rekenwonder").unwrap(),
            epoch: Epoch::parse("2026-2027").unwrap(),
        };
        let (sis, number) = (Kind::SIS_USER, Kind::PUPIL_NUMBER);
        let identifiers = [Identifier::new(sis, "sis-jip-1"), Identifier::new(number, "LL-90001")];
        let avoid: Avoid = Arc::new(|_| false);
        let (pseudonym, label, salts) = runtime.block_on(async {
            let ask = |identifier| MaskAsk { identifier, shape: &Shape::Uuid, number: false, minted: false };
            let labels =
                [LabelAsk { person: Whose::Ask(0), slot: "givenName", part: Part::Given, original: "Jip" }];
            let asks: Vec<MaskAsk<'_>> = identifiers.iter().map(ask).collect();
            let answer = vault.mask(&scope, &asks, &labels, &avoid).await.unwrap();
            let first = &answer.masked[0];
            let person = Alias { identifier: &identifiers[0], core: first.core, salt: first.salt };
            let minted = [Minted { kind: Kind::LMS_USER, text: "speler-77", person: Some(person) }];
            vault.remember_minted(&scope, &minted).await.unwrap();
            let salts: Vec<[u8; 16]> = answer.masked.iter().map(|masked| masked.salt).collect();
            (first.pseudonym.as_str().to_owned(), answer.labels[0].to_string(), salts)
        });
        self.leave(&vault, &scope, &salts);
        (pseudonym, label)
    }

    fn leave(&self, vault: &Vault, scope: &Scope, salts: &[[u8; 16]]) {
        let key = SigningKey::from_seed(vault.journal_seed());
        let settings = sluis::journal::Settings {
            origin: "sluis/12AB".to_owned(),
            key_version: 1,
            earlier_keys: Vec::new(),
            accept_clock: false,
        };
        let now = SystemClock.now().as_millis();
        let directory = self.path("state/journal");
        let (journal, _) = Journal::open(Arc::new(RealDisk), &directory, &settings, &key, now).unwrap();
        for exchange in [[7; 16], [8; 16]] {
            let mut leaf = Leaf::new(Event::LEFT, now);
            leaf.exchange = Some(exchange);
            leaf.scope = Some(LeafScope::from(scope));
            let head = vault.head();
            leaf.vault = Some(VaultHead { sequence: head.sequence, chain: head.chain });
            let key = |salt: &[u8; 16]| {
                let mut padded = [0; 32];
                padded[..16].copy_from_slice(salt);
                MacKey::new(&Secret::new(padded))
            };
            let commitments = salts.iter().map(|salt| pupil_commitment(&key(salt), &exchange)).collect();
            journal.append_blocking(leaf, commitments).unwrap();
        }
        journal.checkpoint(&key).unwrap();
    }

    /// Nothing of the pupil is in what vault and journal keep.
    fn is_clean(&self) {
        for folder in ["state/vault", "state/journal"] {
            for path in files(&self.path(folder)) {
                let bytes = std::fs::read(&path).unwrap();
                for secret in SECRETS.iter().filter(|secret| secret.len() > 4) {
                    let found = memchr::memmem::find(&bytes, secret.as_bytes());
                    assert!(found.is_none(), "{secret} in {}", path.display());
                }
            }
        }
    }
}

fn details(leaf: &Leaf) -> Vec<(&str, String)> {
    let shown = |detail: &Detail| match detail {
        Detail::Number(number) => number.to_string(),
        Detail::Digest(_) => "digest".to_owned(),
        Detail::Text(text) => text.clone(),
    };
    leaf.details.iter().map(|(name, detail)| (name.as_str(), shown(detail))).collect()
}

/// A message with real pseudonyms is tried on grounds that the journal keeps, as a look at a pupil is; the vault is only
/// looked at.
#[test]
fn a_message_that_enters_is_tried_with_a_reason() {
    let stage = Stage::new();
    let (pseudonym, label) = stage.cross();
    stage.put(
        "reply.json",
        &json!({ "users": [{ "sourcedId": pseudonym, "status": "active", "givenName": label }] }).to_string(),
    );
    let attempt = |more: &[&str]| {
        let mut all = vec!["try", "reply.json", "--publisher", "rekenwonder", "--route", "/rekenwonder/"];
        all.extend(["--side", "response", "--target", "/rostering/v1p2/users", "--json"]);
        all.extend(more);
        let output = stage.sluis(&all);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let log = std::fs::read(stage.path("state/vault/log")).unwrap();
    let before = stage.leaves().len();
    let (code, said) = attempt(&[]);
    let report: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &report["refusal"]["code"]), (Some(1), &json!("SLS-301")), "{said}");
    assert_eq!(report["restored"], false);
    assert_eq!(stage.leaves().len(), before, "nobody was shown");
    // A reason that names him would stand in the journal; trying it is a look, on record without it.
    let (code, said) = attempt(&["--reason", "proef voor Jip, sis-jip-1"]);
    assert!(code != Some(0) && !said.contains("sis-jip-1"), "{said}");
    assert_eq!(stage.leaves().len(), before + 1);
    assert!(!format!("{:?}", stage.leaves().last()).contains("Jip"));

    let (code, said) = attempt(&["--reason", "het antwoord van maandag naspelen"]);
    assert_eq!(code, Some(0), "{said}");
    let report: Value = serde_json::from_str(&said).unwrap();
    let body = report["message"]["body"].as_str().unwrap();
    assert!(body.contains("sis-jip-1") && body.contains("Jip") && !body.contains(&pseudonym), "{body}");
    let leaves = stage.leaves();
    let last = leaves.last().unwrap();
    assert_eq!((leaves.len(), last.event), (before + 2, Event::REIDENTIFIED));
    assert!(details(last).contains(&("reason", "het antwoord van maandag naspelen".to_owned())));
    // What is not known is not made, also with a reason.
    stage.put(
        "reply.json",
        r#"{"users":[{"sourcedId":"0f1e2d3c-4b5a-8978-8695-a4b3c2d1e0ff","status":"active"}]}"#,
    );
    let (code, said) = attempt(&["--reason", "een gok"]);
    assert!(code == Some(1) && said.contains("SLS-301"), "{said}");
    assert_eq!(std::fs::read(stage.path("state/vault/log")).unwrap(), log, "the vault was only looked at");
    stage.is_clean();
}

#[test]
fn show_says_who_gets_what_and_when_he_crossed() {
    let stage = Stage::new();
    let (pseudonym, label) = stage.cross();
    let report = stage.show();
    let publisher = &report["publishers"][0];
    assert_eq!(publisher["crossed"]["count"], 2);
    assert!(publisher["crossed"]["last"].as_str().unwrap().ends_with('Z'));
    let pseudonyms = publisher["pseudonyms"].as_array().unwrap();
    assert_eq!(pseudonyms.len(), 2, "both of his identifiers, though one was typed");
    assert!(pseudonyms.iter().any(|of| of["pseudonym"] == pseudonym && of["kind"] == "sis-user"));
    assert_eq!(publisher["stand_ins"][0]["given"], label);
    assert_eq!(publisher["stand_ins"][0]["fields"][0]["real"], "Jip");
    assert_eq!(publisher["names_of_the_publisher"][0]["name"], "speler-77");
    let shares = publisher["configured"][0]["routes"][0]["shares"].as_array().unwrap();
    assert!(shares.iter().any(|of| of["category"] == "pupil-id" && of["how"] == "pseudonym"));
    // Where the school asks, names stand in what comes in only: they are not what this route lets leave.
    assert!(!shares.iter().any(|of| of["category"] == "name"), "{shares:?}");
    assert_eq!(publisher["configured"][0]["standing"], "leaves");
    assert_eq!(report["roster"]["given_name"][0], "Jip");
    // The same by any other of his identifiers, by his name, and by his pseudonym in other capitals.
    stage.put("email.txt", "JIP.Zuring@petteflat.example");
    stage.put("name.txt", "zuring jip");
    let reason = ["--reason", "inzage door een ouder"];
    let by = |arguments: &[&str]| {
        let all: Vec<&str> = ["pupil", "show"].iter().chain(arguments).chain(&reason).copied().collect();
        stage.json(&all)["publishers"].clone()
    };
    assert_eq!(by(&["--kind", "email", "--id-file", "email.txt"]), report["publishers"]);
    assert_eq!(by(&["--by-name", "--id-file", "name.txt"]), report["publishers"]);
    let shouted = pseudonym.to_uppercase();
    assert_eq!(by(&["--pseudonym", &shouted, "--publisher", "rekenwonder"]), report["publishers"]);
    // One leaf each; by name two: the search, and the look.
    let shown: Vec<Leaf> = stage.leaves().into_iter().filter(|leaf| leaf.event == Event::SHOWN).collect();
    assert_eq!(shown.len(), 4);
    let told = details(&shown[0]);
    assert!(told.contains(&("pupils", "1".to_owned())) && told.contains(&("what", "pupil".to_owned())));
    assert!(told.contains(&("reason", "inzage door een ouder".to_owned())));
    assert!(shown.iter().all(|leaf| leaf.actor.starts_with("uid ")));
    let turned: Vec<Leaf> =
        stage.leaves().into_iter().filter(|leaf| leaf.event == Event::REIDENTIFIED).collect();
    assert_eq!(turned.len(), 1);
    assert_eq!(turned[0].scope.as_ref().unwrap().publisher, "rekenwonder");
    stage.is_clean();
}

#[test]
fn an_export_is_a_new_file_that_only_its_owner_reads() {
    let stage = Stage::new();
    stage.cross();
    let reason = ["--id-file", "id.txt", "--reason", "kopie <voor> de \"ouder\" & co"];
    let export = |names: &[&str]| -> Vec<String> {
        ["pupil", "export"].iter().chain(names).chain(&reason).map(|word| (*word).to_owned()).collect()
    };
    fn plain(words: &[String]) -> Vec<&str> {
        words.iter().map(String::as_str).collect()
    }
    stage.done(&plain(&export(&["jip.json", "jip.html"])));
    for name in ["jip.json", "jip.html"] {
        let mode = std::fs::metadata(stage.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
        assert!(std::fs::read_to_string(stage.path(name)).unwrap().contains("Zuring"));
    }
    // A file, a link to one, a link to nowhere, a name of another kind: nothing is written, nothing is recorded.
    let before = stage.leaves().len();
    std::os::unix::fs::symlink("pupils.csv", stage.path("link.json")).unwrap();
    std::os::unix::fs::symlink("nowhere.json", stage.path("loose.json")).unwrap();
    let csv = std::fs::read(stage.path("pupils.csv")).unwrap();
    for name in ["jip.json", "link.json", "loose.json", "pupils.csv"] {
        assert_eq!(stage.refused(&plain(&export(&[name]))), "CLI-146", "{name}");
        // The first of two goes again when the second cannot be made.
        assert_eq!(stage.refused(&plain(&export(&["nieuw.html", name]))), "CLI-146", "{name}");
    }
    assert_eq!(stage.leaves().len(), before);
    assert!(!stage.path("nowhere.json").exists() && !stage.path("nieuw.html").exists());
    assert_eq!(std::fs::read(stage.path("pupils.csv")).unwrap(), csv);
    // A reason is kept as it is; one with a line end is not.
    let last = stage.leaves().into_iter().rfind(|leaf| leaf.event == Event::SHOWN).unwrap();
    assert!(details(&last).contains(&("reason", reason[3].to_owned())));
    let torn = ["pupil", "show", "--id-file", "id.txt", "--reason", "inzage\nactor: iemand anders"];
    assert_eq!(stage.refused(&torn), "CLI-144");
}

#[test]
fn twenty_looks_an_hour_and_a_restart_changes_nothing() {
    let stage = Stage::new();
    let (pseudonym, _) = stage.cross();
    stage.put("nobody.txt", "LL-99999");
    let look = |number: usize| -> Vec<&str> {
        let reason = ["--reason", "controle van de grens"];
        let who: &[&str] = match number % 3 {
            0 => &["--id-file", "id.txt"],
            1 => &["--id-file", "nobody.txt"],
            _ => &["--pseudonym", "0c3f9a52-1111-8222-8333-444455556666", "--publisher", "rekenwonder"],
        };
        ["pupil", "show"].iter().chain(who).chain(&reason).copied().collect()
    };
    for number in 0..20 {
        // Every command is a process of its own; guesses count as well.
        let arguments = look(number);
        match number % 3 {
            0 => drop(stage.done(&arguments)),
            1 => assert_eq!(stage.refused(&arguments), "CLI-140"),
            _ => assert_eq!(stage.refused(&arguments), "CLI-147"),
        }
    }
    let entries = stage.leaves().len();
    for number in 0..3 {
        assert_eq!(stage.refused(&look(number)), "CLI-145");
    }
    let turn =
        ["pupil", "show", "--pseudonym", &pseudonym, "--publisher", "rekenwonder", "--reason", "melding"];
    assert_eq!(stage.refused(&turn), "CLI-145");
    assert_eq!(stage.leaves().len(), entries, "nothing was shown, nothing is recorded");
    // Forgetting shows nothing, and is not held up.
    stage.done(&["pupil", "forget", "--id-file", "id.txt", "--reason", "verzoek van de ouder", "--for-ever"]);
}

#[test]
fn forget_erases_vault_and_roster_and_leaves_a_whole_journal() {
    let stage = Stage::new();
    let (pseudonym, _) = stage.cross();
    stage.done(&["vault", "backup", "before.sluis"]);
    let log = std::fs::read(stage.path("state/vault/log")).unwrap();
    let forget =
        ["pupil", "forget", "--id-file", "id.txt", "--reason", "verzoek van de ouder", "--for-ever", "--now"];
    let report = stage.json(&forget);
    assert_eq!((&report["pseudonyms"], &report["stand_ins"]), (&json!(2), &json!(1)));
    assert_eq!((&report["names_of_publishers"], &report["roster"]), (&json!(1), &json!(true)));
    assert_eq!((&report["rewritten"], &report["owes_rewriting"]), (&json!(true), &json!(false)));
    // Number, sourcedId and e-mail address: each is a way back.
    assert_eq!(report["tombstones"], 3);
    let again = stage.json(&forget);
    assert_eq!((&again["pseudonyms"], &again["forgotten_before"]), (&json!(0), &json!(true)));
    for who in [["--kind", "pupil-number"], ["--kind", "sis-user"], ["--kind", "email"]] {
        let text = match who[1] {
            "sis-user" => "sis-jip-1",
            "email" => "jip.zuring@petteflat.example",
            _ => "LL-90001",
        };
        stage.put("who.txt", text);
        let all = ["pupil", "show", who[0], who[1], "--id-file", "who.txt", "--reason", "controle achteraf"];
        assert_eq!(stage.refused(&all), "CLI-140", "{}", who[1]);
    }
    let turn =
        ["pupil", "show", "--pseudonym", &pseudonym, "--publisher", "rekenwonder", "--reason", "melding"];
    assert_eq!(stage.refused(&turn), "CLI-147", "as unknown as a guess");
    stage.done(&["journal", "verify"]);
    stage.done(&["vault", "verify"]);
    let events: Vec<&str> = stage.leaves().iter().map(|leaf| leaf.event.name()).collect();
    let about: Vec<&str> =
        events.into_iter().filter(|name| name.starts_with("vault-") || *name == "forgotten").collect();
    assert_eq!(
        about,
        ["forgotten", "vault-anchor", "vault-anchor", "vault-rewritten", "forgotten", "vault-anchor"],
        "the second time nothing is left to write anew without"
    );
    let leaves = stage.leaves();
    let rewritten = leaves.iter().find(|leaf| leaf.event == Event::VAULT_REWRITTEN).unwrap();
    assert!(details(rewritten).iter().any(|(name, _)| *name == "old-chain"));
    stage.is_clean();
    swapped_back(&stage, &log);
    restored(&stage);
}

/// The log of before, put back: nothing opens.
fn swapped_back(stage: &Stage, log: &[u8]) {
    let path = stage.path("state/vault/log");
    let now = std::fs::read(&path).unwrap();
    std::fs::write(&path, log).unwrap();
    assert_eq!(stage.refused(&["keys", "list"]), "CLI-034");
    std::fs::write(&path, now).unwrap();
    stage.done(&["keys", "list"]);
}

/// The backup of before: refused without tombstones, and nobody comes back with them.
fn restored(stage: &Stage) {
    stage.done(&["vault", "backup", "after.sluis"]);
    std::fs::remove_dir_all(stage.path("state/vault")).unwrap();
    assert_eq!(stage.refused(&["vault", "recover", "before.sluis"]), "CLI-148");
    // The file that went with the older backup knows too few.
    let with = |erased: &str| ["vault", "recover", "before.sluis", "--erased", erased].map(str::to_owned);
    let older = with("before.sluis.erased");
    assert_eq!(stage.refused(&older.each_ref().map(String::as_str)), "CLI-148");
    assert!(!stage.path("state/vault").exists());
    let newer = with("after.sluis.erased");
    let output = stage.sluis(&newer.each_ref().map(String::as_str));
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let all = ["pupil", "show", "--id-file", "id.txt", "--reason", "controle na het herstel"];
    assert_eq!(stage.refused(&all), "CLI-140");
    stage.done(&["vault", "verify"]);
    stage.is_clean();
}

#[test]
fn a_server_forgets_while_it_serves_and_says_nothing_of_him() {
    let stage = Stage::new();
    stage.cross();
    let config = std::fs::read_to_string(stage.path("sluis.toml")).unwrap();
    stage.put("sluis.toml", &format!("{config}\n[operations]\naddress = '127.0.0.1:0'\n"));
    let (log, error) = (stage.path("server.log"), std::fs::File::create(stage.path("server.log")).unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluis"));
    command.arg("serve").current_dir(stage.directory.path()).stdin(Stdio::null()).stderr(error);
    let mut server = command.env_clear().spawn().unwrap();
    let until = |text: &str| {
        for _ in 0..600 {
            if std::fs::read_to_string(&log).unwrap().contains(text) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("the server never said {text}");
    };
    until("\"message\":\"serving\"");
    assert_eq!(stage.show()["publishers"][0]["crossed"]["count"], 2);
    let objection =
        ["consent", "set", "objection", "--publisher", "*", "--id-file", "id.txt", "--reason", "brief"];
    stage.done(&objection);
    let forget = ["pupil", "forget", "--id-file", "id.txt", "--reason", "verzoek van de ouder", "--for-ever"];
    let forgotten = stage.json(&forget);
    assert_eq!((&forgotten["owes_rewriting"], &forgotten["consents"]), (&Value::from(true), &Value::from(1)));
    let all = ["pupil", "show", "--id-file", "id.txt", "--reason", "controle achteraf"];
    assert_eq!(stage.refused(&all), "CLI-140");
    let list = stage.json(&["roster", "list", "--reason", "controle achteraf"]);
    assert!(list["of"] == 2 && !list.to_string().contains("Zuring"));
    rustix::process::kill_process(rustix::process::Pid::from_child(&server), rustix::process::Signal::TERM)
        .unwrap();
    assert!(server.wait().unwrap().success());
    // What the night would do, here at once; then all that was kept is searched.
    let now: Vec<&str> = forget.iter().copied().chain(["--now"]).collect();
    assert_eq!(stage.json(&now)["rewritten"], true);
    stage.is_clean();
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(said.contains("pupil forget"));
    for secret in SECRETS {
        assert!(!said.contains(secret), "{secret} in the server's log");
    }
    assert!(Path::new(&log).exists());
}
