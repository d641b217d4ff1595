//! Witnesses: cosignatures, the book, and what a journal makes of their answers.

use super::tamper::{agree, rewrite};
use super::*;
use crate::disk::faulty::Fault;

pub(super) const NAME: &str = "witness.test/board";

pub(super) fn witness_key() -> SigningKey {
    signing_key(40)
}

pub(super) fn own() -> WitnessKey {
    WitnessKey::new(NAME, witness_key().verifying_key().to_bytes()).unwrap()
}

fn book(directory: &Path) -> Book {
    Book::open(Arc::new(RealDisk), directory, own(), witness_key()).unwrap()
}

/// A book that knows the journal of these tests.
fn knowing(directory: &Path) -> Book {
    let book = book(directory);
    book.add_log(&vkey_of(&key())).unwrap();
    book
}

/// Has the journal's newest checkpoint cosigned, as `serve` does.
fn cosign_newest(journal: &Journal, book: &Book, now_s: u64) -> Witnessed {
    let mut old = 0;
    loop {
        let sent = journal.submission(old).unwrap();
        match book.add_checkpoint(&sent.body(), now_s) {
            Ok(answer) => return journal.keep_cosignature(&sent, &answer, &own()).unwrap(),
            Err(NotCosigned::Conflict(size)) if size != old => old = size,
            Err(other) => panic!("{other}"),
        }
    }
}

/// A journal with a cosigned checkpoint over `first` entries, and one without over `first + more`.
fn witnessed_journal(first: u64, more: u64) -> (tempfile::TempDir, PathBuf, Book) {
    let keep = scratch();
    let directory = keep.path().join("journal");
    let (journal, _) = open(&directory).unwrap();
    let book = knowing(&keep.path().join("book"));
    append(&journal, 0, first / 2);
    append(&journal, first / 2, first);
    journal.checkpoint(&key()).unwrap();
    let word = cosign_newest(&journal, &book, 1_790_000_100);
    assert_eq!((word.size, word.time_s, word.newest), (first, 1_790_000_100, true));
    if more > 0 {
        append(&journal, first, first + more);
        journal.checkpoint(&key()).unwrap();
    }
    (keep, directory, book)
}

#[test]
fn the_specifications_cosignature_has_the_form_that_is_written_here() {
    // C2SP tlog-cosignature, "Ed25519 signed message": its example's text, signed with a key of these tests.
    let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let line = cosign(text, &own(), &witness_key(), 1_679_315_147);
    assert!(line.starts_with("\u{2014} witness.test/board ") && line.ends_with('\n'));
    let note = format!("{text}\n{line}");
    assert_eq!(cosigned_at(&note, &own()), Ok(Some(1_679_315_147)));
    let message = format!("cosignature/v1\ntime 1679315147\n{text}");
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(line.trim_end().rsplit(' ').next().unwrap());
    let bytes = bytes.unwrap();
    assert_eq!(bytes[4..12], 1_679_315_147_u64.to_be_bytes());
    let signature: &[u8; 64] = bytes[12..].try_into().unwrap();
    witness_key().verifying_key().verify(message.as_bytes(), signature).unwrap();
    // The id: SHA-256(name, newline, 4, key), its first four bytes.
    use sha2::Digest as _;
    let id = sha2::Sha256::new()
        .chain_update(NAME)
        .chain_update([b'\n', 4])
        .chain_update(witness_key().verifying_key().to_bytes())
        .finalize();
    assert_eq!(bytes[..4], id[..4]);
    assert_eq!(WitnessKey::parse(&own().to_string()).unwrap(), own());
    assert!(WitnessKey::parse(&vkey_of(&key()).to_string()).is_err(), "a journal's key is no witness's");
    assert!(Vkey::parse(&own().to_string()).is_err(), "a witness's key is no journal's");
}

#[test]
fn a_cosignature_of_another_text_time_or_key_is_none() {
    let text = "a\n0\nb\n";
    let line = cosign(text, &own(), &witness_key(), 5);
    assert_eq!(cosigned_at(&format!("another\n0\nb\n\n{line}"), &own()), Err(NoteError::Signature));
    for seconds in [0, u64::MAX] {
        let line = cosign(text, &own(), &witness_key(), seconds);
        assert_eq!(cosigned_at(&format!("{text}\n{line}"), &own()), Err(NoteError::Signature), "{seconds}");
    }
    let other = WitnessKey::new(NAME, signing_key(41).verifying_key().to_bytes()).unwrap();
    assert_eq!(cosigned_at(&format!("{text}\n{line}"), &other), Ok(None));
    let note = format!("{text}\n{line}");
    for at in 0..note.len() * 8 {
        let mut bytes = note.as_bytes().to_vec();
        bytes[at / 8] ^= 1 << (at % 8);
        let Ok(note) = String::from_utf8(bytes) else { continue };
        assert!(!matches!(cosigned_at(&note, &own()), Ok(Some(_))), "bit {at}");
    }
}

