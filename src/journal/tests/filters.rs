//! Needle filters that were tampered with: both verifiers say of which exchange.

use super::tamper::agree;
use super::*;

const MONTH: &str = "2026-11";

/// The exchange of a number, and what stands for its sealed filter.
fn filter(number: u8) -> ([u8; 16], Vec<u8>) {
    ([number; 16], vec![number; 20 + usize::from(number)])
}

/// As the difference names it.
fn named(number: u8, entry: u64) -> String {
    format!("exchange {}, entry {entry}", format!("{number:02x}").repeat(16))
}

/// A journal that commits to filters 1 to 3 in entry 2 and to 4 and 5 in entry 5. An exchange of a route without
/// filters, and one whose filter was never kept, left as well.
fn journal() -> (tempfile::TempDir, PathBuf) {
    let (keep, directory) = journal_of(2, 0);
    let (journal, _) = open(&directory).unwrap();
    std::fs::create_dir_all(directory.join("needle")).unwrap();
    let (mut file, mut list) = (FILTERS_MAGIC.to_vec(), LIST_MAGIC.to_vec());
    for (numbers, time) in [(1..4, 2), (4..6, 5)] {
        let (offset, mut frontier) = (file.len() as u64, Frontier::default());
        for number in numbers {
            let (exchange, sealed) = filter(number);
            let hash = write_filter(&exchange, &sealed, &mut file).unwrap();
            frontier.push(hash);
            list.extend([&exchange[..], &hash].concat());
        }
        let bytes = file.len() as u64 - offset;
        let (count, root) = (frontier.size(), frontier.root());
        let leaf = Stretch { month: MONTH.into(), offset, bytes, count, root }.leaf(T0 + time * 1000);
        journal.append_blocking(leaf, Vec::new()).unwrap();
        for number in [time + 1, time + 2] {
            let (mut leaf, commitments) = exchange(number);
            if number == time + 1 {
                leaf.details = vec![("needle".to_owned(), Detail::Text("off".to_owned()))];
            }
            journal.append_blocking(leaf, commitments).unwrap();
        }
    }
    // What no leaf commits to is nothing.
    file.extend(b"half a record");
    put(&filters_path(&directory, MONTH), &file);
    put(&list_path(&directory, MONTH), &list);
    journal.checkpoint(&key()).unwrap();
    (keep, directory)
}

/// Where a filter's record begins and ends in the file.
fn record(number: u8) -> std::ops::Range<usize> {
    let length = |number: u8| 4 + 16 + filter(number).1.len();
    let from = FILTERS_MAGIC.len() + (1..number).map(length).sum::<usize>();
    from..from + length(number)
}

#[track_caller]
fn case(name: &str, tamper: impl Fn(&mut Vec<u8>), expected: &[(&str, String)]) {
    let (_keep, directory) = journal();
    let path = filters_path(&directory, MONTH);
    let mut bytes = std::fs::read(&path).unwrap();
    tamper(&mut bytes);
    std::fs::remove_file(&path).unwrap();
    put(&path, &bytes);
    let expected: Vec<(&str, &str)> = expected.iter().map(|(what, first)| (*what, first.as_str())).collect();
    agree(name, &directory, &[], &[], &expected);
    // Without the list it is found as well, in the entry that commits to it.
    std::fs::remove_file(list_path(&directory, MONTH)).unwrap();
    let given = Given { trusted: &[vkey_of(&key())], earlier: &[], witnesses: &[] };
    let report = super::tamper::both(name, &directory, &[], &[]);
    assert_eq!(report, verify_given(&directory, &given).json());
    assert!(!report["good"].as_bool().unwrap(), "{name}");
}

#[test]
fn filters_as_committed_to_are_good_and_a_route_without_them_too() {
    let (_keep, directory) = journal();
    agree("good", &directory, &[], &[], &[]);
    // The list only helps to say which.
    std::fs::remove_file(list_path(&directory, MONTH)).unwrap();
    agree("no list", &directory, &[], &[], &[]);
}

#[test]
fn a_filter_that_was_tampered_with_is_named() {
    let differs = |number, entry| ("filter-differs", named(number, entry));
    let missing = |number, entry| ("filter-missing", named(number, entry));
    case("changed", |bytes| bytes[record(2).start + 25] ^= 1, &[differs(2, 2)]);
    case("of another exchange", |bytes| bytes[record(5).start + 4] ^= 1, &[missing(5, 5)]);
    case("removed", |bytes| drop(bytes.drain(record(5))), &[missing(5, 5)]);
    case("removed, and what follows moved up", |bytes| drop(bytes.drain(record(1))), &[missing(1, 2)]);
    case("cut off", |bytes| bytes.truncate(record(5).end - 1), &[missing(5, 5)]);
    case("emptied", |bytes| bytes.truncate(16), &[missing(1, 2)]);
    case("no file of filters", |bytes| bytes[0] ^= 1, &[missing(1, 2)]);
    case("put in front", |bytes| drop(bytes.splice(16..16, *b"\0\0\0\0................")), &[missing(3, 2)]);
    case(
        "exchanged",
        |bytes| {
            // 4 gets what was sealed for 5, and 5 what was sealed for 4.
            let (four, five) = (filter(4), filter(5));
            let mut swapped = Vec::new();
            write_filter(&four.0, &five.1, &mut swapped).unwrap();
            write_filter(&five.0, &four.1, &mut swapped).unwrap();
            bytes.splice(record(4).start..record(5).end, swapped);
        },
        &[differs(4, 5)],
    );
    case(
        "in another order",
        |bytes| {
            let (four, five) = (bytes[record(4)].to_vec(), bytes[record(5)].to_vec());
            bytes.splice(record(4).start..record(5).end, [five, four].concat());
        },
        &[differs(4, 5)],
    );
    let (_keep, directory) = journal();
    std::fs::remove_file(filters_path(&directory, MONTH)).unwrap();
    agree("no file", &directory, &[], &[], &[("filter-missing", named(1, 2).as_str())]);
    std::fs::remove_dir_all(directory.join("needle")).unwrap();
    agree("nothing", &directory, &[], &[], &[("filter-missing", "entry 2")]);
}

#[test]
fn a_list_that_was_tampered_with_names_nobody_else() {
    let (_keep, directory) = journal();
    let edit = |path: &Path, at: usize| {
        let mut bytes = std::fs::read(path).unwrap();
        bytes[at] ^= 1;
        put(path, &bytes);
    };
    edit(&list_path(&directory, MONTH), 16 + 48 + 20);
    agree("a changed list", &directory, &[], &[], &[]);
    edit(&filters_path(&directory, MONTH), record(2).start + 25);
    agree("both", &directory, &[], &[], &[("filter-differs", "entry 2")]);
}
