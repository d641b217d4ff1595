//! Unit tests of `note`.

use super::*;

// The examples of C2SP signed-note.
const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

#[test]
fn the_specifications_note_is_believed_and_a_changed_one_is_not() {
    let trusted = [Vkey::parse(VKEY).unwrap()];
    assert_eq!(trusted[0].to_string(), VKEY);
    let (text, by) = open_note(NOTE, &trusted).unwrap();
    assert_eq!((text, by.name()), ("This is an example message.\n", "example.com/foo"));
    let changed = NOTE.replace("example message", "example massage");
    assert_eq!(open_note(&changed, &trusted), Err(NoteError::Signature));
    assert_eq!(open_note(NOTE, &[]), Err(NoteError::UnknownKey));
    assert_eq!(open_note(NOTE, &[vkey_of(&key())]), Err(NoteError::UnknownKey));
}

#[test]
fn every_flipped_bit_of_a_note_is_noticed() {
    let trusted = [Vkey::parse(VKEY).unwrap()];
    for at in 0..NOTE.len() * 8 {
        let mut bytes = NOTE.as_bytes().to_vec();
        bytes[at / 8] ^= 1 << (at % 8);
        let Ok(note) = String::from_utf8(bytes) else { continue };
        assert!(open_note(&note, &trusted).is_err(), "bit {at}");
    }
}

#[test]
fn unknown_signatures_are_ignored_and_malformed_ones_are_not() {
    let trusted = [Vkey::parse(VKEY).unwrap()];
    let with = |line: &str| format!("{NOTE}{line}");
    let many = "\u{2014} someone.else AAAAAAAA\n".repeat(100);
    assert!(open_note(&with(&many), &trusted).is_ok());
    for line in [
        "\u{2014} someone.else AAA\n",
        "- someone.else AAAAAAAA\n",
        "\n",
        "\u{2014} x\n",
        "\u{2014} x AAAAAAAA",
    ] {
        assert_eq!(open_note(&with(line), &trusted), Err(NoteError::Malformed), "{line:?}");
    }
    // A second signature that claims the trusted key and does not verify spoils the note.
    let id = NOTE.rsplit(' ').next().unwrap();
    let spoiled = with(&format!("\u{2014} example.com/foo {}AAAA\n", &id[..8]));
    assert!(open_note(&spoiled, &trusted).is_err());
}

#[test]
fn verifier_keys_that_are_not_are_refused() {
    for text in [
        "",
        "a",
        "a+b",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "a+00000000+AA==",
    ] {
        assert_eq!(Vkey::parse(text).unwrap_err(), NoteError::VerifierKey, "{text:?}");
    }
    for name in ["", "a b", "a+b", "a\u{a0}b", "a\nb"] {
        assert!(Vkey::new(name, [0; 32]).is_none());
    }
}

#[test]
fn checkpoints_are_read_strictly() {
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    let parse = |text: String| Checkpoint::parse(&text);
    let good = parse(format!("example.com/behind-the-sofa\n20852163\n{root}\n")).unwrap();
    assert_eq!((good.origin.as_str(), good.size), ("example.com/behind-the-sofa", 20_852_163));
    assert_eq!(parse(good.text()).unwrap(), good);
    assert!(parse(format!("o\n1\n{root}\nan extension\n")).is_ok());
    for text in [
        format!("o\n01\n{root}\n"),
        format!("o\n+1\n{root}\n"),
        format!("o\n1\n{root}"),
        format!("\n1\n{root}\n"),
        format!("o\n1\n{root}\n\n"),
        format!("o\n0\n{root}\n"),
        format!("o\n18446744073709551616\n{root}\n"),
        "o\n1\nAAAA\n".into(),
        "o\n1\n".into(),
    ] {
        assert_eq!(parse(text.clone()), Err(NoteError::NotCheckpoint), "{text:?}");
    }
}

#[test]
fn a_proof_file_holds_for_its_leaf_and_checkpoint() {
    let (_keep, directory) = journal_of(300, 0);
    let note = std::fs::read_to_string(directory.join("checkpoint")).unwrap();
    let trusted = [vkey_of(&key())];
    let (mut leaf, commitments) = exchange(270);
    leaf.sequence = 270;
    leaf.pupils = Some(Pupils { count: 2, root: pupils_root(&sorted(commitments)) });
    let hash = leaf_hash(&leaf.encode().unwrap());
    let proof = TileReader::new(&directory, 300).inclusion(270).unwrap();
    let text = Proof { extra: None, index: 270, hashes: proof, note }.text();
    let (index, checkpoint) = check_proof(&text, &hash, &trusted).unwrap();
    assert_eq!((index, checkpoint.size), (270, 300));
    let extra = text.replacen("index", "extra AAAA\nindex", 1);
    assert!(check_proof(&extra, &hash, &trusted).is_ok());
    assert!(check_proof(&text, &[0; 32], &trusted).is_err());
    assert!(check_proof(&text.replace("index 270", "index 271"), &hash, &trusted).is_err());
    assert!(check_proof(&text.replace("\n300\n", "\n301\n"), &hash, &trusted).is_err());
}

fn sorted(mut commitments: Vec<Hash>) -> Vec<Hash> {
    commitments.sort_unstable();
    commitments
}
