//! The text of a file, unpacked and decoded.

use std::{io::Read as _, path::Path};

use anyhow::{Context as _, bail, ensure};
use encoding_rs::{Encoding, WINDOWS_1252};
use flate2::read::MultiGzDecoder;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZIP: [u8; 4] = *b"PK\x03\x04";

/// Reads the text of the file at `path`, which may be packed with gzip.
pub(super) fn read(path: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("can't read {}", path.display()))?;
    decode(unpacked(bytes)?)
}

fn unpacked(bytes: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    // An xlsx workbook is a zip archive as well.
    if bytes.starts_with(&ZIP) {
        bail!("a zip archive or a workbook: unpack it, or save the sheet as CSV");
    }
    if !bytes.starts_with(&GZIP) {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    let read = MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut unpacked);
    read.context("the gzip file is damaged or cut off")?;
    Ok(unpacked)
}

/// Decodes UTF-8, UTF-16 with a byte order mark, or else Windows-1252, which spreadsheets write.
fn decode(bytes: Vec<u8>) -> anyhow::Result<String> {
    let bytes = match Encoding::for_bom(&bytes) {
        Some((encoding, _)) => return Ok(encoding.decode(&bytes).0.into_owned()),
        None => bytes,
    };
    // Windows-1252 gives every byte a meaning, so binary files have to be recognised before it.
    ensure!(!bytes.contains(&0), "not a text file: it has bytes of 0");
    Ok(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => WINDOWS_1252.decode(error.as_bytes()).0.into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn text(bytes: &[u8]) -> anyhow::Result<String> {
        decode(unpacked(bytes.to_vec())?)
    }

    #[test]
    fn texts_are_decoded() {
        let utf16: Vec<u8> =
            "\u{feff}Temp (°C)".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in
            ["Temp (°C)".as_bytes(), "\u{feff}Temp (°C)".as_bytes(), b"Temp (\xb0C)", &utf16]
        {
            assert_eq!(text(bytes).unwrap(), "Temp (°C)");
        }
    }

    #[test]
    fn gzip_is_unpacked_and_other_files_are_refused() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(b"minute,HR\n").unwrap();
        let packed = packed.finish().unwrap();
        assert_eq!(text(&packed).unwrap(), "minute,HR\n");
        let cases = [
            (&packed[..packed.len() - 3], "damaged or cut off"),
            (b"PK\x03\x04rest".as_slice(), "save the sheet as CSV"),
            (b"\x7fELF\0\0".as_slice(), "not a text file"),
        ];
        for (bytes, expected) in cases {
            let error = format!("{:#}", text(bytes).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }
}
