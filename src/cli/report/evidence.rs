//! `sluis report evidence`: the journal copied into a zip file and counted on the way, and beside it what an auditor
//! reads and checks.
//!
//! What is counted is what is copied: the entries' root must be that of the checkpoint that goes along.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::bundle::Bundle;
use super::facts::Facts;
use super::reading::unwritten;
use super::register::{Ground, Register};
use super::sample::{Sample, Sampled};
use super::tally::{Period, Tally, Uses};
use super::{attention, claims, configuration, csv, html, machine, markdown, readme, register_page, summary};
use super::{page, reading};
use crate::cli::failure::Failure;
use crate::cli::faults::journal_failed;
use crate::cli::progress::Progress;
use crate::cli::screen::Screen;
use crate::cli::{Exit, hex, words};
use crate::clock::Timestamp;
use crate::config::Language;
use crate::config::settings::Settings;
use crate::journal::{Checkpoint, Event, Frontier, JournalError, Leaf, Proof, TileReader, export, leaf_hash};

/// The verifier that shares no code with this program.
const VERIFIER: &str = include_str!("../../../tests/verifier/verify.py");
/// Where the journal lies in the bundle.
const JOURNAL: &str = "journal";

/// What goes into the summary besides the register.
pub(super) struct Evidence<'a> {
    pub(super) register: &'a Register,
    pub(super) period: Period,
    pub(super) sample: &'a [Sampled],
}

/// Makes the bundle.
pub(super) fn make(
    settings: &Settings,
    facts: &Facts,
    period: Period,
    out: &Path,
    screen: &Screen,
) -> Result<Exit, Failure> {
    if fs::symlink_metadata(out).is_ok() {
        return Err(Failure::new(&words::OCCUPIED, [("path", out.display().to_string().into())]));
    }
    let ground = reading::verified(settings, facts, screen)?;
    let mut bundle = Bundle::create(out).map_err(|error| unwritten(out, &error))?;
    let copy = copied(settings, facts, period, &mut bundle, out, screen)?;
    let Copied { tally, sample, note, checkpoint } = copy;
    let ground = Ground { size: checkpoint.size, root: checkpoint.root, ..ground };
    // The moment of the newest entry, so that one state of the journal gives one bundle.
    let moment = Timestamp::from_millis(tally.newest_ms);
    let register = Register::of(settings, facts, ground, tally, moment);
    let sample = sample.chosen();
    let evidence = Evidence { register: &register, period, sample: &sample };
    let mut put = |name: &str, bytes: &[u8]| bundle.put(name, bytes).map_err(|error| unwritten(out, &error));
    for sampled in &sample {
        let proof = proof(settings, checkpoint.size, sampled, &note)?;
        put(&proof_name(sampled), proof.text().as_bytes())?;
    }
    put("sample.csv", csv::csv(&sample_rows(&sample)).as_bytes())?;
    pages(&evidence, &mut put)?;
    put("counts.json", format!("{:#}\n", counts(&evidence)).as_bytes())?;
    rules(settings, &mut put)?;
    put("verify.py", VERIFIER.as_bytes())?;
    let (files, digest) = bundle.finish(out).map_err(|error| unwritten(out, &error))?;
    tell(&register, &sample, out, (files, digest), screen)
}

fn tell(
    register: &Register,
    sample: &[Sampled],
    out: &Path,
    (files, digest): (u64, [u8; 32]),
    screen: &Screen,
) -> Result<Exit, Failure> {
    let points = attention::points(register);
    if screen.json {
        screen.report(&json!({
            "file": out.display().to_string(),
            "sha256": hex(&digest),
            "files": files,
            "entries": register.ground.size,
            "entries_in_period": register.tally.leaves,
            "proofs": sample.len(),
            "attention": points.iter().map(|point| point.code).collect::<Vec<_>>(),
        }));
    } else {
        let whole = register.tally.whole();
        screen.say(&format!("{}  SHA-256 {}", out.display(), hex(&digest)));
        screen.say(&format!(
            "  {} {}, {} {}; {} {}, {} {}",
            screen.pick("entries:", "regels:"),
            register.ground.size,
            screen.pick("proofs:", "bewijzen:"),
            sample.len(),
            screen.pick("messages that left:", "berichten die vertrokken:"),
            whole.left,
            screen.pick("stopped for a name or number:", "tegengehouden om een naam of nummer:"),
            whole.stopped(),
        ));
        screen.say(screen.pick(
            "  print summary.en.html, sign it, and give it to the auditor by another road than the file",
            "  druk summary.nl.html af, teken hem, en geef hem langs een andere weg aan de auditor dan het bestand",
        ));
        points.iter().for_each(|point| screen.tell(&format!("- {}", point.told(screen.language))));
    }
    Ok(if points.is_empty() { Exit::Done } else { Exit::Warnings })
}

