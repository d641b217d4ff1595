//! Power cuts on a real file system: a loop device's file is copied while the server runs, and mounted again. What had
//! not reached the device is not in the copy, as after a cut. Whatever was acknowledged is there, and it serves.
//!
//! Where the machine lets nobody mount, the faulty disk of `faults.rs` forgets what was not synced instead.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::support::names::Dice;
use super::support::process::{Place, copy};

const PATH: &str = "/rekenwonder/rostering/v1p2/users";

/// An ext4 in a file, mounted; unmounted when it goes out of scope.
struct Loop(PathBuf);

impl Loop {
    fn mount(image: &Path, at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        run(Command::new("mount").args(["-o", "loop"]).arg(image).arg(at)).then(|| Self(at.to_owned()))
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        // Lazily where something still holds it: nothing may stay mounted.
        let _ =
            run(Command::new("umount").arg(&self.0)) || run(Command::new("umount").arg("-l").arg(&self.0));
    }
}

/// A copy of one moment: of two that are alike, nothing was written between them.
fn snapshot(image: &Path, to: &Path) {
    let again = to.with_extension("again");
    for _ in 0..50 {
        std::fs::copy(image, to).unwrap();
        std::fs::copy(image, &again).unwrap();
        if std::fs::read(to).unwrap() == std::fs::read(&again).unwrap() {
            return std::fs::remove_file(again).unwrap();
        }
    }
    panic!("the disk is never still");
}

fn run(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// Cuts the power so often; none when the machine lets nobody mount.
fn cuts(rounds: u64) -> Option<()> {
    let seed = std::env::var("SLUIS_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("seed {seed}: repeat with SLUIS_SEED={seed}");
    let mut dice = Dice::new(seed);
    let school = Place::school();
    let (image, at) = (school.path("disk.img"), school.path("disk"));
    std::fs::File::create(&image).and_then(|file| file.set_len(48 << 20)).unwrap();
    // Small, with a journal: ext4 as a school's machine has it.
    if !run(Command::new("mkfs.ext4").args(["-q", "-F", "-J", "size=4"]).arg(&image)) {
        return None;
    }
    let mut mounted = Loop::mount(&image, &at)?;
    let config =
        school.read("sluis.toml").replace("https://api.rekenwonder.example/v2/", "https://127.0.0.1:1/");
    let config = config.replace("asks     = ", "allow_private = true\n  asks     = ");
    school.put("sluis.toml", &config);
    copy(&school.path("state"), &at.join("state"));
    school.put("sluis.toml", &config.replace("\"state/", "\"disk/state/"));
    assert!(run(&mut Command::new("sync")));
    let token = school.read("secrets/rekenwonder.token");
    let (mut acknowledged, cut) = (0, school.path("cut.img"));
    for round in 0..rounds {
        let server = school.serve();
        let asks = 1 + dice.below(12);
        for _ in 0..asks {
            // Nobody is at the other side: 502 means that it was recorded, durably, and would have left.
            let answer = server.ask(&school.path("tls/cert.pem"), PATH, token.trim());
            assert_eq!(answer, (502, "SLS-901".to_owned()), "round {round}");
            acknowledged += 1;
        }
        // Frozen, not ended: nothing more is written by it, and what the kernel holds back stays behind.
        server.freeze();
        snapshot(&image, &cut);
        server.kill();
        drop(mounted);
        std::fs::rename(&cut, &image).unwrap();
        mounted =
            Loop::mount(&image, &at).unwrap_or_else(|| panic!("round {round}: the copy cannot be mounted"));
    }
    let server = school.serve();
    assert_eq!(server.ask(&school.path("tls/cert.pem"), PATH, token.trim()), (502, "SLS-901".to_owned()));
    acknowledged += 1;
    server.stop();
    let verified = school.good(&["journal", "verify", "--json"]);
    let verified: serde_json::Value = serde_json::from_str(&verified).unwrap();
    let size = verified["size"].as_u64().unwrap();
    // Each of them is a request that left and a refusal that says that nobody was there; starts and stops come beside.
    assert!(size >= 2 * acknowledged, "{size} entries of {acknowledged} acknowledged exchanges: {verified}");
    school.good(&["vault", "verify"]);
    println!("{rounds} power cuts, {acknowledged} acknowledged exchanges, {size} entries");
    Some(())
}

const SKIPPED: &str = "skipped: this machine lets no test mount a file as ext4, so no real power was cut";

#[test]
fn a_power_cut_on_a_real_file_system_loses_nothing_that_was_acknowledged() {
    if cuts(6).is_none() {
        println!("{SKIPPED}");
    }
}

#[test]
#[ignore = "soak: 1,000 power cuts"]
fn a_thousand_power_cuts() {
    let rounds = std::env::var("SLUIS_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1000);
    if cuts(rounds).is_none() {
        println!("{SKIPPED}");
    }
}
