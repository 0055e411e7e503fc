//! One batch as one file: what it covers, then the finished Parquet files, then a checksum.
//!
//! ```text
//! magic, 8 bytes | length of the header, u32 | its CRC-32, u32 | header, JSON
//! the Parquet files, one behind the other
//! their CRC-32, u32
//! ```
//! Numbers are little-endian. A file that was not written to its end has the wrong length.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::Path,
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use vitals_core::domain::rejection::Reason;
use vitals_lake::append::DataFile;

const MAGIC: [u8; 8] = *b"VSPOOL1\n";
/// Magic, length of the header and its checksum.
const FRONT: usize = 16;
/// The checksum at the end.
const BACK: u64 = 4;

/// What a batch covers of one partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Range {
    pub(crate) partition: i32,
    /// The log that the offsets belong to, see `vitals_lake::position`.
    pub(crate) log: String,
    pub(crate) start: i64,
    pub(crate) end: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FileEntry {
    rejected: bool,
    rows: usize,
    bytes: usize,
    stats: String,
}

/// Everything about a batch but its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// When its oldest message was read, milliseconds since the epoch.
    pub(crate) since_ms: i64,
    pub(crate) ranges: Vec<Range>,
    /// Partition, offset and reason of every rejected message, to be counted at the commit.
    pub(crate) rejected: Vec<(i32, i64, Reason)>,
    files: Vec<FileEntry>,
}

/// Why a file can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Damage {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("is no file of the spool")]
    Foreign,
    #[error("has {found} of {expected} bytes")]
    Torn { expected: u64, found: u64 },
    #[error("its {0} do not match their checksum")]
    Checksum(&'static str),
}

impl Header {
    pub(crate) fn new(
        since_ms: i64,
        ranges: Vec<Range>,
        rejected: Vec<(i32, i64, Reason)>,
        files: &[DataFile],
    ) -> Self {
        let files = files
            .iter()
            .map(|file| FileEntry {
                rejected: file.rejected,
                rows: file.rows,
                bytes: file.bytes.len(),
                stats: file.stats.clone(),
            })
            .collect();
        Self { since_ms, ranges, rejected, files }
    }

    fn body_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes as u64).sum()
    }
}

/// Writes a batch to `path` and through to the disk; its size.
pub(crate) fn write(path: &Path, header: &Header, files: &[DataFile]) -> io::Result<u64> {
    let json = serde_json::to_vec(header)?;
    let length = u32::try_from(json.len()).map_err(io::Error::other)?;
    let mut file = File::create(path)?;
    file.write_all(&MAGIC)?;
    file.write_all(&length.to_le_bytes())?;
    file.write_all(&crc32fast::hash(&json).to_le_bytes())?;
    file.write_all(&json)?;
    let mut checksum = crc32fast::Hasher::new();
    for data in files {
        checksum.update(&data.bytes);
        file.write_all(&data.bytes)?;
    }
    file.write_all(&checksum.finalize().to_le_bytes())?;
    file.sync_all()?;
    Ok(FRONT as u64 + u64::from(length) + header.body_bytes() + BACK)
}

/// The header of `path`, and the file's size, which was compared with it; the rows were not
/// looked at.
pub(crate) fn read_header(path: &Path) -> Result<(Header, u64), Damage> {
    let mut file = File::open(path)?;
    let found = file.metadata()?.len();
    let mut front = [0; FRONT];
    match file.read_exact(&mut front) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(Damage::Torn { expected: FRONT as u64, found });
        }
        other => other?,
    }
    let (length, checksum) = parse_front(&front)?;
    let mut json = Vec::new();
    file.take(u64::from(length)).read_to_end(&mut json)?;
    let header = parse_header(&json, length, checksum)?;
    let expected = FRONT as u64 + u64::from(length) + header.body_bytes() + BACK;
    if found == expected { Ok((header, found)) } else { Err(Damage::Torn { expected, found }) }
}