#[test]
fn a_witness_answers_as_the_specification_says() {
    let (_keep, directory) = journal_of(300, 0);
    let keep = scratch();
    let book = knowing(&keep.path().join("book"));
    let note = std::fs::read_to_string(directory.join("checkpoint")).unwrap();
    let ask = |old, proof: Vec<Hash>, note: &str| {
        book.add_checkpoint(&AddCheckpoint { old, proof, note: note.to_owned() }.body(), 7)
    };
    let checkpoint = Checkpoint::open(&note, &[vkey_of(&key())]).unwrap().0;
    let signed = |size, root| Checkpoint { size, root, ..checkpoint.clone() }.sign(&vkey_of(&key()), &key());
    for body in ["", "old 0\n", "old 00\n\nx", "old -1\n\nx", &format!("old 0\nAAAA\n\n{note}")] {
        assert_eq!(book.add_checkpoint(body, 7), Err(NotCosigned::Malformed), "{body:?}");
    }
    let many = AddCheckpoint { old: 0, proof: vec![[0; 32]; 64], note: note.clone() };
    assert_eq!(book.add_checkpoint(&many.body(), 7), Err(NotCosigned::Malformed));
    let other = signing_key(8);
    let elsewhere = journal_vkey("elsewhere", 1, key().verifying_key().to_bytes()).unwrap();
    let strange = Checkpoint { origin: "elsewhere".into(), ..checkpoint.clone() }.sign(&elsewhere, &key());
    assert_eq!(ask(0, vec![], &strange), Err(NotCosigned::UnknownLog));
    assert_eq!(ask(0, vec![], &checkpoint.sign(&vkey_of(&other), &other)), Err(NotCosigned::NotSigned));
    assert_eq!(ask(0, vec![], &checkpoint.sign(&vkey_of(&key()), &other)), Err(NotCosigned::NotSigned));
    assert_eq!(ask(301, vec![], &note), Err(NotCosigned::Malformed), "older than nothing");
    assert_eq!(ask(1, vec![], &note), Err(NotCosigned::Conflict(0)));
    assert_eq!(ask(0, vec![[1; 32]], &note), Err(NotCosigned::Inconsistent), "a proof from nothing");
    assert_eq!(ask(0, vec![], &signed(0, [1; 32])), Err(NotCosigned::Inconsistent), "an empty tree");
    assert_eq!(book.seen()[0].size, None, "nothing was signed so far");

    let line = ask(0, vec![], &note).unwrap();
    assert_eq!(cosigned_at(&format!("{note}{line}"), &own()), Ok(Some(7)));
    assert_eq!(book.seen(), [Seen { origin: ORIGIN.into(), size: Some(300), time_s: Some(7) }]);
    assert_eq!(ask(0, vec![], &note), Err(NotCosigned::Conflict(300)));
    assert!(ask(300, vec![], &note).is_ok(), "the same again, at a later time");
    assert_eq!(
        ask(300, vec![], &signed(300, [9; 32])),
        Err(NotCosigned::Inconsistent),
        "another of that size"
    );
    assert_eq!(
        ask(300, vec![], &signed(301, [9; 32])),
        Err(NotCosigned::Inconsistent),
        "grown, without proof"
    );
    assert_eq!(ask(300, vec![], &signed(299, [9; 32])), Err(NotCosigned::Malformed), "smaller");
    let kept = book.checkpoint(&origin_hash_of(ORIGIN)).unwrap();
    assert_eq!(cosigned_at(&kept, &own()), Ok(Some(7)));
    assert!(Checkpoint::open(&kept, &[vkey_of(&key())]).is_ok());
    assert_eq!(book.checkpoint(&origin_hash_of("elsewhere")), None);
}

#[test]
fn every_size_extends_every_earlier_one_for_a_witness() {
    let keep = scratch();
    let (journal, _) = open(&keep.path().join("journal")).unwrap();
    let book = knowing(&keep.path().join("book"));
    let mut size = 0;
    for step in [0, 1, 1, 2, 5, 90, 157, 1, 300, 0, 3] {
        append(&journal, size, size + step);
        size += step;
        journal.checkpoint(&key()).unwrap();
        let word = cosign_newest(&journal, &book, 1_790_000_000 + size);
        assert_eq!((word.size, word.newest), (size, true));
        let kept = std::fs::read_to_string(keep.path().join("journal/checkpoint")).unwrap();
        assert_eq!(cosigned_at(&kept, &own()), Ok(Some(1_790_000_000 + size)), "under the checkpoint itself");
        assert_eq!(kept.matches(NAME).count(), 1, "one line a witness");
    }
}

