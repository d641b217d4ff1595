//! Reading where a route's requests go, and how Sluis presents itself there.
//!
//! It connects to nothing.

use sha2::{Digest as _, Sha256};

use super::address::{BaseUrl, is_private};
use super::caller::{holds_certificate, upstream_url};
use super::files::{Files, shown};
use super::problem::At;
use super::settings::{AsksSettings, CredentialSettings, OAuth2Proof, OAuth2Settings, UpstreamSettings};
use super::tree::Section;
use super::words::{Value, reading, route as words, school};

/// `upstream`, `ca`, `client_certificate`, `client_key`, `bearer_token_file`, `oauth2`, `timeout_ms` and
/// `allow_private` of a route. A system of the school's own may have a private address unless it says
/// otherwise; a publisher may not.
pub(super) fn upstream(
    route: &Section<'_>,
    files: &Files<'_>,
    asks: Option<AsksSettings>,
) -> Option<UpstreamSettings> {
    let url = route.needed("upstream", "\"https://api.rekenwonder.example/v2/\"");
    let ca = route.text("ca").and_then(|text| certificates(route, files, "ca", &text));
    let client_certificate = pair(route, files);
    let credential = credential(route, files);
    let timeout_ms = route.number("timeout_ms", 100..=600_000).map_or(30_000, |found| found.value);
    let written = route.truth("allow_private").map(|found| found.value);
    let allow_private = written.unwrap_or(asks == Some(AsksSettings::Publisher));
    let base = base(route, &url?, allow_private)?;
    Some(UpstreamSettings { base, ca, client_certificate, credential, timeout_ms, allow_private })
}

fn base(route: &Section<'_>, url: &At<&str>, allow_private: bool) -> Option<BaseUrl> {
    let source = route.source();
    let base = match BaseUrl::read(url.value) {
        Ok(base) => base,
        Err(reason) => {
            let values = [("key", "upstream".into()), ("found", url.value.into()), ("reason", reason)];
            source.report(&school::URL, &url.span, values);
            return None;
        }
    };
    if !base.tls {
        source.report(&words::PLAIN_UPSTREAM, &url.span, []);
    }
    let inside = base.host == "localhost" || base.ip().is_some_and(is_private);
    if inside && !allow_private {
        source.report(&words::PRIVATE_UPSTREAM, &url.span, [("address", base.host.as_str().into())]);
    }
    Some(base)
}

fn certificates(
    route: &Section<'_>,
    files: &Files<'_>,
    key: &'static str,
    text: &At<&str>,
) -> Option<std::path::PathBuf> {
    let (path, bytes) = files.bytes(key, text)?;
    if holds_certificate(&bytes) {
        return Some(path);
    }
    let reason = Value::Each("there is no CERTIFICATE block in it", "er staat geen CERTIFICATE-blok in");
    route.source().report(
        &reading::NOT_CERTIFICATES,
        &text.span,
        [("path", shown(&path)), ("reason", reason)],
    );
    None
}

fn pair(route: &Section<'_>, files: &Files<'_>) -> Option<(std::path::PathBuf, std::path::PathBuf)> {
    let certificate = route.text("client_certificate");
    let key = route.text("client_key");
    match (certificate, key) {
        (Some(certificate), Some(key)) => {
            let chain = certificates(route, files, "client_certificate", &certificate);
            let key = files.secret("client_key", &key).map(|(path, _)| path);
            chain.zip(key)
        }
        (None, None) => None,
        (Some(at), None) => alone(route, "client_certificate", "client_key", &at),
        (None, Some(at)) => alone(route, "client_key", "client_certificate", &at),
    }
}

fn alone<T>(route: &Section<'_>, key: &'static str, other: &'static str, at: &At<&str>) -> Option<T> {
    route.source().report(&reading::TWO_TOGETHER, &at.span, [("key", key.into()), ("other", other.into())]);
    None
}

fn credential(route: &Section<'_>, files: &Files<'_>) -> Option<CredentialSettings> {
    let bearer = route.text("bearer_token_file");
    let oauth2 = route.section("oauth2", "oauth2");
    if let (Some(_), Some(section)) = (&bearer, &oauth2) {
        route.source().report(&words::TWO_CREDENTIALS, section.span(), []);
    }
    let bearer = bearer.and_then(|text| files.token("bearer_token_file", &text));
    let oauth2 = oauth2.and_then(|section| self::oauth2(section, files));
    bearer
        .map(|token| CredentialSettings::Bearer(token.path, Sha256::digest(&token.bytes).into()))
        .or(oauth2.map(CredentialSettings::OAuth2))
}

fn oauth2(section: Section<'_>, files: &Files<'_>) -> Option<OAuth2Settings> {
    let source = section.source();
    let url = section.needed("token_url", "\"https://login.rekenwonder.example/token\"");
    let url = url.and_then(|text| upstream_url(&section, "token_url", &text));
    let id = section.needed("client_id", "\"petteflat\"");
    let scope = section.text("scope");
    let one = section.exactly_one(&["client_secret_file", "private_key_file"]);
    let secret = section.text("client_secret_file").and_then(|text| files.token("client_secret_file", &text));
    let private = section.text("private_key_file").and_then(|text| {
        let (path, bytes) = files.secret("private_key_file", &text)?;
        if bytes.windows(b"PRIVATE KEY-----".len()).any(|window| window == b"PRIVATE KEY-----") {
            return Some(path);
        }
        let reason = Value::Each("there is no PRIVATE KEY block in it", "er staat geen PRIVATE KEY-blok in");
        source.report(&words::MESSAGE_KEY, &text.span, [("path", shown(&path)), ("reason", reason)]);
        None
    });
    let key_id = section.text("key_id").map(|text| text.value.to_owned());
    section.finish();
    if let Some(scope) = &scope {
        // RFC 6749, 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
        let token = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
        };
        if !scope.value.split(' ').all(token) {
            source.report(&words::SCOPE_TEXT, &scope.span, []);
        }
    }
    let proof = match (one, secret, private) {
        (true, Some(secret), _) => OAuth2Proof::SecretFile(secret.path),
        (true, _, Some(path)) => OAuth2Proof::PrivateKeyFile(path, key_id),
        _ => return None,
    };
    let scope = scope.map(|text| text.value.to_owned());
    Some(OAuth2Settings { token_url: url?, client_id: id?.value.to_owned(), proof, scope })
}
