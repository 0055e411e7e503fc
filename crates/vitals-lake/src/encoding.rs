//! The Parquet encoding of data files, the same for every writer.

use parquet::{
    basic::{Compression, Encoding, ZstdLevel},
    errors::ParquetError,
    file::properties::{EnabledStatistics, WriterProperties},
    schema::types::ColumnPath,
};
use vitals_core::domain::vital::{self, Vital};

/// Columns with small differences between consecutive rows, which are delta-encoded.
const DELTA_ENCODED: [&str; 6] =
    ["time", "device_time", "sequence", "kafka_partition", "kafka_offset", "kafka_time"];

/// Columns for point lookups, each with the kinds of files in which a Bloom filter rules files out.
const BLOOM_FILTERED: [(&str, &[FileKind]); 2] = [
    // Nearly every patient is in nearly every appended file, and every row would be hashed.
    ("patient_id", &[FileKind::Sorted]),
    ("request_id", &[FileKind::Appended, FileKind::Sorted]),
];

/// Columns that no query filters by range. Their bounds would cost a comparison per row.
const WITHOUT_BOUNDS: [&str; 15] = [
    "supplemental_oxygen",
    "consciousness",
    "device_id",
    "ward",
    "bed",
    "flags",
    "device_time",
    "extra",
    "kafka_cluster",
    "kafka_time_type",
    "kafka_key",
    "reject_reason",
    "reject_detail",
    "reject_key",
    "reject_payload",
];

/// The kind of a data file, by the order of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// The rows of a batch, in order of arrival.
    Appended,
    /// The rows of many batches, sorted by compaction.
    Sorted,
}

/// The writer properties: encoding, compression, statistics and Bloom filters. Vitals stay
/// dictionary-encoded: they are quantised, and the dictionary takes half the space of byte stream
/// split.
///
/// # Errors
/// Never; the signature comes from the library's check of the compression level.
pub fn writer_properties(kind: FileKind) -> Result<WriterProperties, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_created_by(concat!("vitals ", env!("CARGO_PKG_VERSION")).to_owned());
    if kind == FileKind::Appended {
        // Patients are mixed in an appended file, so each of these columns spans its whole range.
        // Skipping the bounds saves a million comparisons a second per column.
        for name in vital::VITALS.map(Vital::name) {
            let path = ColumnPath::from(name);
            properties = properties.set_column_statistics_enabled(path, EnabledStatistics::None);
        }
    }
    for (name, kinds) in BLOOM_FILTERED {
        let enabled = kinds.contains(&kind);
        properties = properties.set_column_bloom_filter_enabled(ColumnPath::from(name), enabled);
    }
    for name in WITHOUT_BOUNDS {
        let path = ColumnPath::from(name);
        properties = properties.set_column_statistics_enabled(path, EnabledStatistics::None);
    }
    for name in DELTA_ENCODED {
        properties = properties
            .set_column_dictionary_enabled(ColumnPath::from(name), false)
            .set_column_encoding(ColumnPath::from(name), Encoding::DELTA_BINARY_PACKED);
    }
    Ok(properties.build())
}
