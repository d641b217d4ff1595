//! Every refusal has an answer, and no two have the same code.

use std::collections::HashSet;

use http::{HeaderMap, HeaderValue};

use crate::gateway::refusal::At;
use crate::gateway::{Refusal, Refused};
use crate::server::rescue::{Language, answer, problem};

fn every() -> Vec<Refusal> {
    let rule = || "reply.body /a/b".to_owned();
    vec![
        Refusal::Framing("what"),
        Refusal::NoRoute,
        Refusal::MethodNotListed,
        Refusal::Unauthenticated,
        Refusal::Forbidden,
        Refusal::TooLarge { limit: 7 },
        Refusal::SlowRequest,
        Refusal::HeaderNotListed("range"),
        Refusal::Coding("what"),
        Refusal::NotAcceptable,
        Refusal::MediaType,
        Refusal::Unparsed { what: "what", offset: 12 },
        Refusal::NotListed { rule: rule() },
        Refusal::Question { rule: rule() },
        Refusal::UnknownPseudonym,
        Refusal::NotInRoster { rule: rule() },
        Refusal::SecondPerson { rule: rule() },
        Refusal::ReplyTooLarge,
        Refusal::NoPerson { rule: rule() },
        Refusal::SwapMismatch,
        Refusal::Leak { found: "full-name", part: "body" },
        Refusal::Closed { rule: rule() },
        Refusal::VaultSealed,
        Refusal::JournalFailed,
        Refusal::RosterUnavailable,
        Refusal::Overloaded,
        Refusal::Draining,
        Refusal::UpstreamDown,
        Refusal::UpstreamSlow,
        Refusal::UpstreamCredential,
        Refusal::Internal,
    ]
}

#[test]
fn each_has_a_code_of_its_own_and_texts_in_two_languages() {
    let mut seen = HashSet::new();
    for refusal in every() {
        let (row, code) = (answer(&refusal), refusal.code());
        assert!(seen.insert(code), "{code}");
        assert!((400..=504).contains(&row.status));
        let [english, dutch] = row.hint;
        assert!(english.ends_with('.') && dutch.ends_with('.') && english != dutch, "{code}");
        assert!(row.title.iter().all(|title| !title.is_empty() && !title.ends_with('.')), "{code}");
    }
}

#[test]
fn the_document_is_that_of_the_contract() {
    for refusal in every() {
        for at in [At::Request, At::Reply] {
            let refused = Refused { refusal: refusal.clone(), at, exchange: "ab12".into() };
            let response = problem(&refused, Language::Dutch);
            let body: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
            let row = answer(&refusal);
            assert_eq!(body["type"], format!("https://sluis.example/refusals/{}", refusal.code()));
            assert_eq!((&body["code"], &body["title"]), (&refusal.code().into(), &row.title[1].into()));
            assert_eq!((&body["hint"], &body["exchange"]), (&row.hint[1].into(), &"ab12".into()));
            assert_eq!(body["status"], response.status().as_u16());
            assert_eq!(response.headers()["cache-control"], "no-store");
            if at == At::Reply {
                let slow = refusal == Refusal::UpstreamSlow;
                assert_eq!(response.status().as_u16(), if slow { 504 } else { 502 });
                assert_eq!(body["delivered"], true);
                // Nothing about what the reply was like.
                assert!(body.get("detail").is_none());
            } else {
                assert_eq!(response.status().as_u16(), row.status);
                assert!(body.get("delivered").is_none());
            }
            assert!(!String::from_utf8_lossy(response.body()).contains("full-name"));
        }
    }
}

#[test]
fn the_language_is_the_first_that_is_known() {
    for (wanted, language) in [
        ("nl", Language::Dutch),
        ("nl-BE;q=0.9", Language::Dutch),
        ("fr, NL;q=0.5, en;q=0.4", Language::Dutch),
        ("en-GB, nl", Language::English),
        ("fr", Language::English),
        ("", Language::English),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert("accept-language", HeaderValue::from_static(wanted));
        assert_eq!(Language::of(&headers), language, "{wanted}");
    }
}
