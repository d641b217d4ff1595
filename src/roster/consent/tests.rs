//! What was said, by whom it is found, and what a damaged file does. Pupils are invented.

use super::{Consents, Mark, Said, Stance, Standing, import_consents};
use crate::clock::{Date, Timestamp};
use crate::disk::RealDisk;
use crate::identity::{Identifier, Kind, Publisher, School};
use crate::roster::{Roster, RosterError, import};
use crate::vault::Vault;

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn id(kind: Kind, text: &str) -> Identifier {
    Identifier::new(kind, text)
}

fn publisher(id: &str) -> Publisher {
    Publisher::parse(id).unwrap()
}

fn read(text: &str) -> Result<Vec<Said>, RosterError> {
    let known = |one: &Publisher| ["rekenwonder", "taalreus"].contains(&one.as_str());
    import_consents(text.as_bytes(), &known, day("2026-11-25"))
}

fn consents(text: &str) -> Consents {
    let mut consents = Consents::default();
    for said in read(text).unwrap() {
        consents.record(said);
    }
    consents
}

fn roster() -> Roster {
    let text = "leerlingnummer,las_sleutel,email,roepnaam,achternaam,geboortedatum\n\
                95312,LL-1,zus@petteflat.example,Zus,Quist,2010-11-25\n\
                95313,LL-2,broer@petteflat.example,Broer,Quist,2010-11-26\n\
                95314,LL-3,,Nicht,Quist,\n";
    import(text.as_bytes(), Timestamp::from_millis(0), &mut |_| {}).unwrap()
}

const HEAD: &str = "kind,identifier,publisher,stance,date\n";

#[test]
fn an_objection_under_one_identifier_holds_for_all_of_the_pupil() {
    let said = consents(&format!("{HEAD}email,Zus@petteflat.example,rekenwonder,objection,2026-09-01\n"));
    let roster = roster();
    let standing = |roster, kind, text, to| said.standing(roster, &id(kind, text), &publisher(to), None);
    for (kind, text) in
        [(Kind::PUPIL_NUMBER, "95312"), (Kind::LAS_KEY, "LL-1"), (Kind::EMAIL, "zus@petteflat.example")]
    {
        assert_eq!(standing(Some(&roster), kind, text, "rekenwonder"), Standing::Objected);
        assert_eq!(standing(Some(&roster), kind, text, "taalreus"), Standing::Leaves);
    }
    assert_eq!(standing(Some(&roster), Kind::PUPIL_NUMBER, "95313", "rekenwonder"), Standing::Leaves);
    // Without a roster only the identifier itself is known.
    assert_eq!(standing(None, Kind::PUPIL_NUMBER, "95312", "rekenwonder"), Standing::Leaves);
    assert_eq!(standing(None, Kind::EMAIL, "ZUS@petteflat.example", "rekenwonder"), Standing::Objected);
    // Another kind of the same text is another identifier.
    assert_eq!(standing(None, Kind::USERNAME, "zus@petteflat.example", "rekenwonder"), Standing::Leaves);
    assert!(said.objected_to(&publisher("rekenwonder")) && !said.objected_to(&publisher("taalreus")));
}

#[test]
fn an_objection_to_all_holds_for_each_and_wins_over_a_consent() {
    let text = format!(
        "{HEAD}pupil-number,95312,*,objection,2026-01-01\nlas-key,LL-1,rekenwonder,consent,2026-11-25\n"
    );
    let said = consents(&text);
    let roster = roster();
    for to in ["rekenwonder", "taalreus"] {
        for today in [None, Some(day("2026-11-24"))] {
            let standing = said.standing(Some(&roster), &id(Kind::LAS_KEY, "LL-1"), &publisher(to), today);
            assert_eq!(standing, Standing::Objected, "{to}");
        }
    }
    let about = said.about(Some(&roster), &id(Kind::EMAIL, "zus@petteflat.example"));
    let stances: Vec<Stance> = about.iter().map(|mark| mark.stance).collect();
    assert_eq!(stances, [Stance::Objection, Stance::Consent]);
}

