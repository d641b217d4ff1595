//! `sluis witness init`: everything of a new witness, or nothing. It overwrites nothing.

use std::path::Path;

use clap::Args;
use serde_json::json;

use super::settings::{FILE, seed};
use crate::cli::failure::Failure;
use crate::cli::init::staging::{Staging, check_free};
use crate::cli::init::{certificate, secret_line};
use crate::cli::screen::Screen;
use crate::cli::{Exit, words};
use crate::clock::{Clock as _, SystemClock};
use crate::crypto::SigningKey;
use crate::journal::WitnessKey;

/// Make a witness.
#[derive(Debug, Args)]
pub(super) struct Make {
    /// Its name for ever: an address without https://, such as witness.bestuur.example.
    #[arg(long)]
    name: String,
    /// The hosts by which journals reach it, for its certificate; otherwise the name up to its first slash.
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,
    /// Where it listens.
    #[arg(long, default_value = "0.0.0.0:8444")]
    address: String,
}

/// What is made, in the order in which it is moved into place.
const MADE: &[&str] = &["tls", "secrets", "witness.vkey", FILE];

impl Make {
    pub(super) fn run(self, place: &Path, screen: &Screen) -> Result<Exit, Failure> {
        check_free(place, &[MADE, &["book"]].concat())?;
        let unfit = || Failure::new(&words::WITNESS_NAME, [("found", self.name.as_str().into())]);
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_/:".contains(c);
        if self.name.len() > 128 || !self.name.chars().all(plain) || self.name.contains("//") {
            return Err(unfit());
        }
        let line = secret_line()?;
        let seed = seed(&line).ok_or_else(|| Failure::new(&words::NO_RANDOM, []))?;
        let public = SigningKey::from_seed(&seed).verifying_key().to_bytes();
        let key = WitnessKey::new(&self.name, public).ok_or_else(unfit)?;
        let mut hosts = self.host.clone();
        if hosts.is_empty() {
            let host = self.name.split(['/', ':']).next().unwrap_or_default();
            hosts.push(host.to_owned());
        }
        let (chain, private) = certificate::make(&hosts, SystemClock.now())?;
        let staging = Staging::begin(place)?;
        staging.write("tls/cert.pem", chain.as_bytes(), 0o644)?;
        staging.write("tls/key.pem", private.as_bytes(), 0o600)?;
        staging.write("secrets/witness.key", line.as_bytes(), 0o600)?;
        staging.write("witness.vkey", format!("{key}\n").as_bytes(), 0o644)?;
        let text = format!(
            "# A witness of Sluis journals. It keeps hashes and signatures, and nothing of a pupil.\n\
             name        = \"{}\"                # for ever: it is part of the key's id\n\
             address     = \"{}\"\n\
             certificate = \"tls/cert.pem\"        # PEM chain; whoever asks trusts it as its CA, or the CA behind it\n\
             private_key = \"tls/key.pem\"\n\
             key         = \"secrets/witness.key\" # signs; keep a copy elsewhere\n\
             book        = \"book\"                # what was seen; never put an older copy in its place\n",
            self.name, self.address
        );
        staging.write(FILE, text.as_bytes(), 0o644)?;
        staging.finish(MADE)?;
        if screen.json {
            screen.report(&json!({ "key": key.to_string(), "config": FILE }));
            return Ok(Exit::Done);
        }
        screen.say(&format!("{} {FILE}", screen.pick("made", "gemaakt:")));
        let give = screen.pick(
            "give it, with tls/cert.pem, to the school that you witness, for [[journal.witness]]",
            "geef haar, met tls/cert.pem, aan de school waarvan u getuige bent, voor [[journal.witness]]",
        );
        screen.say(&format!("  witness.vkey: {give}"));
        let next = screen.pick("next:", "hierna:");
        screen.say(&format!("{next} sluis witness add journal.vkey && sluis witness serve"));
        Ok(Exit::Done)
    }
}