#[test]
fn a_witness_does_not_forget_and_says_when_it_would_have() {
    let (keep, directory, book) = witnessed_journal(40, 0);
    let place = keep.path().join("book");
    let busy = Book::open(Arc::new(RealDisk), &place, own(), witness_key());
    assert!(matches!(busy, Err(BookError::UseDisk(_))), "one process holds it");
    drop(book);
    let note = std::fs::read_to_string(directory.join("checkpoint")).unwrap();
    let sent = AddCheckpoint { old: 0, proof: vec![], note };
    assert_eq!(self::book(&place).add_checkpoint(&sent.body(), 9), Err(NotCosigned::Conflict(40)));
    // Added again, as after a mistake: what was seen stays seen.
    std::fs::remove_file(place.join("logs")).unwrap();
    assert_eq!(knowing(&place).add_checkpoint(&sent.body(), 9), Err(NotCosigned::Conflict(40)));
    let seen = place.join("seen").join(origin_hash_of(ORIGIN));
    let whole = std::fs::read(&seen).unwrap();
    let open = || Book::open(Arc::new(RealDisk), &place, own(), witness_key());
    for at in (0..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        put(&seen, &bytes);
        assert!(matches!(open(), Err(BookError::StateDiffers { .. } | BookError::UseDisk(_))), "byte {at}");
    }
    std::fs::remove_file(&seen).unwrap();
    let error = open().unwrap_err().to_string();
    assert!(error.contains("is missing") && error.contains(ORIGIN), "{error}");
    put(&seen, &whole);
    let stranger = signing_key(41);
    let other = WitnessKey::new(NAME, stranger.verifying_key().to_bytes()).unwrap();
    let opened = Book::open(Arc::new(RealDisk), &place, other, stranger);
    assert!(matches!(opened, Err(BookError::StateDiffers { .. })), "another key's book");
    put(&place.join("logs"), b"# none\n\nnonsense\n");
    assert!(matches!(open(), Err(BookError::ReadLog(3))));
}

#[test]
fn nothing_is_signed_that_is_not_in_the_book() {
    let (_keep, directory) = journal_of(5, 0);
    let note = std::fs::read_to_string(directory.join("checkpoint")).unwrap();
    let sent = AddCheckpoint { old: 0, proof: vec![], note }.body();
    for (fault, heals) in [(Fault::Error, false), (Fault::Full, true)] {
        for nth in 1..=5 {
            let keep = scratch();
            let place = keep.path().join("book");
            drop(knowing(&place));
            let disk = FaultyDisk::new();
            let book = Book::open(Arc::new(disk.clone()), &place, own(), witness_key()).unwrap();
            disk.fail_nth(nth, fault);
            let first = book.add_checkpoint(&sent, 7);
            let struck = disk.struck();
            disk.heal();
            if !struck {
                assert!(first.is_ok() && nth > 3, "{fault:?} at {nth}");
                continue;
            }
            assert_eq!(first, Err(NotCosigned::NotKept), "{fault:?} at act {nth}");
            let again = book.add_checkpoint(&sent, 8);
            if heals && !book.failed() {
                assert!(again.is_ok(), "room again");
            } else {
                assert_eq!(again, Err(NotCosigned::NotKept), "nothing until a restart");
            }
            drop(book);
            disk.power_cut().unwrap();
            // After a restart it knows what it signed, or more.
            let size = self::book(&place).seen()[0].size;
            assert!(again.is_err() || size == Some(5));
        }
    }
}

