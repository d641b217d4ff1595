//! Tests of what an exchange watches for: a profile's findings, and what of them the guard is told.

use super::taken;
use crate::gateway::guard::WatchKind;
use crate::profile::{Category, Door, Material, Profile};
use crate::rewrite::{Document, Format, Limits};

/// What is watched for of `body`, sent under one message with these fields.
fn watched(fields: &str, body: &str) -> Vec<(WatchKind, String)> {
    let text = format!(
        "profile = \"t\"\ntitle = \"t\"\n[[message]]\nmethod = \"POST\"\npath = \"/x\"\nside = \"request\"\nformat = \"json\"\nunlisted = \"drop\"\nfield = [ {fields} ]\n"
    );
    let profile = Profile::read("t.toml", &text).unwrap();
    let selected = profile.request("POST", &["x"], Some("application/json")).unwrap();
    let body = Document::parse(Format::Json, body.as_bytes().to_vec(), &Limits::default()).unwrap();
    let material = Material { body: Some(&body), path: &["x"], ..Material::default() };
    let found = profile.find(&selected, Door::Leave, false, &material).unwrap();
    let all = found.findings.iter().flat_map(|finding| taken(&profile, finding, &found, &material));
    all.map(|(kind, text)| (kind, text.into_owned())).collect()
}

fn only(kind: WatchKind, text: &str) -> Vec<(WatchKind, String)> {
    vec![(kind, text.to_owned())]
}

