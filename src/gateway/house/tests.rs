//! Tests of the roster as the guard gets it: given name, prefix and family name apart, as a school's file has them.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::Register;
use crate::clock::Timestamp;
use crate::gateway::guard::{Watch, clear};
use crate::gateway::message::{Head, Message};
use crate::roster::{Pupil, Roster};
use crate::secret::Secret;

/// A register of pupils with these given names, prefixes and family names.
fn register(pupils: &[(&str, &str, &str)]) -> Register {
    let mut roster = Roster::empty(Timestamp::from_millis(0));
    let name = |text: &str| (!text.is_empty()).then(|| Secret::new(text.to_owned()));
    for (given, prefix, family) in pupils {
        let pupil =
            Pupil { given: name(given), prefix: name(prefix), family: name(family), ..Pupil::default() };
        roster.add(pupil).unwrap();
    }
    Register::build(roster)
}

fn passes(register: &Register, text: &str) -> bool {
    let head = Head::Reply { status: StatusCode::OK, headers: HeaderMap::new() };
    let message = Message { head, body: Bytes::from(text.to_owned()) };
    clear(&register.watchlist, &Watch::new(), &[], message).is_ok()
}

#[test]
fn a_prefix_of_its_own_hides_nobody() {
    let register =
        register(&[("Sanne", "van den", "Berg"), ("Jip", "de", "Wit"), ("Noor", "", "van der Meulen")]);
    for text in [
        "Bijles Sanne van den Berg",
        "Sanne v.d. Berg",
        "Sanne v/d Berg",
        "SANNE V D BERG",
        "Sanne Berg",
        "Berg, Sanne van den",
        "Van den Berg, Sanne",
        "sanne.vandenberg is ziek",
        "Sanne vd Berg",
        "Jip de Wit",
        "Wit, Jip de",
        "jip wit",
        "Noor v.d. Meulen",
        "Noor Meulen",
    ] {
        assert!(!passes(&register, text), "{text}");
    }
    for text in [
        "Sanne",
        "van den Berg",
        "een berg zo wit als sneeuw",
        "Jip ging naar de witte berg",
        "Sanne zag de berg van Jip",
    ] {
        assert!(passes(&register, text), "{text}");
    }
}

#[test]
fn an_initial_stands_for_the_given_name() {
    let register = register(&[
        ("Piet Johannes", "", "Jansen"),
        ("Sanne", "van den", "Berg"),
        ("Thijs", "", "Veld"),
        ("Anna", "", "Groen"),
        ("Björn", "", "Çelik-Smit"),
        ("Bo", "", "Bos"),
    ]);
    for text in [
        "P. Jansen",
        "p.jansen",
        "p_jansen",
        "P.J. Jansen",
        "P. J. Jansen",
        "Jansen, P.",
        "Jansen, P.J.",
        "Jansen P.",
        "JANSEN P. is ziek",
        "S. van den Berg",
        "S. v.d. Berg",
        "S.v.d.Berg",
        "s.vandenberg",
        "Berg, S. van den",
        "van den Berg, S.",
        "S. Berg",
        "T. Veld",
        "A. Groen",
        "B. Çelik-Smit",
        r#"{"note":"van P. Jansen"}"#,
        r#"{"note":"van P.\u0020Jansen"}"#,
    ] {
        assert!(!passes(&register, text), "{text}");
    }
    for text in [
        "K. Jansen",
        "P. Jansens",
        "in 't veld en op 't Veld",
        "a) groen b) rood",
        r#"["A","Groen"]"#,
        r#"{"class":"A","colour":"groen"}"#,
        "A: groen",
        "antwoord A? Groen!",
        "plan A groen",
        "een berg, zo wit",
        "'s avonds op de berg",
        "B. Bos",
        "S. ging naar huis. Berg op",
        "1 p 2 jansen",
    ] {
        assert!(passes(&register, text), "{text}");
    }
}
