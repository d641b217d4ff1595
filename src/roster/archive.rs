//! Members of a zip archive (PKWARE APPNOTE 6.3), read one at a time and never written anywhere.
//!
//! What plays games is refused whole: paths that lead elsewhere, encrypted members, two of one name, headers that
//! contradict one another, members that lie over one another, and more bytes than so small a file can hold. It must
//! not know what members mean.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Mutex, PoisonError};

use flate2::read::DeflateDecoder;
use rawzip::{
    CompressionMethod, RECOMMENDED_BUFFER_SIZE, ReaderAt, ZipArchive, ZipArchiveEntryWayfinder,
    ZipFileHeaderRecord, ZipLocator,
};

use super::RosterError;

/// The most members an archive may have; an export of OneRoster has twenty.
const MOST_MEMBERS: u64 = 1000;
/// A member may unpack to this many times its packed size, beyond the first MiB.
const MOST_RATIO: u64 = 400;
/// The most bytes that a member may unpack to.
const MOST_BYTES: u64 = 8 << 30;

/// Why a member cannot be read any further.
#[derive(Debug)]
pub(super) struct Unpacked(pub(super) &'static str);

impl std::fmt::Display for Unpacked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Unpacked {}

/// A file that can be read at any place.
pub trait Seekable: Read + Seek + Send {}

impl<T: Read + Seek + Send> Seekable for T {}

/// The file behind an archive; one thread reads it.
struct At(Mutex<Box<dyn Seekable>>);

impl ReaderAt for At {
    fn read_at(&self, to: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        file.read(to)
    }
}

/// What can be read of a member, and how many bytes it says that is.
pub(super) type Opened<'a> = (Box<dyn Read + 'a>, u64);

type Zip = ZipArchive<At>;

/// An archive whose directory has been read.
pub(super) struct Archive {
    zip: Zip,
    members: Vec<Member>,
}

struct Member {
    name: &'static str,
    way: ZipArchiveEntryWayfinder,
    packed: bool,
}

impl Archive {
    /// Reads the directory, and finds the members of these names, at the top or together in one folder.
    pub(super) fn open(mut file: Box<dyn Seekable>, names: &[&'static str]) -> Result<Self, RosterError> {
        let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
        let end = file.seek(SeekFrom::End(0)).map_err(|_| bad("", DAMAGED))?;
        let zip = ZipLocator::new().locate_in_reader(At(Mutex::new(file)), &mut buffer, end);
        let zip = zip.map_err(|_| bad("", DAMAGED))?;
        if zip.entries_hint() > MOST_MEMBERS {
            return Err(bad("", "it has more than 1,000 members"));
        }
        let (mut members, mut folder, mut seen) = (Vec::<Member>::new(), None::<String>, 0);
        let mut entries = zip.entries(&mut buffer);
        while let Some(entry) = entries.next_entry().map_err(|_| bad("", DAMAGED))? {
            seen += 1;
            if seen > MOST_MEMBERS {
                return Err(bad("", "it has more than 1,000 members"));
            }
            let path = path(&entry).ok_or_else(|| bad("", "a member has a path that leads elsewhere"))?;
            let (inside, last) = path.rsplit_once('/').unwrap_or(("", &path));
            let Some(name) = names.iter().find(|name| **name == last) else { continue };
            if members.iter().any(|member| member.name == *name) {
                return Err(bad(name, "it is in the archive twice"));
            }
            if folder.get_or_insert_with(|| inside.to_owned()) != inside {
                return Err(bad(name, "it does not lie in the folder of the others"));
            }
            members.push(Member { name, way: entry.wayfinder(), packed: packed(&entry, name)? });
        }
        if seen != zip.entries_hint() {
            return Err(bad("", DAMAGED));
        }
        let archive = Self { zip, members };
        archive.compare()?;
        Ok(archive)
    }

    /// What a member unpacks to, and how many bytes it says that is; none when it is not there.
    pub(super) fn member(&self, name: &'static str) -> Result<Option<Opened<'_>>, RosterError> {
        let Some(member) = self.members.iter().find(|member| member.name == name) else { return Ok(None) };
        let entry = self.zip.get_entry(member.way).map_err(|_| bad(name, DAMAGED))?;
        let size = member.way.uncompressed_size_hint();
        let most = (member.way.compressed_size_hint().saturating_mul(MOST_RATIO)).saturating_add(1 << 20);
        let plain: Box<dyn Read + '_> = match member.packed {
            true => Box::new(entry.verifying_reader(DeflateDecoder::new(entry.reader()))),
            false => Box::new(entry.verifying_reader(entry.reader())),
        };
        Ok(Some((Box::new(Bounded { plain, left: most.min(MOST_BYTES) }), size)))
    }

    /// Local headers say what the directory says, and no two members share bytes.
    fn compare(&self) -> Result<(), RosterError> {
        let mut ranges = Vec::new();
        let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
        for Member { name, way, .. } in &self.members {
            let entry = self.zip.get_entry(*way).map_err(|_| bad(name, DAMAGED))?;
            let header = entry.local_header(&mut buffer).map_err(|_| bad(name, DAMAGED))?;
            let path = header.file_path();
            let path: &[u8] = path.as_ref();
            if !path.ends_with(name.as_bytes()) || header.flags().is_encrypted() {
                return Err(bad(name, "its two headers contradict one another"));
            }
            ranges.push((entry.compressed_data_range(), *name));
        }
        ranges.sort_unstable();
        for two in ranges.windows(2) {
            if let [((_, end), _), ((begin, _), name)] = two
                && begin < end
            {
                return Err(bad(name, "it lies over another member"));
            }
        }
        Ok(())
    }
}

/// The path of a member; none for one that a reader may take for another, or for a place outside.
fn path(entry: &ZipFileHeaderRecord<'_>) -> Option<String> {
    let path = entry.file_path();
    let path = std::str::from_utf8(path.as_ref()).ok()?;
    let odd = |c: char| c.is_control() || matches!(c, '\\' | ':');
    let inner = path.strip_suffix('/').unwrap_or(path);
    let games = inner.split('/').any(|piece| matches!(piece, "" | "." | ".."));
    (!path.chars().any(odd) && !games).then(|| path.to_owned())
}

/// Whether a member is packed (deflate) or lies there as it is.
fn packed(entry: &ZipFileHeaderRecord<'_>, name: &'static str) -> Result<bool, RosterError> {
    if entry.flags().is_encrypted() || entry.flags().has_strong_encryption() {
        return Err(bad(name, "it is encrypted: unpack it, and import the folder"));
    }
    match entry.compression_method() {
        CompressionMethod::STORE => Ok(false),
        CompressionMethod::DEFLATE => Ok(true),
        _ => Err(bad(name, "it is packed in a way that is not read here: unpack it, and import the folder")),
    }
}

const DAMAGED: &str = "the archive is damaged, or cut off";

fn bad(member: &'static str, what: &'static str) -> RosterError {
    RosterError::Archive { member, what }
}

struct Bounded<'a> {
    plain: Box<dyn Read + 'a>,
    left: u64,
}

impl Read for Bounded<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = match self.plain.read(to) {
            Ok(count) => count,
            Err(why) if why.kind() == io::ErrorKind::Interrupted => return Err(why),
            Err(_) => return Err(io::Error::other(Unpacked(DAMAGED))),
        };
        self.left = self
            .left
            .checked_sub(u64::try_from(count).unwrap_or(u64::MAX))
            .ok_or_else(|| io::Error::other(Unpacked("it unpacks to more bytes than such a file holds")))?;
        Ok(count)
    }
}
