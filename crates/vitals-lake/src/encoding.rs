//! How data files are encoded, by whoever writes them.

use deltalake::parquet::{
    basic::{Compression, Encoding, ZstdLevel},
    errors::ParquetError,
    file::properties::{EnabledStatistics, WriterProperties},
    schema::types::ColumnPath,
};
use vitals_core::domain::vital::{self, Vital};

/// Columns whose difference to the row before is small.
const COUNTING: [&str; 5] = ["time", "sequence", "kafka_partition", "kafka_offset", "kafka_time"];

/// Columns that one value is looked up in, each with a Bloom filter in the files that it rules out.
const LOOKED_UP: [(&str, &[Files]); 2] = [
    // Nearly every patient is in nearly every file that arrives, and every row would be hashed.
    ("patient_id", &[Files::Sorted]),
    ("request_id", &[Files::Arriving, Files::Sorted]),
];

/// Columns that no question is about a range of: their bounds would cost a comparison per row.
const WITHOUT_BOUNDS: [&str; 11] = [
    "supplemental_oxygen",
    "consciousness",
    "device_id",
    "ward",
    "bed",
    "flags",
    "kafka_cluster",
    "reject_reason",
    "reject_detail",
    "reject_key",
    "reject_payload",
];

/// Which data files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Files {
    /// With the rows of a batch, as they arrived.
    Arriving,
    /// With the sorted rows of many batches.
    Sorted,
}

/// Encoding, compression and indexes. Vitals stay in dictionaries: they are quantised, and that
/// is half the size of splitting their bytes.
///
/// # Errors
/// Never; the library checks the compression level.
pub fn properties(files: Files) -> Result<WriterProperties, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_created_by(concat!("vitals ", env!("CARGO_PKG_VERSION")).to_owned());
    if files == Files::Arriving {
        // All values are in each of them: the patients are mixed. A million comparisons a second
        // less for each column.
        let vitals = vital::VITALS.map(Vital::name);
        for name in vitals.into_iter().chain(["kafka_time"]) {
            let path = ColumnPath::from(name);
            properties = properties.set_column_statistics_enabled(path, EnabledStatistics::None);
        }
    }
    for (name, looked_up_in) in LOOKED_UP {
        let enabled = looked_up_in.contains(&files);
        properties = properties.set_column_bloom_filter_enabled(ColumnPath::from(name), enabled);
    }
    for name in WITHOUT_BOUNDS {
        let path = ColumnPath::from(name);
        properties = properties.set_column_statistics_enabled(path, EnabledStatistics::None);
    }
    for name in COUNTING {
        properties = properties
            .set_column_dictionary_enabled(ColumnPath::from(name), false)
            .set_column_encoding(ColumnPath::from(name), Encoding::DELTA_BINARY_PACKED);
    }
    Ok(properties.build())
}