#[test]
fn answers_that_are_no_cosignature_are_not_kept() {
    let (_keep, directory, _book) = witnessed_journal(3, 0);
    let (journal, _) = open(&directory).unwrap();
    append(&journal, 3, 4);
    journal.checkpoint(&key()).unwrap();
    let sent = journal.submission(3).unwrap();
    let before = std::fs::read(directory.join("checkpoint")).unwrap();
    let text = sent.note.split("\n\n").next().unwrap().to_owned() + "\n";
    let stranger = signing_key(41);
    let other = WitnessKey::new(NAME, stranger.verifying_key().to_bytes()).unwrap();
    let mut forged = cosign(&text, &own(), &witness_key(), 9).into_bytes();
    let at = forged.len() - 9;
    forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
    for answer in [
        String::new(),
        "no line".to_owned(),
        cosign(&text, &other, &stranger, 9),
        cosign("another\n0\nx\n", &own(), &witness_key(), 9),
        String::from_utf8(forged).unwrap(),
        cosign(&text, &own(), &witness_key(), 0),
    ] {
        let kept = journal.keep_cosignature(&sent, &answer, &own());
        assert!(matches!(kept, Err(JournalError::Cosignature(_))), "{answer}");
    }
    assert_eq!(std::fs::read(directory.join("checkpoint")).unwrap(), before);
    // Lines of others beside it, such as the witness's second key, are passed over.
    let both = cosign(&text, &other, &stranger, 9) + &cosign(&text, &own(), &witness_key(), 9);
    assert!(journal.keep_cosignature(&sent, &both, &own()).unwrap().newest);
    let kept = std::fs::read_to_string(directory.join("checkpoint")).unwrap();
    assert_eq!(kept.matches(NAME).count(), 1);
}

#[test]
fn who_cosigned_is_told_from_the_files() {
    let (_keep, directory, _book) = witnessed_journal(30, 5);
    let trusted = [vkey_of(&key())];
    let told = witnessed(&directory, &trusted, &[own()]).unwrap();
    let expected = Witnessed { witness: NAME.into(), size: 30, time_s: 1_790_000_100, newest: false };
    assert_eq!(told, [expected]);
    let stranger = WitnessKey::new("nobody", [5; 32]).unwrap();
    assert!(witnessed(&directory, &trusted, &[stranger]).unwrap().is_empty());
    let (_keep, directory, _book) = witnessed_journal(30, 0);
    assert!(witnessed(&directory, &trusted, &[own()]).unwrap()[0].newest);
}

#[test]
fn a_journal_that_was_put_back_is_refuted_by_its_own_signature() {
    let (_keep, directory, book) = witnessed_journal(30, 20);
    let (journal, _) = open(&directory).unwrap();
    cosign_newest(&journal, &book, 1_790_000_200);
    let kept = book.checkpoint(&origin_hash_of(ORIGIN)).unwrap();
    assert_eq!(journal.refute(&kept), None, "the same journal");
    drop(journal);
    // Everything is put back at once: the cosigned checkpoint too.
    for (size, route, seal) in
        [(30, None, Seal::RolledBack { kept: 50, here: 30 }), (60, Some("/other"), Seal::Forked { size: 50 })]
    {
        std::fs::remove_dir_all(&directory).unwrap();
        let (journal, _) = open(&directory).unwrap();
        for number in 0..size {
            let (mut leaf, commitments) = exchange(number);
            leaf.route = route.map_or(leaf.route, str::to_owned);
            journal.append_blocking(leaf, commitments).unwrap();
        }
        journal.checkpoint(&key()).unwrap();
        for lie in ["", "nonsense", &kept.replace("\n50\n", "\n51\n")] {
            assert_eq!(journal.refute(lie), None, "what this journal did not sign proves nothing");
        }
        assert!(!journal.failed());
        assert_eq!(journal.refute(&kept), Some(seal));
        assert!(journal.failed());
        let (leaf, commitments) = exchange(size);
        let refused = journal.append_blocking(leaf, commitments);
        assert!(matches!(refused, Err(JournalError::Sealed(found)) if found == seal));
        assert!(matches!(journal.checkpoint(&key()), Err(JournalError::Sealed(_))));
        assert_eq!(journal.sealed(), Some(seal));
        let stranger = WitnessKey::new(NAME, [5; 32]).unwrap();
        assert!(journal.keep_refutation(&kept, &stranger).is_err());
        drop(journal);
        assert!(self::open(&directory).is_ok(), "a start forgets what was only said");
        let (journal, _) = self::open(&directory).unwrap();
        journal.keep_refutation(&kept, &own()).unwrap();
        drop(journal);
        assert_eq!(seal_of(self::open(&directory)), seal, "and not what was kept");
    }
}

