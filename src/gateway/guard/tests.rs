//! Tests of the guard as a whole: planted values in every encoding, evasions, clean text, permits.

mod bounds;
mod clean;
mod encodings;
mod escapes;
mod evasion;
mod growing;
mod permits;
mod shortcuts;
mod thresholds;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::{Cleared, Leak, LeakKind, Permit, Watch, WatchKind, Watched, Watchlist, clear};
use crate::gateway::message::{Head, Message};

std::thread_local! {
    /// Whether the guard passes over nothing that it knows already: what it finds is the same, and takes longer.
    pub(super) static SLOWLY: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// An invented pupil, recognisable in any encoding.
pub(super) const PUPIL: [(WatchKind, &str); 7] = [
    (WatchKind::GivenName, "Björn Johannes"),
    (WatchKind::FamilyName, "van den Berghuis"),
    (WatchKind::FullName, "Björn Johannes van den Berghuis"),
    (WatchKind::Identifier, "LL-10023"),
    (WatchKind::Email, "b.vandenberghuis@leerling.obs-devlinder.example"),
    (WatchKind::BirthDate, "2013-09-04"),
    (WatchKind::Phone, "06-12345678"),
];

pub(super) fn watch(values: &[(WatchKind, &str)]) -> Watch {
    let mut watch = Watch::new();
    for (kind, text) in values {
        watch.add(Some(1), *kind, text);
    }
    watch
}

pub(super) fn roster(values: &[(WatchKind, &str)]) -> Watchlist {
    Watchlist::build(values.iter().map(|(kind, text)| Watched { person: 1, kind: *kind, text }))
}

pub(super) fn reply(body: impl Into<Bytes>) -> Message {
    Message { head: Head::Reply { status: StatusCode::OK, headers: HeaderMap::new() }, body: body.into() }
}

pub(super) fn request(target: &str) -> Message {
    Message {
        head: Head::Request { method: Method::GET, target: target.to_owned(), headers: HeaderMap::new() },
        body: Bytes::new(),
    }
}

pub(super) fn with_header(name: &'static str, value: &[u8]) -> Message {
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap());
    Message { head: Head::Reply { status: StatusCode::OK, headers }, body: Bytes::new() }
}

pub(super) fn pass(
    watchlist: &Watchlist,
    watch: &Watch,
    permits: &[Permit],
    message: Message,
) -> Result<Cleared, Leak> {
    clear(watchlist, watch, permits, message)
}

/// What a body is refused for.
pub(super) fn found(watch: &Watch, body: impl Into<Bytes>) -> Option<&'static str> {
    pass(&Watchlist::empty(), watch, &[], reply(body)).err().map(|leak| leak.kind.name())
}

#[test]
fn names_what_was_found_and_where() {
    let watch = watch(&PUPIL);
    let leak = pass(&Watchlist::empty(), &watch, &[], request("/v1/results?id=LL-10023")).unwrap_err();
    assert_eq!(leak, Leak { kind: LeakKind::Watched(WatchKind::Identifier), part: "target" });
    let leak = pass(&Watchlist::empty(), &watch, &[], with_header("x-note", b"ll-10023")).unwrap_err();
    assert_eq!(leak.to_string(), "identifier found in the header");
    let leak =
        pass(&Watchlist::empty(), &watch, &[], reply("Leerling LL-10023 (Maarten) onbekend")).unwrap_err();
    assert_eq!((leak.kind.name(), leak.part), ("identifier", "body"));
}

#[test]
fn a_file_name_is_scanned() {
    let disposition = b"attachment; filename*=UTF-8''Bj%C3%B6rn%20Johannes%20van%20den%20Berghuis.pdf";
    let message = with_header("content-disposition", disposition);
    assert!(pass(&Watchlist::empty(), &watch(&PUPIL), &[], message).is_err());
    let message = with_header("content-disposition", b"attachment; filename=\"toets.pdf\"");
    assert!(pass(&Watchlist::empty(), &watch(&PUPIL), &[], message).is_ok());
}