#[test]
fn under_16_a_free_app_needs_a_consent() {
    let said = consents(&format!("{HEAD}las-key,LL-3,rekenwonder,consent,2026-09-01\n"));
    let roster = roster();
    let standing = |kind, text, to, today: &str| {
        said.standing(Some(&roster), &id(kind, text), &publisher(to), Some(day(today)))
    };
    // 16 on the birthday itself, not the day before.
    let number = Kind::PUPIL_NUMBER;
    assert_eq!(standing(number, "95312", "rekenwonder", "2026-11-24"), Standing::NoConsent);
    assert_eq!(standing(number, "95312", "rekenwonder", "2026-11-25"), Standing::Leaves);
    assert_eq!(standing(number, "95313", "rekenwonder", "2026-11-25"), Standing::NoConsent);
    // No birth date: as under 16, and a consent helps; for the publisher it names only.
    assert_eq!(standing(number, "95314", "rekenwonder", "2026-11-25"), Standing::Leaves);
    assert_eq!(standing(number, "95314", "taalreus", "2026-11-25"), Standing::NoConsent);
    // Nobody knows who that is; a staff key is no pupil's.
    assert_eq!(standing(number, "99999", "rekenwonder", "2026-11-25"), Standing::NoConsent);
    assert_eq!(standing(Kind::STAFF_KEY, "99999", "rekenwonder", "2026-11-25"), Standing::Leaves);
}

#[test]
fn withdrawing_and_forgetting_reach_every_identifier() {
    let text = format!(
        "{HEAD}pupil-number,95312,rekenwonder,objection,2026-01-01\nemail,zus@petteflat.example,rekenwonder,objection,2026-01-02\n\
         las-key,LL-1,*,objection,2026-01-03\nlas-key,LL-2,*,objection,2026-01-03\n"
    );
    let roster = roster();
    let one = id(Kind::LAS_KEY, "LL-1");
    let mut said = consents(&text);
    assert_eq!(said.withdraw(Some(&roster), &one, Some(&publisher("taalreus")), Stance::Objection), 0);
    assert_eq!(said.withdraw(Some(&roster), &one, Some(&publisher("rekenwonder")), Stance::Consent), 0);
    assert_eq!(said.withdraw(Some(&roster), &one, Some(&publisher("rekenwonder")), Stance::Objection), 2);
    let still = said.standing(Some(&roster), &one, &publisher("rekenwonder"), None);
    assert_eq!(still, Standing::Objected, "the objection to all stands");
    assert_eq!(said.withdraw(Some(&roster), &one, None, Stance::Objection), 1);
    assert_eq!(said.standing(Some(&roster), &one, &publisher("rekenwonder"), None), Standing::Leaves);
    let mut said = consents(&text);
    let own = roster.pupil(&one).unwrap().all_identifiers();
    let own: Vec<Identifier> = own.map(|(kind, text)| id(kind, text.expose())).collect();
    assert_eq!((said.forget(own), said.len()), (3, 1));
}

