//! Compressed request bodies.

use std::io::{self, Read};

use axum::http::{HeaderMap, StatusCode, header::CONTENT_ENCODING};
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use vitals_core::runtime::problem::Problem;

use super::memory::{MemoryBudget, Reservation};

/// The encodings of a request body, for `Accept-Encoding`.
pub(super) const ACCEPTED_ENCODINGS: &str = "gzip, deflate, identity";

/// Bytes that are decompressed between two looks at the limits.
const CHUNK_BYTES: usize = 64 * 1024;

/// The encoding of a compressed body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContentEncoding {
    Gzip,
    /// The zlib format, as RFC 9110 defines it.
    Deflate,
}

impl ContentEncoding {
    /// The encoding of a body; `None` if it is not compressed.
    ///
    /// # Errors
    /// 415 for another encoding, or for several.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let mut values = headers.get_all(CONTENT_ENCODING).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let name = value.to_str().unwrap_or("?").trim().to_ascii_lowercase();
        match (name.as_str(), values.next()) {
            ("" | "identity", None) => Ok(None),
            ("gzip" | "x-gzip", None) => Ok(Some(Self::Gzip)),
            ("deflate", None) => Ok(Some(Self::Deflate)),
            _ => Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE)
                .detail("the body's encoding is not in Accept-Encoding")),
        }
    }

    /// Decompresses a body to at most `max_bytes`.
    ///
    /// # Errors
    /// 413 above the limit, 400 for damaged data, 503 if the memory is taken.
    pub(super) fn decompress(
        self,
        compressed: &[u8],
        max_bytes: usize,
        memory: &MemoryBudget,
    ) -> Result<(Vec<u8>, Reservation), Problem> {
        let mut decoder: Box<dyn Read + '_> = match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(compressed)),
            Self::Deflate => Box::new(ZlibDecoder::new(compressed)),
        };
        let mut bytes = Vec::new();
        let mut reservation = Reservation::default();
        loop {
            // Reserved as the body grows: a few bytes may decompress to gigabytes.
            reservation.add(memory.reserve(CHUNK_BYTES)?);
            let read = append(&mut decoder, &mut bytes).map_err(|error| {
                Problem::new(StatusCode::BAD_REQUEST)
                    .detail(format!("the compressed body is damaged: {error}"))
            })?;
            if bytes.len() > max_bytes {
                return Err(super::request::too_large(max_bytes));
            }
            if read == 0 {
                return Ok((bytes, reservation));
            }
        }
    }
}

/// Appends at most one chunk. Returns the number of bytes; 0 at the end.
fn append(decoder: &mut dyn Read, bytes: &mut Vec<u8>) -> io::Result<usize> {
    decoder.take(CHUNK_BYTES as u64).read_to_end(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_body_is_decompressed_up_to_the_limit() {
        let memory = MemoryBudget::new(1 << 20);
        let decompress = |bytes: &[u8], max| {
            let done = ContentEncoding::Gzip.decompress(bytes, max, &memory);
            done.map(|(bytes, _)| bytes).map_err(|problem| problem.status)
        };
        let text = vec![b'x'; 200_000];
        assert_eq!(decompress(&gzip(&text), 200_000).unwrap(), text);
        assert_eq!(decompress(&gzip(&text), 199_999), Err(413));
        assert_eq!(decompress(&gzip(&text)[..20], 200_000), Err(400));
        assert_eq!(decompress(b"no gzip", 200_000), Err(400));
        // A bomb is stopped by the limit, or by the memory.
        assert_eq!(decompress(&gzip(&vec![0; 8 << 20]), 4 << 20), Err(503));
    }

    #[test]
    fn other_encodings_are_refused() {
        for (value, expected) in [
            ("gzip", Some(ContentEncoding::Gzip)),
            ("GZIP", Some(ContentEncoding::Gzip)),
            ("deflate", Some(ContentEncoding::Deflate)),
            ("identity", None),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_ENCODING, value.parse().unwrap())]);
            assert_eq!(ContentEncoding::of(&headers).unwrap(), expected, "{value}");
        }
        for value in ["br", "zstd", "gzip, gzip"] {
            let headers = HeaderMap::from_iter([(CONTENT_ENCODING, value.parse().unwrap())]);
            assert_eq!(ContentEncoding::of(&headers).unwrap_err().status, 415, "{value}");
        }
    }
}