#[test]
fn every_kind_is_watched_in_an_exchange() {
    let watch = watch(&PUPIL);
    for (text, kind) in [
        ("Björn Johannes van den Berghuis", "full-name"),
        ("Björn van den Berghuis", "full-name"),
        ("Björn Berghuis", "full-name"),
        ("Berghuis, Björn Johannes van den", "full-name"),
        ("Van den Berghuis, Björn", "full-name"),
        ("fam. Van den Berghuis", "family-name"),
        ("LL-10023", "identifier"),
        ("LL10023", "identifier"),
        ("ll_10023", "identifier"),
        // Its first part is the initial and the name, met before the whole.
        ("b.vandenberghuis@leerling.obs-devlinder.example", "full-name"),
        ("2013-09-04", "birth-date"),
        ("2013-09-04T00:00:00Z", "birth-date"),
        ("04-09-2013", "birth-date"),
        ("4/9/2013", "birth-date"),
        ("20130904", "birth-date"),
        ("4 september 2013", "birth-date"),
        ("0612345678", "phone"),
        ("+31 6 12345678", "phone"),
        ("06 12 34 56 78", "phone"),
        ("+31 (0)6 1234 5678", "phone"),
    ] {
        let got = found(&watch, format!(r#"{{"note":"{text}","n":1}}"#));
        assert!(got.is_some(), "{text} passed");
        if kind != "full-name" {
            assert_eq!(got, Some(kind), "{text}");
        }
    }
    for text in [
        "Björn",
        "Johannes",
        "van den",
        "10023",
        "LL",
        "2013",
        "LL-100233",
        "LL-1002",
        "obs-devlinder.example",
    ] {
        assert_eq!(found(&watch, format!(r#"{{"note":"{text}"}}"#)), None, "{text}");
    }
}

#[test]
fn the_roster_watches_names_in_combination_only() {
    let watchlist = roster(&PUPIL);
    assert_eq!(watchlist.pupils(), 1);
    let passes = |text: &str| pass(&watchlist, &Watch::new(), &[], reply(text.to_owned())).is_ok();
    for text in ["fam. van den Berghuis", "Björn Johannes", "2013-09-04"] {
        assert!(passes(text), "{text}");
    }
    for text in ["Björn van den Berghuis", "Berghuis, Björn", "LL-10023", "+31612345678"] {
        assert!(!passes(text), "{text}");
    }
}

#[test]
fn what_stands_between_names_hides_nobody() {
    // As a roster file has it: given name, prefix and family name apart.
    let watchlist = roster(&[(WatchKind::GivenName, "Sanne"), (WatchKind::FamilyName, "Berghuis")]);
    let passes = |text: &str| pass(&watchlist, &Watch::new(), &[], reply(text.to_owned())).is_ok();
    for text in [
        "Bijles Sanne van den Berghuis",
        "Bijles Sanne v.d. Berghuis",
        "Berghuis, Sanne van den",
        "van den Berghuis (Sanne)",
        "sanne.van.den.berghuis",
        "SANNE V/D BERGHUIS",
    ] {
        assert!(!passes(text), "{text}");
    }
    for text in
        ["Sanne woont in het huis van de Berghuizen", "Sanne leest over het Berghuis", "in de Berghuis"]
    {
        assert!(passes(text), "{text}");
    }
    // The same in an exchange, where a family name of three letters is watched beside another value only.
    let exchange = watch(&[(WatchKind::GivenName, "Sanne"), (WatchKind::FamilyName, "Wit")]);
    for text in ["Sanne de Wit", "S. Sanne d. Wit"] {
        assert!(pass(&Watchlist::empty(), &exchange, &[], reply(text.to_owned())).is_err(), "{text}");
    }
}

#[test]
fn short_values_need_company() {
    let watch = watch(&[
        (WatchKind::GivenName, "Bo"),
        (WatchKind::FamilyName, "A"),
        (WatchKind::FullName, "Bo A"),
        (WatchKind::Identifier, "1042"),
        (WatchKind::Identifier, "LL-10034"),
        (WatchKind::Email, "b.a@leerling.obs-devlinder.example"),
    ]);
    for text in [
        r#"{"class":"A","room":"Bo","score":1042,"s":"bo-bo"}"#,
        r#"{"note":"A of B? Bo! En a) boa"}"#,
        r#"{"bo":"a"}"#,
        r#"{"id":"7f1042ab","x":"10420","y":1042.5}"#,
    ] {
        assert_eq!(found(&watch, text), None, "{text}");
    }
    for text in [
        "Bo A",
        "A, Bo",
        "bo a",
        "x: Bo_A.",
        "Bo (1042)",
        "1042 A",
        "LL-10034",
        "b.a@leerling.obs-devlinder.example",
    ] {
        assert!(found(&watch, format!(r#"{{"note":"{text}"}}"#)).is_some(), "{text}");
    }
    for target in ["/x?q=Bo%20A", "/x?q=Bo+A", "/Bo%2520A"] {
        assert!(pass(&Watchlist::empty(), &watch, &[], request(target)).is_err(), "{target}");
    }
}

#[test]
fn values_of_different_pupils_make_no_company() {
    let mut watch = Watch::new();
    watch.add(Some(1), WatchKind::GivenName, "Bo");
    watch.add(Some(2), WatchKind::FamilyName, "Ek");
    watch.add(None, WatchKind::Identifier, "12");
    assert_eq!(found(&watch, "Bo Ek 12"), None);
    watch.add(Some(1), WatchKind::FamilyName, "Ek");
    assert_eq!(found(&watch, "Bo Ek 12"), Some("full-name"));
}

#[test]
fn names_of_particles_only_are_found() {
    let watch = watch(&[(WatchKind::GivenName, "Van"), (WatchKind::FamilyName, "Le")]);
    assert_eq!(found(&watch, "Le Van"), Some("full-name"));
    assert_eq!(found(&watch, "le boek van de school"), None);
}

#[test]
fn an_eck_id_is_one_value() {
    let eck = "https://ketenid.nl/201703/3ab18d64b0b4756207cb4737e0759c4aa18b152f2e7a4c4b375e24088570a65cddea6f2f23645f6bcc7e30e56c499717b87ebac5343584ecb1b309b6533ae794";
    let watch = watch(&[(WatchKind::Identifier, eck)]);
    assert_eq!(found(&watch, format!(r#"{{"id":"{eck}"}}"#)), Some("identifier"));
    assert_eq!(found(&watch, format!(r#"{{"id":"{}"}}"#, eck.replace('/', r"\/"))), Some("identifier"));
    assert_eq!(found(&watch, r#"{"id":"https://ketenid.nl/201703/00"}"#), None);
}

#[test]
fn nothing_watched_passes_everything() {
    let message = reply("Björn van den Berghuis");
    let cleared = pass(&Watchlist::empty(), &Watch::new(), &[], message.clone()).unwrap();
    assert_eq!(cleared.permits_used(), 0);
    assert_eq!(cleared.into_message(), message);
}

#[test]
fn debug_prints_no_value() {
    assert_eq!(format!("{:?}", watch(&PUPIL)), "Watch(7 values)");
    assert_eq!(format!("{:?}", roster(&PUPIL)), "Watchlist(1 pupils)");
}
