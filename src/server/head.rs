//! The head of a request as hyper hands it over, of either version of HTTP, made into the one form that the
//! gateway sees: a target in origin form, one `Host`, no header of the connection.
//!
//! For HTTP/1.1 it compares hyper's reading with framing's own; for HTTP/2 it checks what framing checks
//! there. It must not know routes.

use http::header::{CONTENT_LENGTH, EXPECT, HOST, TE};
use http::request::Parts;
use http::uri::Scheme;
use http::{HeaderMap, HeaderValue, Method, Uri, Version};

use super::framing::head::{content_length, is_host, is_origin_form};
use super::framing::{Verdict, Verdicts};
use crate::gateway::{CONNECTION_HEADERS, Refusal, remove_connection_headers};

/// Checks a head and brings it into the gateway's form. `framing` is there for HTTP/1.1.
pub(super) fn settle(parts: &mut Parts, framing: Option<&Verdicts>) -> Result<(), Refusal> {
    match framing {
        Some(verdicts) => agree(parts, verdicts)?,
        None => check_http2(parts)?,
    }
    remove_connection_headers(&mut parts.headers);
    Ok(())
}

/// Two parsers have read this head; they must have read the same.
fn agree(parts: &Parts, verdicts: &Verdicts) -> Result<(), Refusal> {
    let line = match verdicts.take_head() {
        Some(Verdict::Understood(line)) => line,
        Some(Verdict::Refused(refusal)) => return Err(refusal),
        None => return Err(Refusal::Framing("a request where framing saw none")),
    };
    let mut words = line.split(|b| *b == b' ');
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    let same = words.next() == Some(parts.method.as_str().as_bytes())
        && words.next() == Some(target.as_bytes())
        && parts.uri.authority().is_none()
        && parts.headers.get_all(HOST).iter().count() == 1;
    if same { Ok(()) } else { Err(Refusal::Framing("a head that can be read in two ways")) }
}

fn check_http2(parts: &mut Parts) -> Result<(), Refusal> {
    if parts.version != Version::HTTP_2 {
        return Err(Refusal::Framing("an HTTP version that is not served"));
    }
    if parts.method == Method::CONNECT || parts.method == Method::TRACE {
        return Err(Refusal::Framing("CONNECT and TRACE are not served"));
    }
    for (name, value) in &parts.headers {
        if name.as_str().contains('_') {
            return Err(Refusal::Framing("a header name with a character that is not allowed"));
        }
        if value.as_bytes().iter().any(|b| (*b < 0x20 && *b != b'\t') || *b == 0x7f) {
            return Err(Refusal::Framing("a control character in a header"));
        }
    }
    let mut connection = CONNECTION_HEADERS.into_iter().filter(|name| *name != TE && *name != EXPECT);
    if connection.any(|name| parts.headers.contains_key(name)) || parts.headers.contains_key("http2-settings")
    {
        return Err(Refusal::Framing("a header of the connection in HTTP/2"));
    }
    if parts.headers.get(TE).is_some_and(|value| value != "trailers") {
        return Err(Refusal::Framing("a TE that is not trailers"));
    }
    if parts.headers.get(EXPECT).is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
    {
        return Err(Refusal::Framing("an Expect that is not 100-continue"));
    }
    // Without an :authority hyper drops the scheme, so that there is none to look at.
    if parts.uri.authority().is_some() && parts.uri.scheme() != Some(&Scheme::HTTPS) {
        return Err(Refusal::Framing("a scheme that is not https"));
    }
    one_length(&parts.headers)?;
    one_host(parts)?;
    let target = parts.uri.path_and_query().cloned().ok_or(Refusal::Framing("a request without a path"))?;
    if !is_origin_form(target.as_str().as_bytes()) {
        return Err(Refusal::Framing("a target that is not in origin form"));
    }
    parts.uri = Uri::from(target);
    Ok(())
}

fn one_length(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let first = lengths.next();
    if lengths.next().is_some() {
        return Err(Refusal::Framing("more than one Content-Length"));
    }
    first.map_or(Ok(0), |value| content_length(value.as_bytes())).map_err(Refusal::Framing).map(|_| ())
}

/// `:authority`, `Host`, or both when they are the same; afterwards one `Host`.
fn one_host(parts: &mut Parts) -> Result<(), Refusal> {
    let authority = parts.uri.authority().map(|authority| authority.as_str().to_owned());
    let mut hosts = parts.headers.get_all(HOST).iter();
    let host = hosts.next().map(HeaderValue::as_bytes);
    if hosts.next().is_some() {
        return Err(Refusal::Framing("more than one Host"));
    }
    let chosen = match (&authority, host) {
        (Some(authority), Some(host)) if !authority.as_bytes().eq_ignore_ascii_case(host) => {
            return Err(Refusal::Framing("an :authority that differs from Host"));
        }
        (Some(authority), _) => authority.as_bytes(),
        (None, Some(host)) => host,
        (None, None) => return Err(Refusal::Framing("no Host")),
    };
    if !is_host(chosen) {
        return Err(Refusal::Framing("a Host that is not a host and a port"));
    }
    let value = HeaderValue::from_bytes(chosen).map_err(|_| Refusal::Framing("no Host"))?;
    parts.headers.insert(HOST, value);
    Ok(())
}
