//! Rosters: plain CSV, EDEXML, OneRoster in a zip. Whatever comes is a roster or an error, soon, and no error repeats
//! what stood in the file.

use std::io::{Cursor, Write as _};

use sluis::clock::Timestamp;
use sluis::identity::Kind;
use sluis::roster::{Brought, Format, Options, Source, bring};

/// A word that seeds and dictionaries hold, as a pupil's name would stand in a file.
const SECRET: &str = "Qzwolsen";

/// Plain CSV, whole and as changes.
pub fn csv(data: &[u8]) {
    both(Format::Csv, data);
    // Where a file is OneRoster's `users.csv` alone, another reader takes it.
    both(Format::OneRoster, data);
}

/// EDEXML, alone or in an answer of UWLR.
pub fn edexml(data: &[u8]) {
    both(Format::Edexml, data);
}

/// A zip as it came; and one of our own making round the same bytes, so that what is inside is reached as well.
pub fn zip(data: &[u8]) {
    both(Format::OneRoster, data);
    if let Some((how, inside)) = data.split_first() {
        both(Format::OneRoster, &packed("users.csv", inside, *how));
    }
}

fn both(format: Format, data: &[u8]) {
    for delta in [false, true] {
        let options = Options { format: Some(format), delta, staff: delta, key: Kind::PUPIL_NUMBER };
        let source = Source::File(Box::new(Cursor::new(data.to_vec())));
        match bring(source, &options, Timestamp::from_millis(1_790_000_000_000), &mut |_| {}) {
            Ok(import) => {
                if let Brought::Whole(roster) = &import.brought {
                    assert!(!roster.is_empty(), "a roster of nobody");
                    // An identifier takes a byte at least, a row another: no file holds more pupils than bytes.
                    let unpacked = data.len().saturating_mul(400) + (1 << 20);
                    assert!(roster.len() <= unpacked);
                }
            }
            Err(error) => {
                let said = format!("{error} {error:?}");
                assert!(!said.contains(SECRET), "an error repeats a value: {said}");
            }
        }
    }
}

/// An archive of one member. `how`: deflated or stored, and a wrong size or check sum now and then.
pub fn packed(name: &str, inside: &[u8], how: u8) -> Vec<u8> {
    let mut body = inside.to_vec();
    if how & 1 == 1 {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(inside).expect("into memory");
        body = encoder.finish().expect("into memory");
    }
    let method = u16::from(how & 1) * 8;
    let mut crc = flate2::Crc::new();
    crc.update(inside);
    let crc = crc.sum() ^ u32::from(how & 2 == 2);
    let lengths = |out: &mut Vec<u8>| {
        out.extend_from_slice(&crc.to_le_bytes());
        out.extend_from_slice(&(u32::try_from(body.len()).expect("small")).to_le_bytes());
        let size = u32::try_from(inside.len()).expect("small") + u32::from(how & 4 == 4);
        out.extend_from_slice(&size.to_le_bytes());
        out.extend_from_slice(&(u16::try_from(name.len()).expect("short")).to_le_bytes());
        out.extend_from_slice(&[0, 0]);
    };
    let mut out = b"PK\x03\x04\x14\0\0\0".to_vec();
    out.extend_from_slice(&method.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    lengths(&mut out);
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(&body);
    let directory = u32::try_from(out.len()).expect("small");
    out.extend_from_slice(b"PK\x01\x02\x14\0\x14\0\0\0");
    out.extend_from_slice(&method.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    lengths(&mut out);
    out.extend_from_slice(&[0; 14]);
    out.extend_from_slice(name.as_bytes());
    let size = u32::try_from(out.len()).expect("small") - directory;
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    out.extend_from_slice(&size.to_le_bytes());
    out.extend_from_slice(&directory.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}
