//! A Parquet file in memory, ready for upload.

use bytes::Bytes;
use parquet::file::metadata::ParquetMetaData;

use super::file_stats::file_stats;
use crate::schema::Table;

/// A complete Parquet file in memory. No commit names it yet.
#[derive(Debug, Clone)]
pub struct DataFile {
    /// The value of the table's partition column.
    pub rejected: bool,
    /// The number of rows.
    pub rows: usize,
    /// The encoded file.
    pub bytes: Bytes,
    /// The file's Delta statistics, as JSON.
    pub stats: String,
}

impl DataFile {
    /// The file that a Parquet writer has finished, with the statistics of the columns that
    /// `table` indexes. `metadata` is the footer that the writer returned.
    #[must_use]
    pub fn new(table: &Table, rejected: bool, bytes: Bytes, metadata: &ParquetMetaData) -> Self {
        let rows = usize::try_from(metadata.file_metadata().num_rows()).unwrap_or_default();
        Self { rejected, rows, bytes, stats: file_stats(metadata, table) }
    }
}
