//! The file format of a batch: a header, the finished Parquet files, a checksum.
//!
//! ```text
//! magic, 8 bytes | length of the header, u32 | its CRC-32, u32 | header, JSON
//! the Parquet files, concatenated
//! their CRC-32, u32
//! ```
//! Numbers are little-endian. A torn file is recognized by its length.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::Path,
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use vitals_core::domain::{log_id::LogId, offset_range::OffsetRange, rejection::Reason};
use vitals_lake::append::DataFile;

const MAGIC: [u8; 8] = *b"VSPOOL1\n";
/// Bytes of the preamble: magic, length of the header, its checksum.
const PREAMBLE: usize = 16;

/// Bytes of the checksum at the end.
const TRAILER: u64 = 4;

/// The offset range of one partition that a batch covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SpooledRange {
    pub(super) partition: i32,
    /// The log that the offsets belong to.
    pub(super) log: LogId,
    #[serde(flatten)]
    pub(super) offsets: OffsetRange,
}

/// The description of one Parquet file of the batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FileEntry {
    rejected: bool,
    rows: usize,
    bytes: usize,
    stats: String,
}

/// The header of a batch: everything except its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    /// The time at which its oldest message was read, milliseconds since the epoch.
    pub(super) since_ms: i64,
    pub(super) ranges: Vec<SpooledRange>,
    /// Partition, offset and reason of every rejected message. The commit counts them.
    pub(super) rejected: Vec<(i32, i64, Reason)>,
    files: Vec<FileEntry>,
}

/// The damage that makes a file unusable.
#[derive(Debug, thiserror::Error)]
pub(super) enum Damage {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("not a spool file")]
    Foreign,
    #[error("torn: {found} of {expected} bytes")]
    Torn { expected: u64, found: u64 },
    #[error("the checksum of the {0} does not match")]
    Checksum(&'static str),
}

impl Header {
    pub(super) fn new(
        since_ms: i64,
        ranges: Vec<SpooledRange>,
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

    /// The size of the Parquet files.
    fn body_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes as u64).sum()
    }

    /// The size of a complete file whose header has `length` bytes.
    fn file_bytes(&self, length: u32) -> u64 {
        PREAMBLE as u64 + u64::from(length) + self.body_bytes() + TRAILER
    }
}

/// Writes a batch to `path` and syncs it to the disk. Returns its size.
pub(crate) fn write(path: &Path, header: &Header, files: &[DataFile]) -> io::Result<u64> {
    // Header.
    let json = serde_json::to_vec(header)?;
    let length = u32::try_from(json.len()).map_err(io::Error::other)?;
    let mut file = File::create(path)?;
    file.write_all(&MAGIC)?;
    file.write_all(&length.to_le_bytes())?;
    file.write_all(&crc32fast::hash(&json).to_le_bytes())?;
    file.write_all(&json)?;

    // Parquet files, with one checksum over all of them.
    let mut checksum = crc32fast::Hasher::new();
    for data in files {
        checksum.update(&data.bytes);
        file.write_all(&data.bytes)?;
    }
    file.write_all(&checksum.finalize().to_le_bytes())?;

    // The rename that follows must not become durable before the content.
    file.sync_all()?;
    Ok(header.file_bytes(length))
}

/// Reads the header of `path` and checks the file's size against it, without reading the rows.
/// Returns the size as well.
pub(crate) fn read_header(path: &Path) -> Result<(Header, u64), Damage> {
    let mut file = File::open(path)?;
    let found = file.metadata()?.len();
    let mut preamble = [0; PREAMBLE];
    match file.read_exact(&mut preamble) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(Damage::Torn { expected: PREAMBLE as u64, found });
        }
        other => other?,
    }
    let (length, checksum) = parse_preamble(&preamble)?;
    // A torn header is shorter than its length says; the read then ends early.
    let mut json = Vec::new();
    file.take(u64::from(length)).read_to_end(&mut json)?;
    let header = parse_header(&json, length, checksum)?;
    let expected = header.file_bytes(length);
    // A file that was cut within its rows has a whole header: only its size shows the damage.
    if found == expected { Ok((header, found)) } else { Err(Damage::Torn { expected, found }) }
}

