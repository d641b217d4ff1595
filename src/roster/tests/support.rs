//! Sources made at test time: archives, folders, documents. Every pupil is invented.

use std::io::{Cursor, Write};

use crate::clock::Timestamp;
use crate::identity::Kind;
use crate::roster::{
    Brought, Changes, Format, Import, Options, Roster, RosterError, Seekable, Source, bring,
};

pub(super) const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

pub(super) fn options() -> Options {
    Options { format: None, delta: false, staff: false, key: Kind::PUPIL_NUMBER }
}

pub(super) fn file(bytes: impl Into<Vec<u8>>) -> Source {
    Source::File(Box::new(Cursor::new(bytes.into())))
}

pub(super) fn folder(files: &[(&str, &str)]) -> Source {
    let known = |name: &str| *Source::wants().iter().find(|known| **known == name).unwrap();
    let boxed = |text: &str| -> Box<dyn Seekable> { Box::new(Cursor::new(text.as_bytes().to_vec())) };
    Source::Folder(files.iter().map(|(name, text)| (known(name), boxed(text))).collect())
}

/// A zip archive of these members, packed.
pub(super) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
    for (name, content) in files {
        let path = rawzip::path::EntryPath::verbatim(name.as_bytes().to_vec());
        let builder = archive.new_file(path).compression_method(rawzip::CompressionMethod::DEFLATE);
        let (mut entry, config) = builder.start().unwrap();
        let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default());
        let mut writer = config.wrap(encoder);
        writer.write_all(content).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

pub(super) fn read(source: Source) -> Result<Import, RosterError> {
    read_with(source, &options())
}

pub(super) fn read_with(source: Source, options: &Options) -> Result<Import, RosterError> {
    bring(source, options, NOW, &mut |_| {})
}

pub(super) fn whole(import: Import) -> Roster {
    match import.brought {
        Brought::Whole(roster) => roster,
        Brought::Changes(_) => panic!("changes"),
    }
}

pub(super) fn changes(import: Import) -> Changes {
    match import.brought {
        Brought::Changes(changes) => changes,
        Brought::Whole(_) => panic!("whole"),
    }
}

/// Why a source is refused; no value of it may stand in the words.
pub(super) fn refused(source: Source) -> String {
    refused_as(source, None)
}

pub(super) fn refused_as(source: Source, format: Option<Format>) -> String {
    let options = Options { format, ..options() };
    match read_with(source, &options) {
        Ok(_) => panic!("imported"),
        Err(why) => {
            let told = format!("{why} {why:?}");
            assert!(!told.contains("Canary") && !told.contains("95312"), "{told}");
            why.to_string()
        }
    }
}
