//! Reading what `[journal]` says besides its path: the journal's name, and who witnesses it.
//!
//! It connects to nothing.

use std::path::PathBuf;

use super::address::BaseUrl;
use super::caller::holds_certificate;
use super::files::{Files, shown};
use super::problem::At;
use super::tree::Section;
use super::words::{Value, reading, school, witness as words};
use crate::journal::WitnessKey;

/// A witness of the journal.
#[derive(Debug, Clone)]
pub struct WitnessSettings {
    /// What people call it.
    pub name: String,
    /// Its public key.
    pub key: WitnessKey,
    /// Where it is asked: `add-checkpoint` follows.
    pub url: BaseUrl,
    /// PEM of the only certificates to trust there; without it, the machine's trust roots.
    pub ca: Option<PathBuf>,
}

/// The keys of `[journal]` that are read here.
pub(super) fn asked(journal: &Section<'_>) {
    let _ = (journal.has("origin"), journal.has("witness"));
}

/// `origin` and `[[journal.witness]]`.
pub(super) fn of(root: &Section<'_>, files: &Files<'_>) -> (Option<String>, Vec<WitnessSettings>) {
    if !root.has("journal") {
        return (None, Vec::new());
    }
    let Some(journal) = root.section("journal", "[journal]") else { return (None, Vec::new()) };
    let origin = journal.text("origin").and_then(|text| {
        let fits =
            text.value.len() <= 128 && text.value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'+');
        if !fits {
            journal.source().report(&words::ORIGIN, &text.span, [("found", text.value.into())]);
        }
        fits.then(|| text.value.to_owned())
    });
    let mut found: Vec<WitnessSettings> = Vec::new();
    for section in journal.sections("witness", "[[journal.witness]]") {
        let span = section.span().clone();
        let Some(one) = one(section, files) else { continue };
        if found.iter().any(|other| other.name == one.name || other.key.name() == one.key.name()) {
            journal.source().report(&words::TWICE, &span, [("name", one.name.as_str().into())]);
            continue;
        }
        found.push(one);
    }
    (origin, found)
}

fn one(section: Section<'_>, files: &Files<'_>) -> Option<WitnessSettings> {
    let name = section.needed("name", "\"Bestuur\"");
    let key = section.needed("key", "\"witness.bestuur.example+…+…\"").and_then(|text| key(&section, &text));
    let url = section.needed("url", "\"https://witness.bestuur.example:8444/\"");
    let url = url.and_then(|text| url_of(&section, &text));
    let ca = section.text("ca").and_then(|text| {
        let (path, bytes) = files.bytes("ca", &text)?;
        if holds_certificate(&bytes) {
            return Some(path);
        }
        let reason = Value::Each("there is no CERTIFICATE block in it", "er staat geen CERTIFICATE-blok in");
        let values = [("path", shown(&path)), ("reason", reason)];
        section.source().report(&reading::NOT_CERTIFICATES, &text.span, values);
        None
    });
    section.finish();
    Some(WitnessSettings { name: name?.value.to_owned(), key: key?, url: url?, ca })
}

fn key(section: &Section<'_>, text: &At<&str>) -> Option<WitnessKey> {
    let key = WitnessKey::parse(text.value).ok();
    if key.is_none() {
        section.source().report(&words::KEY, &text.span, []);
    }
    key
}

fn url_of(section: &Section<'_>, text: &At<&str>) -> Option<BaseUrl> {
    let reason = match BaseUrl::read(text.value) {
        Ok(url) if url.tls => return Some(url),
        Ok(_) => Value::Each("it is not https", "het is geen https"),
        Err(reason) => reason,
    };
    let values = [("key", "url".into()), ("found", text.value.into()), ("reason", reason)];
    section.source().report(&school::URL, &text.span, values);
    None
}