struct Copied {
    tally: Tally,
    sample: Sample,
    note: String,
    checkpoint: Checkpoint,
}

/// Copies the journal and counts what is copied.
fn copied(
    settings: &Settings,
    facts: &Facts,
    period: Period,
    bundle: &mut Bundle,
    out: &Path,
    screen: &Screen,
) -> Result<Copied, Failure> {
    let progress = Progress::new(screen);
    let mut tally = Tally::new(period, settings.digest);
    let (mut tree, mut sample, mut note) = (Frontier::default(), Sample::default(), String::new());
    let trusted = [facts.key.clone()];
    let done = export(&settings.journal, &trusted, &mut |name, bytes| {
        if name.starts_with("tile/entries/") {
            for entry in entries(bytes) {
                let hash = leaf_hash(entry);
                if let Ok(leaf) = Leaf::decode(entry)
                    && tally.take(&leaf)
                    && leaf.event == Event::LEFT
                    && leaf.left.is_some()
                {
                    sample.offer(tree.size(), &hash, entry, &leaf);
                }
                tree.push(hash);
            }
            progress.at(tree.size(), 0);
        } else if name == "checkpoint" {
            note = String::from_utf8_lossy(bytes).into_owned();
        }
        bundle.put(&format!("{JOURNAL}/{name}"), bytes)
    });
    done.map_err(|error| match &error {
        JournalError::Export { source, .. } => unwritten(out, source),
        other => journal_failed(other),
    })?;
    let moved = |_| Failure::new(&words::JOURNAL_MOVED, []);
    let (checkpoint, _) = Checkpoint::open(&note, &trusted).map_err(moved)?;
    if tree.size() != checkpoint.size || tree.root() != checkpoint.root {
        return Err(Failure::new(&words::JOURNAL_MOVED, []));
    }
    Ok(Copied { tally, sample, note, checkpoint })
}

/// The entries of a bundle; nothing after what is cut short.
fn entries(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk::<2>()?;
        let (entry, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        bytes = rest;
        Some(entry)
    })
}

fn proof(settings: &Settings, size: u64, sampled: &Sampled, note: &str) -> Result<Proof, Failure> {
    // Tiles may have grown since: those of an earlier size are read from them.
    let tiles = TileReader::of_earlier(&settings.journal, size, size);
    let hashes = tiles.inclusion(sampled.index).map_err(|error| journal_failed(&error))?;
    Ok(Proof { extra: Some(sampled.entry.clone()), index: sampled.index, hashes, note: note.to_owned() })
}

/// The name of a sampled entry's proof.
pub(super) fn proof_name(sampled: &Sampled) -> String {
    format!("proofs/entry-{}.tlog-proof", sampled.index)
}