#[test]
fn a_journal_put_back_beside_its_cosigned_checkpoint_seals_at_the_start() {
    let (keep, directory, book) = witnessed_journal(30, 20);
    let (journal, _) = open(&directory).unwrap();
    cosign_newest(&journal, &book, 1_790_000_200);
    drop(journal);
    let cosigned = directory.join("witnessed").join(own().id_hex());
    let note = std::fs::read(&cosigned).unwrap();
    let put_back = |size: u64, route: &str| {
        std::fs::remove_dir_all(&directory).unwrap();
        let (journal, _) = open(&directory).unwrap();
        for number in 0..size {
            let (mut leaf, commitments) = exchange(number);
            leaf.route = route.to_owned();
            journal.append_blocking(leaf, commitments).unwrap();
        }
        journal.checkpoint(&key()).unwrap();
        drop(journal);
        std::fs::create_dir_all(cosigned.parent().unwrap()).unwrap();
        put(&cosigned, &note);
    };
    put_back(30, "/students/{id}");
    assert_eq!(seal_of(open(&directory)), Seal::RolledBack { kept: 50, here: 30 });
    put_back(55, "/other");
    assert_eq!(seal_of(open(&directory)), Seal::Forked { size: 50 });
    put_back(55, "/students/{id}");
    assert!(open(&directory).is_ok(), "the same entries again, and more");
    put(&cosigned, b"nonsense");
    assert!(open(&directory).is_ok(), "what is not believed could as well be gone");
    drop(keep);
}

proptest::proptest! {
    /// Texts from outside are read or refused, whatever they are; what is read is written the same.
    #[test]
    fn whatever_a_stranger_sends_is_read_or_refused(text in "(old [0-9]{1,3}\n|c2sp.org/tlog-proof@v1\n|extra [A-Z=]{0,8}\n|index [0-9]{0,3}\n|[A-Za-z0-9+/]{42,43}=\n|\n|\u{2014} [a-z]{1,3} [A-Za-z0-9+/]{0,12}\n|.{0,9}){0,12}") {
        if let Some(asked) = AddCheckpoint::parse(&text) {
            assert_eq!(asked.body(), text);
        }
        if let Ok(proof) = Proof::parse(&text) {
            assert_eq!(proof.text(), text);
        }
        let _ = cosigned_at(&text, &own());
        let given = Given { trusted: &[vkey_of(&key())], earlier: &[], witnesses: &[own()] };
        assert!(!verify_proof(&text, &given).report.is_good());
    }
}

/// Both verifiers with the witness's key, and exactly these differences.
#[track_caller]
fn both(name: &str, directory: &Path, earlier: &[String], expected: &[(&str, &str)]) -> serde_json::Value {
    agree(name, directory, earlier, &[own()], expected)
}

#[test]
fn both_verifiers_ask_for_the_witness() {
    let (_keep, directory, book) = witnessed_journal(300, 20);
    let report = both("cosigned earlier", &directory, &[], &[]);
    assert_eq!(report["witnesses"][0]["size"], 300);
    assert_eq!(report["witnesses"][0]["time"], 1_790_000_100_u64);
    let kept = book.checkpoint(&origin_hash_of(ORIGIN)).unwrap();
    let place = directory.join("witnessed").join(own().id_hex());
    let note = std::fs::read_to_string(&place).unwrap();
    std::fs::remove_file(&place).unwrap();
    both("not cosigned", &directory, &[], &[("cosignature-missing", NAME)]);
    // What the witness itself still has takes its place.
    both("the witness's own", &directory, std::slice::from_ref(&kept), &[]);
    let path = format!("witnessed/{}", own().id_hex());
    for broken in [note.replace("\n300\n", "\n299\n"), String::new(), "\u{2014} x".into()] {
        put(&place, broken.as_bytes());
        both("not what it signed", &directory, &[], &[("cosignature-differs", &path)]);
    }
    put(&place, note.as_bytes());
    rewrite(&directory, 320, |number, leaf| leaf.time_ms += u64::from(number == 100));
    both("forked, and the cosignature gone", &directory, &[], &[("cosignature-missing", NAME)]);
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    put(&place, note.as_bytes());
    both("forked", &directory, &[], &[("forked", "300")]);
    both("forked, told by the witness", &directory, std::slice::from_ref(&kept), &[("forked", "300")]);
    rewrite(&directory, 299, |_, _| {});
    let rolled = [("rolled-back", "299")];
    let report = both("rolled back, told by the witness", &directory, std::slice::from_ref(&kept), &rolled);
    assert_eq!(report["witnesses"][0]["size"], 300, "it says how much there was");
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    put(&place, note.as_bytes());
    both("rolled back", &directory, &[], &[("rolled-back", "299")]);
}

#[test]
fn a_cosigned_checkpoint_of_another_journal_is_none_of_this() {
    let (_keep, directory, _book) = witnessed_journal(10, 0);
    let other = signing_key(8);
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size: 10, root: [3; 32] };
    let note = checkpoint.sign(&vkey_of(&other), &other);
    let note = format!("{note}{}", cosign(&checkpoint.text(), &own(), &witness_key(), 9));
    put(&directory.join("witnessed").join(own().id_hex()), note.as_bytes());
    let path = format!("witnessed/{}", own().id_hex());
    both("signed by another", &directory, &[], &[("cosignature-differs", &path)]);
}
