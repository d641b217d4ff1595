//! Reading `caller`: who may call a route.
//!
//! A caller is a token, a certificate with its subject, or an OAuth2 client of Sluis; a network only
//! narrows. It must not know other routes' callers; `overlap.rs` compares credentials.

use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use super::address::Network;
use super::files::{Files, shown};
use super::problem::{At, Source};
use super::settings::{
    AsksSettings, CallerSettings, CertificateSettings, ClientProof, ClientSettings, SubjectSettings,
};
use super::tree::Section;
use super::words::{Value, reading, route as words};

/// `caller`, which every route has.
pub(super) fn caller(
    route: &Section<'_>,
    files: &Files<'_>,
    asks: Option<AsksSettings>,
    mount: &str,
) -> Option<CallerSettings> {
    let Some(section) = route.section("caller", "caller") else {
        if !route.has("caller") {
            route.missing("caller", "{ bearer_token_file = \"secrets/las.token\" }");
        }
        return None;
    };
    let source = section.source();
    let written = ["bearer_token_file", "client_certificate", "oauth2_clients", "message_key_file"]
        .into_iter()
        .filter(|key| section.has(key))
        .count();
    let tokens = section.texts("bearer_token_file");
    let tokens = tokens.iter().filter_map(|text| files.token("caller.bearer_token_file", text));
    let tokens = tokens.map(|token| Sha256::digest(&token.bytes).into()).collect();
    let certificates = section
        .sections("client_certificate", "caller.client_certificate")
        .into_iter()
        .filter_map(|inner| certificate(inner, files, mount))
        .collect();
    let clients = clients(&section, files);
    let networks = networks(&section);
    if let Some(key) = section.text("message_key_file") {
        let advice = Value::Each(
            "UWLR comes with a later version; give the caller a token or a certificate until then",
            "UWLR komt met een latere versie; geef de aanroeper tot die tijd een token of een certificaat",
        );
        source.report(
            &words::NOT_CARRIED,
            &key.span,
            [("key", "caller.message_key_file".into()), ("advice", advice)],
        );
    }
    let this_machine = section.truth("this_machine");
    if let Some(at) = this_machine.as_ref().filter(|at| at.value) {
        if asks == Some(AsksSettings::Publisher) {
            source.report(&words::THIS_MACHINE_OUTSIDE, &at.span, []);
        } else {
            source.report(&words::THIS_MACHINE, &at.span, [("mount", mount.into())]);
        }
    }
    let this_machine = this_machine.is_some_and(|at| at.value);
    if written == 0 && !this_machine {
        source.report(&words::NO_CALLER, section.span(), [("mount", mount.into())]);
    }
    section.finish();
    Some(CallerSettings { tokens, certificates, clients, networks, this_machine })
}

fn networks(section: &Section<'_>) -> Vec<Network> {
    let mut networks = Vec::new();
    for text in section.texts("network") {
        match Network::read(text.value) {
            Some(network) => networks.push(network),
            None => section.source().report(&words::NETWORK, &text.span, [("found", text.value.into())]),
        }
    }
    networks
}

fn certificate(section: Section<'_>, files: &Files<'_>, mount: &str) -> Option<CertificateSettings> {
    let source = section.source();
    let ca = section.needed("ca", "\"tls/pkio.pem\"");
    let oin = section.text("oin");
    let san = section.text("san");
    let sha256 = section.text("sha256");
    let ours = section.truth("ca_is_ours").filter(|at| at.value);
    let list = section.text("crl_file");
    let span = section.span().clone();
    let subjects = [oin.is_some(), san.is_some(), sha256.is_some(), ours.is_some()];
    let subjects = subjects.into_iter().filter(|there| *there).count();
    if subjects > 1 {
        section.exactly_one(&["oin", "san", "sha256", "ca_is_ours"]);
    }
    section.finish();
    let ca = ca?;
    if subjects == 0 {
        source.report(&words::NO_SUBJECT, &span, [("ca", ca.value.into())]);
    }
    if let Some(at) = &ours {
        source.report(
            &words::TRUST_ALL_SUBJECTS,
            &at.span,
            [("ca", ca.value.into()), ("mount", mount.into())],
        );
    }
    let subject = subject(source, (oin, san, sha256))?;
    let (path, bytes) = files.bytes("client_certificate.ca", &ca)?;
    if !holds_certificate(&bytes) {
        let reason = Value::Each("there is no CERTIFICATE block in it", "er staat geen CERTIFICATE-blok in");
        source.report(&reading::NOT_CERTIFICATES, &ca.span, [("path", shown(&path)), ("reason", reason)]);
        return None;
    }
    let crl = match &list {
        Some(list) => Some(revoked(files, list)?),
        None => None,
    };
    (subjects == 1).then(|| CertificateSettings {
        ca: path,
        crl,
        ca_digest: Sha256::digest(&bytes).into(),
        subject,
    })
}

/// Path of a list of revoked certificates; what it says `server` reads, and again whenever it changes.
fn revoked(files: &Files<'_>, list: &At<&str>) -> Option<PathBuf> {
    let (path, bytes) = files.bytes("client_certificate.crl_file", list)?;
    let mut blocks = x509_parser::pem::Pem::iter_from_buffer(&bytes);
    let is_list = |pem: &x509_parser::pem::Pem| {
        pem.label == "X509 CRL" && x509_parser::parse_x509_crl(&pem.contents).is_ok()
    };
    if blocks.any(|pem| pem.is_ok_and(|pem| is_list(&pem))) {
        return Some(path);
    }
    let reason = Value::Each("there is no X509 CRL block in it", "er staat geen X509 CRL-blok in");
    files.source.report(&reading::NOT_REVOKED, &list.span, [("path", shown(&path)), ("reason", reason)]);
    None
}

