//! What a start finds: a vault that is not the journal's, either of them put back, a checkpoint or a log that was
//! tampered with, a clock set back. Each seals, says what differs, and leaves the files as they are.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use sluis::clock::{Clock as _, SystemClock};
use sluis::crypto::SigningKey;
use sluis::disk::RealDisk;
use sluis::journal::{Event, Journal, Leaf, Settings, VaultHead, verify};
use sluis::vault::{Unlock, Vault};

use super::leak::{own, record};
use super::support::process::{Place, copy};
use super::support::pupils::edu_v;
use super::support::world::{Options, World, files};

/// A school whose server ran, rotated keys and stopped; `early` is its state before that.
fn school() -> Place {
    let school = Place::school();
    school.serve().stop();
    copy(&school.path("state"), &school.path("early"));
    let server = school.serve();
    school.good(&["keys", "rotate", "--publisher", "rekenwonder", "--epoch", "2027-2028"]);
    server.stop();
    copy(&school.path("state"), &school.path("late"));
    school
}

/// Every file with its bytes, but for locks and sockets.
fn bytes(place: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut all: Vec<_> = files(place)
        .into_iter()
        .filter(|path| !path.ends_with("lock") && path.extension().is_none_or(|ending| ending != "sock"))
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    all.sort();
    all
}

/// The server does not start, its message says so, and the journal is as it was.
#[track_caller]
fn refuses(school: &Place, name: &str, code: &str, said: &[&str]) {
    let before = bytes(&school.path("state/journal"));
    let error = school.fails(&["serve"]);
    for said in [&[code], said].concat() {
        assert!(error.contains(said), "{name}: {said:?} is not in {error}");
    }
    assert!(error.contains("    do: "), "{name}: {error}");
    assert!(before == bytes(&school.path("state/journal")), "{name}: the journal was changed");
    copy(&school.path("late"), &school.path("state"));
    school.serve().stop();
    copy(&school.path("late"), &school.path("state"));
}

#[test]
fn a_vault_of_another_time_or_school_seals() {
    let school = school();
    let (vault, journal) = (school.path("state/vault"), school.path("state/journal"));
    copy(&school.path("early/vault"), &vault);
    refuses(&school, "an older vault", "CLI-034", &["journal"]);
    copy(&school.path("early/journal"), &journal);
    let said = ["kept elsewhere has", "an older copy was put in its place"];
    refuses(&school, "an older journal", "CLI-118", &said);
    let other = Place::school();
    other.serve().stop();
    copy(&other.path("state/vault"), &vault);
    let error = school.fails(&["serve"]);
    assert!(error.contains("CLI-033") || error.contains("CLI-034"), "{error}");
    // With its key the other vault opens, and is still not this journal's.
    let key = school.read("secrets/unseal.key");
    std::fs::copy(other.path("secrets/unseal.key"), school.path("secrets/unseal.key")).unwrap();
    let error = school.fails(&["serve"]);
    assert!(error.contains("CLI-034"), "{error}");
    school.put("secrets/unseal.key", &key);
    copy(&school.path("late/vault"), &vault);
    copy(&other.path("state/journal"), &journal);
    refuses(&school, "another journal", "CLI-03", &[]);
}

#[test]
fn a_checkpoint_or_log_that_was_tampered_with_seals() {
    let school = school();
    let at = |name: &str| school.path("state/journal").join(name);
    let entries = std::fs::read(at("entries.log")).unwrap();
    let change = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = std::fs::read(at(name)).unwrap();
        change(&mut bytes);
        std::fs::write(at(name), bytes).unwrap();
    };
    std::fs::remove_file(at("checkpoint")).unwrap();
    refuses(&school, "no checkpoint", "CLI-041", &["its checkpoint is missing"]);
    change("checkpoint", &|bytes| bytes[20] ^= 1);
    refuses(&school, "a flipped checkpoint", "CLI-041", &["its checkpoint is not believed"]);
    std::fs::copy(school.path("early/journal/checkpoint"), at("checkpoint")).unwrap();
    // An older checkpoint covers a part of the entries, and that is no lie; but the vault's copy knows better.
    refuses(&school, "an older checkpoint", "CLI-118", &["kept elsewhere has"]);
    std::fs::remove_file(at("entries.log")).unwrap();
    refuses(&school, "no log", "CLI-041", &["entries are missing"]);
    change("entries.log", &|bytes| bytes.truncate(bytes.len() - 40));
    refuses(&school, "a cut log", "CLI-041", &["the checkpoint has"]);
    change("entries.log", &|bytes| bytes[40] ^= 1);
    refuses(&school, "a flipped record", "CLI-041", &["damaged at byte"]);
    std::fs::write(at("entries.log"), &entries[..16]).unwrap();
    refuses(&school, "an emptied log", "CLI-041", &["the checkpoint has"]);
    std::fs::remove_dir_all(school.path("state/journal")).unwrap();
    let error = school.fails(&["serve"]);
    assert!(error.contains("CLI-0"), "{error}");
}

