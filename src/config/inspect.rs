//! What can be seen of the files behind good settings: whether certificate and key serve, and for how long.
//!
//! The same code that serves them reads them. It changes nothing and opens no store.

use std::path::Path;

use crate::clock::Timestamp;
use crate::server::tls::TlsError;
use crate::server::{AuthorityFiles, ServerTls, TlsSettings};

use super::files::shown;
use super::problem::Problem;
use super::settings::Settings;
use super::words::{Value, reading, school};

/// A certificate that ends sooner is warned about.
const SOON_DAYS: u64 = 30;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The files that the listener's TLS is made of; every authority once.
pub fn tls_files(settings: &Settings) -> TlsSettings {
    let routes = settings.publishers.iter().flat_map(|publisher| &publisher.routes);
    let mut client_authorities: Vec<AuthorityFiles> = Vec::new();
    for certificate in routes.flat_map(|route| &route.caller.certificates) {
        // A list counts for its CA, whichever route names it.
        let at = client_authorities.iter().position(|known| known.ca == certificate.ca);
        let at = at.unwrap_or_else(|| {
            client_authorities.push(certificate.ca.clone().into());
            client_authorities.len() - 1
        });
        let Some(authority) = client_authorities.get_mut(at) else { continue };
        authority.revoked.extend(certificate.crl.clone());
        authority.revoked.sort_unstable();
        authority.revoked.dedup();
    }
    TlsSettings {
        certificate: settings.listen.certificate.clone(),
        private_key: settings.listen.private_key.clone(),
        client_authorities,
    }
}

/// Problems of certificate, key and callers' authorities at this moment.
pub fn certificates(settings: &Settings, now: Timestamp) -> Vec<Problem> {
    let place = settings.listen.place.clone();
    if let Err(error) = ServerTls::load(&tls_files(settings)) {
        let (message, values) = tls_problem(settings, &error);
        return vec![Problem { place, message, values }];
    }
    let Some(end) = end_of(&settings.listen.certificate) else { return Vec::new() };
    let left = end.saturating_sub(now.as_millis()) / DAY_MS;
    let ends = match (end <= now.as_millis(), left) {
        (true, _) => Value::Each("has ended", "is verlopen"),
        (false, ..=1) => Value::Each("ends within two days", "verloopt binnen twee dagen"),
        (false, ..SOON_DAYS) => {
            Value::Brought(format!("ends in {left} days"), format!("verloopt over {left} dagen"))
        }
        _ => return Vec::new(),
    };
    let values = vec![("path", shown(&settings.listen.certificate)), ("ends", ends)];
    vec![Problem { place, message: &school::CERTIFICATE_ENDS, values }]
}

/// The message for a TLS error, and what fills it.
pub fn tls_problem(
    settings: &Settings,
    error: &TlsError,
) -> (&'static super::words::Message, Vec<(&'static str, Value)>) {
    let pair = |reason: Value| {
        let (certificate, key) = (shown(&settings.listen.certificate), shown(&settings.listen.private_key));
        (&school::KEY_PAIR, vec![("certificate", certificate), ("key", key), ("reason", reason)])
    };
    let authority = |path: &Path, reason: Value| {
        (&reading::NOT_CERTIFICATES, vec![("path", shown(path)), ("reason", reason)])
    };
    match error {
        TlsError::ReadFile { path } => {
            authority(path, Value::Each("it cannot be read", "het is niet te lezen"))
        }
        TlsError::FindPem { path, .. } if *path == settings.listen.private_key => pair(Value::Each(
            "the key's file holds no private key",
            "in het sleutelbestand staat geen sleutel",
        )),
        TlsError::FindPem { path, wanted: "X509 CRL" } => {
            let reason = Value::Each("there is no X509 CRL block in it", "er staat geen X509 CRL-blok in");
            (&reading::NOT_REVOKED, vec![("path", shown(path)), ("reason", reason)])
        }
        TlsError::FindPem { path, .. } => authority(
            path,
            Value::Each("there is no CERTIFICATE block in it", "er staat geen CERTIFICATE-blok in"),
        ),
        TlsError::ReadRevoked { path } => {
            let reason = Value::Each("it cannot be read as one", "zij is niet als lijst te lezen");
            (&reading::NOT_REVOKED, vec![("path", shown(path)), ("reason", reason)])
        }
        TlsError::JoinKey { .. } => {
            pair(Value::Each("the key is another certificate's", "de sleutel is van een ander certificaat"))
        }
        TlsError::TrustAuthority { path } => {
            authority(path, Value::Each("it cannot serve as a CA", "het kan niet als CA dienen"))
        }
        TlsError::Assemble => pair(Value::Each("TLS cannot use them", "TLS kan er niets mee")),
    }
}

/// When the first certificate of a PEM file ends, in milliseconds since the epoch.
fn end_of(path: &Path) -> Option<u64> {
    let bytes = super::files::read(path, 4 * 1024 * 1024).ok()?;
    let pem = x509_parser::pem::Pem::iter_from_buffer(&bytes).find_map(Result::ok)?;
    let end = pem.parse_x509().ok()?.validity().not_after.timestamp();
    u64::try_from(end).ok()?.checked_mul(1000)
}
