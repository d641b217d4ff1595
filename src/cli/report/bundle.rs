//! A zip file, written as a stream: the same files give the same bytes. While it is being made it has another name, and
//! is gone when that fails.
//!
//! It must not know what is in it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use rawzip::time::UtcDateTime;
use rawzip::{CompressionMethod, ZipArchiveWriter};
use sha2::{Digest, Sha256};

/// 1980-01-01, the first day that a zip file knows: when a file was made is no part of the evidence.
const NO_TIME: i64 = 315_532_800;

/// A zip file in the making.
pub(super) struct Bundle {
    archive: Option<ZipArchiveWriter<Hashing>>,
    part: PathBuf,
    files: u64,
}

impl Bundle {
    /// Begins one that will be called `path`.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let part = path.with_file_name(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
        let writer = Hashing { file: BufWriter::with_capacity(1 << 18, file), digest: Sha256::new() };
        Ok(Self { archive: Some(ZipArchiveWriter::new(writer)), part, files: 0 })
    }

    /// Adds a file.
    pub(super) fn put(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let Some(archive) = &mut self.archive else { return Err(io::ErrorKind::BrokenPipe.into()) };
        let entry = archive
            .new_file(name)
            .compression_method(CompressionMethod::DEFLATE)
            .unix_permissions(0o644)
            .last_modified(UtcDateTime::from_unix(NO_TIME));
        let (mut entry, config) = entry.start().map_err(io::Error::other)?;
        let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::new(6)));
        writer.write_all(bytes)?;
        let (encoder, descriptor) = writer.finish().map_err(io::Error::other)?;
        encoder.finish()?;
        entry.finish(descriptor).map_err(io::Error::other)?;
        self.files += 1;
        Ok(())
    }

    /// Ends it and gives it its name: how many files, and the SHA-256 of the whole.
    pub(super) fn finish(mut self, path: &Path) -> io::Result<(u64, [u8; 32])> {
        let Some(archive) = self.archive.take() else { return Err(io::ErrorKind::BrokenPipe.into()) };
        let Hashing { file, digest } = archive.finish().map_err(io::Error::other)?;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        // A link, not a renaming: it fails where something of that name has come meanwhile.
        fs::hard_link(&self.part, path).or_else(|_| {
            if path.exists() {
                Err(io::ErrorKind::AlreadyExists.into())
            } else {
                fs::rename(&self.part, path)
            }
        })?;
        Ok((self.files, digest.finalize().into()))
    }
}

impl Drop for Bundle {
    fn drop(&mut self) {
        // After a renaming there is nothing to remove.
        let _ = fs::remove_file(&self.part);
    }
}

/// A file, and the digest of what went into it.
struct Hashing {
    file: BufWriter<File>,
    digest: Sha256,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        self.digest.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
