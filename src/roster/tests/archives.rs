//! Archives: what is read, and every game that is not played along with.

use std::io::Write as _;

use super::support::{file, folder, read, refused, refused_as, whole, zip};
use crate::roster::Format;

const MANIFEST: &str = "propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\nfile.users,bulk\n";
const USERS: &str = "sourcedId,status,dateLastModified,enabledUser,givenName,familyName\n\
                     u-95312,,,true,Jip,Canary\n";

#[test]
fn a_zip_and_a_folder_say_the_same() {
    let plain = [("manifest.csv", MANIFEST.as_bytes()), ("users.csv", USERS.as_bytes())];
    let inside = [("export/manifest.csv", MANIFEST.as_bytes()), ("export/users.csv", USERS.as_bytes())];
    for source in
        [file(zip(&plain)), file(zip(&inside)), folder(&[("manifest.csv", MANIFEST), ("users.csv", USERS)])]
    {
        let import = read(source).unwrap();
        assert_eq!(import.format, Format::OneRoster);
        assert_eq!(whole(import).len(), 1);
    }
}

#[test]
fn paths_that_play_games_refuse_the_whole_archive() {
    for odd in [
        "../users.csv",
        "/users.csv",
        "a/../users.csv",
        "a\\users.csv",
        "C:users.csv",
        "./users.csv",
        "a//users.csv",
        "evil\u{7}",
        "../../etc/passwd",
    ] {
        let members =
            [("manifest.csv", MANIFEST.as_bytes()), ("users.csv", USERS.as_bytes()), (odd, b"x".as_slice())];
        assert!(refused(file(zip(&members))).contains("leads elsewhere"), "{odd}");
    }
}

#[test]
fn members_are_there_once_and_together() {
    let twice = [
        ("manifest.csv", MANIFEST.as_bytes()),
        ("users.csv", USERS.as_bytes()),
        ("users.csv", USERS.as_bytes()),
    ];
    assert!(refused(file(zip(&twice))).contains("users.csv: it is in the archive twice"));
    let apart = [("a/manifest.csv", MANIFEST.as_bytes()), ("b/users.csv", USERS.as_bytes())];
    assert!(refused(file(zip(&apart))).contains("does not lie in the folder of the others"));
    assert!(refused(file(zip(&[("users.csv", USERS.as_bytes())]))).contains("manifest.csv: it is not there"));
    assert!(refused(file(zip(&[("manifest.csv", MANIFEST.as_bytes())]))).contains("users.csv: it is not"));
    assert!(refused(file(zip(&[]))).contains("it is not there"));
    let many: Vec<String> = (0..1001).map(|number| format!("{number}.txt")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    assert!(refused(file(zip(&many))).contains("more than 1,000 members"));
}

#[test]
fn a_bomb_ends_where_it_unpacks_to_too_much() {
    // Rows that are all alike pack 1 : 900: no list of people does.
    let mut bomb = USERS.to_owned();

    bomb.push_str(&"a".repeat(8 << 20));
    let members = [("manifest.csv", MANIFEST.as_bytes()), ("users.csv", bomb.as_bytes())];
    assert!(refused(file(zip(&members))).contains("over 64 KiB"));
    let blank = "\n".repeat(16 << 20);
    let members = [("manifest.csv", MANIFEST.as_bytes()), ("users.csv", blank.as_bytes())];
    assert!(refused(file(zip(&members))).contains("unpacks to more bytes"));
}

#[test]
fn a_nested_archive_is_not_opened() {
    let inner = zip(&[("manifest.csv", MANIFEST.as_bytes()), ("users.csv", USERS.as_bytes())]);
    assert!(refused(file(zip(&[("export.zip", &inner)]))).contains("manifest.csv: it is not there"));
    let members = [("manifest.csv", MANIFEST.as_bytes()), ("users.csv", inner.as_slice())];
    let why = refused(file(zip(&members)));
    assert!(why.contains("users.csv: row 1"), "{why}");
}

#[test]
fn an_archive_cut_off_anywhere_imports_nothing() {
    let whole = zip(&[("manifest.csv", MANIFEST.as_bytes()), ("users.csv", USERS.as_bytes())]);
    for length in 4..whole.len() {
        let why = refused_as(file(whole[..length].to_vec()), Some(Format::OneRoster));
        assert!(!why.is_empty());
    }
}

#[test]
fn a_flipped_bit_imports_nothing_or_the_same() {
    let good = zip(&[("manifest.csv", MANIFEST.as_bytes()), ("users.csv", USERS.as_bytes())]);
    let mut refused = 0;
    for at in 0..good.len() {
        let mut damaged = good.clone();
        damaged[at] ^= 0x10;
        match read(file(damaged)) {
            Ok(import) => assert_eq!(whole(import).len(), 1, "byte {at}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > good.len() / 3, "{refused} of {}", good.len());
}

#[test]
fn an_encrypted_member_is_named() {
    let mut bytes = zip(&[("manifest.csv", MANIFEST.as_bytes()), ("users.csv", USERS.as_bytes())]);
    // Bit 0 of the flags: of the local header at offset 6, of the directory's at offset 8.
    let mut at = 0;
    while let Some(found) =
        bytes[at..].windows(4).position(|four| four == b"PK\x01\x02" || four == b"PK\x03\x04")
    {
        let directory = bytes[at + found + 2] == 1;
        bytes[at + found + if directory { 8 } else { 6 }] |= 1;
        at += found + 4;
    }
    assert!(refused(file(bytes)).contains("it is encrypted"));
}

#[test]
fn what_the_two_headers_say_apart_is_refused() {
    let bytes = zip(&[("manifest.csv", MANIFEST.as_bytes()), ("users.csv", USERS.as_bytes())]);
    let at = bytes.windows(9).position(|nine| nine == b"users.csv").unwrap();
    let mut other = bytes.clone();
    other[at..at + 9].copy_from_slice(b"roles.csv");
    assert!(refused(file(other)).contains("contradict"));
}

#[test]
fn members_that_lie_over_one_another_are_refused() {
    // The directory's second entry is made to point at the first member.
    let mut bytes = zip(&[("users.csv", USERS.as_bytes()), ("roles.csv", USERS.as_bytes())]);
    let last = bytes.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    bytes[last + 42..last + 46].copy_from_slice(&0_u32.to_le_bytes());
    let why = refused(file(bytes));
    assert!(why.contains("contradict") || why.contains("lies over"), "{why}");
}

#[test]
fn an_archive_behind_other_bytes_is_no_archive() {
    let mut bytes = Vec::new();
    bytes.write_all(b"MZ this is a program\n").unwrap();
    bytes.extend(zip(&[("manifest.csv", MANIFEST.as_bytes()), ("users.csv", USERS.as_bytes())]));
    assert!(refused(file(bytes)).contains("row 1"));
}
