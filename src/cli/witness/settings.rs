//! `witness.toml`: what a witness is. It opens nothing but the files that it names.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::cli::failure::Failure;
use crate::cli::words;
use crate::config::reason;
use crate::config::words::Value;
use crate::secret::Secret;

/// The file's name.
pub(super) const FILE: &str = "witness.toml";

/// As written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    address: String,
    certificate: PathBuf,
    private_key: PathBuf,
    key: PathBuf,
    book: PathBuf,
}

/// A witness, ready to serve.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) name: String,
    pub(super) address: SocketAddr,
    pub(super) certificate: PathBuf,
    pub(super) private_key: PathBuf,
    pub(super) book: PathBuf,
    /// The seed of its key.
    pub(super) seed: Secret<[u8; 32]>,
}

impl Settings {
    /// Reads the witness below this directory.
    pub(super) fn read(place: &Path) -> Result<Self, Failure> {
        let file = place.join(FILE);
        let unusable = |path: &Path, reason: Value| {
            Failure::new(
                &words::WITNESS_CONFIG,
                [("path", path.display().to_string().into()), ("reason", reason)],
            )
        };
        let text = std::fs::read_to_string(&file).map_err(|error| unusable(&file, reason(&error)))?;
        let written: Written =
            toml::from_str(&text).map_err(|error| unusable(&file, error.message().to_owned().into()))?;
        let address = written.address.parse().map_err(|_| {
            unusable(
                &file,
                Value::Each("`address` is no address and port", "`address` is geen adres en poort"),
            )
        })?;
        let path = place.join(&written.key);
        let line = std::fs::read_to_string(&path).map_err(|error| unusable(&path, reason(&error)))?;
        let seed = seed(&Zeroizing::new(line)).ok_or_else(|| {
            unusable(&path, Value::Each("it does not hold 64 hex digits", "het bevat geen 64 hexcijfers"))
        })?;
        Ok(Self {
            name: written.name,
            address,
            certificate: place.join(written.certificate),
            private_key: place.join(written.private_key),
            book: place.join(written.book),
            seed,
        })
    }
}

/// 32 bytes from one line of hexadecimal digits.
pub(super) fn seed(line: &str) -> Option<Secret<[u8; 32]>> {
    let digits = line.trim_ascii_end().as_bytes();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut seed = Zeroizing::new([0; 32]);
    for (byte, pair) in seed.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(Secret::new(*seed))
}
