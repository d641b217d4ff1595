//! Permits cover their own span, their own kind, and are counted.

use http::HeaderName;

use super::{found, pass, reply, request, watch, with_header};
use crate::gateway::guard::{Part, Permit, PermitKind, Watch, WatchKind, Watchlist};

const ECK: &str =
    "https://ketenid.nl/201703/3ab18d64b0b4756207cb4737e0759c4aa18b152f2e7a4c4b375e24088570a65c";

fn permit(part: Part, body: &str, value: &str, kind: PermitKind) -> Permit {
    let start = body.find(value).unwrap();
    Permit { part, span: start..start + value.len(), kind }
}

fn used(watch: &Watch, permits: &[Permit], body: &str) -> Option<usize> {
    pass(&Watchlist::empty(), watch, permits, reply(body.to_owned()))
        .ok()
        .map(|cleared| cleared.permits_used())
}

#[test]
fn covers_one_occurrence_and_not_the_next() {
    let watch = watch(&[(WatchKind::Identifier, ECK), (WatchKind::FamilyName, "Jansenius")]);
    let once = format!(r#"{{"id":"{ECK}","other":"x"}}"#);
    let kept = permit(Part::Body, &once, ECK, PermitKind::KeptIdentifier);
    assert_eq!(used(&watch, &[], &once), None);
    assert_eq!(used(&watch, std::slice::from_ref(&kept), &once), Some(1));
    let twice = format!(r#"{{"id":"{ECK}","other":"{ECK}"}}"#);
    assert_eq!(used(&watch, std::slice::from_ref(&kept), &twice), None);
    let second =
        Permit { span: twice.rfind(ECK).unwrap()..twice.rfind(ECK).unwrap() + ECK.len(), ..kept.clone() };
    assert_eq!(used(&watch, &[kept.clone(), second], &twice), Some(2));
    assert_eq!(used(&watch, &[kept], &once.replace("\"x\"", "\"Jansenius\"")), None);
}

#[test]
fn a_permit_that_is_not_needed_is_not_counted() {
    let watch = watch(&[(WatchKind::Identifier, ECK)]);
    let kept = Permit { part: Part::Body, span: 0..10, kind: PermitKind::KeptIdentifier };
    assert_eq!(used(&watch, &[kept], "niets te zien hier"), Some(0));
}

#[test]
fn a_span_one_byte_short_covers_nothing() {
    let watch = watch(&[(WatchKind::Identifier, ECK)]);
    let body = format!(r#"{{"id":"{ECK}"}}"#);
    let kept = permit(Part::Body, &body, ECK, PermitKind::KeptIdentifier);
    let short = Permit { span: kept.span.start..kept.span.end - 1, ..kept.clone() };
    assert_eq!(used(&watch, &[short], &body), None);
    // What identifies is the last part: it is looked for by itself.
    let digits = ECK.rfind('/').unwrap() + 1;
    let late = Permit { span: kept.span.start + digits + 1..kept.span.end, ..kept.clone() };
    assert_eq!(used(&watch, &[late], &body), None);
    let elsewhere = Permit { part: Part::Target, ..kept };
    assert_eq!(used(&watch, &[elsewhere], &body), None);
}

#[test]
fn escaped_values_are_covered_at_their_place() {
    let watch = watch(&[(WatchKind::Identifier, ECK)]);
    let escaped = ECK.replace('/', r"\/");
    let body = format!(r#"{{"a\u00e9":"b\n","id":"{escaped}","c":"\u00e9"}}"#);
    let kept = permit(Part::Body, &body, &escaped, PermitKind::KeptIdentifier);
    assert_eq!(used(&watch, std::slice::from_ref(&kept), &body), Some(1));
    let short = Permit { span: kept.span.start..kept.span.end - 1, ..kept };
    assert_eq!(used(&watch, &[short], &body), None);
}

#[test]
fn parts_of_their_own() {
    let watch = watch(&[(WatchKind::Identifier, ECK)]);
    let list = Watchlist::empty();
    let target = format!("/users/{}", ECK.replace(':', "%3A").replace('/', "%2F"));
    let kept = Permit { part: Part::Target, span: 7..target.len(), kind: PermitKind::KeptIdentifier };
    assert_eq!(pass(&list, &watch, &[kept], request(&target)).unwrap().permits_used(), 1);
    let name = HeaderName::from_static("x-id");
    let kept = Permit { part: Part::Header(name), span: 0..ECK.len(), kind: PermitKind::KeptIdentifier };
    let message = with_header("x-id", ECK.as_bytes());
    assert_eq!(pass(&list, &watch, std::slice::from_ref(&kept), message).unwrap().permits_used(), 1);
    assert!(pass(&list, &watch, &[kept], with_header("x-other", ECK.as_bytes())).is_err());
}

#[test]
fn a_pseudonyms_place_covers_digits_only() {
    let watch = watch(&[(WatchKind::Identifier, "10023456"), (WatchKind::FamilyName, "Jansenius")]);
    for (text, passes) in [("10023456", true), ("Jansenius", false)] {
        let body = format!(r#"{{"id":"{text}"}}"#);
        let place = permit(Part::Body, &body, text, PermitKind::Pseudonym);
        assert_eq!(used(&watch, &[place], &body).is_some(), passes, "{text}");
        assert!(found(&watch, body).is_some());
    }
}
