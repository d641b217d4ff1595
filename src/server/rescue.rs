//! From a refusal to what the caller receives: one exhaustive match to status, stable code and hint (RFC 9457).
//!
//! Adding a reason to `gateway::Refusal` does not compile until it has an answer here. Never a value of a message:
//! titles and hints are constants, details name a rule or a kind of fault, and only to whoever sent the request.

use bytes::Bytes;
use http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde::Serialize;

use super::texts;
pub use super::texts::Answer;
use crate::gateway::refusal::At;
use crate::gateway::{Refusal, Refused};

/// The language of titles and hints. Codes are the same in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English, when nothing else is asked for.
    English,
    /// Dutch, when `Accept-Language` names it before English.
    Dutch,
}

impl Language {
    /// The first of `nl` and `en` in `Accept-Language`.
    pub fn of(headers: &HeaderMap) -> Self {
        let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let first = wanted.split(',').map(|part| part.trim_ascii().to_ascii_lowercase()).find_map(|part| {
            let tag = part.split([';', '-']).next().map(str::to_owned)?;
            match tag.trim_ascii() {
                "nl" => Some(Self::Dutch),
                "en" => Some(Self::English),
                _ => None,
            }
        });
        first.unwrap_or(Self::English)
    }
}

#[derive(Serialize)]
struct Problem<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    hint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    exchange: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    delivered: bool,
}

/// The problem document for a refusal.
pub fn problem(refused: &Refused, language: Language) -> Response<Bytes> {
    let answer = answer(&refused.refusal);
    let code = refused.refusal.code();
    let at_reply = refused.at == At::Reply;
    let status = match (&refused.refusal, refused.at) {
        (_, At::Request) => answer.status,
        (Refusal::UpstreamSlow, At::Reply) => 504,
        (_, At::Reply) => 502,
    };
    let said = usize::from(language == Language::Dutch);
    let of = |texts: [&'static str; 2]| texts.get(said).copied().unwrap_or_default();
    let document = Problem {
        r#type: format!("https://sluis.example/refusals/{}", code),
        title: of(answer.title),
        status,
        code,
        hint: of(answer.hint),
        // About a reply nothing more is said: its shape is the other side's affair.
        detail: if at_reply { None } else { detail(&refused.refusal) },
        exchange: &refused.exchange,
        delivered: at_reply,
    };
    let mut response = Response::new(Bytes::from(serde_json::to_vec(&document).unwrap_or_default()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let tag = if language == Language::Dutch { "nl" } else { "en" };
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(tag));
    match status {
        401 => headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"sluis\"")),
        429 | 503 => headers.insert(RETRY_AFTER, HeaderValue::from(wait(&refused.refusal))),
        _ => None,
    };
    response
}

/// When to try again, in seconds (RFC 9110, 10.2.3).
fn wait(refusal: &Refusal) -> u64 {
    match refusal {
        Refusal::WithheldTooOften { seconds } | Refusal::FailedTooOften { seconds } => *seconds,
        _ => 5,
    }
}

/// Static words about a refused request: which rule, which kind of fault, which limit.
fn detail(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::Framing(what) | Refusal::HeaderNotListed(what) | Refusal::Coding(what) => {
            Some((*what).into())
        }
        Refusal::TooLarge { limit } => Some(format!("limit: {limit} bytes")),
        Refusal::Unparsed { what, offset } => Some(format!("{what}, at byte {offset}")),
        Refusal::NotListed { rule }
        | Refusal::Question { rule }
        | Refusal::NoPerson { rule }
        | Refusal::NotAgreed { rule }
        | Refusal::NotInRoster { rule }
        | Refusal::SecondPerson { rule }
        | Refusal::Closed { rule } => Some(format!("rule: {rule}")),
        _ => None,
    }
}

/// The table: every refusal, its status as a refused request, its code, title and hint.
pub fn answer(refusal: &Refusal) -> &'static Answer {
    match refusal {
        Refusal::Framing(_) => &texts::FRAMING,
        Refusal::NoRoute => &texts::NO_ROUTE,
        Refusal::MethodNotListed => &texts::METHOD_NOT_LISTED,
        Refusal::TooLarge { .. } => &texts::TOO_LARGE,
        Refusal::SlowRequest => &texts::SLOW_REQUEST,
        Refusal::HeaderNotListed(_) => &texts::HEADER_NOT_LISTED,
        Refusal::Coding(_) => &texts::CODING,
        Refusal::NotAcceptable => &texts::NOT_ACCEPTABLE,
        Refusal::MediaType => &texts::MEDIA_TYPE,
        Refusal::Unparsed { .. } => &texts::UNPARSED,
        Refusal::NotListed { .. } => &texts::NOT_LISTED,
        Refusal::Question { .. } => &texts::QUESTION,
        Refusal::Unauthenticated => &texts::UNAUTHENTICATED,
        Refusal::Forbidden => &texts::FORBIDDEN,
        Refusal::UnknownPseudonym => &texts::UNKNOWN_PSEUDONYM,
        Refusal::NotInRoster { .. } => &texts::NOT_IN_ROSTER,
        Refusal::SecondPerson { .. } => &texts::SECOND_PERSON,
        Refusal::NoPerson { .. } => &texts::NO_PERSON,
        Refusal::SwapMismatch => &texts::SWAP_MISMATCH,
        Refusal::AgreementEnded => &texts::AGREEMENT_ENDED,
        Refusal::NoBasis => &texts::NO_BASIS,
        Refusal::NotAgreed { .. } => &texts::NOT_AGREED,
        Refusal::Objected => &texts::OBJECTED,
        Refusal::NoConsent => &texts::NO_CONSENT,
        Refusal::Leak { .. } => &texts::LEAK,
        Refusal::Closed { .. } => &texts::CLOSED,
        Refusal::WithheldTooOften { .. } => &texts::WITHHELD_TOO_OFTEN,
        Refusal::VaultSealed => &texts::VAULT_SEALED,
        Refusal::JournalFailed => &texts::JOURNAL_FAILED,
        Refusal::RosterUnavailable => &texts::ROSTER_UNAVAILABLE,
        Refusal::Overloaded => &texts::OVERLOADED,
        Refusal::FailedTooOften { .. } => &texts::FAILED_TOO_OFTEN,
        Refusal::Draining => &texts::DRAINING,
        Refusal::UpstreamDown => &texts::UPSTREAM_DOWN,
        Refusal::UpstreamSlow => &texts::UPSTREAM_SLOW,
        Refusal::ReplyTooLarge => &texts::REPLY_TOO_LARGE,
        Refusal::UpstreamCredential => &texts::UPSTREAM_CREDENTIAL,
        Refusal::Internal => &texts::INTERNAL,
    }
}
