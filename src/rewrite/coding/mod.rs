//! Undoing a content coding (RFC 9110, 8.4.1): gzip, deflate, br, zstd, identity. Exactly one.
//!
//! Pure functions over whole bodies, bounded in what they put out. Everything that could hide bytes
//! from the eye that follows is refused: a second member or frame, bytes behind the end, an end that
//! does not come. It must not know headers or HTTP.

use std::borrow::Cow;
use std::io::Read;

use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};
use flate2::{Decompress, FlushDecompress, Status};

/// A content coding that Sluis undoes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Nothing was done.
    Identity,
    /// RFC 1952, one member.
    Gzip,
    /// RFC 1950 with RFC 1951 in it. Bare RFC 1951, which some call deflate, is refused.
    Deflate,
    /// RFC 7932, without large windows.
    Brotli,
    /// RFC 8878, one frame, with a window of at most 8 MiB (RFC 9659).
    Zstd,
}

/// Why a body could not be decoded. Never its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Undecoded {
    /// A coding that Sluis does not know.
    #[error("a content coding that is not known")]
    NameCoding,
    /// More than one coding.
    #[error("more than one content coding")]
    StackCodings,
    /// The bytes are not of the coding, are damaged, or ask for more memory than is allowed.
    #[error("the body is not what its content coding says")]
    ReadBody,
    /// The bytes end before the coding does.
    #[error("the body ends before its content coding does")]
    EndBody,
    /// Bytes stand behind the end: another member, another frame, or anything else.
    #[error("bytes stand behind the end of the encoded body")]
    TrailBody,
    /// It would decode to more than the expansion allows.
    #[error("the body decodes to more bytes than allowed")]
    ExpandBody,
}

/// How far a body may expand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expansion {
    bytes: usize,
    ratio: usize,
    free: usize,
}

impl Expansion {
    /// At most `bytes` decoded bytes, and at most `ratio` decoded bytes for each encoded one, but the
    /// first `free` bytes are never too many for the ratio. All values are possible; zero bytes allows
    /// an empty body only.
    pub fn new(bytes: usize, ratio: usize, free: usize) -> Expansion {
        Expansion { bytes, ratio, free }
    }

    fn bound(&self, encoded: usize) -> usize {
        self.bytes.min(self.free.max(encoded.saturating_mul(self.ratio)))
    }
}

impl Default for Expansion {
    /// 8 MiB, 100 to 1 behind the first 64 KiB.
    fn default() -> Self {
        Expansion::new(8 << 20, 100, 64 << 10)
    }
}

impl Coding {
    /// The coding that the value of a `Content-Encoding` field names. Names are case-insensitive; an
    /// empty value is identity; `x-gzip` is gzip (RFC 9110, 8.4.1.3).
    pub fn named(value: &str) -> Result<Coding, Undecoded> {
        let known = [
            ("", Coding::Identity),
            ("identity", Coding::Identity),
            ("gzip", Coding::Gzip),
            ("x-gzip", Coding::Gzip),
            ("deflate", Coding::Deflate),
            ("br", Coding::Brotli),
            ("zstd", Coding::Zstd),
        ];
        let value = value.trim_matches([' ', '\t']);
        if value.contains(',') {
            return Err(Undecoded::StackCodings);
        }
        let found = known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(value));
        found.map(|(_, coding)| coding).ok_or(Undecoded::NameCoding)
    }

    /// Undoes the coding of a whole body.
    pub fn undo<'a>(self, body: &'a [u8], expansion: &Expansion) -> Result<Cow<'a, [u8]>, Undecoded> {
        let bound = expansion.bound(body.len());
        match self {
            // Identity cannot expand; the bound on bytes holds for it too.
            Coding::Identity if body.len() > expansion.bytes => Err(Undecoded::ExpandBody),
            Coding::Identity => Ok(Cow::Borrowed(body)),
            Coding::Gzip => inflate(Decompress::new_gzip(15), body, bound).map(Cow::Owned),
            Coding::Deflate => inflate(Decompress::new(true), body, bound).map(Cow::Owned),
            Coding::Brotli => unbrotli(body, bound).map(Cow::Owned),
            Coding::Zstd => unzstd(body, bound).map(Cow::Owned),
        }
    }
}

