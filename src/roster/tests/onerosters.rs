//! OneRoster CSV: who is a pupil, which columns are read, and each fault with its file, row and column.

use super::support::{changes, file, folder, options, read, read_with, refused, whole};
use crate::identity::{Identifier, Kind};
use crate::roster::{Field, Format, Options, Roster};

const MANIFEST: &str =
    "propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\nfile.users,bulk\nfile.roles,bulk\n";
const HEAD: &str = "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,\
identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,resourceSourcedIds,\
preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns\n";

fn sis(roster: &Roster, id: &str) -> bool {
    roster.pupil(&Identifier::new(Kind::SIS_USER, id)).is_some()
}

#[test]
fn every_column_that_names_a_pupil_is_known() {
    // As an export of the standard's sample looks (reduced, invented).
    let users = format!(
        "{HEAD}u-1,active,2026-08-01T00:00:00Z,true,j.canary,\"{{ECK-iD:https://ketenid.nl/eck/1}},{{LTI:l-1}}\",\
         Jip,Canary,van den,00012,j.canary@leerling.example,0600000001,0600000002,u-9,08,geheim,eck-1,,Jippie,,\
         Kanarie,org-1,\n"
    );
    let import = read(file(users)).unwrap();
    assert_eq!(import.format, Format::OneRoster);
    let roster = whole(import);
    let pupil = roster.pupils().next().unwrap();
    let all = |field| pupil.all(field).map(|text| text.expose()).collect::<Vec<_>>();
    assert_eq!(all(Field::Given), ["Jip", "Jippie"]);
    assert_eq!(all(Field::Family), ["Canary", "Kanarie"]);
    assert_eq!(all(Field::Prefix), ["van den"]);
    assert_eq!(all(Field::Phone), ["0600000001", "0600000002"]);
    let mut identifiers: Vec<_> =
        pupil.all_identifiers().map(|(kind, text)| (kind.as_str(), text.expose())).collect();
    identifiers.sort_unstable();
    assert_eq!(
        identifiers,
        [
            ("eck-id", "eck-1"),
            ("eck-id", "https://ketenid.nl/eck/1"),
            ("email", "j.canary@leerling.example"),
            ("pupil-number", "00012"),
            ("sis-user", "u-1"),
            ("user-id", "l-1"),
            ("username", "j.canary"),
        ]
    );
    for unread in ["geheim", "org-1", "u-9"] {
        assert!(pupil.all_identifiers().all(|(_, text)| text.expose() != unread));
    }
}

const ROLES: &str = "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId\n\
    r-1,,,u-1,primary,student,,,o\nr-2,,,u-2,primary,teacher,,,o\nr-3,,,u-3,primary,guardian,,,o\n\
    r-4,tobedeleted,,u-4,primary,student,,,o\nr-5,,,u-4,primary,teacher,,,o\nr-6,,,u-6,primary,student,,,o\n\
    r-7,,,u-6,secondary,teacher,,,o\n";

fn users() -> String {
    let mut text = "sourcedId,givenName,familyName\n".to_owned();
    for number in 1..=6 {
        text.push_str(&format!("u-{number},Jip{number},Canary{number}\n"));
    }
    text
}

#[test]
fn roles_say_who_is_a_pupil() {
    let users = users();
    let files = [("manifest.csv", MANIFEST), ("users.csv", users.as_str()), ("roles.csv", ROLES)];
    let import = read(folder(&files)).unwrap();
    assert_eq!(import.left_out, 3);
    let roster = whole(import);
    // u-5 has no role at all: protected, because nobody says that it is no pupil.
    let known: Vec<bool> = (1..=6).map(|number| sis(&roster, &format!("u-{number}"))).collect();
    assert_eq!(known, [true, false, false, false, true, true]);
    let import = read_with(folder(&files), &Options { staff: true, ..options() }).unwrap();
    assert_eq!(import.left_out, 1);
    let roster = whole(import);
    let known: Vec<bool> = (1..=6).map(|number| sis(&roster, &format!("u-{number}"))).collect();
    assert_eq!(known, [true, true, false, true, true, true]);
    // OneRoster 1.1 has the role in users.csv.
    let older =
        "sourcedId,enabledUser,role,givenName,familyName\nu-1,true,student,A,Canary\nu-2,true,teacher,B,C\n";
    let import = read(file(older)).unwrap();
    assert_eq!((import.left_out, whole(import).len()), (1, 1));
}

