//! What is certain blocks always; what is suspect as the route says; what is typed is counted.

use super::{reply, request, roster};
use crate::gateway::guard::{
    Leak, LeakKind, Part, Permit, PermitKind, Suspects, Watch, WatchKind, Watchlist, clear_under,
};
use crate::gateway::message::Message;

fn list() -> Watchlist {
    roster(&[
        (WatchKind::GivenName, "Piet"),
        (WatchKind::FamilyName, "Jansen"),
        (WatchKind::Identifier, "LL-10023"),
        (WatchKind::Identifier, "987654321"),
        (WatchKind::Email, "pietj@leerling.obs-devlinder.example"),
        (WatchKind::BirthDate, "2012-03-04"),
        (WatchKind::Phone, "06-12345678"),
    ])
}

fn under(suspects: Suspects, message: Message) -> Result<Vec<(&'static str, u64)>, Leak> {
    clear_under(suspects, &list(), &Watch::new(), &[], message).map(|cleared| cleared.noted().to_vec())
}

#[test]
fn suspects_block_or_are_counted() {
    for (text, name) in [
        ("gezien: P Jansen was er", "suspect-full-name"),
        ("Jansen P", "suspect-full-name"),
        ("login pjansen", "suspect-full-name"),
        ("jansen_p", "suspect-full-name"),
        ("pietjansen zegt", "suspect-full-name"),
        ("Piet, geboren 4 maart 2012", "suspect-birth-date"),
        ("Piet 2012-03-04", "suspect-birth-date"),
        ("04-03-2012 (Piet)", "suspect-birth-date"),
        ("Piet 20120304", "suspect-birth-date"),
        ("Piet 4/3/2012", "suspect-birth-date"),
        ("bel 06 98 76 54 32 even", "suspect-phone"),
        ("bel (020) 123 45 67", "suspect-phone"),
        ("bel +31 6 98765432", "suspect-phone"),
        ("het is 123456782 geloof ik", "suspect-bsn"),
        ("het is 1234.56.782 geloof ik", "suspect-bsn"),
        ("naar NL91 ABNA 0417 1643 00 graag", "suspect-iban"),
        ("NL91ABNA0417164300", "suspect-iban"),
        ("mail mama@voorbeeld.example even", "suspect-email"),
    ] {
        let body = || reply(format!(r#"{{"remark":"{text}","x":1}}"#));
        let blocked = under(Suspects::Block, body()).unwrap_err();
        assert_eq!(blocked.kind.name(), name, "{text}");
        assert!(!blocked.kind.is_certain(), "{text}");
        let noted = under(Suspects::Report, body()).unwrap();
        // The groups of an account may be a telephone number too.
        assert!(noted.contains(&(name, 1)), "{text}: {noted:?}");
    }
}

#[test]
fn nothing_lets_go_of_what_is_certain() {
    for text in [
        "Piet Jansen",
        "P. Jansen",
        "p.jansen",
        "p_jansen",
        "Jansen, Piet",
        "LL-10023",
        "LL 10023",
        "9876.54.321",
        "pietj@leerling.obs-devlinder.example",
        "bel 06 12 34 56 78",
        "bel +31 (0)6 1234 5678",
        "bsn: 123456782",
        "burgerservicenummer is 123456782",
    ] {
        let leak = under(Suspects::Report, reply(format!(r#"{{"remark":"x {text} x"}}"#))).unwrap_err();
        assert!(leak.kind.is_certain(), "{text}");
    }
    // A suspect in front of it hides it as little as a note does.
    let both = reply(r#"{"remark":"P Jansen, dus Piet Jansen"}"#);
    assert_eq!(under(Suspects::Report, both).unwrap_err().kind, LeakKind::Watched(WatchKind::FullName));
    let named = reply(r#"{"bsn":"123456782"}"#);
    assert_eq!(under(Suspects::Report, named).unwrap_err().kind.name(), "bsn");
}

#[test]
fn what_is_nothing_but_a_number_is_counted_only() {
    for body in [
        r#"{"sourcedId":"123456782","x":1}"#,
        r#"{"sourcedId": 123456782, "x":1}"#,
        r#"{"ids":[123456782]}"#,
        r#"{"inner":"{\"id\":\"123456782\"}"}"#,
        "<id>123456782</id>",
        "a=123456782&b=1",
        "x;123456782;y",
    ] {
        assert_eq!(under(Suspects::Block, reply(body)).unwrap(), [("typed-bsn", 1)], "{body}");
    }
    assert_eq!(under(Suspects::Block, request("/pupils/123456782/x")).unwrap(), [("typed-bsn", 1)]);
    assert_eq!(under(Suspects::Block, reply(r#"{"n":"0698765432"}"#)).unwrap(), [("typed-phone", 1)]);
    let address = reply(r#"{"mbox":"mailto:info@voorbeeld.example"}"#);
    assert_eq!(under(Suspects::Block, address).unwrap(), [("typed-email", 1)]);
}

#[test]
fn numbers_that_are_something_else_pass() {
    for text in [
        "het is 123456789 geloof ik",
        "op 06-12-2025 12:30",
        "op 08-12-2025",
        "van 17.590.672 inwoners",
        "0.123456782 liter",
        "1234567820 stuks",
        "a123456782",
        "NL92ABNA0417164300",
        "versie 2.14.3",
        "user@localhost",
        "Piet 2012-03-05",
        "maken, taken en haken",
        "plan B Jansen",
    ] {
        assert_eq!(
            under(Suspects::Block, reply(format!(r#"{{"remark":"x {text} x"}}"#))),
            Ok(vec![]),
            "{text}"
        );
    }
}

#[test]
fn a_place_that_sluis_wrote_is_no_find() {
    let body = r#"{"remark":"zie q7f2@pseudo.example daar"}"#;
    assert!(under(Suspects::Block, reply(body)).is_err());
    let start = body.find("q7f2").unwrap();
    let span = start..start + "q7f2@pseudo.example".len();
    let permit = Permit { part: Part::Body, span, kind: PermitKind::Pseudonym };
    let cleared = clear_under(Suspects::Block, &list(), &Watch::new(), &[permit], reply(body)).unwrap();
    assert_eq!((cleared.permits_used(), cleared.noted()), (1, &[][..]));
}

#[test]
fn a_uuid_is_no_bank_account() {
    // Each holds 16 signs that begin with BE and pass mod 97: a Belgian account has digits only.
    for uuid in [
        "be998c74-7cb4-4d16-bbe8-0bd67c7108a4",
        "69ad3a36-29f7-42bc-be61-6bbedc04b073",
        "279ab890-7467-44a4-be74-cbcb5f00a31c",
    ] {
        assert!(under(Suspects::Block, reply(format!(r#"{{"ref":"{uuid}"}}"#))).is_ok(), "{uuid}");
    }
    for account in [
        "BE68 5390 0754 7034",
        "GB33BUKB20201555555555",
        "DE75 5121 0800 1245 1261 99",
        "RO09BCYP0000001234567890",
    ] {
        let found = under(Suspects::Block, reply(format!(r#"{{"remark":"naar {account} graag"}}"#)));
        assert_eq!(found.unwrap_err().kind.name(), "suspect-iban", "{account}");
    }
}
