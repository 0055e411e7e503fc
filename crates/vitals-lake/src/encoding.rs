//! How data files are encoded, by whoever writes them.

use deltalake::parquet::{
    basic::{Compression, Encoding, ZstdLevel},
    errors::ParquetError,
    file::properties::{EnabledStatistics, WriterProperties},
    schema::types::ColumnPath,
};

/// Columns that count up: the difference to the row before is small.
const COUNTING: [&str; 4] = ["time", "sequence", "kafka_offset", "kafka_time"];

/// Columns that one value is looked up in.
const LOOKED_UP: [&str; 2] = ["patient_id", "request_id"];

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

/// Encoding, compression and indexes. Vitals stay in dictionaries: they are quantised, and that
/// is half the size of splitting their bytes.
///
/// # Errors
/// Never; the library checks the compression level.
pub fn properties() -> Result<WriterProperties, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_created_by(concat!("vitals ", env!("CARGO_PKG_VERSION")).to_owned());
    for name in LOOKED_UP {
        properties = properties.set_column_bloom_filter_enabled(ColumnPath::from(name), true);
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