/// The three ways to name a subject, as written.
type Named<'a> = (Option<At<&'a str>>, Option<At<&'a str>>, Option<At<&'a str>>);

/// Whose certificate it is; none when what is written names nobody.
fn subject(source: &Source, (oin, san, sha256): Named<'_>) -> Option<SubjectSettings> {
    let unfit = |key: &'static str, at: &At<&str>, expected: Value| {
        let values = [("key", key.into()), ("found", at.value.into()), ("expected", expected)];
        source.report(&words::SUBJECT, &at.span, values);
    };
    Some(match (oin, san, sha256) {
        (Some(oin), ..) => {
            if oin.value.len() != 20 || !oin.value.bytes().all(|byte| byte.is_ascii_digit()) {
                unfit("oin", &oin, Value::Each("an OIN of 20 digits", "OIN van 20 cijfers"));
                return None;
            }
            SubjectSettings::Oin(oin.value.to_owned())
        }
        (_, Some(san), _) => subject_name(&san).or_else(|| {
            unfit(
                "san",
                &san,
                Value::Each("a DNS name or URI without wildcard", "DNS-naam of URI zonder jokerteken"),
            );
            None
        })?,
        (.., Some(sha256)) => match fingerprint(sha256.value) {
            Some(digest) => SubjectSettings::Sha256(digest),
            None => {
                unfit(
                    "sha256",
                    &sha256,
                    Value::Each("a SHA-256 in 64 hex digits", "SHA-256 van 64 hexadecimale cijfers"),
                );
                return None;
            }
        },
        _ => SubjectSettings::CaIsOurs,
    })
}

fn subject_name(san: &At<&str>) -> Option<SubjectSettings> {
    let text = san.value;
    if text.contains("://") || text.starts_with("urn:") {
        return Some(SubjectSettings::San(text.to_owned()));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let name = !text.starts_with('.') && !text.ends_with('.') && text.bytes().all(plain);
    name.then(|| SubjectSettings::San(text.to_ascii_lowercase()))
}

/// 64 hex digits, with colons between pairs or without.
fn fingerprint(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b':').collect();
    let mut digest = [0; 32];
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(digest)
}

/// Whether PEM text holds a certificate at all; `server` parses it when it is served.
pub(super) fn holds_certificate(bytes: &[u8]) -> bool {
    x509_parser::pem::Pem::iter_from_buffer(bytes)
        .any(|pem| pem.is_ok_and(|pem| pem.label == "CERTIFICATE" && pem.parse_x509().is_ok()))
}

fn clients(section: &Section<'_>, files: &Files<'_>) -> Vec<ClientSettings> {
    let source = section.source();
    let mut clients: Vec<ClientSettings> = Vec::new();
    for inner in section.sections("oauth2_clients", "caller.oauth2_clients") {
        let id = inner.needed("id", "\"rekenwonder\"");
        let one = inner.exactly_one(&["jwks_url", "secret_file"]);
        let jwks = inner.text("jwks_url").and_then(|url| upstream_url(&inner, "jwks_url", &url));
        let secret = inner.text("secret_file").and_then(|text| files.token("secret_file", &text));
        inner.finish();
        let proof = match (one, jwks, secret) {
            (true, Some(url), _) => ClientProof::Jwks(url),
            (true, _, Some(secret)) => ClientProof::Secret(Sha256::digest(&secret.bytes).into()),
            _ => continue,
        };
        let Some(id) = id else { continue };
        let plain =
            id.value.len() <= 128 && id.value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
        if !plain || clients.iter().any(|client| client.id == id.value) {
            source.report(&words::CLIENT_ID, &id.span, [("found", id.value.into())]);
            continue;
        }
        clients.push(ClientSettings { id: id.value.to_owned(), proof });
    }
    clients
}

/// The URL of one document: like a base URL, and it may carry a query.
pub(super) fn upstream_url(section: &Section<'_>, key: &'static str, url: &At<&str>) -> Option<String> {
    let base = url.value.split('?').next().unwrap_or_default();
    match super::address::BaseUrl::read(base) {
        Ok(read) if read.tls || read.is_loopback() => Some(url.value.to_owned()),
        Ok(_) => {
            let reason = Value::Each("it is not https", "het is geen https");
            let values = [("key", key.into()), ("found", url.value.into()), ("reason", reason)];
            section.source().report(&super::words::school::URL, &url.span, values);
            None
        }
        Err(reason) => {
            let values = [("key", key.into()), ("found", url.value.into()), ("reason", reason)];
            section.source().report(&super::words::school::URL, &url.span, values);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn a_fingerprint_has_64_digits_whatever_stands_between() {
        let plain = "ab".repeat(32);
        let colons = vec!["AB"; 32].join(":");
        assert_eq!(fingerprint(&plain), Some([0xab; 32]));
        assert_eq!(fingerprint(&colons), Some([0xab; 32]));
        assert_eq!(fingerprint(&plain[1..]), None);
        assert_eq!(fingerprint(&"+a".repeat(32)), None);
    }
}