/// How much is decoded between two looks at the bound.
const STEP: usize = 32 << 10;

/// The largest window that a zstd frame may ask for: 2 to the power 23 bytes (RFC 9659, 3).
const ZSTD_WINDOW_LOG: u32 = 23;

/// How a zstd frame with a content begins (RFC 8878, 3.1.1).
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

fn inflate(mut state: Decompress, body: &[u8], bound: usize) -> Result<Vec<u8>, Undecoded> {
    let mut decoded = Vec::new();
    loop {
        decoded.reserve(STEP.min(bound.saturating_sub(decoded.len()) + 1));
        let before = (state.total_in(), decoded.len());
        let rest = body.get(before.0 as usize..).unwrap_or_default();
        let status = state
            .decompress_vec(rest, &mut decoded, FlushDecompress::None)
            .map_err(|_| Undecoded::ReadBody)?;
        if decoded.len() > bound {
            return Err(Undecoded::ExpandBody);
        }
        match status {
            Status::StreamEnd if state.total_in() < body.len() as u64 => return Err(Undecoded::TrailBody),
            Status::StreamEnd => return Ok(decoded),
            _ if before == (state.total_in(), decoded.len()) => return Err(Undecoded::EndBody),
            _ => {}
        }
    }
}

fn unbrotli(body: &[u8], bound: usize) -> Result<Vec<u8>, Undecoded> {
    let alloc = brotli_alloc;
    // Strict: without the large windows that RFC 7932 does not have.
    let mut state = BrotliState::new_strict(alloc(), alloc(), alloc());
    let (mut left, mut at) = (body.len(), 0);
    let mut decoded = Vec::new();
    let mut step = vec![0; STEP];
    loop {
        let (mut room, mut filled, mut total) = (step.len(), 0, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut at,
            body,
            &mut room,
            &mut filled,
            &mut step,
            &mut total,
            &mut state,
        );
        decoded.extend_from_slice(step.get(..filled).unwrap_or_default());
        if decoded.len() > bound {
            return Err(Undecoded::ExpandBody);
        }
        match result {
            BrotliResult::ResultSuccess if left > 0 => return Err(Undecoded::TrailBody),
            BrotliResult::ResultSuccess => return Ok(decoded),
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::NeedsMoreInput => return Err(Undecoded::EndBody),
            BrotliResult::ResultFailure => return Err(Undecoded::ReadBody),
        }
    }
}

fn brotli_alloc() -> brotli::enc::StandardAlloc {
    brotli::enc::StandardAlloc::default()
}

fn unzstd(body: &[u8], bound: usize) -> Result<Vec<u8>, Undecoded> {
    // Skippable frames (RFC 8878, 3.1.2) decode to nothing, and carry anything.
    match body.first_chunk::<4>() {
        Some(&ZSTD_MAGIC) => {}
        Some(_) => return Err(Undecoded::ReadBody),
        None => return Err(Undecoded::EndBody),
    }
    let mut state =
        zstd::stream::read::Decoder::with_buffer(body).map_err(|_| Undecoded::ReadBody)?.single_frame();
    state.window_log_max(ZSTD_WINDOW_LOG).map_err(|_| Undecoded::ReadBody)?;
    let mut decoded = Vec::new();
    let read = (&mut state).take(bound as u64 + 1).read_to_end(&mut decoded);
    if let Err(error) = read {
        let ended = error.kind() == std::io::ErrorKind::UnexpectedEof;
        return Err(if ended { Undecoded::EndBody } else { Undecoded::ReadBody });
    }
    if decoded.len() > bound {
        return Err(Undecoded::ExpandBody);
    }
    if state.finish().is_empty() { Ok(decoded) } else { Err(Undecoded::TrailBody) }
}

#[cfg(test)]
mod tests;
