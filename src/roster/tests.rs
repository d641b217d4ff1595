//! The roster: what it reads, what it refuses, what it keeps. Pupils are invented.

use crate::clock::Timestamp;
use crate::disk::RealDisk;
use crate::identity::{Identifier, Kind};
use crate::roster::csv::{Row, Rows};
use crate::roster::{Field, Known, Roster, RosterError, import};
use crate::vault::{Settings, Unlock, Vault};

mod archives;
mod changes;
mod markup;
mod onerosters;
mod support;

const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

fn read(text: &str) -> Result<Roster, RosterError> {
    import(text.as_bytes(), NOW, &mut |_| {})
}

/// The fault of a file: row, column, and what is wrong.
fn fault(text: &str) -> (u64, usize, &'static str) {
    match read(text) {
        Err(RosterError::Damaged { row, column, what, .. }) => (row, column, what),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("imported"),
    }
}

fn first(roster: &Roster) -> Known<'_> {
    roster.pupils().next().unwrap()
}

#[test]
fn dutch_and_english_headers_give_one_roster() {
    let dutch = "Leerlingnummer;Roepnaam;Tussenvoegsel;Achternaam;Geboortedatum;E-mailadres;Telefoon\r\n\
                 95312;Maarten;'t;Hart;31-12-2010;maarten@petteflat.example;06-00000000\r\n";
    let english = "\u{feff}pupil_number,given_name,prefix,family_name,birth_date,email,phone\n\
                   95312,\"Maarten\",'t,Hart,2010-12-31,maarten@petteflat.example,06-00000000";
    for text in [dutch, english] {
        let roster = read(text).unwrap();
        let pupil = roster.pupil(&Identifier::new(Kind::PUPIL_NUMBER, " 95312 ")).unwrap();
        let text = |field| pupil.first(field).unwrap().expose();
        assert_eq!((text(Field::Given), text(Field::Prefix), text(Field::Family)), ("Maarten", "'t", "Hart"));
        assert_eq!(text(Field::BirthDate), "2010-12-31");
        assert_eq!(text(Field::Phone), "06-00000000");
        let by_mail = roster.pupil(&Identifier::new(Kind::EMAIL, "Maarten@Petteflat.example")).unwrap();
        assert!(std::ptr::eq(pupil.record, by_mail.record));
        assert!(roster.pupil(&Identifier::new(Kind::ECK_ID, "95312")).is_none());
        assert_eq!(pupil.identifier(Kind::EMAIL).unwrap().expose(), "maarten@petteflat.example");
    }
}

#[test]
fn columns_that_may_repeat_do() {
    let roster =
        read("id:lms-user,id:result,naam,naam,email,email\nu-1,r-1,Bo A,A Bo,a@x.example,b@x.example\n")
            .unwrap();
    let pupil = first(&roster);
    assert_eq!((pupil.all(Field::FullName).count(), pupil.all_identifiers().count()), (2, 4));
    for (kind, text) in [("lms-user", "u-1"), ("result", "r-1"), ("email", "b@x.example")] {
        assert!(roster.pupil(&Identifier::new(Kind::named(kind).unwrap(), text)).is_some());
    }
}

#[test]
fn quotes_hold_delimiters_quotes_and_lines() {
    let roster =
        read("leerlingnummer,adres,naam\n1,\"Dreef 1,\nPetteflat\",\"zegt \"\"hoi\"\"\"\n\n2,,\n").unwrap();
    assert_eq!(first(&roster).first(Field::Address).unwrap().expose(), "Dreef 1,\nPetteflat");
    assert_eq!(first(&roster).first(Field::FullName).unwrap().expose(), "zegt \"hoi\"");
    assert_eq!(roster.len(), 2);
}

#[test]
fn each_fault_names_row_and_column_and_imports_nothing() {
    let head = "leerlingnummer;naam;geboortedatum\n1;Jip;\n";
    for (text, place) in [
        ("leerlingnummer;schoenmaat\n".to_owned(), (1, 2)),
        ("naam\nJip\n".to_owned(), (1, 1)),
        ("roepnaam;voornaam;leerlingnummer\n".to_owned(), (1, 2)),
        (format!("{head}2;Janneke\n"), (3, 3)),
        (format!("{head}2;Janneke;;\n"), (3, 4)),
        (format!("{head}2;Janneke;31-02-2010\n"), (3, 3)),
        (format!("{head}2;Janneke;2011-02-29\n"), (3, 3)),
        (format!("{head}2;Janneke;2010\n"), (3, 3)),
        (format!("{head};Janneke;\n"), (3, 1)),
        (format!("{head}1 ;Janneke;\n"), (3, 1)),
        (format!("{head}2;\"Janneke;\n"), (3, 2)),
        (format!("{head}2;\"Jan\"neke;\n"), (3, 2)),
        (format!("{head}2;Jan\"neke;\n"), (3, 2)),
        (format!("{head}2;Jan\rneke;\n"), (3, 2)),
        (format!("{head}2;Jan\0neke;\n"), (3, 2)),
        (format!("{head}2;\"{}\";\n", "x".repeat(70_000)), (3, 2)),
        ("leerlingnummer;email\n1;niet\n".to_owned(), (2, 2)),
    ] {
        let (row, column, what) = fault(&text);
        assert_eq!((row, column), place, "{what}");
    }
    let mut latin = head.as_bytes().to_vec();
    latin.extend_from_slice(b"2;No\xeb;\n");
    let Err(RosterError::Damaged { row, column, name, what, .. }) =
        import(latin.as_slice(), NOW, &mut |_| {})
    else {
        panic!("imported");
    };
    assert_eq!((row, column, name.as_str(), what), (3, 2, "naam", "the text is not UTF-8"));
    assert!(matches!(read(""), Err(RosterError::Empty)));
    assert!(matches!(read("\n\n"), Err(RosterError::Empty)));
}