#[test]
fn births_come_from_demographics() {
    let births = "sourcedId,status,dateLastModified,birthDate,sex\nu-1,,,2012-03-04,female\nu-2,tobedeleted,,2001-01-01,\n\
                  u-3,,,,\n";
    let users = users();
    let files = [("manifest.csv", MANIFEST), ("users.csv", users.as_str()), ("demographics.csv", births)];
    let roster = whole(read(folder(&files)).unwrap());
    let birth = |id: &str| {
        let pupil = roster.pupil(&Identifier::new(Kind::SIS_USER, id)).unwrap();
        pupil.first(Field::BirthDate).map(|date| date.expose())
    };
    assert_eq!((birth("u-1"), birth("u-2"), birth("u-3")), (Some("2012-03-04"), None, None));
    let bad = "sourcedId,birthDate\nu-1,2012-13-04\n";
    let files = [("manifest.csv", MANIFEST), ("users.csv", users.as_str()), ("demographics.csv", bad)];
    let why = refused(folder(&files));
    assert!(why.contains("demographics.csv: row 2, column 2 (birthDate): not a date"), "{why}");
}

#[test]
fn the_manifest_decides() {
    let users = users();
    for (manifest, said) in [
        (
            "propertyName,value\noneroster.version,1.0\nfile.users,bulk\n",
            "manifest.csv: row 2, column 2 (value)",
        ),
        ("propertyName,value\noneroster.version,1.2\nfile.users,absent\n", "neither bulk nor delta"),
        ("propertyName,value\noneroster.version,1.2\n", "does not say what users.csv is"),
        ("name,value\n", "manifest.csv: there is no column propertyName"),
        ("", "manifest.csv: it is empty"),
    ] {
        let why = refused(folder(&[("manifest.csv", manifest), ("users.csv", users.as_str())]));
        assert!(why.contains(said), "{why}");
    }
    let delta = MANIFEST.replace("file.users,bulk", "file.users,delta");
    drop(changes(read(folder(&[("manifest.csv", &delta), ("users.csv", &users)])).unwrap()));
    let asked = Options { delta: true, ..options() };
    let why = read_with(folder(&[("manifest.csv", MANIFEST), ("users.csv", &users)]), &asked).unwrap_err();
    assert!(why.to_string().contains("leave out --delta"));
}

#[test]
fn each_fault_names_file_row_and_column() {
    let head = "sourcedId,status,enabledUser,givenName,familyName,email,userIds\n";
    for (rows, said) in [
        ("u-1,,true,Jip\n", "users.csv: row 2, column 5"),
        ("u-1,,true,Jip,Canary,geen,\n", "users.csv: row 2, column 6 (email): not an e-mail address"),
        ("u-1,weg,true,Jip,Canary,,\n", "users.csv: row 2, column 2 (status): not a status"),
        (",,true,Jip,Canary,,\n", "users.csv: row 2, column 1 (sourcedId): the user has no sourcedId"),
        ("u-1,,true,Jip,Canary,,x\n", "users.csv: row 2, column 7 (userIds): not a list of {type:id}"),
        (
            "u-1,,true,Jip,Canary,a@x.example,\nu-2,,true,Bo,A,b@x.example,\nu-3,,true,Jan,B,A@x.example,\n",
            "users.csv: row 4, column 6 (email): an earlier row has the same identifier (row 2)",
        ),
        ("u-1,,true,Jip,Canary,,\nu-1,,true,Jip,Canary,,\n", "row 3, column 1 (sourcedId): an earlier row"),
        ("u-1,,true,\"Jip,Canary,,\n", "users.csv: row 2, column 4 (givenName): a quote is not closed"),
        ("u-1,,true,\0,Canary,,\n", "a NUL character"),
    ] {
        let why = refused(file(format!("{head}{rows}")));
        assert!(why.contains(said), "{why}\nwanted {said}");
    }
    let why = refused(file("sourcedId,enabledUser,givenName,familyName,givenName\n"));
    assert!(why.contains("row 1, column 5 (givenName): an earlier column has the same name"), "{why}");
    let why = refused(file("sourcedId,enabledUser,givenName\nu-1,true,Jip\n"));
    assert!(why.contains("users.csv: there is no column familyName"), "{why}");
    assert!(refused(file("sourcedId,enabledUser,givenName,familyName\n")).contains("nobody is in it"));
}

#[test]
fn what_is_no_roster_is_refused_by_content() {
    let wide: Vec<u8> = "sourcedId,enabledUser,givenName,familyName\nu-1,true,Jip,Canary\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let marked = [b"\xFF\xFE".as_slice(), &wide].concat();
    assert!(refused(file(marked)).contains("UTF-16"));
    assert!(refused(file(wide)).contains("NUL"));
    assert!(
        refused(file(format!("leerlingnummer;naam\n95312;{}\n", "x".repeat(10 << 20))))
            .contains("over 64 KiB")
    );
    // Formulas are text here: nothing computes them.
    let roster =
        whole(read(file("leerlingnummer;naam\n1;\"=HYPERLINK(\"\"http://x\"\")\"\n2;@SUM\n")).unwrap());
    assert_eq!(
        roster.pupils().next().unwrap().first(Field::FullName).unwrap().expose(),
        "=HYPERLINK(\"http://x\")"
    );
}