/// Reads a whole batch and verifies its checksums.
pub(crate) fn read(path: &Path) -> Result<(Header, Vec<DataFile>), Damage> {
    let (header, _) = read_header(path)?;
    // The size was checked, so the file splits into header, body and trailer.
    let mut bytes = Bytes::from(fs::read(path)?);
    let body_end = bytes.len().saturating_sub(TRAILER as usize);
    let checksum = bytes.split_off(body_end);
    let body_start = bytes.len() - usize::try_from(header.body_bytes()).unwrap_or(usize::MAX);
    let mut body = bytes.split_off(body_start);
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

/// The length of the header and its checksum.
fn parse_preamble(preamble: &[u8; PREAMBLE]) -> Result<(u32, u32), Damage> {
    let [magic @ .., l0, l1, l2, l3, c0, c1, c2, c3] = *preamble;
    if magic != MAGIC {
        return Err(Damage::Foreign);
    }
    Ok((u32::from_le_bytes([l0, l1, l2, l3]), u32::from_le_bytes([c0, c1, c2, c3])))
}

fn parse_header(json: &[u8], length: u32, checksum: u32) -> Result<Header, Damage> {
    let expected = u64::from(length);
    let found = json.len() as u64;
    if found < expected {
        return Err(Damage::Torn { expected, found });
    }
    if crc32fast::hash(json) != checksum {
        return Err(Damage::Checksum("header"));
    }
    serde_json::from_slice(json).map_err(|error| Damage::Io(error.into()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(rejected: bool, bytes: &'static [u8]) -> DataFile {
        let rows = bytes.len();
        DataFile { rejected, rows, bytes: Bytes::from_static(bytes), stats: "{}".to_owned() }
    }

    fn range(partition: i32, log: LogId, start: i64, end: i64) -> SpooledRange {
        SpooledRange { partition, log, offsets: OffsetRange { start, end } }
    }

    fn sample() -> (Header, Vec<DataFile>) {
        let files = vec![file(false, b"readings of two beds"), file(true, b"not json")];
        let ranges = vec![range(0, LogId::new("c", 1), 5, 25), range(7, LogId::new("c", 2), 0, 8)];
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
    fn a_written_batch_is_read_unchanged() {
        let (_dir, path) = written();
        let (header, files) = sample();
        assert_eq!(read_header(&path).unwrap().0, header);
        let (found, rows) = read(&path).unwrap();
        assert_eq!(found, header);
        assert_eq!(rows.len(), files.len());
        for (found, expected) in rows.iter().zip(&files) {
            assert_eq!((found.rejected, found.rows), (expected.rejected, expected.rows));
            assert_eq!((&found.bytes, &found.stats), (&expected.bytes, &expected.stats));
        }
    }

    #[test]
    fn the_header_of_an_earlier_release_is_read() {
        let json = r#"{"since_ms":1763812800000,"ranges":[{"partition":7,"log":"c#2","start":0,"end":8}],"rejected":[[7,3,"not_json"]],"files":[]}"#;
        let header: Header = serde_json::from_str(json).unwrap();
        assert_eq!(header.ranges, [range(7, LogId::new("c", 2), 0, 8)]);
        assert_eq!(serde_json::to_string(&header).unwrap(), json);
    }

    #[test]
    fn another_file_is_foreign() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notes");
        fs::write(&path, "notes of a colleague").unwrap();
        assert!(matches!(read(&path), Err(Damage::Foreign)));
    }

    proptest! {
        #[test]
        fn a_torn_file_is_detected_without_reading_its_rows(part in 0.0..1.0_f64) {
            let (_dir, path) = written();
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, &bytes[..(bytes.len() as f64 * part) as usize]).unwrap();
            prop_assert!(read_header(&path).is_err());
        }

        #[test]
        fn a_flipped_bit_is_detected(place in 0.0..1.0_f64, bit in 0..8_u32) {
            let (_dir, path) = written();
            let mut bytes = fs::read(&path).unwrap();
            let at = (bytes.len() as f64 * place) as usize;
            bytes[at] ^= 1 << bit;
            fs::write(&path, &bytes).unwrap();
            prop_assert!(read(&path).is_err());
        }
    }
}