/// What a publisher is asked to confirm: which bytes it received.
fn sample_rows(sample: &[Sampled]) -> Vec<Vec<String>> {
    let head = [
        "entry",
        "exchange",
        "time",
        "school",
        "publisher",
        "route",
        "sha256_of_the_body_that_left",
        "proof",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for sampled in sample {
        let leaf = &sampled.leaf;
        let scope = leaf.scope.clone().unwrap_or_default();
        rows.push(vec![
            sampled.index.to_string(),
            leaf.exchange.as_ref().map(|id| hex(id)).unwrap_or_default(),
            Timestamp::from_millis(leaf.time_ms).rfc3339(),
            scope.school,
            scope.publisher,
            leaf.route.clone(),
            leaf.left.as_ref().map(|digest| hex(digest)).unwrap_or_default(),
            proof_name(sampled),
        ]);
    }
    rows
}

type Put<'a> = dyn FnMut(&str, &[u8]) -> Result<(), Failure> + 'a;

fn pages(evidence: &Evidence<'_>, put: &mut Put<'_>) -> Result<(), Failure> {
    for language in [Language::Dutch, Language::English] {
        let code = html::code_of(language);
        let both: [(&str, page::Page); 3] = [
            ("README", readme::page(evidence, language)),
            ("summary", summary::page(evidence, language)),
            ("proved-and-attested", claims::page(evidence, language)),
        ];
        for (name, page) in both {
            put(&format!("{name}.{code}.md"), markdown::markdown(&page).as_bytes())?;
            put(&format!("{name}.{code}.html"), html::html(&page).as_bytes())?;
        }
        let register = register_page::page(evidence.register, language);
        put(&format!("register.{code}.md"), markdown::markdown(&register).as_bytes())?;
        put(&format!("register.{code}.html"), html::html(&register).as_bytes())?;
        let rows = machine::rows(evidence.register, language);
        put(&format!("register.{code}.csv"), csv::csv(&rows).as_bytes())?;
    }
    put("register.json", format!("{:#}\n", machine::json_of(evidence.register)).as_bytes())
}

/// The configuration and its profiles.
fn rules(settings: &Settings, put: &mut Put<'_>) -> Result<(), Failure> {
    let text = fs::read_to_string(&settings.file).unwrap_or_default();
    if let Some(shown) = configuration::shown(&text) {
        put("configuration.toml", shown.as_bytes())?;
    }
    let mut done: Vec<[u8; 32]> = Vec::new();
    for route in settings.publishers.iter().flat_map(|publisher| &publisher.routes) {
        let digest = *route.profile.digest();
        if done.contains(&digest) {
            continue;
        }
        done.push(digest);
        let text = match crate::profile::builtin_text(&route.profile_written) {
            Some(text) => text.to_owned(),
            None => {
                let folder = settings.file.parent().unwrap_or_else(|| Path::new(""));
                fs::read_to_string(folder.join(&route.profile_written)).unwrap_or_default()
            }
        };
        // Only the very text that the journal's digests are of.
        if <[u8; 32]>::from(Sha256::digest(text.as_bytes())) == digest {
            put(&format!("profiles/{}.toml", hex(&digest)), text.as_bytes())?;
        }
    }
    Ok(())
}

/// Everything that was counted, by rule.
fn counts(evidence: &Evidence<'_>) -> Value {
    let tally = &evidence.register.tally;
    let uses = |uses: &Uses| json!({ "left": uses.left_ever(), "entered": uses.entered });
    let ways = tally.ways.iter().map(|(way, crossed)| {
        let rules = crossed.rules.iter().map(|(rule, found)| (rule.clone(), uses(found)));
        json!({
            "way": machine::way_json(way),
            "crossed": machine::crossed_json(crossed),
            "rules": rules.collect::<Map<_, _>>(),
        })
    });
    let canaries = tally.canaries.iter();
    let canaries = canaries.map(
        |(way, runs)| json!({ "way": machine::way_json(way), "canaries": machine::canaries_json(runs) }),
    );
    let digests = |found: &std::collections::BTreeMap<[u8; 32], u64>| {
        found.iter().map(|(digest, count)| (hex(digest), json!(count))).collect::<Map<_, _>>()
    };
    let events =
        tally.events.iter().map(|(event, count)| (format!("{} {}", event.0, event.name()), json!(count)));
    let bound = |millis: u64| Timestamp::from_millis(millis).rfc3339();
    json!({
        "from": (evidence.period.from_ms > 0).then(|| bound(evidence.period.from_ms)),
        "until": (evidence.period.until_ms < u64::MAX).then(|| bound(evidence.period.until_ms)),
        "entries": evidence.register.ground.size,
        "entries_counted": tally.leaves,
        "whole": machine::crossed_json(&tally.whole()),
        "ways": ways.collect::<Vec<_>>(),
        "canaries": canaries.collect::<Vec<_>>(),
        "events": events.collect::<Map<_, _>>(),
        "configurations": digests(&tally.configurations),
        "binaries": digests(&tally.binaries),
        "profiles": digests(&tally.profiles),
    })
}
