//! Forgers at work, at random and with a printed seed: entries flipped, deleted, inserted, reordered, cut off,
//! forked and put back, by somebody without the key and by the owner who has it. Both verifiers find each, and
//! say the same.

use super::tamper::{both, differences, python, python_says};
use super::witness::{own, witness_key};
use super::*;
use crate::journal::tile::Edge;

/// A linear congruential generator (Knuth's MMIX constants): any spread will do here.
struct Random(u64);

impl Random {
    fn below(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % below
    }
}

/// What is in a journal, ready to be written anew.
type Entries = Vec<(Leaf, Vec<Hash>)>;

fn entries(size: u64) -> Entries {
    (0..size)
        .map(|number| {
            let (mut leaf, mut commitments) = exchange(number);
            leaf.pupils = crate::journal::record::commit_to(&mut commitments).unwrap();
            leaf.sequence = number;
            (leaf, commitments)
        })
        .collect()
}

/// Writes tiles, bundles and side file anew; the checkpoint only by who has the key.
fn write(directory: &Path, entries: &Entries, signs: bool) {
    let (mut edge, mut tree) = (Edge::default(), Frontier::default());
    let (mut files, mut side) = (Vec::new(), Vec::new());
    for (leaf, commitments) in entries {
        let bytes = leaf.encode().unwrap();
        tree.push(leaf_hash(&bytes));
        files.extend(edge.push(&bytes, leaf_hash(&bytes)));
        side.extend(commitments.concat());
    }
    files.extend(edge.partial());
    for place in ["tile", "pupils"] {
        let _ = std::fs::remove_dir_all(directory.join(place));
    }
    for file in files {
        let path = directory.join(file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        put(&path, &file.bytes);
    }
    std::fs::create_dir_all(directory.join("pupils")).unwrap();
    put(&directory.join("pupils/commitments"), &side);
    if signs {
        let checkpoint = Checkpoint { origin: ORIGIN.into(), size: tree.size(), root: tree.root() };
        put(&directory.join("checkpoint"), checkpoint.sign(&vkey_of(&key()), &key()).as_bytes());
    }
}

/// Changes the entries in one way; its name. `owner` makes places and times good again.
fn tamper(entries: &mut Entries, random: &mut Random, owner: bool) -> &'static str {
    let at = random.below(entries.len());
    let name = match random.below(6) {
        0 => {
            entries[at].0.decision = Decision::Refused("quietly".into());
            "flipped"
        }
        1 => {
            entries.remove(at);
            "deleted"
        }
        2 => {
            let copy = entries[at].clone();
            entries.insert(at, copy);
            "inserted"
        }
        3 => {
            let other = (at + 1 + random.below(entries.len() - 1)) % entries.len();
            entries.swap(at, other);
            "reordered"
        }
        4 => {
            entries.truncate(at);
            "cut off"
        }
        _ => {
            // A pupil less, everywhere.
            let with = entries.iter().cycle().skip(at).position(|(_, pupils)| pupils.len() > 1).unwrap();
            let size = entries.len();
            let (leaf, commitments) = &mut entries[(at + with) % size];
            commitments.pop();
            leaf.pupils = crate::journal::record::commit_to(commitments).unwrap();
            "a pupil taken away"
        }
    };
    if owner {
        for (number, (leaf, _)) in (0..).zip(entries.iter_mut()) {
            leaf.sequence = number;
            leaf.time_ms = T0 + number * 1000;
        }
    }
    name
}

fn forged_at_random(rounds: u64, seed: u64) {
    println!("seed {seed}");
    let mut random = Random(seed);
    let keep = scratch();
    for round in 0..rounds {
        let size = 2 + random.below(520) as u64;
        let whole = entries(size);
        let directory = keep.path().join(format!("{round}"));
        write(&directory, &whole, true);
        let note = std::fs::read_to_string(directory.join("checkpoint")).unwrap();
        // Whoever holds this: somebody who asked earlier, or a witness.
        let text = note.split("\n\n").next().unwrap().to_owned() + "\n";
        let held = note.clone() + &cosign(&text, &own(), &witness_key(), 1_790_000_000);
        let (owner, by_witness) = (random.below(2) == 1, random.below(2) == 1);
        let mut forged = whole.clone();
        let mut names = vec![tamper(&mut forged, &mut random, owner)];
        while random.below(3) == 0 && forged.len() > 1 {
            names.push(tamper(&mut forged, &mut random, owner));
        }
        let name = format!("round {round} of seed {seed}, {size} entries, owner {owner}: {names:?}");
        // An owner who only adds at the end forges nothing.
        if forged.starts_with(&whole) && owner || forged == whole || forged.is_empty() && !owner {
            continue;
        }
        write(&directory, &forged, owner);
        let (earlier, witnesses) = match by_witness {
            true => (vec![held], vec![own()]),
            false => (vec![note], vec![]),
        };
        let report = both(&name, &directory, &earlier, &witnesses);
        let found = differences(&report);
        if owner {
            // Good signatures over other entries: only what somebody else holds tells.
            let shorter = (forged.len() as u64) < size;
            let expected = if shorter { "rolled-back" } else { "forked" };
            assert!(found.iter().any(|(what, _)| *what == expected), "{name}: {report}");
            assert!(both(&name, &directory, &[], &[])["good"] == true, "{name}: nobody else holds anything");
        } else {
            // The checkpoint's signature is over the entries that were there.
            let told = ["root-differs", "bundle-malformed", "bundle-missing"];
            assert!(found.iter().any(|(what, _)| told.contains(what)), "{name}: {report}");
        }
        std::fs::remove_dir_all(&directory).unwrap();
    }
}

