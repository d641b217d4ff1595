//! Reading what stands once: school, listener, operations, night, vault, journal, roster, limits.
//!
//! It must not know publishers.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use toml::de::DeValue;

use crate::identity::{Kind, School};

use super::address::BaseUrl;
use super::files::{Files, shown};
use super::problem::At;
use super::settings::{LimitSettings, ListenSettings, SchoolSettings, UnlockSettings, VaultSettings};
use super::tree::{Section, quoted};
use super::words::{self, school};

/// The port of the operations listener when none is written.
const OPERATIONS_PORT: u16 = 9443;
/// When the night's work begins when no hour is written.
const NIGHTLY_HOUR: u8 = 3;

/// `[school]`, or several `[[school]]`.
pub(super) fn schools(root: &Section<'_>) -> Vec<At<SchoolSettings>> {
    if !root.has("school") {
        root.missing("school", "{ id = \"12AB\", name = \"…\" }");
    }
    let sections = root.sections("school", "[school]");
    let several = sections.len() > 1;
    let mut schools: Vec<At<SchoolSettings>> = Vec::new();
    for section in sections {
        let Some(found) = one_school(section, several, &schools) else { continue };
        schools.push(found);
    }
    schools
}

fn one_school(
    section: Section<'_>,
    several: bool,
    before: &[At<SchoolSettings>],
) -> Option<At<SchoolSettings>> {
    let source = section.source();
    let id = section.needed("id", "\"12AB\"");
    let name = section.needed("name", "\"Petteflat College\"");
    let host = section.text("host").map(|host| host.map(str::to_ascii_lowercase));
    let span = section.span().clone();
    section.finish();
    let id = id?;
    let Ok(brin) = School::parse(id.value) else {
        source.report(&school::SCHOOL_ID, &id.span, [("found", id.value.into())]);
        return None;
    };
    if before.iter().any(|other| other.value.id == brin) {
        source.report(&school::SCHOOL_TWICE, &id.span, [("school", id.value.into())]);
    }
    match &host {
        Some(host) if !several => source.report(&school::CHECK_AT_SCHOOL_LEVEL, &host.span, []),
        None if several => source.report(&school::SCHOOL_HOST, &span, [("school", id.value.into())]),
        Some(host) => {
            let malformed = host.value.parse::<http::uri::Authority>().is_err() || host.value.contains('@');
            let taken = before.iter().any(|other| other.value.host.as_ref() == Some(&host.value));
            if malformed || taken {
                source.report(&school::SCHOOL_HOST, &host.span, [("school", id.value.into())]);
            }
        }
        None => {}
    }
    let value = SchoolSettings { id: brin, name: name?.value.into(), host: host.map(|host| host.value) };
    Some(At { value, span })
}

/// `[listen]`.
pub(super) fn listen(root: &Section<'_>, files: &Files<'_>) -> Option<ListenSettings> {
    let Some(section) = root.section("listen", "[listen]") else {
        root.missing(
            "listen",
            "{ address = \"0.0.0.0:8443\", certificate = \"tls/cert.pem\", private_key = \"tls/key.pem\" }",
        );
        return None;
    };
    let source = section.source();
    let address = section
        .needed("address", "\"0.0.0.0:8443\"")
        .and_then(|text| socket(&section, "listen.address", &text));
    let certificate = section.needed("certificate", "\"tls/cert.pem\"");
    let private_key = section.needed("private_key", "\"tls/key.pem\"");
    let span = section.span().clone();
    let url = section.text("url").and_then(|text| match BaseUrl::read(text.value) {
        Ok(url) => Some(url),
        Err(reason) => {
            let values = [("key", "listen.url".into()), ("found", text.value.into()), ("reason", reason)];
            source.report(&school::URL, &text.span, values);
            None
        }
    });
    section.finish();
    let place = source.place(certificate.as_ref().map_or(&span, |path| &path.span));
    let certificate = certificate.and_then(|path| files.readable("listen.certificate", &path));
    let private_key =
        private_key.and_then(|path| files.secret("listen.private_key", &path)).map(|(path, _)| path);
    Some(ListenSettings {
        place,
        address: address?,
        certificate: certificate?,
        private_key: private_key?,
        url,
    })
}

/// `[operations]`: loopback when it is not written.
pub(super) fn operations(root: &Section<'_>) -> SocketAddr {
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, OPERATIONS_PORT));
    let Some(section) = root.section("operations", "[operations]") else { return usual };
    let text = section.text("address");
    let address = text.as_ref().and_then(|text| socket(&section, "operations.address", text));
    if let (Some(address), Some(text)) = (address, text)
        && !address.ip().to_canonical().is_loopback()
    {
        let values = [("address", address.to_string().into())];
        section.source().report(&school::OPERATIONS_OPEN, &text.span, values);
    }
    section.finish();
    address.unwrap_or(usual)
}

/// `hour` of `[nightly]`: three in the morning when it is not written.
pub(super) fn nightly_hour(root: &Section<'_>) -> u8 {
    let Some(section) = root.section("nightly", "[nightly]") else { return NIGHTLY_HOUR };
    let hour = section.number("hour", 0..=23).and_then(|found| u8::try_from(found.value).ok());
    section.finish();
    hour.unwrap_or(NIGHTLY_HOUR)
}

fn socket(section: &Section<'_>, key: &str, text: &At<&str>) -> Option<SocketAddr> {
    let address = text.value.parse().ok();
    if address.is_none() {
        let values = [("key", key.into()), ("found", text.value.into())];
        section.source().report(&school::ADDRESS, &text.span, values);
    }
    address
}

