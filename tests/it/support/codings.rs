//! Bodies under the content codings that Sluis undoes.

use std::io::Write as _;

/// A body in one coding.
pub(crate) fn coded(coding: &str, body: &[u8]) -> Vec<u8> {
    match coding {
        "gzip" => {
            let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            out.write_all(body).unwrap();
            out.finish().unwrap()
        }
        "deflate" => {
            let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
            out.write_all(body).unwrap();
            out.finish().unwrap()
        }
        "br" => {
            let mut out = Vec::new();
            brotli::CompressorWriter::new(&mut out, 1 << 16, 1, 20).write_all(body).unwrap();
            out
        }
        "zstd" => zstd::stream::encode_all(body, 1).unwrap(),
        other => panic!("{other}"),
    }
}