#[test]
fn forgeries_at_random_are_found_and_both_verifiers_agree() {
    forged_at_random(12, 20_260_901);
}

#[test]
#[ignore = "minutes: for make soak"]
fn many_forgeries_at_random_are_found_and_both_verifiers_agree() {
    forged_at_random(1_000, 90_177);
}

/// Changes a text in one or more places, as a forger or a broken disk would.
fn spoil(text: &str, random: &mut Random) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=random.below(2) {
        let at = random.below(bytes.len());
        match random.below(7) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes.truncate(at + 1),
            2 => bytes.insert(at, b"\n =+/A0\x00\t\xc3"[random.below(10)]),
            3 => drop(bytes.remove(at)),
            4 => bytes = [&bytes[..at], &bytes].concat(),
            5 => {
                bytes =
                    text.replacen('\n', ["\r\n", "\n\n", "", " \n"][random.below(4)], 1 + at % 3).into_bytes()
            }
            _ => {
                let mut lines: Vec<&[u8]> = text.as_bytes().split_inclusive(|byte| *byte == b'\n').collect();
                let (one, other) = (random.below(lines.len()), random.below(lines.len()));
                lines.swap(one, other);
                bytes = lines.concat();
            }
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

/// Notes and proofs damaged at random: whatever either verifier makes of it, the other says the same.
fn notes_at_random(rounds: u64, seed: u64) {
    println!("seed {seed}");
    let mut random = Random(seed);
    let keep = scratch();
    let directory = keep.path().join("journal");
    let (journal, _) = open(&directory).unwrap();
    append(&journal, 0, 9);
    journal.checkpoint(&key()).unwrap();
    let sent = journal.submission(0).unwrap();
    let text = sent.note.split("\n\n").next().unwrap().to_owned() + "\n";
    let line = cosign(&text, &own(), &witness_key(), 1_790_000_000);
    journal.keep_cosignature(&sent, &line, &own()).unwrap();
    drop(journal);
    let cosigned = sent.note + &line;
    let proof = prove(&directory, &[vkey_of(&key())], 4).unwrap().text();
    let beside = directory.join("witnessed").join(own().id_hex());
    for round in 0..rounds {
        let name = format!("round {round} of seed {seed}");
        let witnesses = [own()];
        match random.below(4) {
            0 => {
                let spoiled = spoil(&cosigned, &mut random);
                put(&directory.join("checkpoint"), &spoiled);
                both(
                    &format!("{name}, checkpoint {:?}", spoiled.escape_ascii().to_string()),
                    &directory,
                    &[],
                    &witnesses,
                );
                put(&directory.join("checkpoint"), cosigned.as_bytes());
            }
            1 => {
                let spoiled = spoil(&cosigned, &mut random);
                put(&beside, &spoiled);
                both(
                    &format!("{name}, witnessed {:?}", spoiled.escape_ascii().to_string()),
                    &directory,
                    &[],
                    &witnesses,
                );
                put(&beside, cosigned.as_bytes());
            }
            2 => {
                // What is not UTF-8 cannot be handed to this verifier as text; the command takes it for nothing.
                let spoiled = String::from_utf8(spoil(&cosigned, &mut random)).unwrap_or_default();
                both(&format!("{name}, earlier {spoiled:?}"), &directory, &[spoiled], &witnesses);
            }
            _ => {
                let spoiled = String::from_utf8(spoil(&proof, &mut random)).unwrap_or_default();
                let given = Given { trusted: &[vkey_of(&key())], earlier: &[], witnesses: &witnesses };
                let report = verify_proof(&spoiled, &given).json();
                if python() {
                    let path = keep.path().join("proof");
                    put(&path, spoiled.as_bytes());
                    let said = python_says(&["--proof".as_ref(), path.as_os_str()], &witnesses);
                    assert_eq!(said, report, "{name}, proof {spoiled:?}");
                }
            }
        }
    }
    both("restored", &directory, &[], &[own()]);
}

#[test]
fn notes_and_proofs_damaged_at_random_are_read_alike() {
    notes_at_random(30, 71_077);
}

#[test]
#[ignore = "minutes: for make soak"]
fn many_notes_and_proofs_damaged_at_random_are_read_alike() {
    notes_at_random(1_500, 33_550_336);
}