#[test]
fn a_dropped_object_leaves_its_vocabulary_unwatched() {
    let field = r#"{ at = "/userIds", do = "drop", category = "pupil-id" }"#;
    // Letters alone may be somebody's login name: the member beside it says what is a kind.
    for (body, identifier) in [
        (r#"{"userIds":[{"type":"username","identifier":"pietjansen"}]}"#, "pietjansen"),
        (r#"{"userIds":[{"userIdType":"student","userId":"piet-jansen"}]}"#, "piet-jansen"),
        (r#"{"userIds":{"role":"student","id":"95312"}}"#, "95312"),
        (r#"{"userIds":["pietjansen"]}"#, "pietjansen"),
        (r#"{"userIds":[{"type":"username"},"pietjansen"]}"#, "pietjansen"),
        (r#"{"userIds":"student"}"#, "student"),
        (r#"{"userIds":[{"type":"s2013095"}]}"#, "s2013095"),
        (r#"{"userIds":[{"type":"p.jansen@school.example"}]}"#, "p.jansen@school.example"),
    ] {
        assert_eq!(watched(field, body), only(WatchKind::Identifier, identifier), "{body}");
    }
    // The field's own name is the profile's business: it says that this is an identifier.
    let own = r#"{ at = "/type", do = "drop", category = "pupil-id" }"#;
    assert_eq!(watched(own, r#"{"type":"pietjansen"}"#), only(WatchKind::Identifier, "pietjansen"));
    let emails = r#"{ at = "/emails", do = "drop", category = "email" }"#;
    let body = r#"{"emails":[{"type":"private","value":"piet@thuis.example"}]}"#;
    assert_eq!(watched(emails, body), only(WatchKind::Email, "piet@thuis.example"));
}

#[test]
fn a_whole_name_is_one_whatever_its_field_is_called() {
    for slot in ["name", "formatted", "sortableName", "naam", "displayName", "fullName"] {
        let field = format!(r#"{{ at = "/{slot}", do = "drop", category = "name" }}"#);
        for name in ["Sanne Berg", "Berg, Sanne van den"] {
            let body = format!(r#"{{"{slot}":"{name}"}}"#);
            assert_eq!(watched(&field, &body), only(WatchKind::FullName, name), "{slot}");
        }
    }
    let one = |slot: &str, text: &str| {
        let field = format!(r#"{{ at = "/{slot}", do = "drop", category = "name" }}"#);
        watched(&field, &format!(r#"{{"{slot}":"{text}"}}"#))
    };
    assert_eq!(one("name", "Roos"), only(WatchKind::GivenName, "Roos"));
    assert_eq!(one("givenName", "Anna Maria"), only(WatchKind::GivenName, "Anna Maria"));
    assert_eq!(one("achternaam", "van den Berg"), only(WatchKind::FamilyName, "van den Berg"));
    for prefix in ["familyNamePrefix", "tussenvoegsel", "voorvoegsel", "initials"] {
        assert_eq!(one(prefix, "van den"), [], "{prefix}");
    }
}

#[test]
fn a_name_that_is_an_object_is_watched_piece_by_piece() {
    let field = r#"{ at = "/name", do = "drop", category = "name" }"#;
    let body = r#"{"name":{"type":"official","formatted":"Sanne Berg","given":"Sanne","prefix":"van den","family":"Berg"}}"#;
    assert_eq!(
        watched(field, body),
        [
            (WatchKind::FullName, "Sanne Berg".to_owned()),
            (WatchKind::GivenName, "Sanne".to_owned()),
            (WatchKind::FamilyName, "Berg".to_owned()),
        ]
    );
}

#[test]
fn a_guardian_is_watched_by_number_and_name() {
    let field = r#"{ at = "/parent", do = "drop", category = "guardian" }"#;
    let body = r#"{"parent":{"role":"mother","id":"G-2041","mail":"m@thuis.example","name":"Mia Berg"}}"#;
    assert_eq!(
        watched(field, body),
        [
            (WatchKind::Identifier, "G-2041".to_owned()),
            (WatchKind::Email, "m@thuis.example".to_owned()),
            (WatchKind::FullName, "Mia Berg".to_owned()),
        ]
    );
}

#[test]
fn what_is_said_to_be_watched_is_watched() {
    // `check` prints what is not watched by `Category::identifies`.
    for category in Category::ALL {
        let field = format!(r#"{{ at = "/a", do = "drop", category = "{category}" }}"#);
        let got = !watched(&field, r#"{"a":"x1 y2"}"#).is_empty();
        assert_eq!(got, category.identifies(), "{category}");
    }
}

#[test]
fn persons_of_the_profiles_own_kinds_are_watched() {
    let text = r#"
profile = "t"
title = "t"
[kinds]
member = { names = "person" }
course = { names = "thing" }
late = { names = "person" }
[[message]]
method = "POST"
path = ["/m/{a:member}/c/{b:course}/l/{c:late}/n/{d:pupil-number}/e/{e:email}"]
side = "request"
format = "json"
unlisted = "drop"
field = [
  { at = "/member", do = "pseudonym", kind = "member" },
  { at = "/course", do = "pseudonym", kind = "course" },
  { at = "/late", do = "pseudonym", kind = "late" },
  { at = "/staff", do = "pseudonym", kind = "late", category = "staff-id" },
]
"#;
    let profile = Profile::read("t.toml", text).unwrap();
    let path = ["m", "Memb-1", "c", "Course-1", "l", "Late-1", "n", "Numb-1", "e", "a@b.example"];
    let selected = profile.request("POST", &path, Some("application/json")).unwrap();
    let body = r#"{"member":"Memb-2","course":"Course-2","late":"Late-2","staff":"Late-3"}"#;
    let body = Document::parse(Format::Json, body.as_bytes().to_vec(), &Limits::default()).unwrap();
    let material = Material { body: Some(&body), path: &path, ..Material::default() };
    let found = profile.find(&selected, Door::Leave, false, &material).unwrap();
    let all = found.findings.iter().flat_map(|finding| taken(&profile, finding, &found, &material));
    let all: Vec<_> = all.map(|(kind, text)| (kind, text.into_owned())).collect();
    let id = |text: &str| (WatchKind::Identifier, text.to_owned());
    let email = (WatchKind::Email, "a@b.example".to_owned());
    assert_eq!(
        all,
        [id("Memb-1"), id("Late-1"), id("Numb-1"), email, id("Memb-2"), id("Late-2"), id("Late-3")]
    );
}

/// What a field's name says, searched for piece by piece.
fn searched(slot: &str, text: &str) -> Option<WatchKind> {
    let slot = slot.to_ascii_lowercase();
    let says = |pieces: &[&str]| pieces.iter().any(|piece| slot.contains(piece));
    if says(&["prefix", "infix", "initial", "voegsel"]) {
        return None;
    }
    if says(&["family", "last", "surname", "achternaam"]) {
        return Some(WatchKind::FamilyName);
    }
    if says(&["full", "display"]) {
        return Some(WatchKind::FullName);
    }
    let given = says(&["given", "first", "middle", "nick", "voornaam", "roepnaam"]);
    let several = text.split_whitespace().nth(1).is_some();
    Some(if several && !given { WatchKind::FullName } else { WatchKind::GivenName })
}

proptest::proptest! {
    #[test]
    fn a_fields_name_says_what_its_pieces_say(
        pieces in proptest::collection::vec(
            proptest::sample::select(vec![
                "prefix", "INFIX", "initial", "Voegsel", "Family", "last", "SurName", "achternaam", "full", "display",
                "given", "First", "middle", "nick", "voornaam", "roepnaam", "name", "naam", "voor", "fu", "l", "é", "in",
            ]),
            0..5,
        ),
        text in proptest::sample::select(vec!["", "Roos", "Anna Maria", " Roos "]),
    ) {
        let slot = pieces.concat();
        proptest::prop_assert_eq!(super::name_in(&slot, text), searched(&slot, text), "{}", slot);
    }
}