#[test]
fn a_damaged_file_imports_nothing_and_says_where() {
    let good = "pupil-number,95312,rekenwonder,objection,2026-09-01\n";
    assert_eq!(read(&format!("{HEAD}{good}{good}")).unwrap().len(), 2);
    let dutch = "datum;standpunt;uitgever;kenmerk;soort\n1-9-2026;Bezwaar;*;95312;leerlingnummer\n";
    let said = read(dutch).unwrap();
    assert_eq!(said[0].mark, Mark { publisher: None, stance: Stance::Objection, date: day("2026-09-01") });
    assert_eq!(said[0].identifier, id(Kind::PUPIL_NUMBER, "95312"));
    for (row, place, why) in [
        ("number,95312,rekenwonder,objection,2026-09-01", (3, 1), "not a kind"),
        ("pupil-number, ,rekenwonder,objection,2026-09-01", (3, 2), "no identifier"),
        ("pupil-number,95312,nobody,objection,2026-09-01", (3, 3), "no publisher of this school"),
        ("pupil-number,95312,Reken Wonder,objection,2026-09-01", (3, 3), "not a publisher's id"),
        ("pupil-number,95312,,objection,2026-09-01", (3, 3), "not a publisher's id"),
        ("pupil-number,95312,rekenwonder,objects,2026-09-01", (3, 4), "neither"),
        ("pupil-number,95312,*,consent,2026-09-01", (3, 3), "a consent is for one publisher"),
        ("pupil-number,95312,rekenwonder,objection,2026-02-31", (3, 5), "not a date"),
        ("pupil-number,95312,rekenwonder,objection,2026-11-26", (3, 5), "not come yet"),
        ("pupil-number,95312,rekenwonder,objection", (3, 5), "more or fewer"),
        ("pupil-number,95312,rekenwonder,objection,2026-09-01,x", (3, 6), "more or fewer"),
        ("pupil-number,\"95312,rekenwonder,objection,2026-09-01", (3, 2), ""),
    ] {
        let Err(RosterError::Damaged { row: at, column, what, name, .. }) =
            read(&format!("{HEAD}{good}{row}\n"))
        else {
            panic!("{row} was imported")
        };
        assert_eq!((at, column), place, "{row}: {what}");
        assert!(what.contains(why), "{row}: {what}");
        assert!(!what.contains("95312") && !name.contains("95312"));
    }
    for head in [
        "",
        "95312,rekenwonder,objection\n",
        "kind,identifier,publisher,stance\n",
        "kind,kind,publisher,stance,date\n",
    ] {
        assert!(read(&format!("{head}{good}")).is_err(), "{head}");
    }
    assert!(matches!(read(""), Err(RosterError::Empty)));
}

#[test]
fn what_was_said_is_sealed_and_comes_back() {
    let folder = tempfile::TempDir::new().unwrap();
    let vault = Vault::in_memory().unwrap();
    let path = folder.path().join("consents");
    let school = |brin| School::parse(brin).unwrap();
    let load = |vault: &Vault| Consents::load(&path, &school("12AB"), vault);
    assert!(load(&vault).unwrap().is_none(), "no file, nobody said anything");
    let said = consents(&format!(
        "{HEAD}pupil-number,95312,rekenwonder,objection,2026-09-01\nemail,broer@petteflat.example,taalreus,consent,2026-09-02\n\
         id:result,95312,*,objection,2026-09-03\n"
    ));
    let written = said.save(&path, &school("12AB"), 7, &vault).unwrap();
    let sealed = std::fs::read(&path).unwrap();
    for text in ["95312", "broer", "rekenwonder", "objection"] {
        assert!(!sealed.windows(text.len()).any(|window| window == text.as_bytes()), "{text} is readable");
    }
    let (again, edition) = load(&vault).unwrap().unwrap();
    assert_eq!((edition, edition.number), (written, 7));
    let list = |consents: &Consents| {
        let mut list: Vec<String> =
            consents.all().map(|(id, mark)| format!("{} {} {mark:?}", id.kind(), id.expose())).collect();
        list.sort();
        list
    };
    assert_eq!(list(&again), list(&said));
    // The same again is another edition to whoever keeps digests: an older copy cannot pass for it.
    assert_ne!(said.save(&path, &school("12AB"), 7, &vault).unwrap().digest, written.digest);
    // Another vault's, another school's, a changed byte, a shorter file: refused, never taken for empty.
    assert!(load(&Vault::in_memory().unwrap()).is_err());
    assert!(Consents::load(&path, &school("34CD"), &vault).is_err());
    for damaged in [sealed[..sealed.len() - 1].to_vec(), Vec::new(), {
        let mut flipped = sealed.clone();
        flipped[20] ^= 1;
        flipped
    }] {
        crate::disk::durable_write(&RealDisk, &path, &damaged).unwrap();
        assert!(load(&vault).is_err());
    }
    // What an earlier version wrote.
    let earlier = vault.seal_file("consents 1", &[0; 8]).unwrap();
    crate::disk::durable_write(&RealDisk, &path, &earlier).unwrap();
    let (nobody, edition) = load(&vault).unwrap().unwrap();
    assert_eq!((nobody.len(), edition.number), (0, 0));
}