#[test]
fn no_message_holds_a_value() {
    // The second one has no header.
    for text in ["leerlingnummer;naam;geboortedatum\n1;Jip;geheim-95312\n", "95312;Jip\n"] {
        let Err(why) = read(text) else { panic!("imported") };
        let shown = format!("{why} {why:?}");
        assert!(!shown.contains("95312") && !shown.contains("Jip"), "{shown}");
    }
}

#[test]
fn rows_are_the_same_however_the_source_is_cut() {
    struct Drip<'a>(&'a [u8], usize);
    impl std::io::Read for Drip<'_> {
        fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(self.0.len()).min(to.len());
            to[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }
    let text = "a;b\r\n\"x;\"\"y\"\"\r\n\";é\r\n1;2".as_bytes();
    let rows = |cut: usize| {
        let mut rows = Rows::new(Drip(text, cut));
        let (mut row, mut all) = (Row::default(), Vec::new());
        while rows.read(&mut row).unwrap() {
            all.push((0..row.len()).map(|at| row.field(at).unwrap().to_owned()).collect::<Vec<_>>());
        }
        all
    };
    let whole = rows(1000);
    assert_eq!(whole, [vec!["a", "b"], vec!["x;\"y\"\r\n", "é"], vec!["1", "2"]]);
    for cut in 1..8 {
        assert_eq!(rows(cut), whole);
    }
}

#[test]
fn a_saved_roster_is_sealed_and_comes_back() {
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("unseal.key");
    crate::disk::durable_write(&RealDisk, &key, &crate::crypto::random::<32>().unwrap()).unwrap();
    let unlock = Unlock::KeyFile(key);
    let vault = Vault::create(&Settings::at(directory.path().join("vault")), &unlock, NOW).unwrap();
    let path = directory.path().join("roster");
    assert!(Roster::load(&path, &vault).unwrap().is_none());
    let mut roster =
        read("leerlingnummer;naam;email;adres\n95312;Maarten Hart;m@x.example;Dreef 1\n2;;;\n").unwrap();
    roster.save(&path, &vault).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.windows(5).any(|part| part == b"95312" || part == b"Maart"));
    let loaded = Roster::load(&path, &vault).unwrap().unwrap();
    assert_eq!((loaded.len(), loaded.imported()), (2, NOW));
    let pupil = loaded.pupil(&Identifier::new(Kind::PUPIL_NUMBER, "95312")).unwrap();
    assert_eq!(pupil.first(Field::FullName).unwrap().expose(), "Maarten Hart");
    assert_eq!(pupil.first(Field::Address).unwrap().expose(), "Dreef 1");
    let mut damaged = bytes.clone();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    crate::disk::durable_write(&RealDisk, &path, &damaged).unwrap();
    assert!(matches!(Roster::load(&path, &vault), Err(RosterError::Load { .. })));
    crate::disk::durable_write(&RealDisk, &path, &bytes).unwrap();
    let other = Vault::in_memory().unwrap();
    assert!(matches!(Roster::load(&path, &other), Err(RosterError::Load { .. })));
}

#[test]
fn age_counts_whole_days_and_never_runs_backwards() {
    let roster = Roster::empty(NOW);
    let day = 24 * 60 * 60 * 1000;
    let after = |millis| Timestamp::from_millis(NOW.as_millis() + millis);
    assert_eq!(roster.age_days(after(day - 1)), 0);
    assert_eq!(roster.age_days(after(31 * day)), 31);
    assert_eq!(roster.age_days(Timestamp::from_millis(0)), 0);
}

#[test]
fn a_large_roster_is_read_with_progress() {
    use std::fmt::Write;
    let mut text = String::from("leerlingnummer;email;roepnaam;achternaam\n");
    for number in 0..20_000 {
        writeln!(text, "{number};p{number}@petteflat.example;Jip{number};Hart{number}").unwrap();
    }
    let mut told = Vec::new();
    let roster = import(text.as_bytes(), NOW, &mut |progress| told.push(progress)).unwrap();
    assert_eq!(roster.len(), 20_000);
    assert!(told.len() >= 5 && told.windows(2).all(|two| two[0].pupils <= two[1].pupils));
    assert_eq!(told.last().unwrap().bytes, text.len() as u64);
    for number in [0, 7, 19_999] {
        let pupil = roster.pupil(&Identifier::new(Kind::PUPIL_NUMBER, &number.to_string())).unwrap();
        assert_eq!(pupil.first(Field::Given).unwrap().expose(), format!("Jip{number}"));
    }
}
