//! Changes to a roster: who comes, goes, keeps and changes, in any order of the rows; and what refuses them.

use super::support::{NOW, changes, file, folder, options, read_with};
use crate::clock::Timestamp;
use crate::identity::{Identifier, Kind};
use crate::roster::{Applied, Changes, Field, Moves, Options, Roster, RosterError, import};

const LATER: Timestamp = Timestamp::from_millis(1_790_000_100_000);

fn before() -> Roster {
    let text = "leerlingnummer;sis_user;email;roepnaam;achternaam;geboortedatum\n\
                1;u-1;a@x.example;Anna;Appel;2010-01-01\n2;u-2;b@x.example;Bo;Bes;2010-02-02\n3;u-3;;Cas;Citroen;\n";
    import(text.as_bytes(), NOW, &mut |_| {}).unwrap()
}

fn delta(text: &str) -> Changes {
    changes(read_with(file(text), &Options { delta: true, ..options() }).unwrap())
}

fn apply(roster: &mut Roster, text: &str) -> Result<Applied, RosterError> {
    delta(text).apply(roster, Kind::PUPIL_NUMBER, LATER)
}

fn known(roster: &Roster, kind: Kind, id: &str) -> Option<String> {
    let pupil = roster.pupil(&Identifier::new(kind, id))?;
    Some(pupil.first(Field::Given)?.expose().to_owned())
}

#[test]
fn pupils_come_go_and_change() {
    let mut roster = before();
    let text = "status;leerlingnummer;email\n;1;anna@x.example\nverwijderd;2;\nactief;4;d@x.example\ntobedeleted;9;\n";
    let applied = apply(&mut roster, text).unwrap();
    assert_eq!((applied.added, applied.changed, applied.removed, applied.unknown), (1, 1, 1, 1));
    assert!(applied.moves.is_none());
    assert_eq!((roster.len(), roster.imported()), (3, LATER));
    // Columns that the file lacks stay as they were; those it has are replaced.
    assert_eq!(known(&roster, Kind::EMAIL, "anna@x.example").as_deref(), Some("Anna"));
    assert_eq!(known(&roster, Kind::EMAIL, "a@x.example"), None);
    assert_eq!(known(&roster, Kind::SIS_USER, "u-1").as_deref(), Some("Anna"));
    assert_eq!(known(&roster, Kind::SIS_USER, "u-2"), None);
    assert!(roster.knows(&Identifier::new(Kind::EMAIL, "d@x.example")));
    assert_eq!(roster.pupils().count(), 3);
}

#[test]
fn an_empty_cell_takes_away() {
    let mut roster = before();
    apply(&mut roster, "leerlingnummer;email;geboortedatum\n1;;\n").unwrap();
    let anna = roster.pupil(&Identifier::new(Kind::PUPIL_NUMBER, "1")).unwrap();
    assert!(anna.first(Field::Email).is_none() && anna.first(Field::BirthDate).is_none());
}

#[test]
fn an_identifier_moves_between_pupils_in_any_order() {
    for text in [
        "leerlingnummer;email\n1;nieuw@x.example\n2;a@x.example\n",
        "leerlingnummer;email\n2;a@x.example\n1;nieuw@x.example\n",
        "leerlingnummer;email;status\n2;a@x.example;\n1;;tobedeleted\n",
    ] {
        let mut roster = before();
        apply(&mut roster, text).unwrap();
        assert_eq!(known(&roster, Kind::EMAIL, "a@x.example").as_deref(), Some("Bo"), "{text}");
    }
    // Two that change places.
    let mut roster = before();
    apply(&mut roster, "leerlingnummer;email\n1;b@x.example\n2;a@x.example\n").unwrap();
    assert_eq!(known(&roster, Kind::EMAIL, "b@x.example").as_deref(), Some("Anna"));
}

#[test]
fn an_identifier_of_somebody_else_refuses_with_its_place() {
    let mut roster = before();
    let why = apply(&mut roster, "leerlingnummer;roepnaam;email\n3;Cas;c@x.example\n1;Anna;b@x.example\n")
        .unwrap_err();
    let said = "row 3, column 3 (email): another pupil of the roster has the same identifier";
    assert!(why.to_string().contains(said), "{why}");
    let twice = read_with(
        file("leerlingnummer;email\n1;x@x.example\n2;x@x.example\n"),
        &Options { delta: true, ..options() },
    );
    assert!(twice.unwrap_err().to_string().contains("row 3, column 2 (email): an earlier row has the same"));
    let keyless =
        read_with(file("leerlingnummer;email\n;x@x.example\n"), &Options { delta: true, ..options() });
    let why = keyless.unwrap_err().to_string();
    assert!(why.contains("row 2, column 1 (leerlingnummer): the pupil lacks the identifier"), "{why}");
}