/// `[vault]`, `[journal]` and `roster`: where state lives. No two lie in one another.
pub(super) fn stores(
    root: &Section<'_>,
    files: &Files<'_>,
) -> (Option<VaultSettings>, Option<PathBuf>, Option<PathBuf>) {
    let mut places: Vec<(&'static str, At<PathBuf>)> = Vec::new();
    let mut keep = |key: &'static str, text: At<&str>| {
        let place = text.map(|text| files.path(text));
        places.push((key, place.clone()));
        place.value
    };
    let vault = match root.section("vault", "[vault]") {
        Some(section) => {
            let path = section.needed("path", "\"state/vault\"").map(|text| keep("vault.path", text));
            let unlock = unlock(&section, files);
            section.finish();
            path.zip(unlock).map(|(path, unlock)| VaultSettings { path, unlock })
        }
        None => {
            root.missing(
                "vault",
                "{ path = \"state/vault\", unlock = { key_file = \"secrets/unseal.key\" } }",
            );
            None
        }
    };
    let journal = match root.section("journal", "[journal]") {
        Some(section) => {
            let path = section.needed("path", "\"state/journal\"").map(|text| keep("journal.path", text));
            super::witness::asked(&section);
            section.finish();
            path
        }
        None => {
            root.missing("journal", "{ path = \"state/journal\" }");
            None
        }
    };
    let roster = match root.get("roster").map(|found| found.value) {
        Some(DeValue::Table(_)) => {
            let section = root.section("roster", "[roster]");
            section.and_then(|section| {
                let path = section.needed("path", "\"state/roster\"").map(|text| keep("roster.path", text));
                let _ = section.text("primary");
                section.finish();
                path
            })
        }
        _ => root.text("roster").map(|text| keep("roster", text)),
    };
    apart(root, &places);
    (vault, journal, roster)
}

fn unlock(section: &Section<'_>, files: &Files<'_>) -> Option<UnlockSettings> {
    let Some(unlock) = section.section("unlock", "vault.unlock") else {
        section.missing("unlock", "{ key_file = \"secrets/unseal.key\" }");
        return None;
    };
    let one = unlock.exactly_one(&["key_file", "passphrase_file"]);
    let key = unlock.text("key_file").and_then(|text| files.secret("vault.unlock.key_file", &text));
    let passphrase =
        unlock.text("passphrase_file").and_then(|text| files.secret("vault.unlock.passphrase_file", &text));
    unlock.finish();
    match (one, key, passphrase) {
        (true, Some((path, _)), _) => Some(UnlockSettings::KeyFile(path)),
        (true, _, Some((path, _))) => Some(UnlockSettings::PassphraseFile(path)),
        _ => None,
    }
}

fn apart(root: &Section<'_>, places: &[(&'static str, At<PathBuf>)]) {
    for (i, (key, place)) in places.iter().enumerate() {
        for (other, before) in places.iter().take(i) {
            if place.value.starts_with(&before.value) || before.value.starts_with(&place.value) {
                let values =
                    [("key", (*key).into()), ("other", (*other).into()), ("path", shown(&place.value))];
                root.source().report(&school::PATHS_MEET, &place.span, values);
            }
        }
    }
}

/// `[limits]`.
pub(super) fn limits(root: &Section<'_>) -> LimitSettings {
    let mut limits = LimitSettings::default();
    let Some(section) = root.section("limits", "[limits]") else { return limits };
    let size = |key, bounds, usual: usize| {
        section.number(key, bounds).and_then(|found| usize::try_from(found.value).ok()).unwrap_or(usual)
    };
    limits.body_bytes = size("body_bytes", 1024..=64 << 20, limits.body_bytes);
    limits.streamed_bytes =
        section.number("streamed_bytes", 0..=4 << 30).map_or(limits.streamed_bytes, |found| found.value);
    limits.connections = size("connections", 1..=100_000, limits.connections);
    limits.exchanges = size("exchanges", 1..=10_000, limits.exchanges);
    let time = |key, usual: u64| section.number(key, 100..=600_000).map_or(usual, |found| found.value);
    limits.request_ms = time("request_ms", limits.request_ms);
    limits.idle_ms = time("idle_ms", limits.idle_ms);
    limits.drain_ms = time("drain_ms", limits.drain_ms);
    let count = |key, usual: u32| {
        section.number(key, 1..=1_000_000).and_then(|found| u32::try_from(found.value).ok()).unwrap_or(usual)
    };
    limits.failures_per_hour = count("failures_per_hour", limits.failures_per_hour);
    limits.withheld_per_day = count("withheld_per_day", limits.withheld_per_day);
    section.finish();
    limits
}

/// `primary` of a `[roster]` table: the kind that a pupil's other identifiers are joined to. Without one it is
/// the pupil number.
pub(super) fn roster_primary(root: &Section<'_>) -> Kind {
    let Some(DeValue::Table(_)) = root.get("roster").map(|found| found.value) else {
        return Kind::PUPIL_NUMBER;
    };
    let text = root.section("roster", "[roster]").and_then(|section| section.text("primary"));
    let Some(text) = text else { return Kind::PUPIL_NUMBER };
    Kind::named(text.value).unwrap_or_else(|_| {
        let known = quoted(Kind::ALL.iter().map(|kind| kind.as_str()));
        root.source().report(
            &words::publisher::KIND,
            &text.span,
            [("found", text.value.into()), ("known", known.into())],
        );
        Kind::PUPIL_NUMBER
    })
}
