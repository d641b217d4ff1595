//! What is known is passed over, and nothing else: every message is judged the same with and without shortcuts.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::{PUPIL, SLOWLY, reply, roster, watch};
use crate::gateway::guard::{Suspects, Watch, WatchKind, Watchlist, clear_under};

fn judged(list: &Watchlist, watch: &Watch, body: &[u8], suspects: Suspects) -> String {
    let cleared = clear_under(suspects, list, watch, &[], reply(body.to_vec()));
    format!("{:?}", cleared.map(|cleared| cleared.noted().to_vec()))
}

fn alike(body: &[u8]) {
    let list = roster(&PUPIL);
    let watch = watch(&[(WatchKind::Identifier, "7f0a4c1e"), (WatchKind::FullName, "Piet Jansenius")]);
    for suspects in [Suspects::Block, Suspects::Report] {
        let quickly = judged(&list, &watch, body, suspects);
        SLOWLY.set(true);
        let slowly = judged(&list, &watch, body, suspects);
        SLOWLY.set(false);
        assert_eq!(quickly, slowly, "{}", String::from_utf8_lossy(body));
    }
}

fn encoded(text: &str, way: usize) -> String {
    match way {
        0 => STANDARD.encode(text),
        1 => URL_SAFE_NO_PAD.encode(text),
        2 => text.bytes().map(|byte| format!("{byte:02x}")).collect(),
        3 => text.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        4 => text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect(),
        5 => STANDARD.encode(text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()),
        6 => text.bytes().map(|byte| format!("{byte:02X}")).collect(),
        _ => text.to_owned(),
    }
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "([0-9a-f]{4}){1,10}",
        "20[0-3][0-9]-[01][0-9]-[0-3][0-9]",
        "[A-Za-z0-9+/_-]{1,30}",
        "[a-z]{1,12}",
        "[0-9]{1,12}",
        "[\u{20}-\u{2F}:-@\\[-`\\{-~]{1,4}",
        "\\PC{1,8}",
        Just("naam".to_owned()),
        Just("Björn".to_owned()),
        Just("Berghuis".to_owned()),
        Just("Björn van den Berghuis".to_owned()),
        Just("LL-10023".to_owned()),
        Just("7f0a4c1e".to_owned()),
        Just("2013-09-04".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn messages_are_judged_alike(
        pieces in prop::collection::vec((piece(), 0_usize..12, 0_usize..12, 1_usize..4, 0_usize..10), 1..24),
    ) {
        let mut body = String::new();
        for (text, inner, outer, times, mark) in pieces {
            let text = encoded(&encoded(&text, inner), outer);
            for _ in 0..times {
                body.push_str(&text);
                body.push_str(["", " ", "\",\"", ",", ": ", "\n", "-", "/", ".", "\r\n"][mark]);
            }
        }
        alike(body.as_bytes());
    }
}

/// A run is remembered only where all of it decoded to nothing; one that differs in its case or in one byte is another.
#[test]
fn a_run_seen_before_hides_no_other() {
    let list = roster(&[(WatchKind::Identifier, "piet77")]);
    let pass = |body: &str| super::pass(&list, &Watch::new(), &[], reply(body.to_owned())).is_ok();
    let (text, hidden) = (STANDARD.encode("jan 78"), STANDARD.encode("piet77"));
    assert_eq!((text.len(), hidden.len()), (8, 8));
    assert!(pass(&format!(r#"["{text}","{text}","{text}"]"#)));
    assert!(!pass(&format!(r#"["{text}","{text}","{hidden}"]"#)));
    let other = hidden.to_uppercase();
    assert!(pass(&format!(r#"["{other}","{other}"]"#)));
    assert!(!pass(&format!(r#"["{other}","{other}","{hidden}"]"#)));
    // In base64 twice it is met first where no further decoding is left for it.
    let deep = (0..3).fold(hidden.clone(), |text, _| STANDARD.encode(text));
    assert!(pass(&deep));
    assert!(!pass(&format!("{deep} {hidden}")));
    // What is suspected under `report` is counted each time.
    let list = roster(&[(WatchKind::GivenName, "Sanne"), (WatchKind::FamilyName, "Jansen")]);
    let login = STANDARD.encode("sannejansen");
    let body = format!(r#"["{login}","{login}","{login}"]"#);
    let cleared = clear_under(Suspects::Report, &list, &Watch::new(), &[], reply(body)).unwrap();
    assert_eq!(cleared.noted(), [("suspect-full-name", 3)]);
}

#[test]
fn identifiers_that_are_uuids_are_found() {
    let uuid = "7f0a4c1e-12ab-4cde-a0f1-0123456789ab";
    let list = roster(&[(WatchKind::Identifier, uuid)]);
    let pass = |body: String| super::pass(&list, &Watch::new(), &[], reply(body)).is_ok();
    assert!(!pass(format!(r#"{{"ref":"{uuid}"}}"#)));
    assert!(!pass(format!(r#"{{"ref":"{}"}}"#, uuid.to_uppercase())));
    assert!(!pass(format!(r#"{{"ref":"{}"}}"#, uuid.replace('-', ""))));
    assert!(pass(format!(r#"{{"ref":"{}"}}"#, uuid.replace("12ab", "12ac"))));
}