#[test]
fn a_primary_identifier_that_changes_or_moves_is_counted() {
    // Found by another key: the pupil number is what pseudonyms are derived from.
    let by_sis = Options { delta: true, key: Kind::SIS_USER, ..options() };
    for (text, moves) in [
        ("sis_user;leerlingnummer\nu-1;1\n", Moves { changed: 0, taken: 0 }),
        ("sis_user;leerlingnummer\nu-1;77\n", Moves { changed: 1, taken: 0 }),
        ("sis_user;leerlingnummer\nu-1;2\nu-2;1\n", Moves { changed: 0, taken: 2 }),
        ("sis_user;leerlingnummer\nu-1;77\nu-2;1\n", Moves { changed: 1, taken: 1 }),
        ("sis_user;leerlingnummer\nu-9;99\n", Moves::default()),
    ] {
        let mut roster = before();
        let read = changes(read_with(file(text), &by_sis).unwrap());
        assert_eq!(read.apply(&mut roster, Kind::PUPIL_NUMBER, LATER).unwrap().moves, moves, "{text}");
        // A whole roster that says the same does the same.
        assert_eq!(Moves::between(&before(), &roster, Kind::PUPIL_NUMBER), moves, "{text}");
    }
    // A number given to a newcomer after its holder left.
    let text = "leerlingnummer;roepnaam;geboortedatum\n1;Zoë;2016-06-06\n";
    let after = import(text.as_bytes(), NOW, &mut |_| {}).unwrap();
    assert_eq!(Moves::between(&before(), &after, Kind::PUPIL_NUMBER), Moves { changed: 0, taken: 1 });
}

#[test]
fn removal_takes_who_is_there() {
    let mut roster = before();
    let who = ["u-1", "u-3", "u-99"].map(|id| Identifier::new(Kind::SIS_USER, id));
    let applied = Changes::removal(who, NOW).apply(&mut roster, Kind::PUPIL_NUMBER, LATER).unwrap();
    assert_eq!((applied.removed, applied.unknown, roster.len()), (2, 1, 1));
    assert_eq!(roster.pupils().next().unwrap().first(Field::Given).unwrap().expose(), "Bo");
}

#[test]
fn a_onerosters_delta_removes_changes_and_completes() {
    let mut roster = before();
    let manifest = "propertyName,value\noneroster.version,1.2\nfile.users,delta\nfile.demographics,delta\n";
    let users = "sourcedId,status,givenName,familyName,email\nu-1,active,Anna,Abrikoos,a@x.example\nu-2,tobedeleted,,,\n\
                 u-7,active,Zeb,Zuring,\n";
    let births =
        "sourcedId,status,birthDate\nu-3,active,2011-11-11\nu-7,active,2012-12-12\nu-8,active,2013-01-01\n";
    let files = [("manifest.csv", manifest), ("users.csv", users), ("demographics.csv", births)];
    let read = changes(read_with(folder(&files), &options()).unwrap());
    let applied = read.apply(&mut roster, Kind::SIS_USER, LATER).unwrap();
    assert_eq!((applied.added, applied.changed, applied.removed, applied.unknown), (1, 2, 1, 1));
    let of = |id: &str, field| {
        let pupil = roster.pupil(&Identifier::new(Kind::SIS_USER, id)).unwrap();
        pupil.first(field).map(|text| text.expose().to_owned())
    };
    assert_eq!(of("u-1", Field::Family).as_deref(), Some("Abrikoos"));
    assert_eq!(of("u-1", Field::BirthDate).as_deref(), Some("2010-01-01"));
    assert_eq!(of("u-3", Field::BirthDate).as_deref(), Some("2011-11-11"));
    assert_eq!(of("u-3", Field::Given).as_deref(), Some("Cas"));
    assert_eq!(of("u-7", Field::BirthDate).as_deref(), Some("2012-12-12"));
    // The pupil number came from another file and stays.
    assert_eq!(known(&roster, Kind::PUPIL_NUMBER, "1").as_deref(), Some("Anna"));
}

#[test]
fn what_edexml_does_not_tell_stays() {
    let mut roster = import(
        "las_key;eck_id;email;roepnaam;achternaam;geboortedatum\nLL-1;e-1;a@x.example;Anna;Appel;2010-01-01\n".as_bytes(),
        NOW,
        &mut |_| {},
    )
    .unwrap();
    let small = "<EDEX><leerlingen><leerling key=\"LL-1\"><achternaam>Peer</achternaam></leerling>\
                 <leerling eckid=\"e-2\"><roepnaam>Bo</roepnaam></leerling></leerlingen></EDEX>";
    let read = changes(read_with(file(small), &Options { delta: true, ..options() }).unwrap());
    let applied = read.apply(&mut roster, Kind::LAS_KEY, LATER).unwrap();
    assert_eq!((applied.added, applied.changed), (1, 1));
    let anna = roster.pupil(&Identifier::new(Kind::ECK_ID, "e-1")).unwrap();
    assert_eq!(anna.all(Field::Family).map(|text| text.expose()).collect::<Vec<_>>(), ["Peer"]);
    assert_eq!(anna.first(Field::BirthDate).unwrap().expose(), "2010-01-01");
}