#[test]
fn a_clock_set_back_seals_until_an_administrator_says_that_it_is_right() {
    let school = school();
    {
        // An entry of tomorrow, as a clock that ran ahead would have written it.
        let key = Unlock::KeyFile(school.path("secrets/unseal.key"));
        let settings = sluis::vault::Settings::at(school.path("state/vault"));
        let vault = Vault::open(&settings, &key, None, &mut |_| {}).unwrap();
        let settings = Settings {
            origin: "sluis/12AB".into(),
            key_version: 1,
            earlier_keys: Vec::new(),
            accept_clock: false,
        };
        let signing = SigningKey::from_seed(vault.journal_seed());
        let tomorrow = SystemClock.now().as_millis() + 86_400_000;
        let disk = Arc::new(RealDisk);
        let (journal, _) =
            Journal::open(disk, &school.path("state/journal"), &settings, &signing, tomorrow).unwrap();
        let mut leaf = Leaf::new(Event::VAULT_ANCHOR, tomorrow);
        let head = vault.head();
        leaf.vault = Some(VaultHead { sequence: head.sequence, chain: head.chain });
        journal.append_blocking(leaf, Vec::new()).unwrap();
        journal.checkpoint(&signing).unwrap();
    }
    let error = school.fails(&["serve"]);
    assert!(error.contains("CLI-042") && error.contains("clock"), "{error}");
    school.start(&["serve", "--accept-clock"], "serving").stop();
    school.serve().stop();
    // It was said on record: both verifiers accept the time that went back.
    school.good(&["journal", "verify"]);
}

/// What both verifiers say of a world's journal, in lines of code and place.
fn both(world: &World) -> Vec<String> {
    let (house, directory) = (world.gateway.house(), world.folder.path().join("journal"));
    let vkey = house.journal.vkey().clone();
    let report = verify(&directory, std::slice::from_ref(&vkey), None).json();
    let mut python = Command::new("python3");
    python.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verifier/verify.py"));
    let output = python.arg(&directory).arg(vkey.to_string()).output().unwrap();
    // 3: its package is missing on this machine.
    if output.status.code() != Some(3) {
        let other: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(other, report, "the verifiers do not agree");
    }
    let found = report["differences"].as_array().unwrap().iter();
    found
        .map(|found| format!("{}: {}", found["what"].as_str().unwrap(), found["first"].as_str().unwrap()))
        .collect()
}

/// What it does to the bytes, and what is said of which exchange.
type Edit<'a> = (&'a dyn Fn(&mut Vec<u8>), &'a str, &'a str);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_of_what_left_that_was_tampered_with_is_named_and_one_that_was_never_kept_is_not() {
    let world = World::with(Options { needle: Some(false), ..own() }).await;
    let pupil = edu_v().remove(0);
    world.publisher.say_json("{}");
    // One route keeps filters, the other does not.
    for publisher in ["rekenwonder", "taalreus", "taalreus"] {
        let path = format!("/{publisher}/own/records");
        let reply = world.inside(publisher).post_json(&path, record(&pupil, "goed gewerkt")).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    let house = world.gateway.house();
    tokio::task::block_in_place(|| {
        house.needle.as_ref().unwrap().flush();
        house.journal.checkpoint(&SigningKey::from_seed(house.vault.journal_seed())).unwrap();
    });
    assert_eq!(both(&world), Vec::<String>::new());
    let kept =
        |leaf: &&Leaf| leaf.event == Event::LEFT && leaf.scope.as_ref().unwrap().publisher == "taalreus";
    let exchanges: Vec<String> = (world.leaves().iter().filter(kept))
        .map(|leaf| leaf.exchange.unwrap().iter().map(|byte| format!("{byte:02x}")).collect())
        .collect();
    let [first, second] = exchanges.as_slice() else { panic!("{exchanges:?}") };
    let entry = world.leaves().iter().position(|leaf| leaf.event == Event::NEEDLE).unwrap();
    let month = files(&world.folder.path().join("journal/needle"))
        .into_iter()
        .find(|path| path.extension().is_none() && !path.to_string_lossy().contains("keys"))
        .unwrap();
    let good = std::fs::read(&month).unwrap();
    let length = 20 + u32::from_be_bytes(good[16..20].try_into().unwrap()) as usize;
    let edits: [Edit<'_>; 4] = [
        (&|bytes| bytes[60] ^= 1, "filter-differs", first),
        (&|bytes| drop(bytes.drain(16..16 + length)), "filter-missing", first),
        (&|bytes| bytes.truncate(bytes.len() - 1), "filter-missing", second),
        (&|bytes| bytes[16..].rotate_left(length), "filter-differs", first),
    ];
    for (edit, what, exchange) in edits {
        let mut bytes = good.clone();
        edit(&mut bytes);
        std::fs::write(&month, bytes).unwrap();
        assert_eq!(both(&world), [format!("{what}: exchange {exchange}, entry {entry}")]);
    }
    std::fs::remove_file(&month).unwrap();
    assert_eq!(both(&world), [format!("filter-missing: exchange {first}, entry {entry}")]);
}
