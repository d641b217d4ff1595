//! `sluis init`: a working school in one go, or nothing at all.
//!
//! Everything is made in a directory of its own beside its place, checked with the code that `check` uses, and
//! only then moved; `sluis.toml` comes last. It overwrites nothing.

mod answers;
pub(super) mod certificate;
mod kit;
pub(super) mod staging;
mod text;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use self::answers::Answers;
use self::staging::Staging;
use super::failure::Failure;
use super::screen::Screen;
use super::{Exit, words};
use crate::clock::{Clock as _, SystemClock};
use crate::config;
use crate::crypto::random;

/// Make configuration, keys, certificate, vault, journal and recovery kit.
#[derive(Debug, Args)]
#[command(after_long_help = answers::HELP)]
pub(super) struct Init {
    /// Where to make them.
    #[arg(long = "in", value_name = "DIR", default_value = ".")]
    place: PathBuf,
    /// Take answers from a TOML file; see below for its keys.
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Ask nothing: what the file does not answer gets its usual value, or fails.
    #[arg(long)]
    no_input: bool,
}

/// What `init` makes, in the order in which it is moved into place. The configuration is last: without it
/// nothing else is used.
const MADE: &[&str] = &["tls", "secrets", "state", "recovery", "sluis.toml"];

impl Init {
    /// Makes everything; exit 3 when the configuration has warnings.
    pub(super) fn run(self, screen: &Screen) -> Result<Exit, Failure> {
        // Refuse before anything is asked.
        staging::check_free(&self.place, MADE)?;
        let now = SystemClock.now();
        let answers = Answers::collect(self.answers.as_deref(), self.no_input, now, screen)?;
        let staging = Staging::begin(&self.place)?;
        let config::Reading { settings, problems } = make(&answers, &staging, now)?;
        for problem in problems.iter().filter(|problem| problem.is_error()) {
            screen.tell(&problem.told(screen.language));
        }
        let errors = problems.iter().filter(|problem| problem.is_error()).count();
        let Some(settings) = settings else {
            let values = [("file", "sluis.toml".into()), ("errors", errors.to_string().into())];
            return Err(Failure::new(&words::CONFIG_UNUSABLE, values));
        };
        let stores = super::stores::create(&settings, Arc::new(SystemClock))?;
        kit::write(&staging, &settings, &stores, now)?;
        drop(stores);
        staging.finish(MADE)?;
        told(&self.place, &answers, screen);
        Ok(if problems.is_empty() { Exit::Done } else { Exit::Warnings })
    }
}

/// Writes every file and has the configuration checked where it stands.
fn make(
    answers: &Answers,
    staging: &Staging,
    now: crate::clock::Timestamp,
) -> Result<config::Reading, Failure> {
    let (certificate, key) = certificate::make(&answers.hosts, now)?;
    staging.write("tls/cert.pem", certificate.as_bytes(), 0o644)?;
    staging.write("tls/key.pem", key.as_bytes(), 0o600)?;
    if answers.passphrase_file.is_none() {
        staging.write("secrets/unseal.key", secret_line()?.as_bytes(), 0o600)?;
    }
    if let Some(publisher) = &answers.publisher {
        staging.write(&format!("secrets/{}.token", publisher.id), secret_line()?.as_bytes(), 0o600)?;
    }
    staging.write("sluis.toml", text::render(answers).as_bytes(), 0o644)?;
    staging.directory("state")?;
    staging.directory("recovery")?;
    Ok(config::read(&staging.path().join("sluis.toml")))
}

/// 32 random bytes as one line of hexadecimal digits.
pub(super) fn secret_line() -> Result<zeroize::Zeroizing<String>, Failure> {
    let bytes = random::<32>().map_err(|_| Failure::new(&words::NO_RANDOM, []))?;
    let bytes = zeroize::Zeroizing::new(bytes);
    let mut line: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    line.push('\n');
    Ok(zeroize::Zeroizing::new(line))
}

fn told(place: &Path, answers: &Answers, screen: &Screen) {
    let inside = |name: &str| if place == Path::new(".") { PathBuf::from(name) } else { place.join(name) };
    let config = inside("sluis.toml");
    if screen.json {
        screen.report(&json!({
            "config": config.display().to_string(),
            "recovery": inside("recovery").display().to_string(),
        }));
        return;
    }
    screen.say(&format!("{} {}", screen.pick("made", "gemaakt:"), config.display()));
    let kit = inside("recovery");
    let kit = kit.display();
    let keep = screen.pick(
        "move it to a place outside this machine, and keep it: without it a lost disk is a lost vault",
        "breng die map naar een plek buiten deze machine en bewaar haar: zonder haar is een verloren schijf een verloren kluis",
    );
    screen.say(&format!("  {kit}: {keep}"));
    if let Some(publisher) = &answers.publisher {
        let token = inside(&format!("secrets/{}.token", publisher.id));
        let line =
            screen.pick("the token of the system that calls", "het token van het systeem dat aanroept");
        screen.say(&format!("  {}: {line}", token.display()));
    }
    let next = screen.pick("next:", "hierna:");
    screen.say(&format!("{next} sluis --config {0} check && sluis --config {0} serve", config.display()));
}