/// The whole batch, every byte compared with its checksum.
pub(crate) fn read(path: &Path) -> Result<(Header, Vec<DataFile>), Damage> {
    let (header, _) = read_header(path)?;
    let mut bytes = Bytes::from(fs::read(path)?);
    let end = bytes.len().saturating_sub(BACK as usize);
    let checksum = bytes.split_off(end);
    let body = bytes.len() - usize::try_from(header.body_bytes()).unwrap_or(usize::MAX);
    let mut body = bytes.split_off(body);
    if crc32fast::hash(&body).to_le_bytes() != checksum[..] {
        return Err(Damage::Checksum("rows"));
    }
    let files = header.files.iter().map(|file| DataFile {
        rejected: file.rejected,
        rows: file.rows,
        bytes: body.split_to(file.bytes),
        stats: file.stats.clone(),
    });
    let files = files.collect();
    Ok((header, files))
}

fn parse_front(front: &[u8; FRONT]) -> Result<(u32, u32), Damage> {
    let number = |at: usize| -> u32 {
        front[at..at + 4].iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
    };
    if front[..8] == MAGIC { Ok((number(8), number(12))) } else { Err(Damage::Foreign) }
}

fn parse_header(json: &[u8], length: u32, checksum: u32) -> Result<Header, Damage> {
    if (json.len() as u64) < u64::from(length) {
        let (expected, found) = (u64::from(length), json.len() as u64);
        return Err(Damage::Torn { expected, found });
    }
    if crc32fast::hash(json) != checksum {
        return Err(Damage::Checksum("offsets"));
    }
    serde_json::from_slice(json).map_err(|error| Damage::Io(error.into()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> (Header, Vec<DataFile>) {
        let file = |rejected, bytes: &'static [u8]| DataFile {
            rejected,
            rows: bytes.len(),
            bytes: Bytes::from_static(bytes),
            stats: "{}".to_owned(),
        };
        let files = vec![file(false, b"readings of two beds"), file(true, b"not json")];
        let ranges = vec![
            Range { partition: 0, log: "c".to_owned(), start: 5, end: 25 },
            Range { partition: 7, log: "c#2".to_owned(), start: 0, end: 8 },
        ];
        let rejected = vec![(7, 3, Reason::NotJson)];
        (Header::new(1_763_812_800_000, ranges, rejected, &files), files)
    }

    fn written() -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("batch");
        let (header, files) = sample();
        let size = write(&path, &header, &files).unwrap();
        assert_eq!(size, fs::metadata(&path).unwrap().len());
        (dir, path)
    }

    #[test]
    fn a_batch_comes_back_as_it_was() {
        let (_dir, path) = written();
        let (header, files) = sample();
        assert_eq!(read_header(&path).unwrap().0, header);
        let (found, rows) = read(&path).unwrap();
        assert_eq!(found, header);
        let parts = |files: &[DataFile]| {
            files
                .iter()
                .map(|it| (it.rejected, it.rows, it.bytes.clone(), it.stats.clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(parts(&rows), parts(&files));
    }

    #[test]
    fn another_file_is_foreign() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notes");
        fs::write(&path, "patients are never written down here").unwrap();
        assert!(matches!(read(&path), Err(Damage::Foreign)));
    }

    proptest! {
        #[test]
        fn a_torn_file_is_noticed_without_reading_its_rows(part in 0.0..1.0_f64) {
            let (_dir, path) = written();
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, &bytes[..(bytes.len() as f64 * part) as usize]).unwrap();
            prop_assert!(read_header(&path).is_err());
        }

        #[test]
        fn a_flipped_bit_is_noticed(place in 0.0..1.0_f64, bit in 0..8_u32) {
            let (_dir, path) = written();
            let mut bytes = fs::read(&path).unwrap();
            let at = (bytes.len() as f64 * place) as usize;
            bytes[at] ^= 1 << bit;
            fs::write(&path, &bytes).unwrap();
            prop_assert!(read(&path).is_err());
        }
    }
}
