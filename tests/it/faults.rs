//! Disks that are full, read-only or broken, on whole exchanges: 503 with a code, not a byte outside, nothing
//! acknowledged lost, and service again when the disk is well: by itself after it was full, else after a restart.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use sluis::disk::faulty::Fault;
use sluis::journal::{Decision, Event, verify};

use super::leak::own;
use super::support::caller::{Caller, Reply};
use super::support::process::Place;
use super::support::world::{World, assert_refused};

const RECORDS: &str = "/rekenwonder/own/records";
const STORES: [(&str, &str); 2] = [("vault", "SLS-701"), ("journal", "SLS-702")];

/// Posts a record of a pupil whom nobody has sent before.
async fn send(school: &Caller, pupil: u32) -> Reply {
    school.post_json(RECORDS, format!(r#"{{"id":"LL-{}","score":1}}"#, 710_000 + pupil)).await
}

/// What was acknowledged: which pupil the publisher was sent under which pseudonym.
#[derive(Default)]
struct Kept(Vec<(u32, String)>);

impl Kept {
    /// Sends a pupil that must arrive.
    async fn good(&mut self, world: &World, pupil: u32) {
        let reply = send(&world.inside("rekenwonder"), pupil).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        self.arrived(world, pupil);
    }

    fn arrived(&mut self, world: &World, pupil: u32) {
        let left: Value = serde_json::from_str(world.publisher.last().text()).unwrap();
        let pseudonym = left["id"].as_str().unwrap().to_owned();
        assert!(!pseudonym.contains("LL-"), "{pseudonym}");
        self.0.push((pupil, pseudonym));
    }

    /// After a power cut, a new process on the same disk knows every pseudonym, has every entry, and serves.
    async fn survives(mut self, world: &World) {
        let before = self.0.len();
        // The worst that may follow: what was not synced is gone.
        world.vault_disk.power_cut().unwrap();
        world.journal_disk.power_cut().unwrap();
        let world = world.after(own()).await;
        world.publisher.say_json("{}");
        for (pupil, pseudonym) in self.0.clone() {
            let text = format!("LL-{}", 710_000 + pupil);
            assert_eq!(world.pseudonym("rekenwonder", "las-key", &text).await, pseudonym, "{text}");
        }
        let left =
            |leaf: &&sluis::journal::Leaf| leaf.event == Event::LEFT && leaf.decision == Decision::Passed;
        let entries = world.leaves().iter().filter(left).count();
        assert!(entries >= before, "{entries} entries of {before} exchanges");
        self.good(&world, 900).await;
        let house = world.gateway.house();
        let key = sluis::crypto::SigningKey::from_seed(house.vault.journal_seed());
        house.journal.checkpoint(&key).unwrap();
        let report = verify(&world.folder.path().join("journal"), &[house.journal.vkey().clone()], None);
        assert!(report.is_good(), "{:?}", report.differences());
        world.clean();
    }
}

/// A world that has exchanged, and whose recordings are empty.
async fn world() -> (World, Kept) {
    let world = World::with(own()).await;
    world.publisher.say_json("{}");
    let mut kept = Kept::default();
    kept.good(&world, 1).await;
    kept.good(&world, 2).await;
    world.publisher.forget();
    (world, kept)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_and_serves_again_when_there_is_room() {
    for (store, code) in STORES {
        let (world, mut kept) = world().await;
        let school = world.inside("rekenwonder");
        let disk = if store == "vault" { &world.vault_disk } else { &world.journal_disk };
        for round in 0..3 {
            disk.fill_up();
            for again in 0..3 {
                let reply = send(&school, 10 + 10 * round + again).await;
                assert_refused(&reply, 503, code);
                assert_eq!(reply.headers["retry-after"], "5");
            }
            assert!(
                world.publisher.raw().is_empty() && world.publisher.got().is_empty(),
                "{store}: bytes left"
            );
            disk.heal();
            kept.good(&world, 10 + 10 * round).await;
            world.publisher.forget();
        }
        // Full in the middle of a write.
        disk.fail_nth(1, Fault::Full);
        assert_refused(&send(&school, 50).await, 503, code);
        assert!(world.publisher.raw().is_empty(), "{store}: bytes left");
        disk.heal();
        kept.good(&world, 50).await;
        kept.survives(&world).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_or_read_only_disk_refuses_until_a_restart() {
    for (store, code) in STORES {
        let (world, mut kept) = world().await;
        let (school, publisher) = (world.inside("rekenwonder"), world.outside("rekenwonder"));
        kept.good(&world, 3).await;
        world.publisher.forget();
        let disk = if store == "vault" { &world.vault_disk } else { &world.journal_disk };
        disk.fail_from(1);
        assert_refused(&send(&school, 4).await, 503, code);
        disk.heal();
        // The disk is well again, and is not believed: what the kernel dropped would be taken for written.
        for pupil in [1, 4, 5] {
            assert_refused(&send(&school, pupil).await, 503, code);
        }
        let asked = publisher.post_json("/from/rekenwonder/own/records", r#"{"score":1}"#.to_owned()).await;
        assert_refused(&asked, 503, code);
        assert!(world.publisher.raw().is_empty() && world.school.raw().is_empty(), "{store}: bytes left");
        kept.survives(&world).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_at_every_act_of_an_exchange_loses_nothing_that_was_acknowledged() {
    for (store, code) in STORES {
        for fault in [Fault::Error, Fault::Short, Fault::Full] {
            for nth in 1..=4 {
                let name = format!("{store}: {fault:?} at act {nth}");
                let (world, mut kept) = world().await;
                let school = world.inside("rekenwonder");
                let disk = if store == "vault" { &world.vault_disk } else { &world.journal_disk };
                disk.fail_nth(nth, fault);
                for pupil in 20..23 {
                    world.publisher.forget();
                    let reply = send(&school, pupil).await;
                    if reply.status == 200 {
                        kept.arrived(&world, pupil);
                        continue;
                    }
                    if reply.json()["delivered"] == true {
                        // The request was recorded and left; the reply could not be recorded, and is withheld.
                        assert_refused(&reply, 502, code);
                        kept.arrived(&world, pupil);
                        continue;
                    }
                    assert_refused(&reply, 503, code);
                    assert!(world.publisher.raw().is_empty(), "{name}: bytes left");
                }
                assert!(disk.struck(), "{name}");
                disk.heal();
                kept.survives(&world).await;
            }
        }
    }
}

/// Fills a small file system to the last byte; the file that does it.
fn fill(place: &Path) -> std::path::PathBuf {
    use std::io::Write as _;
    let path = place.join("filler");
    let mut file = std::fs::File::create(&path).unwrap();
    for size in [4096, 1] {
        while file.write_all(&vec![7; size]).is_ok() {}
    }
    path
}

/// A file system of its own, where the machine allows; unmounted when it goes out of scope.
struct Mounted(std::path::PathBuf);

impl Mounted {
    fn tmpfs(at: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let options = format!("size={size},mode=0700");
        Self::run(&["-t", "tmpfs", "-o", &options, "tmpfs"], at).then(|| Self(at.to_owned()))
    }

    fn remount(&self, how: &str) -> bool {
        Self::run(&["-o", &format!("remount,{how}")], &self.0)
    }

    fn run(arguments: &[&str], at: &Path) -> bool {
        let mut command = std::process::Command::new("mount");
        command.args(arguments).arg(at).output().is_ok_and(|output| output.status.success())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

#[test]
fn a_real_file_system_that_is_full_or_read_only() {
    let school = Place::school();
    let Some(mounted) = Mounted::tmpfs(&school.path("small"), "24m") else {
        println!("skipped: this machine lets no test mount a tmpfs, so no real disk was filled");
        return;
    };
    let config =
        school.read("sluis.toml").replace("https://api.rekenwonder.example/v2/", "https://127.0.0.1:1/");
    let config = config.replace("asks     = ", "allow_private = true\n  asks     = ");
    school.put("sluis.toml", &config);
    super::support::process::copy(&school.path("state"), &school.path("small/state"));
    school.put("sluis.toml", &config.replace("\"state/", "\"small/state/"));
    let server = school.serve();
    let token = school.read("secrets/rekenwonder.token");
    // There is nobody at the other side: 502 means that it was recorded and would have left.
    let ask = || server.ask(&school.path("tls/cert.pem"), "/rekenwonder/rostering/v1p2/users", token.trim());
    assert_eq!(ask(), (502, "SLS-901".to_owned()));
    let filler = fill(&mounted.0);
    // The journal's last page has room for a few entries more; each of these is whole.
    let recorded = (0..100).take_while(|_| ask() == (502, "SLS-901".to_owned())).count();
    assert!(recorded < 100, "it was never full");
    for _ in 0..3 {
        assert_eq!(ask(), (503, "SLS-702".to_owned()));
    }
    assert_eq!(server.ready().0, 200, "a full disk is not the end");
    std::fs::remove_file(filler).unwrap();
    assert_eq!(ask(), (502, "SLS-901".to_owned()), "room again");
    server.stop();
    school.good(&["journal", "verify"]);

    // Files that a process holds open for writing keep a file system from turning read-only: so before it starts.
    assert!(mounted.remount("ro"));
    let error = school.fails(&["serve"]);
    assert!(error.contains("CLI-0"), "{error}");
    assert!(mounted.remount("rw"));
    let server = school.serve();
    server.until("ready", |status, _| status == 200);
    std::thread::sleep(Duration::from_millis(50));
    server.stop();
    school.good(&["journal", "verify"]);
}
